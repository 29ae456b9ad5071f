// Package blobtest holds every driver of blob.Store to the same behaviour.
package blobtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"portico/internal/blob"
	"portico/internal/fault"
)

// Run exercises a driver. open gives a new, empty store for each test.
func Run(t *testing.T, open func(t *testing.T) blob.Store) {
	for name, test := range map[string]func(*testing.T, blob.Store){
		"put and get":                    putAndGet,
		"range":                          ranges,
		"keys":                           keys,
		"list":                           list,
		"delete":                         deletes,
		"failed reader":                  failedReader,
		"cancelled":                      cancelled,
		"replace while open":             replaceWhileOpen,
		"many at once":                   manyAtOnce,
		"bad keys":                       badKeys,
		"delete all":                     deleteAll,
		"folders and blobs of one name":  nested,
		"put and delete beside another":  contendedFolder,
		"a list that its reader stopped": stoppedList,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

func put(t *testing.T, s blob.Store, key, content string) blob.Info {
	t.Helper()
	info, err := s.Put(t.Context(), key, strings.NewReader(content))
	if err != nil {
		t.Fatalf("put %q: %v", key, err)
	}
	return info
}

func get(t *testing.T, s blob.Store, key string) string {
	t.Helper()
	r, info, err := s.Get(t.Context(), key)
	if err != nil {
		t.Fatalf("get %q: %v", key, err)
	}
	b, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil {
		t.Fatal(err)
	}
	if info.Key != key || info.Size != int64(len(b)) {
		t.Errorf("get %q: info %+v for %d bytes", key, info, len(b))
	}
	return string(b)
}

func listed(t *testing.T, s blob.Store, prefix string) []string {
	t.Helper()
	var found []string
	for info, err := range s.List(t.Context(), prefix) {
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, info.Key)
	}
	return found
}

func wantKind(t *testing.T, err error, k fault.Kind) {
	t.Helper()
	if !fault.Is(err, k) {
		t.Errorf("got %v, want a fault of kind %d", err, k)
	}
}

func putAndGet(t *testing.T, s blob.Store) {
	for _, content := range []string{"", "x", strings.Repeat("0123456789", 100_000), "again"} {
		info := put(t, s, "a/b", content)
		if info.Key != "a/b" || info.Size != int64(len(content)) || info.Modified.IsZero() {
			t.Errorf("put gave %+v", info)
		}
		if got := get(t, s, "a/b"); got != content {
			t.Errorf("got %d bytes, put %d", len(got), len(content))
		}
		again, err := s.Stat(t.Context(), "a/b")
		if err != nil || again != info {
			t.Errorf("stat gave %+v, %v; put %+v", again, err, info)
		}
	}
	_, _, err := s.Get(t.Context(), "a")
	wantKind(t, err, fault.NotFound)
	_, err = s.Stat(t.Context(), "a/b/c")
	wantKind(t, err, fault.NotFound)
}

func ranges(t *testing.T, s blob.Store) {
	put(t, s, "k", "0123456789")
	for _, c := range []struct {
		offset, length int64
		want           string
	}{{0, 3, "012"}, {7, 99, "789"}, {4, -1, "456789"}, {0, -1, "0123456789"}, {10, 5, ""}, {3, 0, ""}} {
		r, info, err := s.Range(t.Context(), "k", c.offset, c.length)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err := errors.Join(err, r.Close()); err != nil {
			t.Fatal(err)
		}
		if string(b) != c.want || info.Size != 10 {
			t.Errorf("range %d, %d: %q of %d bytes, want %q", c.offset, c.length, b, info.Size, c.want)
		}
	}
	_, _, err := s.Range(t.Context(), "k", 11, 1)
	wantKind(t, err, fault.Invalid)
	_, _, err = s.Range(t.Context(), "k", -1, 1)
	wantKind(t, err, fault.Invalid)
	_, _, err = s.Range(t.Context(), "none", 0, 1)
	wantKind(t, err, fault.NotFound)
}

// awkward are keys that a careless driver mixes up, loses or writes outside its folder.
func awkward() []string {
	all := []string{
		"plain", "Plain", "PLAIN", "with space", "ünïcode/ключ/鍵", ".", "..", "../up", "/", "//", "/rooted", "a//b", "a/", "a", "a/b",
		"%", "%2F", "a%2Fb", "=", "+", "@", "a=", "a+", "a@", "nul\x00byte", "new\nline", "\xff\xfe not UTF-8", `back\slash`, "con", "a:b", "~",
		strings.Repeat("k", blob.MaxKey), strings.Repeat("K", blob.MaxKey), strings.Repeat("long/", 200), strings.Repeat("é", 300) + "/x",
		strings.Repeat("k", 200), strings.Repeat("k", 200) + "/", strings.Repeat("k", 200) + "/x", strings.Repeat("k", 201), strings.Repeat("k", 200) + "-",
	}
	for n := 195; n < 203; n++ { // names that are cut within an escape
		all = append(all, strings.Repeat("j", n)+"%%%", strings.Repeat("j", n)+"%%%/"+strings.Repeat("É", 70))
	}
	return all
}

func keys(t *testing.T, s blob.Store) {
	all := awkward()
	for _, k := range all {
		put(t, s, k, "content of "+k)
	}
	for _, k := range all {
		if got := get(t, s, k); got != "content of "+k {
			t.Errorf("key %q holds %q", k, got)
		}
	}
	slices.Sort(all)
	if got := listed(t, s, ""); !slices.Equal(got, all) {
		t.Errorf("listed %q\nwant   %q", got, all)
	}
	for _, k := range all {
		if err := s.Delete(t.Context(), k); err != nil {
			t.Errorf("delete %q: %v", k, err)
		}
	}
	if got := listed(t, s, ""); len(got) > 0 {
		t.Errorf("left after deleting all: %q", got)
	}
}

func list(t *testing.T, s blob.Store) {
	all := append(awkward(), "runs/1/a", "runs/1/b", "runs/10/a", "runs/2/a", "runs/2", "run", "runs-1")
	for _, k := range all {
		put(t, s, k, k)
	}
	slices.Sort(all)
	for _, prefix := range []string{"", "r", "runs", "runs/", "runs/1", "runs/1/", "runs/1/a", "runs/1/ab", "none", "k", strings.Repeat("k", 200), strings.Repeat("j", 198) + "%", "ü"} {
		var want []string
		for _, k := range all {
			if strings.HasPrefix(k, prefix) {
				want = append(want, k)
			}
		}
		if got := listed(t, s, prefix); !slices.Equal(got, want) {
			t.Errorf("prefix %q: %q, want %q", prefix, got, want)
		}
	}
}

func deletes(t *testing.T, s blob.Store) {
	put(t, s, "a/b/c", "1")
	put(t, s, "a/d", "2")
	for range 2 { // there may be none
		if err := s.Delete(t.Context(), "a/b/c"); err != nil {
			t.Fatal(err)
		}
	}
	_, err := s.Stat(t.Context(), "a/b/c")
	wantKind(t, err, fault.NotFound)
	if got := get(t, s, "a/d"); got != "2" {
		t.Errorf("the neighbour holds %q", got)
	}
}

func failedReader(t *testing.T, s blob.Store) {
	put(t, s, "k", "before")
	broken := errors.New("the client went away")
	for _, key := range []string{"k", "new"} {
		_, err := s.Put(t.Context(), key, io.MultiReader(strings.NewReader("half"), iotest.ErrReader(broken)))
		if !errors.Is(err, broken) {
			t.Errorf("put of a broken reader gave %v", err)
		}
	}
	if got := get(t, s, "k"); got != "before" {
		t.Errorf("after a failed put it holds %q", got)
	}
	if got := listed(t, s, ""); !slices.Equal(got, []string{"k"}) {
		t.Errorf("listed %q", got)
	}
}

func cancelled(t *testing.T, s blob.Store) {
	put(t, s, "k", "before")
	ctx, cancel := context.WithCancel(t.Context())
	// The context ends between two reads.
	r := io.MultiReader(strings.NewReader("half"), readerFunc(func([]byte) (int, error) { cancel(); return 0, nil }), strings.NewReader("rest"))
	if _, err := s.Put(ctx, "k", r); !errors.Is(err, context.Canceled) {
		t.Errorf("put gave %v", err)
	}
	if _, _, err := s.Get(ctx, "k"); !errors.Is(err, context.Canceled) {
		t.Errorf("get gave %v", err)
	}
	for _, err := range s.List(ctx, "") {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("list gave %v", err)
		}
	}
	if got := get(t, s, "k"); got != "before" {
		t.Errorf("it holds %q", got)
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func replaceWhileOpen(t *testing.T, s blob.Store) {
	old := strings.Repeat("old", 100_000)
	put(t, s, "k", old)
	r, _, err := s.Get(t.Context(), "k")
	if err != nil {
		t.Fatal(err)
	}
	put(t, s, "k", "new")
	if err := s.Delete(t.Context(), "k"); err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil {
		t.Fatal(err)
	}
	if string(b) != old {
		t.Error("the open blob changed")
	}
}

func manyAtOnce(t *testing.T, s blob.Store) {
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			content := bytes.Repeat([]byte{byte('a' + i)}, 50_000)
			if _, err := s.Put(t.Context(), "shared", bytes.NewReader(content)); err != nil {
				t.Error(err)
			}
			if _, err := s.Put(t.Context(), fmt.Sprintf("own/%d", i), bytes.NewReader(content)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	got := get(t, s, "shared")
	if len(got) != 50_000 || strings.Trim(got, got[:1]) != "" {
		t.Error("two writers were mixed")
	}
	if got := listed(t, s, "own/"); len(got) != 16 {
		t.Errorf("listed %q", got)
	}
}

func contendedFolder(t *testing.T, s blob.Store) {
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			key := fmt.Sprintf("one/folder/%d", i)
			for range 20 {
				if _, err := s.Put(t.Context(), key, strings.NewReader("x")); err != nil {
					t.Error(err)
				}
				if err := s.Delete(t.Context(), key); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if got := listed(t, s, ""); len(got) > 0 {
		t.Errorf("left: %q", got)
	}
}

func badKeys(t *testing.T, s blob.Store) {
	for _, k := range []string{"", strings.Repeat("k", blob.MaxKey+1)} {
		_, err := s.Put(t.Context(), k, strings.NewReader("x"))
		wantKind(t, err, fault.Invalid)
		_, _, err = s.Get(t.Context(), k)
		wantKind(t, err, fault.Invalid)
		_, err = s.Stat(t.Context(), k)
		wantKind(t, err, fault.Invalid)
		wantKind(t, s.Delete(t.Context(), k), fault.Invalid)
	}
}

func deleteAll(t *testing.T, s blob.Store) {
	for i := range 20 {
		put(t, s, fmt.Sprintf("up/%d", i), "x")
	}
	put(t, s, "upper", "y")
	if err := blob.DeleteAll(t.Context(), s, "up/"); err != nil {
		t.Fatal(err)
	}
	if got := listed(t, s, ""); !slices.Equal(got, []string{"upper"}) {
		t.Errorf("left %q", got)
	}
}

func nested(t *testing.T, s blob.Store) {
	for _, k := range []string{"a", "a/b", "a/b/c"} {
		put(t, s, k, k)
	}
	if err := s.Delete(t.Context(), "a/b"); err != nil {
		t.Fatal(err)
	}
	if got := listed(t, s, "a"); !slices.Equal(got, []string{"a", "a/b/c"}) {
		t.Errorf("listed %q", got)
	}
}

func stoppedList(t *testing.T, s blob.Store) {
	for i := range 10 {
		put(t, s, fmt.Sprintf("d%d/k", i), "x")
	}
	n := 0
	for _, err := range s.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n == 3 {
			break
		}
	}
}
