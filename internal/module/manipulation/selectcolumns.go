// Package manipulation has the modules of the palette category Data Transformation / Manipulation.
package manipulation

import (
	"context"

	"portico/internal/module"
	"portico/internal/table"
)

const selectColumns = "Select columns"

// SelectColumns keeps some columns of a dataset (azureml.md 5.3).
func SelectColumns() *module.Module {
	return &module.Module{
		Name:     "Select Columns in Dataset",
		Aliases:  []string{"Project Columns"},
		FamilyID: "1ec722fab6234e26a44ea50c6d726223",
		Category: category,
		Summary:  "Keeps the columns that you choose.",
		Help: "Columns come in the order of the dataset, each once, whatever the order of the selection; " +
			"with \"allow duplicates and preserve column order\" they come as listed. The dataset itself does not change.",
		Version: 1,
		Inputs:  []module.Port{{Name: "Dataset", Type: module.Data, Description: "Input dataset"}},
		Outputs: []module.Port{{Name: "Results dataset", Type: module.Data, Description: "Output dataset"}},
		Parameters: []module.Parameter{
			{Name: selectColumns, Type: module.ColumnSelection, Description: "The columns to keep, by name, by index from 1, or by type."},
		},
		Errors:   []string{"0001", "0003", "0011", "0059", "0060"},
		RowByRow: true,
		Prepare:  prepareSelectColumns,
	}
}

func prepareSelectColumns(v module.Values) (module.Runner, error) {
	selection, err := v.Columns(selectColumns)
	if err != nil {
		return nil, err
	}
	return func(_ context.Context, in []*table.Table) ([]*table.Table, error) {
		if in[0] == nil || in[0].Width() == 0 {
			return nil, module.Fail("0003", "Dataset")
		}
		out, err := selection.Select(in[0])
		if err != nil {
			return nil, err
		}
		return []*table.Table{out}, nil
	}, nil
}
