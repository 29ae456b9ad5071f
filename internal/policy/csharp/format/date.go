package format

import (
	"fmt"
	"strings"
	"time"
)

// Ticks of 100 ns, as .NET counts time.
const (
	TicksPerMillisecond = 10_000
	TicksPerSecond      = 10_000_000
	TicksPerMinute      = 60 * TicksPerSecond
	TicksPerHour        = 60 * TicksPerMinute
	TicksPerDay         = 24 * TicksPerHour
	MaxTicks            = 3155378975999999999
	UnixTicks           = 621355968000000000
)

// Kind is System.DateTimeKind.
type Kind int

// The kinds.
const (
	Unspecified Kind = iota
	UTC
	Local
)

// Moment is a date as it is written: the clock's ticks since the year 1, and
// either a kind, or an offset in minutes.
type Moment struct {
	Ticks     int64
	Kind      Kind
	Offset    int // minutes east
	HasOffset bool
}

// Time gives the clock of ticks as a Go time in UTC.
func Time(ticks int64) time.Time {
	days := ticks / TicksPerDay
	rest := ticks % TicksPerDay
	return time.Date(1, 1, 1+int(days), 0, 0, 0, 0, time.UTC).Add(time.Duration(rest) * 100)
}

// TicksOf gives the clock of t, whatever its zone.
func TicksOf(t time.Time) int64 {
	_, off := t.Zone()
	return UnixTicks + (t.Unix()+int64(off))*TicksPerSecond + int64(t.Nanosecond()/100)
}

var standardDates = map[byte]string{
	'd': "MM/dd/yyyy", 'D': "dddd, dd MMMM yyyy", 'f': "dddd, dd MMMM yyyy HH:mm", 'F': "dddd, dd MMMM yyyy HH:mm:ss",
	'g': "MM/dd/yyyy HH:mm", 'G': "MM/dd/yyyy HH:mm:ss", 'm': "MMMM dd", 'M': "MMMM dd",
	'o': "yyyy'-'MM'-'dd'T'HH':'mm':'ss'.'fffffffK", 'O': "yyyy'-'MM'-'dd'T'HH':'mm':'ss'.'fffffffK",
	'r': "ddd, dd MMM yyyy HH':'mm':'ss 'GMT'", 'R': "ddd, dd MMM yyyy HH':'mm':'ss 'GMT'",
	's': "yyyy'-'MM'-'dd'T'HH':'mm':'ss", 't': "HH:mm", 'T': "HH:mm:ss", 'u': "yyyy'-'MM'-'dd HH':'mm':'ss'Z'",
	'U': "dddd, dd MMMM yyyy HH:mm:ss", 'y': "yyyy MMMM", 'Y': "yyyy MMMM",
}

// Date formats a moment; an empty spec is "G" (with the zone for an offset).
func Date(m Moment, spec string) (string, error) {
	if spec == "" {
		spec = "G"
		if m.HasOffset {
			spec = "MM/dd/yyyy HH:mm:ss zzz"
		}
	}
	if len(spec) == 1 {
		pattern, ok := standardDates[spec[0]]
		if !ok {
			return "", ErrSpec
		}
		if m.HasOffset {
			switch spec[0] {
			case 'r', 'R', 'u':
				m.Ticks -= int64(m.Offset) * TicksPerMinute
			case 'o', 'O':
				pattern = strings.Replace(pattern, "K", "zzz", 1)
			case 'U':
				return "", ErrSpec
			}
		}
		return customDate(m, pattern)
	}
	if spec[0] == '%' {
		spec = spec[1:]
	}
	return customDate(m, spec)
}

func run(s string, i int) int {
	j := i
	for j < len(s) && s[j] == s[i] {
		j++
	}
	return j - i
}

