package logging

import (
	"portico/internal/policy"
	"portico/internal/policy/document"
)

// Trace writes a message of the document's author into the trace of the call.
func Trace() policy.Declaration {
	return policy.Declaration{
		Form: policy.Form{
			Name: "trace",
			Attributes: []policy.Attribute{
				{Name: "source", Required: true},
				{Name: "severity", Kind: policy.Enumeration, Values: []string{"verbose", "information", "error"}},
			},
			Children: []policy.Form{
				{Name: "message", Text: true},
				{Name: "metadata", Attributes: []policy.Attribute{{Name: "name", Required: true, Kind: policy.Filled}, {Name: "value", Required: true}}},
			},
			Text: true,
		},
		Sections: policy.EverySection,
		Scopes:   policy.EveryScope,
		Compile: func(c *policy.Builder, e *document.Element) policy.Action {
			t := &tracing{source: c.Value(e, "source", ""), severity: c.Value(e, "severity", "verbose"), message: c.TextValue(e)}
			for _, child := range e.Children {
				if child.Name == "message" {
					t.message = c.TextValue(child)
				} else {
					t.metadata = append(t.metadata, pair{c.Value(child, "name", ""), c.Value(child, "value", "")})
				}
			}
			return t
		},
	}
}

type tracing struct {
	source, severity, message policy.Value
	metadata                  []pair
}

type pair struct{ name, value policy.Value }

// Do evaluates nothing where nobody reads it.
func (t *tracing) Do(x *policy.Exchange) error {
	if x.Tracer == nil {
		return nil
	}
	var m policy.TraceMessage
	var err error
	for _, field := range []struct {
		to   *string
		from *policy.Value
	}{{&m.Source, &t.source}, {&m.Severity, &t.severity}, {&m.Message, &t.message}} {
		if *field.to, err = field.from.Text(x); err != nil {
			return err
		}
	}
	for _, p := range t.metadata {
		name, err := p.name.Text(x)
		if err != nil {
			return err
		}
		value, err := p.value.Text(x)
		if err != nil {
			return err
		}
		if m.Metadata == nil {
			m.Metadata = map[string]string{}
		}
		m.Metadata[name] = value
	}
	x.Note(m)
	return nil
}
