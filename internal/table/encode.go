package table

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"math"
	"slices"

	"portico/internal/fault"
)

// The encoded form of a table, which node outputs are kept in:
//
//	"PTBL" version(1 byte) section...
//
// A section is length (4 bytes, little-endian), payload, CRC-32C of the payload.
// The first is the schema; the others hold up to groupRows rows each, and one
// of no rows ends the table, so that a cut file is told from a whole one.
const (
	codecMagic   = "PTBL"
	codecVersion = 1

	groupRows  = 1 << 16
	groupBytes = 8 << 20 // about how much a group's payload may hold
	maxSection = 1 << 30
	maxRows    = math.MaxInt32 // azureml.md 1.8
	maxFields  = 1 << 22       // parts in a table
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Encode writes t in a compact binary form that Decode reads.
func Encode(w io.Writer, t *Table) error {
	e := NewEncoder(w)
	if err := e.Write(t); err != nil {
		return err
	}
	return e.Close()
}

// Encoder writes tables below one another as one, in the form of Encode.
type Encoder struct {
	encoder
	head          []byte // the encoded schema, once it is written
	rows, columns int
}

// NewEncoder makes an Encoder. Nothing is written before the first table.
func NewEncoder(w io.Writer) *Encoder { return &Encoder{encoder: encoder{w: w}} }

// ErrSchema is what Write finds of a table with other columns than the first.
var ErrSchema = errors.New("the table has other columns than the one before")

// Write writes the rows of a table. It returns ErrSchema, fault.TooLarge, or what the writer returned.
func (e *Encoder) Write(t *Table) error {
	if t.Rows > maxRows-e.rows {
		return fault.New(fault.TooLarge, "a table may have at most %d rows", maxRows)
	}
	e.schema(t)
	if e.head == nil {
		e.head, e.columns = slices.Clone(e.buf), t.Width()
		e.write(append([]byte(codecMagic), codecVersion))
		e.section()
	} else if !bytes.Equal(e.head, e.buf) {
		return ErrSchema
	}
	e.buf = e.buf[:0]
	for from := 0; from < t.Rows; {
		to := groupEnd(t, from)
		e.uvarint(uint64(to - from))
		for _, p := range t.Parts {
			if p.Column != nil {
				e.column(p.Column.slice(from, to), to-from)
			} else {
				e.sparse(p.Sparse, from, to)
			}
		}
		e.section()
		from = to
	}
	e.rows += t.Rows
	return e.err
}

// Close ends the table. One table at least must have been written.
func (e *Encoder) Close() error {
	e.uvarint(0)
	e.section()
	return e.err
}

// Size is the rows and columns that were written.
func (e *Encoder) Size() (rows, columns int) { return e.rows, e.columns }

// groupEnd tells where the group of rows that begins at from ends.
func groupEnd(t *Table, from int) int {
	most := min(from+groupRows, t.Rows)
	size, cells := 0, 0
	for _, p := range t.Parts {
		if p.Column != nil {
			cells++
		}
	}
	for r := from; r < most; r++ {
		size += cells * 8
		for _, p := range t.Parts {
			switch {
			case p.Sparse != nil:
				size += 12 * (p.Sparse.Start[r+1] - p.Sparse.Start[r])
			case p.Column.Type == String:
				size += len(p.Column.Strings[r])
			}
		}
		if size >= groupBytes {
			return r + 1
		}
	}
	return most
}

type encoder struct {
	w   io.Writer
	buf []byte
	err error
}

func (e *encoder) write(b []byte) {
	if e.err == nil {
		_, e.err = e.w.Write(b)
	}
}

// section writes what is in buf as one section.
func (e *encoder) section() {
	if len(e.buf) > maxSection && e.err == nil {
		e.err = fault.New(fault.TooLarge, "a row of the table takes more than %d bytes", maxSection)
	}
	e.write(binary.LittleEndian.AppendUint32(nil, uint32(len(e.buf))))
	e.write(e.buf)
	e.write(binary.LittleEndian.AppendUint32(nil, crc32.Checksum(e.buf, castagnoli)))
	e.buf = e.buf[:0]
}

func (e *encoder) uvarint(n uint64) { e.buf = binary.AppendUvarint(e.buf, n) }

func (e *encoder) text(s string) {
	e.uvarint(uint64(len(s)))
	e.buf = append(e.buf, s...)
}

// The kinds of part in a schema.
const (
	columnPart = iota
	numberedPart
	namedPart
)

func (e *encoder) schema(t *Table) {
	e.uvarint(uint64(len(t.Parts)))
	for _, p := range t.Parts {
		switch s := p.Sparse; {
		case s == nil:
			c := p.Column
			e.buf = append(e.buf, columnPart, byte(c.Type), flag(c.Categorical), byte(c.Role))
			e.text(c.Name)
		case s.Names == nil:
			e.buf = append(e.buf, numberedPart, byte(s.Type))
			e.text(s.Prefix)
			e.text(s.Suffix)
			e.uvarint(uint64(len(s.Numbers)))
			for _, n := range s.Numbers {
				e.uvarint(uint64(n.From))
				e.uvarint(uint64(n.To))
			}
		default:
			e.buf = append(e.buf, namedPart, byte(s.Type))
			e.uvarint(uint64(len(s.Names)))
			for _, name := range s.Names {
				e.text(name)
			}
		}
	}
}

func flag(b bool) byte {
	if b {
		return 1
	}
	return 0
}

// column writes a flag and, where a cell is missing, one bit a row; then the cells.
func (e *encoder) column(c *Column, rows int) {
	missing := slices.Contains(c.Missing, true)
	e.buf = append(e.buf, flag(missing))
	if missing {
		at := len(e.buf)
		e.buf = append(e.buf, make([]byte, (rows+7)/8)...)
		for r, m := range c.Missing {
			if m {
				e.buf[at+r/8] |= 1 << (r % 8)
			}
		}
	}
	switch c.Type {
	case String:
		for _, s := range c.Strings {
			e.uvarint(uint64(len(s)))
		}
		for _, s := range c.Strings {
			e.buf = append(e.buf, s...)
		}
	case Double:
		e.doubles(c.Doubles)
	default:
		e.ints(c.Ints)
	}
}

func (e *encoder) doubles(values []float64) {
	for _, v := range values {
		e.buf = binary.LittleEndian.AppendUint64(e.buf, math.Float64bits(v))
	}
}

// ints writes the least value, the width in bytes of the differences from it, and those.
func (e *encoder) ints(values []int64) {
	if len(values) == 0 {
		return
	}
	least, most := slices.Min(values), slices.Max(values)
	width := byteWidth(uint64(most) - uint64(least))
	e.buf = binary.AppendVarint(e.buf, least)
	e.buf = append(e.buf, byte(width))
	for _, v := range values {
		d := uint64(v) - uint64(least)
		for range width {
			e.buf = append(e.buf, byte(d))
			d >>= 8
		}
	}
}

func byteWidth(n uint64) int {
	switch {
	case n == 0:
		return 0
	case n <= math.MaxUint8:
		return 1
	case n <= math.MaxUint16:
		return 2
	case n <= math.MaxUint32:
		return 4
	default:
		return 8
	}
}

// sparse writes how many cells each row has, the steps between their columns,
// a flag, and the values: whole numbers as varints where all are, else 8 bytes each.
func (e *encoder) sparse(s *Sparse, from, to int) {
	for r := from; r < to; r++ {
		e.uvarint(uint64(s.Start[r+1] - s.Start[r]))
	}
	for r := from; r < to; r++ {
		index, _ := s.Row(r)
		next := uint32(0)
		for _, c := range index {
			e.uvarint(uint64(c - next))
			next = c + 1
		}
	}
	values := s.Values[s.Start[from]:s.Start[to]]
	whole := !slices.ContainsFunc(values, func(v float64) bool {
		return v != math.Trunc(v) || math.Abs(v) > 1<<52 || v == 0 && math.Signbit(v)
	})
	e.buf = append(e.buf, flag(whole))
	if !whole {
		e.doubles(values)
		return
	}
	for _, v := range values {
		e.buf = binary.AppendVarint(e.buf, int64(v))
	}
}
