package parquet

import (
	"encoding/binary"
	"math"

	"portico/internal/fault"
)

// Value is a cell that is not missing: Int of Boolean (0 or 1), Int32 and Int64;
// Float of Float and Double; Bytes, not to be changed, of the others.
type Value struct {
	Int   int64
	Float float64
	Bytes []byte
	Text  string // Bytes as a text that equal cells share; empty where they do not
}

// The encodings of the format.
const (
	encodingPlain           = 0
	encodingPlainDictionary = 2
	encodingRLE             = 3
	encodingDelta           = 5
	encodingDeltaLength     = 6
	encodingDeltaBytes      = 7
	encodingDictionary      = 8
	encodingSplit           = 9
)

// decoder gives the values of a page one after the other.
type decoder interface {
	next(v *Value) error
}

var errShort = damaged("a page has fewer values than it says")

// newDecoder begins to read the values of a page, of which there are count at most.
func newDecoder(c *Column, encoding int64, data []byte, count int64, dictionary []Value) (decoder, error) {
	switch encoding {
	case encodingPlain:
		return newPlain(c, data), nil
	case encodingPlainDictionary, encodingDictionary:
		if dictionary == nil {
			return nil, damaged("column %q: a page refers to a dictionary that is not there", c.Name)
		}
		if len(data) == 0 {
			return &references{}, nil
		}
		if data[0] > 32 {
			return nil, damaged("column %q: a dictionary's numbers have %d bits", c.Name, data[0])
		}
		return &references{newHybrid(data[1:], int(data[0])), dictionary}, nil
	case encodingRLE:
		if c.Physical == Boolean {
			runs, _, err := prefixed(data)
			return &truths{newHybrid(runs, 1)}, err
		}
	case encodingDelta:
		if c.Physical == Int32 || c.Physical == Int64 {
			d, err := newDelta(data, count)
			return &differences{d, c.Physical == Int32}, err
		}
	case encodingDeltaLength:
		if c.Physical == ByteArray {
			return newLengths(data, count)
		}
	case encodingDeltaBytes:
		if c.Physical == ByteArray || c.Physical == FixedBytes {
			return newPrefixes(c, data, count)
		}
	case encodingSplit:
		if width := c.width(); width > 0 {
			return &planes{of: newPlain(c, make([]byte, width)), data: data, width: width, count: len(data) / width}, nil
		}
	}
	return nil, fault.New(fault.Unsupported, "the Parquet file's column %q is in an encoding that is not read for its type (number %d of the format)", c.Name, encoding)
}

// width is the bytes of a value, 0 where they differ.
func (c *Column) width() int {
	return [...]int{Boolean: 0, Int32: 4, Int64: 8, Int96: 12, Float: 4, Double: 8, ByteArray: 0, FixedBytes: c.Length}[c.Physical]
}

// plain reads values one behind the other.
type plain struct {
	physical Physical
	width    int
	data     []byte
	bit      int // of a Boolean
}

func newPlain(c *Column, data []byte) *plain {
	return &plain{physical: c.Physical, width: c.width(), data: data}
}

func (p *plain) next(v *Value) error {
	if p.physical == ByteArray {
		text, rest, err := prefixed(p.data)
		v.Bytes, p.data = text, rest
		return err
	}
	if p.physical == Boolean {
		if p.bit>>3 >= len(p.data) {
			return errShort
		}
		v.Int = int64(p.data[p.bit>>3] >> (p.bit & 7) & 1)
		p.bit++
		return nil
	}
	if len(p.data) < p.width {
		return errShort
	}
	b := p.data[:p.width]
	p.data = p.data[p.width:]
	switch p.physical {
	case Int32:
		v.Int = int64(int32(binary.LittleEndian.Uint32(b)))
	case Int64:
		v.Int = int64(binary.LittleEndian.Uint64(b))
	case Float:
		v.Float = float64(math.Float32frombits(binary.LittleEndian.Uint32(b)))
	case Double:
		v.Float = math.Float64frombits(binary.LittleEndian.Uint64(b))
	default:
		v.Bytes = b
	}
	return nil
}

// planes reads values whose first bytes come first, then all second bytes, and so on.
type planes struct {
	of           *plain
	data         []byte
	width, count int
	at           int
}

