package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"portico/internal/blob/account"
	"portico/internal/secret"
)

// Storage is the index of the storage account.
func (s *Store) Storage() account.Index { return (*storage)(s) }

type storage Store

func (s *storage) inTx(ctx context.Context, fn func(*sql.Tx) error) error {
	return (*Store)(s).inTx(ctx, fn)
}

const (
	containerColumns = "name, etag, modified, metadata"
	containerByName  = "SELECT id, " + containerColumns + " FROM storage_container WHERE name = $1 AND removed = 0"
)

func (s *storage) CreateContainer(ctx context.Context, c account.Container) error {
	metadata, err := json.Marshal(c.Metadata)
	if err != nil {
		return err
	}
	return s.inTx(ctx, func(tx *sql.Tx) error {
		done, err := tx.ExecContext(ctx, "INSERT INTO storage_container (id, name, etag, modified, metadata, removed) VALUES ($1, $2, $3, $4, $5, 0) ON CONFLICT DO NOTHING",
			secret.ID(), []byte(c.Name), c.ETag, c.Modified.UnixNano(), string(metadata))
		if err != nil {
			return storageFault(err, "create a container")
		}
		if n, err := done.RowsAffected(); err != nil || n > 0 {
			return err
		}
		return account.ContainerAlreadyExists()
	})
}

func (s *storage) Container(ctx context.Context, name string) (account.Container, error) {
	_, c, err := scanContainer(s.read.QueryRowContext(ctx, containerByName, []byte(name)))
	return c, err
}

func scanContainer(row interface{ Scan(...any) error }) (id string, c account.Container, err error) {
	var name []byte
	var metadata string
	var modified int64
	err = row.Scan(&id, &name, &c.ETag, &modified, &metadata)
	if errors.Is(err, sql.ErrNoRows) {
		return "", c, account.ContainerNotFound()
	}
	if err != nil {
		return "", c, storageFault(err, "read a container")
	}
	c.Name, c.Modified = string(name), time.Unix(0, modified).UTC()
	return id, c, json.Unmarshal([]byte(metadata), &c.Metadata)
}

// lockContainer begins every change below a container. It updates the row to the same
// values, which on every engine makes other changes there wait, and finds that the container exists.
func lockContainer(ctx context.Context, tx *sql.Tx, name string) (id string, c account.Container, err error) {
	return scanContainer(tx.QueryRowContext(ctx, "UPDATE storage_container SET etag = etag WHERE name = $1 AND removed = 0 RETURNING id, "+containerColumns, []byte(name)))
}

func (s *storage) ChangeContainer(ctx context.Context, name string, change func(account.Container) (account.Container, error)) (account.Container, error) {
	var next account.Container
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		id, c, err := lockContainer(ctx, tx, name)
		if err != nil {
			return err
		}
		if next, err = change(c); err != nil {
			return err
		}
		metadata, err := json.Marshal(next.Metadata)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "UPDATE storage_container SET etag = $1, modified = $2, metadata = $3 WHERE id = $4", next.ETag, next.Modified.UnixNano(), string(metadata), id)
		return storageFault(err, "change a container")
	})
	return next, err
}

func (s *storage) RemoveContainer(ctx context.Context, name string, check func(account.Container) error) error {
	return s.inTx(ctx, func(tx *sql.Tx) error {
		id, c, err := lockContainer(ctx, tx, name)
		if err != nil {
			return err
		}
		if err := check(c); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "UPDATE storage_container SET removed = 1 WHERE id = $1", id)
		return storageFault(err, "remove a container")
	})
}

func (s *storage) Containers(ctx context.Context, prefix, from string, limit int) (found []account.Container, err error) {
	rows, err := s.read.QueryContext(ctx, "SELECT id, "+containerColumns+" FROM storage_container WHERE removed = 0 AND name >= $1 AND name < $2 ORDER BY name LIMIT $3",
		[]byte(max(prefix, from)), []byte(account.After(prefix)), limit)
	if err != nil {
		return nil, storageFault(err, "list containers")
	}
	return collect(rows, func(rows *sql.Rows) (account.Container, error) {
		_, c, err := scanContainer(rows)
		return c, err
	})
}

// collect reads all rows and closes them.
func collect[T any](rows *sql.Rows, scan func(*sql.Rows) (T, error)) (found []T, err error) {
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		found = append(found, v)
	}
	return found, storageFault(rows.Err(), "read")
}

const blobColumns = "name, etag, created, modified, size, properties"

// blobRow takes the blob columns, which an outer join may leave empty.
type blobRow struct {
	name                    []byte
	etag, properties        sql.NullString
	created, modified, size sql.NullInt64
}

func (r *blobRow) fields() []any {
	return []any{&r.name, &r.etag, &r.created, &r.modified, &r.size, &r.properties}
}

func (r *blobRow) blob() (account.Blob, error) {
	b := account.Blob{Name: string(r.name), ETag: r.etag.String, Size: r.size.Int64,
		Created: time.Unix(0, r.created.Int64).UTC(), Modified: time.Unix(0, r.modified.Int64).UTC()}
	return b, json.Unmarshal([]byte(r.properties.String), &b.Properties)
}

