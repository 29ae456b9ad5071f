package json

import (
	"strconv"
	"strings"

	"portico/internal/policy/csharp/value"
)

// test is a filter's condition on one token.
type test func(r *run, t Token) bool

// filter reads ?(condition)] behind its bracket.
func (p *pathParser) filter(deep bool) pathStep {
	p.i++
	p.blank()
	if p.i >= len(p.s) || p.s[p.i] != '(' {
		p.fail("Unexpected character while parsing path indexer.")
	}
	p.i++
	cond := p.or()
	p.blank()
	if p.i >= len(p.s) || p.s[p.i] != ')' {
		p.fail("Path ended with an open query.")
	}
	p.i++
	p.close()
	return func(r *run, in []Token, _ bool) (out []Token) {
		for _, t := range expand(r, in, deep) {
			for _, v := range values(t) {
				r.Step(1)
				if cond(r, v) {
					out = append(out, v)
				}
			}
		}
		return out
	}
}

func (p *pathParser) or() test {
	x := p.and()
	for p.skip("||") {
		l, y := x, p.and()
		x = func(r *run, t Token) bool { return l(r, t) || y(r, t) }
	}
	return x
}

func (p *pathParser) and() test {
	x := p.comparison()
	for p.skip("&&") {
		l, y := x, p.comparison()
		x = func(r *run, t Token) bool { return l(r, t) && y(r, t) }
	}
	return x
}

func (p *pathParser) skip(op string) bool {
	p.blank()
	if strings.HasPrefix(p.s[p.i:], op) {
		p.i += len(op)
		return true
	}
	return false
}

// comparison reads @.path, or @.path op constant.
func (p *pathParser) comparison() test {
	if p.skip("(") {
		p.r.Enter()
		x := p.or()
		p.r.Leave()
		if !p.skip(")") {
			p.fail("Path ended with an open query.")
		}
		return x
	}
	if !p.skip("@") {
		p.fail("Unexpected character while parsing path query.")
	}
	start := p.i
	for p.i < len(p.s) && strings.IndexByte("=!<>&|) ", p.s[p.i]) < 0 {
		if c := p.s[p.i]; c == '\'' || c == '"' {
			p.quoted()
			continue
		}
		p.i++
	}
	below := (&pathParser{r: p.r, s: p.s[start:p.i]}).parse()
	find := func(r *run, t Token) []Token {
		list := []Token{t}
		for _, s := range below {
			list = s(r, list, false)
		}
		return list
	}
	for _, op := range []string{"==", "!=", "<>", "<=", ">=", "<", ">"} {
		if p.skip(op) {
			want := p.constant()
			return func(r *run, t Token) bool {
				for _, f := range find(r, t) {
					if v, ok := f.(*Val); ok && compares(r, op, v, want) {
						return true
					}
				}
				return false
			}
		}
	}
	return func(r *run, t Token) bool { return len(find(r, t)) > 0 }
}

func compares(r *run, op string, v, want *Val) bool {
	if v.k == kNull || want.k == kNull || op == "==" && v.k != want.k && asNumber(v.v).R == nil {
		same := v.k == want.k && value.Equal(r, v.v, want.v)
		return same == (op == "==" || op == "<=" || op == ">=") && (same || op == "!=" || op == "<>")
	}
	n := v.Compare(r, value.Ref(want))
	switch op {
	case "==":
		return n == 0
	case "!=", "<>":
		return n != 0
	case "<":
		return n < 0
	case "<=":
		return n <= 0
	case ">":
		return n > 0
	}
	return n >= 0
}

func (p *pathParser) constant() *Val {
	p.blank()
	if p.i < len(p.s) && (p.s[p.i] == '\'' || p.s[p.i] == '"') {
		return &Val{k: kString, v: value.Str(p.quoted())}
	}
	start := p.i
	for p.i < len(p.s) && strings.IndexByte("&|) ", p.s[p.i]) < 0 {
		p.i++
	}
	word := p.s[start:p.i]
	if v, ok := words[word]; ok {
		return &v
	}
	if n, err := strconv.ParseInt(word, 10, 64); err == nil {
		return &Val{k: kInteger, v: value.Long(n)}
	}
	f, err := strconv.ParseFloat(word, 64)
	if err != nil {
		p.fail("Could not read query operator.")
	}
	return &Val{k: kFloat, v: value.Float(f)}
}
