package arm

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/policy/document"
	"portico/internal/record"
	"portico/internal/rest"
)

// policyTools are what the policy editor needs beyond the contract: the document
// that a call runs, and a check of one that is not stored yet.
func (a *api) policyTools() []rest.Route {
	routes := []rest.Route{a.route(http.MethodPost, "/validatePolicies", access.ReadCatalog, a.validatePolicies)}
	for _, scope := range []string{"", "/products/{productId}", "/apis/{apiId}", "/apis/{apiId}/operations/{operationId}"} {
		routes = append(routes, a.route(http.MethodGet, scope+"/effectivePolicy", access.ReadCatalog, a.effectivePolicy(scope)))
	}
	return routes
}

// effectivePolicy answers with the document that calls in a scope run: those of
// the wider scopes put in where base stands. ?productId= names the product whose
// key the calls have; below an API there is none without it.
func (a *api) effectivePolicy(pattern string) rest.Handler {
	return func(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
		query, err := queryOf(r)
		if err != nil {
			return err
		}
		scope := recordPath(pattern, r)
		if scope != "" {
			if _, err := a.lookUp(r.Context(), scope, "Resource"); err != nil {
				return err
			}
		}
		chain := []string{""}
		if product := record.Name(a.relative(query.Get("productid"))); product != "" && record.NameIn(scope, "products") == "" {
			if _, err := a.lookUp(r.Context(), catalog.ProductPath(product), "Product"); err != nil {
				return err
			}
			chain = append(chain, catalog.ProductPath(product))
		}
		if api := record.NameIn(scope, "apis"); api != "" && record.Kind(scope) != "apis" {
			chain = append(chain, catalog.APIPath(api))
		}
		if scope != "" {
			chain = append(chain, scope)
		}
		layers := make([]document.Layer, len(chain))
		for i, path := range chain {
			if layers[i], err = a.layer(r.Context(), path); err != nil {
				return err
			}
		}
		value, err := document.Effective(layers...)
		if err != nil {
			return err
		}
		path := scope + "/effectivePolicy"
		return rest.WriteJSON(w, http.StatusOK, envelope{ID: a.serviceID + path, Type: typeOf(path), Name: "effectivePolicy",
			Properties: catalog.Policy{Format: catalog.FormatRawXML, Value: value}})
	}
}

// layer gives the document of a scope, which may have none.
func (a *api) layer(ctx context.Context, scope string) (document.Layer, error) {
	l := document.Layer{Name: catalog.Scope(record.Kind(catalog.PolicyPath(scope)))}
	if name := record.Name(scope); name != "" {
		l.Name += " " + name
	}
	p, _, err := record.Get[catalog.Policy](ctx, a.records, catalog.PolicyPath(scope))
	if fault.Is(err, fault.NotFound) {
		return l, nil
	}
	l.Source = p.Value
	if l.Format, err = document.ParseFormat(p.Format); p.Format == "" {
		l.Format, err = document.XML, nil
	}
	return l, err
}

// validatePolicies checks the document of the body, {"format", "value", "scope"};
// without one it checks every stored document again, as after an upgrade.
func (a *api) validatePolicies(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	body, err := rest.ReadBody(r)
	if err != nil {
		return err
	}
	if strings.TrimSpace(string(body)) == "" {
		return a.validateStored(w, r)
	}
	var sent struct {
		catalog.Policy
		Scope string `json:"scope"`
	}
	if err := rest.UnmarshalJSON(body, &sent); err != nil {
		return err
	}
	if sent.Value == "" {
		return a.validateStored(w, r)
	}
	switch sent.Scope {
	case "global", "product", "api", "operation", "fragment":
	default:
		return catalog.Incorrect().With(catalog.CodeValidation, "scope", "%q is not a scope: use global, product, api, operation or fragment.", sent.Scope)
	}
	if err := catalog.CheckPolicy(&sent.Policy); err != nil {
		return err
	}
	warnings, err := a.Policies.Check(sent.Format, sent.Value, sent.Scope)
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, struct {
		Warnings []fault.Problem `json:"warnings"`
	}{append([]fault.Problem{}, warnings...)})
}

// validateStored checks every stored document again.
func (a *api) validateStored(w http.ResponseWriter, r *http.Request) error {
	bad := fault.Coded(fault.Invalid, catalog.CodeValidation, "Some policy documents are not valid.")
	for _, kind := range []string{"policies", "products/policies", "apis/policies", "apis/operations/policies", "policyfragments"} {
		pattern := a.kinds[kind].pattern
		recs, err := a.records.List(r.Context(), wildcards.ReplaceAllString(pattern[:strings.LastIndexByte(pattern, '/')], "*"))
		if err != nil {
			return err
		}
		for _, rec := range recs {
			var p catalog.Policy
			if err := json.Unmarshal(rec.Body, &p); err != nil {
				return err
			}
			scope := catalog.Scope(kind)
			if kind == "policyfragments" {
				scope = "fragment"
			}
			if _, err := a.Policies.Check(p.Format, p.Value, scope); err != nil {
				for _, problem := range fault.As(err).Problems {
					bad.With(problem.Code, a.serviceID+rec.Path, "%s", problem.Message)
				}
			}
		}
	}
	if err := bad.OrNil(); err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, struct{}{})
}
