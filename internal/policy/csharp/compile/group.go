package compile

import (
	"portico/internal/policy/csharp/syntax"
	"portico/internal/policy/csharp/value"
)

// match finds the method of a group that takes those parameter types.
func (c *compiler) match(g *methodGroup, params []*value.Type) *binding {
	args := make([]*argument, len(params))
	for i, t := range params {
		args[i] = &argument{op: valueOf(syntax.Pos{}, t, nil)}
	}
	if g.local != nil {
		return c.pick([]*candidate{{g.local.m, nil}}, args, nil, nil)
	}
	for _, level := range g.levels {
		if b := c.pick(level, args, g.args, g.recv); b != nil && !b.expanded && b.defaults == 0 {
			return b
		}
	}
	return nil
}

// methodsFit tells whether a method group converts to a delegate type.
func (c *compiler) methodsFit(o *operand, t *value.Type) bool {
	if t.Kind != value.KDelegate {
		return false
	}
	params, ret := t.Signature()
	for _, p := range params {
		if open(p) {
			return false
		}
	}
	b := c.match(o.methods, params)
	if b == nil {
		return false
	}
	if ret == value.Void || open(ret) {
		return true
	}
	_, ok := value.Implicit(b.ret, ret)
	return ok
}

// groupResult is the type that the method for those parameters returns.
func (c *compiler) groupResult(o *operand, params []*value.Type) *value.Type {
	if b := c.match(o.methods, params); b != nil && b.ret != value.Void {
		return b.ret
	}
	return nil
}

// methodsTo makes a delegate of a method group.
func (c *compiler) methodsTo(o *operand, t *value.Type) *operand {
	g := o.methods
	if t.Kind != value.KDelegate {
		return c.errorf(o.at, "'%s' is a method; call it with ()", g.name)
	}
	params, ret := t.Signature()
	b := c.match(g, params)
	if b == nil {
		return c.errorf(o.at, "no form of '%s' fits a '%s'", g.name, t)
	}
	convs := make([]value.Conversion, len(params))
	for i := range params {
		convs[i], _ = c.implicitType(params[i], b.params[i].typ)
	}
	out, ok := c.implicitType(b.ret, ret)
	if !ok && ret != value.Void {
		return c.errorf(o.at, "'%s' gives a '%s', not a '%s'", g.name, b.ret, ret)
	}
	recvOp := g.recv
	if g.local != nil {
		recvOp = c.variable(o.at, g.local.local)
	}
	var recv eval
	var recvType *value.Type
	if recvOp != nil {
		recv, recvType = recvOp.eval, recvOp.typ
	}
	fn := b.native(recvType)
	at := o.at
	return valueOf(o.at, t, func(f *Frame) value.Value {
		var self value.Value
		if recv != nil {
			if self = recv(f); self.R == nil && !b.c.m.Static {
				c.nullReference(f.R, at)
			}
		}
		return value.Ref(&value.Func{T: t, Call: func(r *value.Run, args []value.Value) value.Value {
			m := r.Mark()
			var a []value.Value
			if recv != nil {
				a = r.Push(len(args) + 1)
				a[0] = self
			} else {
				a = r.Push(len(args))
			}
			rest := a[len(a)-len(args):]
			for i, v := range args {
				if convs[i] != nil {
					v = convs[i](r, v)
				}
				rest[i] = v
			}
			r.Step(1)
			v := fn(r, a)
			r.Pop(m)
			if out != nil {
				v = out(r, v)
			}
			return v
		}})
	})
}
