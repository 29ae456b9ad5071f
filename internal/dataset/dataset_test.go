package dataset_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"portico/internal/blob"
	"portico/internal/blob/blobtest"
	"portico/internal/dataset"
	"portico/internal/fault"
	"portico/internal/record"
	"portico/internal/secret"
	"portico/internal/store"
	"portico/internal/table"
)

// world is a Service on real stores.
type world struct {
	*dataset.Service
	t         *testing.T
	records   record.Store
	blobs     blob.Store
	workspace string
}

func newWorld(t *testing.T, o dataset.Options) *world {
	t.Helper()
	db, err := store.Open(t.Context(), store.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	w := &world{t: t, records: db.Records(), workspace: secret.ID()}
	w.onDisk(t.TempDir(), o)
	return w
}

// onDisk puts the service's blobs into a folder.
func (w *world) onDisk(dir string, o dataset.Options) {
	w.t.Helper()
	blobs, err := blob.OpenLocal(dir)
	if err != nil {
		w.t.Fatal(err)
	}
	w.blobs = blobs
	w.Service = dataset.New(w.records, blobs, o)
}

// run runs the service until the test's end, or until the function that it gives is called.
func (w *world) run() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			w.t.Error(err)
		}
	}
	w.t.Cleanup(stop)
	return stop
}

func (w *world) create(name string, dataType table.Format, content string) *dataset.Dataset {
	w.t.Helper()
	d, err := w.Create(w.t.Context(), w.workspace, dataset.Meta{Name: name, DataTypeID: string(dataType)}, strings.NewReader(content))
	if err != nil {
		w.t.Fatal(err)
	}
	return d
}

// upload sends content in blocks of size bytes, in the order given, and does not finish it.
func (w *world) upload(content string, size int, order ...int) string {
	w.t.Helper()
	id, err := w.NewUpload(w.t.Context(), w.workspace, string(table.CSV))
	if err != nil {
		w.t.Fatal(err)
	}
	n := (len(content) + size - 1) / size
	for _, i := range order {
		block := content[i*size : min((i+1)*size, len(content))]
		if err := w.PutBlock(w.t.Context(), w.workspace, id, n, i, strings.NewReader(block)); err != nil {
			w.t.Fatal(err)
		}
	}
	return id
}

func (w *world) keys() string {
	w.t.Helper()
	var keys []string
	for info, err := range w.blobs.List(w.t.Context(), "") {
		if err != nil {
			w.t.Fatal(err)
		}
		keys = append(keys, info.Key)
	}
	return strings.Join(keys, " ")
}

func wantKind(t *testing.T, err error, k fault.Kind, text string) {
	t.Helper()
	if !fault.Is(err, k) || !strings.Contains(err.Error(), text) {
		t.Errorf("got %v, want a fault of kind %d with %q", err, k, text)
	}
}

func TestCreate(t *testing.T) {
	w := newWorld(t, dataset.Options{})
	d := w.create(" Adults ", table.CSV, "age,name\n20,Ann\n,Bo\n")
	if d.ID != w.workspace+"."+d.FamilyID+".v1-default-1" || d.Name != "Adults" || d.SchemaStatus != dataset.Complete || d.Size != 20 || !d.IsLatest {
		t.Errorf("created %+v", d)
	}
	for _, id := range []string{d.ID, d.FamilyID, strings.ToUpper(d.FamilyID), d.FamilyID[:8] + "-" + d.FamilyID[8:]} {
		tab, err := w.Table(t.Context(), w.workspace, id)
		if err != nil {
			t.Fatal(err)
		}
		if tab.Rows != 2 || fmt.Sprint(tab.Schema()) != "[{age Int32 false 0} {name String false 0}]" {
			t.Errorf("table of %s: %d rows, %v", id, tab.Rows, tab.Schema())
		}
	}
	r, _, err := w.Open(t.Context(), w.workspace, d.ID)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(r)
	if err := errors.Join(err, r.Close()); err != nil || string(b) != "age,name\n20,Ann\n,Bo\n" {
		t.Errorf("content is %q, %v", b, err)
	}
	named, err := w.ByName(t.Context(), w.workspace, "adults")
	if err != nil || named.ID != d.ID {
		t.Errorf("by name: %+v, %v", named, err)
	}
	summary, err := w.Summary(t.Context(), w.workspace, d.ID)
	if err != nil || summary.Rows != 2 || fmt.Sprint(summary.Missing) != "[1 0]" {
		t.Errorf("summary: %+v, %v", summary, err)
	}
}

