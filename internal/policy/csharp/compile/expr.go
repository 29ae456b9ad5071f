package compile

import (
	"strconv"
	"strings"

	"portico/internal/policy/csharp/decimal"
	"portico/internal/policy/csharp/syntax"
	"portico/internal/policy/csharp/text"
	"portico/internal/policy/csharp/value"
)

// expr binds an expression.
func (c *compiler) expr(e syntax.Expr) *operand {
	if c.depth++; c.depth > maxNesting {
		c.depth = 0 // one message is enough
		return c.errorf(e.At(), "the expression is nested deeper than %d levels", maxNesting)
	}
	defer func() { c.depth-- }()
	switch e := e.(type) {
	case *syntax.Literal:
		return c.literal(e)
	case *syntax.Interpolated:
		return c.interpolated(e)
	case *syntax.Name:
		return c.name(e)
	case *syntax.PredefinedType:
		return &operand{kind: isType, at: e.Pos, typ: c.typeOf(e.Type)}
	case *syntax.Member:
		return c.member(e)
	case *syntax.Index:
		return c.index(e)
	case *syntax.Call:
		return c.call(e)
	case *syntax.CondAccess:
		return c.condAccess(e)
	case *syntax.CondTarget:
		return c.condTargets[len(c.condTargets)-1]
	case *syntax.New:
		return c.newObject(e)
	case *syntax.NewArray:
		return c.newArray(e, nil)
	case *syntax.NewAnon:
		return c.newAnon(e)
	case *syntax.Unary:
		return c.unary(e)
	case *syntax.Postfix:
		return c.increment(e.Pos, e.X, e.Op[:1], true)
	case *syntax.Binary:
		return c.binary(e)
	case *syntax.Assign:
		return c.assign(e)
	case *syntax.Cond:
		return c.conditional(e)
	case *syntax.Is:
		return c.is(e)
	case *syntax.As:
		return c.as(e)
	case *syntax.Cast:
		return c.cast(e)
	case *syntax.Lambda:
		return c.lambda(e)
	case *syntax.TypeOf:
		t := c.typeOf(e.Type)
		v := value.Ref(&value.TypeBox{Of: t})
		return valueOf(e.Pos, value.TypeType, func(*Frame) value.Value { return v })
	case *syntax.NameOf:
		return c.nameOf(e)
	case *syntax.Default:
		if e.Type == nil {
			return &operand{kind: isDefault, at: e.Pos, typ: value.NullType}
		}
		t := c.typeOf(e.Type)
		return valueOf(e.Pos, t, func(*Frame) value.Value { return value.Zero(t) })
	case *syntax.Tuple:
		return c.tuple(e)
	case *syntax.Throw:
		return &operand{kind: isThrow, at: e.Pos, typ: value.NullType, eval: c.throwing(e.Pos, e.X), effect: true}
	case *syntax.Checked:
		return c.withChecked(e.On, func() *operand { return c.expr(e.X) })
	}
	return c.errorf(e.At(), "this cannot stand here")
}

func (c *compiler) withChecked(on bool, f func() *operand) *operand {
	checked, unchecked := c.checked, c.unchecked
	c.checked, c.unchecked = on, !on
	defer func() { c.checked, c.unchecked = checked, unchecked }()
	return f()
}

func (c *compiler) literal(l *syntax.Literal) *operand {
	switch l.Kind {
	case syntax.IntLiteral:
		return c.integer(l, false)
	case syntax.RealLiteral:
		return c.real(l)
	case syntax.StringLiteral:
		return constant(l.Pos, value.String, value.Str(l.Text))
	case syntax.CharLiteral:
		if l.Char >= 0x10000 {
			return c.errorf(l.Pos, "the character does not fit in a char; use a string")
		}
		return constant(l.Pos, value.Char, value.Chr(l.Char))
	case syntax.BoolLiteral:
		return constant(l.Pos, value.Boolean, value.Bool(l.Bool))
	}
	return &operand{at: l.Pos, typ: value.NullType, konst: &value.Value{}, eval: func(*Frame) value.Value { return value.Null }}
}

// integer gives an integer literal the first of int, uint, long, ulong that holds it.
func (c *compiler) integer(l *syntax.Literal, negative bool) *operand {
	digits, base := l.Text, 10
	if strings.HasPrefix(digits, "0x") {
		digits, base = digits[2:], 16
	} else if strings.HasPrefix(digits, "0b") {
		digits, base = digits[2:], 2
	}
	u, err := strconv.ParseUint(digits, base, 64)
	if err != nil {
		return c.errorf(l.Pos, "the number %s is too large", l.Text)
	}
	t := value.Int32
	switch {
	case negative && u <= 1<<31 && l.Suffix == "":
	case negative && u <= 1<<63 && (l.Suffix == "" || l.Suffix == "L"):
		t = value.Int64
	case l.Suffix == "UL" || l.Suffix == "LU":
		t = value.UInt64
	case l.Suffix == "L":
		t = value.Int64
		if u > 1<<63-1 {
			t = value.UInt64
		}
	case l.Suffix == "U":
		t = value.UInt32
		if u > 1<<32-1 {
			t = value.UInt64
		}
	case u > 1<<63-1:
		t = value.UInt64
	case u > 1<<32-1:
		t = value.Int64
	case u > 1<<31-1:
		t = value.UInt32
	}
	n := int64(u)
	if negative {
		if t == value.UInt64 {
			return c.errorf(l.Pos, "'-' cannot be applied to 'ulong'")
		}
		if t == value.UInt32 {
			t = value.Int64
		}
		n = -n
	}
	return constant(l.Pos, t, value.Of(t, n))
}

