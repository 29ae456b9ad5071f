// Package store keeps everything that is acknowledged: it implements the Store
// interface of each area on SQL. One SQL text serves every engine; what differs
// between engines stands in open.go.
package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"sync"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"portico/internal/fault"
	"portico/internal/record"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Options say where and how to keep.
type Options struct {
	Dir string // folder of the SQLite file, which must exist
}

// Store is an open database.
type Store struct {
	write *sql.DB // one connection: SQLite has one writer
	read  *sql.DB
	// applying orders commits and the notices about them, so that a subscriber
	// sees changes in the order in which they became durable.
	applying    sync.Mutex
	subscribers []func([]record.Applied)
}

// Open opens the database of a data folder, creating it and bringing its schema
// up to date. It refuses a schema newer than this program knows.
func Open(ctx context.Context, o Options) (*Store, error) {
	write, read, err := openSQLite(o.Dir)
	if err != nil {
		return nil, err
	}
	s := &Store{write: write, read: read}
	if err := s.migrate(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Close releases the database. No call may be in flight.
func (s *Store) Close() error { return errors.Join(s.read.Close(), s.write.Close()) }

// Ping tells whether the database answers.
func (s *Store) Ping(ctx context.Context) error { return s.read.PingContext(ctx) }

// Subscribe has fn called with the changes of every Apply, after the commit and
// before Apply returns. Subscribe before the first Apply; fn must not call Apply.
func (s *Store) Subscribe(fn func([]record.Applied)) {
	s.applying.Lock()
	defer s.applying.Unlock()
	s.subscribers = append(s.subscribers, fn)
}

func (s *Store) migrate(ctx context.Context) error {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, s.write, sub)
	if err != nil {
		return fmt.Errorf("read the migrations: %w", err)
	}
	have, err := p.GetDBVersion(ctx)
	if err != nil {
		return storageFault(err, "read the schema version")
	}
	sources := p.ListSources()
	if newest := sources[len(sources)-1].Version; have > newest {
		return fault.New(fault.Unsupported,
			"the data folder has schema version %d and this program knows up to %d: start the newer Portico that wrote it", have, newest)
	}
	if _, err := p.Up(ctx); err != nil {
		return storageFault(err, "bring the schema up to date")
	}
	return nil
}

// inTx runs fn in one transaction on the writer connection.
func (s *Store) inTx(ctx context.Context, fn func(*sql.Tx) error) error {
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return storageFault(err, "begin")
	}
	if err := fn(tx); err != nil {
		return errors.Join(err, ignoreDone(tx.Rollback()))
	}
	if err := tx.Commit(); err != nil {
		return storageFault(err, "commit")
	}
	return nil
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
	var e *sqlite.Error
	if errors.As(err, &e) {
		switch e.Code() & 0xff {
		case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN:
			return fault.Wrap(err, fault.StorageFailed,
				"The data folder cannot be written, so nothing was changed. Free space on its disk or check its permissions, then try again.")
		}
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return fault.Wrap(err, fault.Cancelled, "The request was cancelled.")
	}
	return fmt.Errorf("store: %s: %w", doing, err)
}
