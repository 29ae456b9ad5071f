// Package odata reads the $filter and $orderby expressions of the management
// and portal APIs: the part of OData that Azure API Management documents (eq ne
// gt ge lt le, and or not, contains substringof startswith endswith tolower
// toupper), on the fields that a collection names.
package odata

import (
	"fmt"
	"strings"
	"time"
)

// Type is what a field or an expression holds.
type Type uint8

// The types. Null is the type of the literal null only.
const (
	Text Type = iota
	Number
	Bool
	Time
	Null
)

func (t Type) String() string {
	return [...]string{"text", "a number", "true or false", "a date", "null"}[t]
}

// Fields are the names that an expression may use, which compare without regard to case.
type Fields map[string]Type

// lookup gives a field by its name in any case.
func (f Fields) lookup(name string) (string, Type, bool) {
	for field, t := range f {
		if strings.EqualFold(field, name) {
			return field, t, true
		}
	}
	return "", 0, false
}

// Item gives the value of a field of one item: string, float64, bool, time.Time
// (or its RFC 3339 text), or nil where it has none.
type Item func(field string) any

// Filter tells whether an item is wanted.
type Filter func(Item) bool

// Error says what is wrong with an expression, and at which character, from 1.
type Error struct {
	Position int
	Message  string
}

func (e *Error) Error() string { return fmt.Sprintf("%s, at character %d", e.Message, e.Position) }

// node is a compiled expression.
type node struct {
	typ  Type
	at   int // where it begins
	eval func(Item) any
}

// fold is how texts are compared: without regard to case, as the service's database does.
func fold(v any) string {
	s, _ := v.(string)
	return strings.ToLower(s)
}

// order compares two values of one type that are not nil.
func order(t Type, a, b any) int {
	switch t {
	case Text:
		return strings.Compare(fold(a), fold(b))
	case Number:
		x, y := number(a), number(b)
		switch {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	case Time:
		return moment(a).Compare(moment(b))
	default:
		if a == b {
			return 0
		}
		if b == true {
			return -1
		}
		return 1
	}
}

func number(v any) float64 {
	f, _ := v.(float64)
	return f
}

func moment(v any) time.Time {
	switch t := v.(type) {
	case time.Time:
		return t
	case string:
		m, _ := parseTime(t)
		return m
	}
	return time.Time{}
}

// parseTime reads a date, or a date and time; without an offset it is UTC.
func parseTime(s string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02T15:04", "2006-01-02"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is not a date such as 2024-05-01T00:00:00Z", s)
}

// Compare is negative where a comes before b, positive where it comes after.
type Compare func(a, b Item) int

// ParseOrderBy reads "displayName desc, name". Items without a value come first.
func ParseOrderBy(text string, fields Fields) (Compare, error) {
	type key struct {
		field string
		typ   Type
		sign  int
	}
	var keys []key
	at := 1
	for part := range strings.SplitSeq(text, ",") {
		words := strings.Fields(part)
		if len(words) == 0 || len(words) > 2 {
			return nil, &Error{at, "a field is expected, with asc or desc after it"}
		}
		field, typ, ok := fields.lookup(words[0])
		if !ok {
			return nil, unknownField(words[0], at+strings.Index(part, words[0]), fields)
		}
		k := key{field, typ, 1}
		if len(words) == 2 {
			switch strings.ToLower(words[1]) {
			case "asc":
			case "desc":
				k.sign = -1
			default:
				return nil, &Error{at + strings.LastIndex(part, words[1]), fmt.Sprintf("%q is neither asc nor desc", words[1])}
			}
		}
		keys = append(keys, k)
		at += len(part) + 1
	}
	return func(a, b Item) int {
		for _, k := range keys {
			x, y := a(k.field), b(k.field)
			c := 0
			switch {
			case x == nil && y == nil:
			case x == nil:
				c = -1
			case y == nil:
				c = 1
			default:
				c = order(k.typ, x, y)
			}
			if c != 0 {
				return c * k.sign
			}
		}
		return 0
	}, nil
}
