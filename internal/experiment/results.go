package experiment

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"portico/internal/blob"
	"portico/internal/fault"
	"portico/internal/record"
	"portico/internal/table"
)

// keptTable describes one table of a kept result.
type keptTable struct {
	Hash    string `json:"hash"` // SHA-256 of its encoded form
	Size    int64  `json:"size"` // bytes of the encoded form
	Rows    int    `json:"rows"`
	Columns int    `json:"columns"`
}

// kept is what a node gave, at /workspaces/{ws}/results/{key}. The key is made
// of all that the result depends on, so that the same work is done once.
type kept struct {
	Tables []keptTable `json:"tables"`
	Used   time.Time   `json:"used"`
}

func (k *kept) size() (bytes int64) {
	for _, t := range k.Tables {
		bytes += t.Size
	}
	return bytes
}

const (
	resultBlobs = "results/"
	// touchAfter is how stale a result's time of use may be: it spares a write at each use.
	touchAfter = time.Hour
)

func resultPath(ws, key string) string { return record.Path("workspaces", ws, "results", key) }

func resultBlob(ws, key string, port int) string {
	return resultBlobs + ws + "/" + key + "/" + strconv.Itoa(port)
}

// results keeps the tables that nodes gave: blobs, and a record once all are written.
type results struct {
	records record.Store
	blobs   blob.Store

	mu    sync.Mutex
	inUse map[string]int // by lower-case record path; what a run in progress uses is not let go
}

func newResults(records record.Store, blobs blob.Store) *results {
	return &results{records: records, blobs: blobs, inUse: map[string]int{}}
}

// hold keeps a result from being let go until release.
func (r *results) hold(ws, key string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.inUse[record.Key(resultPath(ws, key))]++
}

func (r *results) release(ws, key string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	path := record.Key(resultPath(ws, key))
	if r.inUse[path]--; r.inUse[path] == 0 {
		delete(r.inUse, path)
	}
}

