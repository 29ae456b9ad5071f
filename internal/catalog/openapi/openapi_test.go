package openapi_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"portico/internal/catalog"
	"portico/internal/catalog/openapi"
	"portico/internal/fault"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares text with a file of testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("%s differs; got:\n%s", name, got)
	}
}

func read(t *testing.T, source []byte, o openapi.Options) *openapi.API {
	t.Helper()
	a, err := openapi.Read(source, o)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestDocuments: what becomes of a document of each version, and how it is written again.
func TestDocuments(t *testing.T) {
	for _, name := range []string{"petstore-2.0.json", "petstore-3.0.yaml", "petstore-3.1.yaml"} {
		t.Run(name, func(t *testing.T) {
			source, err := os.ReadFile(filepath.Join("testdata", name))
			if err != nil {
				t.Fatal(err)
			}
			a := read(t, source, openapi.Options{SchemaID: "openapi"})
			text, err := json.MarshalIndent(a, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			golden(t, name+".api", append(text, '\n'))

			s := openapi.Source{URL: "https://gateway.example.com/pets", Operations: a.Operations, Schemas: []catalog.Schema{*a.Schema},
				API: catalog.API{DisplayName: a.Title, Description: a.Description, Contact: a.Contact, License: a.License}}
			for _, f := range []openapi.Format{openapi.YAML, openapi.JSON, openapi.Swagger} {
				written, err := openapi.Write(s, f)
				if err != nil {
					t.Fatal(err)
				}
				golden(t, name+"."+strings.ReplaceAll(string(f), "+", "-"), written)
				again := read(t, written, openapi.Options{SchemaID: "openapi"})
				if got, want := signatures(again), signatures(a); !slices.Equal(got, want) {
					t.Errorf("%s: read again, the operations are\n%s\nwant\n%s", f, strings.Join(got, "\n"), strings.Join(want, "\n"))
				}
			}
		})
	}
}

func signatures(a *openapi.API) (found []string) {
	for _, o := range a.Operations {
		found = append(found, fmt.Sprintf("%s: %s %s", o.Name, o.Resource.Method, o.Resource.URLTemplate))
	}
	return found
}

func TestRequiredInQuery(t *testing.T) {
	source := []byte(`{"openapi":"3.0.0","info":{},"paths":{"/a":{"get":{"parameters":[{"name":"q","in":"query","required":true,"schema":{"type":"integer"}}]}}}}`)
	if got := signatures(read(t, source, openapi.Options{})); got[0] != "get-a: GET /a?q={q}" {
		t.Errorf("got %s", got)
	}
	a := read(t, source, openapi.Options{RequiredInQuery: true})
	if got := signatures(a); got[0] != "get-a: GET /a" || !a.Operations[0].Resource.Request.QueryParameters[0].Required {
		t.Errorf("got %s", got)
	}
}

func TestNames(t *testing.T) {
	long := strings.Repeat("x", 100)
	source := fmt.Sprintf(`{"openapi":"3.0.0","paths":{
		"/a":{"get":{"operationId":"Get  Users!"},"put":{"operationId":"get-users"},"post":{"operationId":"GET_users"},"delete":{"operationId":"get.users"}},
		"/b/{id}":{"get":{}}, "/c":{"get":{"operationId":%q},"put":{"operationId":%q}}}}`, long, long)
	var names []string
	for _, o := range read(t, []byte(source), openapi.Options{}).Operations {
		names = append(names, o.Name)
	}
	want := []string{"get-users", "get-users-1", "get_users", "get-users-2", "get-b-id", long[:76], long[:76] + "-1"}
	if !slices.Equal(names, want) {
		t.Errorf("got %q, want %q", names, want)
	}
}

// bomb is a YAML document whose aliases stand for 10^n values.
func bomb(n int) string {
	var b strings.Builder
	b.WriteString("openapi: 3.0.0\nx0: &x0 [1,1,1,1,1,1,1,1,1,1]\n")
	for i := 1; i < n; i++ {
		fmt.Fprintf(&b, "x%d: &x%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*x%d,", i-1), 10), ","))
	}
	fmt.Fprintf(&b, "components: {schemas: {Bomb: {enum: *x%d}}}\npaths: {/a: {get: {}}}\n", n-1)
	return b.String()
}

