// Package statistics has the modules of the palette category Statistical Functions.
package statistics

import (
	"portico/internal/module"
	"portico/internal/table"
)

const category = "Statistical Functions"

func dataset() []module.Port {
	return []module.Port{{Name: "Dataset", Type: module.Data, Description: "Input dataset"}}
}

func results(description string) []module.Port {
	return []module.Port{{Name: "Results dataset", Type: module.Data, Description: description}}
}

func one(t *table.Table) []*table.Table { return []*table.Table{t} }
