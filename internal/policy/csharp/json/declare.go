package json

import (
	"portico/internal/policy/csharp/bcl"
	"portico/internal/policy/csharp/collections"
	"portico/internal/policy/csharp/value"
)

// Declare adds the package's types to a library.
func Declare(l *value.Library) {
	for _, t := range []*value.Type{TokenType, containerT, ObjectType, ArrayType, propertyType, valueType, rawType, tokenKind, formatting,
		nullHandling, dateParsing, mergeArrays, settingsType, mergeType} {
		l.Add(t)
	}
	declareTokens(l)
	declareConversions(l)
	declareObjects(l)
	declareArrays(l)
	declareValues(l)
	declareConvert(l)
}

// at is the indexer with a name or a number.
func at(r *run, t Token, key val) val {
	switch t := t.(type) {
	case *Obj:
		if key.R == value.Object(value.String) {
			return ref(t.get(key.S))
		}
		r.Throw(value.ExArgument, "Accessed JObject values with invalid key value: %s. Object property name expected.", Text(r, FromValue(r, key), false))
	case *Arr:
		if k, ok := key.R.(*value.Type); !ok || !k.IsInteger() {
			r.Throw(value.ExArgument, "Accessed JArray values with invalid key value: %s. Array position index expected.", Text(r, FromValue(r, key), false))
		}
		if key.N < 0 || key.N >= int64(len(t.items)) {
			r.Throw(value.ExArgumentRange, "Index was out of range. Must be non-negative and less than the size of the collection.\nParameter name: index")
		}
		return ref(t.items[key.N])
	case *Prop:
		r.Throw(value.ExInvalidOp, "Cannot access child value on %s.", t.Type().FullName())
	default:
		r.Throw(value.ExInvalidOp, "Cannot access child value on %s.", t.Type().FullName())
	}
	return value.Null
}

func setAt(r *run, t Token, key val, v Token) {
	switch t := t.(type) {
	case *Obj:
		if key.R != value.Object(value.String) {
			r.Throw(value.ExArgument, "Set JObject values with invalid key value: %s. Object property name expected.", value.Text(r, key))
		}
		t.put(r, key.S, v)
	case *Arr:
		if k, ok := key.R.(*value.Type); !ok || !k.IsInteger() {
			r.Throw(value.ExArgument, "Set JArray values with invalid key value: %s. Array position index expected.", Text(r, FromValue(r, key), false))
		}
		if key.N < 0 || key.N >= int64(len(t.items)) {
			r.Throw(value.ExArgumentRange, "Index was out of range. Must be non-negative and less than the size of the collection.\nParameter name: index")
		}
		v = adopt(r, v)
		v.setParent(t)
		t.items[key.N] = v
	default:
		r.Throw(value.ExInvalidOp, "Cannot set child value on %s.", t.Type().FullName())
	}
}

// hang removes t from where it hangs.
func detach(r *run, t Token) {
	up := t.parent()
	switch p := up.(type) {
	case *Obj:
		p.remove(t.(*Prop).name)
	case *Arr:
		for i, it := range p.items {
			if it == t {
				p.items = append(p.items[:i], p.items[i+1:]...)
				t.setParent(nil)
				return
			}
		}
	case *Prop:
		r.Throw(value.ExJSON, "Cannot add or remove items from Newtonsoft.Json.Linq.JProperty.")
	default:
		r.Throw(value.ExInvalidOp, "The parent is missing.")
	}
}

func tokenSeq(t *value.Type, list []Token) val {
	items := make([]val, len(list))
	for i, x := range list {
		items[i] = ref(x)
	}
	return collections.NewList(t.Args[0], items)
}

func indented(v val) bool { return v.N == 1 }

