package experiment

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"portico/internal/fault"
	"portico/internal/module"
)

// History gives an experiment and its earlier runs, the newest first, each as it
// was when it ran and without its graph's problems. It returns fault.NotFound.
func (s *Service) History(ctx context.Context, ws, id string) ([]*Experiment, error) {
	x, err := s.load(ctx, ws, id)
	if err != nil {
		return nil, err
	}
	all, err := s.loadAll(ctx, ws)
	if err != nil {
		return nil, err
	}
	history := []*Experiment{}
	for _, x := range append([]*stored{x}, lineage(all, x.Parent)...) {
		r, err := s.runOf(ctx, ws, x)
		if fault.Is(err, fault.NotFound) {
			continue // it was let go since
		}
		if err != nil {
			return nil, err
		}
		history = append(history, s.experiment(ws, x, r))
	}
	return history, nil
}

// Change says how a node of one experiment stands to the other's.
type Change string

// The changes. Changed is said of what the node is told to do, not of what it gave.
const (
	Added   Change = "Added"
	Removed Change = "Removed"
	Changed Change = "Changed"
	Same    Change = "Same"
)

// Comparison is what differs between two experiments, or two runs of one. It is an addition of ours, in the classic API's spelling.
type Comparison struct {
	Left  Compared         `json:"Left"`
	Right Compared         `json:"Right"`
	Nodes []NodeComparison `json:"Nodes"` // in the order of the right one, then those that only the left one has
}

// Compared names one of the two.
type Compared struct {
	ExperimentID string `json:"ExperimentId"`
	RunID        string `json:"RunId"`
	Description  string `json:"Description"`
	Status       Status `json:"Status"`
}

// NodeComparison is one node on both sides: nodes are matched by their ids.
type NodeComparison struct {
	NodeID     string             `json:"NodeId"`
	Module     string             `json:"Module"`
	Change     Change             `json:"Change"`
	Parameters []Difference       `json:"Parameters"` // those that differ
	Inputs     []Difference       `json:"Inputs"`     // what is connected, where it differs
	Left       *Status            `json:"Left"`       // null where the side has no such node, or did not run it
	Right      *Status            `json:"Right"`
	Outputs    []OutputComparison `json:"Outputs"` // of nodes that finished on both sides
}

// Difference is a value on both sides, null where a side has none.
type Difference struct {
	Name  string  `json:"Name"`
	Left  *string `json:"Left"`
	Right *string `json:"Right"`
}

// OutputComparison is what a port gave on both sides.
type OutputComparison struct {
	Name         string `json:"Name"`
	Same         bool   `json:"Same"` // to the last byte
	LeftRows     int    `json:"LeftRows"`
	RightRows    int    `json:"RightRows"`
	LeftColumns  int    `json:"LeftColumns"`
	RightColumns int    `json:"RightColumns"`
}

// side is one of the two that are compared.
type side struct {
	x     *stored
	run   *run
	nodes map[string]*Node
	from  map[string]map[string]string // what feeds each input of each node
}

// Compare tells what differs between two experiments: their nodes, and what
// these gave. It returns fault.NotFound.
func (s *Service) Compare(ctx context.Context, ws, left, right string) (*Comparison, error) {
	l, err := s.side(ctx, ws, left)
	if err != nil {
		return nil, err
	}
	r, err := s.side(ctx, ws, right)
	if err != nil {
		return nil, err
	}
	c := &Comparison{Left: l.compared(), Right: r.compared(), Nodes: []NodeComparison{}}
	for i := range r.x.Graph.ModuleNodes {
		n := &r.x.Graph.ModuleNodes[i]
		c.Nodes = append(c.Nodes, s.compare(l, r, n.ID))
	}
	for i := range l.x.Graph.ModuleNodes {
		if n := &l.x.Graph.ModuleNodes[i]; r.nodes[n.ID] == nil {
			c.Nodes = append(c.Nodes, s.compare(l, r, n.ID))
		}
	}
	return c, nil
}

