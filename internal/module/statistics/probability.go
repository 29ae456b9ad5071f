package statistics

import (
	"context"
	"math"
	"slices"

	"portico/internal/module"
	"portico/internal/table"
)

const (
	distributionName = "Distribution"
	probabilityOf    = "Method"
	negativeMethod   = "Negative binomial distribution method"
	resultMode       = "Result mode"

	methodCdf     = "Cdf"
	methodInverse = "InverseCdf"
	methodPdf     = "Pdf"
	negativeName  = "NegativeBinomial"
)

// ProbabilityFunction evaluates a function of a probability distribution at every value of the selected columns.
func ProbabilityFunction() *module.Module {
	all := families()
	m := &module.Module{
		Name:     "Evaluate Probability Function",
		FamilyID: "1d0ce2d6ae7a4d1d9c0e1d6f4b7a9c53",
		Category: category,
		Summary:  "Fits a specified probability distribution function to a dataset.",
		Help: "New columns are called {distribution}.{method}({column}). Pdf is the density, or the mass function of a discrete distribution. InverseCdf takes probabilities, and of a discrete distribution gives the least whole number up to which at least so much lies. " +
			"Right-tailed and two-tailed distributions have the tails as Cdf, as Excel does. What is not defined is missing.",
		Version:  1,
		Inputs:   dataset(),
		Outputs:  results("Output dataset"),
		Errors:   []string{"0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0011", "0017", "0138"},
		RowByRow: true,
		Prepare:  func(v module.Values) (module.Runner, error) { return prepareProbability(all, v) },
	}
	var names, others []string
	for _, f := range all {
		names = append(names, f.name)
		if f.name != negativeName {
			others = append(others, f.name)
		}
	}
	m.Parameters = append([]module.Parameter{
		{Name: distributionName, Type: module.Choice, Default: "StandardNormal", Choices: names, Description: "The distribution."},
		{Name: probabilityOf, Type: module.Choice, Default: methodCdf, Choices: []string{methodCdf, methodInverse, methodPdf}, When: []module.Condition{module.When(distributionName, others...)}, Description: "The function of the distribution."},
		{Name: negativeMethod, Type: module.Choice, Default: methodCdf, Choices: []string{methodCdf, methodInverse, methodPdf}, When: []module.Condition{module.When(distributionName, negativeName)}, Description: "The function of the negative binomial distribution."},
	}, distributionParameters(all)...)
	m.Parameters = append(m.Parameters,
		module.Parameter{Name: mathColumns, Type: module.ColumnSelection, Description: "The columns of numbers at which the function is evaluated."},
		module.Parameter{Name: resultMode, Type: module.Choice, Default: outputResultOnly, Choices: []string{outputAppend, outputInplace, outputResultOnly},
			Description: "Whether the new columns come behind all others, in place of the selected ones, or alone."})
	return m
}

// distributionParameters declares the parameters, each for the families that take it.
func distributionParameters(all []family) []module.Parameter {
	const unbounded = math.MaxFloat64
	list := []module.Parameter{
		{Name: successProbability, Type: module.Float, Default: "0.5", High: 1, Description: "The probability that a trial succeeds."},
		{Name: shape, Type: module.Float, Default: "1.0", Description: "The shape: of Beta, the first of its two."},
		{Name: scale, Type: module.Float, Default: "1.0", High: unbounded, Description: "The scale: of Beta, the second of its two shapes."},
		{Name: trials, Type: module.Integer, Default: "3", Min: 1, Max: math.MaxInt32, Description: "How many trials there are."},
		{Name: lowerBound, Type: module.Float, Default: "0.0", Description: "The least value."},
		{Name: upperBound, Type: module.Float, Default: "1.0", Description: "The greatest value."},
		{Name: location, Type: module.Float, Default: "0.0", Description: "By how much the distribution is shifted."},
		{Name: freedom, Type: module.Float, Default: "1.0", Description: "The degrees of freedom."},
		{Name: numerator, Type: module.Float, Default: "3.0", Description: "The degrees of freedom in the numerator."},
		{Name: denominator, Type: module.Float, Default: "6.0", Description: "The degrees of freedom in the denominator."},
		{Name: lambda, Type: module.Float, Default: "1.0", High: unbounded, Description: "The rate."},
		{Name: samples, Type: module.Integer, Default: "9", Min: math.MinInt32, Max: math.MaxInt32, Description: "How many are drawn."},
		{Name: successes, Type: module.Integer, Default: "24", Min: math.MinInt32, Max: math.MaxInt32, Description: "How many of the population are successes; of NegativeBinomial, how many successes end the trials."},
		{Name: population, Type: module.Integer, Default: "52", Min: math.MinInt32, Max: math.MaxInt32, Description: "How many there are to draw from."},
		{Name: meanValue, Type: module.Float, Default: "0.0", Description: "The mean: of Lognormal, that of the logarithms."},
		{Name: deviation, Type: module.Float, Default: "1.0", High: unbounded, Description: "The standard deviation: of Lognormal, that of the logarithms."},
	}
	for i := range list {
		var takers []string
		for _, f := range all {
			if slices.Contains(f.parameters, list[i].Name) {
				takers = append(takers, f.name)
			}
		}
		list[i].When = []module.Condition{module.When(distributionName, takers...)}
	}
	return list
}

func prepareProbability(all []family, v module.Values) (module.Runner, error) {
	columns, err := v.Columns(mathColumns)
	if err != nil {
		return nil, err
	}
	f := all[slices.IndexFunc(all, func(f family) bool { return f.name == v.String(distributionName) })]
	d, err := f.make(v)
	if err != nil {
		return nil, err
	}
	method := v.String(probabilityOf) + v.String(negativeMethod) // one of the two applies
	function := map[string]func(float64) float64{methodCdf: d.cumulative, methodPdf: d.density, methodInverse: func(p float64) float64 {
		if p < 0 || p > 1 {
			return math.NaN()
		}
		return d.inverse(p)
	}}[method]
	mode := v.String(resultMode)
	return module.Unary("Dataset", func(_ context.Context, t *table.Table) (*table.Table, error) {
		t, places, err := columns.Spread(t)
		if err != nil {
			return nil, err
		}
		made := make([]*table.Column, len(places))
		for i, place := range places {
			c := t.Parts[place].Column
			if !c.Type.Numeric() {
				return nil, columns.Unsupported(c)
			}
			values := slices.Clone(c.Numbers())
			for r, x := range values {
				if x == x {
					values[r] = function(x)
				}
			}
			made[i] = table.FromNumbers(f.name+"."+method+"("+c.Name+")", values)
		}
		return arranged(t, places, made, mode), nil
	}), nil
}

// arranged puts new columns where a module's output mode says.
func arranged(t *table.Table, places []int, made []*table.Column, mode string) *table.Table {
	if mode == outputInplace {
		replaced := map[int]*table.Column{}
		for i, place := range places {
			made[i].Name, made[i].Role = t.Parts[place].Column.Name, t.Parts[place].Column.Role
			replaced[place] = made[i]
		}
		return t.WithColumns(replaced)
	}
	names := table.NewNames(t)
	if mode == outputResultOnly {
		names = table.NewNames(table.New(0))
	}
	for _, c := range made {
		c.Name = names.Free(c.Name)
	}
	if mode == outputResultOnly {
		return table.FromColumns(t.Rows, made...)
	}
	return t.WithColumns(nil, made...)
}