func TestRefusedDocuments(t *testing.T) {
	operation := func(parameters string) string {
		return `{"openapi":"3.0.0","paths":{"/a":{"get":{"parameters":[` + parameters + `]}}}}`
	}
	for _, c := range []struct{ source, want string }{
		{"", "The document cannot be read: it is empty."},
		{"\xff", "it is not UTF-8 text"},
		{"{", "line 1: it ends before it is whole"},
		{`{"openapi":"3.0.0","openapi":"3.0.0"}`, `the member "openapi" stands twice`},
		{"openapi: 3.0.0\nopenapi: 3.0.0", `the member "openapi" stands twice`},
		{"a: [", "The document cannot be read: line"},
		{"a: &a [*a]", "the alias *a holds itself"},
		{"a: 1\n---\nb: 2", "it holds more than one document"},
		{`{"a":1} {}`, "something follows the document"},
		{"a: " + strings.Repeat("[", 300) + strings.Repeat("]", 300), "it nests deeper than 200 levels"},
		{`{"a":` + strings.Repeat("[", 1000), "it nests deeper than 200 levels"},
		{"paths: [" + strings.Repeat("1,", 4_000_000), "it may hold more than 3000000 values"},
		{bomb(9), "its aliases make it too large"},
		{`{}`, "The document is no OpenAPI document of version 2.0, 3.0 or 3.1"},
		{`{"openapi":"4.0.0","paths":{}}`, "The document is no OpenAPI document"},
		{`{"swagger":"1.2","paths":{}}`, "The document is no OpenAPI document"},
		{`{"openapi":"3.0.0"}`, "#/paths: The document has no paths"},
		{`{"openapi":"3.0.0","paths":[]}`, "#/paths: The document has no paths"},
		{`{"openapi":"3.0.0","paths":{"/a":[]}}`, "#/paths/~1a: A path must be an object."},
		{`{"openapi":"3.0.0","paths":{"/a":{"get":1}}}`, "#/paths/~1a/get: An operation must be an object."},
		{operation(`{"$ref":"other.yaml#/x"}`), `the reference "other.yaml#/x" leads out of the document`},
		{operation(`{"$ref":"http://169.254.169.254/latest"}`), "leads out of the document"},
		{operation(`{"$ref":"#/components/parameters/gone"}`), "names nothing in the document"},
		{`{"openapi":"3.0.0","components":{"parameters":{"a":{"$ref":"#/components/parameters/b"},"b":{"$ref":"#/components/parameters/a"}}},"paths":{"/a":{"get":{"parameters":[{"$ref":"#/components/parameters/a"}]}}}}`,
			"leads from one to another without an end"},
		{operation(`{"in":"query"}`), "A parameter needs its name"},
		{`{"openapi":"3.0.0","paths":{"/a/{x}":{"get":{}},"/a/{y}":{"get":{}}}}`, "operations/get-a-y.urlTemplate: Operation with the same method and URL template already exists"},
		{`{"openapi":"3.0.0","paths":{"/a/{x":{"get":{}}}}`, "operations/get-a-x.urlTemplate: The URL template is wrong"},
	} {
		_, err := openapi.Read([]byte(c.source), openapi.Options{})
		if err == nil || !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.60s: got %v, want %s", c.source, err, c.want)
		}
	}
	if _, err := openapi.Read(make([]byte, 50<<20), openapi.Options{}); !fault.Is(err, fault.TooLarge) {
		t.Errorf("50 MB: got %v", err)
	}
}

// TestCycles: schemas may hold themselves; they are kept as they are.
func TestCycles(t *testing.T) {
	a := read(t, []byte(`{"openapi":"3.0.0","components":{"schemas":{"A":{"required":["b"],"properties":{"b":{"$ref":"#/components/schemas/B"}}},"B":{"properties":{"a":{"$ref":"#/components/schemas/A"}}}}},
		"paths":{"/a":{"post":{"requestBody":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/A"}}}}}}}}`), openapi.Options{SchemaID: "s"})
	r := a.Operations[0].Resource.Request.Representations[0]
	if r.TypeName != "A" || r.SchemaID != "s" || !strings.Contains(string(a.Schema.Document.Components), `"$ref":"#/components/schemas/A"`) {
		t.Errorf("got %+v %s", r, a.Schema.Document.Components)
	}
}

func FuzzRead(f *testing.F) {
	for _, name := range []string{"petstore-2.0.json", "petstore-3.0.yaml", "petstore-3.1.yaml"} {
		source, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(source)
	}
	f.Add([]byte(bomb(2)))
	f.Fuzz(func(t *testing.T, source []byte) {
		a, err := openapi.Read(source, openapi.Options{SchemaID: "s"})
		if err != nil {
			if fault.Is(err, fault.Internal) {
				t.Fatal(err)
			}
			return
		}
		s := openapi.Source{URL: "https://h/p", API: catalog.API{DisplayName: a.Title}, Operations: a.Operations}
		if a.Schema != nil {
			s.Schemas = []catalog.Schema{*a.Schema}
		}
		for _, format := range []openapi.Format{openapi.YAML, openapi.JSON, openapi.Swagger} {
			if _, err := openapi.Write(s, format); err != nil {
				t.Fatalf("%s: %v", format, err)
			}
		}
	})
}

// large is a document of many operations.
func large(operations int) []byte {
	var b strings.Builder
	b.WriteString(`{"openapi":"3.0.3","info":{"title":"Large"},"components":{"schemas":{"Item":{"type":"object","properties":{"id":{"type":"string"}}}}},"paths":{`)
	for i := range operations {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `"/things%d/{id}":{"get":{"operationId":"get%d","parameters":[{"name":"id","in":"path","required":true,"schema":{"type":"string"}}],"responses":{"200":{"description":%q,"content":{"application/json":{"schema":{"$ref":"#/components/schemas/Item"}}}}}}}`,
			i, i, strings.Repeat("A long description of what is answered. ", 25))
	}
	b.WriteString("}}")
	return []byte(b.String())
}

func BenchmarkRead(b *testing.B) {
	source := large(1000)
	b.SetBytes(int64(len(source)))
	for b.Loop() {
		if _, err := openapi.Read(source, openapi.Options{SchemaID: "s"}); err != nil {
			b.Fatal(err)
		}
	}
}
