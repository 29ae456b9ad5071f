package value

import (
	"fmt"
	"strconv"
	"strings"
)

// sigReader reads a signature as Def takes it.
type sigReader struct {
	l       *Library
	s       string
	class   *Type
	mparams []string
}

func (s *sigReader) space() { s.s = strings.TrimLeft(s.s, " ") }

func (s *sigReader) accept(p string) bool {
	s.space()
	if !strings.HasPrefix(s.s, p) {
		return false
	}
	last := p[len(p)-1]
	if last >= 'a' && last <= 'z' && len(s.s) > len(p) && wordByte(s.s[len(p)]) {
		return false
	}
	s.s = s.s[len(p):]
	return true
}

func wordByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
}

func (s *sigReader) word() string {
	s.space()
	i := 0
	for i < len(s.s) && wordByte(s.s[i]) {
		i++
	}
	w := s.s[:i]
	s.s = s.s[i:]
	return w
}

func (s *sigReader) typ() (*Type, error) {
	name := s.word()
	var args []*Type
	if strings.HasPrefix(s.s, "<") && s.accept("<") { // an operator < stands behind a blank
		for {
			a, err := s.typ()
			if err != nil {
				return nil, err
			}
			args = append(args, a)
			if !s.accept(",") {
				break
			}
		}
		if !s.accept(">") {
			return nil, fmt.Errorf("no > behind %s", name)
		}
	}
	t := s.named(name, args)
	if t == nil {
		return nil, fmt.Errorf("no type %s with %d arguments", name, len(args))
	}
	for {
		switch {
		case s.accept("[]"):
			t = ArrayOf(t)
		case s.accept("?"):
			t = NullableOf(t)
		default:
			return t, nil
		}
	}
}

func (s *sigReader) named(name string, args []*Type) *Type {
	if len(args) == 0 {
		for i, p := range s.mparams {
			if p == name {
				return &Type{Name: p, Kind: KMParam, Index: i}
			}
		}
		for i, p := range s.class.Params {
			if p == name {
				return T(i)
			}
		}
		if name == "void" {
			return Void
		}
		return s.l.types[name]
	}
	def := s.l.Lookup(name, len(args))
	if def == nil {
		return nil
	}
	return Make(def, args...)
}

// typeParams reads <A, B> behind a method's name, ahead of the result's type:
// the names are needed to read that, so they are looked for first.
func methodParams(sig string) []string {
	i := strings.IndexByte(sig, '(')
	if i < 1 || sig[i-1] != '>' {
		return nil
	}
	j := strings.LastIndexByte(sig[:i], '<')
	k := j
	for k > 0 && wordByte(sig[k-1]) {
		k--
	}
	if k == j || k == 0 || sig[k-1] != ' ' {
		return nil
	}
	parts := strings.Split(sig[j+1:i-1], ",")
	for n := range parts {
		parts[n] = strings.TrimSpace(parts[n])
	}
	return parts
}

func (s *sigReader) params(closing string) ([]Param, bool, error) {
	var list []Param
	ext := false
	for !s.accept(closing) {
		var p Param
		switch {
		case s.accept("this"):
			ext = true
		case s.accept("out"):
			p.Out = true
		case s.accept("ref"):
			p.Ref = true
		case s.accept("params"):
			p.Params = true
		}
		t, err := s.typ()
		if err != nil {
			return nil, false, err
		}
		p.Type, p.Name = t, s.word()
		if s.accept("=") {
			v, err := s.constant(t)
			if err != nil {
				return nil, false, err
			}
			p.Default = &v
		}
		list = append(list, p)
		s.accept(",")
		if s.s == "" {
			return nil, false, fmt.Errorf("no %s", closing)
		}
	}
	return list, ext, nil
}

func (s *sigReader) constant(t *Type) (Value, error) {
	w := s.word()
	switch w {
	case "null":
		return Null, nil
	case "true", "false":
		return Bool(w == "true"), nil
	case "default":
		return Zero(t), nil
	}
	if t.Kind == KEnum {
		for _, n := range t.Names {
			if n.Name == w {
				return Of(t, n.Value), nil
			}
		}
	}
	n, err := strconv.ParseInt(w, 10, 64)
	return Of(t, n), err
}

// declare reads one signature and files the member.
func (l *Library) declare(p pending) error {
	s := &sigReader{l: l, s: p.sig, class: p.t, mparams: methodParams(p.sig)}
	m := &Method{Owner: p.t, Fn: p.fn, Gen: p.gen, Set: p.set, TParams: len(s.mparams)}
	mem := l.members[p.t]
	if mem == nil {
		return fmt.Errorf("the type was not added")
	}
	switch {
	case s.accept("implicit"):
		return l.conversion(s, mem, p, true)
	case s.accept("explicit"):
		return l.conversion(s, mem, p, false)
	case s.accept("operator"):
		m.Static = true
		var err error
		if m.Ret, err = s.typ(); err != nil {
			return err
		}
		s.space()
		op, rest, _ := strings.Cut(s.s, "(")
		m.Name, s.s = strings.TrimSpace(op), rest
		if m.Params, _, err = s.params(")"); err != nil {
			return err
		}
		mem.Ops[m.Name] = append(mem.Ops[m.Name], m)
		return nil
	case strings.HasPrefix(s.s, "new("):
		s.s = s.s[len("new("):]
		m.Static, m.Name, m.Ret = true, "new", p.t
		if len(p.t.Params) > 0 {
			args := make([]*Type, len(p.t.Params))
			for i := range args {
				args[i] = T(i)
			}
			m.Ret = Make(p.t, args...)
		}
		var err error
		m.Params, _, err = s.params(")")
		mem.Ctors = append(mem.Ctors, m)
		return err
	}
	m.Static = s.accept("static")
	var err error
	if m.Ret, err = s.typ(); err != nil {
		return err
	}
	if s.accept("this[") {
		m.Name = "this"
		m.Params, _, err = s.params("]")
		mem.Index = append(mem.Index, m)
		return err
	}
	m.Name = s.word()
	if len(s.mparams) > 0 {
		_, s.s, _ = strings.Cut(s.s, ">")
	}
	if !s.accept("(") {
		if s.s != "" {
			return fmt.Errorf("unexpected %q", s.s)
		}
		if mem.Props[m.Name] != nil {
			return fmt.Errorf("declared twice")
		}
		mem.Props[m.Name] = m
		return nil
	}
	if m.Params, m.Ext, err = s.params(")"); err != nil {
		return err
	}
	if m.Ext {
		m.Static = true
		l.exts[m.Name] = append(l.exts[m.Name], m)
	}
	mem.Methods[m.Name] = append(mem.Methods[m.Name], m)
	return nil
}

func (l *Library) conversion(s *sigReader, mem *Members, p pending, implicit bool) error {
	to, err := s.typ()
	if err != nil {
		return err
	}
	if !s.accept("(") {
		return fmt.Errorf("no (")
	}
	from, _, err := s.params(")")
	if err != nil || len(from) != 1 {
		return fmt.Errorf("a conversion has one parameter: %v", err)
	}
	mem.Convs = append(mem.Convs, &Conv{From: from[0].Type, To: to, Implicit: implicit, Fn: p.fn})
	return nil
}
