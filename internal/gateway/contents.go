package gateway

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"portico/internal/policy"
	"portico/internal/policy/csharp/host"
)

// ProductAPIs gives the APIs that a product holds, as expressions see them; see policy.Exchange.
func (s *snapshot) ProductAPIs(id string) []*host.API {
	id = strings.ToLower(id)
	found := map[string]*host.API{}
	for a := range s.all() {
		if a.in[id] != nil {
			found[a.id] = policy.APIView(a.id, a.props)
		}
	}
	return slices.SortedFunc(maps.Values(found), func(x, y *host.API) int { return cmp.Compare(x.ID, y.ID) })
}

// ProductGroups gives the groups that see a product.
func (s *snapshot) ProductGroups(id string) []host.Group { return s.groups[strings.ToLower(id)] }

// productGroups gives the groups that see each product, by its id in lower case.
// The map is not changed any more.
func (p *people) productGroups() map[string][]policy.Group {
	if p.shown == nil {
		p.shown = make(map[string][]policy.Group, len(p.sees))
		for product, groups := range p.sees {
			for _, id := range slices.Sorted(maps.Keys(groups)) {
				if g, there := p.groups[id]; there {
					p.shown[product] = append(p.shown[product], g)
				}
			}
		}
	}
	return p.shown
}
