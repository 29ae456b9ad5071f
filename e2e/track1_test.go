package e2e_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/services/machinelearning/mgmt/2017-01-01/webservices"
	"github.com/Azure/go-autorest/autorest"
)

// TestTrack1SDK finds the demo's web service and its keys with Microsoft's older
// SDK for Go, the last that knows this provider.
func TestTrack1SDK(t *testing.T) {
	p := start(t, t.TempDir(), "--demo")
	ids := strings.Split(p.ServiceID, "/")
	c := webservices.NewClientWithBaseURI(p.Console, ids[2])
	c.Authorizer = autorest.NewBearerAuthorizer(token(p.AdminToken))
	c.RetryAttempts = 1
	group := ids[4]
	list, err := c.ListByResourceGroup(t.Context(), group, "")
	if err != nil || len(list.Values()) != 1 {
		t.Fatalf("in the group: %+v, %v", list, err)
	}
	everywhere, err := c.ListBySubscriptionID(t.Context(), "")
	if err != nil || len(everywhere.Values()) != 1 || *everywhere.Values()[0].ID != *list.Values()[0].ID {
		t.Errorf("in the subscription: %+v, %v", everywhere, err)
	}
	name := *list.Values()[0].Name
	got, err := c.Get(t.Context(), group, name, "")
	if err != nil {
		t.Fatal(err)
	}
	graph, ok := got.Properties.AsPropertiesForGraph()
	if !ok || *got.Type != "Microsoft.MachineLearning/webServices" || graph.ProvisioningState != webservices.Succeeded || *graph.Title != name || graph.CreatedOn.IsZero() ||
		*graph.RealtimeConfiguration.MaxConcurrentCalls != 20 || !strings.HasSuffix(*graph.SwaggerLocation, "/swagger.json") {
		t.Errorf("got %+v %+v", got, graph)
	}
	input := graph.Input.Properties["input1"]
	if input == nil || input.Properties["Col2"] == nil || input.Properties["Col2"].Type != webservices.String || len(graph.Output.Properties) != 1 {
		t.Errorf("its ports: %+v, %+v", graph.Input, graph.Output)
	}
	wantStatus(t, "its swagger document", p.call(http.MethodGet, *graph.SwaggerLocation, ""), 200, `"swagger"`)
	keys, err := c.ListKeys(t.Context(), group, name)
	if err != nil || *keys.Primary != p.Demo.APIKey || *keys.Secondary == "" {
		t.Errorf("the keys: %+v, %v, want %s", keys, err, p.Demo.APIKey)
	}
	if got, err := c.Get(t.Context(), group, "gone", ""); err == nil || got.StatusCode != http.StatusNotFound {
		t.Errorf("one that is not there: %v, %v", got.Status, err)
	}
}

// token is a bearer token that never expires.
type token string

// OAuthToken implements adal.OAuthTokenProvider.
func (t token) OAuthToken() string { return string(t) }
