package bcl

import (
	"encoding/base64"
	"math"
	"strconv"
	"strings"

	"portico/internal/policy/csharp/decimal"
	"portico/internal/policy/csharp/format"
	"portico/internal/policy/csharp/text"
	"portico/internal/policy/csharp/value"
)

// declareConvert has System.Convert: checked, rounding half to even, null is zero.
func declareConvert(l *value.Library) {
	d := l.Add(value.NewStatic("System", "Convert"))
	targets := map[string]*value.Type{"ToSByte": value.SByte, "ToByte": value.Byte, "ToInt16": value.Int16, "ToUInt16": value.UInt16,
		"ToInt32": value.Int32, "ToUInt32": value.UInt32, "ToInt64": value.Int64, "ToUInt64": value.UInt64, "ToSingle": value.Single,
		"ToDouble": value.Double, "ToDecimal": value.Decimal, "ToChar": value.Char, "ToBoolean": value.Boolean}
	for name, t := range targets {
		conv := func(r *run, a []val) val { return convertTo(r, a[0], t) }
		d.Def("static "+t.Alias+" "+name+"(object value)", conv).
			Def("static "+t.Alias+" "+name+"(object value, IFormatProvider provider)", conv)
		for _, from := range []string{"string", "bool", "char", "int", "long", "double", "decimal"} {
			d.Def("static "+t.Alias+" "+name+"("+from+" value)", conv)
		}
		if t.IsInteger() && t != value.Char {
			d.Def("static "+t.Alias+" "+name+"(string value, int fromBase)", func(r *run, a []val) val { return fromBase(r, a[0], a[1].Int(), t) })
		}
	}
	d.Def("static string ToString(object value)", func(r *run, a []val) val { return value.Str(value.Text(r, a[0])) }).
		Def("static string ToString(object value, IFormatProvider provider)", func(r *run, a []val) val { return value.Str(value.Text(r, a[0])) }).
		Def("static string ToString(string value)", func(r *run, a []val) val { return a[0] }).
		Def("static string ToBase64String(byte[] inArray)", func(r *run, a []val) val {
			b := bytesOf(r, a[0], "inArray")
			r.Spend(len(b) * 4 / 3)
			return value.Str(base64.StdEncoding.EncodeToString(b))
		}).
		Def("static string ToBase64String(byte[] inArray, Base64FormattingOptions options)", func(r *run, a []val) val {
			b := bytesOf(r, a[0], "inArray")
			r.Spend(len(b) * 3 / 2)
			s := base64.StdEncoding.EncodeToString(b)
			if a[1].N == 1 {
				s = wrapLines(s, 76)
			}
			return value.Str(s)
		}).
		Def("static string ToBase64String(byte[] inArray, int offset, int length)", func(r *run, a []val) val {
			b := bytesOf(r, a[0], "inArray")
			if a[1].N < 0 || a[2].N < 0 || a[1].N+a[2].N > int64(len(b)) {
				r.ThrowRange("length")
			}
			r.Spend(a[2].Int() * 4 / 3)
			return value.Str(base64.StdEncoding.EncodeToString(b[a[1].N : a[1].N+a[2].N]))
		}).
		Def("static byte[] FromBase64String(string s)", fromBase64).
		Def("static DateTime ToDateTime(string value)", func(r *run, a []val) val {
			if a[0].R == nil {
				return value.Of(dateTime, 0)
			}
			return parseDateTime(r, a[0].S, 0)
		}).
		Def("static DateTime ToDateTime(object value)", func(r *run, a []val) val {
			switch {
			case a[0].R == nil:
				return value.Of(dateTime, 0)
			case a[0].R == value.Object(dateTime):
				return a[0]
			}
			return parseDateTime(r, value.Text(r, a[0]), 0)
		}).
		Def("static object ChangeType(object value, Type conversionType)", func(r *run, a []val) val {
			if a[1].R == nil {
				r.ThrowNull("conversionType")
			}
			t := a[1].R.(*value.TypeBox).Of
			if t == value.String {
				return value.Str(value.Text(r, a[0]))
			}
			return convertTo(r, a[0], t)
		})
	for _, t := range []*value.Type{value.Byte, value.Int16, value.Int32, value.Int64} {
		d.Def("static string ToString("+t.Alias+" value, int toBase)", func(r *run, a []val) val {
			u := uint64(a[0].N)
			switch a[1].N {
			case 10:
				return value.Str(strconv.FormatInt(a[0].N, 10))
			case 2, 8, 16:
				if t.Bits() < 64 {
					u &= 1<<t.Bits() - 1
				}
				return value.Str(strconv.FormatUint(u, a[1].Int()))
			}
			r.Throw(value.ExArgument, "Invalid Base.")
			return value.Null
		})
	}
}