func (p *planes) next(v *Value) error {
	if p.at >= p.count {
		return errShort
	}
	b := make([]byte, p.width)
	for i := range b {
		b[i] = p.data[i*p.count+p.at]
	}
	p.at++
	p.of.data = b
	return p.of.next(v)
}

// truths reads Booleans in runs.
type truths struct{ runs *hybrid }

func (t *truths) next(v *Value) error {
	n, err := t.runs.next()
	v.Int = int64(n)
	return err
}

// references reads numbers of a dictionary's values.
type references struct {
	runs       *hybrid
	dictionary []Value
}

func (r *references) next(v *Value) error {
	if r.runs == nil {
		return errShort
	}
	n, err := r.runs.next()
	if err != nil {
		return err
	}
	if uint64(n) >= uint64(len(r.dictionary)) {
		return damaged("a page refers to value %d of a dictionary of %d", n, len(r.dictionary))
	}
	*v = r.dictionary[n]
	return nil
}

// hybrid reads numbers in runs of one value and in packs of eight.
type hybrid struct {
	data  []byte
	bits  int
	left  uint64 // of the run or pack
	run   bool
	value uint32 // of the run
	bit   int    // of the pack: where its next number begins
}

func newHybrid(data []byte, bits int) *hybrid { return &hybrid{data: data, bits: bits} }

func (h *hybrid) next() (uint32, error) {
	for h.left == 0 {
		if err := h.begin(); err != nil {
			return 0, err
		}
	}
	h.left--
	if h.run {
		return h.value, nil
	}
	n, err := takeBits(h.data, h.bit, h.bits)
	h.bit += h.bits
	if h.left == 0 {
		h.data, h.bit = h.data[min(len(h.data), (h.bit+7)/8):], 0
	}
	return uint32(n), err
}

// begin reads the head of a run or pack.
func (h *hybrid) begin() error {
	head, n := binary.Uvarint(h.data)
	if n <= 0 {
		return errShort
	}
	h.data = h.data[n:]
	h.run, h.left = head&1 == 0, head>>1
	if !h.run {
		if h.left > uint64(len(h.data))*8 && h.bits > 0 || h.left > math.MaxInt32 {
			return errShort
		}
		h.left *= 8
		return nil
	}
	width := (h.bits + 7) / 8
	if len(h.data) < width {
		return errShort
	}
	h.value = 0
	for i := range width {
		h.value |= uint32(h.data[i]) << (8 * i)
	}
	h.data = h.data[width:]
	return nil
}

// takeBits reads a number of so many bits, 64 at most, from a bit on; the least significant comes first.
func takeBits(data []byte, from, bits int) (uint64, error) {
	if from+bits > len(data)*8 {
		return 0, errShort
	}
	var n uint64
	for got := 0; got < bits; {
		b := uint64(data[(from+got)>>3]) >> ((from + got) & 7)
		n |= b << got
		got += 8 - (from+got)&7
	}
	if bits < 64 {
		n &= 1<<bits - 1
	}
	return n, nil
}

// delta reads whole numbers as differences (DELTA_BINARY_PACKED).
type delta struct {
	data        []byte
	block, mini int // numbers in a block, and in each of its parts
	left        uint64
	value       int64
	began       bool
	least       int64
	widths      []byte // of the block's parts that are to come
	inMini      int    // numbers left in the part
	bits, bit   int
}

func newDelta(data []byte, count int64) (*delta, error) {
	d := &delta{data: data}
	block, err := d.uvarint()
	if err != nil {
		return nil, err
	}
	minis, err := d.uvarint()
	if err != nil {
		return nil, err
	}
	if d.left, err = d.uvarint(); err != nil {
		return nil, err
	}
	if d.value, err = d.varint(); err != nil {
		return nil, err
	}
	if d.left > uint64(count) {
		return nil, damaged("a page of differences has %d numbers for %d cells", d.left, count)
	}
	if block == 0 || block > 1<<20 || minis == 0 || minis > block || block%minis != 0 {
		return nil, damaged("a page of differences has blocks of %d numbers in %d parts", block, minis)
	}
	d.block, d.mini = int(block), int(block/minis)
	return d, nil
}

func (d *delta) uvarint() (uint64, error) {
	v, n := binary.Uvarint(d.data)
	if n <= 0 {
		return 0, errShort
	}
	d.data = d.data[n:]
	return v, nil
}

