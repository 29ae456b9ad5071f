package store_test

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"portico/internal/audit"
	"portico/internal/blob/account"
	"portico/internal/fault"
	"portico/internal/job"
	"portico/internal/limit"
	"portico/internal/record"
	"portico/internal/store"
	"portico/internal/store/postgrestest"
	"portico/internal/store/storetest"
	"portico/internal/usage"
	"portico/internal/webservice/jobs"
)

func TestMain(m *testing.M) { os.Exit(postgrestest.Main(m)) }

// opened is a store that can be closed and opened again.
type opened struct {
	t       *testing.T
	options store.Options
	*store.Store
}

func open(t *testing.T, o store.Options) *opened {
	t.Helper()
	s := &opened{t: t, options: o}
	s.open()
	t.Cleanup(s.close)
	return s
}

func (s *opened) open() {
	s.t.Helper()
	var err error
	if s.Store, err = store.Open(context.Background(), s.options); err != nil {
		s.t.Fatal(err)
	}
}

func (s *opened) close() {
	s.t.Helper()
	if err := s.Close(); err != nil {
		s.t.Fatal(err)
	}
}

func (s *opened) reopen() {
	s.t.Helper()
	s.close()
	s.open()
}

// empty gives the options for an empty database of an engine.
func empty(t *testing.T, engine string) store.Options {
	t.Helper()
	if engine == store.PostgreSQL {
		return store.Options{Database: postgrestest.Database(t)}
	}
	return store.Options{Dir: t.TempDir()}
}

// onEachEngine runs a test with an empty store of each engine.
func onEachEngine(t *testing.T, test func(*testing.T, *opened)) {
	for _, engine := range []string{store.SQLite, store.PostgreSQL} {
		t.Run(engine, func(t *testing.T) { test(t, open(t, empty(t, engine))) })
	}
}

func TestRecords(t *testing.T) {
	onEachEngine(t, func(t *testing.T, s *opened) {
		storetest.Records(t, s.Records(), func() record.Store { s.reopen(); return s.Records() })
	})
}

func TestQuotas(t *testing.T) {
	onEachEngine(t, func(t *testing.T, s *opened) {
		storetest.Quotas(t, s.Quotas(), func() limit.Store { s.reopen(); return s.Quotas() })
	})
}

func TestStorage(t *testing.T) {
	onEachEngine(t, func(t *testing.T, s *opened) {
		storetest.Storage(t, s.Storage(), func() account.Index { s.reopen(); return s.Storage() })
	})
}

func TestUsage(t *testing.T) {
	onEachEngine(t, func(t *testing.T, s *opened) {
		storetest.Usage(t, s.Usage(), func() usage.Store { s.reopen(); return s.Usage() })
	})
}

func TestBatchJobs(t *testing.T) {
	onEachEngine(t, func(t *testing.T, s *opened) {
		var queue *job.Queue
		var closeQueue func() error
		openJobs := func() jobs.Store {
			var err error
			queue, closeQueue, err = s.OpenQueue(t.Context(), job.Config{Kinds: []string{jobs.Kind}, Workers: 1, Timeout: time.Hour, Log: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Fatal(err)
			}
			return s.BatchJobs(queue)
		}
		shut := func() {
			if err := closeQueue(); err != nil {
				t.Error(err)
			}
		}
		storetest.Batch(t, openJobs(), storetest.BatchQueue{
			Pending: func(t *testing.T) map[string]bool {
				found, err := queue.Pending(t.Context(), jobs.Kind)
				if err != nil {
					t.Fatal(err)
				}
				return found
			},
			Lose: func(t *testing.T) { query(t, s.options, "DELETE FROM river_job RETURNING 'a', 'b', 'c'") },
		}, func() jobs.Store { shut(); s.reopen(); return openJobs() })
		shut()
	})
}

func TestSubscribersSeeCommitsInOrder(t *testing.T) {
	onEachEngine(t, func(t *testing.T, s *opened) {
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
	})
}

func TestNewerSchemaIsRefused(t *testing.T) {
	for _, engine := range []string{store.SQLite, store.PostgreSQL} {
		t.Run(engine, func(t *testing.T) {
			o := empty(t, engine)
			open(t, o).close()
			query(t, o, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, true) RETURNING 'done', 'done', 'done'")
			if s, err := store.Open(context.Background(), o); !fault.Is(err, fault.Unsupported) || !strings.Contains(err.Error(), "9999") {
				t.Errorf("got %v, %v; want a refusal that names version 9999", s, err)
			}
		})
	}
}

// query gives the rows of a query with three columns of text, from the database itself.
func query(t *testing.T, o store.Options, text string) (rows [][3]string) {
	t.Helper()
	driver, source := "sqlite", filepath.Join(o.Dir, store.DatabaseFile)
	if o.Database != "" {
		driver, source = "pgx", o.Database
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	found, err := db.Query(text)
	if err != nil {
		t.Fatal(err)
	}
	for found.Next() {
		var row [3]string
		if err := found.Scan(&row[0], &row[1], &row[2]); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
	if err := errors.Join(found.Err(), found.Close()); err != nil {
		t.Fatal(err)
	}
	return rows
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

func TestAudit(t *testing.T) {
	const maxBytes = 100_000
	for _, engine := range []string{store.SQLite, store.PostgreSQL} {
		t.Run(engine, func(t *testing.T) {
			o := empty(t, engine)
			o.Audit = audit.Budget{MaxBytes: maxBytes, MaxAge: time.Hour}
			s := open(t, o)
			storetest.Audit(t, func() (record.Store, audit.Log) { return s.Records(), s.Audit() }, s.reopen, maxBytes)
		})
	}
}
