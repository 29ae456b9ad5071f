package table

import (
	"bytes"
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
)

var errCell = errors.New("the text is not a value of that type")

// parseInt reads an optional sign and decimal digits that fit in bits bits.
func parseInt(text []byte, bits int) (int64, error) {
	digits := text
	negative := false
	if len(digits) > 0 && (digits[0] == '-' || digits[0] == '+') {
		negative = digits[0] == '-'
		digits = digits[1:]
	}
	if len(digits) == 0 {
		return 0, errCell
	}
	var n uint64
	limit := uint64(1) << (bits - 1) // one more is allowed below zero than above
	for _, d := range digits {
		if d < '0' || d > '9' || n > limit/10 {
			return 0, errCell
		}
		n = n*10 + uint64(d-'0')
	}
	if negative && n <= limit {
		return -int64(n), nil
	}
	if n >= limit {
		return 0, errCell
	}
	return int64(n), nil
}

// parseDouble reads a decimal number with an optional exponent, or NaN,
// Infinity or -Infinity. What is too large for a float64 is refused.
func parseDouble(text []byte) (float64, error) {
	if v, ok := parseDecimal(text); ok {
		return v, nil
	}
	for _, c := range text {
		if (c < '0' || c > '9') && c != '.' && c != '-' && c != '+' && c != 'e' && c != 'E' {
			return parseDoubleWord(text)
		}
	}
	v, err := strconv.ParseFloat(string(text), 64)
	if err != nil {
		return 0, errCell
	}
	return v, nil
}

// powers are those of ten that a float64 holds exactly.
var powers = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15}

// parseDecimal reads a number of up to 15 digits without an exponent, which is what
// most files have. Both the digits and the power of ten are exact then, so that their
// quotient is the nearest float64 (Clinger, How to Read Floating Point Numbers Accurately, 1990).
func parseDecimal(text []byte) (float64, bool) {
	digits := text
	negative := len(digits) > 0 && digits[0] == '-'
	if negative {
		digits = digits[1:]
	}
	if len(digits) == 0 || len(digits) > 16 {
		return 0, false
	}
	var n int64
	point := -1
	for i, d := range digits {
		switch {
		case d >= '0' && d <= '9':
			n = n*10 + int64(d-'0')
		case d == '.' && point < 0:
			point = i
		default:
			return 0, false
		}
	}
	v := float64(n)
	switch {
	case point < 0 && len(digits) == 16, len(digits) == 1 && point == 0:
		return 0, false
	case point >= 0:
		v /= powers[len(digits)-1-point]
	}
	if negative {
		v = -v
	}
	return v, true
}

func parseDoubleWord(text []byte) (float64, error) {
	switch string(text) {
	case "NaN":
		return math.NaN(), nil
	case "Infinity":
		return math.Inf(1), nil
	case "-Infinity":
		return math.Inf(-1), nil
	}
	return 0, errCell
}

func parseBoolean(text []byte) (int64, error) {
	switch {
	case len(text) == 4 && bytes.EqualFold(text, []byte("true")):
		return 1, nil
	case len(text) == 5 && bytes.EqualFold(text, []byte("false")):
		return 0, nil
	}
	return 0, errCell
}

// dateLayouts are ISO 8601 and .NET's short forms of culture en-US. Without a zone a time is UTC.
var dateLayouts = [...]string{
	time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02 15:04:05Z07:00", "2006-01-02T15:04", "2006-01-02 15:04", time.DateOnly,
	DateTimeFormat, "1/2/2006 3:04 PM", "1/2/2006 15:04:05", "1/2/2006 15:04", "1/2/2006",
}

const firstSlashLayout = 7 // from here on dateLayouts begin with the month

// The first and the last second that fit in nanoseconds since 1970: years 1677 to 2262.
const (
	minDateSecond = math.MinInt64/1_000_000_000 + 1
	maxDateSecond = math.MaxInt64/1_000_000_000 - 1
)