func wrapLines(s string, width int) string {
	var b strings.Builder
	for len(s) > width {
		b.WriteString(s[:width])
		b.WriteString("\r\n")
		s = s[width:]
	}
	b.WriteString(s)
	return b.String()
}

func bytesOf(r *run, v val, param string) []byte {
	b, ok := v.R.(*value.Bytes)
	if !ok {
		r.ThrowNull(param)
	}
	r.Step(len(b.B)>>6 + 1)
	return b.B
}

func fromBase64(r *run, a []val) val {
	s := r.NeedStr(a[0], "s")
	r.Spend(len(s) * 3 / 4)
	if strings.ContainsAny(s, " \t\r\n") {
		s = strings.Map(func(c rune) rune {
			if c == ' ' || c == '\t' || c == '\r' || c == '\n' {
				return -1
			}
			return c
		}, s)
	}
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		if len(s)%4 != 0 {
			r.Throw(value.ExFormat, "Invalid length for a Base-64 char array or string.")
		}
		r.Throw(value.ExFormat, "The input is not a valid Base-64 string as it contains a non-base 64 character, more than two padding characters, or an illegal character among the padding characters. ")
	}
	return value.ByteSlice(b)
}

// convertTo converts a boxed value to t.
func convertTo(r *run, v val, t *value.Type) val {
	if s, ok := v.R.(interface{ Scalar() val }); ok { // a JSON value is what it holds
		v = s.Scalar()
	}
	from, _ := v.R.(*value.Type)
	if _, ok := v.R.(*value.Dec); ok {
		from = value.Decimal
	}
	switch {
	case v.R == nil:
		return value.Zero(t)
	case from == nil || from.Kind == value.KStruct:
		r.Throw(value.ExCast, "Unable to cast object of type '%s' to type 'System.IConvertible'.", v.R.Type().FullName())
	case from == value.String:
		return fromString(r, v, t)
	case t == value.Boolean:
		if from == value.Char {
			invalid(r, from, t)
		}
		if from == value.Decimal {
			return value.Bool(v.Dec().Sign() != 0)
		}
		if from == value.Double || from == value.Single {
			return value.Bool(v.Float() != 0)
		}
		return value.Bool(v.N != 0)
	case from == value.Boolean:
		if t == value.Char {
			invalid(r, from, t)
		}
		return value.Convert(value.Int32, t, true)(r, value.Int(int(v.N)))
	case t == value.Char || from == value.Char:
		float := func(x *value.Type) bool { return x == value.Double || x == value.Single || x == value.Decimal }
		if float(from) || float(t) {
			invalid(r, from, t)
		}
		if !value.Fits(v.N, from == value.UInt64, t) {
			toRange(r, t)
		}
		return value.Of(t, v.N)
	case t.IsInteger() && (from == value.Double || from == value.Single):
		f := math.RoundToEven(v.Float())
		if math.IsNaN(f) || f < -9.3e18 || f > 1.85e19 {
			toRange(r, t)
		}
		return whole(r, f, t)
	case t.IsInteger() && from == value.Decimal:
		return wholeDec(r, v.Dec().Round(0, decimal.HalfEven), t)
	case t.IsInteger():
		if !value.Fits(v.N, from == value.UInt64, t) {
			toRange(r, t)
		}
		return value.Of(t, v.N)
	}
	return value.Convert(from, t, true)(r, v)
}

