package arm_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"

	"portico/internal/catalog"
	"portico/internal/record"
	"portico/internal/rest/arm"
)

// TestStatuses holds the statuses that the SDKs accept (arm operations, column 5).
func TestStatuses(t *testing.T) {
	f := newFixture(t)
	const product = `{"properties":{"displayName":"P"}}`
	for _, c := range []struct {
		method, path, body string
		status             int
	}{
		{"PUT", "/apis/a", `{"properties":{"path":"a"}}`, 201},
		{"PUT", "/apis/a", `{"properties":{"path":"a"}}`, 200},
		{"HEAD", "/apis/a", "", 200},
		{"DELETE", "/apis/a", "", 204}, // never 200
		{"DELETE", "/apis/a", "", 204},
		{"PUT", "/products/p", product, 201},
		{"PUT", "/products/p", product, 200},
		{"PUT", "/products/p/apis/echo-api", "", 201},
		{"PUT", "/products/p/apis/echo-api", "", 200},
		{"HEAD", "/products/p/apis/echo-api", "", 204}, // never 200
		{"DELETE", "/products/p/apis/echo-api", "", 200},
		{"DELETE", "/products/p/apis/echo-api", "", 204},
		{"DELETE", "/products/p", "", 200},
		{"DELETE", "/products/p", "", 204},
		{"POST", "/subscriptions/master/listSecrets", "", 200},
		{"POST", "/subscriptions/master/regeneratePrimaryKey", "", 204},
	} {
		if w := f.call(t, c.method, c.path, c.body, "If-Match: *"); w.Code != c.status {
			t.Errorf("%s %s: got %d %s, want %d", c.method, c.path, w.Code, w.Body, c.status)
		}
	}
}

