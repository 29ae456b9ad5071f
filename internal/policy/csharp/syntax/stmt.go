package syntax

// block reads { statements }. After a statement that cannot be read it goes on
// behind the next semicolon or brace, so that one text shows all its errors.
func (p *parser) block() *Block {
	p.enter()
	defer p.leave()
	b := &Block{Pos: p.expect("{").pos}
	for !p.is("}") {
		if p.tok().kind == tokEOF {
			p.fail(p.tok().pos, "'}' is expected, and here is the end of the expression")
		}
		i, depth, in, own := p.i, p.depth, p.inLambda, len(p.own)
		errs := len(p.errs)
		p.run(func() { b.Stmts = append(b.Stmts, p.stmt()) })
		if len(p.errs) > errs {
			p.depth, p.inLambda, p.own = depth, in, p.own[:own]
			p.recover(i)
			if len(p.errs) >= maxErrors {
				panic(stop{})
			}
		}
	}
	p.expect("}")
	return b
}

// recover moves behind the statement that failed.
func (p *parser) recover(from int) {
	if p.i == from {
		p.advance()
	}
	for depth := 0; p.tok().kind != tokEOF; p.advance() {
		if p.tok().kind != tokPunct {
			continue
		}
		switch p.tok().text {
		case ";":
			if depth <= 0 {
				p.advance()
				return
			}
		case "{":
			depth++
		case "}":
			if depth == 0 {
				return
			}
			depth--
		}
	}
	panic(stop{})
}

func (p *parser) stmt() Stmt {
	p.enter()
	defer p.leave()
	t := p.tok()
	at := t.pos
	if t.kind == tokPunct {
		switch t.text {
		case "{":
			return p.block()
		case ";":
			p.advance()
			return &Empty{at}
		}
	}
	if t.kind == tokKeyword {
		if s := p.keywordStmt(t); s != nil {
			return s
		}
	}
	if s := p.declaration(); s != nil {
		return s
	}
	x := p.expr()
	p.expect(";")
	return &ExprStmt{at, x}
}

func (p *parser) keywordStmt(t *token) Stmt {
	at := t.pos
	switch t.text {
	case "if":
		p.advance()
		s := &If{Pos: at, X: p.condition()}
		s.Then = p.stmt()
		if p.accept("else") {
			s.Else = p.stmt()
		}
		return s
	case "while":
		p.advance()
		x := p.condition()
		return &While{Pos: at, X: x, Body: p.stmt()}
	case "do":
		p.advance()
		s := &While{Pos: at, Do: true, Body: p.stmt()}
		p.expect("while")
		s.X = p.condition()
		p.expect(";")
		return s
	case "for":
		return p.forStmt()
	case "foreach":
		return p.foreach()
	case "switch":
		return p.switchStmt()
	case "return":
		p.advance()
		s := &Return{Pos: at}
		if !p.is(";") {
			s.X = p.expr()
		}
		p.expect(";")
		return s
	case "break", "continue":
		p.advance()
		p.expect(";")
		return &Jump{Pos: at, Word: t.text}
	case "goto":
		return p.gotoStmt()
	case "throw":
		p.advance()
		s := &ThrowStmt{Pos: at}
		if !p.is(";") {
			s.X = p.expr()
		}
		p.expect(";")
		return s
	case "try":
		return p.tryStmt()
	case "using":
		return p.usingStmt()
	case "lock":
		p.advance()
		x := p.condition()
		return &Lock{at, x, p.stmt()}
	case "const":
		p.advance()
		l := p.local()
		l.Const = true
		p.expect(";")
		return l
	case "checked", "unchecked":
		if p.ahead(1).text == "{" && p.ahead(1).kind == tokPunct {
			p.advance()
			return &CheckedBlock{at, p.block(), t.text == "checked"}
		}
	case "static":
		p.advance() // a static local function is only a promise not to capture
		if s := p.declaration(); s != nil {
			return s
		}
		p.fail(at, "a local function is expected behind 'static'")
	}
	return nil
}

func (p *parser) condition() Expr {
	p.expect("(")
	x := p.expr()
	p.expect(")")
	return x
}

// declaration reads a local variable or function, or gives nil.
func (p *parser) declaration() Stmt {
	t := p.tok()
	if t.kind != tokIdent && !(t.kind == tokKeyword && isPredefined(t.text)) && !(t.kind == tokPunct && t.text == "(") {
		return nil
	}
	i := p.i
	ok := p.try(func() {
		p.typeRef()
		p.ident()
		if n := p.tok(); n.kind != tokPunct || n.text != "=" && n.text != ";" && n.text != "," && n.text != "(" {
			panic(stop{})
		}
	})
	p.i = i
	if !ok {
		return nil
	}
	p.typeRef()
	p.ident()
	function := p.is("(")
	p.i = i
	if function {
		return p.localFunc()
	}
	l := p.local()
	p.expect(";")
	return l
}

