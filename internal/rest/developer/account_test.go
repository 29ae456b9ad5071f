package developer_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/record"
)

func TestSignUpToClosing(t *testing.T) {
	w := newWorld(t)
	w.apply(record.PutOf("/portalsettings/signup", access.SignUp{Enabled: true, TermsOfService: access.TermsOfService{Text: "Be kind.", Enabled: true, ConsentRequired: true}}, ""))
	b := w.guest()
	b.call("GET", "/settings", nil).want(200, `"text":"Be kind."`)
	form := map[string]any{"email": "Cleo@example.com", "firstName": "Cleo", "lastName": "Ray", "password": password}
	b.call("POST", "/signup", form).want(400, "termsAccepted")
	form["termsAccepted"] = true
	for member, value := range map[string]string{"email": "cleo", "password": "short", "firstName": ""} {
		bad := map[string]any{"email": "x" + member + "@example.com", "firstName": "Cleo", "lastName": "Ray", "password": password, "termsAccepted": true, member: value}
		b.call("POST", "/signup", bad).want(400, `"target":"`+member+`"`)
	}
	b.call("POST", "/users", form).want(202)
	confirm := w.ticket(w.letter("confirmSignUpIdentityDefault", "Cleo@example.com"), "/confirm-signup?")
	credentials := map[string]string{"email": "cleo@EXAMPLE.com", "password": password}
	b.call("POST", "/signin", credentials).want(401, "IdentityNotConfirmed")
	b.call("POST", "/signin", map[string]string{"email": "cleo@example.com", "password": "wrong password"}).want(401, "!IdentityNotConfirmed")
	b.call("POST", "/confirmations/signup", map[string]string{"ticket": confirm["ticket"] + "x"}).want(404)
	b.call("POST", "/confirmations/password/complete", map[string]string{"ticket": confirm["ticket"], "password": password}).want(404) // another purpose
	b.call("POST", "/confirmations/signup", confirm).want(204)
	b.call("POST", "/confirmations/signup", confirm).want(404) // it works once
	w.letter("newDeveloperNotificationMessage", "Cleo@example.com")
	b.call("POST", "/signin", credentials).want(200, `"email":"Cleo@example.com"`, "!argon2", "!note")
	b.call("GET", "/users/me", nil).want(200, `"hasPassword":true`)

	b.call("PATCH", "/users/me", map[string]string{"firstName": "Clea"}).want(200, `"firstName":"Clea"`)
	b.call("PATCH", "/users/me", map[string]string{"email": "new@example.com", "currentPassword": "wrong password"}).want(403)
	b.call("PATCH", "/users/me", map[string]string{"email": "new@example.com", "currentPassword": password}).want(200, `"email":"Cleo@example.com"`)
	readdress := w.ticket(w.letter("emailChangeIdentityDefault", "new@example.com"), "/confirm-email?")
	b.call("POST", "/confirmations/email", readdress).want(204)
	b.call("GET", "/users/me", nil).want(200, `"email":"new@example.com"`)
	b.call("PATCH", "/users/me", map[string]string{"email": "ann@example.com", "currentPassword": password}).want(200)
	if all := w.letters(); len(all) != 0 {
		t.Errorf("a letter goes to somebody else's address: %+v", all)
	}

	elsewhere := w.guest()
	elsewhere.call("POST", "/signin", map[string]string{"email": "new@example.com", "password": password}).want(200)
	b.call("PATCH", "/users/me", map[string]string{"password": "another fine password", "currentPassword": password}).want(200)
	b.call("GET", "/users/me", nil).want(200)
	elsewhere.call("GET", "/users/me", nil).want(401) // a new password ends other sessions
	b.call("DELETE", "/users/me", map[string]string{"currentPassword": "wrong password"}).want(403)
	b.call("DELETE", "/users/me", map[string]string{"currentPassword": "another fine password"}).want(204)
	b.call("GET", "/users/me", nil).want(401)
	if all := w.letters(); len(all) != 2 || all[0].Template != "accountClosedDeveloper" || all[1].Notification != "AccountClosedPublisher" {
		t.Errorf("told are %+v", all)
	}
}

