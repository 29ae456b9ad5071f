// Package matrix has the linear algebra of the modules: small dense matrices, as slices of rows.
package matrix

import (
	"cmp"
	"context"
	"math"
	"slices"
)

// Eigen gives the eigenvalues of a symmetric matrix and its eigenvectors as columns, by Jacobi's rotations. It changes a.
func Eigen(ctx context.Context, a [][]float64) (values []float64, vectors [][]float64, err error) {
	n := len(a)
	vectors = make([][]float64, n)
	for i := range vectors {
		vectors[i] = make([]float64, n)
		vectors[i][i] = 1
	}
	const sweeps, precision = 60, 1e-30
	for range sweeps {
		off, diagonal := 0.0, 0.0
		for i := range n {
			diagonal += a[i][i] * a[i][i]
			for j := i + 1; j < n; j++ {
				off += a[i][j] * a[i][j]
			}
		}
		if off <= precision*diagonal {
			break
		}
		for p := range n {
			if err := ctx.Err(); err != nil {
				return nil, nil, err
			}
			for q := p + 1; q < n; q++ {
				rotate(a, vectors, p, q)
			}
		}
	}
	values = make([]float64, n)
	for i := range values {
		values[i] = a[i][i]
	}
	return values, vectors, nil
}

// rotate makes a[p][q] zero.
func rotate(a, vectors [][]float64, p, q int) {
	if a[p][q] == 0 {
		return
	}
	theta := (a[q][q] - a[p][p]) / (2 * a[p][q])
	t := 1 / (math.Abs(theta) + math.Hypot(theta, 1))
	if theta < 0 {
		t = -t
	}
	c := 1 / math.Hypot(t, 1)
	s := t * c
	for k := range a {
		a[k][p], a[k][q] = c*a[k][p]-s*a[k][q], s*a[k][p]+c*a[k][q]
	}
	for k := range a {
		a[p][k], a[q][k] = c*a[p][k]-s*a[q][k], s*a[p][k]+c*a[q][k]
		vectors[k][p], vectors[k][q] = c*vectors[k][p]-s*vectors[k][q], s*vectors[k][p]+c*vectors[k][q]
	}
}

// Descending gives the places of values, the largest first.
func Descending(values []float64) []int {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(values[b], values[a]) })
	return order
}

// Direction gives column k of vectors, turned so that its largest weight is positive.
func Direction(vectors [][]float64, k int) []float64 {
	v := make([]float64, len(vectors))
	largest := 0
	for i := range v {
		v[i] = vectors[i][k]
		if math.Abs(v[i]) > math.Abs(v[largest])+1e-12 {
			largest = i
		}
	}
	if v[largest] < 0 {
		for i := range v {
			v[i] = -v[i]
		}
	}
	return v
}
