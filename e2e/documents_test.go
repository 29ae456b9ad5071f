package e2e_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// documentsDir names a folder with OpenAPI documents of others, such as
// OpenAI's, Stripe's and GitHub's, which are not ours to keep.
const documentsDir = "PORTICO_TEST_OPENAPI"

// tellsOperation has the answer tell which operation got a call.
const tellsOperation = `{"properties":{"format":"rawxml","value":"<policies><inbound><base /></inbound><backend><base /></backend><outbound><base /><set-header name=\"Operation\"><value>@(context.Operation.Id)</value></set-header></outbound><on-error><base /></on-error></policies>"}}`

// importedOperation is what a call needs of an operation.
type importedOperation struct {
	Name       string
	Properties struct{ Method, URLTemplate string }
}

// callImported imports a document and calls each of its operations, which must get its own calls.
func callImported(t *testing.T, p *process, id, format, value, backend string) (operations int, took time.Duration) {
	t.Helper()
	body, err := json.Marshal(map[string]any{"properties": map[string]any{
		"path": id, "format": format, "value": value, "serviceUrl": backend, "protocols": []string{"http", "https"}, "subscriptionRequired": false}})
	if err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	if a := p.arm(http.MethodPut, "/apis/"+id, string(body)); a.status != http.StatusCreated {
		t.Fatalf("%s: %d %.2000s", id, a.status, a.body)
	}
	took = time.Since(begin)
	wantStatus(t, id+": its policy", p.arm(http.MethodPut, "/apis/"+id+"/policies/policy", tellsOperation), 201)
	for skip := 0; ; {
		var page struct{ Value []importedOperation }
		if err := json.Unmarshal([]byte(p.arm(http.MethodGet, fmt.Sprintf("/apis/%s/operations?$top=500&$skip=%d", id, skip), "").body), &page); err != nil {
			t.Fatal(err)
		}
		for _, o := range page.Value {
			callOperation(t, p, id, o)
		}
		if skip += len(page.Value); len(page.Value) == 0 {
			return skip, took
		}
	}
}

var templateParameter = regexp.MustCompile(`\{[^}]*\}`)

func callOperation(t *testing.T, p *process, id string, o importedOperation) {
	t.Helper()
	url := p.Gateway + "/" + id + templateParameter.ReplaceAllString(o.Properties.URLTemplate, "some-value")
	a := p.call(o.Properties.Method, url, "")
	if a.status != http.StatusOK || a.header.Get("Operation") != o.Name {
		t.Errorf("%s: %s %s: %d, the call got to %q, want %q", id, o.Properties.Method, o.Properties.URLTemplate, a.status, a.header.Get("Operation"), o.Name)
	}
}

// answering is a backend that answers every call.
func answering(t *testing.T) string {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }))
	t.Cleanup(srv.Close)
	return srv.URL
}

// TestDocumentsOfOthers imports every document of a folder and calls every operation.
func TestDocumentsOfOthers(t *testing.T) {
	dir := os.Getenv(documentsDir)
	if dir == "" {
		t.Skip("set " + documentsDir + " to a folder with OpenAPI documents (*.json, *.yaml)")
	}
	var files []string
	for _, pattern := range []string{"*.json", "*.yaml", "*.yml"} {
		found, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	if len(files) == 0 {
		t.Fatalf("%s has no documents", dir)
	}
	p, backend := start(t, t.TempDir()), answering(t)
	for i, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		n, took := callImported(t, p, fmt.Sprint("document-", i), "openapi", string(text), backend)
		t.Logf("%s: %d bytes, imported in %v, %d operations called", filepath.Base(file), len(text), took.Round(time.Millisecond), n)
		if n == 0 {
			t.Errorf("%s has no operations", file)
		}
	}
}

// TestDocumentsWithWhatMakesTrouble does the same with small documents that hold
// what the large public ones are difficult for.
func TestDocumentsWithWhatMakesTrouble(t *testing.T) {
	p, backend := start(t, t.TempDir()), answering(t)
	paths := func(more string) string {
		return `{"openapi":"3.0.3","info":{"title":"T","version":"1"},"paths":{` + more + `}}`
	}
	for name, c := range map[string]struct {
		document   string
		operations int
	}{
		"literals beside parameters": {paths(`"/users/{id}":{"get":{"operationId":"users/get"}},"/users/self":{"get":{"operationId":"users/get-self"}},"/users/{id}/keys/{key}":{"get":{}},"/users/{id}/keys/all":{"get":{}}`), 4},
		"parameters inside segments": {paths(`"/compare/{base}...{head}":{"get":{}},"/files/{name}.{ext}":{"get":{}},"/items({id})":{"get":{}}`), 3},
		"required query parameters":  {paths(`"/search":{"get":{"parameters":[{"name":"q","in":"query","required":true,"schema":{"type":"string"}}]}},"/search/all":{"get":{"parameters":[{"name":"filter[status]","in":"query","required":true,"schema":{"type":"string"}}]}}`), 2},
		"references everywhere": {`{"openapi":"3.1.0","info":{"title":"T","version":"1"},"paths":{"/a/{id}":{"$ref":"#/components/pathItems/a"}},"components":{
			"pathItems":{"a":{"parameters":[{"$ref":"#/components/parameters/id"}],"get":{"responses":{"200":{"$ref":"#/components/responses/ok"}}}}},
			"parameters":{"id":{"name":"id","in":"path","required":true,"schema":{"$ref":"#/components/schemas/Id"}}},
			"responses":{"ok":{"description":"ok","content":{"application/json":{"schema":{"$ref":"#/components/schemas/Node"}}}}},
			"schemas":{"Id":{"type":["string","null"]},"Node":{"type":"object","properties":{"next":{"$ref":"#/components/schemas/Node"},"any":{"anyOf":[true,{"$ref":"#/components/schemas/Id"}]}}}}},
			"webhooks":{"made":{"post":{"responses":{"200":{"description":"ok"}}}}}}`, 1},
		"every verb":                  {paths(`"/v":{"get":{},"put":{},"post":{},"delete":{},"options":{},"head":{},"patch":{}}`), 7},
		"names that are equal":        {paths(`"/a":{"get":{"operationId":"list"}},"/b":{"get":{"operationId":"List"}},"/c":{"get":{"operationId":"list!"}}`), 3},
		"YAML with anchors":           {"openapi: 3.0.0\ninfo: {title: T, version: 1.0}\nx-common: &common\n  responses: {'200': {description: ok}}\npaths:\n  /a:\n    get: {<<: *common, operationId: a}\n    post: *common\n  '/b:c':\n    get: *common\n", 3},
		"2.0 with a base path":        {`{"swagger":"2.0","info":{"title":"T","version":"1"},"host":"example.com","basePath":"/v2","paths":{"/pets":{"post":{"parameters":[{"in":"formData","name":"file","type":"file"},{"in":"query","name":"dry","required":true,"type":"boolean"}],"responses":{"200":{"description":"ok"}}}}}}`, 1},
		"paths with other characters": {paths(`"/caf\u00e9/{id}":{"get":{}},"/a b":{"get":{}},"/v1/{name}:undelete":{"post":{}},"/~me":{"get":{}},"/slash/":{"get":{}},"/slash":{"get":{}}`), 6},
	} {
		t.Run(name, func(t *testing.T) {
			id := regexp.MustCompile("[^a-z0-9]").ReplaceAllString(strings.ToLower(name), "-")
			if n, _ := callImported(t, p, id, "openapi", c.document, backend); n != c.operations {
				t.Errorf("%d operations, want %d", n, c.operations)
			}
		})
	}
}
