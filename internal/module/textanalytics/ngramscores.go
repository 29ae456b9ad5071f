package textanalytics

import (
	"cmp"
	"slices"

	"portico/internal/table"
)

// best gives the ids of the n-grams with the best scores, ascending.
func (e *extraction) best(t *table.Table, rows []rowCounts, grams int) ([]uint32, error) {
	if e.method == scoreCount {
		return atLeastIn(rows, grams, e.nonZero), nil
	}
	t, place, err := e.target.One(t)
	if err != nil {
		return nil, err
	}
	classes := table.NewRowIndex([]*table.Column{t.Parts[place].Column}, t.Rows, false)
	f := tally(rows, grams, classes)
	scores := make([]float64, grams)
	for id := range scores {
		if e.method == scoreChi {
			scores[id] = f.chiSquared(id)
		} else {
			scores[id] = f.fisher(id)
		}
	}
	order := make([]uint32, grams)
	for i := range order {
		order[i] = uint32(i)
	}
	slices.SortStableFunc(order, func(a, b uint32) int { return cmp.Compare(scores[b], scores[a]) })
	order = order[:min(e.desired, grams)]
	slices.Sort(order)
	return order, nil
}

// atLeastIn gives the n-grams that come in so many rows.
func atLeastIn(rows []rowCounts, grams, least int) []uint32 {
	in := make([]int, grams)
	for _, row := range rows {
		for _, id := range row.ids {
			in[id]++
		}
	}
	var keep []uint32
	for id, n := range in {
		if n >= least {
			keep = append(keep, uint32(id))
		}
	}
	return keep
}

// frequencies are sums over the rows of each class, by n-gram.
type frequencies struct {
	rows    []float64 // of each class
	present [][]float64
	sums    [][]float64
	squares [][]float64
	total   float64
}

func tally(rows []rowCounts, grams int, classes *table.RowIndex) *frequencies {
	f := &frequencies{rows: make([]float64, classes.Groups()), total: float64(len(rows))}
	for range classes.Groups() {
		f.present = append(f.present, make([]float64, grams))
		f.sums = append(f.sums, make([]float64, grams))
		f.squares = append(f.squares, make([]float64, grams))
	}
	for r, row := range rows {
		k := classes.Group[r]
		f.rows[k]++
		for i, id := range row.ids {
			n := float64(row.counts[i])
			f.present[k][id]++
			f.sums[k][id] += n
			f.squares[k][id] += n * n
		}
	}
	return f
}

// chiSquared is the statistic of independence of the n-gram's presence and the class.
func (f *frequencies) chiSquared(id int) float64 {
	all := 0.0
	for k := range f.rows {
		all += f.present[k][id]
	}
	score := 0.0
	for k, n := range f.rows {
		for _, cell := range [][2]float64{{f.present[k][id], n * all / f.total}, {n - f.present[k][id], n * (f.total - all) / f.total}} {
			if cell[1] > 0 {
				d := cell[0] - cell[1]
				score += d * d / cell[1]
			}
		}
	}
	return score
}

// fisher is the spread of the classes' means over the spread within the classes.
func (f *frequencies) fisher(id int) float64 {
	sum := 0.0
	for k := range f.rows {
		sum += f.sums[k][id]
	}
	mean := sum / f.total
	between, within := 0.0, 0.0
	for k, n := range f.rows {
		m := f.sums[k][id] / n
		between += n * (m - mean) * (m - mean)
		within += f.squares[k][id] - n*m*m
	}
	const negligible = 1e-12
	if within < negligible {
		if between < negligible {
			return 0
		}
		within = negligible // the n-gram tells the classes apart
	}
	return between / within
}
