package apidoc

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"portico/internal/table"
	"portico/internal/webservice"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares a text with the file of that name in testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; run the test with -update and look at the change:\n%s", file, got)
	}
}

func input(name string, columns ...*table.Column) *webservice.PlanInput {
	t := table.FromColumns(1, columns...)
	return &webservice.PlanInput{Name: name, Fields: t.Schema(), Sample: t}
}

// guide is the guide's endpoint.
func guide() *webservice.Live {
	hashed := table.NumberedBlock(table.Double, "Col2_HashingFeature.", "", table.Span{From: 0, To: 8})
	hashed.Start = []int{0, 0}
	text := table.FromStrings("Col2", []string{"I loved this book"})
	return &webservice.Live{
		ServiceName: "SimpleFeatureHashingExperiment", Name: "default", MaxCalls: 20,
		APILocation: "http://127.0.0.1:8082/workspaces/0123456789abcdef0123456789abcdef/services/abcdef0123456789abcdef0123456789",
		Version:     time.Date(2017, 1, 19, 8, 50, 0, 0, time.UTC),
		Plan: &webservice.Plan{
			Inputs:  []*webservice.PlanInput{input("input1", text)},
			Outputs: []*webservice.PlanOutput{{Name: "output1", Sample: table.New(1, table.Part{Column: text}, table.Part{Sparse: hashed})}},
		},
	}
}

// typed is an endpoint with every column type, parameters, names that need care, and sample data.
func typed() *webservice.Live {
	column := func(name string, typ table.Type) *table.Column {
		return &table.Column{Field: table.Field{Name: name, Type: typ}, Doubles: []float64{2.5}, Ints: []int64{1}}
	}
	missing := column("missing", table.Double)
	missing.Missing = []bool{true}
	in := input("a/b <c>", table.FromStrings(`"quoted" & é`, []string{"<script>alert(1)</script>"}), column("d", table.Double), column("i", table.Int32),
		column("l", table.Int64), column("b", table.Boolean), column("t", table.DateTime), column("p", table.TimeSpan), missing)
	three, least, most := "3", 1.0, 31.0
	l := guide()
	l.ServiceName, l.ServiceText, l.Name, l.Description, l.SampleDataEnabled = "<Typed> & Co", "Returns what it gets.", "other", "The other endpoint", true
	l.APILocation = strings.Replace(l.APILocation, "http://127.0.0.1:8082", "https://scoring.example", 1)
	l.Plan = &webservice.Plan{
		Inputs:  []*webservice.PlanInput{in},
		Outputs: []*webservice.PlanOutput{{Name: "a/b <c>", Sample: in.Sample}},
		Parameters: []webservice.Parameter{
			{Name: "Bits", Description: "Hashing bitsize", Type: "Int", Default: &three, Min: &least, Max: &most},
			{Name: "Mode", Values: []string{"fast", "slow"}},
		},
	}
	return l
}

func TestSwagger(t *testing.T) {
	for name, l := range map[string]*webservice.Live{"guide": guide(), "typed": typed()} {
		doc, err := Swagger(l)
		if err != nil {
			t.Fatal(err)
		}
		var indented strings.Builder
		var raw json.RawMessage
		if err := json.Unmarshal(doc, &raw); err != nil {
			t.Fatalf("%v\n%s", err, doc)
		}
		e := json.NewEncoder(&indented)
		e.SetIndent("", "  ")
		e.SetEscapeHTML(false)
		if err := e.Encode(raw); err != nil {
			t.Fatal(err)
		}
		golden(t, name+".swagger.json", indented.String())
	}
}

