package jsonwire

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Reader walks over a text that Check accepted; on any other text it may panic.
// A string without escapes is given as a part of the text, so that reading a
// cell allocates nothing.
//
// An array or object is read as
//
//	for r.Enter(); r.More(); {
//		... one member: r.Key() in an object, then its value
//	}
type Reader struct {
	s string
	i int
}

// NewReader reads text from its start.
func NewReader(text string) Reader { return Reader{s: text} }

// Offset is where the reader stands, in bytes from the start of the text.
func (r *Reader) Offset() int { return r.i }

// Seek goes to an Offset of before.
func (r *Reader) Seek(offset int) { r.i = offset }

// Kind is what sort of value comes next.
type Kind byte

// The kinds of value.
const (
	Null   Kind = 'n'
	True   Kind = 't'
	False  Kind = 'f'
	Number Kind = '0'
	String Kind = '"'
	Array  Kind = '['
	Object Kind = '{'
)

// String names the kind for a message.
func (k Kind) String() string {
	switch k {
	case Null:
		return "null"
	case True, False:
		return "a boolean"
	case Number:
		return "a number"
	case String:
		return "a string"
	case Array:
		return "an array"
	}
	return "an object"
}

// Peek gives the kind of the next value and leaves the reader at its first byte.
func (r *Reader) Peek() Kind {
	r.space()
	switch b := r.s[r.i]; b {
	case '"', '{', '[', 't', 'f', 'n':
		return Kind(b)
	}
	return Number
}

func (r *Reader) space() {
	for r.i < len(r.s) && isSpace(r.s[r.i]) {
		r.i++
	}
}

// Enter goes into the array or object that comes next.
func (r *Reader) Enter() {
	r.space()
	r.i++
}

// More tells whether the array or object has another member, and leaves it where it has none.
func (r *Reader) More() bool {
	r.space()
	switch r.s[r.i] {
	case ']', '}':
		r.i++
		return false
	case ',':
		r.i++
	}
	return true
}

// Key reads a member's name and goes to its value.
func (r *Reader) Key() string {
	r.space()
	k := r.Str()
	r.space()
	r.i++ // the colon
	return k
}

// Token reads a number, true, false or null as it stands.
func (r *Reader) Token() string {
	r.space()
	start := r.i
	for r.i < len(r.s) {
		switch r.s[r.i] {
		case ',', ']', '}', ' ', '\n', '\r', '\t':
			return r.s[start:r.i]
		}
		r.i++
	}
	return r.s[start:]
}

// Str reads a string. As in encoding/json, half a surrogate pair and bytes that
// are not UTF-8 become U+FFFD.
func (r *Reader) Str() string {
	r.space()
	r.i++
	start, ascii := r.i, true
	for {
		switch b := r.s[r.i]; {
		case b == '"':
			raw := r.s[start:r.i]
			r.i++
			if ascii {
				return raw
			}
			return validUTF8(raw)
		case b == '\\':
			return r.unescape(start)
		case b >= utf8.RuneSelf:
			ascii = false
		}
		r.i++
	}
}

// unescape reads the rest of a string that began at start and has an escape where the reader stands.
func (r *Reader) unescape(start int) string {
	out := make([]byte, 0, r.i-start+32)
	out = append(out, r.s[start:r.i]...)
	for {
		b := r.s[r.i]
		r.i++
		switch b {
		case '"':
			return validUTF8(string(out))
		case '\\':
			out = r.appendEscape(out)
		default:
			out = append(out, b)
		}
	}
}

func (r *Reader) appendEscape(out []byte) []byte {
	b := r.s[r.i]
	r.i++
	switch b {
	case 'b':
		return append(out, '\b')
	case 'f':
		return append(out, '\f')
	case 'n':
		return append(out, '\n')
	case 'r':
		return append(out, '\r')
	case 't':
		return append(out, '\t')
	case 'u':
	default:
		return append(out, b)
	}
	u := r.hex4()
	if utf16.IsSurrogate(u) {
		if strings.HasPrefix(r.s[r.i:], `\u`) {
			save := r.i
			r.i += 2
			if pair := utf16.DecodeRune(u, r.hex4()); pair != utf8.RuneError {
				return utf8.AppendRune(out, pair)
			}
			r.i = save // what follows stands for itself
		}
		u = utf8.RuneError
	}
	return utf8.AppendRune(out, u)
}

func (r *Reader) hex4() rune {
	var u rune
	for range 4 {
		b := r.s[r.i]
		r.i++
		switch {
		case isDigit(b):
			b -= '0'
		case b >= 'a':
			b -= 'a' - 10
		default:
			b -= 'A' - 10
		}
		u = u<<4 | rune(b)
	}
	return u
}

// validUTF8 replaces every byte that is not part of a character by U+FFFD.
func validUTF8(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	out := make([]byte, 0, len(s)+8)
	for _, c := range s {
		out = utf8.AppendRune(out, c)
	}
	return string(out)
}

// Skip goes past the next value, whatever it is.
func (r *Reader) Skip() {
	depth := 0
	for {
		r.space()
		switch r.s[r.i] {
		case ',', ':':
			r.i++
			continue
		case '{', '[':
			depth++
			r.i++
		case '}', ']':
			depth--
			r.i++
		case '"':
			r.skipString()
		default:
			r.Token()
		}
		if depth == 0 {
			return
		}
	}
}

func (r *Reader) skipString() {
	for r.i++; r.s[r.i] != '"'; r.i++ {
		if r.s[r.i] == '\\' {
			r.i++
		}
	}
	r.i++
}
