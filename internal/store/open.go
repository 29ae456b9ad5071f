package store

import (
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
)

// DatabaseFile is the SQLite file's name in the data folder.
const DatabaseFile = "portico.db"

const readerConnections = 4

// openSQLite opens the writer and the reader pool. synchronous=FULL: what is
// acknowledged outlives a power cut. busy_timeout comes first, so that the
// other pragmas wait as well.
func openSQLite(dir string) (write, read *sql.DB, err error) {
	// A file URI has no relative paths: its first segment would be read as a host.
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, nil, fmt.Errorf("open the database: %w", err)
	}
	dsn := func(extra ...string) string {
		q := url.Values{}
		for _, p := range append([]string{"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(ON)", "temp_store(MEMORY)"}, extra...) {
			q.Add("_pragma", p)
		}
		u := url.URL{Scheme: "file", Path: filepath.ToSlash(filepath.Join(dir, DatabaseFile)), RawQuery: q.Encode() + "&_txlock=immediate"}
		return u.String()
	}
	write, err = sql.Open("sqlite", dsn())
	if err != nil {
		return nil, nil, fmt.Errorf("open the database: %w", err)
	}
	write.SetMaxOpenConns(1)
	read, err = sql.Open("sqlite", dsn("query_only(ON)"))
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("open the database: %w", err), write.Close())
	}
	read.SetMaxOpenConns(readerConnections)
	read.SetMaxIdleConns(readerConnections)
	return write, read, nil
}
