package compile

import (
	"slices"
	"strings"

	"portico/internal/policy/csharp/syntax"
	"portico/internal/policy/csharp/value"
)

// argument is one argument of a call, bound before the method is chosen.
type argument struct {
	name string
	mode string
	op   *operand
}

// arguments binds arguments; it gives nil where one has failed.
func (c *compiler) arguments(list []syntax.Arg) []*argument {
	out := make([]*argument, 0, len(list))
	ok := true
	for _, a := range list {
		arg := &argument{name: a.Name, mode: a.Mode}
		if d, is := a.X.(*syntax.DeclExpr); is {
			arg.op = &operand{kind: isOut, at: d.Pos, typ: value.NullType, decl: d}
		} else {
			arg.op = c.expr(a.X)
		}
		switch arg.op.kind {
		case isType, isNamespace:
			arg.op = c.needValue(arg.op)
		case isValue:
			arg.op = c.needValue(arg.op)
		}
		ok = ok && !(arg.op.failed() && arg.op.kind == isValue)
		out = append(out, arg)
	}
	if !ok {
		return nil
	}
	return out
}

func describe(args []*argument) string {
	names := make([]string, len(args))
	for i, a := range args {
		switch a.op.kind {
		case isLambda:
			names[i] = "lambda"
		case isMethods:
			names[i] = "method"
		case isOut:
			names[i] = "out"
		case isDefault:
			names[i] = "default"
		default:
			names[i] = a.op.typ.String()
		}
	}
	return strings.Join(names, ", ")
}

// call binds x(args).
func (c *compiler) call(n *syntax.Call) *operand {
	_, c.called = n.X.(*syntax.Member)
	x := c.expr(n.X)
	c.called = false
	args := c.arguments(n.Args)
	if x.failed() && x.kind == isValue || args == nil && len(n.Args) > 0 {
		return c.bad(n.Pos)
	}
	at := n.X.At()
	if x.kind != isMethods {
		x = c.needValue(x)
		if x.failed() {
			return x
		}
		if x.typ.Kind != value.KDelegate {
			// As Visual Basic has it, and published documents too: dictionary(key, default).
			if value.FindSuper(x.typ, c.lib.Lookup("IReadOnlyDictionary", 2)) != nil {
				if get := c.instanceMember(at, x, "GetValueOrDefault", nil, true); get.kind == isMethods {
					return c.callMethods(at, get.methods, args)
				}
			}
			return c.errorf(at, "a '%s' cannot be called", x.typ)
		}
		return c.invoke(at, x, args)
	}
	if x.methods.local != nil {
		return c.callLocal(at, x.methods.local, args)
	}
	return c.callMethods(at, x.methods, args)
}

// callMethods calls the method of a group that fits best. Where none fits, a
// string may stand for a number: C# refuses that, and published documents that
// do it mean nothing else.
func (c *compiler) callMethods(at syntax.Pos, g *methodGroup, args []*argument) *operand {
	if o := c.callBest(at, g, args); o != nil {
		return o
	}
	if !c.loose && slices.ContainsFunc(args, func(a *argument) bool { return a.op.kind == isValue && a.op.typ == value.String && a.op.konst == nil }) {
		c.loose = true
		defer func() { c.loose = false }()
		if o := c.callBest(at, g, args); o != nil {
			return o
		}
	}
	return c.noOverload(at, g, args)
}

// callBest is callMethods without the strings that are numbers; it gives nil where no method fits.
func (c *compiler) callBest(at syntax.Pos, g *methodGroup, args []*argument) *operand {
	failures := len(c.errs)
	for _, level := range g.levels {
		if b := c.pick(level, args, g.args, g.recv); b != nil {
			return c.emit(at, g, b, args)
		}
	}
	if len(c.errs) > failures {
		return c.bad(at) // the body of a lambda says why
	}
	return nil
}

// noOverload says why no method fits: with one candidate, which argument is wrong.
func (c *compiler) noOverload(at syntax.Pos, g *methodGroup, args []*argument) *operand {
	if c.lambdaErrors(args) {
		return c.bad(at)
	}
	var only []*candidate
	for _, level := range g.levels {
		only = append(only, level...)
	}
	if len(only) == 1 && !only[0].m.Ext && only[0].m.TParams == 0 {
		m := only[0].m
		if len(args) == len(m.Params) {
			for i, a := range args {
				if a.op.kind == isValue && a.name == "" {
					if _, ok := c.implicit(a.op, value.Subst(m.Params[i].Type, only[0].class, nil)); !ok {
						return c.convert(a.op, value.Subst(m.Params[i].Type, only[0].class, nil))
					}
				}
			}
		}
	}
	of := g.onType
	if g.recv != nil {
		of = g.recv.typ
	}
	return c.errorf(at, "no form of '%s.%s' takes the arguments (%s)", of, g.name, describe(args))
}

// invoke calls a delegate.
func (c *compiler) invoke(at syntax.Pos, x *operand, args []*argument) *operand {
	params, ret := x.typ.Signature()
	m := &value.Method{Name: x.typ.String(), Owner: x.typ, Ret: ret}
	for _, p := range params {
		m.Params = append(m.Params, value.Param{Type: p})
	}
	b := c.pick([]*candidate{{m, nil}}, args, nil, nil)
	if b == nil {
		if c.lambdaErrors(args) {
			return c.bad(at)
		}
		return c.errorf(at, "a '%s' takes %d arguments of other types than (%s)", x.typ, len(params), describe(args))
	}
	m.Fn = func(r *value.Run, a []value.Value) value.Value {
		return a[0].R.(*value.Func).Call(r, a[1:])
	}
	return c.emit(at, &methodGroup{name: m.Name, recv: x}, b, args)
}

