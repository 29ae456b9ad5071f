package arm

import (
	"net/http"
	"path"
	"strings"
	"time"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/record"
	"portico/internal/rest"
	"portico/internal/rest/csvfile"
	"portico/internal/rest/odata"
	"portico/internal/rest/page"
	"portico/internal/statement"
)

// billingArea holds what the contract does not have: what products cost, and
// what subscriptions used (docs/operations.md).
func billingArea() area {
	return area{
		resources: []*resource{
			plain(resource{
				pattern: "/products/{productId}/pricingPlans/{planId}", noun: "Pricing plan", names: []string{catalog.PricingPlanName}, fields: texts("text", "currency"),
			}, func(_ *edit, p, old *catalog.PricingPlan) error { return catalog.CheckPricingPlan(p, old) }),
		},
		routes: func(a *api) []rest.Route {
			return []rest.Route{
				a.route(http.MethodGet, "/statements/{month}", access.ReadCatalog, a.statements),
				a.route(http.MethodGet, "/subscriptions/{sid}/statements/{month}", access.ReadCatalog, a.statement),
			}
		},
	}
}

func (a *api) statementMaker() statement.Maker {
	return statement.Maker{Records: a.records, Keys: a.Keys, Calls: a.Statements, Now: time.Now}
}

// statement answers with one subscription's month.
func (a *api) statement(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	query, err := queryOf(r)
	if err != nil {
		return err
	}
	month, err := statement.ParseMonth(r.PathValue("month"))
	if err != nil {
		return err
	}
	s, err := a.statementMaker().Of(r.Context(), r.PathValue("sid"), month)
	if err != nil {
		return err
	}
	if strings.EqualFold(query.Get("format"), "csv") {
		return csvfile.Write(w, "statement-"+record.Name(s.SubscriptionID)+"-"+s.Month, []statement.Statement{s})
	}
	return rest.WriteJSON(w, http.StatusOK, s)
}

// statements answers with the month of every subscription.
func (a *api) statements(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	query, err := queryOf(r)
	if err != nil {
		return err
	}
	o, err := page.Parse(query, texts("subscriptionId", "displayName", "ownerId", "productId", "productName", "currency"))
	if err != nil {
		return err
	}
	month, err := statement.ParseMonth(r.PathValue("month"))
	if err != nil {
		return err
	}
	all, err := a.statementMaker().All(r.Context(), month)
	if err != nil {
		return err
	}
	chosen, err := page.Choose(o, all, func(s statement.Statement) (odata.Item, error) { return page.Item(s) })
	if err != nil {
		return err
	}
	if strings.EqualFold(query.Get("format"), "csv") {
		return csvfile.Write(w, path.Base(r.URL.Path), chosen)
	}
	return page.Write(w, r, query, o, chosen)
}