func declareTokens(l *value.Library) {
	parseAs := func(want *value.Type) value.Native {
		return func(r *run, a []val) val {
			t := Parse(r, r.NeedStr(a[0], "s"))
			if want == ObjectType && t.kind() != kObject {
				r.Throw(value.ExJSONReader, "Error reading JObject from JsonReader. Current JsonReader item is not an object: %s. Path '', line 1, position 1.", startName(t))
			}
			if want == ArrayType && t.kind() != kArray {
				r.Throw(value.ExJSONReader, "Error reading JArray from JsonReader. Current JsonReader item is not an array: %s. Path '', line 1, position 1.", startName(t))
			}
			return ref(t)
		}
	}
	fromAs := func(want *value.Type) value.Native {
		return func(r *run, a []val) val {
			if a[0].R == nil {
				r.ThrowNull("o")
			}
			t := FromValue(r, a[0])
			if !value.Is(ref(t), want) {
				r.Throw(value.ExArgument, "Object serialized to %s. %s instance expected.", kindName(t.kind()), want.Name)
			}
			return ref(t)
		}
	}
	for _, t := range []*value.Type{TokenType, ObjectType, ArrayType} {
		l.Add(t).Def("static "+t.Name+" Parse(string json)", parseAs(t)).
			Def("static "+t.Name+" FromObject(object o)", fromAs(t))
	}
	l.Add(TokenType).
		Prop("JToken this[object key]", func(r *run, a []val) val { return at(r, token(a[0]), a[1]) }, func(r *run, a []val) val {
			setAt(r, token(a[0]), a[1], token(a[2]))
			return value.Null
		}).
		Def("JTokenType Type", func(_ *run, a []val) val { return value.Of(tokenKind, int64(token(a[0]).kind())) }).
		Def("JContainer Parent", func(_ *run, a []val) val { return ref(token(a[0]).parent()) }).
		Def("JToken Root", func(_ *run, a []val) val {
			t := token(a[0])
			for t.parent() != nil {
				t = t.parent()
			}
			return ref(t)
		}).
		Def("string Path", func(_ *run, a []val) val { return value.Str(path(token(a[0]))) }).
		Def("bool HasValues", func(_ *run, a []val) val { return value.Bool(len(children(token(a[0]))) > 0) }).
		Def("JToken First", func(_ *run, a []val) val { return edge(token(a[0]), true) }).
		Def("JToken Last", func(_ *run, a []val) val { return edge(token(a[0]), false) }).
		Def("JToken Next", func(_ *run, a []val) val { return sibling(token(a[0]), 1) }).
		Def("JToken Previous", func(_ *run, a []val) val { return sibling(token(a[0]), -1) }).
		Def("string ToString(Formatting formatting)", func(r *run, a []val) val { return value.Str(Text(r, token(a[0]), indented(a[1]))) }).
		Def("string ToString(string format)", func(r *run, a []val) val { return value.Str(value.FormatValue(r, a[0], a[1].S)) }).
		Def("string ToString(IFormatProvider provider)", func(r *run, a []val) val { return value.Str(value.Text(r, a[0])) }).
		Def("string ToString(string format, IFormatProvider provider)", func(r *run, a []val) val { return value.Str(value.FormatValue(r, a[0], a[1].S)) }).
		Def("JToken SelectToken(string path)", func(r *run, a []val) val { return selectOne(r, a, false) }).
		Def("JToken SelectToken(string path, bool errorWhenNoMatch)", func(r *run, a []val) val { return selectOne(r, a, a[2].Bool()) }).
		Gen("IEnumerable<JToken> SelectTokens(string path)", func(in value.Inst) value.Native {
			return func(r *run, a []val) val {
				return tokenSeq(in.Ret, selectPath(r, token(a[0]), r.NeedStr(a[1], "path"), false))
			}
		}).
		Gen("IEnumerable<JToken> Children()", func(in value.Inst) value.Native {
			return func(_ *run, a []val) val { return tokenSeq(in.Ret, children(token(a[0]))) }
		}).
		Gen("IEnumerable<T> Children<T>()", func(in value.Inst) value.Native {
			return func(_ *run, a []val) val {
				var out []val
				for _, t := range children(token(a[0])) {
					if value.Is(ref(t), in.Args[0]) {
						out = append(out, ref(t))
					}
				}
				return collections.NewList(in.Args[0], out)
			}
		}).
		Gen("IEnumerable<JToken> Values()", func(in value.Inst) value.Native {
			return func(_ *run, a []val) val { return tokenSeq(in.Ret, values(token(a[0]))) }
		}).
		Gen("IEnumerable<T> Values<T>()", func(in value.Inst) value.Native {
			return func(r *run, a []val) val {
				var out []val
				for _, t := range values(token(a[0])) {
					out = append(out, ToValue(r, t, in.Args[0]))
				}
				return collections.NewList(in.Args[0], out)
			}
		}).
		Gen("T Value<T>(object key)", func(in value.Inst) value.Native {
			return func(r *run, a []val) val {
				v := at(r, token(a[0]), a[1])
				if v.R == nil {
					return value.Zero(in.Args[0])
				}
				return ToValue(r, token(v), in.Args[0])
			}
		}).
		Gen("T Value<T>()", toObject).Gen("T ToObject<T>()", toObject).
		Def("JToken DeepClone()", func(r *run, a []val) val { return ref(clone(r, token(a[0]))) }).
		Def("static bool DeepEquals(JToken t1, JToken t2)", func(r *run, a []val) val {
			return value.Bool(a[0] == a[1] || a[0].R != nil && a[1].R != nil && equal(r, token(a[0]), token(a[1])))
		}).
		Def("void Remove()", func(r *run, a []val) val {
			detach(r, token(a[0]))
			return value.Null
		}).
		Def("void Replace(JToken value)", func(r *run, a []val) val {
			replace(r, token(a[0]), token(a[1]))
			return value.Null
		})
	l.Add(containerT).
		Gen("IEnumerable<JToken> Descendants()", func(in value.Inst) value.Native {
			return func(r *run, a []val) val {
				var out []Token
				var walk func(t Token)
				walk = func(t Token) {
					r.Enter()
					for _, c := range children(t) {
						r.Step(1)
						r.Alloc(16)
						out = append(out, c)
						walk(c)
					}
					r.Leave()
				}
				walk(token(a[0]))
				return tokenSeq(in.Ret, out)
			}
		}).
		Def("int Count", func(_ *run, a []val) val { return value.Int(len(children(token(a[0])))) }).
		Def("void Merge(object content)", func(r *run, a []val) val { return merge(r, token(a[0]), FromValue(r, a[1]), 0) }).
		Def("void Merge(object content, JsonMergeSettings settings)", func(r *run, a []val) val {
			mode := int64(0)
			if s, ok := a[2].R.(*settings); ok {
				mode = s.merge
			}
			return merge(r, token(a[0]), FromValue(r, a[1]), mode)
		})
	// values of a sequence of tokens
	ext := l.Add(value.NewStatic("Newtonsoft.Json.Linq", "Extensions"))
	ext.Gen("static T Value<T>(this IEnumerable<JToken> value)", func(in value.Inst) value.Native {
		return func(r *run, a []val) val {
			t := token(a[0])
			if t == nil {
				r.Throw(value.ExArgument, "Source value must be a JToken.")
			}
			return ToValue(r, t, in.Args[0])
		}
	}).
		Gen("static IEnumerable<T> Values<T>(this IEnumerable<JToken> source)", func(in value.Inst) value.Native {
			return func(r *run, a []val) val {
				var out []val
				for _, v := range value.Collect(r, a[0]) {
					out = append(out, ToValue(r, token(v), in.Args[0]))
				}
				return collections.NewList(in.Args[0], out)
			}
		})
}