// native gives the body of the chosen method, bound to its type arguments.
func (b *binding) native(recv *value.Type) value.Native {
	if b.c.m.Gen == nil {
		return b.c.m.Fn
	}
	return b.c.m.Gen(value.Inst{Recv: recv, Args: b.targs, Ret: b.ret})
}

// convertArgs gives the evaluation of every parameter, and what to do after
// the call with those that are passed by reference.
func (c *compiler) convertArgs(b *binding, args []*argument) (params []eval, after []func(f *Frame, v value.Value)) {
	params = make([]eval, len(b.params))
	after = make([]func(f *Frame, v value.Value), len(b.params))
	for i, p := range b.params {
		switch {
		case p.rest:
			params[i] = c.restArray(p, args)
		case p.arg < 0:
			d := value.Null
			if p.dflt != nil {
				d = *p.dflt
			}
			params[i] = func(*Frame) value.Value { return d }
		case p.byRef:
			params[i], after[i] = c.reference(args[p.arg], p.typ)
		default:
			params[i] = c.convert(args[p.arg].op, p.typ).eval
		}
	}
	for _, a := range after {
		if a != nil {
			return params, after
		}
	}
	return params, nil
}

// restArray collects the arguments of params T[].
func (c *compiler) restArray(p paramBinding, args []*argument) eval {
	elem := p.typ.Elem()
	var list []eval
	for _, i := range p.args {
		list = append(list, c.convert(args[i].op, elem).eval)
	}
	t := p.typ
	if elem == value.Byte {
		return func(f *Frame) value.Value {
			b := make([]byte, len(list))
			for i, e := range list {
				b[i] = byte(e(f).N)
			}
			return value.ByteSlice(b)
		}
	}
	return func(f *Frame) value.Value {
		f.R.AllocValues(len(list))
		items := make([]value.Value, len(list))
		for i, e := range list {
			items[i] = e(f)
		}
		return value.Ref(&value.Array{T: t, Items: items})
	}
}

// reference passes a variable by a cell of its own and copies it back afterwards.
func (c *compiler) reference(a *argument, t *value.Type) (eval, func(f *Frame, v value.Value)) {
	var set func(f *Frame, v value.Value)
	get := func(*Frame) value.Value { return value.Null }
	if a.op.kind == isOut {
		d := a.op.decl
		if d.Name != "_" {
			if d.Type != nil && !d.Type.Var() {
				if dt := c.typeOf(d.Type); dt != value.ErrType && !value.Same(dt, t) {
					c.report(d.Pos, "the out parameter is a '%s', not a '%s'", t, dt)
				}
			}
			set = c.store(c.declare(d.Pos, d.Name, t))
		}
	} else if p := a.op.place; p == nil || p.set == nil || p.readonly != "" || p.n != 0 {
		c.report(a.op.at, "an argument that is passed by %s must be a variable", a.mode)
	} else {
		if !value.Same(a.op.typ, t) {
			c.report(a.op.at, "the %s parameter is a '%s', not a '%s'", a.mode, t, a.op.typ)
		}
		get = a.op.eval
		set = func(f *Frame, v value.Value) { p.set(f, nil, v) }
	}
	return func(f *Frame) value.Value {
			return value.Ref(&value.Cell{V: get(f)})
		}, func(f *Frame, v value.Value) {
			if set != nil {
				set(f, v.R.(*value.Cell).V)
			}
		}
}

// emit makes the call of the chosen method.
func (c *compiler) emit(at syntax.Pos, g *methodGroup, b *binding, args []*argument) *operand {
	m := b.c.m
	params, after := c.convertArgs(b, args)
	var recvType *value.Type
	first := 0
	var recv eval
	instance := false
	if g.recv != nil {
		recvType = g.recv.typ
		recv, first = g.recv.eval, 1
		instance = !m.Static
		if m.Ext {
			self := value.Subst(value.Subst(m.Params[0].Type, b.c.class, nil), nil, b.targs)
			recv = c.convert(g.recv, self).eval
		} else if recvType.Kind == value.KNullable {
			instance = false
		}
	}
	fn := b.native(recvType)
	if fn == nil {
		return c.errorf(at, "'%s' cannot be used here", m.Name)
	}
	n := len(params) + first
	o := valueOf(at, b.ret, nil)
	o.effect = true
	o.eval = func(f *Frame) value.Value {
		r := f.R
		mk := r.Mark()
		a := r.Push(n)
		if recv != nil {
			a[0] = recv(f)
		}
		for i, p := range params {
			a[first+i] = p(f)
		}
		r.Line, r.Col = at.Line, at.Col
		if instance && a[0].R == nil {
			r.Throw(value.ExNull, "Object reference not set to an instance of an object.")
		}
		r.Step(1)
		v := fn(r, a)
		if after != nil {
			for i, set := range after {
				if set != nil {
					set(f, a[first+i])
				}
			}
		}
		r.Pop(mk)
		return v
	}
	return o
}
