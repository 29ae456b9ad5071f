package policy

import (
	"strings"

	"portico/internal/catalog"
	"portico/internal/policy/csharp"
	"portico/internal/policy/document"
)

// Library gives what documents refer to by name. A nil Library knows nothing.
type Library interface {
	// NamedValue gives the text of a named value; names compare as they are written.
	NamedValue(name string) (value string, ok bool)
	// Fragment gives a policy fragment; ids compare without regard to case.
	Fragment(id string) (f catalog.Policy, ok bool)
}

// Use is a named value or fragment that a document refers to, there or not.
type Use struct {
	Fragment bool   // a fragment's id, else a named value's name
	Name     string // a fragment's in lower case
}

// names resolves what one document refers to and remembers it.
type names struct {
	library   Library
	uses      map[Use]bool
	fragments map[string]*document.Element // by id in lower case; nil where there is none, or a broken one
	grown     int                          // bytes that named values and fragments added
	programs  map[string]*csharp.Program   // by the expression's text
}

func newNames(l Library) *names {
	return &names{library: l, uses: map[Use]bool{}, fragments: map[string]*document.Element{}, programs: map[string]*csharp.Program{}}
}

// maxGrown bounds what named values and fragments may add to a document, in bytes.
const maxGrown = 4 * document.MaxSize

// value looks a named value up.
func (n *names) value(name string) (string, bool) {
	n.uses[Use{Name: name}] = true
	if n.library == nil {
		return "", false
	}
	return n.library.NamedValue(name)
}

// resolve puts the named values of e and all below it in their places. They may
// stand in attributes, texts and expressions, and may hold expressions.
func (v *Validator) resolve(e *document.Element) {
	for i := range e.Attributes {
		e.Attributes[i].Value = v.resolved(e, e.Attributes[i].Value, false)
	}
	// Liquid has the same braces: there, a name that is no named value's is Liquid's.
	template, _ := e.Attr("template")
	e.Text = v.resolved(e, e.Text, template == "liquid")
	for _, c := range e.Children {
		v.resolve(c)
	}
}

func (v *Validator) resolved(e *document.Element, s string, liquid bool) string {
	if !HasNamedValue(s) {
		return s
	}
	var b strings.Builder
	for {
		before, name, after, ok := cutNamedValue(s)
		if !ok {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(before)
		value, known := v.names.value(name)
		v.names.grown += len(value)
		switch {
		case v.names.grown > maxGrown:
			v.Problem(e, "With its named values and fragments, the document has more than %d bytes.", maxGrown)
			return ""
		case known:
			b.WriteString(value)
		case liquid:
			b.WriteString(s[len(before) : len(s)-len(after)])
		default:
			v.Problem(e, "There is no named value '%s'.", name)
		}
		s = after
	}
}

// cutNamedValue cuts s around its first {{name}}.
func cutNamedValue(s string) (before, name, after string, ok bool) {
	for from := 0; ; {
		open := strings.Index(s[from:], "{{")
		if open < 0 {
			return s, "", "", false
		}
		open += from
		end := strings.Index(s[open:], "}}")
		if end < 0 {
			return s, "", "", false
		}
		if name = strings.TrimSpace(s[open+2 : open+end]); isValueName(name) {
			return s[:open], name, s[open+end+2:], true
		}
		from = open + 1
	}
}

// maxValueName is the longest display name of a named value (apim.md 1.6).
const maxValueName = 256

// isValueName tells whether s can be a named value's display name. Anything
// else in double braces is part of the text.
func isValueName(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c|0x20 < 'a' || c|0x20 > 'z' {
			if (c < '0' || c > '9') && c != '-' && c != '_' && c != '.' {
				return false
			}
		}
	}
	return s != "" && len(s) <= maxValueName
}

// HasNamedValue tells whether a value refers to a named value, {{name}}.
func HasNamedValue(s string) bool {
	if !strings.Contains(s, "{{") {
		return false
	}
	_, _, _, ok := cutNamedValue(s)
	return ok
}
