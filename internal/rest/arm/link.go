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
	pattern string                                                        // such as /products/{productId}/apis/{apiId}
	of      string                                                        // the kind, such as apis; "" where the link's name is all there is
	noun    string                                                        // where of is ""
	check   func(e *edit) error                                           // whether it may be made; nil for always
	release func(e *edit) error                                           // whether it may be undone; nil for always
	view    func(a *api, r *http.Request, rec record.Record) (any, error) // nil: what it points at
	get     bool                                                          // a GET gives what it points at; else there is a HEAD only
}

func (a *api) linkRoutes(l link) []rest.Route {
	of := a.resourceOf(l)
	collection := l.pattern[:strings.LastIndexByte(l.pattern, '/')]
	routes := []rest.Route{
		a.route(http.MethodGet, collection, access.ReadCatalog, a.list(listing{pattern: collection, of: of, find: l.targets})),
		a.route(http.MethodPut, l.pattern, access.WriteCatalog, a.connect(l, of)),
		a.route(http.MethodDelete, l.pattern, access.WriteCatalog, a.disconnect(l)),
	}
	if l.get {
		return append(routes, a.route(http.MethodGet, l.pattern, access.ReadCatalog, a.linkTarget(l, of)))
	}
	return append(routes, a.route(http.MethodHead, l.pattern, access.ReadCatalog, a.linked(l, of)))
}

// resourceOf is the kind in whose shape a link travels.
func (a *api) resourceOf(l link) *resource {
	of := &resource{noun: l.noun, fields: texts()}
	if l.of != "" {
		of = a.kinds[l.of]
	}
	if l.view == nil {
		return of
	}
	shown := *of
	shown.view, shown.instead = l.view, nil
	return &shown
}

// target gets what a link at a path points at.
func (l link) target(a *api, ctx context.Context, path string) (record.Record, error) {
	if l.of == "" {
		return record.Record{Path: path, Body: []byte("{}")}, nil
	}
	return a.lookUp(ctx, "/"+l.of+"/"+record.Name(path), a.kinds[l.of].noun)
}

// targets finds what the links of a list point at.
func (l link) targets(a *api, ctx context.Context, path string, _ record.Record) ([]item, error) {
	links, err := a.records.List(ctx, path)
	if err != nil {
		return nil, err
	}
	var items []item
	for _, r := range links {
		target, err := l.target(a, ctx, r.Path)
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

// linkTarget answers GET and HEAD of a link that has them.
func (a *api) linkTarget(l link, of *resource) rest.Handler {
	return func(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
		rec, err := a.lookUp(r.Context(), recordPath(l.pattern, r), of.noun)
		if err != nil {
			return err
		}
		target, err := l.target(a, r.Context(), rec.Path)
		if err != nil {
			return err
		}
		body, err := a.envelope(r, of, target, rec.Path)
		if err != nil {
			return err
		}
		w.Header().Set("ETag", quote(rec.ETag))
		return rest.WriteJSON(w, http.StatusOK, body)
	}
}

// linked answers HEAD: 204 where the link is there.
func (a *api) linked(l link, of *resource) rest.Handler {
	return func(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
		rec, err := a.lookUp(r.Context(), recordPath(l.pattern, r), of.noun)
		if err != nil {
			return err
		}
		w.Header().Set("ETag", quote(rec.ETag))
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
}

// connect answers PUT, which has no body that matters.
func (a *api) connect(l link, of *resource) rest.Handler {
	return func(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
		var target record.Record
		e := &edit{api: a, ctx: r.Context(), path: recordPath(l.pattern, r)}
		_, err := a.Editor.Edit(r.Context(), func() (_ []record.Change, err error) {
			if target, err = l.target(a, e.ctx, e.path); err != nil {
				return nil, err
			}
			e.name = record.Name(target.Path) // as the target spells it
			e.path = e.path[:strings.LastIndexByte(e.path, '/')+1] + e.name
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
		body, err := a.envelope(r, of, target, e.path)
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
			if l.release != nil {
				if err := l.release(e); err != nil {
					return nil, err
				}
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
