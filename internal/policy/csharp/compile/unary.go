package compile

import (
	"unsafe"

	"portico/internal/policy/csharp/arith"
	"portico/internal/policy/csharp/syntax"
	"portico/internal/policy/csharp/value"
)

// asString takes over bytes that nothing else refers to, without a copy.
func asString(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// unary binds a prefix operator.
func (c *compiler) unary(n *syntax.Unary) *operand {
	if n.Op == "++" || n.Op == "--" {
		return c.increment(n.Pos, n.X, n.Op[:1], false)
	}
	if n.Op == "-" {
		if l, ok := n.X.(*syntax.Literal); ok && l.Kind == syntax.IntLiteral {
			return c.integer(l, true)
		}
	}
	x := c.operandOf(n.X)
	if x.failed() {
		return x
	}
	if x.typ.Kind == value.KNullable {
		return c.liftedUnary(n, x)
	}
	return c.unaryValue(n.Pos, n.Op, x)
}

func (c *compiler) liftedUnary(n *syntax.Unary, x *operand) *operand {
	i := c.temp()
	inner := c.unaryValue(n.Pos, n.Op, valueOf(x.at, x.typ.Elem(), func(f *Frame) value.Value { return f.Slots[i] }))
	if inner.failed() {
		return inner
	}
	xe, ie := x.eval, inner.eval
	return valueOf(n.Pos, value.NullableOf(inner.typ), func(f *Frame) value.Value {
		v := xe(f)
		if v.R == nil {
			return v
		}
		f.Slots[i] = v
		return ie(f)
	})
}

func (c *compiler) unaryValue(at syntax.Pos, op string, x *operand) *operand {
	var fn func(r *value.Run, v value.Value) value.Value
	t := x.typ
	switch {
	case op == "!" && t == value.Boolean:
		fn = func(_ *value.Run, v value.Value) value.Value { return value.Bool(v.N == 0) }
	case (op == "-" || op == "+" || op == "~") && (t.IsNumeric() || t == value.Char):
		t = unaryPromote(t)
		if op == "-" && t == value.UInt32 {
			t = value.Int64
		}
		x = c.widen(x, t)
		fn = arith.Negation(op, t, c.checked)
	case op == "~" && t.Kind == value.KEnum:
		fn = func(_ *value.Run, v value.Value) value.Value { return value.Of(t, ^v.N) }
	case op == "-" || op == "+":
		if list := c.operators("unary"+op, t); len(list) > 0 {
			args := []*argument{{op: x}}
			if b := c.pick(list, args, nil, nil); b != nil {
				return c.emit(at, &methodGroup{name: op}, b, args)
			}
		}
	}
	if fn == nil {
		return c.errorf(at, "'%s' cannot be applied to '%s'", op, x.typ)
	}
	xe := x.eval
	e := func(f *Frame) value.Value { return fn(f.R, xe(f)) }
	if x.konst != nil {
		return c.fold(at, t, e)
	}
	return valueOf(at, t, e)
}

// assign binds x op y.
func (c *compiler) assign(n *syntax.Assign) *operand {
	if n.Op == "=" {
		switch x := n.X.(type) {
		case *syntax.Tuple:
			return c.deconstruct(n, x.Items)
		case *syntax.DeclExpr:
			items := make([]syntax.Arg, len(x.Names))
			for i, name := range x.Names {
				items[i].X = &syntax.DeclExpr{Pos: x.Pos, Type: x.Type, Name: name}
			}
			return c.deconstruct(n, items)
		case *syntax.Name:
			if x.Name == "_" && c.lookup("_") == nil {
				y := c.needValue(c.expr(n.Y))
				y.effect = true
				return y
			}
		}
	}
	x := c.expr(n.X)
	if x.failed() && x.kind == isValue {
		c.expr(n.Y)
		return x
	}
	p := c.placeOf(n.Pos, x)
	if p == nil {
		return c.bad(n.Pos)
	}
	if n.Op != "=" {
		return c.compound(n, x, p)
	}
	y := c.convert(c.expr(n.Y), x.typ)
	if y.failed() {
		return y
	}
	ye := y.eval
	o := valueOf(n.Pos, x.typ, nil)
	o.effect = true
	if p.n == 0 {
		set := p.set
		o.eval = func(f *Frame) value.Value {
			v := ye(f)
			set(f, nil, v)
			return v
		}
		return o
	}
	o.eval = func(f *Frame) value.Value {
		m := f.R.Mark()
		s := f.R.Push(p.n)
		p.prep(f, s)
		v := ye(f)
		p.set(f, s, v)
		f.R.Pop(m)
		return v
	}
	return o
}

// placeOf gives where x is stored, or reports why it cannot be assigned.
func (c *compiler) placeOf(at syntax.Pos, x *operand) *place {
	switch {
	case x.kind != isValue || x.place == nil:
		c.report(at, "only a variable, a property or an element can be assigned")
		return nil
	case x.place.readonly != "":
		c.report(at, "this cannot be assigned: %s", x.place.readonly)
		return nil
	case x.place.set == nil:
		c.report(at, "this cannot be assigned")
		return nil
	}
	return x.place
}

// stored gives an operand that reads a place whose scratch stands in slots, and the preparation of those.
func (c *compiler) stored(x *operand, p *place) (o *operand, slots func(f *Frame) []value.Value) {
	base := c.fn.slots
	c.fn.slots += p.n
	slots = func(f *Frame) []value.Value { return f.Slots[base : base+p.n] }
	return valueOf(x.at, x.typ, func(f *Frame) value.Value { return p.get(f, slots(f)) }), slots
}

// compound is x op= y: the place is computed once.
func (c *compiler) compound(n *syntax.Assign, x *operand, p *place) *operand {
	op := n.Op[:len(n.Op)-1]
	left, slots := c.stored(x, p)
	var result *operand
	if op == "??" {
		y := c.convert(c.expr(n.Y), x.typ)
		if y.failed() {
			return y
		}
		le, ye := left.eval, y.eval
		result = valueOf(n.Pos, x.typ, func(f *Frame) value.Value {
			if v := le(f); v.R != nil {
				return v
			}
			return ye(f)
		})
	} else {
		y := c.needValue(c.expr(n.Y))
		if y.failed() {
			return y
		}
		result = c.back(c.operate(n.Pos, op, left, y), y, x.typ)
	}
	if result.failed() {
		return result
	}
	re := result.eval
	o := valueOf(n.Pos, x.typ, func(f *Frame) value.Value {
		s := slots(f)
		if p.prep != nil {
			p.prep(f, s)
		}
		v := re(f)
		p.set(f, s, v)
		return v
	})
	o.effect = true
	return o
}

// back converts the result of a compound assignment to the variable's type, by a cast where the operand alone would fit.
func (c *compiler) back(o, y *operand, t *value.Type) *operand {
	if o.failed() {
		return o
	}
	if _, ok := c.implicit(o, t); ok {
		return c.convert(o, t)
	}
	_, fits := c.implicit(y, t)
	if cv, ok := c.standardExplicit(o.typ, t); ok && (fits || t.IsInteger() && y.typ.IsInteger()) {
		return c.converted(o, t, cv)
	}
	return c.convert(o, t)
}

// increment is ++x, x++, --x, x--.
func (c *compiler) increment(at syntax.Pos, e syntax.Expr, op string, post bool) *operand {
	x := c.expr(e)
	if x.failed() && x.kind == isValue {
		return x
	}
	p := c.placeOf(at, x)
	if p == nil {
		return c.bad(at)
	}
	u := x.typ.Underlying()
	if !u.IsNumeric() && u != value.Char && u.Kind != value.KEnum {
		return c.errorf(at, "'%s%s' cannot be applied to '%s'", op, op, x.typ)
	}
	old, slots := c.stored(x, p)
	keep := c.temp()
	one := constant(at, value.Int32, value.Int(1))
	kept := valueOf(at, x.typ, func(f *Frame) value.Value { return f.Slots[keep] })
	next := c.operate(at, op, kept, one)
	if cv, ok := c.explicitType(next.typ, x.typ); ok && !next.failed() {
		next = c.converted(next, x.typ, cv)
	}
	oe, ne := old.eval, next.eval
	o := valueOf(at, x.typ, func(f *Frame) value.Value {
		s := slots(f)
		if p.prep != nil {
			p.prep(f, s)
		}
		before := oe(f)
		f.Slots[keep] = before
		after := ne(f)
		p.set(f, s, after)
		if post {
			return before
		}
		return after
	})
	o.effect = true
	return o
}

// deconstruct is (a, var b) = tuple.
func (c *compiler) deconstruct(n *syntax.Assign, items []syntax.Arg) *operand {
	y := c.needValue(c.expr(n.Y))
	if y.failed() {
		return y
	}
	sets := c.targets(n.Pos, y.typ, items)
	if sets == nil {
		return c.bad(n.Pos)
	}
	ye := y.eval
	o := valueOf(n.Pos, y.typ, func(f *Frame) value.Value {
		v := ye(f)
		sets(f, v)
		return v
	})
	o.effect = true
	return o
}

// targets gives what takes a tuple or a pair apart into variables.
func (c *compiler) targets(at syntax.Pos, t *value.Type, items []syntax.Arg) func(f *Frame, v value.Value) {
	slot := c.temp()
	whole := valueOf(at, t, func(f *Frame) value.Value { return f.Slots[slot] })
	var parts []*operand
	if t.Kind == value.KTuple {
		for i := range t.Fields {
			parts = append(parts, c.fieldOf(at, whole, itemName(i)))
		}
	} else if t.Def != nil && t.Name == "KeyValuePair" {
		parts = []*operand{c.instanceMember(at, whole, "Key", nil, false), c.instanceMember(at, whole, "Value", nil, false)}
	}
	if len(parts) != len(items) {
		c.report(at, "a '%s' cannot be taken apart into %d variables", t, len(items))
		return nil
	}
	var sets []func(f *Frame, v value.Value)
	var gets []eval
	for i, it := range items {
		part := parts[i]
		set, target := c.target(it.X, part.typ)
		if set == nil {
			continue
		}
		sets = append(sets, set)
		gets = append(gets, c.convert(part, target).eval)
	}
	return func(f *Frame, v value.Value) {
		f.Slots[slot] = v
		vals := make([]value.Value, len(gets))
		for i, g := range gets {
			vals[i] = g(f)
		}
		for i, set := range sets {
			set(f, vals[i])
		}
	}
}

// target gives how one element of a deconstruction is stored; nil discards it.
func (c *compiler) target(x syntax.Expr, t *value.Type) (func(f *Frame, v value.Value), *value.Type) {
	switch x := x.(type) {
	case *syntax.DeclExpr:
		if x.Name == "_" {
			return nil, nil
		}
		if x.Type != nil && !x.Type.Var() {
			t = c.variableType(x.Type)
		}
		return c.store(c.declare(x.Pos, x.Name, t)), t
	case *syntax.Name:
		if x.Name == "_" {
			return nil, nil
		}
	}
	o := c.expr(x)
	if o.failed() {
		return nil, nil
	}
	p := c.placeOf(x.At(), o)
	if p == nil {
		return nil, nil
	}
	return func(f *Frame, v value.Value) {
		m := f.R.Mark()
		s := f.R.Push(p.n)
		if p.prep != nil {
			p.prep(f, s)
		}
		p.set(f, s, v)
		f.R.Pop(m)
	}, o.typ
}
