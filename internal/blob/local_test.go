package blob_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"portico/internal/blob"
	"portico/internal/blob/blobtest"
	"portico/internal/fault"
)

func openLocal(t *testing.T, dir string) *blob.Local {
	t.Helper()
	s, err := blob.OpenLocal(dir)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestLocal(t *testing.T) {
	blobtest.Run(t, func(t *testing.T) blob.Store { return openLocal(t, t.TempDir()) })
}

// A process that died while it wrote leaves nothing that counts, and its rest is cleared away.
func TestOpenAfterCrash(t *testing.T) {
	dir := t.TempDir()
	s := openLocal(t, dir)
	if _, err := s.Put(t.Context(), "kept", strings.NewReader("whole")); err != nil {
		t.Fatal(err)
	}
	half := filepath.Join(dir, "writing", "blob-123")
	if err := os.WriteFile(half, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	s = openLocal(t, dir)
	if _, err := os.Stat(half); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the unfinished file is still there: %v", err)
	}
	r, _, err := s.Get(t.Context(), "kept")
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil || string(b) != "whole" {
		t.Errorf("kept holds %q, %v", b, err)
	}
}

// zeros is an endless reader.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

func TestFullDisk(t *testing.T) {
	dir := blobtest.SmallDisk(t, "1m")
	s := openLocal(t, dir)
	if _, err := s.Put(t.Context(), "k", strings.NewReader("before")); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"k", "new/key"} {
		_, err := s.Put(t.Context(), key, io.LimitReader(zeros{}, 4<<20))
		if !fault.Is(err, fault.StorageFailed) {
			t.Errorf("put on a full disk gave %v", err)
		}
	}
	var found []string
	for info, err := range s.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, info.Key)
	}
	if len(found) != 1 || found[0] != "k" {
		t.Errorf("after the failed puts there are %q", found)
	}
	left, err := os.ReadDir(filepath.Join(dir, "writing"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if _, err := s.Put(t.Context(), "after", io.LimitReader(zeros{}, 500_000)); err != nil {
		t.Errorf("the disk has room again, but put gave %v", err)
	}
}

func TestReadOnlyFolder(t *testing.T) {
	if runtime.GOOS == "windows" || os.Geteuid() == 0 {
		t.Skip("permissions do not bind this user")
	}
	dir := t.TempDir()
	s := openLocal(t, dir)
	writing := filepath.Join(dir, "writing")
	if err := os.Chmod(writing, 0o500); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(writing, 0o700) })
	if _, err := s.Put(t.Context(), "k", strings.NewReader("x")); !fault.Is(err, fault.StorageFailed) {
		t.Errorf("put gave %v", err)
	}
}
