package arm

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"portico/internal/access"
	"portico/internal/artifact"
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/record"
	"portico/internal/rest"
)

// maxConfiguration is the longest configuration that is taken, in bytes.
const maxConfiguration = 512 << 20

// configurationRoutes read and change all that is configured at once: additions
// of ours, which the commands export and apply use.
func (a *api) configurationRoutes() []rest.Route {
	const pattern = "/configuration"
	change := a.route(http.MethodPost, pattern, access.WriteCatalog, a.changeConfiguration)
	change.MaxBody = maxConfiguration
	return []rest.Route{a.route(http.MethodGet, pattern, access.ReadCatalog, a.readConfiguration), change}
}

// readConfiguration answers with every resource that is configuration, as it is
// stored, without its secrets; policy documents are raw XML.
func (a *api) readConfiguration(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	all := artifact.Configuration{Value: []artifact.Resource{}}
	_, err := a.Editor.Edit(r.Context(), func() ([]record.Change, error) { // nobody changes anything meanwhile
		for _, k := range artifact.Kinds {
			recs, err := a.records.List(r.Context(), "/"+strings.ReplaceAll(k.Name, "/", "/*/"))
			if err != nil {
				return nil, err
			}
			for _, rec := range recs {
				resource, err := a.exported(rec)
				if err != nil {
					return nil, err
				}
				if artifact.Included(resource) {
					all.Value = append(all.Value, resource)
				}
			}
		}
		return nil, nil
	})
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, all)
}

// exported gives a record as a part of a configuration.
func (a *api) exported(rec record.Record) (artifact.Resource, error) {
	body, err := a.rawPolicy(rec)
	if err != nil {
		return artifact.Resource{}, err
	}
	properties, err := record.Decode(body)
	if err != nil {
		return artifact.Resource{}, err
	}
	body, err = json.Marshal(artifact.Conceal(properties, ""))
	return artifact.Resource{Path: rec.Path, Properties: body}, err
}

// rawPolicy gives a record's body; that of a policy document or a fragment with its text as raw XML.
func (a *api) rawPolicy(rec record.Record) (json.RawMessage, error) {
	if kind := record.Kind(rec.Path); kind != "policyfragments" && !strings.HasSuffix(kind, "policies") {
		return rec.Body, nil
	}
	var f catalog.Fragment
	if err := json.Unmarshal(rec.Body, &f); err != nil || f.Format == catalog.FormatRawXML {
		return rec.Body, err
	}
	value, err := a.Policies.Convert(f.Value, f.Format, catalog.FormatRawXML)
	if err != nil {
		return nil, err
	}
	f.Policy = catalog.Policy{Format: catalog.FormatRawXML, Value: value}
	return json.Marshal(f)
}

// planned is a configuration on its way: all of it is made, or nothing.
type planned struct {
	api     *api
	overlay *record.Overlay
	handler http.Handler
	puts    map[string]bool // keys of what is to be there
	failed  map[string]bool // keys of what could not be made
	bad     *fault.Error
}

// maxConfigurationProblems is how many problems of one configuration are told.
const maxConfigurationProblems = 1000

// changeConfiguration makes many changes as one: each is checked as a request of
// its own would be, after those before it, and all of them are applied in one
// transaction, or none. The answer tells what is different; a dry run only tells.
func (a *api) changeConfiguration(w http.ResponseWriter, r *http.Request, who access.Principal) error {
	var in artifact.Changes
	if err := rest.DecodeJSON(r, &in); err != nil {
		return err
	}
	out := artifact.Outcome{Changes: []artifact.Change{}}
	_, err := a.Editor.Edit(r.Context(), func() ([]record.Change, error) {
		p := a.plan(who)
		if err := p.takeAll(r.Context(), in.Requests); err != nil {
			return nil, err
		}
		if err := p.bad.OrNil(); err != nil {
			return nil, err
		}
		difference := p.overlay.Difference(a.sameRecord)
		for _, d := range difference {
			c := artifact.Describe(d)
			if k, _ := artifact.KindOf(c.Path); k != nil {
				out.Changes = append(out.Changes, c)
			}
		}
		if in.DryRun {
			return nil, nil
		}
		return record.ChangesOf(difference), nil
	})
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, out)
}

