package xml

import (
	"strings"

	"portico/internal/policy/csharp/bcl"
	"portico/internal/policy/csharp/collections"
	"portico/internal/policy/csharp/value"
)

// Declare adds the package's types to a library.
func Declare(l *value.Library) {
	for _, t := range []*value.Type{objectType, nodeType, containerType, elementType, documentType, attributeType, textType, cdataType,
		commentType, piType, nameType, namespaceType, declType, saveOptions, loadOptions} {
		l.Add(t)
	}
	declareNames(l)
	declareNodes(l)
	declareContainers(l)
	declareElements(l)
	declareOthers(l)
	declareCasts(l)
	declareDOM(l)
	declareCursor(l)
}

func nodeOf(v val) *node { n, _ := v.R.(*node); return n }

// need gives a node that must be there.
func need(r *run, v val) *node {
	n := nodeOf(v)
	if n == nil {
		r.Throw(value.ExNull, "Object reference not set to an instance of an object.")
	}
	return n
}

// nameOf reads an XName of a string that may be {uri}local.
func nameOf(r *run, s string) name {
	if strings.HasPrefix(s, "{") {
		if uri, local, ok := strings.Cut(s[1:], "}"); ok {
			s = local
			checkName(r, s)
			return name{uri, local}
		}
	}
	checkName(r, s)
	return name{"", s}
}

func checkName(r *run, s string) {
	if s == "" {
		r.Throw(value.ExXML, "The value cannot be an empty string.")
	}
	for i, c := range s {
		if c == ':' || i == 0 && !nameStart(c) || !namePart(c) {
			r.Throw(value.ExXML, "The '%c' character, hexadecimal value 0x%02X, cannot be included in a name.", c, c)
		}
	}
}

func argName(r *run, v val) name {
	n, ok := v.R.(name)
	if !ok {
		r.ThrowNull("name")
	}
	return n
}

func declareNames(l *value.Library) {
	nm := func(v val) name { n, _ := v.R.(name); return n }
	ns := func(v val) namespace { n, _ := v.R.(namespace); return n }
	make := func(r *run, a []val) val {
		if a[0].R == nil {
			return value.Null
		}
		return value.Ref(nameOf(r, a[0].S))
	}
	eq := func(want bool) value.Native {
		return func(_ *run, a []val) val { return value.Bool((a[0] == a[1]) == want) }
	}
	l.Add(nameType).
		Def("static XName Get(string expandedName)", make).
		Def("static XName Get(string localName, string namespaceName)", func(r *run, a []val) val {
			checkName(r, a[0].S)
			return value.Ref(name{a[1].S, a[0].S})
		}).
		Def("implicit XName(string expandedName)", make).
		Def("string LocalName", func(_ *run, a []val) val { return value.Str(nm(a[0]).local) }).
		Def("string NamespaceName", func(_ *run, a []val) val { return value.Str(nm(a[0]).ns) }).
		Def("XNamespace Namespace", func(_ *run, a []val) val { return value.Ref(namespace{nm(a[0]).ns}) }).
		Def("operator bool ==(XName a, XName b)", eq(true)).Def("operator bool !=(XName a, XName b)", eq(false))
	get := func(_ *run, a []val) val {
		if a[0].R == nil {
			return value.Null
		}
		return value.Ref(namespace{a[0].S})
	}
	l.Add(namespaceType).
		Def("static XNamespace Get(string namespaceName)", get).
		Def("implicit XNamespace(string namespaceName)", get).
		Const("None", value.Ref(namespace{""})).Const("Xml", value.Ref(namespace{xmlURI})).Const("Xmlns", value.Ref(namespace{xmlnsURI})).
		Def("string NamespaceName", func(_ *run, a []val) val { return value.Str(ns(a[0]).uri) }).
		Def("XName GetName(string localName)", func(r *run, a []val) val {
			checkName(r, a[1].S)
			return value.Ref(name{ns(a[0]).uri, a[1].S})
		}).
		Def("operator XName +(XNamespace ns, string localName)", func(r *run, a []val) val {
			if a[0].R == nil {
				r.ThrowNull("ns")
			}
			checkName(r, a[1].S)
			return value.Ref(name{ns(a[0]).uri, a[1].S})
		}).
		Def("operator bool ==(XNamespace a, XNamespace b)", eq(true)).Def("operator bool !=(XNamespace a, XNamespace b)", eq(false))
}

// sequence makes an IEnumerable of nodes.
func sequence(t *value.Type, list []*node) val {
	items := make([]val, len(list))
	for i, n := range list {
		items[i] = ref(n)
	}
	return collections.NewList(t.Args[0], items)
}

