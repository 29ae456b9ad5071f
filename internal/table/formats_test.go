package table

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

const iris = `% a comment
@RELATION 'iris flowers'

@attribute 'sepal length'	NUMERIC
@ATTRIBUTE count integer
@attribute "kind" {setosa, 'Iris versicolor', "it\'s"}
@attribute note string
@attribute day date 'yyyy-MM-dd'
@attribute time date
@data
5.1,3,setosa,'a, b',2020-01-02,"2020-01-02T03:04:05"
?,?,?,?,?,?
% between rows
4.9, -1 ,'Iris versicolor','',2021-12-31,?
{0 2.5, 2 "it's", 3 'x, y'}
`

// describe lists the columns with their types; "C" marks categorical ones and "L" the label.
func describe(t *Table) string {
	var all []string
	for _, f := range t.Schema() {
		s := f.Name + " " + f.Type.String()
		if f.Categorical {
			s += " C"
		}
		if f.Role == Label {
			s += " L"
		}
		all = append(all, s)
	}
	return strings.Join(all, "; ")
}

func TestARFF(t *testing.T) {
	for _, c := range []struct{ file, columns, rows string }{
		{strings.Replace(iris, "{0 2.5,", "{0 2.5, 1 7,", 1)[:strings.Index(iris, "{0 2.5")],
			"sepal length Double; count Int32; kind String C; note String; day DateTime; time DateTime",
			"5.1 3 setosa a, b 1/2/2020 12:00:00 AM 1/2/2020 3:04:05 AM|? ? ? ? ? ?|4.9 -1 Iris versicolor  12/31/2021 12:00:00 AM ?"},
		{"@attribute a real\n@attribute b {u,v}\n@attribute c integer\n@data\n{}\n{0 1.5,1 v,2 9000000000}\n", "a Double; b String C; c Int64", "0 u 0|1.5 v 9000000000"},
		{"\xef\xbb\xbf@attribute a integer\r\n@data\r\n1.5\r\n", "a Double", "1.5"},
		{"@attribute when date \"dd/MM/yyyy HH:mm\"\n@data\n'31/01/2020 23:59'", "when DateTime", "1/31/2020 11:59:00 PM"},
	} {
		got, err := Parse(c.file, ARFF)
		if err != nil {
			t.Errorf("%.40q: %v", c.file, err)
			continue
		}
		if describe(got) != c.columns || print(got) != c.rows {
			t.Errorf("%.40q gave %s\n%s\nwant %s\n%s", c.file, describe(got), print(got), c.columns, c.rows)
		}
	}
}

func TestBadARFF(t *testing.T) {
	for file, want := range map[string]string{
		"":                                       "the file has no @data",
		"@data\n":                                "header (line 1): @data comes before any @attribute",
		"hello":                                  `header (line 1): "hello" is neither @relation, @attribute nor @data`,
		"@attribute\n":                           "header (line 1): an @attribute has no name",
		"@attribute a\n":                         `header (line 1): attribute "a" is of type ""; possible are numeric, real, integer, string, date and {…}`,
		"@attribute a relational\n":              `header (line 1): attribute "a" is of type "relational"; possible are numeric, real, integer, string, date and {…}`,
		"@attribute a real\n@attribute a real\n": `header (line 2): two attributes are called "a"`,
		"@attribute a real\n@data\n":             "the file has a header and no rows",
		"@attribute a real\n@data\n1,2\n":        "row 1 (line 3): it has 2 cells where there are 1 attributes",
		"@attribute a real\n@data\nx\n":          `row 1 (line 3): column "a": "x" is not of type Double`,
		"@attribute a {x}\n@data\ny\n":           `row 1 (line 3): attribute "a": "y" is not one of its values`,
		"@attribute a string\n@data\n'x\n":       "row 1 (line 3): a quote is not closed, or text follows it",
		"@attribute a string\n@data\n'x'y\n":     "row 1 (line 3): a quote is not closed, or text follows it",
		"@attribute a real\n@data\n{1 2}\n":      `row 1 (line 3): "1" is not the index of an attribute, from 0 and ascending`,
		"@attribute a real\n@data\n{0 2\n":       "row 1 (line 3): a sparse row has no }",
		"@attribute a date 'yyyy'\n@data\nx\n":   `row 1 (line 3): attribute "a": "x" is not a date of its format`,
		"@attribute a string\n@data\nx\x00\n":    "header (line 3): it holds a NUL byte",
		"@attribute a string\n@data\nx\n\xff\n":  "row 1 (line 4): it is not UTF-8",
	} {
		if _, err := Parse(file, ARFF); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", file, err, want)
		}
	}
}

