package policy

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strings"

	"portico/internal/catalog"
)

// mockResponse answers the call with an example from the operation's definition.
func mockResponse() declaration {
	return declaration{
		element: element{
			name: "mock-response",
			attributes: []attribute{
				{name: "enabled", kind: boolean},
				{name: "status-code", kind: integer, min: minStatus, max: maxStatus},
				{name: "content-type"},
				{name: "index", kind: integer, max: math.MaxInt32},
			},
		},
		sections: everySection,
		scopes:   everyScope,
		compile: func(c *compiler, e *Element) Action {
			return &mocking{enabled: c.value(e, "enabled", "true"), status: c.value(e, "status-code", "200"),
				contentType: c.value(e, "content-type", ""), index: c.value(e, "index", "0")}
		},
	}
}

type mocking struct{ enabled, status, contentType, index Value }

func (m *mocking) Do(x *Exchange) error {
	enabled, err := m.enabled.Bool(x)
	if err != nil || !enabled {
		return err
	}
	status, err := m.status.status(x)
	if err != nil {
		return err
	}
	contentType, err := m.contentType.Text(x)
	if err != nil {
		return err
	}
	index, err := m.index.bounded(x, 0, math.MaxInt32)
	if err != nil {
		return err
	}
	res := Response{Status: status}
	if r := representation(x.Operation, status, contentType); r != nil {
		if text, ok := example(r.Examples, int(index)); ok {
			res.Headers = Headers{{"Content-Type", r.ContentType}}
			res.Body = BytesBody([]byte(text))
		}
	}
	x.answer(res)
	return ErrAnswered
}

// representation finds the operation's response of that status, in that content type or the first.
func representation(o *catalog.Operation, status int, contentType string) *catalog.Representation {
	if o == nil {
		return nil
	}
	for i := range o.Responses {
		if o.Responses[i].StatusCode != status {
			continue
		}
		for j := range o.Responses[i].Representations {
			r := &o.Responses[i].Representations[j]
			if contentType == "" || strings.EqualFold(r.ContentType, contentType) {
				return r
			}
		}
	}
	return nil
}

// example gives one of a representation's examples, in the order of their names.
// A JSON string is a text of its own; any other JSON is the example itself.
func example(examples json.RawMessage, index int) (string, bool) {
	var named map[string]struct {
		Value json.RawMessage `json:"value"`
	}
	if json.Unmarshal(examples, &named) != nil || index >= len(named) {
		return "", false
	}
	value := named[slices.Sorted(maps.Keys(named))[index]].Value
	var text string
	if json.Unmarshal(value, &text) == nil {
		return text, true
	}
	return string(value), len(value) > 0
}