// nodes declares a member that gives nodes, all or those of a name.
func nodes(d value.Decl, sig string, find func(r *run, n *node) []*node) {
	plain := func(in value.Inst) value.Native {
		return func(r *run, a []val) val { return sequence(in.Ret, find(r, nodeOf(a[0]))) }
	}
	named := func(in value.Inst) value.Native {
		return func(r *run, a []val) val {
			if a[1].R == nil {
				return sequence(in.Ret, nil)
			}
			want := argName(r, a[1])
			var out []*node
			for _, n := range find(r, nodeOf(a[0])) {
				if n.name == want {
					out = append(out, n)
				}
			}
			return sequence(in.Ret, out)
		}
	}
	d.Gen("IEnumerable<XElement> "+sig+"()", plain).Gen("IEnumerable<XElement> "+sig+"(XName name)", named)
}

func elements(_ *run, n *node) (out []*node) {
	for _, c := range n.kids {
		if c.isElement() {
			out = append(out, c)
		}
	}
	return out
}

func descendants(r *run, n *node) (out []*node) {
	n.walk(r, func(c *node) {
		if c.isElement() {
			r.Alloc(8)
			out = append(out, c)
		}
	})
	return out
}

func ancestors(_ *run, n *node) (out []*node) {
	for up := n.up; up != nil; up = up.up {
		if up.isElement() {
			out = append(out, up)
		}
	}
	return out
}

func withSelf(find func(*run, *node) []*node) func(*run, *node) []*node {
	return func(r *run, n *node) []*node { return append([]*node{n}, find(r, n)...) }
}

func siblings(after bool) func(*run, *node) []*node {
	return func(_ *run, n *node) (out []*node) {
		i := n.index()
		if i < 0 {
			return nil
		}
		list := n.up.kids[:i]
		if after {
			list = n.up.kids[i+1:]
		}
		for _, c := range list {
			if c.isElement() {
				out = append(out, c)
			}
		}
		return out
	}
}

func declareNodes(l *value.Library) {
	l.Add(objectType).
		Def("XElement Parent", func(_ *run, a []val) val {
			if x, ok := a[0].R.(*attr); ok {
				return ref(x.up)
			}
			if up := nodeOf(a[0]).up; up != nil && up.isElement() {
				return ref(up)
			}
			return value.Null
		}).
		Def("XDocument Document", func(_ *run, a []val) val {
			n := nodeOf(a[0])
			for n != nil && n.up != nil {
				n = n.up
			}
			if n != nil && n.t == documentType {
				return ref(n)
			}
			return value.Null
		})
	insert := func(by int) value.Native {
		return func(r *run, a []val) val {
			n := nodeOf(a[0])
			i := n.index()
			if i < 0 {
				r.Throw(value.ExInvalidOp, "The parent is missing.")
			}
			add(r, n.up, a[1], i+by)
			return value.Null
		}
	}
	beside := func(by int) value.Native {
		return func(_ *run, a []val) val {
			n := nodeOf(a[0])
			if i := n.index(); i >= 0 && i+by >= 0 && i+by < len(n.up.kids) {
				return ref(n.up.kids[i+by])
			}
			return value.Null
		}
	}
	d := l.Add(nodeType).
		Def("string ToString(SaveOptions options)", func(r *run, a []val) val { return value.Str(write(r, nodeOf(a[0]), a[1].N&1 == 0)) }).
		Def("void Remove()", func(r *run, a []val) val { nodeOf(a[0]).remove(r); return value.Null }).
		Def("void ReplaceWith(object content)", func(r *run, a []val) val {
			n := nodeOf(a[0])
			i, up := n.index(), n.up
			n.remove(r)
			add(r, up, a[1], i)
			return value.Null
		}).
		Def("void AddAfterSelf(object content)", insert(1)).Def("void AddBeforeSelf(object content)", insert(0)).
		Def("XNode NextNode", beside(1)).Def("XNode PreviousNode", beside(-1)).
		Def("static bool DeepEquals(XNode n1, XNode n2)", func(r *run, a []val) val { return value.Bool(equal(r, nodeOf(a[0]), nodeOf(a[1]))) })
	nodes(d, "Ancestors", ancestors)
	nodes(d, "ElementsAfterSelf", siblings(true))
	nodes(d, "ElementsBeforeSelf", siblings(false))
}

