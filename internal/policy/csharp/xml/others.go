package xml

import (
	"strings"

	"portico/internal/policy/csharp/bcl"
	"portico/internal/policy/csharp/collections"
	"portico/internal/policy/csharp/format"
	"portico/internal/policy/csharp/value"
)

func isoDate(m format.Moment) string {
	spec := "yyyy-MM-ddTHH:mm:ss.FFFFFFFK"
	if m.Ticks%format.TicksPerSecond == 0 {
		spec = "yyyy-MM-ddTHH:mm:ssK"
	}
	s, _ := format.Date(m, spec)
	return s
}

// declareOthers has documents, attributes, texts, comments and the sequences of containers.
func declareOthers(l *value.Library) {
	make := func(r *run, a []val) val {
		n := &node{t: documentType}
		for _, c := range a {
			if d, ok := c.R.(*declaration); ok {
				n.decl = d
				continue
			}
			add(r, n, c, len(n.kids))
		}
		return ref(n)
	}
	l.Add(documentType).
		Def("new()", make).Def("new(params object[] content)", make).Def("new(XDeclaration declaration, params object[] content)", make).
		Def("new(XDocument other)", func(r *run, a []val) val { return ref(need(r, a[0]).clone(r)) }).
		Def("static XDocument Parse(string text)", func(r *run, a []val) val { return ref(parse(r, r.NeedStr(a[0], "text"), false)) }).
		Def("static XDocument Parse(string text, LoadOptions options)", func(r *run, a []val) val {
			return ref(parse(r, r.NeedStr(a[0], "text"), a[1].N&1 != 0))
		}).
		Def("XElement Root", func(_ *run, a []val) val { return ref(nodeOf(a[0]).root()) }).
		Prop("XDeclaration Declaration", func(_ *run, a []val) val {
			if d := nodeOf(a[0]).decl; d != nil {
				return value.Ref(d)
			}
			return value.Null
		}, func(_ *run, a []val) val {
			nodeOf(a[0]).decl, _ = a[1].R.(*declaration)
			return value.Null
		})
	dec := func(v val) *declaration { d, _ := v.R.(*declaration); return d }
	l.Add(declType).
		Def("new(string version, string encoding, string standalone)", func(_ *run, a []val) val {
			return value.Ref(&declaration{a[0].S, a[1].S, a[2].S})
		}).
		Def("string Version", func(_ *run, a []val) val { return value.Str(dec(a[0]).version) }).
		Def("string Encoding", func(_ *run, a []val) val { return value.Str(dec(a[0]).encoding) })
	at := func(v val) *attr { x, _ := v.R.(*attr); return x }
	l.Add(attributeType).
		Def("new(XName name, object value)", func(r *run, a []val) val {
			if a[1].R == nil {
				r.ThrowNull("value")
			}
			return value.Ref(&attr{name: argName(r, a[0]), text: plain(r, a[1])})
		}).
		Def("XName Name", func(_ *run, a []val) val { return value.Ref(at(a[0]).name) }).
		Prop("string Value", func(_ *run, a []val) val { return value.Str(at(a[0]).text) }, func(r *run, a []val) val {
			at(a[0]).text = r.NeedStr(a[1], "value")
			return value.Null
		}).
		Def("void SetValue(object value)", func(r *run, a []val) val { at(a[0]).text = plain(r, a[1]); return value.Null }).
		Def("bool IsNamespaceDeclaration", func(_ *run, a []val) val {
			n := at(a[0]).name
			return value.Bool(n.ns == xmlnsURI || n == name{"", "xmlns"})
		}).
		Def("void Remove()", func(r *run, a []val) val {
			if at(a[0]).up == nil {
				r.Throw(value.ExInvalidOp, "The parent is missing.")
			}
			at(a[0]).remove()
			return value.Null
		})
	for _, t := range []*value.Type{textType, cdataType, commentType} {
		l.Add(t).Def("new(string value)", func(r *run, a []val) val {
			r.Alloc(160)
			return ref(&node{t: t, text: r.NeedStr(a[0], "value")})
		}).
			Prop("string Value", func(_ *run, a []val) val { return value.Str(nodeOf(a[0]).text) }, func(r *run, a []val) val {
				nodeOf(a[0]).text = r.NeedStr(a[1], "value")
				return value.Null
			})
	}
	declareSequences(l)
}

