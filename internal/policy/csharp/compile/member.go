package compile

import (
	"portico/internal/policy/csharp/syntax"
	"portico/internal/policy/csharp/value"
)

// methodGroup is the methods of one name, nearest class first.
type methodGroup struct {
	name   string
	recv   *operand // nil for static calls
	onType *value.Type
	levels [][]*candidate
	args   []*value.Type // explicit type arguments
	local  *localFunc
}

// candidate is a method with the type arguments of the class that declares it.
type candidate struct {
	m     *value.Method
	class []*value.Type
}

// supers calls f with t and everything that it derives from, nearest first; f false stops.
func supers(t *value.Type, f func(*value.Type) bool) bool {
	if t == nil || !f(t) {
		return t == nil
	}
	base, ifaces := t.Supers()
	if base != nil && base != value.Obj && !supers(base, f) {
		return false
	}
	for _, i := range ifaces {
		if !supers(i, f) {
			return false
		}
	}
	if base == value.Obj || base == nil && t.Kind == value.KInterface {
		return f(value.Obj)
	}
	return true
}

// name binds an identifier.
func (c *compiler) name(n *syntax.Name) *operand {
	if l := c.lookup(n.Name); l != nil {
		if l.local != nil {
			return &operand{kind: isMethods, at: n.Pos, typ: value.NullType, methods: &methodGroup{name: n.Name, local: l.local}}
		}
		return c.variable(n.Pos, l)
	}
	if n.Name == "context" && c.context != nil {
		return valueOf(n.Pos, c.context, func(f *Frame) value.Value { return f.R.Context })
	}
	args := make([]*value.Type, len(n.Args))
	for i, a := range n.Args {
		args[i] = c.typeOf(a)
		if args[i] == value.ErrType {
			return c.bad(n.Pos)
		}
	}
	if t := c.namedType([]string{n.Name}, args); t != nil {
		return &operand{kind: isType, at: n.Pos, typ: t}
	}
	if c.lib.Namespace(n.Name) {
		return &operand{kind: isNamespace, at: n.Pos, space: n.Name}
	}
	return c.errorf(n.Pos, "the name '%s' does not exist here", n.Name)
}

// member binds x.Name.
func (c *compiler) member(n *syntax.Member) *operand {
	called := c.called
	c.called = false
	x := c.expr(n.X)
	if x.failed() && x.kind == isValue {
		return x
	}
	args := make([]*value.Type, len(n.Args))
	for i, a := range n.Args {
		if args[i] = c.typeOf(a); args[i] == value.ErrType {
			return c.bad(n.Pos)
		}
	}
	switch x.kind {
	case isNamespace:
		full := x.space + "." + n.Name
		if t := c.lib.Lookup(n.Name, len(args)); t != nil && t.Namespace == x.space {
			if len(args) > 0 {
				t = value.Make(t, args...)
			}
			return &operand{kind: isType, at: n.Pos, typ: t}
		}
		if c.lib.Namespace(full) {
			return &operand{kind: isNamespace, at: n.Pos, space: full}
		}
		return c.errorf(n.Pos, "'%s' is not one of the types that expressions may use", full)
	case isType:
		return c.staticMember(n.Pos, x.typ, n.Name, args)
	}
	x = c.needValue(x)
	if x.failed() {
		return x
	}
	return c.instanceMember(n.Pos, x, n.Name, args, called)
}

// staticMember binds T.Name.
func (c *compiler) staticMember(at syntax.Pos, t *value.Type, name string, args []*value.Type) *operand {
	var found *operand
	group := &methodGroup{name: name, onType: t, args: args}
	supers(t, func(s *value.Type) bool {
		m := c.lib.Members(s)
		if m == nil {
			return true
		}
		if v, ok := m.Consts[name]; ok {
			ct := t
			if v.R != nil && t.Kind != value.KEnum {
				ct = v.R.Type()
			}
			found = constant(at, ct, v)
			return false
		}
		if p := m.Props[name]; p != nil && p.Static {
			found = c.property(at, nil, p, s.Args)
			return false
		}
		group.add(m.Methods[name], s.Args, func(m *value.Method) bool { return m.Static })
		return true
	})
	if found != nil {
		return found
	}
	if len(group.levels) > 0 {
		return &operand{kind: isMethods, at: at, typ: value.NullType, methods: group}
	}
	return c.errorf(at, "'%s' has no static member '%s'%s", t, name, c.suggest(t, name))
}

