package experiment

import (
	"slices"

	"portico/internal/module"
)

// complete gives a document the form of azureml.md 5.2 whatever a client left
// out: empty lists in place of null, full module ids, and every port that a
// node's module declares.
func (x *Experiment) complete(workspace string, c *module.Catalogue) {
	x.Tags = listed(x.Tags)
	x.NodeStatuses = listed(x.NodeStatuses)
	x.Graph.ModuleNodes = listed(x.Graph.ModuleNodes)
	x.Graph.EdgesInternal = listed(x.Graph.EdgesInternal)
	x.WebService.Inputs = listed(x.WebService.Inputs)
	x.WebService.Outputs = listed(x.WebService.Outputs)
	x.WebService.Parameters = listed(x.WebService.Parameters)
	for i := range x.WebService.Parameters {
		d := &x.WebService.Parameters[i].ParameterDefinition
		d.ParameterRules = listed(d.ParameterRules)
	}
	x.Category = orElse(x.Category, "user")
	for i := range x.Graph.ModuleNodes {
		n := &x.Graph.ModuleNodes[i]
		if m, known := c.Find(n.ModuleID); known {
			n.declare(m, workspace)
		}
		n.complete()
	}
}

// declare gives the node its module's full id and the ports that it does not list.
func (n *Node) declare(m *module.Module, workspace string) {
	n.ModuleID = m.ModuleID(workspace)
	for _, p := range m.Inputs {
		if !slices.ContainsFunc(n.InputPortsInternal, func(in InputPort) bool { return in.Name == p.Name }) {
			n.InputPortsInternal = append(n.InputPortsInternal, InputPort{Name: p.Name})
		}
	}
	for _, p := range m.Outputs {
		if !slices.ContainsFunc(n.OutputPortsInternal, func(out OutputPort) bool { return out.Name == p.Name }) {
			n.OutputPortsInternal = append(n.OutputPortsInternal, OutputPort{Name: p.Name})
		}
	}
}

func (n *Node) complete() {
	n.ModuleParameters = listed(n.ModuleParameters)
	n.InputPortsInternal = listed(n.InputPortsInternal)
	n.OutputPortsInternal = listed(n.OutputPortsInternal)
	for i := range n.ModuleParameters {
		p := &n.ModuleParameters[i]
		p.ValueType = orElse(p.ValueType, "Literal")
		p.LinkedGlobalParameter = orNull(p.LinkedGlobalParameter)
	}
	for i := range n.InputPortsInternal {
		p := &n.InputPortsInternal[i]
		p.NodeID = orElse(p.NodeID, n.ID)
		p.DataSourceID = orNull(p.DataSourceID)
		p.TrainedModelID = orNull(p.TrainedModelID)
		p.TransformModuleID = orNull(p.TransformModuleID)
	}
	for i := range n.OutputPortsInternal {
		p := &n.OutputPortsInternal[i]
		p.NodeID = orElse(p.NodeID, n.ID)
	}
}

// listed is a list that is written as [] where it is empty.
func listed[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// orNull is nil for an empty text: some clients write "" for null.
func orNull(s *string) *string {
	if filled(s) {
		return s
	}
	return nil
}
