package arm_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	apim "github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/apimanagement/armapimanagement/v3"
)

// shop is a document with two operations, of which one is told by more.
func shop(more string) string {
	return `{"openapi":"3.0.1","info":{"title":"Shop","description":"Sells."},"servers":[{"url":"https://shop.example.com/v1"}],
		"components":{"schemas":{"Item":{"type":"object"}}},
		"paths":{"/items/{id}":{"get":{"operationId":"getItem","tags":["Items"],"parameters":[{"name":"lang","in":"query","required":true,"schema":{"type":"string"}}],
			"responses":{"200":{"description":"The item.","content":{"application/json":{"schema":{"$ref":"#/components/schemas/Item"}}}}}}}` + more + `}}`
}

const orders = `,"/orders":{"post":{"operationId":"order"}}`

func importAPI(t *testing.T, sdk *apim.ClientFactory, id string, format apim.ContentFormat, value string) (apim.APIClientCreateOrUpdateResponse, error) {
	t.Helper()
	return done(sdk.NewAPIClient().BeginCreateOrUpdate(ctx, group, service, id, apim.APICreateOrUpdateParameter{Properties: &apim.APICreateOrUpdateProperties{
		Path: to.Ptr(id), Format: to.Ptr(format), Value: to.Ptr(value),
	}}, nil))
}

func operationNames(t *testing.T, sdk *apim.ClientFactory, api string) []string {
	t.Helper()
	names, _ := all(t, sdk.NewAPIOperationClient().NewListByAPIPager(group, service, api, nil), func(p apim.APIOperationClientListByAPIResponse) []*apim.OperationContract { return p.Value },
		func(o *apim.OperationContract) string {
			return *o.Name + " " + *o.Properties.Method + " " + *o.Properties.URLTemplate
		})
	return names
}

func TestSDKImport(t *testing.T) {
	f := newFixture(t)
	sdk := f.sdk(t, false)
	first := shop(orders)
	got, err := importAPI(t, sdk, "shop", apim.ContentFormatOpenapiJSON, first)
	if err != nil {
		t.Fatal(err)
	}
	if p := got.Properties; *p.DisplayName != "Shop" || *p.Description != "Sells." || *p.ServiceURL != "https://shop.example.com/v1" || len(p.Protocols) != 1 || *p.Protocols[0] != "https" {
		t.Errorf("got %+v", p)
	}
	wantNames(t, "operations", operationNames(t, sdk, "shop"), "getitem GET /items/{id}?lang={lang}", "order POST /orders")
	o, err := sdk.NewAPIOperationClient().Get(ctx, group, service, "shop", "getitem", nil)
	if err != nil {
		t.Fatal(err)
	}
	r := o.Properties.Responses[0].Representations[0]
	schema, err := sdk.NewAPISchemaClient().Get(ctx, group, service, "shop", *r.SchemaID, nil)
	if err != nil || *r.TypeName != "Item" || !strings.Contains(fmt.Sprint(schema.Properties.Document.Components), "Item") {
		t.Errorf("the type %s of %+v, %v", *r.TypeName, schema.Properties, err)
	}
	if r, err := sdk.NewTagClient().GetByOperation(ctx, group, service, "shop", "getitem", "items", nil); err != nil || *r.Properties.DisplayName != "Items" {
		t.Errorf("the operation's tag: %+v, %v", r, err)
	}

	// Again, without the orders: what is unchanged keeps its version and its policy.
	f.put(t, "/apis/shop/operations/getitem/policies/policy", `{"value":"<policies><inbound /><backend><base /></backend><outbound /><on-error /></policies>"}`)
	second := shop("")
	if _, err := importAPI(t, sdk, "shop", apim.ContentFormatOpenapi, second); err != nil {
		t.Fatal(err)
	}
	wantNames(t, "operations after the update", operationNames(t, sdk, "shop"), "getitem GET /items/{id}?lang={lang}")
	again, err := sdk.NewAPIOperationClient().Get(ctx, group, service, "shop", "getitem", nil)
	if err != nil || *again.ETag != *o.ETag {
		t.Errorf("an operation that did not change has the version %v, and had %v: %v", again.ETag, o.ETag, err)
	}
	if _, err := sdk.NewAPIOperationPolicyClient().Get(ctx, group, service, "shop", "getitem", apim.PolicyIDNamePolicy, nil); err != nil {
		t.Errorf("its policy: %v", err)
	}
	var source struct{ Value string }
	w := f.call(t, http.MethodGet, "/apis/shop?export=true&format=source", "")
	if err := json.Unmarshal(w.Body.Bytes(), &source); err != nil || source.Value != second {
		t.Errorf("the source document is %s, %v", w.Body, err)
	}

	// A document that is refused changes nothing.
	before, err := f.records.Tree(ctx, "/")
	if err != nil {
		t.Fatal(err)
	}
	_, err = importAPI(t, sdk, "shop", apim.ContentFormatOpenapi, shop(`,"/x":{"get":{"parameters":[{"$ref":"https://example.com/p.json"}]}}`))
	wantStatus(t, "an external reference", err, http.StatusBadRequest)
	for _, format := range []apim.ContentFormat{apim.ContentFormatWsdl, apim.ContentFormatWadlXML, apim.ContentFormatGraphqlLink, "grpc", "odata-link"} {
		_, err = importAPI(t, sdk, "shop", format, "x")
		wantStatus(t, string(format), err, http.StatusBadRequest)
	}
	after, err := f.records.Tree(ctx, "/")
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(before, after) {
		t.Error("a refused import changed something")
	}
}

