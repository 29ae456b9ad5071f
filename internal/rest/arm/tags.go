package arm

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/record"
	"portico/internal/rest"
	"portico/internal/rest/odata"
	"portico/internal/rest/page"
)

// tagArea holds the tags, what has them, and the lists by tag.
func tagArea() area {
	return area{
		resources: []*resource{
			plain(resource{
				pattern: "/tags/{tagId}", noun: "Tag", maxName: 80, fields: texts("displayName"), narrow: tagsInScope,
				remove: func(e *edit) ([]record.Change, error) { return catalog.UnlinkTag(e.ctx, e.records, e.name) },
			}, func(_ *edit, p, _ *catalog.Tag) error { return catalog.CheckTag(p) }),
			plain(resource{
				pattern: "/apis/{apiId}/tagDescriptions/{tagDescriptionId}", noun: "Tag description", maxName: 80, fields: texts("displayName"), noPatch: true,
				view: viewTagDescription,
			}, func(e *edit, p, _ *catalog.TagDescription) error {
				return catalog.CheckTagDescription(e.ctx, e.records, e.name, p)
			}),
		},
		links: []link{
			{pattern: "/apis/{apiId}/tags/{tagId}", of: "tags", get: true},
			{pattern: "/apis/{apiId}/operations/{operationId}/tags/{tagId}", of: "tags", get: true},
			{pattern: "/products/{productId}/tags/{tagId}", of: "tags", get: true},
		},
		routes: func(a *api) []rest.Route {
			lists := []tagged{
				{"/apisByTags", "includenottaggedapis", []string{"apis"}},
				{"/apis/{apiId}/operationsByTags", "includenottaggedoperations", []string{"apis/operations"}},
				{"/productsByTags", "includenottaggedproducts", []string{"products"}},
				{"/tagResources", "", []string{"apis", "apis/operations", "products"}},
			}
			routes := make([]rest.Route, len(lists))
			for i, l := range lists {
				routes[i] = a.route(http.MethodGet, l.pattern, access.ReadCatalog, a.byTags(l))
			}
			return routes
		},
	}
}

// tagsInScope leaves the tags that ?scope=apis, products or apis/{apiId} uses.
func tagsInScope(a *api, ctx context.Context, query url.Values, items []item) ([]item, error) {
	scope := strings.ToLower(strings.Trim(query.Get("scope"), "/"))
	if scope == "" {
		return items, nil
	}
	collections := map[string][]string{"apis": {"/apis/*/tags"}, "products": {"/products/*/tags"}}[scope]
	if name, ok := strings.CutPrefix(scope, "apis/"); ok && !strings.ContainsAny(name, "/*") {
		collections = []string{"/apis/" + name + "/tags", "/apis/" + name + "/operations/*/tags"}
	}
	if collections == nil {
		return nil, catalog.Incorrect().With(catalog.CodeValidation, "scope", "%q is not a scope: use apis, products or apis/{apiId}.", scope)
	}
	used := map[string]bool{}
	for _, c := range collections {
		links, err := a.records.List(ctx, c)
		if err != nil {
			return nil, err
		}
		for _, l := range links {
			used[record.Key(record.Name(l.Path))] = true
		}
	}
	return slices.DeleteFunc(items, func(i item) bool { return !used[record.Key(record.Name(i.Path))] }), nil
}

func viewTagDescription(a *api, _ *http.Request, rec record.Record) (any, error) {
	d, err := catalog.Show[catalog.TagDescription](a.Keys, rec)
	if err != nil {
		return nil, err
	}
	d.TagID = a.serviceID + d.TagID
	return d, nil
}

// tagged declares a list of what has tags, by tag.
type tagged struct {
	pattern string
	rest    string // the query parameter that adds what has none, in lower case
	kinds   []string
}

