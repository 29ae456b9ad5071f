package compile

import (
	"portico/internal/policy/csharp/value"
)

// binding is a method that fits the arguments: for each parameter what it gets.
type binding struct {
	c        *candidate
	params   []paramBinding // without the receiver of an extension method
	targs    []*value.Type
	ret      *value.Type
	expanded bool // params T[] takes single elements
	defaults int
}

// paramBinding is what one parameter gets: an argument, the rest of them, or its default.
type paramBinding struct {
	typ   *value.Type
	arg   int // -1 for none
	rest  bool
	args  []int // of rest
	byRef bool
	dflt  *value.Value
}

// pick chooses the best method of a level, or gives nil.
func (c *compiler) pick(level []*candidate, args []*argument, targs []*value.Type, recv *operand) *binding {
	var best *binding
	for _, cand := range level {
		for _, expanded := range []bool{false, true} {
			b := c.applicable(cand, args, targs, recv, expanded)
			if b == nil {
				continue
			}
			if best == nil || c.better(b, best, args) {
				best = b
			}
			break
		}
	}
	return best
}

// applicable tells whether a method takes the arguments, and how.
func (c *compiler) applicable(cand *candidate, args []*argument, explicit []*value.Type, recv *operand, expanded bool) *binding {
	m := cand.m
	params := m.Params
	if m.Ext && recv != nil {
		params = params[1:]
	}
	last := len(params) - 1
	if expanded && (last < 0 || !params[last].Params) {
		return nil
	}
	b := &binding{c: cand, expanded: expanded, params: make([]paramBinding, len(params))}
	if !b.place(params, args) {
		return nil
	}
	switch {
	case m.TParams > 0 && len(explicit) > 0:
		if len(explicit) != m.TParams {
			return nil
		}
		b.targs = explicit
	case m.TParams > 0:
		if b.targs = c.infer(m, cand.class, b, args, recv); b.targs == nil {
			return nil
		}
	case len(explicit) > 0:
		return nil
	}
	final := func(t *value.Type) *value.Type { return value.Subst(value.Subst(t, cand.class, nil), nil, b.targs) }
	if m.Ext && recv != nil {
		if _, ok := value.Implicit(recv.typ, final(m.Params[0].Type)); !ok {
			return nil
		}
	}
	for i := range b.params {
		p := &b.params[i]
		p.typ = final(params[i].Type)
		p.byRef = params[i].Out || params[i].Ref
		switch {
		case p.rest:
			for _, j := range p.args {
				if !c.fits(args[j], p.typ.Elem(), false) {
					return nil
				}
			}
		case p.arg >= 0:
			if !c.fits(args[p.arg], p.typ, p.byRef) {
				return nil
			}
		}
	}
	b.ret = final(m.Ret)
	return b
}

// place decides which argument goes to which parameter.
func (b *binding) place(params []value.Param, args []*argument) bool {
	last := len(params) - 1
	for i := range b.params {
		b.params[i].arg = -1
	}
	filled := make([]bool, len(params))
	if b.expanded {
		b.params[last].rest = true
		filled[last] = true
	}
	for i, a := range args {
		switch {
		case a.name != "":
			at := -1
			for j, p := range params {
				if p.Name == a.name {
					at = j
				}
			}
			if at < 0 || filled[at] {
				return false
			}
			filled[at], b.params[at].arg = true, i
		case b.expanded && i >= last:
			b.params[last].args = append(b.params[last].args, i)
		case i > last || filled[i]:
			return false
		default:
			filled[i], b.params[i].arg = true, i
		}
	}
	for i, p := range params {
		if filled[i] {
			continue
		}
		if p.Default == nil {
			return false
		}
		b.params[i].dflt = p.Default
		b.defaults++
	}
	return true
}

// fits tells whether an argument converts to a parameter's type.
func (c *compiler) fits(a *argument, t *value.Type, byRef bool) bool {
	if byRef {
		if a.op.kind == isOut {
			return a.mode == "out"
		}
		return (a.mode == "out" || a.mode == "ref") && a.op.kind == isValue && value.Same(a.op.typ, t)
	}
	if a.mode != "" && a.mode != "in" {
		return false
	}
	_, ok := c.implicit(a.op, t)
	return ok
}

