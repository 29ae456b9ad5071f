package arm_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	apim "github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/apimanagement/armapimanagement/v3"
	"software.sslmate.com/src/go-pkcs12"

	"portico/internal/access"
	"portico/internal/catalog"
)

// selfSigned makes a certificate with its key, as PEM and as PKCS #12 under a password.
func selfSigned(t *testing.T, password string) (pemFile, pfx string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: "client.example.com"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Date(2040, 1, 2, 3, 4, 5, 0, time.UTC)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	file, err := pkcs12.Modern.Encode(key, leaf, nil, password)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	text := append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})...)
	return base64.StdEncoding.EncodeToString(text), base64.StdEncoding.EncodeToString(file)
}

func TestSDKEntities(t *testing.T) {
	pemFile, pfx := selfSigned(t, "p")
	const certificate = `{"subject":"CN=client.example.com","expirationDate":"2040-01-02T03:04:05Z"}`
	const appInsights = `/loggers/ai {"loggerType":"applicationInsights","credentials":{"instrumentationKey":"k"}}`
	const diagnostic = `{"loggerId":"/loggers/ai","alwaysLog":"allErrors","sampling":{"samplingType":"fixed","percentage":50},
		"frontend":{"request":{"headers":["Content-type"],"body":{"bytes":512},"dataMasking":{"queryParams":[{"value":"code","mode":"Hide"}]}}},"verbosity":"error","logClientIp":true}`
	runKinds(t, map[string]kind{
		"plain named values": {client: func(s *apim.ClientFactory) any { return s.NewNamedValueClient() }, ids: []string{"region"},
			create: `{"displayName":"region","value":"west","tags":["a"],"secret":false}`, patch: `{"value":"east"}`, shown: `{"provisioningState":"Succeeded"}`},
		"secret named values": {client: func(s *apim.ClientFactory) any { return s.NewNamedValueClient() }, ids: []string{"key"},
			create: `{"displayName":"key","value":"s3cret","secret":true}`, patch: `{"tags":["b"]}`, differ: []string{"value"}, hidden: "s3cret"},
		"backends": {client: func(s *apim.ClientFactory) any { return s.NewBackendClient() }, ids: []string{"scoring"},
			create: `{"title":"Scoring","url":"https://scoring.example.com/v1","protocol":"http","tls":{"validateCertificateChain":false},
				"credentials":{"query":{"code":["{{region}}"]}},
				"circuitBreaker":{"rules":[{"name":"r","failureCondition":{"count":3,"interval":"PT1M","statusCodeRanges":[{"min":500,"max":599}]},"tripDuration":"PT30S","acceptRetryAfter":true}]}}`,
			patch: `{"description":"changed"}`},
		"pools": {client: func(s *apim.ClientFactory) any { return s.NewBackendClient() }, ids: []string{"all"},
			before: []string{`/backends/one {"url":"http://one","protocol":"http"}`, `/backends/two {"url":"http://two","protocol":"http"}`},
			create: `{"type":"Pool","protocol":"http","url":"","pool":{"services":[{"id":"/backends/one","priority":1,"weight":3},{"id":"/backends/two"}]}}`, differ: []string{"url", "protocol"}, patch: `{"title":"All"}`},
		"certificates from PFX": {client: func(s *apim.ClientFactory) any { return s.NewCertificateClient() }, ids: []string{"client"},
			create: `{"data":"` + pfx + `","password":"p"}`, differ: []string{"data", "password"}, hidden: `"data"`, shown: certificate},
		"certificates from PEM": {client: func(s *apim.ClientFactory) any { return s.NewCertificateClient() }, ids: []string{"client"},
			create: `{"data":"` + pemFile + `"}`, differ: []string{"data", "password"}, hidden: `"data"`, shown: certificate},
		"version sets": {client: func(s *apim.ClientFactory) any { return s.NewAPIVersionSetClient() }, ids: []string{"orders"},
			create: `{"displayName":"Orders","versioningScheme":"Query","versionQueryName":"v"}`, patch: `{"description":"d"}`},
		"loggers": {client: func(s *apim.ClientFactory) any { return s.NewLoggerClient() }, ids: []string{"hub"},
			create: `{"loggerType":"azureEventHub","description":"Hub","credentials":{"name":"hub","connectionString":"Endpoint=sb://x;SharedAccessKey=k"},"isBuffered":false}`,
			patch:  `{"description":"Hub 2"}`, differ: []string{"credentials"}, hidden: "SharedAccessKey"},
		"diagnostics": {client: func(s *apim.ClientFactory) any { return s.NewDiagnosticClient() }, ids: []string{"applicationinsights"},
			before: []string{appInsights}, create: diagnostic, patch: `{"verbosity":"verbose"}`},
		"diagnostics of an API": {client: func(s *apim.ClientFactory) any { return s.NewAPIDiagnosticClient() }, ids: []string{"echo-api", "applicationinsights"},
			before: []string{appInsights}, create: diagnostic, patch: `{"httpCorrelationProtocol":"W3C"}`},
		"caches": {client: func(s *apim.ClientFactory) any { return s.NewCacheClient() }, ids: []string{"redis"},
			create: `{"connectionString":"redis:6379,password=s3cret","useFromLocation":"default","description":"d"}`, patch: `{"description":"e"}`, differ: []string{"connectionString"}, hidden: "s3cret"},
		"schemas of an API": {client: func(s *apim.ClientFactory) any { return s.NewAPISchemaClient() }, ids: []string{"echo-api", "types"},
			create: `{"contentType":"application/vnd.oai.openapi.components+json","document":{"components":{"schemas":{"Pet":{"type":"object"}}}}}`},
		"global schemas": {client: func(s *apim.ClientFactory) any { return s.NewGlobalSchemaClient() }, ids: []string{"pet"},
			create: `{"schemaType":"json","description":"d","document":{"type":"object"}}`},
		"policy fragments": {client: func(s *apim.ClientFactory) any { return s.NewPolicyFragmentClient() }, ids: []string{"common"},
			create: `{"value":"<fragment>\n\t<set-header name=\"a\" exists-action=\"delete\" />\n</fragment>","description":"d"}`, differ: []string{"value"}, shown: `{"format":"xml","provisioningState":"Succeeded"}`},
		"policy restrictions": {client: func(s *apim.ClientFactory) any { return s.NewPolicyRestrictionClient() }, ids: []string{"base"},
			create: `{"scope":"apis","requireBase":"true"}`, patch: `{"requireBase":"false"}`},
		"tags": {client: func(s *apim.ClientFactory) any { return s.NewTagClient() }, ids: []string{"red"},
			create: `{"displayName":"Red"}`, patch: `{"displayName":"Crimson"}`},
		"tag descriptions": {client: func(s *apim.ClientFactory) any { return s.NewAPITagDescriptionClient() }, ids: []string{"echo-api", "red"},
			before: []string{`/tags/red {"displayName":"Red"}`}, create: `{"description":"d","externalDocsUrl":"https://example.com/red"}`, shown: `{"displayName":"Red","tagId":"/tags/red"}`},
		"gateways": {client: func(s *apim.ClientFactory) any { return s.NewGatewayClient() }, ids: []string{"edge"},
			create: `{"description":"Edge","locationData":{"name":"Lyon","city":"Lyon","countryOrRegion":"France"}}`, patch: `{"description":"Edge 2"}`},
		"host names of a gateway": {client: func(s *apim.ClientFactory) any { return s.NewGatewayHostnameConfigurationClient() }, ids: []string{"edge", "default"},
			before: []string{`/gateways/edge {}`, `/certificates/c {"data":"` + pfx + `","password":"p"}`},
			create: `{"hostname":"*.example.com","certificateId":"/certificates/c","http2Enabled":true,"tls10Enabled":false,"tls11Enabled":false,"negotiateClientCertificate":true}`},
		"authorities of a gateway": {client: func(s *apim.ClientFactory) any { return s.NewGatewayCertificateAuthorityClient() }, ids: []string{"edge", "c"},
			before: []string{`/gateways/edge {}`, `/certificates/c {"data":"` + pfx + `","password":"p"}`}, create: `{"isTrusted":true}`},
	})
}

