package textanalytics

import (
	"cmp"
	"context"
	"math"
	"slices"

	"portico/internal/module"
	"portico/internal/module/featureselection"
	"portico/internal/table"
)

// best gives the ids of the n-grams with the best scores, ascending.
func (e *extraction) best(ctx context.Context, t *table.Table, rows []rowCounts, grams int) ([]uint32, error) {
	var target *table.Column
	if e.target != nil {
		t, place, err := e.target.One(t)
		if err != nil {
			return nil, err
		}
		target = t.Parts[place].Column
	}
	scorer, err := featureselection.NewScorer(e.method, target, targetColumn)
	if err != nil {
		return nil, err
	}
	scores := make([]float64, grams)
	order := make([]uint32, grams)
	for id, c := range byGram(rows, grams) {
		if id%256 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		scores[id], order[id] = scorer.Sparse(c.rows, c.counts), uint32(id)
	}
	if e.method == featureselection.CountBased {
		return slices.DeleteFunc(order, func(id uint32) bool { return scores[id] < float64(e.nonZero) }), nil
	}
	slices.SortStableFunc(order, func(a, b uint32) int { return cmp.Compare(scores[b], scores[a]) })
	order = order[:min(e.desired, grams)]
	slices.Sort(order)
	return order, nil
}

// gramCounts is in which rows an n-gram comes, and how often.
type gramCounts struct {
	rows   []int
	counts []float64
}

func byGram(rows []rowCounts, grams int) []gramCounts {
	columns := make([]gramCounts, grams)
	for r, row := range rows {
		for i, id := range row.ids {
			c := &columns[id]
			c.rows, c.counts = append(c.rows, r), append(c.counts, float64(row.counts[i]))
		}
	}
	return columns
}

// maxLinks is how many pairs of neighbours a graph may have.
const maxLinks = 20_000_000

// rank gives each n-gram its TextRank (Mihalcea and Tarau 2004): n-grams that
// follow one another in a text are linked, as often as they do, and the rank of each is shared out
// among its neighbours, again and again. The mean rank is 1.
func (v *vocabulary) rank(ctx context.Context, c *table.Column, cutter ngramCutter) ([]float64, error) {
	links := map[[2]uint32]float64{}
	for r := range c.Len() {
		if r%1024 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if c.IsMissing(r) {
			continue
		}
		last, any := uint32(0), false
		cutter.each(c.Strings[r], func(text string) {
			id, known := v.ids[text]
			if !known {
				return
			}
			if any && id != last {
				links[[2]uint32{min(id, last), max(id, last)}]++
			}
			last, any = id, true
		})
		if len(links) > maxLinks {
			return nil, module.Fail("0138").In(weighting)
		}
	}
	type link struct {
		a, b   uint32
		weight float64
	}
	list := make([]link, 0, len(links)) // in an order, for sums to be the same every time
	for pair, n := range links {
		list = append(list, link{pair[0], pair[1], n})
	}
	slices.SortFunc(list, func(x, y link) int { return cmp.Or(cmp.Compare(x.a, y.a), cmp.Compare(x.b, y.b)) })
	total := make([]float64, len(v.grams))
	for _, l := range list {
		total[l.a] += l.weight
		total[l.b] += l.weight
	}
	const damping, steps, precision = 0.85, 200, 1e-12
	ranks := slices.Repeat([]float64{1}, len(v.grams))
	for range steps {
		next := slices.Repeat([]float64{1 - damping}, len(ranks))
		for _, l := range list {
			next[l.a] += damping * l.weight * ranks[l.b] / total[l.b]
			next[l.b] += damping * l.weight * ranks[l.a] / total[l.a]
		}
		change := 0.0
		for i := range next {
			change = max(change, math.Abs(next[i]-ranks[i]))
		}
		if ranks = next; change < precision {
			break
		}
	}
	return ranks, nil
}
