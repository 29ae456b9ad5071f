package experiment

import (
	"slices"

	"portico/internal/module"
)

// Wiring is a sound graph whose nodes are bound to their modules and joined to
// each other. It does not change and is safe for concurrent use.
type Wiring struct {
	// Nodes stand in topological order: each after all that feed it. Nodes that
	// do not depend on each other keep the document's order.
	Nodes []*BoundNode
}

// BoundNode is a node with its module and its checked parameter values.
type BoundNode struct {
	Node   *Node
	Module *module.Module
	Values module.Values
	Inputs []Source // one for each of the module's inputs, in the order of its declaration
	// Fixed says, in a Slice, that no request reaches the node: what it gave in
	// the experiment's run stands for it.
	Fixed bool
}

// Source is where an input's table comes from: a node's output, a saved
// dataset, or a web service's request. The zero Source is an optional input that is not connected.
type Source struct {
	Node    *BoundNode
	Port    int    // the index of Node's output
	Dataset string // id
	Service string // the name of the web service input; only in a Slice
}

// Connected tells whether there is a table.
func (s Source) Connected() bool { return s.Node != nil || s.Dataset != "" || s.Service != "" }

// Wire binds and joins an experiment's nodes. It returns fault.Invalid with every Problem where there is one.
func Wire(x *Experiment, c *module.Catalogue) (*Wiring, error) {
	if err := Invalid(Check(x, c)); err != nil {
		return nil, err
	}
	ids := make([]string, len(x.Graph.ModuleNodes))
	bound := make(map[string]*BoundNode, len(ids))
	for i := range x.Graph.ModuleNodes {
		n := &x.Graph.ModuleNodes[i]
		m, _ := c.Find(n.ModuleID) // Check has found it
		values, err := m.Bind(n.Given(nil))
		if err != nil {
			return nil, err
		}
		b := &BoundNode{Node: n, Module: m, Values: values, Inputs: make([]Source, len(m.Inputs))}
		for _, p := range n.InputPortsInternal {
			if filled(p.DataSourceID) {
				b.Inputs[portIndex(m.Inputs, p.Name)].Dataset = *p.DataSourceID
			}
		}
		ids[i], bound[n.ID] = n.ID, b
	}
	for _, e := range x.Graph.EdgesInternal {
		from, out := SplitPort(e.SourceOutputPortID)
		to, in := SplitPort(e.DestinationInputPortID)
		bound[to].Inputs[portIndex(bound[to].Module.Inputs, in)] = Source{
			Node: bound[from], Port: portIndex(bound[from].Module.Outputs, out),
		}
	}
	order, _ := sortNodes(ids, x.Graph.EdgesInternal)
	w := &Wiring{Nodes: make([]*BoundNode, len(order))}
	for i, id := range order {
		w.Nodes[i] = bound[id]
	}
	return w, nil
}

// Node gives the node of that id, or nil.
func (w *Wiring) Node(id string) *BoundNode {
	i := slices.IndexFunc(w.Nodes, func(n *BoundNode) bool { return n.Node.ID == id })
	if i < 0 {
		return nil
	}
	return w.Nodes[i]
}

// Given is the node's parameter values by name. A parameter that a web-service
// parameter drives takes its value from globals where it is there.
func (n *Node) Given(globals map[string]string) map[string]string {
	given := make(map[string]string, len(n.ModuleParameters))
	for _, v := range n.ModuleParameters {
		given[v.Name] = v.Value
		if v.LinkedGlobalParameter == nil {
			continue
		}
		if value, ok := globals[*v.LinkedGlobalParameter]; ok {
			given[v.Name] = value
		}
	}
	return given
}

// Slice is the part of a graph that a web service answers requests with: what
// its outputs need, cut off where its inputs come in.
type Slice struct {
	Nodes   []*BoundNode // topological
	Inputs  []string     // names, in the order of the experiment's list
	Outputs []SliceOutput
}

// SliceOutput is one table of the answer.
type SliceOutput struct {
	Name   string
	Source Source // its Node is set
}

