package e2e_test

import (
	"net/http"
	"testing"
)

// TestBlockedUsersCannotCall blocks the owner of a subscription, and lets them call again.
func TestBlockedUsersCannotCall(t *testing.T) {
	p := start(t, t.TempDir())
	wantStatus(t, "a user", p.arm(http.MethodPut, "/users/ann", `{"properties":{"email":"ann@example.com","firstName":"Ann","lastName":"Lee"}}`), 201)
	wantStatus(t, "her subscription", p.arm(http.MethodPut, "/subscriptions/ann", `{"properties":{"displayName":"Ann's","scope":"/products/unlimited","ownerId":"/users/ann","state":"active","primaryKey":"a-key-of-ann-0123456789abcdef"}}`), 201)
	call := func() answer {
		return p.call(http.MethodGet, p.Gateway+"/echo/resource", "", "Ocp-Apim-Subscription-Key: a-key-of-ann-0123456789abcdef")
	}
	wantStatus(t, "her call", call(), 200)
	wantStatus(t, "blocking her", p.arm(http.MethodPatch, "/users/ann", `{"properties":{"state":"blocked"}}`), 200)
	wantStatus(t, "her call, blocked", call(), 401, "invalid subscription key")
	wantStatus(t, "letting her", p.arm(http.MethodPatch, "/users/ann", `{"properties":{"state":"active"}}`), 200)
	wantStatus(t, "her call again", call(), 200)
}