// The object has exactly the contract's field names.
func TestJSON(t *testing.T) {
	w := newWorld(t, dataset.Options{})
	d := w.create("d", table.CSVNoHeader, "1\n")
	b, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(b, &fields); err != nil {
		t.Fatal(err)
	}
	for name := range strings.FieldsSeq(`Id Name DataTypeId Description FamilyId ResourceUploadId SourceOrigin Size CreatedDate Owner ExperimentId
		ClientVersion ServiceVersion PromotedFrom UploadedFromFilename IsLatest IsDeprecated Category Culture Batch SchemaStatus
		DownloadLocation VisualizeEndPoint SchemaEndPoint`) {
		if _, ok := fields[name]; !ok {
			t.Errorf("%s is missing in %s", name, b)
		}
		delete(fields, name)
	}
	if len(fields) > 0 {
		t.Errorf("not in the contract: %v", fields)
	}
	if !strings.HasPrefix(d.CreatedDate, "/Date(1") {
		t.Errorf("created %q", d.CreatedDate)
	}
}

func TestBadDatasets(t *testing.T) {
	w := newWorld(t, dataset.Options{MaxBytes: 1000})
	w.create("taken", table.CSV, "a\n1\n")
	before := w.keys()
	broken := errors.New("the client went away")
	for _, c := range []struct {
		name    string
		meta    dataset.Meta
		content io.Reader
		kind    fault.Kind
		text    string
	}{
		{"no name", dataset.Meta{Name: " ", DataTypeID: "GenericCSV"}, strings.NewReader("a\n1\n"), fault.Invalid, "Name: a dataset needs a name"},
		{"no type", dataset.Meta{Name: "x"}, strings.NewReader("a\n1\n"), fault.Invalid, `DataTypeId: "" is not a file type`},
		{"name taken", dataset.Meta{Name: "TAKEN", DataTypeID: "GenericCSV"}, strings.NewReader("a\n1\n"), fault.Conflict, `a dataset called "TAKEN"`},
		{"ragged", dataset.Meta{Name: "x", DataTypeID: "GenericCSV"}, strings.NewReader("a,b\n1\n"), fault.Invalid, "row 1 (line 2): it has 1 cell"},
		{"too large", dataset.Meta{Name: "x", DataTypeID: "GenericCSV"}, strings.NewReader("a\n" + strings.Repeat("1\n", 1000)), fault.TooLarge, "more than 1000 bytes"},
	} {
		_, err := w.Create(t.Context(), w.workspace, c.meta, c.content)
		wantKind(t, err, c.kind, c.text)
	}
	_, err := w.Create(t.Context(), w.workspace, dataset.Meta{Name: "x", DataTypeID: "GenericCSV"}, io.MultiReader(strings.NewReader("a\n1\n"), iotest.ErrReader(broken)))
	if !errors.Is(err, broken) {
		t.Errorf("a broken reader gave %v", err)
	}
	if after := w.keys(); after != before {
		t.Errorf("left behind: %s; before %s", after, before)
	}
	if all, err := w.List(t.Context(), w.workspace); err != nil || len(all) != 1 {
		t.Errorf("listed %v, %v", all, err)
	}
}

func TestDelete(t *testing.T) {
	w := newWorld(t, dataset.Options{})
	d := w.create("d", table.CSV, "a\n1\n")
	if err := w.Delete(t.Context(), w.workspace, d.FamilyID); err != nil {
		t.Fatal(err)
	}
	_, err := w.Get(t.Context(), w.workspace, d.ID)
	wantKind(t, err, fault.NotFound, "no dataset")
	wantKind(t, w.Delete(t.Context(), w.workspace, d.ID), fault.NotFound, "no dataset")
	if keys := w.keys(); keys != "" {
		t.Errorf("left behind: %s", keys)
	}
	w.create("d", table.CSV, "a\n1\n") // the name is free again
}

