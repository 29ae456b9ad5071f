package format

import (
	"strconv"
	"strings"
	"time"
)

// parts collects what a text says of a date; -1 is nothing.
type parts struct {
	year, month, day, hour, minute, second int
	ticks                                  int64 // of the second's fraction
	pm, am                                 bool
	offset                                 int
	hasOffset, zulu                        bool
}

func emptyParts() parts { return parts{year: -1, month: -1, day: -1, hour: -1, minute: -1, second: -1} }

// moment checks the ranges and puts the parts together; today gives the date where the text has none.
func (p parts) moment(today time.Time) (Moment, error) {
	if p.am || p.pm {
		if p.hour < 1 || p.hour > 12 {
			return Moment{}, ErrSyntax
		}
		p.hour %= 12
		if p.pm {
			p.hour += 12
		}
	}
	if p.year < 0 && p.month < 0 && p.day < 0 {
		p.year, p.month, p.day = today.Year(), int(today.Month()), today.Day()
	}
	if p.year < 0 {
		p.year = today.Year()
	}
	if p.month < 0 {
		p.month = 1
	}
	if p.day < 0 {
		p.day = 1
	}
	h, m, s := max(p.hour, 0), max(p.minute, 0), max(p.second, 0)
	if p.year < 1 || p.year > 9999 || p.month < 1 || p.month > 12 || p.day < 1 || h > 23 || m > 59 || s > 59 {
		return Moment{}, ErrSyntax
	}
	t := time.Date(p.year, time.Month(p.month), p.day, h, m, s, 0, time.UTC)
	if t.Day() != p.day {
		return Moment{}, ErrSyntax
	}
	out := Moment{Ticks: TicksOf(t) + p.ticks, Offset: p.offset, HasOffset: p.hasOffset}
	if p.zulu {
		out.Kind = UTC
	}
	return out, nil
}

var months = []string{"january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"}
var weekdays = []string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}

func nameIndex(list []string, s string) int {
	s = strings.ToLower(s)
	for i, n := range list {
		if s == n || s == n[:3] {
			return i
		}
	}
	return -1
}

// ParseDate reads the forms that DateTime.Parse reads: ISO 8601, RFC 1123,
// month/day/year, month names, 12 and 24 hours, offsets.
func ParseDate(s string, today time.Time) (Moment, error) {
	p := emptyParts()
	s = strings.TrimSpace(s)
	if s == "" || len(s) > 100 {
		return Moment{}, ErrSyntax
	}
	var nums []int // of the date, in the order written
	var sizes []int
	monthAt := -1
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c == ' ' || c == ',' || c == '\t':
			i++
		case c >= '0' && c <= '9':
			j := i
			for j < len(s) && s[j] >= '0' && s[j] <= '9' {
				j++
			}
			if j < len(s) && s[j] == ':' && p.hour < 0 || p.hour < 0 && halfDay(s[j:]) {
				n, err := p.clock(s[i:])
				if err != nil {
					return Moment{}, err
				}
				i += n
				continue
			}
			v, err := strconv.Atoi(s[i:j])
			if err != nil || j-i > 4 && j-i != 8 {
				return Moment{}, ErrSyntax
			}
			nums, sizes = append(nums, v), append(sizes, j-i)
			i = j
			if i < len(s) && (s[i] == '/' || s[i] == '-' || s[i] == '.') {
				i++
			}
		case (c == '+' || c == '-') && p.hour >= 0 && !p.hasOffset:
			n, err := p.zone(s[i:])
			if err != nil {
				return Moment{}, err
			}
			i += n
		case c|0x20 >= 'a' && c|0x20 <= 'z':
			j := i
			for j < len(s) && s[j]|0x20 >= 'a' && s[j]|0x20 <= 'z' {
				j++
			}
			w := s[i:j]
			i = j
			switch lw := strings.ToLower(w); {
			case lw == "t" && len(nums) > 0:
			case lw == "z" || lw == "gmt" || lw == "utc":
				p.zulu = true
			case lw == "am":
				p.am = true
			case lw == "pm":
				p.pm = true
			case nameIndex(months, w) >= 0 && monthAt < 0:
				monthAt = len(nums)
				p.month = nameIndex(months, w) + 1
				if i < len(s) && (s[i] == '-' || s[i] == '/' || s[i] == '.') {
					i++
				}
			case nameIndex(weekdays, w) >= 0:
			default:
				return Moment{}, ErrSyntax
			}
		default:
			return Moment{}, ErrSyntax
		}
	}
	if err := p.date(nums, sizes, monthAt); err != nil {
		return Moment{}, err
	}
	return p.moment(today)
}

func halfDay(s string) bool {
	s = strings.ToLower(strings.TrimLeft(s, " "))
	return strings.HasPrefix(s, "am") || strings.HasPrefix(s, "pm")
}