func startName(t Token) string {
	switch t.kind() {
	case kObject:
		return "StartObject"
	case kArray:
		return "StartArray"
	}
	return kindName(t.kind())
}

func edge(t Token, first bool) val {
	list := children(t)
	if v, ok := t.(*Val); ok && v != nil || len(list) == 0 {
		return value.Null
	}
	if first {
		return ref(list[0])
	}
	return ref(list[len(list)-1])
}

func sibling(t Token, by int) val {
	up := t.parent()
	if up == nil {
		return value.Null
	}
	list := children(up)
	for i, c := range list {
		if c == t && i+by >= 0 && i+by < len(list) {
			return ref(list[i+by])
		}
	}
	return value.Null
}

func selectOne(r *run, a []val, must bool) val {
	list := selectPath(r, token(a[0]), r.NeedStr(a[1], "path"), must)
	switch {
	case len(list) == 0:
		return value.Null
	case len(list) > 1:
		r.Throw(value.ExJSON, "Path returned multiple tokens.")
	}
	return ref(list[0])
}

func toObject(in value.Inst) value.Native {
	return func(r *run, a []val) val { return ToValue(r, token(a[0]), in.Args[0]) }
}

func replace(r *run, old, by Token) {
	by = adopt(r, by)
	switch p := old.parent().(type) {
	case *Prop:
		p.v = by
		by.setParent(p)
	case *Arr:
		for i, it := range p.items {
			if it == old {
				p.items[i] = by
				by.setParent(p)
			}
		}
	default:
		r.Throw(value.ExInvalidOp, "The parent is missing.")
	}
	old.setParent(nil)
}

