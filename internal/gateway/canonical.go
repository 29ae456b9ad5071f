package gateway

import (
	"errors"
	"fmt"
	"strings"
)

// canonical is a request target in the one form that matching, policies and
// backends see. The rules are a table in docs/compatibility.md.
type canonical struct {
	path  string // escaped, from the root
	query string // without '?'
	whole string // path, and query behind its '?'
}

// canonicalize reads a request target, the text between method and version. Its
// error is for the client.
func canonicalize(target string) (canonical, error) {
	rawPath, rawQuery, _ := strings.Cut(target, "?")
	if rawPath == "" || rawPath[0] != '/' {
		return canonical{}, errors.New("The request target must begin with a slash.")
	}
	path, err := canonicalPath(rawPath)
	if err != nil {
		return canonical{}, err
	}
	query, err := canonicalQuery(rawQuery)
	if err != nil {
		return canonical{}, err
	}
	c := canonical{path: path, query: query, whole: target}
	switch {
	case query == "":
		c.whole = path
	case path != rawPath || query != rawQuery:
		c.whole = path + "?" + query
	}
	return c, nil
}

// Classes of bytes in a request target.
const (
	asIs     = iota
	encode   // is percent-encoded
	percent  // begins an escape
	slash    // separates segments
	unclear  // could be read in two ways
	refusing // control bytes, and what never stands in a target
)

// classes gives a byte's class in a path.
var classes = func() (c [256]uint8) {
	for b := range c {
		switch {
		case b < 0x20 || b == 0x7f || b == ' ' || b == '#':
			c[b] = refusing
		case b >= 0x80 || strings.IndexByte("\"<>^`{|}[]", byte(b)) >= 0:
			c[b] = encode
		}
	}
	c['%'], c['/'], c['\\'] = percent, slash, unclear
	return c
}()

// canonicalPath decodes what needs no escape, escapes what needs one, and
// refuses what two readers could read in two ways.
func canonicalPath(s string) (string, error) {
	plain := true
	for i := range len(s) {
		switch classes[s[i]] {
		case encode, percent:
			plain = false
		case unclear:
			return "", errors.New("The path holds a backslash: write %5C.")
		case refusing:
			return "", fmt.Errorf("The path holds the byte 0x%02X, which is not allowed in a URL.", s[i])
		}
	}
	if !plain {
		var err error
		if s, err = recode(s); err != nil {
			return "", err
		}
	}
	return s, checkSegments(s)
}

// recode writes the escapes of s in their one form.
func recode(s string) (string, error) {
	var b strings.Builder
	b.Grow(len(s) + 16)
	for i := 0; i < len(s); i++ {
		switch classes[s[i]] {
		case encode:
			escape(&b, s[i])
		case percent:
			c, ok := unhex(s[i+1:])
			if !ok {
				return "", fmt.Errorf("The path holds a percent sign that begins no escape: %q.", s[i:min(len(s), i+3)])
			}
			if c < 0x20 || c == 0x7f {
				return "", fmt.Errorf("The path holds the escaped control byte %%%02X.", c)
			}
			if isUnreserved(c) {
				b.WriteByte(c)
			} else {
				escape(&b, c)
			}
			i += 2
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String(), nil
}

// checkSegments refuses empty and dot segments. Path parameters (";x") and
// escaped slashes do not hide a dot segment.
func checkSegments(path string) error {
	rest := path[1:]
	for last := false; !last; {
		segment := rest
		if i := strings.IndexByte(rest, '/'); i >= 0 {
			segment, rest = rest[:i], rest[i+1:]
		} else {
			last = true
		}
		if segment == "" && !last {
			return errors.New("The path holds an empty segment (//).")
		}
		if strings.IndexByte(segment, '.') >= 0 && hidesDots(segment) {
			return errors.New("The path holds a dot segment (/./ or /../).")
		}
	}
	return nil
}

func hidesDots(segment string) bool {
	for segment != "" {
		part := segment
		i := strings.Index(segment, "%2F")
		if j := strings.Index(segment, "%5C"); j >= 0 && (i < 0 || j < i) {
			i = j
		}
		if i >= 0 {
			part, segment = segment[:i], segment[i+3:]
		} else {
			segment = ""
		}
		if part, _, _ = strings.Cut(part, ";"); part == "." || part == ".." {
			return true
		}
	}
	return false
}

// canonicalQuery escapes what is not ASCII and refuses control bytes and broken escapes.
func canonicalQuery(s string) (string, error) {
	high := 0
	for i := range len(s) {
		switch c := s[i]; {
		case c <= ' ' || c == 0x7f || c == '#':
			return "", fmt.Errorf("The query holds the byte 0x%02X, which is not allowed in a URL.", c)
		case c >= 0x80:
			high++
		case c == '%':
			if _, ok := unhex(s[i+1:]); !ok {
				return "", fmt.Errorf("The query holds a percent sign that begins no escape: %q.", s[i:min(len(s), i+3)])
			}
		}
	}
	if high == 0 {
		return s, nil
	}
	var b strings.Builder
	for i := range len(s) {
		if s[i] >= 0x80 {
			escape(&b, s[i])
		} else {
			b.WriteByte(s[i])
		}
	}
	return b.String(), nil
}

func escape(b *strings.Builder, c byte) {
	const hex = "0123456789ABCDEF"
	b.WriteByte('%')
	b.WriteByte(hex[c>>4])
	b.WriteByte(hex[c&15])
}

// unhex reads two hex digits.
func unhex(s string) (byte, bool) {
	if len(s) < 2 {
		return 0, false
	}
	hi, ok1 := nibble(s[0])
	lo, ok2 := nibble(s[1])
	return hi<<4 | lo, ok1 && ok2
}

func nibble(c byte) (byte, bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return c | 0x20 - 'a' + 10, true
	}
	return 0, false
}

func isUnreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-._~", c) >= 0
}

// decoded resolves the escapes of a canonical text; plus says that '+' is a space, as in queries.
func decoded(s string, plus bool) string {
	if strings.IndexByte(s, '%') < 0 && (!plus || strings.IndexByte(s, '+') < 0) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '+' && plus:
			b.WriteByte(' ')
		case s[i] == '%':
			c, _ := unhex(s[i+1:])
			b.WriteByte(c)
			i += 2
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String()
}
