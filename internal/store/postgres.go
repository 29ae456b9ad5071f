package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"regexp"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"portico/internal/fault"
)

const (
	// reconnectWithin is how long a call waits for a server that restarts.
	reconnectWithin = 10 * time.Second
	reconnectEvery  = 100 * time.Millisecond
	// connectTimeout is for one attempt, where the URL has no connect_timeout.
	connectTimeout = 5 * time.Second
	// lockTimeout is how long a dead process's connection may hold the lock still.
	lockTimeout = "3s"
	// quietFor is how long a connection may have been idle and is used without asking whether it lives.
	quietFor = 100 * time.Millisecond
)

// sessionSettings let the server notice a dead client within half a minute.
var sessionSettings = map[string]string{
	"application_name": "portico", "lock_timeout": lockTimeout,
	"tcp_keepalives_idle": "10", "tcp_keepalives_interval": "5", "tcp_keepalives_count": "3",
}

var textType = regexp.MustCompile(`\bTEXT\b`)

// openPostgreSQL opens the writer and the reader pool; it does not connect yet.
func openPostgreSQL(url string) (*engine, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "The database's URL cannot be read: it has the form postgres://user:password@host:port/name.")
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectTimeout
	}
	for name, value := range sessionSettings {
		config.RuntimeParams[name] = value
	}
	reader := config.Copy()
	reader.RuntimeParams["default_transaction_read_only"] = "on"
	var writer atomic.Pointer[pgx.Conn]
	write, read := openPatient(config, stdlib.OptionAfterConnect(func(ctx context.Context, c *pgx.Conn) error {
		writer.Store(c)
		return takeDatabase(ctx, c)
	})), openPatient(reader)
	return &engine{
		writer: writer.Load,
		pool: func() *pgxpool.Config {
			c, _ := pgxpool.ParseConfig(url) // which pgx has read above
			c.ConnConfig = config.Copy()
			return c
		},
		name: PostgreSQL, dialect: goose.DialectPostgres, write: write, read: read,
		// Text orders by its bytes, as on SQLite, whatever the database's locale is.
		schema:   func(text string) string { return textType.ReplaceAllString(text, `TEXT COLLATE "C"`) },
		tables:   "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename",
		snapshot: sql.LevelRepeatableRead,
		mark: func(ctx context.Context, tx *sql.Tx) (id string, err error) {
			return id, tx.QueryRowContext(ctx, "SELECT pg_current_xact_id()::text").Scan(&id)
		},
		committed: func(ctx context.Context, id string) (bool, error) {
			var status sql.NullString
			err := write.QueryRowContext(ctx, "SELECT pg_xact_status($1::text::xid8)", id).Scan(&status)
			return status.String == "committed", err
		},
	}, nil
}

// takeDatabase makes the connection the only one that writes the schema, as
// the data folder's lock does for SQLite: two processes would not see each
// other's changes. The server gives the lock back when the connection ends.
func takeDatabase(ctx context.Context, c *pgx.Conn) error {
	_, err := c.Exec(ctx, "SELECT pg_advisory_lock(hashtextextended('portico ' || current_schema(), 0))")
	return err
}

// openPatient opens a pool that waits for a server that restarts.
func openPatient(config *pgx.ConnConfig, options ...stdlib.OptionOpenDB) *sql.DB {
	options = append(options, stdlib.OptionShouldPing(func(_ context.Context, p stdlib.ShouldPingParams) bool { return p.IdleDuration > quietFor }))
	return sql.OpenDB(patient{stdlib.GetConnector(*config, options...)})
}

// patient is a connector that tries again while nobody answers.
type patient struct{ driver.Connector }

// Connect implements driver.Connector.
func (p patient) Connect(ctx context.Context) (driver.Conn, error) {
	deadline := time.Now().Add(reconnectWithin)
	for {
		c, err := p.Connector.Connect(ctx)
		if err == nil || !lost(err) || ctx.Err() != nil || time.Now().After(deadline) {
			return c, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(reconnectEvery):
		}
	}
}

// SQLSTATEs and classes of them, from the appendix of PostgreSQL's manual.
const (
	connectionClass    = "08"
	resourcesClass     = "53"
	diskFull           = "53100"
	operatorClass      = "57"
	queryCanceled      = "57014"
	systemErrorClass   = "58"
	readOnly           = "25006"
	lockNotAvailable   = "55P03"
	loginClass         = "28"
	noSuchDatabase     = "3D000"
	badText            = "22021" // not UTF-8, or NUL
	untranslatableText = "22P05"
)

// lost tells whether the server is not there, for the moment or altogether.
func lost(err error) bool {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		class := e.Code[:2]
		return e.Code != diskFull && e.Code != queryCanceled && (class == connectionClass || class == resourcesClass || class == operatorClass)
	}
	var dial *pgconn.ConnectError
	if errors.As(err, &dial) {
		return true
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return false // the caller's; it would pass for the network's
	}
	var network net.Error
	return errors.As(err, &network) || errors.Is(err, driver.ErrBadConn) || errors.Is(err, pgconn.ErrConnClosed) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// postgresRefusal is nil for an error that is not PostgreSQL's, or is our mistake.
func postgresRefusal(err error) *fault.Error {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		switch {
		case e.Code == diskFull, e.Code == readOnly, e.Code[:2] == systemErrorClass:
			return fault.Wrap(err, fault.StorageFailed, "The database cannot be written, so nothing was changed. Free space on its server's disk, then try again.")
		case e.Code == lockNotAvailable:
			return fault.Wrap(err, fault.Conflict, "The database is in use by another Portico: stop that one, or choose another database.")
		case e.Code == noSuchDatabase, e.Code[:2] == loginClass:
			return fault.Wrap(err, fault.Invalid, "The database refuses the connection (%s): check the user, the password and the name in its URL.", e.Message)
		case e.Code == badText, e.Code == untranslatableText:
			return fault.Wrap(err, fault.Invalid, "A text has a character that the database cannot keep: NUL, or bytes that are not UTF-8.")
		}
	}
	if lost(err) {
		return fault.Wrap(err, fault.Unavailable, "The database does not answer. Try again in a moment.")
	}
	return nil
}
