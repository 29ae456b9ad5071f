package scaling

import (
	"math"
	"slices"

	"portico/internal/module"
	"portico/internal/table"
)

// entropyEdges cuts a column where that says most about the label, for as long
// as a cut is worth its description (the MDL criterion of Fayyad and Irani, 1993).
func entropyEdges(t *table.Table, c *table.Column) ([]float64, error) {
	i := slices.IndexFunc(t.Parts, func(p table.Part) bool { return p.Column != nil && p.Column.Role == table.Label })
	if i < 0 {
		return nil, module.Fail("0024", "Dataset")
	}
	classes := table.NewRowIndex([]*table.Column{t.Parts[i].Column}, t.Rows, false)
	s := sample{classes: classes.Groups()}
	for r := range t.Rows {
		if v, ok := c.Number(r); ok && !math.IsInf(v, 0) {
			s.points = append(s.points, point{v, classes.Group[r]})
		}
	}
	slices.SortFunc(s.points, func(a, b point) int {
		switch {
		case a.value < b.value:
			return -1
		case a.value > b.value:
			return 1
		}
		return 0
	})
	edges := s.cut([]float64{}, 0, len(s.points))
	slices.Sort(edges)
	return edges, nil
}

type point struct {
	value float64
	class int32
}

// sample is points in ascending order.
type sample struct {
	points  []point
	classes int
}

// cut adds the edges within points [from, to). The longer half is cut in the loop, so that recursion stays shallow.
func (s *sample) cut(edges []float64, from, to int) []float64 {
	for {
		at, ok := s.best(from, to)
		if !ok {
			return edges
		}
		edges = append(edges, s.points[at-1].value)
		if at-from < to-at {
			edges = s.cut(edges, from, at)
			from = at
		} else {
			edges = s.cut(edges, at, to)
			to = at
		}
	}
}

// best gives the cut that leaves the least entropy, if it is worth it.
func (s *sample) best(from, to int) (at int, ok bool) {
	total := make([]int, s.classes)
	for _, p := range s.points[from:to] {
		total[p.class]++
	}
	whole, kinds := entropy(total, to-from)
	left, right := make([]int, s.classes), slices.Clone(total)
	n := float64(to - from)
	least := math.Inf(1)
	var leftEntropy, rightEntropy float64
	var leftKinds, rightKinds int
	for i := from; i < to-1; i++ {
		left[s.points[i].class]++
		right[s.points[i].class]--
		if s.points[i].value == s.points[i+1].value {
			continue
		}
		l, lk := entropy(left, i+1-from)
		r, rk := entropy(right, to-i-1)
		if e := (l*float64(i+1-from) + r*float64(to-i-1)) / n; e < least {
			least, at = e, i+1
			leftEntropy, rightEntropy, leftKinds, rightKinds = l, r, lk, rk
		}
	}
	if at == 0 {
		return 0, false
	}
	gain := whole - least
	delta := math.Log2(math.Pow(3, float64(kinds))-2) - (float64(kinds)*whole - float64(leftKinds)*leftEntropy - float64(rightKinds)*rightEntropy)
	return at, gain > (math.Log2(n-1)+delta)/n
}

// entropy gives the entropy in bits of counts that add up to n, and how many are not 0.
func entropy(counts []int, n int) (bits float64, kinds int) {
	for _, c := range counts {
		if c > 0 {
			kinds++
			p := float64(c) / float64(n)
			bits -= p * math.Log2(p)
		}
	}
	return bits, kinds
}
