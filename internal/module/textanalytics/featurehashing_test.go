package textanalytics_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/twmb/murmur3"

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

// The columns stay; each target adds its block at the end, and a missing text is an empty one.
func TestTargets(t *testing.T) {
	in, err := table.Parse("n,a,b\n1,This is a good day,x y\n2,,This is a good day\n", table.CSV)
	if err != nil {
		t.Fatal(err)
	}
	run := prepare(t, map[string]string{"Hashing bitsize": "3"})
	out, err := run(t.Context(), []*table.Table{in})
	if err != nil {
		t.Fatal(err)
	}
	f := table.RowFormat{Separator: " ", Missing: "-"}.Prepare()
	for r, want := range []string{
		"1 This is a good day x y 1 1 2 2 0 2 0 1 " + hashed(t, "x y"),
		"2 - This is a good day 0 0 0 0 0 0 0 0 1 1 2 2 0 2 0 1",
	} {
		if got := string(f.AppendRow(nil, out[0], r)); got != want {
			t.Errorf("row %d: %s, want %s", r, got, want)
		}
	}
	names := ""
	for _, field := range out[0].Schema() {
		names += field.Name + ":" + field.Type.String() + " "
	}
	if !strings.HasPrefix(names, "n:Int32 a:String b:String a_HashingFeature.0:Double a_HashingFeature.1:Double") || !strings.HasSuffix(names, " b_HashingFeature.7:Double ") {
		t.Error(names)
	}
	if len(in.Parts) != 3 {
		t.Error("the input changed")
	}
}

func hashed(t *testing.T, text string) string {
	t.Helper()
	out, err := prepare(t, map[string]string{"Hashing bitsize": "3"})(t.Context(), []*table.Table{texts("c", text)})
	if err != nil {
		t.Fatal(err)
	}
	return row(out[0], 0)
}

// Where the names are taken, the block gets others.
func TestNameConflicts(t *testing.T) {
	run := prepare(t, map[string]string{"Hashing bitsize": "3", "Target columns": `{"rules":[{"ruleType":"ColumnNames","columns":["c"]}]}`})
	first := func(in *table.Table) string {
		t.Helper()
		out, err := run(t.Context(), []*table.Table{in})
		if err != nil {
			t.Fatal(err)
		}
		return out[0].Parts[len(out[0].Parts)-1].Sparse.Name(0)
	}
	plain := texts("c", "x")
	with := func(name string) *table.Table {
		return table.FromColumns(1, table.FromStrings("c", []string{"x"}), table.FromStrings(name, []string{"y"}))
	}
	named := table.NamedBlock(table.Double, []string{"c_HashingFeature.1"})
	named.Start = []int{0, 0}
	once, err := run(t.Context(), []*table.Table{plain})
	if err != nil {
		t.Fatal(err)
	}
	twice, err := run(t.Context(), once)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		in   *table.Table
		want string
	}{
		{plain, "c_HashingFeature.0"},
		{with("c_HashingFeature.7"), "c_HashingFeature2.0"},
		{with("c_HashingFeature.8"), "c_HashingFeature.0"},
		{once[0], "c_HashingFeature2.0"},
		{twice[0], "c_HashingFeature3.0"},
		{table.New(1, plain.Parts[0], table.Part{Sparse: named}), "c_HashingFeature2.0"},
	} {
		if got := first(c.in); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
}

