package value

import (
	"context"
	"fmt"
	"time"
)

// Limits bounds one evaluation. A zero field is the default.
type Limits struct {
	Steps  int64         // loop turns, calls and the work of library members; default 50 million
	Memory int64         // bytes allocated in all, freed or not; default 256 MiB
	Depth  int           // calls and structures in each other; default 500
	Time   time.Duration // default 5 s
}

// The defaults of Limits.
const (
	DefaultSteps  = 50_000_000
	DefaultMemory = 256 << 20
	DefaultDepth  = 500
	DefaultTime   = 5 * time.Second
)

func (l Limits) orDefaults() Limits {
	if l.Steps == 0 {
		l.Steps = DefaultSteps
	}
	if l.Memory == 0 {
		l.Memory = DefaultMemory
	}
	if l.Depth == 0 {
		l.Depth = DefaultDepth
	}
	if l.Time == 0 {
		l.Time = DefaultTime
	}
	return l
}

// Abort ends a run that went over a limit or whose caller went away. It
// travels as a panic that no catch of the expression sees.
type Abort struct {
	Reason string // "steps", "memory", "depth", "time", "cancelled"
	Err    error
}

func (a *Abort) Error() string { return a.Err.Error() }

// Unwrap gives the cause.
func (a *Abort) Unwrap() error { return a.Err }

// Run is one evaluation: its budget, its stack of arguments and its surroundings.
// It belongs to one goroutine.
type Run struct {
	Context Value // the `context` of the expression, as the host package has it
	Line    int32 // the place that is being evaluated, for errors
	Col     int32

	ctx      context.Context
	now      func() time.Time
	limits   Limits
	chunk    int64 // steps until the next look at the clock
	steps    int64 // steps that are left behind the chunk
	memory   int64
	depth    int
	deadline time.Time

	stack  [][]Value
	level  int
	top    int
	inline [stackSize]Value
	high   int
	ids    map[Object]int
}

const (
	stackSize = 64
	stepChunk = 4096
)

// Start makes r ready for an evaluation.
func (r *Run) Start(ctx context.Context, now func() time.Time, l Limits) {
	l = l.orDefaults()
	r.ctx, r.now, r.limits = ctx, now, l
	r.steps, r.memory, r.depth = l.Steps, l.Memory, 0
	r.chunk, r.deadline = 0, time.Time{}
	r.take()
	r.Line, r.Col = 0, 0
	if r.stack == nil {
		r.stack = append(make([][]Value, 0, 4), r.inline[:])
	}
	r.level, r.top = 0, 0
}

// End drops what the stack still refers to.
func (r *Run) End() {
	clear(r.inline[:r.high])
	clear(r.stack[1:])
	r.stack = r.stack[:1]
	r.high = 0
	r.ctx, r.now, r.Context, r.ids = nil, nil, Null, nil
}

func (r *Run) take() {
	n := min(r.steps, stepChunk)
	r.chunk += n
	r.steps -= n
}

// Step charges n units of work, and stops a run that has none left.
func (r *Run) Step(n int) {
	if r.chunk -= int64(n); r.chunk < 0 {
		r.look()
	}
}

// look is the slow path of Step: the clock, the caller, the budget.
func (r *Run) look() {
	now := time.Now()
	switch {
	case r.deadline.IsZero():
		r.deadline = now.Add(r.limits.Time)
	case now.After(r.deadline):
		panic(&Abort{"time", fmt.Errorf("the expression ran longer than %v", r.limits.Time)})
	}
	if r.ctx != nil && r.ctx.Err() != nil {
		panic(&Abort{"cancelled", fmt.Errorf("the expression was stopped: %w", context.Cause(r.ctx))})
	}
	for r.chunk < 0 {
		if r.steps == 0 {
			panic(&Abort{"steps", fmt.Errorf("the expression took more than %d steps", r.limits.Steps)})
		}
		r.take()
	}
}

// Remaining is the time that is left, for library members that wait or search.
func (r *Run) Remaining() time.Duration {
	if r.deadline.IsZero() {
		r.deadline = time.Now().Add(r.limits.Time)
	}
	return max(time.Until(r.deadline), time.Millisecond)
}

// Alloc charges n bytes before they are allocated.
func (r *Run) Alloc(n int) {
	if r.memory -= int64(n); r.memory < 0 || n < 0 {
		panic(&Abort{"memory", fmt.Errorf("the expression used more than %d MiB of memory", r.limits.Memory>>20)})
	}
}

// Spend charges the work and the memory of making n bytes.
func (r *Run) Spend(n int) {
	r.Alloc(n)
	r.Step(n>>6 + 1)
}

// Enter counts a level of recursion; Leave must follow.
func (r *Run) Enter() {
	if r.depth++; r.depth > r.limits.Depth {
		panic(&Abort{"depth", fmt.Errorf("the expression is nested deeper than %d calls", r.limits.Depth)})
	}
}

// Leave ends Enter.
func (r *Run) Leave() { r.depth-- }

// Now is the time.
func (r *Run) Now() time.Time {
	if r.now != nil {
		return r.now()
	}
	return time.Now()
}

// Mark is a height of the stack.
type Mark struct{ level, top, depth int }

// Mark gives the height to come back to.
func (r *Run) Mark() Mark { return Mark{r.level, r.top, r.depth} }

// Reset comes back, and also after a panic.
func (r *Run) Reset(m Mark) { r.level, r.top, r.depth = m.level, m.top, m.depth }

// Pop comes back to a mark in the ordinary way.
func (r *Run) Pop(m Mark) { r.level, r.top = m.level, m.top }

// Push gives n values, null all of them, that live until the mark is popped.
func (r *Run) Push(n int) []Value {
	s := r.stack[r.level]
	if r.top+n > len(s) {
		r.level++
		if r.level == len(r.stack) {
			size := max(len(s)*2, n)
			r.Alloc(size * 40)
			r.stack = append(r.stack, make([]Value, size))
		} else if len(r.stack[r.level]) < n {
			r.stack[r.level] = make([]Value, n)
		}
		r.top = 0
		s = r.stack[r.level]
	}
	out := s[r.top : r.top+n : r.top+n]
	clear(out)
	r.top += n
	if r.level == 0 && r.top > r.high {
		r.high = r.top
	}
	return out
}

// Apply calls a delegate with one argument.
func (r *Run) Apply(f Value, a Value) Value {
	m := r.Mark()
	args := r.Push(1)
	args[0] = a
	v := r.fn(f).Call(r, args)
	r.Pop(m)
	return v
}

// Apply2 calls a delegate with two arguments.
func (r *Run) Apply2(f Value, a, b Value) Value {
	m := r.Mark()
	args := r.Push(2)
	args[0], args[1] = a, b
	v := r.fn(f).Call(r, args)
	r.Pop(m)
	return v
}

func (r *Run) fn(f Value) *Func {
	if fn, ok := f.R.(*Func); ok {
		return fn
	}
	r.ThrowNull("predicate")
	return nil
}
