package statistics

import (
	"context"
	"math"

	"portico/internal/module"
	"portico/internal/table"
)

// SummarizeData describes every column of a dataset in a row.
func SummarizeData() *module.Module {
	return &module.Module{
		Name:     "Summarize Data",
		FamilyID: "2c57074f674f45dead85d84e4726f04e",
		Category: category,
		Summary:  "Generates a basic descriptive statistics report for the columns in a dataset.",
		Help: "There is a row for every column. Values are counted in all columns; the other figures are those of columns of numbers and Booleans (0 and 1). " +
			"Quantiles lie between two values in proportion; variance, skewness and excess kurtosis are corrected for the sample's size; of several modes the smallest is given. A figure that is not defined is missing.",
		Version: 1,
		Inputs:  dataset(),
		Outputs: results("A profile of the input dataset that contains descriptive statistics"),
		Errors:  []string{"0003", "0020", "0021", "0138"},
		Prepare: func(module.Values) (module.Runner, error) {
			return func(ctx context.Context, in []*table.Table) ([]*table.Table, error) {
				if err := module.Need(in[0], "Dataset", 1); err != nil {
					return nil, err
				}
				t, _, err := module.AllColumns("Dataset").Spread(in[0])
				if err != nil {
					return nil, err
				}
				out, err := summarize(ctx, t)
				return one(out), err
			}, nil
		},
	}
}

// figures are the columns of the summary from Min on.
var figures = []struct {
	name string
	of   func(s sample) float64
}{
	{"Min", sample.min},
	{"Max", sample.max},
	{"Mean", sample.mean},
	{"Mean Deviation", func(s sample) float64 { return s.deviation(s.mean()) }},
	{"1st Quartile", func(s sample) float64 { return s.quantile(0.25) }},
	{"Median", func(s sample) float64 { return s.quantile(0.5) }},
	{"3rd Quartile", func(s sample) float64 { return s.quantile(0.75) }},
	{"Mode", sample.mode},
	{"Range", func(s sample) float64 { return s.max() - s.min() }},
	{"Sample Variance", func(s sample) float64 { return s.variance(1) }},
	{"Sample Standard Deviation", func(s sample) float64 { return math.Sqrt(s.variance(1)) }},
	{"Sample Skewness", sample.skewness},
	{"Sample Kurtosis", sample.kurtosis},
	{"P0.5", func(s sample) float64 { return s.quantile(0.005) }},
	{"P1", func(s sample) float64 { return s.quantile(0.01) }},
	{"P5", func(s sample) float64 { return s.quantile(0.05) }},
	{"P95", func(s sample) float64 { return s.quantile(0.95) }},
	{"P99", func(s sample) float64 { return s.quantile(0.99) }},
	{"P99.5", func(s sample) float64 { return s.quantile(0.995) }},
}

func summarize(ctx context.Context, t *table.Table) (*table.Table, error) {
	n := len(t.Parts)
	names := make([]string, n)
	count, unique, missing := make([]float64, n), make([]float64, n), make([]float64, n)
	values := make([][]float64, len(figures))
	for i := range values {
		values[i] = make([]float64, n)
	}
	for k, p := range t.Parts {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		c := p.Column
		names[k] = c.Name
		for r := range t.Rows {
			if c.IsMissing(r) {
				missing[k]++
			}
		}
		count[k] = float64(t.Rows) - missing[k]
		var s sample
		if c.Type.Numeric() || c.Type == table.Boolean {
			s = sampleOf(c)
			unique[k] = float64(s.distinct())
		} else {
			unique[k] = float64(distinctCells(c, missing[k] > 0))
		}
		for i, f := range figures {
			values[i][k] = defined(f.of(s))
		}
	}
	columns := []*table.Column{table.FromStrings("Feature", names), table.FromDoubles("Count", count), table.FromDoubles("Unique Value Count", unique), table.FromDoubles("Missing Value Count", missing)}
	for i, f := range figures {
		columns = append(columns, table.FromNumbers(f.name, values[i]))
	}
	return table.FromColumns(n, columns...), nil
}

func distinctCells(c *table.Column, missing bool) int {
	n := table.NewRowIndex([]*table.Column{c}, c.Len(), false).Groups()
	if missing {
		n--
	}
	return n
}

// defined makes an infinite figure NaN, which is missing in a result.
func defined(v float64) float64 {
	if math.IsInf(v, 0) {
		return math.NaN()
	}
	return v
}
