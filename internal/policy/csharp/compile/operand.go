package compile

import (
	"portico/internal/policy/csharp/syntax"
	"portico/internal/policy/csharp/value"
)

// Frame is one call of the program, of a lambda or of a local function.
type Frame struct {
	R     *value.Run
	Slots []value.Value // parameters and local variables; a captured one is a cell
	Cells []*value.Cell // variables of the functions around
	Ret   value.Value
	Jump  int              // section that a goto case goes to
	Catch *value.Exception // what the innermost catch caught, for throw;
}

// eval computes an expression.
type eval func(f *Frame) value.Value

// operandKind sorts what a name or expression may stand for.
type operandKind uint8

const (
	isValue operandKind = iota
	isType
	isNamespace
	isMethods
	isLambda
	isThrow
	isDefault // the literal default
	isOut     // out var x
)

// operand is a bound expression: its type, how to compute it, and what else it may stand for.
type operand struct {
	kind   operandKind
	at     syntax.Pos
	typ    *value.Type
	eval   eval
	konst  *value.Value // of a constant
	place  *place       // of what can be assigned
	concat []eval       // of a string made with +: its parts
	effect bool         // may stand as a statement

	space   string           // of a namespace
	methods *methodGroup     // of a method group
	lambda  *lambdaArg       // of a lambda
	decl    *syntax.DeclExpr // of out var
}

// place is something that can be assigned: prep puts n values (a receiver,
// indexes) into the scratch that get and set then read, so that a compound
// assignment computes them once.
type place struct {
	n        int
	prep     func(f *Frame, s []value.Value)
	get      func(f *Frame, s []value.Value) value.Value
	set      func(f *Frame, s []value.Value, v value.Value)
	name     string // of a local variable
	readonly string // why it cannot be assigned
}

func (c *compiler) bad(at syntax.Pos) *operand {
	return &operand{at: at, typ: value.ErrType, eval: func(*Frame) value.Value { return value.Null }}
}

// errorf notes a problem and gives an operand that causes no further ones.
func (c *compiler) errorf(at syntax.Pos, format string, args ...any) *operand {
	c.report(at, format, args...)
	return c.bad(at)
}

func valueOf(at syntax.Pos, t *value.Type, e eval) *operand {
	return &operand{at: at, typ: t, eval: e}
}

// constant makes an operand of a value that is known now.
func constant(at syntax.Pos, t *value.Type, v value.Value) *operand {
	return &operand{at: at, typ: t, konst: &v, eval: func(*Frame) value.Value { return v }}
}

func (o *operand) failed() bool { return o.typ == value.ErrType }

func (o *operand) null() bool { return o.kind == isValue && o.typ == value.NullType }

// needValue reports what is not a value.
func (c *compiler) needValue(o *operand) *operand {
	switch o.kind {
	case isValue:
		if o.typ == value.Void {
			return c.errorf(o.at, "the call gives no value")
		}
		return o
	case isType:
		return c.errorf(o.at, "'%s' is a type, and a value is expected", o.typ)
	case isNamespace:
		return c.errorf(o.at, "the name '%s' does not exist here", o.space)
	case isMethods:
		return c.errorf(o.at, "'%s' is a method; call it with ()", o.methods.name)
	case isLambda:
		return c.errorf(o.at, "a lambda needs a delegate type, such as Func<…>, that it is converted to")
	case isDefault:
		return c.errorf(o.at, "default needs a type here: default(T)")
	}
	return c.errorf(o.at, "a value is expected")
}
