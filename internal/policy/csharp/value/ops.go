package value

import (
	"math"
	"strconv"
	"strings"

	"portico/internal/policy/csharp/format"
	"portico/internal/policy/csharp/text"
)

// What an Object may know to do. The functions below use it and have an answer for all others.
type (
	// Stringer is ToString().
	Stringer interface{ String(r *Run) string }
	// Equaler is Equals(object).
	Equaler interface{ Equal(r *Run, o Value) bool }
	// Keyer gives a text that is the same for equal objects, for hashing.
	Keyer interface{ Key(r *Run) string }
	// Comparer is CompareTo(object).
	Comparer interface {
		Compare(r *Run, o Value) int
	}
	// Formatter is ToString(format).
	Formatter interface {
		Format(r *Run, spec string) string
	}
	// Iterable is IEnumerable.
	Iterable interface{ Iter(r *Run) Iterator }
	// Walker is what foreach walks over where a type's Each is set.
	Walker interface{ Walk(r *Run) Iterator }
)

// Iterator walks a sequence; ok is false at its end.
type Iterator interface {
	Next(r *Run) (v Value, ok bool)
}

// NumText is ToString() of a number, bool, char, enum or string.
func NumText(v Value, t *Type) string {
	switch t.Kind {
	case KString:
		return v.S
	case KBool:
		if v.N != 0 {
			return "True"
		}
		return "False"
	case KChar:
		return text.Char(v.Rune())
	case KUInt64:
		return strconv.FormatUint(uint64(v.N), 10)
	case KSingle, KDouble:
		bits := 64
		if t.Kind == KSingle {
			bits = 32
		}
		s, _ := format.Float(v.Float(), bits, "")
		return s
	case KEnum:
		return EnumText(t, v.N)
	}
	return strconv.FormatInt(v.N, 10)
}

// EnumText is the name of a constant, the names of its bits, or its number.
func EnumText(t *Type, n int64) string {
	for _, c := range t.Names {
		if c.Value == n {
			return c.Name
		}
	}
	if t.Flags {
		var names []string
		left := n
		for i := len(t.Names) - 1; i >= 0; i-- {
			if c := t.Names[i]; c.Value != 0 && left&c.Value == c.Value {
				names = append([]string{c.Name}, names...)
				left &^= c.Value
			}
		}
		if left == 0 {
			return strings.Join(names, ", ")
		}
	}
	return strconv.FormatInt(n, 10)
}

// Text is ToString(), "" for null.
func Text(r *Run, v Value) string {
	switch o := v.R.(type) {
	case nil:
		return ""
	case *Type:
		if o.ZeroOf == nil && o.Kind != KStruct {
			return NumText(v, o)
		}
		return StructText(r, v, o, "")
	case *Dec:
		return o.D.String()
	case Stringer:
		return o.String(r)
	default:
		return o.Type().FullName()
	}
}

// StructText is ToString of a value type whose content is N: the time types register themselves here through their type's Formatter.
func StructText(r *Run, v Value, t *Type, spec string) string {
	if t.FormatOf != nil {
		return t.FormatOf(r, v, spec)
	}
	return t.FullName()
}

// FormatValue is ToString(spec) of what has formats, and ToString() of the rest.
func FormatValue(r *Run, v Value, spec string) string {
	var s string
	var err error
	switch o := v.R.(type) {
	case nil:
		return ""
	case *Dec:
		s, err = format.Decimal(o.D, spec)
	case *Type:
		switch {
		case spec == "":
			return Text(r, v)
		case o.Kind == KSingle:
			s, err = format.Float(v.Float(), 32, spec)
		case o.Kind == KDouble:
			s, err = format.Float(v.Float(), 64, spec)
		case o.Kind == KEnum:
			return enumFormat(r, v, o, spec)
		case o.Kind == KString || o.Kind == KBool || o.Kind == KChar:
			return Text(r, v)
		case o.Kind == KStruct:
			return StructText(r, v, o, spec)
		case o.IsSigned():
			s, err = format.Int(v.N, o.Bits(), spec)
		default:
			s, err = format.Uint(uint64(v.N), o.Bits(), spec)
		}
	case Formatter:
		return o.Format(r, spec)
	default:
		return Text(r, v)
	}
	if err != nil {
		r.Throw(ExFormat, "Format specifier was invalid.")
	}
	return s
}

func enumFormat(r *Run, v Value, t *Type, spec string) string {
	switch spec {
	case "G", "g", "F", "f":
		return EnumText(t, v.N)
	case "D", "d":
		return strconv.FormatInt(v.N, 10)
	case "X", "x":
		s, _ := format.Int(v.N, 32, "X8")
		return s
	}
	r.Throw(ExFormat, "Format String can be only \"G\", \"g\", \"X\", \"x\", \"F\", \"f\", \"D\" or \"d\".")
	return ""
}

