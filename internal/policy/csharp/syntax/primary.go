package syntax

// primary reads an operand and what hangs on it.
func (p *parser) primary() Expr {
	return p.suffixes(p.start())
}

// start reads the operand itself.
func (p *parser) start() Expr {
	t := p.tok()
	at := t.pos
	switch t.kind {
	case tokInt:
		p.advance()
		return &Literal{Pos: at, Kind: IntLiteral, Text: t.text, Suffix: t.suffix}
	case tokReal:
		p.advance()
		return &Literal{Pos: at, Kind: RealLiteral, Text: t.text, Suffix: t.suffix}
	case tokChar:
		p.advance()
		return &Literal{Pos: at, Kind: CharLiteral, Char: t.char}
	case tokString:
		return p.stringLiteral()
	case tokInterp:
		p.advance()
		return p.interpolated(t)
	case tokIdent:
		if t.text == "nameof" && p.ahead(1).text == "(" && p.ahead(1).kind == tokPunct {
			p.advance()
			p.advance()
			x := p.expr()
			p.expect(")")
			return &NameOf{at, x}
		}
		if t.text == "var" && p.ahead(1).text == "(" && p.ahead(1).kind == tokPunct {
			if d := p.deconstruction(); d != nil {
				return d
			}
		}
		p.advance()
		p.capture(t.text)
		return &Name{at, t.text, p.genericArgs()}
	case tokKeyword:
		return p.keywordStart(t)
	case tokPunct:
		if t.text == "(" {
			return p.parens()
		}
	}
	p.fail(at, "an operand is expected, and here is %s", p.describe())
	return nil
}

// stringLiteral reads a string. Strings that stand side by side are one: C# has
// no such form, but published documents that a tool has re-quoted do
// ("name=" "" for "name"), and nothing else could be meant.
func (p *parser) stringLiteral() Expr {
	t := p.advance()
	text := t.text
	for p.tok().kind == tokString && p.tok().glued {
		text += p.advance().text
	}
	return &Literal{Pos: t.pos, Kind: StringLiteral, Text: text}
}

func (p *parser) keywordStart(t *token) Expr {
	at := t.pos
	switch t.text {
	case "true", "false":
		p.advance()
		return &Literal{Pos: at, Kind: BoolLiteral, Bool: t.text == "true"}
	case "null":
		p.advance()
		return &Literal{Pos: at, Kind: NullLiteral}
	case "new":
		return p.newExpr()
	case "typeof":
		p.advance()
		p.expect("(")
		typ := p.typeRef()
		p.expect(")")
		return &TypeOf{at, typ}
	case "default":
		p.advance()
		if !p.accept("(") {
			return &Default{Pos: at}
		}
		typ := p.typeRef()
		p.expect(")")
		return &Default{at, typ}
	case "checked", "unchecked":
		p.advance()
		p.expect("(")
		x := p.expr()
		p.expect(")")
		return &Checked{at, x, t.text == "checked"}
	case "this", "base":
		p.fail(at, "a policy expression has no '%s'", t.text)
	}
	if isPredefined(t.text) && t.text != "void" {
		p.advance()
		return &PredefinedType{at, &TypeRef{Pos: at, Parts: []NamePart{{Name: t.text}}}}
	}
	p.fail(at, "an operand is expected, and here is '%s'", t.text)
	return nil
}

// deconstruction reads var (a, b).
func (p *parser) deconstruction() Expr {
	var d *DeclExpr
	p.try(func() {
		at := p.advance().pos
		p.expect("(")
		d2 := &DeclExpr{Pos: at, Type: &TypeRef{Pos: at, Parts: []NamePart{{Name: "var"}}}}
		for {
			d2.Names = append(d2.Names, p.ident().text)
			if !p.accept(",") {
				break
			}
		}
		p.expect(")")
		if !p.is("=") && !p.is("in") {
			panic(stop{})
		}
		d = d2
	})
	if d == nil {
		return nil
	}
	return d
}

// parens reads (x) or a tuple.
func (p *parser) parens() Expr {
	at := p.expect("(").pos
	items := p.tupleItems()
	if len(items) == 1 && items[0].Name == "" {
		return items[0].X
	}
	if len(items) < 2 {
		p.fail(at, "an operand is expected between the brackets")
	}
	return &Tuple{at, items}
}