func (s *Service) side(ctx context.Context, ws, id string) (*side, error) {
	x, err := s.load(ctx, ws, id)
	if err != nil {
		return nil, err
	}
	r, err := s.runOf(ctx, ws, x)
	if err != nil {
		return nil, err
	}
	d := &side{x: x, run: r, nodes: map[string]*Node{}, from: map[string]map[string]string{}}
	for i := range x.Graph.ModuleNodes {
		n := &x.Graph.ModuleNodes[i]
		d.nodes[n.ID], d.from[n.ID] = n, map[string]string{}
		for _, p := range n.InputPortsInternal {
			if filled(p.DataSourceID) {
				d.from[n.ID][p.Name] = *p.DataSourceID
			}
		}
	}
	for _, e := range x.Graph.EdgesInternal {
		node, port := SplitPort(e.DestinationInputPortID)
		if d.from[node] != nil {
			d.from[node][port] = e.SourceOutputPortID
		}
	}
	return d, nil
}

func (d *side) compared() Compared {
	c := Compared{ExperimentID: d.x.id, RunID: d.x.RunID, Description: d.x.Description, Status: Status{StatusCode: InDraft}}
	if d.run != nil {
		c.Status = d.run.Status
	}
	return c
}

// ran gives how a node went; nil where the side did not run it.
func (d *side) ran(id string) *nodeRun {
	if d.run == nil {
		return nil
	}
	i := slices.IndexFunc(d.run.Nodes, func(n nodeRun) bool { return n.ID == id })
	if i < 0 {
		return nil
	}
	return &d.run.Nodes[i]
}

// compare compares the nodes of one id, which one side at least has.
func (s *Service) compare(l, r *side, id string) NodeComparison {
	a, b := l.nodes[id], r.nodes[id]
	c := NodeComparison{NodeID: id, Change: Same, Parameters: []Difference{}, Inputs: []Difference{}, Outputs: []OutputComparison{}}
	there := cmp.Or(b, a)
	c.Module = there.ModuleID
	m, _ := s.Modules.Find(there.ModuleID)
	if m != nil {
		c.Module = m.Name
	}
	c.Inputs = differences(l.from[id], r.from[id])
	switch {
	case a == nil:
		c.Change = Added
		c.Parameters = differences(nil, told(m, b))
	case b == nil:
		c.Change = Removed
		c.Parameters = differences(told(m, a), nil)
	default:
		c.Parameters = differences(told(m, a), told(m, b))
		if len(c.Parameters)+len(c.Inputs) > 0 || a.ModuleID != b.ModuleID {
			c.Change = Changed
		}
	}
	c.Parameters = hidden(m, c.Parameters)
	x, y := l.ran(id), r.ran(id)
	if x != nil {
		c.Left = &x.Status
	}
	if y != nil {
		c.Right = &y.Status
	}
	if x != nil && y != nil && slices.Equal(x.Ports, y.Ports) {
		for i, name := range x.Ports {
			before, after := x.Tables[i], y.Tables[i]
			c.Outputs = append(c.Outputs, OutputComparison{
				Name: name, Same: before.Hash == after.Hash,
				LeftRows: before.Rows, RightRows: after.Rows, LeftColumns: before.Columns, RightColumns: after.Columns,
			})
		}
	}
	return c
}

// told gives a node's parameters by their declared names, defaults included, so
// that a default that is written out is no difference; as they are given where they cannot be read.
func told(m *module.Module, n *Node) map[string]string {
	given := n.Given(nil)
	if m == nil {
		return given
	}
	values, err := m.Bind(given)
	if err != nil {
		return given
	}
	return values
}

// hidden shows of secrets only that they differ.
func hidden(m *module.Module, found []Difference) []Difference {
	for i := range found {
		d := &found[i]
		if m == nil || m.Parameter(d.Name) == nil || m.Parameter(d.Name).Type != module.Secret {
			continue
		}
		for _, value := range []*string{d.Left, d.Right} {
			if filled(value) {
				*value = "(not shown)"
			}
		}
	}
	return found
}

// differences lists the names under which two maps do not hold the same, in order.
func differences(left, right map[string]string) []Difference {
	names := slices.Sorted(maps.Keys(left))
	for name := range right {
		if _, both := left[name]; !both {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	found := []Difference{}
	for _, name := range names {
		a, inLeft := left[name]
		b, inRight := right[name]
		if inLeft == inRight && a == b {
			continue
		}
		d := Difference{Name: name}
		if inLeft {
			d.Left = &a
		}
		if inRight {
			d.Right = &b
		}
		found = append(found, d)
	}
	return found
}
