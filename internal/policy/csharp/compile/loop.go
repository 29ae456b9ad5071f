package compile

import (
	"portico/internal/policy/csharp/syntax"
	"portico/internal/policy/csharp/value"
)

// body binds the body of a loop.
func (c *compiler) body(s syntax.Stmt) (stmt, flow) {
	c.fn.loops++
	switches := c.fn.switches
	c.fn.switches = nil
	defer func() { c.fn.loops, c.fn.switches = c.fn.loops-1, switches }()
	return c.embedded(s)
}

func (c *compiler) while(s *syntax.While) (stmt, flow) {
	scope := c.push()
	defer c.pop()
	if s.Do {
		body, bf := c.body(s.Body)
		x := c.condition(s.X)
		e := x.eval
		run := func(f *Frame) ctl {
			for {
				f.R.Step(1)
				switch r := body(f); r {
				case breaks:
					return next
				case returns, jumps:
					return r
				}
				if !e(f).Bool() {
					return next
				}
			}
		}
		return withEntry(scope.entry(), run), flow{falls: bf.breaks || !isConst(x, true)}
	}
	x := c.condition(s.X)
	body, bf := c.body(s.Body)
	e := x.eval
	run := func(f *Frame) ctl {
		for e(f).Bool() {
			f.R.Step(1)
			switch r := body(f); r {
			case breaks:
				return next
			case returns, jumps:
				return r
			}
		}
		return next
	}
	return withEntry(scope.entry(), run), flow{falls: bf.breaks || !isConst(x, true)}
}

func (c *compiler) forStmt(s *syntax.For) (stmt, flow) {
	scope := c.push()
	defer c.pop()
	var init []stmt
	for _, i := range s.Init {
		run, _ := c.stmt(i)
		init = append(init, run)
	}
	forever := s.X == nil
	var cond eval
	if s.X != nil {
		x := c.condition(s.X)
		forever = isConst(x, true)
		cond = x.eval
	}
	var step []eval
	for _, x := range s.Step {
		o := c.expr(x)
		if !o.effect && !o.failed() {
			c.report(x.At(), "only an assignment, a call or an increment may stand here")
			continue
		}
		step = append(step, o.eval)
	}
	body, bf := c.body(s.Body)
	run := func(f *Frame) ctl {
		for _, i := range init {
			i(f)
		}
		for cond == nil || cond(f).Bool() {
			f.R.Step(1)
			switch r := body(f); r {
			case breaks:
				return next
			case returns, jumps:
				return r
			}
			for _, s := range step {
				s(f)
			}
		}
		return next
	}
	return withEntry(scope.entry(), run), flow{falls: bf.breaks || !forever}
}

// element is the type that foreach walks over.
func element(t *value.Type) *value.Type {
	if t.Kind == value.KArray {
		return t.Elem()
	}
	if t.Each != nil {
		return t.Each
	}
	if s := value.FindSuper(t, value.IEnumerable); s != nil {
		return s.Args[0]
	}
	if value.FindSuper(t, value.IEnumerableAny) != nil {
		return value.Obj
	}
	return nil
}

func (c *compiler) foreach(s *syntax.Foreach) (stmt, flow) {
	x := c.needValue(c.expr(s.X))
	elem := value.ErrType
	if !x.failed() {
		if elem = element(x.typ); elem == nil {
			c.report(x.at, "foreach cannot walk over a '%s'", x.typ)
			elem = value.ErrType
		}
	}
	scope := c.push()
	defer c.pop()
	var set func(f *Frame, v value.Value)
	if s.Names != nil {
		items := make([]syntax.Arg, len(s.Names))
		for i, n := range s.Names {
			items[i].X = &syntax.DeclExpr{Pos: s.Pos, Name: n}
		}
		if elem != value.ErrType {
			set = c.targets(s.Pos, elem, items)
		}
	} else {
		t := elem
		if !s.Type.Var() {
			t = c.variableType(s.Type)
		}
		cv := c.loopConversion(s.Pos, elem, t)
		l := c.declare(s.Pos, s.Name, t)
		l.fixed = "the variable of a foreach cannot be changed"
		put := c.store(l)
		set = func(f *Frame, v value.Value) {
			if cv != nil {
				v = cv(f.R, v)
			}
			put(f, v)
		}
	}
	body, _ := c.body(s.Body)
	e, entry, at, walks := x.eval, scope.entry(), x.at, x.typ.Each != nil
	return func(f *Frame) ctl {
		v := e(f)
		f.R.Line, f.R.Col = at.Line, at.Col
		if v.R == nil {
			f.R.Throw(value.ExNull, "Object reference not set to an instance of an object.")
		}
		it := begin(f.R, v, walks)
		for {
			v, ok := it.Next(f.R)
			if !ok {
				return next
			}
			if entry != nil {
				entry(f)
			}
			set(f, v)
			f.R.Step(1)
			switch r := body(f); r {
			case breaks:
				return next
			case returns, jumps:
				return r
			}
		}
	}, falls
}

