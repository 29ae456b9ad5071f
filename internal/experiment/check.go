package experiment

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"portico/internal/fault"
	"portico/internal/module"
)

// Limits of one graph.
const (
	MaxNodes  = 1000
	MaxEdges  = 5000
	maxNodeID = 100 // bytes
)

// ProblemCode says what sort of problem a graph has.
type ProblemCode string

// What makes a graph ambiguous: it is not saved, not even as a draft.
const (
	TooManyNodes     ProblemCode = "TooManyNodes"
	InvalidNodeID    ProblemCode = "InvalidNodeId" // it cannot stand in a port's id or in a path
	DuplicateNodeID  ProblemCode = "DuplicateNodeId"
	UnknownNode      ProblemCode = "UnknownNode"      // an edge names a node that is not there
	ForeignPort      ProblemCode = "ForeignPort"      // a node lists a port of another node
	DuplicatePort    ProblemCode = "DuplicatePort"    // a node lists a port twice
	DuplicateSetting ProblemCode = "DuplicateSetting" // a node sets a parameter twice
)

// What a draft may have, and what keeps it from running.
const (
	UnknownModule      ProblemCode = "UnknownModule"
	UnknownPort        ProblemCode = "UnknownPort"
	UnknownParameter   ProblemCode = "UnknownParameter"
	InvalidParameter   ProblemCode = "InvalidParameter"
	UnknownGlobal      ProblemCode = "UnknownGlobalParameter"
	PortTypeMismatch   ProblemCode = "PortTypeMismatch"
	InputNotConnected  ProblemCode = "InputNotConnected"
	InputTakenTwice    ProblemCode = "InputConnectedTwice"
	UnsupportedInput   ProblemCode = "UnsupportedInput"
	CyclicGraph        ProblemCode = "CyclicGraph"
	EmptyGraph         ProblemCode = "EmptyGraph"
	InvalidServicePort ProblemCode = "InvalidServicePort"
	UnusableDataset    ProblemCode = "UnusableDataset"
)

// Ambiguous tells whether a graph with such a problem is refused even as a draft.
func (c ProblemCode) Ambiguous() bool {
	switch c {
	case TooManyNodes, InvalidNodeID, DuplicateNodeID, UnknownNode, ForeignPort, DuplicatePort, DuplicateSetting:
		return true
	}
	return false
}

// Problem is one thing that is wrong with an experiment.
type Problem struct {
	Code    ProblemCode
	Node    string // the node's id, or "" where it is the whole graph's
	Message string
}

// Check finds everything that is wrong with an experiment, in the order of the document.
func Check(x *Experiment, c *module.Catalogue) []Problem {
	k := &checker{x: x, nodes: map[string]*Node{}, modules: map[string]*module.Module{}, feeds: map[string]int{}}
	if len(x.Graph.ModuleNodes) > MaxNodes || len(x.Graph.EdgesInternal) > MaxEdges {
		k.add(TooManyNodes, "", "The graph has %d nodes and %d edges; the most are %d and %d.",
			len(x.Graph.ModuleNodes), len(x.Graph.EdgesInternal), MaxNodes, MaxEdges)
		return k.problems
	}
	if len(x.Graph.ModuleNodes) == 0 {
		k.add(EmptyGraph, "", "The experiment has no nodes.")
	}
	for i := range x.Graph.ModuleNodes {
		k.identify(&x.Graph.ModuleNodes[i], c)
	}
	for i := range x.Graph.ModuleNodes {
		k.node(&x.Graph.ModuleNodes[i])
	}
	for _, e := range x.Graph.EdgesInternal {
		k.edge(e)
	}
	for i := range x.Graph.ModuleNodes {
		k.inputs(&x.Graph.ModuleNodes[i])
	}
	k.cycles()
	k.servicePorts()
	return k.problems
}

