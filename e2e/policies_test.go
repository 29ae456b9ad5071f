package e2e_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// document is a policy document for the management API's PUT.
func document(t *testing.T, inbound, outbound string) string {
	t.Helper()
	value := "<policies><inbound><base />" + inbound + "</inbound><backend><base /></backend><outbound><base />" + outbound + "</outbound><on-error><base /></on-error></policies>"
	b, err := json.Marshal(map[string]any{"properties": map[string]string{"format": "rawxml", "value": value}})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// openAPI publishes an API in front of the echo backend that needs no key.
func (p *process) openAPI(name string) {
	p.t.Helper()
	wantStatus(p.t, "PUT "+name, p.arm(http.MethodPut, "/apis/"+name, `{"properties":{"displayName":"`+name+`","path":"`+name+`","protocols":["http","https"],"serviceUrl":"http://echoapi.cloudapp.net/api","subscriptionRequired":false}}`), 201)
	wantStatus(p.t, "PUT operation", p.arm(http.MethodPut, "/apis/"+name+"/operations/get", `{"properties":{"displayName":"Get","method":"GET","urlTemplate":"/resource"}}`), 201)
}

// TestPoliciesWithExpressions stores documents through the management API and
// calls through them: expressions, named values, a fragment, the cache.
func TestPoliciesWithExpressions(t *testing.T) {
	p := start(t, t.TempDir())
	p.openAPI("open")
	wantStatus(t, "a named value", p.arm(http.MethodPut, "/namedValues/greeting", `{"properties":{"displayName":"greeting","value":"hello"}}`), 201)
	wantStatus(t, "a fragment", p.arm(http.MethodPut, "/policyFragments/stamp", `{"properties":{"format":"rawxml","value":"<fragment><set-header name=\"X-Stamp\" exists-action=\"override\"><value>{{greeting}}</value></set-header></fragment>"}}`), 201)
	wantStatus(t, "a document", p.arm(http.MethodPut, "/apis/open/policies/policy", document(t,
		`<include-fragment fragment-id="stamp" /><choose><when condition="@(context.Request.Headers.GetValueOrDefault("X-Block","") == "yes")"><return-response><set-status code="418" reason="Teapot" /><set-body>@{ return new JObject(new JProperty("api", context.Api.Name)).ToString(Newtonsoft.Json.Formatting.None); }</set-body></return-response></when></choose>`,
		`<set-header name="X-Length" exists-action="override"><value>@(context.Variables.Count.ToString() + ":" + "{{greeting}}".Length)</value></set-header>`)), 201)
	got := p.call(http.MethodGet, p.Gateway+"/open/resource", "")
	wantStatus(t, "a call", got, 200)
	if got.header.Get("X-Stamp") != "hello" || got.header.Get("X-Length") != "0:5" {
		t.Errorf("the policies set %q and %q", got.header.Get("X-Stamp"), got.header.Get("X-Length"))
	}
	wantStatus(t, "a refused call", p.call(http.MethodGet, p.Gateway+"/open/resource", "", "X-Block: yes"), 418, `{"api":"open"}`)
	wantStatus(t, "a document that does not compile", p.arm(http.MethodPut, "/apis/open/policies/policy",
		document(t, `<set-variable name="x" value="@(nonsense.Length)" />`, "")), 400, "nonsense", "set-variable")
	wantStatus(t, "the stored document still holds", p.call(http.MethodGet, p.Gateway+"/open/resource", "", "X-Block: yes"), 418)
	wantStatus(t, "a changed named value", p.arm(http.MethodPatch, "/namedValues/greeting", `{"properties":{"value":"goodbye"}}`), 200)
	if got := p.call(http.MethodGet, p.Gateway+"/open/resource", ""); got.header.Get("X-Stamp") != "goodbye" {
		t.Errorf("after the change the policies set %q", got.header.Get("X-Stamp"))
	}
}

// TestTracing is the debug-credential flow of API Management.
func TestTracing(t *testing.T) {
	p := start(t, t.TempDir())
	p.openAPI("traced")
	wantStatus(t, "for an API that is not there", p.arm(http.MethodPost, "/gateways/managed/listDebugCredentials", `{"apiId":"/apis/none","purposes":["tracing"]}`), 400, "apiId")
	wantStatus(t, "for too long", p.arm(http.MethodPost, "/gateways/managed/listDebugCredentials", `{"apiId":"/apis/traced","purposes":["tracing"],"credentialsExpireAfter":"PT2H"}`), 400)
	credentials := p.arm(http.MethodPost, "/gateways/managed/listDebugCredentials", `{"apiId":"`+p.ServiceID+`/apis/traced","purposes":["tracing"],"credentialsExpireAfter":"PT1H"}`)
	wantStatus(t, "credentials", credentials, 200)
	var token struct{ Token string }
	if err := json.Unmarshal([]byte(credentials.body), &token); err != nil {
		t.Fatal(err)
	}
	call := p.call(http.MethodGet, p.Gateway+"/traced/resource", "", "Apim-Debug-Authorization: "+token.Token)
	wantStatus(t, "the traced call", call, 200)
	id := call.header.Get("Apim-Trace-Id")
	wantStatus(t, "the trace", p.arm(http.MethodPost, "/gateways/managed/listTrace", `{"traceId":"`+id+`"}`), 200, `"traceEntries"`, `"inbound"`, "forward-request")
	wantStatus(t, "a trace that is not there", p.arm(http.MethodPost, "/gateways/managed/listTrace", `{"traceId":"none"}`), 404)
}

func TestPolicyCommands(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	good := write("good.xml", `<policies><inbound><base /><set-variable name="x" value="@(1 + 1)" /></inbound></policies>`)
	bad := write("bad.xml", "<policies>\n  <inbound>\n    <rate-limit calls=\"many\" />\n  </inbound>\n</policies>")
	if code, out := run(t, "policy", "check", good); code != 0 {
		t.Errorf("a good document: %d %s", code, out)
	}
	if code, out := run(t, "policy", "check", good, bad); code != 1 || !strings.Contains(out, "bad.xml:3:") || !strings.Contains(out, "renewal-period") {
		t.Errorf("a bad document: %d %s", code, out)
	}
	if code, out := run(t, "policy", "check", filepath.Join(dir, "absent.xml")); code != 2 || !strings.Contains(out, "absent.xml") {
		t.Errorf("no such file: %d %s", code, out)
	}
	tests, err := filepath.Glob("../internal/gateway/offline/testdata/*.test")
	if err != nil || len(tests) == 0 {
		t.Fatalf("no test files: %v, %v", tests, err)
	}
	for _, file := range tests {
		_, out := run(t, "policy", "test", file)
		if !strings.Contains(out, filepath.Base(file)) {
			t.Errorf("%s: %s", file, out)
		}
	}
}
