package arm

import (
	"context"
	"net/http"
	"strings"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/record"
	"portico/internal/rest"
)

// link declares that resources of one kind can be put below another: the APIs
// of a product. Its record says only that it is so.
type link struct {
	pattern string // such as /products/{productId}/apis/{apiId}
	of      *resource
	check   func(e *edit) error // whether it may be; nil for always
}

func (a *api) linkRoutes(l link) []rest.Route {
	collection := l.pattern[:strings.LastIndexByte(l.pattern, '/')]
	return []rest.Route{
		a.route(http.MethodGet, collection, access.ReadCatalog, a.list(listing{pattern: collection, of: l.of, find: targets(l.of)})),
		a.route(http.MethodHead, l.pattern, access.ReadCatalog, a.linked(l)),
		a.route(http.MethodPut, l.pattern, access.WriteCatalog, a.connect(l)),
		a.route(http.MethodDelete, l.pattern, access.WriteCatalog, a.disconnect(l)),
	}
}

// target is the path of what a link points at.
func (l link) target(name string) string {
	return l.of.pattern[:strings.LastIndexByte(l.of.pattern, '/')] + "/" + name
}

// targets finds what the links of a list point at.
func targets(of *resource) func(*api, context.Context, string, record.Record) ([]item, error) {
	return func(a *api, ctx context.Context, path string, _ record.Record) ([]item, error) {
		links, err := a.records.List(ctx, path)
		if err != nil {
			return nil, err
		}
		var items []item
		for _, r := range links {
			target, err := a.records.Get(ctx, link{of: of}.target(record.Name(r.Path)))
			if fault.Is(err, fault.NotFound) {
				continue // deleted since, its links with it
			}
			if err != nil {
				return nil, err
			}
			items = append(items, item{target, r.Path})
		}
		return items, nil
	}
}

// linked answers HEAD: 204 where the link is there.
func (a *api) linked(l link) rest.Handler {
	return func(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
		rec, err := a.lookUp(r.Context(), recordPath(l.pattern, r), l.of.noun)
		if err != nil {
			return err
		}
		w.Header().Set("ETag", quote(rec.ETag))
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
}

// connect answers PUT, which has no body that matters.
func (a *api) connect(l link) rest.Handler {
	return func(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
		var target record.Record
		e := &edit{api: a, ctx: r.Context(), path: recordPath(l.pattern, r)}
		_, err := a.Editor.Edit(r.Context(), func() (_ []record.Change, err error) {
			if target, err = a.lookUp(e.ctx, l.target(record.Name(e.path)), l.of.noun); err != nil {
				return nil, err
			}
			e.path = record.Parent(e.path) + target.Path // /products/x and /apis/y
			e.name = record.Name(e.path)
			if err := e.load(); err != nil || e.current != nil {
				return nil, err
			}
			if l.check != nil {
				if err := l.check(e); err != nil {
					return nil, err
				}
			}
			return []record.Change{record.PutOf(e.path, catalog.Link{}, "-")}, nil
		})
		if err != nil {
			return err
		}
		status := http.StatusOK
		if e.current == nil {
			status = http.StatusCreated
		}
		body, err := a.envelope(r, l.of, target, e.path)
		if err != nil {
			return err
		}
		return rest.WriteJSON(w, status, body)
	}
}

// disconnect answers DELETE.
func (a *api) disconnect(l link) rest.Handler {
	return func(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
		e := &edit{api: a, ctx: r.Context(), path: recordPath(l.pattern, r)}
		_, err := a.Editor.Edit(r.Context(), func() ([]record.Change, error) {
			if err := e.loadCurrent(); err != nil || e.current == nil {
				return nil, err
			}
			return []record.Change{{Op: record.Delete, Path: e.path}}, nil
		})
		if err != nil {
			return err
		}
		w.WriteHeader(deletedStatus(e.current, 0))
		return nil
	}
}
