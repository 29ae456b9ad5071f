package compile

import (
	"portico/internal/policy/csharp/arith"
	"portico/internal/policy/csharp/syntax"
	"portico/internal/policy/csharp/value"
)

// binary binds x op y.
func (c *compiler) binary(n *syntax.Binary) *operand {
	switch n.Op {
	case "??":
		return c.coalesce(n)
	case "&&", "||":
		return c.shortCircuit(n)
	}
	x, y := c.operandOf(n.X), c.operandOf(n.Y)
	if x.failed() || y.failed() {
		return c.bad(n.Pos)
	}
	return c.operate(n.Pos, n.Op, x, y)
}

// operandOf binds an operand of an operator: a value or null.
func (c *compiler) operandOf(e syntax.Expr) *operand { return c.needValue(c.expr(e)) }

// operate binds an operator to operands that are bound.
func (c *compiler) operate(at syntax.Pos, op string, x, y *operand) *operand {
	if op == "+" && (x.typ == value.String || y.typ == value.String) && !c.hasOperator(op, x.typ, y.typ) {
		return c.concatenate(at, x, y)
	}
	if r := c.userOperator(at, op, x, y); r != nil {
		return r
	}
	if t := promote(x, y, op); t != nil {
		return c.arithmetic(at, op, t, x, y)
	}
	if r := c.nullableOperate(at, op, x, y); r != nil {
		return r
	}
	if r := c.enumOperate(at, op, x, y); r != nil {
		return r
	}
	switch {
	case x.typ == value.Boolean && y.typ == value.Boolean:
		if fn := arith.Bool(op); fn != nil {
			return c.apply(at, value.Boolean, fn, x, y)
		}
	case op == "==" || op == "!=":
		if r := c.equality(at, op, x, y); r != nil {
			return r
		}
	}
	return c.errorf(at, "'%s' cannot be applied to '%s' and '%s'", op, x.typ, y.typ)
}

// apply computes fn, at once where both sides are constants.
func (c *compiler) apply(at syntax.Pos, t *value.Type, fn arith.Operation, x, y *operand) *operand {
	xe, ye := x.eval, y.eval
	e := func(f *Frame) value.Value {
		a := xe(f)
		b := ye(f)
		return fn(f.R, a, b)
	}
	if x.konst != nil && y.konst != nil {
		if o := c.fold(at, t, e); o != nil {
			return o
		}
		return c.bad(at)
	}
	return valueOf(at, t, e)
}

// fold computes a constant expression; what it throws is a compile error.
func (c *compiler) fold(at syntax.Pos, t *value.Type, e eval) (o *operand) {
	defer func() {
		if p := recover(); p != nil {
			th, ok := p.(*value.Thrown)
			if !ok {
				panic(p)
			}
			o = c.errorf(at, "the constant expression fails: %s", th.E.Message)
		}
	}()
	var r value.Run
	r.Start(nil, nil, value.Limits{Steps: 1000, Memory: 1 << 20})
	return constant(at, t, e(&Frame{R: &r}))
}

// promote gives the type in which numbers are computed, or nil.
func promote(x, y *operand, op string) *value.Type {
	a, b := x.typ, y.typ
	number := func(t *value.Type) bool { return t.IsNumeric() || t == value.Char }
	if !number(a) || !number(b) {
		return nil
	}
	if op == "<<" || op == ">>" {
		if !a.IsInteger() || !b.IsInteger() {
			return nil
		}
		return unaryPromote(a)
	}
	has := func(k value.Kind) bool { return a.Kind == k || b.Kind == k }
	switch {
	case has(value.KDecimal):
		if has(value.KDouble) || has(value.KSingle) {
			return nil
		}
		return value.Decimal
	case has(value.KDouble):
		return value.Double
	case has(value.KSingle):
		return value.Single
	case has(value.KUInt64):
		other := a
		o := x
		if a.Kind == value.KUInt64 {
			other, o = b, y
		}
		if other.IsSigned() && (o.konst == nil || o.konst.N < 0) {
			return nil
		}
		return value.UInt64
	case has(value.KInt64):
		return value.Int64
	case has(value.KUInt32):
		for _, o := range []*operand{x, y} {
			if o.typ.IsSigned() && (o.konst == nil || o.konst.N < 0) {
				return value.Int64
			}
		}
		return value.UInt32
	}
	return value.Int32
}

func unaryPromote(t *value.Type) *value.Type {
	switch t.Kind {
	case value.KUInt32, value.KInt64, value.KUInt64, value.KSingle, value.KDouble, value.KDecimal:
		return t
	}
	return value.Int32
}

// arithmetic binds an operator of numbers of type t.
func (c *compiler) arithmetic(at syntax.Pos, op string, t *value.Type, x, y *operand) *operand {
	shift := op == "<<" || op == ">>"
	x = c.widen(x, t)
	if shift {
		y = c.widen(y, value.Int32)
	} else {
		y = c.widen(y, t)
	}
	if fn := arith.Comparison(op, t); fn != nil {
		return c.apply(at, value.Boolean, func(r *value.Run, a, b value.Value) value.Value { return value.Bool(fn(a, b)) }, x, y)
	}
	checked := c.checked || x.konst != nil && y.konst != nil && !c.unchecked
	fn := arith.Number(op, t, checked)
	if fn == nil {
		return c.errorf(at, "'%s' cannot be applied to '%s' and '%s'", op, x.typ, y.typ)
	}
	line := at
	noted := func(r *value.Run, a, b value.Value) value.Value {
		r.Line, r.Col = line.Line, line.Col
		return fn(r, a, b)
	}
	if (op == "+" || op == "-" || op == "*" || shift) && !checked && t != value.Decimal {
		noted = fn // these cannot fail
	}
	return c.apply(at, t, noted, x, y)
}

// widen converts a number to the type of the operation.
func (c *compiler) widen(o *operand, t *value.Type) *operand {
	if o.typ == t {
		return o
	}
	return c.converted(o, t, value.Convert(o.typ, t, false))
}
