package value

import "fmt"

// Exception is a .NET exception. It travels as a panic of *Thrown, which a try
// of the expression or the end of the run recovers, and nothing else.
type Exception struct {
	T       *Type
	Message string
	Inner   Value
	Line    int32 // where it was thrown
	Col     int32
	Param   string // of the argument exceptions
}

// Type is the exception's class.
func (e *Exception) Type() *Type { return e.T }

// String is ToString().
func (e *Exception) String(r *Run) string {
	s := e.T.FullName()
	if e.Message != "" {
		s += ": " + e.Message
	}
	if in, ok := e.Inner.R.(*Exception); ok {
		r.Enter()
		s += " ---> " + in.String(r)
		r.Leave()
	}
	return s
}

// Thrown is the panic.
type Thrown struct{ E *Exception }

func ex(name string, base *Type) *Type { return NewClass("System", name, base) }

// The exception types.
var (
	ExBase             = NewClass("System", "Exception", nil)
	ExSystem           = ex("SystemException", ExBase)
	ExArgument         = ex("ArgumentException", ExSystem)
	ExArgumentNull     = ex("ArgumentNullException", ExArgument)
	ExArgumentRange    = ex("ArgumentOutOfRangeException", ExArgument)
	ExArithmetic       = ex("ArithmeticException", ExSystem)
	ExOverflow         = ex("OverflowException", ExArithmetic)
	ExDivideByZero     = ex("DivideByZeroException", ExArithmetic)
	ExFormat           = ex("FormatException", ExSystem)
	ExUriFormat        = ex("UriFormatException", ExFormat)
	ExIndexRange       = ex("IndexOutOfRangeException", ExSystem)
	ExCast             = ex("InvalidCastException", ExSystem)
	ExInvalidOp        = ex("InvalidOperationException", ExSystem)
	ExDisposed         = ex("ObjectDisposedException", ExInvalidOp)
	ExNull             = ex("NullReferenceException", ExSystem)
	ExNotSupported     = ex("NotSupportedException", ExSystem)
	ExNotImplemented   = ex("NotImplementedException", ExSystem)
	ExRank             = ex("RankException", ExSystem)
	ExTimeout          = ex("TimeoutException", ExSystem)
	ExUnauthorized     = ex("UnauthorizedAccessException", ExSystem)
	ExApplication      = ex("ApplicationException", ExBase)
	ExAggregate        = ex("AggregateException", ExBase)
	ExTimeZoneNotFound = ex("TimeZoneNotFoundException", ExBase)
	ExArrayType        = ex("ArrayTypeMismatchException", ExSystem)
	ExKeyNotFound      = NewClass("System.Collections.Generic", "KeyNotFoundException", ExSystem)
	ExIO               = NewClass("System.IO", "IOException", ExSystem)
	ExRegexTimeout     = NewClass("System.Text.RegularExpressions", "RegexMatchTimeoutException", ExTimeout)
	ExCrypto           = NewClass("System.Security.Cryptography", "CryptographicException", ExSystem)
	ExXML              = NewClass("System.Xml", "XmlException", ExSystem)
	ExXPath            = NewClass("System.Xml.XPath", "XPathException", ExSystem)
	ExJSON             = NewClass("Newtonsoft.Json", "JsonException", ExBase)
	ExJSONReader       = NewClass("Newtonsoft.Json", "JsonReaderException", ExJSON)
	ExJSONSerial       = NewClass("Newtonsoft.Json", "JsonSerializationException", ExJSON)
)

// Exceptions lists the exception types for the library.
func Exceptions() []*Type {
	return []*Type{ExBase, ExSystem, ExArgument, ExArgumentNull, ExArgumentRange, ExArithmetic, ExOverflow, ExDivideByZero,
		ExFormat, ExUriFormat, ExIndexRange, ExCast, ExInvalidOp, ExDisposed, ExNull, ExNotSupported, ExNotImplemented,
		ExRank, ExTimeout, ExUnauthorized, ExApplication, ExAggregate, ExTimeZoneNotFound, ExArrayType, ExKeyNotFound, ExIO,
		ExRegexTimeout, ExCrypto, ExXML, ExXPath, ExJSON, ExJSONReader, ExJSONSerial}
}

// Throw throws an exception.
func (r *Run) Throw(t *Type, format string, args ...any) {
	msg := format
	if len(args) > 0 {
		msg = fmt.Sprintf(format, args...)
	}
	panic(&Thrown{&Exception{T: t, Message: msg, Line: r.Line, Col: r.Col}})
}

// ThrowNull is an ArgumentNullException of that parameter.
func (r *Run) ThrowNull(param string) {
	panic(&Thrown{&Exception{T: ExArgumentNull, Param: param, Line: r.Line, Col: r.Col,
		Message: "Value cannot be null.\nParameter name: " + param}})
}

// ThrowRange is an ArgumentOutOfRangeException of that parameter.
func (r *Run) ThrowRange(param string) {
	panic(&Thrown{&Exception{T: ExArgumentRange, Param: param, Line: r.Line, Col: r.Col,
		Message: "Specified argument was out of the range of valid values.\nParameter name: " + param}})
}

// NeedStr gives a string argument that must not be null.
func (r *Run) NeedStr(v Value, param string) string {
	if v.R == nil {
		r.ThrowNull(param)
	}
	return v.S
}
