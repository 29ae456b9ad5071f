// Package store keeps everything that is acknowledged: it implements the Store
// interface of each area on SQL. One SQL text serves every engine; what differs
// between engines stands in open.go.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"portico/internal/audit"
	"portico/internal/fault"
	"portico/internal/record"
)

// Options say where and how to keep.
type Options struct {
	Dir      string       // folder of the SQLite file, which must exist
	Database string       // URL of a PostgreSQL database (postgres://…), which is used instead
	Audit    audit.Budget // of the log of changes; zero: audit.DefaultBudget
}

// Store is an open database.
type Store struct {
	*engine
	// applying orders commits and the notices about them, so that a subscriber
	// sees changes in the order in which they became durable.
	applying    sync.Mutex
	subscribers []func([]record.Applied)
	log         auditState
}

// Open opens the database, creating what is missing and bringing its schema up
// to date. It returns fault.Unsupported for a schema newer than this program
// knows, fault.Conflict where another process writes a PostgreSQL database, and
// fault.Unavailable where that does not answer.
func Open(ctx context.Context, o Options) (*Store, error) {
	e, err := openEngine(o)
	if err != nil {
		return nil, err
	}
	if err := e.migrate(ctx, 0); err != nil {
		return nil, errors.Join(err, e.close())
	}
	s := &Store{engine: e}
	if err := s.openLog(ctx, o.Audit); err != nil {
		return nil, errors.Join(err, e.close())
	}
	return s, nil
}

// Close releases the database. No call may be in flight.
func (s *Store) Close() error { return s.close() }

// Engine is SQLite or PostgreSQL.
func (s *Store) Engine() string { return s.name }

// Ping tells whether the database answers.
func (s *Store) Ping(ctx context.Context) error { return storageFault(s.read.PingContext(ctx), "ping") }

// Empty tells whether nothing was ever kept.
func (s *Store) Empty(ctx context.Context) (bool, error) {
	var n int
	err := s.read.QueryRowContext(ctx, "SELECT COUNT(*) FROM (SELECT 1 FROM record LIMIT 1) r").Scan(&n)
	return n == 0, storageFault(err, "look for records")
}

// Subscribe has fn called with the changes of every Apply, after the commit and
// before Apply returns. Subscribe before the first Apply; fn must not call Apply.
func (s *Store) Subscribe(fn func([]record.Applied)) {
	s.applying.Lock()
	defer s.applying.Unlock()
	s.subscribers = append(s.subscribers, fn)
}

// inTx runs fn in one transaction on the writer connection.
func (s *Store) inTx(ctx context.Context, fn func(*sql.Tx) error) error {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return storageFault(err, "begin")
	}
	var mark string
	if s.mark != nil {
		if mark, err = s.mark(ctx, tx); err != nil {
			return errors.Join(storageFault(err, "begin"), ignoreDone(tx.Rollback()))
		}
	}
	if err := fn(tx); err != nil {
		return errors.Join(err, ignoreDone(tx.Rollback()))
	}
	if err := tx.Commit(); err != nil {
		return s.settle(ctx, mark, err)
	}
	return nil
}

// settleWithin bounds how long a lost commit's caller waits for the server to come back.
const settleWithin = 30 * time.Second

// settle finds out whether a commit that failed was made: the answer to it may
// have been lost with the connection.
func (s *Store) settle(ctx context.Context, mark string, failed error) error {
	if s.committed == nil || !lost(failed) {
		return storageFault(failed, "commit")
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleWithin)
	defer cancel()
	made, err := s.committed(ctx, mark)
	if err != nil {
		return fault.Wrap(errors.Join(failed, err), fault.Unavailable,
			"The database was lost while the change was made. Look whether it was made before you repeat it.")
	}
	if made {
		return nil
	}
	return storageFault(failed, "commit")
}

func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}

// storageFault names what a disk that refuses did to the user's request. It is nil for no error.
func storageFault(err error, doing string) error {
	if err == nil {
		return nil
	}
	if f := sqliteRefusal(err); f != nil {
		return f
	}
	if f := postgresRefusal(err); f != nil {
		return f
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return fault.Wrap(err, fault.Cancelled, "The request was cancelled.")
	}
	return fmt.Errorf("store: %s: %w", doing, err)
}
