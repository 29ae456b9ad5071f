package table

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// sampleOfAll has a column of every kind, with missing cells, and a sparse block.
func sampleOfAll() *Table {
	block := NumberedBlock(Int32, "h", "", Span{0, 3})
	block.Start, block.Index, block.Values = []int{0, 1, 1, 3}, []uint32{1, 0, 2}, []float64{5, 6, 7}
	return New(3,
		Part{Column: &Column{Field: Field{Name: "s"}, Strings: []string{"x", "", "y"}, Missing: []bool{false, true, false}}},
		Part{Column: FromDoubles("d", []float64{1.5, math.NaN(), -2})},
		Part{Sparse: block},
		Part{Column: FromInts("b", Boolean, []int64{1, 0, 1})})
}

func print(t *Table) string {
	format := RowFormat{Separator: " ", Missing: "?"}.Prepare()
	var lines []string
	for r := range t.Rows {
		lines = append(lines, string(format.AppendRow(nil, t, r)))
	}
	return strings.Join(lines, "|")
}

func TestTake(t *testing.T) {
	all := sampleOfAll()
	for _, c := range []struct {
		rows []int
		want string
	}{
		{nil, ""},
		{[]int{2, 0, 2}, "y -2 6 0 7 True|x 1.5 0 5 0 True|y -2 6 0 7 True"},
		{[]int{-1, 1}, "? ? 0 0 0 ?|? NaN 0 0 0 False"},
	} {
		got := all.Take(c.rows)
		if print(got) != c.want || got.Rows != len(c.rows) || got.Width() != all.Width() {
			t.Errorf("%v gave %s, want %s", c.rows, print(got), c.want)
		}
	}
}

func TestRowIndex(t *testing.T) {
	key := []*Column{
		FromStrings("s", []string{"a", "A", "a", "", "a", "Straße", "STRAßE"}),
		FromDoubles("d", []float64{1, 1, 1, 2.5, 2, 0, math.Copysign(0, -1)}),
	}
	key[0].Missing = []bool{false, false, false, true, false, false, false}
	exact := NewRowIndex(key, 7, false)
	if want := []int32{0, 1, 0, 2, 3, 4, 5}; !slices.Equal(exact.Group, want) || exact.Groups() != 6 {
		t.Errorf("exact: %v, want %v", exact.Group, want)
	}
	folded := NewRowIndex(key, 7, true)
	if want := []int32{0, 0, 0, 1, 2, 3, 3}; !slices.Equal(folded.Group, want) {
		t.Errorf("folded: %v, want %v", folded.Group, want)
	}
	rows, start := folded.Members()
	if fmt.Sprint(rows, start) != "[0 1 2 3 4 5 6] [0 3 4 5 7]" {
		t.Error(rows, start)
	}
	// Whole numbers are found among Doubles, and missing cells by missing ones.
	other := []*Column{
		{Strings: []string{"a", "", "b"}, Missing: []bool{false, true, false}},
		FromInts("n", Int64, []int64{2, 3, 1}),
	}
	if got := []int{exact.Find(other, 0), exact.Find(other, 1), exact.Find(other, 2)}; !slices.Equal(got, []int{3, -1, -1}) {
		t.Error(got)
	}
}

// Numbers too large for a float64 to tell apart are told apart as whole numbers.
func TestRowIndexOfLargeNumbers(t *testing.T) {
	x := NewRowIndex([]*Column{FromInts("n", Int64, []int64{1 << 53, 1<<53 + 1, math.MinInt64, math.MaxInt64})}, 4, false)
	if x.Groups() != 4 {
		t.Error(x.Group)
	}
	if g := x.Find([]*Column{FromDoubles("d", []float64{1 << 53})}, 0); g != 0 {
		t.Error(g)
	}
}

// The index agrees with a map of printed rows.
func TestRowIndexAgainstMap(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	const rows = 5_000
	words, numbers := make([]string, rows), make([]int64, rows)
	for i := range rows {
		words[i], numbers[i] = fmt.Sprint("w", r.IntN(40)), int64(r.IntN(40))
	}
	x := NewRowIndex([]*Column{FromStrings("w", words), FromInts("n", Int32, numbers)}, rows, false)
	first := map[string]int32{}
	for i := range rows {
		key := fmt.Sprintf("%s/%d", words[i], numbers[i])
		if g, seen := first[key]; seen && g != x.Group[i] {
			t.Fatalf("row %d is in group %d, not %d", i, x.Group[i], g)
		}
		first[key] = x.Group[i]
	}
	if len(first) != x.Groups() {
		t.Errorf("%d groups, want %d", x.Groups(), len(first))
	}
}

