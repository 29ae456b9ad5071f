package value

func core(k Kind, name, alias string) *Type {
	return &Type{Namespace: "System", Name: name, Alias: alias, Kind: k, Base: Obj, Ifaces: []*Type{IComparable, IFormattable}}
}

// The types that the language itself knows.
var (
	Obj       = &Type{Namespace: "System", Name: "Object", Alias: "object", Kind: KObject}
	Void      = &Type{Namespace: "System", Name: "Void", Kind: KVoid}
	ErrType   = &Type{Name: "?", Kind: KError}
	NullType  = &Type{Name: "null", Kind: KNull}
	Boolean   = &Type{Namespace: "System", Name: "Boolean", Alias: "bool", Kind: KBool, Base: Obj, Ifaces: []*Type{IComparable}}
	Char      = &Type{Namespace: "System", Name: "Char", Alias: "char", Kind: KChar, Base: Obj, Ifaces: []*Type{IComparable}}
	SByte     = core(KSByte, "SByte", "sbyte")
	Byte      = core(KByte, "Byte", "byte")
	Int16     = core(KInt16, "Int16", "short")
	UInt16    = core(KUInt16, "UInt16", "ushort")
	Int32     = core(KInt32, "Int32", "int")
	UInt32    = core(KUInt32, "UInt32", "uint")
	Int64     = core(KInt64, "Int64", "long")
	UInt64    = core(KUInt64, "UInt64", "ulong")
	Single    = core(KSingle, "Single", "float")
	Double    = core(KDouble, "Double", "double")
	Decimal   = core(KDecimal, "Decimal", "decimal")
	String    = &Type{Namespace: "System", Name: "String", Alias: "string", Kind: KString, Base: Obj, Ifaces: []*Type{IComparable, charSequence}}
	TypeType  = NewClass("System", "Type", nil)
	ArrayType = NewClass("System", "Array", nil, IEnumerableAny)
	ByteArray = &Type{Namespace: "System", Kind: KArray, Args: []*Type{Byte}}

	IComparable    = NewInterface("System", "IComparable")
	IFormattable   = NewInterface("System", "IFormattable")
	IDisposable    = NewInterface("System", "IDisposable")
	IProvider      = NewInterface("System", "IFormatProvider")
	IEnumerableAny = NewInterface("System.Collections", "IEnumerable")

	IEnumerable         = generic1("IEnumerable", IEnumerableAny)
	IReadOnlyCollection = generic1("IReadOnlyCollection", of(IEnumerable))
	IReadOnlyList       = generic1("IReadOnlyList", of(IReadOnlyCollection))
	ICollection         = generic1("ICollection", of(IEnumerable))
	IList               = generic1("IList", of(ICollection))
	IOrdered            = &Type{Namespace: "System.Linq", Name: "IOrderedEnumerable", Kind: KInterface, Params: []string{"T"}, Ifaces: []*Type{of(IEnumerable)}}
	IGrouping           = &Type{Namespace: "System.Linq", Name: "IGrouping", Kind: KInterface, Params: []string{"K", "T"}, Ifaces: []*Type{Make(IEnumerable, T(1))}}

	charSequence = Make(IEnumerable, Char)

	// Funcs and Actions are the delegates by number of parameters.
	Funcs, Actions = delegates()
	// Predicate, Comparison and Converter are the other delegates of the library.
	Predicate  = &Type{Namespace: "System", Name: "Predicate", Kind: KDelegate, Params: []string{"T"}, Base: Obj}
	Comparison = &Type{Namespace: "System", Name: "Comparison", Kind: KDelegate, Params: []string{"T"}, Base: Obj}
	Converter  = &Type{Namespace: "System", Name: "Converter", Kind: KDelegate, Params: []string{"T", "R"}, Base: Obj}
)

func of(def *Type) *Type { return Make(def, T(0)) }

func generic1(name string, iface *Type) *Type {
	return &Type{Namespace: "System.Collections.Generic", Name: name, Kind: KInterface, Params: []string{"T"}, Ifaces: []*Type{iface}}
}

const maxDelegate = 6

func delegates() (funcs, actions []*Type) {
	for i := 0; i <= maxDelegate; i++ {
		var p []string
		for j := 0; j < i; j++ {
			p = append(p, "T"+string(rune('1'+j)))
		}
		actions = append(actions, &Type{Namespace: "System", Name: "Action", Kind: KDelegate, Params: p, Base: Obj})
		funcs = append(funcs, &Type{Namespace: "System", Name: "Func", Kind: KDelegate, Params: append(p[:i:i], "R"), Base: Obj})
	}
	return funcs, actions
}

// Signature gives the parameters and the result of a delegate type.
func (t *Type) Signature() (params []*Type, ret *Type) {
	switch t.Name {
	case "Func":
		n := len(t.Args) - 1
		return t.Args[:n], t.Args[n]
	case "Predicate":
		return t.Args, Boolean
	case "Comparison":
		return []*Type{t.Args[0], t.Args[0]}, Int32
	case "Converter":
		return t.Args[:1], t.Args[1]
	}
	return t.Args, Void
}
