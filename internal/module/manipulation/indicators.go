package manipulation

import (
	"cmp"
	"context"
	"slices"

	"portico/internal/module"
	"portico/internal/table"
)

const (
	convertedColumns = "Categorical columns to convert"
	overwriteColumns = "Overwrite categorical columns"
)

// ConvertToIndicators makes a column of 0 and 1 for every category.
func ConvertToIndicators() *module.Module {
	return &module.Module{
		Name:     "Convert to Indicator Values",
		FamilyID: "6ea59c36f283410eb34cedfabfac39b0",
		Category: category,
		Summary:  "Converts categorical values in columns to indicator values.",
		Help: "For every value of a categorical column there is a new column, called {column}-{value}, that holds 1 in the rows with that value and 0 in the others. " +
			"New columns come at the end, in the order of the values. A missing value gives 0 everywhere. Edit Metadata makes a column categorical.",
		Version: 1,
		Inputs:  dataset("Dataset with categorical columns"),
		Outputs: []module.Port{results("Dataset with categorical columns converted to indicator matrices")},
		Parameters: []module.Parameter{
			{Name: convertedColumns, Type: module.ColumnSelection, Description: "The categorical columns."},
			{Name: overwriteColumns, Type: module.Bool, Default: "False", Description: "Whether the selected columns are left out of the result."},
		},
		Errors:  []string{"0001", "0003", "0011", "0014", "0056"},
		Prepare: prepareIndicators,
	}
}

func prepareIndicators(v module.Values) (module.Runner, error) {
	selection, err := v.Columns(convertedColumns)
	if err != nil {
		return nil, err
	}
	overwrite := v.Bool(overwriteColumns)
	return module.Unary("Dataset", func(_ context.Context, t *table.Table) (*table.Table, error) {
		t, places, err := selection.Spread(t)
		if err != nil {
			return nil, err
		}
		names := table.NewNames(t)
		var blocks []table.Part
		for _, c := range columnsAt(t, places) {
			if !c.Categorical {
				return nil, module.Fail("0056", c.Name).In(convertedColumns)
			}
			block, err := indicators(c)
			if err != nil {
				return nil, err
			}
			blocks = append(blocks, names.FreePart(table.Part{Sparse: block}))
		}
		if overwrite {
			t = without(t, places)
		}
		return table.New(t.Rows, append(t.Parts[:len(t.Parts):len(t.Parts)], blocks...)...), nil
	}), nil
}

// indicators makes a block with a column for every value of c.
func indicators(c *table.Column) (*table.Sparse, error) {
	x := table.NewRowIndex([]*table.Column{c}, c.Len(), false)
	if x.Groups() > table.MaxDenseColumns {
		return nil, module.Fail("0014", c.Name, table.MaxDenseColumns)
	}
	place := make([]int, x.Groups()) // of each value among the columns; -1 for missing
	var names []string
	for _, first := range inOrder(c, x.First) {
		g := x.Group[first]
		if c.IsMissing(int(first)) {
			place[g] = -1
			continue
		}
		text, _ := c.AppendCell(nil, int(first))
		place[g] = len(names)
		names = append(names, c.Name+"-"+string(text))
	}
	block := table.NamedBlock(table.Int32, names)
	for _, g := range x.Group {
		if place[g] >= 0 {
			block.Index = append(block.Index, uint32(place[g]))
			block.Values = append(block.Values, 1)
		}
		block.Start = append(block.Start, len(block.Index))
	}
	return block, nil
}

// inOrder sorts rows by their cells: texts by their characters, all else by size.
func inOrder(c *table.Column, rows []int32) []int32 {
	rows = slices.Clone(rows)
	slices.SortStableFunc(rows, func(a, b int32) int {
		if c.Type == table.String {
			return cmp.Compare(c.Strings[a], c.Strings[b])
		}
		v, _ := c.Number(int(a))
		w, _ := c.Number(int(b))
		return cmp.Compare(v, w)
	})
	return rows
}