func TestNumber(t *testing.T) {
	for _, c := range []struct {
		column *Column
		want   float64
		ok     bool
	}{
		{FromDoubles("d", []float64{1.5}), 1.5, true},
		{FromDoubles("d", []float64{math.NaN()}), 0, false},
		{FromDoubles("d", []float64{math.Inf(1)}), math.Inf(1), true},
		{FromInts("b", Boolean, []int64{1}), 1, true},
		{FromStrings("s", []string{"1"}), 0, false},
		{&Column{Field: Field{Type: Int32}, Ints: []int64{3}, Missing: []bool{true}}, 0, false},
	} {
		if v, ok := c.column.Number(0); ok != c.ok || ok && v != c.want {
			t.Errorf("%+v: %v, %v", c.column, v, ok)
		}
		if v := c.column.Numbers()[0]; c.ok && v != c.want || !c.ok && v == v {
			t.Errorf("%+v: %v", c.column, v)
		}
	}
	c := FromNumbers("n", []float64{1, math.NaN()})
	if got := print(FromColumns(2, c)); got != "1|?" {
		t.Error(got)
	}
}

func TestAs(t *testing.T) {
	day := time.Date(2020, 1, 2, 0, 0, 0, 0, time.UTC).UnixNano()
	for _, c := range []struct {
		from *Column
		to   Type
		want string // the cells; or the row that cannot be converted
	}{
		{FromStrings("s", []string{" 12 ", "-3"}), Int32, "12|-3"},
		{FromStrings("s", []string{"1", "x"}), Double, "1"},
		{FromStrings("s", []string{"1e3"}), Double, "1000"},
		{FromStrings("s", []string{"true", "False"}), Boolean, "True|False"},
		{FromStrings("s", []string{"2020-01-02", ""}), DateTime, "1/2/2020 12:00:00 AM|?"},
		{FromDoubles("d", []float64{3, -0.0}), Int32, "3|0"},
		{FromDoubles("d", []float64{2.5}), Int32, "0"},
		{FromDoubles("d", []float64{1, 3e9}), Int32, "1"},
		{FromDoubles("d", []float64{3e9, math.NaN()}), Int64, "3000000000|?"},
		{FromDoubles("d", []float64{1e15}), Int64, "1000000000000000"},
		{FromInts("i", Int32, []int64{0, 1}), Boolean, "False|True"},
		{FromInts("i", Int32, []int64{2}), Boolean, "0"},
		{FromInts("i", Int64, []int64{36_000_000_000}), TimeSpan, "01:00:00"},
		{FromInts("b", Boolean, []int64{1, 0}), Double, "1|0"},
		{FromInts("b", Boolean, []int64{1}), String, "True"},
		{FromInts("t", DateTime, []int64{day}), String, "1/2/2020 12:00:00 AM"},
		{FromInts("t", DateTime, []int64{day}), Double, "0"},
	} {
		got, row := c.from.As(Field{Name: "x", Type: c.to})
		text := fmt.Sprint(row)
		if got != nil {
			text = print(FromColumns(got.Len(), got))
		}
		if text != c.want || got != nil && (got.Type != c.to || got.Name != "x") {
			t.Errorf("%v as %v: %s, want %s", c.from.Type, c.to, text, c.want)
		}
	}
}

func TestSpread(t *testing.T) {
	all := sampleOfAll()
	for _, c := range []struct {
		selector string
		places   string
		parts    int
	}{
		{"StringAll", "[0]", 4},
		{"NumericAll", "[1 2 3 4]", 6},
		{`{"isFilter":false,"rules":[{"ruleType":"ColumnNames","columns":["b","h1","s"]}]}`, "[5 3 0]", 6},
		{`{"isFilter":false,"rules":[{"ruleType":"ColumnNames","columns":["b","s"]}]}`, "[3 0]", 4},
	} {
		s, err := ParseSelector(c.selector)
		if err != nil {
			t.Fatal(err)
		}
		got, places, err := s.Spread(all)
		if err != nil || fmt.Sprint(places) != c.places || len(got.Parts) != c.parts || print(got) != print(all) {
			t.Errorf("%s gave %v, %v: %s", c.selector, places, err, print(got))
		}
	}
	wide := NumberedBlock(Double, "f", "", Span{0, MaxDenseColumns + 1})
	wide.Start = []int{0, 0}
	s, _ := ParseSelector("NumericAll")
	if _, _, err := s.Spread(New(1, Part{Sparse: wide})); err == nil {
		t.Error("a block wider than a dense table may be was spread")
	}
}

func TestNames(t *testing.T) {
	n := NewNames(sampleOfAll())
	var got []string
	for _, name := range []string{"s", "new", "new", "h2", "h3", "s"} {
		got = append(got, n.Free(name))
	}
	if want := "s (2),new,new (2),h2 (2),h3,s (3)"; strings.Join(got, ",") != want {
		t.Error(got)
	}
}
