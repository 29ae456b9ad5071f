package manipulation

import (
	"context"
	"encoding/json"
	"slices"

	"portico/internal/module"
	"portico/internal/table"
)

// SelectColumnsTransform makes a transform that selects the columns of the given dataset.
func SelectColumnsTransform() *module.Module {
	m := &module.Module{
		Name:     "Select Columns Transform",
		FamilyID: "aa517da1497843ed960ff26cf55bfa95",
		Category: category,
		Summary:  "Creates a transformation that selects the same subset of columns as in the given dataset.",
		Help: "Apply Transformation then gives, of another dataset, the columns with the names that this dataset has, in its order. " +
			"That is how a predictive experiment keeps to the columns that the training experiment chose, whatever data comes.",
		Version: 1,
		Inputs:  []module.Port{{Name: "Dataset with desired columns", Type: module.Data, Description: "Dataset containing desired set of columns"}},
		Outputs: []module.Port{{Name: "Columns selection transformation", Type: module.Transform,
			Description: "Transformation that selects the same subset of columns as in the given dataset"}},
		Errors: []string{"0001", "0003", "0129"},
		Apply:  selectNamed,
	}
	m.Prepare = func(module.Values) (module.Runner, error) {
		return func(_ context.Context, in []*table.Table) ([]*table.Table, error) {
			if err := module.Need(in[0], "Dataset with desired columns", 0); err != nil {
				return nil, err
			}
			if err := module.CheckDense(in[0], "Dataset with desired columns"); err != nil {
				return nil, err
			}
			var content namedColumns
			for _, f := range in[0].Schema() {
				content.Columns = append(content.Columns, f.Name)
			}
			out, err := m.Define(content)
			return one(out), err
		}, nil
	}
	return m
}

// namedColumns is the content of the transform.
type namedColumns struct {
	Columns []string `json:"columns"`
}

func selectNamed(content []byte) (module.Applier, error) {
	var wanted namedColumns
	if err := json.Unmarshal(content, &wanted); err != nil {
		return nil, err
	}
	selection := module.SelectColumns("Dataset", slices.Values(wanted.Columns))
	return func(_ context.Context, t *table.Table) (*table.Table, error) { return selection.Select(t) }, nil
}
