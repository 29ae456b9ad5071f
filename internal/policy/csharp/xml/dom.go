package xml

import (
	"portico/internal/policy/csharp/collections"
	"portico/internal/policy/csharp/value"
)

// The documents of System.Xml are not in the reference's list, but published
// policies read XML with them. They are views of the tree that XDocument has.

const domSpace = "System.Xml"

// The types of System.Xml.
var (
	domNodeType     = value.NewClass(domSpace, "XmlNode", nil)
	domElementType  = value.NewClass(domSpace, "XmlElement", domNodeType)
	domDocumentType = value.NewClass(domSpace, "XmlDocument", domNodeType)
	domAttrType     = value.NewClass(domSpace, "XmlAttribute", domNodeType)
	domTextType     = value.NewClass(domSpace, "XmlCharacterData", domNodeType)
	domListType     = value.NewClass(domSpace, "XmlNodeList", nil, value.Make(value.IReadOnlyList, domNodeType))
	domAttrsType    = value.NewClass(domSpace, "XmlAttributeCollection", nil, value.Make(value.IReadOnlyList, domAttrType))
	managerType     = value.NewClass(domSpace, "XmlNamespaceManager", nil)
	nameTableType   = value.NewClass(domSpace, "XmlNameTable", nil)
	nodeKindType    = value.NewEnum(domSpace, "XmlNodeType", "None", "Element", "Attribute", "Text", "CDATA", "EntityReference", "Entity",
		"ProcessingInstruction", "Comment", "Document", "DocumentType", "DocumentFragment", "Notation", "Whitespace", "SignificantWhitespace",
		"EndElement", "EndEntity", "XmlDeclaration")
)

// The values of XmlNodeType that nodes have.
const (
	kindElement   = 1
	kindAttribute = 2
	kindText      = 3
	kindCData     = 4
	kindPI        = 7
	kindComment   = 8
	kindDocument  = 9
	kindEnd       = 15
)

// Type is the class that System.Xml has for the item.
func (it item) Type() *value.Type {
	switch {
	case it.a != nil:
		return domAttrType
	case it.n.t == documentType:
		return domDocumentType
	case it.n.isElement():
		return domElementType
	}
	return domTextType
}

// kind is the item's XmlNodeType.
func (it item) kind() int {
	switch {
	case it.a != nil:
		return kindAttribute
	case it.n.t == documentType:
		return kindDocument
	case it.n.t == textType:
		return kindText
	case it.n.t == cdataType:
		return kindCData
	case it.n.t == commentType:
		return kindComment
	case it.n.t == piType:
		return kindPI
	}
	return kindElement
}

// String is the type's name, as .NET has it for these classes.
func (it item) String(*run) string { return it.Type().FullName() }

// itemOf gives the item behind a value, which must be there.
func itemOf(r *run, v val) item {
	it, ok := v.R.(item)
	if !ok {
		r.Throw(value.ExNull, "Object reference not set to an instance of an object.")
	}
	return it
}

// domRef makes a value of a node; null of nil.
func domRef(n *node) val {
	if n == nil {
		return value.Null
	}
	return value.Ref(item{n: n})
}

func domList(t *value.Type, items []item) val {
	list := make([]val, len(items))
	for i, it := range items {
		list[i] = value.Ref(it)
	}
	return value.Ref(&collections.List{T: t, Items: list})
}

// manager is an XmlNamespaceManager.
type manager struct{ uris map[string]string }

// Type is XmlNamespaceManager.
func (*manager) Type() *value.Type { return managerType }

// spacesOf gives what the prefixes of an XPath stand for: by a manager, else nothing.
func spacesOf(a []val, i int) func(string) (string, bool) {
	var m *manager
	if i < len(a) {
		m, _ = a[i].R.(*manager)
	}
	return func(prefix string) (string, bool) {
		if m == nil {
			return "", false
		}
		uri, ok := m.uris[prefix]
		return uri, ok
	}
}