func TestWorkspacesAreApart(t *testing.T) {
	w := newWorld(t, dataset.Options{})
	d := w.create("d", table.CSV, "a\n1\n")
	other := secret.ID()
	for _, id := range []string{d.ID, d.FamilyID} {
		_, err := w.Get(t.Context(), other, id)
		wantKind(t, err, fault.NotFound, "no dataset")
		_, err = w.Table(t.Context(), other, id)
		wantKind(t, err, fault.NotFound, "no dataset")
	}
	if all, err := w.List(t.Context(), other); err != nil || len(all) != 0 {
		t.Errorf("listed %v, %v", all, err)
	}
}

func TestUploadInBlocks(t *testing.T) {
	w := newWorld(t, dataset.Options{})
	w.run()
	content := "a,b\n" + strings.Repeat("1,\"x\r\ny\"\n", 50)
	upload := w.upload(content, 100, 4, 1, 0, 3, 2, 1) // out of order, one twice
	d, err := w.Finish(t.Context(), w.workspace, upload, dataset.Meta{Name: "up", DataTypeID: "GenericCSV", UploadedFromFilename: "up.csv"})
	if err != nil {
		t.Fatal(err)
	}
	if d, err = w.Settled(t.Context(), w.workspace, d.ID); err != nil || d.SchemaStatus != dataset.Complete || d.Size != int64(len(content)) || d.ResourceUploadID != upload {
		t.Errorf("settled as %+v, %v", d, err)
	}
	tab, err := w.Table(t.Context(), w.workspace, d.ID)
	if err != nil || tab.Rows != 50 {
		t.Errorf("table %v, %v", tab, err)
	}
	_, err = w.Finish(t.Context(), w.workspace, upload, dataset.Meta{Name: "again", DataTypeID: "GenericCSV"})
	wantKind(t, err, fault.NotFound, "no unfinished upload")
}

// A bad file that came in blocks is kept as Failed, with the reason.
func TestUploadOfBadFile(t *testing.T) {
	w := newWorld(t, dataset.Options{})
	w.run()
	for _, c := range []struct{ dataType, content, status, message string }{
		{"GenericCSV", "a,b\n1,\"2\n", "Failed", "row 1 (line 2): the quote that opens column 2 is never closed"},
		{"Zip", "PK", "NotSupported", ""},
	} {
		upload := w.upload(c.content, 100, 0)
		d, err := w.Finish(t.Context(), w.workspace, upload, dataset.Meta{Name: c.dataType, DataTypeID: c.dataType})
		if err != nil {
			t.Fatal(err)
		}
		if d, err = w.Settled(t.Context(), w.workspace, d.ID); err != nil || string(d.SchemaStatus) != c.status || d.SchemaMessage != c.message {
			t.Errorf("settled as %+v, %v", d, err)
		}
		_, err = w.Summary(t.Context(), w.workspace, d.ID)
		if err == nil || !strings.Contains(err.Error(), c.message) {
			t.Errorf("the summary gave %v", err)
		}
	}
}

// A package of files is read as it is, by what wants one.
func TestPackage(t *testing.T) {
	w := newWorld(t, dataset.Options{})
	create := func(name, dataType string) string {
		d, err := w.Create(t.Context(), w.workspace, dataset.Meta{Name: name, DataTypeID: dataType, UploadedFromFilename: name + ".file"}, strings.NewReader("a\n7\n"))
		if err != nil {
			t.Fatal(err)
		}
		return d.ID
	}
	zip := create("package", "Zip")
	if err := w.Packed(t.Context(), w.workspace, zip); err != nil {
		t.Error(err)
	}
	tab, err := w.Table(t.Context(), w.workspace, zip)
	if err != nil {
		t.Fatal(err)
	}
	if f, ok := tab.File(); !ok || f.Name != "package.file" || f.Content != "a\n7\n" {
		t.Errorf("the package is %+v", f)
	}
	wantKind(t, w.Packed(t.Context(), w.workspace, create("text", "PlainText")), fault.Unsupported, "of type PlainText; one of type Zip is needed")
	wantKind(t, w.Packed(t.Context(), w.workspace, create("table", "GenericCSV")), fault.Unsupported, "of type GenericCSV")
	wantKind(t, w.Packed(t.Context(), w.workspace, "none"), fault.NotFound, "no dataset")
	_, err = w.Table(t.Context(), w.workspace, create("other", "RData"))
	wantKind(t, err, fault.Unsupported, "not read as a table")
}

