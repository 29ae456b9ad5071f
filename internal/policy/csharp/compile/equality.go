package compile

import (
	"portico/internal/policy/csharp/arith"
	"portico/internal/policy/csharp/syntax"
	"portico/internal/policy/csharp/text"
	"portico/internal/policy/csharp/value"
)

// operators gives the operators of that name that a type and its bases declare.
func (c *compiler) operators(op string, types ...*value.Type) []*candidate {
	var list []*candidate
	seen := map[*value.Type]bool{}
	for _, t := range types {
		supers(t.Underlying(), func(s *value.Type) bool {
			d := s
			if s.Def != nil {
				d = s.Def
			}
			if m := c.lib.Members(s); m != nil && !seen[d] {
				seen[d] = true
				for _, o := range m.Ops[op] {
					list = append(list, &candidate{o, s.Args})
				}
			}
			return true
		})
	}
	return list
}

func (c *compiler) hasOperator(op string, x, y *value.Type) bool {
	return len(c.operators(op, x, y)) > 0
}

// userOperator binds an operator that a type of the library declares, or gives nil.
func (c *compiler) userOperator(at syntax.Pos, op string, x, y *operand) *operand {
	list := c.operators(op, x.typ, y.typ)
	if len(list) == 0 || x.null() && y.null() {
		return nil
	}
	args := []*argument{{op: x}, {op: y}}
	b := c.pick(list, args, nil, nil)
	if b == nil {
		return nil
	}
	return c.emit(at, &methodGroup{name: op}, b, args)
}

// nullableOperate lifts an operator to nullable operands: null in, null out, or false.
func (c *compiler) nullableOperate(at syntax.Pos, op string, x, y *operand) *operand {
	if x.typ.Kind != value.KNullable && y.typ.Kind != value.KNullable {
		return nil
	}
	if x.null() || y.null() {
		if op != "==" && op != "!=" {
			return nil
		}
		return c.nullTest(at, op, x, y)
	}
	i, j := c.temp(), c.temp()
	slot := func(o *operand, i int) *operand {
		return valueOf(o.at, o.typ.Underlying(), func(f *Frame) value.Value { return f.Slots[i] })
	}
	inner := c.operate(at, op, slot(x, i), slot(y, j))
	if inner.failed() {
		return inner
	}
	xe, ye, ie := x.eval, y.eval, inner.eval
	compares := inner.typ == value.Boolean && (op == "==" || op == "!=" || op[0] == '<' && op != "<<" || op[0] == '>' && op != ">>")
	t := inner.typ
	if !compares {
		t = value.NullableOf(t)
	}
	return valueOf(at, t, func(f *Frame) value.Value {
		a := xe(f)
		b := ye(f)
		if a.R == nil || b.R == nil {
			switch {
			case !compares:
				return value.Null
			case op == "==":
				return value.Bool(a.R == nil && b.R == nil)
			case op == "!=":
				return value.Bool(a.R != nil || b.R != nil)
			}
			return value.Bool(false)
		}
		f.Slots[i], f.Slots[j] = a, b
		return ie(f)
	})
}

// nullTest is x == null.
func (c *compiler) nullTest(at syntax.Pos, op string, x, y *operand) *operand {
	e := x.eval
	if x.null() {
		e = y.eval
	}
	want := op == "=="
	return valueOf(at, value.Boolean, func(f *Frame) value.Value { return value.Bool((e(f).R == nil) == want) })
}

