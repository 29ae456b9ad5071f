package syntax

// expr reads an expression, assignment and lambda included.
func (p *parser) expr() Expr {
	p.enter()
	defer p.leave()
	if p.lambdaAhead() {
		return p.lambda()
	}
	at := p.tok().pos
	if p.is("throw") {
		p.advance()
		return &Throw{at, p.expr()}
	}
	if p.word("from") && p.ahead(1).kind == tokIdent && (p.ahead(2).kind == tokKeyword && p.ahead(2).text == "in" || p.ahead(2).kind == tokIdent) {
		return p.query()
	}
	x := p.conditional()
	switch t := p.tok(); {
	case t.kind != tokPunct:
	case t.text == ">" && p.ahead(1).text == ">=" && p.ahead(1).glued:
		p.advance()
		p.advance()
		return &Assign{at, ">>=", x, p.expr()}
	default:
		switch t.text {
		case "=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", "??=":
			p.advance()
			return &Assign{at, t.text, x, p.expr()}
		}
	}
	return x
}

func (p *parser) conditional() Expr {
	at := p.tok().pos
	x := p.binary(0)
	if !p.is("?") {
		return x
	}
	p.advance()
	y := p.expr()
	p.expect(":")
	return &Cond{at, x, y, p.expr()}
}

// level gives how tightly a binary operator binds; 0 is no operator.
func (p *parser) level() (op string, level int) {
	t := p.tok()
	switch {
	case t.kind == tokKeyword && (t.text == "is" || t.text == "as"):
		return t.text, 8
	case t.kind != tokPunct:
		return "", 0
	}
	switch t.text {
	case "??":
		return t.text, 1
	case "||":
		return t.text, 2
	case "&&":
		return t.text, 3
	case "|":
		return t.text, 4
	case "^":
		return t.text, 5
	case "&":
		return t.text, 6
	case "==", "!=":
		return t.text, 7
	case "<", "<=", ">=":
		return t.text, 8
	case ">":
		switch n := p.ahead(1); {
		case n.kind == tokPunct && n.glued && n.text == ">":
			return ">>", 9
		case n.kind == tokPunct && n.glued && n.text == ">=":
			return "", 0 // >>=
		}
		return t.text, 8
	case "<<":
		return t.text, 9
	case "+", "-":
		return t.text, 10
	case "*", "/", "%":
		return t.text, 11
	}
	return "", 0
}

// binary reads operators that bind tighter than min.
func (p *parser) binary(min int) Expr {
	p.enter()
	defer p.leave()
	x := p.unary()
	for n := 0; ; n++ {
		if n > maxChain {
			p.fail(p.tok().pos, "more than %d operators follow each other", maxChain)
		}
		op, level := p.level()
		if level <= min {
			return x
		}
		at := p.tok().pos
		p.advance()
		switch op {
		case ">>":
			p.advance()
			x = &Binary{at, op, x, p.binary(level)}
		case "is":
			x = &Is{at, x, p.pattern()}
		case "as":
			x = &As{at, x, p.testType()}
		case "??":
			if p.is("throw") {
				x = &Binary{at, op, x, p.expr()}
				continue
			}
			x = &Binary{at, op, x, p.binary(level - 1)} // to the right
		default:
			x = &Binary{at, op, x, p.binary(level)}
		}
	}
}

// testType reads the type behind is or as, where a ? may begin a conditional.
func (p *parser) testType() *TypeRef {
	t := p.typeRef()
	if t.Nullable && len(t.Ranks) == 0 {
		switch n := p.tok(); {
		case n.kind == tokPunct && (n.text == ")" || n.text == ";" || n.text == "," || n.text == "]" || n.text == "}" || n.text == "??" || n.text == "&&" || n.text == "||" || n.text == ":" || n.text == "==" || n.text == "!="):
		case n.kind == tokEOF:
		default:
			p.i--
			t.Nullable = false
		}
	}
	return t
}

// pattern reads what follows is or case.
func (p *parser) pattern() Pattern {
	at := p.tok().pos
	if p.word("var") && p.ahead(1).kind == tokIdent {
		p.advance()
		return Pattern{Pos: at, VarDecl: true, Name: p.ident().text}
	}
	t := p.tok()
	if t.kind == tokIdent || t.kind == tokKeyword && isPredefined(t.text) || t.kind == tokPunct && t.text == "(" {
		i := p.i
		var typ *TypeRef
		if p.try(func() { typ = p.testType() }) {
			n := p.tok()
			if n.kind == tokIdent && n.text != "when" && n.text != "and" && n.text != "or" {
				return Pattern{Pos: at, Type: typ, Name: p.advance().text}
			}
			if n.kind == tokEOF || n.kind == tokIdent || n.kind == tokPunct && n.text != "(" && n.text != "." && n.text != "[" && n.text != "+" && n.text != "-" && n.text != "*" {
				// a bare name may be a type or a constant: the compiler decides
				return Pattern{Pos: at, Type: typ}
			}
		}
		p.i = i
	}
	return Pattern{Pos: at, Const: p.binary(8)}
}

