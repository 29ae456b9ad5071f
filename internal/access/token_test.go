package access_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"portico/internal/access"
	"portico/internal/fault"
)

func TestTokens(t *testing.T) {
	ctx := context.Background()
	records, keys := newRecords(t)
	tokens := access.Tokens{Records: records, Keys: keys}
	value, made, err := tokens.Create(ctx, "ci_build", access.Publisher, nil)
	if err != nil || !strings.HasPrefix(value, "portico_ci_build_") || made.Role != access.Publisher {
		t.Fatalf("got %q, %+v, %v", value, made, err)
	}
	who, err := tokens.Find(ctx, value)
	if err != nil || who.Name != "token ci_build" || !access.May(who, access.WriteCatalog) || access.May(who, access.AdministerPeople) {
		t.Errorf("got %+v, %v", who, err)
	}
	rec, err := records.Get(ctx, "/tokens/ci_build")
	if err != nil || strings.Contains(string(rec.Body), value[len(value)-16:]) {
		t.Errorf("the token is stored in the clear, or not at all: %v", err)
	}
	other, _, err := tokens.Create(ctx, "other", access.Viewer, nil)
	want(t, "another", err, 0, "")
	for _, wrong := range []string{"", "x", "portico_", "portico_ci_build_", value[:len(value)-1] + "x", "portico_gone_" + value[17:],
		"portico_ci_build_" + strings.TrimPrefix(other, "portico_other_"), "portico_../ci_" + value[17:]} {
		_, err := tokens.Find(ctx, wrong)
		want(t, wrong, err, fault.Unauthorized, "not known")
	}

	_, _, err = tokens.Create(ctx, "CI_build", access.Viewer, nil)
	want(t, "taken name", err, fault.Conflict, "already")
	_, _, err = tokens.Create(ctx, "a/b", access.Viewer, nil)
	want(t, "bad name", err, fault.Invalid, "token's name")
	_, _, err = tokens.Create(ctx, "a", "owner", nil)
	want(t, "bad role", err, fault.Invalid, "not a role")
	past := time.Now().Add(-time.Second)
	_, _, err = tokens.Create(ctx, "a", access.Viewer, &past)
	want(t, "past expiry", err, fault.Invalid, "expired")

	list, err := tokens.List(ctx)
	if err != nil || len(list) != 2 || list[0].Name != "ci_build" || list[1].Role != access.Viewer {
		t.Errorf("list: %+v, %v", list, err)
	}
	want(t, "revoke", tokens.Revoke(ctx, "ci_build"), 0, "")
	want(t, "revoke again", tokens.Revoke(ctx, "ci_build"), fault.NotFound, "no token")
	want(t, "revoke nonsense", tokens.Revoke(ctx, "a/b"), fault.NotFound, "no token")
	_, err = tokens.Find(ctx, value)
	want(t, "revoked", err, fault.Unauthorized, "not known")
}

func TestTokensExpire(t *testing.T) {
	records, keys := newRecords(t)
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		tokens := access.Tokens{Records: records, Keys: keys}
		expires := time.Now().Add(time.Hour)
		value, _, err := tokens.Create(ctx, "short", access.Viewer, &expires)
		want(t, "create", err, 0, "")
		time.Sleep(time.Hour - time.Nanosecond)
		_, err = tokens.Find(ctx, value)
		want(t, "just before", err, 0, "")
		time.Sleep(time.Nanosecond)
		_, err = tokens.Find(ctx, value)
		want(t, "at its hour", err, fault.Unauthorized, "expired")
	})
}

func TestAuthenticate(t *testing.T) {
	records, keys := newRecords(t)
	auth := access.NewAuthenticator(records, keys, new(access.Hasher))
	value, _, err := auth.Tokens.Create(context.Background(), "ci", access.Viewer, nil)
	want(t, "create", err, 0, "")
	for _, c := range []struct{ header, value, who, err string }{
		{"", "", "", ""},
		{"Authorization", "Bearer " + auth.AdminToken(), "the process's administrator token", ""},
		{"Authorization", "bearer  " + value + " ", "token ci", ""},
		{"X-Ms-MetaAnalytics-AuthorizationToken", value, "token ci", ""},
		{"Authorization", "Basic " + value, "", "must be Bearer"},
		{"Authorization", "Bearer", "", "must be Bearer"},
		{"Authorization", "Bearer x", "", "not known"},
		{"X-Ms-MetaAnalytics-AuthorizationToken", "x", "", "not known"},
		{"Cookie", "portico-console=x", "", ""},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		if c.header != "" {
			r.Header.Set(c.header, c.value)
		}
		who, err := auth.Authenticate(r)
		if who.Name != c.who {
			t.Errorf("%s: %q is %+v", c.header, c.value, who)
		}
		want(t, c.header+" "+c.value, err, fault.Unauthorized, c.err)
	}
	if other := access.NewAuthenticator(records, keys, new(access.Hasher)); other.AdminToken() == auth.AdminToken() {
		t.Error("two processes have one administrator's token")
	}
}

func TestClient(t *testing.T) {
	for addr, want := range map[string]string{
		"192.0.2.1:1234": "192.0.2.1", "[::ffff:192.0.2.1]:1": "192.0.2.1", "[2001:db8:1:2:3::4]:1": "2001:db8:1:2::/64", "[fe80::1%eth0]:1": "fe80::/64", "@": "@",
	} {
		if got := access.Client(&http.Request{RemoteAddr: addr}); got != want {
			t.Errorf("%s: %s, want %s", addr, got, want)
		}
	}
}
