// Package e2e_test drives the built binary as a user does: its command line,
// its listeners, its data folder, signals and crashes.
package e2e_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"portico/internal/app"
	"portico/internal/store/postgrestest"
)

var binary string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "portico-e2e-")
	if err != nil {
		panic(err)
	}
	binary = filepath.Join(dir, "portico")
	build := exec.Command("go", "build", "-o", binary, "portico/cmd/portico")
	build.Stdout, build.Stderr = os.Stdout, os.Stderr
	if err := build.Run(); err != nil {
		panic(err)
	}
	code := m.Run()
	if code == 0 {
		code = runOnPostgreSQL(m)
	}
	if err := os.RemoveAll(dir); err != nil {
		panic(err)
	}
	os.Exit(code)
}

// databases makes the PostgreSQL database of each data folder; it is nil while
// the tests run on SQLite.
var databases *postgrestest.Server

// databaseOf has the URLs by folder.
var databaseOf sync.Map

// runOnPostgreSQL runs every test once more, with the settings in PostgreSQL.
func runOnPostgreSQL(m *testing.M) int {
	server, err := postgrestest.Start()
	if err != nil {
		fmt.Println("not run on PostgreSQL:", err)
		if postgrestest.Required() {
			return 1
		}
		return 0
	}
	fmt.Println("=== the same on PostgreSQL")
	databases = server
	code := m.Run()
	if err := server.Close(); err != nil {
		panic(err)
	}
	return code
}

// onSQLite skips a test of SQLite's own.
func onSQLite(t *testing.T) {
	t.Helper()
	if databases != nil {
		t.Skip("this is about SQLite's file")
	}
}

// process is a running `portico serve`.
type process struct {
	*app.Ready
	t      *testing.T
	data   string
	cmd    *exec.Cmd
	out    *lockedBuffer
	exited chan error
}

// readyWithin bounds a start, so that a test fails instead of hanging; it is no measurement.
const readyWithin = time.Minute

// start runs the binary on free ports over the data folder and waits until it is ready.
func start(t *testing.T, data string, args ...string) *process {
	t.Helper()
	ready := filepath.Join(t.TempDir(), "ready.json")
	all := []string{"serve", "--data", data, "--ready-file", ready}
	for _, l := range []string{"gateway", "console", "scoring", "portal", "storage"} {
		all = append(all, "--"+l+"-addr", "127.0.0.1:0")
	}
	p := &process{t: t, data: data, cmd: exec.Command(binary, append(all, args...)...), out: &lockedBuffer{}, exited: make(chan error, 1)}
	p.cmd.Env = environ(t, data)
	p.cmd.Stdout, p.cmd.Stderr = p.out, p.out
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.exited <- p.cmd.Wait() }()
	t.Cleanup(func() {
		if p.cmd.ProcessState == nil {
			p.kill()
		}
	})
	deadline := time.Now().Add(readyWithin)
	for time.Now().Before(deadline) {
		r, err := app.ReadReady(ready)
		if err == nil {
			p.Ready = r
			return p
		}
		if !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		select {
		case err := <-p.exited:
			t.Fatalf("portico ended before it was ready: %v\n%s", err, p.out)
		case <-time.After(5 * time.Millisecond):
		}
	}
	t.Fatalf("portico was not ready in %v:\n%s", readyWithin, p.out)
	return nil
}

// environ is the environment without settings of Portico's own, but with the
// database of the data folder.
func environ(t *testing.T, data string) []string {
	t.Helper()
	env := slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "PORTICO_") })
	if databases == nil || data == "" {
		return env
	}
	url, have := databaseOf.Load(data)
	if !have {
		made, err := databases.NewDatabase()
		if err != nil {
			t.Fatal(err)
		}
		url, _ = databaseOf.LoadOrStore(data, made)
	}
	return append(env, "PORTICO_DATABASE="+url.(string))
}

// kill ends the process as a crash does.
func (p *process) kill() {
	p.t.Helper()
	if err := p.cmd.Process.Kill(); err != nil {
		p.t.Error(err)
	}
	<-p.exited
}

// stop asks the process to end and gives its exit code.
func (p *process) stop() int {
	p.t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Error(err)
	}
	<-p.exited
	return p.cmd.ProcessState.ExitCode()
}

// answer is what came back for a call.
type answer struct {
	status int
	header http.Header
	body   string
}

// call sends a request with headers given as "Name: value".
func (p *process) call(method, url, body string, headers ...string) answer {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), readyWithin)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	b, err := io.ReadAll(resp.Body)
	if err = errors.Join(err, resp.Body.Close()); err != nil {
		p.t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, string(b)}
}

const guideBody = `{"Inputs": {"input1": {"ColumnNames": ["Col2"], "Values": [["This is a good day"]]}}, "GlobalParameters": {}}`

// guideVector ends the answer to the guide's request.
const guideVector = `"1","1","2","2","0","2","0","1"]]`

// rrs makes the guide's call at base, with subscription headers where the gateway needs them.
func (p *process) rrs(base string, headers ...string) answer {
	p.t.Helper()
	url := fmt.Sprintf("%s/workspaces/%s/services/%s/execute?api-version=2.0&details=true", base, p.Demo.Workspace, p.Demo.Service)
	return p.call(http.MethodPost, url, guideBody, append(headers, "Authorization: Bearer "+p.Demo.APIKey, "Content-Type: application/json")...)
}

func (p *process) viaGateway(key string) answer {
	p.t.Helper()
	return p.rrs(p.Gateway+"/"+p.Demo.APIPath, "Ocp-Apim-Subscription-Key: "+key)
}

// arm calls the management API; path is relative to the service.
func (p *process) arm(method, path, body string) answer {
	p.t.Helper()
	sep := "?"
	if strings.Contains(path, "?") {
		sep = "&"
	}
	return p.call(method, p.Console+p.ServiceID+path+sep+"api-version=2024-05-01", body,
		"Authorization: Bearer "+p.AdminToken, "Content-Type: application/json", "If-Match: *")
}

// run runs a command to its end.
func run(t *testing.T, args ...string) (code int, out string) {
	t.Helper()
	return runIn(t, nil, args...)
}

// runIn is run with more in the environment, as "NAME=value".
func runIn(t *testing.T, environment []string, args ...string) (code int, out string) {
	t.Helper()
	cmd := exec.Command(binary, args...)
	data := ""
	if i := slices.Index(args, "--data"); i >= 0 {
		data = args[i+1]
	}
	cmd.Env = append(environ(t, data), environment...)
	b, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), string(b)
}

func wantStatus(t *testing.T, what string, a answer, status int, contains ...string) {
	t.Helper()
	if a.status != status {
		t.Errorf("%s: got %d %s, want %d", what, a.status, a.body, status)
		return
	}
	for _, c := range contains {
		if !strings.Contains(a.body, c) {
			t.Errorf("%s: %s does not contain %s", what, a.body, c)
		}
	}
}

// lockedBuffer collects a process's output while it runs.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
