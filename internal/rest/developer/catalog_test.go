package developer_test

import (
	"strings"
	"testing"

	"portico/internal/access"
	"portico/internal/record"
	"portico/internal/rest/resttest"
)

// TestEverybodySeesTheirs walks the table of the world: lists hold what the
// groups of a person may see, and what they do not hold is not found by its name.
func TestEverybodySeesTheirs(t *testing.T) {
	w := newWorld(t)
	people := map[string]*browser{"guest": w.guest(), "bob": w.signedIn("bob"), "ann": w.signedIn("ann")}
	for _, c := range []struct{ who, products, apis, tags string }{
		{"guest", "starter unlimited", "echo-api", ""},
		{"bob", "starter unlimited members", "echo-api members", "fast"},
		{"ann", "starter unlimited members partners", "echo-api members partners", "fast"},
	} {
		b := people[c.who]
		for path, want := range map[string]string{"/products": c.products, "/apis": c.apis, "/tags": c.tags} {
			if got := b.call("GET", path, nil).names(); got != want {
				t.Errorf("%s sees %q at %s, want %q", c.who, got, path, want)
			}
		}
		for _, name := range []string{"members", "partners", "draft"} {
			status := 404
			if strings.Contains(" "+c.apis+" ", " "+name+" ") {
				status = 200
			}
			for _, path := range []string{"/apis/%", "/apis/%/operations", "/apis/%/operations/get", "/apis/%/operationsByTags", "/apis/%/products", "/apis/%/schemas", "/apis/%/schemas/s",
				"/apis/%/hostnames", "/apis/%/tags", "/apis/%/releases", "/apis/%/operations/get/tags", "/apis/%/wikis/default", "/apis/%/issues", "/apis/%/issues/open", "/apis/%/issues/open/comments",
				"/apis/%/issues/open/attachments", "/apis/%/issues/open/attachments/a", "/products/%", "/products/%/apis", "/products/%/wikis/default", "/apis/%?export=true&format=openapi"} {
				if a := b.call("GET", strings.ReplaceAll(path, "%", name), nil); a.status != status {
					t.Errorf("%s, %s of %s: got %d %s, want %d", c.who, path, name, a.status, a.body, status)
				}
			}
			b.call("GET", "/search?q="+name, nil).want(200, map[bool]string{true: "", false: "!"}[status == 200]+`"name":"The `+name+` API"`)
			b.call("GET", "/issues", nil).want(200, map[bool]string{true: "", false: "!"}[status == 200]+"An issue with "+name)
			b.call("GET", "/apisByTags?includeNotTaggedApis=true", nil).want(200, map[bool]string{true: "", false: "!"}[status == 200]+`"id":"`+name+`"`)
		}
	}
}

func TestAPIs(t *testing.T) {
	w := newWorld(t)
	b := w.signedIn("ann")
	b.call("GET", "/apis/echo-api", nil).want(200, `"id":"echo-api"`, `"name":"Echo API"`, `"urls":["http://gateway.example/echo"]`, "!serviceUrl", "!echoapi.cloudapp.net")
	b.call("GET", "/apis/members;rev=1", nil).want(200, `"The members API"`)
	b.call("GET", "/apis/members;rev=2", nil).want(404)
	b.call("GET", "/apis/echo-api", nil, "Accept: application/vnd.oai.openapi").want(200, "openapi:", "http://gateway.example/echo", "!echoapi.cloudapp.net")
	b.call("GET", "/apis/echo-api", nil, "Accept: application/vnd.swagger.doc+json").want(200, `"swagger"`)
	b.call("GET", "/apis/echo-api?export=true&format=openapi+json", nil).want(200, `"openapi"`)
	b.call("GET", "/apis/echo-api?export=true&format=wadl", nil).want(400, `"format"`)
	b.call("GET", "/apis/echo-api", nil, "Accept: application/vnd.sun.wadl+xml").want(400, "OpenAPI")
	for filter, want := range map[string]string{
		"?$filter=isCurrent%20eq%20true%20and%20(contains(properties/displayName,'members'))": "members",
		"?$filter=name%20eq%20'Echo%20API'":                                                   "echo-api",
		"?tags[0]=Fast":                                                                       "members",
		"?tags[0]=Fast&tags[1]=Secret":                                                        "",
		"?$orderby=name%20desc&$top=1":                                                        "partners",
		"?$skip=2":                                                                            "partners",
	} {
		if got := b.call("GET", "/apis"+filter, nil).names(); got != want {
			t.Errorf("%s: got %q, want %q", filter, got, want)
		}
	}
	b.call("GET", "/apis?$top=1", nil).want(200, `"count":3`, `"nextLink":"http://`, "%24skip=1")
	b.call("GET", "/apis?$filter=serviceUrl%20eq%20'x'", nil).want(400, "$filter")
	b.call("GET", "/apisByTags", nil).want(200, `"tag":{"id":"fast"`, "!echo-api")
	b.call("GET", "/apisByTags?$filter=api/isCurrent%20eq%20true%20and%20(tag/id%20eq%20'fast')", nil).want(200, `"id":"members"`)
	b.call("GET", "/search", nil).want(400, `"q"`)
	b.call("GET", "/search?q=members%20get", nil).want(200, `"type":"operation"`, `"apiId":"members"`)
}

// TestSignInRequired: where the portal is for people who signed in, guests see nothing of the catalogue.
func TestSignInRequired(t *testing.T) {
	w := newWorld(t)
	w.apply(record.PutOf("/portalsettings/signin", access.SignIn{Enabled: true}, ""))
	for _, path := range []string{"/apis", "/products", "/tags", "/search?q=a", "/apis/echo-api", "/issues", "/applications", "/apiVersionSets"} {
		w.guest().call("GET", path, nil).want(401, "signed in")
		w.signedIn("bob").call("GET", path, nil).want(200)
	}
	w.guest().call("GET", "/settings", nil).want(200, `"signInRequired":true`, `"organization":"Contoso"`)
}

func TestCORS(t *testing.T) {
	w := newWorld(t)
	friend := w.guest().call("OPTIONS", "/apis", nil, "Origin: https://friend.example", "Access-Control-Request-Method: GET").want(204)
	if got := friend.header.Get("Access-Control-Allow-Origin"); got != "https://friend.example" {
		t.Errorf("a friend may not: %q", got)
	}
	for _, origin := range []string{"https://evil.example", "null"} {
		a := w.guest().call("GET", "/apis", nil, "Origin: "+origin)
		if a.header.Get("Access-Control-Allow-Origin") != "" || a.header.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%s may read: %v", origin, a.header)
		}
	}
}

// TestPermissions walks the route table.
func TestPermissions(t *testing.T) { resttest.Walk(t, newWorld(t).api) }
