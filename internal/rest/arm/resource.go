package arm

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/record"
	"portico/internal/rest"
	"portico/internal/rest/odata"
)

// resource declares one kind of resource.
type resource struct {
	pattern string       // below the instance, such as /apis/{apiId}/operations/{operationId}
	noun    string       // in messages, such as Operation
	maxName int          // characters
	names   []string     // the only names there are; nil: any that checkName takes
	fields  odata.Fields // what $filter and $orderby may name
	// checkName checks the name of a new one. nil: catalog.CheckName with maxName.
	checkName func(name string) error
	// initial gives what stands under one of names before anybody wrote it. nil: nothing does.
	initial func(name string) any
	// narrow leaves out of a list what a query parameter of the kind's own does not want. nil: nothing.
	narrow func(a *api, ctx context.Context, query url.Values, items []item) ([]item, error)
	// derive adds fields that are no properties. nil: none.
	derive func(properties map[string]any)
	// view gives the "properties" that a reader sees. nil: the record's body.
	view func(a *api, r *http.Request, rec record.Record) (any, error)
	// instead answers a GET that asks for another form of the resource. nil: none does.
	instead func(a *api, w http.ResponseWriter, r *http.Request, rec record.Record) (answered bool, err error)
	// prepare does what takes long, before the change is planned, and gives what
	// is left of what was sent. nil: nothing does.
	prepare func(e *edit, sent json.RawMessage) (json.RawMessage, error)
	// write plans the record that holds e.properties, and may add to e.also. nil: the kind is read only.
	write func(e *edit) (record.Change, error)
	// remove plans what goes with one that is deleted, besides what stands below it. nil: nothing.
	remove                    func(e *edit) ([]record.Change, error)
	noPatch, noDelete, noList bool
	writer                    access.Permission // that a PUT, PATCH or DELETE needs; "": access.WriteCatalog
	unconditional             bool              // a DELETE needs no If-Match
	bodiless                  bool              // a PUT has nothing to say
	provisioned               bool              // the SDKs wait for its provisioningState, which is Succeeded at once
	patched                   int               // the status of a PATCH; 0: 200
	deleted                   int               // the status of a DELETE that found something; 0: 200
	maxBody                   int64             // of what is written, in bytes; 0: the API's own limit
}

// plain completes the declaration of a kind whose records are its properties,
// as P; check completes and checks them. old is nil for a new one. Secrets of a
// P that has them are sealed, kept where they are left out, and not shown.
func plain[P any](r resource, check func(e *edit, p, old *P) error) *resource {
	r.write = func(e *edit) (record.Change, error) {
		var p P
		if err := e.decode(&p); err != nil {
			return record.Change{}, err
		}
		var old *P
		if e.current != nil {
			var err error
			if old, err = catalog.Open[P](e.Keys, *e.current); err != nil {
				return record.Change{}, err
			}
		}
		catalog.KeepSecrets(&p, old)
		if err := check(e, &p, old); err != nil {
			return record.Change{}, err
		}
		return catalog.Seal(e.Keys, e.path, &p, ""), nil
	}
	if _, ok := any(new(P)).(catalog.Confidential); ok && r.view == nil {
		r.view = func(a *api, _ *http.Request, rec record.Record) (any, error) { return catalog.Show[P](a.Keys, rec) }
	}
	return &r
}

// envelope is how a resource travels.
type envelope struct {
	ID         string `json:"id"`
	Type       string `json:"type"`
	Name       string `json:"name"`
	Properties any    `json:"properties"`
}

// edit is a change of one resource in the making.
type edit struct {
	*api
	ctx        context.Context
	query      url.Values
	path       string // of the record
	name       string
	revision   string          // the number in the request's name of an API, "" where it has none
	current    *record.Record  // nil for a new one
	unwritten  bool            // current is what stood there before anybody wrote it
	properties json.RawMessage // what is to be stored, merged where it is a PATCH
	also       []record.Change // what changes with it
	warnings   []fault.Problem // for the client; they stop nothing
	prepared   any             // what the kind's prepare found
}

// decode reads the properties into v.
func (e *edit) decode(v any) error {
	if len(e.properties) == 0 {
		return nil
	}
	return rest.UnmarshalJSON(e.properties, v)
}

// has tells whether the properties have a member.
func (e *edit) has(member string) bool {
	var members map[string]json.RawMessage
	if json.Unmarshal(e.properties, &members) != nil {
		return false
	}
	for name := range members {
		if strings.EqualFold(name, member) {
			return true
		}
	}
	return false
}

func (a *api) resourceRoutes(res *resource) []rest.Route {
	collection := res.pattern[:strings.LastIndexByte(res.pattern, '/')]
	routes := []rest.Route{a.route(http.MethodGet, res.pattern, access.ReadCatalog, a.get(res))}
	if !res.noList {
		routes = append(routes, a.route(http.MethodGet, collection, access.ReadCatalog, a.list(listing{pattern: collection, of: res, find: children(res)})))
	}
	if res.write == nil {
		return routes
	}
	writer := res.writer
	if writer == "" {
		writer = access.WriteCatalog
	}
	put := a.route(http.MethodPut, res.pattern, writer, a.put(res))
	put.MaxBody = res.maxBody
	routes = append(routes, put)
	if !res.noDelete {
		routes = append(routes, a.route(http.MethodDelete, res.pattern, writer, a.remove(res)))
	}
	if !res.noPatch {
		patch := a.route(http.MethodPatch, res.pattern, writer, a.patch(res))
		patch.MaxBody = res.maxBody
		routes = append(routes, patch)
	}
	return routes
}