// TestNobodyLearnsWhoHasAnAccount: sign-up and reset answer the same for those who have one and those who have none.
func TestNobodyLearnsWhoHasAnAccount(t *testing.T) {
	w := newWorld(t)
	signUp := func(email string) string {
		return w.guest().call("POST", "/signup", map[string]any{"email": email, "firstName": "A", "lastName": "B", "password": password}).want(202).body
	}
	if signUp("ann@example.com") != signUp("nobody@example.com") {
		t.Error("sign-up tells them apart")
	}
	w.letters()
	reset := func(email string) string {
		return w.guest().call("POST", "/confirmations/password", map[string]string{"to": email}).want(202).body
	}
	if reset("ann@example.com") != reset("stranger@example.com") {
		t.Error("reset tells them apart")
	}
	w.ticket(w.letter("passwordResetIdentityDefault", "ann@example.com"), "/reset-password?")
}

func TestReset(t *testing.T) {
	w := newWorld(t)
	ann := w.signedIn("ann")
	w.guest().call("POST", "/confirmations/password", map[string]string{"to": "ANN@example.com"}).want(202)
	ticket := w.ticket(w.letter("passwordResetIdentityDefault", "ann@example.com"), "/reset-password?")
	ticket["password"] = "short"
	w.guest().call("POST", "/confirmations/password/complete", ticket).want(400, "password")
	ticket["password"] = "a brand new password"
	w.guest().call("POST", "/confirmations/password/complete", ticket).want(204)
	w.guest().call("POST", "/confirmations/password/complete", ticket).want(404)
	ann.call("GET", "/users/me", nil).want(401)
	w.guest().call("POST", "/signin", map[string]string{"email": "ann@example.com", "password": password}).want(401)
	w.guest().call("POST", "/signin", map[string]string{"email": "ann@example.com", "password": "a brand new password"}).want(200)
}

// TestTenThousandWrongPasswords: a guesser gets answers, quickly, and no further; others still sign in.
func TestTenThousandWrongPasswords(t *testing.T) {
	w := newWorld(t)
	refused := map[int]int{}
	b := w.guest()
	for i := range 10_000 {
		refused[b.call("POST", "/signin", map[string]string{"email": "ann@example.com", "password": fmt.Sprintf("wrong password %d", i)}).status]++
	}
	if refused[401] > 20 || refused[401]+refused[429] != 10_000 {
		t.Errorf("statuses %v", refused)
	}
	b.call("POST", "/signin", map[string]string{"email": "bob@example.com", "password": password}).want(429, "Too many attempts")
}

func TestTokens(t *testing.T) {
	w := newWorld(t)
	basic := func(password string) answer {
		r := w.guest()
		return r.call("GET", "/identity", nil, "Authorization: Basic "+basicOf("ann@example.com", password))
	}
	if a := basic("wrong password").want(401); !strings.Contains(a.header.Get("Www-Authenticate"), "invalid_identity") {
		t.Errorf("headers %v", a.header)
	}
	token := basic(password).want(200, `{"id":"ann","provider":"Basic"}`).header.Get("Ocp-Apim-Sas-Token")
	program := &browser{world: w, header: []string{"Authorization: SharedAccessSignature " + token}}
	program.call("GET", "/users/ann", nil, "Origin: https://friend.example").want(200)
	program.call("PATCH", "/users/ann", map[string]string{"firstName": "Anna"}, "Sec-Fetch-Site: cross-site").want(200) // no cookie is involved
	w.guest().call("GET", "/users/ann", nil, "Authorization: SharedAccessSignature "+strings.Replace(token, "ann&", "bob&", 1)).want(401)
	w.guest().call("GET", "/apis", nil, "Authorization: SharedAccessSignature nonsense").want(200) // a guest
	w.guest().call("GET", "/identity", nil).want(401)
	program.call("DELETE", "/users/me/sessions", nil).want(204)
	program.call("GET", "/users/ann", nil).want(401) // signed out everywhere
}

