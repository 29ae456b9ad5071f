package developer

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/record"
	"portico/internal/rest"
	"portico/internal/rest/odata"
)

// catalogRoutes show the catalogue.
func (a *api) catalogRoutes() []rest.Route {
	get := func(pattern string, h rest.Handler) rest.Route { return anyone(http.MethodGet, pattern, h) }
	return []rest.Route{
		get("/apis", a.listAPIs),
		get("/apisByTags", a.apisByTags),
		get("/apis/{apiId}", a.getAPI),
		get("/apis/{apiId}/products", a.productsOfAPI),
		get("/apis/{apiId}/hostnames", a.hostnames),
		get("/apis/{apiId}/tags", a.tagsOfAPI),
		get("/apis/{apiId}/releases", a.releases),
		get("/apis/{apiId}/schemas", a.listSchemas),
		get("/apis/{apiId}/schemas/{schemaId}", a.getSchema),
		get("/apis/{apiId}/operations", a.listOperations),
		get("/apis/{apiId}/operationsByTags", a.operationsByTags),
		get("/apis/{apiId}/operations/{operationId}", a.getOperation),
		get("/apis/{apiId}/operations/{operationId}/tags", a.tagsOfOperation),
		get("/apiVersionSets", a.listVersionSets),
		get("/apiVersionSets/{versionSetId}", a.getVersionSet),
		get("/products", a.listProducts),
		get("/products/{productId}", a.getProduct),
		get("/products/{productId}/apis", a.apisOfProduct),
		get("/tags", a.listTags),
		get("/search", a.search),
	}
}

// apiView is an API without what is the publisher's own, such as where its backend is.
type apiView struct {
	ID                     string                        `json:"id"`
	Name                   string                        `json:"name"` // the display name
	DisplayName            string                        `json:"displayName"`
	Description            string                        `json:"description,omitempty"`
	Path                   string                        `json:"path"`
	Protocols              []string                      `json:"protocols,omitempty"`
	Type                   string                        `json:"type,omitempty"`
	URLs                   []string                      `json:"urls"` // where calls go
	APIVersion             string                        `json:"apiVersion,omitempty"`
	APIVersionDescription  string                        `json:"apiVersionDescription,omitempty"`
	APIVersionSetID        string                        `json:"apiVersionSetId,omitempty"`
	APIVersionSet          *versionSetView               `json:"apiVersionSet,omitempty"`
	APIRevision            string                        `json:"apiRevision,omitempty"`
	IsCurrent              bool                          `json:"isCurrent"`
	SubscriptionRequired   bool                          `json:"subscriptionRequired"`
	KeyNames               *catalog.SubscriptionKeyNames `json:"subscriptionKeyParameterNames,omitempty"`
	AuthenticationSettings json.RawMessage               `json:"authenticationSettings,omitempty"`
	TermsOfServiceURL      string                        `json:"termsOfServiceUrl,omitempty"`
	Contact                json.RawMessage               `json:"contact,omitempty"`
	License                json.RawMessage               `json:"license,omitempty"`
}

type versionSetView struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	catalog.VersionSet
}

type operationView struct {
	ID   string `json:"id"`
	Name string `json:"name"` // the display name
	catalog.Operation
}

type productView struct {
	ID   string `json:"id"`
	Name string `json:"name"` // the display name
	catalog.Product
}

type tagView struct {
	ID   string `json:"id"`
	Name string `json:"name"` // the display name
}

// decoded reads a record of the catalogue.
func decoded[T any](r record.Record) (v T, err error) {
	if err = json.Unmarshal(r.Body, &v); err != nil {
		err = fmt.Errorf("%s: %w", r.Path, err)
	}
	return v, err
}

// mapped gives the view of each record.
func mapped[T any](recs []record.Record, view func(record.Record) (T, error)) ([]T, error) {
	views := make([]T, 0, len(recs))
	for _, r := range recs {
		v, err := view(r)
		if err != nil {
			return nil, err
		}
		views = append(views, v)
	}
	return views, nil
}

