package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"portico/internal/blob/account"
)

func (s *storage) PutBlock(ctx context.Context, container, name string, b account.Block) (unwanted []string, err error) {
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		id, _, err := lockContainer(ctx, tx, container)
		if err != nil {
			return err
		}
		old, err := waitingBlocks(ctx, tx, id, name, b.ID)
		if err != nil {
			return err
		}
		unwanted = old
		if len(old) > 0 {
			_, err := tx.ExecContext(ctx, "DELETE FROM storage_block WHERE container = $1 AND name = $2 AND position = -1 AND id = $3", id, []byte(name), b.ID)
			if err != nil {
				return storageFault(err, "replace a block")
			}
		}
		return insertBlocks(ctx, tx, id, name, -1, []account.Block{b})
	})
	return unwanted, err
}

func (s *storage) DiscardBlocks(ctx context.Context, container, name, prefix string) (unwanted []string, err error) {
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		id, _, err := lockContainer(ctx, tx, container)
		if err != nil {
			return err
		}
		rows, err := tx.QueryContext(ctx, "DELETE FROM storage_block WHERE container = $1 AND name = $2 AND position = -1 AND SUBSTR(id, 1, $3) = $4 RETURNING content",
			id, []byte(name), len(prefix), prefix)
		if err != nil {
			return storageFault(err, "discard blocks")
		}
		unwanted, err = collect(rows, func(rows *sql.Rows) (c string, err error) {
			err = rows.Scan(&c)
			return c, err
		})
		return storageFault(err, "discard blocks")
	})
	return unwanted, err
}

// waitingBlocks gives the contents of the waiting block with that ID, and checks that another may wait.
func waitingBlocks(ctx context.Context, tx *sql.Tx, container, name, id string) (contents []string, err error) {
	const waiting = " FROM storage_block WHERE container = $1 AND name = $2 AND position = -1"
	var n, shortest, longest int
	err = tx.QueryRowContext(ctx, "SELECT COUNT(*), COALESCE(MIN(LENGTH(id)), 0), COALESCE(MAX(LENGTH(id)), 0)"+waiting, container, []byte(name)).Scan(&n, &shortest, &longest)
	if err != nil {
		return nil, storageFault(err, "count blocks")
	}
	if n > 0 && (shortest != len(id) || longest != len(id)) {
		return nil, account.InvalidBlobOrBlock()
	}
	rows, err := tx.QueryContext(ctx, "SELECT content"+waiting+" AND id = $3", container, []byte(name), id)
	if err != nil {
		return nil, storageFault(err, "read a block")
	}
	contents, err = collect(rows, func(rows *sql.Rows) (c string, err error) {
		err = rows.Scan(&c)
		return c, err
	})
	if err == nil && len(contents) == 0 && n >= account.MaxUncommittedBlocks {
		err = account.BlockCountExceedsLimit()
	}
	return contents, err
}

// blocksAtOnce is how many rows one INSERT has.
const blocksAtOnce = 100

// insertBlocks adds blocks whose places go up from first, or all wait where first is -1.
func insertBlocks(ctx context.Context, tx *sql.Tx, container, name string, first int64, blocks []account.Block) error {
	position := first
	for batch := range slices.Chunk(blocks, blocksAtOnce) {
		var rows []string
		var args []any
		for _, b := range batch {
			rows = append(rows, "("+placeholders(len(args)+1, 8)+")")
			args = append(args, container, []byte(name), position, b.ID, b.Start, b.Size, b.Content, b.Put.UnixNano())
			if first >= 0 {
				position++
			}
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO storage_block (container, name, position, id, start, size, content, put) VALUES "+strings.Join(rows, ", "), args...)
		if err != nil {
			return storageFault(err, "add blocks")
		}
	}
	return nil
}

// blobIn reads a blob inside a transaction; it is nil where there is none.
func blobIn(ctx context.Context, tx *sql.Tx, container, name string) (*account.Blob, error) {
	var r blobRow
	err := tx.QueryRowContext(ctx, "SELECT "+blobColumns+" FROM storage_blob WHERE container = $1 AND name = $2", container, []byte(name)).Scan(r.fields()...)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, storageFault(err, "read a blob")
	}
	b, err := r.blob()
	return &b, err
}

