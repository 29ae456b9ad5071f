package arm

import (
	"context"
	"net/http"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/record"
)

func productArea() area {
	return area{
		resources: []*resource{productResource(), subscriptionResource()},
		links: []link{
			{pattern: "/products/{productId}/apis/{apiId}", of: "apis", check: checkProductAPI},
			{pattern: "/products/{productId}/groups/{groupId}", of: "groups"},
		},
		listings: []listing{{pattern: "/products/{productId}/subscriptions", kind: "subscriptions", find: subscriptionsOfProduct}},
		routes:   (*api).subscriptionActions,
	}
}

func productResource() *resource {
	return plain(resource{
		pattern: "/products/{productId}", noun: "Product", maxName: catalog.MaxName,
		fields: texts("displayName", "description", "terms", "state"), view: viewProduct, remove: removeWithProduct,
	}, func(e *edit, p, old *catalog.Product) error {
		if old == nil { // administrators see every product
			e.also = append(e.also, record.PutOf(catalog.ProductGroupPath(e.name, catalog.Administrators), catalog.Link{}, ""))
		}
		return catalog.CheckProduct(e.ctx, e.records, e.name, p)
	})
}

// viewProduct shows the groups that see a product where the request says so.
func viewProduct(a *api, r *http.Request, rec record.Record) (any, error) {
	query, err := queryOf(r)
	if err != nil || !isTrue(query, "expandgroups") {
		return rec.Body, err
	}
	links, err := a.records.List(r.Context(), rec.Path+catalog.Groups)
	if err != nil {
		return nil, err
	}
	groups := []any{}
	for _, l := range links {
		group, err := a.lookUp(r.Context(), catalog.GroupPath(record.Name(l.Path)), "Group")
		if err != nil {
			return nil, err
		}
		e, err := a.envelope(r, a.kinds["groups"], group, group.Path)
		if err != nil {
			return nil, err
		}
		groups = append(groups, e)
	}
	p, err := catalog.Show[catalog.Product](a.Keys, rec)
	return struct {
		*catalog.Product
		Groups []any `json:"groups"`
	}{p, groups}, err
}

// removeWithProduct deletes a product's subscriptions where the request says so, and refuses otherwise.
func removeWithProduct(e *edit) ([]record.Change, error) {
	changes, err := e.removeScoped(nil, e.path)
	if err != nil || len(changes) == 0 || isTrue(e.query, "deletesubscriptions") {
		return changes, err
	}
	return nil, fault.Coded(fault.Invalid, catalog.CodeValidation, "Product cannot be deleted since it has existing subscriptions. Delete subscriptions before deleting the product or pass in deleteSubscriptions=true as query param")
}

func checkProductAPI(e *edit) error {
	return catalog.CheckProductAPI(e.ctx, e.records, record.NameIn(e.path, "products"), e.name)
}

func subscriptionsOfProduct(a *api, ctx context.Context, _ string, parent record.Record) ([]item, error) {
	recs, err := access.ScopedTo(ctx, a.records, a.Keys, parent.Path)
	return itemsOf(recs), err
}
