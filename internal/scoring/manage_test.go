package scoring

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"portico/internal/access"
	"portico/internal/policy"
	"portico/internal/rest/resttest"
	"portico/internal/secret"
	"portico/internal/webservice"
	"portico/internal/webservice/webservicetest"
)

func TestRoutesAskForTheirPermissions(t *testing.T) {
	f := newFixture(t, nil)
	resttest.Walk(t, f.API())
}

// TestManagement walks through the life of an endpoint as AzureMLPS and the R package do.
func TestManagement(t *testing.T) {
	f := newFixture(t, nil)
	base, key := f.publish(t, webservicetest.Guide())
	l := f.Services.Find(base[len(base)-32:])
	services := f.url + "/workspaces/" + workspace + "/webservices"
	service := services + "/" + l.ServiceID
	endpoints := service + "/endpoints"
	bearer := []string{"Authorization", "Bearer " + token}
	metaanalytics := []string{"x-ms-metaanalytics-authorizationtoken", token}
	endpointKey := []string{"Authorization", "bearer " + key}
	republish := func() {
		e := webservicetest.Guide()
		if _, err := f.Services.Publish(t.Context(), workspace, e, webservice.PublishOptions{UpdateExisting: true}); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name, method, url, body string
		headers                 []string
		status                  int
		want                    string // part of the body, or the code of the error
	}{
		{"list of services", "GET", services, "", bearer, 200, `[{"Id":"` + l.ServiceID + `","Name":"SimpleFeatureHashingExperiment","Description":"","CreationTime":"`},
		{"the other header", "GET", services + "/", "", metaanalytics, 200, `"DefaultEndpointName":"default","EndpointCount":1}]`},
		{"without a token", "GET", services, "", nil, 401, "Unauthorized/ManagementRequestUnauthorized"},
		{"with a wrong token", "GET", services, "", []string{"Authorization", "Bearer " + secret.ID()}, 401, "Unauthorized/ManagementRequestUnauthorized"},
		{"an endpoint's key for the list", "GET", services, "", endpointKey, 401, "Unauthorized/ManagementRequestUnauthorized"},
		{"another workspace", "GET", f.url + "/workspaces/" + secret.ID() + "/webservices", "", bearer, 404, "NotFound/WorkspaceNotFound"},
		{"one service", "GET", service, "", bearer, 200, `"WorkspaceId":"` + workspace + `"`},
		{"an unknown service", "GET", services + "/" + secret.ID(), "", bearer, 404, "Invalid web service ID provided. Verify the web service ID is correct and try again."},
		{"a service id that is none", "GET", services + "/foo", "", bearer, 404, "Invalid web service ID provided. Verify the web service ID is correct and try again."},
		{"publish code", "PUT", services + "/" + secret.ID(), `{"Name":"add","Type":"Code"}`, bearer, 501, "NotImplemented/NotOffered"},
		{"list of endpoints", "GET", endpoints, "", bearer, 200, `"PrimaryKey":"` + key + `"`},
		{"one endpoint", "GET", endpoints + "/default", "", bearer, 200, `"ApiLocation":"` + base + `"`},
		{"one endpoint by its id", "GET", endpoints + "/" + l.EndpointID, "", bearer, 200, `"HelpLocation":"` + helpOf(f, base) + `"`},
		{"one endpoint with its key", "GET", endpoints + "/default", "", endpointKey, 200, `"MaxConcurrentCalls":20,"DiagnosticsTraceLevel":"None","ThrottleLevel":"High","Resources":[]}`},
		{"an unknown endpoint", "GET", endpoints + "/nope", "", bearer, 404, "NotFound/EndpointNotFound"},
		{"create", "PUT", endpoints + "/ep1", `{"WebServiceId":"` + l.ServiceID + `","EndpointName":"ep1","Description":"one","ThrottleLevel":"Low","MaxConcurrentCalls":null,"PreventUpdate":false}`, bearer, 201, `"MaxConcurrentCalls":4`},
		{"create with nothing", "PUT", endpoints + "/ep2", "", bearer, 201, `"MaxConcurrentCalls":20`},
		{"update", "PUT", endpoints + "/ep1", `{"ThrottleLevel":"High","MaxConcurrentCalls":200}`, bearer, 200, `"MaxConcurrentCalls":200`},
		{"create with the default's key", "PUT", endpoints + "/ep3", "{}", endpointKey, 401, "Unauthorized/ManagementRequestUnauthorized"},
		{"update with its key", "PUT", endpoints + "/default", "{}", endpointKey, 403, "Forbidden/ManagementRequestUnauthorized"},
		{"a bad name", "PUT", endpoints + "/No_Good", "{}", bearer, 400, "BadArgument/BadParameterValue"},
		{"too many calls", "PUT", endpoints + "/ep1", `{"MaxConcurrentCalls":201}`, bearer, 400, "BadArgument/WebServiceTooManyConcurrentRequestRequirement"},
		{"a wrong throttle level", "PUT", endpoints + "/ep1", `{"ThrottleLevel":"Medium"}`, bearer, 400, "BadArgument/BadParameterValue"},
		{"a wrong type", "PUT", endpoints + "/ep1", `{"MaxConcurrentCalls":"many"}`, bearer, 400, "BadArgument/ValidationError"},
		{"no JSON", "PUT", endpoints + "/ep1", `{`, bearer, 400, "BadArgument/InvalidRequestContent"},
		{"another service in the body", "PUT", endpoints + "/ep1", `{"WebServiceId":"` + secret.ID() + `"}`, bearer, 400, "BadArgument/BadParameterValue"},
		{"another name in the body", "PUT", endpoints + "/ep1", `{"EndpointName":"ep9"}`, bearer, 400, "BadArgument/BadParameterValue"},
		{"patch the default", "PATCH", endpoints + "/default", `{"Resources":[]}`, bearer, 400, "InvalidOperation/DefaultEndpointUpdate"},
		{"patch a model", "PATCH", endpoints + "/ep1", `{"Resources":[{"Name":"Census Model [trained model]","Location":{"BaseLocation":"https://acct.blob.core.windows.net/","RelativeLocation":"c/m.ilearner","SasBlobToken":"?sv"}}]}`, bearer, 400, "InvalidOperation/NoUpdatableResources"},
		{"patch the description", "PATCH", endpoints + "/ep1", `{"Description":"new"}`, bearer, 200, `"Description":"new"`},
		{"refresh the default", "POST", endpoints + "/default/refresh", `{"OverwriteResources":"True"}`, bearer, 400, "InvalidOperation/DefaultEndpointUpdate"},
		{"refresh without a change", "POST", endpoints + "/ep1/refresh", `{"OverwriteResources":"True"}`, bearer, 304, ""},
		{"", "", "", "", nil, 0, ""}, // republish
		{"refresh", "POST", endpoints + "/ep1/refresh", `{"OverwriteResources":"True"}`, bearer, 200, `"Name":"ep1"`},
		{"a new primary key", "POST", endpoints + "/ep1/regeneratePrimaryKey", "", bearer, 200, `"PrimaryKey":"`},
		{"a new secondary key", "POST", endpoints + "/ep1/regenerateSecondaryKey", "", bearer, 200, `"SecondaryKey":"`},
		{"delete the default", "DELETE", endpoints + "/default", "", bearer, 400, "InvalidOperation/DefaultEndpointInUse"},
		{"delete", "DELETE", endpoints + "/ep1", "", bearer, 204, ""},
		{"delete again", "DELETE", endpoints + "/ep1", "", bearer, 404, "NotFound/EndpointNotFound"},
		{"a method that is not offered", "POST", endpoints, "", bearer, 405, "MethodNotAllowed/MethodNotAllowed"},
		{"delete the service", "DELETE", service, "", bearer, 204, ""},
		{"nothing is left", "GET", services, "", bearer, 200, `[]`},
		{"also not the calls", "POST", base + "/execute?api-version=2.0", guideBody, endpointKey, 404, "NotFound/WebServiceNotFound"},
	} {
		if c.name == "" {
			republish()
			continue
		}
		resp, body := send(t, c.method, c.url, c.body, c.headers...)
		switch got := body; {
		case resp.StatusCode != c.status:
			t.Errorf("%s: %d %s, want %d", c.name, resp.StatusCode, body, c.status)
		case c.status >= 400 && !strings.Contains(c.want, " "):
			if got = errorCode(t, body); got != c.want {
				t.Errorf("%s: %s, want %s", c.name, got, c.want)
			}
		case !strings.Contains(body, c.want) || c.want == "" && body != "":
			t.Errorf("%s: %s, want %s", c.name, body, c.want)
		}
		if resp.Header.Get("x-ms-request-id") == "" {
			t.Errorf("%s: no request id", c.name)
		}
	}
}