func whole(r *run, f float64, t *value.Type) val {
	if t == value.UInt64 && f >= 1<<63 && f < 1<<64 {
		return value.Of(t, int64(uint64(f)))
	}
	if f < -1<<63 || f >= 1<<63 || !value.Fits(int64(f), false, t) {
		toRange(r, t)
	}
	return value.Of(t, int64(f))
}

func wholeDec(r *run, d decimal.Decimal, t *value.Type) val {
	if u, ok := d.Uint(); ok && t == value.UInt64 && d.Sign() >= 0 {
		return value.Of(t, int64(u))
	}
	n, ok := d.Int()
	if !ok || !value.Fits(n, false, t) {
		toRange(r, t)
	}
	return value.Of(t, n)
}

func toRange(r *run, t *value.Type) {
	if t == value.Char {
		r.Throw(value.ExOverflow, "Value was either too large or too small for a character.")
	}
	numberErrorRange(r, t)
}

func invalid(r *run, from, to *value.Type) {
	r.Throw(value.ExCast, "Invalid cast from '%s' to '%s'.", from.Name, to.Name)
}

func fromString(r *run, v val, t *value.Type) val {
	switch t {
	case value.Boolean:
		switch strings.ToLower(text.TrimSpace(v.S)) {
		case "true":
			return value.Bool(true)
		case "false":
			return value.Bool(false)
		}
		r.Throw(value.ExFormat, "String was not recognized as a valid Boolean.")
	case value.Char:
		c, _ := text.At(v.S, 0)
		if text.Len(v.S) != 1 {
			r.Throw(value.ExFormat, "String must be exactly one character long.")
		}
		return value.Chr(c)
	}
	n, err := ParseNumber(v.S, t, usual(t))
	if err != nil || len(v.S) > 4096 {
		numberError(r, err, t)
	}
	return n
}

func fromBase(r *run, s val, base int, t *value.Type) val {
	if base != 2 && base != 8 && base != 10 && base != 16 {
		r.Throw(value.ExArgument, "Invalid Base.")
	}
	if s.R == nil {
		return value.Zero(t)
	}
	d := s.S
	if base == 10 {
		return fromString(r, s, t)
	}
	if base == 16 && (strings.HasPrefix(d, "0x") || strings.HasPrefix(d, "0X")) {
		d = d[2:]
	}
	if d == "" {
		r.Throw(value.ExArgumentRange, "Index was out of range. Must be non-negative and less than the size of the collection.\nParameter name: startIndex")
	}
	u, err := strconv.ParseUint(d, base, 64)
	if err != nil || strings.ContainsAny(d, "+-_") {
		if ne, ok := err.(*strconv.NumError); ok && ne.Err == strconv.ErrRange {
			numberErrorRange(r, t)
		}
		r.Throw(value.ExFormat, "Could not find any recognizable digits.")
	}
	if t.Bits() < 64 && u >= 1<<t.Bits() {
		numberErrorRange(r, t)
	}
	return value.Wrapped(t, int64(u))
}

// ChangeType converts a plain value to a number, bool or char, as System.Convert does.
func ChangeType(r *value.Run, v value.Value, t *value.Type) value.Value { return convertTo(r, v, t) }

// FromText reads a DateTime, DateTimeOffset, TimeSpan, Guid or Uri; ok is false for other types.
func FromText(r *value.Run, s string, t *value.Type) (v value.Value, ok bool) {
	switch t {
	case dateTime:
		return parseDateTime(r, s, roundtripKind), true
	case offsetType:
		return parseOffset(r, value.Str(s), 0), true
	case span:
		n, err := format.ParseSpan(s)
		if err != nil {
			r.Throw(value.ExFormat, "String was not recognized as a valid TimeSpan.")
		}
		return value.Of(span, n), true
	case guid:
		g, ok := parseGuid(s)
		if !ok {
			r.Throw(value.ExFormat, "Guid should contain 32 digits with 4 dashes (xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx).")
		}
		return value.Value{S: g, R: guid}, true
	case uriType:
		return NewUri(r, s), true
	}
	return value.Null, false
}
