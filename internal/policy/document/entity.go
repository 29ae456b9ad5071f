package document

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxEntity is the length of the longest entity that is looked for, "&#x10FFFF;".
const maxEntity = 10

// entity reads the entity that s begins with; size is 0 where it is none.
func entity(s string) (r rune, size int) {
	end := strings.IndexByte(s[:min(len(s), maxEntity)], ';')
	if end < 2 {
		return 0, 0
	}
	switch name := s[1:end]; {
	case name == "lt":
		r = '<'
	case name == "gt":
		r = '>'
	case name == "amp":
		r = '&'
	case name == "quot":
		r = '"'
	case name == "apos":
		r = '\''
	case name[0] == '#':
		digits, base := name[1:], 10
		if strings.HasPrefix(digits, "x") {
			digits, base = digits[1:], 16
		}
		n, err := strconv.ParseUint(digits, base, 21)
		if err != nil || n == 0 || !utf8.ValidRune(rune(n)) {
			return 0, 0
		}
		r = rune(n)
	default:
		return 0, 0
	}
	return r, end + 1
}

// Escape writes an expression as well-formed XML. In attributes, line
// ends and tabs are escaped too: XML would turn them into spaces.
func Escape(b *strings.Builder, s string, attribute bool) {
	for i := range len(s) {
		switch c := s[i]; {
		case c == '<':
			b.WriteString("&lt;")
		case c == '>':
			b.WriteString("&gt;")
		case c == '&':
			b.WriteString("&amp;")
		case c == '"' && attribute:
			b.WriteString("&quot;")
		case c == '\'' && attribute:
			b.WriteString("&apos;")
		case attribute && (c == '\n' || c == '\r' || c == '\t'):
			b.WriteString("&#x" + strings.ToUpper(strconv.FormatUint(uint64(c), 16)) + ";")
		default:
			b.WriteByte(c)
		}
	}
}
