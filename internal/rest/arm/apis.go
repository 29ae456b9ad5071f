package arm

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/record"
	"portico/internal/rest"
	"portico/internal/rest/odata"
)

// succeeded is the state of everything here: what is answered is done.
const succeeded = "Succeeded"

func apiArea() area {
	return area{
		resources: []*resource{apiResource(), operationResource(), releaseResource()},
		listings:  []listing{{pattern: "/apis/{apiId}/products", kind: "products", find: productsOfAPI}},
		routes: func(a *api) []rest.Route {
			return []rest.Route{
				a.route(http.MethodGet, "/apis/{apiId}/revisions", access.ReadCatalog, a.revisions),
				a.route(http.MethodGet, "/apis/{apiId}/definition", access.Anyone, a.definition),
			}
		},
	}
}

func apiResource() *resource {
	fields := texts("displayName", "description", "serviceUrl", "path", "apiRevision", "apiVersion")
	fields["isCurrent"] = odata.Bool
	r := plain(resource{
		pattern: "/apis/{apiId}", noun: "API", fields: fields, checkName: catalog.CheckRevisionName, maxBody: maxImport,
		prepare: prepareImport, view: viewAPI, instead: export, provisioned: true, remove: removeWithAPI, deleted: http.StatusNoContent,
	}, checkAPI)
	write := r.write
	r.write = func(e *edit) (record.Change, error) {
		if err := e.copySource(); err != nil {
			return record.Change{}, err
		}
		return write(e)
	}
	return r
}

// copySource fills a new API in from the one that it is said to be a copy of.
func (e *edit) copySource() error {
	var sent struct {
		Source string `json:"sourceApiId"`
	}
	if err := e.decode(&sent); err != nil || sent.Source == "" || e.current != nil || e.planned != nil {
		return err // a configuration says itself what there is
	}
	path := "/" + strings.Trim(e.relative(sent.Source), "/")
	if record.Kind(path) != "apis" || strings.Count(path, "/") != 2 {
		return catalog.Incorrect().With(catalog.CodeValidation, "sourceApiId", "%q is not the id of an API.", sent.Source)
	}
	name, err := catalog.RevisionName(e.ctx, e.records, record.Name(path))
	if err != nil {
		return err
	}
	source, rec, err := record.Get[catalog.API](e.ctx, e.records, catalog.APIPath(name))
	if fault.Is(err, fault.NotFound) {
		return catalog.Incorrect().With(catalog.CodeValidation, "sourceApiId", "%s names nothing that exists.", path)
	}
	if err != nil {
		return err
	}
	source.APIRevision, source.APIRevisionDescription, source.IsCurrent, source.IsOnline = "", "", nil, nil
	base, err := json.Marshal(source)
	if err != nil {
		return err
	}
	if e.properties, err = record.Merge(base, e.properties); err != nil {
		return err
	}
	copies, err := catalog.CopyAPI(e.ctx, e.records, rec.Path, e.path)
	e.also = append(e.also, copies...)
	return err
}

// checkAPI checks an API, and refuses what would make one of something else.
func checkAPI(e *edit, p, old *catalog.API) error {
	bad := catalog.Incorrect()
	if _, revision := catalog.SplitRevision(e.name); revision == "" && !e.has("path") {
		bad.With(catalog.CodeValidation, "path", "path is required; it may be empty.")
	}
	var wanted struct {
		APIType string `json:"apiType"`
	}
	if err := e.decode(&wanted); err != nil {
		return err
	}
	if t := wanted.APIType; t != "" && !strings.EqualFold(t, "http") {
		bad.With("NotSupported", "apiType", "APIs of type %s are not offered; use http.", t)
	}
	if err := bad.OrNil(); err != nil {
		return err
	}
	if old == nil && p.APIRevision == "" {
		p.APIRevision = e.revision
	}
	p.APIVersionSetID, p.SourceAPIID = e.relative(p.APIVersionSetID), e.relative(p.SourceAPIID)
	if err := e.takeVersionSet(p); err != nil {
		return err
	}
	if err := e.takeImport(p, old); err != nil {
		return err
	}
	if err := catalog.CheckAPI(e.ctx, e.records, e.name, p, old); err != nil || old == nil || p.IsCurrent == nil || !*p.IsCurrent {
		return err
	}
	changes, err := catalog.FollowCurrent(e.ctx, e.records, e.name, p)
	e.also = append(e.also, changes...)
	return err
}

