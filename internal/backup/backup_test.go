package backup_test

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"portico/internal/backup"
	"portico/internal/fault"
)

var manifest = backup.Manifest{Format: backup.Format, Schema: 7, Engine: "sqlite", Made: time.Date(2026, 11, 24, 1, 2, 3, 0, time.UTC), MasterKey: true}

// write makes a backup with everything that one can hold.
func write(t testing.TB, m backup.Manifest) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := backup.NewWriter(&out, m)
	if err != nil {
		t.Fatal(err)
	}
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	check(w.Row("first", []byte(`{"a":1}`)))
	check(w.Row("first", []byte(strings.Repeat("x", 1<<20))))
	check(w.Row("first", []byte(`{"a":2}`)))
	check(w.Row("second", []byte(`{}`)))
	check(w.Blob("blobs", "a/b c\x00\xff%", 5, strings.NewReader("hello, and more")))
	check(w.Blob("blobs", strings.Repeat("long/", 200), 0, strings.NewReader("")))
	check(w.File("usage/calls", 3, strings.NewReader("abc")))
	check(w.Close())
	return out.Bytes()
}

// collect lists what a backup gives its visitor.
func collect(b []byte) (found []string, m backup.Manifest, err error) {
	add := func(what string, r io.Reader) error {
		b, err := io.ReadAll(r)
		found = append(found, fmt.Sprintf("%s = %d %.9s", what, len(b), b))
		return err
	}
	m, err = backup.Read(bytes.NewReader(b), backup.Visitor{
		Row:  func(table string, row []byte) error { return add("row of "+table, bytes.NewReader(row)) },
		Blob: func(store, key string, r io.Reader) error { return add(fmt.Sprintf("blob %s %.12q", store, key), r) },
		File: func(name string, r io.Reader) error { return add("file "+name, r) },
	})
	return found, m, err
}

func TestReadGivesWhatWasWritten(t *testing.T) {
	found, m, err := collect(write(t, manifest))
	want := []string{"row of first = 7 {\"a\":1}", "row of first = 1048576 xxxxxxxxx", "row of first = 7 {\"a\":2}", "row of second = 2 {}",
		`blob blobs "a/b c\x00\xff%" = 5 hello`, `blob blobs "long/long/lo" = 0 `, "file usage/calls = 3 abc"}
	if err != nil || m != manifest || strings.Join(found, "\n") != strings.Join(want, "\n") {
		t.Errorf("got %+v, %v:\n%s", m, err, strings.Join(found, "\n"))
	}
}

// TestDamageIsFound cuts a backup and alters it at many places. Where the bytes
// do not matter to a tar (its padding), what is read must be what was written.
func TestDamageIsFound(t *testing.T) {
	whole := write(t, manifest)
	want, _, err := collect(whole)
	if err != nil {
		t.Fatal(err)
	}
	const last = 2048 // of it the checksums and the end of the tar
	for at := 0; at < len(whole); at += 1 + at%5*7 + at/5000*300 {
		altered := bytes.Clone(whole)
		altered[at] ^= 0x20
		if found, m, err := collect(altered); err == nil && (m != manifest || strings.Join(found, "\n") != strings.Join(want, "\n")) {
			t.Errorf("a change at byte %d of %d was not found", at, len(whole))
		}
		if _, _, err := collect(whole[:at]); at < len(whole)-last && !fault.Is(err, fault.Invalid) {
			t.Errorf("cut at byte %d of %d: got %v", at, len(whole), err)
		}
	}
}

func TestOtherFormatsAreRefused(t *testing.T) {
	m := manifest
	m.Format++
	if _, _, err := collect(write(t, m)); !fault.Is(err, fault.Unsupported) {
		t.Errorf("got %v", err)
	}
}

func TestAShrinkingFileFails(t *testing.T) {
	w, err := backup.NewWriter(io.Discard, manifest)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.File("f", 10, strings.NewReader("short")); err == nil {
		t.Error("a file that ends too early was taken for whole")
	}
}

func FuzzRead(f *testing.F) {
	f.Add(write(f, manifest)[:4096])
	f.Add([]byte("no backup"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, _, err := collect(b); err != nil && !fault.Is(err, fault.Invalid) && !fault.Is(err, fault.Unsupported) {
			t.Errorf("got %v", err)
		}
	})
}
