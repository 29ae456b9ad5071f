package access_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/record"
	"portico/internal/secret"
)

const (
	ann      = "ann@contoso.com"
	password = "correct horse battery"
)

func TestSetupAndSignIn(t *testing.T) {
	records, keys := newRecords(t)
	ctx := context.Background()
	admins := access.NewAuthenticator(records, keys, new(access.Hasher)).Staff
	has := func(expected bool) {
		t.Helper()
		if got, err := admins.HasPassword(ctx); err != nil || got != expected {
			t.Errorf("HasPassword: %v, %v", got, err)
		}
	}
	has(false)
	void, err := admins.SetupCode(ctx, ann)
	want(t, "code", err, 0, "")
	code, err := admins.SetupCode(ctx, "Ann@contoso.com")
	want(t, "newer code", err, 0, "")
	has(false)
	_, err = admins.FindSetupCode(ctx, void, "c")
	want(t, "replaced code", err, fault.NotFound, "replaced")
	_, err = admins.FindSetupCode(ctx, "", "c")
	want(t, "no code", err, fault.NotFound, "link")
	found, err := admins.FindSetupCode(ctx, code, "c")
	if err != nil || found.Name != "administrator "+ann {
		t.Fatalf("got %q, %v", found.Name, err)
	}
	_, err = admins.SignIn(ctx, ann, "", "c")
	want(t, "no password yet", err, fault.Unauthorized, "wrong")

	for _, weak := range []string{"short", "aaaaaaaaaaaaaaa", "Ann@Contoso.com", strings.Repeat("xy", 300)} {
		_, err = admins.SetPassword(ctx, code, "c", weak)
		want(t, weak, err, fault.Invalid, "The password must")
	}
	_, err = admins.SetPassword(ctx, code, "c", password, record.PutOf("/apis/x", 1, "*"))
	want(t, "with a change that fails", err, fault.NotFound, "x")
	has(false)
	name, err := admins.SetPassword(ctx, code, "c", password, record.PutOf("/apis/x", 1, ""))
	if err != nil || name != ann {
		t.Fatalf("got %q, %v", name, err)
	}
	has(true)
	if _, err := records.Get(ctx, "/apis/x"); err != nil {
		t.Errorf("the change that goes with it: %v", err)
	}
	_, err = admins.SetPassword(ctx, code, "c", password)
	want(t, "used code", err, fault.NotFound, "used")
	rec, err := records.Get(ctx, "/staff/"+ann)
	if err != nil || strings.Contains(string(rec.Body), password) || !strings.Contains(string(rec.Body), "$argon2id$") {
		t.Errorf("stored %s, %v", rec.Body, err)
	}

	who, err := admins.SignIn(ctx, " "+ann, password, "c")
	if err != nil || !access.May(who, access.AdministerPeople) {
		t.Errorf("got %+v, %v", who, err)
	}
	for _, pair := range [][2]string{{ann, password + "x"}, {"bob@contoso.com", password}, {"", password}, {"a/b", password}, {ann, strings.Repeat("x", 600)}} {
		_, err = admins.SignIn(ctx, pair[0], pair[1], "c")
		want(t, pair[0], err, fault.Unauthorized, "The name or the password is wrong")
	}
	_, err = admins.SetupCode(ctx, "a/b")
	want(t, "bad name", err, fault.Invalid, "not the name")
}

func TestSetupCodesExpire(t *testing.T) {
	records, keys := newRecords(t)
	synctest.Test(t, func(t *testing.T) {
		admins := access.NewAuthenticator(records, keys, new(access.Hasher)).Staff
		code, err := admins.SetupCode(context.Background(), ann)
		want(t, "code", err, 0, "")
		time.Sleep(24 * time.Hour)
		_, err = admins.SetPassword(context.Background(), code, "c", password)
		want(t, "a day later", err, fault.NotFound, "expired")
	})
}

func TestGuessingIsSlowedDown(t *testing.T) {
	records, keys := newRecords(t)
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		admins := access.NewAuthenticator(records, keys, new(access.Hasher)).Staff
		guess := func(code, client string) error {
			_, err := admins.FindSetupCode(ctx, code, client)
			return err
		}
		code, err := admins.SetupCode(ctx, ann)
		want(t, "code", err, 0, "")
		for i := range 10 {
			want(t, fmt.Sprint(i), guess("wrong", "c"), fault.NotFound, "link")
		}
		want(t, "the eleventh", guess(code, "c"), fault.Throttled, "try again in 30 seconds")
		want(t, "another client", guess(code, "d"), 0, "")
		time.Sleep(30 * time.Second)
		for range 20 {
			want(t, "right ones are not counted", guess(code, "c"), 0, "")
		}
		want(t, "one more", guess("wrong", "c"), fault.NotFound, "link")
		want(t, "too soon", guess("wrong", "c"), fault.Throttled, "try again")
	})
}

