package bcl

import (
	"math"
	"strings"
	"unicode"

	"portico/internal/policy/csharp/decimal"
	"portico/internal/policy/csharp/format"
	"portico/internal/policy/csharp/text"
	"portico/internal/policy/csharp/value"
)

func declareChar(l *value.Library) {
	test := func(f func(rune) bool) value.Native {
		return func(_ *run, a []val) val { return value.Bool(f(a[0].Rune())) }
	}
	at := func(f func(rune) bool) value.Native {
		return func(r *run, a []val) val {
			c, ok := text.At(a[0].S, a[1].Int())
			if !ok {
				r.ThrowRange("index")
			}
			return value.Bool(f(c))
		}
	}
	mapped := func(f func(rune) rune) value.Native {
		return func(_ *run, a []val) val {
			if m := f(a[0].Rune()); m < 0x10000 {
				return value.Chr(m)
			}
			return a[0]
		}
	}
	d := l.Add(value.Char)
	for name, f := range map[string]func(rune) bool{
		"IsDigit": unicode.IsDigit, "IsLetter": unicode.IsLetter, "IsUpper": unicode.IsUpper, "IsLower": unicode.IsLower,
		"IsWhiteSpace": text.Space, "IsControl": unicode.IsControl, "IsNumber": unicode.IsNumber,
		"IsLetterOrDigit": func(c rune) bool { return unicode.IsLetter(c) || unicode.IsDigit(c) },
		"IsPunctuation":   unicode.IsPunct, "IsSymbol": unicode.IsSymbol,
		"IsSeparator":     func(c rune) bool { return unicode.In(c, unicode.Z) },
		"IsSurrogate":     func(c rune) bool { return c >= 0xD800 && c < 0xE000 },
		"IsHighSurrogate": func(c rune) bool { return c >= 0xD800 && c < 0xDC00 },
		"IsLowSurrogate":  func(c rune) bool { return c >= 0xDC00 && c < 0xE000 },
	} {
		d.Def("static bool "+name+"(char c)", test(f)).Def("static bool "+name+"(string s, int index)", at(f))
	}
	for name, f := range map[string]func(rune) rune{"ToUpper": unicode.ToUpper, "ToLower": unicode.ToLower, "ToUpperInvariant": unicode.ToUpper, "ToLowerInvariant": unicode.ToLower} {
		d.Def("static char "+name+"(char c)", mapped(f))
	}
	d.Const("MaxValue", value.Chr(0xFFFF)).Const("MinValue", value.Chr(0)).
		Def("static double GetNumericValue(char c)", func(_ *run, a []val) val {
			if c := a[0].Rune(); c >= '0' && c <= '9' {
				return value.Float(float64(c - '0'))
			}
			return value.Float(-1)
		}).
		Def("static char Parse(string s)", func(r *run, a []val) val {
			c, _ := text.At(r.NeedStr(a[0], "s"), 0)
			if text.Len(a[0].S) != 1 {
				r.Throw(value.ExFormat, "String must be exactly one character long.")
			}
			return value.Chr(c)
		}).
		Def("static string ToString(char c)", func(_ *run, a []val) val { return value.Str(text.Char(a[0].Rune())) }).
		Def("int CompareTo(char value)", func(_ *run, a []val) val { return value.Int(int(a[0].N - a[1].N)) }).
		Def("bool Equals(char obj)", func(_ *run, a []val) val { return value.Bool(a[0].N == a[1].N) })
}

// numberError throws what .NET throws where a text is no number of that type.
func numberError(r *run, err error, t *value.Type) {
	if err == format.ErrRange {
		numberErrorRange(r, t)
	}
	r.Throw(value.ExFormat, "Input string was not in a correct format.")
}

// numberErrorRange is the OverflowException of a type.
func numberErrorRange(r *run, t *value.Type) {
	switch t {
	case value.Byte:
		r.Throw(value.ExOverflow, "Value was either too large or too small for an unsigned byte.")
	case value.SByte:
		r.Throw(value.ExOverflow, "Value was either too large or too small for a signed byte.")
	}
	article := "a"
	if t.Name[0] == 'I' {
		article = "an"
	}
	r.Throw(value.ExOverflow, "Value was either too large or too small for %s %s.", article, t.Name)
}

