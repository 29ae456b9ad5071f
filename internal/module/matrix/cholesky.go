package matrix

import "math"

// Cholesky gives the lower triangle L with L·Lᵀ = a, of a symmetric matrix whose
// diagonal is raised by as little as it takes to make that possible; nil where it has what is not a number.
func Cholesky(a [][]float64) [][]float64 {
	trace := 0.0
	for i := range a {
		trace += a[i][i]
	}
	least := trace / float64(max(len(a), 1))
	if !(least > 0) {
		least = 1
	}
	for ridge := 0.0; !math.IsInf(ridge, 0); ridge = max(ridge*10, least*1e-12) {
		if l := cholesky(a, ridge, least*1e-13); l != nil {
			return l
		}
	}
	return nil
}

// cholesky gives nil where a pivot is not above negligible.
func cholesky(a [][]float64, ridge, negligible float64) [][]float64 {
	l := make([][]float64, len(a))
	for i := range a {
		l[i] = make([]float64, len(a))
		for j := range i + 1 {
			sum := a[i][j]
			if i == j {
				sum += ridge
			}
			for k := range j {
				sum -= l[i][k] * l[j][k]
			}
			switch {
			case i != j:
				l[i][j] = sum / l[j][j]
			case !(sum > negligible):
				return nil
			default:
				l[i][i] = math.Sqrt(sum)
			}
		}
	}
	return l
}

// Forward solves L·x = b in place.
func Forward(l [][]float64, b []float64) {
	for i := range b {
		for k := range i {
			b[i] -= l[i][k] * b[k]
		}
		b[i] /= l[i][i]
	}
}

// Backward solves Lᵀ·x = b in place.
func Backward(l [][]float64, b []float64) {
	for i := len(b) - 1; i >= 0; i-- {
		for k := i + 1; k < len(b); k++ {
			b[i] -= l[k][i] * b[k]
		}
		b[i] /= l[i][i]
	}
}

// New makes a matrix of zeros.
func New(rows, columns int) [][]float64 {
	m := make([][]float64, rows)
	for i := range m {
		m[i] = make([]float64, columns)
	}
	return m
}
