package account_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"
	"testing/iotest"

	"portico/internal/blob"
	"portico/internal/blob/account"
	"portico/internal/blob/blobtest"
	"portico/internal/fault"
	"portico/internal/store"
)

// shelf is an account with a real database and real files, and what the tests look at behind it.
type shelf struct {
	*testing.T
	*account.Account
	index    account.Index
	contents *blob.Local
}

// open opens the account that is kept in two folders.
func open(t *testing.T, database, files string, change func(*account.Config)) *shelf {
	t.Helper()
	db, err := store.Open(context.Background(), store.Options{Dir: database})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	contents, err := blob.OpenLocal(files)
	if err != nil {
		t.Fatal(err)
	}
	c := account.Config{Index: db.Storage(), Contents: contents, Log: slog.New(slog.NewTextHandler(t.Output(), nil))}
	if change != nil {
		change(&c)
	}
	a, err := account.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	return &shelf{T: t, Account: a, index: c.Index, contents: contents}
}

// fresh opens a new account with one container, "data".
func fresh(t *testing.T) *shelf {
	t.Helper()
	s := open(t, t.TempDir(), t.TempDir(), nil)
	s.must(s.EnsureContainer(t.Context(), "data"))
	return s
}

func (s *shelf) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

func (s *shelf) put(name, content string) {
	s.Helper()
	_, err := s.PutBlob(s.Context(), "data", name, strings.NewReader(content), &account.Properties{}, account.Anyway)
	s.must(err)
}

// putBlocks makes a blob of one block for each of the parts.
func (s *shelf) putBlocks(name string, parts ...string) {
	s.Helper()
	var list []account.BlockRef
	for i, part := range parts {
		id := string([]byte{'A' + byte(i), 'A', 'A', 'A'})
		s.must(s.PutBlock(s.Context(), "data", name, id, strings.NewReader(part)))
		list = append(list, account.BlockRef{ID: id, Source: account.Latest})
	}
	_, err := s.CommitBlocks(s.Context(), "data", name, list, account.Properties{}, account.Anyway)
	s.must(err)
}

func (s *shelf) get(name string) string {
	s.Helper()
	r, _, err := s.Open(s.Context(), "data", name)
	s.must(err)
	content, err := io.ReadAll(r)
	s.must(errors.Join(err, r.Close()))
	return string(content)
}

// files counts the contents that are kept.
func (s *shelf) files() (n int) {
	s.Helper()
	for _, err := range s.contents.List(s.Context(), "") {
		s.must(err)
		n++
	}
	return n
}

func (s *shelf) wantFiles(when string, want int) {
	s.Helper()
	if got := s.files(); got != want {
		s.Errorf("%s: %d contents are kept, want %d", when, got, want)
	}
}

func wantKind(t *testing.T, err error, k fault.Kind) {
	t.Helper()
	if !fault.Is(err, k) {
		t.Errorf("got %v, want a fault of kind %d", err, k)
	}
}

func TestContentsFollowTheIndex(t *testing.T) {
	s := fresh(t)
	s.put("a", "first")
	s.wantFiles("put", 1)
	s.put("a", "second")
	s.wantFiles("replaced", 1)
	s.put("a", "")
	s.wantFiles("emptied", 0)
	s.putBlocks("b", "one,", "two,", "three")
	s.wantFiles("of blocks", 3)
	if got := s.get("b"); got != "one,two,three" {
		t.Errorf("got %q", got)
	}
	s.must(s.PutBlock(t.Context(), "data", "b", "DAAA", strings.NewReader("waits")))
	s.put("b", "whole")
	s.wantFiles("a put drops blocks, those that wait too", 1)
	s.must(s.RemoveBlob(t.Context(), "data", "b", account.Anyway))
	s.wantFiles("removed", 0)
}

