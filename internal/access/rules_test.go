package access_test

import (
	"context"
	"strings"
	"testing"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/record"
)

func TestCheckSubscription(t *testing.T) {
	ctx := context.Background()
	records, keys := newRecords(t)
	existing := access.NewSubscription("existing", "Existing", "/products/starter")
	existing.OwnerID, existing.PrimaryKey = "/users/ann", "taken"
	if _, err := records.Apply(ctx, access.StoreSubscription(keys, existing, ""), record.PutOf("/users/ann", 1, ""), record.PutOf("/users/bob", 1, "")); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		change func(*access.Subscription)
		want   string
	}{
		{func(*access.Subscription) {}, ""},
		{func(s *access.Subscription) { s.Scope = "APIs/" }, ""},
		{func(s *access.Subscription) { s.Scope = "products/STARTER" }, ""},
		{func(s *access.Subscription) { s.Scope = "/apis/echo-api" }, ""},
		{func(s *access.Subscription) { s.OwnerID = "users/BOB" }, ""},
		{func(s *access.Subscription) { s.OwnerID, s.Scope = "/users/ann", "/products/unlimited" }, ""},
		{func(s *access.Subscription) {
			s.OwnerID, s.Scope, s.State = "/users/ann", "/products/starter", "suspended"
		}, ""},
		{func(s *access.Subscription) { s.DisplayName = "" }, "displayName:"},
		{func(s *access.Subscription) { s.DisplayName = strings.Repeat("n", 101) }, "displayName:"},
		{func(s *access.Subscription) { s.Scope = "/products/gone" }, "scope: The scope /products/gone names nothing"},
		{func(s *access.Subscription) { s.Scope = "/groups/guests" }, "scope:"},
		{func(s *access.Subscription) { s.Scope = "/apis/echo-api/operations/x" }, "scope:"},
		{func(s *access.Subscription) { s.Scope = "" }, "scope:"},
		{func(s *access.Subscription) { s.State = "paused" }, "state:"},
		{func(s *access.Subscription) { s.OwnerID = "/users/gone" }, "ownerId: The owner /users/gone is not a user"},
		{func(s *access.Subscription) { s.OwnerID = "bob" }, "ownerId:"},
		{func(s *access.Subscription) { s.OwnerID, s.Scope = "/users/ann", "/products/starter" }, "ownerId: The user has 1 subscriptions to the product Starter, and its limit is 1"},
		{func(s *access.Subscription) { s.PrimaryKey = "taken" }, "primaryKey: The key belongs to another"},
		{func(s *access.Subscription) { s.SecondaryKey = existing.SecondaryKey }, "secondaryKey: The key belongs"},
		{func(s *access.Subscription) { s.PrimaryKey = "a b" }, "primaryKey: A key has"},
		{func(s *access.Subscription) { s.PrimaryKey = "é" }, "primaryKey: A key has"},
		{func(s *access.Subscription) { s.SecondaryKey = strings.Repeat("k", 257) }, "secondaryKey: A key has"},
		{func(s *access.Subscription) { s.PrimaryKey, s.SecondaryKey = "same", "same" }, "secondaryKey: The two keys"},
	} {
		s := access.Subscription{ID: "new", DisplayName: "New", Scope: "/apis"}
		c.change(&s)
		want(t, c.want, access.CheckSubscription(ctx, records, keys, &s, nil), fault.Invalid, c.want)
	}
}

func TestCheckSubscriptionCompletes(t *testing.T) {
	ctx := context.Background()
	records, keys := newRecords(t)
	s := access.Subscription{ID: "s", DisplayName: "S", Scope: "products/Starter/"}
	want(t, "new", access.CheckSubscription(ctx, records, keys, &s, nil), 0, "")
	if s.State != access.Submitted || s.Scope != "/products/starter" || len(s.PrimaryKey) != 32 || s.PrimaryKey == s.SecondaryKey || s.StartDate != nil || s.CreatedDate.IsZero() {
		t.Errorf("completed to %+v", s)
	}
	next := access.Subscription{ID: "s", DisplayName: "S2", Scope: "/apis", State: "ACTIVE", SecondaryKey: "second"}
	want(t, "update", access.CheckSubscription(ctx, records, keys, &next, &s), 0, "")
	if next.State != access.Active || next.PrimaryKey != s.PrimaryKey || next.SecondaryKey != "second" || next.StartDate == nil || !next.CreatedDate.Equal(s.CreatedDate) {
		t.Errorf("updated to %+v", next)
	}
	over := access.Subscription{ID: "s", DisplayName: "S2", Scope: "/apis", State: access.Cancelled}
	want(t, "cancel", access.CheckSubscription(ctx, records, keys, &over, &next), 0, "")
	if over.EndDate == nil || over.StartDate != next.StartDate {
		t.Errorf("cancelled to %+v", over)
	}
}

func TestMasterSubscriptionStays(t *testing.T) {
	ctx := context.Background()
	records, keys := newRecords(t)
	all, err := access.ListSubscriptions(ctx, records, keys)
	if err != nil || len(all) != 1 {
		t.Fatalf("got %v, %v", all, err)
	}
	master := all[0]
	moved := access.Subscription{ID: master.ID, DisplayName: "x", Scope: "/apis/echo-api"}
	want(t, "moved", access.CheckSubscription(ctx, records, keys, &moved, &master), fault.Invalid, "scope: The built-in subscription")
	want(t, "deleted", access.MayDeleteSubscription("MASTER"), fault.NotAllowed, "built in")
	want(t, "another deleted", access.MayDeleteSubscription("other"), 0, "")
}

func TestScopedTo(t *testing.T) {
	ctx := context.Background()
	records, keys := newRecords(t)
	for id, scope := range map[string]string{"a": "/products/starter", "b": "/products/unlimited", "c": "/apis/echo-api"} {
		if _, err := records.Apply(ctx, access.StoreSubscription(keys, access.NewSubscription(id, id, scope), "")); err != nil {
			t.Fatal(err)
		}
	}
	got, err := access.ScopedTo(ctx, records, keys, catalog.ProductPath("STARTER"))
	if err != nil || len(got) != 1 || record.Name(got[0].Path) != "a" {
		t.Errorf("got %v, %v", got, err)
	}
}
