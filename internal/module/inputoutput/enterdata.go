// Package inputoutput has the modules of the palette category Data Input and Output.
package inputoutput

import (
	"context"

	"portico/internal/fault"
	"portico/internal/module"
	"portico/internal/table"
)

const (
	category   = "Data Input and Output"
	dataFormat = "DataFormat"
	hasHeader  = "HasHeader"
	data       = "Data"
)

// EnterData gives a small dataset that was typed in.
func EnterData() *module.Module {
	return &module.Module{
		Name:     "Enter Data Manually",
		FamilyID: "4fbef0ab2c8e4a25b5c47be76eac33d6",
		Category: category,
		Summary:  "Gives a small dataset that you type in.",
		Help:     "Type or paste rows as CSV or TSV. The types of the columns are found from the cells; an empty cell is missing.",
		Version:  1,
		Outputs:  []module.Port{{Name: "dataset", Type: module.Data, Description: "The typed data"}},
		Parameters: []module.Parameter{
			{Name: dataFormat, Type: module.Choice, Default: "CSV", Choices: []string{"CSV", "TSV"}, Description: "How the cells of a row are separated."},
			{Name: hasHeader, Type: module.Bool, Default: "True", Description: "Whether the first row holds the names of the columns."},
			{Name: data, Type: module.Text, Description: "The rows."},
		},
		Errors:  []string{"0002", "0049"},
		Prepare: prepareEnterData,
	}
}

func prepareEnterData(v module.Values) (module.Runner, error) {
	format := map[string]table.Format{
		"CSV True": table.CSV, "CSV False": table.CSVNoHeader,
		"TSV True": table.TSV, "TSV False": table.TSVNoHeader,
	}[v.String(dataFormat)+" "+v[hasHeader]]
	t, err := table.Parse(v.String(data), format)
	if err != nil {
		e := module.Fail("0049", fault.As(err).Message).In(data)
		e.Err = err
		return nil, e
	}
	return func(context.Context, []*table.Table) ([]*table.Table, error) {
		return []*table.Table{t}, nil
	}, nil
}
