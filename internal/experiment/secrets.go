package experiment

import (
	"maps"

	"portico/internal/fault"
	"portico/internal/module"
)

// A secret parameter, such as a storage account's key, is sealed when it is saved.
// What is kept and given out is the sealed text, which says nothing; a client that
// sends it back keeps the value. It is opened when the node runs.

func secretPurpose(ws string) string { return "module parameter of " + ws }

// secrets calls change with every secret parameter of a graph that has a value.
func (s *Service) secrets(g *Graph, change func(n *Node, v *ParameterValue)) {
	if s.Keeper == nil {
		return
	}
	for i := range g.ModuleNodes {
		n := &g.ModuleNodes[i]
		m, ok := s.Modules.Find(n.ModuleID)
		if !ok {
			continue
		}
		for k := range n.ModuleParameters {
			v := &n.ModuleParameters[k]
			if p := m.Parameter(v.Name); p != nil && p.Type == module.Secret && v.Value != "" {
				change(n, v)
			}
		}
	}
}

// seal seals what is not sealed yet.
func (s *Service) seal(ws string, g *Graph) {
	s.secrets(g, func(_ *Node, v *ParameterValue) {
		if _, err := s.Keeper.Open(secretPurpose(ws), v.Value); err != nil {
			v.Value = s.Keeper.Seal(secretPurpose(ws), v.Value)
		}
	})
}

// sealAs takes over the sealed texts of the graph before, where the values are the same: the graph is seen to be unchanged then.
func (s *Service) sealAs(ws string, g, before *Graph) {
	s.secrets(g, func(n *Node, v *ParameterValue) {
		kept := before.value(n.ID, v.Name)
		old, err := s.Keeper.Open(secretPurpose(ws), kept)
		now, err2 := s.Keeper.Open(secretPurpose(ws), v.Value)
		if err == nil && err2 == nil && old == now {
			v.Value = kept
		}
	})
}

// value gives a node's parameter, or "".
func (g *Graph) value(node, parameter string) string {
	for i := range g.ModuleNodes {
		if n := &g.ModuleNodes[i]; n.ID == node {
			return n.Given(nil)[parameter]
		}
	}
	return ""
}

// open gives a node's values with its secrets opened. It returns fault.Invalid for one that this server did not seal.
func (s *Service) open(ws string, n *BoundNode) (module.Values, error) {
	if s.Keeper == nil {
		return n.Values, nil
	}
	values := maps.Clone(n.Values)
	for name, sealed := range values {
		if n.Module.Parameter(name).Type != module.Secret || sealed == "" {
			continue
		}
		value, err := s.Keeper.Open(secretPurpose(ws), sealed)
		if err != nil {
			return nil, fault.Wrap(err, fault.Invalid, "The value of %q cannot be read: it was kept by another server, or with another master key. Type it again.", name)
		}
		values[name] = value
	}
	return values, nil
}