// date gives the numbers their meaning: year first where it has four digits, month/day/year otherwise.
func (p *parts) date(n, size []int, monthAt int) error {
	year := func(i int) int {
		if size[i] <= 2 {
			if n[i] < 30 {
				return 2000 + n[i]
			}
			return 1900 + n[i]
		}
		return n[i]
	}
	switch {
	case monthAt >= 0 && len(n) == 2:
		if size[0] > 2 {
			p.year, p.day = n[0], n[1]
		} else {
			p.day, p.year = n[0], year(1)
		}
	case monthAt >= 0 && len(n) == 1:
		if size[0] > 2 {
			p.year = n[0]
		} else {
			p.day = n[0]
		}
	case monthAt >= 0:
		return ErrSyntax
	case len(n) == 0:
		if p.hour < 0 {
			return ErrSyntax
		}
	case len(n) == 3 && size[0] > 2:
		p.year, p.month, p.day = n[0], n[1], n[2]
	case len(n) == 3:
		p.month, p.day, p.year = n[0], n[1], year(2)
	case len(n) == 2 && size[0] > 2:
		p.year, p.month = n[0], n[1]
	case len(n) == 2 && size[1] > 2:
		p.month, p.year = n[0], n[1]
	case len(n) == 2:
		p.month, p.day = n[0], n[1]
	default:
		return ErrSyntax
	}
	return nil
}

// clock reads hh[:mm[:ss[.fffffff]]] and gives its length.
func (p *parts) clock(s string) (int, error) {
	i := 0
	num := func() int {
		j := i
		for j < len(s) && s[j] >= '0' && s[j] <= '9' {
			j++
		}
		v, err := strconv.Atoi(s[i:j])
		if err != nil || j-i > 2 {
			v = 99
		}
		i = j
		return v
	}
	p.hour, p.minute, p.second = num(), 0, 0
	if i < len(s) && s[i] == ':' {
		i++
		p.minute = num()
		if i < len(s) && s[i] == ':' {
			i++
			p.second = num()
			if i < len(s) && s[i] == '.' {
				j := i + 1
				for j < len(s) && s[j] >= '0' && s[j] <= '9' {
					j++
				}
				p.ticks = fraction(s[i+1 : j])
				i = j
			}
		}
	}
	if p.hour > 24 || p.minute > 59 || p.second > 59 {
		return 0, ErrSyntax
	}
	return i, nil
}

// fraction gives the ticks of the digits behind the second's point.
func fraction(d string) int64 {
	round := len(d) > 7 && d[7] >= '5'
	if len(d) > 7 {
		d = d[:7]
	}
	v, _ := strconv.ParseInt(d+strings.Repeat("0", 7-len(d)), 10, 64)
	if round {
		v++
	}
	return v
}

// zone reads ±hh[:mm] and gives its length.
func (p *parts) zone(s string) (int, error) {
	j := 1
	for j < len(s) && (s[j] >= '0' && s[j] <= '9' || s[j] == ':') {
		j++
	}
	d := strings.Replace(s[1:j], ":", "", 1)
	if len(d) == 1 || len(d) == 3 {
		d = "0" + d
	}
	if len(d) == 2 {
		d += "00"
	}
	v, err := strconv.Atoi(d)
	if err != nil || len(d) != 4 || v/100 > 14 || v%100 > 59 {
		return 0, ErrSyntax
	}
	p.offset, p.hasOffset = v/100*60+v%100, true
	if s[0] == '-' {
		p.offset = -p.offset
	}
	return j, nil
}

