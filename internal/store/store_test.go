package store_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"portico/internal/fault"
	"portico/internal/record"
	"portico/internal/store"
	"portico/internal/store/storetest"
)

func TestRecordsOnSQLite(t *testing.T) {
	dir := t.TempDir()
	open := func() *store.Store {
		s, err := store.Open(context.Background(), store.Options{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := open()
	storetest.Records(t, s.Records(), func() record.Store {
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s = open()
		return s.Records()
	})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestNewerSchemaIsRefused(t *testing.T) {
	dir := t.TempDir()
	s, err := store.Open(context.Background(), store.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", filepath.Join(dir, "portico.db"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err := store.Open(context.Background(), store.Options{Dir: dir}); !fault.Is(err, fault.Unsupported) || !strings.Contains(err.Error(), "9999") {
		t.Errorf("got %v, %v; want a refusal that names version 9999", s, err)
	}
}

func TestSubscribersSeeCommitsInOrder(t *testing.T) {
	s, err := store.Open(context.Background(), store.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	var last record.Record
	broken := 0
	s.Subscribe(func(applied []record.Applied) {
		if applied[0].Old.ETag != last.ETag {
			broken++
		}
		last = applied[0].New
	})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 10 {
				if _, err := s.Records().Apply(context.Background(), record.PutOf("/apis/echo", 1, "")); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if broken != 0 {
		t.Errorf("%d notices came out of order", broken)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}
