package remote_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"portico/internal/blob"
	"portico/internal/blob/remote"
	"portico/internal/blob/server"
	"portico/internal/fault"
	"portico/internal/secret"
	"portico/internal/store"
)

// account opens the workspace's account in a folder of the test's.
func account(t *testing.T) *server.Server {
	t.Helper()
	dir := t.TempDir()
	db, err := store.Open(t.Context(), store.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	files, err := blob.OpenLocal(dir)
	if err != nil {
		t.Fatal(err)
	}
	keeper, err := secret.New(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	s, err := server.New(t.Context(), server.Config{
		Workspace: "0123456789abcdef0123456789abcdef", URL: "http://127.0.0.1:1", Records: db.Records(), Keeper: keeper, Index: db.Storage(), Contents: files, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// nowhere is a client that reaches nothing.
var nowhere = &http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) {
	return nil, fault.New(fault.Forbidden, "calls are not allowed")
})}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func text(t *testing.T, r io.ReadCloser, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(r)
	if err = errors.Join(err, r.Close()); err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// The workspace's own account is reached without a network, with its key, without one, and by a signature.
func TestOwnAccount(t *testing.T) {
	own := account(t)
	a := remote.New(own, nowhere)
	if err := own.EnsureContainer(t.Context(), "files"); err != nil {
		t.Fatal(err)
	}
	at := remote.Place{Account: own.AccountName(), Container: "files"}
	long := strings.Repeat("0123456789abcdef", 600_000) // more than one block
	for _, name := range []string{"a b/ü.csv", "data2.csv", "data1.csv"} {
		if err := a.Put(t.Context(), at, name, "text/csv", strings.NewReader(name+long), false); err != nil {
			t.Fatal(err)
		}
	}
	names, err := a.List(t.Context(), at, "data", 10)
	if err != nil || strings.Join(names, " ") != "data1.csv data2.csv" {
		t.Errorf("listed %v, %v", names, err)
	}
	if _, err := a.List(t.Context(), at, "", 2); !fault.Is(err, fault.TooLarge) {
		t.Errorf("more than the limit: %v", err)
	}
	with := at
	with.Key = own.Key()
	body, err := a.Open(t.Context(), with, "a b/ü.csv")
	if got := text(t, body, err); got != "a b/ü.csv"+long {
		t.Errorf("read %d bytes", len(got))
	}
	token := own.SignBlob("files", "data1.csv", server.MayRead, time.Now().Add(time.Hour))
	body, err = a.Open(t.Context(), remote.Place{URL: own.URL() + "/files/data1.csv" + token}, "")
	if got := text(t, body, err); got != "data1.csv"+long {
		t.Errorf("read %d bytes by a signature", len(got))
	}
	if err := a.Put(t.Context(), at, "data1.csv", "text/csv", strings.NewReader("x"), false); !fault.Is(err, fault.Conflict) {
		t.Errorf("a blob that exists: %v", err)
	}
	if err := a.Put(t.Context(), at, "data1.csv", "text/csv", strings.NewReader("x"), true); err != nil {
		t.Error(err)
	}
	cut := errors.New("the table cannot be written")
	if err := a.Put(t.Context(), at, "half.csv", "text/csv", io.MultiReader(strings.NewReader(long), brokenReader{cut}), false); err == nil {
		t.Error("half a blob was written")
	}
	if _, err := a.Open(t.Context(), at, "half.csv"); !fault.Is(err, fault.NotFound) {
		t.Errorf("half a blob is there: %v", err)
	}
}

type brokenReader struct{ err error }

func (b brokenReader) Read([]byte) (int, error) { return 0, b.err }

func TestRefusals(t *testing.T) {
	own := account(t)
	a := remote.New(own, nowhere)
	at := func(account, key, container string) remote.Place {
		return remote.Place{Account: account, Key: key, Container: container}
	}
	for name, c := range map[string]struct {
		at   remote.Place
		kind fault.Kind
		code string
	}{
		"no account":        {at("", "", "files"), fault.Invalid, remote.InvalidAccount},
		"no account's name": {at("a.b/c", "", "files"), fault.Invalid, remote.InvalidAccount},
		"no key":            {at("other", "", "files"), fault.Invalid, remote.InvalidKey},
		"a key of nothing":  {at("other", "no base64", "files"), fault.Invalid, remote.InvalidKey},
		"a wrong key":       {at(own.AccountName(), "AAAA", "files"), fault.Forbidden, "AuthenticationFailed"},
		"no container":      {at(own.AccountName(), "", "files"), fault.NotFound, "ContainerNotFound"},
		"another account":   {at("other", "AAAA", "files"), fault.Forbidden, ""},
		"no address":        {remote.Place{URL: "ftp://x/y"}, fault.Invalid, remote.InvalidURL},
		"no signature":      {remote.Place{URL: own.URL() + "/files/a"}, fault.Forbidden, "NoAuthenticationInformation"},
	} {
		_, err := a.Open(t.Context(), c.at, "a")
		if f := fault.As(err); f.Kind != c.kind || c.code != "" && f.Code != c.code {
			t.Errorf("%s: %v (kind %v, code %q)", name, err, f.Kind, f.Code)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := a.Open(ctx, at(own.AccountName(), "", "files"), "a"); err == nil {
		t.Error("a cancelled call succeeds")
	}
}

// An account elsewhere is called by the client that was given.
func TestElsewhere(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/files/a.csv" || r.URL.Query().Get("sig") != "x" {
			t.Errorf("asked for %s", r.URL)
		}
		w.Header().Set("ETag", `"1"`)
		_, _ = io.WriteString(w, "a,b\n")
	}))
	defer srv.Close()
	a := remote.New(nil, srv.Client())
	body, err := a.Open(t.Context(), remote.Place{URL: srv.URL + "/files/a.csv?sv=1&sig=x"}, "")
	if got := text(t, body, err); got != "a,b\n" {
		t.Errorf("read %q", got)
	}
}