// ParseDateExact reads s by a pattern, standard or custom.
func ParseDateExact(s, spec string, today time.Time) (Moment, error) {
	if len(spec) == 1 {
		pattern, ok := standardDates[spec[0]]
		if !ok {
			return Moment{}, ErrSpec
		}
		if spec[0] == 'r' || spec[0] == 'R' || spec[0] == 'u' {
			m, err := ParseDateExact(s, pattern, today)
			m.Kind = Unspecified
			return m, err
		}
		spec = pattern
	}
	p := emptyParts()
	in := s
	num := func(least, most int) int {
		n := 0
		for n < len(in) && n < most && in[n] >= '0' && in[n] <= '9' {
			n++
		}
		v, err := strconv.Atoi(in[:n])
		if err != nil || n < least {
			return -2
		}
		in = in[n:]
		return v
	}
	for i := 0; i < len(spec); {
		n := run(spec, i)
		ok := true
		set := func(to *int, least, most int) { *to = num(least, most); ok = *to >= 0 }
		switch c := spec[i]; c {
		case 'y':
			set(&p.year, min(n, 4), max(min(n, 4), 2))
			if ok && n <= 2 {
				if p.year < 30 {
					p.year += 2000
				} else {
					p.year += 1900
				}
			}
		case 'M':
			if n >= 3 {
				p.month, ok = takeName(&in, months, n > 3)
			} else {
				set(&p.month, n, 2)
			}
		case 'd':
			if n >= 3 {
				_, ok = takeName(&in, weekdays, n > 3)
			} else {
				set(&p.day, n, 2)
			}
		case 'H', 'h':
			set(&p.hour, min(n, 2), 2)
			if c == 'h' && ok && p.hour > 12 {
				ok = false
			}
		case 'm':
			set(&p.minute, min(n, 2), 2)
		case 's':
			set(&p.second, min(n, 2), 2)
		case 'f', 'F':
			d := 0
			for d < len(in) && d < n && in[d] >= '0' && in[d] <= '9' {
				d++
			}
			ok = d == n || c == 'F'
			p.ticks = fraction(in[:d])
			in = in[d:]
		case 't':
			l := strings.ToLower(in)
			w := "am"[:min(n, 2)]
			v := "pm"[:min(n, 2)]
			p.am, p.pm = strings.HasPrefix(l, w), strings.HasPrefix(l, v)
			if ok = p.am || p.pm; ok {
				in = in[min(n, 2):]
			}
		case 'z', 'K':
			if c == 'K' {
				n = 1
			}
			switch {
			case c == 'K' && strings.HasPrefix(in, "Z"):
				p.zulu, in = true, in[1:]
			case in != "" && (in[0] == '+' || in[0] == '-'):
				w, err := p.zone(in)
				if ok = err == nil; ok {
					in = in[w:]
				}
			case c == 'z' && strings.HasPrefix(in, "Z"):
				p.zulu, in = true, in[1:]
			default:
				ok = c == 'K'
			}
		case '\'', '"':
			end := strings.IndexByte(spec[i+1:], c)
			if end < 0 {
				return Moment{}, ErrSpec
			}
			n = end + 2
			if in, ok = strings.CutPrefix(in, spec[i+1:i+1+end]); !ok {
				return Moment{}, ErrSyntax
			}
		case '\\':
			n = min(2, len(spec)-i)
			in, ok = strings.CutPrefix(in, spec[i+1:i+n])
		case '%':
			n = 1
		default:
			n = 1
			in, ok = strings.CutPrefix(in, spec[i:i+1])
			if !ok && c == '.' && i+1 < len(spec) && spec[i+1] == 'F' {
				ok = true
			}
		}
		if !ok {
			return Moment{}, ErrSyntax
		}
		i += n
	}
	if in != "" {
		return Moment{}, ErrSyntax
	}
	return p.moment(today)
}

// takeName reads a month or weekday name and gives its number from 1.
func takeName(in *string, names []string, long bool) (int, bool) {
	for i, n := range names {
		if !long {
			n = n[:3]
		}
		if len(*in) >= len(n) && strings.EqualFold((*in)[:len(n)], n) {
			*in = (*in)[len(n):]
			return i + 1, true
		}
	}
	return 0, false
}

// ParseSpan reads [-][d.]hh:mm[:ss[.fffffff]] or a number of days.
func ParseSpan(s string) (int64, error) {
	s = strings.TrimSpace(s)
	neg := strings.HasPrefix(s, "-")
	s = strings.TrimPrefix(s, "-")
	var ticks int64
	num := func(t string, most int64) (int64, error) {
		v, err := strconv.ParseInt(t, 10, 64)
		if err != nil || t[0] == '+' || t[0] == '-' {
			return 0, ErrSyntax
		}
		if v > most {
			return 0, ErrRange
		}
		return v, nil
	}
	fields := strings.Split(s, ":")
	if len(fields) == 1 {
		d, err := num(s, 10675199)
		if neg {
			d = -d
		}
		return d * TicksPerDay, err
	}
	if d, h, ok := strings.Cut(fields[0], "."); ok {
		v, err := num(d, 10675199)
		if err != nil {
			return 0, err
		}
		ticks += v * TicksPerDay
		fields[0] = h
	} else if len(fields) == 4 {
		v, err := num(fields[0], 10675199)
		if err != nil {
			return 0, err
		}
		ticks += v * TicksPerDay
		fields = fields[1:]
	}
	if len(fields) > 3 {
		return 0, ErrSyntax
	}
	units := []int64{TicksPerHour, TicksPerMinute, TicksPerSecond}
	limits := []int64{23, 59, 59}
	for i, f := range fields {
		if i == 2 {
			var frac string
			if f, frac, _ = strings.Cut(f, "."); frac != "" {
				if len(frac) > 7 || strings.Trim(frac, "0123456789") != "" {
					return 0, ErrSyntax
				}
				ticks += fraction(frac)
			}
		}
		v, err := num(f, limits[i])
		if err != nil {
			return 0, err
		}
		ticks += v * units[i]
	}
	if neg {
		ticks = -ticks
	}
	return ticks, nil
}