// browser keeps a cookie jar of one cookie.
type browser struct {
	tls    bool
	cookie *http.Cookie
}

func (b *browser) request(method string) *http.Request {
	r := httptest.NewRequest(method, "/", nil)
	if b.tls {
		r.TLS = &tls.ConnectionState{}
	}
	if b.cookie != nil {
		r.AddCookie(b.cookie)
	}
	return r
}

func (b *browser) start(t *testing.T, s access.Sessions, name string) {
	t.Helper()
	w := httptest.NewRecorder()
	if err := s.Start(w, b.request("POST"), name); err != nil {
		t.Fatal(err)
	}
	b.cookie = w.Result().Cookies()[0]
}

// newAuthenticator makes one with an administrator.
func newAuthenticator(t *testing.T, records record.Store, keys *secret.Keeper) *access.Authenticator {
	t.Helper()
	auth := access.NewAuthenticator(records, keys, new(access.Hasher))
	if _, err := auth.Staff.SetupCode(context.Background(), ann); err != nil {
		t.Fatal(err)
	}
	return auth
}

func TestSessions(t *testing.T) {
	records, keys := newRecords(t)
	auth := newAuthenticator(t, records, keys)
	for _, secure := range []bool{false, true} {
		b := &browser{tls: secure}
		b.start(t, auth.Sessions, ann)
		if c := b.cookie; !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Secure != secure || strings.HasPrefix(c.Name, "__Host-") != secure || c.Path != "/" {
			t.Errorf("cookie %v", c)
		}
		who, err := auth.Authenticate(b.request("GET"))
		if err != nil || who.Name != "administrator "+ann {
			t.Errorf("got %+v, %v", who, err)
		}
		for _, c := range []struct {
			method, header, value string
			refused               bool
		}{
			{"POST", "", "", false}, // no browser
			{"POST", "Sec-Fetch-Site", "same-origin", false},
			{"POST", "Origin", "http://example.com", false}, // httptest's host
			{"POST", "Sec-Fetch-Site", "cross-site", true},
			{"DELETE", "Sec-Fetch-Site", "same-site", true}, // another port of this host
			{"PUT", "Origin", "https://evil.example", true},
			{"GET", "Sec-Fetch-Site", "cross-site", false},
		} {
			r := b.request(c.method)
			if c.header != "" {
				r.Header.Set(c.header, c.value)
			}
			if _, err := auth.Authenticate(r); fault.Is(err, fault.Forbidden) != c.refused {
				t.Errorf("%s with %s: %s: got %v", c.method, c.header, c.value, err)
			}
		}
		recs, err := records.Tree(context.Background(), "/")
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range recs {
			if strings.Contains(r.Path+string(r.Body), b.cookie.Value) {
				t.Errorf("%s holds the session's id", r.Path)
			}
		}
		w := httptest.NewRecorder()
		want(t, "end", auth.Sessions.End(w, b.request("POST")), 0, "")
		if c := w.Result().Cookies()[0]; c.MaxAge >= 0 || c.Name != b.cookie.Name {
			t.Errorf("cookie %v", c)
		}
		if who, err := auth.Authenticate(b.request("GET")); err != nil || who.Known() {
			t.Errorf("after its end: %+v, %v", who, err)
		}
		want(t, "end again", auth.Sessions.End(httptest.NewRecorder(), b.request("POST")), 0, "")
	}
}

func TestSessionsEndByThemselves(t *testing.T) {
	records, keys := newRecords(t)
	synctest.Test(t, func(t *testing.T) {
		auth := newAuthenticator(t, records, keys)
		b := &browser{}
		b.start(t, auth.Sessions, ann)
		known := func() bool {
			who, err := auth.Authenticate(b.request("GET"))
			if err != nil {
				t.Fatal(err)
			}
			return who.Known()
		}
		hours := 0
		for known() { // in use, until its greatest age
			time.Sleep(6 * time.Hour)
			hours += 6
		}
		if hours != 7*24 {
			t.Errorf("a session in use ended after %d hours", hours)
		}
		b.start(t, auth.Sessions, ann)
		time.Sleep(12 * time.Hour)
		if known() {
			t.Error("an idle session lives on")
		}
		b.start(t, auth.Sessions, ann)
		recs, err := records.List(context.Background(), "/sessions")
		if err != nil || len(recs) != 1 {
			t.Errorf("sessions that are over are kept: %d, %v", len(recs), err)
		}
	})
}

