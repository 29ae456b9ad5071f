package compile

import (
	"portico/internal/policy/csharp/arith"
	"portico/internal/policy/csharp/syntax"
	"portico/internal/policy/csharp/value"
)

// newObject binds new T(args) { … }.
func (c *compiler) newObject(n *syntax.New) *operand {
	t := c.typeOf(n.Type)
	args := c.arguments(n.Args)
	if t == value.ErrType || args == nil && len(n.Args) > 0 {
		return c.bad(n.Pos)
	}
	var o *operand
	switch {
	case t.Kind == value.KDelegate:
		if len(args) != 1 {
			return c.errorf(n.Pos, "a delegate is made of one function")
		}
		return c.convert(args[0].op, t)
	case t.Static || t.Kind == value.KInterface:
		return c.errorf(n.Pos, "a '%s' cannot be made with new", t)
	case len(args) == 0 && t.IsValue() && !c.hasConstructor(t, 0):
		o = valueOf(n.Pos, t, func(*Frame) value.Value { return value.Zero(t) })
	default:
		o = c.construct(n.Pos, t, args)
	}
	if o.failed() {
		return o
	}
	o.effect = true
	if !n.Has || len(n.Init) == 0 {
		return o
	}
	return c.initialise(n.Pos, o, n.Init)
}

func (c *compiler) hasConstructor(t *value.Type, params int) bool {
	m := c.lib.Members(t)
	if m == nil {
		return false
	}
	for _, k := range m.Ctors {
		if len(k.Params) == params {
			return true
		}
	}
	return false
}

func (c *compiler) construct(at syntax.Pos, t *value.Type, args []*argument) *operand {
	m := c.lib.Members(t)
	if m == nil || len(m.Ctors) == 0 {
		return c.errorf(at, "a '%s' cannot be made with new", t)
	}
	var level []*candidate
	for _, k := range m.Ctors {
		level = append(level, &candidate{k, t.Args})
	}
	b := c.pick(level, args, nil, nil)
	if b == nil {
		if c.lambdaErrors(args) {
			return c.bad(at)
		}
		return c.errorf(at, "no form of 'new %s' takes the arguments (%s)", t, describe(args))
	}
	o := c.emit(at, &methodGroup{name: "new " + t.String(), onType: t}, b, args)
	o.typ = t
	return o
}

// initialise runs the entries of an initialiser on a new object.
func (c *compiler) initialise(at syntax.Pos, o *operand, items []syntax.InitItem) *operand {
	slot := c.temp()
	self := valueOf(at, o.typ, func(f *Frame) value.Value { return f.Slots[slot] })
	steps := c.initSteps(self, items)
	if steps == nil {
		return c.bad(at)
	}
	make := o.eval
	return valueOf(at, o.typ, func(f *Frame) value.Value {
		v := make(f)
		f.Slots[slot] = v
		for _, s := range steps {
			s(f)
			f.Slots[slot] = v // a nested use of the same expression may have written it
		}
		return v
	})
}

// initSteps binds the entries; nil where one fails.
func (c *compiler) initSteps(self *operand, items []syntax.InitItem) []eval {
	var steps []eval
	for _, it := range items {
		var e eval
		switch {
		case it.Name != "":
			e = c.initMember(self, it)
		case it.Keys != nil:
			e = c.initIndex(self, it)
		case it.Adds != nil:
			e = c.initAdd(self, it.Pos, it.Adds)
		default:
			e = c.initAdd(self, it.Pos, []syntax.Expr{it.X})
		}
		if e == nil {
			return nil
		}
		steps = append(steps, e)
	}
	return steps
}

func (c *compiler) initMember(self *operand, it syntax.InitItem) eval {
	m := c.instanceMember(it.Pos, self, it.Name, nil, false)
	if m.failed() && m.kind == isValue {
		return nil
	}
	if it.Has {
		return c.nested(m, it.Nest)
	}
	p := c.placeOf(it.Pos, m)
	v := c.convert(c.initValue(it, m.typ), m.typ)
	if p == nil || v.failed() {
		return nil
	}
	return setter(p, v.eval)
}

// initValue binds the value of an entry; a bare { … } is an array of the member's type.
func (c *compiler) initValue(it syntax.InitItem, t *value.Type) *operand {
	if a, ok := it.X.(*syntax.NewArray); ok && a.Elem == nil && t.Kind == value.KArray {
		return c.newArray(a, t.Elem())
	}
	return c.expr(it.X)
}

func setter(p *place, v eval) eval {
	return func(f *Frame) value.Value {
		m := f.R.Mark()
		s := f.R.Push(p.n)
		if p.prep != nil {
			p.prep(f, s)
		}
		p.set(f, s, v(f))
		f.R.Pop(m)
		return value.Null
	}
}

// nested runs an initialiser on a member that is there already.
func (c *compiler) nested(m *operand, items []syntax.InitItem) eval {
	slot := c.temp()
	inner := valueOf(m.at, m.typ, func(f *Frame) value.Value { return f.Slots[slot] })
	steps := c.initSteps(inner, items)
	if steps == nil {
		return nil
	}
	e := m.eval
	return func(f *Frame) value.Value {
		f.Slots[slot] = e(f)
		for _, s := range steps {
			s(f)
		}
		return value.Null
	}
}