func (p *parser) unary() Expr {
	p.enter()
	defer p.leave()
	t := p.tok()
	if t.kind == tokPunct {
		switch t.text {
		case "+", "-", "!", "~", "++", "--":
			p.advance()
			return &Unary{t.pos, t.text, p.unary()}
		case "(":
			if c := p.cast(); c != nil {
				return c
			}
		}
	}
	return p.primary()
}

// cast reads (T)x, or gives nil where the bracket is another thing (C# specification, 7.7.6).
func (p *parser) cast() Expr {
	at := p.tok().pos
	i := p.i
	var typ *TypeRef
	if !p.try(func() {
		p.advance()
		typ = p.typeRef()
		p.expect(")")
	}) {
		return nil
	}
	sure := len(typ.Parts) == 1 && isPredefined(typ.Parts[0].Name) || typ.Nullable || len(typ.Ranks) > 0
	t := p.tok()
	switch t.kind {
	case tokIdent, tokInt, tokReal, tokString, tokChar, tokInterp:
		sure = true
	case tokKeyword:
		sure = t.text != "is" && t.text != "as" && t.text != "in"
	case tokPunct:
		if t.text == "(" || t.text == "~" || t.text == "!" {
			sure = true
		} else if t.text != "+" && t.text != "-" && t.text != "++" && t.text != "--" {
			sure = false
		}
	default:
		sure = false
	}
	if !sure {
		p.i = i
		return nil
	}
	return &Cast{at, typ, p.unary()}
}

// lambdaAhead tells whether a lambda starts here.
func (p *parser) lambdaAhead() bool {
	t := p.tok()
	if t.kind == tokIdent {
		return p.ahead(1).kind == tokPunct && p.ahead(1).text == "=>"
	}
	if t.kind != tokPunct || t.text != "(" {
		return false
	}
	depth := 0
	for n := 0; p.i+n < len(p.toks); n++ {
		t := p.ahead(n)
		if t.kind == tokEOF {
			return false
		}
		if t.kind != tokPunct {
			continue
		}
		switch t.text {
		case "(":
			depth++
		case ")":
			if depth--; depth == 0 {
				return p.ahead(n+1).kind == tokPunct && p.ahead(n+1).text == "=>"
			}
		case ";", "{", "}", "=>":
			return false
		}
	}
	return false
}

func (p *parser) lambda() Expr {
	l := &Lambda{Pos: p.tok().pos}
	if p.tok().kind == tokIdent {
		t := p.advance()
		l.Params = []Param{{Pos: t.pos, Name: t.text}}
	} else {
		p.expect("(")
		for !p.is(")") {
			q := Param{Pos: p.tok().pos, Mode: p.mode()}
			if p.tok().kind == tokIdent && (p.ahead(1).text == "," || p.ahead(1).text == ")") {
				q.Name = p.advance().text
			} else {
				q.Type = p.typeRef()
				q.Name = p.ident().text
			}
			l.Params = append(l.Params, q)
			if !p.accept(",") {
				break
			}
		}
		p.expect(")")
	}
	p.expect("=>")
	p.inLambda++
	p.own = append(p.own, l.Params)
	if p.is("{") {
		l.Block = p.block()
	} else {
		l.Body = p.expr()
	}
	p.own = p.own[:len(p.own)-1]
	p.inLambda--
	return l
}

// args reads arguments up to the closing bracket.
func (p *parser) args(closing string) []Arg {
	var list []Arg
	for !p.is(closing) {
		a := Arg{}
		if p.tok().kind == tokIdent && p.ahead(1).kind == tokPunct && p.ahead(1).text == ":" {
			a.Name = p.advance().text
			p.advance()
		}
		a.Mode = p.mode()
		if a.Mode == "out" {
			a.X = p.outVar()
		}
		if a.X == nil {
			a.X = p.expr()
		}
		list = append(list, a)
		if !p.accept(",") {
			break
		}
	}
	p.expect(closing)
	return list
}

// outVar reads the declaration in out var x, or gives nil.
func (p *parser) outVar() Expr {
	var d *DeclExpr
	p.try(func() {
		at := p.tok().pos
		t := p.typeRef()
		name := p.ident().text
		d = &DeclExpr{Pos: at, Type: t, Name: name}
	})
	if d == nil {
		if p.word("_") && (p.ahead(1).text == ")" || p.ahead(1).text == ",") {
			return &DeclExpr{Pos: p.advance().pos, Name: "_"}
		}
		return nil
	}
	return d
}

// exprs reads { a, b, } with its braces.
func (p *parser) exprs() []Expr {
	p.enter()
	defer p.leave()
	p.expect("{")
	var list []Expr
	for !p.is("}") {
		if p.is("{") {
			at := p.tok().pos
			list = append(list, &NewArray{Pos: at, Init: p.exprs(), Has: true})
		} else {
			list = append(list, p.expr())
		}
		if !p.accept(",") {
			break
		}
	}
	p.expect("}")
	return list
}
