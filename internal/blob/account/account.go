// Package account is a storage account: containers of blobs, and the blocks
// that blobs are made of. What is known of them stands in an index (SQL), their
// contents in a blob.Store, and this package keeps the two in agreement: contents
// are on disk before the index refers to them, and are removed after it ceased to.
// Package server speaks the Azure Blob wire over it; the product's own code calls it directly.
package account

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"log/slog"
	"strings"
	"time"

	"portico/internal/blob"
	"portico/internal/fault"
)

// Limits of the protocol, as of version 2019-12-12.
const (
	MaxBlobBytes         = 5000 << 20 // of one PutBlob; more goes in blocks
	MaxBlockBytes        = 4000 << 20
	MaxBlocks            = 50_000  // in a blob
	MaxUncommittedBlocks = 100_000 // waiting to be committed, for each blob
	MaxMetadataBytes     = 8 << 10 // names and values of one container or blob
	MaxPage              = 5000    // entries of one list
)

// Container holds blobs.
type Container struct {
	Name     string
	ETag     string // without quotes
	Modified time.Time
	Metadata map[string]string
}

// Blob is one blob without its contents.
type Blob struct {
	Name     string
	ETag     string // without quotes; another with every change
	Created  time.Time
	Modified time.Time
	Size     int64 // bytes
	Properties
}

// Properties are what a client says of a blob. MD5 is of the contents when they
// came in one piece, else what the client said it is, or nil.
type Properties struct {
	ContentType        string            `json:"contentType,omitempty"`
	ContentEncoding    string            `json:"contentEncoding,omitempty"`
	ContentLanguage    string            `json:"contentLanguage,omitempty"`
	ContentDisposition string            `json:"contentDisposition,omitempty"`
	CacheControl       string            `json:"cacheControl,omitempty"`
	MD5                []byte            `json:"md5,omitempty"`
	Metadata           map[string]string `json:"metadata,omitempty"`
	Copy               *Copy             `json:"copy,omitempty"`
}

// Copy tells where a blob's contents were copied from.
type Copy struct {
	ID        string    `json:"id"`
	Source    string    `json:"source"` // the URL that the client gave, without its query
	Completed time.Time `json:"completed"`
	Bytes     int64     `json:"bytes"`
}

// DefaultContentType is that of a blob whose writer named none.
const DefaultContentType = "application/octet-stream"

// Block is a part of a blob, or waits to become one.
type Block struct {
	ID      string // base64, as the client gave it; "" for a blob that came in one piece
	Start   int64  // offset in the blob
	Size    int64  // bytes
	Content string // what its contents are kept under
	Put     time.Time
}

// Config is what an Account needs.
type Config struct {
	Index    Index
	Contents blob.Store // below "account/" this process alone writes
	Log      *slog.Logger
	// BlockAge is how long blocks wait to be committed, counted from the blob's
	// latest one; 0 is a week, as Azure has it.
	BlockAge time.Duration
}

const (
	defaultBlockAge = 7 * 24 * time.Hour
	sweepEvery      = time.Hour
)

// Account is an open storage account. Its methods are safe for concurrent use.
type Account struct {
	index    Index
	contents blob.Store
	log      *slog.Logger
	blockAge time.Duration
	uses     uses
	// removed wakes the sweeper after a container was removed.
	removed chan struct{}
}

// Open makes an Account of what is kept. Call Run for its sweeper.
func Open(c Config) (*Account, error) {
	if c.Index == nil || c.Contents == nil || c.Log == nil {
		return nil, errors.New("account: Index, Contents and Log are required")
	}
	if c.BlockAge == 0 {
		c.BlockAge = defaultBlockAge
	}
	return &Account{index: c.Index, contents: c.Contents, log: c.Log, blockAge: c.BlockAge, uses: newUses(), removed: make(chan struct{}, 1)}, nil
}

// CreateContainer returns fault.Conflict for a name that is taken, fault.Invalid for one that is not allowed.
func (a *Account) CreateContainer(ctx context.Context, name string, metadata map[string]string) (Container, error) {
	if err := CheckContainerName(name); err != nil {
		return Container{}, err
	}
	c := Container{Name: name, ETag: newETag(), Modified: now(), Metadata: metadata}
	return c, a.index.CreateContainer(ctx, c)
}

// EnsureContainer makes a container where there is none of that name.
func (a *Account) EnsureContainer(ctx context.Context, name string) error {
	_, err := a.CreateContainer(ctx, name, nil)
	if fault.Is(err, fault.Conflict) {
		return nil
	}
	return err
}

// Container describes a container.
func (a *Account) Container(ctx context.Context, name string) (Container, error) {
	return a.index.Container(ctx, name)
}

// SetContainerMetadata replaces a container's metadata, unless check refuses.
func (a *Account) SetContainerMetadata(ctx context.Context, name string, metadata map[string]string, check func(Container) error) (Container, error) {
	return a.index.ChangeContainer(ctx, name, func(c Container) (Container, error) {
		if err := check(c); err != nil {
			return c, err
		}
		c.ETag, c.Modified, c.Metadata = newETag(), now(), metadata
		return c, nil
	})
}

// RemoveContainer removes a container with all its blobs, unless check refuses.
// The name is free when it returns; the sweeper frees the disk.
func (a *Account) RemoveContainer(ctx context.Context, name string, check func(Container) error) error {
	if err := a.index.RemoveContainer(ctx, name, check); err != nil {
		return err
	}
	select {
	case a.removed <- struct{}{}:
	default: // it is awake
	}
	return nil
}

// now is a time as the wire can say it: whole seconds, UTC.
func now() time.Time { return time.Now().UTC().Truncate(time.Second) }

// newETag draws 60 bits: enough that a version never has the tag of another.
func newETag() string {
	b := make([]byte, 8)
	_, _ = rand.Read(b)
	return "0x8" + strings.ToUpper(hex.EncodeToString(b))[1:]
}
