// Package transcode turns JSON into XML and XML into JSON, as the policies
// json-to-xml and xml-to-json do. Both keep the order of what they read and
// refuse what is nested deeper than MaxDepth.
package transcode

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
)

// MaxDepth is how deep values and elements may stand in each other.
const MaxDepth = 128

var errDeep = fmt.Errorf("it is nested more than %d deep", MaxDepth)

// ToXML are json-to-xml's attributes.
type ToXML struct {
	AttributePrefix    string // of properties that become attributes; "" is none
	AttributeBlock     string // the property whose members become attributes; "" is none
	NamespacePrefix    string // of attributes that declare a namespace; "" is "xmlns"
	NamespaceSeparator string // between a prefix and a local name in a property; "" is none
	NamespaceBlock     string // the property whose members declare namespaces
	Replacement        string // of characters that no element name can have
	OmitNull           bool
	TrimValues         bool
	EmptyAsNull        bool
}

// root is the name of the outermost element.
const root = "Document"

const nilAttribute = ` xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"`

// JSONToXML writes JSON as an XML document: properties are elements, and each
// element of an array is one of the array's name.
func JSONToXML(b []byte, o ToXML) ([]byte, error) {
	v, err := readJSON(b)
	if err != nil {
		return nil, err
	}
	w := &xmlWriter{o: o}
	if list, ok := v.([]any); ok {
		v = object{{"Item", list}}
	}
	w.element(root, v)
	return w.out.Bytes(), nil
}

// member is a property of an object, in the order it came.
type member struct {
	name  string
	value any
}

type object []member

// readJSON reads JSON into object, []any, string, json.Number, bool and nil.
func readJSON(b []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))))
	d.UseNumber()
	v, err := readValue(d, 0)
	if err != nil {
		return nil, err
	}
	if _, more := d.Token(); more != io.EOF {
		return nil, errors.New("something follows the JSON value")
	}
	return v, nil
}

func readValue(d *json.Decoder, depth int) (any, error) {
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	if depth > MaxDepth {
		return nil, errDeep
	}
	switch t {
	case json.Delim('['):
		list := []any{}
		for d.More() {
			v, err := readValue(d, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err := d.Token()
		return list, err
	case json.Delim('{'):
		o := object{}
		for d.More() {
			name, err := d.Token()
			if err != nil {
				return nil, err
			}
			v, err := readValue(d, depth+1)
			if err != nil {
				return nil, err
			}
			text, _ := name.(string)
			o = append(o, member{text, v})
		}
		_, err := d.Token()
		return o, err
	}
	return t, nil
}

type xmlWriter struct {
	o   ToXML
	out bytes.Buffer
}

// element writes a value as one element, or an array as several.
func (w *xmlWriter) element(name string, v any) {
	if list, ok := v.([]any); ok {
		for _, e := range list {
			if inner, nested := e.([]any); nested {
				e = object{{"Item", inner}}
			}
			w.element(name, e)
		}
		return
	}
	text, isText := w.text(v)
	if v == nil || isText && text == "" && w.o.EmptyAsNull {
		if !w.o.OmitNull {
			w.out.WriteString("<" + w.name(name) + nilAttribute + "/>")
		}
		return
	}
	tag := w.name(name)
	w.out.WriteString("<" + tag)
	if isText {
		w.out.WriteByte('>')
		escape(&w.out, text)
	} else {
		w.members(v.(object))
	}
	w.out.WriteString("</" + tag + ">")
}

// members writes an object's attributes, the end of the tag, and its elements.
func (w *xmlWriter) members(o object) {
	var elements object
	for _, m := range o {
		block, isBlock := m.value.(object)
		switch text, isText := w.text(m.value); {
		case isBlock && m.name == w.o.AttributeBlock && m.name != "":
			for _, a := range block {
				w.attribute(a.name, a.value)
			}
		case isBlock && m.name == w.o.NamespaceBlock && m.name != "":
			for _, a := range block {
				w.attribute("xmlns:"+a.name, a.value)
			}
		case isText && w.o.NamespacePrefix != "" && strings.HasPrefix(m.name, w.o.NamespacePrefix):
			w.attribute("xmlns"+strings.TrimPrefix(m.name, w.o.NamespacePrefix), text)
		case isText && w.o.AttributePrefix != "" && len(m.name) > len(w.o.AttributePrefix) && strings.HasPrefix(m.name, w.o.AttributePrefix):
			w.attribute(strings.TrimPrefix(m.name, w.o.AttributePrefix), text)
		default:
			elements = append(elements, m)
		}
	}
	w.out.WriteByte('>')
	for _, m := range elements {
		if text, isText := w.text(m.value); isText && m.name == "#text" {
			escape(&w.out, text)
			continue
		}
		w.element(m.name, m.value)
	}
}

func (w *xmlWriter) attribute(name string, v any) {
	text, _ := w.text(v)
	w.out.WriteString(" " + w.name(name) + `="`)
	escape(&w.out, text)
	w.out.WriteByte('"')
}

func (w *xmlWriter) text(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		if w.o.TrimValues {
			v = strings.TrimSpace(v)
		}
		return v, true
	case json.Number:
		return v.String(), true
	case bool:
		return fmt.Sprint(v), true
	}
	return "", false
}

// name makes an element's name of a property's.
func (w *xmlWriter) name(s string) string {
	if w.o.NamespaceSeparator != "" {
		s = strings.Replace(s, w.o.NamespaceSeparator, ":", 1)
	}
	var b strings.Builder
	for i, r := range s {
		switch {
		case unicode.IsLetter(r) || r == '_' || r == ':' && i > 0:
			b.WriteRune(r)
		case i > 0 && (unicode.IsDigit(r) || r == '-' || r == '.'):
			b.WriteRune(r)
		case i == 0 && unicode.IsDigit(r):
			b.WriteString("_")
			b.WriteRune(r)
		default:
			b.WriteString(w.o.Replacement)
		}
	}
	if b.Len() == 0 {
		return "_"
	}
	return b.String()
}

// escape writes a text. What XML cannot hold becomes U+FFFD.
func escape(b *bytes.Buffer, s string) { _ = xml.EscapeText(b, []byte(s)) } // a Buffer takes everything