func TestBadBlocks(t *testing.T) {
	w := newWorld(t, dataset.Options{MaxUploads: 2})
	upload := w.upload("a\n1\n2\n", 2, 0, 2)
	put := func(upload string, blocks, block int, content io.Reader) error {
		return w.PutBlock(t.Context(), w.workspace, upload, blocks, block, content)
	}
	wantKind(t, put(upload, 3, 3, strings.NewReader("x")), fault.Invalid, "blockId is 3; with 3 blocks it must be 0 to 2")
	wantKind(t, put(upload, 3, -1, strings.NewReader("x")), fault.Invalid, "blockId is -1")
	wantKind(t, put(upload, 0, 0, strings.NewReader("x")), fault.Invalid, "numberOfBlocks is 0")
	wantKind(t, put("none", 3, 0, strings.NewReader("x")), fault.NotFound, "no unfinished upload")
	wantKind(t, put("", 3, 0, strings.NewReader("x")), fault.NotFound, "no unfinished upload")
	wantKind(t, put(upload, 3, 1, bytes.NewReader(make([]byte, dataset.MaxBlockBytes+1))), fault.TooLarge, "block 1 has more than 4194304 bytes")
	meta := dataset.Meta{Name: "d", DataTypeID: "GenericCSV"}
	_, err := w.Finish(t.Context(), w.workspace, upload, meta)
	wantKind(t, err, fault.Invalid, "block 1 of 3 has not come")
	if err := put(upload, 4, 1, strings.NewReader("x")); err != nil {
		t.Fatal(err)
	}
	_, err = w.Finish(t.Context(), w.workspace, upload, meta)
	wantKind(t, err, fault.Invalid, "some blocks came with numberOfBlocks 3 and some with 4")
	empty, err := w.NewUpload(t.Context(), w.workspace, "GenericTSV")
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.Finish(t.Context(), w.workspace, empty, meta)
	wantKind(t, err, fault.Invalid, "no block of the upload has come")
	_, err = w.NewUpload(t.Context(), w.workspace, "GenericTSV")
	wantKind(t, err, fault.Throttled, "2 uploads are unfinished")
	_, err = w.NewUpload(t.Context(), w.workspace, "Excel")
	wantKind(t, err, fault.Invalid, `"Excel" is not a file type`)
}

// What was accepted is finished by the next process, and a name that was taken stays taken.
func TestPendingSurvivesRestart(t *testing.T) {
	w := newWorld(t, dataset.Options{})
	upload := w.upload("a\n1\n", 100, 0)
	d, err := w.Finish(t.Context(), w.workspace, upload, dataset.Meta{Name: "d", DataTypeID: "GenericCSV"})
	if err != nil || d.SchemaStatus != dataset.Pending {
		t.Fatalf("%+v, %v", d, err)
	}
	_, err = w.Table(t.Context(), w.workspace, d.ID)
	wantKind(t, err, fault.Conflict, "still being read")
	_, _, err = w.Open(t.Context(), w.workspace, d.ID)
	wantKind(t, err, fault.Conflict, "still being read")
	_, err = w.Create(t.Context(), w.workspace, dataset.Meta{Name: "D", DataTypeID: "GenericCSV"}, strings.NewReader("a\n1\n"))
	wantKind(t, err, fault.Conflict, "a dataset called")

	next := *w
	next.Service = dataset.New(w.records, w.blobs, dataset.Options{})
	stop := next.run()
	if d, err = next.Settled(t.Context(), w.workspace, d.ID); err != nil || d.SchemaStatus != dataset.Complete {
		t.Errorf("%+v, %v", d, err)
	}
	stop()
	if got := w.keys(); got != "datasets/"+w.workspace+"/"+d.FamilyID {
		t.Errorf("blobs: %s", got)
	}
}

