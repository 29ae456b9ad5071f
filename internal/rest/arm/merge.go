package arm

import (
	"bytes"
	"encoding/json"
	"strings"
)

// merge applies a JSON merge patch (RFC 7396). Members compare without regard
// to case, as everywhere in this API.
func merge(target, patch json.RawMessage) (json.RawMessage, error) {
	t, err := decodeAny(target)
	if err != nil {
		return nil, err
	}
	p, err := decodeAny(patch)
	if err != nil {
		return nil, err
	}
	return json.Marshal(mergeValues(t, p))
}

func decodeAny(raw json.RawMessage) (v any, err error) {
	if len(raw) == 0 {
		return map[string]any{}, nil
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber() // whole numbers stay as they are
	err = d.Decode(&v)
	return v, err
}

func mergeValues(target, patch any) any {
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
			merged[name] = mergeValues(merged[name], value)
		}
	}
	return merged
}
