package arm_test

import (
	"encoding/json"
	"net"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	apim "github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/apimanagement/armapimanagement/v3"

	"portico/internal/usage"
)

// step is one call of Microsoft's SDK, by the operation's name.
type step struct {
	operation string   // APIClient.Get
	texts     []string // its strings, in their order, after the group and the instance where it has those
	body      string   // of its model
	want      string   // a part of the answer, or of an error: "404", "412"
}

// invoke makes a call, and gives the answer as JSON; of a list, all pages.
func (s step) invoke(t *testing.T, factory any) (answer string, err error) {
	t.Helper()
	client, method, _ := strings.Cut(s.operation, ".")
	c := reflect.ValueOf(factory).MethodByName("New" + client).Call(nil)[0]
	m := c.MethodByName(method)
	if !m.IsValid() {
		t.Fatalf("the SDK has no %s", s.operation)
	}
	texts := s.texts
	if n := stringsOf(m.Type()); n == len(texts)+2 {
		texts = append([]string{group, service}, texts...)
	} else if n != len(texts) {
		t.Fatalf("%s takes %d strings", s.operation, n)
	}
	var args []reflect.Value
	for i := range m.Type().NumIn() {
		switch in := m.Type().In(i); in.Kind() {
		case reflect.Interface:
			args = append(args, reflect.ValueOf(ctx))
		case reflect.String:
			args = append(args, reflect.ValueOf(texts[0]).Convert(in))
			texts = texts[1:]
		case reflect.Struct:
			model := reflect.New(in)
			if err := json.Unmarshal([]byte(s.body), model.Interface()); err != nil {
				t.Fatal(err)
			}
			args = append(args, model.Elem())
		default:
			args = append(args, reflect.Zero(in))
		}
	}
	out := m.Call(args)
	if next := out[0].MethodByName("NextPage"); next.IsValid() {
		more := out[0].MethodByName("More")
		for more.Call(nil)[0].Bool() && err == nil {
			page := next.Call([]reflect.Value{reflect.ValueOf(ctx)})
			err, _ = page[1].Interface().(error)
			answer += string(encoded(t, page[0].Interface()))
		}
		return answer, err
	}
	if err, _ = out[1].Interface().(error); err != nil {
		return "", err
	}
	if result := out[0].MethodByName("Result"); result.IsValid() {
		out = result.Call([]reflect.Value{reflect.ValueOf(ctx)})
		err, _ = out[1].Interface().(error)
	}
	return string(encoded(t, out[0].Interface())), err
}

func stringsOf(m reflect.Type) int {
	n := 0
	for i := range m.NumIn() {
		if m.In(i).Kind() == reflect.String {
			n++
		}
	}
	return n
}

// runSteps makes calls one after the other.
func runSteps(t *testing.T, factory any, steps []step) {
	t.Helper()
	for _, s := range steps {
		answer, err := s.invoke(t, factory)
		if err != nil {
			answer = err.Error()
		}
		if wantError := len(s.want) == 3 && s.want[0] == '4'; wantError != (err != nil) || !strings.Contains(answer, s.want) {
			t.Errorf("%s %q: got %.400s, %v, want %s", s.operation, s.texts, answer, err != nil, s.want)
		}
	}
}

