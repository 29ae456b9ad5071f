package syntax

// rangeVar is the hidden parameter that carries several range variables.
const rangeVar = "<query>"

// query reads a query expression and writes it as the method calls that it
// means (C# specification, 7.16.2). Where several range variables are in
// scope they travel in an anonymous object, which each lambda unpacks.
func (p *parser) query() Expr {
	p.enter()
	defer p.leave()
	q := &queryState{p: p}
	q.from(true)
	for {
		at := p.tok().pos
		switch {
		case p.word("from"):
			q.from(false)
		case p.word("where"):
			p.advance()
			q.call(at, "Where", q.lambda(p.queryExpr()))
		case p.word("let"):
			p.advance()
			name := p.ident().text
			p.expect("=")
			x := p.queryExpr()
			q.call(at, "Select", q.lambda(q.pack(at, name, x)))
			q.vars = append(q.vars, name)
		case p.word("orderby"):
			q.orderBy()
		case p.word("join"):
			q.join()
		case p.word("select"):
			p.advance()
			x := p.queryExpr()
			q.call(at, "Select", q.lambda(x))
			if !q.into() {
				return q.src
			}
		case p.word("group"):
			p.advance()
			x := p.queryExpr()
			if !p.word("by") {
				p.fail(p.tok().pos, "'by' is expected, and here is %s", p.describe())
			}
			p.advance()
			key := q.lambda(p.queryExpr())
			q.call(at, "GroupBy", key, q.lambda(x))
			if !q.into() {
				return q.src
			}
		default:
			p.fail(at, "a query ends with select or group, and here is %s", p.describe())
		}
	}
}

// queryExpr reads an expression of a query; every name in it may be captured.
func (p *parser) queryExpr() Expr {
	p.inLambda++
	p.own = append(p.own, nil)
	defer func() { p.inLambda, p.own = p.inLambda-1, p.own[:len(p.own)-1] }()
	return p.expr()
}

type queryState struct {
	p    *parser
	src  Expr
	vars []string
}

func (q *queryState) call(at Pos, name string, args ...Expr) {
	c := &Call{Pos: at, X: &Member{Pos: at, X: q.src, Name: name}}
	for _, a := range args {
		c.Args = append(c.Args, Arg{X: a})
	}
	q.src = c
}

// lambda wraps x as a function of the range variables, and of more.
func (q *queryState) lambda(x Expr, more ...string) Expr {
	at := x.At()
	l := &Lambda{Pos: at}
	if len(q.vars) == 1 {
		l.Params = []Param{{Pos: at, Name: q.vars[0]}}
		l.Body = x
	} else {
		l.Params = []Param{{Pos: at, Name: rangeVar}}
		l.Block = &Block{Pos: at}
		for _, v := range q.vars {
			l.Block.Stmts = append(l.Block.Stmts, &Local{Pos: at, Type: varType(at),
				Vars: []Declarator{{at, v, &Member{Pos: at, X: &Name{Pos: at, Name: rangeVar}, Name: v}}}})
		}
		l.Block.Stmts = append(l.Block.Stmts, &Return{at, x})
	}
	for _, m := range more {
		l.Params = append(l.Params, Param{Pos: at, Name: m})
	}
	return l
}

// pack makes the anonymous object of all range variables and one more.
func (q *queryState) pack(at Pos, name string, x Expr) Expr {
	a := &NewAnon{Pos: at}
	for _, v := range q.vars {
		a.Items = append(a.Items, InitItem{Pos: at, Name: v, X: &Name{Pos: at, Name: v}})
	}
	a.Items = append(a.Items, InitItem{Pos: at, Name: name, X: x})
	return a
}

func varType(at Pos) *TypeRef { return &TypeRef{Pos: at, Parts: []NamePart{{Name: "var"}}} }

// rangeDecl reads [Type] name in source.
func (q *queryState) rangeDecl(first bool) (name string, src Expr) {
	p := q.p
	var typ *TypeRef
	if !(p.tok().kind == tokIdent && p.ahead(1).text == "in" && p.ahead(1).kind == tokKeyword) {
		typ = p.typeRef()
	}
	name = p.ident().text
	at := p.expect("in").pos
	if first {
		src = p.expr()
	} else {
		src = p.queryExpr()
	}
	if typ != nil {
		src = &Call{Pos: at, X: &Member{Pos: at, X: src, Name: "Cast", Args: []*TypeRef{typ}}}
	}
	return name, src
}

func (q *queryState) from(first bool) {
	at := q.p.advance().pos
	name, src := q.rangeDecl(first)
	if first {
		q.src, q.vars = src, []string{name}
		return
	}
	q.call(at, "SelectMany", q.lambda(src), q.lambda(q.pack(at, name, &Name{Pos: at, Name: name}), name))
	q.vars = append(q.vars, name)
}

func (q *queryState) orderBy() {
	p := q.p
	p.advance()
	for method := "OrderBy"; ; method = "ThenBy" {
		at := p.tok().pos
		key := q.lambda(p.queryExpr())
		name := method
		if p.word("descending") {
			p.advance()
			name += "Descending"
		} else if p.word("ascending") {
			p.advance()
		}
		q.call(at, name, key)
		if !p.accept(",") {
			return
		}
	}
}

func (q *queryState) word(w string) {
	if !q.p.word(w) {
		q.p.fail(q.p.tok().pos, "'%s' is expected, and here is %s", w, q.p.describe())
	}
	q.p.advance()
}

func (q *queryState) join() {
	p := q.p
	at := p.advance().pos
	name, src := q.rangeDecl(false)
	q.word("on")
	outer := q.lambda(p.queryExpr())
	q.word("equals")
	x := p.queryExpr()
	inner := &Lambda{Pos: x.At(), Params: []Param{{Pos: at, Name: name}}, Body: x}
	method, result := "Join", name
	if p.word("into") {
		p.advance()
		method, result = "GroupJoin", p.ident().text
	}
	q.call(at, method, src, outer, inner, q.lambda(q.pack(at, result, &Name{Pos: at, Name: result}), result))
	q.vars = append(q.vars, result)
}

// into reads a continuation.
func (q *queryState) into() bool {
	if !q.p.word("into") {
		return false
	}
	q.p.advance()
	q.vars = []string{q.p.ident().text}
	return true
}
