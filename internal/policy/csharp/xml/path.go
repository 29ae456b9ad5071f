package xml

import (
	"strings"

	"portico/internal/policy/csharp/value"
)

// The XPath that expressions may use: location paths with abbreviated axes
// (/, //, ., .., @, *), predicates, comparisons, and, or, |, and the functions of
// call. It is XPath 1.0 without named axes, variables and arithmetic.

// item is a node of XPath: an element, a text, a comment, a document, or an attribute.
type item struct {
	n *node
	a *attr
}

// position is where an item stands in the list that a predicate filters.
type position struct {
	item     item
	at, last int
}

// pathExpr is a parsed XPath, or a part of one.
type pathExpr func(r *run, at position) result

// pathReader reads an XPath.
type pathReader struct {
	r      *run
	s      string
	i      int
	spaces func(prefix string) (uri string, ok bool)
	depth  int
}

// selectPath evaluates an XPath for a node. spaces tells what prefixes stand for.
func selectPath(r *run, n *node, path string, spaces func(string) (string, bool)) result {
	p := &pathReader{r: r, s: path, spaces: spaces}
	r.Spend(64 * len(path))
	e := p.or()
	if p.space(); p.i < len(p.s) {
		p.fail()
	}
	return e(r, position{item: item{n: n}, at: 1, last: 1})
}

func (p *pathReader) fail() {
	p.r.Throw(value.ExXPath, "'%s' has an invalid token.", p.s)
}

func (p *pathReader) space() {
	for p.i < len(p.s) && strings.IndexByte(" \t\r\n", p.s[p.i]) >= 0 {
		p.i++
	}
}

// accept steps over a token; a word must end there.
func (p *pathReader) accept(token string) bool {
	p.space()
	rest := p.s[p.i:]
	if !strings.HasPrefix(rest, token) {
		return false
	}
	if c := token[0]; c >= 'a' && c <= 'z' {
		if after := rest[len(token):]; after != "" && (namePart(rune(after[0])) || after[0] == ':') {
			return false
		}
	}
	p.i += len(token)
	return true
}

// maxPathDepth bounds brackets in each other.
const maxPathDepth = 50

func (p *pathReader) or() pathExpr {
	if p.depth++; p.depth > maxPathDepth {
		p.fail()
	}
	defer func() { p.depth-- }()
	x := p.and()
	for p.accept("or") {
		a, b := x, p.and()
		x = func(r *run, at position) result { return boolResult(a(r, at).bool() || b(r, at).bool()) }
	}
	return x
}

func (p *pathReader) and() pathExpr {
	x := p.compare()
	for p.accept("and") {
		a, b := x, p.compare()
		x = func(r *run, at position) result { return boolResult(a(r, at).bool() && b(r, at).bool()) }
	}
	return x
}

func (p *pathReader) compare() pathExpr {
	x := p.union()
	for {
		op := ""
		for _, o := range []string{"!=", "<=", ">=", "=", "<", ">"} {
			if op == "" && p.accept(o) {
				op = o
			}
		}
		if op == "" {
			return x
		}
		a, b := x, p.union()
		x = func(r *run, at position) result { return boolResult(holds(r, op, a(r, at), b(r, at))) }
	}
}

func (p *pathReader) union() pathExpr {
	x := p.operand()
	for p.accept("|") {
		a, b := x, p.operand()
		x = func(r *run, at position) result {
			both := a(r, at)
			both.items = append(both.items, b(r, at).items...)
			return both
		}
	}
	return x
}

func (p *pathReader) operand() pathExpr {
	p.space()
	if p.i >= len(p.s) {
		p.fail()
	}
	switch c := p.s[p.i]; {
	case c == '"' || c == '\'':
		end := strings.IndexByte(p.s[p.i+1:], c)
		if end < 0 {
			p.fail()
		}
		text := p.s[p.i+1 : p.i+1+end]
		p.i += end + 2
		return func(*run, position) result { return textResult(text) }
	case c >= '0' && c <= '9':
		start := p.i
		for p.i < len(p.s) && (p.s[p.i] >= '0' && p.s[p.i] <= '9' || p.s[p.i] == '.') {
			p.i++
		}
		f := toNumber(p.s[start:p.i])
		return func(*run, position) result { return numberResult(f) }
	case c == '(':
		p.i++
		x := p.or()
		if !p.accept(")") {
			p.fail()
		}
		return p.steps(p.predicates(x))
	}
	if name, ok := p.function(); ok {
		return p.call(name)
	}
	return p.location()
}

// function reads the name of a function and its bracket.
func (p *pathReader) function() (string, bool) {
	i := p.i
	for i < len(p.s) && (p.s[i] >= 'a' && p.s[i] <= 'z' || p.s[i] == '-') {
		i++
	}
	name := p.s[p.i:i]
	if i >= len(p.s) || p.s[i] != '(' || pathFunctions[name] == nil {
		return "", false
	}
	p.i = i + 1
	return name, true
}

func (p *pathReader) call(name string) pathExpr {
	var args []pathExpr
	for !p.accept(")") {
		if len(args) > 0 && !p.accept(",") {
			p.fail()
		}
		args = append(args, p.or())
	}
	fn := pathFunctions[name]
	return func(r *run, at position) result {
		in := make([]result, len(args))
		for i := range args {
			in[i] = args[i](r, at)
		}
		return fn(r, at, in)
	}
}