// parseDateTime gives UTC nanoseconds since 1970.
func parseDateTime(text []byte) (int64, error) {
	if len(text) < 8 || len(text) > 40 || text[0] < '0' || text[0] > '9' {
		return 0, errCell
	}
	layouts := dateLayouts[:firstSlashLayout]
	if text[1] == '/' || text[2] == '/' {
		layouts = dateLayouts[firstSlashLayout:]
	} else if text[4] != '-' {
		return 0, errCell
	}
	for _, layout := range layouts {
		t, err := time.Parse(layout, string(text))
		if err != nil {
			continue
		}
		if s := t.Unix(); s < minDateSecond || s > maxDateSecond {
			return 0, errCell
		}
		return t.UnixNano(), nil
	}
	return 0, errCell
}

// parseTimeSpan reads [-]d or [-][d.]hh:mm[:ss[.fffffff]] and gives nanoseconds.
func parseTimeSpan(text []byte) (int64, error) {
	s := string(text)
	rest, negative := strings.CutPrefix(s, "-")
	var days, fraction int64
	var clock [3]int64 // hours, minutes, seconds
	head, tail, timed := strings.Cut(rest, ":")
	var err error
	if !timed {
		days, err = timePart(head, 106_750)
	} else {
		if d, h, ok := strings.Cut(head, "."); ok {
			if days, err = timePart(d, 106_750); err != nil {
				return 0, err
			}
			head = h
		}
		minutes, seconds, hasSeconds := strings.Cut(tail, ":")
		seconds, ticks, hasTicks := strings.Cut(seconds, ".")
		parts := []string{head, minutes, seconds}
		if !hasSeconds {
			parts = parts[:2]
		}
		for i, p := range parts {
			if clock[i], err = timePart(p, [...]int64{23, 59, 59}[i]); err != nil {
				return 0, err
			}
		}
		if hasTicks {
			if len(ticks) > 7 {
				return 0, errCell
			}
			fraction, err = timePart((ticks + "000000")[:max(len(ticks), 7)], 9_999_999)
		}
	}
	if err != nil {
		return 0, err
	}
	n := ((days*24+clock[0])*60+clock[1])*60 + clock[2]
	n = n*int64(time.Second) + fraction*100
	if negative {
		n = -n
	}
	return n, nil
}

func timePart(s string, limit int64) (int64, error) {
	if s == "" || s[0] == '+' || s[0] == '-' {
		return 0, errCell
	}
	n, err := parseInt([]byte(s), 64)
	if err != nil || n > limit {
		return 0, errCell
	}
	return n, nil
}

// inference finds the narrowest type that holds every cell it has seen.
// Empty cells say nothing: a column of nothing else is a String column.
type inference struct {
	found   bool
	Type    Type
	Missing int // cells that are missing when the column has that type
	empty   int // quoted empty cells: missing unless the column is String
}

// widening is the order in which a column's type gives way. Int32, Int64 and Double
// widen one into the other; anything else that stops fitting makes the column String.
var firstTypes = [...]Type{Int32, Int64, Double, Boolean, DateTime}

func (n *inference) add(cell []byte, quoted bool) {
	text := bytes.TrimSpace(cell)
	switch {
	case len(cell) == 0 && !quoted:
		n.Missing++
		return
	case len(text) == 0:
		n.empty++
		return
	case n.found && n.Type == String:
		return
	case n.found && fits(n.Type, text):
		return
	}
	if !n.found {
		n.found, n.Type = true, String
		for _, t := range firstTypes {
			if fits(t, text) {
				n.Type = t
				return
			}
		}
		return
	}
	for n.Type = wider(n.Type); n.Type != String && !fits(n.Type, text); {
		n.Type = wider(n.Type)
	}
}

func wider(t Type) Type {
	switch t {
	case Int32:
		return Int64
	case Int64:
		return Double
	default:
		return String
	}
}

// settle gives the type and the count of missing cells that it implies.
func (n *inference) settle() (Type, int) {
	if !n.found {
		return String, n.Missing
	}
	if n.Type == String {
		return String, n.Missing
	}
	return n.Type, n.Missing + n.empty
}

func fits(t Type, text []byte) bool {
	var err error
	switch t {
	case Int32:
		_, err = parseInt(text, 32)
	case Int64:
		_, err = parseInt(text, 64)
	case Double:
		_, err = parseDouble(text)
	case Boolean:
		_, err = parseBoolean(text)
	case DateTime:
		_, err = parseDateTime(text)
	case TimeSpan:
		_, err = parseTimeSpan(text)
	}
	return err == nil
}
