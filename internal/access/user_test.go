package access_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/fault"
)

func TestCheckUser(t *testing.T) {
	ctx := context.Background()
	records, keys := newRecords(t)
	ann := access.User{Email: "ann@example.com", FirstName: "Ann", LastName: "Lee", State: access.UserActive, Identities: []access.Identity{{Provider: "Google", ID: "7"}}}
	if _, err := records.Apply(ctx, catalog.Seal(keys, access.UserPath("ann"), &ann, "")); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		change func(*access.User)
		want   string
	}{
		{func(*access.User) {}, ""},
		{func(u *access.User) { u.State = "BLOCKED" }, ""},
		{func(u *access.User) { u.Identities = []access.Identity{{Provider: "Google", ID: "8"}} }, ""},
		{func(u *access.User) { u.Email = "ANN@example.com" }, "email: User with the same email already exists: ann."},
		{func(u *access.User) { u.Email = "Bob <bob@example.com>" }, "email:"},
		{func(u *access.User) { u.Email = strings.Repeat("b", 250) + "@b.co" }, "email:"},
		{func(u *access.User) { u.FirstName = "" }, "firstName:"},
		{func(u *access.User) { u.LastName = "Ray\r\nBcc: eve@example.com" }, "lastName: lastName must be one line"},
		{func(u *access.User) { u.Note = strings.Repeat("n", 2001) }, "note:"},
		{func(u *access.User) { u.State = "away" }, `state: "away" is not a state`},
		{func(u *access.User) { u.Identities = []access.Identity{{Provider: "google", ID: "7"}} }, "identities: The identity 7 at google belongs to the user ann."},
		{func(u *access.User) { u.Identities = []access.Identity{{Provider: "Google"}} }, "identities[0]:"},
	} {
		u := access.User{Email: " bob@example.com ", FirstName: "Bob", LastName: "Ray"}
		c.change(&u)
		err := access.CheckUser(ctx, records, "bob", &u, nil)
		if (c.want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %q", err, c.want)
		}
		if err == nil && (u.Email != "bob@example.com" || len(u.Identities) != 1 || u.RegistrationDate.IsZero()) {
			t.Errorf("completed to %+v", u)
		}
	}
	moved := ann
	moved.Email, moved.Identities = "new@example.com", nil
	if err := access.CheckUser(ctx, records, "ann", &moved, &ann); err != nil || len(moved.Identities) != 1 || moved.Identities[0].ID != "7" {
		t.Errorf("a user who keeps his identities: %+v, %v", moved, err)
	}
}

// TestUserTokenExpires: a token is of its user and its key, and ends.
func TestUserTokenExpires(t *testing.T) {
	ctx := context.Background()
	records, keys := newRecords(t)
	ann := access.User{Email: "ann@example.com", FirstName: "Ann", LastName: "Lee", State: access.UserActive}
	if _, err := records.Apply(ctx, catalog.Seal(keys, access.UserPath("ann"), &ann, "")); err != nil {
		t.Fatal(err)
	}
	old := synctestToken(t, func() (string, error) {
		return access.UserToken(keys, "ann", &access.User{}, access.PrimaryKey, time.Now().Add(time.Hour))
	})
	// The clock of the bubble stood in the year 2000, so for us the token has expired.
	if _, _, err := access.UserOfToken(ctx, records, keys, old); !fault.Is(err, fault.Unauthorized) {
		t.Errorf("a token that has expired: %v", err)
	}
	for _, keyType := range []string{access.PrimaryKey, access.SecondaryKey} {
		token, err := access.UserToken(keys, "ann", &access.User{}, keyType, time.Now().Add(time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		if u, name, err := access.UserOfToken(ctx, records, keys, token); err != nil || name != "ann" || u.Email != ann.Email {
			t.Errorf("%s: %v %q, %v", keyType, u, name, err)
		}
	}
	gone, err := access.UserToken(keys, "gone", &access.User{}, access.PrimaryKey, time.Now().Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	for _, token := range []string{"", "&", "ann&209901010000&", gone} {
		if _, _, err := access.UserOfToken(ctx, records, keys, token); !fault.Is(err, fault.Unauthorized) {
			t.Errorf("the token %q: %v", token, err)
		}
	}
	if _, err := access.UserToken(keys, "ann", &access.User{}, "third", time.Now().Add(time.Hour)); !fault.Is(err, fault.Invalid) {
		t.Errorf("a third key: %v", err)
	}
}

// synctestToken makes a token by the clock of a bubble.
func synctestToken(t *testing.T, make func() (string, error)) (token string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var err error
		if token, err = make(); err != nil {
			t.Fatal(err)
		}
	})
	return token
}
