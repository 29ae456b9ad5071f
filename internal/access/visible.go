package access

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"portico/internal/catalog"
	"portico/internal/record"
)

// Sight is what a person of the developer portal may see of the catalogue: the
// products that are published to one of the person's groups, and the current
// revisions of the APIs in them (apim.md 1.4).
type Sight struct {
	Products []record.Record // in the order in which they were made
	products map[string]bool // by lower-case name
	apis     map[string]bool // likewise
	groups   map[string]bool
}

// See works out what a user may see; "" is a guest. Who signed in sees what
// guests see too, and members of Administrators what is not published.
func See(ctx context.Context, records record.Store, user string) (*Sight, error) {
	s := &Sight{products: map[string]bool{}, apis: map[string]bool{}, groups: map[string]bool{catalog.Guests: true}}
	if user != "" {
		s.groups[catalog.Developers] = true
		groups, err := GroupsOf(ctx, records, user)
		if err != nil {
			return nil, err
		}
		for _, g := range groups {
			s.groups[strings.ToLower(record.Name(g.Path))] = true
		}
	}
	links, err := records.List(ctx, catalog.Products+"/*"+catalog.Groups)
	if err != nil {
		return nil, err
	}
	shown := map[string]bool{}
	for _, l := range links {
		if s.groups[strings.ToLower(record.Name(l.Path))] {
			shown[strings.ToLower(record.NameIn(l.Path, "products"))] = true
		}
	}
	products, err := records.List(ctx, catalog.Products)
	if err != nil {
		return nil, err
	}
	for _, r := range products {
		var p catalog.Product
		if err := json.Unmarshal(r.Body, &p); err != nil {
			return nil, fmt.Errorf("%s: %w", r.Path, err)
		}
		if name := strings.ToLower(record.Name(r.Path)); shown[name] && (p.State == catalog.Published || s.groups[catalog.Administrators]) {
			s.Products, s.products[name] = append(s.Products, r), true
		}
	}
	if links, err = records.List(ctx, catalog.Products+"/*"+catalog.APIs); err != nil {
		return nil, err
	}
	for _, l := range links {
		if s.products[strings.ToLower(record.NameIn(l.Path, "products"))] {
			s.apis[strings.ToLower(record.Name(l.Path))] = true
		}
	}
	return s, nil
}

// Product tells whether the product of that name may be seen.
func (s *Sight) Product(name string) bool { return s.products[strings.ToLower(name)] }

// API tells whether the API of that name may be seen; a name with the number of a revision may not.
func (s *Sight) API(name string) bool { return s.apis[strings.ToLower(name)] }