// declareSequences has the members that also work on sequences of nodes, and Remove.
func declareSequences(l *value.Library) {
	d := l.Add(value.NewStatic(space, "Extensions_Xml"))
	for name, find := range map[string]func(*run, *node) []*node{"Elements": elements, "Descendants": descendants, "Ancestors": ancestors} {
		all := func(in value.Inst) value.Native {
			return func(r *run, a []val) val {
				var out []*node
				for _, v := range value.Collect(r, a[0]) {
					for _, n := range find(r, need(r, v)) {
						if len(a) == 1 || a[1].R != nil && n.name == argName(r, a[1]) {
							out = append(out, n)
						}
					}
				}
				return sequence(in.Ret, out)
			}
		}
		of := "XContainer"
		if name == "Ancestors" {
			of = "XNode"
		}
		d.Gen("static IEnumerable<XElement> "+name+"(this IEnumerable<"+of+"> source)", all).
			Gen("static IEnumerable<XElement> "+name+"(this IEnumerable<"+of+"> source, XName name)", all)
	}
	attrs := func(in value.Inst) value.Native {
		return func(r *run, a []val) val {
			var items []val
			for _, v := range value.Collect(r, a[0]) {
				for _, x := range need(r, v).attrs {
					if len(a) == 1 || x.name == argName(r, a[1]) {
						items = append(items, value.Ref(x))
					}
				}
			}
			return collections.NewList(in.Ret.Args[0], items)
		}
	}
	d.Gen("static IEnumerable<XAttribute> Attributes(this IEnumerable<XElement> source)", attrs).
		Gen("static IEnumerable<XAttribute> Attributes(this IEnumerable<XElement> source, XName name)", attrs).
		Def("static void Remove(this IEnumerable<XNode> source)", func(r *run, a []val) val {
			for _, v := range value.Collect(r, a[0]) {
				need(r, v).remove(r)
			}
			return value.Null
		}).
		Def("static void Remove(this IEnumerable<XAttribute> source)", func(r *run, a []val) val {
			for _, v := range value.Collect(r, a[0]) {
				if x, ok := v.R.(*attr); ok {
					x.remove()
				}
			}
			return value.Null
		})
}

// declareCasts has the casts of elements and attributes to plain types.
func declareCasts(l *value.Library) {
	for _, from := range []*value.Type{elementType, attributeType} {
		d := l.Add(from)
		for _, t := range []*value.Type{value.String, value.Boolean, value.Int32, value.Int64, value.UInt32, value.UInt64, value.Double, value.Single, value.Decimal,
			bcl.DateTimeType(), bcl.OffsetType(), bcl.SpanType(), l.Lookup("Guid", 0)} {
			d.Def("explicit "+t.String()+"("+from.Name+" x)", cast(t, from.Name))
			if t.IsValue() {
				d.Def("explicit "+t.String()+"?("+from.Name+" x)", cast(value.NullableOf(t), from.Name))
			}
		}
	}
}

func cast(t *value.Type, from string) value.Native {
	u := t.Underlying()
	return func(r *run, a []val) val {
		if a[0].R == nil {
			if u.IsValue() && t.Kind != value.KNullable {
				r.ThrowNull(strings.ToLower(strings.TrimPrefix(from, "X")))
			}
			return value.Null
		}
		s := ""
		if x, ok := a[0].R.(*attr); ok {
			s = x.text
		} else {
			s = nodeOf(a[0]).content(r)
		}
		if u == value.String {
			return value.Str(s)
		}
		s = strings.TrimSpace(s)
		if u == value.Boolean {
			switch s {
			case "true", "1":
				return value.Bool(true)
			case "false", "0":
				return value.Bool(false)
			}
			r.Throw(value.ExFormat, "The string '%s' is not a valid Boolean value.", s)
		}
		if u.IsNumeric() {
			return bcl.ChangeType(r, value.Str(s), u)
		}
		v, _ := bcl.FromText(r, s, u)
		return v
	}
}
