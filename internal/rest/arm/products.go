package arm

import (
	"context"
	"strings"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/record"
)

func productResource() *resource {
	return plain(resource{
		pattern: "/products/{productId}", noun: "Product", maxName: catalog.MaxName,
		fields: texts("displayName", "description", "terms", "state"), remove: removeWithProduct,
	}, func(e *edit, p, old *catalog.Product) error {
		if old == nil { // administrators see every product
			e.also = append(e.also, record.PutOf(catalog.ProductGroupPath(e.name, catalog.Administrators), catalog.Link{}, ""))
		}
		return catalog.CheckProduct(e.ctx, e.records, e.name, p)
	})
}

// removeWithProduct deletes a product's subscriptions where the request says so, and refuses otherwise.
func removeWithProduct(e *edit) ([]record.Change, error) {
	changes, err := e.removeScoped(nil, e.path)
	if err != nil || len(changes) == 0 || strings.EqualFold(e.query.Get("deletesubscriptions"), "true") {
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

func groupResource() *resource {
	return plain(resource{
		pattern: "/groups/{groupId}", noun: "Group", maxName: catalog.MaxName,
		fields: texts("displayName", "description", "externalId"), remove: removeWithGroup,
	}, func(_ *edit, p, old *catalog.Group) error { return catalog.CheckGroup(p, old) })
}

// removeWithGroup takes a deleted group out of its products; the system groups stay.
func removeWithGroup(e *edit) ([]record.Change, error) {
	group, _, err := record.Get[catalog.Group](e.ctx, e.records, e.path)
	if err != nil {
		return nil, err
	}
	if group.BuiltIn {
		return nil, catalog.CheckGroup(&group, &group)
	}
	return catalog.UnlinkGroup(e.ctx, e.records, e.name)
}
