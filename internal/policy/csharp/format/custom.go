package format

import (
	"strings"
)

// section is one part of a custom number format.
type section struct {
	text      string
	places    int // digit positions behind the point
	zeros     int // of them, up to the last that is a 0
	whole     int // positions before the point, from the first 0
	group     bool
	shift     int // powers of ten: % and ‰ add, trailing commas take away
	exp       bool
	anyDigits bool
	wholeLen  int
}

// custom applies a custom format: sections for positive;negative;zero.
func custom(d digits, spec string) (string, error) {
	parts := sections(spec)
	text, neg := parts[0], d.neg
	switch {
	case d.zero():
		neg = false
		if len(parts) > 2 && parts[2] != "" {
			text = parts[2]
		}
	case d.neg && len(parts) > 1 && parts[1] != "":
		text, neg = parts[1], false
	}
	sec := scan(text)
	e := 0
	if sec.exp {
		lead := max(sec.wholeLen, 1)
		if !d.zero() {
			e = d.point - lead
			d.point = lead
			before := d.point
			d = d.roundSig(lead + sec.places)
			if d.point > before {
				e++
				d.point--
			}
		}
	} else {
		d.point += sec.shift
		d = d.normal().round(sec.places)
		d = d.normal()
	}
	if d.zero() && !sec.exp {
		if d.neg && len(parts) > 2 && parts[2] != "" && text != parts[2] {
			return custom(digits{}, parts[2])
		}
		neg = false
	}
	s := sec.write(d, e)
	if neg {
		s = "-" + s
	}
	return s, nil
}

// sections splits at the semicolons that are not quoted.
func sections(spec string) []string {
	var parts []string
	start := 0
	for i := 0; i < len(spec); i++ {
		switch spec[i] {
		case '\\':
			i++
		case '\'', '"':
			if j := strings.IndexByte(spec[i+1:], spec[i]); j >= 0 {
				i += j + 1
			}
		case ';':
			parts = append(parts, spec[start:i])
			start = i + 1
		}
	}
	return append(parts, spec[start:])
}

func scan(text string) section {
	s := section{text: text}
	point, firstZero, commas := false, -1, 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case '\\':
			i++
		case '\'', '"':
			if j := strings.IndexByte(text[i+1:], c); j >= 0 {
				i += j + 1
			}
		case '0', '#':
			s.anyDigits = true
			if commas > 0 && !point {
				s.group = true
			}
			commas = 0
			if point {
				s.places++
				if c == '0' {
					s.zeros = s.places
				}
			} else {
				if c == '0' && firstZero < 0 {
					firstZero = s.wholeLen
				}
				s.wholeLen++
			}
		case ',':
			if s.anyDigits && !point {
				commas++
			}
		case '.':
			if !point {
				s.shift -= 3 * commas
				commas = 0
			}
			point = true
		case '%':
			s.shift += 2
		case 'e', 'E':
			if expAt(text, i) > 0 {
				s.exp = true
				i += expAt(text, i) - 1
			}
		default:
			if strings.HasPrefix(text[i:], "‰") {
				s.shift += 3
				i += len("‰") - 1
			}
		}
	}
	s.shift -= 3 * commas
	if firstZero >= 0 {
		s.whole = s.wholeLen - firstZero
	}
	return s
}

// expAt gives the length of E0, E+0 or E-0 at i, or 0.
func expAt(text string, i int) int {
	j := i + 1
	if j < len(text) && (text[j] == '+' || text[j] == '-') {
		j++
	}
	start := j
	for j < len(text) && text[j] == '0' {
		j++
	}
	if j == start {
		return 0
	}
	return j - i
}

// write puts the digits into the places of the section.
func (s section) write(d digits, e int) string {
	whole, frac := "", ""
	switch {
	case d.point <= 0:
		frac = strings.Repeat("0", min(-d.point, s.places)) + d.d
	case d.point >= len(d.d):
		whole = d.d + strings.Repeat("0", d.point-len(d.d))
	default:
		whole, frac = d.d[:d.point], d.d[d.point:]
	}
	if len(whole) < s.whole {
		whole = strings.Repeat("0", s.whole-len(whole)) + whole
	}
	frac = strings.TrimRight(frac, "0")
	if len(frac) < s.zeros {
		frac += strings.Repeat("0", s.zeros-len(frac))
	}
	var b strings.Builder
	seenWhole, seenFrac, point := 0, 0, false
	emit := func(upTo int) { // whole digits up to that position from the left
		for ; seenWhole < upTo && seenWhole < len(whole); seenWhole++ {
			b.WriteByte(whole[seenWhole])
			if left := len(whole) - seenWhole - 1; s.group && left > 0 && left%3 == 0 {
				b.WriteByte(',')
			}
		}
	}
	positions := 0
	for i := 0; i < len(s.text); i++ {
		switch c := s.text[i]; c {
		case '\\':
			if i++; i < len(s.text) {
				b.WriteByte(s.text[i])
			}
		case '\'', '"':
			j := strings.IndexByte(s.text[i+1:], c)
			if j < 0 {
				j = len(s.text) - i - 1
			}
			b.WriteString(s.text[i+1 : i+1+j])
			i += j + 1
		case '0', '#':
			if !point {
				positions++
				emit(len(whole) - (s.wholeLen - positions))
			} else if seenFrac < len(frac) {
				b.WriteByte(frac[seenFrac])
				seenFrac++
			}
		case ',':
		case '.':
			if !point {
				point = true
				emit(len(whole))
				if frac != "" {
					b.WriteByte('.')
				}
			}
		case 'e', 'E':
			n := expAt(s.text, i)
			if n == 0 {
				b.WriteByte(c)
				continue
			}
			b.WriteString(exponent(s.text[i:i+n], e))
			i += n - 1
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// exponent writes e as the pattern E+00 asks.
func exponent(pattern string, e int) string {
	s := pattern[:1]
	digits := len(pattern) - 1
	if pattern[1] == '+' || pattern[1] == '-' {
		digits--
	}
	switch {
	case e < 0:
		s += "-"
		e = -e
	case pattern[1] == '+':
		s += "+"
	}
	n, _ := Int(int64(e), 32, "D"+itoa(digits))
	return s + n
}

func itoa(n int) string {
	if n > maxPrecision {
		n = maxPrecision
	}
	s, _ := Int(int64(n), 32, "")
	return s
}
