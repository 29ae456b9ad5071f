package catalog_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/record"
	"portico/internal/store"
)

// newRecords opens an empty store with the first content and more.
func newRecords(t *testing.T, more ...record.Change) record.Store {
	t.Helper()
	s, err := store.Open(context.Background(), store.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	service := catalog.Service{Name: "portico", Location: "South Central US", PublisherName: "Contoso", PublisherEmail: "ann@contoso.com"}
	if _, err := s.Records().Apply(context.Background(), append(catalog.FirstContent(service), more...)...); err != nil {
		t.Fatal(err)
	}
	return s.Records()
}

// check fails unless err names every problem as "target: text", or is nil where want is "".
func check(t *testing.T, what string, err error, want string) {
	t.Helper()
	if want == "" {
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
		return
	}
	if err == nil {
		t.Errorf("%s: accepted, want %q", what, want)
		return
	}
	for _, part := range strings.Split(want, " & ") {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%s: got %v, want %q", what, err, part)
		}
	}
}

func TestCheckName(t *testing.T) {
	for name, want := range map[string]string{
		"echo-api": "", "Éché 1": "", strings.Repeat("n", 256): "",
		"": "1 to 256", strings.Repeat("n", 257): "1 to 256", "a/b": "cannot have", "a*": "cannot have",
		"a;rev=2": "cannot have", "a%2f": "cannot have", "a\x00": "cannot have", " a": "space", "..": "dots",
	} {
		check(t, name, catalog.CheckName("apiId", name, catalog.MaxName), want)
	}
}

func TestCheckAPI(t *testing.T) {
	records := newRecords(t)
	no := false
	for _, c := range []struct {
		name string
		api  catalog.API
		want string
	}{
		{"a", catalog.API{Path: "/new/", ServiceURL: "https://example.com:8080/x"}, ""},
		{"a", catalog.API{Path: ""}, ""},
		{"echo-api", catalog.API{Path: "ECHO"}, ""}, // its own path
		{"a", catalog.API{Path: "ECHO"}, "path: Cannot create API 'a' with the same Path 'ECHO' as API 'echo-api' unless it's a part of the same version set"},
		{"a", catalog.API{Path: "p", DisplayName: strings.Repeat("n", 301)}, "displayName: displayName must be 1 to 300"},
		{"a", catalog.API{Path: "a//b"}, "path: The path"},
		{"a", catalog.API{Path: "a/../b"}, "path: The path"},
		{"a", catalog.API{Path: "a?b"}, "path: The path"},
		{"a", catalog.API{Path: "a b"}, "path: The path"},
		{"a", catalog.API{Path: strings.Repeat("p", 401)}, "path: path must be 0 to 400"},
		{"a", catalog.API{Path: "p", ServiceURL: "example.com"}, "serviceUrl: & not an absolute URL"},
		{"a", catalog.API{Path: "p", ServiceURL: "/x"}, "not an absolute URL"},
		{"a", catalog.API{Path: "p", ServiceURL: "http://:80"}, "not an absolute URL"},
		{"a", catalog.API{Path: "p", ServiceURL: "ftp://example.com"}, "http or https"},
		{"a", catalog.API{Path: "p", ServiceURL: "http://u:p@example.com"}, "user name"},
		{"a", catalog.API{Path: "p", ServiceURL: "http://example.com/?x=1"}, "must end with its path"},
		{"a", catalog.API{Path: "p", ServiceURL: "http://example.com/" + strings.Repeat("x", 2000)}, "1 to 2000"},
		{"a", catalog.API{Path: "p", Protocols: []string{"HTTPS", "http", "https"}}, ""},
		{"a", catalog.API{Path: "p", Protocols: []string{"gopher"}}, `protocols: "gopher" is not a value of protocols: use http, https, ws or wss`},
		{"a", catalog.API{Path: "p", Protocols: []string{""}}, "protocols: A protocol is empty"},
		{"a", catalog.API{Path: "p", Protocols: []string{"wss"}}, "wss belongs to APIs of type websocket"},
		{"a", catalog.API{Path: "p", Type: "soap"}, "type: APIs of type soap are not offered"},
		{"a", catalog.API{Path: "p", Type: "xml"}, `"xml" is not a value of type`},
		{"a", catalog.API{Path: "p", KeyNames: &catalog.SubscriptionKeyNames{Header: "a b", Query: "a&b"}}, "subscriptionKeyParameterNames.header & subscriptionKeyParameterNames.query"},
		{"a", catalog.API{Path: "p", IsCurrent: &no}, "isCurrent: A revision becomes the current one by a release"},
		{"a", catalog.API{Path: "p", APIVersion: "v2"}, "apiVersionSetId: A version needs the version set that it is in"},
		{"a", catalog.API{Path: "p", Contact: json.RawMessage(`[]`)}, "contact: contact must be an object"},
		{"a", catalog.API{Path: "a b", ServiceURL: "x", Type: "y"}, "path: & serviceUrl: & type:"}, // all at once
	} {
		check(t, c.api.Path+" "+c.want, catalog.CheckAPI(context.Background(), records, c.name, &c.api, nil), c.want)
	}
	a := catalog.API{Path: "/new/", Protocols: []string{"HTTPS", "http", "https"}}
	check(t, "defaults", catalog.CheckAPI(context.Background(), records, "a", &a, nil), "")
	if got, _ := json.Marshal(a); string(got) != `{"displayName":"a","apiRevision":"1","subscriptionRequired":true,"path":"new","protocols":["http","https"],`+
		`"subscriptionKeyParameterNames":{"header":"Ocp-Apim-Subscription-Key","query":"subscription-key"},"type":"http","isCurrent":true,"isOnline":true}` {
		t.Errorf("completed to %s", got)
	}
}

