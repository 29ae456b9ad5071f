package syntax

import (
	"fmt"
	"strings"
)

// The limits of a text. The tree is walked recursively, so its depth is bounded here.
const (
	maxSource = 1 << 20
	maxDepth  = 400  // brackets, blocks, operators in each other
	maxChain  = 1500 // links of a.b.c, terms of a+b+c
	maxErrors = 20
)

// Parse reads a policy expression: `@(…)` or `@{…}`, with nothing but blanks
// around it. It gives every syntax error that it can tell apart.
func Parse(src string) (*Tree, []*Error) {
	if len(src) > maxSource {
		return nil, []*Error{{Pos{1, 1}, fmt.Sprintf("the expression is longer than %d bytes", maxSource)}}
	}
	l := &lexer{src: src, line: 1, col: 1}
	l.space()
	start := l.pos()
	if l.peek() != '@' || l.peekAt(1) != '(' && l.peekAt(1) != '{' {
		return nil, []*Error{{start, "an expression starts with @( or @{"}}
	}
	l.next()
	p := &parser{captured: map[string]bool{}}
	for {
		t := l.token()
		if l.err != nil {
			break
		}
		p.toks = append(p.toks, t)
		if t.kind == tokEOF {
			break
		}
	}
	if l.err != nil {
		return nil, []*Error{l.err}
	}
	tree := &Tree{Captured: p.captured, Damaged: l.damaged}
	p.damaged = l.damaged
	p.run(func() {
		if p.is("(") {
			p.advance()
			tree.Expr = p.expr()
			p.expect(")")
		} else {
			tree.Block = p.block()
		}
		if p.tok().kind != tokEOF {
			p.fail(p.tok().pos, "nothing may follow the end of the expression, and here is %s", p.describe())
		}
	})
	return tree, p.errs
}

// parser is a recursive descent over the tokens. It goes back by setting i.
type parser struct {
	toks     []token
	i        int
	depth    int
	inLambda int
	errs     []*Error
	captured map[string]bool
	damaged  bool
	own      [][]Param // the parameters of the lambdas around this place
}

// stop unwinds the descent: after it, the parser continues at the next statement.
type stop struct{}

func (p *parser) run(f func()) {
	defer func() {
		if r := recover(); r != nil {
			if _, ok := r.(stop); !ok {
				panic(r)
			}
		}
	}()
	f()
}

func (p *parser) fail(at Pos, format string, args ...any) {
	if len(p.errs) < maxErrors {
		p.errs = append(p.errs, &Error{at, fmt.Sprintf(format, args...)})
	}
	panic(stop{})
}

func (p *parser) tok() *token { return &p.toks[p.i] }

func (p *parser) ahead(n int) *token {
	if p.i+n >= len(p.toks) {
		return &p.toks[len(p.toks)-1]
	}
	return &p.toks[p.i+n]
}

func (p *parser) advance() token {
	t := p.toks[p.i]
	if p.i < len(p.toks)-1 {
		p.i++
	}
	return t
}

// is tells whether the next token is that punctuation or keyword.
func (p *parser) is(text string) bool {
	t := p.tok()
	return t.text == text && (t.kind == tokPunct || t.kind == tokKeyword)
}

func (p *parser) accept(text string) bool {
	if p.is(text) {
		p.advance()
		return true
	}
	return false
}

func (p *parser) word(text string) bool {
	return p.tok().kind == tokIdent && p.tok().text == text
}

func (p *parser) describe() string {
	switch t := p.tok(); t.kind {
	case tokEOF:
		return "the end of the expression"
	case tokString, tokInterp:
		return "a string"
	case tokChar:
		return "a character"
	default:
		return "'" + t.text + t.suffix + "'"
	}
}

func (p *parser) expect(text string) token {
	if !p.is(text) {
		if p.damaged && (text == ")" || text == "]") && (p.is(";") || p.is("}")) {
			return *p.tok() // lost with the quotes
		}
		p.fail(p.tok().pos, "'%s' is expected, and here is %s", text, p.describe())
	}
	return p.advance()
}

func (p *parser) ident() token {
	if p.tok().kind != tokIdent {
		p.fail(p.tok().pos, "a name is expected, and here is %s", p.describe())
	}
	return p.advance()
}

