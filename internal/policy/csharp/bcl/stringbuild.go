package bcl

import (
	"strconv"
	"strings"

	"portico/internal/policy/csharp/text"
	"portico/internal/policy/csharp/value"
)

// declareStringBuild has Join, Concat, Split, Format and StringBuilder.
func declareStringBuild(l *value.Library) {
	concat := func(r *run, a []val) val {
		n := 0
		parts := make([]string, len(a))
		for i, v := range a {
			parts[i] = value.Text(r, v)
			n += len(parts[i])
		}
		r.Spend(n)
		return value.Str(strings.Join(parts, ""))
	}
	d := l.Add(value.String)
	for _, t := range []string{"string", "object"} {
		d.Def("static string Concat("+t+" a, "+t+" b)", concat).
			Def("static string Concat("+t+" a, "+t+" b, "+t+" c)", concat).
			Def("static string Concat(params "+t+"[] values)", func(r *run, a []val) val { return concat(r, value.Collect(r, a[0])) }).
			Def("static string Join(string separator, params "+t+"[] values)", func(r *run, a []val) val { return joinAll(r, a[0].S, a[1]) })
	}
	d.Def("static string Concat(object a)", concat).
		Def("static string Concat<T>(IEnumerable<T> values)", func(r *run, a []val) val { return joinAll(r, "", a[0]) }).
		Def("static string Join<T>(string separator, IEnumerable<T> values)", func(r *run, a []val) val { return joinAll(r, a[0].S, a[1]) }).
		Def("static string Format(string format, object arg0)", func(r *run, a []val) val { return formatAll(r, a[0], a[1:]) }).
		Def("static string Format(string format, object arg0, object arg1)", func(r *run, a []val) val { return formatAll(r, a[0], a[1:]) }).
		Def("static string Format(string format, object arg0, object arg1, object arg2)", func(r *run, a []val) val { return formatAll(r, a[0], a[1:]) }).
		Def("static string Format(string format, params object[] args)", func(r *run, a []val) val { return formatAll(r, a[0], value.Collect(r, a[1])) }).
		Def("static string Format(IFormatProvider provider, string format, params object[] args)", func(r *run, a []val) val {
			return formatAll(r, a[1], value.Collect(r, a[2]))
		})
	d.Def("string[] Split(params char[] separator)", func(r *run, a []val) val { return split(r, a[0].S, charStrings(r, a[1]), -1, false) }).
		Def("string[] Split(char[] separator, int count)", func(r *run, a []val) val {
			return split(r, a[0].S, charStrings(r, a[1]), a[2].Int(), false)
		}).
		Def("string[] Split(char[] separator, StringSplitOptions options)", func(r *run, a []val) val {
			return split(r, a[0].S, charStrings(r, a[1]), -1, a[2].N&1 != 0)
		}).
		Def("string[] Split(char[] separator, int count, StringSplitOptions options)", func(r *run, a []val) val {
			return split(r, a[0].S, charStrings(r, a[1]), a[2].Int(), a[3].N&1 != 0)
		}).
		Def("string[] Split(string[] separator, StringSplitOptions options)", func(r *run, a []val) val {
			return split(r, a[0].S, stringList(r, a[1]), -1, a[2].N&1 != 0)
		}).
		Def("string[] Split(string[] separator, int count, StringSplitOptions options)", func(r *run, a []val) val {
			return split(r, a[0].S, stringList(r, a[1]), a[2].Int(), a[3].N&1 != 0)
		}).
		Def("string[] Split(char separator, StringSplitOptions options)", func(r *run, a []val) val {
			return split(r, a[0].S, []string{text.Char(a[1].Rune())}, -1, a[2].N&1 != 0)
		}).
		Def("string[] Split(char separator, int count, StringSplitOptions options = None)", func(r *run, a []val) val {
			return split(r, a[0].S, []string{text.Char(a[1].Rune())}, a[2].Int(), a[3].N&1 != 0)
		}).
		Def("string[] Split(string separator, StringSplitOptions options = None)", func(r *run, a []val) val {
			return split(r, a[0].S, []string{a[1].S}, -1, a[2].N&1 != 0)
		})
	declareBuilder(l)
}

func charStrings(r *run, v val) []string {
	if v.R == nil {
		return nil
	}
	var out []string
	for _, c := range value.Collect(r, v) {
		out = append(out, text.Char(c.Rune()))
	}
	return out
}

