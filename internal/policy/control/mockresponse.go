package control

import (
	"encoding/json"
	"maps"
	"math"
	"slices"
	"strings"

	"portico/internal/catalog"
	"portico/internal/policy"
	"portico/internal/policy/document"
)

// MockResponse answers the call with an example from the operation's definition, or
// with one made by its schema.
func MockResponse() policy.Declaration {
	return policy.Declaration{
		Form: policy.Form{
			Name: "mock-response",
			Attributes: []policy.Attribute{
				{Name: "enabled", Kind: policy.Boolean},
				{Name: "status-code", Kind: policy.Integer, Min: policy.MinStatus, Max: policy.MaxStatus},
				{Name: "content-type"},
				{Name: "index", Kind: policy.Integer, Max: math.MaxInt32},
			},
		},
		Sections: policy.EverySection,
		Scopes:   policy.EveryScope,
		Compile: func(c *policy.Builder, e *document.Element) policy.Action {
			return &mocking{schemas: c.Services.Schemas, enabled: c.Value(e, "enabled", "true"), status: c.Value(e, "status-code", "200"),
				contentType: c.Value(e, "content-type", ""), index: c.Value(e, "index", "0")}
		},
	}
}

type mocking struct {
	schemas                             policy.Schemas
	enabled, status, contentType, index policy.Value
}

func (m *mocking) Do(x *policy.Exchange) error {
	enabled, err := m.enabled.Bool(x)
	if err != nil || !enabled {
		return err
	}
	status, err := m.status.Status(x)
	if err != nil {
		return err
	}
	contentType, err := m.contentType.Text(x)
	if err != nil {
		return err
	}
	index, err := m.index.Bounded(x, 0, math.MaxInt32)
	if err != nil {
		return err
	}
	res := policy.Response{Status: status}
	if r := representation(x.Operation, status, contentType); r != nil {
		text, ok := example(r.Examples, int(index))
		if !ok && index == 0 {
			text, ok = m.sample(x, r)
		}
		if ok {
			res.Headers = policy.Headers{{Name: "Content-Type", Value: r.ContentType}}
			res.Body = policy.BytesBody([]byte(text))
		}
	}
	x.Answer(res)
	return policy.ErrAnswered
}

// sample makes a body by the schema of a representation in JSON.
func (m *mocking) sample(x *policy.Exchange, r *catalog.Representation) (string, bool) {
	if m.schemas == nil || r.SchemaID == "" || !policy.IsJSON(policy.Headers{{Name: "Content-Type", Value: r.ContentType}}) {
		return "", false
	}
	s := m.schemas.Schema(x.APIID, r.SchemaID)
	if s == nil {
		return "", false
	}
	b, ok := s.Sample(r.TypeName)
	return string(b), ok
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
