package table

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// A selection is a list of Spans of a table's columns, those of sparse blocks
// counted singly, so that a block of a million columns costs as much as one column.

// maxDuplicates is how many more columns than the table has may be listed in all.
const maxDuplicates = 10_000

// Select gives a table of the selected columns; it shares the columns' memory
// where it can. It returns *SelectorError for an unknown name, a bad index or range,
// and where the rules fit no column.
func (s Selector) Select(t *Table) (*Table, error) {
	spans, err := s.spans(t)
	if err != nil {
		return nil, err
	}
	return t.project(spans), nil
}

// Columns gives the selected dense columns and tells whether sparse ones were selected too.
func (s Selector) Columns(t *Table) (columns []*Column, sparse bool, err error) {
	selected, err := s.Select(t)
	if err != nil {
		return nil, false, err
	}
	for _, p := range selected.Parts {
		if p.Column != nil {
			columns = append(columns, p.Column)
		} else {
			sparse = true
		}
	}
	return columns, sparse, nil
}

func (s Selector) spans(t *Table) ([]Span, error) {
	finder := &finder{table: t}
	var chosen []Span
	for i := range s.Rules {
		r := &s.Rules[i]
		found, err := finder.find(r)
		if err != nil {
			return nil, err
		}
		if r.Exclude {
			chosen = without(chosen, merge(found))
		} else {
			chosen = append(chosen, found...)
		}
	}
	if s.IsFilter {
		chosen = merge(chosen)
	}
	total := 0
	for _, c := range chosen {
		total += c.To - c.From
	}
	switch {
	case total == 0:
		return nil, &SelectorError{Reason: NoColumnsSelected}
	case total > t.width+maxDuplicates:
		return nil, syntaxError("more than %d columns are selected twice", maxDuplicates)
	}
	return chosen, nil
}

// merge sorts spans and joins those that touch or overlap.
func merge(spans []Span) []Span {
	slices.SortFunc(spans, func(a, b Span) int { return a.From - b.From })
	out := spans[:0]
	for _, s := range spans {
		if n := len(out); n > 0 && s.From <= out[n-1].To {
			out[n-1].To = max(out[n-1].To, s.To)
		} else {
			out = append(out, s)
		}
	}
	return out
}

// without takes the columns of gone, which is merged, out of spans and keeps the order.
func without(spans, gone []Span) []Span {
	var out []Span
	for _, s := range spans {
		i, _ := slices.BinarySearchFunc(gone, s.From, func(g Span, from int) int { return g.To - from - 1 })
		for ; i < len(gone) && gone[i].From < s.To; i++ {
			if s.From < gone[i].From {
				out = append(out, Span{s.From, gone[i].From})
			}
			s.From = min(gone[i].To, s.To)
		}
		if s.From < s.To {
			out = append(out, s)
		}
	}
	return out
}

// finder finds the columns that rules name. Its index of names is made when a rule first asks for it.
type finder struct {
	table  *Table
	names  map[string]int // dense columns and blocks with listed names; the first of a name counts
	blocks []int          // where each numbered block begins, in the order of parts
}

func (f *finder) find(r *Rule) ([]Span, error) {
	switch r.Type {
	case AllColumns:
		if f.table.width == 0 {
			return nil, nil
		}
		return []Span{{0, f.table.width}}, nil
	case ColumnNames:
		spans := make([]Span, 0, len(r.Columns))
		for _, name := range r.Columns {
			i, ok := f.byName(name)
			if !ok {
				return nil, &SelectorError{Reason: ColumnNotFound, Text: name}
			}
			spans = append(spans, Span{i, i + 1})
		}
		return spans, nil
	case ColumnIndexes:
		return f.byIndex(r.Columns)
	default:
		return f.byType(r), nil
	}
}

func (f *finder) byType(r *Rule) []Span {
	var spans []Span
	i := 0
	for _, p := range f.table.Parts {
		field := Field{}
		if p.Column != nil {
			field = p.Column.Field
		} else {
			field.Type = p.Sparse.Type
		}
		if w := p.Width(); w > 0 && r.matches(field) {
			spans = append(spans, Span{i, i + w})
		}
		i += p.Width()
	}
	return spans
}

// byIndex reads 1-based indexes and closed ranges; one text may hold several after commas.
func (f *finder) byIndex(texts []string) ([]Span, error) {
	var spans []Span
	for _, text := range texts {
		for one := range strings.SplitSeq(text, ",") {
			s, err := f.index(strings.TrimSpace(one))
			if err != nil {
				return nil, err
			}
			spans = append(spans, s)
		}
	}
	return spans, nil
}

func (f *finder) index(text string) (Span, error) {
	first, last, isRange := strings.Cut(text, "-")
	from, ok := columnNumber(first)
	to, ok2 := from, true
	if isRange {
		to, ok2 = columnNumber(last)
	}
	switch {
	case !ok || !ok2:
		return Span{}, &SelectorError{Reason: ColumnIndexParsing, Text: text}
	case isRange && (from > to || from < 1 || to > f.table.width):
		return Span{}, &SelectorError{Reason: InvalidColumnIndexRange, Text: text}
	case from < 1 || from > f.table.width:
		return Span{}, &SelectorError{Reason: ColumnNotFound, Text: text}
	}
	return Span{from - 1, to}, nil
}

// columnNumber reads decimal digits alone: no sign, so that "1-" and "-3" do not parse.
func columnNumber(s string) (int, bool) {
	s = strings.TrimSpace(s)
	if s == "" || s[0] == '+' {
		return 0, false
	}
	n, err := strconv.Atoi(s)
	return n, err == nil && n >= 0
}