// usual is the styles that Parse of a type takes by itself.
func usual(t *value.Type) format.Styles {
	switch t {
	case value.Double, value.Single:
		return format.FloatStyle | format.Thousands
	case value.Decimal:
		return format.NumberStyle
	}
	return format.IntegerStyle
}

// ParseNumber reads a number of type t.
func ParseNumber(s string, t *value.Type, st format.Styles) (val, error) {
	switch {
	case t == value.Decimal:
		d, err := format.ParseDecimal(s, st)
		return value.DecOf(d), err
	case t == value.Double:
		f, err := format.ParseFloat(s, 64, st)
		return value.Float(f), err
	case t == value.Single:
		f, err := format.ParseFloat(s, 32, st)
		return value.Of(value.Single, value.Float(f).N), err
	case t.IsSigned():
		n, err := format.ParseInt(s, t.Bits(), st)
		return value.Of(t, n), err
	}
	n, err := format.ParseUint(s, t.Bits(), st)
	return value.Of(t, int64(n)), err
}

func declareNumbers(l *value.Library) {
	for _, t := range []*value.Type{value.SByte, value.Byte, value.Int16, value.UInt16, value.Int32, value.UInt32, value.Int64,
		value.UInt64, value.Single, value.Double, value.Decimal} {
		d := l.Add(t)
		parse := func(r *run, s val, st format.Styles) val {
			if r.NeedStr(s, "String"); len(s.S) > 4096 {
				numberError(r, format.ErrSyntax, t)
			}
			v, err := ParseNumber(s.S, t, st)
			if err != nil {
				numberError(r, err, t)
			}
			return v
		}
		try := func(s, out val, st format.Styles) val {
			v, err := val{}, format.ErrSyntax
			if s.R != nil && len(s.S) <= 4096 {
				v, err = ParseNumber(s.S, t, st)
			}
			if err != nil {
				v = value.Zero(t)
			}
			value.SetOut(out, v)
			return value.Bool(err == nil)
		}
		n := t.Alias
		d.Def("static "+n+" Parse(string s)", func(r *run, a []val) val { return parse(r, a[0], usual(t)) }).
			Def("static "+n+" Parse(string s, IFormatProvider provider)", func(r *run, a []val) val { return parse(r, a[0], usual(t)) }).
			Def("static "+n+" Parse(string s, NumberStyles style)", func(r *run, a []val) val { return parse(r, a[0], format.Styles(a[1].N)) }).
			Def("static "+n+" Parse(string s, NumberStyles style, IFormatProvider provider)", func(r *run, a []val) val { return parse(r, a[0], format.Styles(a[1].N)) }).
			Def("static bool TryParse(string s, out "+n+" result)", func(_ *run, a []val) val { return try(a[0], a[1], usual(t)) }).
			Def("static bool TryParse(string s, NumberStyles style, IFormatProvider provider, out "+n+" result)", func(_ *run, a []val) val {
				return try(a[0], a[3], format.Styles(a[1].N))
			}).
			Def("int CompareTo("+n+" value)", compareTo).
			Def("bool Equals("+n+" obj)", func(r *run, a []val) val { return value.Bool(value.Equal(r, a[0], a[1])) })
		if t.IsInteger() {
			bits := t.Bits()
			lo, hi := int64(0), int64(uint64(1)<<bits-1)
			if t.IsSigned() {
				lo, hi = -1<<(bits-1), 1<<(bits-1)-1
			}
			d.Const("MinValue", value.Of(t, lo)).Const("MaxValue", value.Of(t, hi))
		}
	}
	float := func(f float64) val { return value.Float(f) }
	d := l.Add(value.Double)
	d.Const("MaxValue", float(math.MaxFloat64)).Const("MinValue", float(-math.MaxFloat64)).Const("Epsilon", float(math.SmallestNonzeroFloat64)).
		Const("NaN", float(math.NaN())).Const("PositiveInfinity", float(math.Inf(1))).Const("NegativeInfinity", float(math.Inf(-1))).
		Def("static bool IsNaN(double d)", func(_ *run, a []val) val { return value.Bool(math.IsNaN(a[0].Float())) }).
		Def("static bool IsInfinity(double d)", func(_ *run, a []val) val { return value.Bool(math.IsInf(a[0].Float(), 0)) })
	single := func(f float64) val { return value.Of(value.Single, value.Float(f).N) }
	l.Add(value.Single).Const("MaxValue", single(math.MaxFloat32)).Const("MinValue", single(-math.MaxFloat32))
	dec := func(f func(decimal.Decimal) decimal.Decimal) value.Native {
		return func(_ *run, a []val) val { return value.DecOf(f(a[0].Dec())) }
	}
	l.Add(value.Decimal).
		Const("MaxValue", value.DecOf(decimal.Max)).Const("MinValue", value.DecOf(decimal.Min)).
		Const("Zero", value.DecOf(decimal.Decimal{})).Const("One", value.DecOf(decimal.FromInt(1))).Const("MinusOne", value.DecOf(decimal.FromInt(-1))).
		Def("static decimal Round(decimal d)", dec(func(d decimal.Decimal) decimal.Decimal { return d.Round(0, decimal.HalfEven) })).
		Def("static decimal Round(decimal d, int decimals)", roundDecimal).
		Def("static decimal Truncate(decimal d)", dec(func(d decimal.Decimal) decimal.Decimal { return d.Round(0, decimal.Truncate) })).
		Def("static decimal Floor(decimal d)", dec(decimal.Decimal.Floor)).
		Def("static decimal Ceiling(decimal d)", dec(func(d decimal.Decimal) decimal.Decimal { return d.Neg().Floor().Neg() })).
		Def("static decimal Negate(decimal d)", dec(decimal.Decimal.Neg))
	declareBool(l)
}