func declareDOM(l *value.Library) {
	for _, t := range []*value.Type{domNodeType, domElementType, domDocumentType, domAttrType, domTextType, domListType, domAttrsType, managerType, nameTableType, nodeKindType} {
		l.Add(t)
	}
	declareDOMNodes(l)
	declareDOMDocument(l)
	declareDOMElement(l)
	find := func(_ *run, a []val) val {
		list, _ := a[0].R.(*collections.List)
		for _, v := range list.Items {
			if it, ok := v.R.(item); ok && it.qualified() == a[1].S {
				return v
			}
		}
		return value.Null
	}
	l.Add(domAttrsType).Def("XmlAttribute this[string name]", find).Def("XmlNode GetNamedItem(string name)", find)
	l.Add(domListType).Def("XmlNode Item(int index)", func(_ *run, a []val) val {
		list, _ := a[0].R.(*collections.List)
		if i := a[1].N; i >= 0 && i < int64(len(list.Items)) {
			return list.Items[i]
		}
		return value.Null
	})
	l.Add(managerType).
		Def("new(XmlNameTable nameTable)", func(r *run, _ []val) val {
			r.Alloc(200)
			return value.Ref(&manager{map[string]string{"xml": xmlURI, "xmlns": xmlnsURI}})
		}).
		Def("void AddNamespace(string prefix, string uri)", func(r *run, a []val) val {
			m, _ := a[0].R.(*manager)
			r.Alloc(100)
			m.uris[r.NeedStr(a[1], "prefix")] = r.NeedStr(a[2], "uri")
			return value.Null
		}).
		Def("string LookupNamespace(string prefix)", func(r *run, a []val) val {
			m, _ := a[0].R.(*manager)
			if uri, ok := m.uris[r.NeedStr(a[1], "prefix")]; ok {
				return value.Str(uri)
			}
			return value.Null
		})
}

