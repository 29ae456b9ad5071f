package json

import (
	"math"
	"strconv"
	"strings"
	"time"

	"portico/internal/policy/csharp/bcl"
	"portico/internal/policy/csharp/decimal"
	"portico/internal/policy/csharp/format"
	"portico/internal/policy/csharp/text"
	"portico/internal/policy/csharp/value"
)

// maxNesting is how deep a JSON text may be.
const maxNesting = 400

// reader reads JSON as JsonTextReader does.
type reader struct {
	r     *run
	s     string
	i     int
	depth int
	dates bool // texts that look like dates become dates
}

// Parse reads one JSON text with nothing behind it.
func Parse(r *run, s string) Token { return parse(r, s, true) }

func parse(r *run, s string, dates bool) Token {
	r.Spend(len(s))
	d := &reader{r: r, s: strings.TrimPrefix(s, "\uFEFF"), dates: dates}
	d.space()
	if d.i >= len(d.s) {
		r.Throw(value.ExJSONReader, "Error reading JToken from JsonReader. Path '', line 0, position 0.")
	}
	t := d.value("")
	d.space()
	if d.i < len(d.s) {
		d.fail("Additional text encountered after finished reading JSON content: %c.", d.char())
	}
	return t
}

func (d *reader) char() rune {
	c, _ := text.Decode(d.s[d.i:])
	return c
}

// fail throws with the place, as Newtonsoft words it.
func (d *reader) fail(format string, args ...any) {
	line := 1 + strings.Count(d.s[:d.i], "\n")
	col := d.i - strings.LastIndexByte(d.s[:d.i], '\n') - 1
	args = append(args, line, col)
	d.r.Throw(value.ExJSONReader, format+" Path '', line %d, position %d.", args...)
}

func (d *reader) space() {
	for d.i < len(d.s) {
		switch c := d.s[d.i]; {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f':
			d.i++
		case c == 0xC2 && strings.HasPrefix(d.s[d.i:], "\u00A0"):
			d.i += 2
		case c == '/' && strings.HasPrefix(d.s[d.i:], "/*"):
			end := strings.Index(d.s[d.i+2:], "*/")
			if end < 0 {
				d.i = len(d.s)
				d.fail("Unexpected end while parsing comment.")
			}
			d.i += end + 4
		case c == '/' && strings.HasPrefix(d.s[d.i:], "//"):
			for d.i < len(d.s) && d.s[d.i] != '\n' && d.s[d.i] != '\r' {
				d.i++
			}
		default:
			return
		}
	}
}

func (d *reader) end() {
	if d.i >= len(d.s) {
		d.fail("Unexpected end of content while loading JObject.")
	}
}

func (d *reader) value(path string) Token {
	d.space()
	d.end()
	d.r.Step(1)
	switch c := d.s[d.i]; {
	case c == '{':
		return d.object()
	case c == '[':
		return d.array()
	case c == '"' || c == '\'':
		return d.text()
	case c == '-' || c == '.' || c >= '0' && c <= '9':
		return d.number()
	}
	for word, v := range words {
		if strings.HasPrefix(d.s[d.i:], word) && !wordChar(d.s, d.i+len(word)) {
			d.i += len(word)
			d.r.Alloc(96)
			x := v
			return &x
		}
	}
	d.fail("Unexpected character encountered while parsing value: %c.", d.char())
	return nil
}

var words = map[string]Val{
	"true": {k: kBoolean, v: value.Bool(true)}, "false": {k: kBoolean, v: value.Bool(false)}, "null": {k: kNull}, "undefined": {k: kUndef},
	"NaN": {k: kFloat, v: value.Float(math.NaN())}, "Infinity": {k: kFloat, v: value.Float(math.Inf(1))},
}

func wordChar(s string, i int) bool {
	return i < len(s) && (s[i]|0x20 >= 'a' && s[i]|0x20 <= 'z' || s[i] >= '0' && s[i] <= '9' || s[i] == '_')
}

func (d *reader) nest() {
	if d.depth++; d.depth > maxNesting {
		d.fail("The reader's MaxDepth of %d has been exceeded.", maxNesting)
	}
}

func (d *reader) object() Token {
	d.nest()
	d.i++
	d.r.Alloc(96)
	o := &Obj{}
	for {
		d.space()
		d.end()
		if d.s[d.i] == '}' {
			break
		}
		name := d.name()
		d.space()
		d.end()
		if d.s[d.i] != ':' {
			d.fail("Invalid character after parsing property name. Expected ':' but got: %c.", d.char())
		}
		d.i++
		v := d.value(name)
		if p := o.find(name); p != nil {
			p.v = v
			v.setParent(p)
		} else {
			o.put(d.r, name, v)
		}
		d.space()
		d.end()
		if d.s[d.i] == ',' {
			d.i++
			continue
		}
		if d.s[d.i] != '}' {
			d.fail("After parsing a value an unexpected character was encountered: %c.", d.char())
		}
	}
	d.i++
	d.depth--
	return o
}

func (d *reader) name() string {
	if c := d.s[d.i]; c == '"' || c == '\'' {
		return d.quoted()
	}
	start := d.i
	for d.i < len(d.s) && (wordChar(d.s, d.i) || d.s[d.i] == '$' || d.s[d.i] >= 0x80) {
		d.i++
	}
	if d.i == start {
		d.fail("Invalid property identifier character: %c.", d.char())
	}
	return d.s[start:d.i]
}

func (d *reader) array() Token {
	d.nest()
	d.i++
	d.r.Alloc(64)
	a := &Arr{}
	for {
		d.space()
		d.end()
		if d.s[d.i] == ']' {
			break
		}
		a.add(d.r, d.value(""))
		d.space()
		d.end()
		if d.s[d.i] == ',' {
			d.i++
			continue
		}
		if d.s[d.i] != ']' {
			d.fail("After parsing a value an unexpected character was encountered: %c.", d.char())
		}
	}
	d.i++
	d.depth--
	return a
}

