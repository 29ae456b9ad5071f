// Package table holds data between modules: named typed columns, and sparse
// blocks that stand for many numeric columns at once. It reads and writes the
// file formats that datasets come in, and decides which columns a selector
// names. It does no I/O of its own beyond the readers and writers it is given.
package table

import (
	"fmt"
	"sort"
	"strconv"
	"time"
)

// Type is a column's element type.
type Type uint8

// The element types.
const (
	String Type = iota
	Double
	Int32
	Int64
	Boolean
	DateTime
	TimeSpan
)

var typeNames = [...]string{"String", "Double", "Int32", "Int64", "Boolean", "DateTime", "TimeSpan"}

// String is the .NET name that ColumnTypes carries (azureml.md 1.4).
func (t Type) String() string { return typeNames[t] }

// ParseType reads a .NET name.
func ParseType(s string) (Type, error) {
	for i, n := range typeNames {
		if n == s {
			return Type(i), nil
		}
	}
	return String, fmt.Errorf("unknown column type %q", s)
}

// Numeric tells whether the type is a number.
func (t Type) Numeric() bool { return t == Double || t == Int32 || t == Int64 }

// Role is the part a column plays for learners.
type Role uint8

// The roles. A new column is a feature.
const (
	Feature Role = iota
	Label
	Score
	NoRole
)

// Field describes a column.
type Field struct {
	Name        string `json:"name"`
	Type        Type   `json:"type"`
	Categorical bool   `json:"categorical,omitempty"`
	Role        Role   `json:"role,omitempty"`
}

// Column is a Field and its values; exactly the slice of its type is set.
// Int32 and Int64 share Ints; Boolean is 0 or 1 in Ints; DateTime is UTC
// nanoseconds since 1970 and TimeSpan nanoseconds, both in Ints.
type Column struct {
	Field
	Strings []string
	Doubles []float64
	Ints    []int64
	Missing []bool // nil where nothing is missing; else one flag a row
}

// Sparse is a block of Width columns of one type in which most cells are zero:
// row r holds Values[i] at column Index[i] for i in [Start[r], Start[r+1]).
// Index ascends within a row. Start[0] need not be 0: slices of a table share
// Index and Values. NumberedBlock and NamedBlock make one.
type Sparse struct {
	Width  int
	Type   Type // Double or Int32: how the cells are typed and printed
	Start  []int
	Index  []uint32
	Values []float64
	// A column is called Prefix + number + Suffix, its number being the next in
	// Numbers; or, where Names is set, Names[i].
	Prefix, Suffix string
	Numbers        []Span
	Names          []string

	ends []int // for each of Numbers, the column after its last
}

// Span is the whole numbers from From up to, but not including, To.
type Span struct{ From, To int }

// Part is one stretch of a table's columns: a Column or a Sparse block.
type Part struct {
	Column *Column
	Sparse *Sparse
}

// Width is the number of columns that the part stands for.
func (p Part) Width() int {
	if p.Sparse != nil {
		return p.Sparse.Width
	}
	return 1
}

// Table is an immutable set of columns of one length. Modules make new tables and share columns.
type Table struct {
	Rows  int
	Parts []Part
	width int
}

// New makes a table of parts that all have rows rows.
func New(rows int, parts ...Part) *Table {
	t := &Table{Rows: rows, Parts: parts}
	for _, p := range parts {
		t.width += p.Width()
	}
	return t
}

// FromColumns makes a table of dense columns of one length.
func FromColumns(rows int, columns ...*Column) *Table {
	parts := make([]Part, len(columns))
	for i, c := range columns {
		parts[i].Column = c
	}
	return New(rows, parts...)
}

// Width is the number of columns, those of sparse blocks counted singly.
func (t *Table) Width() int { return t.width }

// Schema lists every column; a sparse block of a million columns gives a million fields.
func (t *Table) Schema() []Field { return t.SchemaUpTo(t.width) }

// SchemaUpTo gives the first columns' fields, at most so many.
func (t *Table) SchemaUpTo(most int) []Field {
	fields := make([]Field, 0, min(most, t.width))
	for _, p := range t.Parts {
		if p.Column != nil {
			if len(fields) < most {
				fields = append(fields, p.Column.Field)
			}
			continue
		}
		for i := range min(p.Sparse.Width, most-len(fields)) {
			fields = append(fields, p.Sparse.Field(i))
		}
	}
	return fields
}

// ColumnCalled gives the dense column of that exact name, or nil.
func (t *Table) ColumnCalled(name string) *Column {
	for _, p := range t.Parts {
		if p.Column != nil && p.Column.Name == name {
			return p.Column
		}
	}
	return nil
}

// Field describes column i of the block.
func (s *Sparse) Field(i int) Field { return Field{Name: s.Name(i), Type: s.Type} }

