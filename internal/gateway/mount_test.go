package gateway

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"portico/internal/catalog"
	"portico/internal/record"
	"portico/internal/usage"
)

// set stores a version set.
func (w *world) set(id string, v catalog.VersionSet) {
	w.t.Helper()
	v.DisplayName = id
	w.apply(record.PutOf(record.Path("apiVersionSets", id), v, ""))
}

// versionOf is an API of a version set, whose backend's path is its version.
func versionOf(set, path, version string) catalog.API {
	a := free(path)
	a.APIVersionSetID, a.APIVersion, a.ServiceURL = "/apiVersionSets/"+set, version, "http://local.test/backend-"+version
	return a
}

// revision makes an API the revision with a number.
func revision(a catalog.API, number int, current bool) catalog.API {
	a.APIRevision, a.IsCurrent = strconv.Itoa(number), &current
	if !current {
		a.ServiceURL = "http://local.test/revision-" + a.APIRevision
	}
	return a
}

func TestVersions(t *testing.T) {
	w := newWorld(t, nil)
	w.set("segments", catalog.VersionSet{VersioningScheme: catalog.VersionInSegment})
	w.set("headers", catalog.VersionSet{VersioningScheme: catalog.VersionInHeader, VersionHeaderName: "X-Version"})
	w.set("queries", catalog.VersionSet{VersioningScheme: catalog.VersionInQuery, VersionQueryName: "api-version"})
	for _, set := range []string{"segments", "headers", "queries"} {
		w.api(set, versionOf(set, set, ""), "GET /x", "GET /only-without")
		w.api(set+"-v1", versionOf(set, set, "v1"), "GET /x", "GET /v2")
		w.api(set+"-v2", versionOf(set, set, "v2"), "GET /x", "GET /only-in-2")
		w.api("strict-"+set, versionOf(set, "strict/"+set, "v3"), "GET /x") // no version is 404
	}
	w.api("segments-v1;rev=2", revision(versionOf("segments", "segments", "v1"), 2, false), "GET /x")
	w.api("queries-v1;rev=2", revision(versionOf("queries", "queries", "v1"), 2, false), "GET /x")
	for _, c := range []struct{ line, header, reached string }{ // "" is 404
		{"GET /segments/x", "", "/backend-/x"},
		{"GET /segments/v1/x", "", "/backend-v1/x"},
		{"GET /segments/V1/x", "", "/backend-v1/x"},
		{"GET /segments/v1/v2", "", "/backend-v1/v2"},
		{"GET /segments/v2/only-in-2", "", "/backend-v2/only-in-2"},
		{"GET /segments/v9/x", "", ""},
		{"GET /segments/only-in-2", "", ""},
		{"GET /segments/v2/only-without", "", ""},
		{"GET /strict/segments/x", "", ""},
		{"GET /strict/segments/v3/x", "", "/backend-v3/x"},
		{"GET /segments/v1;rev=2/x", "", "/revision-2/x"},

		{"GET /headers/x", "", "/backend-/x"},
		{"GET /headers/x", "X-Version: v1", "/backend-v1/x"},
		{"GET /headers/x", "x-version: V2", "/backend-v2/x"},
		{"GET /headers/x", "X-Version: v9", ""},
		{"GET /headers/only-in-2", "X-Version: v1", ""},
		{"GET /headers/v1/x", "", ""},
		{"GET /strict/headers/x", "", ""},
		{"GET /strict/headers/x", "X-Version: v3", "/backend-v3/x"},

		{"GET /queries/x", "", "/backend-/x"},
		{"GET /queries/x?api-version=", "", "/backend-/x"},
		{"GET /queries/x?API-Version=v1", "", "/backend-v1/x"},
		{"GET /queries/x?a=1&api-version=%76%32", "", "/backend-v2/x"},
		{"GET /queries/x?api-version=v9", "", ""},
		{"GET /strict/queries/x", "", ""},
		{"GET /strict/queries/x?api-version=v3", "", "/backend-v3/x"},
		{"GET /queries;rev=2/x?api-version=v1", "", "/revision-2/x"},
		{"GET /queries;rev=2/x?api-version=v2", "", ""},
		{"GET /queries;rev=2/x", "", ""},
	} {
		var headers []string
		if c.header != "" {
			headers = []string{c.header}
		}
		got := w.call(c.line, headers...)
		if c.reached == "" {
			got.is(t, c.line+" "+c.header, 404, `{ "statusCode": 404, "message": "Resource not found" }`)
			continue
		}
		_, query, _ := strings.Cut(c.line, "?")
		got.is(t, c.line+" "+c.header, 200, "GET "+c.reached+"?"+query)
	}
}

