// Package decimal is System.Decimal: a 96-bit integer with a sign and a scale
// of 0 to 28 decimal places, which keeps its trailing zeros.
package decimal

import (
	"errors"
	"math"
	"math/big"
	"strconv"
	"strings"
)

// Decimal is a number. The zero Decimal is 0. A Decimal is never changed once made.
type Decimal struct {
	neg   bool
	coef  big.Int // the digits, below 2^96
	scale int     // places behind the point
}

// The failures of arithmetic.
var (
	ErrOverflow     = errors.New("value was either too large or too small for a Decimal")
	ErrDivideByZero = errors.New("attempted to divide by zero")
	ErrFormat       = errors.New("input string was not in a correct format")
)

const maxScale = 28

var (
	limit = new(big.Int).Lsh(big.NewInt(1), 96)
	ten   = big.NewInt(10)
	// Max and Min are the largest and the smallest Decimal.
	Max = Decimal{coef: *new(big.Int).Sub(limit, big.NewInt(1))}
	Min = Decimal{coef: *new(big.Int).Sub(limit, big.NewInt(1)), neg: true}
)

func pow10(n int) *big.Int { return new(big.Int).Exp(ten, big.NewInt(int64(n)), nil) }

// FromInt makes a Decimal of an integer.
func FromInt(i int64) Decimal {
	d := Decimal{neg: i < 0}
	d.coef.SetInt64(i)
	d.coef.Abs(&d.coef)
	return d
}

// FromUint makes a Decimal of an unsigned integer.
func FromUint(i uint64) Decimal {
	var d Decimal
	d.coef.SetUint64(i)
	return d
}

// FromFloat keeps the 15 significant digits that .NET keeps of a double.
func FromFloat(f float64, digits int) (Decimal, error) {
	if math.IsNaN(f) || math.IsInf(f, 0) || math.Abs(f) >= 7.9228162514264338e28 {
		return Decimal{}, ErrOverflow
	}
	d, err := Parse(strconv.FormatFloat(f, 'e', digits-1, 64))
	if err != nil {
		return d, err
	}
	return d.trim(0), nil
}

// Parse reads digits with a point, a sign and an exponent, as strconv writes them.
func Parse(s string) (Decimal, error) {
	var d Decimal
	exp := 0
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		e, err := strconv.Atoi(strings.TrimPrefix(s[i+1:], "+"))
		if err != nil || e > 1000 || e < -1000 {
			return d, ErrOverflow
		}
		s, exp = s[:i], e
	}
	if s != "" && (s[0] == '-' || s[0] == '+') {
		d.neg = s[0] == '-'
		s = s[1:]
	}
	if i := strings.IndexByte(s, '.'); i >= 0 {
		exp -= len(s) - i - 1
		s = s[:i] + s[i+1:]
	}
	if s == "" || len(s) > 1000 || strings.Trim(s, "0123456789") != "" {
		return d, ErrFormat
	}
	d.coef.SetString(s, 10)
	if exp > 0 {
		if d.coef.Sign() != 0 {
			d.coef.Mul(&d.coef, pow10(exp))
		}
	} else {
		d.scale = -exp
	}
	return d.fit()
}

// fit rounds half to even until the number has at most 28 places and 96 bits.
func (d Decimal) fit() (Decimal, error) {
	cut := d.scale - maxScale
	if over := d.coef.BitLen() - 96; over > 0 {
		if digits := int(float64(over) * 0.30103); digits > cut {
			cut = digits
		}
	}
	if cut < 0 {
		cut = 0
	}
	for {
		if cut > d.scale {
			return Decimal{}, ErrOverflow
		}
		c := roundDiv(&d.coef, pow10(cut), HalfEven)
		if c.Cmp(limit) < 0 {
			d.coef, d.scale = *c, d.scale-cut
			return d, nil
		}
		cut++
	}
}

// Mode is a way to round.
type Mode uint8

// The ways to round a half.
const (
	HalfEven Mode = iota
	HalfAway
	Truncate
)

// roundDiv is a / b rounded.
func roundDiv(a, b *big.Int, m Mode) *big.Int {
	q, r := new(big.Int), new(big.Int)
	q.QuoRem(a, b, r)
	if r.Sign() == 0 || m == Truncate {
		return q
	}
	r.Lsh(r, 1)
	switch c := r.Cmp(b); {
	case c > 0, c == 0 && (m == HalfAway || q.Bit(0) == 1):
		q.Add(q, big.NewInt(1))
	}
	return q
}

// trim removes trailing zeros down to the scale least.
func (d Decimal) trim(least int) Decimal {
	for d.scale > least {
		q, r := new(big.Int), new(big.Int)
		q.QuoRem(&d.coef, ten, r)
		if r.Sign() != 0 {
			break
		}
		d.coef, d.scale = *q, d.scale-1
	}
	return d
}

func (d Decimal) signed() *big.Int {
	c := new(big.Int).Set(&d.coef)
	if d.neg {
		c.Neg(c)
	}
	return c
}

