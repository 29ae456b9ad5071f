package blob

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"portico/internal/fault"
)

// Local keeps blobs in files of one folder, which no other process may use at the same time.
type Local struct {
	root string
	temp string // files that are being written; on the same file system as root
	// folders is held while a blob is moved into its folder and while empty ones
	// are removed. Who sees a folder under it knows that its entry is durable.
	folders sync.Mutex
	holding sync.RWMutex // guards hold
	hold    *Hold        // nil but while a copy is made
}

const tempFolder = "writing"

// OpenLocal opens or makes the folder. What a dead process left half-written is removed.
func OpenLocal(folder string) (*Local, error) {
	l := &Local{root: filepath.Join(folder, "blobs"), temp: filepath.Join(folder, tempFolder)}
	if err := errors.Join(os.RemoveAll(l.temp), os.RemoveAll(l.heldFolder())); err != nil {
		return nil, fmt.Errorf("clear the folders of unfinished and deleted blobs: %w", err)
	}
	for _, dir := range []string{l.root, l.temp} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, fmt.Errorf("make the folder for blobs: %w", err)
		}
	}
	return l, nil
}

// Put implements Store.
func (l *Local) Put(ctx context.Context, key string, r io.Reader) (Info, error) {
	if err := checkKey(key); err != nil {
		return Info{}, err
	}
	f, err := os.CreateTemp(l.temp, "blob-*")
	if err != nil {
		return Info{}, refused(err)
	}
	defer func() { _ = os.Remove(f.Name()) }() // gone already where it was moved
	info, err := l.fill(ctx, f, key, r)
	if e := f.Close(); err == nil {
		err = refused(e)
	}
	if err == nil {
		err = refused(l.move(f.Name(), filepath.Join(l.root, fileName(key))))
	}
	if err != nil {
		return Info{}, err
	}
	return info, nil
}

// fill writes all of r to f and makes it durable.
func (l *Local) fill(ctx context.Context, f *os.File, key string, r io.Reader) (Info, error) {
	w := &behind{file: f}
	if err := copyAll(ctx, w, r); err != nil {
		return Info{}, err
	}
	if err := f.Sync(); err != nil {
		return Info{}, refused(err)
	}
	if w.written >= dropFrom {
		dropCached(f, 0, w.written)
	}
	return stat(f, key)
}

const (
	// writeBehind is how many bytes the disk is given at a time while more arrive.
	writeBehind = 8 << 20
	// dropFrom is the size from which a blob does not stay in memory once it is on the disk.
	dropFrom = 1 << 20
	copySize = 256 << 10
)

// copyAll tells a reader's failure, which is the caller's, from a refusal of the disk.
func copyAll(ctx context.Context, w *behind, r io.Reader) error {
	if whole, ok := r.(*bytes.Reader); ok { // needs no buffer between
		_, err := whole.WriteTo(w)
		return errors.Join(err, ctx.Err())
	}
	buf := make([]byte, copySize)
	for {
		n, err := r.Read(buf)
		if n > 0 {
			if _, err := w.Write(buf[:n]); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return fmt.Errorf("read what to store: %w", err)
		}
	}
}

// behind writes a file and has the disk follow at a distance, so that there is
// never much that waits to be written.
type behind struct {
	file           *os.File
	written, given int64
}

// Write implements io.Writer. Its error is the disk's refusal.
func (w *behind) Write(p []byte) (int, error) {
	n, err := w.file.Write(p)
	if err != nil {
		return n, refused(err)
	}
	w.written += int64(n)
	if length := w.written - w.given; length >= writeBehind {
		startWriting(w.file, w.given, length)
		if w.given > 0 {
			finishWriting(w.file, max(0, w.given-writeBehind), min(w.given, writeBehind))
		}
		w.given = w.written
	}
	return n, nil
}

// refused is the error for a disk that did not take what it was given.
func refused(err error) error {
	if err == nil {
		return nil
	}
	return fault.Wrap(err, fault.StorageFailed, "the storage did not take the data (is the disk full?); nothing was changed")
}

// move renames a finished file into place and makes that durable.
func (l *Local) move(from, to string) error {
	dir := filepath.Dir(to)
	l.folders.Lock()
	err := l.makeFolders(dir)
	if err == nil {
		err = os.Rename(from, to)
	}
	l.folders.Unlock()
	if err != nil {
		return err
	}
	return syncFolder(dir)
}

// makeFolders makes dir and its parents durably.
func (l *Local) makeFolders(dir string) error {
	if _, err := os.Lstat(dir); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	parent := filepath.Dir(dir)
	if err := l.makeFolders(parent); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	return syncFolder(parent)
}

// Get implements Store.
func (l *Local) Get(ctx context.Context, key string) (io.ReadCloser, Info, error) {
	return l.Range(ctx, key, 0, -1)
}

