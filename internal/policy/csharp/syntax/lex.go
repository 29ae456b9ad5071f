package syntax

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

type tokenKind uint8

const (
	tokEOF tokenKind = iota
	tokIdent
	tokKeyword
	tokInt
	tokReal
	tokString
	tokChar
	tokInterp
	tokPunct
)

type token struct {
	kind   tokenKind
	text   string // identifier, keyword, punctuation; the decoded text of a string
	suffix string
	char   rune
	parts  []lexPart // of an interpolated string
	pos    Pos
	end    int  // offset behind the token
	glued  bool // follows the token before without space
}

// lexPart is a part of an interpolated string: text, or the tokens of a hole.
type lexPart struct {
	text   string
	tokens []token // nil for text
	align  []token
	format string
}

// isKeyword tells the reserved words apart; contextual words (var, when, nameof, from, …) are identifiers.
func isKeyword(s string) bool {
	switch s {
	case "as", "base", "bool", "break", "byte", "case", "catch", "char", "checked", "class", "const", "continue",
		"decimal", "default", "delegate", "do", "double", "else", "enum", "event", "explicit", "extern", "false",
		"finally", "fixed", "float", "for", "foreach", "goto", "if", "implicit", "in", "int", "interface", "internal",
		"is", "lock", "long", "namespace", "new", "null", "object", "operator", "out", "override", "params", "private",
		"protected", "public", "readonly", "ref", "return", "sbyte", "sealed", "short", "sizeof", "stackalloc",
		"static", "string", "struct", "switch", "this", "throw", "true", "try", "typeof", "uint", "ulong",
		"unchecked", "unsafe", "ushort", "using", "virtual", "void", "volatile", "while":
		return true
	}
	return false
}

// puncts are the operators, longest first within a first character.
var puncts = []string{"<<=", ">>=", "??=", "=>", "==", "!=", "<=", "&&", "||", "??", "?.", "++", "--", "+=", "-=",
	"*=", "/=", "%=", "&=", "|=", "^=", "<<", "->", "::"}

// lexer cuts the text into tokens. A lexical error ends the text.
type lexer struct {
	src   string
	off   int
	line  int32
	col   int32
	depth int // of interpolated strings in each other
	// damaged tells that a string over several lines stood right behind another: a
	// tool has re-quoted the text, and brackets are missing too (see Tree.Damaged).
	damaged bool
	after   tokenKind // of the token before
	err     *Error
}

const maxInterpolation = 16

func (l *lexer) pos() Pos { return Pos{l.line, l.col} }

func (l *lexer) fail(p Pos, format string, args ...any) {
	if l.err == nil {
		l.err = &Error{p, fmt.Sprintf(format, args...)}
	}
	l.off = len(l.src)
}

func (l *lexer) peek() rune {
	if l.off >= len(l.src) {
		return -1
	}
	if c := l.src[l.off]; c < utf8.RuneSelf {
		return rune(c)
	}
	r, _ := utf8.DecodeRuneInString(l.src[l.off:])
	return r
}

func (l *lexer) peekAt(n int) byte {
	if l.off+n >= len(l.src) {
		return 0
	}
	return l.src[l.off+n]
}

func (l *lexer) next() rune {
	if l.off >= len(l.src) {
		return -1
	}
	r, n := rune(l.src[l.off]), 1
	if r >= utf8.RuneSelf {
		r, n = utf8.DecodeRuneInString(l.src[l.off:])
	}
	l.off += n
	if r == '\n' {
		l.line++
		l.col = 1
	} else {
		l.col++
	}
	return r
}

func (l *lexer) skip(n int) {
	for ; n > 0; n-- {
		l.next()
	}
}

// space skips blanks and comments.
func (l *lexer) space() {
	for {
		c := l.peek()
		switch {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v' || c == 0xFEFF || c > 127 && unicode.IsSpace(c):
			l.next()
		case c == '/' && l.peekAt(1) == '/':
			for c := l.peek(); c != '\n' && c != -1; c = l.peek() {
				l.next()
			}
		case c == '/' && l.peekAt(1) == '*':
			p := l.pos()
			end := strings.Index(l.src[l.off+2:], "*/")
			if end < 0 {
				l.fail(p, "the comment is not closed")
				return
			}
			stop := l.off + 2 + end + 2
			for l.off < stop {
				l.next()
			}
		default:
			return
		}
	}
}

func identStart(c rune) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c > 127 && unicode.IsLetter(c)
}

func identPart(c rune) bool {
	return identStart(c) || c >= '0' && c <= '9' || c > 127 && (unicode.IsDigit(c) || unicode.Is(unicode.Mn, c) || unicode.Is(unicode.Pc, c))
}