// recordPath fills a pattern with the request's names.
func recordPath(pattern string, r *http.Request) string {
	parts := strings.Split(pattern, "/")
	for i, p := range parts {
		if strings.HasPrefix(p, "{") {
			parts[i] = r.PathValue(strings.Trim(p, "{}"))
		}
	}
	return strings.Join(parts, "/")
}

// lookUp gets a record, and names what is missing as ARM does.
func (a *api) lookUp(ctx context.Context, path, noun string) (record.Record, error) {
	rec, _, err := a.find(ctx, path)
	if fault.Is(err, fault.NotFound) {
		return rec, fault.New(fault.NotFound, "%s not found: %s.", noun, record.Name(path))
	}
	return rec, err
}

// unwrittenETag is the version of what stands under a name before anybody wrote it.
const unwrittenETag = "0"

// find gets a record, or what stands in its place before anybody wrote it.
func (a *api) find(ctx context.Context, path string) (rec record.Record, unwritten bool, err error) {
	rec, err = a.records.Get(ctx, path)
	if !fault.Is(err, fault.NotFound) {
		return rec, false, err
	}
	kind := a.kinds[record.Kind(path)]
	if kind == nil || kind.initial == nil {
		return rec, false, err
	}
	i := slices.IndexFunc(kind.names, func(n string) bool { return strings.EqualFold(n, record.Name(path)) })
	if i < 0 {
		return rec, false, err
	}
	body, err := json.Marshal(kind.initial(kind.names[i]))
	return record.Record{Path: path[:strings.LastIndexByte(path, '/')+1] + kind.names[i], ETag: unwrittenETag, Body: body}, true, err
}

// parent gets the record below which a path stands; the zero Record is the instance.
func (a *api) parent(ctx context.Context, path string) (record.Record, error) {
	parent := record.Parent(path)
	if parent == "" {
		return record.Record{}, nil
	}
	noun := "Resource"
	if kind := a.kinds[record.Kind(parent)]; kind != nil {
		noun = kind.noun
	}
	return a.lookUp(ctx, parent, noun)
}

// get answers GET and HEAD of one resource.
func (a *api) get(res *resource) rest.Handler {
	return func(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
		rec, err := a.lookUp(r.Context(), recordPath(res.pattern, r), res.noun)
		if err != nil {
			return err
		}
		if none := r.Header.Get("If-None-Match"); none != "" && names(none, rec.ETag) {
			w.Header().Set("ETag", quote(rec.ETag))
			return fault.New(fault.NotModified, "The resource has not changed.")
		}
		if res.instead != nil {
			if answered, err := res.instead(a, w, r, rec); answered || err != nil {
				return err
			}
		}
		return a.answer(w, r, http.StatusOK, res, rec)
	}
}

// answer sends one resource with its ETag.
func (a *api) answer(w http.ResponseWriter, r *http.Request, status int, res *resource, rec record.Record) error {
	body, err := a.envelope(r, res, rec, rec.Path)
	if err != nil {
		return err
	}
	w.Header().Set("ETag", quote(rec.ETag))
	return rest.WriteJSON(w, status, body)
}

// envelope gives a record as it travels; path is its place in the id, which for a link is the link's.
func (a *api) envelope(r *http.Request, res *resource, rec record.Record, path string) (envelope, error) {
	properties, err := a.propertiesOf(r, res, rec)
	return envelope{ID: a.serviceID + path, Type: typeOf(path), Name: record.Name(path), Properties: properties}, err
}

func (a *api) propertiesOf(r *http.Request, res *resource, rec record.Record) (any, error) {
	var properties any = rec.Body
	if res.view != nil {
		var err error
		if properties, err = res.view(a, r, rec); err != nil {
			return nil, err
		}
	}
	if !res.provisioned {
		return properties, nil
	}
	body, err := json.Marshal(properties)
	if err != nil {
		return nil, err
	}
	return record.Merge(body, json.RawMessage(`{"provisioningState":"`+succeeded+`"}`))
}

// typeOf is the ARM type of the resource at a path.
func typeOf(path string) string {
	t := provider + "/service"
	for i, part := range strings.Split(path[1:], "/") {
		if i%2 == 0 {
			t += "/" + part
		}
	}
	return t
}

// put creates a resource or replaces it.
func (a *api) put(res *resource) rest.Handler {
	return func(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
		return a.store(w, r, res, func(e *edit, sent json.RawMessage) error {
			e.properties = sent
			return nil
		})
	}
}

