package transcode

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"strings"
)

// ToJSON are xml-to-json's attributes.
type ToJSON struct {
	// Direct keeps what the XML says: prefixes, attributes as "@name", text beside
	// elements as "#text". Otherwise the JSON is as a programmer would write it.
	Direct       bool
	KeepSpaces   bool // white space between elements
	TrimValues   bool
	EmptyAsNull  bool
	AlwaysArrays bool // every child element, though there be one of its name
}

// XMLToJSON writes an XML document as a JSON object of its outermost element.
func XMLToJSON(b []byte, o ToJSON) ([]byte, error) {
	d := xml.NewDecoder(bytes.NewReader(b))
	var doc object
	for {
		t, err := d.RawToken()
		if err == io.EOF && doc != nil {
			break
		}
		if err != nil {
			return nil, err
		}
		switch t := t.(type) {
		case xml.StartElement:
			if doc != nil {
				return nil, errors.New("a document has one outermost element")
			}
			v, err := readElement(d, t, o, 0)
			if err != nil {
				return nil, err
			}
			doc = object{{o.name(t.Name), v}}
		case xml.CharData:
			if strings.TrimSpace(string(t)) != "" {
				return nil, errors.New("text stands outside of the outermost element")
			}
		}
	}
	return appendJSON(nil, doc), nil
}

// name is an element's or attribute's name in JSON. RawToken leaves the prefix in Space.
func (o ToJSON) name(n xml.Name) string {
	if o.Direct && n.Space != "" {
		return n.Space + ":" + n.Local
	}
	return n.Local
}

func readElement(d *xml.Decoder, start xml.StartElement, o ToJSON, depth int) (any, error) {
	if depth > MaxDepth {
		return nil, errDeep
	}
	var members object
	for _, a := range start.Attr {
		switch declares := a.Name.Space == "xmlns" || a.Name.Local == "xmlns"; {
		case o.Direct:
			members = append(members, member{"@" + o.name(a.Name), a.Value})
		case !declares:
			members = append(members, member{a.Name.Local, a.Value})
		}
	}
	textName := "text"
	if o.Direct {
		textName = "#text"
	}
	at := map[string]int{} // of child elements in members
	text, textAt := "", -1
	for {
		t, err := d.RawToken()
		if err != nil {
			return nil, err
		}
		switch t := t.(type) {
		case xml.CharData:
			if s := string(t); strings.TrimSpace(s) != "" || o.KeepSpaces || len(members) == 0 {
				if text == "" && textAt < 0 {
					textAt = len(members)
				}
				text += s
			}
		case xml.StartElement:
			v, err := readElement(d, t, o, depth+1)
			if err != nil {
				return nil, err
			}
			members = addChild(members, at, o.name(t.Name), v, o.AlwaysArrays)
		case xml.EndElement:
			if t.Name != start.Name {
				return nil, errors.New("</" + t.Name.Local + "> does not match <" + start.Name.Local + ">")
			}
			return o.finish(members, text, textName, textAt), nil
		}
	}
}

// addChild adds a child element; several of a name are one array.
func addChild(members object, at map[string]int, name string, v any, always bool) object {
	i, there := at[name]
	if !there {
		at[name] = len(members)
		if always {
			v = []any{v}
		}
		return append(members, member{name, v})
	}
	if list, several := members[i].value.([]any); several {
		members[i].value = append(list, v)
	} else {
		members[i].value = []any{members[i].value, v}
	}
	return members
}

// finish makes the value of an element that has been read.
func (o ToJSON) finish(members object, text, textName string, textAt int) any {
	if o.TrimValues {
		text = strings.TrimSpace(text)
	}
	switch {
	case len(members) == 0 && text == "" && o.EmptyAsNull:
		return nil
	case len(members) == 0:
		return text
	case text != "" && (o.KeepSpaces || strings.TrimSpace(text) != ""):
		members = append(members, member{})
		copy(members[textAt+1:], members[textAt:])
		members[textAt] = member{textName, text}
	}
	return members
}

func appendJSON(b []byte, v any) []byte {
	switch v := v.(type) {
	case object:
		b = append(b, '{')
		for i, m := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(appendJSON(b, m.name), ':')
			b = appendJSON(b, m.value)
		}
		return append(b, '}')
	case []any:
		b = append(b, '[')
		for i, e := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendJSON(b, e)
		}
		return append(b, ']')
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if e.Encode(v) != nil { // a string or nil always can be
		return append(b, "null"...)
	}
	return append(b, bytes.TrimSuffix(out.Bytes(), []byte("\n"))...)
}