func declareBool(l *value.Library) {
	parse := func(s string) (b, ok bool) {
		s = strings.ToLower(strings.Trim(text.TrimSpace(s), "\x00"))
		return s == "true", s == "true" || s == "false"
	}
	l.Add(value.Boolean).
		Const("TrueString", value.Str("True")).Const("FalseString", value.Str("False")).
		Def("static bool Parse(string value)", func(r *run, a []val) val {
			b, ok := parse(r.NeedStr(a[0], "value"))
			if !ok {
				r.Throw(value.ExFormat, "String was not recognized as a valid Boolean.")
			}
			return value.Bool(b)
		}).
		Def("static bool TryParse(string value, out bool result)", func(_ *run, a []val) val {
			b, ok := parse(a[0].S)
			value.SetOut(a[1], value.Bool(b && ok))
			return value.Bool(ok)
		}).
		Def("bool Equals(bool obj)", func(_ *run, a []val) val { return value.Bool(a[0].N == a[1].N) }).
		Def("int CompareTo(bool value)", compareTo).
		Def("string ToString(IFormatProvider provider)", func(r *run, a []val) val { return value.Str(value.Text(r, a[0])) })
}

// rounding reads a MidpointRounding.
func rounding(v val) decimal.Mode {
	if v.N == 1 {
		return decimal.HalfAway
	}
	return decimal.HalfEven
}

func roundDecimal(r *run, a []val) val {
	mode := decimal.HalfEven
	if len(a) > 2 {
		mode = rounding(a[2])
	}
	if a[1].N < 0 || a[1].N > 28 {
		r.ThrowRange("decimals")
	}
	return value.DecOf(a[0].Dec().Round(a[1].Int(), mode))
}

// roundFloat is Math.Round(double, digits, mode).
func roundFloat(r *run, f float64, digits int, away bool) val {
	if digits < 0 || digits > 15 {
		r.ThrowRange("digits")
	}
	if math.Abs(f) >= 1e16 || math.IsNaN(f) {
		return value.Float(f)
	}
	p := math.Pow10(digits)
	if away {
		whole, frac := math.Modf(f * p)
		if math.Abs(frac) >= 0.5 {
			whole += math.Copysign(1, frac)
		}
		return value.Float(whole / p)
	}
	return value.Float(math.RoundToEven(f*p) / p)
}