// Slice cuts the graph at a web service's ports, which Wire has checked.
func (w *Wiring) Slice(info *WebServiceInfo) *Slice {
	entries := map[string]string{}
	s := &Slice{}
	for _, in := range info.Inputs {
		entries[in.PortID] = in.Name
		if !slices.Contains(s.Inputs, in.Name) {
			s.Inputs = append(s.Inputs, in.Name)
		}
	}
	needed := map[*BoundNode]bool{}
	for _, out := range info.Outputs {
		id, _ := SplitPort(out.PortID)
		needed[w.Node(id)] = true
	}
	// Against the topological order, each needed node needs what feeds it.
	for _, n := range slices.Backward(w.Nodes) {
		for i, in := range n.Inputs {
			if needed[n] && in.Node != nil && entries[n.inputID(i)] == "" {
				needed[in.Node] = true
			}
		}
	}
	cut := map[*BoundNode]*BoundNode{}
	for _, n := range w.Nodes {
		if needed[n] {
			cut[n] = n.cut(entries, cut)
			s.Nodes = append(s.Nodes, cut[n])
		}
	}
	for _, out := range info.Outputs {
		id, port := SplitPort(out.PortID)
		n := cut[w.Node(id)]
		s.Outputs = append(s.Outputs, SliceOutput{out.Name, Source{Node: n, Port: portIndex(n.Module.Outputs, port)}})
	}
	return s
}

// inputID is the "{node}:{port name}" of input i.
func (n *BoundNode) inputID(i int) string { return n.Node.ID + ":" + n.Module.Inputs[i].Name }

// cut copies a node for a slice, with the request's tables in place of what the service's inputs replace.
func (n *BoundNode) cut(entries map[string]string, done map[*BoundNode]*BoundNode) *BoundNode {
	c := *n
	c.Inputs = slices.Clone(n.Inputs)
	c.Fixed = true
	for i := range c.Inputs {
		in := &c.Inputs[i]
		if name := entries[n.inputID(i)]; name != "" {
			*in = Source{Service: name}
		}
		in.Node = done[in.Node]
		c.Fixed = c.Fixed && in.Service == "" && (in.Node == nil || in.Node.Fixed)
	}
	return &c
}

// circle gives the ids of the nodes that the edges lead around in a circle.
func circle(ids []string, edges []Edge) []string {
	_, left := sortNodes(ids, edges)
	back := make([]Edge, len(edges))
	for i, e := range edges {
		back[i] = Edge{SourceOutputPortID: e.DestinationInputPortID, DestinationInputPortID: e.SourceOutputPortID}
	}
	_, left = sortNodes(left, back) // without those that only lie behind the circle
	return left
}

// sortNodes orders node ids so that each comes after those that feed it, and
// gives the ids that cannot be ordered because they lie on a circle or behind
// one. Edges that name other nodes do not count.
func sortNodes(ids []string, edges []Edge) (order, cyclic []string) {
	waits := make(map[string]int, len(ids))
	feeds := map[string][]string{}
	for _, id := range ids {
		waits[id] = 0
	}
	for _, e := range edges {
		from, _ := SplitPort(e.SourceOutputPortID)
		to, _ := SplitPort(e.DestinationInputPortID)
		_, fromKnown := waits[from]
		if _, known := waits[to]; known && fromKnown {
			waits[to]++
			feeds[from] = append(feeds[from], to)
		}
	}
	place := make(map[string]int, len(ids))
	for i, id := range ids {
		place[id] = i
	}
	// The ready list is kept in the document's order, so that the order does not
	// depend on how the edges are listed.
	var ready []int
	push := func(id string) {
		at, _ := slices.BinarySearch(ready, place[id])
		ready = slices.Insert(ready, at, place[id])
	}
	for _, id := range ids {
		if waits[id] == 0 {
			push(id)
		}
	}
	for len(ready) > 0 {
		id := ids[ready[0]]
		ready = ready[1:]
		order = append(order, id)
		for _, to := range feeds[id] {
			if waits[to]--; waits[to] == 0 {
				push(to)
			}
		}
	}
	for _, id := range ids {
		if waits[id] > 0 {
			cyclic = append(cyclic, id)
		}
	}
	return order, cyclic
}

// from gives the node of that id and all that depend on it; nothing for "".
func (w *Wiring) from(id string) map[*BoundNode]bool {
	reached := map[*BoundNode]bool{}
	for _, n := range w.Nodes { // in topological order
		fed := slices.ContainsFunc(n.Inputs, func(in Source) bool { return in.Node != nil && reached[in.Node] })
		if n.Node.ID == id || fed {
			reached[n] = true
		}
	}
	return reached
}