// customDate writes a custom pattern.
func customDate(m Moment, p string) (string, error) {
	t := Time(m.Ticks)
	var b strings.Builder
	pad := func(v, n int) { fmt.Fprintf(&b, "%0*d", n, v) }
	for i := 0; i < len(p); {
		n := run(p, i)
		switch c := p[i]; c {
		case 'd':
			switch {
			case n <= 2:
				pad(t.Day(), n)
			case n == 3:
				b.WriteString(t.Weekday().String()[:3])
			default:
				b.WriteString(t.Weekday().String())
			}
		case 'M':
			switch {
			case n <= 2:
				pad(int(t.Month()), n)
			case n == 3:
				b.WriteString(t.Month().String()[:3])
			default:
				b.WriteString(t.Month().String())
			}
		case 'y':
			if n <= 2 {
				pad(t.Year()%100, n)
			} else {
				pad(t.Year(), n)
			}
		case 'H':
			pad(t.Hour(), min(n, 2))
		case 'h':
			pad((t.Hour()+11)%12+1, min(n, 2))
		case 'm':
			pad(t.Minute(), min(n, 2))
		case 's':
			pad(t.Second(), min(n, 2))
		case 'f', 'F':
			if n > 7 {
				return "", ErrSpec
			}
			f := fmt.Sprintf("%07d", m.Ticks%TicksPerSecond)[:n]
			if c == 'F' {
				f = strings.TrimRight(f, "0")
				if f == "" && b.Len() > 0 && strings.HasSuffix(b.String(), ".") {
					s := strings.TrimSuffix(b.String(), ".")
					b.Reset()
					b.WriteString(s)
				}
			}
			b.WriteString(f)
		case 't':
			half := "AM"
			if t.Hour() >= 12 {
				half = "PM"
			}
			b.WriteString(half[:min(n, 2)])
		case 'z':
			off := 0
			if m.HasOffset {
				off = m.Offset
			}
			b.WriteString(zone(off, n))
		case 'K':
			n = 1
			switch {
			case m.HasOffset:
				b.WriteString(zone(m.Offset, 3))
			case m.Kind == UTC:
				b.WriteByte('Z')
			case m.Kind == Local:
				b.WriteString("+00:00")
			}
		case 'g':
			b.WriteString("A.D.")
		case '\'', '"':
			end := strings.IndexByte(p[i+1:], c)
			if end < 0 {
				return "", ErrSpec
			}
			b.WriteString(p[i+1 : i+1+end])
			n = end + 2
		case '\\':
			if i+1 >= len(p) {
				return "", ErrSpec
			}
			b.WriteByte(p[i+1])
			n = 2
		case '%':
			n = 1
		default:
			n = 1
			b.WriteByte(c)
		}
		i += n
	}
	return b.String(), nil
}

func zone(minutes, n int) string {
	sign := "+"
	if minutes < 0 {
		sign, minutes = "-", -minutes
	}
	switch n {
	case 1:
		return fmt.Sprintf("%s%d", sign, minutes/60)
	case 2:
		return fmt.Sprintf("%s%02d", sign, minutes/60)
	}
	return fmt.Sprintf("%s%02d:%02d", sign, minutes/60, minutes%60)
}

// Span formats a TimeSpan: c, g, G, or a custom pattern.
func Span(ticks int64, spec string) (string, error) {
	neg := ticks < 0
	u := uint64(ticks)
	if neg {
		u = -u
	}
	days, u := u/TicksPerDay, u%TicksPerDay
	h, u := u/TicksPerHour, u%TicksPerHour
	m, u := u/TicksPerMinute, u%TicksPerMinute
	s, f := u/TicksPerSecond, u%TicksPerSecond
	sign := ""
	if neg {
		sign = "-"
	}
	switch spec {
	case "", "c", "t", "T":
		out := fmt.Sprintf("%02d:%02d:%02d", h, m, s)
		if days > 0 {
			out = fmt.Sprintf("%d.%s", days, out)
		}
		if f > 0 {
			out += fmt.Sprintf(".%07d", f)
		}
		return sign + out, nil
	case "g":
		out := fmt.Sprintf("%d:%02d:%02d", h, m, s)
		if days > 0 {
			out = fmt.Sprintf("%d:%s", days, out)
		}
		if f > 0 {
			out += "." + strings.TrimRight(fmt.Sprintf("%07d", f), "0")
		}
		return sign + out, nil
	case "G":
		return fmt.Sprintf("%s%d:%02d:%02d:%02d.%07d", sign, days, h, m, s, f), nil
	}
	if len(spec) == 1 {
		return "", ErrSpec
	}
	var b strings.Builder
	for i := 0; i < len(spec); {
		n := run(spec, i)
		switch c := spec[i]; c {
		case 'd':
			fmt.Fprintf(&b, "%0*d", min(n, 8), days)
		case 'h':
			fmt.Fprintf(&b, "%0*d", min(n, 2), h)
		case 'm':
			fmt.Fprintf(&b, "%0*d", min(n, 2), m)
		case 's':
			fmt.Fprintf(&b, "%0*d", min(n, 2), s)
		case 'f', 'F':
			frac := fmt.Sprintf("%07d", f)[:min(n, 7)]
			if c == 'F' {
				frac = strings.TrimRight(frac, "0")
			}
			b.WriteString(frac)
		case '\'', '"':
			end := strings.IndexByte(spec[i+1:], c)
			if end < 0 {
				return "", ErrSpec
			}
			b.WriteString(spec[i+1 : i+1+end])
			n = end + 2
		case '\\':
			if i+1 >= len(spec) {
				return "", ErrSpec
			}
			b.WriteByte(spec[i+1])
			n = 2
		case '%':
			n = 1
		default:
			return "", ErrSpec
		}
		i += n
	}
	return b.String(), nil
}
