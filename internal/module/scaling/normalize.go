package scaling

import (
	"context"
	"encoding/json"
	"math"

	"portico/internal/module"
	"portico/internal/table"
)

const (
	normalizeMethod  = "Transformation method"
	normalizeColumns = "Columns to transform"
	constantAsZero   = "Use 0 for constant columns when checked"

	zScore    = "ZScore"
	minMax    = "MinMax"
	logistic  = "Logistic"
	logNormal = "LogNormal"
	tanh      = "Tanh"
)

// NormalizeData scales columns of numbers.
func NormalizeData() *module.Module {
	m := &module.Module{
		Name:     "Normalize Data",
		FamilyID: "986df33367484b85923d871df70d6aaf",
		Category: category,
		Summary:  "Rescales numeric data to constrain dataset values to a standard range.",
		Help: "ZScore subtracts the mean and divides by the population standard deviation; MinMax maps the smallest value to 0 and the largest to 1; Logistic is 1/(1+exp(-x)); " +
			"LogNormal is the log-normal distribution function with the mean and deviation of the logarithms of the positive values; Tanh is the hyperbolic tangent. " +
			"The columns become Double and keep their places. Missing values stay missing, and infinite ones are left out of what is computed.",
		Version: 1,
		Inputs:  dataset("Input dataset"),
		Outputs: []module.Port{
			{Name: "Transformed dataset", Type: module.Data, Description: "Transformed dataset"},
			{Name: "Transformation function", Type: module.Transform, Description: "Definition of the transformation function, which can be applied to other datasets"},
		},
		Parameters: []module.Parameter{
			{Name: normalizeMethod, Type: module.Choice, Default: zScore, Choices: []string{zScore, minMax, logistic, logNormal, tanh}, Description: "How to scale."},
			{Name: constantAsZero, Type: module.Bool, Default: "True", When: []module.Condition{module.When(normalizeMethod, zScore, minMax, logNormal)},
				Description: "Whether a column with one value becomes 0; else its values become missing."},
			{Name: normalizeColumns, Type: module.ColumnSelection, Default: "NumericAll", Description: "The columns to scale."},
		},
		Errors: []string{"0001", "0003", "0011", "0017", "0020", "0021", "0039", "0138"},
		Apply: func(content []byte) (module.Applier, error) {
			var n normalization
			return n.apply, json.Unmarshal(content, &n)
		},
	}
	m.Prepare = func(v module.Values) (module.Runner, error) {
		columns, err := v.Columns(normalizeColumns)
		if err != nil {
			return nil, err
		}
		n := normalization{Method: v.String(normalizeMethod), ConstantAsZero: v.Bool(constantAsZero)}
		return m.Fitting("Dataset", func(_ context.Context, t *table.Table) (any, module.Applier, *table.Table, error) {
			t, places, err := numeric(columns, t)
			if err != nil {
				return nil, nil, nil, err
			}
			fitted := n
			for _, i := range places {
				one := n.fit(t.Parts[i].Column)
				if math.IsNaN(one.Shift+one.Scale) || math.IsInf(one.Shift+one.Scale, 0) {
					return nil, nil, nil, module.Fail("0039", "the values of column \""+one.Name+"\" are too large to be scaled").In(normalizeColumns)
				}
				fitted.Columns = append(fitted.Columns, one)
			}
			return fitted, fitted.apply, t, nil
		}), nil
	}
	return m
}

// normalization is the content of the transformation.
type normalization struct {
	Method         string   `json:"method"`
	ConstantAsZero bool     `json:"constantAsZero"`
	Columns        []scaled `json:"columns"`
}

// scaled is how a column is moved and divided; Scale is 0 for one that is constant.
type scaled struct {
	Name  string  `json:"name"`
	Shift float64 `json:"shift"`
	Scale float64 `json:"scale"`
}

func (n *normalization) fit(c *table.Column) scaled {
	s := scaled{Name: c.Name}
	values := finite(c)
	switch n.Method {
	case zScore:
		s.Shift, s.Scale = meanAndDeviation(values)
	case logNormal:
		var logs []float64
		for _, v := range values {
			if v > 0 {
				logs = append(logs, math.Log(v))
			}
		}
		s.Shift, s.Scale = meanAndDeviation(logs)
	case minMax:
		if len(values) == 0 {
			return s
		}
		low, high := values[0], values[0]
		for _, v := range values {
			low, high = min(low, v), max(high, v)
		}
		s.Shift, s.Scale = low, high-low
	}
	return s
}

// meanAndDeviation gives the mean and the population standard deviation, 0 for values that are all equal.
func meanAndDeviation(values []float64) (m, deviation float64) {
	squares := 0.0
	for i, v := range values {
		d := v - m
		m += d / float64(i+1)
		squares += d * (v - m)
	}
	if allEqual(values) {
		return m, 0
	}
	return m, math.Sqrt(squares / float64(len(values)))
}

func allEqual(values []float64) bool {
	for _, v := range values {
		if v != values[0] {
			return false
		}
	}
	return true
}

func (n *normalization) apply(_ context.Context, t *table.Table) (*table.Table, error) {
	names := make([]string, len(n.Columns))
	for i, s := range n.Columns {
		names[i] = s.Name
	}
	t, err := spreadAll(t, names)
	if err != nil {
		return nil, err
	}
	changed := map[int]*table.Column{}
	for _, s := range n.Columns {
		i, err := called(t, s.Name)
		if err != nil {
			return nil, err
		}
		c := t.Parts[i].Column
		values := make([]float64, t.Rows)
		for r := range values {
			v, ok := c.Number(r)
			if values[r] = math.NaN(); ok {
				values[r] = n.scale(s, v)
			}
		}
		changed[i] = numbered(c, values)
	}
	return t.WithColumns(changed), nil
}

// scale gives the scaled value, NaN where there is none.
func (n *normalization) scale(s scaled, v float64) float64 {
	switch n.Method {
	case logistic:
		return 1 / (1 + math.Exp(-v))
	case tanh:
		return math.Tanh(v)
	}
	if s.Scale == 0 {
		if n.ConstantAsZero {
			return 0
		}
		return math.NaN()
	}
	if n.Method == logNormal {
		if v <= 0 {
			return 0
		}
		return math.Erfc((s.Shift-math.Log(v))/(s.Scale*math.Sqrt2)) / 2
	}
	return (v - s.Shift) / s.Scale
}
