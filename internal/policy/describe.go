package policy

import (
	"maps"
	"slices"
)

// Description is what a policy looks like, for documentation and editors.
type Description struct {
	Name     string   `json:"name"`
	Sections []string `json:"sections"`
	Scopes   []string `json:"scopes"`
	Form     FormOf   `json:"form"`
	Offered  bool     `json:"offered"` // or accepted, and calls that reach it fail
}

// FormOf is the form of a policy's element, or of one inside of it.
type FormOf struct {
	Attributes []AttributeOf     `json:"attributes,omitempty"`
	OneOf      []string          `json:"oneOf,omitempty"` // of these attributes at least one must be there
	Text       bool              `json:"text,omitempty"`
	Children   map[string]FormOf `json:"children,omitempty"`
	Holds      []string          `json:"holds,omitempty"` // policies that may stand inside; "*" is every policy
}

// AttributeOf is an attribute of an element.
type AttributeOf struct {
	Name        string   `json:"name"`
	Required    bool     `json:"required,omitempty"`
	Kind        string   `json:"kind"` // "text", "integer", "boolean", "choice" or "header name"
	Values      []string `json:"values,omitempty"`
	Min         int64    `json:"min,omitempty"` // of an integer
	Max         int64    `json:"max,omitempty"`
	Expressions bool     `json:"expressions"` // may be a policy expression
	Offered     bool     `json:"offered"`     // or accepted, and calls that reach it fail
}

// Describe gives every documented policy, in the order of names.
func (t Table) Describe() []Description {
	var all []Description
	for _, name := range slices.Sorted(maps.Keys(documented)) {
		d := t[name]
		one := Description{Name: name, Sections: namesOf(documented[name], sections), Scopes: namesOf(EveryScope, scopesInOrder), Offered: d != nil}
		if d != nil {
			one.Scopes, one.Form = namesOf(d.Scopes, scopesInOrder), d.describe()
		}
		all = append(all, one)
	}
	return all
}

var scopesInOrder = []Scope{Global, Product, API, Operation}

func namesOf[S interface {
	~uint8
	String() string
}](set S, each []S) []string {
	var names []string
	for _, one := range each {
		if set&one != 0 {
			names = append(names, one.String())
		}
	}
	return names
}

func (form *Form) describe() FormOf {
	f := FormOf{OneOf: form.OneOf, Text: form.Text, Holds: form.Holds}
	kinds := map[Kind]string{Integer: "integer", Boolean: "boolean", Enumeration: "choice", HeaderName: "header name"}
	for _, a := range form.Attributes {
		of := AttributeOf{Name: a.Name, Required: a.Required, Kind: kinds[a.Kind], Values: a.Values, Min: a.Min, Max: a.Max, Expressions: !a.Literal, Offered: !a.Later}
		if of.Kind == "" {
			of.Kind = "text"
		}
		f.Attributes = append(f.Attributes, of)
	}
	for i := range form.Children {
		if f.Children == nil {
			f.Children = map[string]FormOf{}
		}
		f.Children[form.Children[i].Name] = form.Children[i].describe()
	}
	return f
}
