package server_test

import (
	"log/slog"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"portico/internal/blob"
	"portico/internal/blob/server"
	"portico/internal/secret"
	"portico/internal/store"
)

const workspace = "0123456789abcdef0123456789abcdef"

// testLog writes a test's log into its output.
func testLog(t *testing.T) *slog.Logger {
	return slog.New(slog.NewTextHandler(t.Output(), nil))
}

func openFiles(t *testing.T, dir string) *blob.Local {
	t.Helper()
	files, err := blob.OpenLocal(dir)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// inFolder has a server keep everything in a folder: a real database and real files.
func inFolder(t *testing.T, dir string) func(*server.Config) {
	return func(c *server.Config) {
		db, err := store.Open(t.Context(), store.Options{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
		c.Records, c.Index, c.Contents = db.Records(), db.Storage(), openFiles(t, dir)
	}
}

// config is that of a new account in a folder of its own, changed by those functions.
func config(t *testing.T, change ...func(*server.Config)) server.Config {
	t.Helper()
	keeper, err := secret.New(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	c := server.Config{Workspace: workspace, URL: "http://127.0.0.1:10000", Keeper: keeper, Log: testLog(t)}
	for _, f := range change {
		f(&c)
	}
	if c.Index == nil {
		contents := c.Contents
		inFolder(t, t.TempDir())(&c)
		if contents != nil {
			c.Contents = contents
		}
	}
	return c
}

// start serves an account.
func start(t *testing.T, change ...func(*server.Config)) *server.Server {
	t.Helper()
	listener := httptest.NewUnstartedServer(nil)
	c := config(t, change...)
	c.URL = "http://" + listener.Listener.Addr().String()
	s, err := server.New(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	listener.Config.Handler = s
	listener.Start()
	t.Cleanup(listener.Close)
	return s
}

// storage is an account as its clients know it.
type storage struct {
	connection string
	account    string
	key        string
	url        string // of the account
}

func storageOf(s *server.Server) storage {
	parts := storageParts(s.ConnectionString())
	return storage{connection: s.ConnectionString(), account: parts["AccountName"], key: parts["AccountKey"], url: parts["BlobEndpoint"]}
}

func storageParts(connection string) map[string]string {
	parts := map[string]string{}
	for part := range strings.SplitSeq(connection, ";") {
		name, value, _ := strings.Cut(part, "=")
		parts[name] = value
	}
	return parts
}

func hostOf(connection string) string {
	u, err := url.Parse(storageParts(connection)["BlobEndpoint"])
	if err != nil {
		return ""
	}
	return u.Host
}

func otherKeeper(t *testing.T) *secret.Keeper {
	t.Helper()
	master := make([]byte, 32)
	master[0] = 1
	k, err := secret.New(master)
	if err != nil {
		t.Fatal(err)
	}
	return k
}