func (a *api) viewAPI(ctx context.Context, r record.Record) (apiView, error) {
	p, err := decoded[catalog.API](r)
	if err != nil {
		return apiView{}, err
	}
	set, err := catalog.VersionSetOf(ctx, a.records, &p)
	if err != nil {
		return apiView{}, err
	}
	v := apiView{ID: record.Name(r.Path), Name: p.DisplayName, DisplayName: p.DisplayName, Description: p.Description, Path: p.Path, Protocols: p.Protocols, Type: p.Type,
		URLs:       []string{strings.TrimSuffix(a.GatewayURL+"/"+p.Suffix(set), "/")},
		APIVersion: p.APIVersion, APIVersionDescription: p.APIVersionDescription, APIRevision: p.APIRevision, IsCurrent: true,
		SubscriptionRequired: p.NeedsSubscription(), KeyNames: p.KeyNames, AuthenticationSettings: p.AuthenticationSettings,
		TermsOfServiceURL: p.TermsOfServiceURL, Contact: p.Contact, License: p.License}
	if set != nil {
		v.APIVersionSetID = record.Name(p.APIVersionSetID)
		v.APIVersionSet = &versionSetView{v.APIVersionSetID, set.DisplayName, *set}
	}
	return v, nil
}

func viewOperation(r record.Record) (operationView, error) {
	o, err := decoded[catalog.Operation](r)
	return operationView{record.Name(r.Path), o.DisplayName, o}, err
}

func viewProduct(r record.Record) (productView, error) {
	p, err := decoded[catalog.Product](r)
	return productView{record.Name(r.Path), p.DisplayName, p}, err
}

func viewTag(r record.Record) (tagView, error) {
	t, err := decoded[catalog.Tag](r)
	return tagView{record.Name(r.Path), t.DisplayName}, err
}

// visibleAPIs gives the records of the APIs that may be seen.
func (a *api) visibleAPIs(ctx context.Context, sight *access.Sight) ([]record.Record, error) {
	recs, err := a.records.List(ctx, catalog.APIs)
	return slices.DeleteFunc(recs, func(r record.Record) bool { return !sight.API(record.Name(r.Path)) }), err
}

// api gives the record of the API that the path names, or fault.NotFound where
// there is none that the caller may see.
func (a *api) api(r *http.Request, who access.Principal) (record.Record, *access.Sight, error) {
	missing := fault.New(fault.NotFound, "There is no API %s.", r.PathValue("apiId"))
	sight, err := a.sight(r, who)
	if err != nil {
		return record.Record{}, nil, err
	}
	name, revision := catalog.SplitRevision(r.PathValue("apiId"))
	if !sight.API(name) {
		return record.Record{}, nil, missing
	}
	rec, err := a.records.Get(r.Context(), catalog.APIPath(name))
	if err != nil {
		return rec, nil, err
	}
	if p, err := decoded[catalog.API](rec); err != nil || revision != "" && p.APIRevision != revision {
		return rec, nil, missing
	}
	return rec, sight, nil
}

// taggedWith keeps the records that have every tag that the query names as
// tags[0]=name; tags are known by their display names.
func (a *api) taggedWith(ctx context.Context, query url.Values, recs []record.Record) ([]record.Record, error) {
	var wanted []string
	for name := range query {
		if strings.HasPrefix(name, "tags[") {
			wanted = append(wanted, query.Get(name))
		}
	}
	if len(wanted) == 0 {
		return recs, nil
	}
	var kept []record.Record
	for _, r := range recs {
		tags, err := a.tagsAt(ctx, r.Path)
		if err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(wanted, func(w string) bool {
			return !slices.ContainsFunc(tags, func(t tagView) bool { return strings.EqualFold(t.Name, w) })
		}) {
			kept = append(kept, r)
		}
	}
	return kept, nil
}