// plan begins a configuration over what is stored: the same API as this one,
// which keeps its changes to itself.
func (a *api) plan(who access.Principal) *planned {
	p := &planned{overlay: record.NewOverlay(a.records), puts: map[string]bool{}, failed: map[string]bool{},
		bad: fault.Coded(fault.Invalid, catalog.CodeValidation, "The configuration cannot be applied; nothing was changed.")}
	options := a.Options
	options.Editor = &record.Editor{Store: p.overlay}
	p.api = newAPI(options)
	p.api.planned = p
	p.handler = rest.API{Routes: p.api.routes(), Authenticate: func(*http.Request) (access.Principal, error) { return who, nil }, Wire: captured{}, MaxBody: -1, Log: a.Log}.Handler()
	return p
}

// CheckConfiguration checks the changes of a configuration as an instance would
// that has the records of first and nothing else. It returns what a change of
// the configuration itself would.
func CheckConfiguration(ctx context.Context, o Options, first []record.Change, in artifact.Changes) error {
	store := record.NewOverlay(nil)
	if _, err := store.Apply(ctx, first...); err != nil {
		return err
	}
	o.Editor = &record.Editor{Store: store}
	a := newAPI(o)
	a.routes() // they make the kinds known
	p := a.plan(access.Principal{Name: "check", Roles: []access.Role{access.Administrator}})
	if err := p.takeAll(ctx, in.Requests); err != nil {
		return err
	}
	return p.bad.OrNil()
}

// keeps tells whether a configuration says itself that something is to be there.
func (p *planned) keeps(path string) bool { return p != nil && p.puts[record.Key(path)] }

// takeAll plans changes in their order.
func (p *planned) takeAll(ctx context.Context, all []artifact.Request) error {
	for _, one := range all {
		if !one.Delete {
			p.puts[record.Key(one.Path)] = true
		}
	}
	for _, one := range all {
		if err := p.take(ctx, one); err != nil {
			return err
		}
	}
	return nil
}

// take plans one change. What is wrong with it is noted; the error is one that ends all.
func (p *planned) take(ctx context.Context, one artifact.Request) error {
	k, _ := artifact.KindOf(one.Path)
	if k == nil || k.Name == "apis/definitions" {
		p.refuse(one.Path, "", "It is no resource of a configuration.")
		return nil
	}
	if len(p.bad.Problems) >= maxConfigurationProblems || p.isBelowFailed(one.Path) {
		return nil
	}
	if k.Name == "apis" && !one.Delete {
		if err := p.becomeCurrent(ctx, one); err != nil {
			return err
		}
	}
	f, err := p.call(ctx, one)
	switch {
	case err != nil:
		return err
	case f == nil:
		return nil
	case f.Kind == fault.Internal || f.Kind == fault.StorageFailed || f.Kind == fault.Unavailable:
		return f
	case len(f.Problems) == 0:
		p.refuse(one.Path, "", f.Message)
	}
	for _, problem := range f.Problems {
		p.refuse(one.Path, problem.Target, problem.Message)
	}
	return nil
}

func (p *planned) refuse(path, target, message string) {
	p.failed[record.Key(path)] = true
	if target != "" {
		path += "#" + target
	}
	p.bad.With(catalog.CodeValidation, path, "%s", message)
}

// isBelowFailed tells whether what a change stands below, or links to, could not
// be made: the problem is told there.
func (p *planned) isBelowFailed(path string) bool {
	if target := "/" + strings.Join(strings.Split(path, "/")[max(0, strings.Count(path, "/")-1):], "/"); p.failed[record.Key(target)] {
		return true
	}
	for path = record.Parent(path); path != ""; path = record.Parent(path) {
		if p.failed[record.Key(path)] {
			return true
		}
	}
	return false
}

