package artifact_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"portico/internal/artifact"
	"portico/internal/catalog"
	"portico/internal/record"
)

func resource(path, properties string) artifact.Resource {
	return artifact.Resource{Path: path, Properties: json.RawMessage(properties)}
}

// fileSystem has files as Read takes them.
func fileSystem(files map[string][]byte) fstest.MapFS {
	fsys := fstest.MapFS{}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: text}
	}
	return fsys
}

// TestLayout holds which file a resource is in: the names are the public toolkit's.
func TestLayout(t *testing.T) {
	link := "{}\n"
	empty := "{\n  \"properties\": {}\n}\n"
	for path, want := range map[string]map[string]string{
		"/namedValues/n":                {"named values/n/namedValueInformation.json": empty},
		"/apiVersionSets/v":             {"version sets/v/versionSetInformation.json": empty},
		"/backends/b":                   {"backends/b/backendInformation.json": empty},
		"/loggers/l":                    {"loggers/l/loggerInformation.json": empty},
		"/diagnostics/d":                {"diagnostics/d/diagnosticInformation.json": empty},
		"/groups/g":                     {"groups/g/groupInformation.json": empty},
		"/tags/t":                       {"tags/t/tagInformation.json": empty},
		"/gateways/g":                   {"gateways/g/gatewayInformation.json": empty},
		"/gateways/g/apis/a":            {"gateways/g/apis/a/gatewayApiInformation.json": link},
		"/products/p":                   {"products/p/productInformation.json": empty},
		"/products/p/apis/a":            {"products/p/apis/a/productApiInformation.json": link},
		"/products/p/groups/g":          {"products/p/groups/g/productGroupInformation.json": link},
		"/products/p/tags/t":            {"tags/t/products/p/tagProductInformation.json": link},
		"/apis/a/tags/t":                {"tags/t/apis/a/tagApiInformation.json": link},
		"/apis/a/operations/o/tags/t":   {"tags/t/apis/a/operations/o/tagOperationInformation.json": link},
		"/apis/a/releases/r":            {"apis/a/releases/r/apiReleaseInformation.json": empty},
		"/apis/a/schemas/s":             {"apis/a/schemas/s/apiSchemaInformation.json": empty},
		"/apis/a/diagnostics/d":         {"apis/a/diagnostics/d/diagnosticInformation.json": empty},
		"/apis/a/operations/o":          {"apis/a/operations/o/operationInformation.json": empty},
		"/apis/a;rev=2/wikis/default":   {"apis/a;rev=2/wikis/default/wikiInformation.json": empty},
		"/subscriptions/s":              {"subscriptions/s/subscriptionInformation.json": empty},
		"/portalsettings/signin":        {"portal settings/signin/portalSettingInformation.json": empty},
		"/documentations/what? \"why\"": {"documentations/what%3F %22why%22/documentationInformation.json": empty},
		"/notifications/BCC/recipientEmails/ann@example.com": {"notifications/BCC/recipient emails/ann@example.com/recipientEmailInformation.json": link},
	} {
		files, err := artifact.Files([]artifact.Resource{resource(path, `{}`)})
		if err != nil {
			t.Errorf("%s: %v", path, err)
		}
		for name, text := range want {
			if string(files[name]) != text {
				t.Errorf("%s is in %v with %q, want %s with %q", path, slices.Collect(maps.Keys(files)), files[name], name, text)
			}
		}
		folder, problems := artifact.Read(fileSystem(files), artifact.Options{})
		if len(problems) > 0 || len(folder.Resources) != 1 || folder.Resources[0].Path != path || !folder.Has(strings.ToUpper(path)) {
			t.Errorf("%s is read back as %v, %v", path, folder.Resources, problems)
		}
	}
	for scope, name := range map[string]string{"": "policy.xml", "/products/p": "products/p/policy.xml", "/apis/a": "apis/a/policy.xml", "/apis/a/operations/o": "apis/a/operations/o/policy.xml"} {
		files, err := artifact.Files([]artifact.Resource{resource(catalog.PolicyPath(scope), `{"format":"rawxml","value":"<policies>\r\n</policies>"}`)})
		if err != nil || string(files[name]) != "<policies>\r\n</policies>" {
			t.Errorf("the policy of %q is in %v, %v", scope, files, err)
		}
	}
}

const source = `openapi: 3.0.1
info: {title: Shop, version: '1', description: Sells.}
servers: [{url: 'https://shop.example.com/v1'}]
components: {schemas: {Item: {type: object}}}
paths:
  /items/{id}:
    get:
      operationId: getItem
      summary: Get an item
      tags: [Items]
      responses: {'200': {description: The item., content: {application/json: {schema: {$ref: '#/components/schemas/Item'}}}}}
  /items:
    post: {operationId: add, responses: {'201': {description: Made.}}}
`