func (c *compiler) real(l *syntax.Literal) *operand {
	if l.Suffix == "M" {
		d, err := decimal.Parse(l.Text)
		if err != nil {
			return c.errorf(l.Pos, "the number %sm is too large for a decimal", l.Text)
		}
		return constant(l.Pos, value.Decimal, value.DecOf(d))
	}
	bits := 64
	if l.Suffix == "F" {
		bits = 32
	}
	v, err := strconv.ParseFloat(l.Text, bits)
	if err != nil {
		return c.errorf(l.Pos, "the number %s is too large", l.Text)
	}
	if bits == 32 {
		return constant(l.Pos, value.Single, value.Of(value.Single, value.Float(v).N))
	}
	return constant(l.Pos, value.Double, value.Float(v))
}

// interpolated binds $"…" as a joining of its parts.
func (c *compiler) interpolated(n *syntax.Interpolated) *operand {
	var parts []eval
	for _, h := range n.Parts {
		if h.X == nil {
			v := value.Str(h.Text)
			parts = append(parts, func(*Frame) value.Value { return v })
			continue
		}
		x := c.needValue(c.expr(h.X))
		if x.failed() {
			return x
		}
		width := 0
		if h.Align != nil {
			a := c.convert(c.expr(h.Align), value.Int32)
			if a.konst == nil {
				return c.errorf(a.at, "the width of an interpolated value must be a constant")
			}
			width = a.konst.Int()
		}
		if h.Format == "" && width == 0 {
			parts = append(parts, x.eval)
			continue
		}
		parts = append(parts, formatted(x.at, x.eval, h.Format, width))
	}
	if len(parts) == 0 {
		return constant(n.Pos, value.String, value.Str(""))
	}
	return valueOf(n.Pos, value.String, joiner(parts))
}

func formatted(at syntax.Pos, e eval, spec string, width int) eval {
	return func(f *Frame) value.Value {
		v := e(f)
		f.R.Line, f.R.Col = at.Line, at.Col
		return value.Str(pad(f.R, value.FormatValue(f.R, v, spec), width))
	}
}

// pad fills s with spaces to a width: on the left, or on the right where it is negative.
func pad(r *value.Run, s string, width int) string {
	n := max(width, -width) - text.Len(s)
	if n <= 0 {
		return s
	}
	r.Spend(n + len(s))
	if width < 0 {
		return s + strings.Repeat(" ", n)
	}
	return strings.Repeat(" ", n) + s
}

// condAccess is x?.rest: null where x is null.
func (c *compiler) condAccess(n *syntax.CondAccess) *operand {
	x := c.needValue(c.expr(n.X))
	if x.failed() {
		return x
	}
	if x.typ.IsValue() && x.typ.Kind != value.KNullable {
		return c.errorf(n.Pos, "'%s' is never null, so ?. has no use here", x.typ)
	}
	slot := c.temp()
	c.condTargets = append(c.condTargets, valueOf(n.Pos, x.typ.Underlying(), func(f *Frame) value.Value { return f.Slots[slot] }))
	rest := c.expr(n.Rest)
	c.condTargets = c.condTargets[:len(c.condTargets)-1]
	if rest.failed() && rest.kind == isValue {
		return rest
	}
	if rest.kind != isValue {
		return c.needValue(rest)
	}
	t := rest.typ
	if t.IsValue() && t.Kind != value.KNullable {
		t = value.NullableOf(t)
	}
	xe, re := x.eval, rest.eval
	o := valueOf(n.Pos, t, func(f *Frame) value.Value {
		v := xe(f)
		if v.R == nil {
			return v
		}
		f.Slots[slot] = v
		return re(f)
	})
	o.effect = rest.effect
	return o
}

// is binds x is pattern.
func (c *compiler) is(n *syntax.Is) *operand {
	x := c.needValue(c.expr(n.X))
	if x.failed() {
		return x
	}
	slot := c.temp()
	subject := valueOf(x.at, x.typ, func(f *Frame) value.Value { return f.Slots[slot] })
	test := c.pattern(&n.Pattern, subject)
	if test == nil {
		return c.bad(n.Pos)
	}
	e := x.eval
	return valueOf(n.Pos, value.Boolean, func(f *Frame) value.Value {
		f.Slots[slot] = e(f)
		return value.Bool(test(f))
	})
}

