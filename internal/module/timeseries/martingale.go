package timeseries

import (
	"context"
	"math"
	"slices"

	"portico/internal/table"
)

// detector tests the exchangeability of a series by a martingale (Vovk, Nouretdinov
// and Gammerman, Testing exchangeability on-line, ICML 2003): while the values
// come in no order, no betting on small p-values is expected to win.
type detector struct {
	bet         func(p float64) float64 // the natural logarithm of what a bet pays
	strangeness func(w *window, v float64) float64
	window      int // points that a run of bets may have, and strangeness values that a new one is compared with
	history     int // points that strangeness is computed from
}

// powerBet is the bet of the power martingale.
func powerBet(epsilon float64) func(p float64) float64 {
	if epsilon <= 0 {
		return func(float64) float64 { return math.Inf(-1) }
	}
	return func(p float64) float64 { return math.Log(epsilon) + (epsilon-1)*math.Log(p) }
}

// mixture is the mean of the power martingale's bets for all epsilon: the integral of ε·p^(ε-1) from 0 to 1.
func mixture(p float64) float64 {
	l := math.Log(p)
	if l > -1e-4 {
		return math.Log(0.5 - l/6) // the beginning of its series, where the quotient loses its digits
	}
	return math.Log((p*l - p + 1) / (p * l * l))
}

// scores gives the anomaly score of the rows, which are in the order of time, and NaN for the others.
func (d *detector) scores(ctx context.Context, value *table.Column, rows []int) ([]float64, error) {
	scores := slices.Repeat([]float64{math.NaN()}, value.Len())
	past, strange := newWindow(d.history), newWindow(d.window)
	var bets []float64
	for i, r := range rows {
		if i%256 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		v, _ := value.Number(r)
		s := 0.0
		if len(past.values) > 1 {
			s = d.strangeness(past, v)
		}
		bets = append(bets, d.bet(strange.rarity(s)))
		past.add(v)
		strange.add(s)
		best, sum := 0.0, 0.0
		for k := len(bets) - 1; k >= max(0, len(bets)-d.window); k-- {
			sum += bets[k]
			best = max(best, sum)
		}
		scores[r] = best
	}
	return scores, nil
}

// window is the last values of a series, also in ascending order.
type window struct {
	size           int
	values, sorted []float64
}

func newWindow(size int) *window { return &window{size: size} }

func (w *window) add(v float64) {
	if w.size == 0 {
		return
	}
	if len(w.values) == w.size {
		at, _ := slices.BinarySearch(w.sorted, w.values[0])
		w.sorted = slices.Delete(w.sorted, at, at+1)
		w.values = w.values[1:]
	}
	w.values = append(w.values, v)
	at, _ := slices.BinarySearch(w.sorted, v)
	w.sorted = slices.Insert(w.sorted, at, v)
}

// rarity is the share of values, s among them, that are as large as s; those that are equal count half.
func (w *window) rarity(s float64) float64 {
	below, _ := slices.BinarySearch(w.sorted, s)
	above, _ := slices.BinarySearch(w.sorted, math.Nextafter(s, math.Inf(1)))
	return (float64(len(w.sorted)-above) + float64(above-below+1)/2) / float64(len(w.sorted)+1)
}

// outside is how far v is outside the middle of the window; below 0 within it.
func outside(w *window, v float64) float64 {
	const tail = 0.05
	return max(v-w.quantile(1-tail), w.quantile(tail)-v)
}

// quantile lies between two values in proportion.
func (w *window) quantile(share float64) float64 {
	at := share * float64(len(w.sorted)-1)
	i := int(at)
	if i+1 >= len(w.sorted) {
		return w.sorted[len(w.sorted)-1]
	}
	return w.sorted[i] + (at-float64(i))*(w.sorted[i+1]-w.sorted[i])
}

// significant is how many standard errors a slope may have by chance. The windows
// of two points share most of their values, so that without it a chance slope would look strange for as long as it stays in them.
const significant = 3

func rising(w *window, v float64) float64  { return max(w.slope(v)-significant, 0) }
func falling(w *window, v float64) float64 { return max(-w.slope(v)-significant, 0) }

// slope is that of a line through the window and v, over its standard error.
func (w *window) slope(v float64) float64 {
	n := float64(len(w.values) + 1)
	at := func(i int) float64 {
		if i == len(w.values) {
			return v
		}
		return w.values[i]
	}
	mean := 0.0
	for i := range len(w.values) + 1 {
		mean += (at(i) - mean) / float64(i+1)
	}
	var xy, yy float64
	for i := range len(w.values) + 1 {
		x, y := float64(i)-(n-1)/2, at(i)-mean
		xy += x * y
		yy += y * y
	}
	xx := n * (n*n - 1) / 12
	rest := max(yy-xy*xy/xx, 0) / max(n-2, 1)
	if t := xy / xx / math.Sqrt(rest/xx); finite(t) {
		return t
	}
	return math.Copysign(min(math.Abs(xy), math.MaxFloat64), xy) // on a line, steeper is stranger
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