// Equal is object.Equals(a, b).
func Equal(r *Run, a, b Value) bool {
	if a.R == nil || b.R == nil {
		return a.R == nil && b.R == nil
	}
	if t, ok := a.R.(*Type); ok {
		u, same := b.R.(*Type)
		if !same || u != t {
			return false
		}
		if t.Kind == KDouble || t.Kind == KSingle {
			x, y := a.Float(), b.Float()
			return x == y || math.IsNaN(x) && math.IsNaN(y)
		}
		if t.EqualOf != nil {
			return t.EqualOf(a, b)
		}
		return a.N == b.N && a.S == b.S
	}
	if e, ok := a.R.(Equaler); ok {
		return e.Equal(r, b)
	}
	return a.R == b.R
}

// Key gives a value that is == for equal values, to be a key of a Go map.
func Key(r *Run, v Value) Value {
	switch o := v.R.(type) {
	case nil:
		return v
	case *Type:
		if (o.Kind == KDouble || o.Kind == KSingle) && v.Float() == 0 {
			v.N = 0
		}
		if o.KeyOf != nil {
			return o.KeyOf(v)
		}
		return v
	case Keyer:
		t := v.R.Type()
		if t.Kind == KAnon || t.Kind == KTuple || t.Def != nil {
			t = Obj // instances of one type may be several pointers
		}
		return Value{S: o.Key(r), R: t}
	}
	return v
}

// KeyText writes Key as a text.
func KeyText(r *Run, v Value) string {
	k := Key(r, v)
	if k.R == nil {
		return "~"
	}
	if t, ok := k.R.(*Type); ok {
		return t.Name + ":" + strconv.FormatInt(k.N, 36) + ":" + strconv.Itoa(len(k.S)) + ":" + k.S
	}
	return strconv.Itoa(r.identity(k.R))
}

// identity numbers objects that have no key of their own.
func (r *Run) identity(o Object) int {
	if r.ids == nil {
		r.ids = map[Object]int{}
	}
	n, ok := r.ids[o]
	if !ok {
		n = len(r.ids) + 1
		r.Alloc(64)
		r.ids[o] = n
	}
	return n
}

// Hash is GetHashCode: the same for equal values within a run; strings have
// .NET Framework's 32-bit arithmetic so that a hash is stable.
func Hash(r *Run, v Value) int32 {
	k := Key(r, v)
	switch o := k.R.(type) {
	case nil:
		return 0
	case *Type:
		switch {
		case o.Kind == KString:
			return stringHash(k.S)
		case o.Kind == KDouble || o.Kind == KInt64 || o.Kind == KUInt64:
			return int32(k.N) ^ int32(k.N>>32)
		case k.S != "":
			return stringHash(k.S) ^ int32(k.N)
		}
		return int32(k.N)
	}
	return int32(r.identity(k.R))
}

func stringHash(s string) int32 {
	h := int32(0)
	for _, c := range text.Units(s) {
		h = h<<5 - h + int32(c)
	}
	return h
}

// Compare is Comparer<object>.Default: null first, numbers and strings by
// value, everything else by its own CompareTo.
func Compare(r *Run, a, b Value) int {
	if a.R == nil || b.R == nil {
		switch {
		case a.R == b.R:
			return 0
		case a.R == nil:
			return -1
		}
		return 1
	}
	switch o := a.R.(type) {
	case *Type:
		u, ok := b.R.(*Type)
		if !ok || u != o {
			r.Throw(ExArgument, "Object must be of type %s.", o.Name)
		}
		switch {
		case o.Kind == KString:
			return sign(text.Invariant(a.S, b.S, false))
		case o.Kind == KDouble || o.Kind == KSingle:
			return compareFloat(a.Float(), b.Float())
		case o.Kind == KUInt64:
			return compareUint(uint64(a.N), uint64(b.N))
		case o.CompareOf != nil:
			return o.CompareOf(a, b)
		}
		return compareInt(a.N, b.N)
	case *Dec:
		if d, ok := b.R.(*Dec); ok {
			return o.D.Cmp(d.D)
		}
	case Comparer:
		return o.Compare(r, b)
	}
	if e, ok := b.R.(Comparer); ok {
		return -e.Compare(r, a)
	}
	r.Throw(ExArgument, "At least one object must implement IComparable.")
	return 0
}

func sign(n int) int {
	switch {
	case n < 0:
		return -1
	case n > 0:
		return 1
	}
	return 0
}

func compareInt(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func compareUint(a, b uint64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func compareFloat(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	case a == b:
		return 0
	case math.IsNaN(a) && math.IsNaN(b):
		return 0
	case math.IsNaN(a):
		return -1
	}
	return 1
}

// Is tells whether v is a T at run time.
func Is(v Value, t *Type) bool {
	if v.R == nil {
		return false
	}
	return Derives(v.R.Type(), t.Underlying())
}