// shop is an API as an import of source stores it, with what more says.
func shop(more ...artifact.Resource) []artifact.Resource {
	text, _ := json.Marshal(catalog.SourceDocument{Format: "openapi", Text: []byte(source)})
	return append([]artifact.Resource{
		resource("/tags/items", `{"displayName":"Items"}`),
		resource("/apis/shop", `{"displayName":"Shop","path":"shop","description":"Sells.","serviceUrl":"https://shop.example.com/v1","protocols":["https"],"isOnline":true}`),
		resource("/apis/shop/definitions/source", string(text)),
		resource("/apis/shop/schemas/openapi", `{"contentType":"application/vnd.oai.openapi.components+json","document":{"components":{"schemas":{"Item":{"type":"object"}}}}}`),
		resource("/apis/shop/operations/getitem", `{"displayName":"Get an item","method":"GET","urlTemplate":"/items/{id}","templateParameters":[{"name":"id","type":"string","required":true}],
			"responses":[{"statusCode":200,"description":"The item.","representations":[{"contentType":"application/json","schemaId":"openapi","typeName":"Item"}]}]}`),
		resource("/apis/shop/operations/getitem/tags/items", `{}`),
		resource("/apis/shop/operations/add", `{"displayName":"add","method":"POST","urlTemplate":"/items","responses":[{"statusCode":201,"description":"Made."}]}`),
	}, more...)
}

// without takes the resource at a path away.
func without(all []artifact.Resource, path string) []artifact.Resource {
	return slices.DeleteFunc(all, func(r artifact.Resource) bool { return r.Path == path })
}

func TestSpecification(t *testing.T) {
	const operation = `{"displayName":"Search","method":"GET","urlTemplate":"/search?kind=book","responses":[{"statusCode":200}]}`
	for name, c := range map[string]struct {
		resources []artifact.Resource
		files     []string // of the API, besides its information file
		isSource  bool
		says      []string // in the specification
		silent    []string
	}{
		"as it was imported": {shop(), []string{"specification.yaml"}, true, nil, nil},
		"an operation more": {shop(resource("/apis/shop/operations/ping", `{"displayName":"Ping","method":"GET","urlTemplate":"/ping","responses":[{"statusCode":200,"description":""}]}`)),
			[]string{"specification.yaml"}, false, []string{"x-made-by: Portico", "operationId: ping", "operationId: getitem", "- Items", "- url: https://shop.example.com/v1"}, nil},
		"an operation less":       {without(shop(), "/apis/shop/operations/add"), []string{"specification.yaml"}, false, []string{"operationId: getitem"}, []string{"operationId: add"}},
		"no tag any more":         {without(shop(), "/apis/shop/operations/getitem/tags/items"), []string{"specification.yaml"}, false, []string{"operationId: getitem"}, []string{"Items"}},
		"what OpenAPI cannot say": {shop(resource("/apis/shop/operations/search", operation)), []string{"operations/search/operationInformation.json", "specification.yaml"}, false, nil, []string{"search"}},
		"no types any more":       {without(shop(), "/apis/shop/schemas/openapi"), []string{"operations/getitem/operationInformation.json", "specification.yaml"}, false, []string{"operationId: add"}, []string{"Item:"}},
		"two names that an import makes one": {shop(resource("/apis/shop/operations/Ping-", `{"displayName":"P","method":"GET","urlTemplate":"/p","responses":[{"statusCode":200,"description":""}]}`)),
			[]string{"operations/Ping-/operationInformation.json", "specification.yaml"}, false, []string{"operationId: add"}, []string{"/p:"}},
	} {
		files, err := artifact.Files(c.resources)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var got []string
		for _, file := range slices.Sorted(maps.Keys(files)) {
			if rest, ok := strings.CutPrefix(file, "apis/shop/"); ok && rest != "apiInformation.json" {
				got = append(got, rest)
			}
		}
		if !slices.Equal(got, c.files) {
			t.Errorf("%s: the files are %v, want %v", name, got, c.files)
		}
		text := string(files["apis/shop/specification.yaml"])
		if c.isSource != (text == source) {
			t.Errorf("%s: the specification is the source: %v\n%s", name, text == source, text)
		}
		for _, s := range c.says {
			if !strings.Contains(text, s) {
				t.Errorf("%s: the specification lacks %q:\n%s", name, s, text)
			}
		}
		for _, s := range c.silent {
			if strings.Contains(text, s) {
				t.Errorf("%s: the specification says %q:\n%s", name, s, text)
			}
		}
		folder, problems := artifact.Read(fileSystem(files), artifact.Options{})
		if len(problems) > 0 {
			t.Errorf("%s: read back: %v", name, problems)
		}
		if gone := folder.Vanished(c.resources); len(gone) > 0 {
			t.Errorf("%s: the folder says nothing of %v", name, gone)
		}
		// A folder that is written again is the same.
		again, err := artifact.Files(c.resources)
		if err != nil || !maps.EqualFunc(files, again, func(a, b []byte) bool { return string(a) == string(b) }) {
			t.Errorf("%s: written again, it is another folder (%v)", name, err)
		}
	}
}

