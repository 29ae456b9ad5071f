package e2e_test

import (
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSecondProcessIsRefused(t *testing.T) {
	data := t.TempDir()
	start(t, data)
	code, out := run(t, "serve", "--data", data, "--gateway-addr", "127.0.0.1:0", "--console-addr", "127.0.0.1:0",
		"--scoring-addr", "127.0.0.1:0", "--portal-addr", "127.0.0.1:0", "--storage-addr", "127.0.0.1:0")
	if code != 1 || !strings.Contains(out, "is in use by another Portico") || !strings.Contains(out, data) {
		t.Errorf("got exit code %d: %s", code, out)
	}
}

func TestTakenPortIsNamed(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	code, out := run(t, "serve", "--data", t.TempDir(), "--gateway-addr", taken.Addr().String(), "--console-addr", "127.0.0.1:0",
		"--scoring-addr", "127.0.0.1:0", "--portal-addr", "127.0.0.1:0", "--storage-addr", "127.0.0.1:0")
	if code != 1 || !strings.Contains(out, taken.Addr().String()+" is taken") || !strings.Contains(out, "--gateway-addr") {
		t.Errorf("got exit code %d: %s", code, out)
	}
}

func TestAllSettingProblemsAtOnce(t *testing.T) {
	code, out := run(t, "serve", "--max-body", "lots", "--name", "1st", "--gateway-addr", "x")
	if code != 2 || !strings.Contains(out, "max-body") || !strings.Contains(out, "name") || !strings.Contains(out, "gateway-addr") {
		t.Errorf("got exit code %d: %s", code, out)
	}
}

// TestFullDisk fills the disk under a running server: what was acknowledged stays, what is refused leaves nothing.
func TestFullDisk(t *testing.T) {
	onSQLite(t)
	data := smallDisk(t, "24m")
	api := func(path string) string {
		return `{"properties":{"displayName":"` + path + `","path":"` + path + `","protocols":["http"],"serviceUrl":"http://echoapi.cloudapp.net/api"}}`
	}
	p := start(t, data)
	wantStatus(t, "before", p.arm(http.MethodPut, "/apis/before", api("before")), 201)
	release := fillDisk(t, data)
	refused := answer{status: 201}
	for i := 0; refused.status == 201 && i < 200; i++ { // the database's own slack takes the first few
		refused = p.arm(http.MethodPut, "/apis/full", strings.Replace(api("full"), `"properties":{`, `"properties":{"description":"`+strings.Repeat("x", 1<<16)+`",`, 1))
		if refused.status == 200 {
			refused.status = 201
		}
	}
	wantStatus(t, "on a full disk", refused, 507, "nothing was changed")
	wantStatus(t, "reading on a full disk", p.arm(http.MethodGet, "/apis/before", ""), 200)
	release()
	wantStatus(t, "with space again", p.arm(http.MethodPut, "/apis/after", api("after")), 201)
	p.kill()
	p = start(t, data)
	wantStatus(t, "before, after a crash", p.arm(http.MethodGet, "/apis/before", ""), 200)
	wantStatus(t, "after, after a crash", p.arm(http.MethodGet, "/apis/after", ""), 200)
	if code := p.stop(); code != 0 {
		t.Errorf("exit code %d\n%s", code, p.out)
	}
}

// TestDatabaseRestarts takes PostgreSQL away: managed APIs are served meanwhile,
// a change waits until it is back, and nothing that was acknowledged is missing.
func TestDatabaseRestarts(t *testing.T) {
	if databases == nil {
		t.Skip("this is about PostgreSQL")
	}
	api := `{"properties":{"displayName":"Kept","path":"kept","protocols":["http"],"serviceUrl":"http://echoapi.cloudapp.net/api","subscriptionRequired":false}}`
	get := `{"properties":{"displayName":"Get","method":"GET","urlTemplate":"/resource"}}`
	p := start(t, t.TempDir(), "--demo")
	wantStatus(t, "before", p.arm(http.MethodPut, "/apis/kept", api), 201)
	databases.Stop(t)
	wantStatus(t, "a managed call without a database", p.viaGateway(p.Demo.SubscriptionKey), 200, guideVector)
	wantStatus(t, "health without a database", p.call(http.MethodGet, p.Console+"/healthz", ""), 200)
	wantStatus(t, "readiness without a database", p.call(http.MethodGet, p.Console+"/readyz", ""), 503, "database")
	changed := make(chan answer)
	go func() {
		defer close(changed)
		changed <- p.arm(http.MethodPut, "/apis/kept/operations/get", get)
	}()
	databases.Restart(t)
	wantStatus(t, "a change that waited", <-changed, 201)
	wantStatus(t, "readiness", p.call(http.MethodGet, p.Console+"/readyz", ""), 200)
	wantStatus(t, "a call of what was changed", p.call(http.MethodGet, p.Gateway+"/kept/resource", ""), 200)
	p.kill()
	p = start(t, p.data)
	wantStatus(t, "after a crash", p.arm(http.MethodGet, "/apis/kept/operations/get", ""), 200)
	if code := p.stop(); code != 0 {
		t.Errorf("exit code %d\n%s", code, p.out)
	}
}

// TestLostParts takes the master key or the database's file away: Portico says
// so, and does not begin anew over what is left.
func TestLostParts(t *testing.T) {
	data := t.TempDir()
	if code, out := run(t, "token", "create", "kept", "--data", data); code != 0 {
		t.Fatalf("token: %d %s", code, out)
	}
	without := func(name, want string) {
		t.Helper()
		aside := filepath.Join(t.TempDir(), name)
		if err := os.Rename(filepath.Join(data, name), aside); err != nil {
			t.Fatal(err)
		}
		if code, out := run(t, "serve", "--data", data); code != 1 || !strings.Contains(out, want) {
			t.Errorf("without %s: %d %s", name, code, out)
		}
		if _, err := os.Stat(filepath.Join(data, name)); !os.IsNotExist(err) {
			t.Errorf("another %s was made: %v", name, err)
		}
		if err := os.Rename(aside, filepath.Join(data, name)); err != nil {
			t.Fatal(err)
		}
	}
	without("master.key", "The master key "+filepath.Join(data, "master.key")+" is missing")
	if databases == nil {
		without("portico.db", "has a master key and no database")
	} else if code, out := run(t, "serve", "--data", data, "--database", ""); code != 1 || !strings.Contains(out, "has a master key and no database") {
		t.Errorf("without --database: %d %s", code, out)
	}
	if code, out := run(t, "token", "list", "--data", data); code != 0 || !strings.Contains(out, "kept") {
		t.Errorf("with both: %d %s", code, out)
	}
}
