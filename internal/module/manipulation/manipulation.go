package manipulation

import (
	"portico/internal/module"
	"portico/internal/table"
)

const category = "Data Transformation / Manipulation"

// one makes a list of the only output.
func one(t *table.Table) []*table.Table { return []*table.Table{t} }

// columnsAt gives the columns in those places of a table.
func columnsAt(t *table.Table, places []int) []*table.Column {
	columns := make([]*table.Column, len(places))
	for i, p := range places {
		columns[i] = t.Parts[p].Column
	}
	return columns
}

// dataset is the input of most modules.
func dataset(description string) []module.Port {
	return []module.Port{{Name: "Dataset", Type: module.Data, Description: description}}
}

func results(description string) module.Port {
	return module.Port{Name: "Results dataset", Type: module.Data, Description: description}
}
