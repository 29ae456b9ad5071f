package gateway

import (
	"testing"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/record"
)

const (
	missingKey = `{ "statusCode": 401, "message": "Access denied due to missing subscription key. Make sure to include subscription key when making requests to an API." }`
	invalidKey = `{ "statusCode": 401, "message": "Access denied due to invalid subscription key. Make sure to provide a valid key for an active subscription." }`
)

// TestKeys is the decision table of contract 1.5: who may call which API. The
// answer shows in whose context the call ran.
func TestKeys(t *testing.T) {
	w := newWorld(t, nil)
	w.api("needs", catalog.API{Path: "needs"}, "GET /x")
	w.api("free", free("free"), "GET /x")
	w.api("opened", catalog.API{Path: "opened"}, "GET /x")
	w.api("alone", catalog.API{Path: "alone"}, "GET /x")
	w.api("renamed", catalog.API{Path: "renamed", KeyNames: &catalog.SubscriptionKeyNames{Header: "X-Key", Query: "key"}}, "GET /x")
	w.product("closed", false, "needs", "free", "renamed")
	w.product("other", false, "needs", "opened")
	w.product("open", true, "opened")
	w.product("hidden", false, "needs")
	w.product("hiddenopen", true, "alone")
	for _, p := range []string{"hidden", "hiddenopen"} {
		required := p == "hidden"
		w.apply(record.PutOf(catalog.ProductPath(p), catalog.Product{DisplayName: p, State: "notPublished", SubscriptionRequired: &required}, "*"))
	}
	for _, p := range []string{"closed", "other", "open", "hidden"} {
		w.policy(catalog.ProductPath(p), `<outbound><set-header name="X-Product"><value>`+p+`</value></set-header><base/></outbound>`)
	}
	w.policy("", `<backend><forward-request /></backend><outbound><set-header name="X-Global"><value>1</value></set-header></outbound>`)
	w.subscription("closed", "/products/closed")
	w.subscription("other", "/products/Other")
	w.subscription("hidden", "/products/hidden")
	w.subscription("every", "/apis")
	w.subscription("needs", "/apis/NEEDS")
	w.subscription("master", "/")
	for _, state := range []access.State{access.Submitted, access.Suspended, access.Rejected, access.Cancelled, access.Expired} {
		w.subscribe(access.Subscription{ID: string(state), Scope: "/apis", State: state})
	}
	const key, query = "Ocp-Apim-Subscription-Key: ", "?subscription-key="
	tests := []struct {
		line, header string
		status       int
		product      string
	}{
		{"GET /needs/x", "", 401, ""},
		{"GET /needs/x", key + "closed-1", 200, "closed"},
		{"GET /needs/x", key + "closed-2", 200, "closed"},
		{"GET /needs/x", "ocp-apim-subscription-KEY: closed-1", 200, "closed"},
		{"GET /needs/x" + query + "closed-1", "", 200, "closed"},
		{"GET /needs/x?a=b&Subscription-Key=closed%2D1", "", 200, "closed"},
		{"GET /needs/x" + query + "closed-1", key + "wrong", 401, "invalid"}, // the header decides
		{"GET /needs/x" + query + "wrong", key + "closed-1", 200, "closed"},
		{"GET /needs/x" + query + "closed-1", key, 401, ""}, // an empty header is there, and no key
		{"GET /needs/x", key + "wrong", 401, "invalid"},
		{"GET /needs/x", key + "other-1", 200, "other"},
		{"GET /needs/x", key + "hidden-1", 200, "hidden"}, // unpublished: keys go on to work
		{"GET /needs/x", key + "every-1", 200, ""},
		{"GET /needs/x", key + "needs-1", 200, ""},
		{"GET /needs/x", key + "master-1", 200, ""},
		{"GET /free/x", "", 200, ""},
		{"GET /free/x", key + "closed-1", 200, "closed"},
		{"GET /free/x", key + "wrong", 401, "invalid"}, // a key that is sent must be right
		{"GET /free/x", key + "needs-1", 401, "invalid"},
		{"GET /free/x", key + "other-1", 401, "invalid"},
		{"GET /opened/x", "", 200, "open"},
		{"GET /opened/x", key + "other-1", 200, "other"},
		{"GET /opened/x", key + "closed-1", 401, "invalid"},
		{"GET /opened/x", key + "every-1", 200, ""},
		{"GET /alone/x", "", 401, ""}, // its open product is not published
		{"GET /renamed/x", "X-Key: closed-1", 200, "closed"},
		{"GET /renamed/x?key=closed-1", "", 200, "closed"},
		{"GET /renamed/x", key + "closed-1", 401, ""},
		{"GET /needs/x", key + "submitted-1", 401, "invalid"},
		{"GET /needs/x", key + "suspended-1", 401, "invalid"},
		{"GET /needs/x", key + "rejected-1", 401, "invalid"},
		{"GET /needs/x", key + "cancelled-1", 401, "invalid"},
		{"GET /needs/x", key + "expired-1", 401, "invalid"},
	}
	for _, test := range tests {
		var headers []string
		if test.header != "" {
			headers = append(headers, test.header)
		}
		what := test.line + " " + test.header
		got := w.call(test.line, headers...)
		if test.status == 401 {
			body := missingKey
			if test.product == "invalid" {
				body = invalidKey
			}
			got.is(t, what, 401, body)
			if got.header.Get("Content-Type") != "application/json" {
				t.Errorf("%s: content type %q", what, got.header.Get("Content-Type"))
			}
			continue
		}
		got.is(t, what, test.status, "")
		if p := got.header.Get("X-Product"); p != test.product || got.header.Get("X-Global") != "1" {
			t.Errorf("%s: ran in the context of %q, want %q", what, p, test.product)
		}
	}
	realm := func(suffix, header string) string {
		return `AzureApiManagementKey realm="` + w.server.URL + suffix + `",name="` + header + `",type="header"`
	}
	if got := w.call("GET /needs/x").header.Get("WWW-Authenticate"); got != realm("/needs", "Ocp-Apim-Subscription-Key") {
		t.Errorf("challenge %s", got)
	}
	if got := w.call("GET /renamed/x", "X-Key: wrong").header.Get("WWW-Authenticate"); got != realm("/renamed", "X-Key") {
		t.Errorf("challenge %s", got)
	}
}

