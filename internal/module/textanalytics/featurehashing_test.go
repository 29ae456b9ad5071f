package textanalytics_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"portico/internal/module"
	"portico/internal/module/textanalytics"
	"portico/internal/table"
)

func prepare(t testing.TB, given map[string]string) module.Runner {
	t.Helper()
	m := textanalytics.FeatureHashing()
	v, err := m.Bind(given)
	if err != nil {
		t.Fatal(err)
	}
	run, err := m.Prepare(v)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

func texts(name string, cells ...string) *table.Table {
	return table.FromColumns(len(cells), table.FromStrings(name, cells))
}

// row prints the hashed part of row r, whose block is part 1.
func row(t *table.Table, r int) string {
	f := table.RowFormat{Separator: " "}.Prepare()
	return string(f.AppendRow(nil, table.New(t.Rows, t.Parts[1]), r))
}

// The first vector is the one that the guide prints; the others are azureml.md 5.4's.
func TestGoldenVectors(t *testing.T) {
	for _, c := range []struct{ text, bits, n, want string }{
		{"This is a good day", "3", "2", "1 1 2 2 0 2 0 1"},
		{"This is a good day", "3", "1", "0 1 1 0 0 2 0 1"},
		{"This is a good day", "3", "0", "0 1 1 0 0 2 0 1"},
		{"This is a good day", "3", "3", "2 1 3 2 1 2 0 1"},
		{"I loved this book", "3", "2", "0 1 1 2 1 0 2 0"},
		{"I hated this book", "3", "2", "0 0 1 1 1 2 2 0"},
		{"This book was great", "3", "2", "0 3 0 0 1 0 1 2"},
		{"I love books", "3", "2", "0 1 2 0 0 1 0 1"},
		{"", "3", "2", "0 0 0 0 0 0 0 0"},
		{" \tThis  is\ta good\tday ", "3", "2", "1 1 2 2 0 2 0 1"},
		{"This\nis\r\na good day", "3", "2", "1 1 2 2 0 2 0 1"},
	} {
		run := prepare(t, map[string]string{"Hashing bitsize": c.bits, "N-grams": c.n})
		out, err := run(context.Background(), []*table.Table{texts("Col2", c.text)})
		if err != nil {
			t.Fatal(err)
		}
		if got := row(out[0], 0); got != c.want {
			t.Errorf("%q with %s bits, %s-grams: %s, want %s", c.text, c.bits, c.n, got, c.want)
		}
	}
}

func TestTenBits(t *testing.T) {
	run := prepare(t, nil)
	out, err := run(context.Background(), []*table.Table{texts("Col2", "This is a good day")})
	if err != nil {
		t.Fatal(err)
	}
	s := out[0].Parts[1].Sparse
	index, values := s.Row(0)
	if got := fmt.Sprint(s.Width, index, values); got != "1024 [16 31 65 299 365 397 434 458 619] [1 1 1 1 1 1 1 1 1]" {
		t.Error(got)
	}
	if got := s.Name(0) + " " + s.Name(1023); got != "Col2_HashingFeature.0 Col2_HashingFeature.1023" {
		t.Error(got)
	}
}

// Every size gives what one obvious way of counting gives, on both sides of the change of method.
func TestSizesAgree(t *testing.T) {
	text := strings.Repeat("the quick brown fox jumps over the lazy dog ", 5)
	wide := prepare(t, map[string]string{"Hashing bitsize": "31", "N-grams": "10"})
	out, err := wide(context.Background(), []*table.Table{texts("c", text)})
	if err != nil {
		t.Fatal(err)
	}
	fullIndex, fullCounts := out[0].Parts[1].Sparse.Row(0)
	for bits := 1; bits <= 31; bits++ {
		want := map[uint32]float64{}
		for i, c := range fullIndex {
			want[c&(1<<bits-1)] += fullCounts[i]
		}
		run := prepare(t, map[string]string{"Hashing bitsize": fmt.Sprint(bits), "N-grams": "10"})
		out, err := run(context.Background(), []*table.Table{texts("c", text)})
		if err != nil {
			t.Fatal(err)
		}
		index, counts := out[0].Parts[1].Sparse.Row(0)
		if len(index) != len(want) {
			t.Fatalf("%d bits: %d columns, want %d", bits, len(index), len(want))
		}
		for i, c := range index {
			if counts[i] != want[c] || i > 0 && index[i-1] >= c {
				t.Fatalf("%d bits: column %d holds %v, want %v", bits, c, counts[i], want[c])
			}
		}
	}
}
