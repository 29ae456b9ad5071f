package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/base64"
	"errors"
	"strings"
	"time"

	"portico/internal/fault"
	"portico/internal/record"
)

// Records is the store of every area's nouns.
func (s *Store) Records() record.Store { return (*records)(s) }

type records Store

const recordColumns = "path, etag, body, created, updated"

func (r *records) Get(ctx context.Context, path string) (record.Record, error) {
	rec, err := getRecord(r.read.QueryRowContext(ctx, "SELECT "+recordColumns+" FROM record WHERE key = $1", record.Key(path)))
	if errors.Is(err, sql.ErrNoRows) {
		return rec, notFound(path)
	}
	if err != nil {
		return rec, storageFault(err, "get "+path)
	}
	return rec, nil
}

func (r *records) List(ctx context.Context, collection string) ([]record.Record, error) {
	key := record.Key(strings.TrimSuffix(collection, "/")) + "/"
	from, _, _ := strings.Cut(key, "*")
	all, err := r.query(ctx, "SELECT "+recordColumns+" FROM record WHERE kind = $1 AND key >= $2 AND key < $3 ORDER BY created, key",
		record.Kind(key+"x"), from, after(from))
	if err != nil || !strings.Contains(key, "*") {
		return all, err
	}
	matched := all[:0]
	for _, rec := range all {
		if matchCollection(strings.Split(key, "/"), strings.Split(record.Key(rec.Path), "/")) {
			matched = append(matched, rec)
		}
	}
	return matched, nil
}

// matchCollection compares the segments of a collection (the last is empty) with a path's.
func matchCollection(collection, path []string) bool {
	for i, s := range collection[:len(collection)-1] {
		if s != "*" && s != path[i] {
			return false
		}
	}
	return true
}

func (r *records) Tree(ctx context.Context, root string) ([]record.Record, error) {
	key := strings.TrimSuffix(record.Key(root), "/")
	return r.query(ctx, "SELECT "+recordColumns+" FROM record WHERE key = $1 OR (key >= $2 AND key < $3) ORDER BY created, key",
		key, key+"/", after(key+"/"))
}

func (r *records) Apply(ctx context.Context, changes ...record.Change) ([]record.Applied, error) {
	return (*Store)(r).apply(ctx, changes, func(context.Context, *sql.Tx) error { return nil })
}

// apply makes changes, and what also does, in one transaction.
func (s *Store) apply(ctx context.Context, changes []record.Change, also func(context.Context, *sql.Tx) error) ([]record.Applied, error) {
	s.applying.Lock()
	defer s.applying.Unlock()
	var applied []record.Applied
	// A batch keeps its own order: records are listed by the time of their creation.
	now := time.Now().UTC().UnixNano()
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		for i, c := range changes {
			done, err := applyChange(ctx, tx, c, now+int64(i))
			if err != nil {
				return err
			}
			applied = append(applied, done...)
		}
		for _, a := range applied {
			if enqueue := s.work[record.Kind(a.New.Path)]; enqueue != nil && a.Old.Path == "" {
				if err := enqueue(ctx, tx, record.Name(a.New.Path)); err != nil {
					return err
				}
			}
		}
		if err := s.logChanges(ctx, tx, applied); err != nil {
			return err
		}
		return also(ctx, tx)
	})
	if err != nil {
		return nil, err
	}
	for _, notify := range s.subscribers {
		notify(applied)
	}
	return applied, nil
}

func applyChange(ctx context.Context, tx *sql.Tx, c record.Change, now int64) ([]record.Applied, error) {
	key := record.Key(c.Path)
	old, err := getRecord(tx.QueryRowContext(ctx, "SELECT "+recordColumns+" FROM record WHERE key = $1", key))
	exists := !errors.Is(err, sql.ErrNoRows)
	if exists && err != nil {
		return nil, storageFault(err, "read "+c.Path)
	}
	if err := c.Allowed(old, exists); err != nil {
		return nil, err
	}
	switch c.Op {
	case record.Put:
		return putRecord(ctx, tx, c, exists, old, now)
	case record.Delete:
		if _, err := tx.ExecContext(ctx, "DELETE FROM record WHERE key = $1", key); err != nil {
			return nil, storageFault(err, "delete "+c.Path)
		}
		return []record.Applied{{Old: old}}, nil
	default:
		return deleteTree(ctx, tx, key)
	}
}

