package gateway

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"

	"portico/internal/catalog"
	"portico/internal/policy"
	"portico/internal/record"
)

const starterPolicy = `<inbound><rate-limit calls="5" renewal-period="60" /><quota calls="100" renewal-period="604800" /><base /></inbound>`

// TestStarterCall is the guide's story at the gateway: an API with the five
// operations in Starter, its backend in this process.
func TestStarterCall(t *testing.T) {
	var got []string
	scoring := localFunc(func(x *policy.Exchange) error {
		body, err := x.Request.Body.Bytes(1 << 20)
		if err != nil {
			return err
		}
		got = append(got, x.Request.Method+" "+x.Backend.Path+"?"+x.Backend.RawQuery+" "+x.Request.Headers.Get("Authorization")+" "+string(body))
		x.Response.Status = 200
		x.Response.Headers.Add("Content-Type", "application/json; charset=utf-8")
		x.Response.Body = policy.BytesBody([]byte(`{"Results":{}}`))
		return nil
	})
	w := newWorld(t, func(c *Config) { c.Locals["ussouthcentral.services.azureml.net"] = scoring })
	w.api("azureml-demo-api", catalog.API{Path: "azureml-demo", ServiceURL: "https://ussouthcentral.services.azureml.net", Protocols: []string{"https"}},
		"POST /workspaces/{workspace}/services/{service}/execute?api-version={apiversion}&details={details}",
		"POST /workspaces/{workspace}/services/{service}/jobs?api-version={apiversion}",
		"POST /workspaces/{workspace}/services/{service}/jobs/{jobid}/start?api-version={apiversion}",
		"GET /workspaces/{workspace}/services/{service}/jobs/{jobid}?api-version={apiversion}",
		"DELETE /workspaces/{workspace}/services/{service}/jobs/{jobid}?api-version={apiversion}")
	w.product("starter", false, "azureml-demo-api")
	w.policy(catalog.ProductPath("starter"), starterPolicy)
	w.subscription("mine", "/products/starter")

	const line = "POST /azureml-demo/workspaces/w/services/s/execute?api-version=2.0&details=true"
	for i := range 5 {
		a := w.callWith(line, strings.NewReader(`{"Inputs":{}}`), "Ocp-Apim-Subscription-Key: mine-1", "Authorization: Bearer abc", "Content-Type: application/json")
		a.is(t, fmt.Sprint("call ", i), 200, `{"Results":{}}`)
		if a.header.Get("Content-Type") != "application/json; charset=utf-8" || a.header.Get("Content-Length") != "14" {
			t.Errorf("headers %v", a.header)
		}
	}
	if len(got) != 5 || got[0] != `POST /workspaces/w/services/s/execute?api-version=2.0&details=true Bearer abc {"Inputs":{}}` {
		t.Errorf("the backend got %q", got)
	}
	sixth := w.callWith(line, strings.NewReader("{}"), "Ocp-Apim-Subscription-Key: mine-2")
	wait, err := strconv.Atoi(sixth.header.Get("Retry-After"))
	if err != nil || wait < 1 || wait > 60 {
		t.Errorf("Retry-After: %q", sixth.header.Get("Retry-After"))
	}
	sixth.is(t, "the sixth call", 429, fmt.Sprintf(`{ "statusCode": 429, "message": "Rate limit is exceeded. Try again in %d seconds." }`, wait))
	w.call("POST /azureml-demo/workspaces/w/services/s/execute?api-version=2.0", "Ocp-Apim-Subscription-Key: mine-1").is(t, "without details", 404, "")

	c := w.lastCall()
	if c.Status != 404 || c.API != "azureml-demo-api" || c.Operation != "" {
		t.Errorf("record %+v", c)
	}
	c = w.calls[5]
	if c.Status != 429 || c.Product != "starter" || c.Subscription != "mine" || c.User != "/users/mine" || c.Operation != "op0" || c.BackendStatus != 0 {
		t.Errorf("record of the refused call %+v", c)
	}
	c = w.calls[0]
	if c.Status != 200 || c.BackendStatus != 200 || c.RequestBytes != 13 || c.ResponseBytes != 14 || c.Method != "POST" || c.IP != "127.0.0.1" || c.Listener != "gateway" || c.RequestID == "" {
		t.Errorf("record of the first call %+v", c)
	}
}