// TestCheckVersion holds which APIs may answer beside which.
func TestCheckVersion(t *testing.T) {
	inSet := func(path, set, version string) catalog.API {
		a := catalog.API{Path: path, APIVersion: version}
		if set != "" {
			a.APIVersionSetID = "/apiVersionSets/" + set
		}
		return a
	}
	records := newRecords(t,
		record.PutOf("/apiVersionSets/segment", catalog.VersionSet{DisplayName: "S", VersioningScheme: catalog.VersionInSegment}, ""),
		record.PutOf("/apiVersionSets/query", catalog.VersionSet{DisplayName: "Q", VersioningScheme: catalog.VersionInQuery, VersionQueryName: "v"}, ""),
		record.PutOf("/apis/shop-v1", inSet("shop", "segment", "v1"), ""),
		record.PutOf("/apis/books-v1", inSet("books", "query", "v1"), ""),
		record.PutOf("/apis/plain", catalog.API{Path: "shop/v9"}, ""))
	for _, c := range []struct {
		name string
		api  catalog.API
		want string
	}{
		{"new", inSet("shop", "segment", "v2"), ""},
		{"new", inSet("shop", "segment", ""), ""}, // the original
		{"new", inSet("SHOP", "SEGMENT", "V1"), `apiVersion: The API shop-v1 is version "V1" of the set already`},
		{"new", inSet("shop", "query", "v2"), "path: Cannot create API 'new' with the same Path 'shop' as API 'shop-v1'"},
		{"new", inSet("shop", "", ""), "path: Cannot create API"},
		{"new", inSet("shop/v1", "", ""), `path: The API shop-v1 answers under "shop/v1" already`},
		{"new", inSet("shop", "segment", "v9"), `path: The API plain answers under "shop/v9" already`},
		{"new", inSet("books/v1", "", ""), ""}, // a query's version is no part of the path
		{"new", inSet("x", "nothing", "v1"), "apiVersionSetId: /apiVersionSets/nothing names nothing that exists"},
		{"new", inSet("x", "segment", "v/1"), "apiVersion: & cannot stand in a URL"},
		{"new", inSet("x", "segment", "v1;rev=2"), "apiVersion: & cannot stand in a URL"},
		{"new", inSet("x", "segment", ".."), "apiVersion: & cannot stand in a URL"},
	} {
		what := c.api.Path + " " + c.api.APIVersionSetID + " " + c.api.APIVersion
		check(t, what, catalog.CheckAPI(context.Background(), records, c.name, &c.api, nil), c.want)
	}
}

