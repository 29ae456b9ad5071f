package blob_test

import (
	"context"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"portico/internal/blob"
	"portico/internal/fault"
)

func TestHold(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	l, err := blob.OpenLocal(dir)
	if err != nil {
		t.Fatal(err)
	}
	put := func(key, text string) {
		t.Helper()
		if _, err := l.Put(ctx, key, strings.NewReader(text)); err != nil {
			t.Fatal(err)
		}
	}
	remove := func(key string) {
		t.Helper()
		if err := l.Delete(ctx, key); err != nil {
			t.Fatal(err)
		}
	}
	put("stays", "1")
	put("folder/goes", "2")
	put("goes late", "3")
	put("comes back", "4")
	h, err := l.Hold()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Hold(); !fault.Is(err, fault.Conflict) {
		t.Errorf("a second hold: %v", err)
	}
	remove("folder/goes")
	remove("comes back")
	put("comes back", "4")
	remove("comes back")
	if _, err := l.Stat(ctx, "folder/goes"); !fault.Is(err, fault.NotFound) {
		t.Errorf("a deleted blob is still there: %v", err)
	}
	got := map[string]string{}
	err = h.Each(ctx, func(i blob.Info, r io.Reader) error {
		b, err := io.ReadAll(r)
		if got[i.Key] = string(b); int64(len(b)) != i.Size {
			t.Errorf("%s has %d bytes, not %d", i.Key, len(b), i.Size)
		}
		if len(got) == 1 { // while the copy is made
			remove("goes late")
		}
		return err
	})
	want := map[string]string{"stays": "1", "folder/goes": "2", "goes late": "3", "comes back": "4"}
	if err != nil || !maps.Equal(got, want) {
		t.Errorf("got %v, %v", got, err)
	}
	if err := h.Release(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "held")); !os.IsNotExist(err) {
		t.Errorf("what was held is left behind: %v", err)
	}
	remove("stays")
	if h, err = l.Hold(); err != nil {
		t.Fatal(err)
	}
	if err := h.Each(ctx, func(i blob.Info, _ io.Reader) error { t.Errorf("%s is still there", i.Key); return nil }); err != nil {
		t.Error(err)
	}
	if _, err := blob.OpenLocal(dir); err != nil {
		t.Errorf("opening after a crash: %v", err)
	}
}
