// Package filter has the modules of the palette category Data Transformation / Filter: signal filters, and the module that applies them.
package filter

import (
	"context"
	"encoding/json"
	"math"
	"slices"

	"portico/internal/module"
	"portico/internal/table"
)

const category = "Data Transformation / Filter"

// spec is the content of a filter's definition: exactly one of them is set.
type spec struct {
	Linear    *linear    `json:"linear,omitempty"`
	Median    *median    `json:"median,omitempty"`
	Average   *average   `json:"average,omitempty"`
	Threshold *threshold `json:"threshold,omitempty"`
}

// signalFilter filters the values of a column, from the first row to the last.
type signalFilter interface {
	filter(x []float64) []float64
}

func (s *spec) filter() signalFilter {
	switch {
	case s.Linear != nil && len(s.Linear.Forward) > 0:
		return s.Linear
	case s.Median != nil && s.Median.Length > 0:
		return s.Median
	case s.Average != nil && s.Average.Length > 0:
		return s.Average
	case s.Threshold != nil:
		return s.Threshold
	}
	return nil
}

// maker makes the module of a filter. design makes the filter of the parameters.
func maker(name, family, summary, help string, parameters []module.Parameter, errors []string, design func(v module.Values) (*spec, error)) *module.Module {
	m := &module.Module{
		Name: name, FamilyID: family, Category: category, Summary: summary, Help: help, Version: 1,
		Outputs:    []module.Port{{Name: "Filter", Type: module.Filter, Description: "Filter implementation"}},
		Parameters: parameters,
		Errors:     errors,
	}
	m.Prepare = func(v module.Values) (module.Runner, error) {
		s, err := design(v)
		if err != nil {
			return nil, err
		}
		return func(context.Context, []*table.Table) ([]*table.Table, error) {
			out, err := m.Define(s)
			return []*table.Table{out}, err
		}, nil
	}
	return m
}

const filteredColumns = "Column set"

// ApplyFilter filters columns.
func ApplyFilter() *module.Module {
	return &module.Module{
		Name:     "Apply Filter",
		FamilyID: "1f0e2d3c4b5a49688776655443322110",
		Category: category,
		Summary:  "Applies a filter to specified columns of a dataset.",
		Help:     "The rows are the points of a signal in time. The filtered columns take the place of the old ones and are Double, or Boolean where the filter gives an indicator. A missing value stays missing, and the filter goes on after it as if it were not there.",
		Version:  1,
		Inputs: []module.Port{
			{Name: "Filter", Type: module.Filter, Description: "Filter implementation"},
			{Name: "Dataset", Type: module.Data, Description: "Input dataset"},
		},
		Outputs: []module.Port{{Name: "Results dataset", Type: module.Data, Description: "Output dataset"}},
		Parameters: []module.Parameter{
			{Name: filteredColumns, Type: module.ColumnSelection, Default: "NumericAll", Description: "The columns of numbers to filter."},
		},
		Errors: []string{"0001", "0003", "0011", "0017", "0018", "0138"},
		Prepare: func(v module.Values) (module.Runner, error) {
			columns, err := v.Columns(filteredColumns)
			if err != nil {
				return nil, err
			}
			return func(ctx context.Context, in []*table.Table) ([]*table.Table, error) {
				d, err := module.ReadDefinition(in[0], "Filter")
				if err != nil {
					return nil, err
				}
				var s spec
				if err := json.Unmarshal(d.Content, &s); err != nil || s.filter() == nil {
					return nil, module.Fail("0018", "Filter")
				}
				if err := module.Need(in[1], "Dataset", 0); err != nil {
					return nil, err
				}
				out, err := s.apply(ctx, columns, in[1])
				return []*table.Table{out}, err
			}, nil
		},
	}
}

func (s *spec) apply(ctx context.Context, columns module.Selection, t *table.Table) (*table.Table, error) {
	t, places, err := columns.Spread(t)
	if err != nil {
		return nil, err
	}
	changed := map[int]*table.Column{}
	for _, i := range places {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		c := t.Parts[i].Column
		if !c.Type.Numeric() {
			return nil, columns.Unsupported(c)
		}
		var x []float64
		var rows []int
		for r := range c.Len() {
			if v, ok := c.Number(r); ok {
				x, rows = append(x, v), append(rows, r)
			}
		}
		y := s.filter().filter(x)
		filtered := slices.Repeat([]float64{math.NaN()}, c.Len())
		for k, r := range rows {
			filtered[r] = y[k]
		}
		out := table.FromNumbers(c.Name, filtered)
		if s.Threshold != nil && s.Threshold.Indicator {
			out, _ = out.As(table.Field{Name: c.Name, Type: table.Boolean}) // 0 and 1 are Booleans
		}
		out.Role = c.Role
		changed[i] = out
	}
	return t.WithColumns(changed), nil
}
