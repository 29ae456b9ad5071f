package compile

import (
	"portico/internal/policy/csharp/syntax"
	"portico/internal/policy/csharp/value"
)

// lambdaArg is a lambda whose delegate type is not known yet. Its body is bound
// once for each list of parameter types that a candidate method offers.
type lambdaArg struct {
	node  *syntax.Lambda
	types []*value.Type // of typed parameters
	bound []*boundLambda
}

// boundLambda is a lambda bound for certain parameter types.
type boundLambda struct {
	params []*value.Type
	fn     *function
	body   *operand // of an expression lambda
	block  stmt
	rets   []*retSite
	result *value.Type // what it gives by itself; nil for nothing that has a type
	falls  bool        // the end of the block can be reached
	entry  func(f *Frame)
	cells  []bool // which parameters are captured
	errs   []*syntax.Error
}

// maxLambdas bounds the bindings of one program: lambdas in each other multiply.
const maxLambdas = 5000

func (l *lambdaArg) typed() bool { return len(l.node.Params) > 0 && l.node.Params[0].Type != nil }

func (c *compiler) lambda(n *syntax.Lambda) *operand {
	return &operand{kind: isLambda, at: n.Pos, typ: value.NullType, lambda: &lambdaArg{node: n}}
}

// lambdaParams gives the types of typed parameters.
func (c *compiler) lambdaParams(l *lambdaArg) []*value.Type {
	if l.types == nil {
		for _, p := range l.node.Params {
			t := value.ErrType
			if p.Type != nil {
				t = c.variableType(p.Type)
			}
			l.types = append(l.types, t)
		}
	}
	return l.types
}

// bindLambda binds the body for those parameter types. Problems stay in the
// result: they count only if this is the form that is used.
func (c *compiler) bindLambda(l *lambdaArg, params []*value.Type) *boundLambda {
	for _, b := range l.bound {
		if sameTypes(b.params, params) {
			return b
		}
	}
	b := &boundLambda{params: append([]*value.Type(nil), params...)}
	l.bound = append(l.bound, b)
	errs := c.errs
	c.errs = nil
	defer func() { b.errs, c.errs = c.errs, errs }()
	if c.lambdas++; c.lambdas > maxLambdas {
		c.report(l.node.Pos, "the lambdas of the expression are nested too deep to be understood")
		return b
	}
	b.fn = c.enter(nil)
	for i, p := range l.node.Params {
		v := c.declare(p.Pos, p.Name, params[i])
		b.cells = append(b.cells, v.cell)
	}
	b.fn.scope.cells = nil // the call makes the parameters' cells
	if l.node.Body != nil {
		b.body = c.expr(l.node.Body)
		if b.body.kind == isValue {
			b.result = b.body.typ
		}
	} else {
		b.block, b.falls = c.block(l.node.Block)
		b.rets = b.fn.rets
		b.result = c.commonResult(b.rets)
	}
	b.entry = b.fn.scope.entry()
	c.leave()
	return b
}

func sameTypes(a, b []*value.Type) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !value.Same(a[i], b[i]) {
			return false
		}
	}
	return true
}

// commonResult is the type that all returned values convert to.
func (c *compiler) commonResult(rets []*retSite) *value.Type {
	var t *value.Type
	for _, s := range rets {
		if s.op == nil {
			return value.Void
		}
		if s.op.kind != isValue || s.op.null() {
			continue
		}
		switch {
		case t == nil:
			t = s.op.typ
		case value.Same(t, s.op.typ):
		default:
			if _, ok := c.implicitType(t, s.op.typ); ok {
				t = s.op.typ
			}
		}
	}
	if t == nil && len(rets) == 0 {
		return value.Void
	}
	return t
}

// lambdaResult gives the type that the lambda returns for those parameter types, or nil.
func (c *compiler) lambdaResult(l *lambdaArg, params []*value.Type) *value.Type {
	if len(params) != len(l.node.Params) {
		return nil
	}
	b := c.bindLambda(l, params)
	if len(b.errs) > 0 || b.result == value.Void || b.result == value.NullType {
		return nil
	}
	return b.result
}

// lambdaFits tells whether a lambda converts to a delegate type.
func (c *compiler) lambdaFits(l *lambdaArg, t *value.Type) bool {
	if t.Kind != value.KDelegate {
		return false
	}
	params, ret := t.Signature()
	if len(params) != len(l.node.Params) {
		return false
	}
	if l.typed() && !sameTypes(c.lambdaParams(l), params) {
		return false
	}
	b := c.bindLambda(l, params)
	return len(b.errs) == 0 && c.gives(b, ret)
}

