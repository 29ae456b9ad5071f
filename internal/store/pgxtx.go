package store

import (
	"context"
	"database/sql"
	"errors"

	"github.com/jackc/pgx/v5"
)

// PgxTx gives an open transaction of a PostgreSQL store in pgx's own form, for
// a library that takes no other. Rows of tx must be closed before it is used. It
// is part of tx, whose owner ends it: Begin, Commit and Rollback return an error.
func (s *Store) PgxTx(tx *sql.Tx) (pgx.Tx, error) {
	if tx == nil || s.writer == nil {
		return nil, errors.New("store: there is no transaction of PostgreSQL")
	}
	// The writer has one connection, so a transaction that is open is on it.
	return borrowedTx{s.writer()}, nil
}

// borrowedTx sends its statements over the connection of somebody's transaction.
type borrowedTx struct{ connection }

// connection is embedded by a name of its own: pgx.Tx has a method Conn.
type connection = *pgx.Conn

var errBorrowed = errors.New("store: the transaction belongs to its owner")

// Begin implements pgx.Tx.
func (borrowedTx) Begin(context.Context) (pgx.Tx, error) { return nil, errBorrowed }

// Commit implements pgx.Tx.
func (borrowedTx) Commit(context.Context) error { return errBorrowed }

// Rollback implements pgx.Tx.
func (borrowedTx) Rollback(context.Context) error { return errBorrowed }

// LargeObjects implements pgx.Tx.
func (borrowedTx) LargeObjects() pgx.LargeObjects { return pgx.LargeObjects{} }

// Conn implements pgx.Tx.
func (t borrowedTx) Conn() *pgx.Conn { return t.connection }
