// Package blob keeps bytes under keys: dataset contents, upload blocks, node
// outputs, job results. A blob is written whole or not at all. Local keeps
// blobs in files; blobtest holds every driver to the same behaviour.
package blob

import (
	"context"
	"io"
	"iter"
	"time"

	"portico/internal/fault"
)

// MaxKey is the longest key in bytes, which is what S3 takes too. Any bytes may
// occur in a key, and keys that differ in a byte differ.
const MaxKey = 1024

// Info describes a blob.
type Info struct {
	Key      string
	Size     int64 // bytes
	Modified time.Time
}

// Store keeps blobs. Every method is safe for concurrent use and returns
// fault.Invalid for an empty key or one over MaxKey.
type Store interface {
	// Put stores all that r gives as the blob of that key, in place of what was
	// there. When it returns nil the blob is on disk; when it fails, or the process
	// dies, the key has what it had before. It returns fault.StorageFailed where the
	// store refuses (disk full), ctx's error, or what r returned, wrapped.
	Put(ctx context.Context, key string, r io.Reader) (Info, error)
	// Get opens a blob, which reads the same to its end though it be replaced or
	// deleted meanwhile. It returns fault.NotFound where there is none.
	Get(ctx context.Context, key string) (io.ReadCloser, Info, error)
	// Range opens length bytes from offset on, fewer where the blob ends; a negative
	// length is all the rest. It returns fault.Invalid for an offset below 0 or
	// beyond the end, and fault.NotFound.
	Range(ctx context.Context, key string, offset, length int64) (io.ReadCloser, Info, error)
	// Stat describes a blob. It returns fault.NotFound where there is none.
	Stat(ctx context.Context, key string) (Info, error)
	// List gives the blobs whose keys begin with prefix, in the order of their
	// keys. After an error there are no more.
	List(ctx context.Context, prefix string) iter.Seq2[Info, error]
	// Delete removes a blob; there may be none.
	Delete(ctx context.Context, key string) error
}

func checkKey(key string) error {
	switch {
	case key == "":
		return fault.New(fault.Invalid, "the blob key is empty")
	case len(key) > MaxKey:
		return fault.New(fault.Invalid, "the blob key has %d bytes; at most %d are allowed", len(key), MaxKey)
	}
	return nil
}

func notFound(key string) error { return fault.New(fault.NotFound, "there is no blob %q", key) }

// DeleteAll removes every blob whose key begins with prefix.
func DeleteAll(ctx context.Context, s Store, prefix string) error {
	for info, err := range s.List(ctx, prefix) {
		if err != nil {
			return err
		}
		if err := s.Delete(ctx, info.Key); err != nil {
			return err
		}
	}
	return nil
}
