package value

import "strings"

// Kind sorts types by what the language does with them.
type Kind uint8

// The kinds. Those from KSByte to KDecimal are the numeric types.
const (
	KVoid Kind = iota
	KError
	KNull
	KBool
	KChar
	KSByte
	KByte
	KInt16
	KUInt16
	KInt32
	KUInt32
	KInt64
	KUInt64
	KSingle
	KDouble
	KDecimal
	KString
	KObject
	KEnum
	KStruct
	KClass
	KInterface
	KDelegate
	KArray
	KNullable
	KAnon
	KTuple
	KParam  // a type parameter of a generic type
	KMParam // a type parameter of a generic method
)

// Field is a named part of an anonymous type or a tuple.
type Field struct {
	Name string
	Type *Type
}

// Type is a type. Types of the library are made once; instances of generics,
// arrays and anonymous types are made by each program and compared by Same.
type Type struct {
	Namespace string
	Name      string // without arity: List
	Alias     string // the keyword: int
	Kind      Kind
	Params    []string // names of a generic definition's parameters
	Def       *Type    // the definition that this is an instance of
	Args      []*Type  // of an instance; the element of an array or a nullable
	Base      *Type
	Ifaces    []*Type
	Fields    []Field    // of anonymous types and tuples
	Index     int        // of a type parameter
	Names     []EnumName // of an enum
	Flags     bool       // the enum is a set of bits
	Static    bool       // a class without instances

	// What a struct does whose content is N and S alone; nil for the plain answer.
	ZeroOf    func(*Type) Value
	FormatOf  func(r *Run, v Value, spec string) string
	EqualOf   func(a, b Value) bool
	KeyOf     func(v Value) Value
	CompareOf func(a, b Value) int

	// Each is the element of a foreach over the class itself, where that is not
	// the element of its sequence: the values are Walkers.
	Each *Type
}

// EnumName is a constant of an enum.
type EnumName struct {
	Name  string
	Value int64
}

// NewClass makes a class; base nil is object.
func NewClass(ns, name string, base *Type, ifaces ...*Type) *Type {
	if base == nil {
		base = Obj
	}
	return &Type{Namespace: ns, Name: name, Kind: KClass, Base: base, Ifaces: ifaces}
}

// NewStatic makes a class of static members only.
func NewStatic(ns, name string) *Type {
	return &Type{Namespace: ns, Name: name, Kind: KClass, Base: Obj, Static: true}
}

// NewStruct makes a value type.
func NewStruct(ns, name string, ifaces ...*Type) *Type {
	return &Type{Namespace: ns, Name: name, Kind: KStruct, Base: Obj, Ifaces: ifaces}
}

// NewInterface makes an interface.
func NewInterface(ns, name string, ifaces ...*Type) *Type {
	return &Type{Namespace: ns, Name: name, Kind: KInterface, Ifaces: ifaces}
}

// NewEnum makes an enum of names with their values from 0 up.
func NewEnum(ns, name string, names ...string) *Type {
	t := &Type{Namespace: ns, Name: name, Kind: KEnum, Base: Obj}
	for i, n := range names {
		t.Names = append(t.Names, EnumName{n, int64(i)})
	}
	return t
}

// NewFlags makes an enum of bits; the first name is 0.
func NewFlags(ns, name string, names ...string) *Type {
	t := NewEnum(ns, name, names...)
	t.Flags = true
	for i := range t.Names {
		if i > 0 {
			t.Names[i].Value = 1 << (i - 1)
		}
	}
	return t
}

// Generic turns a type into a generic definition with those parameters.
func Generic(t *Type, params ...string) *Type {
	t.Params = params
	return t
}

// T is the type parameter number i of a generic type.
func T(i int) *Type { return typeParams[i] }

var typeParams = func() (p [8]*Type) {
	for i := range p {
		p[i] = &Type{Name: "T", Kind: KParam, Index: i}
	}
	return
}()

// Make is an instance of a generic definition.
func Make(def *Type, args ...*Type) *Type {
	return &Type{Namespace: def.Namespace, Name: def.Name, Kind: def.Kind, Def: def, Args: args, Flags: def.Flags, ZeroOf: def.ZeroOf}
}

