package e2e_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// TestDeveloper takes a developer from the account that staff made to the guide's
// call from the portal, and finds all of it in the log of changes.
func TestDeveloper(t *testing.T) {
	p := start(t, t.TempDir(), "--demo")
	wantStatus(t, "an account", p.arm(http.MethodPut, "/users/ann", `{"properties":{"email":"ann@example.com","firstName":"Ann","lastName":"Lee","password":"correct horse battery"}}`), 201)
	api := func(method, path, body string, headers ...string) answer {
		return p.call(method, p.Portal+"/developer"+path, body, headers...)
	}
	signedIn := api(http.MethodPost, "/signin", `{"email":"ann@example.com","password":"correct horse battery"}`)
	wantStatus(t, "signing in", signedIn, 200, `"id":"ann"`)
	cookie, _, _ := strings.Cut(signedIn.header.Get("Set-Cookie"), ";")
	ann := func(method, path, body string, headers ...string) answer {
		return api(method, path, body, append(headers, "Cookie: "+cookie)...)
	}
	wantStatus(t, "a stranger", api(http.MethodGet, "/users/ann", ""), 401)
	wantStatus(t, "the APIs", ann(http.MethodGet, "/apis", ""), 200, p.Demo.APIPath)
	wantStatus(t, "a subscription", ann(http.MethodPut, "/users/me/subscriptions/mine", `{"scope":"/products/starter","name":"Mine"}`), 201, `"state":"active"`)
	secrets := ann(http.MethodPost, "/users/me/subscriptions/mine/listSecrets", "")
	var keys struct{ PrimaryKey string }
	if err := json.Unmarshal([]byte(secrets.body), &keys); err != nil || keys.PrimaryKey == "" {
		t.Fatalf("keys: %d %s", secrets.status, secrets.body)
	}
	call := fmt.Sprintf("/%s/workspaces/%s/services/%s/execute?api-version=2.0&details=true", p.Demo.APIPath, p.Demo.Workspace, p.Demo.Service)
	try := func(key string) answer {
		headers, err := json.Marshal([][2]string{{"Ocp-Apim-Subscription-Key", key}, {"Authorization", "Bearer " + p.Demo.APIKey}, {"Content-Type", "application/json"}})
		if err != nil {
			t.Fatal(err)
		}
		return ann(http.MethodPost, "/try", guideBody, "Portico-Try-Method: POST", "Portico-Try-Url: "+call, "Portico-Try-Headers: "+string(headers))
	}
	tried := try(keys.PrimaryKey)
	wantStatus(t, "the guide's call from the portal", tried, 200, guideVector)
	for i := range 5 { // five calls a minute, wherever they come from
		if tried = try(keys.PrimaryKey); i < 4 && tried.header.Get("Portico-Try-Status") != "200" {
			t.Errorf("call %d: %s", i+2, tried.header.Get("Portico-Try-Status"))
		}
	}
	if got := tried.header.Get("Portico-Try-Status"); got != "429" {
		t.Errorf("the sixth call: %s %s", got, tried.body)
	}
	wantStatus(t, "cancelling", ann(http.MethodPost, "/users/me/subscriptions/mine/cancel", ""), 200, `"state":"cancelled"`)
	if got := try(keys.PrimaryKey).header.Get("Portico-Try-Status"); got != "401" {
		t.Errorf("with the key of a cancelled subscription: %s", got)
	}
	audit := p.call(http.MethodGet, p.Console+"/audit?$filter=actor%20eq%20'developer%20ann'", "", "Authorization: Bearer "+p.AdminToken)
	wantStatus(t, "the log of changes", audit, 200, `"path":"/subscriptions/mine"`, `"action":"create"`, `"action":"update"`, `"primaryKeySealed":"***"`)
	if strings.Contains(audit.body, keys.PrimaryKey) {
		t.Error("the log of changes holds a key")
	}
}
