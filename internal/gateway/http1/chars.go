package http1

import "strings"

// Classes of bytes; one byte may be in several.
const (
	tokenByte  = 1 << iota // RFC 9110, 5.6.2
	valueByte              // may stand in a field's value: RFC 9110, 5.5
	targetByte             // may stand in a request target; what it means is not looked at here
	hostByte               // may stand in a host's name; narrower than RFC 3986, 3.2.2
	hexByte
	digitByte
)

// classes gives the classes of each byte.
var classes = func() (c [256]uint8) {
	for i := range c {
		b := byte(i)
		letter, digit := 'a' <= b|0x20 && b|0x20 <= 'z', '0' <= b && b <= '9'
		if letter || digit || strings.IndexByte("!#$%&'*+-.^_`|~", b) >= 0 {
			c[i] |= tokenByte
		}
		if b == '\t' || b >= ' ' && b != 0x7f {
			c[i] |= valueByte
		}
		if b > ' ' && b != 0x7f && b != '#' {
			c[i] |= targetByte
		}
		if letter || digit || strings.IndexByte("-._~", b) >= 0 {
			c[i] |= hostByte
		}
		if digit || 'a' <= b|0x20 && b|0x20 <= 'f' {
			c[i] |= hexByte
		}
		if digit {
			c[i] |= digitByte
		}
	}
	return c
}()

// all tells whether every byte of s is of a class. It is true for "".
func all(s string, class uint8) bool {
	for i := range len(s) {
		if classes[s[i]]&class == 0 {
			return false
		}
	}
	return true
}

// IsToken tells whether s may name a header or a method.
func IsToken(s string) bool { return s != "" && all(s, tokenByte) }

// trim takes optional white space (RFC 9110, 5.6.3) off both ends.
func trim(s string) string {
	for s != "" && (s[0] == ' ' || s[0] == '\t') {
		s = s[1:]
	}
	for s != "" && (s[len(s)-1] == ' ' || s[len(s)-1] == '\t') {
		s = s[:len(s)-1]
	}
	return s
}

// fold tells whether s is lower, without regard to case; lower is in lower case.
func fold(s, lower string) bool {
	if len(s) != len(lower) {
		return false
	}
	for i := range len(s) {
		b := s[i]
		if 'A' <= b && b <= 'Z' {
			b |= 0x20
		}
		if b != lower[i] {
			return false
		}
	}
	return true
}

// validHost tells whether s is a host with an optional port, as Host and an
// absolute target have it: a name, an IPv4 address, or an IPv6 address in brackets.
func validHost(s string) bool {
	host, port := s, ""
	if s != "" && s[0] == '[' {
		end := strings.IndexByte(s, ']')
		if end < 0 {
			return false
		}
		if host, port = s[1:end], s[end+1:]; !validIPv6(host) {
			return false
		}
	} else {
		if i := strings.IndexByte(s, ':'); i >= 0 {
			host, port = s[:i], s[i:]
		}
		if host == "" || len(host) > 255 || !all(host, hostByte) {
			return false
		}
	}
	return port == "" || validPort(port)
}

// validPort reads ":" and a port; RFC 3986 lets the digits be missing.
func validPort(s string) bool {
	if s[0] != ':' || len(s) > len(":65535") || !all(s[1:], digitByte) {
		return false
	}
	n := 0
	for i := 1; i < len(s); i++ {
		n = 10*n + int(s[i]-'0')
	}
	return n <= 65535
}

func validIPv6(s string) bool {
	if len(s) < 2 || len(s) > 45 || strings.IndexByte(s, ':') < 0 {
		return false
	}
	for i := range len(s) {
		if classes[s[i]]&hexByte == 0 && s[i] != ':' && s[i] != '.' {
			return false
		}
	}
	return true
}