func (p *parser) tupleItems() []Arg {
	var list []Arg
	for !p.is(")") {
		a := Arg{}
		if p.tok().kind == tokIdent && p.ahead(1).kind == tokPunct && p.ahead(1).text == ":" {
			a.Name = p.advance().text
			p.advance()
		}
		if d := p.tupleDecl(); d != nil {
			a.X = d
		} else {
			a.X = p.expr()
		}
		list = append(list, a)
		if !p.accept(",") {
			break
		}
	}
	p.expect(")")
	return list
}

// tupleDecl reads an element such as `int a` of a deconstruction (int a, var b) = ….
func (p *parser) tupleDecl() Expr {
	t := p.tok()
	if t.kind != tokIdent && !(t.kind == tokKeyword && isPredefined(t.text)) {
		return nil
	}
	var d *DeclExpr
	p.try(func() {
		typ := p.typeRef()
		name := p.ident()
		if !p.is(",") && !p.is(")") {
			panic(stop{})
		}
		d = &DeclExpr{Pos: t.pos, Type: typ, Name: name.text}
	})
	if d == nil {
		return nil
	}
	return d
}

// suffixes reads members, calls, indexes and ++ or -- behind an operand.
func (p *parser) suffixes(x Expr) Expr {
	for n := 0; ; n++ {
		if n > maxChain {
			p.fail(p.tok().pos, "more than %d members follow each other", maxChain)
		}
		t := p.tok()
		if t.kind != tokPunct {
			return x
		}
		switch t.text {
		case ".":
			p.advance()
			x = p.member(x)
		case "(":
			p.advance()
			x = &Call{t.pos, x, p.args(")")}
		case "[":
			p.advance()
			x = &Index{t.pos, x, p.args("]")}
		case "++", "--":
			p.advance()
			x = &Postfix{t.pos, t.text, x}
		case "!":
			return x
		case "?.":
			p.enter()
			defer p.leave()
			p.advance()
			return &CondAccess{t.pos, x, p.suffixes(p.member(&CondTarget{t.pos}))}
		case "?":
			if !p.condIndex() {
				return x
			}
			p.enter()
			defer p.leave()
			p.advance()
			at := p.expect("[").pos
			return &CondAccess{t.pos, x, p.suffixes(&Index{at, &CondTarget{t.pos}, p.args("]")})}
		default:
			return x
		}
	}
}

func (p *parser) member(x Expr) Expr {
	t := p.ident()
	return &Member{t.pos, x, t.text, p.genericArgs()}
}

// condIndex tells x?[i] from x ? [ … : no expression of C# 7 starts with a
// bracket, so ?[ is always an index.
func (p *parser) condIndex() bool {
	return p.ahead(1).kind == tokPunct && p.ahead(1).text == "["
}

// interpolated parses the holes of $"…".
func (p *parser) interpolated(t *token) Expr {
	x := &Interpolated{Pos: t.pos}
	for _, part := range t.parts {
		if part.tokens == nil {
			x.Parts = append(x.Parts, Hole{Text: part.text})
			continue
		}
		h := Hole{X: p.sub(part.tokens, t.pos), Format: part.format}
		if part.align != nil {
			h.Align = p.sub(part.align, t.pos)
		}
		x.Parts = append(x.Parts, h)
	}
	return x
}

// sub parses tokens as one expression.
func (p *parser) sub(toks []token, at Pos) Expr {
	if len(toks) == 0 {
		p.fail(at, "an operand is expected between the braces of the interpolated string")
	}
	end := token{kind: tokEOF, pos: toks[len(toks)-1].pos}
	outer, i := p.toks, p.i
	defer func() { p.toks, p.i = outer, i }()
	p.toks, p.i = append(toks[:len(toks):len(toks)], end), 0
	x := p.expr()
	if p.tok().kind != tokEOF {
		p.fail(p.tok().pos, "the } of the interpolated string is expected, and here is %s", p.describe())
	}
	return x
}

// capture notes a name that a lambda uses and that is not its own parameter:
// the variable of that name, if there is one, must outlive its frame.
func (p *parser) capture(name string) {
	if p.inLambda == 0 {
		return
	}
	if n := len(p.own); n > 0 {
		for _, q := range p.own[n-1] {
			if q.Name == name {
				return
			}
		}
	}
	p.captured[name] = true
}
