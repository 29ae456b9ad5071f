package csharp

import (
	"fmt"
	"sort"
	"strings"
	"unicode"

	"portico/internal/policy/csharp/syntax"
	"portico/internal/policy/csharp/value"
)

// CompileError is everything that is wrong with an expression.
type CompileError struct{ Problems []*syntax.Error }

func (e *CompileError) Error() string {
	list := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		list[i] = p.Error()
	}
	return strings.Join(list, "; ")
}

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
	condTargets []*operand // the values before ?.
}

func (c *compiler) report(at syntax.Pos, format string, args ...any) {
	if len(c.errs) < maxProblems {
		c.errs = append(c.errs, &syntax.Error{Pos: at, Message: fmt.Sprintf(format, args...)})
	}
}

// Compile reads a policy expression, `@(…)` or `@{…}`, whose named values are
// put in already. Its error is a *CompileError with every problem's line and
// column inside src.
func Compile(src string) (*Program, error) {
	tree, errs := syntax.Parse(src)
	if len(errs) > 0 {
		return nil, &CompileError{errs}
	}
	lib, err := Library()
	if err != nil {
		return nil, err
	}
	c := &compiler{lib: lib, context: lib.Lookup("IContext", 0), captured: tree.Captured}
	p := &Program{}
	fn := c.enter(nil)
	if tree.Expr != nil {
		c.wholeExpression(p, tree.Expr)
	} else {
		c.wholeBlock(p, tree.Block)
	}
	if len(c.errs) > 0 {
		sort.SliceStable(c.errs, func(i, j int) bool {
			a, b := c.errs[i].Pos, c.errs[j].Pos
			return a.Line < b.Line || a.Line == b.Line && a.Col < b.Col
		})
		return nil, &CompileError{c.errs}
	}
	p.slots, p.entry = fn.slots, fn.scope.entry()
	return p, nil
}

// wholeExpression compiles @( ).
func (c *compiler) wholeExpression(p *Program, e syntax.Expr) {
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
	p.Type, p.main, p.konst = o.typ, o.eval, o.konst
}

// wholeBlock compiles @{ }: what it returns may be of several types, and is then an object.
func (c *compiler) wholeBlock(p *Program, b *syntax.Block) {
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
	if falls && t != value.Void {
		c.report(b.Pos, "not every path of the expression returns a value")
	}
	p.Type = t
	p.main = func(f *frame) value.Value {
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