func TestVersionSetThatChanges(t *testing.T) {
	w := newWorld(t, nil)
	w.set("set", catalog.VersionSet{VersioningScheme: catalog.VersionInSegment})
	w.api("one", versionOf("set", "one", "v1"), "GET /x")
	w.call("GET /one/v1/x").is(t, "by segment", 200, "")
	w.set("set", catalog.VersionSet{VersioningScheme: catalog.VersionInQuery, VersionQueryName: "v"})
	w.call("GET /one/v1/x").is(t, "not by segment any more", 404, "")
	w.call("GET /one/x?v=v1").is(t, "by query", 200, "")
	w.apply(record.Change{Op: record.Delete, Path: "/apiVersionSets/set"})
	w.call("GET /one/x?v=v1").is(t, "without its set", 404, "")
	if p := w.gateway.Problems()["/apis/one"]; len(p) != 1 || p[0].Target != "apiVersionSetId" {
		t.Errorf("problems: %v", p)
	}
}

func TestTwoAPIsThatAnswerTheSameCalls(t *testing.T) {
	w := newWorld(t, nil)
	w.set("set", catalog.VersionSet{VersioningScheme: catalog.VersionInSegment})
	w.set("query", catalog.VersionSet{VersioningScheme: catalog.VersionInQuery, VersionQueryName: "v"})
	w.set("header", catalog.VersionSet{VersioningScheme: catalog.VersionInHeader, VersionHeaderName: "V"})
	w.api("first", versionOf("set", "a", "b"), "GET /x")
	w.api("second", free("a/b"), "GET /x")
	w.api("third", versionOf("query", "c", "1"), "GET /x")
	w.api("fourth", versionOf("header", "c", "2"), "GET /x")
	w.api("fifth", versionOf("query", "c", "1"), "GET /x")
	problems := w.gateway.Problems()
	for id, clashes := range map[string]bool{"first": false, "second": true, "third": false, "fourth": true, "fifth": true} {
		if p := problems[catalog.APIPath(id)]; (len(p) > 0) != clashes {
			t.Errorf("%s: %v", id, p)
		}
	}
	w.call("GET /a/b/x").is(t, "the first keeps its calls", 200, "GET /backend-b/x?")
}

// TestPreflightOfVersionsInAHeader: a browser's question does not carry the
// header, so the newest version's rules answer where all have a version.
func TestPreflightOfVersionsInAHeader(t *testing.T) {
	w := newWorld(t, nil)
	w.set("headers", catalog.VersionSet{VersioningScheme: catalog.VersionInHeader, VersionHeaderName: "X-Version"})
	w.api("one", versionOf("headers", "h", "v1"), "GET /x")
	w.policy(catalog.APIPath("one"), `<inbound><cors><allowed-origins><origin>https://page.test</origin></allowed-origins><allowed-headers><header>X-Version</header></allowed-headers></cors></inbound>`)
	got := w.call("OPTIONS /h/x", "Origin: https://page.test", "Access-Control-Request-Method: GET", "Access-Control-Request-Headers: x-version")
	if got.is(t, "preflight", 200, ""); got.header.Get("Access-Control-Allow-Origin") != "https://page.test" {
		t.Errorf("headers: %v", got.header)
	}
	w.call("OPTIONS /h/x").is(t, "no preflight", 404, "")
}

