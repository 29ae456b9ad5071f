// Package score has the modules of the palette category Machine Learning / Score.
package score

import (
	"context"

	"portico/internal/module"
	"portico/internal/table"
)

// ApplyTransformation does to a dataset what a module did to another, as the
// definition from that module's Transform port says. makers are the modules that have such a port.
func ApplyTransformation(makers []*module.Module) *module.Module {
	byFamily := map[string]*module.Module{}
	for _, m := range makers {
		if m.Apply != nil {
			byFamily[m.FamilyID] = m
		}
	}
	return &module.Module{
		Name:     "Apply Transformation",
		FamilyID: "805e592d0f1f48eb97c9688ed0c1dc70",
		Category: "Machine Learning / Score",
		Summary:  "Applies a well-specified data transformation to a dataset.",
		Help:     "The transformation comes from a module that prepared other data, such as Normalize Data or Clean Missing Data: the dataset is changed with the numbers that were found there. It must have the columns that the transformation speaks of.",
		Version:  1,
		Inputs: []module.Port{
			{Name: "Transformation", Type: module.Transform, Description: "A unary data transformation"},
			{Name: "Dataset", Type: module.Data, Description: "Dataset to be transformed"},
		},
		Outputs: []module.Port{{Name: "Transformed dataset", Type: module.Data, Description: "Transformed dataset"}},
		Errors:  []string{"0001", "0003", "0011", "0017", "0018", "0138"},
		Prepare: func(module.Values) (module.Runner, error) {
			return func(ctx context.Context, in []*table.Table) ([]*table.Table, error) {
				d, err := module.ReadDefinition(in[0], "Transformation")
				if err != nil {
					return nil, err
				}
				if err := module.Need(in[1], "Dataset", 0); err != nil {
					return nil, err
				}
				maker := byFamily[d.FamilyID]
				if maker == nil || d.Version != maker.Version {
					return nil, module.Fail("0018", "Transformation")
				}
				apply, err := maker.Apply(d.Content)
				if err != nil {
					e := module.Fail("0018", "Transformation")
					e.Err = err
					return nil, e
				}
				out, err := apply(ctx, in[1])
				return []*table.Table{out}, err
			}, nil
		},
	}
}
