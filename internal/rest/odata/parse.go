package odata

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Limits of an expression.
const (
	maxLength = 4096 // bytes
	maxDepth  = 50   // open parentheses and nots
)

// ParseFilter compiles an expression. The error is an *Error.
func ParseFilter(text string, fields Fields) (Filter, error) {
	p, err := newParser(text, fields)
	if err != nil {
		return nil, err
	}
	n, err := p.or()
	if err != nil {
		return nil, err
	}
	if p.token.kind != endToken {
		return nil, p.expected("and, or, or the end")
	}
	if n.typ != Bool {
		return nil, &Error{n.at, "the expression must be a comparison, and is " + n.typ.String()}
	}
	return func(item Item) bool { return n.eval(item) == true }, nil
}

type tokenKind uint8

const (
	endToken tokenKind = iota
	wordToken
	textToken
	numberToken
	timeToken
	openToken
	closeToken
	commaToken
)

type token struct {
	kind  tokenKind
	text  string // the word; the text without quotes
	value any    // of a number or a date
	at    int    // from 1, in characters
}

type parser struct {
	text   string
	pos    int // of the next byte
	token  token
	depth  int
	fields Fields
}

// newParser stands at the first token of an expression.
func newParser(text string, fields Fields) (*parser, error) {
	if len(text) > maxLength {
		return nil, &Error{1, fmt.Sprintf("the expression is longer than %d characters", maxLength)}
	}
	p := &parser{text: text, fields: fields}
	return p, p.next()
}

// character is the position of a byte, counted in characters from 1.
func (p *parser) character(pos int) int { return utf8.RuneCountInString(p.text[:pos]) + 1 }

func (p *parser) fail(pos int, format string, args ...any) error {
	return &Error{p.character(pos), fmt.Sprintf(format, args...)}
}

func (p *parser) expected(what string) error {
	if p.token.kind == endToken {
		return &Error{p.token.at, what + " is expected, and the expression ends"}
	}
	return &Error{p.token.at, what + " is expected"}
}

// next reads the next token.
func (p *parser) next() error {
	for p.pos < len(p.text) && strings.ContainsRune(" \t\r\n", rune(p.text[p.pos])) {
		p.pos++
	}
	start := p.pos
	p.token = token{at: p.character(start)}
	if start == len(p.text) {
		return nil
	}
	switch c := p.text[start]; {
	case c == '(' || c == ')' || c == ',':
		p.pos++
		p.token.kind = map[byte]tokenKind{'(': openToken, ')': closeToken, ',': commaToken}[c]
		return nil
	case c == '\'':
		return p.quoted()
	case c == '-' || c == '+' || c >= '0' && c <= '9':
		return p.numeric()
	case isLetter(c):
		for p.pos < len(p.text) && (isLetter(p.text[p.pos]) || isDigit(p.text[p.pos]) || p.text[p.pos] == '/') { // tag/name
			p.pos++
		}
		p.token.kind, p.token.text = wordToken, p.text[start:p.pos]
		if strings.EqualFold(p.token.text, "datetime") && strings.HasPrefix(p.text[p.pos:], "'") {
			if err := p.quoted(); err != nil {
				return err
			}
			t, err := parseTime(p.token.text)
			if err != nil {
				return p.fail(start, "%v", err)
			}
			p.token = token{kind: timeToken, value: t, at: p.character(start)}
		}
		return nil
	}
	r, _ := utf8.DecodeRuneInString(p.text[start:])
	return p.fail(start, "%q is not expected", r)
}

// quoted reads 'text'; two quotes in a row stand for one.
func (p *parser) quoted() error {
	start := p.pos
	var b strings.Builder
	for p.pos++; p.pos < len(p.text); p.pos++ {
		if p.text[p.pos] != '\'' {
			b.WriteByte(p.text[p.pos])
			continue
		}
		p.pos++
		if p.pos == len(p.text) || p.text[p.pos] != '\'' {
			p.token = token{kind: textToken, text: b.String(), at: p.character(start)}
			return nil
		}
		b.WriteByte('\'')
	}
	return p.fail(start, "the text that begins here has no closing quote")
}

