// Package postgrestest gives tests databases on a PostgreSQL of their own: one
// server for a test binary, started by the first test that asks, in a temporary
// folder, reached by a Unix socket. It is a helper of tests and nothing else.
package postgrestest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

// Server is a running PostgreSQL.
type Server struct {
	dir   string
	bin   string // folder of PostgreSQL's programs
	cmd   *exec.Cmd
	count atomic.Int64
}

// shared is the server of this test binary.
var shared struct {
	sync.Mutex
	server *Server
	err    error
}

// Main runs a package's tests, and ends the server that they have started:
// func TestMain(m *testing.M) { os.Exit(postgrestest.Main(m)) }.
func Main(m *testing.M) int {
	code := m.Run()
	shared.Lock()
	defer shared.Unlock()
	if shared.server != nil {
		if err := shared.server.Close(); err != nil {
			_, _ = fmt.Fprintln(os.Stderr, err)
			return max(code, 1)
		}
	}
	return code
}

// Required tells whether a test that cannot run fails, instead of being skipped.
func Required() bool { return os.Getenv("PORTICO_TEST_ALL") != "" }

// Shared gives the server of this test binary. Where PostgreSQL is not
// installed the test is skipped, or fails where it is required.
func Shared(t testing.TB) *Server {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	if shared.server == nil && shared.err == nil {
		shared.server, shared.err = Start()
	}
	if shared.err != nil {
		if Required() {
			t.Fatal(shared.err)
		}
		t.Skip(shared.err)
	}
	return shared.server
}

// Database makes an empty database on the shared server and gives its URL.
func Database(t testing.TB) string {
	t.Helper()
	url, err := Shared(t).NewDatabase()
	if err != nil {
		t.Fatal(err)
	}
	return url
}

// NewDatabase makes an empty database and gives its URL.
func (s *Server) NewDatabase() (string, error) {
	name := fmt.Sprintf("test%d", s.count.Add(1))
	db, err := sql.Open("pgx", s.url("postgres"))
	if err != nil {
		return "", err
	}
	_, err = db.Exec("CREATE DATABASE " + name)
	return s.url(name), errors.Join(err, db.Close())
}

// Stop ends the server at once, as a crash does; connections break.
func (s *Server) Stop(t testing.TB) {
	t.Helper()
	if err := s.stop(); err != nil {
		t.Fatal(err)
	}
}

// Restart starts the server again after a Stop.
func (s *Server) Restart(t testing.TB) {
	t.Helper()
	if err := s.run(); err != nil {
		t.Fatal(err)
	}
}

const owner = "postgres"

func (s *Server) url(database string) string {
	u := url.URL{Scheme: "postgres", Path: "/" + database, RawQuery: url.Values{"host": {s.dir}, "user": {owner}}.Encode()}
	return u.String()
}

// Start makes a cluster and runs it; Close ends it. The cluster's locale orders text otherwise
// than by its bytes, so that a test can see who relies on that.
func Start() (*Server, error) {
	bins, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil || len(bins) == 0 {
		return nil, fmt.Errorf("PostgreSQL is not installed (Debian's package postgresql)")
	}
	slices.Sort(bins)
	dir, err := os.MkdirTemp("", "portico-pg-")
	if err != nil {
		return nil, err
	}
	s := &Server{dir: dir, bin: bins[len(bins)-1]}
	initdb := exec.Command(filepath.Join(s.bin, "initdb"), "--no-sync", "--auth=trust", "--username="+owner, "--encoding=UTF8",
		"--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US", "--pgdata="+s.data())
	if err := asServer(initdb, dir); err != nil {
		return nil, err
	}
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w: %s", err, out)
	}
	return s, s.run()
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// startWithin bounds a start, so that a test fails instead of hanging.
const startWithin = time.Minute

func (s *Server) run() error {
	log, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }() // the server has its own handle
	s.cmd = exec.Command(filepath.Join(s.bin, "postgres"), "-D", s.data(), "-k", s.dir, "-c", "listen_addresses=", "-c", "fsync=off")
	s.cmd.Stdout, s.cmd.Stderr = log, log
	if err := asServer(s.cmd, s.dir); err != nil {
		return err
	}
	if err := s.cmd.Start(); err != nil {
		return err
	}
	return s.awaitAnswer()
}

func (s *Server) awaitAnswer() error {
	ctx, cancel := context.WithTimeout(context.Background(), startWithin)
	defer cancel()
	db, err := sql.Open("pgx", s.url("postgres"))
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	for {
		err := db.PingContext(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			text, _ := os.ReadFile(filepath.Join(s.dir, "log"))
			return fmt.Errorf("PostgreSQL does not answer: %w\n%s", err, text)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// Close ends the server and deletes its folder.
func (s *Server) Close() error {
	if err := s.stop(); err != nil {
		return err
	}
	return os.RemoveAll(s.dir)
}
