package batch

import (
	"bytes"
	"context"
	"io"
	"math"

	"portico/internal/blob/account"
	"portico/internal/blob/server"
	"portico/internal/fault"
	"portico/internal/table"
)

// blobs is where a blob is read or written: the workspace's account or a
// foreign one. Errors are of the account; the caller says which blob they are about.
type blobs interface {
	// stat gives a blob's size and the tag of its version.
	stat(ctx context.Context) (size int64, etag string, err error)
	// open reads that version from an offset on. It fails with codeChanged, also in
	// the middle, where the blob has another by now.
	open(ctx context.Context, etag string, offset int64) (io.ReadCloser, error)
	// putBlock keeps a part of the blob to be, in place of one with the same ID.
	putBlock(ctx context.Context, id string, content []byte) error
	// commit makes the blob of those parts. Repeated, it does nothing more. It
	// fails with codeBlocksGone where somebody else committed under the name meanwhile.
	commit(ctx context.Context, ids []string, contentType string) error
}

// What the accounts answer that a job can do something about.
const (
	codeChanged    = "BlobChanged"
	codeBlocksGone = "InvalidBlockList"
)

func changed() error {
	return fault.Coded(fault.Conflict, codeChanged, "The blob was changed or removed while the job read it. Submit the job again.")
}

func contentType(f table.Format) string {
	switch f {
	case table.TSV, table.TSVNoHeader:
		return "text/tab-separated-values"
	case table.ARFF:
		return "text/plain"
	}
	return "text/csv"
}

// blobs gives access to where a location is.
func (s *Service) blobs(l *location) (blobs, error) {
	if l.own {
		return ownBlob{s.storage, l.container, l.blob}, nil
	}
	return newForeign(l, s.http, s.stall)
}

// ownBlob is a blob of the workspace's account. That its database does not
// answer says nothing about the job, which then waits for it.
type ownBlob struct {
	storage   *server.Server
	container string
	blob      string
}

func (b ownBlob) stat(ctx context.Context) (int64, string, error) {
	found, err := b.storage.Stat(ctx, b.container, b.blob)
	return found.Size, found.ETag, ownTrouble(err)
}

func (b ownBlob) open(ctx context.Context, etag string, offset int64) (io.ReadCloser, error) {
	r, found, err := b.storage.OpenRange(ctx, b.container, b.blob, offset, math.MaxInt64)
	if fault.Is(err, fault.NotFound) {
		return nil, changed()
	}
	if err != nil {
		return nil, ownTrouble(err)
	}
	if found.ETag != etag {
		_ = r.Close() // nothing was read of it
		return nil, changed()
	}
	return r, nil
}

func (b ownBlob) putBlock(ctx context.Context, id string, content []byte) error {
	if b.container == DefaultContainer {
		if err := b.storage.EnsureContainer(ctx, DefaultContainer); err != nil {
			return ownTrouble(err)
		}
	}
	return ownTrouble(b.storage.PutBlock(ctx, b.container, b.blob, id, bytes.NewReader(content)))
}

func (b ownBlob) commit(ctx context.Context, ids []string, contentType string) error {
	list := make([]account.BlockRef, len(ids))
	for i, id := range ids {
		list[i].ID = id
	}
	_, err := b.storage.CommitBlocks(ctx, b.container, b.blob, list, account.Properties{ContentType: contentType}, account.Anyway)
	return ownTrouble(err)
}

func ownTrouble(err error) error {
	if fault.Is(err, fault.Unavailable) {
		return troubled(err)
	}
	return err
}
