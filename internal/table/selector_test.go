package table

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// mixed has a column of every sort, and Col10 to Col12 as a sparse block.
func mixed() *Table {
	column := func(f Field) Part {
		b := NewColumnBuilder(f, 2)
		b.AppendMissing()
		b.AppendMissing()
		return Part{Column: b.Column()}
	}
	block := NumberedBlock(Double, "Col", "", Span{10, 13})
	block.Start, block.Index, block.Values = []int{0, 2, 3}, []uint32{0, 2, 1}, []float64{1, 2, 3}
	return New(2,
		column(Field{Name: "float", Type: Double}),
		column(Field{Name: "int", Type: Int32}),
		column(Field{Name: "long", Type: Int64, Role: Score}),
		column(Field{Name: "text", Type: String}),
		column(Field{Name: "color", Type: String, Categorical: true}),
		column(Field{Name: "yes", Type: Boolean, Role: Label}),
		column(Field{Name: "when", Type: DateTime}),
		column(Field{Name: "span", Type: TimeSpan, Role: NoRole}),
		Part{Sparse: block},
	)
}

func names(t *Table) string {
	var all []string
	for _, f := range t.Schema() {
		all = append(all, f.Name)
	}
	return strings.Join(all, " ")
}

func TestSelect(t *testing.T) {
	const all = "float int long text color yes when span Col10 Col11 Col12"
	for _, c := range []struct{ name, selector, want string }{
		{"all", `{"isFilter":true,"rules":[{"ruleType":"AllColumns","exclude":false}],"ui":{"withRules":true}}`, all},
		{"all and a name", `{"isFilter":true,"rules":[{"ruleType":"AllColumns"},{"ruleType":"ColumnNames","columns":["text"]}]}`, all},
		{"all but names", `{"isFilter":true,"rules":[{"ruleType":"AllColumns"},{"ruleType":"ColumnNames","columns":["text","Col11"],"exclude":true}]}`,
			"float int long color yes when span Col10 Col12"},
		{"excluded, then included", `{"isFilter":true,"rules":[{"ruleType":"AllColumns"},{"ruleType":"ColumnIndexes","columns":["1-10"],"exclude":true},{"ruleType":"ColumnNames","columns":["int"]}]}`,
			"int Col12"},
		{"names in the table's order", `{"isFilter":true,"rules":[{"ruleType":"ColumnNames","columns":["Col11","text","float","text"]}]}`, "float text Col11"},
		{"names as listed", `{"isFilter":false,"rules":[{"ruleType":"ColumnNames","columns":["Col11","text","float","text"]}]}`, "Col11 text float text"},
		{"listed, some taken away", `{"isFilter":false,"rules":[{"ruleType":"ColumnIndexes","columns":["4","2-3","4"]},{"ruleType":"ColumnNames","columns":["int"],"exclude":true}]}`, "text long text"},
		{"isFilter left out", `{"rules":[{"ruleType":"ColumnNames","columns":["text","int"]}]}`, "int text"},
		{"indexes", `{"isFilter":true,"rules":[{"ruleType":"ColumnIndexes","columns":["1","3"]}]}`, "float long"},
		{"indexes as numbers", `{"isFilter":true,"rules":[{"ruleType":"ColumnIndexes","columns":[1,3]}]}`, "float long"},
		{"index range", `{"isFilter":true,"rules":[{"ruleType":"ColumnIndexes","columns":["1-3"]}]}`, "float int long"},
		{"8,1-4,6", `{"isFilter":true,"rules":[{"ruleType":"ColumnIndexes","columns":["8,1-4,6"]}]}`, "float int long text yes span"},
		{"1,3-8", `{"isFilter":true,"rules":[{"ruleType":"ColumnIndexes","columns":["1","3-8"]}]}`, "float long text color yes when span"},
		{"1,3-6,4", `{"isFilter":true,"rules":[{"ruleType":"ColumnIndexes","columns":["1","3-6","4"]}]}`, "float long text color yes"},
		{"reversed", `{"isFilter":false,"rules":[{"ruleType":"ColumnIndexes","columns":["4,3,1"]}]}`, "text long float"},
		{"a range over dense and sparse", `{"isFilter":true,"rules":[{"ruleType":"ColumnIndexes","columns":["8-10"]}]}`, "span Col10 Col11"},
		{"sparse ones as listed", `{"isFilter":false,"rules":[{"ruleType":"ColumnIndexes","columns":["11","9-11","9"]}]}`, "Col12 Col10 Col11 Col12 Col10"},
		{"numeric", `{"isFilter":true,"rules":[{"ruleType":"ColumnTypes","columnTypes":["Numeric"],"columnKinds":["All"]}]}`, "float int long Col10 Col11 Col12"},
		{"integer", `{"isFilter":true,"rules":[{"ruleType":"ColumnTypes","columnTypes":["Integer"],"columnKinds":["All"]}]}`, "int long"},
		{"double", `{"isFilter":true,"rules":[{"ruleType":"ColumnTypes","columnTypes":["Double"]}]}`, "float Col10 Col11 Col12"},
		{"string", `{"isFilter":true,"rules":[{"ruleType":"ColumnTypes","columnTypes":["String"],"columnKinds":["All"]}]}`, "text"},
		{"boolean, time and span", `{"isFilter":true,"rules":[{"ruleType":"ColumnTypes","columnTypes":["Boolean","DateTime","TimeSpan"]}]}`, "yes when span"},
		{"categorical", `{"isFilter":true,"rules":[{"ruleType":"ColumnTypes","columnTypes":["Categorical"],"columnKinds":["All"]}]}`, "color"},
		{"features", `{"isFilter":true,"rules":[{"ruleType":"ColumnTypes","columnTypes":["All"],"columnKinds":["Feature"]}]}`, "float int text color when Col10 Col11 Col12"},
		{"labels and scores", `{"isFilter":true,"rules":[{"ruleType":"ColumnTypes","columnKinds":["Label","Score"]}]}`, "long yes"},
		{"numeric, and all features too", `{"isFilter":true,"rules":[{"ruleType":"ColumnTypes","columnTypes":["Numeric"]},{"ruleType":"ColumnTypes","columnKinds":["Feature"]}]}`,
			"float int long text color when Col10 Col11 Col12"},
		{"numeric but one", `{"isFilter":true,"rules":[{"ruleType":"ColumnTypes","columnTypes":["Numeric"]},{"ruleType":"ColumnNames","columns":["float"],"exclude":true}]}`, "int long Col10 Col11 Col12"},
		{"default StringFeature", "StringFeature", "text"},
		{"default NumericAll", "NumericAll", "float int long Col10 Col11 Col12"},
		{"default All", " All ", all},
		{"default CategoricalAll", "CategoricalAll", "color"},
		{"default Label", "AllLabel", "yes"},
	} {
		s, err := ParseSelector(c.selector)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		got, err := s.Select(mixed())
		if err != nil || names(got) != c.want {
			t.Errorf("%s: %v, %v; want %s", c.name, names(got), err, c.want)
		}
	}
}

