// Package webservicetest has what tests of web services share: the guide's
// experiment, and runs of small experiments with the real modules.
package webservicetest

import (
	"context"

	"portico/internal/experiment"
	"portico/internal/fault"
	"portico/internal/module"
	"portico/internal/table"
)

// Workspace is the workspace's id in tests.
const Workspace = "0123456789abcdef0123456789abcdef"

// Reviews is the id of the dataset that the guide's experiment reads.
const Reviews = "reviews"

// Datasets is what Run finds saved datasets in, by id: Reviews with a rating in
// Col1 and a text in Col2, and whatever a test adds.
func Datasets() map[string]*table.Table {
	return map[string]*table.Table{
		Reviews: table.FromColumns(3,
			&table.Column{Field: table.Field{Name: "Col1", Type: table.Int32}, Ints: []int64{5, 2, 4}},
			table.FromStrings("Col2", []string{"I loved this book", "I hated this book", "This book was great"})),
	}
}

// Guide is SimpleFeatureHashingExperiment, run: the text column of the reviews,
// hashed to 2^3 columns; the service takes its rows at Feature Hashing and gives what that makes.
func Guide() *experiment.Experiment {
	reviews := Reviews
	return &experiment.Experiment{
		ExperimentID: "guide", Description: "SimpleFeatureHashingExperiment",
		Status: experiment.Status{StatusCode: experiment.Finished},
		Graph: experiment.Graph{
			ModuleNodes: []experiment.Node{
				{
					ID: "-77", ModuleID: "Select Columns in Dataset",
					ModuleParameters:   []experiment.ParameterValue{{Name: "Select columns", Value: Columns(`"Col2"`)}},
					InputPortsInternal: []experiment.InputPort{{Name: "Dataset", NodeID: "-77", DataSourceID: &reviews}},
				},
				{
					ID: "-101", ModuleID: "Feature Hashing",
					ModuleParameters: []experiment.ParameterValue{
						{Name: "Target columns", Value: Columns(`"Col2"`)},
						{Name: "Hashing bitsize", Value: "3"},
						{Name: "N-grams", Value: "2"},
					},
				},
			},
			EdgesInternal: []experiment.Edge{{SourceOutputPortID: "-77:Results dataset", DestinationInputPortID: "-101:Dataset"}},
		},
		WebService: experiment.WebServiceInfo{
			Inputs:  []experiment.ServicePort{{ID: "-200", PortID: "-101:Dataset", Name: "input1"}},
			Outputs: []experiment.ServicePort{{ID: "-201", PortID: "-101:Transformed dataset", Name: "output1"}},
		},
	}
}

// Columns is the selection of columns by name; names is a JSON list without its brackets.
func Columns(names string) string {
	return `{"isFilter":true,"rules":[{"ruleType":"ColumnNames","columns":[` + names + `],"exclude":false}]}`
}

// Run gives the tables of experiments by running them: webservice.Runs and webservice.Datasets.
type Run struct {
	Modules     *module.Catalogue
	Datasets    map[string]*table.Table
	Experiments map[string]*experiment.Experiment
}

// NewRun makes a Run of no experiments, with Datasets.
func NewRun(modules *module.Catalogue) *Run {
	return &Run{Modules: modules, Datasets: Datasets(), Experiments: map[string]*experiment.Experiment{}}
}

// Table gives a saved dataset. It returns fault.NotFound.
func (r *Run) Table(_ context.Context, _, id string) (*table.Table, error) {
	if t := r.Datasets[id]; t != nil {
		return t, nil
	}
	return nil, fault.New(fault.NotFound, "There is no dataset %q.", id)
}

// Output runs an experiment up to a node and gives what that puts on a port.
func (r *Run) Output(ctx context.Context, ws, id, node, port string) (*table.Table, error) {
	e := r.Experiments[id]
	if e == nil {
		return nil, fault.New(fault.NotFound, "There is no experiment %q.", id)
	}
	w, err := experiment.Wire(e, r.Modules)
	if err != nil {
		return nil, err
	}
	done := map[*experiment.BoundNode][]*table.Table{}
	for _, n := range w.Nodes {
		in := make([]*table.Table, len(n.Inputs))
		for i, from := range n.Inputs {
			switch {
			case from.Node != nil:
				in[i] = done[from.Node][from.Port]
			case from.Dataset != "":
				if in[i], err = r.Table(ctx, ws, from.Dataset); err != nil {
					return nil, err
				}
			}
		}
		run, err := n.Module.Prepare(n.Values)
		if err != nil {
			return nil, err
		}
		if done[n], err = run(ctx, in); err != nil {
			return nil, err
		}
		for i, p := range n.Module.Outputs {
			if n.Node.ID == node && p.Name == port {
				return done[n][i], nil
			}
		}
	}
	return nil, fault.New(fault.NotFound, "Node %s has no output %q.", node, port)
}