func blocksIn(ctx context.Context, tx *sql.Tx, container, name string) ([]block, error) {
	rows, err := tx.QueryContext(ctx, "SELECT position, id, start, size, content, put FROM storage_block WHERE container = $1 AND name = $2 ORDER BY position, put, id", container, []byte(name))
	if err != nil {
		return nil, storageFault(err, "read blocks")
	}
	return collect(rows, func(rows *sql.Rows) (b block, err error) {
		var put int64
		if err := rows.Scan(&b.position, &b.ID, &b.Start, &b.Size, &b.Content, &put); err != nil {
			return b, storageFault(err, "read blocks")
		}
		b.Put = time.Unix(0, put).UTC()
		return b, nil
	})
}

func removeBlocks(ctx context.Context, tx *sql.Tx, container, name string) error {
	_, err := tx.ExecContext(ctx, "DELETE FROM storage_block WHERE container = $1 AND name = $2", container, []byte(name))
	return storageFault(err, "remove blocks")
}

func putBlob(ctx context.Context, tx *sql.Tx, container, name string, b account.Blob) error {
	properties, err := json.Marshal(b.Properties)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO storage_blob (container, name, etag, created, modified, size, properties) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (container, name) DO UPDATE SET etag = excluded.etag, created = excluded.created, modified = excluded.modified,
		size = excluded.size, properties = excluded.properties`,
		container, []byte(name), b.ETag, b.Created.UnixNano(), b.Modified.UnixNano(), b.Size, string(properties))
	return storageFault(err, "put a blob")
}

func (s *storage) ReplaceBlob(ctx context.Context, container, name string,
	replace func(b *account.Blob, committed, uncommitted []account.Block) (account.Blob, []account.Block, error)) (next account.Blob, unwanted []string, err error) {
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		id, _, err := lockContainer(ctx, tx, container)
		if err != nil {
			return err
		}
		old, err := blobIn(ctx, tx, id, name)
		if err != nil {
			return err
		}
		oldBlocks, err := blocksIn(ctx, tx, id, name)
		if err != nil {
			return err
		}
		committed, uncommitted := divide(oldBlocks)
		var blocks []account.Block
		if next, blocks, err = replace(old, committed, uncommitted); err != nil {
			return err
		}
		unwanted = dropped(oldBlocks, blocks)
		if err := removeBlocks(ctx, tx, id, name); err != nil {
			return err
		}
		if err := insertBlocks(ctx, tx, id, name, 0, blocks); err != nil {
			return err
		}
		return putBlob(ctx, tx, id, name, next)
	})
	return next, unwanted, err
}

// dropped gives the contents of old blocks that the new ones do not have.
func dropped(old []block, blocks []account.Block) (contents []string) {
	kept := map[string]bool{}
	for _, b := range blocks {
		kept[b.Content] = true
	}
	for _, b := range old {
		if !kept[b.Content] {
			kept[b.Content] = true // a block may stand in a blob twice
			contents = append(contents, b.Content)
		}
	}
	return contents
}

func (s *storage) ChangeBlob(ctx context.Context, container, name string, change func(account.Blob) (account.Blob, error)) (account.Blob, error) {
	var next account.Blob
	err := s.inTx(ctx, func(tx *sql.Tx) error {
		id, _, err := lockContainer(ctx, tx, container)
		if err != nil {
			return err
		}
		old, err := blobIn(ctx, tx, id, name)
		if err != nil {
			return err
		}
		if old == nil {
			return account.BlobNotFound()
		}
		if next, err = change(*old); err != nil {
			return err
		}
		return putBlob(ctx, tx, id, name, next)
	})
	return next, err
}

func (s *storage) RemoveBlob(ctx context.Context, container, name string, check func(account.Blob) error) (unwanted []string, err error) {
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		id, _, err := lockContainer(ctx, tx, container)
		if err != nil {
			return err
		}
		old, err := blobIn(ctx, tx, id, name)
		if err != nil {
			return err
		}
		if old == nil {
			return account.BlobNotFound()
		}
		if err := check(*old); err != nil {
			return err
		}
		blocks, err := blocksIn(ctx, tx, id, name)
		if err != nil {
			return err
		}
		unwanted = dropped(blocks, nil)
		if err := removeBlocks(ctx, tx, id, name); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "DELETE FROM storage_blob WHERE container = $1 AND name = $2", id, []byte(name))
		return storageFault(err, "remove a blob")
	})
	return unwanted, err
}

// RemoveStaleBlocks implements account.Leftovers. It locks the containers before
// it looks again, so that no block is taken that a commit is about to use.
func (s *storage) RemoveStaleBlocks(ctx context.Context, before time.Time, limit int) (unwanted []account.Unwanted, err error) {
	const stale = "SELECT container, name FROM storage_block WHERE position = -1 GROUP BY container, name HAVING MAX(put) < $1 ORDER BY container, name LIMIT $2"
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "UPDATE storage_container SET etag = etag WHERE id IN (SELECT container FROM ("+stale+") s)", before.UnixNano(), limit)
		if err != nil {
			return storageFault(err, "find stale blocks")
		}
		unwanted, err = takeBlocks(ctx, tx, "JOIN ("+stale+") s ON s.container = k.container AND s.name = k.name WHERE k.position = -1", before.UnixNano(), limit)
		return err
	})
	return unwanted, err
}

// RemoveLeftBlobs implements account.Leftovers.
func (s *storage) RemoveLeftBlobs(ctx context.Context, limit int) (unwanted []account.Unwanted, more bool, err error) {
	err = s.inTx(ctx, func(tx *sql.Tx) error {
		unwanted, err = takeBlocks(ctx, tx, "WHERE c.removed = 1 LIMIT $1", limit)
		if more = len(unwanted) > 0; err != nil || more {
			return err
		}
		done, err := tx.ExecContext(ctx, `DELETE FROM storage_blob WHERE (container, name) IN
			(SELECT b.container, b.name FROM storage_blob b JOIN storage_container c ON c.id = b.container WHERE c.removed = 1 LIMIT $1)`, limit)
		if err != nil {
			return storageFault(err, "remove blobs")
		}
		n, err := done.RowsAffected()
		if more = n > 0; err != nil || more {
			return err
		}
		_, err = tx.ExecContext(ctx, `DELETE FROM storage_container WHERE removed = 1
			AND NOT EXISTS (SELECT 1 FROM storage_block k WHERE k.container = storage_container.id)
			AND NOT EXISTS (SELECT 1 FROM storage_blob b WHERE b.container = storage_container.id)`)
		return storageFault(err, "remove containers")
	})
	return unwanted, more, err
}

// takeBlocks removes the blocks k, of containers c, that the rest of a query chooses.
func takeBlocks(ctx context.Context, tx *sql.Tx, which string, args ...any) ([]account.Unwanted, error) {
	type row struct {
		account.Unwanted
		container, id string
		position      int64
	}
	rows, err := tx.QueryContext(ctx, "SELECT c.name, k.container, k.name, k.position, k.id, k.content FROM storage_block k JOIN storage_container c ON c.id = k.container "+which, args...)
	if err != nil {
		return nil, storageFault(err, "find leftover blocks")
	}
	found, err := collect(rows, func(rows *sql.Rows) (r row, err error) {
		var container, name []byte
		if err := rows.Scan(&container, &r.container, &name, &r.position, &r.id, &r.Content); err != nil {
			return r, storageFault(err, "find leftover blocks")
		}
		r.Container, r.Blob = string(container), string(name)
		return r, nil
	})
	if err != nil {
		return nil, err
	}
	var unwanted []account.Unwanted
	for _, r := range found {
		_, err := tx.ExecContext(ctx, "DELETE FROM storage_block WHERE container = $1 AND name = $2 AND position = $3 AND id = $4", r.container, []byte(r.Blob), r.position, r.id)
		if err != nil {
			return nil, storageFault(err, "remove a leftover block")
		}
		unwanted = append(unwanted, r.Unwanted)
	}
	return unwanted, nil
}
