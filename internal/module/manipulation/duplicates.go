package manipulation

import (
	"context"

	"portico/internal/module"
	"portico/internal/table"
)

const (
	duplicateKeys = "Key column selection filter expression"
	retainFirst   = "Retain first duplicate row"
)

// RemoveDuplicateRows keeps one row of each set of rows with equal keys.
func RemoveDuplicateRows() *module.Module {
	return &module.Module{
		Name:     "Remove Duplicate Rows",
		FamilyID: "02016f47e4c34a069ae516c747389e34",
		Category: category,
		Summary:  "Removes the duplicate rows from a dataset.",
		Help:     "Rows are duplicates when all key columns are equal; case counts, and a missing value equals another. The rows that stay keep their order.",
		Version:  1,
		Inputs:   dataset("Input dataset"),
		Outputs:  []module.Port{results("Filtered dataset")},
		Parameters: []module.Parameter{
			{Name: duplicateKeys, Type: module.ColumnSelection, Description: "The columns to compare."},
			{Name: retainFirst, Type: module.Bool, Default: "True", Description: "Whether to keep the first row of a set of duplicates; else the last."},
		},
		Errors:  []string{"0001", "0003", "0011", "0017", "0020", "0138"},
		Prepare: prepareRemoveDuplicates,
	}
}

func prepareRemoveDuplicates(v module.Values) (module.Runner, error) {
	selection, err := v.Columns(duplicateKeys)
	if err != nil {
		return nil, err
	}
	first := v.Bool(retainFirst)
	return module.Unary("Dataset", func(_ context.Context, t *table.Table) (*table.Table, error) {
		spread, places, err := selection.Spread(t)
		if err != nil {
			return nil, err
		}
		x := table.NewRowIndex(columnsAt(spread, places), t.Rows, false)
		keep := make([]int, x.Groups())
		for g, r := range x.First {
			keep[g] = int(r)
		}
		if !first {
			keep = lastOfEach(x)
		}
		return t.Take(keep), nil
	}), nil
}

// lastOfEach gives the last row of each group, ascending.
func lastOfEach(x *table.RowIndex) []int {
	seen := make([]bool, x.Groups())
	keep := make([]int, x.Groups())
	at := len(keep)
	for r := len(x.Group) - 1; r >= 0; r-- {
		if g := x.Group[r]; !seen[g] {
			seen[g] = true
			at--
			keep[at] = r
		}
	}
	return keep
}