// byTags lists each pair of a tag and what has it.
func (a *api) byTags(l tagged) rest.Handler {
	fields := texts("displayName", "apiName", "path", "description", "serviceUrl", "apiRevision", "method", "urlTemplate", "terms", "state", "tag", "aid")
	fields["isCurrent"] = odata.Bool
	return func(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
		query, err := queryOf(r)
		if err != nil {
			return err
		}
		o, err := page.Parse(query, fields)
		if err != nil {
			return err
		}
		if _, err := a.parent(r.Context(), recordPath(l.pattern, r)+"/x"); err != nil {
			return err
		}
		var pairs []envelope
		for _, kind := range l.kinds {
			collection := wildcards.ReplaceAllString(a.kinds[kind].pattern, "*")
			collection = strings.TrimSuffix(collection, "/*")
			if api := r.PathValue("apiId"); api != "" {
				collection = catalog.APIPath(api) + "/operations"
			}
			found, err := a.pairs(r, kind, collection, isTrue(query, l.rest))
			if err != nil {
				return err
			}
			pairs = append(pairs, found...)
		}
		return a.writePage(w, r, query, o, pairs, liftFields, func(e envelope) any { return e.Properties })
	}
}

// pairs gives each record of a collection with each of its tags.
func (a *api) pairs(r *http.Request, kind, collection string, untagged bool) ([]envelope, error) {
	recs, err := a.records.List(r.Context(), collection)
	if err != nil {
		return nil, err
	}
	tags, err := a.records.List(r.Context(), collection+"/*"+catalog.Tags)
	if err != nil {
		return nil, err
	}
	of := map[string][]record.Record{}
	for _, t := range tags {
		key := record.Key(record.Parent(t.Path))
		of[key] = append(of[key], t)
	}
	var pairs []envelope
	for _, rec := range recs {
		if base, revision := catalog.SplitRevision(record.NameIn(rec.Path, "apis")); base != "" && revision != "" {
			continue // the lists are of what is current
		}
		what, member, err := a.taggedView(r, kind, rec)
		if err != nil {
			return nil, err
		}
		for _, t := range of[record.Key(rec.Path)] {
			tag, path, err := record.Get[catalog.Tag](r.Context(), a.records, record.Path("tags", record.Name(t.Path)))
			if err != nil {
				return nil, err
			}
			pairs = append(pairs, envelope{Properties: map[string]any{member: what, "tag": map[string]any{"id": path.Path, "name": tag.DisplayName}}})
		}
		if untagged && len(of[record.Key(rec.Path)]) == 0 {
			pairs = append(pairs, envelope{Properties: map[string]any{member: what}})
		}
	}
	return pairs, nil
}

// taggedView is a resource in the shape of TagResourceContract, and the member that holds it.
func (a *api) taggedView(r *http.Request, kind string, rec record.Record) (map[string]any, string, error) {
	properties, err := a.propertiesOf(r, a.kinds[kind], rec)
	if err != nil {
		return nil, "", err
	}
	raw, err := json.Marshal(properties)
	if err != nil {
		return nil, "", err
	}
	var view map[string]any
	if err := json.Unmarshal(raw, &view); err != nil {
		return nil, "", err
	}
	view["id"], view["name"] = rec.Path, view["displayName"]
	delete(view, "displayName")
	switch kind {
	case "apis":
		return view, "api", nil
	case "products":
		return view, "product", nil
	}
	api, _, err := record.Get[catalog.API](r.Context(), a.records, record.Parent(rec.Path))
	view["apiName"], view["apiRevision"], view["apiVersion"] = api.DisplayName, api.APIRevision, api.APIVersion
	for _, member := range []string{"request", "responses", "templateParameters"} {
		delete(view, member)
	}
	return view, "operation", err
}

// liftFields gives filters the members of the tag and of what has it.
func liftFields(properties map[string]any) {
	for _, member := range []string{"api", "operation", "product"} {
		if what, ok := properties[member].(map[string]any); ok {
			for name, value := range what {
				properties[name] = value
			}
			properties["displayName"], properties["aid"] = what["name"], what["id"]
		}
	}
	if tag, ok := properties["tag"].(map[string]any); ok {
		properties["tag"] = tag["name"]
	}
}