func TestCheckOperation(t *testing.T) {
	records := newRecords(t)
	declare := func(names ...string) []catalog.Parameter {
		var p []catalog.Parameter
		for _, n := range names {
			p = append(p, catalog.Parameter{Name: n, Type: "string"})
		}
		return p
	}
	for _, c := range []struct {
		name string
		op   catalog.Operation
		want string
	}{
		{"o", catalog.Operation{DisplayName: "O", Method: "get", URLTemplate: "things/{id}", TemplateParameters: declare("ID")}, ""},
		{"o", catalog.Operation{DisplayName: "O", Method: "GET", URLTemplate: "/*"}, ""},
		{"o", catalog.Operation{DisplayName: "O", Method: "GET", URLTemplate: "/{*all}", TemplateParameters: declare("all")}, ""},
		{"retrieve-resource", catalog.Operation{DisplayName: "O", Method: "GET", URLTemplate: "/resource"}, ""}, // its own template
		{"o", catalog.Operation{DisplayName: "O", Method: "GET", URLTemplate: "/Resource"},
			"urlTemplate: Operation with the same method and URL template already exists: GET, /resource (retrieve-resource)"},
		{"o", catalog.Operation{DisplayName: "O", Method: "GET", URLTemplate: "/resource?q={q}", TemplateParameters: declare("q")}, ""},
		{"o", catalog.Operation{DisplayName: "O", Method: "GET", URLTemplate: "/{a}/{b}", TemplateParameters: declare("b", "c")},
			"templateParameters: All template parameters used in the UriTemplate must be defined in the Operation 'O', and vice-versa. Not defined: a. Not used: c."},
		{"o", catalog.Operation{DisplayName: "O", Method: "GET", URLTemplate: "/{a"}, "urlTemplate: The URL template is wrong"},
		{"o", catalog.Operation{}, "method: & displayName: & urlTemplate:"},
		{"o", catalog.Operation{DisplayName: "O", Method: "G ET", URLTemplate: "/x"}, "method:"},
		{"o", catalog.Operation{DisplayName: "O", Method: "GET", URLTemplate: "/x", Description: strings.Repeat("d", 1001)}, "description: description must be 0 to 1000"},
		{"o", catalog.Operation{DisplayName: "O", Method: "GET", URLTemplate: "/x", Responses: []catalog.Response{{StatusCode: 99}, {StatusCode: 200}, {StatusCode: 200}}},
			"responses[0].statusCode: 99 is not & responses[2].statusCode: The status 200 is described twice"},
		{"o", catalog.Operation{DisplayName: "O", Method: "GET", URLTemplate: "/x", Request: &catalog.Request{
			QueryParameters: []catalog.Parameter{{Name: "a", Type: "string"}, {Name: "A"}}, Representations: []catalog.Representation{{}}}},
			"request.queryParameters[1].name: & request.queryParameters[1].type: & request.representations[0].contentType:"},
	} {
		check(t, c.op.URLTemplate, catalog.CheckOperation(context.Background(), records, catalog.EchoAPI, c.name, &c.op), c.want)
	}
}

