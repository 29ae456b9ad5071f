package table

import (
	"strconv"

	"portico/internal/fault"
)

// maxSpreadCells is how many cells of sparse blocks may be made dense at once: 256 MB.
const maxSpreadCells = 1 << 25

// Spread gives the table with the sparse blocks of which a column is selected
// spread into columns, and the selected columns' places among its Parts. It returns
// *SelectorError as Select does, and fault.TooLarge where a block is too big to be spread.
func (s Selector) Spread(t *Table) (*Table, []int, error) {
	spans, err := s.spans(t)
	if err != nil {
		return nil, nil, err
	}
	touched := make([]bool, t.width)
	for _, sp := range spans {
		for i := sp.From; i < sp.To; i++ {
			touched[i] = true
		}
	}
	var parts []Part
	place := make([]int, t.width) // of each column among parts; only good where touched
	at, cells := 0, 0
	for _, p := range t.Parts {
		w := p.Width()
		if p.Sparse == nil || !anyTrue(touched[at:at+w]) {
			place[at] = len(parts)
			parts = append(parts, p)
			at += w
			continue
		}
		if cells += w * t.Rows; cells > maxSpreadCells || len(parts)+w > MaxDenseColumns {
			return nil, nil, fault.New(fault.TooLarge, "%d columns from %q on are too many to be handled one by one; select fewer", w, p.Sparse.Name(0))
		}
		for i, c := range p.Sparse.columns(t.Rows) {
			place[at+i] = len(parts)
			parts = append(parts, Part{Column: c})
		}
		at += w
	}
	var places []int
	for _, sp := range spans {
		places = append(places, place[sp.From:sp.To]...)
	}
	return New(t.Rows, parts...), places, nil
}

func anyTrue(flags []bool) bool {
	for _, f := range flags {
		if f {
			return true
		}
	}
	return false
}

// columns gives the block as columns of rows cells.
func (s *Sparse) columns(rows int) []*Column {
	out := make([]*Column, s.Width)
	for i := range out {
		out[i] = &Column{Field: s.Field(i)}
		if s.Type == Double {
			out[i].Doubles = make([]float64, rows)
		} else {
			out[i].Ints = make([]int64, rows)
		}
	}
	for r := range rows {
		index, values := s.Row(r)
		for k, i := range index {
			if s.Type == Double {
				out[i].Doubles[r] = values[k]
			} else {
				out[i].Ints[r] = int64(values[k])
			}
		}
	}
	return out
}

// WithColumns gives a table with some parts replaced by columns, and more columns at its end.
func (t *Table) WithColumns(replaced map[int]*Column, more ...*Column) *Table {
	parts := make([]Part, len(t.Parts), len(t.Parts)+len(more))
	copy(parts, t.Parts)
	for i, c := range replaced {
		parts[i] = Part{Column: c}
	}
	for _, c := range more {
		parts = append(parts, Part{Column: c})
	}
	return New(t.Rows, parts...)
}

// Names gives out column names that no column has yet.
type Names struct {
	f     finder
	given map[string]bool
}

// NewNames begins with the names of t's columns taken.
func NewNames(t *Table) *Names { return &Names{f: finder{table: t}, given: map[string]bool{}} }

// Free gives name, or "name (2)" and so on where it is taken, and takes it.
func (n *Names) Free(name string) string {
	free := name
	for i := 2; n.Taken(free); i++ {
		free = name + " (" + strconv.Itoa(i) + ")"
	}
	n.given[free] = true
	return free
}

// Taken tells whether there is a column of that name.
func (n *Names) Taken(name string) bool {
	_, there := n.f.byName(name)
	return there || n.given[name]
}

// FreePart gives the part with names that are free, and takes them. A block
// that has a name that is taken gets " (2)" and so on after all its names.
func (n *Names) FreePart(p Part) Part {
	if p.Column != nil {
		if name := n.Free(p.Column.Name); name != p.Column.Name {
			c := *p.Column
			c.Name = name
			p.Column = &c
		}
		return p
	}
	free := p.Sparse
	for i := 2; n.anyTaken(free); i++ {
		free = p.Sparse.renamed(" (" + strconv.Itoa(i) + ")")
	}
	for i := range free.Width {
		n.given[free.Name(i)] = true
	}
	return Part{Sparse: free}
}

func (n *Names) anyTaken(s *Sparse) bool {
	for i := range s.Width {
		if n.Taken(s.Name(i)) {
			return true
		}
	}
	return false
}

// renamed gives the block with more at the end of every name.
func (s *Sparse) renamed(more string) *Sparse {
	out := *s
	if s.Names == nil {
		out.Suffix += more
		return &out
	}
	out.Names = make([]string, len(s.Names))
	for i, name := range s.Names {
		out.Names[i] = name + more
	}
	return &out
}
