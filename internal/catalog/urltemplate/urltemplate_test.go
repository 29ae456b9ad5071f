package urltemplate

import (
	"reflect"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	literal := func(s string) Segment { return Segment{Parts: []Part{{Literal: s}}} }
	parameter := func(s string) Segment { return Segment{Parts: []Part{{Parameter: s}}} }
	for text, want := range map[string]Template{
		"":  {},
		"/": {},
		"/workspaces/{workspace}/services/{service}/execute?api-version={apiversion}&details={details}": {
			Segments: []Segment{literal("workspaces"), parameter("workspace"), literal("services"), parameter("service"), literal("execute")},
			Query:    []QueryPart{{Name: "api-version", Parameter: "apiversion"}, {Name: "details", Parameter: "details"}},
		},
		"jobs/{id}":       {Segments: []Segment{literal("jobs"), parameter("id")}},
		"/jobs/":          {Segments: []Segment{literal("jobs"), {}}},
		"/*":              {Segments: []Segment{{Rest: true}}},
		"/files/{*path}":  {Segments: []Segment{literal("files"), {Rest: true, Name: "path"}}},
		"/a%20b":          {Segments: []Segment{literal("a b")}},
		"/x?op=list&flag": {Segments: []Segment{literal("x")}, Query: []QueryPart{{Name: "op", Literal: "list"}, {Name: "flag"}}},
		"/Products({id})": {Segments: []Segment{{Parts: []Part{{Literal: "Products("}, {Parameter: "id"}, {Literal: ")"}}}}},
	} {
		got, err := Parse(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if len(got.Segments) != len(want.Segments) || len(got.Segments) > 0 && !reflect.DeepEqual(got.Segments, want.Segments) || !reflect.DeepEqual(got.Query, want.Query) {
			t.Errorf("%q: got %+v, want %+v", text, got, want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for text, says := range map[string]string{
		"/{a}/{A}":            "twice",
		"/{a}?x={a}":          "twice",
		"/x?q={a}&Q={b}":      "twice",
		"/{a":                 "not closed",
		"/a}":                 "cannot stand",
		"/{}":                 "not a parameter",
		"/{a}{b}":             "told apart",
		"/*/more":             "last segment",
		"/{*all}/more":        "last segment",
		"/{*all":              "catch-all",
		"/a*":                 "cannot stand",
		"/100%":               "percent sign",
		"/..":                 "never reaches",
		"/x?={a}":             "not a query parameter",
		"/x?q={a}b":           "not a query parameter",
		"/x?q=b{a}":           "plain text",
		"/{a b}":              "not a parameter",
		"/x?" + "{a}":         "not a query parameter",
		"/x?a={b}&":           "not a query parameter",
		"/{" + longName + "}": "not a parameter",
	} {
		if _, err := Parse(text); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: got %v, want an error with %q", text, err, says)
		}
	}
}

var longName = strings.Repeat("n", 101)

func TestShapeIgnoresWhatCallsCannotTell(t *testing.T) {
	shape := func(text string) string {
		tpl, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		return tpl.Shape()
	}
	for _, same := range [][2]string{
		{"/jobs/{id}", "/Jobs/{job}"},
		{"/x?a={1}&b={2}", "/x?B={two}&A={one}"},
		{"/*", "/{*rest}"},
	} {
		if shape(same[0]) != shape(same[1]) {
			t.Errorf("%q and %q answer the same calls", same[0], same[1])
		}
	}
	for _, different := range [][2]string{
		{"/jobs/{id}", "/jobs/id"},
		{"/x?a={1}", "/x"},
		{"/x?a=1", "/x?a=2"},
		{"/a%7B%7D", "/a{x}"},
	} {
		if shape(different[0]) == shape(different[1]) {
			t.Errorf("%q and %q answer different calls", different[0], different[1])
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"/a/{b}/{*c}?d={e}&f=g", "/%zz", "/{", "?", "//{a}-{b}/"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		tpl, err := Parse(text)
		if err != nil {
			return
		}
		seen := map[string]bool{}
		for _, name := range tpl.Parameters() {
			if !strings.Contains(text, name+"}") || seen[name] {
				t.Errorf("%q: parameter %q", text, name)
			}
			seen[name] = true
		}
		tpl.Shape()
	})
}