// numeric reads a number, or a date without quotes.
func (p *parser) numeric() error {
	start := p.pos
	for p.pos++; p.pos < len(p.text) && strings.IndexByte("0123456789.eE+-:TZtz", p.text[p.pos]) >= 0; p.pos++ {
	}
	s := p.text[start:p.pos]
	if f, err := strconv.ParseFloat(s, 64); err == nil {
		p.token = token{kind: numberToken, value: f, at: p.character(start)}
		return nil
	}
	t, err := parseTime(s)
	if err != nil {
		return p.fail(start, "%q is neither a number nor a date", s)
	}
	p.token = token{kind: timeToken, value: t, at: p.character(start)}
	return nil
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' }
func isDigit(c byte) bool  { return c >= '0' && c <= '9' }

func (p *parser) isWord(w string) bool {
	return p.token.kind == wordToken && strings.EqualFold(p.token.text, w)
}

func (p *parser) or() (node, error) {
	return p.chain("or", p.and, func(a, b bool) bool { return a || b })
}

func (p *parser) and() (node, error) {
	return p.chain("and", p.not, func(a, b bool) bool { return a && b })
}

// chain reads operands with the same operator between them.
func (p *parser) chain(operator string, operand func() (node, error), join func(a, b bool) bool) (node, error) {
	left, err := operand()
	for err == nil && p.isWord(operator) {
		if err = p.next(); err != nil {
			break
		}
		var right node
		if right, err = operand(); err != nil {
			break
		}
		for _, n := range []node{left, right} {
			if n.typ != Bool {
				return node{}, &Error{n.at, operator + " joins comparisons, and this is " + n.typ.String()}
			}
		}
		a, b := left.eval, right.eval
		left = node{Bool, left.at, func(i Item) any { return join(a(i) == true, b(i) == true) }}
	}
	return left, err
}

func (p *parser) not() (node, error) {
	if !p.isWord("not") {
		return p.comparison()
	}
	at := p.token.at
	if err := p.nest(); err != nil {
		return node{}, err
	}
	defer func() { p.depth-- }()
	n, err := p.not()
	if err != nil {
		return node{}, err
	}
	if n.typ != Bool {
		return node{}, &Error{n.at, "not stands before a comparison, and this is " + n.typ.String()}
	}
	return node{Bool, at, func(i Item) any { return n.eval(i) != true }}, nil
}

// nest goes one level deeper, past the token that opens it.
func (p *parser) nest() error {
	if p.depth++; p.depth > maxDepth {
		return &Error{p.token.at, fmt.Sprintf("the expression nests deeper than %d levels", maxDepth)}
	}
	return p.next()
}

// comparisons tell which results of order an operator wants.
var comparisons = map[string]func(int) bool{
	"eq": func(c int) bool { return c == 0 },
	"ne": func(c int) bool { return c != 0 },
	"gt": func(c int) bool { return c > 0 },
	"ge": func(c int) bool { return c >= 0 },
	"lt": func(c int) bool { return c < 0 },
	"le": func(c int) bool { return c <= 0 },
}

func (p *parser) comparison() (node, error) {
	left, err := p.primary()
	if err != nil || p.token.kind != wordToken {
		return left, err
	}
	name := strings.ToLower(p.token.text)
	wanted := comparisons[name]
	if wanted == nil {
		return left, nil
	}
	if err := p.next(); err != nil {
		return node{}, err
	}
	right, err := p.primary()
	if err != nil {
		return node{}, err
	}
	left, right, typ, err := alike(left, right)
	if err != nil {
		return node{}, err
	}
	if equality := name == "eq" || name == "ne"; !equality && (typ == Bool || typ == Null) {
		return node{}, &Error{left.at, name + " cannot compare " + typ.String()}
	}
	return node{Bool, left.at, func(i Item) any {
		a, b := left.eval(i), right.eval(i)
		if a == nil || b == nil { // null equals null and nothing else
			return name == "eq" && a == b || name == "ne" && a != b
		}
		return wanted(order(typ, a, b))
	}}, nil
}

// alike finds the type in which two operands are compared; a text that stands
// beside a date is read as one.
func alike(a, b node) (node, node, Type, error) {
	switch {
	case a.typ == b.typ || b.typ == Null:
		return a, b, a.typ, nil
	case a.typ == Null:
		return a, b, b.typ, nil
	case a.typ == Time && b.typ == Text:
		b, err := asTime(b)
		return a, b, Time, err
	case a.typ == Text && b.typ == Time:
		a, err := asTime(a)
		return a, b, Time, err
	}
	return a, b, 0, &Error{b.at, "this is " + b.typ.String() + ", and what it is compared with is " + a.typ.String()}
}

func asTime(n node) (node, error) {
	if s, ok := n.eval(func(string) any { return nil }).(string); ok {
		if _, err := parseTime(s); err != nil {
			return n, &Error{n.at, err.Error()}
		}
	}
	n.typ = Time
	return n, nil
}

func (p *parser) primary() (node, error) {
	t := p.token
	constant := func(typ Type, v any) (node, error) {
		return node{typ, t.at, func(Item) any { return v }}, p.next()
	}
	switch t.kind {
	case textToken:
		return constant(Text, t.text)
	case numberToken:
		return constant(Number, t.value)
	case timeToken:
		return constant(Time, t.value)
	case openToken:
		if err := p.nest(); err != nil {
			return node{}, err
		}
		defer func() { p.depth-- }()
		n, err := p.or()
		if err != nil {
			return node{}, err
		}
		if p.token.kind != closeToken {
			return node{}, p.expected("a closing parenthesis")
		}
		return n, p.next()
	case wordToken:
		switch strings.ToLower(t.text) {
		case "true":
			return constant(Bool, true)
		case "false":
			return constant(Bool, false)
		case "null":
			return constant(Null, nil)
		}
		if err := p.next(); err != nil {
			return node{}, err
		}
		if p.token.kind == openToken {
			return p.call(t)
		}
		field, typ, ok := p.fields.lookup(t.text)
		if !ok {
			return node{}, unknownField(t.text, t.at, p.fields)
		}
		return node{typ, t.at, func(i Item) any { return i(field) }}, nil
	}
	return node{}, p.expected("a field, a value or a function")
}

func unknownField(name string, at int, fields Fields) error {
	return &Error{at, fmt.Sprintf("%q is not a field that this collection can be asked about; its fields are %s",
		name, strings.Join(slices.Sorted(maps.Keys(fields)), ", "))}
}

// function works on texts in lower case.
type function struct {
	arguments int
	result    Type
	apply     func(a []string) any
}

var functions = map[string]function{
	"contains":    {2, Bool, func(a []string) any { return strings.Contains(a[0], a[1]) }},
	"substringof": {2, Bool, func(a []string) any { return strings.Contains(a[1], a[0]) }},
	"startswith":  {2, Bool, func(a []string) any { return strings.HasPrefix(a[0], a[1]) }},
	"endswith":    {2, Bool, func(a []string) any { return strings.HasSuffix(a[0], a[1]) }},
	"tolower":     {1, Text, func(a []string) any { return a[0] }},
	"toupper":     {1, Text, func(a []string) any { return a[0] }}, // texts compare without regard to case
}

// call reads the arguments of a function whose name was read.
func (p *parser) call(name token) (node, error) {
	f, ok := functions[strings.ToLower(name.text)]
	if !ok {
		return node{}, &Error{name.at, fmt.Sprintf("there is no function %q; the functions are %s", name.text,
			strings.Join(slices.Sorted(maps.Keys(functions)), ", "))}
	}
	if err := p.nest(); err != nil {
		return node{}, err
	}
	defer func() { p.depth-- }()
	arguments := make([]node, f.arguments)
	for i := range arguments {
		if i > 0 {
			if p.token.kind != commaToken {
				return node{}, p.expected("a comma")
			}
			if err := p.next(); err != nil {
				return node{}, err
			}
		}
		a, err := p.primary()
		if err != nil {
			return node{}, err
		}
		if a.typ != Text {
			return node{}, &Error{a.at, name.text + " works on text, and this is " + a.typ.String()}
		}
		arguments[i] = a
	}
	if p.token.kind != closeToken {
		return node{}, p.expected("a closing parenthesis")
	}
	return node{f.result, name.at, func(i Item) any {
		values := make([]string, len(arguments))
		for k, a := range arguments {
			values[k] = fold(a.eval(i))
		}
		return f.apply(values)
	}}, p.next()
}
