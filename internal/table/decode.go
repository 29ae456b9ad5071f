package table

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"slices"
)

// errEncoding is what Decode finds wrong; the wrapped text says where.
var errEncoding = errors.New("not an encoded table, or a damaged one")

func damaged(format string, args ...any) error {
	return fmt.Errorf("%w: %s", errEncoding, fmt.Sprintf(format, args...))
}

// Decode reads what Encode wrote. Its memory grows with what it reads, whatever
// lengths the input claims, and damage anywhere is found by a checksum.
func Decode(r io.Reader) (*Table, error) {
	d, err := NewDecoder(r)
	if err != nil {
		return nil, err
	}
	parts := d.parts
	for {
		n, err := d.group(parts)
		if err != nil {
			return nil, err
		}
		if n == 0 {
			return New(d.rows, parts...), nil
		}
	}
}

// Decoder reads what Encode or an Encoder wrote piece by piece, so that one piece is in memory.
type Decoder struct {
	decoder
	parts []Part // without rows
	rows  int    // read
	done  bool
}

// NewDecoder reads the columns. Its errors are Decode's.
func NewDecoder(r io.Reader) (*Decoder, error) {
	head := make([]byte, len(codecMagic)+1)
	if _, err := io.ReadFull(r, head); err != nil || string(head[:len(codecMagic)]) != codecMagic {
		return nil, damaged("no table begins here")
	}
	if v := head[len(codecMagic)]; v != codecVersion {
		return nil, fmt.Errorf("the table was written in version %d of the form, and this program reads version %d", v, codecVersion)
	}
	d := &Decoder{decoder: decoder{r: r}}
	if err := d.section(); err != nil {
		return nil, err
	}
	d.parts = d.schema()
	return d, d.end("schema")
}

// Next gives the next rows, as many as were written together, and io.EOF after the
// last. A table of no rows gives itself once.
func (d *Decoder) Next() (*Table, error) {
	if d.done {
		return nil, io.EOF
	}
	parts := make([]Part, len(d.parts))
	for i, p := range d.parts {
		if p.Column != nil {
			parts[i].Column = &Column{Field: p.Column.Field}
		} else {
			parts[i].Sparse = p.Sparse.like()
		}
	}
	first := d.rows == 0
	n, err := d.group(parts)
	if err != nil {
		return nil, err
	}
	if d.done = n == 0; d.done && !first {
		return nil, io.EOF
	}
	return New(n, parts...), nil
}

// group reads the next rows below those of parts, and gives their number; 0 after the last.
func (d *Decoder) group(parts []Part) (int, error) {
	if err := d.section(); err != nil {
		return 0, err
	}
	n := d.count(groupRows)
	if n > 0 && d.rows+n > maxRows {
		return 0, damaged("more than %d rows", maxRows)
	}
	for i := range parts {
		if n == 0 {
			break
		}
		if parts[i].Column != nil {
			d.column(parts[i].Column, n)
		} else {
			d.sparse(parts[i].Sparse, n)
		}
	}
	d.rows += n
	return n, d.end("rows")
}

// decoder reads from the payload of one section. The first mistake is kept in
// err, after which every read gives zero.
type decoder struct {
	r    io.Reader
	buf  bytes.Buffer
	data []byte // what is left of the payload
	err  error
}

func (d *decoder) section() error {
	var size [4]byte
	if _, err := io.ReadFull(d.r, size[:]); err != nil {
		return damaged("it ends early (%v)", err)
	}
	n := binary.LittleEndian.Uint32(size[:])
	if n > maxSection {
		return damaged("a section claims %d bytes", n)
	}
	d.buf.Reset()
	if _, err := io.CopyN(&d.buf, d.r, int64(n)); err != nil {
		return damaged("it ends early (%v)", err)
	}
	d.data = d.buf.Bytes()
	if _, err := io.ReadFull(d.r, size[:]); err != nil {
		return damaged("it ends early (%v)", err)
	}
	if crc32.Checksum(d.data, castagnoli) != binary.LittleEndian.Uint32(size[:]) {
		return damaged("a checksum does not match")
	}
	return nil
}

// end checks that the section was read without a mistake and to its end.
func (d *decoder) end(what string) error {
	if d.err == nil && len(d.data) > 0 {
		d.fail("%d bytes too many in the %s", len(d.data), what)
	}
	return d.err
}

func (d *decoder) fail(format string, args ...any) {
	if d.err == nil {
		d.err = damaged(format, args...)
		d.data = nil
	}
}

func (d *decoder) take(n int) []byte {
	if n > len(d.data) {
		d.fail("a section is too short")
		return nil
	}
	b := d.data[:n:n]
	d.data = d.data[n:]
	return b
}

func (d *decoder) byte() byte {
	if b := d.take(1); b != nil {
		return b[0]
	}
	return 0
}

func (d *decoder) uvarint() uint64 {
	if len(d.data) > 0 && d.data[0] < 0x80 { // most are small
		v := d.data[0]
		d.data = d.data[1:]
		return uint64(v)
	}
	v, n := binary.Uvarint(d.data)
	if n <= 0 {
		d.fail("a number is cut off or too long")
		return 0
	}
	d.data = d.data[n:]
	return v
}

