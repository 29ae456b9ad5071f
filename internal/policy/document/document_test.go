package document

import (
	"flag"
	"os"
	"reflect"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestConvert(t *testing.T) {
	raw, err := os.ReadFile("testdata/convert/expressions.rawxml")
	if err != nil {
		t.Fatal(err)
	}
	asXML, err := Convert(RawXML, XML, string(raw))
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("testdata/convert/expressions.xml", []byte(asXML), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/convert/expressions.xml")
	if err != nil {
		t.Fatal(err)
	}
	if asXML != string(want) {
		t.Errorf("differs (run with -update to accept):\n%s", asXML)
	}

	rawDoc, problems := Parse(RawXML, string(raw))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	xmlDoc, problems := Parse(XML, asXML)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if !reflect.DeepEqual(meaning(rawDoc.Root), meaning(xmlDoc.Root)) {
		t.Error("the converted document says something else")
	}
	back, err := Convert(XML, RawXML, asXML)
	if err != nil {
		t.Fatal(err)
	}
	// Outside of expressions what had to be escaped stays escaped.
	unescaped := strings.NewReplacer("b=1&c=2", "b=1&amp;c=2", "x < y", "x &lt; y").Replace(string(raw))
	if back != unescaped {
		t.Errorf("back in rawxml:\n%s", back)
	}
}

// meaning is a document without its places.
func meaning(e *Element) any {
	if e == nil {
		return nil
	}
	children := []any{}
	for _, c := range e.Children {
		children = append(children, meaning(c))
	}
	text := e.Text
	if e.Name == "set-body" && strings.Contains(text, "<") {
		text = "" // markup, as it is written in each format
	}
	return []any{e.Name, e.Attributes, text, children}
}

func TestConvertRefusesBrokenMarkup(t *testing.T) {
	const doc = "<policies><inbound></policies>"
	if got, err := Convert(XML, RawXML, doc); err == nil || got != doc {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestPlaces(t *testing.T) {
	doc, problems := Parse(RawXML, "<policies>\n\t<inbound>\n  <!-- é --><set-header name=\"é\"/></inbound>\n</policies>")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	inbound := doc.Root.Children[0]
	if (inbound.Place != Place{2, 3}) || (inbound.Children[0].Place != Place{3, 14}) {
		t.Errorf("inbound at %v, set-header at %v", inbound.Place, inbound.Children[0].Place)
	}
}

func FuzzConvert(f *testing.F) {
	for _, seed := range []string{
		`<policies><inbound><set-header name="@("a" + $"{b}")"><value>@(1 < 2 && "x")</value></set-header></inbound></policies>`,
		`<policies><!-- c --><inbound><![CDATA[ x ]]>&amp;&#10;</inbound></policies>`,
		"<a b='@{\n\t// x\n return 'y'; }'/>",
		`<a b="&quot;" c='&'>< </a>`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, source string) {
		raw, problems := Parse(RawXML, source)
		if len(problems) > 0 {
			return
		}
		asXML, err := Convert(RawXML, XML, source)
		if err != nil {
			t.Fatalf("parses and does not convert: %v", err)
		}
		if len(asXML) > MaxSize {
			return
		}
		doc, problems := Parse(XML, asXML)
		if len(problems) > 0 {
			t.Fatalf("%q became %q: %v", source, asXML, problems)
		}
		if !reflect.DeepEqual(meaning(raw.Root), meaning(doc.Root)) {
			t.Fatalf("%q became %q", source, asXML)
		}
	})
}
