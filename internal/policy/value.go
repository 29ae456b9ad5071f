package policy

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"portico/internal/policy/csharp"
	"portico/internal/policy/csharp/value"
)

// Value is what an attribute or a text of a policy says: a literal, or an
// expression that is evaluated for each call.
type Value struct {
	literal string
	program *csharp.Program // nil for a literal
}

// Text gives the value for one call as text.
func (v *Value) Text(x *Exchange) (string, error) {
	if v.program == nil {
		return v.literal, nil
	}
	s, err := v.program.RunString(x.environment())
	if err != nil {
		return "", failed(err)
	}
	return s, nil
}

// Bool gives the value for one call where a condition stands.
func (v *Value) Bool(x *Exchange) (bool, error) {
	if v.program == nil {
		b, ok := parseBool(v.literal)
		if !ok {
			return false, evaluation("a condition needs true or false, and the value is %s", strconv.Quote(short(v.literal)))
		}
		return b, nil
	}
	b, err := v.program.RunBool(x.environment())
	if err != nil {
		return false, failed(err)
	}
	return b, nil
}

// Int gives the value for one call where a whole number stands.
func (v *Value) Int(x *Exchange) (int64, error) {
	if v.program == nil {
		n, err := strconv.ParseInt(strings.TrimSpace(v.literal), 10, 64)
		if err != nil {
			return 0, evaluation("a whole number is needed, and the value is %s", strconv.Quote(short(v.literal)))
		}
		return n, nil
	}
	result, err := v.program.Run(x.environment())
	if err != nil {
		return 0, failed(err)
	}
	n, ok := csharp.AsInt(result)
	if !ok {
		text, _ := csharp.AsString(result)
		return 0, evaluation("a whole number is needed, and the expression gives %s", strconv.Quote(short(text)))
	}
	return n, nil
}

// Result gives the value for one call as it is, to be kept in a variable: a
// string, or what else an expression makes.
func (v *Value) Result(x *Exchange) (any, error) {
	if v.program == nil {
		return v.literal, nil
	}
	result, err := v.program.Run(x.environment())
	if err != nil {
		return nil, failed(err)
	}
	if result.R == value.Object(value.String) {
		return result.S, nil
	}
	return result, nil
}

// Bytes gives the value for one call as a body: a byte[] as it is, anything else as text.
func (v *Value) Bytes(x *Exchange) ([]byte, error) {
	if v.program == nil {
		return []byte(v.literal), nil
	}
	result, err := v.program.Run(x.environment())
	if err != nil {
		return nil, failed(err)
	}
	if b, ok := csharp.AsBytes(result); ok {
		return b, nil
	}
	s, _ := csharp.AsString(result)
	return []byte(s), nil
}

// bounded gives the value for one call as a whole number within limits.
func (v *Value) bounded(x *Exchange, least, most int64) (int64, error) {
	n, err := v.Int(x)
	if err == nil && (n < least || n > most) {
		err = evaluation("a number from %d to %d is needed, and the value is %d", least, most, n)
	}
	return n, err
}

const valueFailed = "ExpressionValueEvaluationFailure"

// evaluation is the error of a value that is of no use where it stands.
func evaluation(format string, args ...any) *Error {
	return &Error{Status: 500, Reason: valueFailed, Detail: sentence(format, args...)}
}

// failed is the error of an expression that gave no value (apim.md 2.3).
func failed(err error) *Error {
	e := &Error{Status: 500, Reason: valueFailed, Detail: "Expression evaluation failed. " + err.Error(), Err: err}
	var thrown *csharp.Error
	if errors.As(err, &thrown) {
		e.Detail = "Expression evaluation failed. " + sentence("%s", thrown.Message)
		if thrown.Line > 0 {
			e.Err = fmt.Errorf("on line %d of the expression: %w", thrown.Line, err)
		}
	}
	if errors.Is(err, context.Canceled) {
		e.Reason = "ClientConnectionFailure"
	}
	return e
}

// sentence words an error's detail: with a capital and a full stop.
func sentence(format string, args ...any) string {
	s := fmt.Sprintf(format, args...)
	if s == "" {
		return s
	}
	s = strings.ToUpper(s[:1]) + s[1:]
	if !strings.HasSuffix(s, ".") {
		s += "."
	}
	return s
}

// notOffered says which attribute in e, an element of that form, has no effect
// yet; "" where there is none. Its text begins a sentence. The policies inside e
// answer for themselves.
func notOffered(form *element, e *Element) string {
	for i := range form.attributes {
		if a := &form.attributes[i]; a.later {
			if _, there := e.Attr(a.name); there {
				return "The attribute '" + a.name + "' is"
			}
		}
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
