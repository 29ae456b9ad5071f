package liquid

import (
	"strconv"
	"strings"
)

// tag reads the tag of that name; unknown tells that it begins no node, as end tags do.
func (p *parser) tag(name string, l *lexer, depth int) (n node, unknown bool, err error) {
	switch name {
	case "assign":
		n, err = parseAssign(l)
	case "capture":
		n, err = p.parseCapture(l, depth)
	case "case":
		n, err = p.parseCase(l, depth)
	case "comment":
		_, err = p.skip(l, "comment")
	case "raw":
		var text string
		text, err = p.skip(l, "raw")
		n = textNode(text)
	case "cycle":
		n, err = parseCycle(l)
	case "for":
		n, err = p.parseFor(l, depth)
	case "if", "unless":
		n, err = p.parseIf(name, l, depth)
	case "ifchanged":
		n, err = p.parseIfChanged(l, depth)
	case "increment", "decrement":
		n, err = parseCounter(name, l)
	case "break":
		n = jump{errBreak}
	case "continue":
		n = jump{errContinue}
	default:
		return nil, true, nil
	}
	return n, false, err
}

// skip reads up to the end tag and gives what stands before it, as it is written.
func (p *parser) skip(l *lexer, what string) (string, error) {
	var b strings.Builder
	for depth := 1; p.pos < len(p.tokens); {
		t := p.tokens[p.pos]
		p.pos++
		switch {
		case t.kind == tagToken && t.text == "end"+what:
			depth--
		case t.kind == tagToken && t.text == what && what == "comment":
			depth++
		}
		if depth == 0 {
			return b.String(), nil
		}
		b.WriteString(t.source)
	}
	return "", l.problem("'%s' is not closed by 'end%s'", what, what)
}

type jump struct{ err error }

func (j jump) render(*run) error { return j.err }

type assign struct {
	name  string
	value expression
}

func parseAssign(l *lexer) (node, error) {
	a := &assign{name: l.word()}
	if a.name == "" || !l.accept("=") {
		return nil, l.problem("'assign' must be written as: assign name = value")
	}
	var err error
	a.value, err = l.whole()
	return a, err
}

func (a *assign) render(r *run) error {
	v, err := r.evaluate(&a.value)
	r.variables[a.name] = v
	return err
}

type capture struct {
	name string
	body []node
}

func (p *parser) parseCapture(l *lexer, depth int) (node, error) {
	c := &capture{name: strings.Trim(l.rest(), `"' `)}
	if c.name == "" {
		return nil, l.problem("'capture' needs the name of a variable")
	}
	var err error
	c.body, _, _, err = p.until(l, depth, "capture", "endcapture")
	return c, err
}

func (c *capture) render(r *run) error {
	start := len(r.out)
	err := r.render(c.body)
	r.variables[c.name] = string(r.out[start:])
	r.out = r.out[:start]
	return err
}

// branches are if, unless and case: the first whose test holds is rendered.
type branches []branch

type branch struct {
	tests []*condition // one of them must hold; none is else
	not   bool
	body  []node
}

func (b branches) render(r *run) error {
	for i := range b {
		holds := len(b[i].tests) == 0
		for j := 0; j < len(b[i].tests) && !holds; j++ {
			ok, err := r.holds(b[i].tests[j])
			if err != nil {
				return err
			}
			holds = ok != b[i].not
		}
		if holds {
			return r.render(b[i].body)
		}
	}
	return nil
}

func (p *parser) parseIf(name string, l *lexer, depth int) (node, error) {
	var all branches
	b := branch{not: name == "unless"}
	for end := name; ; {
		if end != "else" {
			c, err := l.condition(0)
			if err != nil {
				return nil, err
			}
			b.tests = []*condition{c}
		}
		body, next, rest, err := p.until(l, depth, name, "elsif", "else", "end"+name)
		if err != nil {
			return nil, err
		}
		b.body = body
		all = append(all, b)
		if next == "end"+name {
			return all, nil
		}
		end, l, b = next, rest, branch{}
	}
}

func (p *parser) parseCase(l *lexer, depth int) (node, error) {
	subject, err := l.operand(0)
	if err != nil {
		return nil, err
	}
	_, end, rest, err := p.until(l, depth, "case", "when", "else", "endcase") // what stands before the first when is not written
	var all branches
	for err == nil && end != "endcase" {
		b := branch{}
		for end == "when" {
			value, err := rest.operand(0)
			if err != nil {
				return nil, err
			}
			b.tests = append(b.tests, &condition{left: subject, operator: "==", right: value, line: rest.line})
			if !rest.accept(",") && !rest.acceptWord("or") {
				break
			}
		}
		b.body, end, rest, err = p.until(l, depth, "case", "when", "else", "endcase")
		all = append(all, b)
	}
	return all, err
}

type cycle struct {
	group  *operand
	key    string
	values []operand
}

func parseCycle(l *lexer) (node, error) {
	c := &cycle{key: l.text}
	first, err := l.operand(0)
	if err != nil {
		return nil, err
	}
	if l.accept(":") {
		c.group = &first
	} else {
		c.values = append(c.values, first)
		if !l.accept(",") {
			return c, nil
		}
	}
	for {
		v, err := l.operand(0)
		if err != nil {
			return nil, err
		}
		c.values = append(c.values, v)
		if !l.accept(",") {
			return c, nil
		}
	}
}