// add puts content into a container at a place: nodes, attributes, texts, sequences.
func add(r *run, n *node, v val, at int) int {
	r.Enter()
	defer r.Leave()
	switch x := v.R.(type) {
	case nil:
		return at
	case *node:
		if x.t == documentType {
			r.Throw(value.ExArgument, "A node of type Document cannot be added to content.")
		}
		before := len(n.kids)
		n.add(r, x, at)
		return at + len(n.kids) - before
	case *attr:
		if n.attribute(x.name) != nil {
			r.Throw(value.ExInvalidOp, "Duplicate attribute.")
		}
		r.Alloc(80)
		n.attrs = append(n.attrs, &attr{n, x.name, x.text})
		return at
	case value.Iterable:
		it := x.Iter(r)
		for c, ok := it.Next(r); ok; c, ok = it.Next(r) {
			at = add(r, n, c, at)
		}
		return at
	}
	s := plain(r, v)
	if n.t == documentType {
		if strings.TrimSpace(s) != "" {
			r.Throw(value.ExArgument, "Non white space characters cannot be added to content.")
		}
		return at
	}
	if s == "" && len(n.kids) == 0 {
		n.open = true
		return at
	}
	before := len(n.kids)
	n.add(r, &node{t: textType, text: s}, at)
	return at + len(n.kids) - before
}

// plain writes a value as XML has it: true, 1.5, ISO dates.
func plain(r *run, v val) string {
	if v.R == value.Object(value.Boolean) {
		return strings.ToLower(value.Text(r, v))
	}
	if v.R == value.Object(value.Double) || v.R == value.Object(value.Single) {
		return value.FormatValue(r, v, "R")
	}
	if m, ok := bcl.DateParts(v); ok {
		return isoDate(m)
	}
	return value.Text(r, v)
}

func declareContainers(l *value.Library) {
	clear := func(r *run, a []val) val {
		n := nodeOf(a[0])
		for _, c := range n.kids {
			c.up = nil
		}
		n.kids = nil
		return value.Null
	}
	d := l.Add(containerType).
		Def("void Add(object content)", func(r *run, a []val) val { add(r, nodeOf(a[0]), a[1], len(nodeOf(a[0]).kids)); return value.Null }).
		Def("void Add(params object[] content)", func(r *run, a []val) val { add(r, nodeOf(a[0]), a[1], len(nodeOf(a[0]).kids)); return value.Null }).
		Def("void AddFirst(object content)", func(r *run, a []val) val { add(r, nodeOf(a[0]), a[1], 0); return value.Null }).
		Def("void RemoveNodes()", clear).
		Def("void ReplaceNodes(object content)", func(r *run, a []val) val {
			clear(r, a)
			add(r, nodeOf(a[0]), a[1], 0)
			return value.Null
		}).
		Def("XElement Element(XName name)", func(r *run, a []val) val {
			if a[1].R == nil {
				return value.Null
			}
			want := argName(r, a[1])
			for _, c := range nodeOf(a[0]).kids {
				if c.isElement() && c.name == want {
					return ref(c)
				}
			}
			return value.Null
		}).
		Def("XNode FirstNode", func(_ *run, a []val) val {
			if k := nodeOf(a[0]).kids; len(k) > 0 {
				return ref(k[0])
			}
			return value.Null
		}).
		Def("XNode LastNode", func(_ *run, a []val) val {
			if k := nodeOf(a[0]).kids; len(k) > 0 {
				return ref(k[len(k)-1])
			}
			return value.Null
		}).
		Gen("IEnumerable<XNode> Nodes()", func(in value.Inst) value.Native {
			return func(_ *run, a []val) val { return sequence(in.Ret, nodeOf(a[0]).kids) }
		}).
		Gen("IEnumerable<XNode> DescendantNodes()", func(in value.Inst) value.Native {
			return func(r *run, a []val) val {
				var out []*node
				nodeOf(a[0]).walk(r, func(c *node) { out = append(out, c) })
				return sequence(in.Ret, out)
			}
		})
	nodes(d, "Elements", elements)
	nodes(d, "Descendants", descendants)
}

