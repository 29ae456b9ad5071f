package table

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"portico/internal/fault"
)

func TestInferType(t *testing.T) {
	for _, c := range []struct {
		cells string
		want  Type
	}{
		{"1 -2 +3", Int32},
		{"2147483647 -2147483648", Int32},
		{"2147483648", Int64},
		{"-2147483649", Int64},
		{"9223372036854775807 -9223372036854775808", Int64},
		{"9223372036854775808", Double},
		{"1 3000000000 1.5", Double},
		{"1. .5 1e3 -1E-3 007", Double},
		{"NaN 1", Double},
		{"1e999", String},
		{". ", String},
		{"- ", String},
		{"1-2", String},
		{"nan", String},
		{"True false TRUE", Boolean},
		{"True 1", String},
		{"1 True", String},
		{"2010-05-30 5/30/2010 2010-05-30T06:07:00Z", DateTime},
		{"2010-05-30 1", String},
		{"2010-13-30", String},
		{"9999-12-31", String}, // beyond what nanoseconds hold
		{"1600-01-01", String},
		{"01:02:03", String}, // spans of time are never guessed
		{"", String},
	} {
		if got := InferType(strings.Split(c.cells, " ")); got != c.want {
			t.Errorf("%q: %s, want %s", c.cells, got, c.want)
		}
	}
}