// TestSDKTagLinks: what has a tag, seen from each side.
func TestSDKTagLinks(t *testing.T) {
	f := newFixture(t)
	f.put(t, "/tags/red", `{"displayName":"Red"}`)
	op := []string{"echo-api", "create-resource"}
	runSteps(t, f.sdk(t, false), []step{
		{"TagClient.AssignToAPI", []string{"echo-api", "red"}, "", `"name":"red"`},
		{"TagClient.NewListByAPIPager", []string{"echo-api"}, "", `"name":"red"`},
		{"TagClient.DetachFromAPI", []string{"echo-api", "red"}, "", "{}"},
		{"TagClient.GetEntityStateByAPI", []string{"echo-api", "red"}, "", "404"},
		{"TagClient.AssignToOperation", append(op, "red"), "", `"name":"red"`},
		{"TagClient.GetEntityStateByOperation", append(op, "red"), "", "ETag"},
		{"TagClient.NewListByOperationPager", op, "", `"name":"red"`},
		{"TagClient.DetachFromOperation", append(op, "red"), "", "{}"},
		{"TagClient.NewListByOperationPager", op, "", `"value":[]`},
		{"TagClient.AssignToProduct", []string{"starter", "red"}, "", `"name":"red"`},
		{"TagClient.GetByProduct", []string{"starter", "red"}, "", `"displayName":"Red"`},
		{"TagClient.GetEntityStateByProduct", []string{"starter", "red"}, "", "ETag"},
		{"TagClient.NewListByProductPager", []string{"starter"}, "", `"name":"red"`},
		{"TagClient.DetachFromProduct", []string{"starter", "red"}, "", "{}"},
		{"TagClient.GetByProduct", []string{"starter", "red"}, "", "404"},
		{"TagOperationLinkClient.CreateOrUpdate", []string{"red", "o"}, `{"properties":{"operationId":"/apis/echo-api/operations/create-resource"}}`, `"name":"o"`},
		{"TagOperationLinkClient.Get", []string{"red", "o"}, "", "/operations/create-resource"},
		{"TagOperationLinkClient.NewListByProductPager", []string{"red"}, "", `"name":"o"`},
		{"TagOperationLinkClient.Delete", []string{"red", "o"}, "", "{}"},
		{"TagOperationLinkClient.Get", []string{"red", "o"}, "", "404"},
		{"TagProductLinkClient.CreateOrUpdate", []string{"red", "p"}, `{"properties":{"productId":"/products/starter"}}`, `"name":"p"`},
		{"TagProductLinkClient.Get", []string{"red", "p"}, "", "/products/starter"},
		{"TagProductLinkClient.NewListByProductPager", []string{"red"}, "", `"name":"p"`},
		{"TagProductLinkClient.Delete", []string{"red", "p"}, "", "{}"},
		{"ProductAPILinkClient.Get", []string{"starter", "echo-api"}, "", "/apis/echo-api"},
		{"ProductGroupLinkClient.Delete", []string{"starter", "guests"}, "", "{}"},
		{"ProductGroupLinkClient.CreateOrUpdate", []string{"starter", "g"}, `{"properties":{"groupId":"/groups/guests"}}`, `"name":"g"`},
		{"ProductGroupLinkClient.NewListByProductPager", []string{"starter"}, "", `"name":"g"`},
	})
}