// pattern gives the test of a pattern against a subject, which declares the pattern's variable; nil where it fails.
func (c *compiler) pattern(p *syntax.Pattern, x *operand) func(f *Frame) bool {
	xe := x.eval
	if p.VarDecl {
		if p.Name == "_" {
			return func(*Frame) bool { return true }
		}
		set := c.store(c.declare(p.Pos, p.Name, x.typ))
		return func(f *Frame) bool {
			set(f, xe(f))
			return true
		}
	}
	konst := p.Const
	if p.Type != nil && p.Name == "" {
		if e := c.constantName(p.Type); e != nil {
			konst = e
		}
	}
	if konst != nil {
		return c.constPattern(konst, x)
	}
	t := c.variableType(p.Type)
	if t == value.ErrType {
		return nil
	}
	if t.Kind == value.KNullable {
		t = t.Elem()
	}
	if _, ok := c.standardExplicit(x.typ, t); !ok {
		c.report(p.Pos, "a '%s' is never a '%s'", x.typ, t)
		return nil
	}
	if p.Name == "" || p.Name == "_" {
		return func(f *Frame) bool { return value.Is(xe(f), t) }
	}
	set := c.store(c.declare(p.Pos, p.Name, t))
	return func(f *Frame) bool {
		v := xe(f)
		if !value.Is(v, t) {
			return false
		}
		set(f, v)
		return true
	}
}

// constantName gives the expression of a written type that is really a constant, such as an enum's.
func (c *compiler) constantName(t *syntax.TypeRef) syntax.Expr {
	if len(t.Parts) == 0 || len(t.Ranks) > 0 || t.Nullable {
		return nil
	}
	var names []string
	for _, p := range t.Parts {
		if len(p.Args) > 0 {
			return nil
		}
		names = append(names, p.Name)
	}
	if c.namedType(names, nil) != nil {
		return nil
	}
	var e syntax.Expr = &syntax.Name{Pos: t.Pos, Name: names[0]}
	for _, n := range names[1:] {
		e = &syntax.Member{Pos: t.Pos, X: e, Name: n}
	}
	return e
}

func (c *compiler) constPattern(e syntax.Expr, x *operand) func(f *Frame) bool {
	k := c.needValue(c.expr(e))
	if k.failed() {
		return nil
	}
	if k.konst == nil {
		c.report(k.at, "a pattern compares with a constant")
		return nil
	}
	if !k.null() && x.typ.IsValue() {
		if k = c.convert(k, x.typ.Underlying()); k.failed() || k.konst == nil {
			return nil
		}
	}
	want, xe := *k.konst, x.eval
	return func(f *Frame) bool { return value.Equal(f.R, xe(f), want) }
}

func (c *compiler) as(n *syntax.As) *operand {
	x := c.needValue(c.expr(n.X))
	t := c.typeOf(n.Type)
	if x.failed() || t == value.ErrType {
		return c.bad(n.Pos)
	}
	if t.IsValue() && t.Kind != value.KNullable {
		return c.errorf(n.Pos, "as needs a type that can be null; '%s' cannot", t)
	}
	if x.null() {
		return valueOf(n.Pos, t, x.eval)
	}
	if _, ok := c.standardExplicit(x.typ, t); !ok {
		return c.errorf(n.Pos, "a '%s' is never a '%s'", x.typ, t)
	}
	e := x.eval
	return valueOf(n.Pos, t, func(f *Frame) value.Value {
		if v := e(f); value.Is(v, t) {
			return v
		}
		return value.Null
	})
}

func (c *compiler) nameOf(n *syntax.NameOf) *operand {
	switch x := n.X.(type) {
	case *syntax.Name:
		if c.lookup(x.Name) == nil {
			if o := c.name(x); o.failed() && o.kind == isValue {
				return o
			}
		}
		return constant(n.Pos, value.String, value.Str(x.Name))
	case *syntax.Member: // an instance member may be named through its type
		if o := c.expr(x.X); o.failed() && o.kind == isValue {
			return o
		}
		return constant(n.Pos, value.String, value.Str(x.Name))
	}
	return c.errorf(n.Pos, "nameof takes a name")
}

func (c *compiler) tuple(n *syntax.Tuple) *operand {
	t := &value.Type{Namespace: "System", Name: "ValueTuple", Kind: value.KTuple, ZeroOf: zeroTuple}
	var evals []eval
	for i, it := range n.Items {
		o := c.needValue(c.expr(it.X))
		if o.failed() {
			return o
		}
		if o.null() {
			return c.errorf(o.at, "null has no type here; cast it, as in (string)null")
		}
		name := it.Name
		if name == "" {
			name = itemName(i)
			switch x := it.X.(type) {
			case *syntax.Name:
				name = x.Name
			case *syntax.Member:
				name = x.Name
			}
		}
		t.Fields = append(t.Fields, value.Field{Name: name, Type: o.typ})
		t.Args = append(t.Args, o.typ)
		evals = append(evals, o.eval)
	}
	return valueOf(n.Pos, t, func(f *Frame) value.Value { return record(f, t, evals) })
}

func record(f *Frame, t *value.Type, evals []eval) value.Value {
	f.R.AllocValues(len(evals) + 1)
	rec := &value.Record{T: t, Fields: make([]value.Value, len(evals))}
	for i, e := range evals {
		rec.Fields[i] = e(f)
	}
	return value.Ref(rec)
}
