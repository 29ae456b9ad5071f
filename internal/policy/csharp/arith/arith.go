// Package arith computes C#'s operators on numbers and bools: wrapping or checked
// integers of each width, floating point, decimals.
package arith

import (
	"math"

	"portico/internal/policy/csharp/decimal"
	"portico/internal/policy/csharp/value"
)

// Operation computes a binary operator whose operands have the operator's type already.
type Operation func(r *value.Run, a, b value.Value) value.Value

// Comparison gives the comparison of numbers of type t, or nil where op is none.
func Comparison(op string, t *value.Type) func(a, b value.Value) bool {
	var cmp func(a, b value.Value) int
	switch t.Kind {
	case value.KDouble, value.KSingle:
		switch op {
		case "==":
			return func(a, b value.Value) bool { return a.Float() == b.Float() }
		case "!=":
			return func(a, b value.Value) bool { return a.Float() != b.Float() }
		case "<":
			return func(a, b value.Value) bool { return a.Float() < b.Float() }
		case ">":
			return func(a, b value.Value) bool { return a.Float() > b.Float() }
		case "<=":
			return func(a, b value.Value) bool { return a.Float() <= b.Float() }
		case ">=":
			return func(a, b value.Value) bool { return a.Float() >= b.Float() }
		}
		return nil
	case value.KDecimal:
		cmp = func(a, b value.Value) int { return a.Dec().Cmp(b.Dec()) }
	case value.KUInt64:
		cmp = func(a, b value.Value) int { return compare(uint64(a.N), uint64(b.N)) }
	default:
		cmp = func(a, b value.Value) int { return compare(a.N, b.N) }
	}
	switch op {
	case "==":
		return func(a, b value.Value) bool { return cmp(a, b) == 0 }
	case "!=":
		return func(a, b value.Value) bool { return cmp(a, b) != 0 }
	case "<":
		return func(a, b value.Value) bool { return cmp(a, b) < 0 }
	case ">":
		return func(a, b value.Value) bool { return cmp(a, b) > 0 }
	case "<=":
		return func(a, b value.Value) bool { return cmp(a, b) <= 0 }
	case ">=":
		return func(a, b value.Value) bool { return cmp(a, b) >= 0 }
	}
	return nil
}

func compare[T int64 | uint64](a, b T) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// Number gives the operator of numbers of type t, or nil where t has none.
func Number(op string, t *value.Type, checked bool) Operation {
	switch {
	case t == value.Decimal:
		return decimalOperation(op)
	case t == value.Double || t == value.Single:
		return floatOperation(op, t)
	case t == value.UInt64:
		return uintOperation(op, checked)
	}
	return Integer(op, t, checked)
}

// Overflow throws the OverflowException of checked arithmetic.
func Overflow(r *value.Run) {
	r.Throw(value.ExOverflow, "Arithmetic operation resulted in an overflow.")
}

// Integer computes int, uint and long in 64 bits and cuts to the type's width.
func Integer(op string, t *value.Type, checked bool) Operation {
	long := t == value.Int64
	fit := func(r *value.Run, n int64, lost bool) value.Value {
		if checked && (lost || !value.Fits(n, false, t)) {
			Overflow(r)
		}
		return value.Wrapped(t, n)
	}
	switch op {
	case "+":
		return func(r *value.Run, a, b value.Value) value.Value {
			n := a.N + b.N
			return fit(r, n, long && (n > a.N) != (b.N > 0) && b.N != 0)
		}
	case "-":
		return func(r *value.Run, a, b value.Value) value.Value {
			n := a.N - b.N
			return fit(r, n, long && (n < a.N) != (b.N > 0) && b.N != 0)
		}
	case "*":
		return func(r *value.Run, a, b value.Value) value.Value {
			n := a.N * b.N
			lost := long && a.N != 0 && (n/a.N != b.N || a.N == -1 && b.N == math.MinInt64)
			return fit(r, n, lost)
		}
	case "/", "%":
		return func(r *value.Run, a, b value.Value) value.Value {
			if b.N == 0 {
				r.Throw(value.ExDivideByZero, "Attempted to divide by zero.")
			}
			if b.N == -1 && (a.N == math.MinInt64 || t == value.Int32 && a.N == math.MinInt32) {
				if op == "%" {
					return value.Of(t, 0)
				}
				Overflow(r)
			}
			if op == "/" {
				return value.Of(t, a.N/b.N)
			}
			return value.Of(t, a.N%b.N)
		}
	case "&":
		return func(_ *value.Run, a, b value.Value) value.Value { return value.Of(t, a.N&b.N) }
	case "|":
		return func(_ *value.Run, a, b value.Value) value.Value { return value.Of(t, a.N|b.N) }
	case "^":
		return func(_ *value.Run, a, b value.Value) value.Value { return value.Of(t, a.N^b.N) }
	}
	mask := int64(31)
	if long {
		mask = 63
	}
	switch op {
	case "<<":
		return func(_ *value.Run, a, b value.Value) value.Value { return value.Wrapped(t, a.N<<(b.N&mask)) }
	case ">>":
		return func(_ *value.Run, a, b value.Value) value.Value { return value.Wrapped(t, a.N>>(b.N&mask)) }
	}
	return nil
}

