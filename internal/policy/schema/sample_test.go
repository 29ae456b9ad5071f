package schema

import (
	"encoding/json"
	"testing"
)

func TestSample(t *testing.T) {
	const document = `{"document":{"components":{"schemas":{
		"Pet":{"type":"object","properties":{"id":{"type":"integer","minimum":1},"name":{"type":"string","example":"Rex"},"born":{"type":"string","format":"date"},
			"tags":{"type":"array","items":{"$ref":"#/components/schemas/Tag"}},"kind":{"enum":["dog","cat"]},"note":{"type":["null","string"]},"parent":{"$ref":"#/components/schemas/Node"}}},
		"Tag":{"allOf":[{"properties":{"a":{"type":"boolean"}}},{"properties":{"b":{"oneOf":[{"type":"number"},{"type":"string"}]}}}]},
		"Node":{"type":"object","properties":{"next":{"$ref":"#/components/schemas/Node"}}},
		"Bad":{"$ref":"http://elsewhere/x"}}}}}`
	s := New(json.RawMessage(document), true)
	got, ok := s.Sample("Pet")
	var pet struct {
		ID     int
		Name   string
		Born   string
		Kind   string
		Note   string
		Tags   []map[string]any
		Parent map[string]any
	}
	if err := json.Unmarshal(got, &pet); err != nil || !ok {
		t.Fatal(string(got), err)
	}
	if pet.ID != 1 || pet.Name != "Rex" || pet.Born != "2000-01-01" || pet.Kind != "dog" || pet.Note != "string" || len(pet.Tags) != 1 || pet.Tags[0]["a"] != true || pet.Tags[0]["b"] != 0.0 || pet.Parent == nil {
		t.Errorf("%s", got)
	}
	if _, ok := s.Sample("Nobody"); ok {
		t.Error("a type that is not there has a sample")
	}
	if got, ok := s.Sample("Bad"); !ok || string(got) != "null" {
		t.Errorf("a reference elsewhere: %s, %v", got, ok)
	}
	if _, ok := New(json.RawMessage(`{"document":{"value":"no JSON"}}`), true).Sample(""); ok {
		t.Error("what is no schema has a sample")
	}
}
