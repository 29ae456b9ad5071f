package format

import (
	"errors"
	"math"
	"strconv"
	"strings"

	"portico/internal/policy/csharp/decimal"
)

// The failures of reading.
var (
	ErrSyntax = errors.New("input string was not in a correct format")
	ErrRange  = errors.New("value was either too large or too small")
)

// Styles is System.Globalization.NumberStyles.
type Styles int64

// The styles and their usual sums.
const (
	LeadingWhite  Styles = 1
	TrailingWhite Styles = 2
	LeadingSign   Styles = 4
	TrailingSign  Styles = 8
	Parentheses   Styles = 16
	DecimalPoint  Styles = 32
	Thousands     Styles = 64
	Exponent      Styles = 128
	Currency      Styles = 256
	Hex           Styles = 512

	IntegerStyle = LeadingWhite | TrailingWhite | LeadingSign
	FloatStyle   = IntegerStyle | DecimalPoint | Exponent
	NumberStyle  = IntegerStyle | TrailingSign | DecimalPoint | Thousands
)

// clean takes from s what the styles allow around the digits and gives a
// number that strconv reads.
func clean(s string, st Styles) (string, error) {
	if st&LeadingWhite != 0 {
		s = strings.TrimLeft(s, " \t\n\v\f\r")
	}
	if st&TrailingWhite != 0 {
		s = strings.TrimRight(s, " \t\n\v\f\r\x00")
	}
	neg := false
	if st&Parentheses != 0 && strings.HasPrefix(s, "(") && strings.HasSuffix(s, ")") {
		neg, s = true, s[1:len(s)-1]
	}
	if st&Currency != 0 {
		s = strings.Replace(s, "¤", "", 1)
	}
	if st&LeadingSign != 0 && s != "" && (s[0] == '-' || s[0] == '+') {
		neg, s = s[0] == '-', s[1:]
	} else if st&TrailingSign != 0 && s != "" && (s[len(s)-1] == '-' || s[len(s)-1] == '+') {
		neg, s = s[len(s)-1] == '-', s[:len(s)-1]
	}
	var b strings.Builder
	if neg {
		b.WriteByte('-')
	}
	point, exp, digits := false, false, false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			digits = true
			b.WriteByte(c)
		case c == '.' && st&DecimalPoint != 0 && !point && !exp:
			point = true
			b.WriteByte(c)
		case c == ',' && st&Thousands != 0 && digits && !point && !exp:
		case c|0x20 == 'e' && st&Exponent != 0 && digits && !exp && i+1 < len(s):
			exp = true
			b.WriteByte('e')
			if n := s[i+1]; (n == '-' || n == '+') && i+2 < len(s) {
				b.WriteByte(n)
				i++
			}
		default:
			return "", ErrSyntax
		}
	}
	if !digits {
		return "", ErrSyntax
	}
	return b.String(), nil
}

// ParseInt reads a signed integer of that many bits.
func ParseInt(s string, bits int, st Styles) (int64, error) {
	if st&Hex != 0 {
		u, err := parseHex(s, bits)
		return int64(u) << (64 - bits) >> (64 - bits), err
	}
	c, err := clean(s, st)
	if err != nil {
		return 0, err
	}
	v, err := strconv.ParseInt(c, 10, bits)
	if err == nil {
		return v, nil
	}
	d, err := wholeDecimal(c)
	if err != nil {
		return 0, err
	}
	if v, ok := d.Int(); ok && v >= -1<<(bits-1) && v <= 1<<(bits-1)-1 {
		return v, nil
	}
	return 0, ErrRange
}

// ParseUint reads an unsigned integer of that many bits.
func ParseUint(s string, bits int, st Styles) (uint64, error) {
	if st&Hex != 0 {
		return parseHex(s, bits)
	}
	c, err := clean(s, st)
	if err != nil {
		return 0, err
	}
	if v, err := strconv.ParseUint(c, 10, bits); err == nil {
		return v, nil
	}
	d, err := wholeDecimal(c)
	if err != nil {
		return 0, err
	}
	if v, ok := d.Uint(); ok && (bits == 64 || v < 1<<bits) && d.Sign() >= 0 {
		return v, nil
	}
	return 0, ErrRange
}

// wholeDecimal reads a number that must have no fraction, such as 1.0 or 1e3.
func wholeDecimal(c string) (decimal.Decimal, error) {
	d, err := decimal.Parse(c)
	if err != nil {
		return d, ErrRange
	}
	if d.Round(0, decimal.Truncate).Cmp(d) != 0 {
		return d, ErrRange
	}
	return d, nil
}

func parseHex(s string, bits int) (uint64, error) {
	s = strings.TrimSpace(s)
	if s == "" || strings.ContainsAny(s, "+-_") {
		return 0, ErrSyntax
	}
	v, err := strconv.ParseUint(s, 16, bits)
	if errors.Is(err, strconv.ErrRange) {
		return 0, ErrRange
	} else if err != nil {
		return 0, ErrSyntax
	}
	return v, nil
}

// ParseFloat reads a double or a single.
func ParseFloat(s string, bits int, st Styles) (float64, error) {
	switch t := strings.TrimSpace(s); t {
	case "NaN":
		return math.NaN(), nil
	case "Infinity":
		return math.Inf(1), nil
	case "-Infinity":
		return math.Inf(-1), nil
	}
	c, err := clean(s, st)
	if err != nil {
		return 0, err
	}
	v, err := strconv.ParseFloat(c, bits)
	if errors.Is(err, strconv.ErrRange) && math.IsInf(v, 0) {
		return 0, ErrRange
	}
	return v, nil
}

// ParseDecimal reads a decimal.
func ParseDecimal(s string, st Styles) (decimal.Decimal, error) {
	c, err := clean(s, st)
	if err != nil {
		return decimal.Decimal{}, err
	}
	d, err := decimal.Parse(c)
	if errors.Is(err, decimal.ErrOverflow) {
		return d, ErrRange
	} else if err != nil {
		return d, ErrSyntax
	}
	return d, nil
}
