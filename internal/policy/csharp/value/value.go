// Package value holds what a running expression works on: typed values, the
// types themselves, exceptions, the budget of a run, and the library of types
// and members that the compiler looks names up in. Library members are Go
// functions under a signature in C#'s own words (see Library.Def); nothing
// here uses reflection.
package value

import (
	"math"

	"portico/internal/policy/csharp/decimal"
)

// Value is a C# value. Its static type is known to the compiler; R tells the
// dynamic one. Numbers, bool, char, enums and the time types live in N (a double
// as its bits), strings in S, everything else behind R. The zero Value is null.
// Values are comparable with == where R is not a structural type.
type Value struct {
	N int64
	S string
	R Object
}

// Object is what stands behind R: for a number or a string the *Type itself,
// so that boxing costs nothing.
type Object interface{ Type() *Type }

// Type makes a *Type its own Object for plain values.
func (t *Type) Type() *Type { return t }

// Null is null.
var Null = Value{}

// IsNull tells null.
func (v Value) IsNull() bool { return v.R == nil }

// Str makes a string.
func Str(s string) Value { return Value{S: s, R: String} }

// Bool makes a bool.
func Bool(b bool) Value {
	if b {
		return Value{N: 1, R: Boolean}
	}
	return Value{R: Boolean}
}

// Int makes an int.
func Int(i int) Value { return Value{N: int64(int32(i)), R: Int32} }

// Long makes a long.
func Long(i int64) Value { return Value{N: i, R: Int64} }

// Float makes a double.
func Float(f float64) Value { return Value{N: int64(math.Float64bits(f)), R: Double} }

// Chr makes a char of a UTF-16 unit.
func Chr(c rune) Value { return Value{N: int64(uint16(c)), R: Char} }

// Of makes a value of a type whose content is N.
func Of(t *Type, n int64) Value { return Value{N: n, R: t} }

// Ref makes a value of an object.
func Ref(o Object) Value { return Value{R: o} }

// Dec is a boxed decimal.
type Dec struct{ D decimal.Decimal }

// Type is decimal.
func (*Dec) Type() *Type { return Decimal }

// Equal compares the numbers, whatever their scale.
func (d *Dec) Equal(_ *Run, o Value) bool {
	e, ok := o.R.(*Dec)
	return ok && d.D.Cmp(e.D) == 0
}

// Key is the same for equal numbers.
func (d *Dec) Key(*Run) string { return trimZeros(d.D.String()) }

func trimZeros(s string) string {
	dot := false
	for i := range s {
		dot = dot || s[i] == '.'
	}
	for dot && (s[len(s)-1] == '0' || s[len(s)-1] == '.') {
		dot = s[len(s)-1] != '.'
		s = s[:len(s)-1]
	}
	return s
}

// DecOf makes a decimal.
func DecOf(d decimal.Decimal) Value { return Value{R: &Dec{d}} }

// Bool gives the bool.
func (v Value) Bool() bool { return v.N != 0 }

// Int gives the integer as an int.
func (v Value) Int() int { return int(v.N) }

// Float gives the double.
func (v Value) Float() float64 { return math.Float64frombits(uint64(v.N)) }

// Dec gives the decimal.
func (v Value) Dec() decimal.Decimal {
	if d, ok := v.R.(*Dec); ok {
		return d.D
	}
	return decimal.Decimal{}
}

// Rune gives the char.
func (v Value) Rune() rune { return rune(v.N) }

// Zero is default(T).
func Zero(t *Type) Value {
	switch {
	case t.Kind == KDecimal:
		return DecOf(decimal.Decimal{})
	case t.Kind == KNullable || !t.IsValue():
		return Null
	case t.ZeroOf != nil:
		return t.ZeroOf(t)
	}
	return Value{R: t}
}

// Cell is a variable that outlives its frame, or one that is passed by reference.
type Cell struct{ V Value }

// Type lets a Cell travel in a Value; expressions never see one.
func (*Cell) Type() *Type { return Obj }

// SetOut stores into the cell that an out parameter is.
func SetOut(out, v Value) { out.R.(*Cell).V = v }

// Func is a delegate.
type Func struct {
	T    *Type
	Call func(r *Run, args []Value) Value
}

// Type is the delegate's type.
func (f *Func) Type() *Type { return f.T }

// Array is an array of anything but bytes.
type Array struct {
	T     *Type
	Items []Value
}

// Type is the array's type.
func (a *Array) Type() *Type { return a.T }

// NewArray makes an array of elem.
func NewArray(elem *Type, items []Value) Value { return Ref(&Array{ArrayOf(elem), items}) }

// Strings makes a string[].
func Strings(list []string) Value {
	items := make([]Value, len(list))
	for i, s := range list {
		items[i] = Str(s)
	}
	return Ref(&Array{stringArray, items})
}

var stringArray = ArrayOf(String)

// Bytes is a byte[].
type Bytes struct{ B []byte }

// Type is byte[].
func (*Bytes) Type() *Type { return ByteArray }

// ByteSlice makes a byte[].
func ByteSlice(b []byte) Value { return Ref(&Bytes{b}) }

// Record is an anonymous object or a tuple: its type names the fields.
type Record struct {
	T      *Type
	Fields []Value
}

// Type is the record's type.
func (x *Record) Type() *Type { return x.T }

// Equal compares field by field.
func (x *Record) Equal(r *Run, o Value) bool {
	y, ok := o.R.(*Record)
	if !ok || len(x.Fields) != len(y.Fields) {
		return false
	}
	r.Enter()
	defer r.Leave()
	for i := range x.Fields {
		if !Equal(r, x.Fields[i], y.Fields[i]) {
			return false
		}
	}
	return true
}

// Key joins the fields' keys.
func (x *Record) Key(r *Run) string {
	r.Enter()
	defer r.Leave()
	var b []byte
	for _, f := range x.Fields {
		k := KeyText(r, f)
		b = append(b, 1)
		b = append(b, k...)
	}
	r.Spend(len(b))
	return string(b)
}

// String writes { A = 1, B = 2 }, or (1, 2) of a tuple.
func (x *Record) String(r *Run) string {
	r.Enter()
	defer r.Leave()
	s := ""
	for i, f := range x.Fields {
		if i > 0 {
			s += ", "
		}
		if x.T.Kind == KAnon {
			s += x.T.Fields[i].Name + " = "
		}
		s += Text(r, f)
	}
	r.Spend(len(s))
	if x.T.Kind == KAnon {
		return "{ " + s + " }"
	}
	return "(" + s + ")"
}

// TypeBox is a System.Type.
type TypeBox struct{ Of *Type }

// Type is System.Type.
func (*TypeBox) Type() *Type { return TypeType }

// Equal compares the types.
func (t *TypeBox) Equal(_ *Run, o Value) bool {
	u, ok := o.R.(*TypeBox)
	return ok && Same(t.Of, u.Of)
}

// Key is the type's name.
func (t *TypeBox) Key(*Run) string { return t.Of.FullName() }

// String is the full name.
func (t *TypeBox) String(*Run) string { return t.Of.FullName() }