// Every type reads what it prints, and some other forms.
func TestParseColumn(t *testing.T) {
	for _, c := range []struct {
		typ  Type
		text string
		want string // what is printed, or "" for an error
	}{
		{String, " x ", " x "},
		{Double, " 1.50 ", "1.5"},
		{Double, "-Infinity", "-Infinity"},
		{Double, "1e16", "1E+16"},
		{Double, "0x1p3", ""},
		{Double, "1,5", ""},
		{Int32, "\t+7", "7"},
		{Int32, "2147483648", ""},
		{Int32, "1.0", ""},
		{Int64, "-9223372036854775808", "-9223372036854775808"},
		{Int64, "9223372036854775808", ""},
		{Boolean, "TRUE", "True"},
		{Boolean, "1", ""},
		{DateTime, "2010-05-30T06:07:00+02:00", "5/30/2010 4:07:00 AM"},
		{DateTime, "2010-05-30 18:07:09.25", "5/30/2010 6:07:09 PM"},
		{DateTime, "12/3/2010 18:07", "12/3/2010 6:07:00 PM"},
		{DateTime, "30/12/2010", ""},
		{DateTime, "2010-5", ""},
		{TimeSpan, "1.02:03:04.5", "1.02:03:04.5000000"},
		{TimeSpan, "-00:00:00.0000001", "-00:00:00.0000001"},
		{TimeSpan, "23:59", "23:59:00"},
		{TimeSpan, "3", "3.00:00:00"},
		{TimeSpan, "24:00", ""},
		{TimeSpan, "1:2:3:4", ""},
		{TimeSpan, "1:-2", ""},
		{TimeSpan, "200000", ""},
	} {
		col, err := ParseColumn(Field{Name: "c", Type: c.typ}, []string{"", c.text}, []bool{true, false})
		if c.want == "" {
			if want := fmt.Sprintf("row 2, column %q: %q is not of type %s", "c", c.text, c.typ); err == nil || err.Error() != want || !fault.Is(err, fault.Invalid) {
				t.Errorf("%s %q: %v, want %s", c.typ, c.text, err, want)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s %q: %v", c.typ, c.text, err)
			continue
		}
		if text, ok := col.AppendCell(nil, 1); string(text) != c.want || !ok {
			t.Errorf("%s %q: printed as %q", c.typ, c.text, text)
		}
		if _, ok := col.AppendCell(nil, 0); ok {
			t.Errorf("%s: the first cell is not missing", c.typ)
		}
	}
	col, err := ParseColumn(Field{Type: Int32}, []string{" ", "1", ""}, nil)
	if err != nil || fmt.Sprint(col.Missing) != "[true false true]" {
		t.Errorf("blank cells: %v, %v", col, err)
	}
	if col, err = ParseColumn(Field{}, []string{""}, nil); err != nil || col.Missing != nil {
		t.Errorf("an empty text: %v, %v", col, err)
	}
}

func TestAppendDouble(t *testing.T) {
	for _, c := range []struct {
		v    float64
		want string
	}{
		{0, "0"}, {math.Copysign(0, -1), "0"}, {1, "1"}, {-2.5, "-2.5"}, {0.1, "0.1"}, {0.0001, "0.0001"}, {0.00001, "1E-05"}, {1.5e-7, "1.5E-07"},
		{-0.687952590518378, "-0.687952590518378"}, {999999999999999, "999999999999999"}, {1e15, "1E+15"}, {1.25e22, "1.25E+22"}, {1e300, "1E+300"},
		{math.NaN(), "NaN"}, {math.Inf(1), "Infinity"}, {math.Inf(-1), "-Infinity"},
	} {
		if got := string(AppendDouble(nil, c.v)); got != c.want {
			t.Errorf("%v: %s, want %s", c.v, got, c.want)
		}
	}
}

func TestAppendTimeSpan(t *testing.T) {
	for _, c := range []struct {
		d    time.Duration
		want string
	}{
		{0, "00:00:00"}, {time.Minute + 7*time.Second, "00:01:07"}, {-25 * time.Hour, "-1.01:00:00"}, {100 * time.Nanosecond, "00:00:00.0000001"},
		{math.MaxInt64, "106751.23:47:16.8547758"},
	} {
		if got := string(AppendTimeSpan(nil, c.d)); got != c.want {
			t.Errorf("%v: %s, want %s", c.d, got, c.want)
		}
	}
}

func TestSliceAndConcat(t *testing.T) {
	whole := every()
	for cut := range whole.Rows + 1 {
		joined, err := Concat(whole.Slice(0, cut), whole.Slice(cut, cut), whole.Slice(cut, whole.Rows))
		if err != nil || show(joined) != show(whole) {
			t.Errorf("cut at %d: %v, %s", cut, err, show(joined))
		}
	}
	if got := whole.Head(99); got != whole {
		t.Error("the head of more rows than there are is another table")
	}
	if got := whole.Head(-1); got.Rows != 0 {
		t.Errorf("a negative head has %d rows", got.Rows)
	}
	if got, err := Concat(); err != nil || got.Rows != 0 || got.Width() != 0 {
		t.Errorf("nothing joined: %v, %v", got, err)
	}
	a, b := FromColumns(1, FromStrings("a", []string{"x"})), FromColumns(1, FromStrings("b", []string{"y"}))
	named := NamedBlock(Double, []string{"a"})
	named.Start = []int{0, 0}
	block := New(1, Part{Sparse: named})
	for _, other := range []*Table{b, block, New(1)} {
		if _, err := Concat(a, other); !fault.Is(err, fault.Invalid) {
			t.Errorf("tables of other columns: %v", err)
		}
		if _, err := Concat(other, a); !fault.Is(err, fault.Invalid) {
			t.Errorf("tables of other columns: %v", err)
		}
	}
}

func TestSchema(t *testing.T) {
	want := "s d a.3! a.4! a.0! a.1!  l b t ts x  ünïcode"
	if got := names(every()); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if c := every().ColumnCalled("l"); c == nil || c.Type != Int64 {
		t.Errorf("column l: %v", c)
	}
	if c := every().ColumnCalled("a.3!"); c != nil {
		t.Errorf("a sparse column is given as a dense one: %v", c)
	}
	for _, typ := range []Type{String, Double, Int32, Int64, Boolean, DateTime, TimeSpan} {
		if got, err := ParseType(typ.String()); got != typ || err != nil {
			t.Errorf("%s: %v, %v", typ, got, err)
		}
	}
	if _, err := ParseType("Decimal"); err == nil {
		t.Error("Decimal is a type")
	}
}

// Rows print as cell by cell, whatever the runs of zeros.
func TestRowFormat(t *testing.T) {
	wide := NumberedBlock(Double, "f", "", Span{0, 3*zeroRun + 2})
	wide.Start, wide.Index, wide.Values = []int{0, 0, 3, 4}, []uint32{0, zeroRun, 3*zeroRun + 1, 1}, []float64{1, 2, 3, 0.5}
	for _, tab := range []*Table{every(), New(3, Part{Sparse: wide}), New(3, append(every().Parts, Part{Sparse: wide})...), New(3)} {
		f := RowFormat{Open: "<", Close: ">", Separator: ", ", Missing: "null", Text: func(dst []byte, s string) []byte {
			return append(dst, strings.ToUpper(s)...)
		}}.Prepare()
		for r := range tab.Rows {
			var cells []string
			tab.EachCell(r, func(i int, text []byte, missing bool) {
				switch {
				case missing:
					cells = append(cells, "null")
				case tab.Schema()[i].Type == String:
					cells = append(cells, "<"+strings.ToUpper(string(text))+">")
				default:
					cells = append(cells, "<"+string(text)+">")
				}
			})
			want := "before " + strings.Join(cells, ", ")
			if got := string(f.AppendRow([]byte("before "), tab, r)); got != want {
				t.Errorf("row %d:\n%.300s\n%.300s", r, got, want)
			}
		}
	}
}

func TestRowFormatDoesNotAllocate(t *testing.T) {
	tab := every()
	f := RowFormat{Open: `"`, Close: `"`, Separator: ",", Missing: "null"}.Prepare()
	buf := f.AppendRow(nil, tab, 2)
	if n := testing.AllocsPerRun(100, func() { buf = f.AppendRow(buf[:0], tab, 2) }); n > 0 {
		t.Errorf("%v allocations a row", n)
	}
}
