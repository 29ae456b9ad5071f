package compile

import (
	"portico/internal/policy/csharp/syntax"
	"portico/internal/policy/csharp/value"
)

// handler is one catch.
type handler struct {
	typ   *value.Type // nil for all
	set   func(f *Frame, v value.Value)
	guard eval
	body  stmt
	entry func(f *Frame)
}

func (c *compiler) try(s *syntax.Try) (stmt, flow) {
	body, fl := c.blockFlow(s.Body)
	var handlers []handler
	for i := range s.Catches {
		h, hf := c.handler(&s.Catches[i])
		handlers = append(handlers, h)
		fl.falls = fl.falls || hf.falls
		fl.breaks = fl.breaks || hf.breaks
	}
	run := body
	if len(handlers) > 0 {
		run = func(f *Frame) ctl { return runCatch(f, body, handlers) }
	}
	if s.Finally == nil {
		return run, fl
	}
	c.fn.finally++
	end, ef := c.blockFlow(s.Finally)
	c.fn.finally--
	fl.falls = fl.falls && ef.falls
	return func(f *Frame) ctl { return runFinally(f, run, end) }, fl
}

func (c *compiler) handler(k *syntax.Catch) (handler, flow) {
	var h handler
	scope := c.push()
	defer c.pop()
	c.fn.catch++
	defer func() { c.fn.catch-- }()
	if k.Type != nil {
		h.typ = c.typeOf(k.Type)
		if h.typ != value.ErrType && !value.Derives(h.typ, value.ExBase) {
			c.report(k.Type.Pos, "'%s' is not an exception", h.typ)
		}
		if k.Name != "" {
			h.set = c.store(c.declare(k.Pos, k.Name, h.typ))
		}
	}
	if k.Guard != nil {
		h.guard = c.condition(k.Guard).eval
	}
	body, fl := c.block(k.Body)
	h.body, h.entry = body, scope.entry()
	return h, flow{falls: fl}
}

// protect runs a body and gives the exception that left it. An abort passes through.
func protect(f *Frame, body stmt) (r ctl, thrown *value.Thrown) {
	defer func() {
		if p := recover(); p != nil {
			t, ok := p.(*value.Thrown)
			if !ok {
				panic(p)
			}
			thrown = t
		}
	}()
	return body(f), nil
}

func runCatch(f *Frame, body stmt, handlers []handler) ctl {
	m := f.R.Mark()
	r, thrown := protect(f, body)
	if thrown == nil {
		return r
	}
	f.R.Reset(m)
	f.R.Step(10)
	for i := range handlers {
		h := &handlers[i]
		if h.typ != nil && !value.Derives(thrown.E.T, h.typ) {
			continue
		}
		if h.entry != nil {
			h.entry(f)
		}
		if h.set != nil {
			h.set(f, value.Ref(thrown.E))
		}
		if h.guard != nil && !h.guard(f).Bool() {
			continue
		}
		outer := f.Catch
		f.Catch = thrown.E
		r := h.body(f)
		f.Catch = outer
		return r
	}
	panic(thrown)
}

// runFinally runs end however body leaves, except when the run is aborted.
func runFinally(f *Frame, body, end stmt) ctl {
	m := f.R.Mark()
	r, thrown := protect(f, body)
	if thrown != nil {
		f.R.Reset(m)
	}
	ret, jump := f.Ret, f.Jump
	if e := end(f); e != next {
		return e
	}
	if thrown != nil {
		panic(thrown)
	}
	f.Ret, f.Jump = ret, jump
	return r
}

// Disposer is what using disposes of.
type Disposer interface{ Dispose(r *value.Run) }

func (c *compiler) using(s *syntax.Using) (stmt, flow) {
	scope := c.push()
	defer c.pop()
	var start stmt
	var held []eval
	if s.Decl != nil {
		start = c.local(s.Decl)
		for _, d := range s.Decl.Vars {
			if l := c.lookup(d.Name); l != nil {
				l.fixed = "the variable of a using cannot be changed"
				held = append(held, c.disposable(d.Pos, c.variable(d.Pos, l)))
			}
		}
	} else {
		slot := c.temp()
		x := c.needValue(c.expr(s.X))
		e := x.eval
		start = func(f *Frame) ctl { f.Slots[slot] = e(f); return next }
		held = append(held, c.disposable(s.Pos, valueOf(s.Pos, x.typ, func(f *Frame) value.Value { return f.Slots[slot] })))
	}
	body, fl := c.embedded(s.Body)
	end := func(f *Frame) ctl {
		for _, h := range held {
			if d, ok := h(f).R.(Disposer); ok {
				d.Dispose(f.R)
			}
		}
		return next
	}
	return withEntry(scope.entry(), func(f *Frame) ctl {
		start(f)
		return runFinally(f, body, end)
	}), fl
}

func (c *compiler) disposable(at syntax.Pos, x *operand) eval {
	if !x.failed() && !value.Derives(x.typ, value.IDisposable) {
		c.report(at, "a '%s' is nothing that using could dispose of", x.typ)
	}
	return x.eval
}
