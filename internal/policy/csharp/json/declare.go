package json

import (
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
		v = adopt(r, t, v)
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
	by = adopt(r, old.parent(), by)
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
