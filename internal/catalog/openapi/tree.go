package openapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// Bounds of a document, so that no text of some megabytes takes all memory.
const (
	maxNodes = 3_000_000 // values in a document
	maxDepth = 200       // levels of nesting
)

// value is one value of a document, JSON or YAML. Objects keep their order, in
// which operations get their names. A YAML alias is the same *value as its
// anchor: what is repeated takes no memory.
type value struct {
	kind  kind
	text  string   // of a scalar; a number as JSON writes it
	keys  []string // of an object
	items []*value // of a list, or an object's values
	index map[string]int
}

type kind uint8

const (
	null kind = iota
	boolean
	number
	text
	list
	object
)

// get gives an object's member, or nil; it may be asked of nil.
func (v *value) get(key string) *value {
	if v == nil || v.kind != object {
		return nil
	}
	if len(v.keys) > 16 && v.index == nil {
		v.index = make(map[string]int, len(v.keys))
		for i, k := range v.keys {
			v.index[k] = i
		}
	}
	if v.index != nil {
		if i, ok := v.index[key]; ok {
			return v.items[i]
		}
		return nil
	}
	for i, k := range v.keys {
		if k == key {
			return v.items[i]
		}
	}
	return nil
}

// str gives a scalar's text, or "".
func (v *value) str() string {
	if v == nil || v.kind == list || v.kind == object || v.kind == null {
		return ""
	}
	return v.text
}

func (v *value) isTrue() bool { return v != nil && v.kind == boolean && v.text == "true" }

// set adds a member to an object that is being made.
func (v *value) set(key string, item *value) *value {
	v.keys, v.items, v.index = append(v.keys, key), append(v.items, item), nil
	return v
}

func newObject() *value { return &value{kind: object} }

func newText(s string) *value { return &value{kind: text, text: s} }

func newBool(b bool) *value { return &value{kind: boolean, text: strconv.FormatBool(b)} }

// parse reads a document: JSON where it begins with a brace, else YAML. The
// error is one sentence for the user.
func parse(source []byte) (*value, error) {
	source = bytes.TrimPrefix(source, []byte("\ufeff"))
	if !utf8.Valid(source) {
		return nil, errors.New("it is not UTF-8 text")
	}
	trimmed := bytes.TrimLeft(source, " \t\r\n")
	if len(trimmed) == 0 {
		return nil, errors.New("it is empty")
	}
	if trimmed[0] == '{' {
		return parseJSON(source)
	}
	return parseYAML(source)
}

type reader struct{ nodes int }

func (r *reader) count(depth int) error {
	r.nodes++
	switch {
	case depth > maxDepth:
		return fmt.Errorf("it nests deeper than %d levels", maxDepth)
	case r.nodes > maxNodes:
		return fmt.Errorf("it holds more than %d values", maxNodes)
	}
	return nil
}

func parseJSON(source []byte) (*value, error) {
	d := json.NewDecoder(bytes.NewReader(source))
	d.UseNumber()
	r := &reader{}
	v, err := r.json(d, 0)
	if err == nil {
		if _, more := d.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("something follows the document")
		}
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = errors.New("it ends before it is whole")
	}
	if err != nil {
		line := bytes.Count(source[:min(int(d.InputOffset()), len(source))], []byte("\n")) + 1
		return nil, fmt.Errorf("line %d: %w", line, err)
	}
	return v, nil
}

func (r *reader) json(d *json.Decoder, depth int) (*value, error) {
	if err := r.count(depth); err != nil {
		return nil, err
	}
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch t := token.(type) {
	case bool:
		return newBool(t), nil
	case json.Number:
		return &value{kind: number, text: t.String()}, nil
	case string:
		return newText(t), nil
	case json.Delim:
		v := &value{kind: list}
		if t == '{' {
			v.kind = object
		}
		seen := map[string]bool{}
		for d.More() {
			if v.kind == object {
				key, err := d.Token()
				if err != nil {
					return nil, err
				}
				name := key.(string) // a member's name is always a string
				if seen[name] {
					return nil, fmt.Errorf("the member %q stands twice in one object", name)
				}
				seen[name] = true
				v.keys = append(v.keys, name)
			}
			item, err := r.json(d, depth+1)
			if err != nil {
				return nil, err
			}
			v.items = append(v.items, item)
		}
		_, err := d.Token()
		return v, err
	}
	return &value{kind: null}, nil
}

// yamlMarks are the characters without which YAML begins no value.
const yamlMarks = "\n,:-?[{&*"