func TestSDKImportFromLink(t *testing.T) {
	f := newFixture(t)
	sdk := f.sdk(t, false)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/shop.json":
			_, _ = io.WriteString(w, shop(orders))
		case "/policy.xml":
			_, _ = io.WriteString(w, "<policies><inbound /><backend><base /></backend><outbound /><on-error /></policies>")
		case "/away":
			http.Redirect(w, r, "http://169.254.169.254/latest/meta-data", http.StatusFound)
		default:
			http.NotFound(w, r)
		}
	}))
	defer srv.Close()
	if _, err := importAPI(t, sdk, "shop", apim.ContentFormatOpenapiLink, srv.URL+"/shop.json"); err != nil {
		t.Fatal(err)
	}
	if got := operationNames(t, sdk, "shop"); len(got) != 2 {
		t.Errorf("got %q", got)
	}
	policy, err := sdk.NewAPIPolicyClient().CreateOrUpdate(ctx, group, service, "shop", apim.PolicyIDNamePolicy, apim.PolicyContract{Properties: &apim.PolicyContractProperties{
		Format: to.Ptr(apim.PolicyContentFormatRawxmlLink), Value: to.Ptr(srv.URL + "/policy.xml")}}, nil)
	if err != nil || *policy.Properties.Format != apim.PolicyContentFormatRawxml || !strings.HasPrefix(*policy.Properties.Value, "<policies>") {
		t.Errorf("a policy from a link: %+v, %v", policy.Properties, err)
	}
	for link, status := range map[string]int{
		"http://169.254.169.254/latest/meta-data": http.StatusForbidden,
		"http://[fe80::1]/x":                      http.StatusForbidden,
		srv.URL + "/away":                         http.StatusForbidden,
		srv.URL + "/missing":                      http.StatusBadRequest,
		"file:///etc/passwd":                      http.StatusBadRequest,
		"nothing":                                 http.StatusBadRequest,
	} {
		_, err := importAPI(t, sdk, "other", apim.ContentFormatSwaggerLinkJSON, link)
		wantStatus(t, link, err, status)
	}
}

func TestSDKImportWebService(t *testing.T) {
	f := newFixture(t)
	sdk := f.sdk(t, false)
	got, err := importAPI(t, sdk, "azureml", "web-service", "https://ussouthcentral.services.azureml.net/")
	if err != nil || *got.Properties.ServiceURL != "https://ussouthcentral.services.azureml.net" || *got.Properties.DisplayName != "azureml" {
		t.Fatalf("got %+v, %v", got.Properties, err)
	}
	var names []string
	for _, o := range operationNames(t, sdk, "azureml") {
		name, _, _ := strings.Cut(o, " ")
		names = append(names, name)
	}
	wantNames(t, "operations", names, "rrs-execute", "bes-submit", "bes-start", "bes-status", "bes-delete")
	_, err = importAPI(t, sdk, "other", "web-service", "nowhere")
	wantStatus(t, "no address", err, http.StatusBadRequest)
}

