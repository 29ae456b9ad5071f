package transcode

import (
	"encoding/xml"
	"strings"
	"testing"
)

func TestJSONToXML(t *testing.T) {
	for name, test := range map[string]struct {
		source  string
		options ToXML
		want    string
	}{
		"plain":      {`{"b":1,"a":"x<y","t":true}`, ToXML{}, `<Document><b>1</b><a>x&lt;y</a><t>true</t></Document>`},
		"arrays":     {`{"i":[1,{"k":2},[3]]}`, ToXML{}, `<Document><i>1</i><i><k>2</k></i><i><Item>3</Item></i></Document>`},
		"an array":   {`[1,2]`, ToXML{}, `<Document><Item>1</Item><Item>2</Item></Document>`},
		"a text":     {`"x"`, ToXML{}, `<Document>x</Document>`},
		"null":       {`{"a":null}`, ToXML{}, `<Document><a` + nilAttribute + `/></Document>`},
		"no null":    {`{"a":null,"b":1}`, ToXML{OmitNull: true}, `<Document><b>1</b></Document>`},
		"empty":      {`{"a":""}`, ToXML{EmptyAsNull: true}, `<Document><a` + nilAttribute + `/></Document>`},
		"attributes": {`{"a":{"@id":1,"#text":"t"}}`, ToXML{AttributePrefix: "@"}, `<Document><a id="1">t</a></Document>`},
		"block":      {`{"a":{"$":{"id":"\""},"b":2}}`, ToXML{AttributeBlock: "$"}, `<Document><a id="&#34;"><b>2</b></a></Document>`},
		"namespaces": {`{"s__a":{"xmlns:s":"urn:s"}}`, ToXML{NamespaceSeparator: "__", NamespacePrefix: "xmlns"}, `<Document><s:a xmlns:s="urn:s"></s:a></Document>`},
		"names":      {`{"a b/":{"1":" x "}}`, ToXML{Replacement: "_", TrimValues: true}, `<Document><a_b_><_1>x</_1></a_b_></Document>`},
	} {
		got, err := JSONToXML([]byte(test.source), test.options)
		if err != nil || string(got) != test.want {
			t.Errorf("%s: %s, %v", name, got, err)
		}
	}
	for _, wrong := range []string{``, `{`, `{} {}`, strings.Repeat("[", 2*MaxDepth) + strings.Repeat("]", 2*MaxDepth)} {
		if got, err := JSONToXML([]byte(wrong), ToXML{}); err == nil {
			t.Errorf("%.20s: %s", wrong, got)
		}
	}
}

func TestXMLToJSON(t *testing.T) {
	const doc = `<?xml version="1.0"?><o:order xmlns:o="urn:o" id="5"><i>1</i><i a="b">2</i><e/><m>x<n>y</n></m></o:order>`
	for name, test := range map[string]struct {
		source  string
		options ToJSON
		want    string
	}{
		"direct":   {doc, ToJSON{Direct: true}, `{"o:order":{"@xmlns:o":"urn:o","@id":"5","i":["1",{"@a":"b","#text":"2"}],"e":"","m":{"#text":"x","n":"y"}}}`},
		"friendly": {doc, ToJSON{}, `{"order":{"id":"5","i":["1",{"a":"b","text":"2"}],"e":"","m":{"text":"x","n":"y"}}}`},
		"null":     {`<a><b/></a>`, ToJSON{EmptyAsNull: true}, `{"a":{"b":null}}`},
		"arrays":   {`<a><b>1</b></a>`, ToJSON{AlwaysArrays: true}, `{"a":{"b":["1"]}}`},
		"trimmed":  {`<a> x </a>`, ToJSON{TrimValues: true}, `{"a":"x"}`},
		"kept":     {`<a> x </a>`, ToJSON{}, `{"a":" x "}`},
		"quoted":   {"<a>\"\\\n</a>", ToJSON{}, `{"a":"\"\\\n"}`},
	} {
		got, err := XMLToJSON([]byte(test.source), test.options)
		if err != nil || string(got) != test.want {
			t.Errorf("%s: %s, %v", name, got, err)
		}
	}
	for _, wrong := range []string{``, `<a>`, `text`, `<a/><b/>`, strings.Repeat("<a>", 2*MaxDepth)} {
		if got, err := XMLToJSON([]byte(wrong), ToJSON{}); err == nil {
			t.Errorf("%.20s: %s", wrong, got)
		}
	}
}

func FuzzTranscode(f *testing.F) {
	f.Add(`{"a":[1,{"@b":null}],"c d":"<"}`)
	f.Add(`<a b="c"><d/>x</a>`)
	f.Fuzz(func(t *testing.T, source string) {
		if _, err := XMLToJSON([]byte(source), ToJSON{Direct: true}); err != nil && err.Error() == "" {
			t.Error("an error says nothing")
		}
		out, err := JSONToXML([]byte(source), ToXML{AttributePrefix: "@", Replacement: "_"})
		if err != nil {
			return
		}
		d := xml.NewDecoder(strings.NewReader(string(out)))
		for {
			token, err := d.Token()
			if token == nil && err != nil && err.Error() == "EOF" {
				return
			}
			if err != nil {
				t.Fatalf("%q became %q, which is no XML: %v", source, out, err)
			}
		}
	})
}
