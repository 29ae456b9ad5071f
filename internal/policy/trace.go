package policy

// trace writes a message of the document's author into the trace of the call.
func trace() declaration {
	return declaration{
		element: element{
			name: "trace",
			attributes: []attribute{
				{name: "source", required: true},
				{name: "severity", kind: enumeration, values: []string{"verbose", "information", "error"}},
			},
			children: []element{
				{name: "message", text: true},
				{name: "metadata", attributes: []attribute{{name: "name", required: true, kind: filled}, {name: "value", required: true}}},
			},
			text: true,
		},
		sections: everySection,
		scopes:   everyScope,
		compile: func(c *compiler, e *Element) Action {
			t := &tracing{source: c.value(e, "source", ""), severity: c.value(e, "severity", "verbose"), message: c.textValue(e)}
			for _, child := range e.Children {
				if child.Name == "message" {
					t.message = c.textValue(child)
				} else {
					t.metadata = append(t.metadata, pair{c.value(child, "name", ""), c.value(child, "value", "")})
				}
			}
			return t
		},
	}
}

type tracing struct {
	source, severity, message Value
	metadata                  []pair
}

type pair struct{ name, value Value }

// Message is the data of the trace entry that a trace policy writes.
type Message struct {
	Source   string            `json:"source"`
	Severity string            `json:"severity"`
	Message  string            `json:"message"`
	Metadata map[string]string `json:"metadata,omitempty"`
}

// Do evaluates nothing where nobody reads it.
func (t *tracing) Do(x *Exchange) error {
	if x.Tracer == nil {
		return nil
	}
	var m Message
	var err error
	for _, field := range []struct {
		to   *string
		from *Value
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
