package store

import (
	"context"
	"database/sql"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"

	"portico/internal/fault"
	"portico/internal/job"
	"portico/internal/record"
)

// queueConnections is how many connections the queue has to PostgreSQL besides the writer's: one listens.
const queueConnections = 4

// OpenQueue opens the queue of background work in this database. c.DB is set
// here. Call close after the queue's Run has returned.
func (s *Store) OpenQueue(ctx context.Context, c job.Config) (q *job.Queue, close func() error, err error) {
	c.DB = s.write
	if s.pool == nil {
		q, err = job.Open(ctx, riversqlite.New(s.write), func(tx *sql.Tx) (*sql.Tx, error) { return tx, nil }, c)
		return q, func() error { return nil }, storageFault(err, "open the queue")
	}
	config := s.pool()
	config.MaxConns = queueConnections
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, nil, fault.Wrap(err, fault.Unavailable, "The database does not answer.")
	}
	if q, err = job.Open(ctx, riverpgxv5.New(pool), func(tx *sql.Tx) (pgx.Tx, error) { return s.PgxTx(tx) }, c); err != nil {
		pool.Close()
		return nil, nil, storageFault(err, "open the queue")
	}
	return q, func() error { pool.Close(); return nil }, nil
}

// EnqueueRecords has an entry of a kind enqueued for each record of recordKind
// that is new, in the transaction that stores it; its ID is the record's name.
// It is not to be called after the first such record.
func (s *Store) EnqueueRecords(recordKind string, q *job.Queue, kind string) {
	s.work[recordKind] = func(ctx context.Context, tx *sql.Tx, name string) error {
		return storageFault(q.Enqueue(ctx, tx, kind, name), "enqueue "+kind)
	}
}

// ApplyAndComplete makes changes as Apply does and completes an entry, both or neither.
func (s *Store) ApplyAndComplete(ctx context.Context, e *job.Entry, changes ...record.Change) error {
	_, err := s.apply(ctx, changes, func(ctx context.Context, tx *sql.Tx) error {
		return storageFault(e.Complete(ctx, tx), "complete a job")
	})
	return err
}
