package arm_test

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	azarm "github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	azpolicy "github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	apim "github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/apimanagement/armapimanagement/v3"

	"portico/internal/rest/arm"
	"portico/internal/usage"
)

// recordCalls records a few calls of the last minutes.
func recordCalls(f *fixture) {
	for i, c := range []usage.Call{
		{API: "echo-api", Operation: "create-resource", Product: "starter", Subscription: "a", Status: 200, BackendStatus: 200, Method: "POST", URL: "/echo/resource"},
		{API: "echo-api", Operation: "create-resource", Product: "starter", Subscription: "a", Status: 429, Method: "POST", URL: "/echo/resource"},
		{API: "echo-api", Operation: "retrieve-resource", Product: "unlimited", Subscription: "b", Status: 500, BackendStatus: 500, Method: "GET", URL: "/echo/resource"},
		{API: "gone", Product: "unlimited", Subscription: "b", Status: 404, Method: "GET", URL: "/gone"},
	} {
		c.Listener, c.Time = "gateway", time.Now().Add(time.Duration(i-10)*time.Second)
		c.RequestBytes, c.ResponseBytes, c.Elapsed = 10, 90, 2*time.Millisecond
		f.calls.Record(c)
	}
	f.calls.Record(usage.Call{Listener: "scoring", Time: time.Now(), Status: 200}) // another listener's
}

func TestReportsThroughTheSDK(t *testing.T) {
	f := newFixture(t)
	recordCalls(f)
	srv := httptest.NewServer(f.Handler())
	t.Cleanup(srv.Close)
	sdk, err := apim.NewReportsClient(arm.SubscriptionID, credential(f.token), &azarm.ClientOptions{DisableRPRegistration: true, ClientOptions: azpolicy.ClientOptions{
		Cloud:                           cloud.Configuration{Services: map[cloud.ServiceName]cloud.ServiceConfiguration{cloud.ResourceManager: {Endpoint: srv.URL, Audience: "https://management.core.windows.net/"}}},
		InsecureAllowCredentialWithHTTP: true,
	}})
	if err != nil {
		t.Fatal(err)
	}
	today := "timestamp ge datetime'" + time.Now().Add(-time.Hour).UTC().Format("2006-01-02T15:04:05") + "'"
	byAPI, err := sdk.NewListByAPIPager(group, service, today, nil).NextPage(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if len(byAPI.Value) != 2 || *byAPI.Value[0].Name != "Echo API" || *byAPI.Value[0].CallCountTotal != 3 || *byAPI.Value[0].CallCountBlocked != 1 ||
		*byAPI.Value[0].CallCountFailed != 1 || *byAPI.Value[0].Bandwidth != 300 || *byAPI.Value[0].APITimeAvg != 2 {
		t.Errorf("byApi: %+v", byAPI.Value)
	}
	byOperation, err := sdk.NewListByOperationPager(group, service, today+" and apiId eq '/apis/echo-api' and productId eq '"+arm.ServiceID(service)+"/products/starter'", nil).NextPage(ctx)
	if err != nil || len(byOperation.Value) != 1 || *byOperation.Value[0].CallCountTotal != 2 {
		t.Errorf("byOperation: %+v, %v", byOperation.Value, err)
	}
	byTime, err := sdk.NewListByTimePager(group, service, today, "PT15M", nil).NextPage(ctx)
	if err != nil || len(byTime.Value) == 0 || *byTime.Value[0].Interval != "PT15M" {
		t.Errorf("byTime: %+v, %v", byTime.Value, err)
	}
	bySubscription, err := sdk.NewListBySubscriptionPager(group, service, today, nil).NextPage(ctx)
	if err != nil || len(bySubscription.Value) != 2 {
		t.Errorf("bySubscription: %+v, %v", bySubscription.Value, err)
	}
	byRequest, err := sdk.NewListByRequestPager(group, service, today, nil).NextPage(ctx)
	if err != nil || len(byRequest.Value) != 4 || *byRequest.Value[0].ResponseCode != 404 {
		t.Errorf("byRequest: %+v, %v", byRequest.Value, err)
	}
}

// TestReportsAsFiles: with format=csv a report is a file, in which no cell begins a formula.
func TestReportsAsFiles(t *testing.T) {
	f := newFixture(t)
	f.put(t, "/apis/evil", `{"displayName":"=HYPERLINK(\"http://evil.example.com\")","path":"evil"}`)
	f.calls.Record(usage.Call{Time: time.Now(), Listener: "gateway", API: "evil", Status: 200, Method: "GET", URL: "@SUM(A1)", IP: "192.0.2.1"})
	for path, want := range map[string]string{
		"/reports/byApi?format=csv":     `"'=HYPERLINK(""http://evil.example.com"")",,`,
		"/reports/byRequest?format=csv": `/apis/evil,,,,GET,'@SUM(A1),192.0.2.1,`,
	} {
		w := f.call(t, "GET", path, "")
		if !strings.Contains(w.Body.String(), want) || w.Header().Get("Content-Type") != "text/csv; charset=utf-8" {
			t.Errorf("%s: got %d %s, want %s", path, w.Code, w.Body, want)
		}
	}
}

func TestReportsArePagedOrderedAndChecked(t *testing.T) {
	f := newFixture(t)
	recordCalls(f)
	first := f.call(t, "GET", "/reports/byApi?$top=1&$orderby=callCountTotal", "")
	if body := first.Body.String(); first.Code != 200 || !strings.Contains(body, `"apiId":"/apis/gone"`) || !strings.Contains(body, `"nextLink":"http`) || strings.Contains(body, "echo-api") {
		t.Errorf("the first page: %d %s", first.Code, body)
	}
	for query, want := range map[string]string{
		"byApi?$filter=callCountTotal gt 3":           "is not a field",
		"byApi?$filter=apiId ne '/apis/echo-api'":     "takes eq",
		"byApi?$filter=timestamp eq 2024-01-01":       "takes ge, gt, le and lt",
		"byApi?$filter=timestamp ge 'yesterday'":      "is not a date",
		"byApi?$filter=apiId eq 'a' or userId eq 'b'": "and, or the end",
		"byTime":                "such as PT15M",
		"byTime?interval=PT5M":  "multiple of PT15M",
		"byTime?interval=P":     "multiple of PT15M",
		"byApi?$orderby=secret": "is not a field",
		"byRequest?$top=0":      "at least 1",
	} {
		path, params, _ := strings.Cut(query, "?")
		got := f.call(t, "GET", "/reports/"+path+"?"+strings.ReplaceAll(params, " ", "%20"), "")
		if got.Code != 400 || !strings.Contains(got.Body.String(), want) {
			t.Errorf("%s: %d %s, want %q", query, got.Code, got.Body, want)
		}
	}
}