func TestRefusedChangesLeaveNothing(t *testing.T) {
	s := fresh(t)
	s.put("a", "before")
	no := fault.New(fault.StaleETag, "no")
	refuse := func(*account.Blob) error { return no }
	late := func() account.Check { // allows before the contents are sent, refuses after
		asked := 0
		return func(*account.Blob) error {
			if asked++; asked > 1 {
				return no
			}
			return nil
		}
	}
	broken := errors.New("the client went away")
	for name, c := range map[string]struct {
		r     io.Reader
		check account.Check
		want  error
	}{
		"at once":       {iotest.ErrReader(errors.New("it was read")), refuse, no},
		"at the commit": {strings.NewReader("x"), late(), no},
		"broken body":   {io.MultiReader(strings.NewReader("x"), iotest.ErrReader(broken)), account.Anyway, broken},
	} {
		if _, err := s.PutBlob(t.Context(), "data", "a", c.r, &account.Properties{}, c.check); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	_, err := s.CommitBlocks(t.Context(), "data", "a", nil, account.Properties{}, refuse)
	wantKind(t, err, fault.StaleETag)
	_, err = s.CommitBlocks(t.Context(), "data", "a", []account.BlockRef{{ID: "AAAA"}}, account.Properties{}, account.Anyway)
	wantKind(t, err, fault.Invalid)
	_, err = s.ChangeBlob(t.Context(), "data", "a", refuse)
	wantKind(t, err, fault.StaleETag)
	wantKind(t, s.RemoveBlob(t.Context(), "data", "a", refuse), fault.StaleETag)
	wantKind(t, s.RemoveContainer(t.Context(), "data", func(account.Container) error { return no }), fault.StaleETag)
	wantKind(t, s.PutBlock(t.Context(), "none", "a", "AAAA", strings.NewReader("x")), fault.NotFound)
	wantKind(t, s.PutBlock(t.Context(), "data", "a", "not base64", strings.NewReader("x")), fault.Invalid)
	if got := s.get("a"); got != "before" {
		t.Errorf("the blob has %q", got)
	}
	s.wantFiles("after refusals", 1)
}

func TestReadersKeepTheirVersion(t *testing.T) {
	s := fresh(t)
	s.putBlocks("a", "one,", "two,", "three")
	r, b, err := s.Open(t.Context(), "data", "a")
	s.must(err)
	if b.Size != 13 || r.Len() != 13 {
		t.Errorf("size %d, length %d", b.Size, r.Len())
	}
	begin := make([]byte, 2)
	_, err = io.ReadFull(r, begin)
	s.must(err)
	s.put("a", "new")
	s.must(s.RemoveBlob(t.Context(), "data", "a", account.Anyway))
	s.wantFiles("while it is read", 3+1) // the version between came and went under the reader too
	rest, err := io.ReadAll(r)
	s.must(err)
	if got := string(begin) + string(rest); got != "one,two,three" {
		t.Errorf("read %q", got)
	}
	s.must(r.Close())
	s.must(r.Close()) // again does nothing
	s.wantFiles("after the last reader", 0)
}

func TestOpenRange(t *testing.T) {
	s := fresh(t)
	s.putBlocks("a", "0123", "45", "6789")
	for _, c := range []struct {
		from, to int64
		want     string
	}{{0, 10, "0123456789"}, {2, 7, "23456"}, {4, 6, "45"}, {9, 99, "9"}, {10, 99, ""}, {99, 100, ""}, {3, 3, ""}} {
		r, _, err := s.OpenRange(t.Context(), "data", "a", c.from, c.to)
		s.must(err)
		got, err := io.ReadAll(iotest.OneByteReader(r))
		s.must(errors.Join(err, r.Close()))
		if string(got) != c.want {
			t.Errorf("%d to %d: %q, want %q", c.from, c.to, got, c.want)
		}
	}
}

// A blob whose contents another process took away is told as such.
func TestContentsThatVanish(t *testing.T) {
	s := fresh(t)
	s.put("a", "content")
	s.must(blob.DeleteAll(t.Context(), s.contents, ""))
	r, _, err := s.Open(t.Context(), "data", "a")
	s.must(err)
	_, err = io.ReadAll(r)
	wantKind(t, err, fault.Conflict)
	s.must(r.Close())
}

func TestWriter(t *testing.T) {
	s := fresh(t)
	s.put("a", "before")
	w := s.Create(t.Context(), "data", "a", account.Properties{ContentType: "text/csv"})
	for _, part := range []string{"one,", "two"} {
		if _, err := io.WriteString(w, part); err != nil {
			t.Fatal(err)
		}
		if got := s.get("a"); got != "before" {
			t.Errorf("while it is written it has %q", got)
		}
	}
	s.must(w.Close())
	if got := s.get("a"); got != "one,two" || w.Blob().Size != 7 || w.Blob().ContentType != "text/csv" {
		t.Errorf("got %q, %+v", got, w.Blob())
	}
	w = s.Create(t.Context(), "data", "a", account.Properties{})
	_, err := io.WriteString(w, "half")
	s.must(err)
	w.Abort()
	if got := s.get("a"); got != "one,two" {
		t.Errorf("after giving up it has %q", got)
	}
	s.wantFiles("after giving up", 1)
	w = s.Create(t.Context(), "none", "a", account.Properties{})
	_, err = io.WriteString(w, "x")
	wantKind(t, err, fault.NotFound)
	wantKind(t, w.Close(), fault.NotFound)
}

func TestCopy(t *testing.T) {
	s := fresh(t)
	s.putBlocks("a", "one,", "two")
	_, err := s.ChangeBlob(t.Context(), "data", "a", func(b *account.Blob) error {
		b.ContentType, b.Metadata = "text/csv", map[string]string{"m": "1"}
		return nil
	})
	s.must(err)
	from := account.CopySource{Container: "data", Blob: "a", URL: "http://host/account/c/a", Check: account.Anyway}
	b, err := s.CopyBlob(t.Context(), from, "data", "b", nil, account.Anyway)
	s.must(err)
	if got := s.get("b"); got != "one,two" || b.ContentType != "text/csv" || b.Metadata["m"] != "1" || b.Copy.Bytes != 7 || b.Copy.Source != from.URL {
		t.Errorf("got %q, %+v", got, b)
	}
	_, err = s.CopyBlob(t.Context(), from, "data", "a", map[string]string{"m": "2"}, account.Anyway)
	s.must(err)
	if b, err := s.Stat(t.Context(), "data", "a"); err != nil || b.Metadata["m"] != "2" || s.get("a") != "one,two" {
		t.Errorf("copied onto itself: %+v, %v", b, err)
	}
	s.wantFiles("after copies", 2)
}

func TestNames(t *testing.T) {
	long := strings.Repeat("a", 63)
	for name, ok := range map[string]bool{"abc": true, "a-b-1": true, "123": true, long: true, "$root": true, "$web": true, "$logs": true,
		"ab": false, long + "a": false, "": false, "a--b": false, "-ab": false, "ab-": false, "Abc": false, "a_b": false, "a.b": false, "$other": false, "a/b": false, "äöü": false} {
		if err := account.CheckContainerName(name); (err == nil) != ok {
			t.Errorf("container %q: %v", name, err)
		}
	}
	for name, ok := range map[string]bool{"b": true, strings.Repeat("é", 1024): true, "a//b": true, "..": true, "nul\x00": true, strings.Repeat("a/", 253) + "a": true,
		"": false, strings.Repeat("n", 1025): false, "\xff": false, strings.Repeat("a/", 254) + "a": false} {
		if err := account.CheckBlobName(name); (err == nil) != ok {
			t.Errorf("blob %.20q: %v", name, err)
		}
	}
	for name, ok := range map[string]bool{"a": true, "_a1": true, "A": true, "1a": false, "": false, "a-b": false, "ä": false} {
		if err := account.CheckMetadata(map[string]string{name: "v"}); (err == nil) != ok {
			t.Errorf("metadata %q: %v", name, err)
		}
	}
	wantKind(t, account.CheckMetadata(map[string]string{"a": strings.Repeat("v", account.MaxMetadataBytes)}), fault.Invalid)
}

func TestFullDisk(t *testing.T) {
	s := open(t, t.TempDir(), blobtest.SmallDisk(t, "1m"), nil)
	s.must(s.EnsureContainer(t.Context(), "data"))
	s.put("a", "before")
	big := strings.Repeat("x", 4<<20)
	_, err := s.PutBlob(t.Context(), "data", "a", strings.NewReader(big), &account.Properties{}, account.Anyway)
	wantKind(t, err, fault.StorageFailed)
	wantKind(t, s.PutBlock(t.Context(), "data", "a", "AAAA", strings.NewReader(big)), fault.StorageFailed)
	if got := s.get("a"); got != "before" {
		t.Errorf("the blob has %.20q", got)
	}
	s.wantFiles("after a full disk", 1)
	s.put("b", strings.Repeat("x", 500_000)) // there is room again
}