func TestSessions(t *testing.T) {
	w := newWorld(t)
	one, two := w.signedIn("ann"), w.signedIn("ann")
	one.call("GET", "/users/me/sessions", nil).want(200, `"count":2`, `"current":true`)
	ids := strings.Fields(one.call("GET", "/users/me/sessions", nil).names()) // the newest first
	w.signedIn("bob").call("DELETE", "/users/me/sessions/"+ids[0], nil).want(404)
	one.call("DELETE", "/users/me/sessions/"+ids[0], nil).want(204)
	two.call("GET", "/users/me", nil).want(401)
	one.call("GET", "/users/me", nil).want(200)
	one.call("POST", "/signout", nil).want(204)
	one.call("GET", "/users/me", nil).want(401)
	blocked := w.signedIn("bob")
	rec, err := w.records.Get(t.Context(), "/users/bob")
	if err != nil {
		t.Fatal(err)
	}
	u, err := catalog.Open[access.User](w.keys, rec)
	if err != nil {
		t.Fatal(err)
	}
	u.State = access.UserBlocked
	w.apply(catalog.Seal(w.keys, rec.Path, u, ""))
	blocked.call("GET", "/users/me", nil).want(401)
	w.guest().call("POST", "/signin", map[string]string{"email": "bob@example.com", "password": password}).want(401, "blocked")
}

// TestOtherOrigins: a page of another site cannot act for who is signed in, nor sign anybody in.
func TestOtherOrigins(t *testing.T) {
	w := newWorld(t)
	ann := w.signedIn("ann")
	for _, header := range []string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site", "Origin: https://friend.example"} {
		ann.call("PATCH", "/users/me", map[string]string{"firstName": "Eve"}, header).want(403)
		for _, path := range []string{"/signin", "/signout", "/signup", "/users", "/confirmations/signup", "/confirmations/password", "/confirmations/password/complete", "/confirmations/email", "/join",
			"/delegation/urls/signin", "/try"} {
			w.guest().call("POST", path, map[string]string{}, header).want(403, "another origin")
		}
	}
	ann.call("GET", "/users/me", nil, "Sec-Fetch-Site: cross-site").want(200, `"firstName":"Ann"`)
}

func TestSingleSignOn(t *testing.T) {
	w := newWorld(t)
	token, err := access.UserToken(w.keys, "ann", &access.User{}, access.PrimaryKey, time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	for returnURL, want := range map[string]string{"/products": "/products", "//evil.example": "/", "https://evil.example/": "/", `/\evil.example`: "/", "/\t/evil.example": "/", "": "/", "javascript:alert(1)": "/"} {
		b := w.guest()
		a := b.call("GET", w.url+"/signin-sso?"+url.Values{"token": {token}, "returnUrl": {returnURL}}.Encode(), nil).want(303)
		if got := a.header.Get("Location"); got != want {
			t.Errorf("returnUrl %q leads to %q, want %q", returnURL, got, want)
		}
		b.call("GET", "/users/me", nil).want(200, `"id":"ann"`)
	}
	w.guest().call("GET", w.url+"/signin-sso?token=ann%26209901010000%26x", nil).want(401)
}

func TestReportsAreOnesOwn(t *testing.T) {
	w := newWorld(t)
	ann := w.signedIn("ann")
	for _, name := range []string{"byApi", "byOperation", "byProduct", "bySubscription", "byTime", "byGeo", "byUser", "byRequest"} {
		ann.call("GET", "/users/ann/reports/"+name+"?interval=PT1H&$filter=userId%20eq%20'/users/bob'", nil).want(200)
		ann.call("GET", "/users/bob/reports/"+name+"?interval=PT1H", nil).want(403)
	}
	for _, q := range w.calls.asked {
		if q.Filter.User != "ann" {
			t.Errorf("asked for the calls of %q", q.Filter.User)
		}
	}
}