// declareDOMNodes has the members of every XmlNode.
func declareDOMNodes(l *value.Library) {
	text := func(f func(r *run, it item) string) value.Native {
		return func(r *run, a []val) val { return value.Str(f(r, itemOf(r, a[0]))) }
	}
	one := func(f func(it item) *node) value.Native {
		return func(r *run, a []val) val { return domRef(f(itemOf(r, a[0]))) }
	}
	beside := func(by int) func(item) *node {
		return func(it item) *node {
			if it.n == nil {
				return nil
			}
			if i := it.n.index(); i >= 0 && i+by >= 0 && i+by < len(it.n.up.kids) {
				return it.n.up.kids[i+by]
			}
			return nil
		}
	}
	end := func(last bool) func(item) *node {
		return func(it item) *node {
			switch {
			case it.n == nil || len(it.n.kids) == 0:
				return nil
			case last:
				return it.n.kids[len(it.n.kids)-1]
			}
			return it.n.kids[0]
		}
	}
	selectAll := func(r *run, a []val) val {
		return domList(domListType, selectItems(r, itemOf(r, a[0]).n, r.NeedStr(a[1], "xpath"), spacesOf(a, 2)))
	}
	selectOne := func(r *run, a []val) val {
		if all := selectItems(r, itemOf(r, a[0]).n, r.NeedStr(a[1], "xpath"), spacesOf(a, 2)); len(all) > 0 {
			return value.Ref(all[0])
		}
		return value.Null
	}
	inner := func(r *run, it item) string {
		if it.a != nil {
			return it.a.text
		}
		s := ""
		for _, c := range it.n.kids {
			s += write(r, c, false)
			r.Alloc(len(s))
		}
		return s
	}
	l.Add(domNodeType).
		Def("string Name", text(func(_ *run, it item) string { return it.nodeName() })).
		Def("string LocalName", text(func(_ *run, it item) string { return it.localName() })).
		Def("string NamespaceURI", text(func(_ *run, it item) string { return it.name().ns })).
		Def("string Prefix", text(func(_ *run, it item) string { return prefixAt(it, it.name().ns) })).
		Def("XmlNodeType NodeType", func(r *run, a []val) val { return value.Of(nodeKindType, int64(itemOf(r, a[0]).kind())) }).
		Prop("string InnerText", text(func(r *run, it item) string { return it.text(r) }), func(r *run, a []val) val { itemOf(r, a[0]).setText(r, a[1].S); return value.Null }).
		Prop("string Value", func(r *run, a []val) val {
			it := itemOf(r, a[0])
			if it.a == nil && (it.n.isElement() || it.n.t == documentType) {
				return value.Null
			}
			return value.Str(it.text(r))
		}, func(r *run, a []val) val { itemOf(r, a[0]).setText(r, a[1].S); return value.Null }).
		Def("string InnerXml", text(inner)).
		Def("string OuterXml", text(func(r *run, it item) string {
			if it.a != nil {
				return it.qualified() + `="` + it.a.text + `"`
			}
			s := write(r, it.n, false)
			if it.n.decl != nil {
				s = it.n.decl.String(r) + s
			}
			return s
		})).
		Def("XmlNode ParentNode", one(item.parent)).
		Def("XmlNode FirstChild", one(end(false))).Def("XmlNode LastChild", one(end(true))).
		Def("XmlNode NextSibling", one(beside(1))).Def("XmlNode PreviousSibling", one(beside(-1))).
		Def("bool HasChildNodes", func(r *run, a []val) val { return value.Bool(end(false)(itemOf(r, a[0])) != nil) }).
		Def("XmlNodeList ChildNodes", func(r *run, a []val) val {
			return domList(domListType, kids(func(*node) bool { return true })(r, itemOf(r, a[0])))
		}).
		Def("XmlAttributeCollection Attributes", func(r *run, a []val) val {
			it := itemOf(r, a[0])
			if it.n == nil || !it.n.isElement() {
				return value.Null
			}
			var list []item
			for _, at := range it.n.attrs {
				list = append(list, item{a: at})
			}
			return domList(domAttrsType, list)
		}).
		Def("XmlElement this[string name]", func(r *run, a []val) val {
			for _, it := range kids((*node).isElement)(r, itemOf(r, a[0])) {
				if it.qualified() == a[1].S {
					return value.Ref(it)
				}
			}
			return value.Null
		}).
		Def("XmlNodeList SelectNodes(string xpath)", selectAll).Def("XmlNodeList SelectNodes(string xpath, XmlNamespaceManager nsmgr)", selectAll).
		Def("XmlNode SelectSingleNode(string xpath)", selectOne).Def("XmlNode SelectSingleNode(string xpath, XmlNamespaceManager nsmgr)", selectOne).
		Def("XmlNode AppendChild(XmlNode newChild)", func(r *run, a []val) val {
			n, c := itemOf(r, a[0]).n, itemOf(r, a[1]).n
			if n == nil || c == nil {
				r.Throw(value.ExInvalidOp, "The node to be inserted is of the wrong type.")
			}
			if c.up != nil {
				c.remove(r)
			}
			n.add(r, c, len(n.kids))
			return a[1]
		}).
		Def("XmlNode RemoveChild(XmlNode oldChild)", func(r *run, a []val) val {
			c := itemOf(r, a[1]).n
			if c == nil || c.up != itemOf(r, a[0]).n {
				r.Throw(value.ExArgument, "The node to be removed is not a child of this node.")
			}
			c.remove(r)
			return a[1]
		})
}

// selectItems gives the items that an XPath finds.
func selectItems(r *run, n *node, path string, spaces func(string) (string, bool)) []item {
	x := selectPath(r, n, path, spaces)
	if x.kind != isItems {
		r.Throw(value.ExXPath, "Expression must evaluate to a node-set.")
	}
	return x.items
}

// nodeName is XmlNode.Name.
func (it item) nodeName() string {
	if s := it.special(); s != "" {
		return s
	}
	return it.qualified()
}

// localName is XmlNode.LocalName.
func (it item) localName() string {
	if s := it.special(); s != "" {
		return s
	}
	return it.name().local
}

// special is the name of what has none of its own.
func (it item) special() string {
	switch it.kind() {
	case kindText:
		return "#text"
	case kindCData:
		return "#cdata-section"
	case kindComment:
		return "#comment"
	case kindDocument:
		return "#document"
	}
	return ""
}

