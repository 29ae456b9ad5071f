package liquid

import (
	"math"
	"strconv"
	"strings"
)

// expression is a value with the filters that it goes through.
type expression struct {
	operand operand
	filters []call
	line    int
}

type call struct {
	name      string
	filter    filter
	arguments []operand
}

// operand is a literal, a range or a path of properties.
type operand struct {
	literal  Value
	name     string    // of the variable that a path begins with; "" for none
	path     []operand // keys; a literal string for those behind dots
	from, to *operand  // of a range
	empty    bool      // `empty` or `blank`
}

// maxRange is how many numbers a range may hold.
const maxRange = 100_000

// maxNested is how deep brackets and ranges may stand in each other.
const maxNested = 32

func (l *lexer) expression() (expression, error) {
	e := expression{line: l.line}
	var err error
	if e.operand, err = l.operand(0); err != nil {
		return e, err
	}
	for l.accept("|") {
		c := call{name: l.word()}
		known := false
		if c.filter, known = filters[plainName(c.name)]; !known {
			return e, l.problem("there is no filter '%s'", c.name)
		}
		for sep := ":"; l.accept(sep); sep = "," {
			argument, err := l.operand(0)
			if err != nil {
				return e, err
			}
			c.arguments = append(c.arguments, argument)
		}
		e.filters = append(e.filters, c)
	}
	return e, nil
}

// whole reads an expression that ends where the text does.
func (l *lexer) whole() (expression, error) {
	e, err := l.expression()
	if err == nil && !l.done() {
		err = l.problem("%s is not expected here", strconv.Quote(l.rest()))
	}
	return e, err
}

// plainName is a filter's name without underscores, in lower case.
func plainName(s string) string { return strings.ToLower(strings.ReplaceAll(s, "_", "")) }

func (l *lexer) operand(depth int) (operand, error) {
	if depth > maxNested {
		return operand{}, l.problem("the expression is nested more than %d deep", maxNested)
	}
	switch c := l.peek(); {
	case c == '\'' || c == '"':
		end := strings.IndexByte(l.text[l.pos+1:], c)
		if end < 0 {
			return operand{}, l.problem("a string is not closed")
		}
		s := l.text[l.pos+1 : l.pos+1+end]
		l.pos += end + 2
		return operand{literal: s}, nil
	case c == '(':
		return l.rangeOperand(depth)
	case '0' <= c && c <= '9' || c == '-':
		return l.numberOperand()
	case isWord(c, false) || c == '[':
		return l.path(depth)
	}
	return operand{}, l.problem("a value is expected, and here is %s", strconv.Quote(l.rest()))
}

func (l *lexer) rangeOperand(depth int) (operand, error) {
	l.accept("(")
	from, err := l.operand(depth + 1)
	if err != nil {
		return operand{}, err
	}
	if !l.accept("..") {
		return operand{}, l.problem("a range needs two dots: (1..5)")
	}
	to, err := l.operand(depth + 1)
	if err != nil {
		return operand{}, err
	}
	if !l.accept(")") {
		return operand{}, l.problem("a range is not closed")
	}
	return operand{from: &from, to: &to}, nil
}

func (l *lexer) numberOperand() (operand, error) {
	start := l.pos
	l.pos++
	for l.pos < len(l.text) {
		c := l.text[l.pos]
		if (c < '0' || c > '9') && (c != '.' || strings.HasPrefix(l.text[l.pos:], "..")) {
			break
		}
		l.pos++
	}
	text := l.text[start:l.pos]
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return operand{literal: n}, nil
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(f, 0) {
		return operand{}, l.problem("%s is not a number", strconv.Quote(text))
	}
	return operand{literal: f}, nil
}

func (l *lexer) path(depth int) (operand, error) {
	o := operand{name: l.word()}
	switch o.name {
	case "true", "false":
		return operand{literal: o.name == "true"}, nil
	case "nil", "null":
		return operand{}, nil
	case "empty", "blank":
		return operand{empty: true}, nil
	}
	for {
		switch {
		case l.pos < len(l.text) && l.text[l.pos] == '.' && !strings.HasPrefix(l.text[l.pos:], ".."):
			l.pos++
			name := l.word()
			if name == "" {
				return o, l.problem("a property's name is missing behind a dot")
			}
			o.path = append(o.path, operand{literal: name})
		case l.pos < len(l.text) && l.text[l.pos] == '[':
			l.pos++
			key, err := l.operand(depth + 1)
			if err != nil {
				return o, err
			}
			if !l.accept("]") {
				return o, l.problem("a bracket is not closed")
			}
			o.path = append(o.path, key)
		default:
			return o, nil
		}
	}
}

func (r *run) evaluate(e *expression) (Value, error) {
	r.line = e.line
	v, err := r.value(&e.operand)
	for i := 0; i < len(e.filters) && err == nil; i++ {
		c := &e.filters[i]
		arguments := make([]Value, len(c.arguments))
		for j := range c.arguments {
			if arguments[j], err = r.value(&c.arguments[j]); err != nil {
				return nil, err
			}
		}
		v, err = c.filter(r, v, arguments)
	}
	return v, err
}