func (d *reader) quoted() string {
	q := d.s[d.i]
	d.i++
	start := d.i
	for d.i < len(d.s) && d.s[d.i] != q && d.s[d.i] != '\\' {
		d.i++
	}
	if d.i < len(d.s) && d.s[d.i] == q { // nothing to decode
		d.i++
		return d.s[start : d.i-1]
	}
	b := append([]byte(nil), d.s[start:d.i]...)
	for d.i < len(d.s) {
		c := d.s[d.i]
		d.i++
		switch {
		case c == q:
			return string(b)
		case c != '\\':
			b = append(b, c)
			continue
		case d.i >= len(d.s):
			continue
		}
		e := d.s[d.i]
		d.i++
		switch e {
		case 'b':
			b = append(b, 8)
		case 'f':
			b = append(b, 12)
		case 'n':
			b = append(b, 10)
		case 'r':
			b = append(b, 13)
		case 't':
			b = append(b, 9)
		case '"', '\'', '/', '\\':
			b = append(b, e)
		case 'u':
			if d.i+4 > len(d.s) {
				d.fail("Unexpected end while parsing unicode character.")
			}
			v, err := strconv.ParseUint(d.s[d.i:d.i+4], 16, 16)
			if err != nil {
				d.fail("Could not convert string to integer: %s.", d.s[d.i:d.i+4])
			}
			d.i += 4
			b = text.Append(b, rune(v))
		default:
			d.fail("Bad JSON escape sequence: \\%c.", e)
		}
	}
	d.fail("Unterminated string. Expected delimiter: %c.", q)
	return ""
}

func (d *reader) text() Token {
	s := d.quoted()
	d.r.Alloc(96)
	if d.dates {
		if v, ok := jsonDate(s); ok {
			return &Val{k: kDate, v: v}
		}
	}
	return &Val{k: kString, v: value.Str(s)}
}

// jsonDate reads the ISO 8601 and /Date(…)/ forms that become dates.
func jsonDate(s string) (val, bool) {
	if strings.HasPrefix(s, "/Date(") && strings.HasSuffix(s, ")/") {
		n := s[6 : len(s)-2]
		zone := ""
		if i := strings.LastIndexAny(n, "+-"); i > 0 {
			n, zone = n[:i], n[i:]
		}
		ms, err := strconv.ParseInt(n, 10, 64)
		if err != nil || ms > 253402300799999 || ms < -62135596800000 {
			return value.Null, false
		}
		k := format.UTC
		if zone != "" {
			k = format.Local
		}
		return bcl.DateTime(format.UnixTicks+ms*format.TicksPerMillisecond, k), true
	}
	if len(s) < 19 || len(s) > 40 || s[4] != '-' || s[10] != 'T' || s[13] != ':' {
		return value.Null, false
	}
	layout, rest := s[:19], s[19:]
	t, err := time.Parse("2006-01-02T15:04:05", layout)
	if err != nil {
		return value.Null, false
	}
	ticks := format.TicksOf(t)
	if strings.HasPrefix(rest, ".") {
		j := 1
		for j < len(rest) && rest[j] >= '0' && rest[j] <= '9' {
			j++
		}
		if j == 1 {
			return value.Null, false
		}
		f := (rest[1:j] + "0000000")[:7]
		n, _ := strconv.ParseInt(f, 10, 64)
		ticks += n
		rest = rest[j:]
	}
	switch {
	case rest == "":
		return bcl.DateTime(ticks, format.Unspecified), true
	case rest == "Z":
		return bcl.DateTime(ticks, format.UTC), true
	case len(rest) == 6 && rest[3] == ':' && (rest[0] == '+' || rest[0] == '-'):
		h, err := strconv.Atoi(rest[1:3])
		m, err2 := strconv.Atoi(rest[4:6])
		if err != nil || err2 != nil {
			return value.Null, false
		}
		off := int64(h*60+m) * format.TicksPerMinute
		if rest[0] == '-' {
			off = -off
		}
		return bcl.DateTime(ticks-off, format.Local), true
	}
	return value.Null, false
}

func (d *reader) number() Token {
	start := d.i
	if strings.HasPrefix(d.s[d.i:], "-Infinity") {
		d.i += len("-Infinity")
		return &Val{k: kFloat, v: value.Float(math.Inf(-1))}
	}
	for d.i < len(d.s) && strings.IndexByte("+-.0123456789eExXabcdefABCDEF", d.s[d.i]) >= 0 {
		d.i++
	}
	s := d.s[start:d.i]
	d.r.Alloc(96)
	if len(s) > 400 {
		d.fail("JSON integer %.40s… is too large or small for an Int64.", s)
	}
	if strings.HasPrefix(s, "0x") || strings.HasPrefix(s, "0X") {
		if v, err := strconv.ParseInt(s[2:], 16, 64); err == nil {
			return &Val{k: kInteger, v: value.Long(v)}
		}
	}
	if !strings.ContainsAny(s, ".eE") {
		if v, err := strconv.ParseInt(s, 10, 64); err == nil {
			if len(s) > 1 && s[0] == '0' {
				if o, err := strconv.ParseInt(s, 8, 64); err == nil {
					v = o
				}
			}
			return &Val{k: kInteger, v: value.Long(v)}
		}
		if dec, err := decimal.Parse(s); err == nil { // beyond a long
			return &Val{k: kInteger, v: value.DecOf(dec)}
		}
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		d.i = start
		d.fail("Input string '%s' is not a valid number.", s)
	}
	return &Val{k: kFloat, v: value.Float(f)}
}
