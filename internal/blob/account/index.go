package account

import (
	"context"
	"time"

	"portico/internal/fault"
)

// Index keeps what is known of containers, blobs and blocks: all but their
// contents. Each change is one transaction, on disk when the method returns.
// The functions that a method takes run inside its transaction: they must be
// quick and call nothing of the Index. A method returns what they return.
// Names are compared and ordered by their bytes.
type Index interface {
	ContainerIndex
	BlobIndex
	Leftovers
}

// ContainerIndex keeps containers. Methods with a name return ContainerNotFound where there is none.
type ContainerIndex interface {
	// CreateContainer returns ContainerAlreadyExists.
	CreateContainer(ctx context.Context, c Container) error
	Container(ctx context.Context, name string) (Container, error)
	// ChangeContainer replaces a container by what change makes of it.
	ChangeContainer(ctx context.Context, name string, change func(Container) (Container, error)) (Container, error)
	// RemoveContainer frees the name. The container's blobs become leftovers.
	RemoveContainer(ctx context.Context, name string, check func(Container) error) error
	// Containers gives at most limit containers from a name on, in order, whose names begin with prefix.
	Containers(ctx context.Context, prefix, from string, limit int) ([]Container, error)
}

// BlobIndex keeps blobs and blocks. Methods return ContainerNotFound where there
// is no such container. Those that remove or replace blocks return the contents
// that nothing refers to any more.
type BlobIndex interface {
	// Blob gives a blob and those of its blocks that have bytes from one offset up to another.
	// It returns BlobNotFound.
	Blob(ctx context.Context, container, name string, from, to int64) (Blob, []Block, error)
	// Blobs gives at most limit blobs from a name on, in order, whose names begin with prefix.
	Blobs(ctx context.Context, container, prefix, from string, limit int) ([]Blob, error)
	// Blocks gives all blocks of a blob in order; the blob is nil where none was committed.
	Blocks(ctx context.Context, container, name string) (b *Blob, committed, uncommitted []Block, err error)
	// PutBlock adds an uncommitted block, in place of one with the same ID. It returns
	// InvalidBlobOrBlock for an ID of another length than those that wait already,
	// and BlockCountExceedsLimit when MaxUncommittedBlocks wait.
	PutBlock(ctx context.Context, container, name string, b Block) (unwanted []string, err error)
	// DiscardBlocks removes the uncommitted blocks of a blob whose IDs begin with prefix.
	DiscardBlocks(ctx context.Context, container, name, prefix string) (unwanted []string, err error)
	// ReplaceBlob makes or replaces a blob with all its blocks by what replace makes of it (nil: there is none),
	// and drops its uncommitted blocks.
	ReplaceBlob(ctx context.Context, container, name string, replace func(b *Blob, committed, uncommitted []Block) (Blob, []Block, error)) (next Blob, unwanted []string, err error)
	// ChangeBlob changes a blob but for its blocks. It returns BlobNotFound.
	ChangeBlob(ctx context.Context, container, name string, change func(Blob) (Blob, error)) (Blob, error)
	// RemoveBlob removes a blob with all its blocks. It returns BlobNotFound.
	RemoveBlob(ctx context.Context, container, name string, check func(Blob) error) (unwanted []string, err error)
}

// Leftovers finds what nobody wants any more.
type Leftovers interface {
	// RemoveStaleBlocks removes the uncommitted blocks of at most limit blobs whose latest
	// one was put before that time. It gives none when all is done.
	RemoveStaleBlocks(ctx context.Context, before time.Time, limit int) ([]Unwanted, error)
	// RemoveLeftBlobs removes at most limit blocks or blobs of removed containers, then
	// those containers. It tells whether there may be more.
	RemoveLeftBlobs(ctx context.Context, limit int) (unwanted []Unwanted, more bool, err error)
	// Referenced tells which of those contents a block refers to.
	Referenced(ctx context.Context, contents []string) (map[string]bool, error)
}

// Unwanted is the content of a removed block.
type Unwanted struct {
	Container, Blob string // where it stood
	Content         string
}

// ContainerNotFound is the error for a container that does not exist.
func ContainerNotFound() error {
	return fault.Coded(fault.NotFound, "ContainerNotFound", "The specified container does not exist.")
}

// ContainerAlreadyExists is the error for a container's name that is taken.
func ContainerAlreadyExists() error {
	return fault.Coded(fault.Conflict, "ContainerAlreadyExists", "The specified container already exists.")
}

const codeBlobNotFound = "BlobNotFound"

// BlobNotFound is the error for a blob that does not exist.
func BlobNotFound() error {
	return fault.Coded(fault.NotFound, codeBlobNotFound, "The specified blob does not exist.")
}

// InvalidBlobOrBlock is the error for a block whose ID has another length than those that wait already.
func InvalidBlobOrBlock() error {
	return fault.Coded(fault.Invalid, "InvalidBlobOrBlock", "The specified blob or block content is invalid: all block IDs of a blob must have the same length.")
}

// BlockCountExceedsLimit is the error for a block too many.
func BlockCountExceedsLimit() error {
	return fault.Coded(fault.Conflict, "BlockCountExceedsLimit", "The uncommitted block count cannot exceed the maximum limit of 100,000 blocks.")
}

// BlockListTooLong is the error for a list of too many blocks.
func BlockListTooLong() error {
	return fault.Coded(fault.Invalid, "BlockListTooLong", "The block list may not contain more than 50,000 blocks.")
}