func TestSDKExport(t *testing.T) {
	f := newFixture(t)
	srv := httptest.NewServer(f.Handler())
	defer srv.Close()
	sdk := f.sdk(t, false)
	if _, err := importAPI(t, sdk, "shop", apim.ContentFormatOpenapi, shop(orders)); err != nil {
		t.Fatal(err)
	}
	c := sdk.NewAPIExportClient()
	for format, want := range map[apim.ExportFormat]string{
		apim.ExportFormatOpenapi: "openapi: 3.0.1", apim.ExportFormatOpenapiJSON: `"openapi": "3.0.1"`, apim.ExportFormatSwagger: `"swagger": "2.0"`,
	} {
		r, err := c.Get(ctx, group, service, "shop", format, apim.ExportAPITrue, nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.Get(*r.Value.Link) // without credentials: the link is enough
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(res.Body)
		if err != nil || res.Body.Close() != nil || res.StatusCode != http.StatusOK || !strings.Contains(string(text), want) {
			t.Fatalf("%s: %d %s %v", format, res.StatusCode, text, err)
		}
		if _, err := importAPI(t, sdk, "copy", apim.ContentFormatOpenapi, string(text)); err != nil {
			t.Fatalf("%s: import again: %v", format, err)
		}
		wantNames(t, string(format), operationNames(t, sdk, "copy"), "getitem GET /items/{id}?lang={lang}", "order POST /orders")

		forged, err := url.Parse(*r.Value.Link)
		if err != nil {
			t.Fatal(err)
		}
		for _, change := range []func(url.Values){func(q url.Values) { q.Set("expires", "99999999999") }, func(q url.Values) { q.Set("format", "source") }, func(q url.Values) { q.Del("signature") }} {
			query := forged.Query()
			change(query)
			w := f.call(t, http.MethodGet, forged.Path+"?"+query.Encode(), "")
			if w.Code != http.StatusForbidden {
				t.Errorf("a forged link %s: %d", query.Encode(), w.Code)
			}
		}
		if w := f.call(t, http.MethodGet, strings.Replace(forged.Path, "/shop/", "/echo-api/", 1)+"?"+forged.RawQuery, ""); w.Code != http.StatusForbidden {
			t.Errorf("the link of another API: %d", w.Code)
		}
	}
	_, err := c.Get(ctx, group, service, "shop", apim.ExportFormatWadl, apim.ExportAPITrue, nil)
	wantStatus(t, "WADL", err, http.StatusBadRequest)
}

func TestSDKRevisions(t *testing.T) {
	f := newFixture(t)
	sdk := f.sdk(t, false)
	c := sdk.NewAPIClient()
	if _, err := importAPI(t, sdk, "shop", apim.ContentFormatOpenapi, shop("")); err != nil {
		t.Fatal(err)
	}
	if _, err := sdk.NewProductAPIClient().CreateOrUpdate(ctx, group, service, "starter", "shop", nil); err != nil {
		t.Fatal(err)
	}
	if _, err := done(c.BeginCreateOrUpdate(ctx, group, service, "shop;rev=2", apim.APICreateOrUpdateParameter{Properties: &apim.APICreateOrUpdateProperties{
		Path: to.Ptr("shop"), SourceAPIID: to.Ptr("/apis/shop"), APIRevision: to.Ptr("2"), APIRevisionDescription: to.Ptr("With orders"),
	}}, nil)); err != nil {
		t.Fatal(err)
	}
	if _, err := sdk.NewAPIOperationClient().CreateOrUpdate(ctx, group, service, "shop;rev=2", "order", apim.OperationContract{Properties: &apim.OperationContractProperties{
		DisplayName: to.Ptr("Order"), Method: to.Ptr("POST"), URLTemplate: to.Ptr("/orders"),
	}}, nil); err != nil {
		t.Fatal(err)
	}
	if r, err := sdk.NewProductAPIClient().CheckEntityExists(ctx, group, service, "starter", "shop;rev=2", nil); err != nil || !r.Success {
		t.Errorf("the product holds the API, and not its revision: %v", err)
	}
	const item = "getitem GET /items/{id}?lang={lang}"
	wantNames(t, "revision 1", operationNames(t, sdk, "shop;rev=1"), item)
	wantNames(t, "revision 2", operationNames(t, sdk, "shop;rev=2"), item, "order POST /orders")
	wantNames(t, "current", operationNames(t, sdk, "shop"), item)
	revisions := func() []string {
		t.Helper()
		found, _ := all(t, sdk.NewAPIRevisionClient().NewListByServicePager(group, service, "shop", nil), func(p apim.APIRevisionClientListByServiceResponse) []*apim.APIRevisionContract { return p.Value },
			func(r *apim.APIRevisionContract) string {
				return fmt.Sprint(*r.APIID, " ", *r.IsCurrent, " ", *r.PrivateURL)
			})
		return found
	}
	wantNames(t, "revisions", revisions(), "/apis/shop;rev=1 true /shop", "/apis/shop;rev=2 false /shop;rev=2")

	lifecycleOfRelease(t, f, sdk)
	wantNames(t, "current after the release", operationNames(t, sdk, "shop"), item, "order POST /orders")
	wantNames(t, "revision 1 after the release", operationNames(t, sdk, "shop;rev=1"), item)
	wantNames(t, "revisions after the release", revisions(), "/apis/shop;rev=2 true /shop", "/apis/shop;rev=1 false /shop;rev=1")
	if got, err := c.Get(ctx, group, service, "shop;rev=2", nil); err != nil || *got.Name != "shop" || !*got.Properties.IsCurrent || *got.Properties.APIRevision != "2" {
		t.Errorf("got %+v, %v", got.Properties, err)
	}
	if got, err := c.Get(ctx, group, service, "shop;rev=1", nil); err != nil || *got.Properties.IsCurrent || *got.Properties.APIRevision != "1" {
		t.Errorf("got %+v, %v", got.Properties, err)
	}
	if r, err := sdk.NewProductAPIClient().CheckEntityExists(ctx, group, service, "starter", "shop", nil); err != nil || !r.Success {
		t.Errorf("the product lost the API: %v", err)
	}

	if _, err := c.Update(ctx, group, service, "shop", "*", apim.APIUpdateContract{Properties: &apim.APIContractUpdateProperties{Path: to.Ptr("store")}}, nil); err != nil {
		t.Fatal(err)
	}
	wantNames(t, "revisions after the path changed", revisions(), "/apis/shop;rev=2 true /store", "/apis/shop;rev=1 false /store;rev=1")

	_, err := c.BeginDelete(ctx, group, service, "shop", "*", nil)
	wantStatus(t, "delete the current revision alone", err, http.StatusBadRequest)
	if _, err := done(c.BeginDelete(ctx, group, service, "shop", "*", &apim.APIClientBeginDeleteOptions{DeleteRevisions: to.Ptr(true)})); err != nil {
		t.Fatal(err)
	}
	left, err := f.records.Tree(ctx, "/apis/shop;rev=1")
	if err != nil || len(left) > 0 {
		t.Errorf("left after the deletion: %v, %v", left, err)
	}
}

func lifecycleOfRelease(t *testing.T, f *fixture, sdk *apim.ClientFactory) {
	t.Helper()
	kind{client: func(s *apim.ClientFactory) any { return s.NewAPIReleaseClient() }, ids: []string{"shop", "r2"},
		create: `{"apiId":"/apis/shop;rev=2","notes":"Orders"}`, patch: `{"notes":"Orders can be made"}`}.run(t, sdk)
	w := f.call(t, http.MethodPut, "/apis/shop/releases/r9", `{"properties":{"apiId":"/apis/shop;rev=9"}}`)
	if w.Code != http.StatusNotFound {
		t.Errorf("release what does not exist: %d %s", w.Code, w.Body)
	}
}

func TestSDKVersions(t *testing.T) {
	f := newFixture(t)
	sdk := f.sdk(t, false)
	f.put(t, "/apiVersionSets/shop", `{"displayName":"Shop","versioningScheme":"Segment"}`)
	version := func(id, v string) error {
		_, err := done(sdk.NewAPIClient().BeginCreateOrUpdate(ctx, group, service, id, apim.APICreateOrUpdateParameter{Properties: &apim.APICreateOrUpdateProperties{
			DisplayName: to.Ptr("Shop"), Path: to.Ptr("shop"), APIVersion: to.Ptr(v), APIVersionSetID: to.Ptr(servicePath + "/apiVersionSets/shop"),
		}}, nil))
		return err
	}
	for id, v := range map[string]string{"shop-v1": "v1", "shop-v2": "v2"} {
		if err := version(id, v); err != nil {
			t.Fatal(err)
		}
	}
	wantStatus(t, "a version twice", version("shop-again", "V1"), http.StatusBadRequest)
	got, err := sdk.NewAPIClient().Get(ctx, group, service, "shop-v1", nil)
	if err != nil || *got.Properties.APIVersionSetID != servicePath+"/apiVersionSets/shop" || *got.Properties.APIVersionSet.VersioningScheme != "Segment" {
		t.Errorf("got %+v, %v", got.Properties, err)
	}
	if _, err := done(sdk.NewAPIClient().BeginCreateOrUpdate(ctx, group, service, "shop-v1;rev=2", apim.APICreateOrUpdateParameter{Properties: &apim.APICreateOrUpdateProperties{
		Path: to.Ptr("shop"), SourceAPIID: to.Ptr("/apis/shop-v1"),
	}}, nil)); err != nil {
		t.Fatal(err)
	}
	urls, _ := all(t, sdk.NewAPIRevisionClient().NewListByServicePager(group, service, "shop-v1", nil), func(p apim.APIRevisionClientListByServiceResponse) []*apim.APIRevisionContract { return p.Value },
		func(r *apim.APIRevisionContract) string { return *r.PrivateURL })
	wantNames(t, "URLs of a version's revisions", urls, "/shop/v1", "/shop/v1;rev=2")
	w := f.call(t, http.MethodDelete, "/apiVersionSets/shop", "", "If-Match: *")
	if w.Code != http.StatusBadRequest {
		t.Errorf("deleted a version set with APIs: %d", w.Code)
	}
}
