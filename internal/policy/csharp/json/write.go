package json

import (
	"encoding/base64"
	"math"
	"strconv"
	"strings"

	"portico/internal/policy/csharp/bcl"
	"portico/internal/policy/csharp/format"
	"portico/internal/policy/csharp/text"
	"portico/internal/policy/csharp/value"
)

// writer writes JSON.
type writer struct {
	r      *run
	b      []byte
	indent bool
	depth  int
	spent  int
}

// Text writes a token, indented or not.
func Text(r *run, t Token, indent bool) string {
	w := &writer{r: r, indent: indent}
	w.token(t)
	return w.done()
}

func (w *writer) done() string {
	w.r.Spend(len(w.b) - w.spent)
	return string(w.b)
}

func (w *writer) charge() {
	if n := len(w.b) - w.spent; n > 1<<12 {
		w.r.Spend(n)
		w.spent = len(w.b)
	}
}

func (w *writer) line() {
	if w.indent {
		w.b = append(w.b, '\n')
		for range w.depth {
			w.b = append(w.b, ' ', ' ')
		}
	}
}

func (w *writer) open(c byte) {
	w.r.Enter()
	w.depth++
	w.b = append(w.b, c)
}

func (w *writer) close(c byte, any bool) {
	w.depth--
	w.r.Leave()
	if any {
		w.line()
	}
	w.b = append(w.b, c)
}

func (w *writer) key(name string, first bool) {
	if !first {
		w.b = append(w.b, ',')
	}
	w.line()
	w.quoted(name)
	w.b = append(w.b, ':')
	if w.indent {
		w.b = append(w.b, ' ')
	}
}

func (w *writer) token(t Token) {
	w.r.Step(1)
	w.charge()
	switch t := t.(type) {
	case *Obj:
		w.open('{')
		for i, p := range t.props {
			w.key(p.name, i == 0)
			w.token(p.v)
		}
		w.close('}', len(t.props) > 0)
	case *Arr:
		w.open('[')
		for i, it := range t.items {
			if i > 0 {
				w.b = append(w.b, ',')
			}
			w.line()
			w.token(it)
		}
		w.close(']', len(t.items) > 0)
	case *Prop:
		w.quoted(t.name)
		w.b = append(w.b, ':')
		if w.indent {
			w.b = append(w.b, ' ')
		}
		w.token(t.v)
	case *Val:
		switch t.k {
		case kNull:
			w.b = append(w.b, "null"...)
		case kUndef:
			w.b = append(w.b, "undefined"...)
		case kRaw:
			w.b = append(w.b, t.v.S...)
		default:
			w.scalar(t.v)
		}
	}
}

// quoted writes a string with the escapes that Newtonsoft uses.
func (w *writer) quoted(s string) {
	const hex = "0123456789abcdef"
	w.b = append(w.b, '"')
	start := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 0x20 && c != '"' && c != '\\' && c != 0xC2 && c != 0xE2 {
			continue
		}
		esc := ""
		n := 1
		switch {
		case c == '"':
			esc = `\"`
		case c == '\\':
			esc = `\\`
		case c == '\n':
			esc = `\n`
		case c == '\r':
			esc = `\r`
		case c == '\t':
			esc = `\t`
		case c == '\b':
			esc = `\b`
		case c == '\f':
			esc = `\f`
		case c < 0x20:
			esc = `\u00` + string(hex[c>>4]) + string(hex[c&15])
		case strings.HasPrefix(s[i:], "\u0085"):
			esc, n = `\u0085`, 2
		case strings.HasPrefix(s[i:], "\u2028"):
			esc, n = `\u2028`, 3
		case strings.HasPrefix(s[i:], "\u2029"):
			esc, n = `\u2029`, 3
		default:
			continue
		}
		w.b = append(w.b, s[start:i]...)
		w.b = append(w.b, esc...)
		i += n - 1
		start = i + 1
	}
	w.b = append(w.b, s[start:]...)
	w.b = append(w.b, '"')
}

// scalar writes a plain value.
func (w *writer) scalar(v val) {
	if m, ok := bcl.DateParts(v); ok {
		w.b = append(w.b, '"')
		w.b = append(w.b, isoDate(m)...)
		w.b = append(w.b, '"')
		return
	}
	t, _ := v.R.(*value.Type)
	switch {
	case v.R == nil:
		w.b = append(w.b, "null"...)
	case t == nil:
		switch o := v.R.(type) {
		case *value.Dec:
			s := o.D.String()
			if !strings.Contains(s, ".") {
				s += ".0"
			}
			w.b = append(w.b, s...)
		case *value.Bytes:
			w.b = append(w.b, '"')
			w.b = append(w.b, base64.StdEncoding.EncodeToString(o.B)...)
			w.b = append(w.b, '"')
		default:
			w.quoted(value.Text(w.r, v))
		}
	case t.Kind == value.KBool:
		w.b = strconv.AppendBool(w.b, v.Bool())
	case t.Kind == value.KDouble || t.Kind == value.KSingle:
		w.float(v.Float(), t.Kind)
	case t.Kind == value.KEnum:
		w.b = strconv.AppendInt(w.b, v.N, 10)
	case t.IsInteger() && t.Kind != value.KChar:
		w.b = append(w.b, value.NumText(v, t)...)
	default:
		w.quoted(value.Text(w.r, v))
	}
}

func (w *writer) float(f float64, k value.Kind) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		s, _ := format.Float(f, 64, "")
		w.quoted(s)
		return
	}
	bits := 64
	if k == value.KSingle {
		bits = 32
	}
	s, _ := format.Float(f, bits, "R")
	if !strings.ContainsAny(s, ".eE") {
		s += ".0"
	}
	w.b = append(w.b, s...)
}

// isoDate writes a date as JSON has it: no zeros behind the fraction.
func isoDate(m format.Moment) string {
	spec := "yyyy-MM-ddTHH:mm:ss.FFFFFFFK"
	if m.Ticks%format.TicksPerSecond == 0 {
		spec = "yyyy-MM-ddTHH:mm:ssK"
	}
	s, _ := format.Date(m, spec)
	return s
}

// String is ToString(): indented JSON, or the plain text of a value.
func (o *Obj) String(r *run) string { return Text(r, o, true) }

// String is ToString().
func (a *Arr) String(r *run) string { return Text(r, a, true) }

// String is ToString().
func (p *Prop) String(r *run) string { return Text(r, p, true) }

// String is the plain value's text.
func (v *Val) String(r *run) string { return value.Text(r, v.v) }

// Format is ToString(format) of the plain value.
func (v *Val) Format(r *run, spec string) string { return value.FormatValue(r, v.v, spec) }

// path is JToken.Path.
func path(t Token) string {
	var parts []string
	for up := t.parent(); up != nil; t, up = up, up.parent() {
		switch p := up.(type) {
		case *Arr:
			for i, it := range p.items {
				if it == t {
					parts = append(parts, "["+strconv.Itoa(i)+"]")
				}
			}
		case *Obj:
			name := t.(*Prop).name
			if strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_$") != "" && text.ASCII(name) {
				parts = append(parts, "['"+name+"']")
			} else {
				parts = append(parts, "."+name)
			}
		}
	}
	var b strings.Builder
	for i := len(parts) - 1; i >= 0; i-- {
		b.WriteString(parts[i])
	}
	return strings.TrimPrefix(b.String(), ".")
}