// merge is JContainer.Merge.
func merge(r *run, into, from Token, mode int64) val {
	r.Enter()
	defer r.Leave()
	switch x := into.(type) {
	case *Obj:
		y, ok := from.(*Obj)
		if !ok {
			return value.Null
		}
		for _, p := range y.props {
			old := x.get(p.name)
			switch {
			case old != nil && old.kind() == p.v.kind() && (old.kind() == kObject || old.kind() == kArray):
				merge(r, old, p.v, mode)
			case p.v.kind() != kNull || old == nil:
				x.put(r, p.name, clone(r, p.v))
			}
		}
	case *Arr:
		y, ok := from.(*Arr)
		if !ok {
			return value.Null
		}
		if mode == 2 {
			x.items = nil
		}
		for i, it := range y.items {
			switch {
			case mode == 3 && i < len(x.items) && x.items[i].kind() == it.kind() && (it.kind() == kObject || it.kind() == kArray):
				merge(r, x.items[i], it, mode)
			case mode == 3 && i < len(x.items):
				setAt(r, x, value.Int(i), clone(r, it))
			case mode == 1 && has(r, x.items, it):
			default:
				x.add(r, clone(r, it))
			}
		}
	}
	return value.Null
}

func has(r *run, list []Token, t Token) bool {
	for _, x := range list {
		if equal(r, x, t) {
			return true
		}
	}
	return false
}

// declareConversions has the casts between tokens and plain values.
func declareConversions(l *value.Library) {
	d := l.Add(TokenType)
	for _, t := range []string{"string", "bool", "int", "long", "double", "decimal", "float", "short", "byte", "uint", "ulong", "ushort", "sbyte", "DateTime", "DateTimeOffset",
		"TimeSpan", "Guid", "Uri", "byte[]"} {
		d.Def("implicit JToken("+t+" value)", func(r *run, a []val) val { return ref(FromValue(r, a[0])) })
		if t != "string" && t != "Uri" && t != "byte[]" {
			d.Def("implicit JToken("+t+"? value)", func(r *run, a []val) val { return ref(FromValue(r, a[0])) })
		}
	}
	for _, t := range []*value.Type{value.String, value.Boolean, value.Int32, value.Int64, value.Double, value.Decimal, value.Single, value.Int16, value.Byte,
		value.UInt32, value.UInt64, value.UInt16, value.SByte, value.Char, bcl.DateTimeType(), bcl.OffsetType(), bcl.SpanType(), l.Lookup("Guid", 0), l.Lookup("Uri", 0), value.ByteArray} {
		d.Def("explicit "+t.String()+"(JToken value)", castTo(t))
		if t.IsValue() {
			d.Def("explicit "+t.String()+"?(JToken value)", castTo(value.NullableOf(t)))
		}
	}
}