func TestCheckProduct(t *testing.T) {
	ctx, yes, no, negative := context.Background(), true, false, int32(-1)
	records := newRecords(t, record.PutOf(catalog.ProductPath("open"), catalog.Product{DisplayName: "Open", SubscriptionRequired: &no}, ""),
		record.PutOf(catalog.ProductAPIPath("open", catalog.EchoAPI), catalog.Link{}, ""),
		record.PutOf(catalog.ProductPath("open2"), catalog.Product{DisplayName: "Open 2", SubscriptionRequired: &no}, ""))
	for _, c := range []struct {
		name    string
		product catalog.Product
		want    string
	}{
		{"p", catalog.Product{DisplayName: "P", State: "Published"}, ""},
		{"p", catalog.Product{}, "displayName:"},
		{"p", catalog.Product{DisplayName: "P", State: "draft"}, "state:"},
		{"p", catalog.Product{DisplayName: "P", SubscriptionRequired: &no, ApprovalRequired: &yes}, "approvalRequired:"},
		{"p", catalog.Product{DisplayName: "P", SubscriptionRequired: &no, SubscriptionsLimit: new(int32)}, "subscriptionsLimit:"},
		{"p", catalog.Product{DisplayName: "P", SubscriptionsLimit: &negative}, "subscriptionsLimit:"},
		{"open", catalog.Product{DisplayName: "P", SubscriptionRequired: &no}, ""},
		{catalog.Starter, catalog.Product{DisplayName: "P", SubscriptionRequired: &no}, "subscriptionRequired: The API echo-api is in the open product open"},
	} {
		check(t, c.name, catalog.CheckProduct(ctx, records, c.name, &c.product), c.want)
	}
	check(t, "second open product", catalog.CheckProductAPI(ctx, records, "open2", catalog.EchoAPI), "subscriptionRequired:")
	check(t, "same open product", catalog.CheckProductAPI(ctx, records, "open", catalog.EchoAPI), "")
	check(t, "protected product", catalog.CheckProductAPI(ctx, records, catalog.Starter, catalog.EchoAPI), "")
	check(t, "no such API", catalog.CheckProductAPI(ctx, records, catalog.Starter, "gone"), "gone was not found")
	check(t, "no such product", catalog.CheckProductAPI(ctx, records, "gone", catalog.EchoAPI), "gone was not found")
}

func TestCheckGroup(t *testing.T) {
	builtIn := &catalog.Group{DisplayName: "Guests", Type: "system", BuiltIn: true}
	for _, c := range []struct {
		group catalog.Group
		old   *catalog.Group
		want  string
	}{
		{catalog.Group{DisplayName: "Partners"}, nil, ""},
		{catalog.Group{DisplayName: "AAD", Type: "External", ExternalID: "aad://contoso.com/groups/1"}, nil, ""},
		{catalog.Group{DisplayName: "x", Type: "system"}, nil, "type:"},
		{catalog.Group{DisplayName: "x", Type: "external"}, nil, "externalId:"},
		{catalog.Group{DisplayName: "x", ExternalID: "y"}, nil, "externalId:"},
		{catalog.Group{}, nil, "displayName:"},
		{catalog.Group{DisplayName: "x"}, builtIn, "The group Guests is built in"},
	} {
		check(t, c.group.DisplayName, catalog.CheckGroup(&c.group, c.old), c.want)
	}
	if err := catalog.CheckGroup(&catalog.Group{DisplayName: "x"}, builtIn); !fault.Is(err, fault.NotAllowed) {
		t.Errorf("a system group: %v", err)
	}
}

func TestCheckService(t *testing.T) {
	valid := catalog.Service{Location: "here", PublisherName: "Contoso", PublisherEmail: "ann@contoso.com"}
	for want, change := range map[string]func(*catalog.Service){
		"":                func(*catalog.Service) {},
		"location:":       func(s *catalog.Service) { s.Location = "" },
		"publisherName:":  func(s *catalog.Service) { s.PublisherName = strings.Repeat("n", 101) },
		"publisherEmail:": func(s *catalog.Service) { s.PublisherEmail = "Ann <ann@contoso.com>" },
		"sku: sku needs":  func(s *catalog.Service) { s.SKU = json.RawMessage(`{"name":"Free","capacity":1}`) },
		"sku: sku must":   func(s *catalog.Service) { s.SKU = json.RawMessage(`"Developer"`) },
		"tags:":           func(s *catalog.Service) { s.Tags = json.RawMessage(`["x"]`) },
		"certificates:": func(s *catalog.Service) {
			s.Properties = map[string]json.RawMessage{"certificates": json.RawMessage(`[{"certificatePassword":"x"}]`)}
		},
	} {
		s := valid
		change(&s)
		check(t, want, s.Check(), want)
	}
}

