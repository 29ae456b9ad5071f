package dataset_test

import (
	"bytes"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"portico/internal/dataset"
	"portico/internal/fault"
	"portico/internal/table"
)

// rowsOf reads a dataset and gives its number of rows.
func (w *world) rowsOf(id string) int {
	w.t.Helper()
	t, err := w.Table(w.t.Context(), w.workspace, id)
	if err != nil {
		w.t.Fatal(err)
	}
	return t.Rows
}

// A new version takes the place of the one before, which stays readable by its id, until all go together.
func TestVersions(t *testing.T) {
	w := newWorld(t, dataset.Options{})
	w.run()
	first := w.create("Sales", table.CSV, "a\n1\n")
	second, err := w.Create(t.Context(), w.workspace, dataset.Meta{DataTypeID: "GenericTSV", FamilyID: first.FamilyID}, strings.NewReader("a\n1\n2\n"))
	if err != nil {
		t.Fatal(err)
	}
	third, err := w.Finish(t.Context(), w.workspace, w.upload("a\n1\n2\n3\n", 3, 0, 1, 2), dataset.Meta{Name: "sales", DataTypeID: "GenericCSV", FamilyID: first.FamilyID})
	if err == nil {
		third, err = w.Settled(t.Context(), w.workspace, third.ID)
	}
	if err != nil || third.Batch != 3 || third.Name != "Sales" || !third.IsLatest {
		t.Fatal(third, err)
	}
	for id, rows := range map[string]int{first.ID: 1, second.ID: 2, third.ID: 3, first.FamilyID: 3} {
		if got := w.rowsOf(id); got != rows {
			t.Errorf("%s has %d rows, want %d", id, got, rows)
		}
	}
	old, err := w.Get(t.Context(), w.workspace, first.ID)
	if err != nil || old.IsLatest || old.Batch != 1 || old.CreatedDate != first.CreatedDate {
		t.Errorf("the first version is %+v, %v", old, err)
	}
	if all, err := w.List(t.Context(), w.workspace); err != nil || len(all) != 1 || all[0].ID != third.ID {
		t.Errorf("the list has %d, %v", len(all), err)
	}
	if all, err := w.Versions(t.Context(), w.workspace, second.ID); err != nil || len(all) != 3 || all[0].ID != third.ID || all[2].ID != first.ID {
		t.Errorf("versions: %v, %v", all, err)
	}
	_, err = w.Create(t.Context(), w.workspace, dataset.Meta{Name: "Other", DataTypeID: "GenericCSV", FamilyID: first.FamilyID}, strings.NewReader("a\n1\n"))
	wantKind(t, err, fault.Invalid, `a new version of the dataset "Sales" has its name`)
	_, err = w.Update(t.Context(), w.workspace, second.ID, dataset.Change{Name: "Other"})
	wantKind(t, err, fault.Invalid, "version 2 of the dataset \"Sales\" is not the latest")
	_, err = w.Get(t.Context(), w.workspace, strings.Replace(third.ID, "default-3", "default-9", 1))
	wantKind(t, err, fault.NotFound, "no dataset")
	if err := w.Delete(t.Context(), w.workspace, first.ID); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{first.ID, second.ID, third.ID} {
		_, err := w.Get(t.Context(), w.workspace, id)
		wantKind(t, err, fault.NotFound, "no dataset")
	}
	if keys := w.keys(); keys != "" {
		t.Errorf("left behind: %s", keys)
	}
	w.create("Sales", table.CSV, "a\n1\n")
}

// What a process leaves between two starts is kept for every version.
func TestSweepKeepsVersions(t *testing.T) {
	w := newWorld(t, dataset.Options{UploadAge: 1})
	first := w.create("d", table.CSV, "a\n1\n")
	if _, err := w.Create(t.Context(), w.workspace, dataset.Meta{DataTypeID: "GenericCSV", FamilyID: first.FamilyID}, strings.NewReader("a\n1\n2\n")); err != nil {
		t.Fatal(err)
	}
	stop := w.run()
	d, err := w.Finish(t.Context(), w.workspace, w.upload("a\n1\n", 9, 0), dataset.Meta{Name: "e", DataTypeID: "GenericCSV"})
	if err == nil {
		_, err = w.Settled(t.Context(), w.workspace, d.ID)
	}
	if err != nil && !fault.Is(err, fault.NotFound) { // the upload may have expired, which is not what this is about
		t.Fatal(err)
	}
	stop()
	if w.rowsOf(first.ID) != 1 || w.rowsOf(first.FamilyID) != 2 {
		t.Error("a version is gone")
	}
}