// begin starts the walk of a foreach.
func begin(r *value.Run, v value.Value, walks bool) value.Iterator {
	if w, ok := v.R.(value.Walker); ok && walks {
		return w.Walk(r)
	}
	return value.Iter(r, v)
}

// loopConversion casts the element to the type that the loop names.
func (c *compiler) loopConversion(at syntax.Pos, elem, t *value.Type) value.Conversion {
	if elem == value.ErrType || t == value.ErrType {
		return nil
	}
	cv, ok := c.explicitType(elem, t)
	if !ok {
		c.report(at, "'%s' cannot be cast to '%s'", elem, t)
	}
	return c.at(at, cv)
}

// switchState is a switch while it is compiled.
type switchState struct{ gotos []*gotoSite }

// gotoSite is a goto case or goto default whose section is found at the end.
type gotoSite struct {
	at      syntax.Pos
	konst   *value.Value
	dflt    bool
	section int
}

// arm is one label of a switch.
type arm struct {
	test    func(f *Frame) bool
	konst   *value.Value
	section int
}

func (c *compiler) switchStmt(s *syntax.Switch) (stmt, flow) {
	x := c.needValue(c.expr(s.X))
	scope := c.push()
	defer c.pop()
	slot := c.temp()
	subject := valueOf(x.at, x.typ, func(f *Frame) value.Value { return f.Slots[slot] })
	sw := &switchState{}
	c.fn.switches = append(c.fn.switches, sw)
	var arms []arm
	var bodies []stmt
	dflt := -1
	fl := flow{}
	for i := range s.Sections {
		sec := &s.Sections[i]
		inner := c.push()
		for _, l := range sec.Labels {
			if l.Default {
				dflt = i
				continue
			}
			if a, ok := c.label(&l, subject, i); ok {
				arms = append(arms, a)
			}
		}
		// labels are tried before the section is entered: their variables belong to the switch
		scope.cells = append(scope.cells, inner.cells...)
		inner.cells = nil
		body, bf := c.list(sec.Stmts)
		if bf.falls {
			c.report(sec.Pos, "control may not fall out of a case: end it with break or return")
		}
		fl.falls = fl.falls || bf.breaks
		bodies = append(bodies, withEntry(inner.entry(), body))
		c.pop()
	}
	c.fn.switches = c.fn.switches[:len(c.fn.switches)-1]
	fl.falls = fl.falls || dflt < 0
	c.resolveGotos(sw, arms, dflt)
	e := x.eval
	run := func(f *Frame) ctl {
		f.Slots[slot] = e(f)
		section := dflt
		for i := range arms {
			if arms[i].test(f) {
				section = arms[i].section
				break
			}
		}
		for section >= 0 {
			switch r := bodies[section](f); r {
			case jumps:
				section = f.Jump
			case breaks:
				return next
			default:
				return r
			}
		}
		return next
	}
	return withEntry(scope.entry(), run), fl
}

// label binds case pattern when guard.
func (c *compiler) label(l *syntax.Label, subject *operand, section int) (arm, bool) {
	if subject.failed() {
		return arm{}, false
	}
	test := c.pattern(&l.Pattern, subject)
	if test == nil {
		return arm{}, false
	}
	a := arm{test: test, section: section}
	if l.Guard != nil {
		g := c.condition(l.Guard).eval
		a.test = func(f *Frame) bool { return test(f) && g(f).Bool() }
		return a, true
	}
	konst := l.Pattern.Const
	if konst == nil && l.Pattern.Type != nil && l.Pattern.Name == "" {
		konst = c.constantName(l.Pattern.Type)
	}
	if konst != nil {
		if k := c.expr(konst); k.konst != nil {
			if !k.null() && subject.typ.IsValue() {
				k = c.convert(k, subject.typ.Underlying())
			}
			a.konst = k.konst
		}
	}
	return a, true
}

func (c *compiler) resolveGotos(sw *switchState, arms []arm, dflt int) {
	for _, g := range sw.gotos {
		g.section = -1
		if g.dflt {
			g.section = dflt
		} else if g.konst != nil {
			for _, a := range arms {
				if a.konst != nil && a.konst.N == g.konst.N && a.konst.S == g.konst.S {
					g.section = a.section
				}
			}
		}
		if g.section < 0 {
			c.report(g.at, "the switch has no such case to go to")
		}
	}
}
