package schema

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strings"
)

// maxSampleDepth bounds schemas that hold themselves.
const maxSampleDepth = 12

// Sample makes an instance of a type of the document: by its examples and
// defaults where it has them, else the plainest value of its type. ok is false
// where the document has no such type.
func (s *Schema) Sample(typeName string) (sample []byte, ok bool) {
	doc, err := s.document()
	if err != nil {
		return nil, false
	}
	start, ok := at(doc, refOf(doc, typeName))
	if !ok {
		return nil, false
	}
	sample, err = json.MarshalIndent(sampleOf(doc, start, 0), "", "  ")
	return sample, err == nil
}

// at finds what a reference within the document points to.
func at(doc any, ref string) (map[string]any, bool) {
	rest, ok := strings.CutPrefix(ref, "#")
	if !ok {
		return nil, false
	}
	for part := range strings.SplitSeq(strings.TrimPrefix(rest, "/"), "/") {
		if part == "" {
			continue
		}
		object, _ := doc.(map[string]any)
		if doc = object[strings.NewReplacer("~1", "/", "~0", "~").Replace(part)]; doc == nil {
			return nil, false
		}
	}
	object, ok := doc.(map[string]any)
	return object, ok
}

func sampleOf(doc any, schema map[string]any, depth int) any {
	if depth > maxSampleDepth {
		return nil
	}
	if ref, ok := schema["$ref"].(string); ok {
		target, _ := at(doc, ref)
		return sampleOf(doc, target, depth+1)
	}
	for _, name := range []string{"example", "default", "const"} {
		if v, there := schema[name]; there {
			return v
		}
	}
	for _, name := range []string{"examples", "enum"} {
		if list, _ := schema[name].([]any); len(list) > 0 {
			return list[0]
		}
	}
	for _, name := range []string{"oneOf", "anyOf"} {
		if list, _ := schema[name].([]any); len(list) > 0 {
			first, _ := list[0].(map[string]any)
			return sampleOf(doc, first, depth+1)
		}
	}
	properties, _ := schema["properties"].(map[string]any)
	all, _ := schema["allOf"].([]any)
	switch kind := typeOf(schema); {
	case kind == "object" || properties != nil || len(all) > 0:
		return sampleObject(doc, properties, all, depth)
	case kind == "array":
		items, _ := schema["items"].(map[string]any)
		return []any{sampleOf(doc, items, depth+1)}
	case kind == "string":
		return sampleText(schema)
	case kind == "integer", kind == "number":
		least, _ := schema["minimum"].(json.Number)
		if f, err := least.Float64(); err == nil {
			return math.Ceil(f)
		}
		return 0
	case kind == "boolean":
		return true
	}
	return nil
}

// typeOf is the schema's type; of several, the first that is not null.
func typeOf(schema map[string]any) string {
	list, _ := schema["type"].([]any)
	for _, one := range list {
		if kind, _ := one.(string); kind != "null" {
			return kind
		}
	}
	kind, _ := schema["type"].(string)
	return kind
}

func sampleObject(doc any, properties map[string]any, all []any, depth int) map[string]any {
	out := map[string]any{}
	for _, part := range all {
		inner, _ := part.(map[string]any)
		if of, ok := sampleOf(doc, inner, depth+1).(map[string]any); ok {
			maps.Copy(out, of)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		inner, _ := properties[name].(map[string]any)
		out[name] = sampleOf(doc, inner, depth+1)
	}
	return out
}

// sampleText is a text of the schema's format.
func sampleText(schema map[string]any) string {
	format, _ := schema["format"].(string)
	if text, known := map[string]string{
		"date": "2000-01-01", "date-time": "2000-01-01T00:00:00Z", "time": "00:00:00Z", "uuid": "00000000-0000-0000-0000-000000000000",
		"email": "user@example.com", "uri": "https://example.com", "hostname": "example.com", "ipv4": "192.0.2.1", "byte": "",
	}[format]; known {
		return text
	}
	return "string"
}