// infer finds the type arguments of a generic method, or nil.
func (c *compiler) infer(m *value.Method, class []*value.Type, b *binding, args []*argument, recv *operand) []*value.Type {
	targs := make([]*value.Type, m.TParams)
	params := m.Params
	if m.Ext && recv != nil {
		inferFrom(params[0].Type, recv.typ, targs)
		params = params[1:]
	}
	each := func(f func(p *value.Type, a *argument)) {
		for i, p := range b.params {
			t := value.Subst(params[i].Type, class, nil)
			if p.rest {
				for _, j := range p.args {
					f(t.Elem(), args[j])
				}
			} else if p.arg >= 0 {
				f(t, args[p.arg])
			}
		}
	}
	each(func(p *value.Type, a *argument) {
		if a.op.kind == isValue && !a.op.null() {
			inferFrom(p, a.op.typ, targs)
		}
	})
	for range 3 { // lambdas may wait for the result of others
		each(func(p *value.Type, a *argument) {
			if (a.op.kind != isLambda && a.op.kind != isMethods) || p.Kind != value.KDelegate {
				return
			}
			in, ret := p.Signature()
			known := make([]*value.Type, len(in))
			for i, t := range in {
				known[i] = value.Subst(t, nil, targs)
				if open(known[i]) && !(a.op.kind == isLambda && a.op.lambda.typed()) {
					return
				}
			}
			if !open(value.Subst(ret, nil, targs)) {
				return
			}
			if a.op.kind == isLambda {
				if a.op.lambda.typed() {
					for i, t := range c.lambdaParams(a.op.lambda) {
						if i < len(in) {
							inferFrom(in[i], t, targs)
							known[i] = t
						}
					}
				}
				if got := c.lambdaResult(a.op.lambda, known); got != nil {
					inferFrom(ret, got, targs)
				}
			} else if got := c.groupResult(a.op, known); got != nil {
				inferFrom(ret, got, targs)
			}
		})
	}
	for _, t := range targs {
		if t == nil {
			return nil
		}
	}
	return targs
}

// open tells whether a type still has a method's type parameter in it.
func open(t *value.Type) bool {
	if t.Kind == value.KMParam {
		return true
	}
	for _, a := range t.Args {
		if open(a) {
			return true
		}
	}
	return false
}

// inferFrom notes what the type parameters in p must be for an argument of type a.
func inferFrom(p, a *value.Type, targs []*value.Type) {
	if a == value.NullType || a == value.Void || a == value.ErrType {
		return
	}
	switch {
	case p.Kind == value.KMParam:
		old := targs[p.Index]
		if old == nil {
			targs[p.Index] = a
			return
		}
		if _, ok := value.Implicit(old, a); ok {
			targs[p.Index] = a
		}
	case p.Kind == value.KArray:
		if a.Kind == value.KArray {
			inferFrom(p.Elem(), a.Elem(), targs)
		}
	case p.Kind == value.KNullable:
		inferFrom(p.Elem(), a.Underlying(), targs)
	case p.Def != nil:
		if s := value.FindSuper(a, p.Def); s != nil && len(s.Args) == len(p.Args) {
			for i := range p.Args {
				inferFrom(p.Args[i], s.Args[i], targs)
			}
		}
	}
}

// better tells whether a is a better choice than b.
func (c *compiler) better(a, b *binding, args []*argument) bool {
	score := 0
	for i, arg := range args {
		score += c.betterArg(arg, a.typeFor(i), b.typeFor(i))
	}
	switch {
	case score != 0:
		return score > 0
	case a.expanded != b.expanded:
		return b.expanded
	case (a.c.m.TParams > 0) != (b.c.m.TParams > 0):
		return b.c.m.TParams > 0
	case a.defaults != b.defaults:
		return a.defaults < b.defaults
	}
	if a.c.m.Ext && b.c.m.Ext && len(a.c.m.Params) > 0 {
		p, q := a.c.m.Params[0].Type, b.c.m.Params[0].Type
		if value.Same(p, q) {
			return false
		}
		_, pq := value.Implicit(p, q)
		return pq && !open(p) || open(q) && !open(p)
	}
	return false
}

// typeFor gives the parameter type that argument i meets.
func (b *binding) typeFor(i int) *value.Type {
	for _, p := range b.params {
		if p.arg == i {
			return p.typ
		}
		for _, j := range p.args {
			if j == i {
				return p.typ.Elem()
			}
		}
	}
	return value.Obj
}

// betterArg is 1 where t is the better conversion of the argument, -1 where u is.
func (c *compiler) betterArg(a *argument, t, u *value.Type) int {
	if value.Same(t, u) {
		return 0
	}
	switch a.op.kind {
	case isLambda:
		return c.betterLambda(a.op.lambda, t, u)
	case isValue:
		if value.Same(a.op.typ, t) {
			return 1
		}
		if value.Same(a.op.typ, u) {
			return -1
		}
	}
	return betterTarget(t, u)
}

func betterTarget(t, u *value.Type) int {
	_, tu := value.Implicit(t, u)
	_, ut := value.Implicit(u, t)
	switch {
	case tu && !ut:
		return 1
	case ut && !tu:
		return -1
	case t.IsSigned() && u.IsInteger() && !u.IsSigned():
		return 1
	case u.IsSigned() && t.IsInteger() && !t.IsSigned():
		return -1
	}
	return 0
}
