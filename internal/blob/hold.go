package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"sync"

	"portico/internal/fault"
)

const heldFolder = "held"

// Hold keeps readable what is deleted while it lasts, for a copy that takes
// some time. The store's users see nothing of it.
type Hold struct {
	local *Local

	mu   sync.Mutex
	held map[string]string // files by key
	next int
}

// Hold begins one. It returns fault.Conflict where there is one already.
func (l *Local) Hold() (*Hold, error) {
	l.holding.Lock()
	defer l.holding.Unlock()
	if l.hold != nil {
		return nil, fault.New(fault.Conflict, "A copy of the blobs is being made already: wait until it is done.")
	}
	if err := os.Mkdir(l.heldFolder(), 0o700); err != nil {
		return nil, refused(err)
	}
	l.hold = &Hold{local: l, held: map[string]string{}}
	return l.hold, nil
}

func (l *Local) heldFolder() string { return filepath.Join(filepath.Dir(l.temp), heldFolder) }

// Release ends the hold; what it kept is deleted.
func (h *Hold) Release() error {
	h.local.holding.Lock()
	defer h.local.holding.Unlock()
	h.local.hold = nil
	return os.RemoveAll(h.local.heldFolder())
}

// discard removes a blob's file, or puts it aside while there is a hold.
func (l *Local) discard(key, path string) error {
	l.holding.RLock()
	defer l.holding.RUnlock()
	if l.hold == nil {
		return os.Remove(path)
	}
	return l.hold.keep(key, path)
}

func (h *Hold) keep(key, path string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, has := h.held[key]; has {
		return os.Remove(path) // it came back after it was deleted: the first one was there when the hold began
	}
	h.next++
	aside := filepath.Join(h.local.heldFolder(), strconv.Itoa(h.next))
	if err := os.Rename(path, aside); err != nil {
		return err
	}
	h.held[key] = aside
	return nil
}

// Each gives every blob that was there when the hold began, and those that have
// come since and were found. A blob that was replaced meanwhile is old or new, and whole.
func (h *Hold) Each(ctx context.Context, each func(Info, io.Reader) error) error {
	seen := map[string]bool{}
	for info, err := range h.local.List(ctx, "") {
		if err != nil {
			return err
		}
		r, info, err := h.local.Get(ctx, info.Key)
		if fault.Is(err, fault.NotFound) {
			continue // deleted meanwhile: it is held
		}
		if err != nil {
			return err
		}
		seen[info.Key] = true
		if err := errors.Join(each(info, r), r.Close()); err != nil {
			return err
		}
	}
	for key, file := range h.snapshot() {
		if seen[key] {
			continue
		}
		if err := eachHeld(key, file, each); err != nil {
			return err
		}
	}
	return nil
}

// snapshot is what is held now.
func (h *Hold) snapshot() map[string]string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return maps.Clone(h.held)
}

func eachHeld(key, file string, each func(Info, io.Reader) error) (err error) {
	f, err := os.Open(file)
	if err != nil {
		return fmt.Errorf("blob %q: %w", key, err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := stat(f, key)
	if err != nil {
		return err
	}
	return each(info, f)
}