func parseYAML(source []byte) (*value, error) {
	marks := 0
	for _, c := range source { // before the library takes memory for each value
		if strings.IndexByte(yamlMarks, c) >= 0 {
			marks++
		}
	}
	if marks > maxNodes {
		return nil, fmt.Errorf("it may hold more than %d values", maxNodes)
	}
	var root yaml.Node
	d := yaml.NewDecoder(bytes.NewReader(source))
	if err := d.Decode(&root); err != nil {
		return nil, errors.New(strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if err := d.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, errors.New("it holds more than one document")
	}
	if len(root.Content) != 1 {
		return nil, errors.New("it is empty")
	}
	y := &yamlReader{known: map[*yaml.Node]*value{}}
	return y.value(root.Content[0], 0)
}

type yamlReader struct {
	reader
	known map[*yaml.Node]*value // nil while it is being read
}

func (y *yamlReader) value(n *yaml.Node, depth int) (*value, error) {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if v, ok := y.known[n]; ok {
		if v == nil {
			return nil, fmt.Errorf("line %d: the alias *%s holds itself", n.Line, n.Anchor)
		}
		return v, nil
	}
	if err := y.count(depth); err != nil {
		return nil, fmt.Errorf("line %d: %w", n.Line, err)
	}
	if n.Kind == yaml.ScalarNode {
		return scalar(n)
	}
	y.known[n] = nil
	v := &value{kind: list}
	if n.Kind == yaml.MappingNode {
		v.kind = object
		if err := y.members(v, n, depth); err != nil {
			return nil, err
		}
	} else {
		for _, c := range n.Content {
			item, err := y.value(c, depth+1)
			if err != nil {
				return nil, err
			}
			v.items = append(v.items, item)
		}
	}
	y.known[n] = v
	return v, nil
}

// members reads a mapping; what "<<" merges into it counts where it has no member of its own.
func (y *yamlReader) members(v *value, n *yaml.Node, depth int) error {
	seen := map[string]bool{}
	var merged []*value
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if key.Kind == yaml.AliasNode {
			key = key.Alias
		}
		if key.Kind != yaml.ScalarNode {
			return fmt.Errorf("line %d: a member's name must be text", key.Line)
		}
		item, err := y.value(n.Content[i+1], depth+1)
		if err != nil {
			return err
		}
		if key.Tag == "!!merge" {
			merged = append(merged, item)
			continue
		}
		if seen[key.Value] {
			return fmt.Errorf("line %d: the member %q stands twice in one object", key.Line, key.Value)
		}
		seen[key.Value] = true
		v.set(key.Value, item)
	}
	for _, m := range merged {
		sources := []*value{m}
		if m.kind == list {
			sources = m.items
		}
		for _, s := range sources {
			for i, key := range s.keys {
				if !seen[key] {
					seen[key] = true
					v.set(key, s.items[i])
				}
			}
		}
	}
	return nil
}

func scalar(n *yaml.Node) (*value, error) {
	switch n.ShortTag() {
	case "!!null":
		return &value{kind: null}, nil
	case "!!bool":
		var b bool
		err := n.Decode(&b)
		return newBool(b), err
	case "!!int", "!!float":
		if json.Valid([]byte(n.Value)) {
			return &value{kind: number, text: n.Value}, nil
		}
		var f float64
		if err := n.Decode(&f); err == nil {
			if b, err := json.Marshal(f); err == nil {
				return &value{kind: number, text: string(b)}, nil
			}
		}
	}
	return newText(n.Value), nil
}

// errTooLarge is returned where aliases make a document's text grow without bound.
var errTooLarge = errors.New("its aliases make it too large")

// appendJSON writes v as JSON, up to a number of bytes.
func (v *value) appendJSON(b []byte, limit int) ([]byte, error) {
	if len(b) > limit {
		return b, errTooLarge
	}
	if v == nil {
		return append(b, "null"...), nil
	}
	var err error
	switch v.kind {
	case boolean, number:
		return append(b, v.text...), nil
	case text:
		return appendText(b, v.text)
	case list:
		b = append(b, '[')
		for i, item := range v.items {
			if i > 0 {
				b = append(b, ',')
			}
			if b, err = item.appendJSON(b, limit); err != nil {
				return b, err
			}
		}
		return append(b, ']'), nil
	case object:
		b = append(b, '{')
		for i, item := range v.items {
			if i > 0 {
				b = append(b, ',')
			}
			if b, err = appendText(b, v.keys[i]); err != nil {
				return b, err
			}
			b = append(b, ':')
			if b, err = item.appendJSON(b, limit); err != nil {
				return b, err
			}
		}
		return append(b, '}'), nil
	}
	return append(b, "null"...), nil
}

func appendText(b []byte, s string) ([]byte, error) {
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		return b, err
	}
	return append(b, bytes.TrimSuffix(buf.Bytes(), []byte("\n"))...), nil
}

// yamlNode gives v as a YAML document writes it.
func (v *value) yamlNode() *yaml.Node {
	switch v.kind {
	case boolean:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: v.text}
	case number:
		tag := "!!int"
		if strings.ContainsAny(v.text, ".eE") {
			tag = "!!float"
		}
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: v.text}
	case text:
		n := &yaml.Node{}
		n.SetString(v.text)
		return n
	case list, object:
		n := &yaml.Node{Kind: yaml.SequenceNode}
		if v.kind == object {
			n.Kind = yaml.MappingNode
		}
		for i, item := range v.items {
			if v.kind == object {
				n.Content = append(n.Content, newText(v.keys[i]).yamlNode())
			}
			n.Content = append(n.Content, item.yamlNode())
		}
		return n
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Value: "null"}
}
