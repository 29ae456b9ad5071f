package e2e_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTokenCommands(t *testing.T) {
	data := t.TempDir()
	// Without a server the command opens the folder itself.
	if code, out := run(t, "token", "create", "offline", "--role", "viewer", "--data", data); code != 0 {
		t.Fatalf("create without a server: %d %s", code, out)
	}
	p := start(t, data)
	code, token := run(t, "token", "create", "ci", "--role", "publisher", "--expires", "1h", "--data", data)
	if code != 0 {
		t.Fatalf("create: %d %s", code, token)
	}
	as := func(token, method, path, body string) answer {
		return p.call(method, p.Console+p.ServiceID+path+"?api-version=2024-05-01", body, "Authorization: Bearer "+strings.TrimSpace(token), "Content-Type: application/json")
	}
	wantStatus(t, "a publisher reads", as(token, http.MethodGet, "/apis", ""), 200, "echo-api")
	code, viewer := run(t, "token", "create", "onlooker", "--role", "viewer", "--data", data)
	if code != 0 {
		t.Fatalf("create: %d %s", code, viewer)
	}
	wantStatus(t, "a viewer changes", as(viewer, http.MethodPut, "/products/x", `{"properties":{"displayName":"X"}}`), 403)
	wantStatus(t, "a publisher takes a backup", p.call(http.MethodPost, p.Console+"/backup", "", "Authorization: Bearer "+strings.TrimSpace(token)), 403)
	wantStatus(t, "nobody takes a backup", p.call(http.MethodPost, p.Console+"/backup", ""), 401)
	wantStatus(t, "nobody reads", as("", http.MethodGet, "/apis", ""), 401)
	if code, out := run(t, "token", "list", "--data", data); code != 0 || !strings.Contains(out, "ci") || !strings.Contains(out, "offline") || strings.Contains(out, strings.TrimSpace(token)) {
		t.Errorf("list: %d %s", code, out)
	}
	if code, out := run(t, "token", "create", "ci", "--data", data); code != 1 || !strings.Contains(out, "already") {
		t.Errorf("create twice: %d %s", code, out)
	}
	if code, out := run(t, "token", "revoke", "ci", "--data", data); code != 0 {
		t.Errorf("revoke: %d %s", code, out)
	}
	wantStatus(t, "a revoked token", as(token, http.MethodGet, "/apis", ""), 401)
	if code, out := run(t, "token", "create", "x", "--role", "king", "--data", data); code == 0 || !strings.Contains(out, "viewer") {
		t.Errorf("an unknown role: %d %s", code, out)
	}
}

func TestExperimentRun(t *testing.T) {
	data := t.TempDir()
	start(t, data, "--demo")
	code, out := run(t, "experiment", "run", "../examples/simple-feature-hashing.json", "--data", data)
	if code != 0 || !strings.Contains(out, "Feature Hashing") || !strings.Contains(out, "Finished") {
		t.Errorf("got %d: %s", code, out)
	}
	example, err := os.ReadFile("../examples/simple-feature-hashing.json")
	if err != nil {
		t.Fatal(err)
	}
	wrong := filepath.Join(t.TempDir(), "wrong.json")
	if err := os.WriteFile(wrong, []byte(strings.Replace(string(example), `\"Col2\"`, `\"Col3\"`, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, out := run(t, "experiment", "run", wrong, "--data", data); code != 1 || !strings.Contains(out, "Col3") || !strings.Contains(out, "0001") {
		t.Errorf("a column that is not there: %d %s", code, out)
	}
	if code, out := run(t, "experiment", "run", "absent.json", "--data", data); code == 0 || !strings.Contains(out, "absent.json") {
		t.Errorf("no such file: %d %s", code, out)
	}
	if code, out := run(t, "experiment", "run", wrong, "--data", t.TempDir()); code != 1 || !strings.Contains(out, "No Portico runs") {
		t.Errorf("no server: %d %s", code, out)
	}
}

func TestProbesAndMetrics(t *testing.T) {
	p := start(t, t.TempDir())
	wantStatus(t, "health", p.call(http.MethodGet, p.Console+"/healthz", ""), 200, "ok")
	wantStatus(t, "readiness", p.call(http.MethodGet, p.Console+"/readyz", ""), 200, "ok")
	wantStatus(t, "metrics for nobody", p.call(http.MethodGet, p.Console+"/metrics", ""), 401)
	wantStatus(t, "a call", p.call(http.MethodGet, p.Gateway+"/echo/resource", ""), 401)
	wantStatus(t, "metrics", p.call(http.MethodGet, p.Console+"/metrics", "", "Authorization: Bearer "+p.AdminToken), 200,
		"portico_gateway_", "go_goroutines", "process_cpu_seconds_total")
	if code := p.stop(); code != 0 {
		t.Errorf("exit code %d\n%s", code, p.out)
	}
	if _, err := os.Stat(filepath.Join(p.data, "ready.json")); err == nil {
		t.Error("ready.json is left behind after a stop")
	}
}

func TestVersionAndConfig(t *testing.T) {
	if code, out := run(t, "version"); code != 0 || !strings.HasPrefix(out, "portico ") {
		t.Errorf("version: %d %s", code, out)
	}
	code, out := run(t, "config", "--gateway-addr", "127.0.0.1:1")
	if code != 0 || !strings.Contains(out, "127.0.0.1:1") || !strings.Contains(out, "flag") {
		t.Errorf("config: %d %s", code, out)
	}
	if code, out := run(t, "serve", "--no-such-flag"); code != 2 || !strings.Contains(out, "no-such-flag") {
		t.Errorf("an unknown flag: %d %s", code, out)
	}
	if code, _ := run(t, "no-such-command"); code == 0 {
		t.Error("an unknown command succeeded")
	}
}