// location reads a path from the item, or from the top where it begins with a slash.
func (p *pathReader) location() pathExpr {
	if p.s[p.i] != '/' {
		return p.steps(p.step(func(_ *run, at position) result { return result{items: []item{at.item}} }, false))
	}
	top := func(_ *run, at position) result { return result{items: []item{at.item.top()}} }
	if strings.TrimSpace(p.s[p.i:]) == "/" {
		p.i = len(p.s)
		return top
	}
	return p.steps(top)
}

// steps reads the steps that follow, each behind its slashes.
func (p *pathReader) steps(x pathExpr) pathExpr {
	for {
		switch {
		case p.accept("//"):
			x = p.step(x, true)
		case p.accept("/"):
			x = p.step(x, false)
		default:
			return x
		}
	}
}

// step reads one step with its predicates, which number the nodes of each item
// that it starts from; deep has it start from all below, too.
func (p *pathReader) step(from pathExpr, deep bool) pathExpr {
	find := p.test()
	each := p.predicates(func(r *run, at position) result { return result{items: find(r, at.item)} })
	return func(r *run, at position) result {
		var out []item
		seen := map[item]bool{}
		visit := func(it item) {
			for _, found := range each(r, position{item: it, at: 1, last: 1}).items {
				if r.Step(1); !seen[found] {
					r.Alloc(64)
					seen[found] = true
					out = append(out, found)
				}
			}
		}
		for _, it := range from(r, at).items {
			visit(it)
			if deep && it.n != nil {
				it.n.walk(r, func(c *node) { visit(item{n: c}) })
			}
		}
		if deep && len(out) > 1 {
			out = inOrder(r, out[0].top(), seen)
		}
		return result{items: out}
	}
}

// inOrder gives items in the order of the document.
func inOrder(r *run, top item, chosen map[item]bool) (out []item) {
	add := func(n *node) {
		if chosen[item{n: n}] {
			out = append(out, item{n: n})
		}
		for _, a := range n.attrs {
			if chosen[item{a: a}] {
				out = append(out, item{a: a})
			}
		}
	}
	add(top.n)
	top.n.walk(r, add)
	return out
}

// predicates reads what stands in square brackets behind x.
func (p *pathReader) predicates(x pathExpr) pathExpr {
	for p.accept("[") {
		all, condition := x, p.or()
		if !p.accept("]") {
			p.fail()
		}
		x = func(r *run, at position) result {
			list := all(r, at).items
			var kept []item
			for i, it := range list {
				v := condition(r, position{item: it, at: i + 1, last: len(list)})
				if v.kind == isNumber && v.f == float64(i+1) || v.kind != isNumber && v.bool() {
					kept = append(kept, it)
				}
			}
			return result{items: kept}
		}
	}
	return x
}

// test reads what a step looks for: a name, *, @name, ., .., text(), node().
func (p *pathReader) test() func(r *run, it item) []item {
	switch {
	case p.accept(".."):
		return func(_ *run, it item) []item {
			up := it.parent()
			if up == nil {
				return nil
			}
			return []item{{n: up}}
		}
	case p.accept("."):
		return func(_ *run, it item) []item { return []item{it} }
	case p.accept("text()"):
		return kids((*node).isText)
	case p.accept("node()"):
		return kids(func(*node) bool { return true })
	case p.accept("comment()"):
		return kids(func(n *node) bool { return n.t == commentType })
	case p.accept("@"):
		fits := p.nameTest(true)
		return func(_ *run, it item) (out []item) {
			if it.n != nil {
				for _, a := range it.n.attrs {
					if a.name.ns != xmlnsURI && fits(a.name) {
						out = append(out, item{a: a})
					}
				}
			}
			return out
		}
	}
	fits := p.nameTest(false)
	return kids(func(n *node) bool { return n.isElement() && fits(n.name) })
}

// kids finds the children that fit.
func kids(fits func(*node) bool) func(r *run, it item) []item {
	return func(r *run, it item) (out []item) {
		if it.n != nil {
			r.Step(len(it.n.kids))
			for _, c := range it.n.kids {
				if fits(c) {
					out = append(out, item{n: c})
				}
			}
		}
		return out
	}
}

// nameTest reads *, name, prefix:name or prefix:*.
func (p *pathReader) nameTest(attribute bool) func(name) bool {
	if p.accept("*") {
		return func(name) bool { return true }
	}
	first := p.word()
	if p.i >= len(p.s) || p.s[p.i] != ':' {
		return func(n name) bool { return n == name{"", first} }
	}
	p.i++
	uri, known := p.spaces(first)
	if !known {
		p.r.Throw(value.ExXPath, "Namespace prefix '%s' is not defined.", first)
	}
	if p.i < len(p.s) && p.s[p.i] == '*' {
		p.i++
		return func(n name) bool { return n.ns == uri }
	}
	local := p.word()
	return func(n name) bool { return n == name{uri, local} }
}

func (p *pathReader) word() string {
	p.space()
	start := p.i
	for i, c := range p.s[start:] {
		if c == ':' || i == 0 && !nameStart(c) || !namePart(c) {
			break
		}
		p.i = start + i + len(string(c))
	}
	if p.i == start {
		p.fail()
	}
	return p.s[start:p.i]
}
