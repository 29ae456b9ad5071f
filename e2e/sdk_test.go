package e2e_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	azarm "github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/apimanagement/armapimanagement/v3"
)

// bearer is a credential that always has the same token.
type bearer string

func (b bearer) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: string(b), ExpiresOn: time.Now().Add(time.Hour)}, nil
}

// TestSDK drives a started instance with Microsoft's own client, over plain HTTP
// and over --tls auto: an API with an operation, a product, a policy and a
// subscription, and then the call that they allow.
func TestSDK(t *testing.T) {
	for name, args := range map[string][]string{"http": nil, "tls": {"--tls", "auto"}} {
		t.Run(name, func(t *testing.T) {
			p := start(t, t.TempDir(), args...)
			client := http.DefaultClient
			if name == "tls" {
				pem, err := os.ReadFile(p.CAFile)
				if err != nil {
					t.Fatal(err)
				}
				roots := x509.NewCertPool()
				roots.AppendCertsFromPEM(pem)
				client = &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
				defer client.CloseIdleConnections()
			}
			publishWithSDK(t, p, client)
		})
	}
}

func publishWithSDK(t *testing.T, p *process, client *http.Client) {
	ctx := context.Background()
	ids := strings.Split(p.ServiceID, "/") // "", subscriptions, {id}, resourceGroups, {group}, providers, Microsoft.ApiManagement, service, {name}
	group, service := ids[4], ids[8]
	options := &azarm.ClientOptions{DisableRPRegistration: true}
	options.Transport = client
	options.InsecureAllowCredentialWithHTTP = true
	options.Cloud = cloud.Configuration{Services: map[cloud.ServiceName]cloud.ServiceConfiguration{
		cloud.ResourceManager: {Endpoint: p.Console, Audience: "https://management.core.windows.net/"},
	}}
	f, err := armapimanagement.NewClientFactory(ids[2], bearer(p.AdminToken), options)
	if err != nil {
		t.Fatal(err)
	}
	must := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	poller, err := f.NewAPIClient().BeginCreateOrUpdate(ctx, group, service, "sdk", armapimanagement.APICreateOrUpdateParameter{Properties: &armapimanagement.APICreateOrUpdateProperties{
		DisplayName: to.Ptr("SDK"), Path: to.Ptr("sdk"), ServiceURL: to.Ptr("http://echoapi.cloudapp.net/api"), Protocols: []*armapimanagement.Protocol{to.Ptr(armapimanagement.ProtocolHTTPS)},
	}}, nil)
	must("create the API", err)
	_, err = poller.PollUntilDone(ctx, nil)
	must("create the API", err)
	_, err = f.NewAPIOperationClient().CreateOrUpdate(ctx, group, service, "sdk", "post", armapimanagement.OperationContract{Properties: &armapimanagement.OperationContractProperties{
		DisplayName: to.Ptr("Post"), Method: to.Ptr("POST"), URLTemplate: to.Ptr("/resource")}}, nil)
	must("create the operation", err)
	_, err = f.NewAPIPolicyClient().CreateOrUpdate(ctx, group, service, "sdk", armapimanagement.PolicyIDNamePolicy, armapimanagement.PolicyContract{Properties: &armapimanagement.PolicyContractProperties{
		Format: to.Ptr(armapimanagement.PolicyContentFormatRawxml),
		Value:  to.Ptr(`<policies><inbound><base /><set-header name="X-From-Policy"><value>yes</value></set-header></inbound><backend><base /></backend><outbound><base /></outbound><on-error><base /></on-error></policies>`),
	}}, nil)
	must("set the policy", err)
	_, err = f.NewProductAPIClient().CreateOrUpdate(ctx, group, service, "unlimited", "sdk", nil)
	must("add it to Unlimited", err)
	_, err = f.NewSubscriptionClient().CreateOrUpdate(ctx, group, service, "sdk", armapimanagement.SubscriptionCreateParameters{Properties: &armapimanagement.SubscriptionCreateParameterProperties{
		DisplayName: to.Ptr("SDK"), Scope: to.Ptr(p.ServiceID + "/products/unlimited"), State: to.Ptr(armapimanagement.SubscriptionStateActive)}}, nil)
	must("subscribe", err)
	keys, err := f.NewSubscriptionClient().ListSecrets(ctx, group, service, "sdk", nil)
	must("list the keys", err)

	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.Gateway+"/sdk/resource", strings.NewReader("body"))
	must("call", err)
	req.Header.Set("Ocp-Apim-Subscription-Key", *keys.PrimaryKey)
	resp, err := client.Do(req)
	must("call", err)
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK || resp.Header.Get("X-From-Policy") != "yes" {
		t.Errorf("got %s with headers %v; the echo backend returns what the policy set", resp.Status, resp.Header)
	}

	pager := f.NewAPIClient().NewListByServicePager(group, service, &armapimanagement.APIClientListByServiceOptions{Top: to.Ptr[int32](1)})
	names := map[string]bool{}
	for pager.More() {
		page, err := pager.NextPage(ctx)
		must("list", err)
		for _, a := range page.Value {
			names[*a.Name] = true
		}
	}
	if !names["sdk"] || !names["echo-api"] {
		t.Errorf("listed %v, want sdk and echo-api", names)
	}
	removing, err := f.NewAPIClient().BeginDelete(ctx, group, service, "sdk", "*", nil)
	must("delete", err)
	_, err = removing.PollUntilDone(ctx, nil)
	must("delete", err)
}
