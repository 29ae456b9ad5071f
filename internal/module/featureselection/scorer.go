package featureselection

import (
	"math"
	"slices"

	"portico/internal/module"
	"portico/internal/table"
)

// The methods, as the parameters call them.
const (
	Pearson           = "Pearson Correlation"
	MutualInformation = "Mutual Information"
	Kendall           = "Kendall Correlation"
	Spearman          = "Spearman Correlation"
	ChiSquared        = "Chi Squared"
	FisherScore       = "Fisher Score"
	CountBased        = "Count Based"
)

// Methods lists the methods.
func Methods() []string {
	return []string{Pearson, MutualInformation, Kendall, Spearman, ChiSquared, FisherScore, CountBased}
}

// Supervised lists the methods that need a target.
func Supervised() []string { return Methods()[:6] }

// Synonyms are other names of the methods in graphs and pages.
func Synonyms() map[string]string {
	return map[string]string{"counts": CountBased, "countbasedfeatureselection": CountBased}
}

const (
	// bins is into how many stretches of one width the values of a column of numbers are put where there are more different ones.
	bins = 10
	// maxClasses is how many different values a target may have.
	maxClasses = 10_000
)

// Scorer tells how much columns say about a target. It is not safe for concurrent use.
type Scorer struct {
	method  string
	classes []int32   // the target's class in each row, -1 where it is missing
	count   int       // of classes
	numbers []float64 // the target's numbers, nil where it is none
	scratch []float64
}

// NewScorer makes a Scorer; target is nil for CountBased alone. It returns 0018
// where the target has no value, and 0014 where it has too many different ones.
func NewScorer(method string, target *table.Column, parameter string) (*Scorer, error) {
	s := &Scorer{method: method}
	if target == nil {
		return s, nil
	}
	s.classes, s.count = categories(target, method == MutualInformation || method == ChiSquared)
	switch {
	case s.count == 0:
		return nil, module.Fail("0018", parameter).In(parameter)
	case s.count > maxClasses && (target.Type == table.String || method == FisherScore):
		return nil, module.Fail("0014", target.Name, maxClasses).In(parameter)
	}
	if target.Type.Numeric() && !target.Categorical {
		s.numbers = target.Numbers()
	}
	return s, nil
}

// Takes tells whether the method scores columns of that type.
func (s *Scorer) Takes(t table.Type) bool {
	return t.Numeric() || t == table.Boolean || s.method == MutualInformation || s.method == ChiSquared
}

// Dense scores a column of a type that the Scorer takes: 0 where nothing can be said.
func (s *Scorer) Dense(c *table.Column) float64 {
	if s.method == MutualInformation || s.method == ChiSquared {
		of, n := categories(c, true)
		return s.independence(s.table(of, n))
	}
	return defined(s.score(c.Numbers()))
}

// Sparse scores a column of numbers of which those rows, ascending, have those values and all others 0.
func (s *Scorer) Sparse(rows []int, values []float64) float64 {
	switch s.method {
	case CountBased:
		return s.score(values)
	case FisherScore:
		return defined(s.sparseGroups(rows, values).fisher())
	case MutualInformation, ChiSquared:
		if t := s.sparseTable(rows, values); t != nil {
			return s.independence(t)
		}
	}
	if s.scratch == nil {
		s.scratch = make([]float64, len(s.classes))
	}
	for i, r := range rows {
		s.scratch[r] = values[i]
	}
	score := 0.0
	if s.method == MutualInformation || s.method == ChiSquared {
		score = s.Dense(table.FromDoubles("", s.scratch))
	} else {
		score = defined(s.score(s.scratch))
	}
	for _, r := range rows {
		s.scratch[r] = 0
	}
	return score
}

// defined is a score's size, 0 where there is none.
func defined(v float64) float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return 0
	}
	return math.Abs(v)
}