// Add is d + e.
func (d Decimal) Add(e Decimal) (Decimal, error) {
	a, b := d.signed(), e.signed()
	scale := max(d.scale, e.scale)
	a.Mul(a, pow10(scale-d.scale))
	b.Mul(b, pow10(scale-e.scale))
	a.Add(a, b)
	r := Decimal{neg: a.Sign() < 0, scale: scale}
	r.coef.Abs(a)
	return r.fit()
}

// Neg is -d.
func (d Decimal) Neg() Decimal {
	d.neg = !d.neg && d.coef.Sign() != 0
	return d
}

// Sub is d - e.
func (d Decimal) Sub(e Decimal) (Decimal, error) { return d.Add(e.Neg()) }

// Mul is d × e.
func (d Decimal) Mul(e Decimal) (Decimal, error) {
	r := Decimal{neg: d.neg != e.neg, scale: d.scale + e.scale}
	r.coef.Mul(&d.coef, &e.coef)
	if r.coef.Sign() == 0 {
		r.neg = false
	}
	return r.fit()
}

// Div is d ÷ e, with as many places as it needs, at most 28.
func (d Decimal) Div(e Decimal) (Decimal, error) {
	if e.coef.Sign() == 0 {
		return Decimal{}, ErrDivideByZero
	}
	// as many digits as a 96-bit quotient can hold, and a few to round
	extra := 29 + len(e.coef.String()) - len(d.coef.String()) + 2
	if extra < 0 {
		extra = 0
	}
	num := new(big.Int).Mul(&d.coef, pow10(extra))
	q, rem := new(big.Int), new(big.Int)
	q.QuoRem(num, &e.coef, rem)
	r := Decimal{neg: d.neg != e.neg && d.coef.Sign() != 0, scale: d.scale - e.scale + extra}
	if rem.Sign() != 0 { // a sticky digit keeps halves apart from what is above
		q.Mul(q, ten)
		q.Add(q, big.NewInt(1))
		r.scale++
	}
	r.coef = *q
	if r.scale < 0 {
		r.coef.Mul(&r.coef, pow10(-r.scale))
		r.scale = 0
	}
	exact := rem.Sign() == 0
	r, err := r.fit()
	if err == nil && exact {
		r = r.trim(max(d.scale-e.scale, 0))
	}
	return r, err
}

// Rem is the remainder of d ÷ e, with d's sign.
func (d Decimal) Rem(e Decimal) (Decimal, error) {
	if e.coef.Sign() == 0 {
		return Decimal{}, ErrDivideByZero
	}
	scale := max(d.scale, e.scale)
	a := new(big.Int).Mul(&d.coef, pow10(scale-d.scale))
	b := new(big.Int).Mul(&e.coef, pow10(scale-e.scale))
	r := Decimal{scale: scale}
	r.coef.Rem(a, b)
	r.neg = d.neg && r.coef.Sign() != 0
	return r.fit()
}

// Cmp compares the values.
func (d Decimal) Cmp(e Decimal) int {
	a, b := d.signed(), e.signed()
	scale := max(d.scale, e.scale)
	return a.Mul(a, pow10(scale-d.scale)).Cmp(b.Mul(b, pow10(scale-e.scale)))
}

// Round rounds to that many places.
func (d Decimal) Round(places int, m Mode) Decimal {
	if d.scale <= places {
		return d
	}
	d.coef, d.scale = *roundDiv(&d.coef, pow10(d.scale-places), m), places
	d.neg = d.neg && d.coef.Sign() != 0
	return d
}

// Floor is the largest integer that is not above d.
func (d Decimal) Floor() Decimal {
	t := d.Round(0, Truncate)
	if d.neg && t.Cmp(d) != 0 {
		t, _ = t.Sub(FromInt(1))
	}
	return t
}

// Sign is -1, 0 or 1.
func (d Decimal) Sign() int {
	if d.neg {
		return -1
	}
	return d.coef.Sign()
}

// Scale is the number of places.
func (d Decimal) Scale() int { return d.scale }

// Int gives the whole part; ok is false where it does not fit.
func (d Decimal) Int() (i int64, ok bool) {
	c := d.Round(0, Truncate).signed()
	return c.Int64(), c.IsInt64()
}

// Uint gives the whole part; ok is false where it does not fit.
func (d Decimal) Uint() (i uint64, ok bool) {
	c := d.Round(0, Truncate).signed()
	return c.Uint64(), c.IsUint64()
}

// Float gives the nearest double.
func (d Decimal) Float() float64 {
	f, _ := strconv.ParseFloat(d.String(), 64)
	return f
}

// String writes all places.
func (d Decimal) String() string {
	s := d.coef.String()
	if d.scale > 0 {
		if len(s) <= d.scale {
			s = strings.Repeat("0", d.scale-len(s)+1) + s
		}
		s = s[:len(s)-d.scale] + "." + s[len(s)-d.scale:]
	}
	if d.neg {
		s = "-" + s
	}
	return s
}