func (p *parser) enter() {
	if p.depth++; p.depth > maxDepth {
		p.fail(p.tok().pos, "the expression is nested deeper than %d levels", maxDepth)
	}
}

func (p *parser) leave() { p.depth-- }

// try runs f and, where it fails, goes back and reports nothing.
func (p *parser) try(f func()) (ok bool) {
	i, depth, errs, in, own := p.i, p.depth, len(p.errs), p.inLambda, len(p.own)
	defer func() {
		if r := recover(); r != nil {
			if _, is := r.(stop); !is {
				panic(r)
			}
			ok = false
		}
		if !ok {
			p.i, p.depth, p.errs, p.inLambda, p.own = i, depth, p.errs[:errs], in, p.own[:own]
		}
	}()
	f()
	return true
}

func isPredefined(s string) bool {
	switch s {
	case "bool", "byte", "sbyte", "char", "decimal", "double", "float", "int", "uint", "long", "ulong", "object", "short", "ushort", "string", "void":
		return true
	}
	return false
}

// typeRef reads a type.
func (p *parser) typeRef() *TypeRef {
	p.enter()
	defer p.leave()
	t := &TypeRef{Pos: p.tok().pos}
	switch {
	case p.is("("):
		p.advance()
		for {
			e := Param{Pos: p.tok().pos, Type: p.typeRef()}
			if p.tok().kind == tokIdent {
				e.Name = p.advance().text
			}
			t.Elems = append(t.Elems, e)
			if !p.accept(",") {
				break
			}
		}
		p.expect(")")
		if len(t.Elems) < 2 {
			p.fail(t.Pos, "a tuple type has at least two elements")
		}
	case p.tok().kind == tokKeyword && isPredefined(p.tok().text):
		t.Parts = []NamePart{{Name: p.advance().text}}
	default:
		for {
			part := NamePart{Name: p.ident().text}
			if p.is("<") {
				part.Args, part.Open = p.typeArgs()
			}
			t.Parts = append(t.Parts, part)
			if !(p.is(".") || p.is("::")) {
				break
			}
			p.advance()
		}
	}
	if p.is("?") {
		p.advance()
		t.Nullable = true
	}
	for p.is("[") && (p.ahead(1).text == "]" || p.ahead(1).text == ",") && p.ahead(1).kind == tokPunct {
		p.advance()
		rank := 1
		for p.accept(",") {
			rank++
		}
		p.expect("]")
		t.Ranks = append(t.Ranks, rank)
	}
	return t
}

// typeArgs reads <A, B>, or <,> of an open generic.
func (p *parser) typeArgs() (args []*TypeRef, open bool) {
	p.expect("<")
	if p.is(">") || p.is(",") {
		for p.accept(",") {
		}
		p.expect(">")
		return nil, true
	}
	for {
		args = append(args, p.typeRef())
		if !p.accept(",") {
			break
		}
	}
	p.expect(">")
	return args, false
}

// genericArgs reads type arguments behind a name in an expression, where < may
// also be less-than: they are type arguments when what follows cannot continue
// a comparison (C# specification, 7.6.4.2).
func (p *parser) genericArgs() []*TypeRef {
	if !p.is("<") {
		return nil
	}
	i := p.i
	var args []*TypeRef
	ok := p.try(func() {
		args, _ = p.typeArgs()
		if args == nil {
			panic(stop{})
		}
	})
	if ok {
		t := p.tok()
		if t.kind == tokEOF {
			return args
		}
		if t.kind == tokPunct && strings.Contains("()]}:;,.?==!=|^&&||&?.", t.text) && t.text != "=" {
			return args
		}
	}
	p.i = i
	return nil
}

// params reads the parameter list of a local function.
func (p *parser) params() []Param {
	p.expect("(")
	var list []Param
	for !p.is(")") {
		q := Param{Pos: p.tok().pos, Mode: p.mode()}
		if p.is("params") {
			p.advance()
			q.Mode = "params"
		}
		q.Type = p.typeRef()
		q.Name = p.ident().text
		if p.accept("=") {
			q.Default = p.expr()
		}
		list = append(list, q)
		if !p.accept(",") {
			break
		}
	}
	p.expect(")")
	return list
}

func (p *parser) mode() string {
	for _, m := range []string{"out", "ref", "in"} {
		if p.accept(m) {
			return m
		}
	}
	return ""
}
