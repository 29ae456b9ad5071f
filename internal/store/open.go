package store

import (
	"bytes"
	"context"
	"database/sql"
	"embed"
	"errors"
	"io/fs"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/pressly/goose/v3"

	"portico/internal/fault"
)

// The engines.
const (
	SQLite     = "sqlite"
	PostgreSQL = "postgres"
)

const readerConnections = 4

// engine is an open database and all that differs between the databases.
type engine struct {
	name    string
	dialect goose.Dialect
	// write has one connection on every engine: commits come one after the
	// other, and the notices about them in the same order (ADR 0006).
	write    *sql.DB
	read     *sql.DB
	schema   func(text string) string // a migration as this engine takes it
	tables   string                   // the query for the names of all tables
	snapshot sql.IsolationLevel       // in which a reading transaction sees one state
	// mark names a transaction, and committed tells later what became of it,
	// where a connection can be lost while it commits; else both are nil.
	mark      func(context.Context, *sql.Tx) (string, error)
	committed func(ctx context.Context, mark string) (bool, error)
	// writer is the writer's connection on PostgreSQL, else nil.
	writer func() *pgx.Conn
	// pool gives the settings of another pool on PostgreSQL, else it is nil.
	pool func() *pgxpool.Config
}

func openEngine(o Options) (*engine, error) {
	var e *engine
	var err error
	if o.Database == "" {
		e, err = openSQLite(o.Dir)
	} else {
		e, err = openPostgreSQL(o.Database)
	}
	if err != nil {
		return nil, err
	}
	e.write.SetMaxOpenConns(1)
	e.read.SetMaxOpenConns(readerConnections)
	e.read.SetMaxIdleConns(readerConnections)
	return e, nil
}

func (e *engine) close() error { return errors.Join(e.read.Close(), e.write.Close()) }

//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the schema up to a version, or to the newest where that is 0.
// It refuses a database whose schema is newer than this program knows.
func (e *engine) migrate(ctx context.Context, to int64) error {
	p, err := e.provider()
	if err != nil {
		return err
	}
	have, err := p.GetDBVersion(ctx)
	if err != nil {
		return storageFault(err, "read the schema version")
	}
	newest := newestSchema(p)
	if max(have, to) > newest {
		return fault.New(fault.Unsupported,
			"The data has schema version %d and this program knows up to %d: use the newer Portico that wrote it.", max(have, to), newest)
	}
	if to == 0 {
		to = newest
	}
	_, err = p.UpTo(ctx, to)
	return storageFault(err, "bring the schema up to date")
}

func (e *engine) provider() (*goose.Provider, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(e.dialect, e.write, schemaFiles{files, e.schema})
}

func newestSchema(p *goose.Provider) int64 {
	sources := p.ListSources()
	return sources[len(sources)-1].Version
}

// schemaFiles are the migrations as an engine takes them.
type schemaFiles struct {
	fs.FS
	schema func(string) string
}

// Open implements fs.FS.
func (s schemaFiles) Open(name string) (fs.File, error) {
	f, err := s.FS.Open(name)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil || info.IsDir() {
		return f, err
	}
	text, err := fs.ReadFile(s.FS, name)
	return schemaFile{bytes.NewReader([]byte(s.schema(string(text)))), f}, err
}

// schemaFile reads another text than the file's.
type schemaFile struct {
	*bytes.Reader
	fs.File
}

// Read implements fs.File.
func (s schemaFile) Read(b []byte) (int, error) { return s.Reader.Read(b) }