func (c *cycle) render(r *run) error {
	key := c.key
	if c.group != nil {
		v, err := r.value(c.group)
		if err != nil {
			return err
		}
		key = "\x00" + Text(v)
	}
	i := r.cycles[key]
	r.cycles[key] = i + 1
	v, err := r.value(&c.values[i%len(c.values)])
	if err != nil {
		return err
	}
	return r.write(Text(v))
}

type counting struct {
	name string
	up   bool
}

func parseCounter(name string, l *lexer) (node, error) {
	c := &counting{name: l.word(), up: name == "increment"}
	if c.name == "" {
		return nil, l.problem("'%s' needs the name of a counter", name)
	}
	return c, nil
}

func (c *counting) render(r *run) error {
	n := r.counters[c.name]
	if c.up {
		r.counters[c.name] = n + 1
	} else {
		n--
		r.counters[c.name] = n
	}
	return r.write(strconv.FormatInt(n, 10))
}

type ifChanged struct{ body []node }

func (p *parser) parseIfChanged(l *lexer, depth int) (node, error) {
	c := &ifChanged{}
	var err error
	c.body, _, _, err = p.until(l, depth, "ifchanged", "endifchanged")
	return c, err
}

func (c *ifChanged) render(r *run) error {
	start := len(r.out)
	if err := r.render(c.body); err != nil {
		return err
	}
	text := string(r.out[start:])
	if before, known := r.changed[c]; known && before == text {
		r.out = r.out[:start]
	}
	r.changed[c] = text
	return nil
}

type loop struct {
	variable      string
	list          operand
	limit, offset *operand
	reversed      bool
	body, empty   []node
}

func (p *parser) parseFor(l *lexer, depth int) (node, error) {
	f := &loop{variable: l.word()}
	if f.variable == "" || !l.acceptWord("in") {
		return nil, l.problem("'for' must be written as: for name in list")
	}
	var err error
	if f.list, err = l.operand(0); err != nil {
		return nil, err
	}
	for !l.done() {
		l.accept(",")
		word := l.word()
		if word == "reversed" {
			f.reversed = true
			continue
		}
		if word != "limit" && word != "offset" || !l.accept(":") {
			return nil, l.problem("'for' knows reversed, limit: and offset:, and not %s", strconv.Quote(word+l.rest()))
		}
		o, err := l.operand(0)
		if err != nil {
			return nil, err
		}
		if word == "limit" {
			f.limit = &o
		} else {
			f.offset = &o
		}
	}
	var end string
	if f.body, end, _, err = p.until(l, depth, "for", "else", "endfor"); err != nil || end == "endfor" {
		return f, err
	}
	f.empty, _, _, err = p.until(l, depth, "for", "endfor")
	return f, err
}

func (f *loop) render(r *run) error {
	items, err := f.items(r)
	if err != nil {
		return err
	}
	if len(items) == 0 {
		return r.render(f.empty)
	}
	outer, shadowed := r.variables[f.variable]
	outerLoop, nested := r.variables["forloop"]
	defer func() {
		restore(r.variables, f.variable, outer, shadowed)
		restore(r.variables, "forloop", outerLoop, nested)
	}()
	for i, item := range items {
		if err := r.step(1); err != nil {
			return err
		}
		r.variables[f.variable] = item
		r.variables["forloop"] = turn{i, len(items), f.variable}
		if err := r.render(f.body); err == errBreak {
			return nil
		} else if err != nil && err != errContinue {
			return err
		}
	}
	return nil
}

func restore(variables map[string]Value, name string, v Value, there bool) {
	if there {
		variables[name] = v
	} else {
		delete(variables, name)
	}
}

// items are what the loop goes through: of an object, pairs of name and value.
func (f *loop) items(r *run) (List, error) {
	v, err := r.value(&f.list)
	if err != nil {
		return nil, err
	}
	var items List
	switch v := v.(type) {
	case List:
		items = v
	case *Object:
		for _, n := range v.Names {
			items = append(items, List{n, v.Values[n]})
		}
	case nil:
	case string:
		if v != "" {
			items = List{v}
		}
	}
	for i, o := range []*operand{f.offset, f.limit} {
		if o == nil {
			continue
		}
		v, err := r.value(o)
		if err != nil {
			return nil, err
		}
		n, ok := integer(v)
		switch {
		case !ok || n < 0:
		case i == 0:
			items = items[min(n, len(items)):]
		default:
			items = items[:min(n, len(items))]
		}
	}
	if f.reversed {
		turned := make(List, len(items))
		for i, v := range items {
			turned[len(items)-1-i] = v
		}
		items = turned
	}
	return items, nil
}

// turn is `forloop`.
type turn struct {
	index, length int
	name          string
}

// Get gives a property of forloop; Pascal case will do too.
func (t turn) Get(name string) (Value, bool) {
	switch plainName(name) {
	case "index":
		return int64(t.index + 1), true
	case "index0":
		return int64(t.index), true
	case "rindex":
		return int64(t.length - t.index), true
	case "rindex0":
		return int64(t.length - t.index - 1), true
	case "first":
		return t.index == 0, true
	case "last":
		return t.index == t.length-1, true
	case "length":
		return int64(t.length), true
	case "name":
		return t.name, true
	}
	return nil, false
}
