package record

import (
	"bytes"
	"encoding/json"
	"strings"
)

// Decode reads a document with its numbers as they are written; an empty one is an empty object.
func Decode(raw []byte) (v any, err error) {
	if len(raw) == 0 {
		return map[string]any{}, nil
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	err = d.Decode(&v)
	return v, err
}

// Merge applies a JSON merge patch (RFC 7396) to a document. Members compare
// without regard to case and keep the case of the document.
func Merge(document, patch json.RawMessage) (json.RawMessage, error) {
	d, err := Decode(document)
	if err != nil {
		return nil, err
	}
	p, err := Decode(patch)
	if err != nil {
		return nil, err
	}
	return json.Marshal(MergeValues(d, p))
}

// MergeValues is Merge of decoded documents; it changes the first one.
func MergeValues(target, patch any) any {
	changes, ok := patch.(map[string]any)
	if !ok {
		return patch
	}
	merged, ok := target.(map[string]any)
	if !ok {
		merged = map[string]any{}
	}
	for name, value := range changes {
		for existing := range merged {
			if strings.EqualFold(existing, name) {
				name = existing
				break
			}
		}
		if value == nil {
			delete(merged, name)
		} else {
			merged[name] = MergeValues(merged[name], value)
		}
	}
	return merged
}