func TestSelectorErrors(t *testing.T) {
	rules := func(s string) string { return `{"isFilter":true,"rules":[` + s + `]}` }
	for _, c := range []struct {
		selector string
		reason   SelectorReason
		text     string
	}{
		{``, NoColumnsSelected, ""},
		{rules(``), NoColumnsSelected, ""},
		{`{"isFilter":true}`, NoColumnsSelected, ""},
		{rules(`{"ruleType":"AllColumns","exclude":true}`), NoColumnsSelected, ""},
		{rules(`{"ruleType":"ColumnTypes","columnTypes":["Boolean"],"columnKinds":["Score"]}`), NoColumnsSelected, ""},
		{rules(`{"ruleType":"ColumnNames","columns":["abc"]}`), ColumnNotFound, "abc"},
		{rules(`{"ruleType":"ColumnNames","columns":["TEXT"]}`), ColumnNotFound, "TEXT"},
		{rules(`{"ruleType":"ColumnNames","columns":["Col9"]}`), ColumnNotFound, "Col9"},
		{rules(`{"ruleType":"ColumnNames","columns":["Col13"]}`), ColumnNotFound, "Col13"},
		{rules(`{"ruleType":"ColumnNames","columns":["Col010"]}`), ColumnNotFound, "Col010"},
		{rules(`{"ruleType":"AllColumns"},{"ruleType":"ColumnNames","columns":["abc"],"exclude":true}`), ColumnNotFound, "abc"},
		{rules(`{"ruleType":"ColumnIndexes","columns":["12"]}`), ColumnNotFound, "12"},
		{rules(`{"ruleType":"ColumnIndexes","columns":["0"]}`), ColumnNotFound, "0"},
		{rules(`{"ruleType":"ColumnIndexes","columns":["3-1"]}`), InvalidColumnIndexRange, "3-1"},
		{rules(`{"ruleType":"ColumnIndexes","columns":["10-12"]}`), InvalidColumnIndexRange, "10-12"},
		{rules(`{"ruleType":"ColumnIndexes","columns":["0-2"]}`), InvalidColumnIndexRange, "0-2"},
		{rules(`{"ruleType":"ColumnIndexes","columns":["a"]}`), ColumnIndexParsing, "a"},
		{rules(`{"ruleType":"ColumnIndexes","columns":["1-"]}`), ColumnIndexParsing, "1-"},
		{rules(`{"ruleType":"ColumnIndexes","columns":["-3"]}`), ColumnIndexParsing, "-3"},
		{rules(`{"ruleType":"ColumnIndexes","columns":["1-2-3"]}`), ColumnIndexParsing, "1-2-3"},
		{rules(`{"ruleType":"ColumnIndexes","columns":["1,,2"]}`), ColumnIndexParsing, ""},
		{rules(`{"ruleType":"ColumnIndexes","columns":["99999999999999999999"]}`), ColumnIndexParsing, "99999999999999999999"},
		{`StringFeatures`, SelectorSyntax, `"StringFeatures" is neither a JSON object nor a column type with a kind, such as StringFeature`},
		{`["text"]`, SelectorSyntax, `"[\"text\"]" is neither a JSON object nor a column type with a kind, such as StringFeature`},
		{`{"isFilter":true,"rules":[]} x`, SelectorSyntax, "more text after the JSON object"},
		{`{"isFilter":"yes"}`, SelectorSyntax, "json: cannot unmarshal string into Go struct field selectorJSON.isFilter of type bool"},
		{rules(`{"ruleType":"Everything"}`), SelectorSyntax, `rule 1: unknown ruleType "Everything"; known are AllColumns, ColumnNames, ColumnIndexes and ColumnTypes`},
		{rules(`{"ruleType":"AllColumns"},{"ruleType":"ColumnNames"}`), SelectorSyntax, "rule 2: ColumnNames without columns"},
		{rules(`{"ruleType":"ColumnNames","columns":[1]}`), SelectorSyntax, "rule 1: columns holds 1, which is not a string"},
		{rules(`{"ruleType":"ColumnIndexes","columns":[null]}`), SelectorSyntax, "rule 1: columns holds null, which is not a string"},
		{rules(`{"ruleType":"ColumnTypes"}`), SelectorSyntax, "rule 1: ColumnTypes without columnTypes and columnKinds"},
		{rules(`{"ruleType":"ColumnTypes","columnTypes":["Text"]}`), SelectorSyntax,
			`rule 1: unknown columnTypes "Text"; known are Numeric, Integer, Double, String, Boolean, DateTime, TimeSpan, Categorical, All`},
		{rules(`{"ruleType":"AllColumns","exlude":true}`), SelectorSyntax, `json: unknown field "exlude"`},
		{rules(strings.Repeat(`{"ruleType":"AllColumns"},`, maxRules) + `{"ruleType":"AllColumns"}`), SelectorSyntax, "more than 1000 rules"},
		{`{"isFilter":false,"rules":[` + strings.Repeat(`{"ruleType":"AllColumns"},`, 999) + `{"ruleType":"AllColumns"}]}`, SelectorSyntax, "more than 10000 columns are selected twice"},
	} {
		s, err := ParseSelector(c.selector)
		if err == nil {
			_, err = s.Select(mixed())
		}
		var e *SelectorError
		if !errors.As(err, &e) || e.Reason != c.reason || e.Text != c.text {
			t.Errorf("%.80s: %#v, want reason %d, %q", c.selector, err, c.reason, c.text)
		}
	}
}