// score is the method's for numbers, NaN where one is missing.
func (s *Scorer) score(x []float64) float64 {
	switch s.method {
	case CountBased:
		n := 0
		for _, v := range x {
			if v != 0 && v == v {
				n++
			}
		}
		return float64(n)
	case FisherScore:
		return s.groups(x).fisher()
	}
	var a, b []float64 // both known
	y := s.numbers
	if y == nil {
		y = s.groups(x).meansFor(s.classes)
	}
	for r, v := range x {
		if finite(v) && finite(y[r]) {
			a, b = append(a, v), append(b, y[r])
		}
	}
	switch s.method {
	case Spearman:
		return correlation(ranks(a), ranks(b))
	case Kendall:
		return kendall(a, b)
	}
	return correlation(a, b)
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// groups are sums over the rows of each class.
type groups struct{ n, sum, squares []float64 }

func (s *Scorer) newGroups() *groups {
	return &groups{make([]float64, s.count), make([]float64, s.count), make([]float64, s.count)}
}

func (s *Scorer) groups(x []float64) *groups {
	g := s.newGroups()
	for r, v := range x {
		if k := s.classes[r]; k >= 0 && finite(v) {
			g.n[k]++
			g.sum[k] += v
			g.squares[k] += v * v
		}
	}
	return g
}

func (s *Scorer) sparseGroups(rows []int, values []float64) *groups {
	g := s.newGroups()
	for _, k := range s.classes {
		if k >= 0 {
			g.n[k]++
		}
	}
	for i, r := range rows {
		if k := s.classes[r]; k >= 0 {
			g.sum[k] += values[i]
			g.squares[k] += values[i] * values[i]
		}
	}
	return g
}

// meansFor gives every row the mean of its class, NaN where it has none.
func (g *groups) meansFor(classes []int32) []float64 {
	y := make([]float64, len(classes))
	for r, k := range classes {
		if y[r] = math.NaN(); k >= 0 && g.n[k] > 0 {
			y[r] = g.sum[k] / g.n[k]
		}
	}
	return y
}

// fisher is the spread of the classes' means over the spread within the classes (Duda, Hart and Stork, Pattern Classification, 3.8).
func (g *groups) fisher() float64 {
	n, sum := 0.0, 0.0
	for k := range g.n {
		n += g.n[k]
		sum += g.sum[k]
	}
	mean := sum / n
	between, within := 0.0, 0.0
	for k, rows := range g.n {
		if rows == 0 {
			continue
		}
		m := g.sum[k] / rows
		between += rows * (m - mean) * (m - mean)
		within += max(g.squares[k]-rows*m*m, 0)
	}
	const negligible = 1e-12
	if within < negligible {
		if between < negligible {
			return 0
		}
		within = negligible // the column tells the classes apart
	}
	return between / within
}

// categories gives each row its category, from 0 in the order in which they appear; -1 where the cell is
// missing. Numbers of more than a few different values are put into bins where that is asked for.
func categories(c *table.Column, binned bool) (of []int32, count int) {
	of = make([]int32, c.Len())
	if binned && c.Type.Numeric() && !c.Categorical {
		if edges := widths(c.Numbers()); edges != nil {
			for r, v := range c.Numbers() {
				if of[r] = -1; finite(v) {
					i, _ := slices.BinarySearch(edges, v)
					of[r] = int32(i)
				}
			}
			return of, bins
		}
	}
	x := table.NewRowIndex([]*table.Column{c}, c.Len(), false)
	place := make([]int32, x.Groups())
	for g, first := range x.First {
		v, number := c.Number(int(first))
		if place[g] = -1; !c.IsMissing(int(first)) && !(number && math.IsInf(v, 0)) {
			place[g] = int32(count)
			count++
		}
	}
	for r, g := range x.Group {
		of[r] = place[g]
	}
	return of, count
}

// widths gives the inner edges of bins of one width, nil where there are so few different numbers that none are needed.
func widths(x []float64) []float64 {
	low, high := math.Inf(1), math.Inf(-1)
	different := map[float64]bool{}
	for _, v := range x {
		if finite(v) {
			low, high = min(low, v), max(high, v)
			if len(different) <= bins {
				different[v] = true
			}
		}
	}
	if len(different) <= bins {
		return nil
	}
	edges := make([]float64, bins-1)
	for i := range edges {
		edges[i] = low + (high/bins-low/bins)*float64(i+1)
	}
	return edges
}

// contingency counts the rows of each category and class: those cells that have some.
type contingency struct {
	cells               []cell
	categories, classes int
}

type cell struct {
	category, class int
	n               float64
}

// maxCells is how many cells are counted in place; more are sorted.
const maxCells = 1 << 20

func (s *Scorer) table(of []int32, count int) *contingency {
	if count*s.count <= maxCells {
		counts := make([]float64, count*s.count)
		for r, i := range of {
			if k := s.classes[r]; i >= 0 && k >= 0 {
				counts[int(i)*s.count+int(k)]++
			}
		}
		return s.contingency(counts)
	}
	var keys []int
	for r, i := range of {
		if k := s.classes[r]; i >= 0 && k >= 0 {
			keys = append(keys, int(i)*s.count+int(k))
		}
	}
	slices.Sort(keys)
	t := &contingency{categories: count, classes: s.count}
	for i := 0; i < len(keys); {
		j := i
		for j < len(keys) && keys[j] == keys[i] {
			j++
		}
		t.cells = append(t.cells, cell{keys[i] / s.count, keys[i] % s.count, float64(j - i)})
		i = j
	}
	return t
}

// contingency makes one of counts, category by category.
func (s *Scorer) contingency(counts []float64) *contingency {
	t := &contingency{categories: len(counts) / s.count, classes: s.count}
	for i, n := range counts {
		if n > 0 {
			t.cells = append(t.cells, cell{i / s.count, i % s.count, n})
		}
	}
	return t
}

// sparseTable is table for a sparse column, nil where its values must be put into bins.
func (s *Scorer) sparseTable(rows []int, values []float64) *contingency {
	place := map[float64]int{0: 0}
	for _, v := range values {
		if _, known := place[v]; !known {
			if len(place) == bins || !finite(v) {
				return nil
			}
			place[v] = len(place)
		}
	}
	counts := make([]float64, len(place)*s.count)
	for _, k := range s.classes {
		if k >= 0 {
			counts[k]++
		}
	}
	for i, r := range rows {
		if k := s.classes[r]; k >= 0 {
			counts[k]--
			counts[place[values[i]]*s.count+int(k)]++
		}
	}
	return s.contingency(counts)
}

// independence is the method's measure of how far a table is from independence.
func (s *Scorer) independence(t *contingency) float64 {
	if s.method == ChiSquared {
		return defined(t.chiSquared())
	}
	return defined(t.information())
}

// margins sums the table by category, by class and in all.
func (t *contingency) margins() (category, class []float64, all float64) {
	category, class = make([]float64, t.categories), make([]float64, t.classes)
	for _, c := range t.cells {
		category[c.category] += c.n
		class[c.class] += c.n
		all += c.n
	}
	return category, class, all
}

// chiSquared is Pearson's statistic.
func (t *contingency) chiSquared() float64 {
	category, class, all := t.margins()
	score := 0.0
	for _, c := range t.cells { // cells without rows add what is expected there: together, all - those with rows
		expected := category[c.category] * class[c.class] / all
		score += (c.n-expected)*(c.n-expected)/expected - expected
	}
	return max(score+all, 0)
}

// information is the mutual information as a share of the larger of the two entropies.
func (t *contingency) information() float64 {
	category, class, all := t.margins()
	entropy := 0.0
	for _, c := range t.cells {
		entropy -= c.n / all * math.Log(c.n/all)
	}
	of := func(counts []float64) (h float64) {
		for _, n := range counts {
			if n > 0 {
				h -= n / all * math.Log(n/all)
			}
		}
		return h
	}
	a, b := of(category), of(class)
	return max(a+b-entropy, 0) / max(a, b)
}
