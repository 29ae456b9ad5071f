package statistics

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"

	"portico/internal/module"
	"portico/internal/table"
)

const (
	discreteColumns    = "Discrete columns"
	replacementColumns = "Replacement columns"
	// maxClasses is how many values a replacement column that is not of numbers may have.
	maxClasses = 1000
)

// ReplaceDiscrete puts a number in place of each discrete value: what another
// column is in the rows with that value.
func ReplaceDiscrete() *module.Module {
	m := &module.Module{
		Name:     "Replace Discrete Values",
		FamilyID: "3b2a1c4d5e6f47a89b0c1d2e3f405162",
		Category: category,
		Summary:  "Replaces discrete values from one column with numeric values based on another column.",
		Help: "Every discrete column is paired with a replacement column. Where that holds numbers, the new column holds the mean of them over the rows with the same discrete value, and is called {discrete}_{replacement}. " +
			"Where it holds anything else, there is a new column {discrete}_{replacement}={value} for each of its values, with the share of that value. " +
			"A value that the transform function has not seen gives a missing number.",
		Version: 1,
		Inputs:  dataset(),
		Outputs: []module.Port{
			{Name: "Supplemented dataset", Type: module.Data, Description: "Dataset with replaced data"},
			{Name: "Transform function", Type: module.Transform, Description: "Definition of the transform function, which can be applied to other datasets"},
		},
		Parameters: []module.Parameter{
			{Name: discreteColumns, Type: module.ColumnSelection, Description: "The columns that hold discrete values."},
			{Name: replacementColumns, Type: module.ColumnSelection, Description: "The columns to compute the numbers from, one for each discrete column, in the same order."},
		},
		Errors: []string{"0001", "0003", "0011", "0014", "0017", "0018", "0020", "0021", "0022", "0026", "0138"},
		Apply: func(content []byte) (module.Applier, error) {
			var s substitution
			return s.apply, json.Unmarshal(content, &s)
		},
	}
	m.Prepare = func(v module.Values) (module.Runner, error) { return prepareReplace(m, v) }
	return m
}

// substitution is the content of the transform function.
type substitution struct {
	Columns []substituted `json:"columns"`
}

// substituted says what takes the place of each value of a column: by the printed value, a number for each new column, nil where there is none.
type substituted struct {
	Name    string                `json:"name"`
	Added   []string              `json:"added"`
	Numbers map[string][]*float64 `json:"numbers"`
}

func prepareReplace(m *module.Module, v module.Values) (module.Runner, error) {
	discrete, err := v.Columns(discreteColumns)
	if err != nil {
		return nil, err
	}
	replacement, err := v.Columns(replacementColumns)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, in []*table.Table) ([]*table.Table, error) {
		if err := module.Need(in[0], "Dataset", 1); err != nil {
			return nil, err
		}
		_, keys, err := selected(discrete, in[0])
		if err != nil {
			return nil, err
		}
		_, values, err := selected(replacement, in[0])
		if err != nil {
			return nil, err
		}
		if len(keys) != len(values) {
			return nil, module.Fail("0022", replacementColumns, len(keys), len(values)).In(replacementColumns)
		}
		var s substitution
		names := table.NewNames(in[0])
		for i, key := range keys {
			switch {
			case key == values[i] || key.Name == values[i].Name:
				return nil, module.Fail("0026", discreteColumns, replacementColumns).In(replacementColumns)
			case key.Type == table.Double:
				return nil, discrete.Unsupported(key)
			}
			one, err := fitSubstitution(key, values[i], names)
			if err != nil {
				return nil, err
			}
			s.Columns = append(s.Columns, one)
		}
		out, err := s.apply(ctx, in[0])
		if err != nil {
			return nil, err
		}
		transform, err := m.Define(s)
		return []*table.Table{out, transform}, err
	}, nil
}

// selected gives the selected columns.
func selected(s module.Selection, t *table.Table) (*table.Table, []*table.Column, error) {
	t, places, err := s.Spread(t)
	if err != nil {
		return nil, nil, err
	}
	columns := make([]*table.Column, len(places))
	for i, p := range places {
		columns[i] = t.Parts[p].Column
	}
	return t, columns, nil
}

// fitSubstitution computes the numbers of one pair of columns.
func fitSubstitution(key, value *table.Column, names *table.Names) (substituted, error) {
	one := substituted{Name: key.Name, Numbers: map[string][]*float64{}}
	groups := table.NewRowIndex([]*table.Column{key}, key.Len(), false)
	var sums [][]float64 // by group and new column
	counts := make([]float64, groups.Groups())
	if value.Type.Numeric() && !value.Categorical {
		one.Added = []string{names.Free(key.Name + "_" + value.Name)}
		sums = make([][]float64, groups.Groups())
		for r, g := range groups.Group {
			if sums[g] == nil {
				sums[g] = make([]float64, 1)
			}
			if v, ok := value.Number(r); ok {
				counts[g]++
				sums[g][0] += v
			}
		}
	} else {
		classes := table.NewRowIndex([]*table.Column{value}, value.Len(), false)
		if classes.Groups() > maxClasses {
			return one, module.Fail("0014", value.Name, maxClasses)
		}
		place := make([]int, classes.Groups())
		for g, first := range classes.First {
			if place[g] = -1; !value.IsMissing(int(first)) {
				text, _ := value.AppendCell(nil, int(first))
				place[g] = len(one.Added)
				one.Added = append(one.Added, names.Free(key.Name+"_"+value.Name+"="+string(text)))
			}
		}
		sums = make([][]float64, groups.Groups())
		for r, g := range groups.Group {
			if sums[g] == nil {
				sums[g] = make([]float64, len(one.Added))
			}
			if p := place[classes.Group[r]]; p >= 0 {
				counts[g]++
				sums[g][p]++
			}
		}
	}
	for g, first := range groups.First {
		if key.IsMissing(int(first)) {
			continue
		}
		text, _ := key.AppendCell(nil, int(first))
		numbers := make([]*float64, len(one.Added))
		for i, sum := range sums[g] {
			if v := sum / counts[g]; v == v && defined(v) == v {
				numbers[i] = &v
			}
		}
		one.Numbers[string(text)] = numbers
	}
	return one, nil
}

func (s *substitution) apply(_ context.Context, t *table.Table) (*table.Table, error) {
	wanted := make([]string, len(s.Columns))
	for i, one := range s.Columns {
		wanted[i] = one.Name
	}
	_, keys, err := selected(module.SelectColumns("Dataset", slices.Values(wanted)), t)
	if err != nil {
		return nil, err
	}
	names := table.NewNames(t)
	var added []*table.Column
	for i, one := range s.Columns {
		for k, name := range one.Added {
			b := table.NewColumnBuilder(table.Field{Name: names.Free(name), Type: table.Double}, t.Rows)
			var text []byte
			for r := range t.Rows {
				var ok bool
				text, ok = keys[i].AppendCell(text[:0], r)
				numbers := one.Numbers[string(text)]
				if !ok || k >= len(numbers) || numbers[k] == nil {
					b.AppendMissing()
				} else if err := b.Append(strconv.AppendFloat(nil, *numbers[k], 'g', -1, 64)); err != nil {
					return nil, err
				}
			}
			added = append(added, b.Column())
		}
	}
	return t.WithColumns(nil, added...), nil
}
