package json

import (
	"portico/internal/policy/csharp/collections"
	"portico/internal/policy/csharp/value"
)

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
		out := &Prop{name: r.NeedStr(name, "name"), v: adopt(r, nil, content)}
		out.v.setParent(out)
		return ref(out)
	}
	l.Add(propertyType).
		Def("new(string name, object content)", func(r *run, a []val) val { return build(r, a[0], fromContent(r, a[1])) }).
		Def("new(string name, params object[] content)", func(r *run, a []val) val {
			arr := &Arr{}
			for _, v := range value.Collect(r, a[1]) {
				arr.add(r, fromContent(r, v))
			}
			return build(r, a[0], arr)
		}).
		Def("string Name", func(_ *run, a []val) val { return value.Str(p(a[0]).name) }).
		Prop("JToken Value", func(_ *run, a []val) val { return ref(p(a[0]).v) }, func(r *run, a []val) val {
			v := adopt(r, p(a[0]), token(a[1]))
			v.setParent(p(a[0]))
			p(a[0]).v = v
			return value.Null
		})
}

// fromContent makes a token of what a constructor is given: sequences become arrays.
func fromContent(r *run, v val) Token {
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
					a.add(r, fromContent(r, e))
				}
				return
			}
		}
		a.add(r, fromContent(r, v))
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
			insert(r, x(a[0]), 0, fromContent(r, a[1]))
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