// Invalid is the fault that carries the problems, or nil where there are none.
func Invalid(problems []Problem) error {
	f := fault.Coded(fault.Invalid, "BadArgument", "The experiment cannot be used as it is.")
	for _, p := range problems {
		f = f.With(string(p.Code), p.Node, "%s", p.Message)
	}
	return f.OrNil()
}

type checker struct {
	x        *Experiment
	problems []Problem
	nodes    map[string]*Node
	modules  map[string]*module.Module // by node id; absent for an unknown module
	feeds    map[string]int            // how many things each "{node}:{input}" gets its table from
}

func (k *checker) add(code ProblemCode, node, format string, args ...any) {
	k.problems = append(k.problems, Problem{Code: code, Node: node, Message: fmt.Sprintf(format, args...)})
}

// label names a node as a person sees it.
func (k *checker) label(id string) string {
	if m := k.modules[id]; m != nil {
		return fmt.Sprintf("%s (node %s)", m.Name, id)
	}
	return "node " + id
}

// identify finds the node's module.
func (k *checker) identify(n *Node, c *module.Catalogue) {
	if n.ID == "" || len(n.ID) > maxNodeID || strings.ContainsAny(n.ID, ":/\\\x00") || !utf8.ValidString(n.ID) {
		k.add(InvalidNodeID, n.ID, "The node id %q is not usable: it must have 1 to %d bytes of text without a colon or slash.", n.ID, maxNodeID)
		return
	}
	if k.nodes[n.ID] != nil {
		k.add(DuplicateNodeID, n.ID, "Two nodes have the id %s.", n.ID)
		return
	}
	k.nodes[n.ID] = n
	m, known := c.Find(n.ModuleID)
	switch {
	case !known:
		k.add(UnknownModule, n.ID, "Node %s uses the module %q, which is not in the catalogue: replace the node or delete it.", n.ID, n.ModuleID)
	case m.WebService != module.NotEndpoint:
		k.add(UnknownModule, n.ID, "Node %s is a %s, which is not a node of the graph: list it in WebService.Inputs or WebService.Outputs.", n.ID, m.Name)
	default:
		k.modules[n.ID] = m
	}
}

// node checks what a node lists: its ports and its parameters.
func (k *checker) node(n *Node) {
	if k.nodes[n.ID] != n {
		return // its id is not its own
	}
	m := k.modules[n.ID]
	seen := map[string]bool{}
	for _, p := range n.InputPortsInternal {
		k.listedPort(n, "input", p.Name, p.NodeID, seen, m == nil || portIndex(m.Inputs, p.Name) >= 0)
		switch {
		case filled(p.TrainedModelID), filled(p.TransformModuleID):
			k.add(UnsupportedInput, n.ID, "Input %q of %s takes a saved model or transformation; only saved datasets can be used.", p.Name, k.label(n.ID))
		case filled(p.DataSourceID):
			k.feeds[n.ID+":"+p.Name]++
		}
	}
	seen = map[string]bool{}
	for _, p := range n.OutputPortsInternal {
		k.listedPort(n, "output", p.Name, p.NodeID, seen, m == nil || portIndex(m.Outputs, p.Name) >= 0)
	}
	k.parameters(n, m)
}

func (k *checker) listedPort(n *Node, kind, name, of string, seen map[string]bool, known bool) {
	if of != "" && of != n.ID {
		k.add(ForeignPort, n.ID, "%s lists the %s port %q as a port of node %s.", k.label(n.ID), kind, name, of)
	}
	if seen[name] {
		k.add(DuplicatePort, n.ID, "%s lists the %s port %q twice.", k.label(n.ID), kind, name)
	} else if !known {
		k.add(UnknownPort, n.ID, "%s has no %s port %q; it has %s.", k.label(n.ID), kind, name, portNames(k.modules[n.ID], kind))
	}
	seen[name] = true
}