func declareMath(l *value.Library) {
	d := l.Add(value.NewStatic("System", "Math")).Const("PI", value.Float(math.Pi)).Const("E", value.Float(math.E))
	for name, f := range map[string]func(float64) float64{"Sqrt": math.Sqrt, "Exp": math.Exp, "Log10": math.Log10, "Sin": math.Sin,
		"Cos": math.Cos, "Tan": math.Tan, "Asin": math.Asin, "Acos": math.Acos, "Atan": math.Atan, "Sinh": math.Sinh, "Cosh": math.Cosh,
		"Tanh": math.Tanh, "Floor": math.Floor, "Ceiling": math.Ceil, "Truncate": math.Trunc, "Round": math.RoundToEven, "Log": math.Log} {
		d.Def("static double "+name+"(double d)", func(_ *run, a []val) val { return value.Float(f(a[0].Float())) })
	}
	dec := func(f func(decimal.Decimal) decimal.Decimal) value.Native {
		return func(_ *run, a []val) val { return value.DecOf(f(a[0].Dec())) }
	}
	d.Def("static double Pow(double x, double y)", func(_ *run, a []val) val { return value.Float(math.Pow(a[0].Float(), a[1].Float())) }).
		Def("static double Atan2(double y, double x)", func(_ *run, a []val) val { return value.Float(math.Atan2(a[0].Float(), a[1].Float())) }).
		Def("static double Log(double a, double newBase)", func(_ *run, a []val) val {
			return value.Float(math.Log(a[0].Float()) / math.Log(a[1].Float()))
		}).
		Def("static decimal Floor(decimal d)", dec(decimal.Decimal.Floor)).
		Def("static decimal Ceiling(decimal d)", dec(func(d decimal.Decimal) decimal.Decimal { return d.Neg().Floor().Neg() })).
		Def("static decimal Truncate(decimal d)", dec(func(d decimal.Decimal) decimal.Decimal { return d.Round(0, decimal.Truncate) })).
		Def("static decimal Round(decimal d)", dec(func(d decimal.Decimal) decimal.Decimal { return d.Round(0, decimal.HalfEven) })).
		Def("static decimal Round(decimal d, int decimals)", roundDecimal).
		Def("static decimal Round(decimal d, int decimals, MidpointRounding mode)", roundDecimal).
		Def("static decimal Round(decimal d, MidpointRounding mode)", func(r *run, a []val) val {
			return value.DecOf(a[0].Dec().Round(0, rounding(a[1])))
		}).
		Def("static double Round(double value, int digits)", func(r *run, a []val) val { return roundFloat(r, a[0].Float(), a[1].Int(), false) }).
		Def("static double Round(double value, MidpointRounding mode)", func(r *run, a []val) val {
			return roundFloat(r, a[0].Float(), 0, a[1].N == 1)
		}).
		Def("static double Round(double value, int digits, MidpointRounding mode)", func(r *run, a []val) val {
			return roundFloat(r, a[0].Float(), a[1].Int(), a[2].N == 1)
		}).
		Def("static int DivRem(int a, int b, out int result)", divRem).
		Def("static long DivRem(long a, long b, out long result)", divRem).
		Def("static long BigMul(int a, int b)", func(_ *run, a []val) val { return value.Long(a[0].N * a[1].N) })
	for _, t := range []*value.Type{value.SByte, value.Byte, value.Int16, value.UInt16, value.Int32, value.UInt32, value.Int64,
		value.UInt64, value.Single, value.Double, value.Decimal} {
		n := t.Alias
		pick := func(want int) value.Native {
			return func(r *run, a []val) val {
				if value.Compare(r, a[0], a[1])*want >= 0 {
					return a[0]
				}
				return a[1]
			}
		}
		d.Def("static "+n+" Max("+n+" a, "+n+" b)", pick(1)).Def("static "+n+" Min("+n+" a, "+n+" b)", pick(-1))
		if t.IsInteger() && !t.IsSigned() {
			continue
		}
		d.Def("static "+n+" Abs("+n+" value)", func(r *run, a []val) val { return absolute(r, a[0], t) }).
			Def("static int Sign("+n+" value)", func(r *run, a []val) val { return value.Int(value.Compare(r, a[0], value.Zero(t))) })
	}
}

func absolute(r *run, v val, t *value.Type) val {
	switch {
	case t == value.Decimal:
		if v.Dec().Sign() < 0 {
			return value.DecOf(v.Dec().Neg())
		}
		return v
	case t == value.Double || t == value.Single:
		return value.Of(t, value.Float(math.Abs(v.Float())).N)
	case v.N >= 0:
		return v
	case !value.Fits(-v.N, false, t) || v.N == math.MinInt64:
		r.Throw(value.ExOverflow, "Negating the minimum value of a twos complement number is invalid.")
	}
	return value.Of(t, -v.N)
}

func divRem(r *run, a []val) val {
	if a[1].N == 0 {
		r.Throw(value.ExDivideByZero, "Attempted to divide by zero.")
	}
	t := a[0].R.Type()
	value.SetOut(a[2], value.Wrapped(t, a[0].N%a[1].N))
	return value.Wrapped(t, a[0].N/a[1].N)
}