func TestKeyIsPassedOn(t *testing.T) {
	w := newWorld(t, nil)
	w.api("echo", catalog.API{Path: "echo", ServiceURL: "http://echoapi.cloudapp.net/api"}, "GET /resource")
	w.api("plain", catalog.API{Path: "plain"}, "GET /x")
	w.subscription("s", "/apis")
	got := w.call("GET /echo/resource", "Ocp-Apim-Subscription-Key: s-1")
	if got.header.Get("Ocp-Apim-Subscription-Key") != "s-1" {
		t.Error("the backend did not get the key")
	}
	w.call("GET /plain/x?a=1&subscription-key=s-1").is(t, "query", 200, "GET /base/x?a=1&subscription-key=s-1")
}

// TestKeyChangesHoldAtOnce follows a subscription through its life.
func TestKeyChangesHoldAtOnce(t *testing.T) {
	w := newWorld(t, nil)
	w.api("a", catalog.API{Path: "a"}, "GET /x")
	w.product("p", false, "a")
	status := func(key string) int { return w.call("GET /a/x", "Ocp-Apim-Subscription-Key: "+key).status }
	if status("s-1") != 401 {
		t.Error("a key works before its subscription exists")
	}
	w.subscription("s", "/products/p")
	if status("s-1") != 200 {
		t.Error("a new subscription does not work")
	}
	s := access.Subscription{ID: "s", Scope: "/products/p", State: access.Active, PrimaryKey: "new", SecondaryKey: "s-2"}
	w.apply(access.StoreSubscription(w.keeper, s, "*"))
	if status("s-1") != 401 || status("new") != 200 || status("s-2") != 200 {
		t.Error("a regenerated key does not replace the old one at once")
	}
	s.State = access.Suspended
	w.apply(access.StoreSubscription(w.keeper, s, "*"))
	if status("new") != 401 {
		t.Error("a suspended subscription works")
	}
	s.State = access.Active
	w.apply(access.StoreSubscription(w.keeper, s, "*"))
	w.apply(record.Change{Op: record.Delete, Path: catalog.ProductAPIPath("p", "a")})
	if status("new") != 401 {
		t.Error("the product's key works for an API that left the product")
	}
	w.apply(record.PutOf(catalog.ProductAPIPath("p", "a"), catalog.Link{}, ""))
	if status("new") != 200 {
		t.Error("the API came back to the product, and the key does not work")
	}
	w.apply(record.Change{Op: record.Delete, Path: access.SubscriptionPath("s")})
	if status("new") != 401 {
		t.Error("a deleted subscription works")
	}
}