// gives tells whether what the body returns converts to ret.
func (c *compiler) gives(b *boundLambda, ret *value.Type) bool {
	if b.body != nil {
		if ret == value.Void {
			return b.body.kind == isThrow || b.body.effect
		}
		_, ok := c.implicit(b.body, ret)
		return ok
	}
	if ret == value.Void {
		for _, s := range b.rets {
			if s.op != nil {
				return false
			}
		}
		return true
	}
	if b.falls {
		return false
	}
	for _, s := range b.rets {
		if s.op == nil {
			return false
		}
		if _, ok := c.implicit(s.op, ret); !ok {
			return false
		}
	}
	return true
}

// betterLambda compares two delegate types by what the lambda returns.
func (c *compiler) betterLambda(l *lambdaArg, t, u *value.Type) int {
	if t.Kind != value.KDelegate || u.Kind != value.KDelegate {
		return 0
	}
	pt, rt := t.Signature()
	_, ru := u.Signature()
	if value.Same(rt, ru) {
		return 0
	}
	got := c.lambdaResult(l, pt)
	switch {
	case got != nil && value.Same(got, rt):
		return 1
	case got != nil && value.Same(got, ru):
		return -1
	case ru == value.Void:
		return 1
	case rt == value.Void:
		return -1
	}
	return betterTarget(rt, ru)
}

// lambdaErrors reports why the bodies of lambda arguments could not be bound.
func (c *compiler) lambdaErrors(args []*argument) bool {
	found := false
	for _, a := range args {
		if a.op.kind != isLambda {
			continue
		}
		for _, b := range a.op.lambda.bound {
			if len(b.errs) > 0 {
				c.errs = append(c.errs, b.errs...)
				found = true
				break
			}
		}
	}
	return found
}

// lambdaTo makes the function value of delegate type t.
func (c *compiler) lambdaTo(o *operand, t *value.Type) *operand {
	l := o.lambda
	if t.Kind != value.KDelegate {
		return c.errorf(o.at, "a lambda cannot be converted to '%s'", t)
	}
	params, ret := t.Signature()
	if len(params) != len(l.node.Params) {
		return c.errorf(o.at, "a '%s' takes %d parameters, not %d", t, len(params), len(l.node.Params))
	}
	if l.typed() && !sameTypes(c.lambdaParams(l), params) {
		return c.errorf(o.at, "the parameters of the lambda are not those of '%s'", t)
	}
	b := c.bindLambda(l, params)
	if len(b.errs) > 0 {
		c.errs = append(c.errs, b.errs...)
		return c.bad(o.at)
	}
	outer := c.fn
	c.fn = b.fn
	body := c.finish(o.at, b, ret)
	c.fn = outer
	if body == nil {
		return c.bad(o.at)
	}
	fn, entry, cells := b.fn, b.entry, b.cells
	return valueOf(o.at, t, func(f *Frame) value.Value {
		return value.Ref(&value.Func{T: t, Call: fn.caller(fn.closure(f), cells, entry, body)})
	})
}

// frameSize is what a Frame counts for in the memory budget.
const frameSize = 128

// caller makes the Go function that runs a body in a frame of its own.
func (fn *function) caller(cells []*value.Cell, boxed []bool, entry func(*Frame), body eval) func(*value.Run, []value.Value) value.Value {
	var spare *Frame // of the last call; recursion and an exception leave none
	return func(r *value.Run, args []value.Value) value.Value {
		f := spare
		if spare = nil; f == nil {
			r.Alloc(frameSize)
			f = &Frame{}
		}
		r.Enter()
		r.Step(2)
		m := r.Mark()
		slots := r.Push(fn.slots)
		for i, isCell := range boxed {
			if !isCell {
				slots[i] = args[i]
			} else {
				slots[i] = value.Ref(&value.Cell{V: args[i]})
			}
		}
		*f = Frame{R: r, Slots: slots, Cells: cells}
		if entry != nil {
			entry(f)
		}
		v := body(f)
		r.Pop(m)
		r.Leave()
		spare = f
		return v
	}
}