func TestDeletePending(t *testing.T) {
	w := newWorld(t, dataset.Options{})
	upload := w.upload("a\n1\n", 100, 0)
	d, err := w.Finish(t.Context(), w.workspace, upload, dataset.Meta{Name: "d", DataTypeID: "GenericCSV"})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Delete(t.Context(), w.workspace, d.ID); err != nil {
		t.Fatal(err)
	}
	if got := w.keys(); got != "" {
		t.Errorf("blobs: %s", got)
	}
}

// Uploads that nobody finished go when they are old, and so does what no record owns.
func TestExpiry(t *testing.T) {
	w := newWorld(t, dataset.Options{UploadAge: time.Nanosecond})
	kept := w.create("kept", table.CSV, "a\n1\n")
	old := w.upload("a\n1\n", 2, 0, 1)
	for _, key := range []string{"datasets/" + w.workspace + "/" + secret.ID(), "uploads/" + w.workspace + "/" + secret.ID() + "/00001/00000", "elsewhere"} {
		if _, err := w.blobs.Put(t.Context(), key, strings.NewReader("x")); err != nil {
			t.Fatal(err)
		}
	}
	// Run removes what expired before it takes up what is pending, so when this one is settled all is done.
	upload := w.upload("a\n1\n", 100, 0)
	d, err := w.Finish(t.Context(), w.workspace, upload, dataset.Meta{Name: "d", DataTypeID: "GenericCSV"})
	if err != nil {
		t.Fatal(err)
	}
	stop := w.run()
	if d, err = w.Settled(t.Context(), w.workspace, d.ID); err != nil || d.SchemaStatus != dataset.Complete {
		t.Fatalf("%+v, %v", d, err)
	}
	stop()
	for _, k := range []string{kept.FamilyID, d.FamilyID, "elsewhere"} {
		if !strings.Contains(w.keys(), k) {
			t.Errorf("%s is gone", k)
		}
	}
	if got := w.keys(); strings.Count(got, " ") != 2 {
		t.Errorf("blobs: %s", got)
	}
	wantKind(t, w.PutBlock(t.Context(), w.workspace, old, 2, 0, strings.NewReader("x")), fault.NotFound, "no unfinished upload")
}

func TestFullDisk(t *testing.T) {
	w := newWorld(t, dataset.Options{})
	w.onDisk(blobtest.SmallDisk(t, "1m"), dataset.Options{})
	_, err := w.Create(t.Context(), w.workspace, dataset.Meta{Name: "d", DataTypeID: "GenericCSV"}, strings.NewReader("a\n"+strings.Repeat("1\n", 1<<20)))
	wantKind(t, err, fault.StorageFailed, "is the disk full?")
	if keys := w.keys(); keys != "" {
		t.Errorf("left behind: %s", keys)
	}
	w.create("d", table.CSV, "a\n1\n")
}

// An upload that was accepted waits for room on the disk.
func TestUploadWaitsForStorage(t *testing.T) {
	dir := blobtest.SmallDisk(t, "1m")
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, dataset.Options{})
		w.onDisk(dir, dataset.Options{})
		upload := w.upload("a\n"+strings.Repeat("1\n", 200_000), 100_000, 0, 1, 2, 3, 4)
		d, err := w.Finish(t.Context(), w.workspace, upload, dataset.Meta{Name: "d", DataTypeID: "GenericCSV"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.blobs.Put(t.Context(), "elsewhere", strings.NewReader(strings.Repeat("x", 400_000))); err != nil {
			t.Fatal(err)
		}
		stop := w.run()
		synctest.Wait() // the first attempt is over
		if d, err = w.Get(t.Context(), w.workspace, d.ID); err != nil || d.SchemaStatus != dataset.Pending {
			t.Errorf("on a full disk: %+v, %v", d, err)
		}
		if err := w.blobs.Delete(t.Context(), "elsewhere"); err != nil {
			t.Fatal(err)
		}
		if d, err = w.Settled(t.Context(), w.workspace, d.ID); err != nil || d.SchemaStatus != dataset.Complete {
			t.Errorf("with room again: %+v, %v", d, err)
		}
		stop()
	})
}
