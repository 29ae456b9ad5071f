package json

import (
	"strconv"
	"strings"

	"portico/internal/policy/csharp/value"
)

// pathStep is one part of a JSONPath: it turns tokens into those below them.
type pathStep func(r *run, in []Token, must bool) []Token

// selectPath evaluates a JSONPath. must throws where a name or index is missing.
func selectPath(r *run, t Token, path string, must bool) []Token {
	p := &pathParser{r: r, s: path}
	if len(path) > 4096 {
		r.Throw(value.ExJSON, "The path is longer than 4096 characters.")
	}
	list := []Token{t}
	for _, step := range p.parse() {
		list = step(r, list, must)
		r.Step(len(list) + 1)
	}
	return list
}

type pathParser struct {
	r *run
	s string
	i int
}

func (p *pathParser) fail(msg string, args ...any) { p.r.Throw(value.ExJSON, msg, args...) }

func (p *pathParser) parse() []pathStep {
	var steps []pathStep
	if strings.HasPrefix(p.s, "$") {
		p.i++
	}
	deep := false
	for p.i < len(p.s) {
		switch c := p.s[p.i]; c {
		case '.':
			p.i++
			if p.i < len(p.s) && p.s[p.i] == '.' {
				deep = true
				p.i++
			}
			if p.i >= len(p.s) {
				p.fail("Unexpected end while parsing path.")
			}
			if p.s[p.i] == '[' {
				continue
			}
			steps = append(steps, p.field(deep))
			deep = false
		case '[':
			p.i++
			steps = append(steps, p.bracket(deep))
			deep = false
		case ' ':
			p.i++
		default:
			if p.i > 0 && p.s[p.i-1] == ']' {
				p.fail("Unexpected character following indexer: %c", c)
			}
			steps = append(steps, p.field(false))
		}
	}
	return steps
}

// field reads a name or * .
func (p *pathParser) field(deep bool) pathStep {
	start := p.i
	for p.i < len(p.s) && strings.IndexByte(".[]( )", p.s[p.i]) < 0 {
		p.i++
	}
	name := p.s[start:p.i]
	if name == "" {
		p.fail("Unexpected character while parsing path: %s", p.s[p.i:min(p.i+1, len(p.s))])
	}
	if name == "*" {
		return each(deep)
	}
	return named(name, deep)
}

func named(name string, deep bool) pathStep {
	return func(r *run, in []Token, must bool) (out []Token) {
		for _, t := range expand(r, in, deep) {
			o, ok := t.(*Obj)
			if !ok {
				if must && !deep {
					r.Throw(value.ExJSON, "Property '%s' not valid on %s.", name, t.Type().Name)
				}
				continue
			}
			if v := o.get(name); v != nil {
				out = append(out, v)
			} else if must && !deep {
				r.Throw(value.ExJSON, "Property '%s' does not exist on JObject.", name)
			}
		}
		return out
	}
}

// values gives the values below a token.
func values(t Token) []Token {
	switch t := t.(type) {
	case *Obj:
		out := make([]Token, len(t.props))
		for i, p := range t.props {
			out[i] = p.v
		}
		return out
	case *Arr:
		return t.items
	}
	return nil
}

// expand adds all that lies below where the step is .. .
func expand(r *run, in []Token, deep bool) []Token {
	if !deep {
		return in
	}
	var out []Token
	var walk func(t Token)
	walk = func(t Token) {
		r.Enter()
		r.Step(1)
		r.Alloc(16)
		out = append(out, t)
		for _, v := range values(t) {
			walk(v)
		}
		r.Leave()
	}
	for _, t := range in {
		walk(t)
	}
	return out
}

func each(deep bool) pathStep {
	return func(r *run, in []Token, _ bool) (out []Token) {
		for _, t := range expand(r, in, deep) {
			out = append(out, values(t)...)
		}
		return out
	}
}