// castTo is an explicit conversion of a JToken.
func castTo(t *value.Type) value.Native {
	u := t.Underlying()
	return func(r *run, a []val) val {
		tok := token(a[0])
		if tok == nil {
			if u.IsValue() && t.Kind != value.KNullable {
				r.ThrowNull("value")
			}
			return value.Null
		}
		if p, ok := tok.(*Prop); ok {
			tok = p.v
		}
		v, ok := tok.(*Val)
		if !ok {
			r.Throw(value.ExArgument, "Can not convert %s to %s.", kindName(tok.kind()), u.Name)
		}
		if v.k == kNull || v.k == kUndef {
			if u.IsValue() && t.Kind != value.KNullable {
				r.Throw(value.ExArgument, "Can not convert %s to %s.", kindName(v.k), u.Name)
			}
			return value.Null
		}
		number := u.IsNumeric() || u == value.Boolean || u == value.Char
		if (v.k == kDate || v.k == kBytes || v.k == kGuid || v.k == kTimeSpan || v.k == kUri) && number {
			r.Throw(value.ExArgument, "Can not convert %s to %s.", kindName(v.k), u.Name)
		}
		return convertScalar(r, v, t)
	}
}

func declareObjects(l *value.Library) {
	o := func(v val) *Obj { x, _ := v.R.(*Obj); return x }
	fill := func(r *run, a []val) val {
		out := &Obj{}
		for _, v := range value.Collect(r, a[0]) {
			addContent(r, out, v)
		}
		return ref(out)
	}
	l.Add(ObjectType).
		Def("new()", func(r *run, _ []val) val { r.Alloc(64); return ref(&Obj{}) }).
		Def("new(JObject other)", func(r *run, a []val) val { return ref(clone(r, token(a[0]))) }).
		Def("new(object content)", func(r *run, a []val) val {
			out := &Obj{}
			addContent(r, out, a[0])
			return ref(out)
		}).
		Def("new(params object[] content)", fill).
		Prop("JToken this[string propertyName]", func(r *run, a []val) val {
			return ref(o(a[0]).get(r.NeedStr(a[1], "propertyName")))
		}, func(r *run, a []val) val {
			o(a[0]).put(r, r.NeedStr(a[1], "propertyName"), token(a[2]))
			return value.Null
		}).
		Def("void Add(string propertyName, JToken value)", func(r *run, a []val) val {
			name := r.NeedStr(a[1], "propertyName")
			if o(a[0]).find(name) != nil {
				r.Throw(value.ExArgument, "Can not add property %s to Newtonsoft.Json.Linq.JObject. Property with the same name already exists on object.", name)
			}
			o(a[0]).put(r, name, token(a[2]))
			return value.Null
		}).
		Def("void Add(object content)", func(r *run, a []val) val {
			addContent(r, o(a[0]), a[1])
			return value.Null
		}).
		Def("bool Remove(string propertyName)", func(r *run, a []val) val { return value.Bool(o(a[0]).remove(r.NeedStr(a[1], "propertyName"))) }).
		Def("void RemoveAll()", func(_ *run, a []val) val { o(a[0]).props, o(a[0]).index = nil, nil; return value.Null }).
		Def("bool ContainsKey(string propertyName)", func(r *run, a []val) val {
			return value.Bool(o(a[0]).find(r.NeedStr(a[1], "propertyName")) != nil)
		}).
		Def("JToken GetValue(string propertyName)", func(_ *run, a []val) val { return ref(o(a[0]).get(a[1].S)) }).
		Def("JToken GetValue(string propertyName, StringComparison comparison)", func(_ *run, a []val) val {
			return ref(getFold(o(a[0]), a[1].S, a[2]))
		}).
		Def("bool TryGetValue(string propertyName, out JToken value)", func(_ *run, a []val) val {
			t := o(a[0]).get(a[1].S)
			value.SetOut(a[2], ref(t))
			return value.Bool(t != nil)
		}).
		Def("bool TryGetValue(string propertyName, StringComparison comparison, out JToken value)", func(_ *run, a []val) val {
			t := getFold(o(a[0]), a[1].S, a[2])
			value.SetOut(a[3], ref(t))
			return value.Bool(t != nil)
		}).
		Def("JProperty Property(string name)", func(_ *run, a []val) val {
			if p := o(a[0]).find(a[1].S); p != nil {
				return ref(p)
			}
			return value.Null
		}).
		Gen("IEnumerable<JProperty> Properties()", func(in value.Inst) value.Native {
			return func(_ *run, a []val) val { return tokenSeq(in.Ret, children(o(a[0]))) }
		}).
		Gen("IEnumerable<JToken> PropertyValues()", func(in value.Inst) value.Native {
			return func(_ *run, a []val) val { return tokenSeq(in.Ret, values(o(a[0]))) }
		})
	p := func(v val) *Prop { x, _ := v.R.(*Prop); return x }
	build := func(r *run, name val, content Token) val {
		r.Alloc(96)
		out := &Prop{name: r.NeedStr(name, "name"), v: adopt(r, content)}
		out.v.setParent(out)
		return ref(out)
	}
	l.Add(propertyType).
		Def("new(string name, object content)", func(r *run, a []val) val { return build(r, a[0], FromContent(r, a[1])) }).
		Def("new(string name, params object[] content)", func(r *run, a []val) val {
			arr := &Arr{}
			for _, v := range value.Collect(r, a[1]) {
				arr.add(r, FromContent(r, v))
			}
			return build(r, a[0], arr)
		}).
		Def("string Name", func(_ *run, a []val) val { return value.Str(p(a[0]).name) }).
		Prop("JToken Value", func(_ *run, a []val) val { return ref(p(a[0]).v) }, func(r *run, a []val) val {
			v := adopt(r, token(a[1]))
			v.setParent(p(a[0]))
			p(a[0]).v = v
			return value.Null
		})
}