// TestViewersSeeNoKeys has a reader without the permission for keys.
func TestViewersSeeNoKeys(t *testing.T) {
	f := newFixture(t, func(c *Config) {
		c.Authenticate = func(*http.Request) (access.Principal, error) {
			return access.Principal{Name: "viewer", Roles: []access.Role{access.Viewer}}, nil
		}
	})
	base, key := f.publish(t, webservicetest.Guide())
	l := f.Services.Find(base[len(base)-32:])
	for _, path := range []string{"/endpoints", "/endpoints/default"} {
		resp, body := send(t, "GET", f.url+"/workspaces/"+workspace+"/webservices/"+l.ServiceID+path, "", "Authorization", "Bearer "+token)
		if resp.StatusCode != 200 || strings.Contains(body, key) || !strings.Contains(body, `"PrimaryKey":null`) {
			t.Errorf("%s: %d %s", path, resp.StatusCode, body)
		}
	}
}

// TestDocumentation finds the pages and the swagger document where clients look for them, without a key.
func TestDocumentation(t *testing.T) {
	f := newFixture(t, nil)
	base, _ := f.publish(t, webservicetest.Guide())
	l := f.Services.Find(base[len(base)-32:])
	help := helpOf(f, base)
	_, document := send(t, "GET", base+"/swagger.json", "")
	var head struct {
		Host, BasePath string
		Schemes        []string
		Paths          json.RawMessage
	}
	if err := json.Unmarshal([]byte(document), &head); err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(base)
	if err != nil || head.Host != u.Host || head.BasePath != u.Path || head.Schemes[0] != "http" {
		t.Errorf("the document says %+v of %s", head, base)
	}
	// R's discoverSchema takes the second path, and appends it to the base path.
	d := json.NewDecoder(strings.NewReader(string(head.Paths)))
	var paths []string
	for depth := 0; d.More() || depth > 0; {
		token, err := d.Token()
		if err != nil {
			t.Fatal(err)
		}
		switch v := token.(type) {
		case json.Delim:
			depth += map[json.Delim]int{'{': 1, '[': 1, '}': -1, ']': -1}[v]
		case string:
			if depth == 1 {
				paths = append(paths, v)
			}
		}
		if depth == 0 {
			break
		}
	}
	if len(paths) < 2 || paths[1] != "/execute?api-version=2.0&format=swagger" {
		t.Errorf("paths: %q", paths)
	}
	for _, c := range []struct {
		path   string
		status int
		want   string
	}{
		{help + "/apidocument", 200, document},
		{strings.Replace(help, "/apihelp", "", 1) + "/apidocument", 200, document},
		{f.url + "/workspaces/" + workspace + "/webservices/" + l.ServiceID + "/endpoints/default/apidocument", 200, document},
		{f.url + "/subscriptions/" + subscription + "/services/" + l.EndpointID + "/swagger.json", 200, document},
		{help + "/score", 200, "<title>Request Response API Documentation for SimpleFeatureHashingExperiment</title>"},
		{help, 200, "<title>Request Response API Documentation for SimpleFeatureHashingExperiment</title>"},
		{help + "/jobs", 200, "submitted, started, and asked for its status"},
		{help + "/update", 200, "Sorry, but this feature is not supported or available in this context. This Web Service has no updatable resources."},
		{help + "/other", 404, "no help page"},
		{base[:len(base)-32] + secret.ID() + "/swagger.json", 404, "WebServiceNotFound"},
		{strings.Replace(help, l.ServiceID, secret.ID(), 1) + "/score", 404, "EndpointNotFound"},
		{f.url + "/", 404, "ResourceNotFound"},
	} {
		resp, body := send(t, "GET", c.path, "")
		if resp.StatusCode != c.status || !strings.Contains(body, c.want) {
			t.Errorf("%s: %d %.300s, want %.100s", c.path, resp.StatusCode, body, c.want)
		}
	}
	resp, _ := send(t, "GET", help+"/score", "")
	if resp.Header.Get("Content-Security-Policy") == "" || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html") {
		t.Errorf("headers of a page: %v", resp.Header)
	}
}