func TestSDKSecretsOfEntities(t *testing.T) {
	f := newFixture(t)
	sdk := f.sdk(t, false)
	f.put(t, "/namedValues/key", `{"displayName":"key","value":"s3cret-value","secret":true}`)
	f.put(t, "/backends/b", `{"url":"http://b","protocol":"http","credentials":{"header":{"x-key":["s3cret-header"]},"authorization":{"scheme":"Basic","parameter":"s3cret-basic"}}}`)
	if w := f.call(t, http.MethodPatch, "/backends/b", `{"properties":{"title":"T"}}`, "If-Match: *"); w.Code != http.StatusOK || strings.Contains(w.Body.String(), "s3cret") {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
	v, err := sdk.NewNamedValueClient().ListValue(ctx, group, service, "key", nil)
	if err != nil || *v.Value != "s3cret-value" {
		t.Errorf("got %+v, %v", v, err)
	}
	all, err := f.records.Tree(ctx, "/")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range all {
		if strings.Contains(string(r.Body), "s3cret") {
			t.Errorf("%s is kept with its secret in the open: %s", r.Path, r.Body)
		}
	}
	rec, err := f.records.Get(ctx, "/backends/b")
	if err != nil {
		t.Fatal(err)
	}
	b, err := catalog.Open[catalog.Backend](f.keys, rec)
	if err != nil || b.Title != "T" || b.Credentials.Header["x-key"][0] != "s3cret-header" || b.Credentials.Authorization.Parameter != "s3cret-basic" {
		t.Errorf("after a change of its title, the backend is %+v, %v", b.Credentials, err)
	}
}

func TestSDKGatewayKeys(t *testing.T) {
	f := newFixture(t)
	c := f.sdk(t, false).NewGatewayClient()
	f.put(t, "/gateways/edge", `{}`)
	keys := func() apim.GatewayKeysContract {
		t.Helper()
		r, err := c.ListKeys(ctx, group, service, "edge", nil)
		if err != nil {
			t.Fatal(err)
		}
		return r.GatewayKeysContract
	}
	first := keys()
	token, err := c.GenerateToken(ctx, group, service, "edge", apim.GatewayTokenRequestContract{KeyType: to.Ptr(apim.KeyTypePrimary), Expiry: to.Ptr(time.Now().Add(time.Hour))}, nil)
	if err != nil {
		t.Fatal(err)
	}
	valid := func() error {
		t.Helper()
		rec, err := f.records.Get(ctx, "/gateways/edge")
		if err != nil {
			t.Fatal(err)
		}
		g, err := catalog.Open[catalog.GatewayRegistration](f.keys, rec)
		if err != nil {
			t.Fatal(err)
		}
		return access.CheckGatewayToken(g, "edge", *token.Value)
	}
	if err := valid(); err != nil {
		t.Errorf("the new token: %v", err)
	}
	if _, err := c.RegenerateKey(ctx, group, service, "edge", apim.GatewayKeyRegenerationRequestContract{KeyType: to.Ptr(apim.KeyTypePrimary)}, nil); err != nil {
		t.Fatal(err)
	}
	if second := keys(); *second.Primary == *first.Primary || *second.Secondary != *first.Secondary {
		t.Errorf("keys %v after %v", second, first)
	}
	if valid() == nil {
		t.Error("a token of a key that was given up is taken")
	}
	apis := f.sdk(t, false).NewGatewayAPIClient()
	if _, err := apis.CreateOrUpdate(ctx, group, service, "edge", "echo-api", nil); err != nil {
		t.Fatal(err)
	}
	if r, err := apis.GetEntityTag(ctx, group, service, "edge", "echo-api", nil); err != nil || !r.Success {
		t.Errorf("got %+v, %v", r, err)
	}
	if _, err := apis.Delete(ctx, group, service, "edge", "echo-api", nil); err != nil {
		t.Error(err)
	}
}

func TestSDKTags(t *testing.T) {
	f := newFixture(t)
	sdk := f.sdk(t, false)
	c := sdk.NewTagClient()
	f.put(t, "/tags/red", `{"displayName":"Red"}`)
	f.put(t, "/tags/blue", `{"displayName":"Blue"}`)
	if r, err := c.AssignToAPI(ctx, group, service, "echo-api", "red", nil); err != nil || *r.Properties.DisplayName != "Red" {
		t.Fatalf("got %+v, %v", r, err)
	}
	if _, err := c.AssignToOperation(ctx, group, service, "echo-api", "create-resource", "blue", nil); err != nil {
		t.Fatal(err)
	}
	if _, err := c.AssignToProduct(ctx, group, service, "starter", "red", nil); err != nil {
		t.Fatal(err)
	}
	if r, err := c.GetByOperation(ctx, group, service, "echo-api", "create-resource", "blue", nil); err != nil || !strings.HasSuffix(*r.ID, "/operations/create-resource/tags/blue") {
		t.Errorf("got %+v, %v", r, err)
	}
	if r, err := c.GetEntityStateByAPI(ctx, group, service, "echo-api", "red", nil); err != nil || r.ETag == nil {
		t.Errorf("got %+v, %v", r, err)
	}
	texts := func(values []*apim.TagResourceContract) (found []string) {
		for _, v := range values {
			text := "-"
			if v.Tag != nil {
				text = *v.Tag.Name
			}
			switch {
			case v.API != nil:
				text += " API " + *v.API.Name
			case v.Operation != nil:
				text += " operation " + *v.Operation.Name + " of " + *v.Operation.APIName
			case v.Product != nil:
				text += " product " + *v.Product.Name
			}
			found = append(found, text)
		}
		return found
	}
	apis, err := sdk.NewAPIClient().NewListByTagsPager(group, service, nil).NextPage(ctx)
	if err != nil {
		t.Fatal(err)
	}
	wantNames(t, "APIs by tags", texts(apis.Value), "Red API Echo API")
	products, err := sdk.NewProductClient().NewListByTagsPager(group, service, &apim.ProductClientListByTagsOptions{IncludeNotTaggedProducts: to.Ptr(true)}).NextPage(ctx)
	if err != nil {
		t.Fatal(err)
	}
	wantNames(t, "products by tags", texts(products.Value), "Red product Starter", "- product Unlimited")
	operations, err := sdk.NewOperationClient().NewListByTagsPager(group, service, "echo-api", &apim.OperationClientListByTagsOptions{Filter: to.Ptr("method eq 'POST'")}).NextPage(ctx)
	if err != nil {
		t.Fatal(err)
	}
	wantNames(t, "operations by tags", texts(operations.Value), "Blue operation Create resource of Echo API")
	everything, err := sdk.NewTagResourceClient().NewListByServicePager(group, service, nil).NextPage(ctx)
	if err != nil {
		t.Fatal(err)
	}
	wantNames(t, "everything with tags", texts(everything.Value), "Red API Echo API", "Blue operation Create resource of Echo API", "Red product Starter")

	inScope := func(scope string) []string {
		names, _ := all(t, c.NewListByServicePager(group, service, &apim.TagClientListByServiceOptions{Scope: to.Ptr(scope)}), func(p apim.TagClientListByServiceResponse) []*apim.TagContract { return p.Value }, func(t *apim.TagContract) string { return *t.Name })
		return names
	}
	wantNames(t, "tags of products", inScope("products"), "red")
	wantNames(t, "tags of the API and its operations", inScope("apis/echo-api"), "red", "blue")

	links := sdk.NewTagAPILinkClient()
	got, err := links.NewListByProductPager(group, service, "red", nil).NextPage(ctx)
	if err != nil || len(got.Value) != 1 || !strings.HasSuffix(*got.Value[0].Properties.APIID, "/apis/echo-api") {
		t.Errorf("the tag's links: %+v, %v", got, err)
	}
	if _, err := links.CreateOrUpdate(ctx, group, service, "blue", "mine", apim.TagAPILinkContract{Properties: &apim.TagAPILinkContractProperties{APIID: to.Ptr(servicePath + "/apis/echo-api")}}, nil); err != nil {
		t.Fatal(err)
	}
	if r, err := c.GetByAPI(ctx, group, service, "echo-api", "blue", nil); err != nil || *r.Properties.DisplayName != "Blue" {
		t.Errorf("the API's tag: %+v, %v", r, err)
	}
	if r, err := links.Get(ctx, group, service, "blue", "mine", nil); err != nil || *r.Name != "mine" {
		t.Errorf("got %+v, %v", r, err)
	}
	_, err = links.CreateOrUpdate(ctx, group, service, "blue", "other", apim.TagAPILinkContract{Properties: &apim.TagAPILinkContractProperties{APIID: to.Ptr("/apis/echo-api")}}, nil)
	wantStatus(t, "a second link", err, http.StatusConflict)
	if _, err := links.Delete(ctx, group, service, "blue", "mine", nil); err != nil {
		t.Error(err)
	}
	_, err = c.GetByAPI(ctx, group, service, "echo-api", "blue", nil)
	wantStatus(t, "the API's tag afterwards", err, http.StatusNotFound)

	if _, err := c.Delete(ctx, group, service, "red", "*", nil); err != nil {
		t.Fatal(err)
	}
	names, _ := all(t, c.NewListByAPIPager(group, service, "echo-api", nil), func(p apim.TagClientListByAPIResponse) []*apim.TagContract { return p.Value }, func(t *apim.TagContract) string { return *t.Name })
	if len(names) != 0 {
		t.Errorf("the API has %q after its tag was deleted", names)
	}
}

func TestSDKLinksWithNames(t *testing.T) {
	f := newFixture(t)
	sdk := f.sdk(t, false)
	c := sdk.NewProductAPILinkClient()
	var names []string
	for pager := c.NewListByProductPager(group, service, "starter", nil); pager.More(); {
		p, err := pager.NextPage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range p.Value {
			names = append(names, *v.Name)
		}
	}
	wantNames(t, "the product's API links", names, "echo-api")
	if _, err := c.Delete(ctx, group, service, "starter", "echo-api", nil); err != nil {
		t.Fatal(err)
	}
	if r, err := sdk.NewProductAPIClient().CheckEntityExists(ctx, group, service, "starter", "echo-api", nil); err == nil && r.Success {
		t.Error("the API is in the product after its link was deleted")
	}
	if _, err := c.CreateOrUpdate(ctx, group, service, "starter", "again", apim.ProductAPILinkContract{Properties: &apim.ProductAPILinkContractProperties{APIID: to.Ptr(servicePath + "/apis/echo-api")}}, nil); err != nil {
		t.Fatal(err)
	}
	if r, err := sdk.NewProductAPIClient().CheckEntityExists(ctx, group, service, "starter", "echo-api", nil); err != nil || !r.Success {
		t.Errorf("the API is not in the product: %+v, %v", r, err)
	}
	groups := sdk.NewProductGroupLinkClient()
	if r, err := groups.Get(ctx, group, service, "starter", "guests", nil); err != nil || !strings.HasSuffix(*r.Properties.GroupID, "/groups/guests") {
		t.Errorf("got %+v, %v", r, err)
	}
}

// TestWhatIsInUseStays: what something names cannot be taken away.
func TestWhatIsInUseStays(t *testing.T) {
	f := newFixture(t)
	_, pfx := selfSigned(t, "p")
	f.put(t, "/namedValues/key", `{"displayName":"key","value":"v","secret":true}`)
	f.put(t, "/certificates/c", `{"data":"`+pfx+`","password":"p"}`)
	f.put(t, "/backends/b", `{"url":"http://b","protocol":"http","credentials":{"certificateIds":["`+servicePath+`/certificates/c"]}}`)
	f.put(t, "/backends/pool", `{"type":"Pool","pool":{"services":[{"id":"/backends/b"}]}}`)
	f.put(t, "/apiVersionSets/set", `{"displayName":"S","versioningScheme":"Segment"}`)
	f.put(t, "/loggers/ai", `{"loggerType":"applicationInsights","credentials":{"instrumentationKey":"k"}}`)
	f.put(t, "/diagnostics/applicationinsights", `{"loggerId":"/loggers/ai"}`)
	f.put(t, "/documentations/page", `{"title":"T","content":"C"}`)
	f.put(t, "/products/starter/wikis/default", `{"documents":[{"documentationId":"page"}]}`)
	f.put(t, "/apis/echo-api/policies/policy", `{"format":"rawxml","value":"<policies><inbound><set-header name=\"k\"><value>{{ key }}</value></set-header><set-backend-service base-url=\"http://b\" /></inbound><backend><base /></backend><outbound /><on-error /></policies>"}`)
	for path, user := range map[string]string{
		"/namedValues/key": "/apis/echo-api", "/certificates/c": "/backends/b", "/backends/b": "/backends/pool",
		"/loggers/ai": "/diagnostics/applicationinsights", "/documentations/page": "/products/starter/wikis/default",
	} {
		w := f.call(t, http.MethodDelete, path, "", "If-Match: *")
		if w.Code != http.StatusBadRequest || !strings.Contains(errorOf(t, w), user) {
			t.Errorf("DELETE %s: %d %s, want to be told of %s", path, w.Code, w.Body, user)
		}
	}
	w := f.call(t, http.MethodPatch, "/namedValues/key", `{"properties":{"displayName":"other"}}`, "If-Match: *")
	if w.Code != http.StatusBadRequest {
		t.Errorf("renamed a value that is in use: %d %s", w.Code, w.Body)
	}
	for _, path := range []string{"/backends/pool", "/backends/b", "/certificates/c", "/apiVersionSets/set", "/diagnostics/applicationinsights", "/loggers/ai", "/products/starter/wikis/default", "/documentations/page"} {
		if w := f.call(t, http.MethodDelete, path, "", "If-Match: *"); w.Code != http.StatusOK {
			t.Errorf("DELETE %s: %d %s", path, w.Code, w.Body)
		}
	}
}

func TestRefusedEntities(t *testing.T) {
	_, pfx := selfSigned(t, "p")
	checkRefusals(t, []refusal{
		{"PUT", "/namedValues/n", `{"properties":{"displayName":"a b","value":"v"}}`, nil, 400, "displayName: \"a b\" may hold letters"},
		{"PUT", "/namedValues/n", `{"properties":{"displayName":"n","value":"  "}}`, nil, 400, "value: value must not be empty or only spaces."},
		{"PUT", "/namedValues/n", `{"properties":{"displayName":"n","secret":true,"keyVault":{"secretIdentifier":"https://v.vault.azure.net/secrets/s"}}}`, nil, 400, "NotSupported: keyVault"},
		{"PUT", "/backends/b", `{"properties":{"protocol":"http","url":"ftp://b"}}`, nil, 400, "The scheme of \"ftp://b\" must be http or https."},
		{"PUT", "/backends/b", `{"properties":{"type":"Pool","pool":{"services":[{"id":"/backends/gone"}]}}}`, nil, 400, "/backends/gone names nothing that exists"},
		{"PUT", "/certificates/c", `{"properties":{"data":"` + pfx + `","password":"wrong"}}`, nil, 400, "data is not a PKCS#12 file in base64 that the password opens"},
		{"PUT", "/certificates/c", `{"properties":{"data":"!"}}`, nil, 400, "data"},
		{"PUT", "/apiVersionSets/v", `{"properties":{"displayName":"V","versioningScheme":"Header"}}`, nil, 400, "The scheme Header needs the name of the header"},
		{"PUT", "/loggers/l", `{"properties":{"loggerType":"azureEventHub"}}`, nil, 400, "needs name in its credentials"},
		{"PUT", "/diagnostics/applicationinsights", `{"properties":{"loggerId":"/loggers/gone","sampling":{"percentage":101}}}`, nil, 400, "percentage must be 0 to 100, and is 101"},
		{"PUT", "/schemas/s", `{"properties":{"schemaType":"xml","value":"<a>"}}`, nil, 400, "The schema is not XML"},
		{"PUT", "/policyFragments/f", `{"properties":{"value":"<policies />"}}`, nil, 400, "The outermost element must be <fragment>."},
		{"PUT", "/apis/echo-api/tags/gone", "", nil, 404, "Tag not found: gone."},
		{"PUT", "/apis/echo-api/tagDescriptions/gone", `{"properties":{}}`, nil, 404, ""},
		{"PUT", "/products/starter/apiLinks/l", `{"properties":{"apiId":"/apis/gone"}}`, nil, 404, "API not found: gone."},
		{"PUT", "/products/starter/apiLinks/l", `{"properties":{"apiId":"/groups/guests"}}`, nil, 400, "is not the id of one of /apis"},
		{"PUT", "/products/starter/wikis/other", `{"properties":{}}`, nil, 404, ""},
		{"PUT", "/apis/echo-api/issues/i", `{"properties":{"title":"T","description":"D","userId":"/users/gone"}}`, nil, 400, "/users/gone names nothing that exists"},
		{"POST", "/gateways/gone/listKeys", "", nil, 404, "Gateway not found: gone."},
	})
}

func TestSDKDocumentation(t *testing.T) {
	user := "/users/ann " + aUser
	const issue = `/apis/echo-api/issues/slow {"title":"Slow","description":"It is slow.","userId":"/users/ann"}`
	runKinds(t, map[string]kind{
		"pages": {client: func(s *apim.ClientFactory) any { return s.NewDocumentationClient() }, ids: []string{"start"},
			create: `{"title":"Start","content":"# Start"}`, patch: `{"content":"# Begin"}`},
		"wikis of an API": {client: func(s *apim.ClientFactory) any { return s.NewAPIWikiClient() }, ids: []string{"echo-api"}, name: "default",
			before: []string{`/documentations/a {"title":"A","content":"a"}`}, create: `{"documents":[{"documentationId":"a"}]}`, patch: `{"documents":[]}`},
		"wikis of a product": {client: func(s *apim.ClientFactory) any { return s.NewProductWikiClient() }, ids: []string{"starter"}, name: "default",
			before: []string{`/documentations/a {"title":"A","content":"a"}`}, create: `{"documents":[{"documentationId":"a"}]}`, patch: `{"documents":[]}`},
		"issues": {client: func(s *apim.ClientFactory) any { return s.NewAPIIssueClient() }, ids: []string{"echo-api", "slow"}, before: []string{user},
			create: `{"title":"Slow","description":"It is slow.","userId":"/users/ann"}`, patch: `{"state":"open"}`, shown: `{"apiId":"/apis/echo-api","state":"proposed"}`},
		"comments": {client: func(s *apim.ClientFactory) any { return s.NewAPIIssueCommentClient() }, ids: []string{"echo-api", "slow", "c1"}, before: []string{user, issue},
			create: `{"text":"Me too.","userId":"/users/ann","createdDate":"2020-01-01T00:00:00Z"}`},
		"attachments": {client: func(s *apim.ClientFactory) any { return s.NewAPIIssueAttachmentClient() }, ids: []string{"echo-api", "slow", "a1"}, before: []string{user, issue},
			create: `{"title":"Log","contentFormat":"link","content":"https://example.com/log"}`},
	})
}

func TestSDKIssuesOfAllAPIs(t *testing.T) {
	f := newFixture(t)
	sdk := f.sdk(t, false)
	f.put(t, "/users/ann", aUser)
	f.put(t, "/apis/echo-api/issues/slow", `{"title":"Slow","description":"It is slow.","userId":"/users/ann"}`)
	f.put(t, "/apis/echo-api/issues/slow/comments/c", `{"text":"Me too.","userId":"/users/ann"}`)
	got, err := sdk.NewIssueClient().Get(ctx, group, service, "slow", nil)
	if err != nil || *got.Properties.Title != "Slow" {
		t.Errorf("got %+v, %v", got, err)
	}
	if w := f.call(t, http.MethodGet, "/apis/echo-api/issues/slow?expandCommentsAttachments=true", ""); !strings.Contains(w.Body.String(), `"text":"Me too."`) {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
	names, _ := all(t, sdk.NewIssueClient().NewListByServicePager(group, service, &apim.IssueClientListByServiceOptions{Filter: to.Ptr("state eq 'proposed'")}),
		func(p apim.IssueClientListByServiceResponse) []*apim.IssueContract { return p.Value }, func(i *apim.IssueContract) string { return *i.Name })
	if !slices.Equal(names, []string{"slow"}) {
		t.Errorf("got %q", names)
	}
}