// TestSwaggerReferences holds that every $ref names a definition.
func TestSwaggerReferences(t *testing.T) {
	doc, err := Swagger(typed())
	if err != nil {
		t.Fatal(err)
	}
	var d struct {
		Definitions map[string]json.RawMessage
	}
	if err := json.Unmarshal(doc, &d); err != nil {
		t.Fatal(err)
	}
	unescape := strings.NewReplacer("%20", " ", "%3C", "<", "%3E", ">", "~1", "/", "~0", "~")
	for rest := string(doc); ; {
		_, after, ok := strings.Cut(rest, `"$ref":"#/definitions/`)
		if !ok {
			break
		}
		name, more, _ := strings.Cut(after, `"`)
		if d.Definitions[unescape.Replace(name)] == nil {
			t.Errorf("%s is not defined", name)
		}
		rest = more
	}
}

func TestWideSwaggerStopsAtTheLimit(t *testing.T) {
	l := guide()
	wide := table.NumberedBlock(table.Double, "f", "", table.Span{From: 0, To: 1 << 31})
	l.Plan.Outputs[0].Sample = table.New(0, table.Part{Sparse: wide})
	doc, err := Swagger(l)
	if err != nil {
		t.Fatal(err)
	}
	var d struct {
		Definitions map[string]struct{ Required []string }
	}
	if err := json.Unmarshal(doc, &d); err != nil {
		t.Fatal(err)
	}
	if n := len(d.Definitions["output1Item"].Required); n != webservice.MaxColumns {
		t.Errorf("%d columns are listed", n)
	}
	var page strings.Builder
	if err := Help(&page, l, Score); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(page.String(), "And 2147482648 more columns") {
		t.Error("the page does not say that there are more columns")
	}
}

func TestHelp(t *testing.T) {
	for name, l := range map[string]*webservice.Live{"guide": guide(), "typed": typed()} {
		for _, p := range []Page{Score, Jobs, Update} {
			var b strings.Builder
			if err := Help(&b, l, p); err != nil {
				t.Fatal(err)
			}
			golden(t, name+"."+string(p)+".html", b.String())
			checkHTML(t, b.String())
		}
	}
}

// checkHTML holds that elements are closed, that there is one h1, and that tables have captions and scoped headings.
func checkHTML(t *testing.T, page string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(page))
	d.Entity = xml.HTMLEntity
	counts, regions := map[string]int{}, map[string]int{}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("the page is not well formed: %v", err)
		}
		if e, ok := token.(xml.StartElement); ok {
			counts[e.Name.Local]++
			if e.Name.Local == "th" && (len(e.Attr) == 0 || e.Attr[0].Name.Local != "scope") {
				t.Error("a heading cell has no scope")
			}
			for _, a := range e.Attr {
				if a.Name.Local == "aria-label" {
					if regions[a.Value]++; regions[a.Value] > 1 {
						t.Errorf("two regions are called %q", a.Value)
					}
				}
			}
			if e.Name.Local == "script" {
				t.Error("a name became a script")
			}
		}
	}
	if counts["h1"] != 1 || counts["main"] != 1 || counts["caption"] != counts["table"] {
		t.Errorf("counts of elements: %v", counts)
	}
}

// TestRFindsItsSample takes the R program off the page as the R package does:
// it strips the tags and takes what follows the anchor.
func TestRFindsItsSample(t *testing.T) {
	var b strings.Builder
	if err := Help(&b, guide(), Score); err != nil {
		t.Fatal(err)
	}
	at := strings.Index(b.String(), "code-snippet-r")
	rest := b.String()[at+len("code-snippet-r"):]
	if !strings.HasPrefix(rest, "\">\n# Calls the web service") || strings.Contains(rest, "code-snippet") || strings.Contains(rest, "<h") {
		t.Errorf("after the first anchor comes %.60q", rest)
	}
}

func TestQuote(t *testing.T) {
	for in, want := range map[string]string{
		"Col2": `"Col2"`, "": `""`, "a\"b\\c": `"a\"b\\c"`, "tab\tnew\n": `"tab\u0009new\u000a"`, "é": `"\u00e9"`, "😀": `"\U0001f600"`, "a\x00b": `"ab"`, "\xff": `"\ufffd"`,
	} {
		if got := quote(in); got != want {
			t.Errorf("quote(%q) = %s, want %s", in, got, want)
		}
	}
}
