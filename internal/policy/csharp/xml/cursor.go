package xml

import (
	"strings"

	"portico/internal/policy/csharp/value"
)

// The types with which published policies read XML from front to back.
var (
	cursorType       = value.NewClass(domSpace, "XmlReader", nil, value.IDisposable)
	stringReaderType = value.NewClass("System.IO", "StringReader", value.NewClass("System.IO", "TextReader", nil, value.IDisposable))
)

// stringReader is a StringReader; what was read of it is gone.
type stringReader struct{ rest string }

// Type is StringReader.
func (*stringReader) Type() *value.Type { return stringReaderType }

// Dispose does nothing: a text in memory is not closed.
func (*stringReader) Dispose(*value.Run) {}

// cursor is an XmlReader over a document that was read whole.
type cursor struct {
	steps []step
	at    int // -1 before the first Read
}

// step is one node that a cursor comes to; end is an element's end tag.
type step struct {
	n     *node
	end   bool
	depth int
}

// Type is XmlReader.
func (*cursor) Type() *value.Type { return cursorType }

// Dispose does nothing: a text in memory is not closed.
func (*cursor) Dispose(*value.Run) {}

func newCursor(r *run, text string) *cursor {
	c := &cursor{at: -1}
	c.lay(r, parse(r, text, false), 0)
	return c
}

// lay appends the steps through what n holds.
func (c *cursor) lay(r *run, n *node, depth int) {
	r.Enter()
	defer r.Leave()
	for _, k := range n.kids {
		r.Spend(40)
		c.steps = append(c.steps, step{n: k, depth: depth})
		if len(k.kids) > 0 || k.open {
			c.lay(r, k, depth+1)
			c.steps = append(c.steps, step{n: k, end: true, depth: depth})
		}
	}
}

func (c *cursor) current() (step, bool) {
	if c.at < 0 || c.at >= len(c.steps) {
		return step{}, false
	}
	return c.steps[c.at], true
}

// read goes on to the next node.
func (c *cursor) read(r *run) bool {
	r.Step(1)
	c.at = min(c.at+1, len(c.steps))
	return c.at < len(c.steps)
}

// skip goes behind the current node and all that it holds, and gives the node.
func (c *cursor) skip(r *run) *node {
	s, ok := c.current()
	if !ok {
		r.Throw(value.ExInvalidOp, "The XmlReader state should be Interactive.")
	}
	for c.read(r) {
		if next := c.steps[c.at]; next.depth <= s.depth && !(next.end && next.n == s.n) {
			break
		}
	}
	return s.n
}

// toElement goes on to the first element, from the current node on, that fits.
func (c *cursor) toElement(r *run, fits func(item) bool) bool {
	for ok := c.at >= 0 || c.read(r); ok; ok = c.read(r) {
		if s, there := c.current(); there && s.n.isElement() && !s.end && fits(item{n: s.n}) {
			return true
		}
	}
	return false
}