func TestFixedSegmentsAndNamesInAnyCase(t *testing.T) {
	f := newFixture(t)
	path := strings.ToUpper(servicePath) + "/APIS/Echo-API/Operations/Create-Resource?API-VERSION=2024-05-01&api-version=2024-05-01"
	w := f.call(t, "GET", strings.Replace(path, "/SUBSCRIPTIONS/", "/subscriptions/", 1), "")
	var got struct{ ID, Type, Name string }
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || got.ID != servicePath+"/apis/echo-api/operations/create-resource" || got.Type != "Microsoft.ApiManagement/service/apis/operations" {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
	f.call(t, "PUT", "/APIS/ECHO-API/OPERATIONS/New", `{"properties":{"displayName":"N","method":"get","urlTemplate":"/new"}}`)
	w = f.call(t, "GET", "/apis/echo-api/operations?$filter=name+eq+'new'", "")
	if !strings.Contains(w.Body.String(), `"id":"`+servicePath+`/apis/echo-api/operations/New"`) {
		t.Errorf("a new resource took the spelling of its parent from the URL: %s", w.Body)
	}
}

func TestCurrentRevisionIsTheAPI(t *testing.T) {
	f := newFixture(t)
	for _, path := range []string{"/apis/echo-api;rev=1", "/apis/echo-api;REV=1/operations/create-resource", "/products/starter/apis/echo-api;rev=1"} {
		method := "GET"
		if strings.HasPrefix(path, "/products") {
			method = "HEAD"
		}
		if w := f.call(t, method, path, ""); w.Code >= 300 {
			t.Errorf("%s: got %d %s", path, w.Code, w.Body)
		}
	}
	w := f.call(t, "PUT", "/apis/new;rev=1", `{"properties":{"path":"new","apiRevision":"1"}}`)
	if w.Code != http.StatusCreated || !strings.Contains(w.Body.String(), `"name":"new"`) {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
}

func TestPatchMerges(t *testing.T) {
	f := newFixture(t)
	f.call(t, "PUT", "/products/p", `{"properties":{"displayName":"P","description":"D","subscriptionsLimit":5}}`)
	w := f.call(t, "PATCH", "/products/p", `{"properties":{"DESCRIPTION":null,"state":"published","unknown":1},"location":"ignored"}`, "If-Match: *")
	var got struct {
		Properties json.RawMessage
	}
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != http.StatusOK ||
		string(got.Properties) != `{"displayName":"P","subscriptionRequired":true,"approvalRequired":false,"subscriptionsLimit":5,"state":"published"}` {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
	w = f.call(t, "PATCH", "/products/p", `{"properties":{"displayName":null}}`, "If-Match: *")
	if w.Code != http.StatusBadRequest {
		t.Errorf("removing a required property: %d %s", w.Code, w.Body)
	}
	w = f.call(t, "PATCH", "/apis/echo-api", `{"properties":{"subscriptionKeyParameterNames":{"query":"key"}}}`, "If-Match: *")
	if !strings.Contains(w.Body.String(), `"subscriptionKeyParameterNames":{"header":"Ocp-Apim-Subscription-Key","query":"key"}`) {
		t.Errorf("an object was not merged: %s", w.Body)
	}
}

func TestConditionalGet(t *testing.T) {
	f := newFixture(t)
	etag := f.call(t, "GET", "/apis/echo-api", "").Header().Get("ETag")
	for _, tag := range []string{etag, "W/" + etag, `"other", ` + etag, "*"} {
		if w := f.call(t, "GET", "/apis/echo-api", "", "If-None-Match: "+tag); w.Code != http.StatusNotModified || w.Body.Len() > 0 {
			t.Errorf("%s: got %d %s", tag, w.Code, w.Body)
		}
	}
	if w := f.call(t, "GET", "/apis/echo-api", "", `If-None-Match: "other"`); w.Code != http.StatusOK {
		t.Errorf("another tag: got %d", w.Code)
	}
}

func TestLists(t *testing.T) {
	f := newFixture(t)
	for _, id := range []string{"b", "c", "a"} {
		f.call(t, "PUT", "/apis/"+id, `{"properties":{"path":"x-`+id+`"}}`)
	}
	list := func(query string) (names string, count int, next string) {
		t.Helper()
		w := f.call(t, "GET", "/apis?"+query, "")
		var p struct {
			Value    []struct{ Name string }
			Count    int
			NextLink string
		}
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || p.Value == nil {
			t.Fatalf("%s: %d %s", query, w.Code, w.Body)
		}
		for _, v := range p.Value {
			names += v.Name + " "
		}
		return names, p.Count, p.NextLink
	}
	for query, want := range map[string]string{
		"":                                "echo-api b c a ",
		"$orderby=name":                   "a b c echo-api ",
		"$orderby=path+desc":              "c b a echo-api ",
		"$filter=startswith(path,'X-')":   "b c a ",
		"$filter=path+eq+'none'":          "",
		"$skip=9":                         "",
		"$top=2&$skip=1&$orderby=name":    "b c ",
		"%24top=1&$FILTER=name+ne+'b'":    "echo-api ",
		"$filter=name+ne+null&$top=99999": "echo-api b c a ",
	} {
		if names, _, _ := list(query); names != want {
			t.Errorf("%s: got %q, want %q", query, names, want)
		}
	}
	_, count, next := list("$top=2&$filter=startswith(path,'x-')&$orderby=name")
	const prefix = "http://example.com"
	if count != 3 || !strings.HasPrefix(next, prefix+servicePath+"/apis?") {
		t.Fatalf("count %d, nextLink %q", count, next)
	}
	w := f.call(t, "GET", strings.TrimPrefix(next, prefix), "")
	if body := w.Body.String(); !strings.Contains(body, `"name":"c"`) || strings.Contains(body, "nextLink") || strings.Contains(body, `"name":"a"`) {
		t.Errorf("the next page is %s", body)
	}
}

func TestPolicyWarningsTravel(t *testing.T) {
	f := newFixture(t)
	w := f.call(t, "PUT", "/apis/echo-api/policies/policy", `{"properties":{"format":"rawxml","value":"<policies><inbound><invoke-dapr-binding name=\"b\" /></inbound></policies>"}}`)
	if w.Code != http.StatusCreated || !strings.HasPrefix(w.Header().Get("Warning"), `299 portico "`) || !strings.Contains(w.Header().Get("Warning"), "invoke-dapr-binding") {
		t.Errorf("got %d %v %s", w.Code, w.Header(), w.Body)
	}
}

// TestFirstPoliciesAreOffered holds the documents of a new instance, which are stored without a check.
func TestFirstPoliciesAreOffered(t *testing.T) {
	f := newFixture(t)
	all, err := f.records.Tree(context.Background(), "/")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, r := range all {
		if !strings.HasSuffix(r.Path, "/policies/policy") {
			continue
		}
		found++
		var p catalog.Policy
		if err := json.Unmarshal(r.Body, &p); err != nil {
			t.Fatal(err)
		}
		if warnings, err := (policies{}).Check(p.Format, p.Value, catalog.Scope(record.Kind(r.Path))); err != nil || len(warnings) > 0 {
			t.Errorf("%s: %v, %v", r.Path, warnings, err)
		}
	}
	if found != 3 {
		t.Errorf("%d documents, want those of all APIs, of Starter and of the cached operation", found)
	}
}

// TestWritersAtOnce holds that rules that span records survive writers at the same time.
func TestWritersAtOnce(t *testing.T) {
	f := newFixture(t)
	var wg sync.WaitGroup
	var mu sync.Mutex
	created := 0
	for i := range 8 {
		wg.Go(func() {
			w := f.call(t, "PUT", "/apis/w"+string(rune('a'+i)), `{"properties":{"path":"same"}}`)
			mu.Lock()
			defer mu.Unlock()
			if w.Code == http.StatusCreated {
				created++
			}
		})
	}
	wg.Wait()
	if created != 1 {
		t.Errorf("%d APIs have one path", created)
	}
}

func TestNewProductsAreSeenByAdministrators(t *testing.T) {
	f := newFixture(t)
	f.call(t, "PUT", "/products/p", `{"properties":{"displayName":"P"}}`)
	if w := f.call(t, "HEAD", "/products/p/groups/"+catalog.Administrators, ""); w.Code != http.StatusNoContent {
		t.Errorf("got %d", w.Code)
	}
}

func TestServiceID(t *testing.T) {
	if got := arm.ServiceID("x"); got != "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/portico/providers/Microsoft.ApiManagement/service/x" {
		t.Error(got)
	}
}