// patch changes some properties of a resource that exists.
func (a *api) patch(res *resource) rest.Handler {
	return func(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
		if err := requireIfMatch(r); err != nil {
			return err
		}
		return a.store(w, r, res, func(e *edit, sent json.RawMessage) error {
			if e.current == nil {
				return fault.New(fault.NotFound, "%s not found: %s.", res.noun, e.name)
			}
			view, err := a.propertiesOf(r, res, *e.current)
			if err != nil {
				return err
			}
			base, err := json.Marshal(view)
			if err != nil {
				return err
			}
			e.properties, err = record.Merge(base, sent)
			return err
		})
	}
}

// store reads the body, has prepare make e.properties of what was sent, and
// plans and applies the change.
func (a *api) store(w http.ResponseWriter, r *http.Request, res *resource, prepare func(e *edit, sent json.RawMessage) error) error {
	var body struct {
		Properties json.RawMessage `json:"properties"`
	}
	if !res.bodiless {
		if err := rest.DecodeJSON(r, &body); err != nil {
			return err
		}
	}
	if len(body.Properties) > 0 && body.Properties[0] != '{' {
		return catalog.Incorrect().With(catalog.CodeValidation, "properties", "properties must be an object.")
	}
	query, err := queryOf(r)
	if err != nil {
		return err
	}
	e := &edit{api: a, ctx: r.Context(), query: query, path: recordPath(res.pattern, r), revision: r.PathValue(revisionValue)}
	e.name = record.Name(e.path)
	if err := res.mayBeCalled(e.name); err != nil {
		return err
	}
	if res.prepare != nil {
		if body.Properties, err = res.prepare(e, body.Properties); err != nil {
			return err
		}
	}
	applied, err := a.Editor.Edit(r.Context(), func() ([]record.Change, error) {
		if err := e.load(); err != nil {
			return nil, err
		}
		if err := checkConditions(r, e.current); err != nil {
			return nil, err
		}
		if err := prepare(e, body.Properties); err != nil {
			return nil, err
		}
		change, err := res.write(e)
		if err != nil {
			return nil, err
		}
		change.Match = e.match()
		return append([]record.Change{change}, e.also...), nil
	})
	if err != nil {
		return err
	}
	for _, warning := range e.warnings {
		w.Header().Add("Warning", "299 portico "+strconv.QuoteToASCII(warning.Message))
	}
	switch {
	case e.current == nil:
		return a.answer(w, r, http.StatusCreated, res, applied[0].New)
	case r.Method == http.MethodPatch && res.patched != 0:
		w.Header().Set("ETag", quote(applied[0].New.ETag))
		w.WriteHeader(res.patched)
		return nil
	}
	return a.answer(w, r, http.StatusOK, res, applied[0].New)
}

// mayBeCalled checks the name of one of the kind.
func (res *resource) mayBeCalled(name string) error {
	switch {
	case res.names != nil:
		if !slices.ContainsFunc(res.names, func(n string) bool { return strings.EqualFold(n, name) }) {
			return fault.New(fault.NotFound, "%s not found: %s. There are %s.", res.noun, name, strings.Join(res.names, ", "))
		}
		return nil
	case res.checkName != nil:
		return res.checkName(name)
	}
	return catalog.CheckName("name", name, res.maxName)
}

// match is the precondition with which the planned change is applied.
func (e *edit) match() string {
	if e.current == nil || e.unwritten {
		return "-"
	}
	return e.current.ETag
}

// load finds what is stored, and takes the path's spelling from its parent.
func (e *edit) load() error {
	parent, err := e.parent(e.ctx, e.path)
	if err != nil {
		return err
	}
	if parent.Path != "" {
		e.path = parent.Path + e.path[len(parent.Path):]
	}
	return e.loadCurrent()
}

func (e *edit) loadCurrent() error {
	rec, unwritten, err := e.find(e.ctx, e.path)
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	e.unwritten = unwritten
	e.current, e.path, e.name = &rec, rec.Path, record.Name(rec.Path)
	return nil
}

// remove deletes a resource with all that stands below it. What is not there is deleted already.
func (a *api) remove(res *resource) rest.Handler {
	return func(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
		if err := requireIfMatch(r); err != nil && !res.unconditional {
			return err
		}
		query, err := queryOf(r)
		if err != nil {
			return err
		}
		e := &edit{api: a, ctx: r.Context(), query: query, path: recordPath(res.pattern, r)}
		_, err = a.Editor.Edit(r.Context(), func() ([]record.Change, error) {
			if err := e.loadCurrent(); err != nil || e.current == nil || e.unwritten {
				return nil, err
			}
			if err := checkConditions(r, e.current); err != nil {
				return nil, err
			}
			changes := []record.Change{{Op: record.DeleteTree, Path: e.path, Match: e.current.ETag}}
			if res.remove == nil {
				return changes, nil
			}
			more, err := res.remove(e)
			return append(changes, more...), err
		})
		if err != nil {
			return err
		}
		w.WriteHeader(deletedStatus(e.current, res.deleted))
		return nil
	}
}

func deletedStatus(found *record.Record, status int) int {
	switch {
	case found == nil:
		return http.StatusNoContent
	case status == 0:
		return http.StatusOK
	}
	return status
}