func (g *methodGroup) add(list []*value.Method, class []*value.Type, want func(*value.Method) bool) {
	var level []*candidate
	for _, m := range list {
		if want(m) {
			level = append(level, &candidate{m, class})
		}
	}
	if len(level) > 0 {
		g.levels = append(g.levels, level)
	}
}

// instanceMember binds x.Name. Where it is called, a property that is no delegate
// does not hide the methods of its name: list.First() beside JToken.First.
func (c *compiler) instanceMember(at syntax.Pos, x *operand, name string, args []*value.Type, called bool) *operand {
	t := x.typ
	if t == value.NullType {
		return c.errorf(at, "null has no member '%s'", name)
	}
	if f := c.fieldOf(at, x, name); f != nil {
		return f
	}
	if t.Kind == value.KNullable {
		if o := c.nullableMember(at, x, name); o != nil {
			return o
		}
	}
	var found *operand
	group := &methodGroup{name: name, recv: x, args: args}
	supers(t, func(s *value.Type) bool {
		m := c.lib.Members(s)
		if m == nil {
			return true
		}
		if p := m.Props[name]; p != nil && !p.Static && len(group.levels) == 0 {
			if found == nil {
				found = c.property(at, x, p, s.Args)
			}
			return called && found.typ.Kind != value.KDelegate
		}
		group.add(m.Methods[name], s.Args, func(m *value.Method) bool { return !m.Static })
		return true
	})
	if found != nil && (!called || found.typ.Kind == value.KDelegate) {
		return found
	}
	group.add(c.lib.Extensions(name), nil, func(*value.Method) bool { return true })
	if len(group.levels) > 0 {
		return &operand{kind: isMethods, at: at, typ: value.NullType, methods: group}
	}
	if found != nil {
		return found
	}
	return c.errorf(at, "'%s' has no member '%s'%s", t, name, c.suggest(t, name))
}

// fieldOf binds a member of an anonymous object or a tuple.
func (c *compiler) fieldOf(at syntax.Pos, x *operand, name string) *operand {
	if x.typ.Kind != value.KAnon && x.typ.Kind != value.KTuple {
		return nil
	}
	for i, f := range x.typ.Fields {
		if f.Name != name && (x.typ.Kind != value.KTuple || itemName(i) != name) {
			continue
		}
		e := x.eval
		o := valueOf(at, f.Type, func(f *Frame) value.Value {
			rec, ok := e(f).R.(*value.Record)
			if !ok {
				c.nullReference(f.R, at)
			}
			return rec.Fields[i]
		})
		if x.typ.Kind == value.KTuple {
			o.place = c.fieldPlace(x, i)
		}
		return o
	}
	return nil
}

// fieldPlace assigns to a tuple's element: the tuple is copied, as a value type is.
func (c *compiler) fieldPlace(x *operand, i int) *place {
	if x.place == nil || x.place.n != 0 {
		return &place{readonly: "it is not a variable"}
	}
	return &place{
		get: func(f *Frame, s []value.Value) value.Value { return x.eval(f).R.(*value.Record).Fields[i] },
		set: func(f *Frame, s []value.Value, v value.Value) {
			old := x.eval(f).R.(*value.Record)
			rec := &value.Record{T: old.T, Fields: append([]value.Value(nil), old.Fields...)}
			rec.Fields[i] = v
			x.place.set(f, nil, value.Ref(rec))
		},
	}
}