func putRecord(ctx context.Context, tx *sql.Tx, c record.Change, exists bool, old record.Record, now int64) ([]record.Applied, error) {
	rec := record.Record{Path: c.Path, ETag: newETag(), Body: c.Body, Created: time.Unix(0, now).UTC(), Updated: time.Unix(0, now).UTC()}
	var err error
	if exists {
		rec.Path, rec.Created = old.Path, old.Created
		_, err = tx.ExecContext(ctx, "UPDATE record SET etag = $1, body = $2, updated = $3 WHERE key = $4",
			rec.ETag, string(c.Body), now, record.Key(c.Path))
	} else {
		_, err = tx.ExecContext(ctx, "INSERT INTO record (key, kind, path, etag, body, created, updated) VALUES ($1, $2, $3, $4, $5, $6, $7)",
			record.Key(c.Path), record.Kind(c.Path), rec.Path, rec.ETag, string(c.Body), now, now)
	}
	if err != nil {
		return nil, storageFault(err, "put "+c.Path)
	}
	return []record.Applied{{Old: old, New: rec}}, nil
}

func deleteTree(ctx context.Context, tx *sql.Tx, key string) ([]record.Applied, error) {
	const below = " FROM record WHERE key = $1 OR (key >= $2 AND key < $3)"
	rows, err := tx.QueryContext(ctx, "SELECT "+recordColumns+below, key, key+"/", after(key+"/"))
	if err != nil {
		return nil, storageFault(err, "read "+key)
	}
	gone, err := scanRecords(rows)
	if err != nil {
		return nil, storageFault(err, "read "+key)
	}
	if _, err := tx.ExecContext(ctx, "DELETE"+below, key, key+"/", after(key+"/")); err != nil {
		return nil, storageFault(err, "delete "+key)
	}
	applied := make([]record.Applied, len(gone))
	for i, rec := range gone {
		applied[i].Old = rec
	}
	return applied, nil
}

func (r *records) query(ctx context.Context, q string, args ...any) ([]record.Record, error) {
	rows, err := r.read.QueryContext(ctx, q, args...)
	if err != nil {
		return nil, storageFault(err, "list")
	}
	recs, err := scanRecords(rows)
	if err != nil {
		return nil, storageFault(err, "list")
	}
	return recs, nil
}

func scanRecords(rows *sql.Rows) (recs []record.Record, err error) {
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		rec, err := getRecord(rows)
		if err != nil {
			return nil, err
		}
		recs = append(recs, rec)
	}
	return recs, rows.Err()
}

func getRecord(row interface{ Scan(...any) error }) (record.Record, error) {
	var rec record.Record
	var body string
	var created, updated int64
	if err := row.Scan(&rec.Path, &rec.ETag, &body, &created, &updated); err != nil {
		return record.Record{}, err
	}
	rec.Body = []byte(body)
	rec.Created, rec.Updated = time.Unix(0, created).UTC(), time.Unix(0, updated).UTC()
	return rec, nil
}

// after is the least string above every string that begins with prefix, which
// ends in '/' or is such a path cut short; keys are bytes in SQL order.
func after(prefix string) string {
	return prefix[:len(prefix)-1] + string(prefix[len(prefix)-1]+1)
}

func notFound(path string) error {
	return fault.New(fault.NotFound, "%s was not found.", record.Name(path))
}

// newETag draws 64 bits: enough that a version never has the tag of another.
func newETag() string {
	b := make([]byte, 8)
	_, _ = rand.Read(b)
	return base64.StdEncoding.EncodeToString(b)
}
