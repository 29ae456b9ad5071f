package policy

import "strings"

// Value is what an attribute or a text of a policy says. It is a literal now;
// expressions will be evaluated here for each call.
type Value struct{ literal string }

// Text gives the value for one call.
func (v Value) Text(*Exchange) (string, error) { return v.literal, nil }

// hasNamedValue tells whether a value refers to a named value, {{name}}.
func hasNamedValue(s string) bool {
	open := strings.Index(s, "{{")
	return open >= 0 && strings.Contains(s[open:], "}}")
}

// notOffered says what in e, a policy of that declaration, cannot be done yet;
// "" where there is nothing. Its text begins a sentence: "Policy expressions are".
func notOffered(d *declaration, e *Element) string {
	for i := range d.attributes {
		if a := &d.attributes[i]; a.later {
			if _, there := e.Attr(a.name); there {
				return "The attribute '" + a.name + "' is"
			}
		}
	}
	what := ""
	look := func(value string) {
		switch {
		case isExpression(value):
			what = "Policy expressions are"
		case hasNamedValue(value) && what == "":
			what = "Named values are"
		}
	}
	e.walk(func(e *Element) {
		for _, a := range e.Attributes {
			look(a.Value)
		}
		look(e.Text)
	})
	return what
}
