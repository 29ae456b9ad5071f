// Package bcl declares the types of .NET's base class library that expressions
// may use: strings, numbers, dates, text, regular expressions, addresses. Each
// file declares a close family; Declare adds them all to a library.
package bcl

import (
	"portico/internal/policy/csharp/value"
)

// short names for the signatures' bodies
type (
	run = value.Run
	val = value.Value
)

// Declare adds the package's types and their members.
func Declare(l *value.Library) {
	declareTypes(l)
	declareObject(l)
	declareStrings(l)
	declareStringBuild(l)
	declareChar(l)
	declareNumbers(l)
	declareConvert(l)
	declareMath(l)
	declareExceptions(l)
	declareDates(l)
	declareDateParts(l)
	declareOffsets(l)
	declareSpans(l)
	declareZones(l)
	declareGuid(l)
	declareRandom(l)
	declareEncoding(l)
	declareRegex(l)
	declareUri(l)
	declareNet(l)
	declareEnum(l)
}

// The enums and small types of the namespace System.
var (
	stringComparison  = value.NewEnum("System", "StringComparison", "CurrentCulture", "CurrentCultureIgnoreCase", "InvariantCulture", "InvariantCultureIgnoreCase", "Ordinal", "OrdinalIgnoreCase")
	splitOptions      = value.NewFlags("System", "StringSplitOptions", "None", "RemoveEmptyEntries")
	midpoint          = value.NewEnum("System", "MidpointRounding", "ToEven", "AwayFromZero")
	dateKind          = value.NewEnum("System", "DateTimeKind", "Unspecified", "Utc", "Local")
	dayOfWeek         = value.NewEnum("System", "DayOfWeek", "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
	base64Options     = value.NewFlags("System", "Base64FormattingOptions", "None", "InsertLineBreaks")
	uriKind           = value.NewEnum("System", "UriKind", "RelativeOrAbsolute", "Absolute", "Relative")
	uriPartial        = value.NewEnum("System", "UriPartial", "Scheme", "Authority", "Path", "Query")
	dateStyles        = value.NewFlags("System.Globalization", "DateTimeStyles", "None", "AllowLeadingWhite", "AllowTrailingWhite", "AllowInnerWhite", "NoCurrentDateDefault", "AdjustToUniversal", "AssumeLocal", "AssumeUniversal", "RoundtripKind")
	numberStyles      = styles()
	culture           = value.NewClass("System.Globalization", "CultureInfo", nil, value.IProvider)
	normalizationForm = value.NewEnum("System.Text", "NormalizationForm", "FormC", "FormD", "FormKC", "FormKD")
)

func styles() *value.Type {
	t := value.NewFlags("System.Globalization", "NumberStyles", "None", "AllowLeadingWhite", "AllowTrailingWhite", "AllowLeadingSign",
		"AllowTrailingSign", "AllowParentheses", "AllowDecimalPoint", "AllowThousands", "AllowExponent", "AllowCurrencySymbol", "AllowHexSpecifier")
	for name, v := range map[string]int64{"Integer": 7, "Number": 111, "Float": 167, "Currency": 383, "Any": 511, "HexNumber": 515} {
		t.Names = append(t.Names, value.EnumName{Name: name, Value: v})
	}
	return t
}

// invariant is the one culture: every CultureInfo is it.
type invariant struct{}

func (*invariant) Type() *value.Type        { return culture }
func (*invariant) String(*value.Run) string { return "" }

func declareTypes(l *value.Library) {
	for _, t := range []*value.Type{value.Obj, value.Boolean, value.Char, value.SByte, value.Byte, value.Int16, value.UInt16,
		value.Int32, value.UInt32, value.Int64, value.UInt64, value.Single, value.Double, value.Decimal, value.String,
		value.TypeType, value.ArrayType, value.IComparable, value.IFormattable, value.IDisposable, value.IProvider,
		value.IEnumerableAny, value.IEnumerable, value.IReadOnlyCollection, value.IReadOnlyList, value.ICollection,
		value.IList, value.IOrdered, value.IGrouping, value.Predicate, value.Comparison, value.Converter,
		stringComparison, splitOptions, midpoint, dateKind, dayOfWeek, base64Options, uriKind, uriPartial, dateStyles,
		numberStyles, culture, normalizationForm,
		{Namespace: "System", Name: "Nullable", Kind: value.KNullable, Params: []string{"T"}, Args: []*value.Type{value.T(0)}}} {
		l.Add(t)
	}
	for i := range value.Funcs {
		l.Add(value.Funcs[i])
		l.Add(value.Actions[i])
	}
	for _, t := range []*value.Type{dateTime, offsetType, span, zoneInfo, guid, random, encoding, builder, uriType, ipAddress,
		regexType, regexOptions, matchType, groupType, captureType, matches, groups, captures} {
		l.Add(t)
	}
	inv := value.Ref(&invariant{})
	get := func(*run, []val) val { return inv }
	l.Add(culture).
		Def("static CultureInfo InvariantCulture", get).
		Def("static CultureInfo CurrentCulture", get).
		Def("static CultureInfo GetCultureInfo(string name)", get).
		Def("new(string name)", get)
}

// declareObject gives every value its four methods.
func declareObject(l *value.Library) {
	l.Add(value.Obj).
		Def("string ToString()", func(r *run, a []val) val { return value.Str(value.Text(r, a[0])) }).
		Def("bool Equals(object obj)", func(r *run, a []val) val { return value.Bool(value.Equal(r, a[0], a[1])) }).
		Def("int GetHashCode()", func(r *run, a []val) val { return value.Int(int(value.Hash(r, a[0]))) }).
		Def("Type GetType()", func(r *run, a []val) val { return value.Ref(&value.TypeBox{Of: a[0].R.Type()}) }).
		Def("static bool ReferenceEquals(object a, object b)", func(r *run, a []val) val { return value.Bool(a[0] == a[1]) }).
		Def("static bool Equals(object a, object b)", func(r *run, a []val) val { return value.Bool(value.Equal(r, a[0], a[1])) }).
		Def("new()", func(*run, []val) val { return value.Ref(&plain{}) })
	l.Add(value.IDisposable).Def("void Dispose()", func(r *run, a []val) val {
		if d, ok := a[0].R.(interface{ Dispose(*value.Run) }); ok {
			d.Dispose(r)
		}
		return value.Null
	})
	l.Add(value.IComparable).Def("int CompareTo(object obj)", compareTo)
	l.Add(value.IFormattable).
		Def("string ToString(string format)", toFormat).
		Def("string ToString(IFormatProvider provider)", func(r *run, a []val) val { return value.Str(value.Text(r, a[0])) }).
		Def("string ToString(string format, IFormatProvider provider)", toFormat)
	l.Add(value.TypeType).
		Def("string Name", func(_ *run, a []val) val { return value.Str(a[0].R.(*value.TypeBox).Of.Name) }).
		Def("string FullName", func(_ *run, a []val) val { return value.Str(a[0].R.(*value.TypeBox).Of.FullName()) }).
		Def("operator bool ==(Type a, Type b)", func(r *run, a []val) val { return value.Bool(value.Equal(r, a[0], a[1])) }).
		Def("operator bool !=(Type a, Type b)", func(r *run, a []val) val { return value.Bool(!value.Equal(r, a[0], a[1])) })
}

// plain is new object(). It has a size so that each is another.
type plain struct{ _ byte }

func (*plain) Type() *value.Type { return value.Obj }

func compareTo(r *run, a []val) val { return value.Int(value.Compare(r, a[0], a[1])) }

func toFormat(r *run, a []val) val { return value.Str(value.FormatValue(r, a[0], a[1].S)) }

// declareExceptions gives the exceptions their members.
func declareExceptions(l *value.Library) {
	ex := func(v val) *value.Exception { e, _ := v.R.(*value.Exception); return e }
	for _, t := range value.Exceptions() {
		build := func(r *run, a []val) val {
			e := &value.Exception{T: t, Message: "Exception of type '" + t.FullName() + "' was thrown."}
			if m, ok := defaultMessages[t.Name]; ok {
				e.Message = m
			}
			if len(a) > 0 && a[0].R != nil {
				e.Message = a[0].S
			}
			if len(a) > 1 {
				if s, ok := a[1].R.(*value.Type); ok && s == value.String {
					e.Param = a[1].S
					e.Message += "\nParameter name: " + e.Param
				} else {
					e.Inner = a[1]
				}
			}
			return value.Ref(e)
		}
		d := l.Add(t).Def("new()", build)
		switch t {
		case value.ExArgumentNull, value.ExArgumentRange:
			d.Def("new(string paramName)", func(r *run, a []val) val {
				e := build(r, nil).R.(*value.Exception)
				if a[0].R != nil {
					e.Param = a[0].S
					e.Message += "\nParameter name: " + e.Param
				}
				return value.Ref(e)
			})
			d.Def("new(string paramName, string message)", func(r *run, a []val) val { return build(r, []val{a[1], a[0]}) })
		case value.ExArgument:
			d.Def("new(string message, string paramName)", build)
			fallthrough
		default:
			d.Def("new(string message)", build).Def("new(string message, Exception innerException)", build)
		}
	}
	l.Add(value.ExBase).
		Def("string Message", func(_ *run, a []val) val { return value.Str(ex(a[0]).Message) }).
		Def("Exception InnerException", func(_ *run, a []val) val { return ex(a[0]).Inner }).
		Def("string StackTrace", func(_ *run, a []val) val { return value.Str("") }).
		Def("string Source", func(_ *run, a []val) val { return value.Str("") }).
		Def("int HResult", func(_ *run, a []val) val { return value.Int(-2146233088) }).
		Def("Exception GetBaseException()", func(_ *run, a []val) val {
			e := ex(a[0])
			for in := ex(e.Inner); in != nil; in = ex(e.Inner) {
				e = in
			}
			return value.Ref(e)
		})
	l.Add(value.ExArgument).Def("string ParamName", func(_ *run, a []val) val {
		if p := ex(a[0]).Param; p != "" {
			return value.Str(p)
		}
		return value.Null
	})
}

var defaultMessages = map[string]string{
	"ArgumentException":           "Value does not fall within the expected range.",
	"ArgumentNullException":       "Value cannot be null.",
	"ArgumentOutOfRangeException": "Specified argument was out of the range of valid values.",
	"InvalidOperationException":   "Operation is not valid due to the current state of the object.",
	"FormatException":             "One of the identified items was in an invalid format.",
	"NotSupportedException":       "Specified method is not supported.",
	"NotImplementedException":     "The method or operation is not implemented.",
	"NullReferenceException":      "Object reference not set to an instance of an object.",
	"InvalidCastException":        "Specified cast is not valid.",
	"KeyNotFoundException":        "The given key was not present in the dictionary.",
	"IndexOutOfRangeException":    "Index was outside the bounds of the array.",
	"DivideByZeroException":       "Attempted to divide by zero.",
	"OverflowException":           "Arithmetic operation resulted in an overflow.",
	"TimeoutException":            "The operation has timed out.",
	"SystemException":             "System error.",
	"ApplicationException":        "Error in the application.",
	"ArithmeticException":         "Overflow or underflow in the arithmetic operation.",
}
