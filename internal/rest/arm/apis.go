package arm

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/record"
	"portico/internal/rest/odata"
)

// succeeded is the state of everything here: what is answered is done.
const succeeded = "Succeeded"

func apiResource() *resource {
	fields := texts("displayName", "description", "serviceUrl", "path", "apiRevision", "apiVersion")
	fields["isCurrent"] = odata.Bool
	return plain(resource{
		pattern: "/apis/{apiId}", noun: "API", maxName: catalog.MaxName, fields: fields,
		view: viewAPI, remove: removeWithAPI, deleted: http.StatusNoContent,
	}, checkAPI)
}

// checkAPI checks an API, and refuses what would make one of something else.
func checkAPI(e *edit, p, _ *catalog.API) error {
	bad := catalog.Incorrect()
	if !e.has("path") {
		bad.With(catalog.CodeValidation, "path", "path is required; it may be empty.")
	}
	for _, member := range []string{"format", "value"} {
		if e.has(member) {
			bad.With("NotSupported", member, "Importing a definition is not offered yet: create the API without it, then its operations.")
		}
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
	return catalog.CheckAPI(e.ctx, e.records, e.name, p)
}

func viewAPI(_ *api, _ *http.Request, rec record.Record) (any, error) {
	v := struct {
		catalog.API
		ProvisioningState string `json:"provisioningState"`
	}{ProvisioningState: succeeded}
	err := json.Unmarshal(rec.Body, &v)
	return v, err
}

// removeWithAPI takes a deleted API out of its products, and the subscriptions with it that were for it alone.
func removeWithAPI(e *edit) ([]record.Change, error) {
	changes, err := catalog.UnlinkAPI(e.ctx, e.records, e.name)
	if err != nil {
		return nil, err
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
