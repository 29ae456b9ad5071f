// Package jsonwire reads and writes the JSON of the scoring wire without
// reflection and with few allocations. It accepts what encoding/json accepts
// and reads the same values; a fuzz test holds it to that.
package jsonwire

import (
	"fmt"
	"strings"
)

// maxDepth is how deep arrays and objects may nest. encoding/json has the same limit.
const maxDepth = 10000

// SyntaxError says where a text stops being JSON.
type SyntaxError struct {
	Offset int // in bytes from the start of the text
	Reason string
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("at byte %d: %s", e.Offset, e.Reason) }

// Check tells whether s is one JSON value (RFC 8259) with nothing after it,
// by the rules of encoding/json: strings may hold bytes that are not UTF-8.
// What it accepts, a Reader reads without looking for errors again. It returns *SyntaxError.
func Check(s string) error {
	c := checker{s: s}
	c.space()
	if c.i == len(s) {
		return &SyntaxError{c.i, "the text is empty"}
	}
	if err := c.value(0); err != nil {
		return err
	}
	c.space()
	if c.i < len(s) {
		return &SyntaxError{c.i, "there is more after the end of the JSON value"}
	}
	return nil
}

type checker struct {
	s string
	i int
}

func (c *checker) space() {
	for c.i < len(c.s) && isSpace(c.s[c.i]) {
		c.i++
	}
}

func isSpace(b byte) bool { return b == ' ' || b == '\n' || b == '\r' || b == '\t' }

func (c *checker) fail(format string, args ...any) error {
	if c.i >= len(c.s) {
		return &SyntaxError{len(c.s), "the text ends in the middle of a JSON value"}
	}
	return &SyntaxError{c.i, fmt.Sprintf(format, args...)}
}

func (c *checker) value(depth int) error {
	if c.i >= len(c.s) {
		return c.fail("")
	}
	switch b := c.s[c.i]; {
	case b == '"':
		return c.str()
	case depth == maxDepth && (b == '{' || b == '['):
		return c.fail("more than %d levels of arrays and objects", maxDepth)
	case b == '{':
		return c.object(depth + 1)
	case b == '[':
		return c.array(depth + 1)
	case b == '-' || isDigit(b):
		return c.number()
	case b == 't':
		return c.literal("true")
	case b == 'f':
		return c.literal("false")
	case b == 'n':
		return c.literal("null")
	}
	for _, word := range []string{"NaN", "Infinity"} {
		if strings.HasPrefix(c.s[c.i:], word) {
			return c.fail(`%s is not JSON; send null for a missing value, or the string "%s"`, word, word)
		}
	}
	return c.fail("%q cannot begin a value", c.s[c.i])
}

func (c *checker) object(depth int) error {
	c.i++
	c.space()
	if c.next('}') {
		return nil
	}
	for {
		if c.i >= len(c.s) || c.s[c.i] != '"' {
			return c.fail("a member's name in double quotes is expected here")
		}
		if err := c.str(); err != nil {
			return err
		}
		c.space()
		if !c.next(':') {
			return c.fail("a colon is expected after a member's name")
		}
		c.space()
		if err := c.value(depth); err != nil {
			return err
		}
		c.space()
		if c.next('}') {
			return nil
		}
		if !c.next(',') {
			return c.fail("a comma or } is expected here")
		}
		c.space()
	}
}

func (c *checker) array(depth int) error {
	c.i++
	c.space()
	if c.next(']') {
		return nil
	}
	for {
		if err := c.value(depth); err != nil {
			return err
		}
		c.space()
		if c.next(']') {
			return nil
		}
		if !c.next(',') {
			return c.fail("a comma or ] is expected here")
		}
		c.space()
	}
}

func (c *checker) next(b byte) bool {
	if c.i < len(c.s) && c.s[c.i] == b {
		c.i++
		return true
	}
	return false
}

func (c *checker) literal(word string) error {
	for j := range len(word) {
		if c.i >= len(c.s) || c.s[c.i] != word[j] {
			return c.fail("%s is misspelt", word)
		}
		c.i++
	}
	return nil
}

func (c *checker) number() error {
	if c.next('-') && strings.HasPrefix(c.s[c.i:], "Infinity") {
		return c.fail(`-Infinity is not JSON; send the string "-Infinity"`)
	}
	if !c.next('0') && !c.digits() {
		return c.fail("a digit is expected here")
	}
	if c.next('.') && !c.digits() {
		return c.fail("a digit is expected after the decimal point")
	}
	if c.next('e') || c.next('E') {
		if !c.next('+') {
			c.next('-')
		}
		if !c.digits() {
			return c.fail("a digit is expected in the exponent")
		}
	}
	return nil
}

func (c *checker) digits() bool {
	start := c.i
	for c.i < len(c.s) && isDigit(c.s[c.i]) {
		c.i++
	}
	return c.i > start
}

func isDigit(b byte) bool { return '0' <= b && b <= '9' }

func (c *checker) str() error {
	c.i++
	for c.i < len(c.s) {
		switch b := c.s[c.i]; {
		case b == '"':
			c.i++
			return nil
		case b == '\\':
			c.i++
			if err := c.escape(); err != nil {
				return err
			}
		case b < ' ':
			return c.fail("a string holds the control character %#02x; write it as an escape", b)
		default:
			c.i++
		}
	}
	return c.fail("")
}

func (c *checker) escape() error {
	if c.i >= len(c.s) {
		return c.fail("")
	}
	b := c.s[c.i]
	switch b {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		c.i++
		return nil
	case 'u':
		c.i++
		for range 4 {
			if c.i >= len(c.s) || !isHex(c.s[c.i]) {
				return c.fail(`\u needs four hexadecimal digits`)
			}
			c.i++
		}
		return nil
	}
	return c.fail(`\%c is not an escape`, b)
}

func isHex(b byte) bool {
	return isDigit(b) || 'a' <= b && b <= 'f' || 'A' <= b && b <= 'F'
}