func stringList(r *run, v val) []string {
	if v.R == nil {
		return nil
	}
	var out []string
	for _, s := range value.Collect(r, v) {
		if s.S != "" {
			out = append(out, s.S)
		}
	}
	return out
}

// split cuts s at any of the separators, or at white space where there are none.
func split(r *run, s string, seps []string, count int, dropEmpty bool) val {
	work(r, s)
	var parts []string
	if len(seps) == 1 && seps[0] == "" {
		return value.Strings([]string{s})
	}
	find := func(s string) (at, n int) {
		if len(seps) == 0 {
			at = strings.IndexFunc(s, text.Space)
			if at >= 0 {
				_, n = text.Decode(s[at:])
			}
			return at, n
		}
		at = -1
		for _, sep := range seps {
			if i := strings.Index(s, sep); i >= 0 && (at < 0 || i < at) {
				at, n = i, len(sep)
			}
		}
		return at, n
	}
	if count == 0 {
		return value.Strings(nil)
	}
	if count < -1 {
		r.ThrowRange("count")
	}
	for count < 0 || len(parts) < count-1 {
		at, n := find(s)
		if at < 0 {
			break
		}
		r.Alloc(40)
		r.Step(1 + len(s)>>8)
		if at > 0 || !dropEmpty {
			parts = append(parts, s[:at])
		}
		s = s[at+n:]
	}
	if dropEmpty {
		for count > 0 && len(parts) == count-1 { // separators ahead of the rest are dropped too
			at, n := find(s)
			if at != 0 {
				break
			}
			s = s[n:]
		}
	}
	if s != "" || !dropEmpty {
		parts = append(parts, s)
	}
	r.AllocValues(len(parts))
	return value.Strings(parts)
}

func joinAll(r *run, sep string, v val) val {
	it := value.Iter(r, v)
	var b strings.Builder
	for first := true; ; first = false {
		x, ok := it.Next(r)
		if !ok {
			return value.Str(b.String())
		}
		s := value.Text(r, x)
		if !first {
			r.Spend(len(sep))
			b.WriteString(sep)
		}
		r.Spend(len(s))
		b.WriteString(s)
	}
}

// formatAll is String.Format: {index[,width][:format]}.
func formatAll(r *run, f val, args []val) val {
	s := r.NeedStr(f, "format")
	var b strings.Builder
	bad := func() { r.Throw(value.ExFormat, "Input string was not in a correct format.") }
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case (c == '{' || c == '}') && i+1 < len(s) && s[i+1] == c:
			b.WriteByte(c)
			i += 2
		case c == '}':
			bad()
		case c == '{':
			end := strings.IndexByte(s[i:], '}')
			if end < 0 {
				bad()
			}
			spec, format, _ := strings.Cut(s[i+1:i+end], ":")
			index, width, wide := strings.Cut(spec, ",")
			n, err := strconv.Atoi(strings.TrimRight(index, " "))
			w := 0
			if wide && err == nil {
				w, err = strconv.Atoi(strings.TrimSpace(width))
			}
			if err != nil || w > 1e6 || w < -1e6 || index == "" || index[0] == '+' || index[0] == '-' {
				bad()
			}
			if n >= len(args) {
				r.Throw(value.ExFormat, "Index (zero based) must be greater than or equal to zero and less than the size of the argument list.")
			}
			t := value.FormatValue(r, args[n], format)
			fill := max(w, -w) - text.Len(t)
			r.Spend(len(t) + max(fill, 0))
			if fill > 0 && w > 0 {
				b.WriteString(strings.Repeat(" ", fill))
			}
			b.WriteString(t)
			if fill > 0 && w < 0 {
				b.WriteString(strings.Repeat(" ", fill))
			}
			i += end + 1
		default:
			b.WriteByte(c)
			i++
		}
	}
	return made(r, b.String())
}

// stringBuilder is a StringBuilder. Its text is bytes until somebody looks at it.
type stringBuilder struct{ b []byte }

var builder = value.NewClass("System.Text", "StringBuilder", nil)

func (*stringBuilder) Type() *value.Type { return builder }
func (s *stringBuilder) String(r *value.Run) string {
	r.Spend(len(s.b))
	return string(s.b)
}

func (s *stringBuilder) write(r *run, t string) {
	r.Spend(len(t))
	if len(t) > 0 && t[0] == 0xED {
		s.b = []byte(text.Concat(string(s.b), t))
		return
	}
	s.b = append(s.b, t...)
}

