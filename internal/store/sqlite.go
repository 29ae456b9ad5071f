package store

import (
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"portico/internal/fault"
)

// DatabaseFile is the SQLite file's name in the data folder.
const DatabaseFile = "portico.db"

// openSQLite opens the writer and the reader pool. synchronous=FULL: what is
// acknowledged outlives a power cut. busy_timeout comes first, so that the
// other pragmas wait as well.
func openSQLite(dir string) (*engine, error) {
	// A file URI has no relative paths: its first segment would be read as a host.
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	dsn := func(extra ...string) string {
		q := url.Values{}
		for _, p := range append([]string{"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(ON)", "temp_store(MEMORY)"}, extra...) {
			q.Add("_pragma", p)
		}
		u := url.URL{Scheme: "file", Path: filepath.ToSlash(filepath.Join(dir, DatabaseFile)), RawQuery: q.Encode()}
		return u.String()
	}
	write, err := sql.Open("sqlite", dsn()+"&_txlock=immediate")
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	read, err := sql.Open("sqlite", dsn("query_only(ON)"))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the database: %w", err), write.Close())
	}
	return &engine{
		name: SQLite, dialect: goose.DialectSQLite3, write: write, read: read,
		schema:   func(text string) string { return text },
		tables:   "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name",
		snapshot: sql.LevelDefault, // a WAL reader sees one state from its first read on
	}, nil
}

// sqliteRefusal is nil for an error that is not SQLite's, or is our mistake.
func sqliteRefusal(err error) *fault.Error {
	var e *sqlite.Error
	if errors.As(err, &e) {
		switch e.Code() & 0xff {
		case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN:
			return fault.Wrap(err, fault.StorageFailed,
				"The data folder cannot be written, so nothing was changed. Free space on its disk or check its permissions, then try again.")
		}
	}
	return nil
}
