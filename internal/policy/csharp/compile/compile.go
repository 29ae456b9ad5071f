// Package compile binds the tree of an expression to the types of a library, as
// C#'s static typing has it, and turns it into Go closures: one function value
// for each expression and statement, which call each other with a Frame.
package compile

import (
	"fmt"
	"runtime"
	"sort"
	"unicode"

	"portico/internal/policy/csharp/syntax"
	"portico/internal/policy/csharp/value"
)

// maxProblems is how many problems one expression reports.
const maxProblems = 20

// compiler turns a tree into closures.
type compiler struct {
	lib         *value.Library
	context     *value.Type
	fn          *function
	captured    map[string]bool
	errs        []*syntax.Error
	checked     bool // arithmetic is checked
	unchecked   bool // constants are not
	lambdas     int
	depth       int
	loose       bool       // strings convert to numbers: see call
	called      bool       // the member that is bound next stands before "("
	condTargets []*operand // the values before ?.
}

func (c *compiler) report(at syntax.Pos, format string, args ...any) {
	if len(c.errs) < maxProblems {
		c.errs = append(c.errs, &syntax.Error{Pos: at, Message: fmt.Sprintf(format, args...)})
	}
}

// Code is a compiled expression. It never changes; many goroutines may run it.
type Code struct {
	Type  *value.Type  // of the result; value.Void where there is none
	Const *value.Value // the result, where it is the same always
	main  eval
	entry func(f *Frame)
	slots int

	// Damaged is Tree.Damaged of the expression.
	Damaged bool
}

// Run evaluates the code in a run that was started, with f as the frame of its variables.
func (c *Code) Run(r *value.Run, f *Frame) value.Value {
	f.R = r
	f.Slots = r.Push(c.slots)
	if c.entry != nil {
		c.entry(f)
	}
	return c.main(f)
}

// maxNesting bounds the depth of the tree, which closures walk as deep again.
const maxNesting = 2000

// Expression compiles a policy expression against a library. It gives every
// problem that it can tell apart, in the order of the text.
func Expression(src string, lib *value.Library) (code *Code, errs []*syntax.Error) {
	tree, errs := syntax.Parse(src)
	if len(errs) > 0 {
		return nil, errs
	}
	c := &compiler{lib: lib, context: lib.Lookup("IContext", 0), captured: tree.Captured}
	defer func() {
		if p := recover(); p != nil {
			fault, ok := p.(runtime.Error)
			if !ok {
				panic(p)
			}
			code, errs = nil, []*syntax.Error{{Pos: syntax.Pos{Line: 1, Col: 1}, Message: "internal error: the expression cannot be compiled: " + fault.Error()}}
		}
	}()
	code = &Code{Damaged: tree.Damaged}
	fn := c.enter(nil)
	if tree.Expr != nil {
		c.wholeExpression(code, tree.Expr)
	} else {
		c.wholeBlock(code, tree.Block)
	}
	if len(c.errs) > 0 {
		sort.SliceStable(c.errs, func(i, j int) bool {
			a, b := c.errs[i].Pos, c.errs[j].Pos
			return a.Line < b.Line || a.Line == b.Line && a.Col < b.Col
		})
		return nil, c.errs
	}
	code.slots, code.entry = fn.slots, fn.scope.entry()
	return code, nil
}

// wholeExpression compiles @( ).
func (c *compiler) wholeExpression(p *Code, e syntax.Expr) {
	o := c.expr(e)
	if o.typ == value.Void && o.kind == isValue {
		p.Type = value.Void
		p.main = o.eval
		return
	}
	if o.kind == isThrow {
		p.Type, p.main = value.Obj, o.eval
		return
	}
	o = c.needValue(o)
	p.Type, p.main, p.Const = o.typ, o.eval, o.konst
}

// wholeBlock compiles @{ }: what it returns may be of several types, and is then an object.
func (c *compiler) wholeBlock(p *Code, b *syntax.Block) {
	body, falls := c.block(b)
	rets := c.fn.rets
	t := value.Void
	if len(rets) > 0 {
		if t = c.commonResult(rets); t == nil {
			t = value.Obj
		}
		for _, s := range rets {
			if s.op != nil && t != value.Void {
				if _, ok := c.implicit(s.op, t); !ok && !s.op.failed() {
					t = value.Obj
				}
			}
		}
		c.finishReturns(rets, t)
	}
	if falls && t == value.Void && p.Damaged {
		t = value.Obj
	}
	if falls && t != value.Void && !p.Damaged {
		c.report(b.Pos, "not every path of the expression returns a value")
	}
	p.Type = t
	p.main = func(f *Frame) value.Value {
		body(f)
		return f.Ret
	}
}

func equalFold(a, b string) bool {
	for i := 0; i < len(a); i++ {
		if unicode.ToLower(rune(a[i])) != unicode.ToLower(rune(b[i])) {
			return false
		}
	}
	return true
}