func uintOperation(op string, checked bool) Operation {
	of := func(u uint64) value.Value { return value.Of(value.UInt64, int64(u)) }
	return func(r *value.Run, a, b value.Value) value.Value {
		x, y := uint64(a.N), uint64(b.N)
		switch op {
		case "+":
			if checked && x+y < x {
				Overflow(r)
			}
			return of(x + y)
		case "-":
			if checked && y > x {
				Overflow(r)
			}
			return of(x - y)
		case "*":
			if checked && x != 0 && x*y/x != y {
				Overflow(r)
			}
			return of(x * y)
		case "/", "%":
			if y == 0 {
				r.Throw(value.ExDivideByZero, "Attempted to divide by zero.")
			}
			if op == "/" {
				return of(x / y)
			}
			return of(x % y)
		case "&":
			return of(x & y)
		case "|":
			return of(x | y)
		case "^":
			return of(x ^ y)
		case "<<":
			return of(x << (y & 63))
		}
		return of(x >> (y & 63))
	}
}

func floatOperation(op string, t *value.Type) Operation {
	var fn func(a, b float64) float64
	switch op {
	case "+":
		fn = func(a, b float64) float64 { return a + b }
	case "-":
		fn = func(a, b float64) float64 { return a - b }
	case "*":
		fn = func(a, b float64) float64 { return a * b }
	case "/":
		fn = func(a, b float64) float64 { return a / b }
	case "%":
		fn = math.Mod
	default:
		return nil
	}
	if t == value.Single {
		return func(_ *value.Run, a, b value.Value) value.Value {
			return value.Of(value.Single, value.Float(float64(float32(fn(a.Float(), b.Float())))).N)
		}
	}
	return func(_ *value.Run, a, b value.Value) value.Value { return value.Float(fn(a.Float(), b.Float())) }
}

func decimalOperation(op string) Operation {
	var fn func(a, b decimal.Decimal) (decimal.Decimal, error)
	switch op {
	case "+":
		fn = decimal.Decimal.Add
	case "-":
		fn = decimal.Decimal.Sub
	case "*":
		fn = decimal.Decimal.Mul
	case "/":
		fn = decimal.Decimal.Div
	case "%":
		fn = decimal.Decimal.Rem
	default:
		return nil
	}
	return func(r *value.Run, a, b value.Value) value.Value {
		d, err := fn(a.Dec(), b.Dec())
		switch err {
		case nil:
		case decimal.ErrDivideByZero:
			r.Throw(value.ExDivideByZero, "Attempted to divide by zero.")
		default:
			r.Throw(value.ExOverflow, "Value was either too large or too small for a Decimal.")
		}
		return value.DecOf(d)
	}
}

// Bool gives the operator of bools, or nil.
func Bool(op string) Operation {
	switch op {
	case "&":
		return func(_ *value.Run, a, b value.Value) value.Value { return value.Bool(a.N&b.N != 0) }
	case "|":
		return func(_ *value.Run, a, b value.Value) value.Value { return value.Bool(a.N|b.N != 0) }
	case "^", "!=":
		return func(_ *value.Run, a, b value.Value) value.Value { return value.Bool(a.N != b.N) }
	case "==":
		return func(_ *value.Run, a, b value.Value) value.Value { return value.Bool(a.N == b.N) }
	}
	return nil
}

// Negation gives the prefix operator - + or ~ of numbers of type t, or nil.
func Negation(op string, t *value.Type, checked bool) func(r *value.Run, v value.Value) value.Value {
	switch {
	case op == "+":
		return func(_ *value.Run, v value.Value) value.Value { return v }
	case op == "~":
		if !t.IsInteger() {
			return nil
		}
		return func(_ *value.Run, v value.Value) value.Value { return value.Wrapped(t, ^v.N) }
	case t == value.Decimal:
		return func(_ *value.Run, v value.Value) value.Value { return value.DecOf(v.Dec().Neg()) }
	case t == value.Double || t == value.Single:
		return func(_ *value.Run, v value.Value) value.Value {
			return value.Of(t, int64(math.Float64bits(-v.Float())))
		}
	case t == value.UInt64:
		return nil
	}
	return func(r *value.Run, v value.Value) value.Value {
		if checked && -v.N == v.N && v.N != 0 {
			Overflow(r)
		}
		return value.Wrapped(t, -v.N)
	}
}