// takeVersionSet makes the version set that an API brings along, or takes the one that it names.
func (e *edit) takeVersionSet(p *catalog.API) error {
	var set struct {
		ID   string `json:"id"`
		Name string `json:"name"`
		catalog.VersionSet
	}
	if len(p.APIVersionSet) == 0 || p.APIVersionSetID != "" || string(p.APIVersionSet) == "null" {
		return nil
	}
	if err := rest.UnmarshalJSON(p.APIVersionSet, &set); err != nil {
		return err
	}
	if set.ID != "" {
		p.APIVersionSetID = e.relative(set.ID)
		return nil
	}
	return catalog.Incorrect().With(catalog.CodeValidation, "apiVersionSet", "Make the version set first, then name it in apiVersionSetId.")
}

// viewAPI gives whole ids, and the version set where an API is in one.
func viewAPI(a *api, r *http.Request, rec record.Record) (any, error) {
	p, err := catalog.Show[catalog.API](a.Keys, rec)
	if err != nil {
		return nil, err
	}
	if p.SourceAPIID != "" {
		p.SourceAPIID = a.serviceID + p.SourceAPIID
	}
	if p.APIVersionSetID == "" {
		return p, nil
	}
	set, setRec, err := record.Get[catalog.VersionSet](r.Context(), a.records, p.APIVersionSetID)
	if err != nil {
		return nil, err
	}
	p.APIVersionSetID = a.serviceID + setRec.Path
	p.APIVersionSet, err = json.Marshal(struct {
		ID   string `json:"id"`
		Name string `json:"name"`
		catalog.VersionSet
	}{p.APIVersionSetID, set.DisplayName, set})
	return p, err
}

// removeWithAPI takes a deleted API out of its products, and the subscriptions
// with it that were for it alone. Its other revisions go where the request says so.
func removeWithAPI(e *edit) ([]record.Change, error) {
	if _, revision := catalog.SplitRevision(e.name); revision != "" {
		return nil, nil
	}
	revisions, err := catalog.Revisions(e.ctx, e.records, e.name)
	if err != nil {
		return nil, err
	}
	if len(revisions) > 1 && !isTrue(e.query, "deleterevisions") {
		return nil, fault.Coded(fault.Invalid, catalog.CodeValidation, "The API has %d other revisions, and this is the current one: delete them first, or pass deleteRevisions=true.", len(revisions)-1)
	}
	changes, err := catalog.UnlinkAPI(e.ctx, e.records, e.name)
	if err != nil {
		return nil, err
	}
	for _, r := range revisions[1:] {
		changes = append(changes, record.Change{Op: record.DeleteTree, Path: r.Path})
	}
	return e.removeScoped(changes, e.path)
}

// removeScoped appends the deletions of the subscriptions to one API or product.
func (e *edit) removeScoped(changes []record.Change, scope string) ([]record.Change, error) {
	scoped, err := access.ScopedTo(e.ctx, e.records, e.Keys, scope)
	if err != nil {
		return nil, err
	}
	for _, s := range scoped {
		changes = append(changes, record.Change{Op: record.DeleteTree, Path: s.Path})
	}
	return changes, nil
}

func operationResource() *resource {
	return plain(resource{
		pattern: "/apis/{apiId}/operations/{operationId}", noun: "Operation", maxName: catalog.MaxOperationName,
		fields: texts("displayName", "method", "description", "urlTemplate"),
	}, func(e *edit, p, _ *catalog.Operation) error {
		return catalog.CheckOperation(e.ctx, e.records, record.NameIn(e.path, "apis"), e.name, p)
	})
}

func productsOfAPI(a *api, ctx context.Context, _ string, parent record.Record) ([]item, error) {
	recs, err := catalog.ProductsOf(ctx, a.records, record.Name(parent.Path))
	return itemsOf(recs), err
}