// TestSDKListsBelow: lists of what has one member, or belongs to something else.
func TestSDKListsBelow(t *testing.T) {
	f := newFixture(t)
	const document = `{"value":"<policies><inbound><base /></inbound></policies>","format":"rawxml"}`
	f.put(t, "/policies/policy", `{"value":"<policies><inbound /><backend><forward-request /></backend></policies>","format":"rawxml"}`)
	f.put(t, "/apis/echo-api/policies/policy", document)
	f.put(t, "/apis/echo-api/operations/create-resource/policies/policy", document)
	f.put(t, "/documentations/d", `{"title":"D","content":"# D"}`)
	f.put(t, "/apis/echo-api/wikis/default", `{"documents":[{"documentationId":"d"}]}`)
	f.put(t, "/products/starter/wikis/default", `{"documents":[{"documentationId":"d"}]}`)
	f.put(t, "/gateways/edge", `{}`)
	f.put(t, "/users/eve", `{"email":"eve@example.com","firstName":"Eve","lastName":"E"}`)
	f.put(t, "/subscriptions/s", `{"displayName":"S","scope":"/apis","ownerId":"/users/eve"}`)
	f.put(t, "/authorizationServers/a", `{"displayName":"A","clientRegistrationEndpoint":"https://l.example.com/apps","authorizationEndpoint":"https://l.example.com/auth","tokenEndpoint":"https://l.example.com/token",
		"grantTypes":["clientCredentials"],"clientId":"id","clientSecret":"s3cret"}`)
	runSteps(t, f.sdk(t, false), []step{
		{"PolicyClient.NewListByServicePager", nil, "", "forward-request"},
		{"APIPolicyClient.ListByAPI", []string{"echo-api"}, "", `"name":"policy"`},
		{"APIOperationPolicyClient.ListByOperation", []string{"echo-api", "create-resource"}, "", `"name":"policy"`},
		{"APIWikisClient.NewListPager", []string{"echo-api"}, "", `"name":"default"`},
		{"ProductWikisClient.NewListPager", []string{"starter"}, "", `"name":"default"`},
		{"GatewayAPIClient.CreateOrUpdate", []string{"edge", "echo-api"}, "{}", `"name":"echo-api"`},
		{"GatewayAPIClient.NewListByServicePager", []string{"edge"}, "", `"name":"echo-api"`},
		{"UserSubscriptionClient.NewListPager", []string{"eve"}, "", `"name":"s"`},
		{"UserConfirmationPasswordClient.Send", []string{"eve"}, "", "{}"},
		{"AuthorizationServerClient.ListSecrets", []string{"a"}, "", `"clientSecret":"s3cret"`},
		{"NotificationRecipientEmailClient.CreateOrUpdate", []string{"BCC", "ann@example.com"}, "", `"email":"ann@example.com"`},
		{"NotificationRecipientEmailClient.ListByNotification", []string{"BCC"}, "", `"email":"ann@example.com"`},
		{"NotificationRecipientEmailClient.Delete", []string{"BCC", "ann@example.com"}, "", "{}"},
		{"NotificationRecipientUserClient.CreateOrUpdate", []string{"BCC", "eve"}, "", "/users/eve"},
		{"NotificationRecipientUserClient.CheckEntityExists", []string{"BCC", "eve"}, "", "true"},
		{"NotificationRecipientUserClient.ListByNotification", []string{"BCC"}, "", "/users/eve"},
		{"NotificationRecipientUserClient.Delete", []string{"BCC", "eve"}, "", "{}"},
		{"TenantAccessClient.NewListByServicePager", nil, "", `"name":"access"`},
		{"TenantAccessClient.GetEntityTag", []string{"access"}, "", "ETag"},
		{"TenantAccessClient.Update", []string{"access", "*"}, `{"properties":{"enabled":true}}`, `"enabled":true`},
		{"TenantAccessClient.RegenerateSecondaryKey", []string{"access"}, "", "{}"},
		{"TenantAccessGitClient.RegeneratePrimaryKey", []string{"gitAccess"}, "", "{}"},
		{"TenantSettingsClient.NewListByServicePager", nil, "", "RegistrationEnabled"},
	})
}

