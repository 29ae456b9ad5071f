package store_test

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"portico/internal/blob/account"
	"portico/internal/fault"
	"portico/internal/limit"
	"portico/internal/record"
	"portico/internal/store"
	"portico/internal/store/storetest"
	"portico/internal/usage"
)

// sqlite opens a store in a folder of the test's and can open it again.
type sqlite struct {
	t   *testing.T
	dir string
	*store.Store
}

func openSQLite(t *testing.T) *sqlite {
	s := &sqlite{t: t, dir: t.TempDir()}
	s.open()
	t.Cleanup(s.close)
	return s
}

func (s *sqlite) open() {
	s.t.Helper()
	var err error
	if s.Store, err = store.Open(context.Background(), store.Options{Dir: s.dir}); err != nil {
		s.t.Fatal(err)
	}
}

func (s *sqlite) close() {
	s.t.Helper()
	if err := s.Close(); err != nil {
		s.t.Fatal(err)
	}
}

func (s *sqlite) reopen() {
	s.t.Helper()
	s.close()
	s.open()
}

func TestRecordsOnSQLite(t *testing.T) {
	s := openSQLite(t)
	storetest.Records(t, s.Records(), func() record.Store { s.reopen(); return s.Records() })
}

func TestQuotasOnSQLite(t *testing.T) {
	s := openSQLite(t)
	storetest.Quotas(t, s.Quotas(), func() limit.Store { s.reopen(); return s.Quotas() })
}

func TestStorageOnSQLite(t *testing.T) {
	s := openSQLite(t)
	storetest.Storage(t, s.Storage(), func() account.Index { s.reopen(); return s.Storage() })
}

func TestNewerSchemaIsRefused(t *testing.T) {
	first := openSQLite(t)
	db, err := sql.Open("sqlite", filepath.Join(first.dir, "portico.db"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if s, err := store.Open(context.Background(), store.Options{Dir: first.dir}); !fault.Is(err, fault.Unsupported) || !strings.Contains(err.Error(), "9999") {
		t.Errorf("got %v, %v; want a refusal that names version 9999", s, err)
	}
}

func TestSubscribersSeeCommitsInOrder(t *testing.T) {
	s := openSQLite(t)
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
}

func TestUsageOnSQLite(t *testing.T) {
	s := openSQLite(t)
	storetest.Usage(t, s.Usage(), func() usage.Store { s.reopen(); return s.Usage() })
}

// TestRelativeFolder opens a folder as `make run` names it.
func TestRelativeFolder(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.Mkdir("data", 0o700); err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(context.Background(), store.Options{Dir: "data"})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join("data", store.DatabaseFile)); err != nil {
		t.Error(err)
	}
}