// A selection from a block of two thousand million columns costs no more than the columns selected.
func TestSelectFromWideBlock(t *testing.T) {
	block := NumberedBlock(Double, "f", "", Span{0, 1 << 31})
	block.Start = []int{0, 3}
	block.Index = []uint32{5, 1000, 1<<31 - 1}
	block.Values = []float64{1, 2, 3}
	tab := New(1, Part{Column: FromStrings("text", []string{"x"})}, Part{Sparse: block})
	for _, c := range []struct{ selector, want string }{
		{`{"isFilter":true,"rules":[{"ruleType":"AllColumns"},{"ruleType":"ColumnNames","columns":["f1000","text"],"exclude":true}]}`,
			"2147483647 [5 2147483646] [1 3] f0 f2147483647"},
		{`{"isFilter":true,"rules":[{"ruleType":"ColumnIndexes","columns":["1002-2147483649"]}]}`, "2147482648 [0 2147482647] [2 3] f1000 f2147483647"},
		{`{"isFilter":false,"rules":[{"ruleType":"ColumnNames","columns":["f2147483647","f5","f7","f5"]}]}`, "4 [0 1 3] [3 1 1] f2147483647 f5"},
	} {
		s, err := ParseSelector(c.selector)
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.Select(tab)
		if err != nil {
			t.Fatal(err)
		}
		b := got.Parts[0].Sparse
		index, values := b.Row(0)
		if s := fmt.Sprint(b.Width, index, values, " ", b.Name(0), " ", b.Name(b.Width-1)); s != c.want {
			t.Errorf("%s: %s, want %s", c.selector, s, c.want)
		}
	}
}