func (d *delta) varint() (int64, error) {
	v, n := binary.Varint(d.data)
	if n <= 0 {
		return 0, errShort
	}
	d.data = d.data[n:]
	return v, nil
}

func (d *delta) next() (int64, error) {
	if d.left == 0 {
		return 0, errShort
	}
	d.left--
	if !d.began {
		d.began = true
		return d.value, nil
	}
	if d.inMini == 0 {
		if err := d.beginMini(); err != nil {
			return 0, err
		}
	}
	n, err := takeBits(d.data, d.bit, d.bits)
	if err != nil {
		return 0, err
	}
	d.bit += d.bits
	if d.inMini--; d.inMini == 0 {
		d.data = d.data[min(len(d.data), (d.bit+7)/8):]
	}
	d.value += d.least + int64(n)
	return d.value, nil
}

func (d *delta) beginMini() (err error) {
	if len(d.widths) == 0 {
		if d.least, err = d.varint(); err != nil {
			return err
		}
		n := d.block / d.mini
		if len(d.data) < n {
			return errShort
		}
		d.widths, d.data = d.data[:n], d.data[n:]
	}
	d.bits, d.widths = int(d.widths[0]), d.widths[1:]
	if d.bits > 64 {
		return damaged("a page of differences has numbers of %d bits", d.bits)
	}
	d.inMini, d.bit = d.mini, 0
	return nil
}

// rest gives what follows the numbers. They must have been read.
func (d *delta) rest() []byte {
	if d.inMini > 0 { // the last part is filled up
		return d.data[min(len(d.data), (d.bits*d.mini+7)/8):]
	}
	return d.data
}

// differences gives the numbers of a delta.
type differences struct {
	*delta
	narrow bool // 32 bits
}

func (d *differences) next(v *Value) (err error) {
	v.Int, err = d.delta.next()
	if d.narrow {
		v.Int = int64(int32(v.Int))
	}
	return err
}

// lengths reads texts whose lengths come before them all (DELTA_LENGTH_BYTE_ARRAY).
type lengths struct {
	of   *delta
	data []byte
}

func newLengths(data []byte, count int64) (*lengths, error) {
	of, rest, err := splitDelta(data, count)
	return &lengths{of, rest}, err
}

// splitDelta finds what follows the differences at the beginning of data.
func splitDelta(data []byte, count int64) (of *delta, rest []byte, err error) {
	end, err := newDelta(data, count)
	if err != nil {
		return nil, nil, err
	}
	for end.left > 0 {
		if _, err := end.next(); err != nil {
			return nil, nil, err
		}
	}
	of, err = newDelta(data, count)
	return of, end.rest(), err
}

func (l *lengths) next(v *Value) error {
	n, err := l.of.next()
	if err != nil {
		return err
	}
	if n < 0 || n > int64(len(l.data)) {
		return errShort
	}
	v.Bytes, l.data = l.data[:n], l.data[n:]
	return nil
}

// prefixes reads texts that share their beginnings with the ones before (DELTA_BYTE_ARRAY).
type prefixes struct {
	shared *delta
	rests  *lengths
	last   []byte
	length int // that each must have; 0 for any
	total  int // bytes of the page's texts so far
}

func newPrefixes(c *Column, data []byte, count int64) (*prefixes, error) {
	shared, rest, err := splitDelta(data, count)
	if err != nil {
		return nil, err
	}
	rests, err := newLengths(rest, count)
	return &prefixes{shared: shared, rests: rests, length: c.width()}, err
}

func (p *prefixes) next(v *Value) error {
	n, err := p.shared.next()
	if err != nil {
		return err
	}
	if err := p.rests.next(v); err != nil {
		return err
	}
	if n < 0 || n > int64(len(p.last)) || p.length > 0 && int(n)+len(v.Bytes) != p.length {
		return damaged("a text shares more with the one before than that has")
	}
	text := make([]byte, 0, int(n)+len(v.Bytes))
	text = append(append(text, p.last[:n]...), v.Bytes...)
	if p.total += len(text); p.total > maxPageBytes {
		return fault.New(fault.TooLarge, "the Parquet file has a page whose texts have more than %d bytes together; write smaller pages", maxPageBytes)
	}
	p.last, v.Bytes = text, text
	return nil
}
