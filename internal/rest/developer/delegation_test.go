package developer_test

import (
	"crypto/hmac"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"portico/internal/access"
	"portico/internal/catalog"
)

// TestDelegation checks each address as the other site does (the contract's
// sample code), and that what is delegated is not done here.
func TestDelegation(t *testing.T) {
	w := newWorld(t)
	w.subscription("anns", "ann", "members")
	ann := w.signedIn("ann")
	w.guest().call("POST", "/delegation/urls/signin", map[string]string{"returnUrl": "/"}).want(405, "not delegated")
	w.guest().call("GET", "/delegation/settings", nil).want(200, `{"signin":false,"subscribe":false}`)
	key := []byte("a validation key of 32 bytes ...")
	d := access.Delegation{URL: "https://site.example/apim?keep=1", ValidationKey: base64.StdEncoding.EncodeToString(key),
		Subscriptions: access.Delegated{Enabled: true}, UserRegistration: access.Delegated{Enabled: true}}
	w.apply(catalog.Seal(w.keys, "/portalsettings/delegation", &d, ""))
	w.guest().call("GET", "/delegation/settings", nil).want(200, `{"signin":true,"subscribe":true}`)

	check := func(a answer, member, operation string, signed ...string) {
		t.Helper()
		a.want(200)
		var body map[string]string
		if err := json.Unmarshal([]byte(a.body), &body); err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(body[member])
		if err != nil || !strings.HasPrefix(body[member], "https://site.example/apim?") {
			t.Fatalf("%s: %q, %v", operation, body[member], err)
		}
		q := u.Query()
		parts := []string{q.Get("salt")}
		for _, name := range signed {
			if q.Get(name) == "" {
				t.Errorf("%s lacks %s: %s", operation, name, u)
			}
			parts = append(parts, q.Get(name))
		}
		mac := hmac.New(sha512.New, key)
		mac.Write([]byte(strings.Join(parts, "\n")))
		if q.Get("sig") != base64.StdEncoding.EncodeToString(mac.Sum(nil)) || q.Get("operation") != operation || q.Get("keep") != "1" || len(q.Get("salt")) < 16 {
			t.Errorf("%s: %s", operation, u)
		}
	}
	guest := w.guest()
	signIn := guest.call("POST", "/delegation/urls/signin", map[string]string{"returnUrl": "/products?x=1&y=2"})
	check(signIn, "ssoLoginUri", "SignIn", "returnUrl")
	if !strings.Contains(signIn.body, url.QueryEscape("/products?x=1&y=2")) {
		t.Errorf("the return address is lost: %s", signIn.body)
	}
	check(guest.call("POST", "/delegation/urls/signin", map[string]any{"returnUrl": "https://evil.example", "signUp": true}), "ssoLoginUri", "SignUp", "returnUrl")
	for _, operation := range []string{"ChangePassword", "ChangeProfile", "CloseAccount", "SignOut"} {
		check(ann.call("POST", "/delegation/urls/users/ann/"+operation, map[string]string{}), "redirectUrl", operation, "userId")
	}
	check(ann.call("POST", "/delegation/urls/users/me/subscribe", map[string]string{"productId": "partners"}), "redirectUrl", "Subscribe", "productId", "userId")
	check(ann.call("POST", "/delegation/urls/users/me/Unsubscribe", map[string]string{"subscriptionId": "anns"}), "redirectUrl", "Unsubscribe", "subscriptionId")
	check(ann.call("POST", "/delegation/urls/users/me/Renew", map[string]string{"subscriptionId": "anns"}), "redirectUrl", "Renew", "subscriptionId")
	ann.call("POST", "/delegation/urls/users/me/Subscribe", map[string]string{"productId": "draft"}).want(400, "productId")
	ann.call("POST", "/delegation/urls/users/me/Renew", map[string]string{"subscriptionId": "bobs"}).want(404)
	ann.call("POST", "/delegation/urls/users/me/Renew", nil).want(400, "subscriptionId")
	ann.call("POST", "/delegation/urls/users/bob/SignOut", nil).want(403)
	ann.call("POST", "/delegation/urls/users/me/Nothing", nil).want(404)

	guest.call("POST", "/signin", map[string]string{"email": "ann@example.com", "password": password}).want(405, "another site")
	guest.call("POST", "/signup", map[string]any{"email": "new@example.com", "firstName": "A", "lastName": "B", "password": password}).want(405, "another site")
	ann.call("POST", "/users/me/subscriptions", map[string]string{"scope": "/products/members"}).want(405, "another site")
	ann.call("POST", "/users/me/subscriptions/anns/cancel", nil).want(405, "another site")
}