// nullableMember binds HasValue, Value and GetValueOrDefault of T?.
func (c *compiler) nullableMember(at syntax.Pos, x *operand, name string) *operand {
	e := x.eval
	switch name {
	case "HasValue":
		return valueOf(at, value.Boolean, func(f *Frame) value.Value { return value.Bool(e(f).R != nil) })
	case "Value":
		return valueOf(at, x.typ.Elem(), func(f *Frame) value.Value {
			v := e(f)
			f.R.Line, f.R.Col = at.Line, at.Col
			return value.Unwrap(f.R, v)
		})
	case "GetValueOrDefault":
		t := x.typ.Elem()
		m := &value.Method{Name: name, Owner: value.Obj, Ret: t, Fn: func(r *value.Run, a []value.Value) value.Value {
			if a[0].R == nil {
				return value.Zero(t)
			}
			return a[0]
		}}
		with := &value.Method{Name: name, Owner: value.Obj, Ret: t, Params: []value.Param{{Name: "defaultValue", Type: t}}, Fn: func(r *value.Run, a []value.Value) value.Value {
			if a[0].R == nil {
				return a[1]
			}
			return a[0]
		}}
		return &operand{kind: isMethods, at: at, typ: value.NullType, methods: &methodGroup{name: name, recv: x, levels: [][]*candidate{{{m, nil}, {with, nil}}}}}
	}
	return nil
}

func (c *compiler) nullReference(r *value.Run, at syntax.Pos) {
	r.Line, r.Col = at.Line, at.Col
	r.Throw(value.ExNull, "Object reference not set to an instance of an object.")
}

// property binds a property; x is nil for a static one.
func (c *compiler) property(at syntax.Pos, x *operand, p *value.Method, class []*value.Type) *operand {
	t := value.Subst(p.Ret, class, nil)
	fn := p.Fn
	if p.Gen != nil {
		in := value.Inst{Ret: t}
		if x != nil {
			in.Recv = x.typ
		}
		fn = p.Gen(in)
	}
	if x == nil {
		return valueOf(at, t, func(f *Frame) value.Value {
			f.R.Line, f.R.Col = at.Line, at.Col
			return fn(f.R, nil)
		})
	}
	e := x.eval
	get := func(f *Frame, recv value.Value) value.Value {
		r := f.R
		r.Line, r.Col = at.Line, at.Col
		if recv.R == nil {
			r.Throw(value.ExNull, "Object reference not set to an instance of an object.")
		}
		m := r.Mark()
		a := r.Push(1)
		a[0] = recv
		v := fn(r, a)
		r.Pop(m)
		return v
	}
	o := valueOf(at, t, func(f *Frame) value.Value { return get(f, e(f)) })
	if p.Set == nil {
		o.place = &place{readonly: "the property '" + p.Name + "' can only be read"}
		return o
	}
	set := p.Set
	o.place = &place{
		n:    1,
		prep: func(f *Frame, s []value.Value) { s[0] = e(f) },
		get:  func(f *Frame, s []value.Value) value.Value { return get(f, s[0]) },
		set: func(f *Frame, s []value.Value, v value.Value) {
			r := f.R
			r.Line, r.Col = at.Line, at.Col
			if s[0].R == nil {
				r.Throw(value.ExNull, "Object reference not set to an instance of an object.")
			}
			m := r.Mark()
			a := r.Push(2)
			a[0], a[1] = s[0], v
			set(r, a)
			r.Pop(m)
		},
	}
	return o
}

// index binds x[args].
func (c *compiler) index(n *syntax.Index) *operand {
	return c.indexOperand(n.Pos, c.needValue(c.expr(n.X)), c.arguments(n.Args))
}

func (c *compiler) indexOperand(at syntax.Pos, x *operand, args []*argument) *operand {
	if x.failed() || len(args) == 0 {
		return c.bad(at)
	}
	if x.typ.Kind == value.KArray && len(args) == 1 {
		return c.arrayIndex(at, x, args[0])
	}
	var level []*candidate
	var picked *binding
	supers(x.typ, func(s *value.Type) bool {
		if m := c.lib.Members(s); m != nil && len(m.Index) > 0 {
			level = nil
			for _, ix := range m.Index {
				level = append(level, &candidate{ix, s.Args})
			}
			picked = c.pick(level, args, nil, nil)
			return picked == nil
		}
		return true
	})
	if picked == nil {
		if level == nil {
			return c.errorf(at, "a '%s' cannot be indexed with []", x.typ)
		}
		return c.errorf(at, "a '%s' cannot be indexed with (%s)", x.typ, describe(args))
	}
	return c.indexed(at, x, picked, args)
}