// token reads the next token.
func (l *lexer) token() token {
	before := l.off
	l.space()
	t := token{pos: l.pos(), glued: l.off == before}
	c := l.peek()
	switch {
	case c == -1:
		t.kind = tokEOF
	case identStart(c):
		start := l.off
		for identPart(l.peek()) {
			l.next()
		}
		t.kind, t.text = tokIdent, l.src[start:l.off]
		if isKeyword(t.text) {
			t.kind = tokKeyword
		}
	case c >= '0' && c <= '9' || c == '.' && l.peekAt(1) >= '0' && l.peekAt(1) <= '9':
		l.number(&t)
	case c == '"':
		l.next()
		t.kind, t.text = tokString, l.quoted(t.pos, t.glued && l.after == tokString)
	case c == '\'':
		l.character(&t)
	case c == '@' && l.peekAt(1) == '"':
		l.skip(2)
		t.kind, t.text = tokString, l.verbatim(t.pos)
	case c == '@' && identStart(rune(l.peekAt(1))):
		l.next()
		start := l.off
		for identPart(l.peek()) {
			l.next()
		}
		t.kind, t.text = tokIdent, l.src[start:l.off]
	case c == '$' && l.peekAt(1) == '"':
		l.skip(2)
		l.interpolated(&t, false)
	case c == '$' && l.peekAt(1) == '@' && l.peekAt(2) == '"', c == '@' && l.peekAt(1) == '$' && l.peekAt(2) == '"':
		l.skip(3)
		l.interpolated(&t, true)
	default:
		l.punct(&t, c)
	}
	t.end = l.off
	l.after = t.kind
	return t
}

func (l *lexer) punct(t *token, c rune) {
	t.kind = tokPunct
	for _, p := range puncts {
		if rune(p[0]) == c && strings.HasPrefix(l.src[l.off:], p) {
			if p == "?." && l.peekAt(2) >= '0' && l.peekAt(2) <= '9' {
				continue // x?.5:1
			}
			// a shift to the right is two tokens, so that List<List<int>> closes
			if p == ">>=" {
				continue
			}
			l.skip(len(p))
			t.text = p
			return
		}
	}
	if !strings.ContainsRune("(){}[];,.:?+-*/%&|^!~=<>", c) {
		l.fail(t.pos, "unexpected character %q", c)
		t.kind = tokEOF
		return
	}
	if c == '>' && l.peekAt(1) == '=' {
		l.skip(2)
		t.text = ">="
		return
	}
	l.next()
	t.text = string(c)
}

func (l *lexer) number(t *token) {
	t.kind = tokInt
	var b strings.Builder
	digits := func(ok func(byte) bool) {
		for c := l.peekAt(0); ok(c) || c == '_'; c = l.peekAt(0) {
			if c != '_' {
				b.WriteByte(c)
			}
			l.next()
		}
	}
	dec := func(c byte) bool { return c >= '0' && c <= '9' }
	if l.peek() == '0' && (l.peekAt(1)|0x20 == 'x' || l.peekAt(1)|0x20 == 'b') {
		b.WriteByte('0')
		b.WriteByte(l.peekAt(1) | 0x20)
		if l.peekAt(1)|0x20 == 'x' {
			l.skip(2)
			digits(func(c byte) bool { return dec(c) || c|0x20 >= 'a' && c|0x20 <= 'f' })
		} else {
			l.skip(2)
			digits(func(c byte) bool { return c == '0' || c == '1' })
		}
	} else {
		digits(dec)
		if l.peek() == '.' && dec(l.peekAt(1)) {
			t.kind = tokReal
			b.WriteByte('.')
			l.next()
			digits(dec)
		}
		if c := l.peekAt(0) | 0x20; c == 'e' && (dec(l.peekAt(1)) || (l.peekAt(1) == '+' || l.peekAt(1) == '-') && dec(l.peekAt(2))) {
			t.kind = tokReal
			b.WriteByte('e')
			l.next()
			if c := l.peekAt(0); c == '+' || c == '-' {
				b.WriteByte(c)
				l.next()
			}
			digits(dec)
		}
	}
	t.text = b.String()
	start := l.off
	for identPart(l.peek()) {
		l.next()
	}
	t.suffix = strings.ToUpper(l.src[start:l.off])
	switch t.suffix {
	case "":
	case "F", "D", "M":
		t.kind = tokReal
	case "L", "U", "UL", "LU":
		if t.kind == tokReal {
			l.fail(t.pos, "%s%s is not a number", t.text, t.suffix)
		}
	default:
		l.fail(t.pos, "%s%s is not a number", t.text, l.src[start:l.off])
	}
}

func (l *lexer) character(t *token) {
	start := l.off
	t.kind = tokChar
	l.next()
	switch c := l.peek(); c {
	case '\\':
		var b strings.Builder
		l.escape(&b)
		t.char, _ = decodeWTF8(b.String())
	case '\'', '\n', -1:
		l.fail(t.pos, "the character literal is empty or not closed")
		return
	default:
		t.char = l.next()
	}
	if l.peek() == '\'' {
		l.next()
		return
	}
	// C# has no such string, but documents whose quotes had to fit into an
	// attribute do, and nothing else could be meant.
	var b strings.Builder
	b.WriteRune(t.char)
	for c := l.peek(); c != '\''; c = l.peek() {
		switch {
		case c == '\n' || c == -1:
			l.fail(t.pos, "the character literal is not closed")
			return
		case c == '\\':
			if l.escape(&b); l.err != nil {
				return
			}
		default:
			b.WriteRune(l.next())
		}
	}
	l.next()
	if source := l.src[start:l.off]; len(source) > maxCharacter && strings.ContainsAny(source, misleading) {
		l.fail(t.pos, "a character literal holds one character; use \" for a string")
		return
	}
	t.kind, t.text = tokString, b.String()
}