// Range implements Store.
func (l *Local) Range(ctx context.Context, key string, offset, length int64) (io.ReadCloser, Info, error) {
	if err := errors.Join(ctx.Err(), checkKey(key)); err != nil {
		return nil, Info{}, err
	}
	f, err := os.Open(filepath.Join(l.root, fileName(key)))
	if err != nil {
		return nil, Info{}, openError(err, key)
	}
	info, err := stat(f, key)
	if err == nil && (offset < 0 || offset > info.Size) {
		err = fault.New(fault.Invalid, "blob %q has %d bytes; there is nothing at offset %d", key, info.Size, offset)
	}
	if err != nil {
		_ = f.Close() // it was only read
		return nil, Info{}, err
	}
	if length < 0 || length > info.Size-offset {
		length = info.Size - offset
	}
	return &section{io.NewSectionReader(f, offset, length), f}, info, nil
}

// section is an open part of a file.
type section struct {
	*io.SectionReader
	f *os.File
}

func (s *section) Close() error { return s.f.Close() }

func stat(f *os.File, key string) (Info, error) {
	i, err := f.Stat()
	if err != nil {
		return Info{}, fmt.Errorf("blob %q: %w", key, err)
	}
	return Info{Key: key, Size: i.Size(), Modified: i.ModTime().UTC()}, nil
}

func openError(err error, key string) error {
	if errors.Is(err, fs.ErrNotExist) {
		return notFound(key)
	}
	return fmt.Errorf("blob %q: %w", key, err)
}

// Stat implements Store.
func (l *Local) Stat(ctx context.Context, key string) (Info, error) {
	if err := errors.Join(ctx.Err(), checkKey(key)); err != nil {
		return Info{}, err
	}
	i, err := os.Stat(filepath.Join(l.root, fileName(key)))
	if err != nil {
		return Info{}, openError(err, key)
	}
	return Info{Key: key, Size: i.Size(), Modified: i.ModTime().UTC()}, nil
}

// Delete implements Store.
func (l *Local) Delete(ctx context.Context, key string) error {
	if err := errors.Join(ctx.Err(), checkKey(key)); err != nil {
		return err
	}
	path := filepath.Join(l.root, fileName(key))
	if err := l.discard(key, path); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return refused(err)
	}
	dir := l.prune(filepath.Dir(path))
	return refused(syncFolder(dir))
}

// prune removes the folders that are left empty and gives the first that is not.
func (l *Local) prune(dir string) string {
	l.folders.Lock()
	defer l.folders.Unlock()
	for dir != l.root && os.Remove(dir) == nil { // a folder that is not empty is refused
		dir = filepath.Dir(dir)
	}
	for dir != l.root {
		if _, err := os.Lstat(dir); err == nil {
			break
		}
		dir = filepath.Dir(dir) // another Delete was faster
	}
	return dir
}

// List implements Store. It reads only the folders that can hold the prefix.
func (l *Local) List(ctx context.Context, prefix string) iter.Seq2[Info, error] {
	return func(yield func(Info, error) bool) {
		if err := walk(ctx, l.root, "", prefix, yield); err != nil && !errors.Is(err, errStop) {
			yield(Info{}, err)
		}
	}
}

// errStop says that the caller of List wants no more.
var errStop = errors.New("no more wanted")

// entry is a file, or a folder that stands for a whole part of keys.
type entry struct {
	path, escaped string // escaped is the key so far, as file names spell it
	key           string
	file          bool
}

// walk yields the blobs below a folder in the order of their keys.
func walk(ctx context.Context, dir, escaped, prefix string, yield func(Info, error) bool) error {
	entries, err := readEntries(ctx, dir, escaped, prefix)
	if err != nil {
		return err
	}
	slices.SortFunc(entries, func(a, b entry) int { return strings.Compare(a.key, b.key) })
	for _, e := range entries {
		if !e.file {
			if err := walk(ctx, e.path, e.escaped, prefix, yield); err != nil {
				return err
			}
			continue
		}
		i, err := os.Stat(e.path)
		switch {
		case errors.Is(err, fs.ErrNotExist): // deleted meanwhile
		case err != nil:
			return fmt.Errorf("list blobs: %w", err)
		case !yield(Info{Key: e.key, Size: i.Size(), Modified: i.ModTime().UTC()}, nil):
			return errStop
		}
	}
	return nil
}

// readEntries gives what of a folder can hold the prefix, and in place of a
// folder for the beginning of a long part what is in that.
func readEntries(ctx context.Context, dir, escaped, prefix string) ([]entry, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	found, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) { // deleted meanwhile
		return nil, fmt.Errorf("list blobs: %w", err)
	}
	var entries []entry
	for _, f := range found {
		part, kind, ok := keyPart(f.Name())
		e := entry{path: filepath.Join(dir, f.Name()), escaped: escaped + part, file: kind == fileEnd}
		if ok {
			e.key, ok = unescape(completeEscapes(e.escaped))
		}
		switch {
		case !ok: // not ours
		case e.file && !strings.HasPrefix(e.key, prefix):
		case !strings.HasPrefix(e.key, prefix) && !strings.HasPrefix(prefix, e.key):
		case kind == folderPart:
			more, err := readEntries(ctx, e.path, e.escaped, prefix)
			if err != nil {
				return nil, err
			}
			entries = append(entries, more...)
		default:
			entries = append(entries, e)
		}
	}
	return entries, nil
}

// completeEscapes leaves out the beginning of an escape that the next name goes on with.
func completeEscapes(s string) string {
	if i := strings.LastIndexByte(s, '%'); i >= 0 && i+2 >= len(s) {
		return s[:i]
	}
	return s
}