func TestRevisionsAndWhatIsOffline(t *testing.T) {
	no := false
	w := newWorld(t, nil)
	old, offline := catalog.API{Path: "api"}, free("off")
	offline.IsOnline = &no
	w.api("api", revision(old, 2, true), "GET /x")
	w.api("api;rev=1", revision(old, 1, false), "GET /x")
	w.api("off", offline, "GET /x")
	w.api("root", revision(free(""), 1, true), "GET /y")
	w.api("root;rev=2", revision(free(""), 2, false), "GET /y")
	w.call("GET /off/x").is(t, "offline", 404, "")
	w.call("GET /y").is(t, "at the root", 200, "GET /base/y?")
	w.call("GET /;rev=1/y").is(t, "the current one at the root by its number", 200, "GET /base/y?")
	w.call("GET /;rev=2/y").is(t, "revision at the root", 200, "GET /revision-2/y?")
	w.call("GET /api/x").is(t, "without a key", 401, "")
	w.call("GET /api;rev=1/x").is(t, "a revision without a key", 401, "")
	w.product("p", false, "api")
	w.subscription("product", "/products/p")
	w.subscription("single", "/apis/api")
	for _, key := range []string{"product-1", "single-1"} {
		key = "Ocp-Apim-Subscription-Key: " + key
		w.call("GET /api/x", key).is(t, "current", 200, "GET /base/x?")
		w.call("GET /api;rev=2/x", key).is(t, "current by its number", 200, "GET /base/x?")
		w.call("GET /api;rev=1/x", key).is(t, "revision 1", 200, "GET /revision-1/x?")
		w.call("GET /API;REV=1/x", key).is(t, "revision 1 in capitals", 200, "GET /revision-1/x?")
		w.call("GET /api;rev=3/x", key).is(t, "no revision 3", 404, "")
	}
	w.lastCall()
	if slices.ContainsFunc(w.calls, func(c usage.Call) bool { return strings.Contains(c.API, "rev") }) {
		t.Errorf("calls of a revision are not counted for its API: %v", w.calls)
	}
}

func TestRevisionInAnOpenProduct(t *testing.T) {
	w := newWorld(t, nil)
	w.api("api", revision(catalog.API{Path: "api"}, 1, true), "GET /x")
	w.api("api;rev=2", revision(catalog.API{Path: "api"}, 2, false), "GET /x")
	w.product("open", true, "api")
	w.policy(catalog.ProductPath("open"), `<inbound><base /><set-header name="P"><value>@(context.Product.Id + " " + context.Api.Id + " " + context.Api.Revision)</value></set-header></inbound><outbound><base /><set-header name="Seen"><value>@(context.Request.Headers.GetValueOrDefault("P"))</value></set-header></outbound>`)
	got := w.call("GET /api;rev=2/x")
	got.is(t, "revision of an API in an open product", 200, "")
	if seen := got.header.Get("Seen"); seen != "open api 2" {
		t.Errorf("the product's policy saw %q", seen)
	}
	w.apply(record.Change{Op: record.Delete, Path: catalog.ProductAPIPath("open", "api")})
	w.call("GET /api;rev=2/x").is(t, "taken out of the product", 401, "")
}

// TestMakeCurrentWithoutAFailedCall changes the current revision again and again while calls go on.
func TestMakeCurrentWithoutAFailedCall(t *testing.T) {
	w := newWorld(t, nil)
	w.api("api", revision(catalog.API{Path: "api"}, 1, true), "GET /x")
	w.api("api;rev=2", revision(catalog.API{Path: "api"}, 2, false), "GET /x")
	w.product("p", false, "api")
	w.subscription("s", "/products/p")
	done := make(chan struct{})
	var calling sync.WaitGroup
	for range 4 {
		calling.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				for _, path := range []string{"/api/x", "/api;rev=1/x", "/api;rev=2/x"} {
					req, err := http.NewRequest(http.MethodGet, w.server.URL+path, nil)
					if err != nil {
						t.Error(err)
						return
					}
					req.Header.Set(catalog.DefaultKeyHeader, "s-1")
					res, err := w.server.Client().Do(req)
					if err != nil {
						t.Error(err)
						return
					}
					if err := res.Body.Close(); err != nil || res.StatusCode != http.StatusOK {
						t.Errorf("%s: %d %v", path, res.StatusCode, err)
					}
				}
			}
		})
	}
	for i := range 50 {
		changes, err := catalog.MakeCurrent(context.Background(), w.store.Records(), "api", strconv.Itoa(2-i%2))
		if err != nil {
			t.Fatal(err)
		}
		w.apply(changes...)
	}
	close(done)
	calling.Wait()
}
