package arm

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/record"
	"portico/internal/rest"
	"portico/internal/rest/page"
)

// association declares the other view of links that the contract has: as
// resources with names of their own, which say what they connect. The records
// are the links' own, so that the two views never differ.
type association struct {
	pattern  string // such as /products/{productId}/apiLinks/{apiLinkId}
	property string // that names what is connected, such as apiId
	of       string // its kind
	// upward: the link stands below what is connected, as a tag's does.
	upward bool
	check  func(e *edit) error
}

// associations are those of products and of tags.
func associations() []association {
	return []association{
		{pattern: "/products/{productId}/apiLinks/{apiLinkId}", property: "apiId", of: "apis", check: checkProductAPI},
		{pattern: "/products/{productId}/groupLinks/{groupLinkId}", property: "groupId", of: "groups"},
		{pattern: "/tags/{tagId}/apiLinks/{apiLinkId}", property: "apiId", of: "apis", upward: true},
		{pattern: "/tags/{tagId}/operationLinks/{operationLinkId}", property: "operationId", of: "apis/operations", upward: true},
		{pattern: "/tags/{tagId}/productLinks/{productLinkId}", property: "productId", of: "products", upward: true},
	}
}

func associationArea() area {
	return area{routes: func(a *api) []rest.Route {
		var routes []rest.Route
		for _, s := range associations() {
			collection := s.pattern[:strings.LastIndexByte(s.pattern, '/')]
			routes = append(routes,
				a.route(http.MethodGet, collection, access.ReadCatalog, a.listAssociations(s, collection)),
				a.route(http.MethodGet, s.pattern, access.ReadCatalog, a.getAssociation(s)),
				a.route(http.MethodPut, s.pattern, access.WriteCatalog, a.putAssociation(s)),
				a.route(http.MethodDelete, s.pattern, access.WriteCatalog, a.removeAssociation(s)))
		}
		return routes
	}}
}

// connected is one association as it stands.
type connected struct {
	link         record.Record
	name, target string
}

// linkPath is where the link of an owner to a target is kept.
func (s association) linkPath(owner, target string) string {
	if s.upward {
		return target + owner // /apis/a and /tags/t
	}
	return owner + target
}

// all gives the associations of an owner.
func (s association) all(a *api, r *http.Request, owner string) ([]connected, error) {
	pattern := "/" + s.of
	if s.of == "apis/operations" {
		pattern = "/apis/*/operations"
	}
	collection := owner + pattern
	if s.upward {
		collection = pattern + "/*" + owner[:strings.LastIndexByte(owner, '/')]
	}
	links, err := a.records.List(r.Context(), collection)
	if err != nil {
		return nil, err
	}
	var found []connected
	for _, l := range links {
		target := l.Path[len(record.Parent(l.Path)):]
		if s.upward {
			if !strings.EqualFold(record.Name(l.Path), record.Name(owner)) {
				continue
			}
			target = record.Parent(l.Path)
		}
		var body catalog.Link
		if err := json.Unmarshal(l.Body, &body); err != nil {
			return nil, fmt.Errorf("%s: %w", l.Path, err)
		}
		name := body.Name
		if name == "" {
			name = strings.TrimPrefix(strings.ReplaceAll(target, "/"+strings.SplitN(s.of, "/", 2)[0]+"/", "-"), "-")
			name = strings.ReplaceAll(name, "/operations/", "-")
		}
		found = append(found, connected{l, name, target})
	}
	return found, nil
}

// owner gives the path of what the associations stand below, and those.
func (s association) owner(a *api, r *http.Request) (string, []connected, error) {
	owner, err := a.parent(r.Context(), recordPath(s.pattern, r))
	if err != nil {
		return "", nil, err
	}
	all, err := s.all(a, r, owner.Path)
	return owner.Path, all, err
}

func (s association) envelope(a *api, owner string, c connected) envelope {
	collection := strings.Split(s.pattern, "/")[3]
	path := owner + "/" + collection + "/" + c.name
	return envelope{ID: a.serviceID + path, Type: typeOf(path), Name: c.name, Properties: map[string]string{s.property: a.serviceID + c.target}}
}

