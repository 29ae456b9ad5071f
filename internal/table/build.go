package table

import (
	"bytes"
	"strings"

	"portico/internal/fault"
)

// ColumnBuilder collects the cells of one column. The zero value is not usable.
type ColumnBuilder struct {
	column *Column
	rows   int
	text   strings.Builder // the chunk that short String cells are cut from
}

const textChunk = 64 << 10

// NewColumnBuilder makes a builder of a column described by f with room for rows cells.
func NewColumnBuilder(f Field, rows int) *ColumnBuilder {
	b := &ColumnBuilder{column: &Column{Field: f}}
	switch f.Type {
	case String:
		b.column.Strings = make([]string, 0, rows)
	case Double:
		b.column.Doubles = make([]float64, 0, rows)
	default:
		b.column.Ints = make([]int64, 0, rows)
	}
	return b
}

// Len is the number of cells so far.
func (b *ColumnBuilder) Len() int { return b.rows }

// Append adds a cell given as text in the forms that AppendCell prints, and
// ISO 8601 for DateTime. Blanks around it do not count, and a blank text is a
// missing cell, except in a String column, which takes every text as it is.
// It returns fault.Invalid, and adds nothing, where the text is not of the column's type.
func (b *ColumnBuilder) Append(text []byte) error {
	c := b.column
	if c.Type == String {
		c.Strings = append(c.Strings, b.keep(text))
		b.present()
		return nil
	}
	trimmed := bytes.TrimSpace(text)
	if len(trimmed) == 0 {
		b.AppendMissing()
		return nil
	}
	var n int64
	var err error
	switch c.Type {
	case Double:
		var v float64
		if v, err = parseDouble(trimmed); err == nil {
			b.appendDouble(v)
			return nil
		}
	case Int32:
		n, err = parseInt(trimmed, 32)
	case Int64:
		n, err = parseInt(trimmed, 64)
	case Boolean:
		n, err = parseBoolean(trimmed)
	case DateTime:
		n, err = parseDateTime(trimmed)
	case TimeSpan:
		n, err = parseTimeSpan(trimmed)
	}
	if err != nil {
		return fault.New(fault.Invalid, "row %d, column %q: %q is not of type %s", b.rows+1, c.Name, clip(text), c.Type)
	}
	b.appendInt(n)
	return nil
}

// AppendString is Append for a text that nobody changes: a String column shares it.
func (b *ColumnBuilder) AppendString(text string) error {
	if b.column.Type != String {
		return b.Append([]byte(text))
	}
	b.column.Strings = append(b.column.Strings, text)
	b.present()
	return nil
}

// appendInt adds a cell to a column of one of the types that are kept in Ints.
func (b *ColumnBuilder) appendInt(n int64) {
	b.column.Ints = append(b.column.Ints, n)
	b.present()
}

// appendDouble adds a cell to a Double column.
func (b *ColumnBuilder) appendDouble(v float64) {
	b.column.Doubles = append(b.column.Doubles, v)
	b.present()
}

// AppendMissing adds a missing cell.
func (b *ColumnBuilder) AppendMissing() {
	c := b.column
	switch c.Type {
	case String:
		c.Strings = append(c.Strings, "")
	case Double:
		c.Doubles = append(c.Doubles, 0)
	default:
		c.Ints = append(c.Ints, 0)
	}
	if c.Missing == nil {
		c.Missing = make([]bool, b.rows, max(b.rows+1, b.capacity()))
	}
	c.Missing = append(c.Missing, true)
	b.rows++
}

// AppendFrom adds row r of a column of the same type.
func (b *ColumnBuilder) AppendFrom(from *Column, r int) {
	if from.Missing != nil && from.Missing[r] {
		b.AppendMissing()
		return
	}
	c := b.column
	switch c.Type {
	case String:
		c.Strings = append(c.Strings, from.Strings[r])
	case Double:
		c.Doubles = append(c.Doubles, from.Doubles[r])
	default:
		c.Ints = append(c.Ints, from.Ints[r])
	}
	b.present()
}

// Column gives the column; the builder is not to be used afterwards.
func (b *ColumnBuilder) Column() *Column { return b.column }

func (b *ColumnBuilder) present() {
	if b.column.Missing != nil {
		b.column.Missing = append(b.column.Missing, false)
	}
	b.rows++
}

func (b *ColumnBuilder) capacity() int {
	return max(cap(b.column.Strings), cap(b.column.Doubles), cap(b.column.Ints))
}

// keep copies text into the chunk, so that short cells cost no allocation each.
func (b *ColumnBuilder) keep(text []byte) string {
	if len(text) > textChunk/16 {
		return string(text)
	}
	if b.text.Cap()-b.text.Len() < len(text) {
		b.text = strings.Builder{} // the strings cut from the full chunk keep it
		b.text.Grow(textChunk)
	}
	from := b.text.Len()
	b.text.Write(text)
	return b.text.String()[from:]
}

// clip shortens a cell for a message.
func clip(text []byte) string {
	const most = 60
	if len(text) <= most {
		return string(text)
	}
	return string(text[:most]) + "…"
}

// Builder collects the rows of a table: one ColumnBuilder for each field.
type Builder struct {
	Columns []*ColumnBuilder
}

// NewBuilder makes a Builder with room for rows rows.
func NewBuilder(fields []Field, rows int) *Builder {
	b := &Builder{Columns: make([]*ColumnBuilder, len(fields))}
	for i, f := range fields {
		b.Columns[i] = NewColumnBuilder(f, rows)
	}
	return b
}

// Table gives the table. It panics where the columns differ in length, which only a programming mistake makes.
func (b *Builder) Table() *Table {
	rows := 0
	columns := make([]*Column, len(b.Columns))
	for i, c := range b.Columns {
		if i == 0 {
			rows = c.rows
		}
		if c.rows != rows {
			panic("table: columns of different length")
		}
		columns[i] = c.Column()
	}
	return FromColumns(rows, columns...)
}

// ParseColumn makes a column of texts, as ColumnBuilder.Append reads them;
// missing flags the cells that have no text, and may be nil.
func ParseColumn(f Field, cells []string, missing []bool) (*Column, error) {
	b := NewColumnBuilder(f, len(cells))
	for i, cell := range cells {
		if missing != nil && missing[i] {
			b.AppendMissing()
		} else if err := b.Append([]byte(cell)); err != nil {
			return nil, err
		}
	}
	return b.Column(), nil
}

// InferType gives the narrowest type that every text fits: Boolean, DateTime,
// Int32, Int64, Double, else String. Blank texts do not count.
func InferType(cells []string) Type {
	var n inference
	for _, cell := range cells {
		n.add([]byte(cell), false)
	}
	t, _ := n.settle()
	return t
}

// FromStrings makes a String column that shares cells.
func FromStrings(name string, cells []string) *Column {
	return &Column{Field: Field{Name: name}, Strings: cells}
}

// FromDoubles makes a Double column that shares cells.
func FromDoubles(name string, cells []float64) *Column {
	return &Column{Field: Field{Name: name, Type: Double}, Doubles: cells}
}