func TestErrors(t *testing.T) {
	numbers := table.FromColumns(1, table.FromDoubles("n", []float64{1}), table.FromStrings("s", []string{"x"}))
	block := table.NumberedBlock(table.Double, "f", "", table.Span{From: 0, To: 4})
	block.Start = []int{0, 0}
	for _, c := range []struct {
		targets string
		in      *table.Table
		want    string
	}{
		{`{"rules":[{"ruleType":"ColumnNames","columns":["Col9"]}]}`, numbers, `Error 0001: Column with name or index "Col9" not found`},
		{"StringFeature", nil, `Error 0003: Input "Dataset" is null or empty`},
		{"StringFeature", table.New(3), `Error 0003: Input "Dataset" is null or empty`},
		{"StringFeature", table.FromColumns(1, table.FromDoubles("n", []float64{1})), `Error 0011: Specified column set "Target columns" does not apply to any of dataset columns.`},
		{"All", numbers, `Error 0017: Cannot process column "n" of type Double. The type is not supported by the module.`},
		{"All", table.New(1, table.Part{Sparse: block}), `Error 0017: Cannot process column "f0" of type Double. The type is not supported by the module.`},
	} {
		_, err := prepare(t, map[string]string{"Target columns": c.targets})(t.Context(), []*table.Table{c.in})
		var e *module.Error
		if !errors.As(err, &e) || e.Error() != c.want {
			t.Errorf("%s: %v, want %s", c.targets, err, c.want)
		}
	}
	for value, want := range map[string]string{
		"0":  `Error 0004: Parameter "Hashing bitsize" value should be greater than 0.`,
		"32": `Error 0008: Parameter "Hashing bitsize" value should be in the range of [1, 31].`,
	} {
		if _, err := textanalytics.FeatureHashing().Bind(map[string]string{"Hashing bitsize": value}); err == nil || err.Error() != want {
			t.Errorf("%s bits: %v, want %s", value, err, want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := prepare(t, nil)(ctx, []*table.Table{texts("c", "x")}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// A prepared module runs for many callers at once.
func TestConcurrentRuns(t *testing.T) {
	run := prepare(t, map[string]string{"Hashing bitsize": "3"})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				out, err := run(t.Context(), []*table.Table{texts("c", "This is a good day")})
				if err != nil || row(out[0], 0) != "1 1 2 2 0 2 0 1" {
					t.Errorf("%v, %v", out, err)
				}
			}
		})
	}
	wg.Wait()
}

// FuzzHash compares with the rule of azureml.md 5.4 written the plain way.
func FuzzHash(f *testing.F) {
	f.Add("This is a good day", uint8(3), uint8(2))
	f.Add(" a\ta \n\xff b", uint8(31), uint8(10))
	f.Fuzz(func(t *testing.T, text string, b, n uint8) {
		bits, grams := int(b)%31+1, int(n)%11
		if bits > 24 {
			bits = 31
		}
		words := strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == '\t' || r == '\n' || r == '\r' })
		want := map[uint32]float64{}
		for i := range words {
			for size := 1; size <= max(grams, 1) && i+size <= len(words); size++ {
				h := murmur3.StringSum32(words[i])
				for _, next := range words[i+1 : i+size] {
					h = h*27942141 + murmur3.StringSum32(next)
				}
				want[h&(1<<bits-1)]++
			}
		}
		run := prepare(t, map[string]string{"Hashing bitsize": fmt.Sprint(bits), "N-grams": fmt.Sprint(grams)})
		out, err := run(t.Context(), []*table.Table{texts("c", "before", text)})
		if err != nil {
			t.Fatal(err)
		}
		index, counts := out[0].Parts[1].Sparse.Row(1)
		got := map[uint32]float64{}
		for i, c := range index {
			got[c] = counts[i]
		}
		if !maps.Equal(got, want) || len(got) != len(index) || !slices.IsSorted(index) {
			t.Fatalf("%q, %d bits, %d-grams: %v, want %v", text, bits, grams, got, want)
		}
	})
}

// Rows of about 100 bytes, as reviews have. The figure is rows per second of one core.
func BenchmarkFeatureHashing(b *testing.B) {
	cells := make([]string, 10_000)
	words := strings.Fields("the story of a young sailor who leaves home one winter and never quite finds what he wanted to find at sea")
	for i := range cells {
		var text []string
		for k, size := i, 0; size < 95; k++ {
			text = append(text, words[k*7%len(words)])
			size += len(text[len(text)-1]) + 1
		}
		cells[i] = strings.Join(text, " ")
	}
	in := []*table.Table{texts("text", cells...)}
	for _, bits := range []string{"3", "10", "15", "18", "20"} {
		b.Run(bits+" bits", func(b *testing.B) {
			run := prepare(b, map[string]string{"Hashing bitsize": bits})
			b.ReportAllocs()
			for b.Loop() {
				if _, err := run(b.Context(), in); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)*float64(len(cells))/b.Elapsed().Seconds()/1e6, "Mrows/s")
		})
	}
}
