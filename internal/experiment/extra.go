package experiment

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Extra is the members of an object that this program has no field for. They
// are kept and written back, so that what a client adds survives a save.
type Extra map[string]json.RawMessage

// decodeKeeping decodes b into the struct that v points to and gives the members that v has no field for.
func decodeKeeping(b []byte, v any) (Extra, error) {
	if err := json.Unmarshal(b, v); err != nil {
		return nil, err
	}
	var extra Extra
	if err := json.Unmarshal(b, &extra); err != nil {
		return nil, err
	}
	t := reflect.TypeOf(v).Elem()
	for name := range extra {
		for i := range t.NumField() {
			// encoding/json pairs members with fields without regard to case.
			if tag, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ","); strings.EqualFold(tag, name) {
				delete(extra, name)
			}
		}
	}
	if len(extra) == 0 {
		return nil, nil
	}
	return extra, nil
}

// encodeKeeping encodes the struct v with extra's members at its end, sorted.
func encodeKeeping(v any, extra Extra) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false) // for the outer encoder to decide; positions on the canvas are XML
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	b := bytes.TrimSuffix(buf.Bytes(), []byte("}\n"))
	for _, name := range slices.Sorted(maps.Keys(extra)) {
		quoted, err := json.Marshal(name)
		if err != nil {
			return nil, err
		}
		b = append(append(append(append(b, ','), quoted...), ':'), extra[name]...)
	}
	return append(b, '}'), nil
}

// UnmarshalJSON implements json.Unmarshaler.
func (g *Graph) UnmarshalJSON(b []byte) (err error) {
	type fields Graph
	g.Extra, err = decodeKeeping(b, (*fields)(g))
	return err
}

// MarshalJSON implements json.Marshaler.
func (g Graph) MarshalJSON() ([]byte, error) {
	type fields Graph
	return encodeKeeping(fields(g), g.Extra)
}

// UnmarshalJSON implements json.Unmarshaler. A node that does not say so uses previous results.
func (n *Node) UnmarshalJSON(b []byte) (err error) {
	type fields Node
	n.UsePreviousResults = true
	n.Extra, err = decodeKeeping(b, (*fields)(n))
	return err
}

// MarshalJSON implements json.Marshaler.
func (n Node) MarshalJSON() ([]byte, error) {
	type fields Node
	return encodeKeeping(fields(n), n.Extra)
}

// UnmarshalJSON implements json.Unmarshaler.
func (w *WebServiceInfo) UnmarshalJSON(b []byte) (err error) {
	type fields WebServiceInfo
	w.Extra, err = decodeKeeping(b, (*fields)(w))
	return err
}

// MarshalJSON implements json.Marshaler.
func (w WebServiceInfo) MarshalJSON() ([]byte, error) {
	type fields WebServiceInfo
	return encodeKeeping(fields(w), w.Extra)
}
