package developer_test

import (
	"net/url"
	"strings"
	"testing"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/openid/openidtest"
	"portico/internal/record"
)

// withProvider sets a provider up in the portal.
func (w *world) withProvider(name, issuer string) {
	w.t.Helper()
	p := access.OpenIDProvider{DisplayName: "Corp", MetadataEndpoint: issuer + "/.well-known/openid-configuration", ClientID: openidtest.ClientID, ClientSecret: openidtest.ClientSecret,
		SignIn: []string{access.SignInDevelopers}}
	w.apply(catalog.Seal(w.keys, "/openidConnectProviders/"+name, &p, ""))
}

// TestOpenIDConnect signs in at a real provider: somebody new, then the same
// again, somebody who has an account, and those who may not.
func TestOpenIDConnect(t *testing.T) {
	w := newWorld(t)
	w.withProvider("corp", openidtest.Start(t, w.url+"/developer/signin/corp/callback"))
	w.apply(record.PutOf("/portalsettings/signup", access.SignUp{Enabled: true, TermsOfService: access.TermsOfService{Text: "T", Enabled: true, ConsentRequired: true}}, ""))
	w.guest().call("GET", "/settings", nil).want(200, `"identityProviders":[{"name":"corp","title":"Corp","url":"/developer/signin/corp"}]`)
	start := w.url + "/developer/signin/corp?returnUrl=/products"

	dora := openidtest.NewBrowser(t)
	p := dora.SignIn(start, "dora")
	if p.URL.Path != "/join" || p.URL.Query().Get("returnUrl") != "/products" {
		t.Fatalf("somebody new came to %s", p.URL)
	}
	ticket := p.URL.Query().Get("ticket")
	b := w.guest()
	b.call("GET", "/join?ticket="+url.QueryEscape(ticket), nil).want(200, `"email":"dora@example.com"`, `"firstName":"dora"`)
	b.call("POST", "/join", map[string]any{"ticket": ticket}).want(400, "termsAccepted")
	b.call("POST", "/join", map[string]any{"ticket": ticket + "x", "termsAccepted": true}).want(404)
	b.call("POST", "/join", map[string]any{"ticket": ticket, "termsAccepted": true, "firstName": "Dora", "email": "evil@example.com"}).want(200, `"email":"dora@example.com"`, `"state":"active"`, `"hasPassword":false`)
	b.call("POST", "/join", map[string]any{"ticket": ticket, "termsAccepted": true}).want(400) // there is one now
	b.call("GET", "/users/me/identities", nil).want(200, `"provider":"corp","id":"dora"`)
	w.letter("newDeveloperNotificationMessage", "dora@example.com")

	again := openidtest.NewBrowser(t)
	if p := again.SignIn(start, "dora"); p.URL.Path != "/products" {
		t.Errorf("the second time, dora came to %s: %s", p.URL, p.Body)
	}
	if p := again.Open(w.url + "/developer/users/me"); p.Status != 200 || !strings.Contains(p.Body, `"firstName":"Dora"`) {
		t.Errorf("got %d %s", p.Status, p.Body)
	}
	ann := openidtest.NewBrowser(t) // has an account with this verified address
	ann.SignIn(start, "ann")
	if p := ann.Open(w.url + "/developer/users/me"); !strings.Contains(p.Body, `"id":"ann"`) {
		t.Errorf("got %d %s", p.Status, p.Body)
	}

	w.user("unverified")
	if p := openidtest.NewBrowser(t).SignIn(start, "unverified"); p.URL.Path != "/signin" || !strings.Contains(p.URL.Query().Get("error"), "has not verified") {
		t.Errorf("an address that is not verified came to %s", p.URL)
	}
	if p := openidtest.NewBrowser(t).SignIn(w.url+"/developer/signin/corp?returnUrl=https://evil.example/", "ann"); p.URL.Host != strings.TrimPrefix(w.url, "http://") || p.URL.Path != "/" {
		t.Errorf("an open redirect to %s", p.URL)
	}
	thief := openidtest.NewBrowser(t) // answers with a code that is not of a sign-in of his
	if p := thief.Open(w.url + "/developer/signin/corp/callback?code=stolen&state=guessed"); p.URL.Path != "/signin" || !strings.Contains(p.URL.Query().Get("error"), "begin it again") {
		t.Errorf("a stolen code came to %s", p.URL)
	}
	w.guest().call("GET", "/signin/other", nil).want(404)
}
