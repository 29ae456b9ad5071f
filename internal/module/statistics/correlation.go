package statistics

import (
	"context"
	"math"

	"portico/internal/module"
	"portico/internal/table"
)

// maxCorrelated is how many columns may be correlated with each other.
const maxCorrelated = 3000

// LinearCorrelation gives Pearson's correlation of every pair of columns of numbers.
func LinearCorrelation() *module.Module {
	return &module.Module{
		Name:     "Compute Linear Correlation",
		FamilyID: "7d1c2b3a4f5e4a6b8c9d0e1f2a3b4c5d",
		Category: category,
		Summary:  "Calculates the linear correlation between column values in a dataset.",
		Help: "The result has a column and a row for every column of numbers or Booleans, in the order of the dataset, with Pearson's correlation of the two over the rows in which both have a value. " +
			"Where one of them is constant the correlation is missing. Other columns are left out.",
		Version: 1,
		Inputs:  dataset(),
		Outputs: results("Correlations matrix"),
		Errors:  []string{"0003", "0020", "0021", "0138"},
		Prepare: func(module.Values) (module.Runner, error) {
			return func(ctx context.Context, in []*table.Table) ([]*table.Table, error) {
				if err := module.Need(in[0], "Dataset", 2); err != nil {
					return nil, err
				}
				t, _, err := module.AllColumns("Dataset").Spread(in[0])
				if err != nil {
					return nil, err
				}
				out, err := correlate(ctx, t)
				return one(out), err
			}, nil
		},
	}
}

func correlate(ctx context.Context, t *table.Table) (*table.Table, error) {
	var columns []*table.Column
	var values [][]float64
	for _, p := range t.Parts {
		if c := p.Column; c.Type.Numeric() || c.Type == table.Boolean {
			columns, values = append(columns, c), append(values, c.Numbers())
		}
	}
	switch n := len(columns); {
	case n == 0:
		return nil, module.Fail("0020", "Dataset", 1)
	case n > maxCorrelated:
		return nil, module.Fail("0138")
	}
	matrix := make([][]float64, len(columns))
	for i := range matrix {
		matrix[i] = make([]float64, len(columns))
	}
	for i := range columns {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for j := i; j < len(columns); j++ {
			r := pearson(values[i], values[j])
			matrix[i][j], matrix[j][i] = r, r
		}
	}
	out := make([]*table.Column, len(columns))
	for i, c := range columns {
		out[i] = table.FromNumbers(c.Name, matrix[i])
	}
	return table.FromColumns(len(columns), out...), nil
}

// pearson correlates the rows in which both are numbers; NaN where one of them is constant.
func pearson(a, b []float64) float64 {
	var n, meanA, meanB, squaresA, squaresB, products float64
	for r, v := range a {
		w := b[r]
		if v != v || w != w {
			continue
		}
		n++
		dv, dw := v-meanA, w-meanB
		meanA += dv / n
		meanB += dw / n
		squaresA += dv * (v - meanA)
		squaresB += dw * (w - meanB)
		products += dv * (w - meanB)
	}
	if !(squaresA > 0) || !(squaresB > 0) {
		return math.NaN()
	}
	return defined(max(-1, min(1, products/math.Sqrt(squaresA)/math.Sqrt(squaresB))))
}
