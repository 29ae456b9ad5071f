// Package schema compiles the stored JSON schemas that validate-content checks
// bodies with, as the policy asks for them.
package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"portico/internal/catalog"
)

// Schema is one stored schema document. It is compiled when it is first needed,
// for each type in it that is.
type Schema struct {
	record json.RawMessage
	api    bool

	mu       sync.Mutex
	compiled map[Use]*jsonschema.Schema
}

// Use is one way to use a document.
type Use struct {
	Ref        string // a JSON pointer, such as "#/components/schemas/Pet"
	Additional string // "true" or "false" in place of what the schema says; "" is as it is
	Fold       bool   // property names compare without regard to case
}

// maxUses bounds what is kept compiled of one document.
const maxUses = 1000

// New makes a Schema of the record of an API's schema, or of the instance's.
func New(record json.RawMessage, api bool) *Schema { return &Schema{record: record, api: api} }

// OfAPI tells whether the schema is an API's; else it is the instance's.
func (s *Schema) OfAPI() bool { return s.api }

// document gives the schema document in the record.
func (s *Schema) document() (any, error) {
	var raw []byte
	if s.api {
		var r catalog.Schema
		if err := json.Unmarshal(s.record, &r); err != nil {
			return nil, err
		}
		switch d := r.Document; {
		case len(d.Components) > 0:
			raw = fmt.Appendf(nil, `{"components":%s}`, d.Components)
		case len(d.Definitions) > 0:
			raw = fmt.Appendf(nil, `{"definitions":%s}`, d.Definitions)
		default:
			raw = []byte(d.Value)
		}
	} else {
		var r catalog.GlobalSchema
		if err := json.Unmarshal(s.record, &r); err != nil {
			return nil, err
		}
		raw = r.Document
		if len(r.Value) > 0 {
			raw = r.Value
		}
		var text string
		if json.Unmarshal(raw, &text) == nil {
			raw = []byte(text)
		}
	}
	return jsonschema.UnmarshalJSON(bytes.NewReader(raw))
}

// refOf is where a type stands in the document; "#" is the whole.
func refOf(doc any, typeName string) string {
	root, _ := doc.(map[string]any)
	escaped := strings.NewReplacer("~", "~0", "/", "~1").Replace(typeName)
	components, _ := root["components"].(map[string]any)
	switch {
	case typeName == "":
		return "#"
	case components != nil:
		return "#/components/schemas/" + escaped
	case root["definitions"] != nil:
		return "#/definitions/" + escaped
	}
	return "#"
}

// Get compiles a type of the document. The document sees nothing but itself.
func (s *Schema) Get(typeName string, use Use) (*jsonschema.Schema, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := use
	if key.Ref == "" {
		key.Ref = "type " + typeName
	}
	if known := s.compiled[key]; known != nil {
		return known, nil
	}
	doc, err := s.document()
	if err != nil {
		return nil, fmt.Errorf("the schema is not JSON: %w", err)
	}
	if use.Ref == "" {
		use.Ref = refOf(doc, typeName)
	}
	if !strings.HasPrefix(use.Ref, "#") {
		return nil, fmt.Errorf("the reference %q does not stand in the schema", use.Ref)
	}
	doc = adapt(doc, use)
	// What draft 2020-12 refuses, as exclusiveMinimum of OpenAPI 2.0 and 3.0, is of draft 4.
	var out *jsonschema.Schema
	for _, draft := range []*jsonschema.Draft{jsonschema.Draft2020, jsonschema.Draft4} {
		c := jsonschema.NewCompiler()
		c.DefaultDraft(draft)
		c.UseLoader(noLoader{})
		if err = c.AddResource("schema:document", doc); err != nil {
			continue
		}
		if out, err = c.Compile("schema:document" + use.Ref); err == nil {
			break
		}
	}
	if err != nil {
		return nil, err
	}
	if s.compiled == nil || len(s.compiled) >= maxUses {
		s.compiled = map[Use]*jsonschema.Schema{}
	}
	s.compiled[key] = out
	return out, nil
}

// noLoader loads nothing: schemas do not reach files or other addresses.
type noLoader struct{}

func (noLoader) Load(string) (any, error) {
	return nil, errors.New("a schema may refer to itself only")
}

// adapt gives the document as it is used: OpenAPI's nullable becomes a type, and
// what the policy asks for replaces what the document says.
func adapt(doc any, use Use) any {
	switch d := doc.(type) {
	case []any:
		out := make([]any, len(d))
		for i := range d {
			out[i] = adapt(d[i], use)
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(d))
		for name, v := range d {
			out[name] = adapt(v, use)
		}
		if kind, ok := out["type"].(string); ok && out["nullable"] == true {
			out["type"] = []any{kind, "null"}
		}
		properties, object := out["properties"].(map[string]any)
		if use.Additional != "" && (object || out["type"] == "object") {
			out["additionalProperties"] = use.Additional == "true"
		}
		if use.Fold && object {
			out["properties"] = foldNames(properties)
			if required, ok := out["required"].([]any); ok {
				for i := range required {
					if name, ok := required[i].(string); ok {
						required[i] = strings.ToLower(name)
					}
				}
			}
		}
		return out
	}
	return doc
}

// foldNames gives an object with its names in lower case.
func foldNames(in map[string]any) map[string]any {
	out := make(map[string]any, len(in))
	for name, v := range in {
		out[strings.ToLower(name)] = v
	}
	return out
}

// Fold gives a value with the names of all its objects in lower case.
func Fold(v any) any {
	switch v := v.(type) {
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = Fold(v[i])
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for name, inner := range v {
			out[strings.ToLower(name)] = Fold(inner)
		}
		return out
	}
	return v
}

// Problem says what is wrong with an instance, and where in it as a JSON pointer.
func Problem(err error) (what, where string) {
	var v *jsonschema.ValidationError
	if !errors.As(err, &v) {
		return err.Error(), ""
	}
	for len(v.Causes) > 0 { // down to what is wrong, from what fails because of it
		v = v.Causes[0]
	}
	where = "/" + strings.Join(v.InstanceLocation, "/")
	unit := v.BasicOutput()
	if unit.Error == nil {
		return "it does not match the schema", where
	}
	return unit.Error.String(), where
}