// tagsAt gives the tags of an API, operation or product.
func (a *api) tagsAt(ctx context.Context, path string) ([]tagView, error) {
	links, err := a.records.List(ctx, path+catalog.Tags)
	if err != nil {
		return nil, err
	}
	return mapped(links, func(l record.Record) (tagView, error) {
		rec, err := a.records.Get(ctx, record.Path("tags", record.Name(l.Path)))
		if err != nil {
			return tagView{}, err
		}
		return viewTag(rec)
	})
}

func apiFields(prefix ...string) odata.Fields {
	fields := textFields(append(prefix, "properties"), "id", "name", "displayName", "description", "path", "apiVersion", "apiVersionSetId", "type")
	for _, f := range []string{"isCurrent", "properties/isCurrent", "api/isCurrent"} {
		fields[f] = odata.Bool
	}
	return fields
}

func (a *api) writeAPIs(w http.ResponseWriter, r *http.Request, recs []record.Record) error {
	query, err := queryOf(r)
	if err != nil {
		return err
	}
	if recs, err = a.taggedWith(r.Context(), query, recs); err != nil {
		return err
	}
	views, err := mapped(recs, func(rec record.Record) (apiView, error) { return a.viewAPI(r.Context(), rec) })
	if err != nil {
		return err
	}
	return list(w, r, apiFields(), views)
}

func (a *api) listAPIs(w http.ResponseWriter, r *http.Request, who access.Principal) error {
	sight, err := a.sight(r, who)
	if err != nil {
		return err
	}
	recs, err := a.visibleAPIs(r.Context(), sight)
	if err != nil {
		return err
	}
	return a.writeAPIs(w, r, recs)
}

func (a *api) getAPI(w http.ResponseWriter, r *http.Request, who access.Principal) error {
	rec, _, err := a.api(r, who)
	if err != nil {
		return err
	}
	if exported, err := a.export(w, r, rec); exported || err != nil {
		return err
	}
	v, err := a.viewAPI(r.Context(), rec)
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, v)
}

// hostnames answers with the hosts under which an API is called.
func (a *api) hostnames(w http.ResponseWriter, r *http.Request, who access.Principal) error {
	if _, _, err := a.api(r, who); err != nil {
		return err
	}
	u, err := url.Parse(a.GatewayURL)
	if err != nil {
		return err
	}
	type host struct {
		Value string `json:"value"`
	}
	return list(w, r, textFields(nil, "value"), []host{{u.Host}})
}

func (a *api) tagsOfAPI(w http.ResponseWriter, r *http.Request, who access.Principal) error {
	rec, _, err := a.api(r, who)
	if err != nil {
		return err
	}
	tags, err := a.tagsAt(r.Context(), rec.Path)
	if err != nil {
		return err
	}
	return list(w, r, textFields([]string{"properties"}, "id", "name"), tags)
}

func (a *api) operationRecords(r *http.Request, who access.Principal) ([]record.Record, error) {
	rec, _, err := a.api(r, who)
	if err != nil {
		return nil, err
	}
	return a.records.List(r.Context(), rec.Path+"/operations")
}

func operationFields(prefix ...string) odata.Fields {
	return textFields(append(prefix, "properties"), "id", "name", "displayName", "description", "method", "urlTemplate")
}

func (a *api) listOperations(w http.ResponseWriter, r *http.Request, who access.Principal) error {
	recs, err := a.operationRecords(r, who)
	if err != nil {
		return err
	}
	query, err := queryOf(r)
	if err != nil {
		return err
	}
	if recs, err = a.taggedWith(r.Context(), query, recs); err != nil {
		return err
	}
	views, err := mapped(recs, viewOperation)
	if err != nil {
		return err
	}
	return list(w, r, operationFields(), views)
}

func (a *api) operation(r *http.Request, who access.Principal) (record.Record, error) {
	rec, _, err := a.api(r, who)
	if err != nil {
		return rec, err
	}
	name := r.PathValue("operationId")
	rec, err = a.records.Get(r.Context(), catalog.OperationPath(record.Name(rec.Path), name))
	if fault.Is(err, fault.NotFound) {
		return rec, fault.New(fault.NotFound, "The API has no operation %s.", name)
	}
	return rec, err
}

