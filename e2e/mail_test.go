package e2e_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"portico/internal/mail/smtptest"
)

// TestMailOutlivesKills makes changes that somebody is told of while the mail
// server is down, kills the process, and holds that each message arrives, once, when both are back.
func TestMailOutlivesKills(t *testing.T) {
	port, data := smtptest.FreePort(t), t.TempDir()
	p := start(t, data)
	wantStatus(t, "the mail server", p.arm(http.MethodPut, "/mailServers/default", fmt.Sprintf(`{"properties":{"host":"127.0.0.1","port":%d,"security":"none"}}`, port)), 201)
	const users = 5
	for i := range users {
		wantStatus(t, "a user", p.arm(http.MethodPut, fmt.Sprintf("/users/dev%d?notify=true", i), fmt.Sprintf(`{"properties":{"email":"dev%d@example.com","firstName":"Dev","lastName":"%d"}}`, i, i)), 201)
	}
	p.kill()
	server := smtptest.Start(t, port, "none")
	p = start(t, data)
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for timeout := time.After(readyWithin); len(server.Received(t)) < users || !strings.Contains(p.arm(http.MethodGet, "/outbox", "").body, `"value":[]`); {
		select {
		case <-again.C:
		case <-timeout:
			t.Fatalf("%d of %d messages arrived; %s wait", len(server.Received(t)), users, p.arm(http.MethodGet, "/outbox", "").body)
		}
	}
	seen := map[string]int{}
	for _, m := range server.Received(t) {
		seen[m.To[0]]++
	}
	for i := range users {
		if address := fmt.Sprintf("dev%d@example.com", i); seen[address] != 1 {
			t.Errorf("%s got %d messages, want 1", address, seen[address])
		}
	}
}
