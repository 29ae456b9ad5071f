package policy

import (
	"strconv"
	"strings"
)

// Value is what an attribute or a text of a policy says: a literal now;
// expressions will be evaluated here for each call.
type Value struct{ literal string }

// Text gives the value for one call.
func (v Value) Text(*Exchange) (string, error) { return v.literal, nil }

// Bool gives the value for one call where a condition stands.
func (v Value) Bool(x *Exchange) (bool, error) {
	b, ok := parseBool(v.literal)
	if !ok {
		return false, evaluation("a condition needs true or false, and the value is %s", strconv.Quote(short(v.literal)))
	}
	return b, nil
}

// Int gives the value for one call where a whole number stands.
func (v Value) Int(x *Exchange) (int64, error) {
	n, err := strconv.ParseInt(strings.TrimSpace(v.literal), 10, 64)
	if err != nil {
		return 0, evaluation("a whole number is needed, and the value is %s", strconv.Quote(short(v.literal)))
	}
	return n, nil
}

// Result gives the value for one call as it is, to be kept in a variable.
func (v Value) Result(*Exchange) (any, error) { return v.literal, nil }

// evaluation is the error of a value that cannot be had, or that is of no use.
func evaluation(format string, args ...any) *Error {
	return &Error{Status: 500, Reason: "ExpressionValueEvaluationFailure", Detail: sentence(format, args...)}
}

// notOffered says what in e, an element of that form, cannot be done yet; ""
// where there is nothing. Its text begins a sentence: "Policy expressions are".
// The policies inside e answer for themselves.
func notOffered(form *element, e *Element) string {
	for i := range form.attributes {
		a := &form.attributes[i]
		value, there := e.Attr(a.name)
		switch {
		case there && a.later:
			return "The attribute '" + a.name + "' is"
		case isExpression(value):
			return "Policy expressions are"
		}
	}
	if isExpression(e.Text) {
		return "Policy expressions are"
	}
	for _, c := range e.Children {
		if child := form.child(c.Name); child != nil {
			if what := notOffered(child, c); what != "" {
				return what
			}
		}
	}
	return ""
}
