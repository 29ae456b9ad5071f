package compile

import (
	"portico/internal/policy/csharp/syntax"
	"portico/internal/policy/csharp/value"
)

// implicit finds C#'s implicit conversion of o to t.
func (c *compiler) implicit(o *operand, t *value.Type) (value.Conversion, bool) {
	switch o.kind {
	case isLambda:
		return nil, c.lambdaFits(o.lambda, t)
	case isMethods:
		return nil, c.methodsFit(o, t)
	case isThrow, isDefault:
		return nil, t != value.Void
	case isValue:
	default:
		return nil, false
	}
	if o.konst != nil && o.typ.IsInteger() && o.typ != value.Char {
		k := *o.konst
		if t.Kind == value.KEnum && k.N == 0 {
			return value.Convert(o.typ, t, false), true
		}
		u := t.Underlying()
		if u.IsInteger() && u != value.Char && (o.typ == value.Int32 || o.typ == value.Int64 && u == value.UInt64) && value.Fits(k.N, false, u) {
			return value.Convert(o.typ, u, false), true
		}
	}
	if c.loose && o.typ == value.String && o.konst == nil && t.IsNumeric() {
		if cv := c.looseNumber(t); cv != nil {
			return cv, true
		}
	}
	return c.implicitType(o.typ, t)
}

// implicitType is implicit for what depends on types alone.
func (c *compiler) implicitType(from, to *value.Type) (value.Conversion, bool) {
	if cv, ok := value.Implicit(from, to); ok {
		return cv, true
	}
	if cv, ok := c.userConversion(from, to, true); ok {
		return cv, true
	}
	if from.Kind == value.KTuple && to.Kind == value.KTuple && len(from.Fields) == len(to.Fields) {
		return c.tupleConversion(from, to)
	}
	return nil, false
}

// looseNumber is Convert.ToDouble and its like, of a string.
func (c *compiler) looseNumber(to *value.Type) value.Conversion {
	for _, m := range c.lib.Members(c.lib.Lookup("Convert", 0)).Methods["To"+to.Name] {
		if len(m.Params) == 1 && m.Params[0].Type == value.String {
			return func(r *value.Run, v value.Value) value.Value { return m.Fn(r, []value.Value{v}) }
		}
	}
	return nil
}

// userConversion finds a conversion that one of the two types declares.
func (c *compiler) userConversion(from, to *value.Type, implicit bool) (value.Conversion, bool) {
	if from.Kind == value.KInterface || to.Kind == value.KInterface || from == value.Obj || to == value.Obj {
		return nil, false
	}
	var best value.Conversion
	rank := 100
	consider := func(t *value.Type) {
		for _, d := range c.conversions(t) {
			if implicit && !d.Implicit {
				continue
			}
			in, okIn := value.Implicit(from, d.From)
			out, okOut := value.Implicit(d.To, to)
			if !okIn && from.Kind == value.KNullable {
				continue
			}
			score := 0
			if !value.Same(from, d.From) {
				score++
			}
			if !value.Same(d.To, to) {
				score++
			}
			if !implicit {
				if !okIn {
					in, okIn = c.standardExplicit(from, d.From)
					score += 4
				}
				if !okOut {
					out, okOut = c.standardExplicit(d.To, to)
					score += 4
				}
			}
			if okIn && okOut && score < rank {
				rank = score
				best = value.Chain(in, value.AsConversion(d.Fn), out)
			}
		}
	}
	for t := from.Underlying(); t != nil; t, _ = t.Supers() {
		consider(t)
	}
	if u := to.Underlying(); u != from {
		consider(u)
	}
	return best, rank < 100
}

func (c *compiler) conversions(t *value.Type) []*value.Conv {
	if m := c.lib.Members(t); m != nil {
		return m.Convs
	}
	return nil
}

func (c *compiler) tupleConversion(from, to *value.Type) (value.Conversion, bool) {
	list := make([]value.Conversion, len(from.Fields))
	for i := range list {
		cv, ok := c.implicitType(from.Fields[i].Type, to.Fields[i].Type)
		if !ok {
			return nil, false
		}
		list[i] = cv
	}
	return func(r *value.Run, v value.Value) value.Value {
		src := v.R.(*value.Record)
		out := &value.Record{T: to, Fields: make([]value.Value, len(list))}
		for i, cv := range list {
			out.Fields[i] = src.Fields[i]
			if cv != nil {
				out.Fields[i] = cv(r, out.Fields[i])
			}
		}
		return value.Ref(out)
	}, true
}