func (k *checker) parameters(n *Node, m *module.Module) {
	given := map[string]string{}
	for _, v := range n.ModuleParameters {
		if _, twice := given[v.Name]; twice {
			k.add(DuplicateSetting, n.ID, "%s sets the parameter %q twice.", k.label(n.ID), v.Name)
		}
		given[v.Name] = v.Value
		if m != nil && m.Parameter(v.Name) == nil {
			k.add(UnknownParameter, n.ID, "%s has no parameter %q.", k.label(n.ID), v.Name)
		}
		if global := v.LinkedGlobalParameter; filled(global) && !k.hasGlobal(*global) {
			k.add(UnknownGlobal, n.ID, "Parameter %q of %s is driven by the web service parameter %q, which the experiment does not have.", v.Name, k.label(n.ID), *global)
		}
	}
	if m == nil {
		return
	}
	sound := true
	for i := range m.Parameters {
		// Bind stops at the first bad value; binding one parameter at a time finds all.
		one := *m
		one.Parameters = m.Parameters[i : i+1]
		name := m.Parameters[i].Name
		value := map[string]string{}
		for n, v := range given {
			if m.Parameter(n) == &m.Parameters[i] {
				value[n] = v
			}
		}
		if _, err := one.Bind(value); err != nil {
			sound = false
			k.add(InvalidParameter, n.ID, "Parameter %q of %s: %s", name, k.label(n.ID), message(err))
		}
	}
	if sound {
		k.prepare(n, m, given)
	}
}

// prepare finds what only all parameters together can show.
func (k *checker) prepare(n *Node, m *module.Module, given map[string]string) {
	for name := range given {
		if m.Parameter(name) == nil {
			delete(given, name)
		}
	}
	values, err := m.Bind(given)
	if err == nil {
		err = canPrepare(m, values)
	}
	if err != nil {
		k.add(InvalidParameter, n.ID, "%s: %s", k.label(n.ID), message(err))
	}
}

// canPrepare tries a module's parameters. A module that panics is at fault alone.
func canPrepare(m *module.Module, v module.Values) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fault.New(fault.Invalid, "the module cannot be prepared with these parameters: %v", p)
		}
	}()
	_, err = m.Prepare(v)
	return err
}

// message is what a user reads of a module's error.
func message(err error) string {
	var documented *module.Error
	if errors.As(err, &documented) {
		return "Error " + documented.Code + ": " + documented.Message
	}
	return fault.As(err).Message
}

func (k *checker) hasGlobal(name string) bool {
	return slices.ContainsFunc(k.x.WebService.Parameters, func(p ServiceParam) bool { return p.Name == name })
}

func (k *checker) edge(e Edge) {
	from, out := SplitPort(e.SourceOutputPortID)
	to, in := SplitPort(e.DestinationInputPortID)
	broken := false
	for _, end := range []struct{ id, port string }{{from, e.SourceOutputPortID}, {to, e.DestinationInputPortID}} {
		if k.nodes[end.id] == nil {
			k.add(UnknownNode, end.id, "The edge from %q to %q names %q, and there is no node %q.", e.SourceOutputPortID, e.DestinationInputPortID, end.port, end.id)
			broken = true
		}
	}
	if broken {
		return
	}
	k.feeds[to+":"+in]++
	source := k.edgePort(e, from, "output", out)
	target := k.edgePort(e, to, "input", in)
	if source != nil && target != nil && source.Type != target.Type {
		k.add(PortTypeMismatch, to, "Input %q of %s takes a %s, and output %q of %s gives a %s.", in, k.label(to), target.Type, out, k.label(from), source.Type)
	}
}

// edgePort gives the port that one end of an edge names, or nil.
func (k *checker) edgePort(e Edge, id, kind, name string) *module.Port {
	m := k.modules[id]
	if m == nil {
		return nil
	}
	ports := portsOf(m, kind)
	if i := portIndex(ports, name); i >= 0 {
		return &ports[i]
	}
	k.add(UnknownPort, id, "The edge from %q to %q: %s has no %s port %q; it has %s.",
		e.SourceOutputPortID, e.DestinationInputPortID, k.label(id), kind, name, portNames(m, kind))
	return nil
}