func (a *api) getOperation(w http.ResponseWriter, r *http.Request, who access.Principal) error {
	rec, err := a.operation(r, who)
	if err != nil {
		return err
	}
	v, err := viewOperation(rec)
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, v)
}

func (a *api) tagsOfOperation(w http.ResponseWriter, r *http.Request, who access.Principal) error {
	rec, err := a.operation(r, who)
	if err != nil {
		return err
	}
	tags, err := a.tagsAt(r.Context(), rec.Path)
	if err != nil {
		return err
	}
	return list(w, r, textFields([]string{"properties"}, "id", "name"), tags)
}

// tagged is an API or operation beside one of its tags, or beside none.
type tagged struct {
	Tag       *tagView       `json:"tag,omitempty"`
	API       *apiView       `json:"api,omitempty"`
	Operation *operationView `json:"operation,omitempty"`
}

// byTags gives each record once for each of its tags, and once without where it
// has none and the request wants those too.
func (a *api) byTags(w http.ResponseWriter, r *http.Request, untagged string, recs []record.Record, fields odata.Fields, view func(record.Record) (tagged, error)) error {
	query, err := queryOf(r)
	if err != nil {
		return err
	}
	var with, without []tagged
	for _, rec := range recs {
		v, err := view(rec)
		if err != nil {
			return err
		}
		tags, err := a.tagsAt(r.Context(), rec.Path)
		if err != nil {
			return err
		}
		if len(tags) == 0 {
			without = append(without, v)
		}
		for i := range tags {
			v.Tag = &tags[i]
			with = append(with, v)
		}
	}
	slices.SortStableFunc(with, func(x, y tagged) int {
		return strings.Compare(strings.ToLower(x.Tag.Name), strings.ToLower(y.Tag.Name))
	})
	if strings.EqualFold(query.Get(untagged), "true") {
		with = append(with, without...)
	}
	for _, f := range []string{"tag/id", "tag/name"} {
		fields[f] = odata.Text
	}
	return list(w, r, fields, with)
}

func (a *api) apisByTags(w http.ResponseWriter, r *http.Request, who access.Principal) error {
	sight, err := a.sight(r, who)
	if err != nil {
		return err
	}
	recs, err := a.visibleAPIs(r.Context(), sight)
	if err != nil {
		return err
	}
	return a.byTags(w, r, "includeNotTaggedApis", recs, apiFields("api"), func(rec record.Record) (tagged, error) {
		v, err := a.viewAPI(r.Context(), rec)
		return tagged{API: &v}, err
	})
}

func (a *api) operationsByTags(w http.ResponseWriter, r *http.Request, who access.Principal) error {
	recs, err := a.operationRecords(r, who)
	if err != nil {
		return err
	}
	return a.byTags(w, r, "includeNotTaggedOperations", recs, operationFields("operation"), func(rec record.Record) (tagged, error) {
		v, err := viewOperation(rec)
		return tagged{Operation: &v}, err
	})
}

// visibleVersionSets gives the version sets of the APIs that the caller may see.
func (a *api) visibleVersionSets(r *http.Request, who access.Principal) ([]versionSetView, error) {
	sight, err := a.sight(r, who)
	if err != nil {
		return nil, err
	}
	recs, err := a.visibleAPIs(r.Context(), sight)
	if err != nil {
		return nil, err
	}
	sets, seen := []versionSetView{}, map[string]bool{}
	for _, rec := range recs {
		v, err := a.viewAPI(r.Context(), rec)
		if err != nil {
			return nil, err
		}
		if v.APIVersionSet != nil && !seen[v.APIVersionSetID] {
			sets, seen[v.APIVersionSetID] = append(sets, *v.APIVersionSet), true
		}
	}
	return sets, nil
}