func (c *compiler) initIndex(self *operand, it syntax.InitItem) eval {
	x := c.indexOperand(it.Pos, self, c.arguments(it.Keys))
	if x.failed() {
		return nil
	}
	if it.Has {
		return c.nested(x, it.Nest)
	}
	p := c.placeOf(it.Pos, x)
	v := c.convert(c.expr(it.X), x.typ)
	if p == nil || v.failed() {
		return nil
	}
	return setter(p, v.eval)
}

// initAdd calls Add with the entry's values.
func (c *compiler) initAdd(self *operand, at syntax.Pos, values []syntax.Expr) eval {
	add := c.instanceMember(at, self, "Add", nil, true)
	if add.kind != isMethods {
		return nil
	}
	var list []syntax.Arg
	for _, v := range values {
		list = append(list, syntax.Arg{X: v})
	}
	args := c.arguments(list)
	if args == nil {
		return nil
	}
	for _, level := range add.methods.levels {
		if b := c.pick(level, args, nil, self); b != nil {
			return c.emit(at, add.methods, b, args).eval
		}
	}
	c.noOverload(at, add.methods, args)
	return nil
}

// newArray binds new T[n], new T[] { … } and new[] { … }; elem is the type of a bare { … }.
func (c *compiler) newArray(n *syntax.NewArray, elem *value.Type) *operand {
	if n.Elem != nil {
		if elem = c.variableType(n.Elem); elem == value.ErrType {
			return c.bad(n.Pos)
		}
	}
	var items []*operand
	for _, x := range n.Init {
		if a, ok := x.(*syntax.NewArray); ok && a.Elem == nil && elem != nil && elem.Kind == value.KArray {
			items = append(items, c.newArray(a, elem.Elem()))
			continue
		}
		items = append(items, c.expr(x))
	}
	if elem == nil {
		if elem = c.commonType(n.Pos, items); elem == value.ErrType {
			return c.bad(n.Pos)
		}
	}
	if !n.Has {
		size := c.convert(c.expr(n.Sizes[0]), value.Int64)
		if size.failed() {
			return size
		}
		return valueOf(n.Pos, value.ArrayOf(elem), c.emptyArray(n.Pos, elem, size.eval))
	}
	if len(n.Sizes) > 0 {
		size := c.convert(c.expr(n.Sizes[0]), value.Int32)
		if size.konst == nil || size.konst.Int() != len(items) {
			return c.errorf(n.Pos, "the array has %d values, and its size must be that constant", len(items))
		}
	}
	rest := paramBinding{typ: value.ArrayOf(elem)}
	args := make([]*argument, len(items))
	for i, it := range items {
		args[i] = &argument{op: it}
		rest.args = append(rest.args, i)
	}
	return valueOf(n.Pos, rest.typ, c.restArray(rest, args))
}

// commonType is the element type of new[] { … }.
func (c *compiler) commonType(at syntax.Pos, items []*operand) *value.Type {
	var t *value.Type
	for _, o := range items {
		if o.failed() && o.kind == isValue {
			return value.ErrType
		}
		if o.kind != isValue || o.null() {
			continue
		}
		if t == nil {
			t = o.typ
		} else if _, ok := c.implicit(o, t); !ok {
			t = o.typ
		}
	}
	if t == nil {
		c.report(at, "the type of the array cannot be told; write new T[] { … }")
		return value.ErrType
	}
	return t
}

func (c *compiler) emptyArray(at syntax.Pos, elem *value.Type, size eval) eval {
	t := value.ArrayOf(elem)
	return func(f *Frame) value.Value {
		n := size(f).N
		if n < 0 || n > 1<<31 {
			f.R.Line, f.R.Col = at.Line, at.Col
			arith.Overflow(f.R)
		}
		if elem == value.Byte {
			f.R.Spend(int(n))
			return value.ByteSlice(make([]byte, n))
		}
		f.R.AllocValues(int(n))
		f.R.Step(int(n))
		items := make([]value.Value, n)
		zero := value.Zero(elem)
		for i := range items {
			items[i] = zero
		}
		return value.Ref(&value.Array{T: t, Items: items})
	}
}

// newAnon binds new { A = x }.
func (c *compiler) newAnon(n *syntax.NewAnon) *operand {
	t := &value.Type{Name: "<>f__AnonymousType", Kind: value.KAnon, Base: value.Obj}
	var evals []eval
	for _, it := range n.Items {
		o := c.needValue(c.expr(it.X))
		if o.failed() {
			return o
		}
		if o.null() {
			return c.errorf(o.at, "null has no type here; cast it, as in (string)null")
		}
		t.Fields = append(t.Fields, value.Field{Name: it.Name, Type: o.typ})
		evals = append(evals, o.eval)
	}
	return valueOf(n.Pos, t, func(f *Frame) value.Value { return record(f, t, evals) })
}
