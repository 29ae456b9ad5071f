// Package format writes and reads numbers and dates as .NET does in the
// invariant culture: standard and custom format strings.
package format

import (
	"errors"
	"math"
	"strconv"
	"strings"

	"portico/internal/policy/csharp/decimal"
)

// ErrSpec says that a format string is not one.
var ErrSpec = errors.New("format specifier was invalid")

// maxPrecision is the largest number of digits a standard format may ask for.
const maxPrecision = 99

// kind is what a number was before it became digits.
type kind uint8

const (
	integer kind = iota
	floating
	fixed
)

// digits is a number in decimal: 0.DDD × 10^point.
type digits struct {
	neg   bool
	d     string // without leading zeros; empty for zero
	point int
	kind  kind
	bits  int // of an integer, for hexadecimal
	raw   uint64
	prec  int // significant digits that G shows by default
	scale int // of a decimal: places that G keeps
}

// Int formats a signed integer of that many bits.
func Int(v int64, bits int, spec string) (string, error) {
	if spec == "" {
		return strconv.FormatInt(v, 10), nil
	}
	u := uint64(v)
	if v < 0 {
		u = -u
	}
	s := strconv.FormatUint(u, 10)
	return apply(digits{neg: v < 0, d: s, point: len(s), bits: bits, raw: uint64(v)}, spec)
}

// Uint formats an unsigned integer.
func Uint(v uint64, bits int, spec string) (string, error) {
	s := strconv.FormatUint(v, 10)
	if spec == "" {
		return s, nil
	}
	return apply(digits{d: s, point: len(s), bits: bits, raw: v}, spec)
}

// Decimal formats a decimal.
func Decimal(v decimal.Decimal, spec string) (string, error) {
	s := v.String()
	if spec == "" {
		return s, nil
	}
	d := digits{kind: fixed, neg: strings.HasPrefix(s, "-"), scale: v.Scale()}
	s = strings.TrimPrefix(s, "-")
	whole, frac, _ := strings.Cut(s, ".")
	d.d, d.point = whole+frac, len(whole)
	return apply(d, spec)
}

// Float formats a double (64 bits) or a single (32 bits).
func Float(v float64, bits int, spec string) (string, error) {
	switch {
	case math.IsNaN(v):
		return "NaN", nil
	case math.IsInf(v, 1):
		return "Infinity", nil
	case math.IsInf(v, -1):
		return "-Infinity", nil
	}
	prec, round := 15, 17
	if bits == 32 {
		prec, round = 7, 9
	}
	if c := first(spec); (c == 'R' || c == 'r') && len(spec) == 1 {
		s := strconv.FormatFloat(v, 'e', prec-1, bits)
		if back, _ := strconv.ParseFloat(s, bits); back != v {
			s = strconv.FormatFloat(v, 'e', round-1, bits)
			prec = round
		}
		return apply(floatDigits(s, prec), "G"+strconv.Itoa(prec))
	}
	sig := prec
	if c, n, ok := standard(spec); ok {
		switch c {
		case 'G', 'g':
			if n > prec {
				sig = min(n, round)
			}
		case 'E', 'e':
			if n+1 > prec {
				sig = round
			}
		}
	}
	return apply(floatDigits(strconv.FormatFloat(v, 'e', sig-1, bits), prec), spec)
}

func floatDigits(s string, prec int) digits {
	d := digits{kind: floating, prec: prec}
	d.neg = strings.HasPrefix(s, "-")
	s = strings.TrimPrefix(s, "-")
	m, e, _ := strings.Cut(s, "e")
	exp, _ := strconv.Atoi(e)
	d.d = strings.Replace(m, ".", "", 1)
	d.point = exp + 1
	return d
}

func first(s string) byte {
	if s == "" {
		return 0
	}
	return s[0]
}

// standard splits a standard format: a letter and at most two digits.
func standard(spec string) (c byte, n int, ok bool) {
	if spec == "" {
		return 'G', -1, true
	}
	c = spec[0] | 0x20
	if c < 'a' || c > 'z' || len(spec) > 3 {
		return 0, 0, false
	}
	n = -1
	if len(spec) > 1 {
		v, err := strconv.ParseUint(spec[1:], 10, 8)
		if err != nil {
			return 0, 0, false
		}
		n = int(v)
	}
	return spec[0], n, true
}

// round cuts the digits behind that many places after the point, half away from zero.
func (d digits) round(places int) digits {
	d.d = strings.TrimLeft(d.d, "0")
	return d.roundSig(d.point + places)
}

