package statistics

import (
	"context"
	"math"

	"portico/internal/module"
	"portico/internal/table"
)

const (
	tTestKind      = "Test type"
	hypothesis     = "Hypothesis type"
	nullMean       = "Null hypothesized μ"
	targetColumns  = "Target column(s)"
	equalVariances = "Assume equal variances"
	nullMeanFirst  = "Null hypothesized μ1"
	alpha          = "α"

	singleSample    = "SingleSample"
	pairedSamples   = "PairedSamples"
	unpairedSamples = "UnpairedSamples"
	twoTail         = "Two-tail"
	tailGreater     = "One-tail Greater than"
	tailLess        = "One-tail Less than"
)

// TTest compares means.
func TTest() *module.Module {
	one := func(name, description string) module.Port {
		return module.Port{Name: name, Type: module.Data, Description: description}
	}
	paired, unpaired := module.When(tTestKind, singleSample, pairedSamples), module.When(tTestKind, unpairedSamples)
	return &module.Module{
		Name:     "Test Hypothesis Using t-Test",
		FamilyID: "9c8b7a695847463524130f1e2d3c4b5a",
		Category: category,
		Summary:  "Compares means from two columns using a t-test.",
		Help: "A single sample's mean is compared with μ; that of the differences of two columns, row by row, with μ; or the means of two columns' values, whose difference is μ1 under the null hypothesis, " +
			"with equal variances (Student) or not (Welch). P is the probability of what is seen, or more, under the null hypothesis, which is rejected where P is lower than α. Missing values do not count.",
		Version: 1,
		Inputs:  dataset(),
		Outputs: []module.Port{
			one("P", "A probability score that indicates the confidence of the null hypothesis"),
			one("Reject H0", "Value that indicates whether the Null hypothesis should be rejected"),
		},
		Parameters: []module.Parameter{
			{Name: tTestKind, Type: module.Choice, Default: singleSample, Choices: []string{singleSample, pairedSamples, unpairedSamples}, Description: "What is compared."},
			{Name: hypothesis, Type: module.Choice, Default: twoTail, Choices: []string{twoTail, tailGreater, tailLess}, Description: "Which difference speaks against the null hypothesis."},
			{Name: nullMean, Type: module.Float, Default: "0.0", When: []module.Condition{paired}, Description: "The mean, or the mean difference, under the null hypothesis."},
			{Name: targetColumns, Type: module.ColumnSelection, Description: "One column of numbers for a single sample, else two."},
			{Name: equalVariances, Type: module.Bool, Default: "True", When: []module.Condition{unpaired}, Description: "Whether both samples have the same variance."},
			{Name: nullMeanFirst, Type: module.Float, Default: "0.0", When: []module.Condition{unpaired}, Description: "The difference of the means under the null hypothesis."},
			{Name: alpha, Type: module.Float, Default: "0.95", High: 1, Description: "Below which P rejects the null hypothesis."},
		},
		Errors:  []string{"0001", "0003", "0008", "0011", "0017", "0020", "0021", "0031", "0032", "0033", "0138"},
		Prepare: prepareTTest,
	}
}

func prepareTTest(v module.Values) (module.Runner, error) {
	columns, err := v.Columns(targetColumns)
	if err != nil {
		return nil, err
	}
	kind, tail, level := v.String(tTestKind), v.String(hypothesis), v.Float(alpha)
	need := 2
	if kind == singleSample {
		need = 1
	}
	return func(_ context.Context, in []*table.Table) ([]*table.Table, error) {
		if err := module.Need(in[0], "Dataset", 2); err != nil {
			return nil, err
		}
		_, targets, err := selected(columns, in[0])
		if err != nil {
			return nil, err
		}
		if len(targets) != need {
			return nil, module.Fail("0031", need, len(targets)).In(targetColumns)
		}
		for _, c := range targets {
			if !c.Type.Numeric() {
				return nil, columns.Unsupported(c)
			}
			for r := range c.Len() {
				if x, ok := c.Number(r); ok && math.IsInf(x, 0) {
					return nil, module.Fail("0033", c.Name).In(targetColumns)
				}
			}
		}
		var t, freedom float64
		switch kind {
		case singleSample:
			t, freedom = oneSample(sampleOf(targets[0]), v.Float(nullMean))
		case pairedSamples:
			t, freedom = oneSample(differences(targets[0], targets[1]), v.Float(nullMean))
		default:
			t, freedom = twoSamples(sampleOf(targets[0]), sampleOf(targets[1]), v.Float(nullMeanFirst), v.Bool(equalVariances))
		}
		if !(freedom > 0) {
			return nil, module.Fail("0021", "Dataset", 2)
		}
		p := studentP(t, freedom, tail)
		if p != p { // all values are equal: there is nothing to divide the difference by
			return nil, module.Fail("0032", "t").In(targetColumns)
		}
		reject := int64(0)
		if p < level {
			reject = 1
		}
		return []*table.Table{
			table.FromColumns(1, table.FromDoubles("P", []float64{p})),
			table.FromColumns(1, table.FromInts("Reject H0", table.Boolean, []int64{reject})),
		}, nil
	}, nil
}

// differences are those of the rows in which both columns have a number.
func differences(a, b *table.Column) sample {
	var d sample
	for r := range a.Len() {
		x, ok := a.Number(r)
		y, ok2 := b.Number(r)
		if ok && ok2 {
			d = append(d, x-y)
		}
	}
	return d
}

func oneSample(s sample, mean float64) (t, freedom float64) {
	n := float64(len(s))
	return (s.mean() - mean) / math.Sqrt(s.variance(1)/n), n - 1
}

func twoSamples(a, b sample, difference float64, equal bool) (t, freedom float64) {
	n, m := float64(len(a)), float64(len(b))
	va, vb := a.variance(1), b.variance(1)
	d := a.mean() - b.mean() - difference
	if equal {
		pooled := ((n-1)*va + (m-1)*vb) / (n + m - 2)
		return d / math.Sqrt(pooled*(1/n+1/m)), n + m - 2
	}
	sa, sb := va/n, vb/m
	return d / math.Sqrt(sa+sb), (sa + sb) * (sa + sb) / (sa*sa/(n-1) + sb*sb/(m-1))
}

// studentP is the probability of a t that far out.
func studentP(t, freedom float64, tail string) float64 {
	outer := betaRegularized(freedom/2, 0.5, freedom/(freedom+t*t)) // in both tails together
	switch {
	case tail == twoTail:
		return outer
	case (tail == tailGreater) == (t > 0):
		return outer / 2
	}
	return 1 - outer/2
}