func TestUpdate(t *testing.T) {
	w := newWorld(t, dataset.Options{})
	d := w.create("codes", table.CSV, "code,n\n007,1\n010,2\n,3\n")
	w.create("taken", table.CSV, "a\n1\n")
	text := "zip codes"
	d, err := w.Update(t.Context(), w.workspace, d.ID, dataset.Change{Name: "Codes", Description: &text, Types: map[string]table.Type{"code": table.String, "n": table.Double}})
	if err != nil || d.Name != "Codes" || d.Description != text {
		t.Fatal(d, err)
	}
	tab, err := w.Table(t.Context(), w.workspace, d.ID)
	if err != nil || tab.ColumnCalled("code").Strings[0] != "007" || tab.ColumnCalled("n").Type != table.Double {
		t.Errorf("the table has %v, %v", tab.Schema(), err)
	}
	if s, err := w.Summary(t.Context(), w.workspace, d.ID); err != nil || s.Revision != 1 || fmt.Sprint(s.Missing) != "[1 0]" {
		t.Errorf("the summary is %+v, %v", s, err)
	}
	if d, err = w.Update(t.Context(), w.workspace, d.ID, dataset.Change{Name: "Renamed"}); err != nil {
		t.Fatal(err)
	}
	if named, err := w.ByName(t.Context(), w.workspace, "renamed"); err != nil || named.ID != d.ID {
		t.Error(named, err)
	}
	w.create("codes", table.CSV, "a\n1\n") // the name is free again
	_, err = w.Update(t.Context(), w.workspace, d.ID, dataset.Change{Name: "Taken"})
	wantKind(t, err, fault.Conflict, "a dataset called")
	_, err = w.Update(t.Context(), w.workspace, d.ID, dataset.Change{Types: map[string]table.Type{"code": table.Boolean}})
	wantKind(t, err, fault.Invalid, `row 1 (line 2): column "code": "007" is not of type Boolean`)
	_, err = w.Update(t.Context(), w.workspace, d.ID, dataset.Change{Types: map[string]table.Type{"none": table.Double}})
	wantKind(t, err, fault.Invalid, "no column of that name")
}

// An output is saved with the types and roles of its columns, whatever its texts look like.
func TestPromote(t *testing.T) {
	w := newWorld(t, dataset.Options{})
	code := table.FromStrings("code", []string{"007", "010"})
	code.Categorical, code.Role = true, table.Label
	span := table.FromInts("took", table.TimeSpan, []int64{1e9, -36e14})
	out := table.FromColumns(2, code, span)
	d, err := w.Promote(t.Context(), w.workspace, dataset.Meta{Name: "result"}, dataset.Output{Experiment: "x", Node: "n", Port: "Out"}, out)
	if err != nil || d.SourceOrigin != "FromOutputPromotion" || *d.ExperimentID != "x" || *d.PromotedFrom != "x/n/Out" || d.DataTypeID != "Parquet" {
		t.Fatal(d, err)
	}
	tab, err := w.Table(t.Context(), w.workspace, d.ID)
	if err != nil || fmt.Sprint(tab.Schema()) != fmt.Sprint(out.Schema()) || tab.ColumnCalled("took").Ints[1] != -36e14 || tab.ColumnCalled("code").Strings[0] != "007" {
		t.Errorf("read back %v, %v", tab, err)
	}
	_, err = w.Promote(t.Context(), w.workspace, dataset.Meta{Name: "result"}, dataset.Output{}, out)
	wantKind(t, err, fault.Conflict, "a dataset called")
	_, err = w.Promote(t.Context(), w.workspace, dataset.Meta{Name: "none"}, dataset.Output{}, out.Slice(0, 0))
	wantKind(t, err, fault.Invalid, "no rows")
}

// An upload that was cut off tells what is there, and goes on.
func TestResumedUpload(t *testing.T) {
	w := newWorld(t, dataset.Options{})
	upload := w.upload("a\n1\n2\n3\n", 2, 0, 3)
	u, err := w.Uploaded(t.Context(), w.workspace, upload)
	if err != nil || u.NumberOfBlocks != 4 || fmt.Sprint(u.Blocks) != "[0 3]" || u.Size != 4 || u.DataTypeID != "GenericCSV" {
		t.Fatal(u, err)
	}
	err = w.PutBlock(t.Context(), w.workspace, upload, 4, 1, io.MultiReader(strings.NewReader("1"), &brokenReader{}))
	if err == nil {
		t.Error("half a block was taken")
	}
	if u, err = w.Uploaded(t.Context(), w.workspace, upload); err != nil || len(u.Blocks) != 2 {
		t.Errorf("a block that was cut off counts: %+v, %v", u, err)
	}
	_, err = w.Uploaded(t.Context(), w.workspace, "none")
	wantKind(t, err, fault.NotFound, "no unfinished upload")
}

type brokenReader struct{}

func (*brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// Memory does not grow with the file: of each MB that goes through, nothing stays.
func TestMemoryOfLongFiles(t *testing.T) {
	w := newWorld(t, dataset.Options{})
	const size = 96 << 20
	src := &generated{row: []byte("17,some words of a text,3.25,True\n"), left: size}
	d, err := w.Create(t.Context(), w.workspace, dataset.Meta{Name: "long", DataTypeID: "GenericCSVNoHeader"}, src)
	if err != nil || d.Size < size {
		t.Fatal(d, err)
	}
	if peak := src.peak.Load(); peak > 24<<20 {
		t.Errorf("the heap had %d MB for a file of %d MB", peak>>20, size>>20)
	}
}

// generated gives rows without end, up to left bytes, and watches the heap.
type generated struct {
	row  []byte
	left int
	peak atomic.Uint64
}

func (g *generated) Read(p []byte) (int, error) {
	if g.left <= 0 {
		return 0, io.EOF
	}
	n := len(p) / len(g.row)
	if n == 0 {
		return 0, io.ErrShortBuffer
	}
	copy(p, bytes.Repeat(g.row, n))
	before := g.left >> 20
	if g.left -= n * len(g.row); g.left>>20 != before {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		g.peak.Store(max(g.peak.Load(), m.HeapAlloc))
	}
	return n * len(g.row), nil
}
