package syntax

import (
	"strings"
	"unicode/utf8"
)

// quoted reads a string up to its closing quote, behind the opening one. One that
// is glued to another string may have line breaks.
func (l *lexer) quoted(start Pos, glued bool) string {
	var b strings.Builder
	for {
		switch c := l.peek(); {
		case c == '"':
			l.next()
			return b.String()
		case c == '\n' && glued:
			l.damaged = true
			b.WriteRune(l.next())
		case c == -1 || c == '\n':
			l.fail(start, "the string is not closed; a string over several lines is written @\"…\"")
			return ""
		case c == '\\':
			l.escape(&b)
			if l.err != nil {
				return ""
			}
		default:
			b.WriteRune(l.next())
		}
	}
}

// verbatim reads @"…", where "" stands for a quote.
func (l *lexer) verbatim(start Pos) string {
	var b strings.Builder
	for {
		switch c := l.next(); {
		case c == -1:
			l.fail(start, "the string is not closed")
			return ""
		case c == '"' && l.peek() == '"':
			l.next()
			b.WriteByte('"')
		case c == '"':
			return b.String()
		default:
			b.WriteRune(c)
		}
	}
}

// escape reads a backslash sequence.
func (l *lexer) escape(b *strings.Builder) {
	p := l.pos()
	l.next()
	switch c := l.next(); c {
	case '\'', '"', '\\':
		b.WriteRune(c)
	case '0':
		b.WriteByte(0)
	case 'a':
		b.WriteByte(7)
	case 'b':
		b.WriteByte(8)
	case 'f':
		b.WriteByte(12)
	case 'n':
		b.WriteByte(10)
	case 'r':
		b.WriteByte(13)
	case 't':
		b.WriteByte(9)
	case 'v':
		b.WriteByte(11)
	case 'u':
		l.hex(b, p, 4, 4)
	case 'x':
		l.hex(b, p, 1, 4)
	case 'U':
		l.hex(b, p, 8, 8)
	default:
		l.fail(p, "unknown escape sequence \\%c", c)
	}
}

func (l *lexer) hex(b *strings.Builder, p Pos, least, most int) {
	n, v := 0, rune(0)
	for ; n < most; n++ {
		c := l.peekAt(0)
		switch {
		case c >= '0' && c <= '9':
			v = v<<4 | rune(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			v = v<<4 | rune(c|0x20-'a'+10)
		default:
			c = 0
		}
		if c == 0 {
			break
		}
		l.next()
	}
	if n < least || v > utf8.MaxRune {
		l.fail(p, "an escape sequence needs %d hexadecimal digits of a character", least)
		return
	}
	writeUnit(b, v)
}

// writeUnit writes a character. Surrogates keep their own three bytes, and a
// pair of them becomes the character that it stands for, as in a .NET string.
func writeUnit(b *strings.Builder, v rune) {
	if v >= 0xDC00 && v < 0xE000 {
		if s := b.String(); len(s) >= 3 {
			if hi, n := decodeWTF8(s[len(s)-3:]); n == 3 && hi >= 0xD800 && hi < 0xDC00 {
				rest := s[:len(s)-3]
				b.Reset()
				b.WriteString(rest)
				b.WriteRune((hi-0xD800)<<10 + (v - 0xDC00) + 0x10000)
				return
			}
		}
	}
	if v >= 0xD800 && v < 0xE000 {
		b.Write([]byte{0xED, byte(0x80 | v>>6&0x3F), byte(0x80 | v&0x3F)})
		return
	}
	b.WriteRune(v)
}

func decodeWTF8(s string) (rune, int) {
	if len(s) >= 3 && s[0] == 0xED && s[1] >= 0xA0 {
		return rune(0xD000) | rune(s[1]&0x3F)<<6 | rune(s[2]&0x3F), 3
	}
	return utf8.DecodeRuneInString(s)
}

// interpolated reads $"…" behind its opening quote.
func (l *lexer) interpolated(t *token, verbatim bool) {
	t.kind = tokInterp
	l.depth++
	defer func() { l.depth-- }()
	if l.depth > maxInterpolation {
		l.fail(t.pos, "interpolated strings are nested too deep")
		return
	}
	var b strings.Builder
	flush := func() {
		if b.Len() > 0 {
			t.parts = append(t.parts, lexPart{text: b.String()})
			b.Reset()
		}
	}
	for l.err == nil {
		c := l.peek()
		switch {
		case c == -1 || c == '\n' && !verbatim:
			l.fail(t.pos, "the interpolated string is not closed")
		case c == '"' && verbatim && l.peekAt(1) == '"':
			l.skip(2)
			b.WriteByte('"')
		case c == '"':
			l.next()
			flush()
			return
		case c == '\\' && !verbatim:
			l.escape(&b)
		case c == '{' && l.peekAt(1) == '{', c == '}' && l.peekAt(1) == '}':
			l.skip(2)
			b.WriteRune(c)
		case c == '}':
			l.fail(l.pos(), "a } in an interpolated string is written }}")
		case c == '{':
			flush()
			l.hole(t, verbatim)
		default:
			b.WriteRune(l.next())
		}
	}
}

// hole reads {expression,alignment:format}.
func (l *lexer) hole(t *token, verbatim bool) {
	start := l.pos()
	l.next()
	part := lexPart{tokens: []token{}}
	into := &part.tokens
	depth := 0
	for l.err == nil {
		l.space()
		if depth == 0 && l.peek() == ':' && l.peekAt(1) != ':' {
			l.next()
			part.format = l.format(start, verbatim)
			break
		}
		tok := l.token()
		if tok.kind == tokEOF {
			l.fail(start, "the { of the interpolated string is not closed")
			return
		}
		if tok.kind == tokPunct {
			switch tok.text {
			case "(", "[", "{":
				depth++
			case ")", "]":
				depth--
			case "}":
				if depth == 0 {
					t.parts = append(t.parts, part)
					return
				}
				depth--
			case ",":
				if depth == 0 {
					part.align = []token{}
					into = &part.align
					continue
				}
			}
		}
		*into = append(*into, tok)
	}
	t.parts = append(t.parts, part)
}

// format reads the text behind the colon of a hole, and the closing brace.
func (l *lexer) format(start Pos, verbatim bool) string {
	var b strings.Builder
	for l.err == nil {
		switch c := l.peek(); {
		case c == '}':
			l.next()
			return b.String()
		case c == -1 || c == '\n' || c == '"' && !verbatim:
			l.fail(start, "the { of the interpolated string is not closed")
		case c == '\\' && !verbatim:
			l.escape(&b)
		default:
			b.WriteRune(l.next())
		}
	}
	return ""
}