func TestSessionsAreBounded(t *testing.T) {
	records, keys := newRecords(t)
	s := access.StaffSessions(records, keys)
	for range 25 {
		(&browser{}).start(t, s, ann)
	}
	(&browser{}).start(t, s, "bob@contoso.com")
	recs, err := records.List(context.Background(), "/sessions")
	if err != nil || len(recs) != 21 {
		t.Errorf("%d sessions, %v; want 20 and 1", len(recs), err)
	}
}

func TestNewPasswordEndsSessions(t *testing.T) {
	records, keys := newRecords(t)
	auth := newAuthenticator(t, records, keys)
	admins := auth.Staff
	b := &browser{}
	b.start(t, auth.Sessions, ann)
	code, err := admins.SetupCode(context.Background(), ann)
	want(t, "code", err, 0, "")
	_, err = admins.SetPassword(context.Background(), code, "c", password)
	want(t, "password", err, 0, "")
	if who, err := auth.Authenticate(b.request("GET")); err != nil || who.Known() {
		t.Errorf("got %+v, %v", who, err)
	}
}

func TestStaffRoles(t *testing.T) {
	ctx := context.Background()
	records, keys := newRecords(t)
	auth := newAuthenticator(t, records, keys)
	staff := auth.Staff
	_, err := staff.Add(ctx, "bob@contoso.com", []access.Role{"owner"})
	want(t, "unknown role", err, fault.Invalid, "is not a role")
	_, err = staff.Add(ctx, "bob@contoso.com", nil)
	want(t, "no role", err, fault.Invalid, "needs a role")
	_, err = staff.Add(ctx, "bob@contoso.com", []access.Role{access.Viewer, access.Publisher})
	want(t, "add", err, 0, "")
	_, err = staff.Add(ctx, "BOB@contoso.com", []access.Role{access.Viewer})
	want(t, "twice", err, fault.Conflict, "exists")
	b := &browser{}
	b.start(t, auth.Sessions, "bob@contoso.com")
	may := func(p access.Permission) bool {
		who, err := auth.Authenticate(b.request("GET"))
		if err != nil {
			t.Fatal(err)
		}
		return access.May(who, p)
	}
	if !may(access.WriteCatalog) || may(access.AdministerPeople) {
		t.Error("a publisher may not what a publisher may, or more")
	}
	want(t, "other roles", staff.SetRoles(ctx, "bob@contoso.com", []access.Role{access.Viewer}), 0, "")
	if may(access.WriteCatalog) {
		t.Error("roles that were taken away still count")
	}
	want(t, "the last administrator's roles", staff.SetRoles(ctx, ann, []access.Role{access.Viewer}), fault.Conflict, "last administrator")
	want(t, "the last administrator", staff.Remove(ctx, ann), fault.Conflict, "last administrator")
	want(t, "remove", staff.Remove(ctx, "bob@contoso.com"), 0, "")
	if may(access.Anyone) && may(access.ReadCatalog) {
		t.Error("one who was removed still may")
	}
	want(t, "remove again", staff.Remove(ctx, "bob@contoso.com"), fault.NotFound, "Nobody of the staff")
}

// TestIdentitiesOfStaff: a provider's account becomes a member's by the address, then stays theirs.
func TestIdentitiesOfStaff(t *testing.T) {
	ctx := context.Background()
	records, keys := newRecords(t)
	staff := newAuthenticator(t, records, keys).Staff
	id := access.Identity{Provider: "corp", ID: "sub-1"}
	_, err := staff.SignInAs(ctx, id, "stranger@contoso.com")
	want(t, "a stranger", err, fault.Forbidden, "Nobody of the staff")
	_, err = staff.SignInAs(ctx, id, "")
	want(t, "an address that is not verified", err, fault.Forbidden, "Nobody of the staff")
	for _, email := range []string{"ANN@contoso.com", "", "other@contoso.com"} {
		if name, err := staff.SignInAs(ctx, id, email); err != nil || name != ann {
			t.Errorf("%q: got %q, %v", email, name, err)
		}
	}
}
