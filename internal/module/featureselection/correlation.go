package featureselection

import (
	"cmp"
	"math"
	"slices"
)

// correlation is Pearson's, NaN where one side does not vary.
func correlation(a, b []float64) float64 {
	ma, mb := mean(a), mean(b)
	var ab, aa, bb float64
	for i := range a {
		x, y := a[i]-ma, b[i]-mb
		ab += x * y
		aa += x * x
		bb += y * y
	}
	if aa == 0 || bb == 0 {
		return math.NaN()
	}
	return max(-1, min(1, ab/math.Sqrt(aa)/math.Sqrt(bb)))
}

func mean(values []float64) float64 {
	m := 0.0
	for i, v := range values {
		m += (v - m) / float64(i+1)
	}
	return m
}

// ranks gives each value its rank, equal values the mean of theirs.
func ranks(values []float64) []float64 {
	order := ordered(values, nil)
	out := make([]float64, len(values))
	for i := 0; i < len(order); {
		j := i + 1
		for j < len(order) && values[order[j]] == values[order[i]] {
			j++
		}
		for _, at := range order[i:j] {
			out[at] = float64(i+j-1) / 2
		}
		i = j
	}
	return out
}

// ordered gives the places of values in ascending order, equal ones by other values.
func ordered(values, then []float64) []int {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int {
		if c := cmp.Compare(values[i], values[j]); c != 0 || then == nil {
			return c
		}
		return cmp.Compare(then[i], then[j])
	})
	return order
}

// kendall is the tau-b of two lists, by Knight's method: the exchanges of a
// merge sort are the pairs that are in disorder.
func kendall(a, b []float64) float64 {
	n := len(a)
	order := ordered(a, b)
	inOrder := make([]float64, n)
	for i, at := range order {
		inOrder[i] = b[at]
	}
	tiedA := ties(n, func(i int) bool { return a[order[i]] == a[order[i-1]] })
	tiedBoth := ties(n, func(i int) bool { return a[order[i]] == a[order[i-1]] && b[order[i]] == b[order[i-1]] })
	exchanges := exchange(inOrder, make([]float64, n))
	tiedB := ties(n, func(i int) bool { return inOrder[i] == inOrder[i-1] })
	all := float64(n) * float64(n-1) / 2
	if tiedA == all || tiedB == all {
		return math.NaN()
	}
	return (all - tiedA - tiedB + tiedBoth - 2*exchanges) / math.Sqrt(all-tiedA) / math.Sqrt(all-tiedB)
}

// ties counts the pairs among n things that are the same, which stand side by side.
func ties(n int, same func(i int) bool) float64 {
	pairs, run := 0.0, 0.0
	for i := 1; i < n; i++ {
		if same(i) {
			run++
			pairs += run
		} else {
			run = 0
		}
	}
	return pairs
}

// exchange sorts values and counts the pairs that were in disorder.
func exchange(values, spare []float64) float64 {
	n := len(values)
	if n < 2 {
		return 0
	}
	half := n / 2
	count := exchange(values[:half], spare[:half]) + exchange(values[half:], spare[half:])
	copy(spare, values)
	left, right := spare[:half], spare[half:n]
	for i := range values {
		if len(right) == 0 || len(left) > 0 && left[0] <= right[0] {
			values[i], left = left[0], left[1:]
		} else {
			count += float64(len(left))
			values[i], right = right[0], right[1:]
		}
	}
	return count
}
