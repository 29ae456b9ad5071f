package arm_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	azarm "github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	azpolicy "github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	apim "github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/apimanagement/armapimanagement/v3"

	"portico/internal/rest/arm"
)

// This file drives the API with Microsoft's SDK for Go, unmodified: over plain
// HTTP, for which the SDK has a switch, and over TLS.

const (
	group   = arm.ResourceGroup
	service = "portico"
)

var ctx = context.Background()

type credential string

func (c credential) GetToken(context.Context, azpolicy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: string(c), ExpiresOn: time.Now().Add(time.Hour)}, nil
}

// sdk serves the API and makes Microsoft's SDK talk to it.
func (f *fixture) sdk(t *testing.T, secure bool) *apim.ClientFactory {
	t.Helper()
	srv := httptest.NewUnstartedServer(f.Handler())
	if secure {
		srv.StartTLS()
	} else {
		srv.Start()
	}
	t.Cleanup(srv.Close)
	options := azarm.ClientOptions{DisableRPRegistration: true, ClientOptions: azpolicy.ClientOptions{
		Cloud: cloud.Configuration{Services: map[cloud.ServiceName]cloud.ServiceConfiguration{
			cloud.ResourceManager: {Endpoint: srv.URL, Audience: "https://management.core.windows.net/"},
		}},
		Transport:                       srv.Client(),
		InsecureAllowCredentialWithHTTP: !secure,
	}}
	sdk, err := apim.NewClientFactory(arm.SubscriptionID, credential(f.token), &options)
	if err != nil {
		t.Fatal(err)
	}
	return sdk
}

// onBothTransports runs a test on a new instance over HTTP and over HTTPS.
func onBothTransports(t *testing.T, test func(t *testing.T, sdk *apim.ClientFactory)) {
	for _, secure := range []bool{false, true} {
		t.Run(map[bool]string{false: "http", true: "https"}[secure], func(t *testing.T) {
			test(t, newFixture(t).sdk(t, secure))
		})
	}
}

// lifecycle is one kind of resource as the SDK sees it.
type lifecycle struct {
	create func(match *string) error
	read   func() (text string, etag *string, err error) // some properties, to see changes
	tag    func() (etag *string, err error)
	patch  func(match string) error // nil: the kind has no PATCH
	remove func(match string) error
	first  string // what read gives after create
	second string // and after patch
}

func (l lifecycle) run(t *testing.T) {
	t.Helper()
	must := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	reads := func(what, want string) string {
		t.Helper()
		text, etag, err := l.read()
		must(what, err)
		if text != want || etag == nil || !strings.HasPrefix(*etag, `"`) {
			t.Errorf("%s: read %q with ETag %v, want %q", what, text, etag, want)
		}
		return *etag
	}
	tag := func() string {
		t.Helper()
		etag, err := l.tag()
		must("HEAD", err)
		return *etag
	}
	_, _, err := l.read()
	wantStatus(t, "read before create", err, http.StatusNotFound)
	wantStatus(t, "create a version that does not exist", l.create(to.Ptr(`"stale"`)), http.StatusPreconditionFailed)
	must("create", l.create(nil))
	created := tag()
	if etag := reads("read", l.first); etag != created {
		t.Errorf("the ETag of GET is %s, of HEAD %s", etag, created)
	}
	must("replace", l.create(to.Ptr("*")))
	replaced := tag()
	if replaced == created {
		t.Error("the ETag stayed when the resource was replaced")
	}
	wantStatus(t, "replace a stale version", l.create(&created), http.StatusPreconditionFailed)
	if l.patch != nil {
		wantStatus(t, "patch a stale version", l.patch(created), http.StatusPreconditionFailed)
		reads("read after a refused patch", l.first)
		must("patch", l.patch(replaced))
		reads("read after patch", l.second)
	}
	wantStatus(t, "delete a stale version", l.remove(created), http.StatusPreconditionFailed)
	must("delete", l.remove("W/"+tag()))
	_, _, err = l.read()
	wantStatus(t, "read after delete", err, http.StatusNotFound)
	must("delete again", l.remove("*"))
}