// FromContent makes a token of what a constructor is given: sequences become arrays.
func FromContent(r *run, v val) Token {
	if token(v) == nil && v.R != nil && scalarKind(v) == 0 {
		if _, ok := v.R.(value.Iterable); !ok {
			r.Throw(value.ExArgument, "Could not determine JSON object type for type %s.", v.R.Type().FullName())
		}
		if _, ok := v.R.(collections.Map); ok {
			r.Throw(value.ExArgument, "Could not determine JSON object type for type %s.", v.R.Type().FullName())
		}
	}
	return FromValue(r, v)
}

// addContent adds what new JObject(…) is given: properties, or a sequence of them.
func addContent(r *run, o *Obj, v val) {
	switch t := v.R.(type) {
	case nil:
		return
	case *Prop:
		if o.find(t.name) != nil {
			r.Throw(value.ExArgument, "Can not add property %s to Newtonsoft.Json.Linq.JObject. Property with the same name already exists on object.", t.name)
		}
		o.put(r, t.name, adoptValue(r, t))
		return
	case Token:
		if src, ok := t.(*Obj); ok {
			for _, p := range src.props {
				addContent(r, o, ref(p))
			}
			return
		}
	case value.Iterable:
		r.Enter()
		it := t.Iter(r)
		for x, ok := it.Next(r); ok; x, ok = it.Next(r) {
			addContent(r, o, x)
		}
		r.Leave()
		return
	}
	r.Throw(value.ExArgument, "Can not add %s to Newtonsoft.Json.Linq.JObject.", FromValue(r, v).Type().FullName())
}

// adoptValue takes a new property's value over, or a copy of one that hangs elsewhere.
func adoptValue(r *run, p *Prop) Token {
	if p.up != nil {
		return clone(r, p.v)
	}
	v := p.v
	v.setParent(nil)
	return v
}

func getFold(o *Obj, name string, comparison val) Token {
	if t := o.get(name); t != nil || comparison.N%2 == 0 {
		return t
	}
	for _, p := range o.props {
		if equalFold(p.name, name) {
			return p.v
		}
	}
	return nil
}

