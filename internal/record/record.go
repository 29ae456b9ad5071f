// Package record is how every area keeps its nouns: JSON documents under a
// path, with an ETag, changed together or not at all. An area says what a
// document means; the store (package store) only keeps it.
//
// A path alternates collection and name, as ARM ids do:
// "/apis/echo/operations/get-resource". Paths compare without regard to case
// and keep the case they were created with.
package record

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"portico/internal/fault"
)

// Record is one stored document.
type Record struct {
	Path    string
	ETag    string // opaque, without quotes; the store sets it
	Body    json.RawMessage
	Created time.Time // the store sets both times, UTC
	Updated time.Time
}

// Op is what a Change does.
type Op uint8

// The operations. DeleteTree removes the path and everything below it.
const (
	Put Op = iota
	Delete
	DeleteTree
)

// Change is one step of an atomic Apply.
type Change struct {
	Op   Op
	Path string
	Body json.RawMessage // for Put
	// Match is the precondition, checked inside the transaction:
	// "" none, "*" the record must exist, "-" it must not exist, else the ETag it must have.
	Match string
}

// Allowed checks the precondition against what is stored at the path: the
// error is fault.NotFound, fault.Conflict or fault.StaleETag, as Store has them.
func (c Change) Allowed(stored Record, exists bool) error {
	switch {
	case c.Match == "-" && exists:
		return fault.New(fault.Conflict, "%s exists already.", Name(c.Path))
	case c.Match == "-", c.Match == "" && c.Op != Delete:
		return nil
	case !exists:
		return fault.New(fault.NotFound, "%s was not found.", Name(c.Path))
	case c.Match != "" && c.Match != "*" && c.Match != stored.ETag:
		return fault.New(fault.StaleETag, "%s was changed by somebody else since it was read: read it again, then repeat the change.", Name(c.Path))
	}
	return nil
}

// Applied tells what an Apply did to one path; Old is zero when the record is new,
// New is zero when it is gone. A DeleteTree gives one Applied for each record removed.
type Applied struct {
	Old, New Record
}

// Store keeps records. Every method is safe for concurrent use.
type Store interface {
	// Get returns fault.NotFound when there is no record at path.
	Get(ctx context.Context, path string) (Record, error)
	// List gives the records of one collection ("/apis", "/apis/echo/operations")
	// in the order they were created. A "*" in place of a name stands for any:
	// "/apis/*/operations".
	List(ctx context.Context, collection string) ([]Record, error)
	// Tree gives the record at root and all below it; "/" gives everything.
	Tree(ctx context.Context, root string) ([]Record, error)
	// Apply makes all changes in one transaction, on disk when it returns.
	// It returns fault.NotFound for "*" or Delete of a missing record,
	// fault.StaleETag for another ETag, fault.Conflict for "-" on an existing
	// one, fault.StorageFailed when the disk refuses; then nothing was changed.
	Apply(ctx context.Context, changes ...Change) ([]Applied, error)
}

// Path joins alternating collections and names: Path("apis", "echo") is "/apis/echo".
func Path(segments ...string) string { return "/" + strings.Join(segments, "/") }

// Key is the form in which paths are compared.
func Key(path string) string { return strings.ToLower(path) }

// Name is the last segment of a path.
func Name(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

// Parent is the record a path stands below ("/apis/echo" for its operations), or "" at the top.
func Parent(path string) string {
	i := strings.LastIndexByte(path, '/')
	if i <= 0 {
		return ""
	}
	j := strings.LastIndexByte(path[:i], '/')
	if j <= 0 {
		return ""
	}
	return path[:j]
}

// Kind is a path's collections without its names: "apis/operations".
func Kind(path string) string {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	kinds := make([]string, 0, (len(parts)+1)/2)
	for i := 0; i < len(parts); i += 2 {
		kinds = append(kinds, strings.ToLower(parts[i]))
	}
	return strings.Join(kinds, "/")
}

// NameIn gives the name that follows a collection in path: NameIn("/apis/echo/operations/get", "apis") is "echo".
func NameIn(path, collection string) string {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	for i := 0; i+1 < len(parts); i += 2 {
		if strings.EqualFold(parts[i], collection) {
			return parts[i+1]
		}
	}
	return ""
}

// Get reads the document at path into a T.
func Get[T any](ctx context.Context, s Store, path string) (T, Record, error) {
	var v T
	r, err := s.Get(ctx, path)
	if err != nil {
		return v, r, err
	}
	return v, r, json.Unmarshal(r.Body, &v)
}

// PutOf is a Put of v's JSON. It panics where v cannot be marshalled, which only a programming mistake makes.
func PutOf(path string, v any, match string) Change {
	b, err := json.Marshal(v)
	if err != nil {
		panic("record: " + path + ": " + err.Error())
	}
	return Change{Op: Put, Path: path, Body: b, Match: match}
}
