package console_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/openid"
	"portico/internal/record"
	"portico/internal/rest"
	"portico/internal/rest/console"
	"portico/internal/rest/resttest"
	"portico/internal/secret"
	"portico/internal/store"
)

const (
	ann      = "ann@contoso.com"
	password = "correct horse battery"
)

// fixture is a console over a new instance, and a browser that visits it.
type fixture struct {
	api     rest.API
	records record.Store
	admins  *access.Staff
	auth    *access.Authenticator
	keys    *secret.Keeper
	url     string
	browser *http.Client
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	ctx := context.Background()
	s, err := store.Open(ctx, store.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	keys, err := secret.New(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{records: s.Records(), auth: access.NewAuthenticator(s.Records(), keys, new(access.Hasher)), keys: keys}
	f.admins = f.auth.Staff
	service := catalog.Service{Name: "portico", Location: "South Central US", PublisherName: "Contoso <&>", PublisherEmail: ann}
	if _, err := access.EnsureFirstContent(ctx, f.records, keys, service); err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewUnstartedServer(nil)
	f.url = "http://" + srv.Listener.Addr().String()
	f.api = console.New(console.Options{
		Records: f.records, Audit: s.Audit(), Authenticator: f.auth, ServiceID: "/subscriptions/0/service/portico", WorkspaceID: "w0",
		Keys: keys, Flow: openid.New(http.DefaultClient, keys, "flow"), URL: f.url,
		Listeners: []console.Listener{{Name: "Gateway", Serves: "managed APIs", URL: "http://127.0.0.1:8080"}},
		Log:       slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	srv.Config.Handler = f.api.Handler()
	srv.Start()
	t.Cleanup(srv.Close)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	f.browser = &http.Client{Jar: jar}
	return f
}

type answer struct {
	status int
	path   string // where the browser ended
	body   string
	header http.Header
}

// visit does what a browser does, with redirects. A form makes it a POST.
func (f *fixture) visit(t *testing.T, path string, form url.Values, headers ...string) answer {
	t.Helper()
	method, body := http.MethodGet, io.Reader(http.NoBody)
	if form != nil {
		method, body = http.MethodPost, strings.NewReader(form.Encode())
	}
	r, err := http.NewRequest(method, f.url+path, body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", "text/html,*/*;q=0.8")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	resp, err := f.browser.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Request.URL.RequestURI(), string(b), resp.Header}
}

func (a answer) want(t *testing.T, what string, status int, path string, parts ...string) {
	t.Helper()
	if a.status != status || a.path != path {
		t.Errorf("%s: ended at %s with %d, want %s with %d: %s", what, a.path, a.status, path, status, a.body)
	}
	for _, p := range parts {
		if !strings.Contains(a.body, p) {
			t.Errorf("%s: the page lacks %q: %s", what, p, a.body)
		}
	}
}

func setupForm(code string) url.Values {
	return url.Values{"code": {code}, "organization": {"Fabrikam"}, "email": {"bob@fabrikam.com"}, "region": {"West Europe"}, "password": {password}, "repeat": {password}}
}

func TestSetupSignOutSignIn(t *testing.T) {
	f := newFixture(t)
	f.visit(t, "/", nil).want(t, "not signed in", 200, "/signin?next=%2F", "Sign in", `name="password"`)
	code, err := f.admins.SetupCode(context.Background(), ann)
	if err != nil {
		t.Fatal(err)
	}
	f.visit(t, "/setup?code=wrong", nil).want(t, "wrong code", 404, "/setup?code=wrong", "This link was used already")
	f.visit(t, "/setup?code="+code, nil).want(t, "setup", 200, "/setup?code="+code, `value="Contoso &lt;&amp;&gt;"`, `value="South Central US"`, `value="`+ann+`"`)

	bad := setupForm(code)
	bad.Set("repeat", "another password")
	f.visit(t, "/setup", bad).want(t, "passwords differ", 400, "/setup", "The two passwords are not the same.", `value="Fabrikam"`)
	bad = setupForm(code)
	bad.Set("password", "short")
	bad.Set("repeat", "short")
	f.visit(t, "/setup", bad).want(t, "weak password", 400, "/setup", "at least 12 characters", `value="Fabrikam"`)
	bad = setupForm(code)
	bad.Set("email", "nobody")
	f.visit(t, "/setup", bad).want(t, "bad e-mail", 400, "/setup", "is not an e-mail address", ann)
	if s, _, err := record.Get[catalog.Service](context.Background(), f.records, catalog.ServicePath); err != nil || s.PublisherName != "Contoso <&>" {
		t.Errorf("a refused form changed the instance: %+v, %v", s, err)
	}
	f.visit(t, "/setup", setupForm(code)).want(t, "setup", 200, "/", "Fabrikam", "West Europe", "bob@fabrikam.com", "Signed in as administrator "+ann,
		"http://127.0.0.1:8080", "/subscriptions/0/service/portico", "w0", "<dt>APIs</dt><dd>1</dd>", "<dt>Operations</dt><dd>6</dd>", "<dt>Products</dt><dd>2</dd>", "<dt>Subscriptions</dt><dd>1</dd>")
	f.visit(t, "/setup", setupForm(code)).want(t, "the link again", 404, "/setup", "This link was used already")

	f.visit(t, "/signout", url.Values{}).want(t, "sign out", 200, "/signin")
	f.visit(t, "/?x=1", nil).want(t, "signed out", 200, "/signin?next=%2F%3Fx%3D1", `value="/?x=1"`)
	f.visit(t, "/signin", url.Values{"name": {ann}, "password": {"wrong"}, "next": {"/?x=1"}}).want(t, "wrong password", 401, "/signin", "The name or the password is wrong.", `value="/?x=1"`, `value="`+ann+`"`)
	f.visit(t, "/signin", url.Values{"name": {ann}, "password": {password}, "next": {"/?x=1"}}).want(t, "sign in", 200, "/?x=1", "Fabrikam")
	for _, next := range []string{"https://evil.example/", "//evil.example", `/\evil.example`, ""} {
		f.visit(t, "/signin", url.Values{"name": {ann}, "password": {password}, "next": {next}}).want(t, next, 200, "/", "Fabrikam")
	}
	f.visit(t, "/nothing", nil).want(t, "no such page", 404, "/nothing", "This did not work")
}

func TestFormsOfOtherOrigins(t *testing.T) {
	f := newFixture(t)
	code, err := f.admins.SetupCode(context.Background(), ann)
	if err != nil {
		t.Fatal(err)
	}
	for path, form := range map[string]url.Values{"/setup": setupForm(code), "/signin": {"name": {ann}, "password": {password}}, "/signout": {}} {
		f.visit(t, path, form, "Sec-Fetch-Site: cross-site").want(t, path, 403, path, "another origin")
	}
	f.visit(t, "/setup?code="+code, nil).want(t, "the code is still good", 200, "/setup?code="+code)
}

func TestTooManyAttempts(t *testing.T) {
	f := newFixture(t)
	form := url.Values{"name": {ann}, "password": {""}}
	for range 10 {
		f.visit(t, "/signin", form).want(t, "attempt", 401, "/signin")
	}
	f.visit(t, "/signin", form).want(t, "one too many", 429, "/signin", "Too many attempts: try again in")
}

func TestLargeForm(t *testing.T) {
	f := newFixture(t)
	f.visit(t, "/signin", url.Values{"name": {strings.Repeat("n", 100_000)}}).want(t, "large form", 413, "/signin", "limit of 65536 bytes")
}

// TestPagesAreSound holds each page's policy, that nothing comes from elsewhere, and that each field has a label.
func TestPagesAreSound(t *testing.T) {
	f := newFixture(t)
	code, err := f.admins.SetupCode(context.Background(), ann)
	if err != nil {
		t.Fatal(err)
	}
	pages := map[string]answer{
		"signin": f.visit(t, "/signin", nil),
		"setup":  f.visit(t, "/setup?code="+code, nil),
		"error":  f.visit(t, "/nothing", nil),
		"home":   f.visit(t, "/setup", setupForm(code)),
	}
	for name, page := range pages {
		csp := page.header.Get("Content-Security-Policy")
		if !strings.HasPrefix(csp, "default-src 'none'; style-src 'nonce-") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: policy %q", name, csp)
		}
		if page.header.Get("Cache-Control") != "no-store" || page.header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: headers %v", name, page.header)
		}
		doc, err := html.Parse(strings.NewReader(page.body))
		if err != nil {
			t.Fatal(err)
		}
		labels, fields := map[string]bool{}, []string{}
		headings := 0
		for n := range doc.Descendants() {
			attributes := map[string]string{}
			for _, a := range n.Attr {
				attributes[a.Key] = a.Val
			}
			switch n.Data {
			case "script", "img", "link", "iframe":
				t.Errorf("%s has a <%s>", name, n.Data)
			case "style":
				if !strings.Contains(csp, "'nonce-"+attributes["nonce"]+"'") || attributes["nonce"] == "" {
					t.Errorf("%s: the style's nonce is not the policy's", name)
				}
			case "h1":
				headings++
			case "label":
				labels[attributes["for"]] = true
			case "input":
				if attributes["type"] != "hidden" {
					fields = append(fields, attributes["id"])
				}
			}
			if _, inline := attributes["style"]; inline {
				t.Errorf("%s: <%s> has a style that the policy refuses", name, n.Data)
			}
		}
		for _, id := range fields {
			if !labels[id] {
				t.Errorf("%s: the field %q has no label", name, id)
			}
		}
		if headings != 1 {
			t.Errorf("%s: %d main headings", name, headings)
		}
	}
	if again := f.visit(t, "/signin", nil); again.header.Get("Content-Security-Policy") == pages["signin"].header.Get("Content-Security-Policy") {
		t.Error("two answers have one nonce")
	}
}

func TestTokens(t *testing.T) {
	f := newFixture(t)
	call := func(method, path, body, token string) (int, string) {
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		f.api.Handler().ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}
	admin := f.auth.AdminToken()
	status, body := call("PUT", "/tokens/ci", `{"role":"viewer","expires":"2099-01-01T00:00:00Z"}`, admin)
	var made struct{ Name, Role, Token, Expires string }
	if err := json.Unmarshal([]byte(body), &made); err != nil || status != 201 || made.Name != "ci" || made.Role != "viewer" || made.Expires != "2099-01-01T00:00:00Z" {
		t.Fatalf("got %d %s", status, body)
	}
	if status, body := call("GET", "/tokens", "", admin); status != 200 || !strings.HasPrefix(body, `{"value":[{"name":"ci","role":"viewer","created":"`) || strings.Contains(body, made.Token) {
		t.Errorf("list: %d %s", status, body)
	}
	if status, body := call("GET", "/tokens", "", made.Token); status != 403 || !strings.Contains(body, "AuthorizationFailed") {
		t.Errorf("as a viewer: %d %s", status, body)
	}
	if status, body := call("PUT", "/tokens/ci", `{"role":"viewer"}`, admin); status != 409 || !strings.Contains(body, "Conflict") {
		t.Errorf("again: %d %s", status, body)
	}
	if status, body := call("PUT", "/tokens/x", `{"role":"owner"}`, admin); status != 400 || !strings.Contains(body, "not a role") {
		t.Errorf("unknown role: %d %s", status, body)
	}
	if status, _ := call("DELETE", "/tokens/ci", "", admin); status != 204 {
		t.Errorf("revoke: %d", status)
	}
	if status, body := call("GET", "/", "", made.Token); status != 401 || !strings.Contains(body, "AuthenticationFailed") {
		t.Errorf("revoked: %d %s", status, body)
	}
}

func TestPermissions(t *testing.T) { resttest.Walk(t, newFixture(t).api) }