func TestRecordedURLHasNoKey(t *testing.T) {
	w := newWorld(t, nil)
	w.api("a", catalog.API{Path: "a"}, "GET /x")
	w.subscription("s", "/apis")
	w.call("GET /a/x?b=1&Subscription-key=s-1&c=2").is(t, "call", 200, "")
	if c := w.lastCall(); c.URL != "/a/x?b=1&c=2" {
		t.Errorf("recorded %q", c.URL)
	}
	if strings.Contains(w.log.String(), "s-1") {
		t.Error("the key is in the log")
	}
}

// TestOnError holds what an error's answer is, and that the on-error section may change it.
func TestOnError(t *testing.T) {
	w := newWorld(t, func(c *Config) {
		c.Locals["fails.test"] = localFunc(func(*policy.Exchange) error { return errors.New("secret detail") })
		c.Locals["panics.test"] = localFunc(func(*policy.Exchange) error { panic("secret panic") })
		c.Locals["aborts.test"] = localFunc(func(*policy.Exchange) error { return &policy.Error{Status: 418, Message: "I am \"short\""} })
		c.Locals["invalid.test"] = localFunc(func(x *policy.Exchange) error { x.Response.Status = 0; return nil })
		c.Locals["teapot.test"] = localFunc(func(x *policy.Exchange) error {
			x.Response.Status, x.Response.Body = 418, policy.BytesBody([]byte("short and stout"))
			x.Response.Headers.Add("X-Backend", "1")
			return nil
		})
	})
	for _, host := range []string{"fails", "panics", "aborts", "invalid", "teapot"} {
		a := free(host)
		a.ServiceURL = "http://" + host + ".test"
		w.api(host, a, "GET /x")
		w.policy(catalog.APIPath(host), `<outbound><set-header name="X-Outbound"><value>1</value></set-header></outbound>
			<on-error><set-header name="X-On-Error"><value>1</value></set-header></on-error>`)
	}
	for host, want := range map[string]struct {
		status int
		body   string // "" is the bare text with an activity id
	}{
		"fails":   {500, ""},
		"panics":  {500, ""},
		"invalid": {500, ""},
		"aborts":  {418, `{ "statusCode": 418, "message": "I am \"short\"" }`},
	} {
		got := w.call("GET /" + host + "/x")
		id := got.header.Get("X-Ms-Request-Id")
		if want.body == "" {
			want.body = `{ "statusCode": 500, "message": "Internal server error", "activityId": "` + id + `" }`
		}
		got.is(t, host, want.status, want.body)
		if len(id) != 36 || got.header.Get("X-On-Error") != "1" || got.header.Get("X-Outbound") != "" {
			t.Errorf("%s: headers %v", host, got.header)
		}
		if want.status == 500 && !strings.Contains(w.log.String(), id) {
			t.Errorf("%s: the log does not name %s", host, id)
		}
	}
	if log := w.log.String(); !strings.Contains(log, "secret detail") || !strings.Contains(log, "secret panic") {
		t.Error("the log must hold what clients do not see")
	}

	w.call("GET /teapot/x").is(t, "an error status of the backend", 418, "short and stout")
	w.policy("", `<backend><forward-request fail-on-error-status-code="true" /></backend>`)
	got := w.call("GET /teapot/x")
	got.is(t, "fail-on-error-status-code", 418, "short and stout")
	if got.header.Get("X-On-Error") != "1" || got.header.Get("X-Outbound") != "" || got.header.Get("X-Backend") != "1" {
		t.Errorf("headers %v", got.header)
	}
}

// TestErrorsBeforeTheOperation: sections of the widest scope that is known answer.
func TestErrorsBeforeTheOperation(t *testing.T) {
	w := newWorld(t, nil)
	w.api("a", catalog.API{Path: "a"}, "GET /x")
	w.policy("", `<backend><forward-request /></backend><on-error><set-header name="X-Scope" exists-action="append"><value>global</value></set-header></on-error>`)
	w.policy(catalog.APIPath("a"), `<on-error><base /><set-header name="X-Scope" exists-action="append"><value>api</value></set-header></on-error>`)
	for line, want := range map[string]string{"GET /none": "404 global", "GET /a/none": "404 global,api", "GET /a/x": "401 global,api"} {
		if got := w.call(line); fmt.Sprint(got.status, " ", got.header.Get("X-Scope")) != want {
			t.Errorf("%s: %d %s, want %s", line, got.status, got.header.Get("X-Scope"), want)
		}
	}
}

