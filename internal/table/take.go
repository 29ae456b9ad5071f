package table

// Take gives the rows with those numbers, in that order and as often as they
// are listed; a negative number stands for a row in which every cell is missing
// (a sparse block, in which nothing is missing, has zeros there).
func (t *Table) Take(rows []int) *Table {
	parts := make([]Part, len(t.Parts))
	for i, p := range t.Parts {
		if p.Column != nil {
			parts[i].Column = p.Column.Take(rows)
		} else {
			parts[i].Sparse = p.Sparse.take(rows)
		}
	}
	return New(len(rows), parts...)
}

// Take is Table.Take of one column.
func (c *Column) Take(rows []int) *Column {
	out := &Column{Field: c.Field, Strings: takeCells(c.Strings, rows), Doubles: takeCells(c.Doubles, rows), Ints: takeCells(c.Ints, rows)}
	for i, r := range rows {
		if r < 0 || c.Missing != nil && c.Missing[r] {
			if out.Missing == nil {
				out.Missing = make([]bool, len(rows))
			}
			out.Missing[i] = true
		}
	}
	switch { // a column of no rows has its slice too
	case c.Type == String && out.Strings == nil:
		out.Strings = make([]string, len(rows))
	case c.Type == Double && out.Doubles == nil:
		out.Doubles = make([]float64, len(rows))
	case c.Type != String && c.Type != Double && out.Ints == nil:
		out.Ints = make([]int64, len(rows))
	}
	return out
}

func takeCells[T any](cells []T, rows []int) []T {
	if cells == nil {
		return nil
	}
	out := make([]T, len(rows))
	for i, r := range rows {
		if r >= 0 {
			out[i] = cells[r]
		}
	}
	return out
}

func (s *Sparse) take(rows []int) *Sparse {
	out := s.like()
	out.Start = make([]int, 1, len(rows)+1)
	for _, r := range rows {
		if r >= 0 {
			index, values := s.Row(r)
			out.Index = append(out.Index, index...)
			out.Values = append(out.Values, values...)
		}
		out.Start = append(out.Start, len(out.Index))
	}
	return out
}