func (a *api) listAssociations(s association, _ string) rest.Handler {
	return func(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
		query, err := queryOf(r)
		if err != nil {
			return err
		}
		o, err := page.Parse(query, texts(s.property))
		if err != nil {
			return err
		}
		owner, all, err := s.owner(a, r)
		if err != nil {
			return err
		}
		envelopes := make([]envelope, len(all))
		for i, c := range all {
			envelopes[i] = s.envelope(a, owner, c)
		}
		return a.writePage(w, r, query, o, envelopes, nil, nil)
	}
}

// named finds an association by its name; nil: there is none.
func named(all []connected, name string) *connected {
	for i := range all {
		if strings.EqualFold(all[i].name, name) {
			return &all[i]
		}
	}
	return nil
}

func (a *api) getAssociation(s association) rest.Handler {
	return func(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
		owner, all, err := s.owner(a, r)
		if err != nil {
			return err
		}
		name := record.Name(recordPath(s.pattern, r))
		c := named(all, name)
		if c == nil {
			return fault.New(fault.NotFound, "Link not found: %s.", name)
		}
		w.Header().Set("ETag", quote(c.link.ETag))
		return rest.WriteJSON(w, http.StatusOK, s.envelope(a, owner, *c))
	}
}

func (a *api) putAssociation(s association) rest.Handler {
	return func(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
		var body struct {
			Properties map[string]string `json:"properties"`
		}
		if err := rest.DecodeJSON(r, &body); err != nil {
			return err
		}
		name := record.Name(recordPath(s.pattern, r))
		if err := catalog.CheckName("name", name, 80); err != nil {
			return err
		}
		var made envelope
		status := http.StatusOK
		_, err := a.Editor.Edit(r.Context(), func() ([]record.Change, error) {
			owner, all, err := s.owner(a, r)
			if err != nil {
				return nil, err
			}
			path := "/" + strings.Trim(a.relative(body.Properties[s.property]), "/")
			if record.Kind(path) != s.of || strings.Count(path, "/") != 2*len(strings.Split(s.of, "/")) {
				return nil, catalog.Incorrect().With(catalog.CodeValidation, s.property, "%q is not the id of one of /%s.", path, s.of)
			}
			target, err := a.lookUp(r.Context(), path, a.kinds[s.of].noun)
			if err != nil {
				return nil, err
			}
			made = s.envelope(a, owner, connected{name: name, target: target.Path})
			for _, c := range all {
				same, sameName := strings.EqualFold(c.target, target.Path), strings.EqualFold(c.name, name)
				switch {
				case same && sameName:
					return nil, nil
				case same:
					return nil, fault.New(fault.Conflict, "%s is connected already, by the link %s.", target.Path, c.name)
				case sameName:
					return nil, fault.New(fault.Conflict, "The link %s connects %s: delete it first, or choose another name.", name, c.target)
				}
			}
			e := &edit{api: a, ctx: r.Context(), path: s.linkPath(owner, target.Path), name: record.Name(target.Path)}
			if s.check != nil {
				if err := s.check(e); err != nil {
					return nil, err
				}
			}
			status = http.StatusCreated
			return []record.Change{record.PutOf(e.path, catalog.Link{Name: name}, "-")}, nil
		})
		if err != nil {
			return err
		}
		return rest.WriteJSON(w, status, made)
	}
}

func (a *api) removeAssociation(s association) rest.Handler {
	return func(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
		status := http.StatusNoContent
		_, err := a.Editor.Edit(r.Context(), func() ([]record.Change, error) {
			_, all, err := s.owner(a, r)
			if err != nil {
				return nil, err
			}
			c := named(all, record.Name(recordPath(s.pattern, r)))
			if c == nil {
				return nil, nil
			}
			status = http.StatusOK
			return []record.Change{{Op: record.Delete, Path: c.link.Path}}, nil
		})
		if err != nil {
			return err
		}
		w.WriteHeader(status)
		return nil
	}
}
