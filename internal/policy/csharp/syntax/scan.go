package syntax

import "strings"

// Scan gives the length of the expression that starts at the beginning of src
// with @( or @{, whatever follows it: a policy document holds expressions in
// attribute values and texts, and only C#'s own strings, characters, comments
// and brackets tell where they end. ok is false where it has no end. What stands
// between them need not be C#, so that a mistake is told by who compiles it.
func Scan(src string) (n int, ok bool) {
	if len(src) < 2 || src[0] != '@' || src[1] != '(' && src[1] != '{' {
		return 0, false
	}
	n = scanExpression(src)
	return max(n, 0), n > 0
}

func scanExpression(s string) int {
	closers := make([]byte, 0, 16)
	stringEnd, damaged := 0, false // see Tree.Damaged
	for i := 1; i < len(s); {
		switch c := s[i]; c {
		case '(':
			closers = append(closers, ')')
		case '{':
			closers = append(closers, '}')
		case '[':
			closers = append(closers, ']')
		case ')', '}', ']':
			for damaged && c == '}' && len(closers) > 1 && closers[len(closers)-1] != c {
				closers = closers[:len(closers)-1]
			}
			if closers[len(closers)-1] != c {
				return -1
			}
			closers = closers[:len(closers)-1]
			if len(closers) == 0 {
				return i + 1
			}
		case '"', '\'', '/', '@', '$':
			start := i
			if i = scanToken(s, i, 0); i < 0 {
				return -1
			}
			if c == '"' {
				damaged = damaged || start == stringEnd && strings.ContainsRune(s[start:i], '\n')
				stringEnd = i
			}
			continue
		}
		i++
	}
	return -1
}

// scanToken steps over the string, character or comment at s[i]; where there is
// none it steps over one byte. It gives -1 where the token has no end.
func scanToken(s string, i, depth int) int {
	rest := s[i:]
	switch {
	case strings.HasPrefix(rest, "//"):
		return endAfter(s, i, "\n")
	case strings.HasPrefix(rest, "/*"):
		return endAfter(s, i+2, "*/")
	case strings.HasPrefix(rest, `$@"`), strings.HasPrefix(rest, `@$"`):
		return scanInterpolated(s, i+3, true, depth)
	case strings.HasPrefix(rest, `$"`):
		return scanInterpolated(s, i+2, false, depth)
	case strings.HasPrefix(rest, `@"`):
		return scanVerbatim(s, i+2)
	case rest[0] == '"':
		return scanQuoted(s, i+1, '"')
	case rest[0] == '\'':
		// A lone apostrophe is no character literal: step over it.
		if end := scanQuoted(s[:min(len(s), i+maxCharacter)], i+1, '\''); end > 0 {
			return end
		}
		if n := strings.IndexAny(rest[1:], misleading+"'\n"); n >= 0 && rest[1+n] == '\'' {
			return i + n + 2
		}
	}
	return i + 1
}

// misleading is what a character literal that is longer than one may be must not
// have, so that a lone apostrophe does not hide where an expression ends.
const misleading = "\"()[]{}\\"

// maxCharacter is the length of the longest character literal, '\U0010FFFF'.
const maxCharacter = 12

func endAfter(s string, i int, end string) int {
	n := strings.Index(s[i:], end)
	if n < 0 {
		return -1
	}
	return i + n + len(end)
}

func scanQuoted(s string, i int, quote byte) int {
	for ; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case quote:
			return i + 1
		}
	}
	return -1
}

func scanVerbatim(s string, i int) int {
	for ; i < len(s); i++ {
		if s[i] != '"' {
			continue
		}
		if i+1 >= len(s) || s[i+1] != '"' {
			return i + 1
		}
		i++
	}
	return -1
}

// scanInterpolated steps over an interpolated string, the code in its braces included.
func scanInterpolated(s string, i int, verbatim bool, depth int) int {
	if depth == maxInterpolation {
		return -1
	}
	for i < len(s) {
		switch c := s[i]; {
		case c == '\\' && !verbatim:
			i += 2
		case c == '"' && verbatim && strings.HasPrefix(s[i:], `""`), c == '{' && strings.HasPrefix(s[i:], "{{"):
			i += 2
		case c == '"':
			return i + 1
		case c == '{':
			if i = scanHole(s, i+1, depth+1); i < 0 {
				return -1
			}
		default:
			i++
		}
	}
	return -1
}

// scanHole steps over the code of an interpolation, up to and with its '}'.
func scanHole(s string, i, depth int) int {
	for braces := 1; i < len(s); {
		switch s[i] {
		case '{':
			braces++
		case '}':
			if braces--; braces == 0 {
				return i + 1
			}
		case '"', '\'', '@', '$':
			if i = scanToken(s, i, depth); i < 0 {
				return -1
			}
			continue
		}
		i++
	}
	return -1
}