func (a *api) listVersionSets(w http.ResponseWriter, r *http.Request, who access.Principal) error {
	sets, err := a.visibleVersionSets(r, who)
	if err != nil {
		return err
	}
	return list(w, r, textFields([]string{"properties"}, "id", "name", "displayName"), sets)
}

func (a *api) getVersionSet(w http.ResponseWriter, r *http.Request, who access.Principal) error {
	sets, err := a.visibleVersionSets(r, who)
	if err != nil {
		return err
	}
	for _, s := range sets {
		if strings.EqualFold(s.ID, r.PathValue("versionSetId")) {
			return rest.WriteJSON(w, http.StatusOK, s)
		}
	}
	return fault.New(fault.NotFound, "There is no version set %s.", r.PathValue("versionSetId"))
}

var productFields = textFields([]string{"properties"}, "id", "name", "displayName", "description", "terms", "state")

func (a *api) listProducts(w http.ResponseWriter, r *http.Request, who access.Principal) error {
	sight, err := a.sight(r, who)
	if err != nil {
		return err
	}
	views, err := mapped(sight.Products, viewProduct)
	if err != nil {
		return err
	}
	return list(w, r, productFields, views)
}

// product gives the record of the product that the path names, or fault.NotFound
// where there is none that the caller may see.
func (a *api) product(r *http.Request, who access.Principal) (record.Record, error) {
	sight, err := a.sight(r, who)
	if err != nil {
		return record.Record{}, err
	}
	for _, rec := range sight.Products {
		if strings.EqualFold(record.Name(rec.Path), r.PathValue("productId")) {
			return rec, nil
		}
	}
	return record.Record{}, fault.New(fault.NotFound, "There is no product %s.", r.PathValue("productId"))
}

func (a *api) getProduct(w http.ResponseWriter, r *http.Request, who access.Principal) error {
	rec, err := a.product(r, who)
	if err != nil {
		return err
	}
	v, err := viewProduct(rec)
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, v)
}

func (a *api) apisOfProduct(w http.ResponseWriter, r *http.Request, who access.Principal) error {
	rec, err := a.product(r, who)
	if err != nil {
		return err
	}
	links, err := a.records.List(r.Context(), rec.Path+catalog.APIs)
	if err != nil {
		return err
	}
	recs, err := mapped(links, func(l record.Record) (record.Record, error) {
		return a.records.Get(r.Context(), catalog.APIPath(record.Name(l.Path)))
	})
	if err != nil {
		return err
	}
	return a.writeAPIs(w, r, recs)
}

func (a *api) productsOfAPI(w http.ResponseWriter, r *http.Request, who access.Principal) error {
	rec, sight, err := a.api(r, who)
	if err != nil {
		return err
	}
	recs, err := catalog.ProductsOf(r.Context(), a.records, record.Name(rec.Path))
	if err != nil {
		return err
	}
	views, err := mapped(slices.DeleteFunc(recs, func(p record.Record) bool { return !sight.Product(record.Name(p.Path)) }), viewProduct)
	if err != nil {
		return err
	}
	return list(w, r, productFields, views)
}

// listTags answers with the tags of what the caller may see.
func (a *api) listTags(w http.ResponseWriter, r *http.Request, who access.Principal) error {
	sight, err := a.sight(r, who)
	if err != nil {
		return err
	}
	used := map[string]bool{}
	for _, collection := range catalog.TaggedCollections {
		links, err := a.records.List(r.Context(), collection)
		if err != nil {
			return err
		}
		for _, l := range links {
			if sight.API(record.NameIn(l.Path, "apis")) || sight.Product(record.NameIn(l.Path, "products")) {
				used[strings.ToLower(record.Name(l.Path))] = true
			}
		}
	}
	recs, err := a.records.List(r.Context(), catalog.Tags)
	if err != nil {
		return err
	}
	views, err := mapped(slices.DeleteFunc(recs, func(t record.Record) bool { return !used[strings.ToLower(record.Name(t.Path))] }), viewTag)
	if err != nil {
		return err
	}
	return list(w, r, textFields([]string{"properties"}, "id", "name"), views)
}