func declareBuilder(l *value.Library) {
	sb := func(v val) *stringBuilder { s, _ := v.R.(*stringBuilder); return s }
	set := func(r *run, v val, s string) val {
		r.Spend(len(s))
		sb(v).b = []byte(s)
		return v
	}
	d := l.Add(builder).
		Def("new()", func(*run, []val) val { return value.Ref(&stringBuilder{}) }).
		Def("new(int capacity)", func(*run, []val) val { return value.Ref(&stringBuilder{}) }).
		Def("new(string value)", func(r *run, a []val) val {
			r.Spend(len(a[0].S))
			return value.Ref(&stringBuilder{b: []byte(a[0].S)})
		}).
		Prop("int Length", func(_ *run, a []val) val { return value.Int(text.Len(string(sb(a[0]).b))) }, func(r *run, a []val) val {
			s := string(sb(a[0]).b)
			if n := text.Len(s); a[1].Int() <= n {
				s = part(r, s, 0, a[1].Int())
			} else {
				r.Alloc(a[1].Int() - n)
				s += strings.Repeat("\x00", a[1].Int()-n)
			}
			return set(r, a[0], s)
		}).
		Prop("char this[int index]", func(r *run, a []val) val {
			c, ok := text.At(string(sb(a[0]).b), a[1].Int())
			if !ok {
				r.Throw(value.ExIndexRange, "Index was outside the bounds of the array.")
			}
			return value.Chr(c)
		}, func(r *run, a []val) val {
			u := text.Units(string(sb(a[0]).b))
			if a[1].N < 0 || a[1].Int() >= len(u) {
				r.ThrowRange("index")
			}
			u[a[1].N] = uint16(a[2].N)
			return set(r, a[0], text.FromUnits(u))
		}).
		Def("string ToString(int startIndex, int length)", func(r *run, a []val) val {
			return value.Str(part(r, sb(a[0]).String(r), a[1].Int(), a[2].Int()))
		}).
		Def("StringBuilder Clear()", func(r *run, a []val) val { sb(a[0]).b = nil; return a[0] }).
		Def("StringBuilder AppendLine()", func(r *run, a []val) val { sb(a[0]).write(r, "\n"); return a[0] }).
		Def("StringBuilder AppendLine(string value)", func(r *run, a []val) val {
			sb(a[0]).write(r, a[1].S+"\n")
			return a[0]
		}).
		Def("StringBuilder AppendFormat(string format, params object[] args)", func(r *run, a []val) val {
			sb(a[0]).write(r, formatAll(r, a[1], value.Collect(r, a[2])).S)
			return a[0]
		}).
		Def("StringBuilder Append(char value, int repeatCount)", func(r *run, a []val) val {
			r.Alloc(a[2].Int() * 3)
			sb(a[0]).write(r, strings.Repeat(text.Char(a[1].Rune()), a[2].Int()))
			return a[0]
		}).
		Def("StringBuilder Append(string value, int startIndex, int count)", func(r *run, a []val) val {
			sb(a[0]).write(r, part(r, a[1].S, a[2].Int(), a[3].Int()))
			return a[0]
		}).
		Def("StringBuilder Append(char[] value)", func(r *run, a []val) val {
			sb(a[0]).write(r, charsToString(r, a[1]).S)
			return a[0]
		}).
		Def("StringBuilder Insert(int index, object value)", func(r *run, a []val) val {
			s := sb(a[0]).String(r)
			head := part(r, s, 0, a[1].Int())
			return set(r, a[0], head+value.Text(r, a[2])+s[len(head):])
		}).
		Def("StringBuilder Remove(int startIndex, int length)", func(r *run, a []val) val {
			s := sb(a[0]).String(r)
			cut := part(r, s, a[1].Int(), a[2].Int())
			at := text.Offset(s, a[1].Int())
			return set(r, a[0], s[:at]+s[at+len(cut):])
		}).
		Def("StringBuilder Replace(string oldValue, string newValue)", func(r *run, a []val) val {
			return set(r, a[0], replace(r, sb(a[0]).String(r), r.NeedStr(a[1], "oldValue"), a[2].S).S)
		}).
		Def("StringBuilder Replace(char oldChar, char newChar)", func(r *run, a []val) val {
			return set(r, a[0], replace(r, sb(a[0]).String(r), text.Char(a[1].Rune()), text.Char(a[2].Rune())).S)
		})
	for _, t := range []string{"string", "object", "char", "int", "long", "double", "decimal", "bool"} {
		d.Def("StringBuilder Append("+t+" value)", func(r *run, a []val) val {
			sb(a[0]).write(r, value.Text(r, a[1]))
			return a[0]
		})
	}
}