// Selecting, however columns are listed, gives the cells that the names say.
func TestSelectedCells(t *testing.T) {
	tab := mixed()
	listed := `{"isFilter":false,"rules":[{"ruleType":"ColumnNames","columns":["Col12","Col10"]},{"ruleType":"AllColumns"},{"ruleType":"ColumnNames","columns":["Col11","text","Col10"]}]}`
	s, err := ParseSelector(listed)
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.Select(tab)
	if err != nil {
		t.Fatal(err)
	}
	again, err := s.Select(got) // from a block whose numbers are not in order
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range []*Table{got, again} {
		for r := range tab.Rows {
			want := cellsByName(tab, r)
			for i, cell := range cellsInOrder(u, r) {
				if name := u.Schema()[i].Name; cell != want[name] {
					t.Errorf("row %d, column %s holds %q, want %q", r, name, cell, want[name])
				}
			}
		}
	}
}

func cellsInOrder(t *Table, r int) []string {
	var cells []string
	t.EachCell(r, func(_ int, text []byte, missing bool) { cells = append(cells, fmt.Sprint(string(text), missing)) })
	return cells
}

func cellsByName(t *Table, r int) map[string]string {
	byName := map[string]string{}
	for i, cell := range cellsInOrder(t, r) {
		byName[t.Schema()[i].Name] = cell
	}
	return byName
}

// Whatever the text, a selector is refused or gives columns of the table: in
// their order and once where it is a filter.
func FuzzSelector(f *testing.F) {
	f.Add(`{"isFilter":true,"rules":[{"ruleType":"AllColumns"},{"ruleType":"ColumnNames","columns":["text","Col11"],"exclude":true}]}`)
	f.Add(`{"isFilter":false,"rules":[{"ruleType":"ColumnIndexes","columns":["9-11,3",1]},{"ruleType":"ColumnTypes","columnTypes":["Numeric"],"columnKinds":["Score"],"exclude":true}]}`)
	f.Add("StringFeature")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseSelector(text)
		var refused *SelectorError
		if err != nil {
			if !errors.As(err, &refused) {
				t.Fatalf("%v is no SelectorError", err)
			}
			return
		}
		tab := mixed()
		got, err := s.Select(tab)
		if err != nil {
			if !errors.As(err, &refused) {
				t.Fatalf("%v is no SelectorError", err)
			}
			return
		}
		all := strings.Fields(names(tab))
		last := -1
		for i, cell := range cellsInOrder(got, 0) {
			name := got.Schema()[i].Name
			at := slices.Index(all, name)
			if at < 0 || cell != cellsInOrder(tab, 0)[at] {
				t.Fatalf("column %q holds %q", name, cell)
			}
			if s.IsFilter && at <= last {
				t.Fatalf("columns out of order: %s", names(got))
			}
			last = at
		}
	})
}
