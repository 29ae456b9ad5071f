// Package text gives a Go string the face of a .NET string: a sequence of
// UTF-16 units. Strings are kept as UTF-8; a lone surrogate keeps three bytes of
// its own, so that every .NET string has one form. Pure ASCII, the usual case,
// is counted and cut without decoding.
package text

import (
	"strings"
	"unicode/utf8"
)

// ASCII tells whether every byte of s is below 128.
func ASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// Decode reads the first character of s, a lone surrogate included.
func Decode(s string) (rune, int) {
	if len(s) >= 3 && s[0] == 0xED && s[1] >= 0xA0 && s[1] < 0xC0 {
		return 0xD000 | rune(s[1]&0x3F)<<6 | rune(s[2]&0x3F), 3
	}
	return utf8.DecodeRuneInString(s)
}

// Append adds a character or a lone surrogate to b; a low surrogate behind a
// high one becomes the character that both stand for.
func Append(b []byte, c rune) []byte {
	switch {
	case c >= 0xDC00 && c < 0xE000:
		if n := len(b); n >= 3 && b[n-3] == 0xED && b[n-2] >= 0xA0 && b[n-2] < 0xB0 {
			hi, _ := Decode(string(b[n-3:]))
			return utf8.AppendRune(b[:n-3], (hi-0xD800)<<10+(c-0xDC00)+0x10000)
		}
		fallthrough
	case c >= 0xD800 && c < 0xDC00:
		return append(b, 0xED, byte(0x80|c>>6&0x3F), byte(0x80|c&0x3F))
	}
	return utf8.AppendRune(b, c)
}

// Char gives the string of one UTF-16 unit.
func Char(c rune) string {
	if c < utf8.RuneSelf {
		return asciiChars[c : c+1]
	}
	return string(Append(nil, c))
}

var asciiChars = func() string {
	b := make([]byte, utf8.RuneSelf)
	for i := range b {
		b[i] = byte(i)
	}
	return string(b)
}()

// Concat joins strings, mending a surrogate pair that the cut had parted.
func Concat(a, b string) string {
	if len(a) >= 3 && len(b) >= 3 && a[len(a)-3] == 0xED && a[len(a)-2] >= 0xA0 && b[0] == 0xED && b[1] >= 0xB0 {
		lo, n := Decode(b)
		return string(Append([]byte(a), lo)) + b[n:]
	}
	return a + b
}

// Len is the number of UTF-16 units of s.
func Len(s string) int {
	n := 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c < 0x80 || c >= 0xC0 && c < 0xF0:
			n++
		case c >= 0xF0:
			n += 2
		}
	}
	return n
}

// At gives the UTF-16 unit at index i; ok is false outside s.
func At(s string, i int) (c rune, ok bool) {
	if i < 0 || i >= len(s) {
		return 0, false
	}
	if ASCII(s[:i+1]) {
		return rune(s[i]), true
	}
	for n := 0; len(s) > 0; {
		r, w := Decode(s)
		if r >= 0x10000 {
			switch i {
			case n:
				return 0xD800 + (r-0x10000)>>10, true
			case n + 1:
				return 0xDC00 + (r-0x10000)&0x3FF, true
			}
			n++
		} else if i == n {
			return r, true
		}
		n++
		s = s[w:]
	}
	return 0, false
}

// Slice gives the n units from index i; both must lie inside s.
func Slice(s string, i, n int) string {
	if i+n <= len(s) && ASCII(s[:i+n]) {
		return s[i : i+n]
	}
	if n == 0 {
		return ""
	}
	from, half := offset(s, i)
	to, halfTo := offset(s[from:], n+half)
	cut := s[from : from+to]
	if half == 0 && halfTo == 0 {
		return cut
	}
	units := Units(cut)
	units = units[half:]
	if halfTo > 0 {
		r, _ := Decode(s[from+to:])
		units = append(units, uint16(0xD800+(r-0x10000)>>10))
	}
	return FromUnits(units)
}

// offset gives the byte where unit i stands; half is 1 where i is inside a pair.
func offset(s string, i int) (off, half int) {
	n := 0
	for off < len(s) && n < i {
		r, w := Decode(s[off:])
		n++
		if r >= 0x10000 {
			if n == i {
				return off, 1
			}
			n++
		}
		off += w
	}
	return off, 0
}

// Offset is the byte offset of unit i.
func Offset(s string, i int) int {
	if i <= len(s) && ASCII(s[:i]) {
		return i
	}
	off, _ := offset(s, i)
	return off
}

// Index is the number of units before byte off.
func Index(s string, off int) int {
	if off < 0 {
		return -1
	}
	return Len(s[:off])
}

// Units gives s as UTF-16.
func Units(s string) []uint16 {
	u := make([]uint16, 0, len(s))
	for len(s) > 0 {
		r, w := Decode(s)
		if r >= 0x10000 {
			u = append(u, uint16(0xD800+(r-0x10000)>>10), uint16(0xDC00+(r-0x10000)&0x3FF))
		} else {
			u = append(u, uint16(r))
		}
		s = s[w:]
	}
	return u
}

// FromUnits makes a string of UTF-16.
func FromUnits(u []uint16) string {
	b := make([]byte, 0, len(u))
	for _, c := range u {
		b = Append(b, rune(c))
	}
	return string(b)
}

// Valid replaces what is not UTF-8 by U+FFFD, as a .NET encoder does.
func Valid(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }
