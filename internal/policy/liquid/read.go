package liquid

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// maxDepth is how deep the values of a body may stand in each other.
const maxDepth = 128

var errDeep = fmt.Errorf("the body is nested more than %d deep", maxDepth)

// ReadJSON makes a Value of JSON. With dates, texts that are ISO 8601 times
// become times, as Newtonsoft's reader has it.
func ReadJSON(b []byte, dates bool) (Value, error) {
	d := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))))
	d.UseNumber()
	v, err := readValue(d, dates, 0)
	if err == nil {
		if _, more := d.Token(); more != io.EOF {
			err = errors.New("something follows the JSON value")
		}
	}
	return v, err
}

func readValue(d *json.Decoder, dates bool, depth int) (Value, error) {
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	if depth > maxDepth {
		return nil, errDeep
	}
	switch t := t.(type) {
	case json.Delim:
		if t == '{' {
			return readObject(d, dates, depth)
		}
		list := List{}
		for d.More() {
			v, err := readValue(d, dates, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err := d.Token()
		return list, err
	case json.Number:
		if n, err := t.Int64(); err == nil {
			return n, nil
		}
		return t.Float64()
	case string:
		if when, ok := isoTime(t); dates && ok {
			return when, nil
		}
		return t, nil
	case bool:
		return t, nil
	}
	return nil, nil
}

func readObject(d *json.Decoder, dates bool, depth int) (Value, error) {
	o := NewObject()
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, err
		}
		v, err := readValue(d, dates, depth+1)
		if err != nil {
			return nil, err
		}
		name, _ := key.(string)
		o.Set(name, v)
	}
	_, err := d.Token()
	return o, err
}

// isoTime reads a date with a time, as JSON writers write it.
func isoTime(s string) (time.Time, bool) {
	if len(s) < len("2006-01-02T15:04:05") || s[4] != '-' || s[10] != 'T' {
		return time.Time{}, false
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// XML is an XML document: its properties are its outermost element and, where a
// name is not that one's, what is in it.
type XML struct {
	name string
	root Value
}

// Get gives the outermost element, or a property of it.
func (x *XML) Get(name string) (Value, bool) {
	if strings.EqualFold(name, x.name) {
		return x.root, true
	}
	if o, ok := x.root.(*Object); ok {
		return o.Get(name)
	}
	return nil, false
}

// ReadXML makes a Value of an XML document, by local names: an element with
// text alone is that text, several of a name are a list, and attributes are
// properties. With nilAsNull, xsi:nil elements are null instead of empty texts.
func ReadXML(b []byte, nilAsNull bool) (Value, error) {
	d := xml.NewDecoder(bytes.NewReader(b))
	for {
		t, err := d.Token()
		if err != nil {
			return nil, err
		}
		if start, ok := t.(xml.StartElement); ok {
			v, err := readElement(d, start, nilAsNull, 0)
			return &XML{start.Name.Local, v}, err
		}
	}
}

func readElement(d *xml.Decoder, start xml.StartElement, nilAsNull bool, depth int) (Value, error) {
	if depth > maxDepth {
		return nil, errDeep
	}
	o, text, isNil := NewObject(), strings.Builder{}, false
	for _, a := range start.Attr {
		switch {
		case a.Name.Space == "xmlns" || a.Name.Local == "xmlns":
		case a.Name.Local == "nil" && a.Value == "true":
			isNil = true
		default:
			o.Set(a.Name.Local, a.Value)
		}
	}
	for {
		t, err := d.Token()
		if err != nil {
			return nil, err
		}
		switch t := t.(type) {
		case xml.CharData:
			text.Write(t)
		case xml.StartElement:
			v, err := readElement(d, t, nilAsNull, depth+1)
			if err != nil {
				return nil, err
			}
			o.add(t.Name.Local, v)
		case xml.EndElement:
			switch {
			case isNil && nilAsNull:
				return nil, nil
			case len(o.Names) == 0:
				return strings.TrimSpace(text.String()), nil
			}
			if s := strings.TrimSpace(text.String()); s != "" {
				o.Set("#text", s)
			}
			return o, nil
		}
	}
}

// add sets a property; several of a name become a list. Nothing else in XML is one.
func (o *Object) add(name string, v Value) {
	before, there := o.Values[name]
	list, several := before.(List)
	switch {
	case several:
		o.Values[name] = append(list, v)
	case there:
		o.Values[name] = List{before, v}
	default:
		o.Set(name, v)
	}
}