// ArrayOf is elem[].
func ArrayOf(elem *Type) *Type {
	if elem == Byte {
		return ByteArray
	}
	return &Type{Namespace: "System", Kind: KArray, Args: []*Type{elem}}
}

// NullableOf is T?.
func NullableOf(t *Type) *Type {
	return &Type{Namespace: "System", Name: "Nullable", Kind: KNullable, Args: []*Type{t}}
}

// Elem is the element of an array, or the T of a T?.
func (t *Type) Elem() *Type { return t.Args[0] }

// Underlying is the T of a T?, or t itself.
func (t *Type) Underlying() *Type {
	if t.Kind == KNullable {
		return t.Args[0]
	}
	return t
}

// Same tells whether two types are one.
func Same(a, b *Type) bool {
	if a == b {
		return true
	}
	if a == nil || b == nil || a.Kind != b.Kind || a.Def != b.Def || len(a.Args) != len(b.Args) || len(a.Fields) != len(b.Fields) {
		return false
	}
	if a.Def == nil && a.Kind != KArray && a.Kind != KNullable && a.Kind != KAnon && a.Kind != KTuple {
		return false
	}
	for i := range a.Args {
		if !Same(a.Args[i], b.Args[i]) {
			return false
		}
	}
	for i := range a.Fields {
		if a.Kind == KAnon && a.Fields[i].Name != b.Fields[i].Name || !Same(a.Fields[i].Type, b.Fields[i].Type) {
			return false
		}
	}
	return true
}

// Subst replaces type parameters: those of types by class, those of methods by method.
func Subst(t *Type, class, method []*Type) *Type {
	if t == nil {
		return nil
	}
	switch t.Kind {
	case KParam:
		if t.Index < len(class) && class[t.Index] != nil {
			return class[t.Index]
		}
		return t
	case KMParam:
		if t.Index < len(method) && method[t.Index] != nil {
			return method[t.Index]
		}
		return t
	}
	args, changed := substAll(t.Args, class, method)
	fields := t.Fields
	for i, f := range t.Fields {
		if s := Subst(f.Type, class, method); s != f.Type {
			if !changed {
				fields = append([]Field(nil), t.Fields...)
			}
			changed = true
			fields[i].Type = s
		}
	}
	if !changed {
		return t
	}
	if t.Kind == KArray {
		return ArrayOf(args[0])
	}
	c := *t
	c.Args, c.Fields = args, fields
	return &c
}

func substAll(list []*Type, class, method []*Type) ([]*Type, bool) {
	var out []*Type
	for i, a := range list {
		s := Subst(a, class, method)
		if s != a && out == nil {
			out = append([]*Type(nil), list...)
		}
		if out != nil {
			out[i] = s
		}
	}
	if out == nil {
		return list, false
	}
	return out, true
}

// IsValue tells a value type.
func (t *Type) IsValue() bool {
	switch {
	case t.Kind >= KBool && t.Kind <= KDecimal:
		return true
	case t.Kind == KEnum, t.Kind == KStruct, t.Kind == KNullable, t.Kind == KTuple:
		return true
	}
	return false
}

// IsNumeric tells the numeric types, without char.
func (t *Type) IsNumeric() bool { return t.Kind >= KSByte && t.Kind <= KDecimal }

// IsInteger tells the integer types, char included.
func (t *Type) IsInteger() bool { return t.Kind >= KChar && t.Kind <= KUInt64 }

// IsSigned tells signed integers.
func (t *Type) IsSigned() bool {
	return t.Kind == KSByte || t.Kind == KInt16 || t.Kind == KInt32 || t.Kind == KInt64
}

// Bits is the width of an integer.
func (t *Type) Bits() int {
	switch t.Kind {
	case KSByte, KByte:
		return 8
	case KInt16, KUInt16, KChar:
		return 16
	case KInt64, KUInt64:
		return 64
	}
	return 32
}