func TestWithoutForwardRequestNothingIsCalled(t *testing.T) {
	w := newWorld(t, nil)
	w.api("a", free("a"), "GET /x")
	w.policy(catalog.APIPath("a"), `<backend></backend><outbound><set-header name="X-Out"><value>1</value></set-header></outbound>`)
	got := w.call("GET /a/x")
	if got.is(t, "call", 200, ""); got.body != "" || got.header.Get("X-Out") != "1" || got.header.Get("Content-Length") != "0" {
		t.Errorf("%+v", got)
	}
}

// TestBrokenItemsFailAlone stores what the management API would refuse.
func TestBrokenItemsFailAlone(t *testing.T) {
	w := newWorld(t, nil)
	for _, id := range []string{"good", "bad", "clash", "graph"} {
		w.api(id, free(id), "GET /x", "GET /y")
	}
	w.apply(record.PutOf(catalog.PolicyPath(catalog.OperationPath("bad", "op0")), catalog.Policy{Format: "xml", Value: "<policies><inbound><nothing /></inbound>"}, ""))
	w.apply(record.PutOf(catalog.OperationPath("good", "op1"), catalog.Operation{Method: "GET", URLTemplate: "/{broken"}, "*"))
	w.apply(record.PutOf(catalog.APIPath("clash"), free("GOOD"), "*"))
	w.apply(record.PutOf(catalog.APIPath("graph"), catalog.API{Path: "graph", Type: "graphql"}, "*"))
	w.apply(record.Change{Op: record.Put, Path: "/subscriptions/s", Body: []byte(`{"state":"active","primaryKeySealed":"nonsense"}`)})

	w.call("GET /good/x").is(t, "good", 200, "")
	w.call("GET /good/y").is(t, "its broken operation", 404, "")
	w.call("GET /bad/x").is(t, "bad operation", 500, "")
	w.call("GET /bad/y").is(t, "the other operation", 200, "")
	w.call("GET /graph/x").is(t, "a type that is not offered", 404, "")
	problems := w.gateway.Problems()
	for path, says := range map[string]string{
		"/apis/bad/operations/op0/policies/policy": "There is no such policy",
		"/apis/good/operations/op1":                "not closed",
		"/apis/clash":                              "the same URL suffix",
		"/apis/graph":                              "graphql",
		"/subscriptions/s":                         "cannot be read",
	} {
		if !strings.Contains(fmt.Sprint(problems[path]), says) {
			t.Errorf("%s: %v, want %q", path, problems[path], says)
		}
	}
	if len(problems) != 5 {
		t.Errorf("%d items have problems: %v", len(problems), problems)
	}

	w.apply(record.Change{Op: record.Delete, Path: catalog.PolicyPath(catalog.OperationPath("bad", "op0"))})
	w.apply(record.Change{Op: record.DeleteTree, Path: catalog.APIPath("clash")}, record.Change{Op: record.DeleteTree, Path: catalog.APIPath("graph")},
		record.Change{Op: record.Delete, Path: "/subscriptions/s"}, record.Change{Op: record.Delete, Path: catalog.OperationPath("good", "op1")})
	w.call("GET /bad/x").is(t, "mended", 200, "")
	if problems := w.gateway.Problems(); len(problems) != 0 {
		t.Errorf("problems that are gone are still told: %v", problems)
	}
}

// TestChangesHoldAtOnce: an API answers as soon as its PUT returned, and only what changed is compiled again.
func TestChangesHoldAtOnce(t *testing.T) {
	w := newWorld(t, nil)
	w.api("stays", free("stays"), "GET /x")
	w.product("p", false, "stays")
	stays := w.gateway.snapshot.Load().mounts["/stays"].original
	for i := range 20 {
		id := fmt.Sprint("new", i)
		w.call("GET /"+id+"/x").is(t, "before", 404, "")
		w.api(id, free(id), "GET /x")
		w.call("GET /"+id+"/x").is(t, "after", 200, "")
	}
	w.apply(record.Change{Op: record.DeleteTree, Path: catalog.APIPath("new0")})
	w.call("GET /new0/x").is(t, "deleted", 404, "")
	if w.gateway.snapshot.Load().mounts["/stays"].original != stays {
		t.Error("an API that did not change was compiled again")
	}
	w.policy(catalog.ProductPath("p"), "<inbound><base /></inbound>")
	if w.gateway.snapshot.Load().mounts["/stays"].original == stays {
		t.Error("an API was not compiled again when its product's policy changed")
	}
	fresh := New(w.gateway.config)
	defer fresh.Close()
	if err := fresh.Load(t.Context(), w.store.Records()); err != nil {
		t.Fatal(err)
	}
	loaded, live := fresh.snapshot.Load(), w.gateway.snapshot.Load()
	if len(loaded.mounts) != len(live.mounts) {
		t.Errorf("a start finds %d suffixes, %d are live", len(loaded.mounts), len(live.mounts))
	}
	for suffix, m := range live.mounts {
		if loaded.mounts[suffix] == nil || loaded.mounts[suffix].original.madeOf != m.original.madeOf {
			t.Errorf("%s: a start makes it of other records", suffix)
		}
	}
}

