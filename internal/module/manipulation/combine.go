package manipulation

import (
	"context"

	"portico/internal/module"
	"portico/internal/table"
)

// AddColumns puts two datasets side by side.
func AddColumns() *module.Module {
	return &module.Module{
		Name:     "Add Columns",
		FamilyID: "5714a225befd438a9bb5f6fdc50a4efb",
		Category: category,
		Summary:  "Adds a set of columns from one dataset to another.",
		Help: "The columns of the right dataset come after those of the left one. A dataset with fewer rows than the other is filled up with missing values. " +
			"A column of the right dataset whose name is taken gets a number after its name, such as \"Col1 (2)\".",
		Version: 1,
		Inputs: []module.Port{
			{Name: "Left dataset", Type: module.Data, Description: "Left dataset"},
			{Name: "Right dataset", Type: module.Data, Description: "Right dataset"},
		},
		Outputs: []module.Port{{Name: "Combined dataset", Type: module.Data, Description: "Combined dataset"}},
		Errors:  []string{"0003", "0017"},
		Prepare: func(module.Values) (module.Runner, error) { return addColumns, nil },
	}
}

func addColumns(_ context.Context, in []*table.Table) ([]*table.Table, error) {
	left, right := in[0], in[1]
	if err := module.Need(left, "Left dataset", 0); err != nil {
		return nil, err
	}
	if err := module.Need(right, "Right dataset", 0); err != nil {
		return nil, err
	}
	rows := max(left.Rows, right.Rows)
	return one(beside(filledUp(left, rows), filledUp(right, rows).Parts)), nil
}

// beside adds parts to a table, with numbers after names that are taken.
func beside(left *table.Table, right []table.Part) *table.Table {
	names := table.NewNames(left)
	parts := left.Parts[:len(left.Parts):len(left.Parts)]
	for _, p := range right {
		parts = append(parts, names.FreePart(p))
	}
	return table.New(left.Rows, parts...)
}

// filledUp gives a table of so many rows, those beyond the last missing.
func filledUp(t *table.Table, rows int) *table.Table {
	if t.Rows == rows {
		return t
	}
	take := make([]int, rows)
	for r := range take {
		take[r] = r
		if r >= t.Rows {
			take[r] = -1
		}
	}
	return t.Take(take)
}

// AddRows puts one dataset below another.
func AddRows() *module.Module {
	return &module.Module{
		Name:     "Add Rows",
		FamilyID: "b2ebdabd217d491586cc5b05972f7270",
		Category: category,
		Summary:  "Appends a set of rows from an input dataset to the end of another dataset.",
		Help: "Both datasets have the same number of columns, with the same names in the same order. Columns of numbers of different types become columns of " +
			"the wider type; other types must be equal. Whether a column is categorical, a feature or a label is taken from the first dataset.",
		Version: 1,
		Inputs: []module.Port{
			{Name: "Dataset1", Type: module.Data, Description: "Dataset rows to be added to the output dataset first"},
			{Name: "Dataset2", Type: module.Data, Description: "Dataset rows to be appended to the first dataset"},
		},
		Outputs: []module.Port{results("Dataset that contains all rows of input datasets")},
		Errors:  []string{"0003", "0008", "0010", "0016", "0138"},
		Prepare: func(module.Values) (module.Runner, error) { return addRows, nil },
	}
}

func addRows(_ context.Context, in []*table.Table) ([]*table.Table, error) {
	for i, port := range []string{"Dataset1", "Dataset2"} {
		if err := module.Need(in[i], port, 0); err != nil {
			return nil, err
		}
	}
	if in[0].Width() != in[1].Width() {
		return nil, module.Fail("0010")
	}
	if out, err := table.Concat(in...); err == nil {
		return one(out), nil // alike in every respect, sparse blocks included
	}
	everything := module.AllColumns("Dataset1")
	first, places, err := everything.Spread(in[0])
	if err != nil {
		return nil, err
	}
	second, others, err := everything.Spread(in[1])
	if err != nil {
		return nil, err
	}
	upper, lower := make([]*table.Column, len(places)), make([]*table.Column, len(places))
	for i := range places {
		if upper[i], lower[i], err = alike(first.Parts[places[i]].Column, second.Parts[others[i]].Column, i); err != nil {
			return nil, err
		}
	}
	out, err := table.Concat(table.FromColumns(first.Rows, upper...), table.FromColumns(second.Rows, lower...))
	return one(out), err
}

// alike gives two columns with the same description, the first one's, and of the wider type.
func alike(a, b *table.Column, i int) (*table.Column, *table.Column, error) {
	if a.Name != b.Name {
		return nil, nil, module.Fail("0010", i, "Dataset1", "Dataset2")
	}
	f := a.Field
	switch numbers := a.Type.Numeric() && b.Type.Numeric(); {
	case numbers && (a.Type == table.Double || b.Type == table.Double):
		f.Type = table.Double
	case numbers:
		f.Type = max(a.Type, b.Type) // Int64 comes after Int32
	case a.Type != b.Type:
		return nil, nil, module.Fail("0016", i, "Dataset1", "Dataset2")
	}
	upper, _ := a.As(f) // numbers can be widened
	lower, _ := b.As(f)
	return upper, lower, nil
}
