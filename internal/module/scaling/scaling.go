// Package scaling has the modules of the palette category Data Transformation / Scale and Reduce.
package scaling

import (
	"math"
	"slices"

	"portico/internal/module"
	"portico/internal/table"
)

const (
	category = "Data Transformation / Scale and Reduce"

	outputMode       = "Output mode"
	outputAppend     = "Append"
	outputInplace    = "Inplace"
	outputResultOnly = "ResultOnly"
)

func dataset(description string) []module.Port {
	return []module.Port{{Name: "Dataset", Type: module.Data, Description: description}}
}

// numeric gives the selected columns of numbers with their places; 0017 for any other.
func numeric(s module.Selection, t *table.Table) (*table.Table, []int, error) {
	t, places, err := s.Spread(t)
	if err != nil {
		return nil, nil, err
	}
	for _, i := range places {
		if c := t.Parts[i].Column; !c.Type.Numeric() {
			return nil, nil, s.Unsupported(c)
		}
	}
	return t, places, nil
}

// called gives the place of the column of numbers with that name: 0001 where there is none, 0017 where it holds no numbers.
func called(t *table.Table, name string) (int, error) {
	i := slices.IndexFunc(t.Parts, func(p table.Part) bool { return p.Column != nil && p.Column.Name == name })
	switch {
	case i < 0:
		return 0, module.Fail("0001", name)
	case !t.Parts[i].Column.Type.Numeric():
		return 0, module.Fail("0017", t.Parts[i].Column.Type, name)
	}
	return i, nil
}

// spreadAll gives the table with the columns of those names spread out of sparse blocks.
func spreadAll(t *table.Table, names []string) (*table.Table, error) {
	if len(names) == 0 {
		return t, nil
	}
	t, _, err := module.SelectColumns("Dataset", slices.Values(names)).Spread(t)
	return t, err
}

// finite gives the numbers of a column that are finite.
func finite(c *table.Column) []float64 {
	var values []float64
	for r := range c.Len() {
		if v, ok := c.Number(r); ok && !math.IsInf(v, 0) {
			values = append(values, v)
		}
	}
	return values
}

// quantile is the value below which that share of sorted values lies, between two values in proportion.
func quantile(sorted []float64, share float64) float64 {
	at := share * float64(len(sorted)-1)
	i := int(at)
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}

func mean(values []float64) float64 {
	m := 0.0
	for i, v := range values {
		m += (v - m) / float64(i+1)
	}
	return m
}

// numbered makes a column of numbers like c, what is not finite missing.
func numbered(c *table.Column, values []float64) *table.Column {
	for r, v := range values {
		if math.IsInf(v, 0) {
			values[r] = math.NaN()
		}
	}
	out := table.FromNumbers(c.Name, values)
	out.Role = c.Role
	return out
}