func (f *finder) byName(name string) (int, bool) {
	if f.names == nil {
		f.indexNames()
	}
	if i, ok := f.names[name]; ok {
		return i, true
	}
	k := 0
	for _, p := range f.table.Parts {
		if p.Sparse == nil || p.Sparse.Names != nil {
			continue
		}
		if i, ok := p.Sparse.numbered(name); ok {
			return f.blocks[k] + i, true
		}
		k++
	}
	return 0, false
}

func (f *finder) indexNames() {
	f.names = map[string]int{}
	note := func(name string, i int) {
		if _, taken := f.names[name]; !taken {
			f.names[name] = i
		}
	}
	i := 0
	for _, p := range f.table.Parts {
		switch {
		case p.Column != nil:
			note(p.Column.Name, i)
		case p.Sparse.Names != nil:
			for k, name := range p.Sparse.Names {
				note(name, i+k)
			}
		default:
			f.blocks = append(f.blocks, i)
		}
		i += p.Width()
	}
}

// numbered gives the column that Prefix, number, Suffix stand for; the first where the number comes twice.
func (s *Sparse) numbered(name string) (int, bool) {
	digits, ok := strings.CutPrefix(name, s.Prefix)
	if !ok {
		return 0, false
	}
	if digits, ok = strings.CutSuffix(digits, s.Suffix); !ok {
		return 0, false
	}
	n, err := strconv.Atoi(digits)
	if err != nil || strconv.Itoa(n) != digits {
		return 0, false
	}
	at := 0
	for _, numbers := range s.Numbers {
		if n >= numbers.From && n < numbers.To {
			return at + n - numbers.From, true
		}
		at += numbers.To - numbers.From
	}
	return 0, false
}

// project makes a table of the columns that the spans name, in their order.
func (t *Table) project(spans []Span) *Table {
	begins := make([]int, len(t.Parts)) // the first column of each part
	i := 0
	for k, p := range t.Parts {
		begins[k] = i
		i += p.Width()
	}
	var parts []Part
	var run []Span // spans of one sparse block, relative to it, not yet in parts
	block := -1
	flush := func() {
		if block >= 0 {
			parts = append(parts, Part{Sparse: t.Parts[block].Sparse.project(run)})
			run, block = nil, -1
		}
	}
	for _, s := range spans {
		k, exact := slices.BinarySearch(begins, s.From)
		if !exact {
			k--
		}
		for ; k < len(t.Parts) && begins[k] < s.To; k++ {
			p := t.Parts[k]
			from, to := max(s.From-begins[k], 0), min(s.To-begins[k], p.Width())
			switch {
			case from >= to:
			case p.Column != nil:
				flush()
				parts = append(parts, p)
			default:
				if block != k {
					flush()
				}
				block = k
				run = append(run, Span{from, to})
			}
		}
	}
	flush()
	return New(t.Rows, parts...)
}

// project gives a block of the columns that the spans name, in their order.
func (s *Sparse) project(spans []Span) *Sparse {
	if len(spans) == 1 && spans[0] == (Span{0, s.Width}) {
		return s
	}
	var out *Sparse
	if s.Names != nil {
		var names []string
		for _, sp := range spans {
			names = append(names, s.Names[sp.From:sp.To]...)
		}
		out = NamedBlock(s.Type, names)
	} else {
		out = NumberedBlock(s.Type, s.Prefix, s.Suffix, s.numbersOf(spans)...)
	}
	s.copyCells(out, spans)
	return out
}

// numbersOf gives the numbers of the columns that the spans name.
func (s *Sparse) numbersOf(spans []Span) []Span {
	var out []Span
	for _, sp := range spans {
		at := 0
		for _, n := range s.Numbers {
			from, to := max(sp.From-at, 0), min(sp.To-at, n.To-n.From)
			if from < to {
				out = append(out, Span{n.From + from, n.From + to})
			}
			at += n.To - n.From
		}
	}
	return out
}

// target is where the columns of a Span go: the first to column at of the new block.
type target struct {
	Span
	at int
}

// copyCells fills out with the cells of the columns that the spans name, in one pass over s.
func (s *Sparse) copyCells(out *Sparse, spans []Span) {
	type cell struct {
		column uint32
		value  float64
	}
	layers := layered(spans)
	var row []cell
	for r := range len(s.Start) - 1 {
		index, values := s.Row(r)
		row = row[:0]
		for k, c := range index {
			for _, targets := range layers {
				i, exact := slices.BinarySearchFunc(targets, int(c), func(t target, c int) int { return t.From - c })
				if !exact {
					i--
				}
				if i >= 0 && int(c) < targets[i].To {
					row = append(row, cell{uint32(targets[i].at + int(c) - targets[i].From), values[k]})
				}
			}
		}
		slices.SortFunc(row, func(a, b cell) int { return cmp.Compare(a.column, b.column) })
		for _, c := range row {
			out.Index = append(out.Index, c.column)
			out.Values = append(out.Values, c.value)
		}
		out.Start = append(out.Start, len(out.Index))
	}
}

// layered sorts spans into lists that each ascend without overlap: one list
// where no column is selected twice.
func layered(spans []Span) [][]target {
	sorted := make([]target, len(spans))
	at := 0
	for i, sp := range spans {
		sorted[i] = target{sp, at}
		at += sp.To - sp.From
	}
	slices.SortFunc(sorted, func(a, b target) int { return a.From - b.From })
	var layers [][]target
next:
	for _, t := range sorted {
		for i, layer := range layers {
			if layer[len(layer)-1].To <= t.From {
				layers[i] = append(layer, t)
				continue next
			}
		}
		layers = append(layers, []target{t})
	}
	return layers
}
