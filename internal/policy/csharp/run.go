package csharp

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"time"

	"portico/internal/policy/csharp/compile"
	"portico/internal/policy/csharp/host"
	"portico/internal/policy/csharp/syntax"
	"portico/internal/policy/csharp/value"
)

// Value is what an expression gives.
type Value = value.Value

// Limits bounds one evaluation.
type Limits = value.Limits

// Env is what one evaluation sees and how much it may use. An Env belongs to
// one call in flight: it may be used for many evaluations, one after the other.
type Env struct {
	Context context.Context  // its end stops the evaluation
	Call    *host.Call       // the `context` of expressions
	Now     func() time.Time // nil is time.Now
	Limits  Limits
}

// Program is a compiled expression. It may run in many goroutines at a time.
type Program struct{ code *compile.Code }

// CompileError is everything that is wrong with an expression.
type CompileError struct{ Problems []*syntax.Error }

func (e *CompileError) Error() string {
	list := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		list[i] = p.Error()
	}
	return strings.Join(list, "; ")
}

// Compile reads a policy expression, `@(…)` or `@{…}`, whose named values are
// put in already. Its error is a *CompileError with every problem's line and
// column inside src.
func Compile(src string) (*Program, error) {
	lib, err := Library()
	if err != nil {
		return nil, err
	}
	code, problems := compile.Expression(src, lib)
	if len(problems) > 0 {
		return nil, &CompileError{problems}
	}
	return &Program{code}, nil
}

// Scan gives the length of the expression at the beginning of src, whatever
// follows it; ok is false where src starts with none, or it has no end. It is
// how a policy document's parser finds where an expression ends.
func Scan(src string) (n int, ok bool) { return syntax.Scan(src) }

// Type is the type of the result; value.Void where there is none.
func (p *Program) Type() *value.Type { return p.code.Type }

// Error is how an evaluation ends that gives no value: an exception that the
// expression did not catch, or a limit.
type Error struct {
	Type    string // "System.FormatException"; "" for a limit
	Message string
	Line    int // in the expression's text, from 1; 0 unknown
	Column  int
	Limit   string // "steps", "memory", "depth", "time", "cancelled", or ""
	Err     error
}

func (e *Error) Error() string {
	s := e.Message
	if e.Type != "" {
		s = e.Type + ": " + s
	}
	if e.Line > 0 {
		s = fmt.Sprintf("%d:%d: %s", e.Line, e.Column, s)
	}
	return s
}

// Unwrap gives the cause, such as the end of the context.
func (e *Error) Unwrap() error { return e.Err }

// evaluation is the memory of one evaluation; it is used again.
type evaluation struct {
	run   value.Run
	frame compile.Frame
}

var evaluations = sync.Pool{New: func() any { return new(evaluation) }}

// Constant tells whether the expression gives the same value always, and which.
func (p *Program) Constant() (Value, bool) {
	if p.code.Const == nil {
		return Value{}, false
	}
	return *p.code.Const, true
}

// Run evaluates the program. Its error is an *Error.
func (p *Program) Run(env *Env) (v Value, err error) {
	x, _ := evaluations.Get().(*evaluation)
	defer func() {
		if r := recover(); r != nil {
			v, err = Value{}, failure(&x.run, r)
		}
		x.frame = compile.Frame{}
		x.run.End()
		evaluations.Put(x)
	}()
	return p.start(x, env), nil
}

// start evaluates the program in x.
func (p *Program) start(x *evaluation, env *Env) Value {
	x.run.Start(env.Context, env.Now, env.Limits)
	if env.Call != nil {
		x.run.Context = value.Ref(env.Call)
	}
	return p.code.Run(&x.run, &x.frame)
}

// RunString evaluates the program and gives the result as text, as policies
// write it: "" for null, .NET's invariant forms for the rest.
func (p *Program) RunString(env *Env) (s string, err error) {
	x, _ := evaluations.Get().(*evaluation)
	defer func() {
		if r := recover(); r != nil {
			s, err = "", failure(&x.run, r)
		}
		x.frame = compile.Frame{}
		x.run.End()
		evaluations.Put(x)
	}()
	v := p.start(x, env)
	if v.R == value.Object(value.String) {
		return v.S, nil
	}
	return value.Text(&x.run, v), nil
}

// ErrNotBool says that a condition gave something else.
var ErrNotBool = errors.New("the expression gives no bool")

// RunBool evaluates a condition. A string "true" or "false", as named values give, counts too.
func (p *Program) RunBool(env *Env) (bool, error) {
	v, err := p.Run(env)
	if err != nil {
		return false, err
	}
	b, ok := AsBool(v)
	if !ok {
		return false, &Error{Message: "a condition needs a bool, and the expression gives " + kindOf(v), Err: ErrNotBool}
	}
	return b, nil
}

func kindOf(v Value) string {
	if v.R == nil {
		return "null"
	}
	return "a '" + v.R.Type().String() + "'"
}

// failure makes the error of what was thrown. A fault of the library itself is
// an error too: no expression may stop the process.
func failure(r *value.Run, p any) error {
	switch p := p.(type) {
	case *value.Thrown:
		return &Error{Type: p.E.T.FullName(), Message: p.E.Message, Line: int(p.E.Line), Column: int(p.E.Col)}
	case *value.Abort:
		return &Error{Message: p.Error(), Limit: p.Reason, Line: int(r.Line), Column: int(r.Col), Err: p.Unwrap()}
	case runtime.Error:
		return &Error{Message: "internal error while the expression ran", Line: int(r.Line), Column: int(r.Col), Err: p}
	}
	panic(p)
}
