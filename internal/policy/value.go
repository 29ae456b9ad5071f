package policy

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"portico/internal/policy/csharp"
	"portico/internal/policy/csharp/host"
	"portico/internal/policy/csharp/value"
	"portico/internal/policy/document"
)

// Value is what an attribute or a text of a policy says: a literal, or an
// expression that is evaluated for each call.
type Value struct {
	literal string
	program *csharp.Program // nil for a literal
}

// Literal is a value that is the same for every call.
func Literal(text string) Value { return Value{literal: text} }

// IsLiteral gives the text of a literal; ok is false for an expression.
func (v *Value) IsLiteral() (text string, ok bool) { return v.literal, v.program == nil }

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
		b, ok := ParseBool(v.literal)
		if !ok {
			return false, ValueError("a condition needs true or false, and the value is %s", strconv.Quote(Short(v.literal)))
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
			return 0, ValueError("a whole number is needed, and the value is %s", strconv.Quote(Short(v.literal)))
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
		return 0, ValueError("a whole number is needed, and the expression gives %s", strconv.Quote(Short(text)))
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

// JWT is a token as expressions see it, to be kept in a variable; null where the text is none.
func JWT(token string) any {
	var r value.Run
	r.Start(nil, nil, value.Limits{})
	return host.JwtValue(&r, token)
}

// Bounded gives the value for one call as a whole number within limits.
func (v *Value) Bounded(x *Exchange, least, most int64) (int64, error) {
	n, err := v.Int(x)
	if err == nil && (n < least || n > most) {
		err = ValueError("a number from %d to %d is needed, and the value is %d", least, most, n)
	}
	return n, err
}

// Line gives a value of a header. A line break would begin another header, so it is an error.
func (v *Value) Line(x *Exchange, header string) (string, error) {
	s, err := v.Text(x)
	if err == nil && strings.ContainsAny(s, "\r\n\x00") {
		return "", ValueError("the value of the header %s has a line break", header)
	}
	return s, err
}

// Status gives a value as a status code.
func (v *Value) Status(x *Exchange) (int, error) {
	n, err := v.Int(x)
	if err == nil && (n < MinStatus || n > MaxStatus) {
		err = ValueError("%d is not the status code of an answer", n)
	}
	return int(n), err
}

// The status codes that a policy may give. Those below say that an answer will come.
const (
	MinStatus = 200
	MaxStatus = 999
)

// Texts gives values for one call, without the white space around them.
func Texts(x *Exchange, values []Value) ([]string, error) {
	out := make([]string, len(values))
	for i, v := range values {
		s, err := v.Text(x)
		if err != nil {
			return nil, err
		}
		out[i] = strings.TrimSpace(s)
	}
	return out, nil
}

// ValueFailed is the reason of an error by a value of no use (apim.md 2.3).
const ValueFailed = "ExpressionValueEvaluationFailure"

// ValueError is the error of a value that is of no use where it stands.
func ValueError(format string, args ...any) *Error {
	return &Error{Status: 500, Reason: ValueFailed, Detail: Sentence(format, args...)}
}

// failed is the error of an expression that gave no value (apim.md 2.3).
func failed(err error) *Error {
	e := &Error{Status: 500, Reason: ValueFailed, Detail: "Expression evaluation failed. " + err.Error(), Err: err}
	var thrown *csharp.Error
	if errors.As(err, &thrown) {
		e.Detail = "Expression evaluation failed. " + Sentence("%s", thrown.Message)
		if thrown.Line > 0 {
			e.Err = fmt.Errorf("on line %d of the expression: %w", thrown.Line, err)
		}
	}
	if errors.Is(err, context.Canceled) {
		e.Reason = "ClientConnectionFailure"
	}
	return e
}

// Sentence words an error's detail: with a capital and a full stop.
func Sentence(format string, args ...any) string {
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
func notOffered(form *Form, e *document.Element) string {
	for i := range form.Attributes {
		if a := &form.Attributes[i]; a.Later {
			if _, there := e.Attr(a.Name); there {
				return "The attribute '" + a.Name + "' is"
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
