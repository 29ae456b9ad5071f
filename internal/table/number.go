package table

import (
	"math"
	"strconv"
	"time"
)

// Number gives a cell of a number, Boolean (0 or 1), DateTime or TimeSpan
// column as a float64. ok is false where the cell is missing or is not a number.
func (c *Column) Number(r int) (v float64, ok bool) {
	switch {
	case c.Missing != nil && c.Missing[r]:
		return math.NaN(), false
	case c.Type == Double:
		v = c.Doubles[r]
		return v, v == v
	case c.Type == String:
		return math.NaN(), false
	default:
		return float64(c.Ints[r]), true
	}
}

// Numbers gives every cell as Number does, NaN where there is none. The slice
// is the column's own where it can be, and not to be changed.
func (c *Column) Numbers() []float64 {
	if c.Type == Double && c.Missing == nil {
		return c.Doubles
	}
	out := make([]float64, c.Len())
	for r := range out {
		out[r], _ = c.Number(r)
	}
	return out
}

// Len is the number of cells.
func (c *Column) Len() int { return max(len(c.Strings), len(c.Doubles), len(c.Ints)) }

// IsMissing tells whether a cell is missing. A Double that is not a number counts as missing.
func (c *Column) IsMissing(r int) bool {
	return c.Missing != nil && c.Missing[r] || c.Type == Double && c.Doubles[r] != c.Doubles[r]
}

// FromNumbers makes a Double column in which what is not a number is missing. It takes cells over.
func FromNumbers(name string, cells []float64) *Column {
	c := FromDoubles(name, cells)
	for r, v := range cells {
		if v != v {
			if c.Missing == nil {
				c.Missing = make([]bool, len(cells))
			}
			c.Missing[r], cells[r] = true, 0
		}
	}
	return c
}

// FromInts makes a column of one of the types that are kept in Ints. It takes cells over.
func FromInts(name string, t Type, cells []int64) *Column {
	return &Column{Field: Field{Name: name, Type: t}, Ints: cells}
}

// As gives a column with c's cells and another field, sharing the cells where
// the type stays. Between types a cell is converted as its printed text is read,
// but that numbers become whole numbers only where they are, that 0 and 1 become Booleans, and
// that whole numbers are ticks of 100 ns as TimeSpan. row is the first row whose cell cannot be converted, or -1.
func (c *Column) As(f Field) (_ *Column, row int) {
	if f.Type == c.Type {
		out := *c
		out.Field = f
		return &out, -1
	}
	b := NewColumnBuilder(f, c.Len())
	var buf []byte
	for r := range c.Len() {
		if c.IsMissing(r) {
			b.AppendMissing()
			continue
		}
		buf, _ = c.AppendCell(buf[:0], r)
		switch n, whole := c.wholeNumber(r); {
		case !whole:
		case f.Type == Boolean && (n == 0 || n == 1):
			buf = append(buf[:0], [...]string{"False", "True"}[n]...)
		case f.Type == Int32 || f.Type == Int64 || f.Type == Double && c.Type == Boolean:
			buf = strconv.AppendInt(buf[:0], n, 10)
		case f.Type == TimeSpan && n > -math.MaxInt64/100 && n < math.MaxInt64/100:
			buf = AppendTimeSpan(buf[:0], time.Duration(n*100))
		}
		if err := b.Append(buf); err != nil {
			return nil, r
		}
	}
	return b.Column(), -1
}

// wholeNumber gives the cell of a number or Boolean column that is a whole number.
func (c *Column) wholeNumber(r int) (int64, bool) {
	if !c.Type.Numeric() && c.Type != Boolean {
		return 0, false
	}
	return c.whole(r)
}