// standardExplicit is numeric casts, enums, unboxing and downcasts.
func (c *compiler) standardExplicit(from, to *value.Type) (value.Conversion, bool) {
	if cv, ok := value.Implicit(from, to); ok {
		return cv, true
	}
	number := func(t *value.Type) bool { return t.IsNumeric() || t == value.Char || t.Kind == value.KEnum }
	switch {
	case from == value.Void || to == value.Void:
		return nil, false
	case number(from) && number(to):
		return value.Convert(from, to, c.checked), true
	case from.Kind == value.KNullable && to.Kind == value.KNullable:
		cv, ok := c.standardExplicit(from.Elem(), to.Elem())
		return value.Lift(cv), ok
	case from.Kind == value.KNullable:
		cv, ok := c.standardExplicit(from.Elem(), to)
		return value.Chain(value.Unwrap, cv), ok
	case to.Kind == value.KNullable && from.IsValue():
		return c.standardExplicit(from, to.Elem())
	case from.IsValue() && to.IsValue(), from == value.NullType:
		return nil, false
	case from == value.Obj, from.Kind == value.KInterface, to.Kind == value.KInterface && !from.IsValue(), value.Derives(to, from), value.Castable(from, to):
		return value.Downcast(to), true
	}
	return nil, false
}

// convert gives o as a t, or reports that it cannot be one.
func (c *compiler) convert(o *operand, t *value.Type) *operand {
	if o.failed() || t == value.ErrType {
		return c.bad(o.at)
	}
	switch o.kind {
	case isLambda:
		return c.lambdaTo(o, t)
	case isMethods:
		return c.methodsTo(o, t)
	case isDefault:
		return constant(o.at, t, value.Zero(t))
	case isThrow:
		return valueOf(o.at, t, o.eval)
	case isValue:
	default:
		return c.needValue(o)
	}
	if o.typ == value.Void {
		return c.needValue(o)
	}
	cv, ok := c.implicit(o, t)
	if !ok {
		hint := ""
		if _, can := c.explicitType(o.typ, t); can {
			hint = "; a cast is missing: (" + t.String() + ")"
		}
		return c.errorf(o.at, "'%s' cannot be converted to '%s' by itself%s", o.typ, t, hint)
	}
	return c.converted(o, t, cv)
}

// converted applies a conversion, at once to a constant.
func (c *compiler) converted(o *operand, t *value.Type, cv value.Conversion) *operand {
	r := &operand{at: o.at, typ: t, eval: o.eval, konst: o.konst, effect: o.effect}
	if cv == nil {
		if o.konst != nil && t.Kind == value.KNullable {
			r.konst = nil
		}
		return r
	}
	if o.konst != nil && (t.IsNumeric() || t.Kind == value.KEnum || t == value.Char) {
		if folded := c.fold(o.at, t, func(f *Frame) value.Value { return cv(f.R, *o.konst) }); folded != nil {
			return folded
		}
	}
	r.konst = nil
	e := o.eval
	r.eval = func(f *Frame) value.Value { return cv(f.R, e(f)) }
	return r
}

// explicitType finds a cast.
func (c *compiler) explicitType(from, to *value.Type) (value.Conversion, bool) {
	if cv, ok := c.implicitType(from, to); ok {
		return cv, true
	}
	if cv, ok := c.standardExplicit(from, to); ok {
		return cv, true
	}
	return c.userConversion(from, to, false)
}

// cast is (T)x.
func (c *compiler) cast(n *syntax.Cast) *operand {
	t := c.typeOf(n.Type)
	o := c.expr(n.X)
	if o.failed() || t == value.ErrType {
		return c.bad(n.Pos)
	}
	if o.kind != isValue {
		r := c.convert(o, t)
		r.at = n.Pos
		return r
	}
	if o.null() && t.IsValue() && t.Kind != value.KNullable {
		return c.errorf(n.Pos, "null cannot be a '%s'", t)
	}
	cv, ok := c.implicit(o, t)
	if !ok {
		if cv, ok = c.explicitType(o.typ, t); !ok {
			return c.errorf(n.Pos, "'%s' cannot be cast to '%s'", o.typ, t)
		}
	}
	if o.konst != nil && c.constOverflow(o, t) {
		return c.errorf(n.Pos, "the constant does not fit in '%s'; use unchecked((%s)…)", t, t)
	}
	r := c.converted(o, t, c.at(n.Pos, cv))
	r.at = n.Pos
	return r
}

// at makes a conversion note its place for the errors that it may throw.
func (c *compiler) at(p syntax.Pos, cv value.Conversion) value.Conversion {
	if cv == nil {
		return nil
	}
	return func(r *value.Run, v value.Value) value.Value {
		r.Line, r.Col = p.Line, p.Col
		return cv(r, v)
	}
}

// constOverflow tells whether a constant integer does not fit in t; C# refuses that outside unchecked.
func (c *compiler) constOverflow(o *operand, t *value.Type) bool {
	return !c.unchecked && o.typ.IsInteger() && t.IsInteger() && !value.Fits(o.konst.N, o.typ == value.UInt64, t)
}
