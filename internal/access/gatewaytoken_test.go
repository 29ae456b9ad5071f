package access_test

import (
	"testing"
	"testing/synctest"
	"time"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/fault"
)

// TestGatewayTokenExpires: a token is its gateway's own, and ends.
func TestGatewayTokenExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &catalog.GatewayRegistration{}
		if err := catalog.CheckGatewayRegistration(g, nil); err != nil {
			t.Fatal(err)
		}
		token, err := access.GatewayToken(g, "edge", "secondary", time.Now().Add(time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		if err := access.CheckGatewayToken(g, "EDGE", token); err != nil {
			t.Error(err)
		}
		for _, id := range []string{"other", ""} {
			if err := access.CheckGatewayToken(g, id, token); !fault.Is(err, fault.Unauthorized) {
				t.Errorf("taken for the gateway %q: %v", id, err)
			}
		}
		for _, forged := range []string{"", "&", "edge&209901010000&", token + "x", "x" + token} {
			if err := access.CheckGatewayToken(g, "edge", forged); !fault.Is(err, fault.Unauthorized) {
				t.Errorf("%q is taken: %v", forged, err)
			}
		}
		time.Sleep(time.Hour)
		if err := access.CheckGatewayToken(g, "edge", token); !fault.Is(err, fault.Unauthorized) {
			t.Errorf("taken after it has expired: %v", err)
		}
		for _, lifetime := range []time.Duration{-time.Minute, 31 * 24 * time.Hour} {
			if _, err := access.GatewayToken(g, "edge", "primary", time.Now().Add(lifetime)); !fault.Is(err, fault.Invalid) {
				t.Errorf("a token of %s: %v", lifetime, err)
			}
		}
		if _, err := access.GatewayToken(g, "edge", "third", time.Now().Add(time.Hour)); !fault.Is(err, fault.Invalid) {
			t.Errorf("a third key: %v", err)
		}
	})
}
