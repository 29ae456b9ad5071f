package console_test

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/record"
)

// TestStaff adds a publisher, who sets a password by the link and may not change
// the instance with it, and is signed out from afar.
func TestStaff(t *testing.T) {
	f := newFixture(t)
	call := func(method, path, body string) (int, string) {
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+f.auth.AdminToken())
		w := httptest.NewRecorder()
		f.api.Handler().ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}
	status, body := call("PUT", "/staff/bob@contoso.com", `{"roles":["publisher"]}`)
	var made struct{ SetupURL string }
	if err := json.Unmarshal([]byte(body), &made); err != nil || status != 201 {
		t.Fatalf("got %d %s", status, body)
	}
	link, err := url.Parse(made.SetupURL)
	if err != nil || link.Path != "/setup" {
		t.Fatalf("link %s, %v", made.SetupURL, err)
	}
	page := f.visit(t, link.RequestURI(), nil)
	page.want(t, "the link", 200, link.RequestURI(), "Choose a password")
	if strings.Contains(page.body, "organization") {
		t.Error("a publisher is offered the instance's fields")
	}
	f.visit(t, "/setup", setupForm(link.Query().Get("code"))).want(t, "the password", 200, "/", "publisher bob@contoso.com")
	if s, _, err := record.Get[catalog.Service](context.Background(), f.records, catalog.ServicePath); err != nil || s.PublisherName != "Contoso <&>" {
		t.Errorf("a publisher changed the instance: %+v, %v", s, err)
	}
	var me struct {
		Name        string
		Permissions []access.Permission
	}
	if a := f.visit(t, "/session", nil); json.Unmarshal([]byte(a.body), &me) != nil || me.Name != "publisher bob@contoso.com" || len(me.Permissions) < 3 {
		t.Errorf("me: %s", a.body)
	}
	status, body = call("GET", "/staff/bob@contoso.com/sessions", "")
	var sessions struct{ Value []access.Session }
	if err := json.Unmarshal([]byte(body), &sessions); err != nil || status != 200 || len(sessions.Value) != 1 {
		t.Fatalf("sessions: %d %s", status, body)
	}
	if status, body := call("DELETE", "/staff/bob@contoso.com/sessions/"+sessions.Value[0].ID, ""); status != 204 {
		t.Errorf("end: %d %s", status, body)
	}
	f.visit(t, "/", nil).want(t, "signed out from afar", 200, "/signin?next=%2F", "Sign in")
	for _, c := range []struct {
		method, path, body string
		want               int
	}{
		{"PUT", "/staff/bob@contoso.com", `{"roles":["viewer"]}`, 200},
		{"PUT", "/staff/bob@contoso.com", `{"roles":["king"]}`, 400},
		{"POST", "/staff/bob@contoso.com/setupLink", "", 200},
		{"POST", "/staff/carl@contoso.com/setupLink", "", 404},
		{"DELETE", "/staff/bob@contoso.com/sessions", "", 204},
		{"DELETE", "/staff/bob@contoso.com/sessions/x", "", 404},
		{"DELETE", "/staff/bob@contoso.com", "", 204},
		{"DELETE", "/staff/bob@contoso.com", "", 404},
	} {
		if status, body := call(c.method, c.path, c.body); status != c.want {
			t.Errorf("%s %s: got %d %s, want %d", c.method, c.path, status, body, c.want)
		}
	}
	if status, body := call("GET", "/staff", ""); status != 200 || body != `{"value":[]}` {
		t.Errorf("list: %d %s", status, body)
	}
}
