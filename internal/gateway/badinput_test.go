package gateway

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"portico/internal/catalog"
	"portico/internal/record"
)

// endless answers with bytes for as long as somebody reads them.
func endless(t *testing.T) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		piece := []byte(strings.Repeat("[", 64<<10))
		for {
			if _, err := w.Write(piece); err != nil {
				return
			}
		}
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// TestBadInput has what documents, callers and backends may do to the gateway: the
// call that meets it fails in words, and the calls of another API go on.
func TestBadInput(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.MaxBody = 1 << 20 })
	big := endless(t)
	w.api("a", catalog.API{Path: "a", ServiceURL: big}, "POST /x")
	w.api("b", catalog.API{Path: "b"}, "GET /x")
	w.subscription("sub", "/apis")
	w.policy(catalog.APIPath("b"), `<inbound><return-response><set-body>@("b " + context.Api.Id)</set-body></return-response></inbound>`)
	for id, inside := range map[string]string{"one": `<include-fragment fragment-id="two" />`, "two": `<include-fragment fragment-id="one" />`} {
		w.apply(record.PutOf(catalog.FragmentPath(id), catalog.Policy{Format: "rawxml", Value: "<fragment>" + inside + "</fragment>"}, ""))
	}
	const answer = `<inbound><return-response><set-body>%</set-body></return-response></inbound>`
	deep := strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000)
	for name, test := range map[string]struct {
		document string // the sections, or what stands in the answer's body
		body     string
		status   int
		says     string // in the log
	}{
		"cyclic fragments":                     {`<inbound><include-fragment fragment-id="one" /></inbound>`, "", 500, "includes itself: one → two → one"},
		"unknown named value":                  {"{{nobody}}", "", 500, "There is no named value 'nobody'"},
		"a document of 10 MB":                  {`<inbound>` + strings.Repeat("<!-- ten bytes -->", 10<<20/18) + `</inbound>`, "", 500, "The document has"},
		"a document nested 80,000 deep":        {"<inbound>" + strings.Repeat("<a>", 80_000) + "</inbound>", "", 500, "nested more than 64 deep"},
		"a catastrophic regular expression":    {`@(Regex.IsMatch(new string('a', 40) + "!", "^(a+)+$") + "")`, "", 500, "RegexMatchTimeoutException"},
		"while(true)":                          {`@{ var i = 0; while (true) { i++; } return i; }`, "", 500, "he expression "},
		"a string of 1 GB":                     {`@{ var s = "0123456789"; while (s.Length < 1000000000) { s += s; } return s; }`, "", 500, "memory"},
		"JSON 100,000 deep":                    {`@(context.Request.Body.As<JObject>().ToString())`, deep, 500, "MaxDepth of 400"},
		"JSON without an end":                  {`<backend><forward-request /></backend><outbound><set-body>@(context.Response.Body.As<JObject>().ToString())</set-body></outbound>`, "", 500, "limit"},
		"a body read twice":                    {`@(context.Request.Body.As<string>() + context.Request.Body.As<string>())`, "x", 500, "preserveContent: true"},
		"a header with a line break":           {`<inbound><set-header name="X"><value>@("a\r\nSet-Cookie: b")</value></set-header></inbound>`, "", 500, "line break"},
		"a header's name with a line break":    {`<inbound><set-header name="@("a\r\nb")"><value>x</value></set-header></inbound>`, "", 500, "is not a header name"},
		"send-request to an endless answer":    {`<inbound><send-request mode="new" response-variable-name="r" timeout="20"><set-url>` + big + `</set-url></send-request></inbound>`, "", 500, "longer than may be read"},
		"send-request to a link-local address": {`<inbound><send-request mode="new" response-variable-name="r"><set-url>http://169.254.169.254/latest</set-url></send-request></inbound>`, "", 500, "not allowed"},
		"the backend's endless answer, read":   {`<backend><forward-request /></backend><outbound><set-body>@(context.Response.Body.As<string>())</set-body></outbound>`, "", 500, "limit"},
	} {
		t.Run(name, func(t *testing.T) {
			document := test.document
			if !strings.HasPrefix(document, "<") {
				document = strings.Replace(answer, "%", document, 1)
			}
			w.policy(catalog.APIPath("a"), document)
			logged := len(w.log.String())
			start := time.Now()
			got := w.callWith("POST /a/x", strings.NewReader(test.body), "Ocp-Apim-Subscription-Key: sub-1", "Content-Type: application/json")
			if got.status != test.status || !strings.Contains(w.log.String()[logged:], test.says) {
				t.Errorf("%d %.200s, after %v; the log:\n%.2000s", got.status, got.body, time.Since(start), w.log.String()[logged:])
			}
			if test.says != "" && strings.Contains(got.body, test.says) {
				t.Errorf("the client sees internals: %s", got.body)
			}
			w.call("GET /b/x", "Ocp-Apim-Subscription-Key: sub-1").is(t, "another API", 200, "b b")
		})
	}
}
