package account

import (
	"context"
	"errors"
	"io"

	"portico/internal/secret"
)

// CopySource is a blob to copy from.
type CopySource struct {
	Container, Blob string
	URL             string // as the client gave it, without its query
	Check           Check
}

// CopyBlob makes a blob of another one's contents and properties, unless a check
// refuses. metadata, if not nil, takes the place of the source's.
func (a *Account) CopyBlob(ctx context.Context, from CopySource, container, name string, metadata map[string]string, check Check) (made Blob, err error) {
	r, source, err := a.Open(ctx, from.Container, from.Blob)
	if err != nil {
		return Blob{}, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	if err := from.Check(&source); err != nil {
		return Blob{}, err
	}
	p := source.Properties
	p.Copy = &Copy{ID: secret.ID(), Source: from.URL, Completed: now(), Bytes: source.Size}
	if metadata != nil {
		p.Metadata = metadata
	}
	return a.PutBlob(ctx, container, name, r, &p, check)
}

// Writer writes a blob that comes into being, whole, when it is closed.
// It is for one goroutine, which must call Close or Abort.
type Writer struct {
	pipe *io.PipeWriter
	done chan struct{} // closed when the blob was stored or given up
	blob Blob
	err  error
}

// errAborted ends a Writer's upload.
var errAborted = errors.New("the writer gave up")

// Create begins a blob; what is there under its name stays until Close.
func (a *Account) Create(ctx context.Context, container, name string, p Properties) *Writer {
	r, pipe := io.Pipe()
	w := &Writer{pipe: pipe, done: make(chan struct{})}
	go func() {
		defer close(w.done)
		w.blob, w.err = a.PutBlob(ctx, container, name, r, &p, Anyway)
		r.CloseWithError(w.err) // a Write that waits learns of it
	}()
	return w
}

// Write implements io.Writer. After it failed, Close gives the same error.
func (w *Writer) Write(p []byte) (int, error) { return w.pipe.Write(p) }

// Close stores the blob; it is on disk when Close returns nil.
func (w *Writer) Close() error {
	_ = w.pipe.Close() // never fails
	<-w.done
	return w.err
}

// Abort leaves everything as it was before Create.
func (w *Writer) Abort() {
	_ = w.pipe.CloseWithError(errAborted) // never fails
	<-w.done
}

// Blob is what Close stored.
func (w *Writer) Blob() Blob { return w.blob }