// setText gives an attribute or a text its value, and an element a text in place of what it holds.
func (it item) setText(r *run, s string) {
	r.Alloc(len(s))
	switch {
	case it.a != nil:
		it.a.text = s
	case it.n.isElement():
		for _, c := range it.n.kids {
			c.up = nil
		}
		it.n.kids = nil
		it.n.add(r, &node{t: textType, text: s}, 0)
	default:
		it.n.text = s
	}
}

// declareDOMDocument has XmlDocument.
func declareDOMDocument(l *value.Library) {
	fresh := func(t *value.Type) value.Native {
		return func(r *run, a []val) val {
			r.Alloc(200)
			n := &node{t: t, text: a[1].S}
			if t == elementType {
				n.name, n.text = nameOf(r, a[1].S), ""
				if len(a) > 2 {
					n.name.ns = a[2].S
				}
			}
			return domRef(n)
		}
	}
	l.Add(domDocumentType).
		Def("new()", func(r *run, _ []val) val { r.Alloc(200); return domRef(&node{t: documentType}) }).
		Def("void LoadXml(string xml)", func(r *run, a []val) val {
			d := itemOf(r, a[0]).n
			read := parse(r, r.NeedStr(a[1], "xml"), false)
			d.kids, d.decl = read.kids, read.decl
			for _, c := range d.kids {
				c.up = d
			}
			return value.Null
		}).
		Def("XmlElement DocumentElement", func(r *run, a []val) val { return domRef(itemOf(r, a[0]).n.root()) }).
		Def("XmlNameTable NameTable", func(*run, []val) val { return value.Null }).
		Def("bool PreserveWhitespace", func(*run, []val) val { return value.Bool(false) }).
		Def("XmlElement CreateElement(string name)", fresh(elementType)).
		Def("XmlElement CreateElement(string qualifiedName, string namespaceURI)", fresh(elementType)).
		Def("XmlCharacterData CreateTextNode(string text)", fresh(textType)).
		Def("XmlCharacterData CreateCDataSection(string data)", fresh(cdataType)).
		Def("XmlNodeList GetElementsByTagName(string name)", byTag)
}

// byTag finds all elements of a name, or all for "*".
func byTag(r *run, a []val) val {
	var list []item
	for _, n := range descendants(r, itemOf(r, a[0]).n) {
		if it := (item{n: n}); a[1].S == "*" || it.qualified() == a[1].S {
			list = append(list, it)
		}
	}
	return domList(domListType, list)
}

// declareDOMElement has the attributes of XmlElement.
func declareDOMElement(l *value.Library) {
	find := func(r *run, a []val) *attr {
		for _, at := range itemOf(r, a[0]).n.attrs {
			if (item{a: at}).qualified() == a[1].S {
				return at
			}
		}
		return nil
	}
	l.Add(domElementType).
		Def("string GetAttribute(string name)", func(r *run, a []val) val {
			if at := find(r, a); at != nil {
				return value.Str(at.text)
			}
			return value.Str("")
		}).
		Def("bool HasAttribute(string name)", func(r *run, a []val) val { return value.Bool(find(r, a) != nil) }).
		Def("bool HasAttributes", func(r *run, a []val) val { return value.Bool(len(itemOf(r, a[0]).n.attrs) > 0) }).
		Def("bool IsEmpty", func(r *run, a []val) val { return value.Bool(len(itemOf(r, a[0]).n.kids) == 0) }).
		Def("void SetAttribute(string name, string value)", func(r *run, a []val) val {
			r.Alloc(80 + len(a[2].S))
			if at := find(r, a); at != nil {
				at.text = a[2].S
			} else {
				n := itemOf(r, a[0]).n
				n.attrs = append(n.attrs, &attr{n, nameOf(r, a[1].S), a[2].S})
			}
			return value.Null
		}).
		Def("void RemoveAttribute(string name)", func(r *run, a []val) val {
			if at := find(r, a); at != nil {
				at.remove()
			}
			return value.Null
		}).
		Def("XmlNodeList GetElementsByTagName(string name)", byTag)
}