// enumOperate binds operators of enums.
func (c *compiler) enumOperate(at syntax.Pos, op string, x, y *operand) *operand {
	xe, ye := x.typ.Kind == value.KEnum, y.typ.Kind == value.KEnum
	if !xe && !ye {
		return nil
	}
	t := x.typ
	if !xe {
		t = y.typ
	}
	zero := func(o *operand) bool { return o.konst != nil && o.typ == value.Int32 && o.konst.N == 0 }
	switch {
	case xe && ye && value.Same(x.typ, y.typ), zero(x), zero(y):
		if fn := arith.Comparison(op, value.Int32); fn != nil {
			return c.apply(at, value.Boolean, func(_ *value.Run, a, b value.Value) value.Value { return value.Bool(fn(a, b)) }, x, y)
		}
		if op == "&" || op == "|" || op == "^" {
			return c.apply(at, t, arith.Integer(op, t, false), x, y)
		}
		if op == "-" && xe && ye {
			return c.apply(at, value.Int32, arith.Integer(op, value.Int32, false), x, y)
		}
	case (op == "+" || op == "-" && xe) && (x.typ == value.Int32 || y.typ == value.Int32):
		fn := arith.Integer(op, value.Int32, false)
		return c.apply(at, t, func(r *value.Run, a, b value.Value) value.Value { return value.Of(t, fn(r, a, b).N) }, x, y)
	}
	return nil
}

// equality binds == and != of references, strings and structs.
func (c *compiler) equality(at syntax.Pos, op string, x, y *operand) *operand {
	want := op == "=="
	switch {
	case x.null() && y.null():
		return constant(at, value.Boolean, value.Bool(want))
	case x.null() || y.null():
		return c.nullTest(at, op, x, y)
	case x.typ == value.String && y.typ == value.String:
		return c.apply(at, value.Boolean, func(_ *value.Run, a, b value.Value) value.Value {
			return value.Bool((a.S == b.S && (a.R == nil) == (b.R == nil)) == want)
		}, x, y)
	case x.typ.IsValue() != y.typ.IsValue() && (x.typ == value.Obj || y.typ == value.Obj):
		return nil
	}
	if _, ok := value.Implicit(x.typ, y.typ); !ok {
		if _, ok = value.Implicit(y.typ, x.typ); !ok && x.typ.Kind != value.KInterface && y.typ.Kind != value.KInterface {
			return nil
		}
	}
	if x.typ.IsValue() && x.typ.Kind != value.KStruct && x.typ.Kind != value.KTuple {
		return nil
	}
	structural := x.typ.IsValue()
	xe, ye := x.eval, y.eval
	return valueOf(at, value.Boolean, func(f *Frame) value.Value {
		a := xe(f)
		b := ye(f)
		if structural {
			return value.Bool(value.Equal(f.R, a, b) == want)
		}
		return value.Bool((a == b) == want)
	})
}

// shortCircuit is && and ||.
func (c *compiler) shortCircuit(n *syntax.Binary) *operand {
	x, y := c.convert(c.operandOf(n.X), value.Boolean), c.convert(c.operandOf(n.Y), value.Boolean)
	if x.failed() || y.failed() {
		return c.bad(n.Pos)
	}
	xe, ye := x.eval, y.eval
	stop := n.Op == "||"
	e := func(f *Frame) value.Value {
		if v := xe(f); v.Bool() == stop {
			return v
		}
		return ye(f)
	}
	if x.konst != nil && y.konst != nil {
		return c.fold(n.Pos, value.Boolean, e)
	}
	return valueOf(n.Pos, value.Boolean, e)
}

// coalesce is x ?? y.
func (c *compiler) coalesce(n *syntax.Binary) *operand {
	x, y := c.operandOf(n.X), c.expr(n.Y)
	if x.failed() || y.failed() && y.kind == isValue {
		return c.bad(n.Pos)
	}
	if x.null() {
		return c.needValue(y)
	}
	if x.typ.IsValue() && x.typ.Kind != value.KNullable {
		return c.errorf(n.Pos, "'%s' is never null, so ?? has no use here", x.typ)
	}
	t := x.typ
	xe := x.eval
	if _, ok := c.implicit(y, x.typ.Underlying()); ok {
		t = x.typ.Underlying()
	} else if _, ok := c.implicit(y, x.typ); !ok && y.kind == isValue {
		cv, ok := c.implicitType(x.typ.Underlying(), y.typ)
		if !ok {
			return c.errorf(n.Pos, "?? cannot be applied to '%s' and '%s'", x.typ, y.typ)
		}
		t = y.typ
		if cv != nil {
			xe = c.converted(x, t, value.Lift(cv)).eval
		}
	}
	ye := c.convert(y, t).eval
	return valueOf(n.Pos, t, func(f *Frame) value.Value {
		if v := xe(f); v.R != nil {
			return v
		}
		return ye(f)
	})
}

