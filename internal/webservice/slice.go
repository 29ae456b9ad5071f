package webservice

import (
	"context"
	"fmt"
	"slices"

	"portico/internal/experiment"
	"portico/internal/fault"
	"portico/internal/table"
)

// Runs gives the tables that the runs of experiments left on their ports.
type Runs interface {
	// Output gives the table on a node's output port. It returns fault.NotFound where there is none.
	Output(ctx context.Context, workspace, experiment, node, port string) (*table.Table, error)
}

// Datasets gives saved datasets.
type Datasets interface {
	// Table reads a dataset. It returns fault.NotFound where there is none.
	Table(ctx context.Context, workspace, id string) (*table.Table, error)
}

// slicer turns the slice of an experiment's graph into a Definition.
type slicer struct {
	ctx       context.Context
	workspace string
	e         *experiment.Experiment
	runs      Runs
	datasets  Datasets
	varies    map[*experiment.BoundNode]bool // depends on the request or on a web-service parameter
	kept      map[origin]int                 // the tables to keep, counted from 1
	tables    []*table.Table
}

// origin is where a table that does not vary comes from: a node's output port, or a dataset.
type origin struct{ node, port, dataset string }

// define gives the definition of what an experiment publishes, and the tables to keep with it.
func (s *Services) define(ctx context.Context, workspace string, e *experiment.Experiment, renumber bool) (*Definition, []*table.Table, error) {
	renamed := *e
	if renumber {
		renamed.WebService.Inputs = numbered("input", e.WebService.Inputs)
		renamed.WebService.Outputs = numbered("output", e.WebService.Outputs)
	}
	e = &renamed
	w, err := experiment.Wire(e, s.Modules)
	if err != nil {
		return nil, nil, err
	}
	if len(e.WebService.Outputs) == 0 {
		return nil, nil, fault.New(fault.Invalid, "The experiment has no Web Service Output. Connect one to the result that the service returns, run the experiment, and publish it again.")
	}
	c := &slicer{ctx: ctx, workspace: workspace, e: e, runs: s.Runs, datasets: s.Datasets, varies: map[*experiment.BoundNode]bool{}, kept: map[origin]int{}}
	d := &Definition{ExperimentID: e.ExperimentID, Defined: now()}
	if d.Inputs, err = c.inputs(w); err != nil {
		return nil, nil, err
	}
	slice := w.Slice(&e.WebService)
	if d.Nodes, err = c.nodes(slice); err != nil {
		return nil, nil, err
	}
	if d.Outputs, err = c.outputs(slice); err != nil {
		return nil, nil, err
	}
	if err := unused(d); err != nil {
		return nil, nil, err
	}
	d.Parameters = parameters(e, d.Nodes)
	d.Tables = len(c.tables)
	return d, c.tables, nil
}

// numbered calls the ports input1, input2, …; ports of one module keep one name.
func numbered(kind string, ports []experiment.ServicePort) []experiment.ServicePort {
	ports = slices.Clone(ports)
	names := map[string]string{}
	for i := range ports {
		key := ports[i].ID + "\x00" + ports[i].Name
		if names[key] == "" {
			names[key] = fmt.Sprintf("%s%d", kind, len(names)+1)
		}
		ports[i].Name = names[key]
	}
	return ports
}

// inputs gives each Web Service Input the columns that its port had in the run.
func (c *slicer) inputs(w *experiment.Wiring) ([]Input, error) {
	var out []Input
	for _, in := range c.e.WebService.Inputs {
		id, port := experiment.SplitPort(in.PortID)
		n := w.Node(id)
		t, err := c.table(n.Inputs[portIndex(n, port)])
		switch {
		case err != nil:
			return nil, err
		case t == nil:
			return nil, fault.New(fault.Invalid,
				"Web service input %q replaces port %q of %s, which has no data in the run, so its columns are not known. Connect data to that port, run the experiment, and publish it again.", in.Name, port, n.Module.Name)
		case t.Width() > MaxColumns:
			return nil, fault.New(fault.TooLarge,
				"Web service input %q has %d columns; a request can hold at most %d. Put the input before the module that makes so many.", in.Name, t.Width(), MaxColumns)
		}
		i := slices.IndexFunc(out, func(have Input) bool { return have.Name == in.Name })
		if i < 0 {
			out = append(out, Input{Name: in.Name, Sample: sampleOf(t)})
		} else if !slices.Equal(out[i].Sample.Schema(), t.Schema()) {
			return nil, fault.New(fault.Invalid, "Web service input %q feeds ports whose columns differ in the run. Use one input for each.", in.Name)
		}
	}
	return out, nil
}

func portIndex(n *experiment.BoundNode, port string) int {
	for i, p := range n.Module.Inputs {
		if p.Name == port {
			return i
		}
	}
	return -1 // never: Wire has checked the service's ports
}