// local reads type name = value, name = value without the semicolon.
func (p *parser) local() *Local {
	l := &Local{Pos: p.tok().pos, Type: p.typeRef()}
	for {
		t := p.ident()
		d := Declarator{Pos: t.pos, Name: t.text}
		if p.accept("=") {
			if p.is("{") {
				d.Init = &NewArray{Pos: p.tok().pos, Init: p.exprs(), Has: true}
			} else {
				d.Init = p.expr()
			}
		}
		l.Vars = append(l.Vars, d)
		if !p.accept(",") {
			return l
		}
	}
}

func (p *parser) localFunc() Stmt {
	f := &LocalFunc{Pos: p.tok().pos, Type: p.typeRef()}
	f.Name = p.ident().text
	f.Params = p.params()
	p.inLambda++
	p.own = append(p.own, f.Params)
	defer func() { p.inLambda, p.own = p.inLambda-1, p.own[:len(p.own)-1] }()
	if p.accept("=>") {
		f.Body = p.expr()
		p.expect(";")
	} else {
		f.Block = p.block()
	}
	return f
}

func (p *parser) forStmt() Stmt {
	s := &For{Pos: p.advance().pos}
	p.expect("(")
	if !p.is(";") {
		if d := p.forDecl(); d != nil {
			s.Init = []Stmt{d}
		} else {
			for {
				at := p.tok().pos
				s.Init = append(s.Init, &ExprStmt{at, p.expr()})
				if !p.accept(",") {
					break
				}
			}
		}
	}
	p.expect(";")
	if !p.is(";") {
		s.X = p.expr()
	}
	p.expect(";")
	for !p.is(")") {
		s.Step = append(s.Step, p.expr())
		if !p.accept(",") {
			break
		}
	}
	p.expect(")")
	s.Body = p.stmt()
	return s
}

func (p *parser) forDecl() Stmt {
	i := p.i
	ok := p.try(func() {
		p.typeRef()
		p.ident()
		if !p.is("=") && !p.is(",") && !p.is(";") {
			panic(stop{})
		}
	})
	p.i = i
	if !ok {
		return nil
	}
	return p.local()
}

func (p *parser) foreach() Stmt {
	s := &Foreach{Pos: p.advance().pos}
	p.expect("(")
	if p.word("var") && p.ahead(1).text == "(" {
		d, ok := p.deconstruction().(*DeclExpr)
		if !ok {
			p.fail(p.tok().pos, "the names of the loop's variables are expected")
		}
		s.Type, s.Names = d.Type, d.Names
	} else {
		s.Type = p.typeRef()
		s.Name = p.ident().text
	}
	p.expect("in")
	s.X = p.expr()
	p.expect(")")
	s.Body = p.stmt()
	return s
}

func (p *parser) switchStmt() Stmt {
	s := &Switch{Pos: p.advance().pos, X: p.condition()}
	p.expect("{")
	for !p.is("}") {
		sec := Section{Pos: p.tok().pos}
		for p.is("case") || p.is("default") {
			l := Label{Pos: p.tok().pos}
			if p.advance().text == "default" {
				l.Default = true
			} else {
				l.Pattern = p.pattern()
				if p.word("when") {
					p.advance()
					l.Guard = p.expr()
				}
			}
			p.expect(":")
			sec.Labels = append(sec.Labels, l)
		}
		if len(sec.Labels) == 0 {
			p.fail(p.tok().pos, "'case' or 'default' is expected, and here is %s", p.describe())
		}
		for !p.is("case") && !p.is("default") && !p.is("}") {
			sec.Stmts = append(sec.Stmts, p.stmt())
		}
		s.Sections = append(s.Sections, sec)
	}
	p.expect("}")
	return s
}

func (p *parser) gotoStmt() Stmt {
	s := &Jump{Pos: p.advance().pos}
	switch {
	case p.accept("default"):
		s.Word = "goto default"
	case p.accept("case"):
		s.Word = "goto case"
		s.Case = p.expr()
	default:
		p.fail(s.Pos, "goto reaches only the cases of a switch here")
	}
	p.expect(";")
	return s
}

func (p *parser) tryStmt() Stmt {
	s := &Try{Pos: p.advance().pos, Body: p.block()}
	for p.is("catch") {
		c := Catch{Pos: p.advance().pos}
		if p.accept("(") {
			c.Type = p.typeRef()
			if p.tok().kind == tokIdent {
				c.Name = p.advance().text
			}
			p.expect(")")
		}
		if p.word("when") {
			p.advance()
			c.Guard = p.condition()
		}
		c.Body = p.block()
		s.Catches = append(s.Catches, c)
	}
	if p.accept("finally") {
		s.Finally = p.block()
	}
	if s.Finally == nil && len(s.Catches) == 0 {
		p.fail(p.tok().pos, "'catch' or 'finally' is expected, and here is %s", p.describe())
	}
	return s
}

func (p *parser) usingStmt() Stmt {
	s := &Using{Pos: p.advance().pos}
	p.expect("(")
	if d := p.forDecl(); d != nil {
		s.Decl, _ = d.(*Local)
	} else {
		s.X = p.expr()
	}
	p.expect(")")
	s.Body = p.stmt()
	return s
}