func TestSVMLight(t *testing.T) {
	got, err := Parse("# made by hand\n+1 1:0.5 3:2 # first\n\n-1 qid:4 2:1e3\r\n0\n", SVMLight)
	if err != nil {
		t.Fatal(err)
	}
	if describe(got) != "Labels Double L; Feature1 Double; Feature2 Double; Feature3 Double" || print(got) != "1 0.5 0 2|-1 0 1000 0|0 0 0 0" {
		t.Error(describe(got), print(got))
	}
	for file, want := range map[string]string{
		"":                      "the file is empty",
		"x 1:2":                 `row 1 (line 1): "x" is not a number`,
		"1 2":                   `row 1 (line 1): "2" is not index:value with an index from 1, ascending`,
		"1 0:2":                 `row 1 (line 1): "0:2" is not index:value with an index from 1, ascending`,
		"1 2:1 2:1":             `row 1 (line 1): "2:1" is not index:value with an index from 1, ascending`,
		"1 2:x":                 `row 1 (line 1): "x" is not a number`,
		"1 1:1\n1 4000000000:1": "row 2 (line 2): feature 4000000000 is beyond the 100000 columns that a file may have",
	} {
		if _, err := Parse(file, SVMLight); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", file, err, want)
		}
	}
}

// What is written is read as the same table, as far as the format can say it.
func TestWriteFormats(t *testing.T) {
	mixed := sampleOfAll()
	kind := *mixed.Parts[0].Column
	kind.Categorical = true
	kind.Strings = []string{"it's, x", "", "?"}
	mixed = mixed.WithColumns(map[int]*Column{0: &kind})
	label := FromDoubles("y", []float64{1, -1, 0})
	label.Role = Label
	numbers := New(3, append(sampleOfAll().Parts[1:], Part{Column: label})...)
	for _, c := range []struct {
		format Format
		in     *Table
		want   string
	}{
		{ARFF, mixed, "@relation dataset\n\n@attribute s {'it\\'s, x','?'}\n@attribute d numeric\n@attribute h0 integer\n@attribute h1 integer\n@attribute h2 integer\n@attribute b {False,True}\n\n@data\n" +
			"'it\\'s, x',1.5,0,5,0,True\n?,NaN,0,0,0,False\n'?',-2,6,0,7,True\n"},
		{SVMLight, numbers, "1 1:1.5 3:5 5:1\n-1\n0 1:-2 2:6 4:7 5:1\n"},
	} {
		var b bytes.Buffer
		if err := Write(&b, c.in, c.format); err != nil || b.String() != c.want {
			t.Errorf("%s: %v\n%s\nwant\n%s", c.format, err, b.String(), c.want)
			continue
		}
		again, err := Parse(b.String(), c.format)
		if err != nil || again.Rows != 3 || c.format == ARFF && print(again) != print(mixed) {
			t.Errorf("%s came back as %v: %v", c.format, again, err)
		}
	}
	if err := Write(&bytes.Buffer{}, mixed, SVMLight); err == nil || err.Error() != `column "s" is of type String; an SVM-light file holds numbers alone` {
		t.Error(err)
	}
}

// What a scan accepts a reader reads, and what is written is accepted again.
func FuzzFormats(f *testing.F) {
	for _, s := range []string{iris, "@attribute a real\n@data\n{0 1}\n", "1 1:2 3:4\n-1 qid:2 2:1 # x\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, file string) {
		for _, format := range []Format{ARFF, SVMLight} {
			in, err := Parse(file, format)
			if err != nil || in.Width() > 100 {
				continue
			}
			var b bytes.Buffer
			if err := Write(&b, in, format); err != nil {
				t.Fatal(err)
			}
			again, err := Parse(b.String(), format)
			if err != nil {
				t.Fatalf("%q was written as %q: %v", file, b.String(), err)
			}
			if again.Rows != in.Rows || format == ARFF && again.Width() != in.Width() {
				t.Fatal(fmt.Sprintf("%q came back as %d rows of %d columns", file, again.Rows, again.Width()))
			}
		}
	})
}

// TestARFFDates holds that dates are printed in the form that their attribute declares.
func TestARFFDates(t *testing.T) {
	when, err := ParseColumn(Field{Name: "when", Type: DateTime}, []string{"5/30/2010 6:07:00 PM", ""}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := Write(&b, FromColumns(2, when), ARFF); err != nil {
		t.Fatal(err)
	}
	if want := "@relation dataset\n\n@attribute when date \"yyyy-MM-dd HH:mm:ss\"\n\n@data\n'2010-05-30 18:07:00'\n?\n"; b.String() != want {
		t.Errorf("got %s", b.String())
	}
	back, err := Parse(b.String(), ARFF)
	if err != nil {
		t.Fatal(err)
	}
	if c := back.Parts[0].Column; c.Type != DateTime || c.Ints[0] != when.Ints[0] || !c.IsMissing(1) {
		t.Errorf("read back as %+v", c)
	}
}
