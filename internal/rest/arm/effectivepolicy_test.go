package arm_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestEffectivePolicyJoinsTheScopes(t *testing.T) {
	f := newFixture(t)
	store := func(scope, value string) {
		t.Helper()
		if w := f.call(t, http.MethodPut, scope+"/policies/policy", `{"properties":{"format":"rawxml","value":"`+strings.ReplaceAll(value, `"`, `\"`)+`"}}`); w.Code >= 300 {
			t.Fatalf("%s: %d %s", scope, w.Code, w.Body)
		}
	}
	store("/apis/echo-api", `<policies><inbound><base /><set-header name="X-Api"><value>1</value></set-header></inbound></policies>`)
	for _, test := range []struct{ path, has, not string }{
		{"/effectivePolicy", "forward-request", "X-Api"},
		{"/apis/echo-api/effectivePolicy", "X-Api", "rate-limit"},
		{"/apis/echo-api/effectivePolicy?productId=starter", "rate-limit", "nothing"},
		{"/apis/echo-api/operations/create-resource/effectivePolicy", "<!-- api echo-api -->", "rate-limit"},
		{"/products/starter/effectivePolicy", "<!-- product starter -->", "X-Api"},
	} {
		w := f.call(t, http.MethodGet, test.path, "")
		body := strings.NewReplacer(`\u003c`, "<", `\u003e`, ">").Replace(w.Body.String())
		if w.Code != 200 || !strings.Contains(body, test.has) || strings.Contains(body, test.not) {
			t.Errorf("%s: %d %s", test.path, w.Code, body)
		}
	}
	for _, path := range []string{"/apis/none/effectivePolicy", "/apis/echo-api/effectivePolicy?productId=none"} {
		if w := f.call(t, http.MethodGet, path, ""); w.Code != 404 {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
}

func TestValidatePoliciesChecksWhatIsSent(t *testing.T) {
	f := newFixture(t)
	for _, test := range []struct {
		body string
		code int
		has  string
	}{
		{`{"format":"rawxml","scope":"api","value":"<policies><inbound><base /></inbound></policies>"}`, 200, `"warnings":[]`},
		{`{"format":"rawxml","scope":"api","value":"<policies>\n<inbound><set-headr /></inbound></policies>"}`, 400, "line 2, column 11"},
		{`{"format":"rawxml","scope":"page","value":"<policies />"}`, 400, "is not a scope"},
		{`{"scope":`, 400, "not JSON"},
		{`{}`, 200, "{}"},
	} {
		w := f.call(t, http.MethodPost, "/validatePolicies", test.body)
		if w.Code != test.code || !strings.Contains(w.Body.String(), test.has) {
			t.Errorf("%s: %d %s", test.body, w.Code, w.Body)
		}
	}
}
