package job_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/riverqueue/river/riverdriver/riversqlite"
	"go.uber.org/goleak"
	_ "modernc.org/sqlite"

	"portico/internal/job"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// within bounds the wait for a queue, so that a test fails instead of hanging.
const within = 30 * time.Second

func open(t *testing.T, db *sql.DB) *job.Queue {
	t.Helper()
	q, err := job.Open(t.Context(), riversqlite.New(db), func(tx *sql.Tx) (*sql.Tx, error) { return tx, nil },
		job.Config{DB: db, Kinds: []string{"test"}, Workers: 2, Timeout: time.Hour, Look: 50 * time.Millisecond, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func database(t *testing.T) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.ToSlash(filepath.Join(t.TempDir(), "jobs.db"))+"?_pragma=journal_mode(WAL)&_pragma=busy_timeout(5000)&_txlock=immediate")
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { _ = db.Close() }) // what matters was committed
	return db
}

// run lets a queue work until stop is called.
func run(t *testing.T, q *job.Queue) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- q.Run(ctx) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// inTx runs fn in a transaction, which commit ends.
func inTx(t *testing.T, db *sql.DB, commit bool, fn func(*sql.Tx) error) {
	t.Helper()
	tx, err := db.BeginTx(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := fn(tx); err != nil {
		t.Fatal(err)
	}
	end := tx.Rollback
	if commit {
		end = tx.Commit
	}
	if err := end(); err != nil {
		t.Fatal(err)
	}
}

func receive[T any](t *testing.T, what string, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(within):
		t.Fatalf("%s did not come in %v", what, within)
		panic("unreachable")
	}
}

// TestEntriesFollowTheirTransaction holds that what is rolled back is not handled, and the rest is, in order.
func TestEntriesFollowTheirTransaction(t *testing.T) {
	db := database(t)
	q := open(t, db)
	handled := make(chan string, 10)
	q.Handle("test", func(ctx context.Context, e *job.Entry) error {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		if err := e.Complete(ctx, tx); err != nil {
			return errors.Join(err, tx.Rollback())
		}
		handled <- e.ID
		return tx.Commit()
	})
	for i := range 4 {
		inTx(t, db, i%2 == 0, func(tx *sql.Tx) error { return q.Enqueue(t.Context(), tx, "test", fmt.Sprint(i)) })
	}
	stop := run(t, q)
	got := []string{receive(t, "an entry", handled), receive(t, "an entry", handled)}
	stop()
	if fmt.Sprint(got) != "[0 2]" && fmt.Sprint(got) != "[2 0]" { // two workers
		t.Errorf("handled %v, want 0 and 2", got)
	}
	if len(handled) > 0 {
		t.Errorf("%s was handled too", <-handled)
	}
}

// TestUnfinishedEntriesAreHandledAgain holds that an entry whose handler failed,
// or whose process stopped or died, comes again.
func TestUnfinishedEntriesAreHandledAgain(t *testing.T) {
	db := database(t)
	entered, failed := make(chan string, 10), errors.New("not now")
	for _, c := range []struct {
		name  string
		leave func(ctx context.Context) error
	}{
		{"the process stops", func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }},
		{"the handler fails", func(context.Context) error { return failed }},
	} {
		t.Run(c.name, func(t *testing.T) {
			q := open(t, db)
			q.Handle("test", func(ctx context.Context, e *job.Entry) error {
				entered <- e.ID
				return c.leave(ctx)
			})
			inTx(t, db, true, func(tx *sql.Tx) error { return q.Enqueue(t.Context(), tx, "test", c.name) })
			stop := run(t, q)
			receive(t, "the entry", entered)
			if c.name == "the handler fails" {
				receive(t, "the entry again", entered)
			}
			stop()
			for len(entered) > 0 {
				<-entered
			}
			// A process that dies leaves its entries running.
			if _, err := db.ExecContext(t.Context(), "UPDATE river_job SET state = 'running'"); err != nil {
				t.Fatal(err)
			}
			next := open(t, db)
			next.Handle("test", func(ctx context.Context, e *job.Entry) error {
				tx, err := db.BeginTx(ctx, nil)
				if err != nil {
					return err
				}
				if err := e.Complete(ctx, tx); err != nil {
					return errors.Join(err, tx.Rollback())
				}
				if err := tx.Commit(); err != nil {
					return err
				}
				entered <- e.ID
				return nil
			})
			stop = run(t, next)
			if got := receive(t, "the entry after the restart", entered); got != c.name {
				t.Errorf("%q was handled", got)
			}
			stop()
			if _, err := db.ExecContext(t.Context(), "DELETE FROM river_job"); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// TestLostEntriesAreFound holds that an entry is handled which the database says
// is running, and which no handler has: the answer that brought it was lost.
func TestLostEntriesAreFound(t *testing.T) {
	db := database(t)
	q := open(t, db)
	entered := make(chan string, 10)
	q.Handle("test", func(ctx context.Context, e *job.Entry) error {
		entered <- e.ID
		<-ctx.Done() // it is in hand, and not to be taken for lost
		return ctx.Err()
	})
	stop := run(t, q)
	inTx(t, db, true, func(tx *sql.Tx) error { return q.Enqueue(t.Context(), tx, "test", "in hand") })
	if got := receive(t, "the first entry", entered); got != "in hand" {
		t.Errorf("%s was handled", got)
	}
	inTx(t, db, true, func(tx *sql.Tx) error {
		if err := q.Enqueue(t.Context(), tx, "test", "lost"); err != nil {
			return err
		}
		_, err := tx.Exec("UPDATE river_job SET state = 'running'")
		return err
	})
	if got := receive(t, "the lost entry", entered); got != "lost" {
		t.Errorf("%s was handled", got)
	}
	pending, err := q.Pending(t.Context(), "test")
	if err != nil || len(pending) != 2 || !pending["lost"] || !pending["in hand"] {
		t.Errorf("the queue holds %v, %v", pending, err)
	}
	stop()
	if len(entered) > 0 {
		t.Errorf("%s was handled twice", <-entered)
	}
}