// nodes gives the nodes that vary. The results of the others are kept where they are needed.
func (c *slicer) nodes(s *experiment.Slice) ([]Node, error) {
	var out []Node
	for _, n := range s.Nodes {
		node := Node{ID: n.Node.ID, ModuleID: n.Node.ModuleID, Inputs: make([]Source, len(n.Inputs))}
		c.varies[n] = !n.Fixed
		for _, v := range n.Node.ModuleParameters {
			set := Setting{Name: v.Name, Value: v.Value}
			if v.LinkedGlobalParameter != nil && *v.LinkedGlobalParameter != "" {
				set.Parameter = *v.LinkedGlobalParameter
				c.varies[n] = true
			}
			node.Settings = append(node.Settings, set)
		}
		for _, in := range n.Inputs {
			c.varies[n] = c.varies[n] || c.varies[in.Node]
		}
		if !c.varies[n] {
			continue
		}
		if n.Module.ReachesOutside(n.Values) {
			return nil, fault.New(fault.Invalid, "%s (node %s) reads or writes what is outside of the service, and no request may make it do so. Take the web-service parameter off it, or let the service begin behind it.", n.Module.Name, n.Node.ID)
		}
		for i, in := range n.Inputs {
			var err error
			if node.Inputs[i], err = c.source(in); err != nil {
				return nil, err
			}
		}
		out = append(out, node)
	}
	return out, nil
}

func (c *slicer) outputs(s *experiment.Slice) ([]Output, error) {
	var out []Output
	for _, o := range s.Outputs {
		t, err := c.table(o.Source)
		if err != nil {
			return nil, err
		}
		from, err := c.source(o.Source)
		if err != nil {
			return nil, err
		}
		out = append(out, Output{Name: o.Name, From: from, Sample: sampleOf(t)})
	}
	return out, nil
}

// source says where a port's table comes from when the service runs.
func (c *slicer) source(from experiment.Source) (Source, error) {
	switch {
	case from.Service != "":
		return Source{Input: from.Service}, nil
	case from.Node != nil && c.varies[from.Node]:
		return Source{Node: from.Node.Node.ID, Port: from.Node.Module.Outputs[from.Port].Name}, nil
	case !from.Connected():
		return Source{}, nil
	}
	o := originOf(from)
	if c.kept[o] == 0 {
		t, err := c.table(from)
		if err != nil {
			return Source{}, err
		}
		c.tables = append(c.tables, t)
		c.kept[o] = len(c.tables)
	}
	return Source{Table: c.kept[o]}, nil
}

// table gives the table that a source had in the run, nil where nothing is connected.
func (c *slicer) table(from experiment.Source) (*table.Table, error) {
	switch o := originOf(from); {
	case from.Node != nil:
		return c.runs.Output(c.ctx, c.workspace, c.e.ExperimentID, o.node, o.port)
	case from.Dataset != "":
		return c.datasets.Table(c.ctx, c.workspace, o.dataset)
	}
	return nil, nil
}

func originOf(from experiment.Source) origin {
	if from.Node == nil {
		return origin{dataset: from.Dataset}
	}
	return origin{node: from.Node.Node.ID, port: from.Node.Module.Outputs[from.Port].Name}
}

// unused refuses a Web Service Input that no output depends on.
func unused(d *Definition) error {
	used := map[string]bool{}
	for _, n := range d.Nodes {
		for _, from := range n.Inputs {
			used[from.Input] = true
		}
	}
	for _, in := range d.Inputs {
		if !used[in.Name] {
			return fault.New(fault.Invalid, "No web service output depends on web service input %q. Connect them, or remove the input.", in.Name)
		}
	}
	return nil
}

// parameters gives the web-service parameters that the nodes use, in the experiment's order.
func parameters(e *experiment.Experiment, nodes []Node) []Parameter {
	used := map[string]bool{}
	for _, n := range nodes {
		for _, v := range n.Settings {
			used[v.Parameter] = true
		}
	}
	var out []Parameter
	for _, p := range e.WebService.Parameters {
		if used[p.Name] {
			out = append(out, parameter(p))
		}
	}
	return out
}

func parameter(p experiment.ServiceParam) Parameter {
	d := p.ParameterDefinition
	out := Parameter{Name: p.Name, Description: d.FriendlyName, Type: d.ParameterType}
	switch {
	case d.HasDefaultValue:
		out.Default = &d.DefaultValue
	case d.IsOptional:
		out.Default = &p.Value
	}
	for _, rule := range d.ParameterRules {
		if rule.Min != nil {
			out.Min = rule.Min
		}
		if rule.Max != nil {
			out.Max = rule.Max
		}
		out.Values = append(out.Values, rule.Values...)
	}
	return out
}