// bracket reads ['a','b'], [0], [1,2], [1:3], [*] or [?(…)].
func (p *pathParser) bracket(deep bool) pathStep {
	p.blank()
	if p.i >= len(p.s) {
		p.fail("Path ended with open indexer.")
	}
	switch c := p.s[p.i]; {
	case c == '\'' || c == '"':
		var steps []pathStep
		for {
			steps = append(steps, named(p.quoted(), deep))
			if p.close() {
				break
			}
		}
		return union(steps)
	case c == '*':
		p.i++
		p.close()
		return each(deep)
	case c == '?':
		return p.filter(deep)
	}
	end := strings.IndexByte(p.s[p.i:], ']')
	if end < 0 {
		p.fail("Path ended with open indexer.")
	}
	body := p.s[p.i : p.i+end]
	p.i += end + 1
	if strings.Contains(body, ":") {
		return p.slice(body)
	}
	var steps []pathStep
	for _, n := range strings.Split(body, ",") {
		i, err := strconv.Atoi(strings.TrimSpace(n))
		if err != nil {
			p.fail("Unexpected character while parsing path indexer: %s", body)
		}
		steps = append(steps, indexed(i))
	}
	return union(steps)
}

func (p *pathParser) blank() {
	for p.i < len(p.s) && p.s[p.i] == ' ' {
		p.i++
	}
}

// close passes over ] , or over a comma, and tells which.
func (p *pathParser) close() bool {
	p.blank()
	if p.i < len(p.s) && p.s[p.i] == ']' {
		p.i++
		return true
	}
	if p.i < len(p.s) && p.s[p.i] == ',' {
		p.i++
		p.blank()
		return false
	}
	p.fail("Path ended with open indexer.")
	return true
}

func (p *pathParser) quoted() string {
	if p.i >= len(p.s) || p.s[p.i] != '\'' && p.s[p.i] != '"' {
		p.fail("Unexpected character while parsing path indexer.")
	}
	q := p.s[p.i]
	var b strings.Builder
	for p.i++; p.i < len(p.s); p.i++ {
		switch c := p.s[p.i]; {
		case c == '\\' && p.i+1 < len(p.s):
			p.i++
			b.WriteByte(p.s[p.i])
		case c == q:
			p.i++
			return b.String()
		default:
			b.WriteByte(c)
		}
	}
	p.fail("Path ended with an open string.")
	return ""
}

func union(steps []pathStep) pathStep {
	if len(steps) == 1 {
		return steps[0]
	}
	return func(r *run, in []Token, must bool) (out []Token) {
		for _, t := range in {
			for _, s := range steps {
				out = append(out, s(r, []Token{t}, must)...)
			}
		}
		return out
	}
}

func indexed(i int) pathStep {
	return func(r *run, in []Token, must bool) (out []Token) {
		for _, t := range in {
			a, ok := t.(*Arr)
			switch {
			case ok && i >= 0 && i < len(a.items):
				out = append(out, a.items[i])
			case must && ok:
				r.Throw(value.ExJSON, "Index %d outside the bounds of JArray.", i)
			case must:
				r.Throw(value.ExJSON, "Index %d not valid on %s.", i, t.Type().Name)
			}
		}
		return out
	}
}

func (p *pathParser) slice(body string) pathStep {
	var n [3]*int
	parts := strings.Split(body, ":")
	if len(parts) > 3 {
		p.fail("Unexpected character while parsing path indexer: %s", body)
	}
	for i, s := range parts {
		if s = strings.TrimSpace(s); s == "" {
			continue
		}
		v, err := strconv.Atoi(s)
		if err != nil || i == 2 && v == 0 {
			p.fail("Unexpected character while parsing path indexer: %s", body)
		}
		n[i] = &v
	}
	return func(r *run, in []Token, _ bool) (out []Token) {
		for _, t := range in {
			a, ok := t.(*Arr)
			if !ok {
				continue
			}
			step, size := 1, len(a.items)
			if n[2] != nil {
				step = *n[2]
			}
			from, to := 0, size
			if step < 0 {
				from, to = size-1, -1
			}
			clamp := func(v int) int {
				if v < 0 {
					v += size
				}
				return max(min(v, size), -1)
			}
			if n[0] != nil {
				from = clamp(*n[0])
			}
			if n[1] != nil {
				to = clamp(*n[1])
			}
			for i := from; step > 0 && i < to || step < 0 && i > to; i += step {
				if i >= 0 && i < size {
					r.Step(1)
					out = append(out, a.items[i])
				}
			}
		}
		return out
	}
}
