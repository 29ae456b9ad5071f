// Package xml declares the System.Xml.Linq types that expressions may use, and of
// System.Xml what published policies read XML with. DTDs are refused, entities
// other than the five of XML are unknown.
package xml

import (
	"portico/internal/policy/csharp/value"
)

type (
	run = value.Run
	val = value.Value
)

const space = "System.Xml.Linq"

// The types.
var (
	objectType    = value.NewClass(space, "XObject", nil)
	nodeType      = value.NewClass(space, "XNode", objectType)
	containerType = value.NewClass(space, "XContainer", nodeType)
	elementType   = value.NewClass(space, "XElement", containerType)
	documentType  = value.NewClass(space, "XDocument", containerType)
	attributeType = value.NewClass(space, "XAttribute", objectType)
	textType      = value.NewClass(space, "XText", nodeType)
	cdataType     = value.NewClass(space, "XCData", textType)
	commentType   = value.NewClass(space, "XComment", nodeType)
	piType        = value.NewClass(space, "XProcessingInstruction", nodeType)
	nameType      = value.NewClass(space, "XName", nil)
	namespaceType = value.NewClass(space, "XNamespace", nil)
	declType      = value.NewClass(space, "XDeclaration", nil)
	saveOptions   = value.NewFlags(space, "SaveOptions", "None", "DisableFormatting", "OmitDuplicateNamespaces")
	loadOptions   = value.NewFlags(space, "LoadOptions", "None", "PreserveWhitespace", "SetBaseUri", "SetLineInfo")
)

// name is an XName.
type name struct{ ns, local string }

func (name) Type() *value.Type { return nameType }

// String is {namespace}local.
func (n name) String(*value.Run) string {
	if n.ns == "" {
		return n.local
	}
	return "{" + n.ns + "}" + n.local
}

// namespace is an XNamespace.
type namespace struct{ uri string }

func (namespace) Type() *value.Type { return namespaceType }

// String is the URI.
func (n namespace) String(*value.Run) string { return n.uri }

const (
	xmlURI   = "http://www.w3.org/XML/1998/namespace"
	xmlnsURI = "http://www.w3.org/2000/xmlns/"
)

// node is an element, a document, a text, a comment or a processing instruction.
type node struct {
	t     *value.Type
	up    *node
	name  name
	attrs []*attr
	kids  []*node
	text  string // of texts, comments; the data of an instruction
	decl  *declaration
	open  bool // an element without content that is written <a></a>
}

// attr is an XAttribute.
type attr struct {
	up   *node
	name name
	text string
}

// declaration is an XDeclaration.
type declaration struct{ version, encoding, standalone string }

// Type is the node's class.
func (n *node) Type() *value.Type { return n.t }

// Type is XAttribute.
func (*attr) Type() *value.Type { return attributeType }

// Type is XDeclaration.
func (*declaration) Type() *value.Type { return declType }

// String writes <?xml …?>.
func (d *declaration) String(*value.Run) string {
	s := `<?xml version="` + d.version + `"`
	if d.encoding != "" {
		s += ` encoding="` + d.encoding + `"`
	}
	if d.standalone != "" {
		s += ` standalone="` + d.standalone + `"`
	}
	return s + "?>"
}

func ref(n *node) val {
	if n == nil {
		return value.Null
	}
	return value.Ref(n)
}

func (n *node) isElement() bool { return n.t == elementType }

func (n *node) isText() bool { return n.t == textType || n.t == cdataType }

// content is Value: the texts below, joined.
func (n *node) content(r *run) string {
	if n.isText() || n.t == commentType || n.t == piType {
		return n.text
	}
	if len(n.kids) == 1 && n.kids[0].isText() {
		return n.kids[0].text
	}
	var b []byte
	n.walk(r, func(c *node) {
		if c.isText() {
			r.Alloc(len(c.text))
			b = append(b, c.text...)
		}
	})
	return string(b)
}

// walk calls f for every node below n, in the order of the document.
func (n *node) walk(r *run, f func(c *node)) {
	r.Enter()
	for _, c := range n.kids {
		r.Step(1)
		f(c)
		c.walk(r, f)
	}
	r.Leave()
}

func (n *node) attribute(nm name) *attr {
	for _, a := range n.attrs {
		if a.name == nm {
			return a
		}
	}
	return nil
}

func (n *node) root() *node {
	for _, c := range n.kids {
		if c.isElement() {
			return c
		}
	}
	return nil
}

// add hangs a node in, or a copy of one that hangs elsewhere; texts side by side become one.
func (n *node) add(r *run, c *node, at int) {
	for p := n; p != nil; p = p.up {
		if c.up != nil || p == c { // a tree may not hold itself
			c = c.clone(r)
			break
		}
	}
	if c.t == textType && at == len(n.kids) && at > 0 && n.kids[at-1].t == textType {
		n.kids[at-1].text += c.text
		return
	}
	r.Alloc(24)
	c.up = n
	n.kids = append(n.kids, nil)
	copy(n.kids[at+1:], n.kids[at:])
	n.kids[at] = c
}

func (n *node) clone(r *run) *node {
	r.Enter()
	defer r.Leave()
	r.Spend(160 + len(n.text))
	c := &node{t: n.t, name: n.name, text: n.text, decl: n.decl, open: n.open}
	for _, a := range n.attrs {
		c.attrs = append(c.attrs, &attr{c, a.name, a.text})
	}
	for _, k := range n.kids {
		kc := k.clone(r)
		kc.up = c
		c.kids = append(c.kids, kc)
	}
	return c
}

// index is the place of n among its parent's children.
func (n *node) index() int {
	if n.up != nil {
		for i, c := range n.up.kids {
			if c == n {
				return i
			}
		}
	}
	return -1
}

func (n *node) remove(r *run) {
	i := n.index()
	if i < 0 {
		r.Throw(value.ExInvalidOp, "The parent is missing.")
	}
	n.up.kids = append(n.up.kids[:i], n.up.kids[i+1:]...)
	n.up = nil
}

// equal is XNode.DeepEquals.
func equal(r *run, a, b *node) bool {
	r.Enter()
	defer r.Leave()
	r.Step(1)
	if a == nil || b == nil {
		return a == b
	}
	if a.t != b.t || a.name != b.name || a.text != b.text || len(a.attrs) != len(b.attrs) || len(a.kids) != len(b.kids) {
		return false
	}
	for i := range a.attrs {
		if a.attrs[i].name != b.attrs[i].name || a.attrs[i].text != b.attrs[i].text {
			return false
		}
	}
	for i := range a.kids {
		if !equal(r, a.kids[i], b.kids[i]) {
			return false
		}
	}
	return true
}
