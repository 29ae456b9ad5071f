package compile

import (
	"portico/internal/policy/csharp/syntax"
	"portico/internal/policy/csharp/value"
)

// ctl tells how a statement ended.
type ctl uint8

const (
	next ctl = iota
	breaks
	continues
	returns
	jumps // to the section frame.Jump of the switch around
)

// stmt runs a statement.
type stmt func(f *Frame) ctl

// flow is what the compiler knows of the ways out of a statement.
type flow struct {
	falls  bool // its end can be reached
	breaks bool // a break leaves the loop around
}

func nothing(*Frame) ctl { return next }

// block binds { … } as a scope of its own.
func (c *compiler) block(b *syntax.Block) (stmt, bool) {
	s, fl := c.blockFlow(b)
	return s, fl.falls
}

func (c *compiler) blockFlow(b *syntax.Block) (stmt, flow) {
	scope := c.push()
	defer c.pop()
	run, fl := c.list(b.Stmts)
	return withEntry(scope.entry(), run), fl
}

func withEntry(entry func(*Frame), run stmt) stmt {
	if entry == nil {
		return run
	}
	return func(f *Frame) ctl {
		entry(f)
		return run(f)
	}
}

// list binds statements in order. Local functions are known in the whole block.
func (c *compiler) list(stmts []syntax.Stmt) (stmt, flow) {
	funcs := map[*syntax.LocalFunc]*localFunc{}
	for _, s := range stmts {
		if lf, ok := s.(*syntax.LocalFunc); ok {
			funcs[lf] = c.declareFunc(lf)
		}
	}
	var list []stmt
	fl := flow{falls: true}
	for _, s := range stmts {
		if lf, ok := s.(*syntax.LocalFunc); ok {
			c.compileFunc(funcs[lf])
			continue
		}
		run, sf := c.stmt(s)
		if fl.falls {
			fl.falls = sf.falls
			fl.breaks = fl.breaks || sf.breaks
		}
		list = append(list, run)
	}
	switch len(list) {
	case 0:
		return nothing, fl
	case 1:
		return list[0], fl
	case 2:
		a, b := list[0], list[1]
		return func(f *Frame) ctl {
			if x := a(f); x != next {
				return x
			}
			return b(f)
		}, fl
	}
	return func(f *Frame) ctl {
		for _, s := range list {
			if x := s(f); x != next {
				return x
			}
		}
		return next
	}, fl
}

// embedded binds a statement that is the body of another: it has a scope of its own.
func (c *compiler) embedded(s syntax.Stmt) (stmt, flow) {
	if _, ok := s.(*syntax.Local); ok {
		c.report(s.At(), "a declaration needs a block { } here")
	}
	scope := c.push()
	defer c.pop()
	run, fl := c.stmt(s)
	return withEntry(scope.entry(), run), fl
}

var falls = flow{falls: true}

// stmt binds one statement.
func (c *compiler) stmt(s syntax.Stmt) (stmt, flow) {
	switch s := s.(type) {
	case *syntax.Block:
		return c.blockFlow(s)
	case *syntax.Empty:
		return nothing, falls
	case *syntax.ExprStmt:
		return c.exprStmt(s)
	case *syntax.Local:
		return c.local(s), falls
	case *syntax.If:
		return c.ifStmt(s)
	case *syntax.While:
		return c.while(s)
	case *syntax.For:
		return c.forStmt(s)
	case *syntax.Foreach:
		return c.foreach(s)
	case *syntax.Switch:
		return c.switchStmt(s)
	case *syntax.Return:
		return c.returnStmt(s), flow{}
	case *syntax.Jump:
		return c.jump(s)
	case *syntax.ThrowStmt:
		return c.throwStmt(s), flow{}
	case *syntax.Try:
		return c.try(s)
	case *syntax.Using:
		return c.using(s)
	case *syntax.Lock:
		x := c.needValue(c.expr(s.X))
		body, fl := c.embedded(s.Body)
		e := x.eval
		return func(f *Frame) ctl { e(f); return body(f) }, fl
	case *syntax.CheckedBlock:
		checked, unchecked := c.checked, c.unchecked
		c.checked, c.unchecked = s.On, !s.On
		defer func() { c.checked, c.unchecked = checked, unchecked }()
		return c.blockFlow(s.Body)
	}
	c.report(s.At(), "this statement cannot stand here")
	return nothing, falls
}

func (c *compiler) exprStmt(s *syntax.ExprStmt) (stmt, flow) {
	o := c.expr(s.X)
	if o.failed() && o.kind == isValue {
		return nothing, falls
	}
	if !o.effect {
		if o.kind == isValue || o.kind == isType {
			c.report(s.Pos, "only an assignment, a call, an increment or new may stand as a statement")
		} else {
			c.needValue(o)
		}
		return nothing, falls
	}
	e := o.eval
	return func(f *Frame) ctl { e(f); return next }, falls
}

// local binds a declaration.
func (c *compiler) local(s *syntax.Local) stmt {
	var t *value.Type
	if !s.Type.Var() {
		t = c.variableType(s.Type)
	}
	var list []stmt
	for _, d := range s.Vars {
		if run := c.declarator(s, &d, t); run != nil {
			list = append(list, run)
		}
	}
	if len(list) == 1 {
		return list[0]
	}
	return func(f *Frame) ctl {
		for _, l := range list {
			l(f)
		}
		return next
	}
}

