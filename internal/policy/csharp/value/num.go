package value

import (
	"math"

	"portico/internal/policy/csharp/decimal"
)

// Widens tells whether C# converts from to to by itself: no digit of the whole part is lost.
func Widens(from, to Kind) bool {
	if from == to {
		return true
	}
	switch from {
	case KSByte:
		return to == KInt16 || to == KInt32 || to == KInt64 || to >= KSingle && to <= KDecimal
	case KByte:
		return to == KInt16 || to == KUInt16 || to == KInt32 || to == KUInt32 || to == KInt64 || to == KUInt64 || to >= KSingle && to <= KDecimal
	case KInt16:
		return to == KInt32 || to == KInt64 || to >= KSingle && to <= KDecimal
	case KUInt16, KChar:
		return to == KUInt16 && from == KChar || to == KInt32 || to == KUInt32 || to == KInt64 || to == KUInt64 || to >= KSingle && to <= KDecimal
	case KInt32:
		return to == KInt64 || to >= KSingle && to <= KDecimal
	case KUInt32:
		return to == KInt64 || to == KUInt64 || to >= KSingle && to <= KDecimal
	case KInt64, KUInt64:
		return to >= KSingle && to <= KDecimal
	case KSingle:
		return to == KDouble
	}
	return false
}

// Fits tells whether an integer constant lies in a type's range.
func Fits(n int64, unsigned bool, t *Type) bool {
	switch {
	case t.Kind == KUInt64:
		return unsigned || n >= 0
	case unsigned && n < 0: // above the largest long
		return false
	case t.Kind == KInt64:
		return true
	case t.IsSigned():
		b := t.Bits() - 1
		return n >= -1<<b && n <= 1<<b-1
	}
	return n >= 0 && n <= 1<<t.Bits()-1
}

// wrap cuts n to the width of an integer type.
func wrap(n int64, t *Type) int64 {
	switch t.Kind {
	case KSByte:
		return int64(int8(n))
	case KByte:
		return int64(uint8(n))
	case KInt16:
		return int64(int16(n))
	case KUInt16, KChar:
		return int64(uint16(n))
	case KInt32:
		return int64(int32(n))
	case KUInt32:
		return int64(uint32(n))
	}
	return n
}

// Wrapped makes an integer of type t of the low bits of n.
func Wrapped(t *Type, n int64) Value { return Value{N: wrap(n, t), R: t} }

// Convert gives the function that converts a number, char or enum of type from
// to type to. Where checked is set, what does not fit is an OverflowException.
func Convert(from, to *Type, checked bool) func(r *Run, v Value) Value {
	fk, tk := from.Kind, to.Kind
	if fk == KEnum {
		fk = KInt32
	}
	overflow := func(r *Run) { r.Throw(ExOverflow, "Arithmetic operation resulted in an overflow.") }
	switch {
	case tk == KEnum:
		return func(r *Run, v Value) Value { return Value{N: v.whole(fk), R: to} }
	case tk == KDecimal:
		return func(r *Run, v Value) Value {
			switch fk {
			case KDecimal:
				return v
			case KSingle, KDouble:
				digits := 15
				if fk == KSingle {
					digits = 7
				}
				d, err := decimal.FromFloat(v.Float(), digits)
				if err != nil {
					r.Throw(ExOverflow, "Value was either too large or too small for a Decimal.")
				}
				return DecOf(d)
			case KUInt64:
				return DecOf(decimal.FromUint(uint64(v.N)))
			}
			return DecOf(decimal.FromInt(v.N))
		}
	case tk == KDouble:
		return func(r *Run, v Value) Value { return Float(v.ToFloat(fk)) }
	case tk == KSingle:
		return func(r *Run, v Value) Value {
			return Value{N: int64(math.Float64bits(float64(float32(v.ToFloat(fk))))), R: Single}
		}
	case fk == KDecimal:
		return func(r *Run, v Value) Value {
			d := v.Dec()
			if tk == KUInt64 {
				u, ok := d.Uint()
				if !ok {
					r.Throw(ExOverflow, "Value was either too large or too small for a UInt64.")
				}
				return Value{N: int64(u), R: to}
			}
			n, ok := d.Int()
			if !ok || !Fits(n, false, to) {
				r.Throw(ExOverflow, "Value was either too large or too small for %s.", to.Name)
			}
			return Value{N: n, R: to}
		}
	case fk == KSingle || fk == KDouble:
		return func(r *Run, v Value) Value {
			f := v.Float()
			n, ok := floatToInt(f, to)
			if !ok && checked {
				overflow(r)
			}
			return Value{N: n, R: to}
		}
	case !checked || Widens(fk, tk):
		return func(r *Run, v Value) Value { return Wrapped(to, v.N) }
	}
	unsigned := fk == KUInt64
	return func(r *Run, v Value) Value {
		if !Fits(v.N, unsigned, to) {
			overflow(r)
		}
		return Wrapped(to, v.N)
	}
}

func (v Value) whole(k Kind) int64 {
	switch k {
	case KSingle, KDouble:
		n, _ := floatToInt(v.Float(), Int64)
		return n
	case KDecimal:
		n, _ := v.Dec().Int()
		return n
	}
	return v.N
}

// ToFloat reads a number of kind k as a double.
func (v Value) ToFloat(k Kind) float64 {
	switch k {
	case KSingle, KDouble:
		return v.Float()
	case KDecimal:
		return v.Dec().Float()
	case KUInt64:
		return float64(uint64(v.N))
	}
	return float64(v.N)
}

// floatToInt cuts the fraction; what does not fit gives what x64 gives.
func floatToInt(f float64, to *Type) (int64, bool) {
	t := math.Trunc(f)
	switch {
	case math.IsNaN(f):
		return wrap(math.MinInt64, to), false
	case to.Kind == KUInt64:
		if t < 0 || t >= 1<<64 {
			if t > -1<<63 && t < 0 {
				return int64(t), false
			}
			return math.MinInt64, false
		}
		return int64(uint64(t)), true
	case t < -1<<63 || t >= 1<<63:
		return wrap(math.MinInt64, to), false
	}
	n := int64(t)
	if to.Kind == KInt32 && (n < math.MinInt32 || n > math.MaxInt32) {
		return math.MinInt32, false
	}
	return wrap(n, to), Fits(n, false, to)
}