func wantStatus(t *testing.T, what string, err error, status int) {
	t.Helper()
	var re *azcore.ResponseError
	if !errors.As(err, &re) || re.StatusCode != status || re.ErrorCode == "" && re.RawResponse.Request.Method != http.MethodHead {
		t.Errorf("%s: got %v, want status %d", what, err, status)
	}
}

// all reads every page and gives what name says of each resource, and the number of pages.
func all[P, V any](t *testing.T, pager *runtime.Pager[P], values func(P) []V, name func(V) string) (names []string, pages int) {
	t.Helper()
	for pager.More() {
		page, err := pager.NextPage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		pages++
		for _, v := range values(page) {
			names = append(names, name(v))
		}
	}
	return names, pages
}

func wantNames(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

// done waits for a long-running operation, which here is over at once.
func done[R any](poller *runtime.Poller[R], err error) (R, error) {
	if err != nil {
		var none R
		return none, err
	}
	if !poller.Done() {
		var none R
		return none, errors.New("the operation is not over at once")
	}
	return poller.Result(ctx)
}

func TestSDKService(t *testing.T) {
	onBothTransports(t, func(t *testing.T, sdk *apim.ClientFactory) {
		c := sdk.NewServiceClient()
		got, err := c.Get(ctx, group, service, nil)
		if err != nil {
			t.Fatal(err)
		}
		p := got.Properties
		if *got.ID != servicePath || *got.Name != service || *got.Type != "Microsoft.ApiManagement/service" || *got.Location != "South Central US" ||
			*got.SKU.Name != apim.SKUTypeDeveloper || *got.Etag == "" || *p.PublisherName != "Contoso" || *p.PublisherEmail != "ann@contoso.com" ||
			*p.GatewayURL != "http://127.0.0.1:8080" || *p.DeveloperPortalURL != "http://127.0.0.1:8083" || *p.ManagementAPIURL != "http://127.0.0.1:8081" ||
			*p.PortalURL != "http://127.0.0.1:8081" || *p.ProvisioningState != "Succeeded" || p.CreatedAtUTC.IsZero() {
			t.Errorf("got %+v %+v", got.ServiceResource, p)
		}
		put, err := done(c.BeginCreateOrUpdate(ctx, "PORTICO", "Portico", apim.ServiceResource{
			Location: to.Ptr("West Europe"), SKU: &apim.ServiceSKUProperties{Name: to.Ptr(apim.SKUTypePremium), Capacity: to.Ptr[int32](2)},
			Tags: map[string]*string{"team": to.Ptr("ml")},
			Properties: &apim.ServiceProperties{PublisherName: to.Ptr("Fabrikam"), PublisherEmail: to.Ptr("bob@fabrikam.com"),
				NotificationSenderEmail: to.Ptr("no-reply@fabrikam.com"), CustomProperties: map[string]*string{"x": to.Ptr("False")}},
		}, nil))
		if err != nil || *put.Location != "West Europe" || *put.SKU.Name != apim.SKUTypePremium || *put.SKU.Capacity != 2 {
			t.Fatalf("got %+v, %v", put, err)
		}
		patched, err := done(c.BeginUpdate(ctx, group, service, apim.ServiceUpdateParameters{Properties: &apim.ServiceUpdateProperties{PublisherName: to.Ptr("Contoso again")}}, nil))
		if err != nil || *patched.Properties.PublisherName != "Contoso again" || *patched.Properties.PublisherEmail != "bob@fabrikam.com" || *patched.Tags["team"] != "ml" ||
			*patched.Properties.NotificationSenderEmail != "no-reply@fabrikam.com" || *patched.Properties.CustomProperties["x"] != "False" {
			t.Errorf("got %+v, %v", patched.Properties, err)
		}
		byGroup, _ := all(t, c.NewListByResourceGroupPager(group, nil), func(p apim.ServiceClientListByResourceGroupResponse) []*apim.ServiceResource { return p.Value }, func(s *apim.ServiceResource) string { return *s.Name })
		wantNames(t, "in the group", byGroup, service)
		everywhere, _ := all(t, c.NewListPager(nil), func(p apim.ServiceClientListResponse) []*apim.ServiceResource { return p.Value }, func(s *apim.ServiceResource) string { return *s.Name })
		wantNames(t, "in the subscription", everywhere, service)
	})
}

func apiParameters(display, path string) apim.APICreateOrUpdateParameter {
	return apim.APICreateOrUpdateParameter{Properties: &apim.APICreateOrUpdateProperties{
		DisplayName: to.Ptr(display), Path: to.Ptr(path), ServiceURL: to.Ptr("http://backend:8080"), Protocols: []*apim.Protocol{to.Ptr(apim.ProtocolHTTP), to.Ptr(apim.ProtocolHTTPS)},
	}}
}

func createAPI(t *testing.T, sdk *apim.ClientFactory, id string) {
	t.Helper()
	if _, err := done(sdk.NewAPIClient().BeginCreateOrUpdate(ctx, group, service, id, apiParameters(strings.ToUpper(id), id), nil)); err != nil {
		t.Fatal(err)
	}
}

func TestSDKAPIs(t *testing.T) {
	onBothTransports(t, func(t *testing.T, sdk *apim.ClientFactory) {
		c := sdk.NewAPIClient()
		lifecycle{
			create: func(match *string) error {
				_, err := done(c.BeginCreateOrUpdate(ctx, group, service, "weather", apiParameters("Weather", "weather"), &apim.APIClientBeginCreateOrUpdateOptions{IfMatch: match}))
				return err
			},
			read: func() (string, *string, error) {
				r, err := c.Get(ctx, group, service, "WEATHER", nil)
				if err != nil {
					return "", nil, err
				}
				p := r.Properties
				return fmt.Sprint(*r.ID, " ", *r.Type, " ", *r.Name, " ", *p.DisplayName, " ", *p.Path, " ", *p.ServiceURL, " ", *p.SubscriptionRequired, " ", *p.APIRevision, " ", *p.SubscriptionKeyParameterNames.Header, " ", *p.ProvisioningState), r.ETag, nil
			},
			tag: func() (*string, error) {
				r, err := c.GetEntityTag(ctx, group, service, "weather", nil)
				return r.ETag, err
			},
			patch: func(match string) error {
				_, err := c.Update(ctx, group, service, "weather", match, apim.APIUpdateContract{Properties: &apim.APIContractUpdateProperties{DisplayName: to.Ptr("Climate"), SubscriptionRequired: to.Ptr(false)}}, nil)
				return err
			},
			remove: func(match string) error {
				_, err := done(c.BeginDelete(ctx, group, service, "weather", match, nil))
				return err
			},
			first:  servicePath + "/apis/weather Microsoft.ApiManagement/service/apis weather Weather weather http://backend:8080 true 1 Ocp-Apim-Subscription-Key Succeeded",
			second: servicePath + "/apis/weather Microsoft.ApiManagement/service/apis weather Climate weather http://backend:8080 false 1 Ocp-Apim-Subscription-Key Succeeded",
		}.run(t)

		for _, id := range []string{"a", "b", "c"} {
			createAPI(t, sdk, id)
		}
		list := func(o apim.APIClientListByServiceOptions) ([]string, int) {
			return all(t, c.NewListByServicePager(group, service, &o), func(p apim.APIClientListByServiceResponse) []*apim.APIContract { return p.Value }, func(a *apim.APIContract) string { return *a.Name })
		}
		names, pages := list(apim.APIClientListByServiceOptions{Top: to.Ptr[int32](2)})
		wantNames(t, "in pages of two", names, "echo-api", "a", "b", "c")
		if pages != 2 {
			t.Errorf("%d pages, want 2", pages)
		}
		names, _ = list(apim.APIClientListByServiceOptions{Skip: to.Ptr[int32](3)})
		wantNames(t, "after three", names, "c")
		names, _ = list(apim.APIClientListByServiceOptions{Filter: to.Ptr("path eq 'B' or startswith(displayName,'echo') and isCurrent eq true")})
		wantNames(t, "filtered", names, "echo-api", "b")
	})
}

func TestSDKOperations(t *testing.T) {
	onBothTransports(t, func(t *testing.T, sdk *apim.ClientFactory) {
		createAPI(t, sdk, "demo")
		c := sdk.NewAPIOperationClient()
		parameter := func(name string) *apim.ParameterContract {
			return &apim.ParameterContract{Name: to.Ptr(name), Type: to.Ptr("string"), Required: to.Ptr(true)}
		}
		execute := apim.OperationContract{Properties: &apim.OperationContractProperties{
			DisplayName: to.Ptr("RRS Execute"), Method: to.Ptr("POST"), URLTemplate: to.Ptr("/workspaces/{workspace}/execute?api-version={apiversion}"),
			TemplateParameters: []*apim.ParameterContract{parameter("workspace"), parameter("apiversion")},
			Responses:          []*apim.ResponseContract{{StatusCode: to.Ptr[int32](200), Description: to.Ptr("OK")}},
		}}
		lifecycle{
			create: func(match *string) error {
				_, err := c.CreateOrUpdate(ctx, group, service, "Demo", "rrs-execute", execute, &apim.APIOperationClientCreateOrUpdateOptions{IfMatch: match})
				return err
			},
			read: func() (string, *string, error) {
				r, err := c.Get(ctx, group, service, "demo", "rrs-execute", nil)
				if err != nil {
					return "", nil, err
				}
				return fmt.Sprint(*r.ID, " ", *r.Type, " ", *r.Properties.DisplayName, " ", *r.Properties.URLTemplate, " ", *r.Properties.TemplateParameters[1].Name, " ", *r.Properties.Responses[0].StatusCode), r.ETag, nil
			},
			tag: func() (*string, error) {
				r, err := c.GetEntityTag(ctx, group, service, "demo", "rrs-execute", nil)
				return r.ETag, err
			},
			patch: func(match string) error {
				_, err := c.Update(ctx, group, service, "demo", "rrs-execute", match, apim.OperationUpdateContract{Properties: &apim.OperationUpdateContractProperties{DisplayName: to.Ptr("Score")}}, nil)
				return err
			},
			remove: func(match string) error {
				_, err := c.Delete(ctx, group, service, "demo", "rrs-execute", match, nil)
				return err
			},
			first:  servicePath + "/apis/demo/operations/rrs-execute Microsoft.ApiManagement/service/apis/operations RRS Execute /workspaces/{workspace}/execute?api-version={apiversion} apiversion 200",
			second: servicePath + "/apis/demo/operations/rrs-execute Microsoft.ApiManagement/service/apis/operations Score /workspaces/{workspace}/execute?api-version={apiversion} apiversion 200",
		}.run(t)
		list := func(o apim.APIOperationClientListByAPIOptions) []string {
			names, _ := all(t, c.NewListByAPIPager(group, service, "echo-api", &o), func(p apim.APIOperationClientListByAPIResponse) []*apim.OperationContract { return p.Value }, func(a *apim.OperationContract) string { return *a.Name })
			return names
		}
		wantNames(t, "of the Echo API, in pages", list(apim.APIOperationClientListByAPIOptions{Top: to.Ptr[int32](4)}),
			"create-resource", "modify-resource", "remove-resource", "retrieve-header-only", "retrieve-resource", "retrieve-resource-cached")
		wantNames(t, "filtered", list(apim.APIOperationClientListByAPIOptions{Filter: to.Ptr("method eq 'get' and contains(urlTemplate,'cached')")}), "retrieve-resource-cached")
	})
}