// conditional is x ? y : z.
func (c *compiler) conditional(n *syntax.Cond) *operand {
	x := c.convert(c.operandOf(n.X), value.Boolean)
	y, z := c.expr(n.Y), c.expr(n.Z)
	if x.failed() || y.failed() && y.kind == isValue || z.failed() && z.kind == isValue {
		return c.bad(n.Pos)
	}
	var t *value.Type
	switch {
	case y.kind == isValue && z.kind == isValue && value.Same(y.typ, z.typ):
		t = y.typ
	case z.kind == isValue && !z.null() && c.becomes(y, z.typ):
		t = z.typ
	case y.kind == isValue && !y.null() && c.becomes(z, y.typ):
		t = y.typ
	default:
		return c.errorf(n.Pos, "the two results '%s' and '%s' of ?: have no common type; cast one of them", describe([]*argument{{op: y}}), describe([]*argument{{op: z}}))
	}
	if y.kind == isValue && z.kind == isValue && y.konst != nil && z.konst != nil && c.becomes(z, y.typ) && c.becomes(y, z.typ) && y.typ != z.typ {
		t = y.typ // two constants that fit each other: the wider type
		if _, ok := value.Implicit(y.typ, z.typ); ok {
			t = z.typ
		}
	}
	y, z = c.convert(y, t), c.convert(z, t)
	xe, ye, ze := x.eval, y.eval, z.eval
	e := func(f *Frame) value.Value {
		if xe(f).Bool() {
			return ye(f)
		}
		return ze(f)
	}
	if x.konst != nil && y.konst != nil && z.konst != nil {
		return c.fold(n.Pos, t, e)
	}
	return valueOf(n.Pos, t, e)
}

func (c *compiler) becomes(o *operand, t *value.Type) bool {
	_, ok := c.implicit(o, t)
	return ok
}

// concatenate joins strings; a chain of + is joined at once.
func (c *compiler) concatenate(at syntax.Pos, x, y *operand) *operand {
	if x.konst != nil && y.konst != nil {
		return c.fold(at, value.String, func(f *Frame) value.Value {
			return value.Str(text.Concat(value.Text(f.R, *x.konst), value.Text(f.R, *y.konst)))
		})
	}
	var parts []eval
	for _, o := range []*operand{x, y} {
		if o.typ == value.Void {
			return c.needValue(o)
		}
		if o.concat != nil {
			parts = append(parts, o.concat...)
			continue
		}
		parts = append(parts, o.eval)
	}
	o := valueOf(at, value.String, joiner(parts))
	o.concat = parts
	return o
}

// joiner evaluates parts and joins their texts with one allocation.
func joiner(parts []eval) eval {
	return func(f *Frame) value.Value {
		var buf [8]string
		list := buf[:0]
		n, wide := 0, false
		for _, p := range parts {
			v := p(f)
			s := v.S
			if v.R != value.Object(value.String) {
				s = value.Text(f.R, v)
			}
			if len(s) > 0 && s[0] == 0xED {
				wide = true
			}
			n += len(s)
			list = append(list, s)
		}
		f.R.Spend(n)
		if wide { // a surrogate pair may meet at the seam
			s := ""
			for _, p := range list {
				s = text.Concat(s, p)
			}
			return value.Str(s)
		}
		return value.Str(join(list, n))
	}
}

func join(list []string, n int) string {
	if len(list) == 1 {
		return list[0]
	}
	b := make([]byte, 0, n)
	for _, s := range list {
		b = append(b, s...)
	}
	return asString(b)
}