// TestSDKEnvironment: what the instance says of itself and of what it reaches.
func TestSDKEnvironment(t *testing.T) {
	f := newFixture(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, open, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	f.put(t, "/backends/b", `{"url":"https://backend.example.com:8443/v1","protocol":"http"}`)
	f.put(t, "/mailServers/default", `{"host":"mail.example.com"}`)
	f.put(t, "/users/root", `{"email":"root@example.com","firstName":"R","lastName":"R"}`)
	check := func(host, port, protocol string) string {
		return `{"source":{"region":"South Central US"},"destination":{"address":"` + host + `","port":` + port + `},"protocol":"` + protocol + `"}`
	}
	sdk := f.sdk(t, false)
	runSteps(t, sdk, []step{
		{"OperationsClient.NewListPager", nil, "", `"name":"Microsoft.ApiManagement/service/apis/write"`},
		{"SKUsClient.NewListPager", nil, "", `"name":"Premium"`},
		{"DeletedServicesClient.NewListBySubscriptionPager", nil, "", `"value":[]`},
		{"DeletedServicesClient.GetByName", []string{"gone", "westeurope"}, "", "404"},
		{"DeletedServicesClient.BeginPurge", []string{"gone", "westeurope"}, "", "{}"},
		{"PolicyDescriptionClient.ListByService", nil, "", `"name":"rate-limit","properties":{"description":"Stands in inbound. Attributes: calls (required), renewal-period (required)`},
		{"OutboundNetworkDependenciesEndpointsClient.ListByService", nil, "", `{"category":"SMTP","endpoints":[{"domainName":"mail.example.com","endpointDetails":[{"port":587`},
		{"OutboundNetworkDependenciesEndpointsClient.ListByService", nil, "", `"domainName":"backend.example.com","endpointDetails":[{"port":8443`},
		{"Client.BeginPerformConnectivityCheckAsync", nil, check("127.0.0.1", open, "TCP"), `"connectionStatus":"Connected"`},
		{"Client.BeginPerformConnectivityCheckAsync", nil, check("127.0.0.1", "1", "TCP"), `"connectionStatus":"Disconnected"`},
		{"Client.BeginPerformConnectivityCheckAsync", nil, check("169.254.169.254", "80", "HTTP"), "403"},
		{"Client.BeginPerformConnectivityCheckAsync", nil, check("127.0.0.1", "0", "TCP"), "400"},
		{"BackendClient.Reconnect", []string{"b"}, "", "{}"},
		{"BackendClient.Reconnect", []string{"gone"}, "", "404"},
		{"ServiceClient.BeginApplyNetworkConfigurationUpdates", nil, "{}", `"publisherName":"Contoso"`},
		{"ServiceClient.GetSsoToken", nil, "", "409"},
		{"GroupUserClient.Create", []string{"administrators", "root"}, "", `"name":"root"`},
		{"ServiceClient.GetSsoToken", nil, "", `"redirectUri":"http://127.0.0.1:8083/signin-sso?token=root`},
	})
}

// TestSDKTracing: debug credentials are given and taken back, and a trace that is not there is not found.
func TestSDKTracing(t *testing.T) {
	f := newFixture(t)
	sdk := f.sdk(t, false)
	credentials, err := sdk.NewGatewayClient().ListDebugCredentials(ctx, group, service, "managed", apim.GatewayListDebugCredentialsContract{
		APIID: to.Ptr(servicePath + "/apis/echo-api"), Purposes: []*apim.GatewayListDebugCredentialsContractPurpose{to.Ptr(apim.GatewayListDebugCredentialsContractPurposeTracing)},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	key, err := sdk.NewSubscriptionClient().ListSecrets(ctx, group, service, "master", nil)
	if err != nil {
		t.Fatal(err)
	}
	traced := func() (id string) {
		r := httptest.NewRequest("GET", "/echo/resource?param1=1", nil)
		r.Header.Set("Apim-Debug-Authorization", *credentials.Token)
		r.Header.Set("Ocp-Apim-Subscription-Key", *key.PrimaryKey)
		w := httptest.NewRecorder()
		f.gateway.ServeHTTP(w, r)
		return w.Header().Get("Apim-Trace-Id")
	}
	id := traced()
	if id == "" {
		t.Fatal("the call was not traced")
	}
	runSteps(t, sdk, []step{
		{"GatewayClient.ListTrace", []string{"managed"}, `{"traceId":"` + id + `"}`, `"traceId":"` + id},
		{"GatewayClient.InvalidateDebugCredentials", []string{"managed"}, "", "{}"},
		{"GatewayClient.InvalidateDebugCredentials", []string{"gone"}, "", "404"},
		{"GatewayClient.ListTrace", []string{"managed"}, `{"traceId":"gone"}`, "404"},
	})
	if id := traced(); id != "" {
		t.Error("a call was traced with credentials that were taken back")
	}
}

// TestSDKReportsOfPeople: the reports by product, user and place.
func TestSDKReportsOfPeople(t *testing.T) {
	f := newFixture(t)
	f.calls.Record(usage.Call{Time: time.Now(), Listener: "gateway", API: "echo-api", Product: "starter", User: "eve", Subscription: "s", Status: 200, Method: "GET", URL: "/echo"})
	filter := []string{"timestamp ge datetime'2000-01-01T00:00:00Z'"}
	runSteps(t, f.sdk(t, false), []step{
		{"ReportsClient.NewListByProductPager", filter, "", `"productId":"/products/starter"`},
		{"ReportsClient.NewListByUserPager", filter, "", `"userId":"/users/eve"`},
		{"ReportsClient.NewListByGeoPager", filter, "", `"callCountTotal":1`},
	})
}