func (d *decoder) varint() int64 {
	v, n := binary.Varint(d.data)
	if n <= 0 {
		d.fail("a number is cut off or too long")
		return 0
	}
	d.data = d.data[n:]
	return v
}

// count reads a number of things, of which there are at most limit.
func (d *decoder) count(limit int) int {
	n := d.uvarint()
	if n > uint64(limit) {
		d.fail("%d where at most %d can be", n, limit)
		return 0
	}
	return int(n)
}

func (d *decoder) text() string { return string(d.take(d.count(len(d.data)))) }

func (d *decoder) schema() []Part {
	n := d.count(min(maxFields, len(d.data)))
	var parts []Part
	for range n {
		kind, t := d.byte(), Type(d.byte())
		if t > TimeSpan || kind != columnPart && t != Double && t != Int32 {
			d.fail("unknown column type %d", t)
		}
		var p Part
		switch kind {
		case columnPart:
			f := Field{Type: t, Categorical: d.byte() == 1, Role: Role(d.byte())}
			f.Name = d.text()
			if f.Role > NoRole {
				d.fail("unknown column role %d", f.Role)
			}
			p.Column = &Column{Field: f}
		case numberedPart:
			prefix, suffix := d.text(), d.text()
			p.Sparse = NumberedBlock(t, prefix, suffix, d.numbers()...)
		case namedPart:
			var names []string
			for range d.count(len(d.data)) {
				names = append(names, d.text())
			}
			p.Sparse = NamedBlock(t, names)
		default:
			d.fail("unknown part %d", kind)
		}
		if d.err != nil {
			return nil
		}
		parts = append(parts, p)
	}
	return parts
}

func (d *decoder) numbers() []Span {
	var numbers []Span
	width := 0
	for range d.count(len(d.data)) {
		s := Span{d.count(math.MaxUint32), d.count(math.MaxUint32)}
		width += s.To - s.From
		if s.From >= s.To || width > math.MaxUint32 {
			d.fail("a block's column numbers make no sense")
			return nil
		}
		numbers = append(numbers, s)
	}
	return numbers
}

func (d *decoder) column(c *Column, rows int) {
	done := max(len(c.Strings), len(c.Doubles), len(c.Ints))
	if d.byte() == 1 {
		bits := d.take((rows + 7) / 8)
		if c.Missing == nil {
			c.Missing = make([]bool, done)
		}
		for r := range rows {
			c.Missing = append(c.Missing, bits != nil && bits[r/8]>>(r%8)&1 == 1)
		}
	} else if c.Missing != nil {
		c.Missing = append(c.Missing, make([]bool, rows)...)
	}
	switch c.Type {
	case String:
		c.Strings = append(c.Strings, d.strings(rows)...)
	case Double:
		c.Doubles = d.doubles(c.Doubles, rows)
	default:
		c.Ints = append(c.Ints, d.ints(rows)...)
	}
}

// strings reads n lengths and then the texts, which share one allocation.
func (d *decoder) strings(n int) []string {
	lengths := make([]int, n)
	total := 0
	for i := range lengths {
		lengths[i] = d.count(maxSection)
		total += lengths[i]
	}
	all := string(d.take(total))
	if d.err != nil {
		return nil
	}
	out := make([]string, n)
	for i, l := range lengths {
		out[i], all = all[:l], all[l:]
	}
	return out
}

func (d *decoder) doubles(dst []float64, n int) []float64 {
	b := d.take(8 * n)
	dst = slices.Grow(dst, len(b)/8)
	for i := range len(b) / 8 {
		dst = append(dst, math.Float64frombits(binary.LittleEndian.Uint64(b[8*i:])))
	}
	return dst
}

func (d *decoder) ints(n int) []int64 {
	least, width := d.varint(), int(d.byte())
	if width > 8 {
		d.fail("numbers of %d bytes", width)
		return nil
	}
	b := d.take(width * n)
	if d.err != nil {
		return nil
	}
	out := make([]int64, n)
	for i := range out {
		var v uint64
		for k := range width {
			v |= uint64(b[i*width+k]) << (8 * k)
		}
		out[i] = int64(uint64(least) + v)
	}
	return out
}

func (d *decoder) sparse(s *Sparse, rows int) {
	first := len(s.Start)
	s.Start = slices.Grow(s.Start, rows)
	for range rows {
		s.Start = append(s.Start, s.Start[len(s.Start)-1]+d.count(min(s.Width, len(d.data))))
	}
	cells := min(s.Start[len(s.Start)-1]-len(s.Index), len(d.data)) // each takes a byte at least
	s.Index, s.Values = slices.Grow(s.Index, cells), slices.Grow(s.Values, cells)
	for r := first; r < len(s.Start); r++ {
		next := 0
		for range s.Start[r] - s.Start[r-1] {
			c := next + d.count(math.MaxUint32)
			if c >= s.Width {
				d.fail("a cell lies beyond the block's last column")
			}
			if d.err != nil {
				return
			}
			s.Index = append(s.Index, uint32(c))
			next = c + 1
		}
	}
	n := len(s.Index) - len(s.Values)
	if d.byte() == 0 {
		s.Values = d.doubles(s.Values, n)
		return
	}
	for range n {
		s.Values = append(s.Values, float64(d.varint()))
	}
}