// Supers gives the base class (nil for none) and the interfaces of t.
func (t *Type) Supers() (base *Type, ifaces []*Type) {
	if t.Kind == KArray {
		return ArrayType, []*Type{Make(IList, t.Args[0]), Make(IReadOnlyList, t.Args[0])}
	}
	if t.Kind == KAnon || t.Kind == KTuple {
		return Obj, nil
	}
	d := t
	if t.Def != nil {
		d = t.Def
	}
	ifaces, _ = substAll(d.Ifaces, t.Args, nil)
	return Subst(d.Base, t.Args, nil), ifaces
}

// FindSuper gives the instance of def among t and what it derives from, or nil.
func FindSuper(t, def *Type) *Type {
	if t == def || t.Def == def && def != nil {
		return t
	}
	base, ifaces := t.Supers()
	for _, i := range ifaces {
		if s := FindSuper(i, def); s != nil {
			return s
		}
	}
	if base != nil {
		return FindSuper(base, def)
	}
	return nil
}

// Derives tells whether a reference to t may be used where to is wanted:
// identity, base classes, interfaces, and variance of interfaces and delegates.
func Derives(t, to *Type) bool {
	if Same(t, to) || to == Obj {
		return true
	}
	switch t.Kind {
	case KNullable:
		return Derives(t.Args[0], to) && to.Kind != KNullable
	case KTuple:
		return Same(t, to) || to.Kind == KTuple && len(to.Fields) == len(t.Fields) && sameFields(t, to)
	}
	def := to
	if to.Def != nil {
		def = to.Def
	}
	if to.Kind == KArray {
		return t.Kind == KArray && !t.Args[0].IsValue() && !to.Args[0].IsValue() && Derives(t.Args[0], to.Args[0])
	}
	s := FindSuper(t, def)
	if s == nil {
		return false
	}
	if Same(s, to) {
		return true
	}
	if to.Def == nil || to.Kind != KInterface && to.Kind != KDelegate {
		return false
	}
	for i := range to.Args {
		a, b := s.Args[i], to.Args[i]
		if Same(a, b) {
			continue
		}
		if a.IsValue() || b.IsValue() {
			return false
		}
		if contravariant(def, i) {
			a, b = b, a
		} else if !covariant(def) {
			return false
		}
		if !Derives(a, b) {
			return false
		}
	}
	return true
}

func sameFields(a, b *Type) bool {
	for i := range a.Fields {
		if !Same(a.Fields[i].Type, b.Fields[i].Type) {
			return false
		}
	}
	return true
}

func covariant(def *Type) bool {
	switch def {
	case IEnumerable, IReadOnlyList, IReadOnlyCollection, IOrdered, IGrouping:
		return true
	}
	return def.Kind == KDelegate
}

func contravariant(def *Type, i int) bool {
	if def.Kind != KDelegate {
		return false
	}
	return def.Name != "Func" || i < len(def.Params)-1
}

// FullName is the name as GetType().ToString() writes it.
func (t *Type) FullName() string {
	switch t.Kind {
	case KArray:
		return t.Args[0].FullName() + "[]"
	case KNullable:
		return "System.Nullable`1[" + t.Args[0].FullName() + "]"
	}
	s := t.Name
	if t.Namespace != "" {
		s = t.Namespace + "." + s
	}
	if len(t.Args) > 0 {
		names := make([]string, len(t.Args))
		for i, a := range t.Args {
			names[i] = a.FullName()
		}
		s += "`" + string(rune('0'+len(t.Args))) + "[" + strings.Join(names, ",") + "]"
	}
	return s
}

// String is the name as C# writes it, for messages.
func (t *Type) String() string {
	switch t.Kind {
	case KArray:
		return t.Args[0].String() + "[]"
	case KNullable:
		return t.Args[0].String() + "?"
	case KNull:
		return "null"
	case KVoid:
		return "void"
	case KAnon:
		return "anonymous type"
	case KTuple:
		names := make([]string, len(t.Fields))
		for i, f := range t.Fields {
			names[i] = f.Type.String()
		}
		return "(" + strings.Join(names, ", ") + ")"
	}
	if t.Alias != "" {
		return t.Alias
	}
	list := t.Params
	if len(t.Args) > 0 {
		list = nil
		for _, a := range t.Args {
			list = append(list, a.String())
		}
	}
	if len(list) > 0 {
		return t.Name + "<" + strings.Join(list, ", ") + ">"
	}
	return t.Name
}