func TestCheckPolicy(t *testing.T) {
	for _, c := range []struct {
		policy catalog.Policy
		want   string
	}{
		{catalog.Policy{Value: "<policies/>"}, ""},
		{catalog.Policy{Value: "<policies/>", Format: "RawXML"}, ""},
		{catalog.Policy{}, "value:"},
		{catalog.Policy{Value: "x", Format: "yaml"}, "format:"},
		{catalog.Policy{Value: "http://example.com", Format: "rawxml-link"}, "format: Reading a policy document from a link is not offered"},
		{catalog.Policy{Value: strings.Repeat(" ", catalog.MaxPolicy+1)}, "limit is 262144"},
	} {
		check(t, c.policy.Format, catalog.CheckPolicy(&c.policy), c.want)
	}
}

func TestUnlink(t *testing.T) {
	records := newRecords(t)
	ctx := context.Background()
	changes, err := catalog.UnlinkAPI(ctx, records, "ECHO-API")
	if err != nil || len(changes) != 2 {
		t.Fatalf("got %v, %v; want the links of two products", changes, err)
	}
	groups, err := catalog.UnlinkGroup(ctx, records, catalog.Guests)
	if err != nil || len(groups) != 2 {
		t.Fatalf("got %v, %v; want the links of two products", groups, err)
	}
	if _, err := records.Apply(ctx, append(changes, groups...)...); err != nil {
		t.Fatal(err)
	}
	if left, err := catalog.ProductsOf(ctx, records, catalog.EchoAPI); err != nil || len(left) != 0 {
		t.Errorf("still in %v, %v", left, err)
	}
}

// TestFirstContentIsValid holds what is created without the checks against them.
func TestFirstContentIsValid(t *testing.T) {
	ctx := context.Background()
	api := catalog.API{DisplayName: "AzureML Demo API", Path: "azureml-demo", ServiceURL: "https://ussouthcentral.services.azureml.net"}
	records := newRecords(t, catalog.NewAPI("azureml-demo", api, catalog.WebServiceOperations(), catalog.Starter)...)
	all, err := records.Tree(ctx, "/")
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]int{}
	for _, r := range all {
		kinds[record.Kind(r.Path)]++
		name := record.Name(r.Path)
		check(t, r.Path, catalog.CheckName("name", name, catalog.MaxOperationName), "")
		switch record.Kind(r.Path) {
		case "apis":
			checkRecord(t, r, func(a *catalog.API) error { return catalog.CheckAPI(ctx, records, name, a, nil) })
		case "apis/operations":
			checkRecord(t, r, func(o *catalog.Operation) error {
				return catalog.CheckOperation(ctx, records, record.NameIn(r.Path, "apis"), name, o)
			})
		case "products":
			checkRecord(t, r, func(p *catalog.Product) error { return catalog.CheckProduct(ctx, records, name, p) })
		case "products/apis":
			check(t, r.Path, catalog.CheckProductAPI(ctx, records, record.NameIn(r.Path, "products"), name), "")
		case "service":
			checkRecord(t, r, (*catalog.Service).Check)
		case "policies", "products/policies", "apis/operations/policies":
			checkRecord(t, r, catalog.CheckPolicy)
		}
	}
	want := map[string]int{"service": 1, "policies": 1, "groups": 3, "products": 2, "products/groups": 6, "products/policies": 1,
		"apis": 2, "apis/operations": 11, "apis/operations/policies": 1, "products/apis": 3}
	for k, n := range want {
		if kinds[k] != n {
			t.Errorf("%d of %s, want %d", kinds[k], k, n)
		}
	}
	if _, err := records.Apply(ctx, catalog.FirstContent(catalog.Service{})...); !fault.Is(err, fault.Conflict) {
		t.Errorf("a second time: %v, want a conflict", err)
	}
}

func checkRecord[T any](t *testing.T, r record.Record, fn func(*T) error) {
	t.Helper()
	var v T
	if err := json.Unmarshal(r.Body, &v); err != nil {
		t.Fatal(err)
	}
	check(t, r.Path, fn(&v), "")
}