// roundSig keeps n digits.
func (d digits) roundSig(n int) digits {
	if n >= len(d.d) {
		return d
	}
	if n < 0 {
		d.d = ""
		return d
	}
	up := d.d[n] >= '5'
	b := []byte(d.d[:n])
	if up {
		i := n - 1
		for ; i >= 0; i-- {
			if b[i] < '9' {
				b[i]++
				break
			}
			b[i] = '0'
		}
		if i < 0 {
			b = append([]byte{'1'}, b...)
			d.point++
		}
	}
	d.d = string(b)
	return d
}

// normal drops leading zeros.
func (d digits) normal() digits {
	for strings.HasPrefix(d.d, "0") {
		d.d = d.d[1:]
		d.point--
	}
	if strings.Trim(d.d, "0") == "" {
		d.d, d.point = "", 0
	}
	return d
}

func (d digits) zero() bool { return strings.Trim(d.d, "0") == "" }

func apply(d digits, spec string) (string, error) {
	d = d.normal()
	c, n, ok := standard(spec)
	if !ok {
		return custom(d, spec)
	}
	two := func() int {
		if n < 0 {
			return 2
		}
		return n
	}
	var s string
	neg := d.neg
	switch c {
	case 'C', 'c':
		d = d.round(two())
		s = "¤" + d.plain(two(), true)
		if neg && !d.zero() {
			return "(" + s + ")", nil
		}
		return s, nil
	case 'D', 'd':
		if d.kind != integer {
			return "", ErrSpec
		}
		s = d.plain(0, false)
		if len(s) < n {
			s = strings.Repeat("0", n-len(s)) + s
		}
	case 'X', 'x':
		if d.kind != integer {
			return "", ErrSpec
		}
		s = strconv.FormatUint(d.raw&(1<<(d.bits-1)<<1-1), 16)
		if c == 'X' {
			s = strings.ToUpper(s)
		}
		if len(s) < n {
			s = strings.Repeat("0", n-len(s)) + s
		}
		return s, nil
	case 'F', 'f', 'N', 'n':
		d = d.round(two())
		s = d.plain(two(), c|0x20 == 'n')
		neg = neg && !d.zero()
	case 'P', 'p':
		d.point += 2
		d = d.normal().round(two())
		s = d.plain(two(), true) + " %"
		neg = neg && !d.zero()
	case 'E', 'e':
		if n < 0 {
			n = 6
		}
		s = d.scientific(n, c, 3)
	case 'G', 'g', 'R', 'r':
		if c|0x20 == 'r' && d.kind != floating {
			return "", ErrSpec
		}
		s = d.general(n, c)
		neg = neg && !d.zero()
	default:
		return "", ErrSpec
	}
	if neg {
		s = "-" + s
	}
	return s, nil
}

// plain writes the number with that many places.
func (d digits) plain(places int, group bool) string {
	whole, frac := "", ""
	switch {
	case d.point <= 0:
		frac = strings.Repeat("0", min(-d.point, places)) + d.d
	case d.point >= len(d.d):
		whole = d.d + strings.Repeat("0", d.point-len(d.d))
	default:
		whole, frac = d.d[:d.point], d.d[d.point:]
	}
	if whole == "" {
		whole = "0"
	}
	if group {
		whole = grouped(whole)
	}
	if places == 0 {
		return whole
	}
	if len(frac) < places {
		frac += strings.Repeat("0", places-len(frac))
	}
	return whole + "." + frac[:places]
}

func grouped(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if i > 0 && (len(s)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// scientific writes d.ddde+xxx with at least width digits of exponent.
func (d digits) scientific(places int, c byte, width int) string {
	d = d.roundSig(places + 1)
	m := d.d
	if len(m) < places+1 {
		m += strings.Repeat("0", places+1-len(m))
	}
	s := m[:1]
	if places > 0 {
		s += "." + m[1:]
	}
	exp := d.point - 1
	if d.zero() {
		exp = 0
	}
	sign := "+"
	if exp < 0 {
		sign, exp = "-", -exp
	}
	e := strconv.Itoa(exp)
	if len(e) < width {
		e = strings.Repeat("0", width-len(e)) + e
	}
	return s + string(rune(c)) + sign + e
}

// general writes G: plain where the exponent is small, scientific otherwise.
func (d digits) general(n int, c byte) string {
	if d.zero() {
		return "0"
	}
	prec := n
	if n <= 0 {
		switch {
		case d.kind == floating:
			prec = d.prec
		case d.kind == fixed: // keeps its zeros, never scientific
			return d.plain(d.scale, false)
		default:
			prec = 20
		}
	}
	d = d.roundSig(prec)
	d.d = strings.TrimRight(d.d, "0")
	exp := d.point - 1
	if exp >= prec || exp < -4 {
		places := max(len(d.d)-1, 0)
		return d.scientific(places, 'E'|c&0x20, 2)
	}
	return d.plain(max(len(d.d)-d.point, 0), false)
}