// call answers one change as the request that it stands for.
func (p *planned) call(ctx context.Context, one artifact.Request) (*fault.Error, error) {
	method, query := http.MethodPut, url.Values{"api-version": {versions[len(versions)-1]}}
	if one.Delete {
		method = http.MethodDelete
		query.Set("deleteRevisions", "true")
	}
	target := url.URL{Scheme: "http", Host: "portico", Path: p.api.serviceID + one.Path, RawQuery: query.Encode()}
	body, err := json.Marshal(map[string]json.RawMessage{"properties": orEmpty(one.Properties)})
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, method, target.String(), bytes.NewReader(body))
	if err != nil {
		return fault.New(fault.Invalid, "%q is not the path of a resource.", one.Path), nil
	}
	if one.Delete {
		r.Header.Set("If-Match", "*")
	}
	answer := &captor{header: http.Header{}}
	p.handler.ServeHTTP(answer, r)
	return answer.failure, nil
}

func orEmpty(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 {
		return json.RawMessage("{}")
	}
	return raw
}

// becomeCurrent makes the revision that a configuration says is the current one
// of an API change places with the one that is; a new one begins as a copy.
func (p *planned) becomeCurrent(ctx context.Context, one artifact.Request) error {
	var wanted struct {
		Revision string `json:"apiRevision"`
	}
	base, revision := catalog.SplitRevision(record.Name(one.Path))
	if revision != "" || json.Unmarshal(orEmpty(one.Properties), &wanted) != nil || wanted.Revision == "" || catalog.CheckRevisionName(base+catalog.RevisionMark+wanted.Revision) != nil {
		return nil // the request itself says what is wrong
	}
	current, rec, err := record.Get[catalog.API](ctx, p.overlay, one.Path)
	if fault.Is(err, fault.NotFound) || err == nil && current.APIRevision == wanted.Revision {
		return nil
	}
	if err != nil {
		return err
	}
	next := catalog.APIPath(record.Name(rec.Path) + catalog.RevisionMark + wanted.Revision)
	if _, err := p.overlay.Get(ctx, next); fault.Is(err, fault.NotFound) {
		no := false
		current.APIRevision, current.IsCurrent = wanted.Revision, &no
		copies, err := catalog.CopyAPI(ctx, p.overlay, rec.Path, next)
		if err != nil {
			return err
		}
		if _, err := p.overlay.Apply(ctx, append([]record.Change{record.PutOf(next, current, "")}, copies...)...); err != nil {
			return err
		}
	} else if err != nil {
		return err
	}
	changes, err := catalog.MakeCurrent(ctx, p.overlay, base, wanted.Revision)
	if err != nil {
		return err
	}
	_, err = p.overlay.Apply(ctx, changes...)
	return err
}

// sameRecord tells whether two versions of a record say the same: their secrets
// are compared open, their policy documents as raw XML.
func (a *api) sameRecord(old, now record.Record) bool {
	if bytes.Equal(old.Body, now.Body) {
		return true
	}
	if record.Kind(old.Path) == "subscriptions" {
		before, err := access.LoadSubscription(a.Keys, old)
		after, err2 := access.LoadSubscription(a.Keys, now)
		x, _ := json.Marshal(before)
		y, _ := json.Marshal(after)
		return err == nil && err2 == nil && before.PrimaryKey == after.PrimaryKey && before.SecondaryKey == after.SecondaryKey && artifact.Same(x, y, nil)
	}
	x, errX := a.rawPolicy(old)
	y, errY := a.rawPolicy(now)
	purpose := record.Kind(old.Path)
	return errX == nil && errY == nil && artifact.Same(x, y, func(s, t string) bool {
		open, err := a.Keys.Open(purpose, s)
		other, err2 := a.Keys.Open(purpose, t)
		return err == nil && err2 == nil && open == other
	})
}

// captor is the answer to a planned request: all that matters is whether it failed.
type captor struct {
	header  http.Header
	failure *fault.Error
}

func (c *captor) Header() http.Header         { return c.header }
func (c *captor) Write(b []byte) (int, error) { return len(b), nil }
func (c *captor) WriteHeader(int)             {}

// captured gives a captor the error instead of writing it.
type captured struct{}

func (captured) WriteError(w http.ResponseWriter, _ *http.Request, f *fault.Error) {
	for {
		switch inner := w.(type) {
		case *captor:
			inner.failure = f
			return
		case interface{ Unwrap() http.ResponseWriter }:
			w = inner.Unwrap()
		default:
			return
		}
	}
}
