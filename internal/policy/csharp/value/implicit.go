package value

// Conversion is a conversion of one value; nil leaves it as it is.
type Conversion func(r *Run, v Value) Value

// Implicit is identity, widening, boxing, references and nullables.
func Implicit(from, to *Type) (Conversion, bool) {
	switch {
	case from == ErrType || to == ErrType:
		return nil, true
	case from == Void || to == Void:
		return nil, false
	case from == NullType:
		return nil, !to.IsValue() || to.Kind == KNullable
	case Same(from, to):
		return nil, true
	case (from.IsNumeric() || from == Char) && to.IsNumeric():
		if Widens(from.Kind, to.Kind) {
			return Convert(from, to, false), true
		}
		return nil, false
	case to.Kind == KNullable && from.Kind == KNullable:
		cv, ok := Implicit(from.Elem(), to.Elem())
		return Lift(cv), ok
	case to.Kind == KNullable:
		return Implicit(from, to.Elem())
	}
	return nil, Derives(from, to)
}

// Lift makes a conversion pass null on.
func Lift(cv Conversion) Conversion {
	if cv == nil {
		return nil
	}
	return func(r *Run, v Value) Value {
		if v.R == nil {
			return v
		}
		return cv(r, v)
	}
}

// AsConversion makes a conversion of a library member with one argument.
func AsConversion(fn Native) Conversion {
	return func(r *Run, v Value) Value {
		m := r.Mark()
		a := r.Push(1)
		a[0] = v
		out := fn(r, a)
		r.Pop(m)
		return out
	}
}

// Chain does one conversion after the other; those that are nil do nothing.
func Chain(list ...Conversion) Conversion {
	var all []Conversion
	for _, cv := range list {
		if cv != nil {
			all = append(all, cv)
		}
	}
	switch len(all) {
	case 0:
		return nil
	case 1:
		return all[0]
	}
	return func(r *Run, v Value) Value {
		for _, cv := range all {
			v = cv(r, v)
		}
		return v
	}
}

// Castable tells generic types whose arguments may still fit at run time, such as object[] to string[].
func Castable(from, to *Type) bool {
	return from.Kind == KArray && to.Kind == KArray && Derives(to.Elem(), from.Elem()) && !to.Elem().IsValue()
}

// Unwrap gives the value of a nullable, or throws where it has none.
func Unwrap(r *Run, v Value) Value {
	if v.R == nil {
		r.Throw(ExInvalidOp, "Nullable object must have a ")
	}
	return v
}

// Downcast checks the type at run time.
func Downcast(to *Type) Conversion {
	must := to.IsValue() && to.Kind != KNullable
	return func(r *Run, v Value) Value {
		if v.R == nil {
			if must {
				r.Throw(ExNull, "Object reference not set to an instance of an object.")
			}
			return v
		}
		if v.R == Object(to) || Is(v, to) {
			return v
		}
		t := v.R.Type()
		if to.Kind == KEnum && t == Int32 {
			return Of(to, v.N)
		}
		if must {
			r.Throw(ExCast, "Specified cast is not valid.")
		}
		r.Throw(ExCast, "Unable to cast object of type '%s' to type '%s'.", t.FullName(), to.FullName())
		return Null
	}
}
