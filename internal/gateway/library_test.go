package gateway

import (
	"strings"
	"testing"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/record"
)

func TestNamedValuesAndFragmentsHoldAtOnce(t *testing.T) {
	w := newWorld(t, nil)
	open := false
	w.api("a", catalog.API{Path: "a", SubscriptionRequired: &open}, "GET /x")
	w.api("b", catalog.API{Path: "b", SubscriptionRequired: &open}, "GET /x")
	path := catalog.APIPath("a") + catalog.Policies + "/policy"
	w.policy(catalog.APIPath("a"), `<inbound><return-response><set-header name="V"><value>{{v}}</value></set-header><set-body>{{secret}}</set-body></return-response><include-fragment fragment-id="f" /></inbound>`)
	untouched := w.gateway.builder.apis["b"].compiled

	answer := func(value, body string, problems int) {
		t.Helper()
		got := w.call("GET /a/x")
		if got.header.Get("V") != value || body != "" && got.body != body || len(w.gateway.Problems()[path]) != problems {
			t.Errorf("V %q, body %q, problems %v", got.header.Get("V"), got.body, w.gateway.Problems())
		}
	}
	answer("", "", 3) // two named values and a fragment are missing
	value := func(id string, v catalog.NamedValue) record.Change {
		return catalog.Seal(w.keeper, catalog.NamedValues+"/"+id, &v, "")
	}
	w.apply(value("one", catalog.NamedValue{DisplayName: "v", Value: `@(context.Api.Id)`}), value("two", catalog.NamedValue{DisplayName: "secret", Value: "hidden", Secret: true}))
	answer("", "", 1)
	w.apply(record.PutOf(catalog.FragmentPath("F"), catalog.Policy{Format: "rawxml", Value: "<fragment><set-method>GET</set-method></fragment>"}, ""))
	answer("a", "hidden", 0)
	w.apply(value("one", catalog.NamedValue{DisplayName: "v", Value: "text"}))
	answer("text", "hidden", 0)
	w.apply(value("one", catalog.NamedValue{DisplayName: "renamed", Value: "text"}))
	answer("", "", 1)
	if p := w.gateway.Problems()[path]; len(p) != 1 || !strings.Contains(p[0].Message, "There is no named value 'v'.") {
		t.Errorf("problems %v", p)
	}
	if w.gateway.builder.apis["b"].compiled != untouched {
		t.Error("an API that does not refer to them was compiled again")
	}
	if got := w.call("GET /b/x"); got.status != 200 {
		t.Errorf("the other API answers %d", got.status)
	}
}

func TestExpressionsSeeTheCaller(t *testing.T) {
	w := newWorld(t, nil)
	w.api("a", catalog.API{Path: "a"}, "GET /x")
	w.subscription("sub", "/apis/a")
	w.policy(catalog.APIPath("a"), `<inbound><return-response><set-body>@(context.User == null ? "nobody" : context.User.Id + " " + context.User.Email + " " + string.Join(",", context.User.Groups.Select(g => g.Name)))</set-body></return-response></inbound>`)
	says := func(want string) {
		t.Helper()
		if got := w.call("GET /a/x", "Ocp-Apim-Subscription-Key: sub-1"); got.body != want {
			t.Errorf("%q, want %q", got.body, want)
		}
	}
	says("nobody")
	w.apply(record.PutOf(access.UserPath("Sub"), access.User{Email: "a@b.example"}, ""),
		record.PutOf(catalog.Groups+"/testers", catalog.Group{DisplayName: "Testers"}, ""), record.PutOf(access.MembershipPath("testers", "sub"), struct{}{}, ""))
	says("Sub a@b.example Testers")
	w.apply(record.Change{Op: record.Delete, Path: access.MembershipPath("testers", "sub")})
	says("Sub a@b.example ")
	w.apply(record.Change{Op: record.Delete, Path: access.UserPath("sub")})
	says("nobody")
}
