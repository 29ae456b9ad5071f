package statistics

import (
	"context"
	"math"

	"portico/internal/module"
	"portico/internal/table"
)

const (
	elementaryMethod  = "Method"
	elementaryColumns = "Column set"
	momentOrder       = "Order"
	kthMoment         = "Kth Central Moment"
)

// elementary are the methods, in the order in which they are offered.
var elementary = []struct {
	name string
	of   func(s sample) float64
}{
	{"Deviation Squares", func(s sample) float64 { return s.moment(2) }},
	{"Geometric Mean", sample.geometricMean},
	{"Harmonic Mean", sample.harmonicMean},
	{"Interquartile Range", func(s sample) float64 { return s.quantile(0.75) - s.quantile(0.25) }},
	{kthMoment, nil},
	{"Max", sample.max},
	{"Mean", sample.mean},
	{"Mean Deviation", func(s sample) float64 { return s.deviation(s.mean()) }},
	{"Median", func(s sample) float64 { return s.quantile(0.5) }},
	{"Median Deviation", sample.medianDeviation},
	{"Min", sample.min},
	{"Mode", sample.mode},
	{"Population Standard Deviation", func(s sample) float64 { return math.Sqrt(s.variance(0)) }},
	{"Population Variance", func(s sample) float64 { return s.variance(0) }},
	{"Product", sample.product},
	{"Range", func(s sample) float64 { return s.max() - s.min() }},
	{"Sample Kurtosis", sample.kurtosis},
	{"Sample Skewness", sample.skewness},
	{"Sample Standard Deviation", func(s sample) float64 { return math.Sqrt(s.variance(1)) }},
	{"Sample Variance", func(s sample) float64 { return s.variance(1) }},
	{"Sum", func(s sample) float64 { return s.fold(func(v float64) float64 { return v }) }},
}

// ElementaryStatistics gives one statistic of every selected column.
func ElementaryStatistics() *module.Module {
	var methods []string
	for _, m := range elementary {
		methods = append(methods, m.name)
	}
	return &module.Module{
		Name:     "Compute Elementary Statistics",
		FamilyID: "5a5a7f6e1c3b4d2f9e8d7c6b5a493827",
		Category: category,
		Summary:  "Calculates specified summary statistics for selected dataset columns.",
		Help: "The result is one row with a column for each selected one, called {method}({column}). Missing values do not count. Quantiles lie between two values in proportion; " +
			"sample figures are corrected for the sample's size. A figure that is not defined, such as the geometric mean of negative numbers, is missing.",
		Version: 1,
		Inputs:  dataset(),
		Outputs: results("Output dataset"),
		Parameters: []module.Parameter{
			{Name: elementaryMethod, Type: module.Choice, Choices: methods, Default: "Mean", Description: "The statistic."},
			{Name: elementaryColumns, Type: module.ColumnSelection, Default: "NumericAll", Description: "The columns of numbers or Booleans."},
			{Name: momentOrder, Type: module.Integer, Default: "3", Min: 1, Max: math.MaxInt32, When: []module.Condition{module.When(elementaryMethod, kthMoment)}, Description: "Which central moment."},
		},
		Errors: []string{"0001", "0003", "0005", "0011", "0017", "0138"},
		Prepare: func(v module.Values) (module.Runner, error) {
			columns, err := v.Columns(elementaryColumns)
			if err != nil {
				return nil, err
			}
			method, order := v.String(elementaryMethod), int(v.Int(momentOrder))
			of := func(s sample) float64 { return s.central(order) }
			for _, m := range elementary {
				if m.name == method && m.of != nil {
					of = m.of
				}
			}
			return module.Unary("Dataset", func(_ context.Context, t *table.Table) (*table.Table, error) {
				t, places, err := columns.Spread(t)
				if err != nil {
					return nil, err
				}
				out := make([]*table.Column, len(places))
				names := table.NewNames(table.New(0))
				for i, place := range places {
					c := t.Parts[place].Column
					if !c.Type.Numeric() && c.Type != table.Boolean {
						return nil, columns.Unsupported(c)
					}
					out[i] = table.FromNumbers(names.Free(method+"("+c.Name+")"), []float64{defined(of(sampleOf(c)))})
				}
				return table.FromColumns(1, out...), nil
			}), nil
		},
	}
}