// TestLocal calls the service in process, as the gateway does, and compares the answers with the listener's.
func TestLocal(t *testing.T) {
	f := newFixture(t, func(c *Config) { c.MaxBody = 500 })
	base, key := f.publish(t, webservicetest.Guide())
	for _, c := range []struct{ name, method, path, query, key, body string }{
		{"a call", "POST", "/execute", "api-version=2.0&details=true", key, guideBody},
		{"a bad key", "POST", "/execute", "api-version=2.0", "x", guideBody},
		{"another method", "PUT", "/execute", "api-version=2.0", key, guideBody},
		{"too large", "POST", "/execute", "api-version=2.0", key, strings.Repeat(" ", 600)},
		{"swagger", "GET", "/swagger.json", "", "", ""},
		{"unknown", "GET", "/nothing", "", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := &policy.Exchange{Context: t.Context(), RequestID: "00000000-0000-4000-8000-000000000000"}
			x.Request.Method, x.Request.Host, x.Request.RemoteIP = c.method, "gateway.test", "127.0.0.1"
			x.Request.Headers.Add("Authorization", "Bearer "+c.key)
			x.Request.Body = policy.BytesBody([]byte(c.body))
			x.Backend.Path = strings.TrimPrefix(base, f.url) + c.path
			x.Backend.RawQuery = c.query
			if err := f.Local().Serve(x); err != nil {
				t.Fatal(err)
			}
			got, err := x.Response.Body.Bytes(1 << 20)
			if err != nil {
				t.Fatal(err)
			}
			resp, want := send(t, c.method, base+c.path+"?"+c.query, c.body, "Authorization", "Bearer "+c.key)
			if x.Response.Status != resp.StatusCode || string(got) != want {
				t.Errorf("%d %s\nat the listener %d %s", x.Response.Status, got, resp.StatusCode, want)
			}
			for _, name := range []string{"Content-Type", "Allow", "WWW-Authenticate"} {
				if x.Response.Headers.Get(name) != resp.Header.Get(name) {
					t.Errorf("%s is %q, at the listener %q", name, x.Response.Headers.Get(name), resp.Header.Get(name))
				}
			}
			if x.Response.Headers.Get("x-ms-request-id") == "" {
				t.Error("no request id")
			}
		})
	}
	f.listener.Close()
	for _, call := range f.calls.calls {
		if call.RequestID == "00000000-0000-4000-8000-000000000000" {
			t.Error("a call in process is the gateway's to record")
		}
	}
	x := &policy.Exchange{Context: t.Context()}
	x.Request.Method = http.MethodPost
	x.Request.Headers.Add("Authorization", "Bearer "+key)
	x.Request.Body = policy.StreamBody(brokenBody{}, -1)
	x.Backend.Path, x.Backend.RawQuery = strings.TrimPrefix(base, f.url)+"/execute", "api-version=2.0"
	if err := f.Local().Serve(x); err == nil {
		t.Error("a body that cannot be read must be an error, not an answer")
	}
}

// brokenBody is a body whose client went away.
type brokenBody struct{}

func (brokenBody) Read([]byte) (int, error) { return 0, context.Canceled }
func (brokenBody) Close() error             { return nil }
