package json

import (
	"portico/internal/policy/csharp/bcl"
	"portico/internal/policy/csharp/value"
)

// declareConversions has the casts between tokens and plain values.
func declareConversions(l *value.Library) {
	d := l.Add(TokenType)
	for _, t := range []string{"string", "bool", "int", "long", "double", "decimal", "float", "short", "byte", "uint", "ulong", "ushort", "sbyte", "DateTime", "DateTimeOffset",
		"TimeSpan", "Guid", "Uri", "byte[]"} {
		d.Def("implicit JToken("+t+" value)", func(r *run, a []val) val { return ref(FromValue(r, a[0])) })
		if t != "string" && t != "Uri" && t != "byte[]" {
			d.Def("implicit JToken("+t+"? value)", func(r *run, a []val) val { return ref(FromValue(r, a[0])) })
		}
	}
	for _, t := range []*value.Type{value.String, value.Boolean, value.Int32, value.Int64, value.Double, value.Decimal, value.Single, value.Int16, value.Byte,
		value.UInt32, value.UInt64, value.UInt16, value.SByte, value.Char, bcl.DateTimeType(), bcl.OffsetType(), bcl.SpanType(), l.Lookup("Guid", 0), l.Lookup("Uri", 0), value.ByteArray} {
		d.Def("explicit "+t.String()+"(JToken value)", castTo(t))
		if t.IsValue() {
			d.Def("explicit "+t.String()+"?(JToken value)", castTo(value.NullableOf(t)))
		}
	}
}

// castTo is an explicit conversion of a JToken.
func castTo(t *value.Type) value.Native {
	u := t.Underlying()
	return func(r *run, a []val) val {
		tok := token(a[0])
		if tok == nil {
			if u.IsValue() && t.Kind != value.KNullable {
				r.ThrowNull("value")
			}
			return value.Null
		}
		if p, ok := tok.(*Prop); ok {
			tok = p.v
		}
		v, ok := tok.(*Val)
		if !ok {
			r.Throw(value.ExArgument, "Can not convert %s to %s.", kindName(tok.kind()), u.Name)
		}
		if v.k == kNull || v.k == kUndef {
			if u.IsValue() && t.Kind != value.KNullable {
				r.Throw(value.ExArgument, "Can not convert %s to %s.", kindName(v.k), u.Name)
			}
			return value.Null
		}
		number := u.IsNumeric() || u == value.Boolean || u == value.Char
		if (v.k == kDate || v.k == kBytes || v.k == kGuid || v.k == kTimeSpan || v.k == kUri) && number {
			r.Throw(value.ExArgument, "Can not convert %s to %s.", kindName(v.k), u.Name)
		}
		return convertScalar(r, v, t)
	}
}