// finish converts what the body returns to ret.
func (c *compiler) finish(at syntax.Pos, b *boundLambda, ret *value.Type) eval {
	if b.body != nil {
		if ret == value.Void {
			return b.body.eval
		}
		body := c.convert(b.body, ret)
		if body.failed() {
			return nil
		}
		return body.eval
	}
	if ret != value.Void && b.falls {
		c.report(at, "not every path of the lambda returns a value")
		return nil
	}
	c.finishReturns(b.rets, ret)
	block := b.block
	return func(f *Frame) value.Value {
		block(f)
		return f.Ret
	}
}

// finishReturns converts the values of return statements.
func (c *compiler) finishReturns(rets []*retSite, ret *value.Type) {
	for _, s := range rets {
		switch {
		case s.op == nil:
			if ret != value.Void {
				c.report(s.at, "return needs a value of type '%s'", ret)
			}
		case ret == value.Void:
			c.report(s.at, "nothing can be returned here")
		default:
			s.eval = c.convert(s.op, ret).eval
		}
	}
}

// localFunc is a local function.
type localFunc struct {
	node  *syntax.LocalFunc
	local *local
	m     *value.Method
	fn    *function
	cells []bool
	entry func(f *Frame)
	body  eval
}

// bind stores the function value into its variable when the block is entered.
func (lf *localFunc) bind(f *Frame) {
	call := lf.fn.caller(lf.fn.closure(f), lf.cells, lf.entry, lf.body)
	v := value.Ref(&value.Func{T: value.Obj, Call: call})
	if lf.local.cell {
		f.Slots[lf.local.slot].R.(*value.Cell).V = v
	} else {
		f.Slots[lf.local.slot] = v
	}
}

// declareFunc makes a local function known in its block, ahead of its body.
func (c *compiler) declareFunc(n *syntax.LocalFunc) *localFunc {
	lf := &localFunc{node: n}
	ret := c.typeOf(n.Type)
	lf.m = &value.Method{Name: n.Name, Owner: value.Obj, Ret: ret}
	for _, p := range n.Params {
		q := value.Param{Name: p.Name, Type: c.variableType(p.Type), Out: p.Mode == "out", Ref: p.Mode == "ref", Params: p.Mode == "params"}
		if p.Default != nil {
			d := c.convert(c.expr(p.Default), q.Type)
			if d.konst == nil && !d.failed() {
				if d.typ.Kind == value.KNullable || !d.typ.IsValue() {
					d.konst = &value.Value{}
				} else {
					c.report(p.Pos, "the default of a parameter must be a constant")
				}
			}
			q.Default = d.konst
		}
		lf.m.Params = append(lf.m.Params, q)
	}
	lf.m.Fn = func(r *value.Run, a []value.Value) value.Value {
		return a[0].R.(*value.Func).Call(r, a[1:])
	}
	lf.local = c.declare(n.Pos, n.Name, value.Obj)
	lf.local.local = lf
	c.fn.scope.funcs = append(c.fn.scope.funcs, lf)
	return lf
}

// compileFunc binds the body of a local function.
func (c *compiler) compileFunc(lf *localFunc) {
	n := lf.node
	lf.fn = c.enter(lf.m.Ret)
	for i, p := range n.Params {
		v := c.declare(p.Pos, p.Name, lf.m.Params[i].Type)
		byRef := lf.m.Params[i].Out || lf.m.Params[i].Ref
		lf.cells = append(lf.cells, v.cell && !byRef)
		v.cell = v.cell || byRef
	}
	lf.fn.scope.cells = nil
	ret := lf.m.Ret
	if n.Body != nil {
		body := c.expr(n.Body)
		if ret != value.Void {
			body = c.convert(body, ret)
		}
		lf.body = body.eval
	} else {
		block, falls := c.block(n.Block)
		c.finishReturns(lf.fn.rets, ret)
		if falls && ret != value.Void && ret != value.ErrType {
			c.report(n.Pos, "not every path of '%s' returns a value", n.Name)
		}
		lf.body = func(f *Frame) value.Value {
			block(f)
			return f.Ret
		}
	}
	lf.entry = lf.fn.scope.entry()
	c.leave()
}

// callLocal binds a call of a local function.
func (c *compiler) callLocal(at syntax.Pos, lf *localFunc, args []*argument) *operand {
	b := c.pick([]*candidate{{lf.m, nil}}, args, nil, nil)
	if b == nil {
		if c.lambdaErrors(args) {
			return c.bad(at)
		}
		return c.errorf(at, "'%s' does not take the arguments (%s)", lf.m.Name, describe(args))
	}
	return c.emit(at, &methodGroup{name: lf.m.Name, recv: c.variable(at, lf.local)}, b, args)
}
