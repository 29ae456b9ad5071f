package csharp

import (
	"strings"

	"portico/internal/policy/csharp/value"
)

// AsBool reads a result as a condition.
func AsBool(v Value) (b, ok bool) {
	switch v.R {
	case value.Object(value.Boolean):
		return v.N != 0, true
	case value.Object(value.String):
		if strings.EqualFold(v.S, "true") || strings.EqualFold(v.S, "false") {
			return strings.EqualFold(v.S, "true"), true
		}
	}
	return false, false
}

// AsInt reads a result as an integer: a number without a fraction, or digits.
func AsInt(v Value) (n int64, ok bool) {
	t, is := v.R.(*value.Type)
	switch {
	case is && t.IsInteger():
		return v.N, true
	case is && (t == value.Double || t == value.Single):
		f := v.Float()
		return int64(f), f == float64(int64(f))
	case is && t == value.String:
		return parseInt(v.S)
	}
	if d, is := v.R.(*value.Dec); is {
		n, ok = d.D.Int()
		return n, ok && d.D.Round(0, 2).Cmp(d.D) == 0
	}
	if c, is := v.R.(interface{ Scalar() Value }); is { // a JSON value
		if s := c.Scalar(); s.R != v.R {
			return AsInt(s)
		}
	}
	return 0, false
}

// AsBytes gives the bytes of a byte[].
func AsBytes(v Value) ([]byte, bool) {
	b, ok := v.R.(*value.Bytes)
	if !ok {
		return nil, false
	}
	return b.B, true
}

// AsString reads a result as text: nil and false for null.
func AsString(v Value) (string, bool) {
	if v.R == nil {
		return "", false
	}
	if v.R == value.Object(value.String) {
		return v.S, true
	}
	var r value.Run
	r.Start(nil, nil, value.Limits{})
	return value.Text(&r, v), true
}