// TestEmptyMembers: what an import would fill in although the API has none is written down.
func TestEmptyMembers(t *testing.T) {
	all := shop()
	all[1].Properties = json.RawMessage(`{"displayName":"Shop","path":"shop","protocols":["https"]}`)
	files, err := artifact.Files(all)
	if err != nil {
		t.Fatal(err)
	}
	want := "{\n  \"properties\": {\n    \"description\": \"\",\n    \"displayName\": \"Shop\",\n    \"path\": \"shop\",\n    \"protocols\": [\n      \"https\"\n    ],\n    \"serviceUrl\": \"\"\n  }\n}\n"
	if got := string(files["apis/shop/apiInformation.json"]); got != want {
		t.Errorf("got %s", got)
	}
}

func TestReadTellsEveryProblem(t *testing.T) {
	files := map[string][]byte{
		"README.md":                                         nil,
		".git/config":                                       nil,
		"apis/a/apiInformation.json":                        []byte("{\"properties\":\n {\"path\": x}}"),
		"apis/b/specification.yaml":                         []byte(source),
		"apis/c/apiInformation.json":                        []byte(`{"properties":{"path":"c"}}`),
		"apis/c/specification.json":                         []byte(`{"openapi":"3.0.1","paths":{"/x":{"get":{"operationId":"o","parameters":[{"$ref":"https://example.com/p"}]}}}}`),
		"apis/d/apiInformation.json":                        []byte(`{"path":"d"}`),
		"apis/e/specification.wsdl":                         nil,
		"apis/f/apiInformation.json":                        []byte(`{"properties":{"path":"f"}}`),
		"apis/f/specification.json":                         []byte(`{"openapi":"3.0.1","paths":{}}`),
		"apis/f/specification.yaml":                         []byte(source),
		"named values/n/namedValueInformation.json":         []byte(`{"properties":{"displayName":"n","value":"{#ABSENT#}"}}`),
		"policy fragments/f/policyFragmentInformation.json": []byte(`{"properties":{}}`),
		"groups/guests/groupInformation.json":               []byte(`{"properties":{}}`), // every instance has it
		"apis/a/apiinformation.JSON":                        nil,
	}
	folder, problems := artifact.Read(fileSystem(files), artifact.Options{
		OverridesFile: "configuration.prod.yaml",
		Overrides:     []byte("apimServiceName: x\nbackends:\n- name: absent\n  properties: {url: 'https://x'}\nworkspaces: []\nnonsense: []\n"),
	})
	var got []string
	for _, p := range problems {
		got = append(got, strings.TrimSpace(p.File+" "+p.Target)+": "+p.Message)
	}
	want := []string{
		"apis/a/apiInformation.json: It is not JSON: line 2: invalid character 'x' looking for beginning of value.",
		"apis/b/specification.yaml: There is no apiInformation.json beside it, which gives the API its path.",
		"apis/c/specification.json #/paths/~1x/get/parameters/0: the reference \"https://example.com/p\" leads out of the document, which is never followed: put what it names into the document",
		"apis/d/apiInformation.json properties: The file must hold an object with the member properties.",
		"apis/e/specification.wsdl: A definition of the kind .wsdl is not offered: use specification.json or specification.yaml with an OpenAPI document.",
		"apis/f/specification.yaml: There is specification.json beside it: an API has one definition.",
		"configuration.prod.yaml line 3: /backends/absent is not in the folder.",
		"configuration.prod.yaml line 5: Workspaces are not offered.",
		"configuration.prod.yaml line 6: nonsense is not a section with a list of resources.",
		"named values/n/namedValueInformation.json properties.value: the environment has no variable ABSENT",
		"policy fragments/f/policyFragmentInformation.json: There is no policy.xml beside it, which is the fragment.",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	slices.Sort(folder.Ignored)
	if want := []string{"README.md", "apis/a/apiinformation.JSON"}; !slices.Equal(folder.Ignored, want) {
		t.Errorf("ignored: %v", folder.Ignored)
	}
}

func TestOverridesAndTheEnvironment(t *testing.T) {
	files := map[string][]byte{
		"named values/url/namedValueInformation.json":         []byte(`{"properties":{"displayName":"url","value":"https://dev","tags":["a"]}}`),
		"named values/db-password/namedValueInformation.json": []byte(`{"properties":{"displayName":"db-password","secret":true}}`),
		"named values/other/namedValueInformation.json":       []byte(`{"properties":{"displayName":"other","secret":true,"value":"{#OTHER#}-x"}}`),
		"backends/b/backendInformation.json":                  []byte(`{"properties":{"url":"https://dev","protocol":"http","credentials":{"header":{"key":[""]}},"tls":{"validateCertificateName":true}}}`),
		"apis/a/apiInformation.json":                          []byte(`{"properties":{"path":"a"}}`),
		"apis/a/diagnostics/d/diagnosticInformation.json":     []byte(`{"properties":{"loggerId":"/loggers/l"}}`),
	}
	environment := map[string]string{"PORTICO_NAMED_VALUE_DB_PASSWORD": "s3cret", "OTHER": "o", "KEY": "k"}
	folder, problems := artifact.Read(fileSystem(files), artifact.Options{
		OverridesFile: "c.yaml", Overrides: []byte("namedValues:\n- name: URL\n  properties: {value: 'https://prod', tags: null}\nbackends:\n- name: b\n  properties: {credentials: {header: {key: ['{#KEY#}']}}}\napis:\n- name: a\n  diagnostics:\n  - name: d\n    properties: {sampling: {percentage: 50}}\n"),
		Environ: func(name string) (string, bool) { v, ok := environment[name]; return v, ok },
	})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	got := map[string]string{}
	for _, r := range folder.Resources {
		got[r.Path] = string(r.Properties)
	}
	want := map[string]string{
		"/namedValues/url":         `{"displayName":"url","value":"https://prod"}`,
		"/namedValues/db-password": `{"displayName":"db-password","secret":true,"value":"s3cret"}`,
		"/namedValues/other":       `{"displayName":"other","secret":true,"value":"o-x"}`,
		"/backends/b":              `{"credentials":{"header":{"key":["k"]}},"protocol":"http","tls":{"validateCertificateName":true},"url":"https://dev"}`,
		"/apis/a":                  `{"path":"a"}`,
		"/apis/a/diagnostics/d":    `{"loggerId":"/loggers/l","sampling":{"percentage":50}}`,
	}
	if !maps.Equal(got, want) {
		t.Errorf("got %v\nwant %v", got, want)
	}
}

// TestOrder: what others refer to is made first, and goes last.
func TestOrder(t *testing.T) {
	all := []artifact.Resource{
		resource("/subscriptions/s", `{}`), resource("/products/p/apis/a", `{}`), resource("/apis/a;rev=2", `{}`), resource("/apis/a", `{}`),
		resource("/backends/pool", `{"type":"Pool"}`), resource("/backends/single", `{}`), resource("/policies/policy", `{}`), resource("/namedValues/n", `{}`), resource("/apiVersionSets/v", `{}`),
	}
	artifact.Sort(all)
	var got []string
	for _, r := range all {
		got = append(got, r.Path)
	}
	want := []string{"/namedValues/n", "/apiVersionSets/v", "/backends/single", "/backends/pool", "/policies/policy", "/apis/a", "/apis/a;rev=2", "/products/p/apis/a", "/subscriptions/s"}
	if !slices.Equal(got, want) {
		t.Errorf("got %v", got)
	}
	folder, _ := artifact.Read(fstest.MapFS{}, artifact.Options{})
	gone := folder.Vanished(append(all, resource("/apis/a/operations/o", `{}`)))
	got = nil
	for _, r := range gone {
		got = append(got, r.Path)
	}
	slices.Reverse(want)
	want = slices.DeleteFunc(want, func(p string) bool { return p == "/products/p/apis/a" }) // goes with its product, as the operation with its API
	if !slices.Equal(got, want) {
		t.Errorf("gone: %v", got)
	}
}

func TestDescribe(t *testing.T) {
	of := func(body string) record.Record {
		return record.Record{Path: "/namedValues/n", Body: json.RawMessage(body)}
	}
	sealed := `v1.` + strings.Repeat("A", 60)
	c := artifact.Describe(record.Applied{Old: of(`{"a":1,"b":{"c":"x","d":[1]},"s":"` + sealed + `"}`), New: of(`{"a":2,"b":{"c":"x","d":[2]},"s":"plain","n":true}`)})
	got, _ := json.Marshal(c)
	if want := `{"action":"update","path":"/namedValues/n","fields":[{"name":"a","before":"1","after":"2"},{"name":"b.d","before":"[1]","after":"[2]"},{"name":"n","after":"true"},{"name":"s","before":"\"(secret)\"","after":"\"plain\""}]}`; string(got) != want {
		t.Errorf("got %s", got)
	}
}