// Row gives row r's columns, ascending, and their values. The slices are not to be changed.
func (s *Sparse) Row(r int) ([]uint32, []float64) {
	from, to := s.Start[r], s.Start[r+1]
	return s.Index[from:to], s.Values[from:to]
}

// NumberedBlock is an empty block of no rows with a column for each number, called prefix + number + suffix.
func NumberedBlock(t Type, prefix, suffix string, numbers ...Span) *Sparse {
	s := &Sparse{Type: t, Prefix: prefix, Suffix: suffix, Numbers: numbers, Start: []int{0}}
	for _, n := range numbers {
		s.Width += n.To - n.From
		s.ends = append(s.ends, s.Width)
	}
	return s
}

// NamedBlock is an empty block of no rows with one column for each name.
func NamedBlock(t Type, names []string) *Sparse {
	return &Sparse{Width: len(names), Type: t, Names: names, Start: []int{0}}
}

// Name is the name of column i of the block.
func (s *Sparse) Name(i int) string {
	if s.Names != nil {
		return s.Names[i]
	}
	return string(s.AppendName(make([]byte, 0, len(s.Prefix)+len(s.Suffix)+20), i))
}

// AppendName appends the name of column i of the block.
func (s *Sparse) AppendName(dst []byte, i int) []byte {
	if s.Names != nil {
		return append(dst, s.Names[i]...)
	}
	k := sort.SearchInts(s.ends, i+1)
	dst = append(dst, s.Prefix...)
	dst = strconv.AppendInt(dst, int64(s.Numbers[k].To-(s.ends[k]-i)), 10)
	return append(dst, s.Suffix...)
}

// like is a block with s's type and names, and no rows.
func (s *Sparse) like() *Sparse {
	if s.Names != nil {
		return NamedBlock(s.Type, s.Names)
	}
	return NumberedBlock(s.Type, s.Prefix, s.Suffix, s.Numbers...)
}

// AppendCell appends row r of the column as services print it (azureml.md 1.4):
// Double in the shortest form that reads back the same, Boolean as True or
// False, DateTime as 5/30/2010 6:07:00 PM. ok is false for a missing cell.
func (c *Column) AppendCell(dst []byte, r int) (_ []byte, ok bool) {
	if c.Missing != nil && c.Missing[r] {
		return dst, false
	}
	switch c.Type {
	case String:
		return append(dst, c.Strings[r]...), true
	case Double:
		return AppendDouble(dst, c.Doubles[r]), true
	case Boolean:
		if c.Ints[r] != 0 {
			return append(dst, "True"...), true
		}
		return append(dst, "False"...), true
	case DateTime:
		return time.Unix(0, c.Ints[r]).UTC().AppendFormat(dst, DateTimeFormat), true
	case TimeSpan:
		return AppendTimeSpan(dst, time.Duration(c.Ints[r])), true
	default:
		return strconv.AppendInt(dst, c.Ints[r], 10), true
	}
}

// DateTimeFormat is .NET's general date and time of culture en-US, as in captured answers.
const DateTimeFormat = "1/2/2006 3:04:05 PM"

// AppendDouble prints as .NET's "R" does: shortest round-trip digits, exponent E+16 from 1e15 and E-05 below 1e-4.
func AppendDouble(dst []byte, v float64) []byte {
	switch {
	case v != v:
		return append(dst, "NaN"...)
	case v > maxFinite:
		return append(dst, "Infinity"...)
	case v < -maxFinite:
		return append(dst, "-Infinity"...)
	case v == float64(int64(v)) && v > -1e15 && v < 1e15:
		return strconv.AppendInt(dst, int64(v), 10) // also prints -0 as 0, as .NET Framework does
	}
	if a := max(v, -v); a >= 1e15 || a < 1e-4 {
		return strconv.AppendFloat(dst, v, 'E', -1, 64)
	}
	return strconv.AppendFloat(dst, v, 'f', -1, 64)
}

const maxFinite = 1.79769313486231570814527423731704356798070e+308

// AppendTimeSpan prints as .NET's constant format: [-][d.]hh:mm:ss[.fffffff].
func AppendTimeSpan(dst []byte, d time.Duration) []byte {
	if d < 0 {
		dst = append(dst, '-')
		d = -d
	}
	if days := d / (24 * time.Hour); days > 0 {
		dst = append(strconv.AppendInt(dst, int64(days), 10), '.')
		d %= 24 * time.Hour
	}
	dst = fmt.Appendf(dst, "%02d:%02d:%02d", d/time.Hour, d/time.Minute%60, d/time.Second%60)
	if ticks := d % time.Second / 100; ticks > 0 {
		dst = fmt.Appendf(dst, ".%07d", ticks)
	}
	return dst
}
