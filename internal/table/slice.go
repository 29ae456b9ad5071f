package table

import (
	"slices"

	"portico/internal/fault"
)

// Slice gives rows [from, to) and shares the columns' memory.
func (t *Table) Slice(from, to int) *Table {
	if from == 0 && to == t.Rows {
		return t
	}
	parts := make([]Part, len(t.Parts))
	for i, p := range t.Parts {
		if p.Column != nil {
			parts[i].Column = p.Column.slice(from, to)
		} else {
			s := *p.Sparse
			s.Start = s.Start[from : to+1]
			parts[i].Sparse = &s
		}
	}
	return New(to-from, parts...)
}

// Head gives the first n rows, or all where there are fewer.
func (t *Table) Head(n int) *Table { return t.Slice(0, min(max(n, 0), t.Rows)) }

func (c *Column) slice(from, to int) *Column {
	s := &Column{Field: c.Field}
	switch c.Type {
	case String:
		s.Strings = c.Strings[from:to:to]
	case Double:
		s.Doubles = c.Doubles[from:to:to]
	default:
		s.Ints = c.Ints[from:to:to]
	}
	if c.Missing != nil {
		s.Missing = c.Missing[from:to:to]
	}
	return s
}

// Concat puts tables of the same schema below one another. It returns fault.Invalid where schemas differ.
func Concat(tables ...*Table) (*Table, error) {
	if len(tables) == 0 {
		return New(0), nil
	}
	first := tables[0]
	if len(tables) == 1 {
		return first, nil
	}
	rows := 0
	for _, t := range tables {
		if len(t.Parts) != len(first.Parts) {
			return nil, fault.New(fault.Invalid, "tables of %d and %d columns cannot be joined row by row", first.Width(), t.Width())
		}
		rows += t.Rows
	}
	parts := make([]Part, len(first.Parts))
	for i, p := range first.Parts {
		var err error
		if p.Column != nil {
			parts[i].Column, err = concatColumn(tables, i, rows)
		} else {
			parts[i].Sparse, err = concatSparse(tables, i, rows)
		}
		if err != nil {
			return nil, err
		}
	}
	return New(rows, parts...), nil
}

func concatColumn(tables []*Table, i, rows int) (*Column, error) {
	field := tables[0].Parts[i].Column.Field
	out := NewColumnBuilder(field, rows).Column()
	done := 0
	for _, t := range tables {
		c := t.Parts[i].Column
		if c == nil || c.Field != field {
			return nil, fault.New(fault.Invalid, "column %q differs in name or type between tables to be joined row by row", field.Name)
		}
		out.Strings = append(out.Strings, c.Strings...)
		out.Doubles = append(out.Doubles, c.Doubles...)
		out.Ints = append(out.Ints, c.Ints...)
		if c.Missing != nil {
			if out.Missing == nil {
				out.Missing = make([]bool, rows)
			}
			copy(out.Missing[done:], c.Missing)
		}
		done += t.Rows
	}
	return out, nil
}

func concatSparse(tables []*Table, i, rows int) (*Sparse, error) {
	first := tables[0].Parts[i].Sparse
	out := first.like()
	out.Start = make([]int, 1, rows+1)
	for _, t := range tables {
		s := t.Parts[i].Sparse
		if s == nil || !sameBlock(s, first) {
			return nil, fault.New(fault.Invalid, "the columns from %q on differ between tables to be joined row by row", first.Name(0))
		}
		shift := len(out.Index) - s.Start[0]
		for _, end := range s.Start[1:] {
			out.Start = append(out.Start, end+shift)
		}
		out.Index = append(out.Index, s.Index[s.Start[0]:s.Start[t.Rows]]...)
		out.Values = append(out.Values, s.Values[s.Start[0]:s.Start[t.Rows]]...)
	}
	return out, nil
}

func sameBlock(a, b *Sparse) bool {
	if a.Names != nil || b.Names != nil {
		return a.Type == b.Type && slices.Equal(a.Names, b.Names)
	}
	return a.Type == b.Type && a.Prefix == b.Prefix && a.Suffix == b.Suffix && slices.Equal(a.Numbers, b.Numbers)
}
