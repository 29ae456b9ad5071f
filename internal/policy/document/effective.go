package document

import (
	"strings"

	"portico/internal/fault"
)

// Layer is the document of one scope in a chain; the Source "" is a scope without one.
type Layer struct {
	Name   string // of the scope, for the comments in the result
	Format Format
	Source string
}

// sectionNames are the sections of a document, in the order in which they run.
var sectionNames = []string{"inbound", "backend", "outbound", "on-error"}

// Effective writes the document that a chain of scopes, from wide to narrow,
// amounts to, as raw XML: what every <base/> stands for is in its place, with a
// comment where another scope's policies begin. Comments of the documents are left out.
func Effective(chain ...Layer) (string, error) {
	sections := make([]map[string]*Element, len(chain))
	for i, l := range chain {
		if l.Source == "" {
			continue
		}
		d, problems := Parse(l.Format, l.Source)
		if len(problems) > 0 {
			return "", fault.New(fault.Invalid, "The document of the scope %s is broken: %s", l.Name, problems[0].Message)
		}
		sections[i] = map[string]*Element{}
		if d.Root == nil {
			continue
		}
		for _, c := range d.Root.Children {
			sections[i][c.Name] = c
		}
	}
	w := &writer{}
	w.b.WriteString("<policies>\n")
	for _, name := range sectionNames {
		w.scope = ""
		w.b.WriteString("    <" + name + ">\n")
		w.section(chain, sections, name)
		w.b.WriteString("    </" + name + ">\n")
	}
	w.b.WriteString("</policies>\n")
	return w.b.String(), nil
}

type writer struct {
	b     strings.Builder
	scope string // whose policies were written last
}

// section writes a section as the narrowest scope of the chain has it.
func (w *writer) section(chain []Layer, sections []map[string]*Element, name string) {
	if len(chain) == 0 {
		return
	}
	last := len(chain) - 1
	section := sections[last][name]
	if section == nil { // the scope says nothing, so it inherits
		w.section(chain[:last], sections[:last], name)
		return
	}
	for _, c := range section.Children {
		if c.Name == "base" {
			w.section(chain[:last], sections[:last], name)
			continue
		}
		if w.scope != chain[last].Name {
			w.scope = chain[last].Name
			w.b.WriteString("        <!-- " + w.scope + " -->\n")
		}
		w.element(c, 2)
	}
}

// element writes one element, raw: expressions stay as they are read.
func (w *writer) element(e *Element, depth int) {
	indent := strings.Repeat("    ", depth)
	w.b.WriteString(indent + "<" + e.Name)
	for _, a := range e.Attributes {
		w.b.WriteString(" " + a.Name + `="`)
		w.value(a.Value, true)
		w.b.WriteByte('"')
	}
	switch {
	case len(e.Children) == 0 && e.Text == "":
		w.b.WriteString(" />\n")
		return
	case len(e.Children) == 0:
		w.b.WriteByte('>')
		w.value(e.Text, false)
		w.b.WriteString("</" + e.Name + ">\n")
		return
	}
	w.b.WriteString(">\n")
	if e.Text != "" {
		w.b.WriteString(indent + "    ")
		w.value(e.Text, false)
		w.b.WriteByte('\n')
	}
	for _, c := range e.Children {
		w.element(c, depth+1)
	}
	w.b.WriteString(indent + "</" + e.Name + ">\n")
}

func (w *writer) value(text string, attribute bool) {
	if IsExpression(text) {
		w.b.WriteString(text)
		return
	}
	Escape(&w.b, text, attribute)
}