func declareArrays(l *value.Library) {
	x := func(v val) *Arr { t, _ := v.R.(*Arr); return t }
	find := func(list []Token, t Token) int {
		for i, it := range list {
			if it == t {
				return i
			}
		}
		return -1
	}
	add := func(r *run, a *Arr, v val) {
		if t := token(v); t == nil && v.R != nil && scalarKind(v) == 0 {
			if it, ok := v.R.(value.Iterable); ok {
				walk := it.Iter(r)
				for e, ok := walk.Next(r); ok; e, ok = walk.Next(r) {
					a.add(r, FromContent(r, e))
				}
				return
			}
		}
		a.add(r, FromContent(r, v))
	}
	insert := func(r *run, a *Arr, i int, t Token) {
		if i < 0 || i > len(a.items) {
			r.ThrowRange("index")
		}
		a.add(r, t)
		n := a.items[len(a.items)-1]
		copy(a.items[i+1:], a.items[i:])
		a.items[i] = n
	}
	l.Add(ArrayType).
		Def("new()", func(r *run, _ []val) val { r.Alloc(48); return ref(&Arr{}) }).
		Def("new(object content)", func(r *run, a []val) val {
			out := &Arr{}
			if t := token(a[0]); t != nil && t.kind() == kArray {
				return ref(clone(r, t))
			}
			add(r, out, a[0])
			return ref(out)
		}).
		Def("new(params object[] content)", func(r *run, a []val) val {
			out := &Arr{}
			for _, v := range value.Collect(r, a[0]) {
				add(r, out, v)
			}
			return ref(out)
		}).
		Prop("JToken this[int index]", func(r *run, a []val) val { return at(r, x(a[0]), a[1]) }, func(r *run, a []val) val {
			setAt(r, x(a[0]), a[1], token(a[2]))
			return value.Null
		}).
		Def("void Add(JToken item)", func(r *run, a []val) val { x(a[0]).add(r, adoptNull(token(a[1]))); return value.Null }).
		Def("void Add(object content)", func(r *run, a []val) val { add(r, x(a[0]), a[1]); return value.Null }).
		Def("void AddFirst(object content)", func(r *run, a []val) val {
			insert(r, x(a[0]), 0, FromContent(r, a[1]))
			return value.Null
		}).
		Def("void Insert(int index, JToken item)", func(r *run, a []val) val {
			insert(r, x(a[0]), a[1].Int(), adoptNull(token(a[2])))
			return value.Null
		}).
		Def("bool Remove(JToken item)", func(_ *run, a []val) val {
			i := find(x(a[0]).items, token(a[1]))
			if i >= 0 {
				x(a[0]).items = append(x(a[0]).items[:i], x(a[0]).items[i+1:]...)
			}
			return value.Bool(i >= 0)
		}).
		Def("void RemoveAt(int index)", func(r *run, a []val) val {
			at(r, x(a[0]), a[1])
			x(a[0]).items = append(x(a[0]).items[:a[1].N], x(a[0]).items[a[1].N+1:]...)
			return value.Null
		}).
		Def("int IndexOf(JToken item)", func(_ *run, a []val) val { return value.Int(find(x(a[0]).items, token(a[1]))) }).
		Def("bool Contains(JToken item)", func(_ *run, a []val) val { return value.Bool(find(x(a[0]).items, token(a[1])) >= 0) }).
		Def("void Clear()", func(_ *run, a []val) val { x(a[0]).items = nil; return value.Null })
}

func adoptNull(t Token) Token {
	if t == nil {
		return null()
	}
	return t
}

func declareValues(l *value.Library) {
	v := func(x val) *Val { t, _ := x.R.(*Val); return t }
	build := func(r *run, a []val) val {
		k := scalarKind(a[0])
		if k == 0 {
			if j, ok := a[0].R.(*Val); ok {
				return ref(&Val{k: j.k, v: j.v})
			}
			r.Throw(value.ExArgument, "Could not determine JSON object type for type %s.", a[0].R.Type().FullName())
		}
		return ref(FromValue(r, a[0]))
	}
	l.Add(valueType).
		Def("new(object value)", build).
		Prop("object Value", func(_ *run, a []val) val { return v(a[0]).v }, func(r *run, a []val) val {
			v(a[0]).v, v(a[0]).k = a[1], max(scalarKind(a[1]), kNull)
			return value.Null
		}).
		Def("int CompareTo(JValue obj)", func(r *run, a []val) val { return value.Int(v(a[0]).Compare(r, a[1])) }).
		Def("static JValue CreateNull()", func(*run, []val) val { return ref(null()) }).
		Def("static JValue CreateString(string value)", func(r *run, a []val) val { return ref(FromValue(r, a[0])) })
	l.Add(rawType).Def("new(object rawJson)", func(r *run, a []val) val {
		return ref(&Val{k: kRaw, v: value.Str(value.Text(r, a[0]))})
	})
}