func (c *compiler) indexed(at syntax.Pos, x *operand, b *binding, args []*argument) *operand {
	e := x.eval
	params, _ := c.convertArgs(b, args)
	count := len(params) + 1
	fn, set := b.native(x.typ), b.c.m.Set
	prep := func(f *Frame, s []value.Value) {
		s[0] = e(f)
		for i, p := range params {
			s[i+1] = p(f)
		}
	}
	get := func(f *Frame, s []value.Value) value.Value {
		f.R.Line, f.R.Col = at.Line, at.Col
		if s[0].R == nil {
			f.R.Throw(value.ExNull, "Object reference not set to an instance of an object.")
		}
		return fn(f.R, s[:count])
	}
	o := valueOf(at, b.ret, func(f *Frame) value.Value {
		m := f.R.Mark()
		s := f.R.Push(count)
		prep(f, s)
		v := get(f, s)
		f.R.Pop(m)
		return v
	})
	o.place = &place{n: count, prep: prep, get: get, readonly: "it can only be read"}
	if set != nil {
		o.place.readonly = ""
		o.place.set = func(f *Frame, s []value.Value, v value.Value) {
			f.R.Line, f.R.Col = at.Line, at.Col
			if s[0].R == nil {
				f.R.Throw(value.ExNull, "Object reference not set to an instance of an object.")
			}
			m := f.R.Mark()
			a := f.R.Push(count + 1)
			copy(a, s[:count])
			a[count] = v
			set(f.R, a)
			f.R.Pop(m)
		}
	}
	return o
}

// arrayIndex binds a[i].
func (c *compiler) arrayIndex(at syntax.Pos, x *operand, arg *argument) *operand {
	if arg.op.kind != isValue {
		return c.errorf(at, "an array is indexed with an integer")
	}
	wide := value.Int64
	i := c.convert(arg.op, wide)
	if i.failed() {
		return i
	}
	e, ie := x.eval, i.eval
	prep := func(f *Frame, s []value.Value) { s[0], s[1] = e(f), ie(f) }
	get := func(f *Frame, s []value.Value) value.Value {
		switch a := s[0].R.(type) {
		case *value.Array:
			if n := s[1].N; n >= 0 && n < int64(len(a.Items)) {
				return a.Items[n]
			}
		case *value.Bytes:
			if n := s[1].N; n >= 0 && n < int64(len(a.B)) {
				return value.Of(value.Byte, int64(a.B[n]))
			}
		default:
			c.nullReference(f.R, at)
		}
		f.R.Line, f.R.Col = at.Line, at.Col
		f.R.Throw(value.ExIndexRange, "Index was outside the bounds of the array.")
		return value.Null
	}
	o := valueOf(at, x.typ.Elem(), func(f *Frame) value.Value {
		var s [2]value.Value
		s[0] = e(f)
		s[1] = ie(f)
		return get(f, s[:])
	})
	o.place = &place{n: 2, prep: prep, get: get, set: func(f *Frame, s []value.Value, v value.Value) {
		get(f, s) // the bounds
		switch a := s[0].R.(type) {
		case *value.Array:
			a.Items[s[1].N] = v
		case *value.Bytes:
			a.B[s[1].N] = byte(v.N)
		}
	}}
	return o
}

// suggest names the member that was probably meant.
func (c *compiler) suggest(t *value.Type, name string) string {
	best := ""
	look := func(n string) {
		if best == "" && len(n) == len(name) && equalFold(n, name) {
			best = n
		}
	}
	supers(t, func(s *value.Type) bool {
		if m := c.lib.Members(s); m != nil {
			for n := range m.Props {
				look(n)
			}
			for n := range m.Methods {
				look(n)
			}
			for n := range m.Consts {
				look(n)
			}
		}
		return true
	})
	if best == "" {
		return ""
	}
	return "; did you mean '" + best + "'?"
}
