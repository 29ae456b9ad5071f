package liquid

import (
	"fmt"
	"strings"
)

// Error is what is wrong with a template, or went wrong while it was filled.
type Error struct {
	Line    int // in the template, from 1
	Message string
}

func (e *Error) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Message) }

func problem(line int, format string, args ...any) *Error {
	return &Error{Line: line, Message: fmt.Sprintf(format, args...)}
}

type tokenKind uint8

const (
	textToken   tokenKind = iota
	outputToken           // {{ … }}
	tagToken              // {% … %}
)

// token is a piece of a template: text, or what stands between braces.
type token struct {
	kind   tokenKind
	text   string // without braces and outer white space
	source string // with them
	line   int
}

// scan cuts a template into tokens. A dash inside a brace eats the white space beside it.
func scan(source string) ([]token, error) {
	var tokens []token
	line, trim := 1, false
	for source != "" {
		open := strings.Index(source, "{")
		for open >= 0 && !strings.HasPrefix(source[open:], "{{") && !strings.HasPrefix(source[open:], "{%") {
			next := strings.Index(source[open+1:], "{")
			if next < 0 {
				open = -1
				break
			}
			open += 1 + next
		}
		text := source
		if open >= 0 {
			text = source[:open]
		}
		kept := text
		if trim {
			kept = strings.TrimLeft(kept, " \t\r\n")
		}
		if open >= 0 && strings.HasPrefix(source[open+2:], "-") {
			kept = strings.TrimRight(kept, " \t\r\n")
		}
		if kept != "" {
			tokens = append(tokens, token{kind: textToken, text: kept, source: kept, line: line})
		}
		line += strings.Count(text, "\n")
		if open < 0 {
			break
		}
		source = source[open:]
		kind, end := outputToken, "}}"
		if source[1] == '%' {
			kind, end = tagToken, "%}"
		}
		n := strings.Index(source[2:], end)
		if n < 0 {
			return nil, problem(line, "%s has no %s", source[:2], end)
		}
		whole := source[:2+n+2]
		inside := strings.TrimPrefix(source[2:2+n], "-")
		trim = strings.HasSuffix(inside, "-")
		tokens = append(tokens, token{kind: kind, text: strings.TrimSpace(strings.TrimSuffix(inside, "-")), source: whole, line: line})
		line += strings.Count(whole, "\n")
		source = source[len(whole):]
	}
	return tokens, nil
}

// lexer cuts what stands in a tag or an output.
type lexer struct {
	text string
	pos  int
	line int
}

func (l *lexer) space() {
	for l.pos < len(l.text) && strings.IndexByte(" \t\r\n", l.text[l.pos]) >= 0 {
		l.pos++
	}
}

func (l *lexer) done() bool {
	l.space()
	return l.pos >= len(l.text)
}

// accept steps over a punctuation or an operator, where it is next.
func (l *lexer) accept(what string) bool {
	l.space()
	if strings.HasPrefix(l.text[l.pos:], what) {
		l.pos += len(what)
		return true
	}
	return false
}

// peek gives the next byte, or 0.
func (l *lexer) peek() byte {
	if l.done() {
		return 0
	}
	return l.text[l.pos]
}

// word reads a name; "" where there is none.
func (l *lexer) word() string {
	l.space()
	start := l.pos
	for l.pos < len(l.text) && isWord(l.text[l.pos], l.pos > start) {
		l.pos++
	}
	return l.text[start:l.pos]
}

// acceptWord steps over a name, where it is the next word.
func (l *lexer) acceptWord(name string) bool {
	before := l.pos
	if l.word() == name {
		return true
	}
	l.pos = before
	return false
}

func isWord(c byte, inside bool) bool {
	return 'a' <= c|0x20 && c|0x20 <= 'z' || c == '_' || c >= 0x80 || inside && ('0' <= c && c <= '9' || c == '-' || c == '?')
}

// rest reads up to the end.
func (l *lexer) rest() string {
	l.space()
	s := l.text[l.pos:]
	l.pos = len(l.text)
	return s
}

func (l *lexer) problem(format string, args ...any) *Error { return problem(l.line, format, args...) }
