package dataset_test

import (
	"fmt"
	"testing"

	"portico/internal/dataset"
	"portico/internal/table"
)

// A workspace gets the samples once: for text, classification, regression and clustering.
func TestSamples(t *testing.T) {
	w := newWorld(t, dataset.Options{})
	w.create("House Prices", table.CSV, "mine\n1\n")
	add := func() map[string]*dataset.Dataset {
		t.Helper()
		if err := w.AddSamples(t.Context(), w.workspace, "portico"); err != nil {
			t.Fatal(err)
		}
		all, err := w.List(t.Context(), w.workspace)
		if err != nil {
			t.Fatal(err)
		}
		byName := map[string]*dataset.Dataset{}
		for _, d := range all {
			byName[d.Name] = d
		}
		return byName
	}
	all := add()
	for name, want := range map[string]string{
		dataset.BookReviewsName: "[Int32 String] 10000",
		"Telephone Customers":   "[Int32 Int32 String Double Int32 Boolean Int32] 3000",
		"Shop Visits":           "[Double Double Double Double] 1200",
		"House Prices":          "[Int32] 1", // the name was taken
	} {
		s, err := w.Summary(t.Context(), w.workspace, all[name].ID)
		if err != nil {
			t.Fatal(err)
		}
		var types []table.Type
		for _, f := range s.Fields {
			types = append(types, f.Type)
		}
		if got := fmt.Sprint(types, " ", s.Rows); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	customers, err := w.Table(t.Context(), w.workspace, all["Telephone Customers"].ID)
	if err != nil {
		t.Fatal(err)
	}
	left := 0
	for _, v := range customers.ColumnCalled("Left").Ints {
		left += int(v)
	}
	if left < 600 || left > 1500 {
		t.Errorf("%d of 3000 customers left", left)
	}
	if err := w.Delete(t.Context(), w.workspace, all["Shop Visits"].ID); err != nil {
		t.Fatal(err)
	}
	if add()["Shop Visits"] != nil {
		t.Error("a sample that was deleted came back")
	}
}