func (r *run) value(o *operand) (Value, error) {
	if err := r.step(1 + len(o.path)); err != nil {
		return nil, err
	}
	switch {
	case o.from != nil:
		return r.rangeOf(o)
	case o.name == "" && len(o.path) == 0:
		return o.literal, nil
	}
	v, known := r.variables[o.name]
	if !known {
		v, _ = r.root.Get(o.name)
	}
	for i := range o.path {
		key, err := r.value(&o.path[i])
		if err != nil {
			return nil, err
		}
		v = property(v, key)
	}
	return v, nil
}

func (r *run) rangeOf(o *operand) (Value, error) {
	from, err := r.value(o.from)
	if err != nil {
		return nil, err
	}
	to, err := r.value(o.to)
	if err != nil {
		return nil, err
	}
	first, ok1 := integer(from)
	last, ok2 := integer(to)
	if !ok1 || !ok2 || last < first {
		return List{}, nil
	}
	if last-first >= maxRange {
		return nil, problem(r.line, "a range has more than %d numbers", maxRange)
	}
	if err := r.step(last - first); err != nil {
		return nil, err
	}
	list := make(List, 0, last-first+1)
	for i := first; i <= last; i++ {
		list = append(list, int64(i))
	}
	return list, nil
}

// condition is a comparison, or two of them joined by `and` or `or`, which bind from the right.
type condition struct {
	left, right operand
	operator    string // "" asks whether left is true
	join        string // "and", "or" or ""
	next        *condition
	line        int
}

var operators = []string{"==", "!=", "<>", "<=", ">=", "<", ">"}

var wordOperators = map[string]string{"contains": "contains", "Contains": "contains", "startsWith": "startswith", "StartsWith": "startswith",
	"endsWith": "endswith", "EndsWith": "endswith", "hasKey": "haskey", "HasKey": "haskey", "hasValue": "hasvalue", "HasValue": "hasvalue"}

// maxConditions is how many comparisons one condition may have.
const maxConditions = 100

func (l *lexer) condition(count int) (*condition, error) {
	if count > maxConditions {
		return nil, l.problem("a condition has more than %d comparisons", maxConditions)
	}
	c := &condition{line: l.line}
	var err error
	if c.left, err = l.operand(0); err != nil {
		return nil, err
	}
	for _, o := range operators {
		if l.accept(o) {
			c.operator = o
			break
		}
	}
	if c.operator == "" {
		before := l.pos
		if c.operator = wordOperators[l.word()]; c.operator == "" {
			l.pos = before
		}
	}
	if c.operator != "" {
		if c.right, err = l.operand(0); err != nil {
			return nil, err
		}
	}
	switch {
	case l.acceptWord("and"):
		c.join = "and"
	case l.acceptWord("or"):
		c.join = "or"
	case l.done():
		return c, nil
	default:
		return nil, l.problem("%s is not expected here", strconv.Quote(l.rest()))
	}
	c.next, err = l.condition(count + 1)
	return c, err
}

func (r *run) holds(c *condition) (bool, error) {
	r.line = c.line
	left, err := r.value(&c.left)
	if err != nil {
		return false, err
	}
	result := truthy(left)
	if c.operator != "" {
		right, err := r.value(&c.right)
		if err != nil {
			return false, err
		}
		result = compares(c, left, right)
	}
	switch {
	case c.join == "and" && result, c.join == "or" && !result:
		return r.holds(c.next)
	}
	return result, nil
}

func compares(c *condition, left, right Value) bool {
	same := func() bool {
		switch {
		case c.left.empty:
			return isEmpty(right)
		case c.right.empty:
			return isEmpty(left)
		}
		return equal(left, right)
	}
	switch c.operator {
	case "==":
		return same()
	case "!=", "<>":
		return !same()
	case "contains":
		if list, ok := left.(List); ok {
			for _, v := range list {
				if equal(v, right) {
					return true
				}
			}
			return false
		}
		s, ok := left.(string)
		return ok && right != nil && strings.Contains(s, Text(right))
	case "startswith":
		return strings.HasPrefix(Text(left), Text(right))
	case "endswith":
		return strings.HasSuffix(Text(left), Text(right))
	case "haskey":
		o, ok := left.(Source)
		if ok {
			_, ok = o.Get(Text(right))
		}
		return ok
	case "hasvalue":
		o, ok := left.(*Object)
		for i := 0; ok && i < len(o.Names); i++ {
			if equal(o.Values[o.Names[i]], right) {
				return true
			}
		}
		return false
	}
	order, ok := compare(left, right)
	if !ok {
		return false
	}
	switch c.operator {
	case "<":
		return order < 0
	case ">":
		return order > 0
	case "<=":
		return order <= 0
	}
	return order >= 0
}