// find gives a kept result of so many tables, or nil where there is none or a blob of it is missing.
func (r *results) find(ctx context.Context, ws, key string, tables int) (*kept, error) {
	k, rec, err := record.Get[kept](ctx, r.records, resultPath(ws, key))
	if fault.Is(err, fault.NotFound) || err == nil && len(k.Tables) != tables {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	for port := range k.Tables {
		if _, err := r.blobs.Stat(ctx, resultBlob(ws, key, port)); fault.Is(err, fault.NotFound) {
			return nil, nil
		} else if err != nil {
			return nil, err
		}
	}
	if time.Since(k.Used) > touchAfter {
		k.Used = time.Now().UTC()
		if _, err := r.records.Apply(ctx, record.PutOf(rec.Path, k, "*")); err != nil && !fault.Is(err, fault.NotFound) {
			return nil, err
		}
	}
	return &k, nil
}

// keep writes the tables of a result. There is no result until all are on disk.
func (r *results) keep(ctx context.Context, ws, key string, tables []*table.Table) (*kept, error) {
	k := &kept{Tables: make([]keptTable, len(tables))}
	for port, t := range tables {
		var err error
		if k.Tables[port], err = r.write(ctx, resultBlob(ws, key, port), func(e *table.Encoder) error { return e.Write(t) }); err != nil {
			return nil, err
		}
	}
	return k, r.record(ctx, ws, key, k)
}

// keepPieces is keep for a result of one table that comes in pieces.
func (r *results) keepPieces(ctx context.Context, ws, key string, pieces func(e *table.Encoder) error) (*kept, error) {
	t, err := r.write(ctx, resultBlob(ws, key, 0), pieces)
	if err != nil {
		return nil, err
	}
	k := &kept{Tables: []keptTable{t}}
	return k, r.record(ctx, ws, key, k)
}

func (r *results) record(ctx context.Context, ws, key string, k *kept) error {
	k.Used = time.Now().UTC()
	_, err := r.records.Apply(ctx, record.PutOf(resultPath(ws, key), k, ""))
	return err
}

// write encodes a table into a blob without holding the encoded form in memory.
func (r *results) write(ctx context.Context, key string, pieces func(e *table.Encoder) error) (keptTable, error) {
	pr, pw := io.Pipe()
	sum := sha256.New()
	var k keptTable
	encoded := make(chan error, 1)
	go func() {
		w := bufio.NewWriterSize(io.MultiWriter(sum, pw), 64<<10)
		e := table.NewEncoder(w)
		err := recovered(func() error { return pieces(e) })
		if err == nil {
			err = e.Close()
		}
		if err == nil {
			err = w.Flush()
		}
		k.Rows, k.Columns = e.Size()
		_ = pw.CloseWithError(err) // never fails
		encoded <- err
	}()
	info, err := r.blobs.Put(ctx, key, pr)
	_ = pr.CloseWithError(errors.New("the blob was not written")) // lets the encoder end; never fails
	if encodeErr := <-encoded; encodeErr != nil && (err == nil || errors.Is(err, encodeErr)) {
		err = encodeErr
	}
	k.Hash, k.Size = hex.EncodeToString(sum.Sum(nil)), info.Size
	return k, err
}

// recovered makes an error of a panic, which a goroutine of its own would end the process with.
func recovered(do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return do()
}

// read gives one table of a result. It returns fault.NotFound where it was let go.
func (r *results) read(ctx context.Context, ws, key string, port int) (*table.Table, error) {
	b, _, err := r.blobs.Get(ctx, resultBlob(ws, key, port))
	if err != nil {
		return nil, err
	}
	t, err := table.Decode(bufio.NewReaderSize(b, 64<<10))
	return t, errors.Join(err, b.Close())
}

// pieces opens one table of a result to be read piece by piece. It returns fault.NotFound where it was let go.
func (r *results) pieces(ctx context.Context, ws, key string, port int) (*pieces, error) {
	b, _, err := r.blobs.Get(ctx, resultBlob(ws, key, port))
	if err != nil {
		return nil, err
	}
	d, err := table.NewDecoder(bufio.NewReaderSize(b, 64<<10))
	if err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return &pieces{d.Next, b.Close}, nil
}

// trim lets go of the results that were not used for longer than age, and of
// the longest unused ones until the rest is within budget bytes.
func (r *results) trim(ctx context.Context, budget int64, age time.Duration) error {
	recs, err := r.records.List(ctx, "/workspaces/*/results")
	if err != nil {
		return err
	}
	type entry struct {
		kept
		path string
	}
	entries := make([]entry, len(recs))
	var total int64
	for i, rec := range recs {
		if err := json.Unmarshal(rec.Body, &entries[i].kept); err != nil {
			return fmt.Errorf("result %s: %w", rec.Path, err)
		}
		entries[i].path = rec.Path
		total += entries[i].size()
	}
	slices.SortStableFunc(entries, func(a, b entry) int { return a.Used.Compare(b.Used) })
	for _, e := range entries {
		if total <= budget && time.Since(e.Used) <= age {
			continue
		}
		gone, err := r.drop(ctx, e.path)
		if err != nil {
			return err
		}
		if gone {
			total -= e.size()
		}
	}
	return nil
}

// drop lets go of a result that is not in use: first the record, then the
// blobs. It keeps the lock meanwhile, so that a run that is about to use the
// result either holds it already or finds it gone.
func (r *results) drop(ctx context.Context, path string) (bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.inUse[record.Key(path)] > 0 {
		return false, nil
	}
	_, err := r.records.Apply(ctx, record.Change{Op: record.Delete, Path: path})
	if err != nil && !fault.Is(err, fault.NotFound) {
		return false, err
	}
	return true, blob.DeleteAll(ctx, r.blobs, resultBlobs+record.NameIn(path, "workspaces")+"/"+record.Name(path)+"/")
}

// sweep deletes the blobs that no record speaks of, which a crash can leave. No run may be in progress.
func (r *results) sweep(ctx context.Context) error {
	recs, err := r.records.List(ctx, "/workspaces/*/results")
	if err != nil {
		return err
	}
	known := map[string]bool{}
	for _, rec := range recs {
		known[record.NameIn(rec.Path, "workspaces")+"/"+record.Name(rec.Path)] = true
	}
	orphans := map[string]bool{}
	for info, err := range r.blobs.List(ctx, resultBlobs) {
		if err != nil {
			return err
		}
		of := strings.TrimPrefix(info.Key, resultBlobs)
		if of = of[:strings.LastIndexByte(of, '/')+1]; !known[strings.TrimSuffix(of, "/")] {
			orphans[of] = true
		}
	}
	for of := range maps.Keys(orphans) {
		if err := blob.DeleteAll(ctx, r.blobs, resultBlobs+of); err != nil {
			return err
		}
	}
	return nil
}
