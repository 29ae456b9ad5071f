package text

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Upper is ToUpperInvariant: one character for one, so that ß stays.
func Upper(s string) string { return mapRunes(s, unicode.ToUpper) }

// Lower is ToLowerInvariant.
func Lower(s string) string { return mapRunes(s, unicode.ToLower) }

func mapRunes(s string, f func(rune) rune) string {
	if ASCII(s) {
		return mapASCII(s, f)
	}
	b := make([]byte, 0, len(s))
	for len(s) > 0 {
		r, w := Decode(s)
		if m := f(r); m != r && (m < 0x10000) == (r < 0x10000) && r != 'ı' && r != 'İ' {
			r = m
		}
		b = Append(b, r)
		s = s[w:]
	}
	return string(b)
}

func mapASCII(s string, f func(rune) rune) string {
	for i := 0; i < len(s); i++ {
		if f(rune(s[i])) == rune(s[i]) {
			continue
		}
		b := []byte(s)
		for ; i < len(b); i++ {
			b[i] = byte(f(rune(b[i])))
		}
		return string(b)
	}
	return s
}

// Ordinal compares by UTF-16 unit.
func Ordinal(a, b string) int {
	for len(a) > 0 && len(b) > 0 {
		if a[0] < utf8.RuneSelf && b[0] < utf8.RuneSelf {
			if a[0] != b[0] {
				return int(a[0]) - int(b[0])
			}
			a, b = a[1:], b[1:]
			continue
		}
		x, n := Decode(a)
		y, m := Decode(b)
		if x != y {
			return unit(x) - unit(y)
		}
		a, b = a[n:], b[m:]
	}
	return len(a) - len(b)
}

// unit is the first UTF-16 unit of a character.
func unit(r rune) int {
	if r >= 0x10000 {
		return int(0xD800 + (r-0x10000)>>10)
	}
	return int(r)
}

// OrdinalFold compares by unit after ToUpperInvariant.
func OrdinalFold(a, b string) int { return Ordinal(Upper(a), Upper(b)) }

// EqualFold is equality without regard to case, as OrdinalIgnoreCase has it.
func EqualFold(a, b string) bool {
	if ASCII(a) && ASCII(b) {
		return len(a) == len(b) && strings.EqualFold(a, b)
	}
	return Upper(a) == Upper(b)
}

// Invariant compares as the invariant culture does, for what occurs in
// practice: punctuation before digits before letters, letters without accents
// first, then accents, then lower case before upper.
func Invariant(a, b string, fold bool) int {
	if a == b {
		return 0
	}
	var accent, letterCase, minor int
	x, y := a, b
	for {
		x, minor = skipIgnored(x, minor)
		y, minor = skipIgnored(y, minor)
		if len(x) == 0 || len(y) == 0 {
			break
		}
		r, n := Decode(x)
		s, m := Decode(y)
		x, y = x[n:], y[m:]
		if r == s {
			continue
		}
		br, ar := base(r)
		bs, as := base(s)
		lr, ls := unicode.ToLower(br), unicode.ToLower(bs)
		if lr != ls {
			if c := class(lr) - class(ls); c != 0 {
				return c
			}
			return weight(lr) - weight(ls)
		}
		if accent == 0 {
			accent = ar - as
		}
		if letterCase == 0 && br != bs {
			letterCase = 1
			if unicode.IsLower(br) {
				letterCase = -1
			}
		}
	}
	switch {
	case len(x) != len(y):
		return len(x) - len(y)
	case accent != 0:
		return accent
	case letterCase != 0 && !fold:
		return letterCase
	}
	return minorOrder(a, b)
}

// skipIgnored passes over the hyphen and the apostrophe, which a word sort
// looks at last, and over what has no weight at all.
func skipIgnored(s string, n int) (string, int) {
	for len(s) > 0 {
		switch {
		case s[0] == '-' || s[0] == '\'':
			s = s[1:]
			n++
		case s[0] < 0x20 && s[0] != '\t' && s[0] != '\n' && s[0] != '\v' && s[0] != '\f' && s[0] != '\r' || s[0] == 0x7F:
			s = s[1:]
		case strings.HasPrefix(s, "\u200B") || strings.HasPrefix(s, "\u00AD") || strings.HasPrefix(s, "\uFEFF"):
			_, w := Decode(s)
			s = s[w:]
		default:
			return s, n
		}
	}
	return s, n
}

// minorOrder orders strings that differ in hyphens and apostrophes only.
func minorOrder(a, b string) int {
	only := func(s string) string {
		return strings.Map(func(r rune) rune {
			if r == '-' || r == '\'' {
				return r
			}
			return -1
		}, s)
	}
	x, y := only(a), only(b)
	if x == "" && y == "" {
		return 0
	}
	if len(x) != len(y) {
		return len(x) - len(y)
	}
	// the same marks at other places: the later mark comes first
	return -strings.Compare(strings.NewReplacer("-", "\x00", "'", "\x01").Replace(a), strings.NewReplacer("-", "\x00", "'", "\x01").Replace(b))
}

func class(r rune) int {
	switch {
	case unicode.IsLetter(r):
		return 3
	case unicode.IsDigit(r):
		return 2
	case unicode.IsSpace(r):
		return 0
	}
	return 1
}

// punctuation is the order of ASCII's marks in the invariant culture.
const punctuation = "_-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$"

func weight(r rune) int {
	if i := strings.IndexRune(punctuation, r); i >= 0 && r < 128 {
		return i
	}
	return int(r) + 256
}

// bases lists accented Latin letters behind their base letter.
var bases = [...]string{"AÀÁÂÃÄÅĀĂĄ", "aàáâãäåāăą", "CÇĆĈĊČ", "cçćĉċč", "DĎ", "dď", "EÈÉÊËĒĔĖĘĚ", "eèéêëēĕėęě", "GĜĞĠĢ", "gĝğġģ",
	"IÌÍÎÏĨĪĬĮ", "iìíîïĩīĭį", "LĹĻĽ", "lĺļľ", "NÑŃŅŇ", "nñńņň", "OÒÓÔÕÖŌŎŐ", "oòóôõöōŏő", "RŔŖŘ", "rŕŗř", "SŚŜŞŠ", "sśŝşš",
	"TŢŤ", "tţť", "UÙÚÛÜŨŪŬŮŰŲ", "uùúûüũūŭůűų", "WŴ", "wŵ", "YÝŶŸ", "yýŷÿ", "ZŹŻŽ", "zźżž"}

// base gives the letter under an accent, and the accent's rank.
func base(r rune) (rune, int) {
	if r < 0xC0 || r > 0x17F {
		return r, 0
	}
	for _, group := range bases {
		if i := strings.IndexRune(group, r); i > 0 {
			return rune(group[0]), i
		}
	}
	return r, 0
}

// Space tells .NET's white space, which Trim removes.
func Space(r rune) bool {
	return r == 0x85 || r == 0xA0 || unicode.IsSpace(r) || r == 0x2028 || r == 0x2029
}

// TrimSpace removes white space at both ends.
func TrimSpace(s string) string { return strings.TrimFunc(s, Space) }