func declareCursor(l *value.Library) {
	l.Add(stringReaderType.Base)
	l.Add(stringReaderType).
		Def("new(string s)", func(r *run, a []val) val { return value.Ref(&stringReader{r.NeedStr(a[0], "s")}) }).
		Def("string ReadToEnd()", func(_ *run, a []val) val {
			s, _ := a[0].R.(*stringReader)
			text := s.rest
			s.rest = ""
			return value.Str(text)
		}).
		Def("string ReadLine()", func(_ *run, a []val) val {
			s, _ := a[0].R.(*stringReader)
			if s.rest == "" {
				return value.Null
			}
			line, rest, _ := strings.Cut(s.rest, "\n")
			s.rest = rest
			return value.Str(strings.TrimSuffix(line, "\r"))
		})
	cur := func(v val) *cursor { c, _ := v.R.(*cursor); return c }
	text := func(f func(r *run, it item) string) value.Native {
		return func(r *run, a []val) val {
			if s, ok := cur(a[0]).current(); ok {
				return value.Str(f(r, item{n: s.n}))
			}
			return value.Str("")
		}
	}
	flag := func(f func(c *cursor, r *run, a []val) bool) value.Native {
		return func(r *run, a []val) val { return value.Bool(f(cur(a[0]), r, a)) }
	}
	content := func(r *run, a []val) val { return value.Str(cur(a[0]).skip(r).content(r)) }
	l.Add(cursorType).
		Def("static XmlReader Create(TextReader input)", func(r *run, a []val) val {
			s, ok := a[0].R.(*stringReader)
			if !ok {
				r.ThrowNull("input")
			}
			return value.Ref(newCursor(r, s.rest))
		}).
		Def("bool Read()", flag(func(c *cursor, r *run, _ []val) bool { return c.read(r) })).
		Def("bool EOF", flag(func(c *cursor, _ *run, _ []val) bool { return c.at >= len(c.steps) })).
		Def("int Depth", func(_ *run, a []val) val { s, _ := cur(a[0]).current(); return value.Int(s.depth) }).
		Def("string Name", text(func(_ *run, it item) string { return strings.TrimPrefix(it.nodeName(), it.special()) })).
		Def("string LocalName", text(func(_ *run, it item) string { return strings.TrimPrefix(it.localName(), it.special()) })).
		Def("string NamespaceURI", text(func(_ *run, it item) string { return it.name().ns })).
		Def("string Value", text(func(r *run, it item) string {
			if it.n.isElement() {
				return ""
			}
			return it.text(r)
		})).
		Def("bool IsEmptyElement", flag(func(c *cursor, _ *run, _ []val) bool {
			s, ok := c.current()
			return ok && s.n.isElement() && len(s.n.kids) == 0 && !s.n.open
		})).
		Def("bool HasAttributes", flag(func(c *cursor, _ *run, _ []val) bool { s, ok := c.current(); return ok && len(s.n.attrs) > 0 })).
		Def("XmlNodeType NodeType", func(_ *run, a []val) val {
			s, ok := cur(a[0]).current()
			switch {
			case !ok:
				return value.Of(nodeKindType, 0)
			case s.end:
				return value.Of(nodeKindType, kindEnd)
			}
			return value.Of(nodeKindType, int64(item{n: s.n}.kind()))
		}).
		Def("XmlNodeType MoveToContent()", func(r *run, a []val) val {
			cur(a[0]).toElement(r, func(item) bool { return true })
			if s, ok := cur(a[0]).current(); ok {
				return value.Of(nodeKindType, int64(item{n: s.n}.kind()))
			}
			return value.Of(nodeKindType, 0)
		}).
		Def("bool IsStartElement()", flag(func(c *cursor, _ *run, _ []val) bool { s, ok := c.current(); return ok && s.n.isElement() && !s.end })).
		Def("bool IsStartElement(string name)", flag(func(c *cursor, _ *run, a []val) bool {
			s, ok := c.current()
			return ok && s.n.isElement() && !s.end && item{n: s.n}.qualified() == a[1].S
		})).
		Def("bool ReadToFollowing(string name)", flag(func(c *cursor, r *run, a []val) bool {
			return c.read(r) && c.toElement(r, func(it item) bool { return it.qualified() == a[1].S })
		})).
		Def("string GetAttribute(string name)", func(_ *run, a []val) val {
			s, _ := cur(a[0]).current()
			for i := 0; s.n != nil && i < len(s.n.attrs); i++ {
				if (item{a: s.n.attrs[i]}).qualified() == a[1].S {
					return value.Str(s.n.attrs[i].text)
				}
			}
			return value.Null
		}).
		Def("string ReadElementContentAsString()", content).Def("string ReadElementString()", content).
		Def("string ReadOuterXml()", func(r *run, a []val) val { return value.Str(write(r, cur(a[0]).skip(r), false)) }).
		Def("string ReadInnerXml()", func(r *run, a []val) val {
			n := cur(a[0]).skip(r)
			s := ""
			for _, c := range n.kids {
				s += write(r, c, false)
				r.Alloc(len(s))
			}
			return value.Str(s)
		}).
		Def("void Skip()", func(r *run, a []val) val { cur(a[0]).skip(r); return value.Null }).
		Def("void Close()", func(*run, []val) val { return value.Null })
	l.Add(nodeType).Def("static XNode ReadFrom(XmlReader reader)", func(r *run, a []val) val {
		if cur(a[0]) == nil {
			r.ThrowNull("reader")
		}
		n := cur(a[0]).skip(r).clone(r)
		return ref(n)
	})
	declareSelect(l)
}

// declareSelect has the XPath of XNodes.
func declareSelect(l *value.Library) {
	all := func(in value.Inst) value.Native {
		return func(r *run, a []val) val {
			var out []*node
			for _, it := range selectItems(r, need(r, a[0]), r.NeedStr(a[1], "expression"), spacesOf(a, 2)) {
				if it.n != nil && it.n.isElement() {
					out = append(out, it.n)
				}
			}
			return sequence(in.Ret, out)
		}
	}
	first := func(r *run, a []val) val {
		for _, it := range selectItems(r, need(r, a[0]), r.NeedStr(a[1], "expression"), spacesOf(a, 2)) {
			if it.n != nil && it.n.isElement() {
				return ref(it.n)
			}
		}
		return value.Null
	}
	l.Add(value.NewStatic("System.Xml.XPath", "Extensions_XPath")).
		Def("static XElement XPathSelectElement(this XNode node, string expression)", first).
		Def("static XElement XPathSelectElement(this XNode node, string expression, XmlNamespaceManager resolver)", first).
		Gen("static IEnumerable<XElement> XPathSelectElements(this XNode node, string expression)", all).
		Gen("static IEnumerable<XElement> XPathSelectElements(this XNode node, string expression, XmlNamespaceManager resolver)", all)
}
