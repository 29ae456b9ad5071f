package arm_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"portico/internal/statement"
	"portico/internal/usage"
)

// TestStatements: what a plan costs for what was used, and what is billed by which plan.
func TestStatements(t *testing.T) {
	f := newFixture(t)
	f.put(t, "/users/eve", `{"email":"eve@example.com","firstName":"Eve","lastName":"E"}`)
	f.put(t, "/products/gold", `{"displayName":"=Gold"}`)
	f.put(t, "/subscriptions/s", `{"displayName":"S","scope":"/products/gold","ownerId":"/users/eve","state":"active"}`)
	f.put(t, "/subscriptions/free", `{"displayName":"Free","scope":"/apis","state":"active"}`)
	now := time.Now().UTC()
	month := now.Format("2006-01")
	for range 5 {
		f.calls.Record(usage.Call{Time: now, Listener: "gateway", Subscription: "s", Product: "gold", User: "eve", Status: 200, ResponseBytes: 10})
	}
	f.calls.Record(usage.Call{Time: now, Listener: "gateway", Subscription: "s", Product: "gold", User: "eve", Status: 429})
	f.calls.Record(usage.Call{Time: now.AddDate(0, -2, 0), Listener: "gateway", Subscription: "s", Product: "gold", User: "eve", Status: 200})
	get := func(path string) (s statement.Statement) {
		t.Helper()
		w := f.call(t, "GET", path, "")
		if err := json.Unmarshal(w.Body.Bytes(), &s); err != nil || w.Code != 200 {
			t.Fatalf("%s: got %d %s", path, w.Code, w.Body)
		}
		return s
	}
	mine := "/subscriptions/s/statements/" + month
	if s := get(mine); s.Currency != "" || s.CallCountTotal != 6 || s.CallCountBlocked != 1 || s.CallCountBilled != 5 || s.Amount != 0 || s.ProductID != "/products/gold" || s.Complete {
		t.Errorf("without a plan: %+v", s)
	}
	f.put(t, "/products/gold/pricingPlans/default", `{"text":"Gold","currency":"eur","price":"29.90","includedCalls":2,"priceBeyond":0.015}`)
	if s := get(mine); s.Currency != "EUR" || s.IncludedCalls != 2 || s.CallsBeyond != 3 || s.Price.String() != "29.90" || s.AmountBeyond.String() != "0.045" || s.Amount.String() != "29.945" || s.Bandwidth != 50 {
		t.Errorf("with a plan: %+v", s)
	}
	// A plan that replaces another counts from the next month on.
	f.put(t, "/products/gold/pricingPlans/default", `{"text":"Gold","currency":"EUR","price":"99","includedCalls":0,"priceBeyond":"1"}`)
	if s := get(mine); s.Price.String() != "29.90" {
		t.Errorf("after another plan: %+v", s)
	}
	if s := get("/subscriptions/s/statements/" + now.AddDate(0, 2, 0).Format("2006-01")); s.Price.String() != "99.00" || s.CallCountTotal != 0 {
		t.Errorf("a month to come: %+v", s)
	}
	if s := get("/subscriptions/s/statements/" + now.AddDate(0, -2, -now.Day()+1).Format("2006-01")); s.CallCountTotal != 1 || s.Price != 0 || !s.Complete {
		t.Errorf("a month before there was the subscription: %+v", s)
	}
	if s := get("/subscriptions/free/statements/" + month); s.ProductID != "" || s.Amount != 0 {
		t.Errorf("a subscription to all APIs: %+v", s)
	}
	if w := f.call(t, "GET", "/statements/"+month+"?$filter=currency+eq+'EUR'", ""); !strings.Contains(w.Body.String(), `"count":1`) || !strings.Contains(w.Body.String(), `"amount":"29.945"`) {
		t.Errorf("all: %d %s", w.Code, w.Body)
	}
	const header = "month,subscriptionId,displayName,ownerId,productId,productName,complete,callCountTotal,callCountBlocked,callCountBilled,bandwidth,planText,currency,includedCalls,callsBeyond,price,priceBeyond,amountBeyond,amount\r\n"
	row := month + ",/subscriptions/s,S,/users/eve,/products/gold,'=Gold,false,6,1,5,50,Gold,EUR,2,3,29.90,0.015,0.045,29.945\r\n"
	for _, path := range []string{mine + "?format=csv", "/statements/" + month + "?format=csv"} {
		if w := f.call(t, "GET", path, ""); !strings.HasPrefix(w.Body.String(), header) || !strings.Contains(w.Body.String(), row) {
			t.Errorf("%s: got %s", path, w.Body)
		}
	}
	if w := f.call(t, "GET", "/products/gold/pricingPlans/default", ""); !strings.Contains(w.Body.String(), `"price":"99.00"`) || !strings.Contains(w.Body.String(), `"earlier":[{"text":"Gold","currency":"EUR","period":"P1M","price":"29.90"`) {
		t.Errorf("the plan: %s", w.Body)
	}
}

func TestRefusedBilling(t *testing.T) {
	const plan = "/products/starter/pricingPlans/default"
	checkRefusals(t, []refusal{
		{"PUT", plan, `{"properties":{"currency":"euro","price":"1"}}`, nil, 400, `"EURO" is not a currency's code`},
		{"PUT", plan, `{"properties":{"currency":"EUR","price":"1,50"}}`, nil, 400, "is not an amount"},
		{"PUT", plan, `{"properties":{"currency":"EUR","price":-1}}`, nil, 400, "is not an amount"},
		{"PUT", plan, `{"properties":{"currency":"EUR","price":"1.2345678"}}`, nil, 400, "is not an amount"},
		{"PUT", plan, `{"properties":{"currency":"EUR","price":"1","includedCalls":-1}}`, nil, 400, "includedCalls must not be negative"},
		{"PUT", plan, `{"properties":{"currency":"EUR","price":"1","period":"P1Y"}}`, nil, 400, "period"},
		{"PUT", "/products/gone/pricingPlans/default", `{"properties":{"currency":"EUR"}}`, nil, 404, "Product not found: gone."},
		{"PUT", "/products/starter/pricingPlans/other", `{"properties":{"currency":"EUR"}}`, nil, 404, "Pricing plan not found: other."},
		{"GET", plan, "", nil, 404, "Pricing plan not found"},
		{"GET", "/subscriptions/master/statements/2026-13", "", nil, 400, "is not a month"},
		{"GET", "/subscriptions/master/statements/26-1", "", nil, 400, "is not a month"},
		{"GET", "/subscriptions/gone/statements/2026-11", "", nil, 404, "Subscription not found: gone."},
	})
}