// TestCallsWhileEverythingChanges is for the race detector.
func TestCallsWhileEverythingChanges(t *testing.T) {
	w := newWorld(t, nil)
	w.api("a", free("a"), "GET /x")
	w.product("p", false, "a")
	w.subscription("s", "/products/p")
	var wg sync.WaitGroup
	stop := make(chan struct{})
	for range 3 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				w.call("GET /a/x", "Ocp-Apim-Subscription-Key: s-1").is(t, "call", 200, "")
			}
		})
	}
	for i := range 30 {
		w.policy(catalog.ProductPath("p"), fmt.Sprintf(`<inbound><set-header name="X-I"><value>%d</value></set-header><base/></inbound>`, i))
		w.api(fmt.Sprint("b", i%3), free(fmt.Sprint("b", i%3)), "GET /x")
		w.subscription("s", "/products/p")
	}
	close(stop)
	wg.Wait()
}

func TestProtocolsAreEnforcedWithTLS(t *testing.T) {
	for _, test := range []struct {
		protocols  []string
		tls        bool
		http, both int
	}{
		{nil, false, 200, 200},
		{[]string{"https"}, false, 200, 200},
		{nil, true, 404, 200},
		{[]string{"https"}, true, 404, 200},
		{[]string{"http"}, true, 200, 404},
		{[]string{"HTTP", "https"}, true, 200, 200},
	} {
		w := newWorld(t, func(c *Config) { c.TLS = test.tls })
		a := free("a")
		a.Protocols = test.protocols
		w.api("a", a, "GET /x")
		for scheme, want := range map[string]int{"http": test.http, "https": test.both} {
			x := &policy.Exchange{Context: t.Context(), Request: policy.Request{Method: "GET", Scheme: scheme, Path: "/a/x"}, Forwarder: w.gateway}
			status := 200
			if err := w.gateway.answer(x, &route{snapshot: w.gateway.snapshot.Load()}); err != nil {
				status = w.gateway.classify(x, err).Status
			}
			if status != want {
				t.Errorf("protocols %v, TLS %v: %s gives %d, want %d", test.protocols, test.tls, scheme, status, want)
			}
		}
	}
}

func TestEchoAPI(t *testing.T) {
	w := newWorld(t, nil)
	a := free("echo")
	a.ServiceURL = "http://echoapi.cloudapp.net/api"
	w.api("echo", a, "GET /resource", "POST /resource", "PUT /resource", "DELETE /resource", "HEAD /resource", "GET /resource-cached", "GET /other")
	for _, method := range []string{"POST", "PUT"} {
		got := w.callWith(method+" /echo/resource", strings.NewReader(`{"vehicleType":"train"}`), "Content-Type: application/json", "X-Mine: 1")
		if got.is(t, method, 200, `{"vehicleType":"train"}`); got.header.Get("X-Mine") != "1" || got.header.Get("Content-Type") != "application/json" {
			t.Errorf("%s: headers %v", method, got.header)
		}
	}
	for _, line := range []string{"GET /echo/resource?param1=sample", "DELETE /echo/resource", "HEAD /echo/resource", "GET /echo/resource-cached"} {
		if got := w.call(line, "X-Mine: 1"); got.status != 200 || got.header.Get("X-Mine") != "1" || got.body != "" {
			t.Errorf("%s: %+v", line, got)
		}
	}
	w.call("GET /echo/other").is(t, "other", http.StatusNotFound, "")
}