// inputs checks that each input has the one table that it needs.
func (k *checker) inputs(n *Node) {
	m := k.modules[n.ID]
	if m == nil || k.nodes[n.ID] != n {
		return
	}
	for _, p := range m.Inputs {
		switch feeds := k.feeds[n.ID+":"+p.Name]; {
		case feeds == 0 && !p.Optional:
			k.add(InputNotConnected, n.ID, "Input %q of %s is not connected.", p.Name, k.label(n.ID))
		case feeds > 1:
			k.add(InputTakenTwice, n.ID, "Input %q of %s is connected %d times; it takes one table.", p.Name, k.label(n.ID), feeds)
		}
	}
}

func (k *checker) cycles() {
	ids := make([]string, 0, len(k.nodes))
	for i := range k.x.Graph.ModuleNodes {
		if n := &k.x.Graph.ModuleNodes[i]; k.nodes[n.ID] == n {
			ids = append(ids, n.ID)
		}
	}
	if cyclic := circle(ids, k.x.Graph.EdgesInternal); len(cyclic) > 0 {
		k.add(CyclicGraph, cyclic[0], "The edges lead in a circle through the nodes %s.", strings.Join(cyclic, ", "))
	}
}

// servicePorts checks what the web service opens to requests.
func (k *checker) servicePorts() {
	k.servicePortsOf("input", k.x.WebService.Inputs)
	k.servicePortsOf("output", k.x.WebService.Outputs)
	seen := map[string]bool{}
	for _, p := range k.x.WebService.Parameters {
		if p.Name == "" || seen[p.Name] {
			k.add(UnknownGlobal, "", "The web service parameter %q has no name, or shares it with another.", p.Name)
		}
		seen[p.Name] = true
	}
}

func (k *checker) servicePortsOf(kind string, ports []ServicePort) {
	byName := map[string]ServicePort{}
	taken := map[string]bool{}
	for _, p := range ports {
		other, twice := byName[p.Name]
		switch id, port := SplitPort(p.PortID); {
		case p.Name == "":
			k.add(InvalidServicePort, id, "A web service %s has no name.", kind)
		case twice && (kind == "output" || other.ID != p.ID):
			k.add(InvalidServicePort, id, "Two web service %ss are called %q.", kind, p.Name)
		case p.PortID == "":
			k.add(InvalidServicePort, p.ID, "The web service %s %q is not connected.", kind, p.Name)
		case k.nodes[id] == nil:
			k.add(InvalidServicePort, id, "The web service %s %q names %q, and there is no node %q.", kind, p.Name, p.PortID, id)
		case k.modules[id] != nil && portIndex(portsOf(k.modules[id], kind), port) < 0:
			k.add(InvalidServicePort, id, "The web service %s %q: %s has no %s port %q; it has %s.",
				kind, p.Name, k.label(id), kind, port, portNames(k.modules[id], kind))
		case kind == "input" && taken[p.PortID]:
			k.add(InvalidServicePort, id, "Two web service inputs replace input %q of %s.", port, k.label(id))
		}
		byName[p.Name] = p
		taken[p.PortID] = true
	}
}

func portsOf(m *module.Module, kind string) []module.Port {
	if kind == "input" {
		return m.Inputs
	}
	return m.Outputs
}

func portIndex(ports []module.Port, name string) int {
	return slices.IndexFunc(ports, func(p module.Port) bool { return p.Name == name })
}

func portNames(m *module.Module, kind string) string {
	ports := portsOf(m, kind)
	if len(ports) == 0 {
		return "none"
	}
	names := make([]string, len(ports))
	for i, p := range ports {
		names[i] = fmt.Sprintf("%q", p.Name)
	}
	return strings.Join(names, ", ")
}

func filled(s *string) bool { return s != nil && *s != "" }