func (s *storage) Blobs(ctx context.Context, container, prefix, from string, limit int) ([]account.Blob, error) {
	id, _, err := scanContainer(s.read.QueryRowContext(ctx, containerByName, []byte(container)))
	if err != nil {
		return nil, err
	}
	rows, err := s.read.QueryContext(ctx, "SELECT "+blobColumns+" FROM storage_blob WHERE container = $1 AND name >= $2 AND name < $3 ORDER BY name LIMIT $4",
		id, []byte(max(prefix, from)), []byte(account.After(prefix)), limit)
	if err != nil {
		return nil, storageFault(err, "list blobs")
	}
	return collect(rows, func(rows *sql.Rows) (account.Blob, error) {
		var r blobRow
		if err := rows.Scan(r.fields()...); err != nil {
			return account.Blob{}, storageFault(err, "read a blob")
		}
		return r.blob()
	})
}

// Blob is one statement, so that the blob and its blocks are of one version.
func (s *storage) Blob(ctx context.Context, container, name string, from, to int64) (account.Blob, []account.Block, error) {
	b, blocks, err := s.blobAndBlocks(ctx, container, name, "k.position >= 0 AND k.start < $3 AND k.start + k.size > $4", to, from)
	if err != nil {
		return account.Blob{}, nil, err
	}
	if b == nil {
		return account.Blob{}, nil, account.BlobNotFound()
	}
	found := make([]account.Block, len(blocks))
	for i, k := range blocks {
		found[i] = k.Block
	}
	return *b, found, nil
}

func (s *storage) Blocks(ctx context.Context, container, name string) (b *account.Blob, committed, uncommitted []account.Block, err error) {
	b, blocks, err := s.blobAndBlocks(ctx, container, name, "k.position >= -1")
	committed, uncommitted = divide(blocks)
	return b, committed, uncommitted, err
}

// block is a block and its place in the blob.
type block struct {
	position int64
	account.Block
}

func divide(blocks []block) (committed, uncommitted []account.Block) {
	for _, k := range blocks {
		if k.position < 0 {
			uncommitted = append(uncommitted, k.Block)
		} else {
			committed = append(committed, k.Block)
		}
	}
	return committed, uncommitted
}

// blobAndBlocks reads a blob, nil where there is none, and the blocks at its
// name for which a condition on k holds, in order.
func (s *storage) blobAndBlocks(ctx context.Context, container, name, condition string, args ...any) (*account.Blob, []block, error) {
	const query = `SELECT b.name, b.etag, b.created, b.modified, b.size, b.properties, k.position, k.id, k.start, k.size, k.content, k.put
		FROM storage_container c
		LEFT JOIN storage_blob b ON b.container = c.id AND b.name = $2
		LEFT JOIN storage_block k ON k.container = c.id AND k.name = $2 AND `
	rows, err := s.read.QueryContext(ctx, query+condition+" WHERE c.name = $1 AND c.removed = 0 ORDER BY k.position, k.put, k.id",
		append([]any{[]byte(container), []byte(name)}, args...)...)
	if err != nil {
		return nil, nil, storageFault(err, "read a blob")
	}
	var first blobRow
	blocks, err := collect(rows, func(rows *sql.Rows) (block, error) {
		var position, start, size, put sql.NullInt64
		var id, content sql.NullString
		first = blobRow{}
		if err := rows.Scan(append(first.fields(), &position, &id, &start, &size, &content, &put)...); err != nil {
			return block{}, storageFault(err, "read a blob")
		}
		return block{position.Int64, account.Block{ID: id.String, Start: start.Int64, Size: size.Int64, Content: content.String, Put: time.Unix(0, put.Int64).UTC()}}, nil
	})
	if err != nil {
		return nil, nil, err
	}
	if len(blocks) == 0 {
		return nil, nil, account.ContainerNotFound()
	}
	if blocks[0].Content == "" { // there is no such block: the outer join's empty row
		blocks = nil
	}
	if first.name == nil {
		return nil, blocks, nil
	}
	b, err := first.blob()
	return &b, blocks, err
}

// Referenced implements account.Leftovers.
func (s *storage) Referenced(ctx context.Context, contents []string) (map[string]bool, error) {
	referenced := map[string]bool{}
	if len(contents) == 0 {
		return referenced, nil
	}
	rows, err := s.read.QueryContext(ctx, "SELECT content FROM storage_block WHERE content IN ("+placeholders(1, len(contents))+")", anys(contents)...)
	if err != nil {
		return nil, storageFault(err, "look for contents")
	}
	found, err := collect(rows, func(rows *sql.Rows) (c string, err error) {
		err = rows.Scan(&c)
		return c, err
	})
	for _, c := range found {
		referenced[c] = true
	}
	return referenced, err
}

func anys[T any](values []T) []any {
	all := make([]any, len(values))
	for i, v := range values {
		all[i] = v
	}
	return all
}