func declareElements(l *value.Library) {
	make := func(r *run, a []val) val {
		r.Alloc(200)
		n := &node{t: elementType, name: argName(r, a[0])}
		for _, c := range a[1:] {
			add(r, n, c, len(n.kids))
		}
		return ref(n)
	}
	attrsOf := func(in value.Inst, n *node, want *name) val {
		var items []val
		for _, a := range n.attrs {
			if want == nil || a.name == *want {
				items = append(items, value.Ref(a))
			}
		}
		return collections.NewList(in.Ret.Args[0], items)
	}
	d := l.Add(elementType).
		Def("new(XName name)", make).Def("new(XName name, object content)", make).
		Def("new(XName name, params object[] content)", make).
		Def("new(XElement other)", func(r *run, a []val) val { return ref(need(r, a[0]).clone(r)) }).
		Def("static XElement Parse(string text)", func(r *run, a []val) val {
			root := parse(r, r.NeedStr(a[0], "text"), false).root()
			root.up = nil
			return ref(root)
		}).
		Def("static XElement Parse(string text, LoadOptions options)", func(r *run, a []val) val {
			root := parse(r, r.NeedStr(a[0], "text"), a[1].N&1 != 0).root()
			root.up = nil
			return ref(root)
		}).
		Prop("XName Name", func(_ *run, a []val) val { return value.Ref(nodeOf(a[0]).name) }, func(r *run, a []val) val {
			nodeOf(a[0]).name = argName(r, a[1])
			return value.Null
		}).
		Prop("string Value", func(r *run, a []val) val { return value.Str(nodeOf(a[0]).content(r)) }, func(r *run, a []val) val {
			n := nodeOf(a[0])
			n.kids, n.open = nil, false
			add(r, n, value.Str(r.NeedStr(a[1], "value")), 0)
			return value.Null
		}).
		Def("bool HasElements", func(r *run, a []val) val { return value.Bool(len(elements(r, nodeOf(a[0]))) > 0) }).
		Def("bool HasAttributes", func(_ *run, a []val) val { return value.Bool(len(nodeOf(a[0]).attrs) > 0) }).
		Def("bool IsEmpty", func(_ *run, a []val) val { return value.Bool(len(nodeOf(a[0]).kids) == 0 && !nodeOf(a[0]).open) }).
		Def("XAttribute Attribute(XName name)", func(r *run, a []val) val {
			if x := nodeOf(a[0]).attribute(argName(r, a[1])); x != nil {
				return value.Ref(x)
			}
			return value.Null
		}).
		Gen("IEnumerable<XAttribute> Attributes()", func(in value.Inst) value.Native {
			return func(_ *run, a []val) val { return attrsOf(in, nodeOf(a[0]), nil) }
		}).
		Gen("IEnumerable<XAttribute> Attributes(XName name)", func(in value.Inst) value.Native {
			return func(r *run, a []val) val {
				want := argName(r, a[1])
				return attrsOf(in, nodeOf(a[0]), &want)
			}
		}).
		Def("void SetAttributeValue(XName name, object value)", setAttribute).
		Def("void SetElementValue(XName name, object value)", func(r *run, a []val) val {
			n, want := nodeOf(a[0]), argName(r, a[1])
			var c *node
			for _, k := range n.kids {
				if k.isElement() && k.name == want {
					c = k
					break
				}
			}
			switch {
			case a[2].R == nil && c != nil:
				c.remove(r)
			case a[2].R != nil && c == nil:
				c = &node{t: elementType, name: want}
				add(r, c, a[2], 0)
				n.add(r, c, len(n.kids))
			case a[2].R != nil:
				c.kids = nil
				add(r, c, a[2], 0)
			}
			return value.Null
		}).
		Def("void SetValue(object value)", func(r *run, a []val) val {
			nodeOf(a[0]).kids = nil
			add(r, nodeOf(a[0]), a[1], 0)
			return value.Null
		}).
		Def("void RemoveAll()", func(_ *run, a []val) val { nodeOf(a[0]).kids, nodeOf(a[0]).attrs = nil, nil; return value.Null }).
		Def("void RemoveAttributes()", func(_ *run, a []val) val { nodeOf(a[0]).attrs = nil; return value.Null }).
		Def("XNamespace GetDefaultNamespace()", func(_ *run, a []val) val { return value.Ref(namespace{lookup(nodeOf(a[0]), "xmlns")}) }).
		Def("XNamespace GetNamespaceOfPrefix(string prefix)", func(_ *run, a []val) val {
			if u := lookup(nodeOf(a[0]), a[1].S); u != "" {
				return value.Ref(namespace{u})
			}
			return value.Null
		})
	nodes(d, "DescendantsAndSelf", withSelf(descendants))
	nodes(d, "AncestorsAndSelf", withSelf(ancestors))
}

// lookup finds the URI of a prefix that n or an element around it declares.
func lookup(n *node, prefix string) string {
	for ; n != nil; n = n.up {
		if a := n.attribute(name{xmlnsURI, prefix}); a != nil {
			return a.text
		}
	}
	return ""
}

func setAttribute(r *run, a []val) val {
	n, want := nodeOf(a[0]), argName(r, a[1])
	old := n.attribute(want)
	switch {
	case a[2].R == nil && old != nil:
		old.remove()
	case a[2].R != nil && old != nil:
		old.text = plain(r, a[2])
	case a[2].R != nil:
		n.attrs = append(n.attrs, &attr{n, want, plain(r, a[2])})
	}
	return value.Null
}

func (a *attr) remove() {
	if a.up == nil {
		return
	}
	for i, x := range a.up.attrs {
		if x == a {
			a.up.attrs = append(a.up.attrs[:i], a.up.attrs[i+1:]...)
			return
		}
	}
}
