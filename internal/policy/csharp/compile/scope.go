package compile

import (
	"portico/internal/policy/csharp/syntax"
	"portico/internal/policy/csharp/value"
)

// local is a variable, parameter, constant or local function.
type local struct {
	name   string
	typ    *value.Type
	fn     *function
	slot   int
	cell   bool // captured by a lambda or a local function, or passed by reference
	konst  *value.Value
	fixed  string // why it cannot be assigned
	local  *localFunc
	hidden bool // declared further down: it cannot be used yet
}

// scope is a block's names.
type scope struct {
	parent *scope
	vars   map[string]*local
	cells  []int // slots that need a new cell whenever the block is entered
	funcs  []*localFunc
}

// function is the program, a lambda or a local function while it is compiled.
type function struct {
	parent   *function
	outer    *scope // the scope around it, in parent
	scope    *scope
	slots    int
	ups      []up
	index    map[*local]int
	ret      *value.Type // nil: to be inferred
	rets     []*retSite
	loops    int
	catch    int
	finally  int
	switches []*switchState
}

// up tells where a captured variable is found when the function value is made.
type up struct {
	slot int // in the frame of the function around, or
	cell int // among its cells where slot is -1
}

// retSite is a return statement, whose conversion is chosen when the type is known.
type retSite struct {
	at   syntax.Pos
	op   *operand
	eval eval
}

func (c *compiler) push() *scope {
	s := &scope{parent: c.fn.scope, vars: map[string]*local{}}
	c.fn.scope = s
	return s
}

func (c *compiler) pop() { c.fn.scope = c.fn.scope.parent }

// enter begins a function.
func (c *compiler) enter(ret *value.Type) *function {
	f := &function{parent: c.fn, ret: ret, index: map[*local]int{}}
	if c.fn != nil {
		f.outer = c.fn.scope
	}
	f.scope = &scope{vars: map[string]*local{}}
	c.fn = f
	return f
}

func (c *compiler) leave() { c.fn = c.fn.parent }

// maxSlots bounds the variables of one function.
const maxSlots = 2000

// declare adds a variable to the current block.
func (c *compiler) declare(at syntax.Pos, name string, t *value.Type) *local {
	for s := c.fn.scope; s != nil; s = s.parent {
		if s.vars[name] != nil && !s.vars[name].hidden {
			c.report(at, "a variable '%s' is already declared here", name)
			break
		}
	}
	l := &local{name: name, typ: t, fn: c.fn, slot: c.fn.slots, cell: c.captured[name]}
	if c.fn.slots++; c.fn.slots > maxSlots {
		c.report(at, "more than %d variables are declared", maxSlots)
	}
	c.fn.scope.vars[name] = l
	if l.cell {
		c.fn.scope.cells = append(c.fn.scope.cells, l.slot)
	}
	return l
}

// temp reserves a slot for a value of the compiler's own.
func (c *compiler) temp() int {
	c.fn.slots++
	return c.fn.slots - 1
}

// entry gives what runs when the block is entered: new cells and local functions.
func (s *scope) entry() func(f *Frame) {
	if len(s.cells) == 0 && len(s.funcs) == 0 {
		return nil
	}
	return func(f *Frame) {
		for _, slot := range s.cells {
			f.Slots[slot] = value.Ref(&value.Cell{})
		}
		for _, lf := range s.funcs {
			lf.bind(f)
		}
	}
}

// lookup finds a variable in the functions around, from the inside out.
func (c *compiler) lookup(name string) *local {
	for fn, s := c.fn, c.fn.scope; fn != nil; {
		for ; s != nil; s = s.parent {
			if l := s.vars[name]; l != nil && !l.hidden {
				return l
			}
		}
		s, fn = fn.outer, fn.parent
	}
	return nil
}

// capture gives the index among fn's cells of a variable of a function around it.
func (c *compiler) capture(fn *function, l *local) int {
	if i, ok := fn.index[l]; ok {
		return i
	}
	u := up{slot: l.slot}
	if l.fn != fn.parent {
		u = up{slot: -1, cell: c.capture(fn.parent, l)}
	}
	fn.ups = append(fn.ups, u)
	fn.index[l] = len(fn.ups) - 1
	return len(fn.ups) - 1
}

// closure collects the captured cells of a function value that is made in f.
func (fn *function) closure(f *Frame) []*value.Cell {
	if len(fn.ups) == 0 {
		return nil
	}
	f.R.Alloc(16 * len(fn.ups))
	cells := make([]*value.Cell, len(fn.ups))
	for i, u := range fn.ups {
		if u.slot < 0 {
			cells[i] = f.Cells[u.cell]
		} else {
			cells[i], _ = f.Slots[u.slot].R.(*value.Cell)
		}
	}
	return cells
}

// variable gives the operand of a local.
func (c *compiler) variable(at syntax.Pos, l *local) *operand {
	if l.konst != nil {
		return constant(at, l.typ, *l.konst)
	}
	o := &operand{at: at, typ: l.typ, place: &place{name: l.name, readonly: l.fixed}}
	slot := l.slot
	switch {
	case l.fn != c.fn:
		if !l.cell {
			return c.errorf(at, "the variable '%s' cannot be used inside a lambda here", l.name)
		}
		i := c.capture(c.fn, l)
		o.eval = func(f *Frame) value.Value { return f.Cells[i].V }
		o.place.set = func(f *Frame, _ []value.Value, v value.Value) { f.Cells[i].V = v }
	case l.cell:
		o.eval = func(f *Frame) value.Value { return f.Slots[slot].R.(*value.Cell).V }
		o.place.set = func(f *Frame, _ []value.Value, v value.Value) { f.Slots[slot].R.(*value.Cell).V = v }
	default:
		o.eval = func(f *Frame) value.Value { return f.Slots[slot] }
		o.place.set = func(f *Frame, _ []value.Value, v value.Value) { f.Slots[slot] = v }
	}
	get := o.eval
	o.place.get = func(f *Frame, _ []value.Value) value.Value { return get(f) }
	return o
}

// store gives what assigns to a local.
func (c *compiler) store(l *local) func(f *Frame, v value.Value) {
	slot := l.slot
	if l.cell {
		return func(f *Frame, v value.Value) { f.Slots[slot].R.(*value.Cell).V = v }
	}
	return func(f *Frame, v value.Value) { f.Slots[slot] = v }
}
