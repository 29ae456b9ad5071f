package dataset

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"

	"portico/internal/blob"
	"portico/internal/fault"
	"portico/internal/record"
	"portico/internal/secret"
	"portico/internal/table"
)

// Options are the limits of a Service; zero values stand for the defaults.
type Options struct {
	MaxBytes   int64         // of one dataset; 10 GiB (azureml.md 1.8)
	MaxUploads int           // unfinished uploads in a workspace; 100
	UploadAge  time.Duration // after which an unfinished upload is removed; a day
	Log        *slog.Logger  // nothing is logged where it is nil
}

func (o Options) withDefaults() Options {
	o.MaxBytes = cmp.Or(o.MaxBytes, 10<<30)
	o.MaxUploads = cmp.Or(o.MaxUploads, 100)
	o.UploadAge = cmp.Or(o.UploadAge, 24*time.Hour)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// Service keeps the datasets of all workspaces. It is safe for concurrent use.
type Service struct {
	records record.Store
	blobs   blob.Store
	options Options
	wake    chan struct{} // tells Run that a dataset is Pending

	mu      sync.Mutex
	settled chan struct{} // closed, and replaced, when a dataset stops being Pending
}

// New makes a Service. Uploads in blocks are finished by Run, which must be running for them.
func New(records record.Store, blobs blob.Store, o Options) *Service {
	return &Service{
		records: records, blobs: blobs, options: o.withDefaults(),
		wake: make(chan struct{}, 1), settled: make(chan struct{}),
	}
}

func datasetPath(workspace, family string) string {
	return record.Path("workspaces", workspace, "datasources", family)
}

// namePath is where the use of a name in a workspace is recorded; names compare without regard to case.
func namePath(workspace, name string) string {
	sum := sha256.Sum256([]byte(strings.ToLower(name)))
	return record.Path("workspaces", workspace, "datasetnames", hex.EncodeToString(sum[:]))
}

// Create saves a dataset from r in one go. It returns fault.Invalid for a bad
// file, with row and line, and then keeps nothing; fault.Conflict where the workspace
// has a dataset of that name; fault.TooLarge; fault.StorageFailed.
func (s *Service) Create(ctx context.Context, workspace string, m Meta, r io.Reader) (*Dataset, error) {
	return s.create(ctx, workspace, m, r, func(*stored) {})
}

// create is Create; more completes the record before the file is read.
func (s *Service) create(ctx context.Context, workspace string, m Meta, r io.Reader, more func(*stored)) (*Dataset, error) {
	st, err := s.begin(ctx, workspace, m)
	if err != nil {
		return nil, err
	}
	more(st)
	key := contentKey(workspace, st.Dataset.FamilyID, st.Dataset.Batch)
	if err = s.ingest(ctx, st, key, r); err == nil {
		err = s.add(ctx, workspace, st)
	}
	if err != nil {
		return nil, errors.Join(err, s.blobs.Delete(context.WithoutCancel(ctx), key))
	}
	return s.Get(ctx, workspace, st.Dataset.ID)
}

// begin checks what the maker says, and gives the new dataset's record, not yet stored.
func (s *Service) begin(ctx context.Context, workspace string, m Meta) (*stored, error) {
	before, err := s.versionBefore(ctx, workspace, &m)
	if err != nil {
		return nil, err
	}
	if err := m.check(); err != nil {
		return nil, err
	}
	if before != nil {
		return before.next(workspace, m), nil
	}
	switch _, err := s.records.Get(ctx, namePath(workspace, m.Name)); {
	case err == nil:
		return nil, nameTaken(m.Name)
	case !fault.Is(err, fault.NotFound):
		return nil, err
	}
	return newStored(workspace, secret.ID(), 1, m), nil
}

// newStored is the record of a dataset that is not read yet.
func newStored(workspace, family string, batch int, m Meta) *stored {
	return &stored{Dataset: Dataset{
		ID: id(workspace, family, batch), FamilyID: family, Batch: batch, IsLatest: true,
		Name: m.Name, DataTypeID: m.DataTypeID, Description: m.Description, Owner: m.Owner,
		SourceOrigin: cmp.Or(m.SourceOrigin, "FromResourceUpload"), UploadedFromFilename: m.UploadedFromFilename, SchemaStatus: Pending,
	}}
}

func nameTaken(name string) error {
	return fault.New(fault.Conflict, "the workspace has a dataset called %q; choose another name or delete that one", name)
}

// add stores a new dataset's record and takes its name, or puts a new version in front of the one before, together with other changes.
func (s *Service) add(ctx context.Context, workspace string, st *stored, more ...record.Change) error {
	if st.before != nil {
		return s.supersede(ctx, workspace, st, more)
	}
	_, err := s.records.Apply(ctx, append(more,
		record.PutOf(namePath(workspace, st.Dataset.Name), st.Dataset.FamilyID, "-"),
		record.PutOf(datasetPath(workspace, st.Dataset.FamilyID), st, "-"))...)
	if fault.Is(err, fault.Conflict) {
		return nameTaken(st.Dataset.Name)
	}
	return err
}

// ingest stores a file and reads its columns.
func (s *Service) ingest(ctx context.Context, st *stored, key string, r io.Reader) error {
	info, err := s.blobs.Put(ctx, key, &limited{r: r, what: "the file", limit: s.options.MaxBytes})
	if err != nil {
		return err
	}
	st.Dataset.Size = info.Size
	return s.analyse(ctx, st, key)
}

// get finds a dataset by its id, which names a version, or by its family, which names the latest.
func (s *Service) get(ctx context.Context, workspace, id string) (*stored, record.Record, error) {
	family, batch, ok := familyIn(workspace, id)
	if !ok {
		return nil, record.Record{}, noDataset(id)
	}
	r, err := s.records.Get(ctx, datasetPath(workspace, family))
	var st *stored
	if err == nil {
		st, err = load(r)
	}
	if err == nil && batch != 0 && batch != st.Dataset.Batch {
		if r, err = s.records.Get(ctx, versionPath(workspace, family, batch)); err == nil {
			st, err = load(r)
		}
	}
	if fault.Is(err, fault.NotFound) {
		return nil, r, noDataset(id)
	}
	return st, r, err
}

func noDataset(id string) error {
	return fault.New(fault.NotFound, "the workspace has no dataset %q", id)
}

// Get gives a dataset by its id, or by its family id alone. It returns fault.NotFound.
func (s *Service) Get(ctx context.Context, workspace, id string) (*Dataset, error) {
	st, _, err := s.get(ctx, workspace, id)
	if err != nil {
		return nil, err
	}
	return &st.Dataset, nil
}

// ByName gives the dataset of that name, without regard to case. It returns fault.NotFound.
func (s *Service) ByName(ctx context.Context, workspace, name string) (*Dataset, error) {
	family, _, err := record.Get[string](ctx, s.records, namePath(workspace, strings.TrimSpace(name)))
	if fault.Is(err, fault.NotFound) {
		return nil, noDataset(name)
	}
	if err != nil {
		return nil, err
	}
	return s.Get(ctx, workspace, family)
}

// List gives a workspace's datasets, the oldest first.
func (s *Service) List(ctx context.Context, workspace string) ([]*Dataset, error) {
	records, err := s.records.List(ctx, record.Path("workspaces", workspace, "datasources"))
	if err != nil {
		return nil, err
	}
	all := make([]*Dataset, 0, len(records))
	for _, r := range records {
		st, err := load(r)
		if err != nil {
			return nil, err
		}
		all = append(all, &st.Dataset)
	}
	return all, nil
}

// Summary gives a dataset's columns, rows and missing cells. It returns
// fault.Conflict while the dataset is Pending, fault.Invalid where reading it
// Failed, and fault.Unsupported for a file that is not a table.
func (s *Service) Summary(ctx context.Context, workspace, id string) (*table.Summary, error) {
	st, _, err := s.get(ctx, workspace, id)
	if err != nil {
		return nil, err
	}
	return st.summary()
}

func (st *stored) summary() (*table.Summary, error) {
	d := &st.Dataset
	switch d.SchemaStatus {
	case Complete:
		return st.Summary, nil
	case Pending:
		return nil, fault.New(fault.Conflict, "the dataset %q is still being read; try again when its SchemaStatus is Complete", d.Name)
	case Failed:
		return nil, fault.New(fault.Invalid, "the dataset %q could not be read: %s", d.Name, d.SchemaMessage)
	default:
		return nil, fault.New(fault.Unsupported, "the dataset %q is a file of type %s, which is not read as a table", d.Name, d.DataTypeID)
	}
}

// Packed returns nil for a package of files, of the type Zip, that can be read. It
// returns fault.NotFound, fault.Conflict while the dataset is Pending, and fault.Unsupported for another type.
func (s *Service) Packed(ctx context.Context, workspace, id string) error {
	st, _, err := s.get(ctx, workspace, id)
	if err != nil {
		return err
	}
	return st.packed()
}

func (st *stored) packed() error {
	switch d := &st.Dataset; {
	case d.DataTypeID != Zip:
		return fault.New(fault.Unsupported, "the dataset %q is a file of type %s; one of type %s is needed", d.Name, d.DataTypeID, Zip)
	case d.SchemaStatus == NotSupported && d.Size > maxPacked:
		return fault.New(fault.Unsupported, "the dataset %q has %d bytes; a package of files may have %d", d.Name, d.Size, int64(maxPacked))
	case d.SchemaStatus == NotSupported:
		return nil
	}
	_, err := st.summary()
	return err
}

// maxPacked is how many bytes a package of files may have that an experiment reads: it does so in memory.
const maxPacked = 512 << 20

// Table reads a dataset: one of the type Zip as a table.File. Its errors are Summary's and Packed's.
func (s *Service) Table(ctx context.Context, workspace, id string) (t *table.Table, err error) {
	st, _, err := s.get(ctx, workspace, id)
	if err != nil {
		return nil, err
	}
	packed := st.Dataset.DataTypeID == Zip
	var summary *table.Summary
	if packed {
		err = st.packed()
	} else {
		summary, err = st.summary()
	}
	if err != nil {
		return nil, err
	}
	if packed {
		content, _, err := s.blobs.Get(ctx, st.key(workspace))
		if err != nil {
			return nil, fmt.Errorf("content of dataset %s: %w", st.Dataset.ID, err)
		}
		defer func() { err = errors.Join(err, content.Close()) }()
		var b strings.Builder
		_, err = io.Copy(&b, &patient{ctx, content})
		return table.File{Name: cmp.Or(st.Dataset.UploadedFromFilename, st.Dataset.Name), Content: b.String()}.Table(), err
	}
	rows, err := s.openRows(ctx, workspace, st, summary.Fields)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	return rows.Read(summary.Rows)
}

// Open gives a dataset's file as it was uploaded. It returns fault.Conflict while an upload is being put together.
func (s *Service) Open(ctx context.Context, workspace, id string) (io.ReadCloser, *Dataset, error) {
	st, _, err := s.get(ctx, workspace, id)
	if err != nil {
		return nil, nil, err
	}
	content, _, err := s.blobs.Get(ctx, st.key(workspace))
	if fault.Is(err, fault.NotFound) && st.Dataset.SchemaStatus == Pending {
		_, err = st.summary()
	}
	return content, &st.Dataset, err
}

// Delete removes a dataset, all its versions, with all that was kept for it. It returns fault.NotFound.
func (s *Service) Delete(ctx context.Context, workspace, id string) error {
	st, r, err := s.get(ctx, workspace, id)
	if err != nil {
		return err
	}
	family := st.Dataset.FamilyID
	versions, err := s.Versions(ctx, workspace, family)
	if err != nil {
		return err
	}
	// The name is the latest version's, though an older one be meant.
	if st, r, err = s.get(ctx, workspace, family); err != nil {
		return err
	}
	_, err = s.records.Apply(ctx,
		record.Change{Op: record.Delete, Path: r.Path, Match: "*"},
		record.Change{Op: record.DeleteTree, Path: r.Path},
		record.Change{Op: record.DeleteTree, Path: namePath(workspace, st.Dataset.Name)})
	if err != nil {
		return err
	}
	for _, v := range versions {
		err = errors.Join(err, s.blobs.Delete(ctx, contentKey(workspace, family, v.Batch)))
	}
	if st.UploadID != "" {
		err = errors.Join(err, blob.DeleteAll(ctx, s.blobs, blockPrefix(workspace, st.UploadID)))
	}
	s.tellSettled()
	return err
}

// Settled waits until the dataset's columns are read, or cannot be, and gives it. It returns ctx's error.
func (s *Service) Settled(ctx context.Context, workspace, id string) (*Dataset, error) {
	for {
		s.mu.Lock()
		settled := s.settled
		s.mu.Unlock()
		d, err := s.Get(ctx, workspace, id)
		if err != nil || d.SchemaStatus != Pending {
			return d, err
		}
		select {
		case <-settled:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (s *Service) tellSettled() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.settled)
	s.settled = make(chan struct{})
}
