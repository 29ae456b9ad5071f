package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"portico/internal/audit"
	"portico/internal/fault"
	"portico/internal/record"
)

// Audit is the log of changes.
func (s *Store) Audit() audit.Log { return (*auditLog)(s) }

type auditLog Store

// auditState is what the writer of the log knows of it. Store.applying guards it.
type auditState struct {
	budget audit.Budget
	last   int64 // the greatest id
	bytes  int64 // of all entries
	pruned time.Time
}

const (
	// entryOverhead stands for an entry's columns besides its texts, in the log's budget of bytes.
	entryOverhead = 100
	// pruneEvery is how often entries that are too old go.
	pruneEvery = time.Hour
	// pruneStep is how many entries are looked at when some must go.
	pruneStep = 1000
)

func (s *Store) openLog(ctx context.Context, budget audit.Budget) error {
	if budget == (audit.Budget{}) {
		budget = audit.DefaultBudget
	}
	s.log.budget = budget
	err := s.read.QueryRowContext(ctx, "SELECT COALESCE(MAX(id), 0), CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM audit").Scan(&s.log.last, &s.log.bytes)
	return storageFault(err, "open the audit log")
}

// logChanges writes the entries of changes in their transaction, and lets the
// oldest go where the log is over its budget.
func (s *Store) logChanges(ctx context.Context, tx *sql.Tx, changes []record.Applied) error {
	actor, state := record.ActorOf(ctx), s.log // kept only when the entries are
	now := time.Now().UTC()
	for _, change := range changes {
		e, logged := audit.Of(change, actor)
		if !logged {
			continue
		}
		state.last = max(state.last+1, now.UnixNano())
		size := int64(len(e.Actor) + len(e.Address) + len(e.RequestID) + len(e.Path) + len(e.Before) + len(e.After) + entryOverhead)
		_, err := tx.ExecContext(ctx, "INSERT INTO audit (id, actor, address, request_id, action, path, before, after, size) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
			state.last, e.Actor, e.Address, e.RequestID, e.Action, e.Path, string(e.Before), string(e.After), size)
		if err != nil {
			return storageFault(err, "write the audit log")
		}
		state.bytes += size
	}
	if state.last == s.log.last {
		return nil
	}
	if err := state.prune(ctx, tx, now); err != nil {
		return err
	}
	s.log = state // where the commit fails after this, the counts are a little too high until the next start
	return nil
}

// prune lets entries go that are too old, once an hour, and the oldest while there are too many bytes.
func (l *auditState) prune(ctx context.Context, tx *sql.Tx, now time.Time) error {
	aged := now.Sub(l.pruned) >= pruneEvery
	if aged {
		l.pruned = now
	}
	for aged || l.bytes > l.budget.MaxBytes {
		rows, err := tx.QueryContext(ctx, "SELECT id, size FROM audit ORDER BY id LIMIT $1", pruneStep)
		if err != nil {
			return storageFault(err, "prune the audit log")
		}
		sizes, err := collect(rows, func(rows *sql.Rows) (e [2]int64, err error) {
			err = rows.Scan(&e[0], &e[1])
			return e, err
		})
		if err != nil {
			return storageFault(err, "prune the audit log")
		}
		oldest, gone := now.Add(-l.budget.MaxAge).UnixNano(), 0
		for _, e := range sizes {
			if e[0] >= oldest && l.bytes <= l.budget.MaxBytes {
				break
			}
			l.bytes -= e[1]
			gone++
		}
		if gone == 0 {
			return nil
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM audit WHERE id <= $1", sizes[gone-1][0]); err != nil {
			return storageFault(err, "prune the audit log")
		}
		aged = gone == pruneStep
	}
	return nil
}

const entryColumns = "id, actor, address, request_id, action, path"

// Entries implements audit.Log.
func (l *auditLog) Entries(ctx context.Context, before int64, next func(audit.Entry) bool) (err error) {
	query, args := "SELECT "+entryColumns+" FROM audit ORDER BY id DESC", []any{}
	if before > 0 {
		query, args = "SELECT "+entryColumns+" FROM audit WHERE id < $1 ORDER BY id DESC", []any{before}
	}
	rows, err := l.read.QueryContext(ctx, query, args...)
	if err != nil {
		return storageFault(err, "read the audit log")
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		e, err := scanEntry(rows)
		if err != nil {
			return storageFault(err, "read the audit log")
		}
		if !next(e) {
			return nil
		}
	}
	return storageFault(rows.Err(), "read the audit log")
}

// Entry implements audit.Log.
func (l *auditLog) Entry(ctx context.Context, id int64) (audit.Entry, error) {
	var before, after string
	e, err := scanEntry(l.read.QueryRowContext(ctx, "SELECT "+entryColumns+", before, after FROM audit WHERE id = $1", id), &before, &after)
	if errors.Is(err, sql.ErrNoRows) {
		return e, fault.New(fault.NotFound, "The audit log has no entry %d: it never had one, or the entry was too old to be kept.", id)
	}
	if err != nil {
		return e, storageFault(err, "read the audit log")
	}
	if before != "" {
		e.Before = json.RawMessage(before)
	}
	if after != "" {
		e.After = json.RawMessage(after)
	}
	return e, nil
}

func scanEntry(row interface{ Scan(...any) error }, more ...any) (e audit.Entry, err error) {
	err = row.Scan(append([]any{&e.ID, &e.Actor, &e.Address, &e.RequestID, &e.Action, &e.Path}, more...)...)
	e.Time, e.Kind = time.Unix(0, e.ID).UTC(), record.Kind(e.Path)
	return e, err
}
