package jsonwire

import (
	"math"
	"strconv"
	"unicode/utf8"
)

const hexDigits = "0123456789abcdef"

// AppendString appends s as a JSON string in double quotes. A byte that is not
// part of a character becomes U+FFFD; nothing is escaped that need not be.
func AppendString(dst []byte, s string) []byte {
	return append(AppendEscaped(append(dst, '"'), s), '"')
}

// AppendEscaped is AppendString without the quotes.
func AppendEscaped[T string | []byte](dst []byte, s T) []byte {
	from := 0
	for i := 0; i < len(s); {
		b := s[i]
		if b >= utf8.RuneSelf {
			c, size := utf8.DecodeRuneInString(string(s[i:min(i+utf8.UTFMax, len(s))]))
			if c == utf8.RuneError && size == 1 {
				dst = append(append(dst, s[from:i]...), "\uFFFD"...)
				from = i + 1
			}
			i += size
			continue
		}
		if b >= ' ' && b != '"' && b != '\\' {
			i++
			continue
		}
		dst = append(dst, s[from:i]...)
		switch b {
		case '"', '\\':
			dst = append(dst, '\\', b)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[b>>4], hexDigits[b&15])
		}
		i++
		from = i
	}
	return append(dst, s[from:]...)
}

// Writer builds a document whose members keep their order. Every method but Bytes returns
// the Writer, so that a document reads in the order of its text.
type Writer struct {
	buf []byte
}

// Bytes is the document so far.
func (w *Writer) Bytes() []byte { return w.buf }

// separate puts a comma where the last byte is the end of a value before.
func (w *Writer) separate() *Writer {
	if n := len(w.buf); n > 0 {
		switch w.buf[n-1] {
		case '{', '[', ':':
		default:
			w.buf = append(w.buf, ',')
		}
	}
	return w
}

// Object opens an object; End closes it.
func (w *Writer) Object() *Writer {
	w.separate()
	w.buf = append(w.buf, '{')
	return w
}

// End closes an object.
func (w *Writer) End() *Writer {
	w.buf = append(w.buf, '}')
	return w
}

// Array opens an array; EndArray closes it.
func (w *Writer) Array() *Writer {
	w.separate()
	w.buf = append(w.buf, '[')
	return w
}

// EndArray closes an array.
func (w *Writer) EndArray() *Writer {
	w.buf = append(w.buf, ']')
	return w
}

// Key begins a member of an object.
func (w *Writer) Key(name string) *Writer {
	w.separate()
	w.buf = append(AppendString(w.buf, name), ':')
	return w
}

// Str writes a string.
func (w *Writer) Str(s string) *Writer {
	w.separate()
	w.buf = AppendString(w.buf, s)
	return w
}

// Strs writes an array of strings.
func (w *Writer) Strs(all ...string) *Writer {
	w.Array()
	for _, s := range all {
		w.Str(s)
	}
	return w.EndArray()
}

// Bool writes true or false.
func (w *Writer) Bool(b bool) *Writer {
	w.separate()
	w.buf = strconv.AppendBool(w.buf, b)
	return w
}

// Num writes a number in its shortest form; what JSON has no number for becomes null.
func (w *Writer) Num(v float64) *Writer {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return w.Raw("null")
	}
	w.separate()
	w.buf = strconv.AppendFloat(w.buf, v, 'g', -1, 64)
	return w
}

// Raw writes a value that is JSON already.
func (w *Writer) Raw(json string) *Writer {
	w.separate()
	w.buf = append(w.buf, json...)
	return w
}
