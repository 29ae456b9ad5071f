package syntax

// newExpr reads every form that starts with new.
func (p *parser) newExpr() Expr {
	at := p.expect("new").pos
	switch {
	case p.is("{"):
		return &NewAnon{at, p.anonItems()}
	case p.is("["):
		p.advance()
		for p.accept(",") {
		}
		p.expect("]")
		return &NewArray{Pos: at, Init: p.exprs(), Has: true}
	}
	typ := p.newType()
	if len(typ.Ranks) > 0 { // new T[] { … }
		elem := *typ
		elem.Ranks = typ.Ranks[1:]
		if typ.Ranks[0] > 1 {
			p.fail(at, "arrays of several dimensions are not supported; use arrays of arrays")
		}
		if !p.is("{") {
			p.fail(p.tok().pos, "the size or the values of the array are expected, and here is %s", p.describe())
		}
		return &NewArray{Pos: at, Elem: &elem, Init: p.exprs(), Has: true}
	}
	if p.is("[") {
		return p.sizedArray(at, typ)
	}
	n := &New{Pos: at, Type: typ}
	if p.accept("(") {
		n.Args = p.args(")")
	} else if !p.is("{") {
		p.fail(p.tok().pos, "'(' is expected, and here is %s", p.describe())
	}
	if p.is("{") {
		n.Init, n.Has = p.initItems(), true
	}
	return n
}

// newType reads the type behind new: a ? or [ that follows may belong to the expression.
func (p *parser) newType() *TypeRef {
	t := p.typeRef()
	if t.Nullable && len(t.Ranks) == 0 && !p.is("(") && !p.is("[") {
		p.i--
		t.Nullable = false
	}
	return t
}

// sizedArray reads [n] and further ranks behind new T.
func (p *parser) sizedArray(at Pos, elem *TypeRef) Expr {
	p.expect("[")
	a := &NewArray{Pos: at}
	for {
		a.Sizes = append(a.Sizes, p.expr())
		if !p.accept(",") {
			break
		}
	}
	p.expect("]")
	if len(a.Sizes) > 1 {
		p.fail(at, "arrays of several dimensions are not supported; use arrays of arrays")
	}
	e := *elem
	for p.is("[") && p.ahead(1).text == "]" {
		p.advance()
		p.advance()
		e.Ranks = append(e.Ranks, 1)
	}
	a.Elem = &e
	if p.is("{") {
		a.Init, a.Has = p.exprs(), true
	}
	return a
}

func (p *parser) anonItems() []InitItem {
	p.enter()
	defer p.leave()
	p.expect("{")
	var list []InitItem
	for !p.is("}") {
		it := InitItem{Pos: p.tok().pos}
		if p.tok().kind == tokIdent && p.ahead(1).kind == tokPunct && p.ahead(1).text == "=" {
			it.Name = p.advance().text
			p.advance()
			it.X = p.expr()
		} else {
			it.X = p.expr()
			x := it.X
			if c, ok := x.(*CondAccess); ok {
				x = c.Rest
			}
			switch x := x.(type) {
			case *Name:
				it.Name = x.Name
			case *Member:
				it.Name = x.Name
			default:
				p.fail(it.Pos, "a member of an anonymous object needs a name: Name = value")
			}
		}
		list = append(list, it)
		if !p.accept(",") {
			break
		}
	}
	p.expect("}")
	return list
}

// initItems reads an object or collection initialiser.
func (p *parser) initItems() []InitItem {
	p.enter()
	defer p.leave()
	p.expect("{")
	var list []InitItem
	for !p.is("}") {
		it := InitItem{Pos: p.tok().pos}
		switch {
		case p.is("["):
			p.advance()
			it.Keys = p.args("]")
			p.expect("=")
			p.initValue(&it)
		case p.is("{"):
			if it.Adds = p.exprs(); len(it.Adds) == 0 {
				p.fail(it.Pos, "an element of an initialiser has at least one value")
			}
		case p.tok().kind == tokIdent && p.ahead(1).kind == tokPunct && p.ahead(1).text == "=":
			it.Name = p.advance().text
			p.advance()
			p.initValue(&it)
		default:
			it.X = p.expr()
		}
		list = append(list, it)
		if !p.accept(",") {
			break
		}
	}
	p.expect("}")
	return list
}

func (p *parser) initValue(it *InitItem) {
	if p.is("{") {
		it.Nest, it.Has = p.initItems(), true
		return
	}
	it.X = p.expr()
}
