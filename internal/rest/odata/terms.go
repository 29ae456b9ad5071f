package odata

import (
	"strings"
	"time"
)

// Term compares a field with a value.
type Term struct {
	Field    string // as Fields spells it
	Operator string // eq, ne, gt, ge, lt or le
	Value    any    // string, float64, bool or time.Time, by the field's type
	Position int    // of the field in the expression, from 1
}

// ParseTerms reads an expression that is one comparison, or several with "and"
// between them: the form that reports take, which must know what is asked for
// and cannot run a Filter over every call. The error is an *Error.
func ParseTerms(text string, fields Fields) ([]Term, error) {
	p, err := newParser(text, fields)
	if err != nil {
		return nil, err
	}
	var terms []Term
	for {
		t, err := p.term()
		if err != nil {
			return nil, err
		}
		terms = append(terms, t)
		switch {
		case p.token.kind == endToken:
			return terms, nil
		case !p.isWord("and"):
			return nil, p.expected("and, or the end")
		}
		if err := p.next(); err != nil {
			return nil, err
		}
	}
}

func (p *parser) term() (Term, error) {
	if p.token.kind != wordToken {
		return Term{}, p.expected("a field")
	}
	field, typ, ok := p.fields.lookup(p.token.text)
	if !ok {
		return Term{}, unknownField(p.token.text, p.token.at, p.fields)
	}
	t := Term{Field: field, Position: p.token.at}
	if err := p.next(); err != nil {
		return Term{}, err
	}
	if t.Operator = strings.ToLower(p.token.text); p.token.kind != wordToken || comparisons[t.Operator] == nil {
		return Term{}, p.expected("eq, ne, gt, ge, lt or le")
	}
	if err := p.next(); err != nil {
		return Term{}, err
	}
	value, err := p.primary()
	if err != nil {
		return Term{}, err
	}
	_, value, _, err = alike(node{typ: typ}, value)
	if err != nil {
		return Term{}, err
	}
	t.Value = value.eval(func(string) any { return nil })
	if s, text := t.Value.(string); text && typ == Time {
		t.Value, err = parseTime(s)
	}
	if t.Value == nil {
		return Term{}, &Error{value.at, "a value is expected"}
	}
	return t, err
}

// Time is the term's value as a time, for a field of type Time.
func (t Term) Time() time.Time { v, _ := t.Value.(time.Time); return v }

// Text is the term's value as a text, for a field of type Text.
func (t Term) Text() string { v, _ := t.Value.(string); return v }