func (c *compiler) declarator(s *syntax.Local, d *syntax.Declarator, t *value.Type) stmt {
	if d.Init == nil {
		if t == nil || s.Const {
			c.report(d.Pos, "'%s' needs a value", d.Name)
			t = value.ErrType
		}
		set := c.store(c.declare(d.Pos, d.Name, t))
		zero := value.Value{}
		if t != value.ErrType {
			zero = value.Zero(t)
		}
		return func(f *Frame) ctl { set(f, zero); return next }
	}
	var x *operand
	if a, ok := d.Init.(*syntax.NewArray); ok && a.Elem == nil && t != nil && t.Kind == value.KArray {
		x = c.newArray(a, t.Elem())
	} else {
		x = c.expr(d.Init)
	}
	if t == nil {
		x = c.needValue(x)
		if x.null() {
			x = c.errorf(d.Pos, "the type of '%s' cannot be told from null; name it", d.Name)
		}
		t = x.typ
	} else {
		x = c.convert(x, t)
	}
	l := c.declare(d.Pos, d.Name, t)
	if s.Const {
		if x.konst == nil && !x.failed() {
			c.report(d.Pos, "the value of a const must be a constant")
		}
		l.konst = x.konst
		return nil
	}
	set, e := c.store(l), x.eval
	if !l.cell {
		slot := l.slot
		return func(f *Frame) ctl { f.Slots[slot] = e(f); return next }
	}
	return func(f *Frame) ctl { set(f, e(f)); return next }
}

func (c *compiler) condition(x syntax.Expr) *operand { return c.convert(c.expr(x), value.Boolean) }

func isConst(o *operand, want bool) bool { return o.konst != nil && o.konst.Bool() == want }

func (c *compiler) ifStmt(s *syntax.If) (stmt, flow) {
	x := c.condition(s.X)
	then, tf := c.embedded(s.Then)
	e := x.eval
	if s.Else == nil {
		return func(f *Frame) ctl {
			if e(f).Bool() {
				return then(f)
			}
			return next
		}, flow{falls: tf.falls || !isConst(x, true), breaks: tf.breaks}
	}
	other, of := c.embedded(s.Else)
	fl := flow{falls: tf.falls || of.falls, breaks: tf.breaks || of.breaks}
	if isConst(x, true) {
		fl = tf
	} else if isConst(x, false) {
		fl = of
	}
	return func(f *Frame) ctl {
		if e(f).Bool() {
			return then(f)
		}
		return other(f)
	}, fl
}

func (c *compiler) returnStmt(s *syntax.Return) stmt {
	if c.fn.finally > 0 {
		c.report(s.Pos, "a finally block cannot return")
	}
	site := &retSite{at: s.Pos}
	c.fn.rets = append(c.fn.rets, site)
	if s.X == nil {
		return func(f *Frame) ctl { return returns }
	}
	site.op = c.expr(s.X)
	if site.op.kind == isType || site.op.kind == isNamespace || site.op.typ == value.Void {
		site.op = c.needValue(site.op)
	}
	site.eval = site.op.eval
	return func(f *Frame) ctl {
		f.Ret = site.eval(f)
		return returns
	}
}

func (c *compiler) jump(s *syntax.Jump) (stmt, flow) {
	switch s.Word {
	case "break":
		if c.fn.loops == 0 && len(c.fn.switches) == 0 {
			c.report(s.Pos, "there is no loop or switch to break")
		}
		return func(*Frame) ctl { return breaks }, flow{breaks: true}
	case "continue":
		if c.fn.loops == 0 {
			c.report(s.Pos, "there is no loop to continue")
		}
		return func(*Frame) ctl { return continues }, flow{}
	}
	if len(c.fn.switches) == 0 {
		c.report(s.Pos, "there is no switch around the goto")
		return nothing, flow{}
	}
	sw := c.fn.switches[len(c.fn.switches)-1]
	g := &gotoSite{at: s.Pos}
	if s.Case != nil {
		k := c.needValue(c.expr(s.Case))
		if k.konst == nil && !k.failed() {
			c.report(s.Pos, "goto case needs a constant")
		}
		g.konst = k.konst
	} else {
		g.dflt = true
	}
	sw.gotos = append(sw.gotos, g)
	return func(f *Frame) ctl {
		f.Jump = g.section
		f.R.Step(1)
		return jumps
	}, flow{}
}

// throwing evaluates the exception and throws it.
func (c *compiler) throwing(at syntax.Pos, x syntax.Expr) eval {
	o := c.convert(c.expr(x), value.ExBase)
	e := o.eval
	return func(f *Frame) value.Value {
		v := e(f)
		f.R.Line, f.R.Col = at.Line, at.Col
		ex, ok := v.R.(*value.Exception)
		if !ok {
			f.R.Throw(value.ExNull, "Object reference not set to an instance of an object.")
		}
		if ex.Line == 0 {
			ex.Line, ex.Col = at.Line, at.Col
		}
		panic(&value.Thrown{E: ex})
	}
}

func (c *compiler) throwStmt(s *syntax.ThrowStmt) stmt {
	if s.X != nil {
		e := c.throwing(s.Pos, s.X)
		return func(f *Frame) ctl { e(f); return next }
	}
	if c.fn.catch == 0 {
		c.report(s.Pos, "throw without a value stands only in a catch")
	}
	return func(f *Frame) ctl { panic(&value.Thrown{E: f.Catch}) }
}
