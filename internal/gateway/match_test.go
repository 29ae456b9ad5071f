package gateway

import (
	"strings"
	"testing"

	"portico/internal/catalog"
)

func free(path string) catalog.API {
	no := false
	return catalog.API{Path: path, SubscriptionRequired: &no}
}

// TestMatchOperation holds the order in which operations are tried. The answer
// names the operation that got the call: each rewrites the path to its id.
func TestMatchOperation(t *testing.T) {
	operations := []string{
		0: "GET /a/{x}",
		1: "GET /a/b",
		2: "GET /a/*",
		3: "POST /a/{x}",
		4: "GET /a/b?q={q}",
		5: "GET /a/b?q={q}&r={r}",
		6: "GET /a/b?q=fixed",
		7: "GET /",
		8: "GET /slash/",
		9: "GET /people({id})/name",
	}
	more := []string{
		0: "GET /people({id})/{rest}",
		1: "DELETE /*",
		2: "GET /a/{x}/deep/{y}",
		3: "GET /a/b/deep/end",
		4: "GET /files/{*path}",
		5: "GET /caf%C3%A9 au lait",
		6: "HEAD /a/b",
		7: "GET /{name}.json",
		8: "GET /{name}-{version}.json",
	}
	w := newWorld(t, nil)
	w.api("one", free("one"), operations...)
	w.api("two", free("one/two"), more...)
	for i := range operations {
		w.policy(catalog.OperationPath("one", "op"+string(rune('0'+i))), "<inbound><rewrite-uri template='/one"+string(rune('0'+i))+"' copy-unmatched-params='false' /></inbound>")
	}
	for i := range more {
		w.policy(catalog.OperationPath("two", "op"+string(rune('0'+i))), "<inbound><rewrite-uri template='/two"+string(rune('0'+i))+"' copy-unmatched-params='false' /></inbound>")
	}
	for line, want := range map[string]string{ // "" is 404
		"GET /one/a/b":                         "one1",
		"GET /one/A/B":                         "one1",
		"GET /one/a/c":                         "one0",
		"GET /one/a/c/d":                       "one2",
		"GET /one/a/":                          "one2",
		"GET /one/a":                           "one2",
		"POST /one/a/b":                        "one3",
		"PUT /one/a/b":                         "",
		"GET /one/a/b?q=1":                     "one4",
		"GET /one/a/b?z=0&Q=1":                 "one4",
		"GET /one/a/b?q":                       "one4",
		"GET /one/a/b?r=1&q=":                  "one5",
		"GET /one/a/b?q=fixed":                 "one6",
		"GET /one/a/b?q=fixed&r=1":             "one5",
		"GET /one/a/b?r=1":                     "one1",
		"GET /one":                             "one7",
		"GET /one/":                            "one7",
		"GET /ONE":                             "one7",
		"GET /one/slash":                       "one8",
		"GET /one/slash/":                      "one8",
		"GET /one/people(5)/name":              "one9",
		"GET /one/people()/name":               "",
		"GET /one/nothing":                     "",
		"GET /on":                              "",
		"GET /onetwo/a/b":                      "",
		"GET /":                                "",
		"GET /one/two/people(5)/name":          "two0",
		"GET /one/two/PEOPLE(5)/name":          "two0",
		"DELETE /one/two":                      "two1",
		"DELETE /one/two/":                     "two1",
		"DELETE /one/two/a/b/c":                "two1",
		"GET /one/two/a/b/deep/end":            "two3",
		"GET /one/two/a/b/deep/other":          "two2",
		"GET /one/two/files/a/b%2Fc":           "two4",
		"GET /one/two/CAF%c3%a9%20au%20lait":   "two5",
		"GET /one/two/report-1.2.json":         "two8",
		"GET /one/two/report.json":             "two7",
		"GET /one/two/.json":                   "",
		"GET /one/two/a/b":                     "", // the longest suffix decides, though /one/a/* would match
		"GET /one/two/a/b?unknown=%zz-is-fine": "400",
	} {
		got := w.call(line)
		switch {
		case want == "400":
			got.is(t, line, 400, "")
		case want == "":
			got.is(t, line, 404, `{ "statusCode": 404, "message": "Resource not found" }`)
		case !strings.HasPrefix(got.body, strings.Fields(line)[0]+" /base/"+want+"?"):
			t.Errorf("%s: reached %q, want %s", line, got.body, want)
		}
	}
	w.call("HEAD /one/two/a/b").is(t, "HEAD that is declared", 200, "")
	w.call("HEAD /one/a/b").is(t, "HEAD that is not declared", 404, "")
}

func TestMatchedParametersReachPolicies(t *testing.T) {
	w := newWorld(t, nil)
	w.api("ml", free("azureml-demo"), "POST /workspaces/{workspace}/services/{service}/execute?api-version={apiversion}&details={details}", "GET /files/{*rest}")
	w.policy(catalog.APIPath("ml"), "")
	w.policy(catalog.OperationPath("ml", "op0"), `<inbound><rewrite-uri template="/{service}/{workspace}?v={apiversion}&amp;d={Details}" /></inbound>`)
	w.policy(catalog.OperationPath("ml", "op1"), `<inbound><rewrite-uri template="/{rest}" /></inbound>`)
	w.call("POST /azureml-demo/workspaces/a%20b/services/c%2Fd/execute?details=true&extra=1&api-version=2.0").
		is(t, "rewritten", 200, "POST /base/c%2Fd/a%20b?v=2.0&d=true&extra=1")
	w.call("GET /azureml-demo/files/x/y%2Fz").is(t, "rest", 200, "GET /base/x/y%2Fz?")
}

func TestPathsAreForwardedAsTheyCame(t *testing.T) {
	w := newWorld(t, nil)
	w.api("all", free(""), "GET /*", "GET /x/{p}")
	for path, want := range map[string]string{
		"/":                  "/base/?",
		"/a/b/":              "/base/a/b/?",
		"/a%2Fb?c=%2f+d&c=e": "/base/a%2Fb?c=%2f+d&c=e",
		"/%41":               "/base/A?",
		"/x/y/":              "/base/x/y/?",
	} {
		w.call("GET "+path).is(t, path, 200, "GET "+want)
	}
}
