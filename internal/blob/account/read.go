package account

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"

	"portico/internal/fault"
)

// Stat describes a blob.
func (a *Account) Stat(ctx context.Context, container, name string) (Blob, error) {
	b, _, err := a.index.Blob(ctx, container, name, 0, 0)
	return b, err
}

// Blocks gives a blob's blocks in order. It returns fault.NotFound where there is neither a blob nor a block.
func (a *Account) Blocks(ctx context.Context, container, name string) (b *Blob, committed, uncommitted []Block, err error) {
	b, committed, uncommitted, err = a.index.Blocks(ctx, container, name)
	if err == nil && b == nil && len(uncommitted) == 0 {
		err = BlobNotFound()
	}
	return b, committed, uncommitted, err
}

// Open opens a blob, which reads the same to its end though it be replaced or
// removed by this process meanwhile.
func (a *Account) Open(ctx context.Context, container, name string) (*Reader, Blob, error) {
	return a.OpenRange(ctx, container, name, 0, math.MaxInt64)
}

// OpenRange opens a blob's bytes from one offset up to another, or up to its end.
func (a *Account) OpenRange(ctx context.Context, container, name string, from, to int64) (*Reader, Blob, error) {
	p := place{container, name}
	a.uses.startReading(p)
	b, blocks, err := a.index.Blob(ctx, container, name, from, to)
	if err != nil {
		a.delete(ctx, a.uses.stopReading(p))
		return nil, Blob{}, err
	}
	to = min(to, b.Size)
	from = min(max(from, 0), to)
	return &Reader{ctx: ctx, account: a, place: p, blocks: blocks, from: from, to: to, at: from}, b, nil
}

// Reader reads a blob's bytes, opening one block after the other. It is for one goroutine.
type Reader struct {
	ctx      context.Context
	account  *Account
	place    place
	blocks   []Block // those with bytes between from and to, in order
	from, to int64   // offsets in the blob
	at       int64   // offset of the next byte
	open     io.ReadCloser
	closed   bool
}

// Len is the number of bytes that are left to read.
func (r *Reader) Len() int64 { return r.to - r.at }

// Read implements io.Reader. It fails with fault.Conflict where another process replaced the blob.
func (r *Reader) Read(p []byte) (int, error) {
	for r.at < r.to {
		if r.open == nil {
			if err := r.openBlock(); err != nil {
				return 0, err
			}
		}
		n, err := r.open.Read(p)
		r.at += int64(n)
		if errors.Is(err, io.EOF) {
			err = r.closeBlock()
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
	return 0, io.EOF
}

// openBlock opens the rest of the block that holds the next byte.
func (r *Reader) openBlock() error {
	for len(r.blocks) > 0 && r.blocks[0].Start+r.blocks[0].Size <= r.at {
		r.blocks = r.blocks[1:]
	}
	if len(r.blocks) == 0 || r.blocks[0].Start > r.at {
		return fmt.Errorf("blob %q: there is no block for offset %d of %d", r.place.blob, r.at, r.to)
	}
	b := r.blocks[0]
	offset := r.at - b.Start
	open, info, err := r.account.contents.Range(r.ctx, contentKey(b.Content), offset, min(b.Size, r.to-b.Start)-offset)
	if fault.Is(err, fault.NotFound) {
		return fault.Coded(fault.Conflict, "BlobOverwritten", "The blob was replaced or removed while it was read.")
	}
	if err != nil {
		return err
	}
	if info.Size != b.Size {
		return errors.Join(fmt.Errorf("blob %q: contents %s have %d bytes where the index says %d", r.place.blob, b.Content, info.Size, b.Size), open.Close())
	}
	r.open = open
	return nil
}

func (r *Reader) closeBlock() error {
	open := r.open
	r.open = nil
	return open.Close()
}

// Close ends the reading.
func (r *Reader) Close() error {
	if r.closed {
		return nil
	}
	r.closed, r.at = true, r.to
	var err error
	if r.open != nil {
		err = r.closeBlock()
	}
	r.account.delete(r.ctx, r.account.uses.stopReading(r.place))
	return err
}
