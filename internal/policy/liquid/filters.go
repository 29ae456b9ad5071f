package liquid

import (
	"html"
	"math"
	"net/url"
	"slices"
	"strings"
	"time"

	"portico/internal/policy/csharp/format"
)

// filter changes a value. Arguments that are missing are nil.
type filter func(r *run, v Value, arguments []Value) (Value, error)

// filters are DotLiquid's, by plainName.
var filters = map[string]filter{
	"abs": numeric(math.Abs), "ceil": whole(math.Ceil), "floor": whole(math.Floor), "round": round,
	"plus": arithmetic, "minus": minus, "times": times, "dividedby": dividedBy, "modulo": modulo, "atleast": atLeast, "atmost": atMost,
	"append": appended, "prepend": joined(func(s, a string) string { return a + s }),
	"capitalize": text(capitalize), "upcase": text(strings.ToUpper), "downcase": text(strings.ToLower),
	"escape": text(html.EscapeString), "h": text(html.EscapeString), "escapeonce": text(func(s string) string { return html.EscapeString(html.UnescapeString(s)) }),
	"lstrip": text(func(s string) string { return strings.TrimLeft(s, blanks) }), "rstrip": text(func(s string) string { return strings.TrimRight(s, blanks) }),
	"strip": text(strings.TrimSpace), "stripnewlines": text(strings.NewReplacer("\r\n", "", "\n", "", "\r", "").Replace),
	"newlinetobr": text(strings.NewReplacer("\r\n", "<br />\r\n", "\n", "<br />\n").Replace), "striphtml": text(stripHTML),
	"urlencode": text(url.QueryEscape), "urldecode": text(urlDecode),
	"remove": remove(-1), "removefirst": remove(1), "replace": replace(-1), "replacefirst": replace(1),
	"truncate": truncate, "truncatewords": truncateWords, "slice": slice, "split": split, "size": size, "default": fallback,
	"join": join, "first": end(0), "last": end(-1), "map": mapped, "sort": sorted, "uniq": uniq, "compact": compact, "reverse": reverse, "concat": concat,
	"date": dated, "currency": currency, "json": asJSON,
}

const blanks = " \t\r\n\v\f"

func argument(arguments []Value, i int) Value {
	if i < len(arguments) {
		return arguments[i]
	}
	return nil
}

func text(change func(string) string) filter {
	const growth = 6 // the most that any of them makes of a byte
	return func(r *run, v Value, _ []Value) (Value, error) {
		if v == nil {
			return nil, nil
		}
		s := Text(v)
		if err := r.charge(growth * len(s)); err != nil {
			return nil, err
		}
		return change(s), nil
	}
}

func joined(join func(s, a string) string) filter {
	return func(r *run, v Value, arguments []Value) (Value, error) {
		s, a := Text(v), Text(argument(arguments, 0))
		if err := r.charge(len(s) + len(a)); err != nil {
			return nil, err
		}
		return join(s, a), nil
	}
}

var appended = joined(func(s, a string) string { return s + a })

func capitalize(s string) string {
	r := []rune(s)
	if len(r) > 0 {
		return strings.ToUpper(string(r[:1])) + string(r[1:])
	}
	return s
}

func stripHTML(s string) string {
	var b strings.Builder
	for {
		open := strings.IndexByte(s, '<')
		end := strings.IndexByte(s[max(open, 0):], '>')
		if open < 0 || end < 0 {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(s[:open])
		s = s[open+end+1:]
	}
}

func urlDecode(s string) string {
	if plain, err := url.QueryUnescape(s); err == nil {
		return plain
	}
	return s
}

func replaced(r *run, v, from, to Value, n int) (Value, error) {
	s, old, new := Text(v), Text(from), Text(to)
	if v == nil || old == "" {
		return v, nil
	}
	count := strings.Count(s, old)
	if n >= 0 {
		count = min(count, n)
	}
	if err := r.charge(len(s) + count*max(0, len(new)-len(old))); err != nil {
		return nil, err
	}
	return strings.Replace(s, old, new, n), nil
}

func replace(n int) filter {
	return func(r *run, v Value, a []Value) (Value, error) {
		return replaced(r, v, argument(a, 0), argument(a, 1), n)
	}
}

func remove(n int) filter {
	return func(r *run, v Value, a []Value) (Value, error) { return replaced(r, v, argument(a, 0), nil, n) }
}

func truncate(_ *run, v Value, a []Value) (Value, error) {
	if v == nil {
		return nil, nil
	}
	n, ok := integer(argument(a, 0))
	if !ok {
		n = 50
	}
	tail := "..."
	if len(a) > 1 {
		tail = Text(a[1])
	}
	s := []rune(Text(v))
	if len(s) <= n {
		return string(s), nil
	}
	return string(s[:max(0, n-len([]rune(tail)))]) + tail, nil
}

func truncateWords(_ *run, v Value, a []Value) (Value, error) {
	if v == nil {
		return nil, nil
	}
	n, ok := integer(argument(a, 0))
	if !ok {
		n = 15
	}
	tail := "..."
	if len(a) > 1 {
		tail = Text(a[1])
	}
	words := strings.Fields(Text(v))
	if len(words) <= max(n, 0) {
		return strings.Join(words, " "), nil
	}
	return strings.Join(words[:max(n, 1)], " ") + tail, nil
}

func slice(_ *run, v Value, a []Value) (Value, error) {
	from, ok := integer(argument(a, 0))
	if !ok {
		return v, nil
	}
	n, ok := integer(argument(a, 1))
	if !ok {
		n = 1
	}
	bounds := func(length int) (int, int) {
		if from < 0 {
			from += length
		}
		from = min(max(from, 0), length)
		return from, min(from+max(n, 0), length)
	}
	if list, isList := v.(List); isList {
		i, j := bounds(len(list))
		return list[i:j], nil
	}
	s := []rune(Text(v))
	i, j := bounds(len(s))
	return string(s[i:j]), nil
}

func split(r *run, v Value, a []Value) (Value, error) {
	s, by := Text(v), Text(argument(a, 0))
	if s == "" {
		return List{}, nil
	}
	if err := r.charge(16 * (strings.Count(s, by) + 1)); err != nil {
		return nil, err
	}
	var list List
	for part := range strings.SplitSeq(s, by) {
		list = append(list, part)
	}
	return list, nil
}

func size(_ *run, v Value, _ []Value) (Value, error) {
	if n, ok := property(v, "size").(int64); ok {
		return n, nil
	}
	return int64(0), nil
}

func fallback(_ *run, v Value, a []Value) (Value, error) {
	if v == false || isEmpty(v) {
		return argument(a, 0), nil
	}
	return v, nil
}

// listOf gives a value as a list: one value is a list of one.
func listOf(v Value) List {
	switch v := v.(type) {
	case nil:
		return nil
	case List:
		return v
	}
	return List{v}
}

func join(r *run, v Value, a []Value) (Value, error) {
	by := " "
	if len(a) > 0 {
		by = Text(a[0])
	}
	var b strings.Builder
	for i, e := range listOf(v) {
		if i > 0 {
			b.WriteString(by)
		}
		b.WriteString(Text(e))
		if b.Len() > maxOutput {
			break
		}
	}
	return b.String(), r.charge(b.Len())
}

func end(i int) filter {
	return func(_ *run, v Value, _ []Value) (Value, error) {
		if s, ok := v.(string); ok {
			return s, nil
		}
		return property(v, int64(i)), nil
	}
}

// each makes a list of a list, and pays for it.
func each(r *run, v Value, change func(List) List) (Value, error) {
	list := listOf(v)
	if err := r.step(len(list)); err != nil {
		return nil, err
	}
	return change(list), nil
}

func mapped(r *run, v Value, a []Value) (Value, error) {
	return each(r, v, func(l List) List {
		out := make(List, len(l))
		for i := range l {
			out[i] = property(l[i], argument(a, 0))
		}
		return out
	})
}

func sorted(r *run, v Value, a []Value) (Value, error) {
	key := func(v Value) Value {
		if len(a) > 0 {
			return property(v, a[0])
		}
		return v
	}
	if err := r.step(16 * len(listOf(v))); err != nil {
		return nil, err
	}
	return each(r, v, func(l List) List {
		out := slices.Clone(l)
		slices.SortStableFunc(out, func(x, y Value) int {
			order, ok := compare(key(x), key(y))
			if !ok {
				order = strings.Compare(Text(key(x)), Text(key(y)))
			}
			return order
		})
		return out
	})
}

func uniq(r *run, v Value, _ []Value) (Value, error) {
	return each(r, v, func(l List) List {
		seen := map[string]bool{}
		var out List
		for _, e := range l {
			if key := string(appendJSON(nil, e)); !seen[key] {
				seen[key] = true
				out = append(out, e)
			}
		}
		return out
	})
}

func compact(r *run, v Value, _ []Value) (Value, error) {
	return each(r, v, func(l List) List {
		return slices.DeleteFunc(slices.Clone(l), func(e Value) bool { return e == nil })
	})
}

func reverse(r *run, v Value, _ []Value) (Value, error) {
	return each(r, v, func(l List) List {
		out := slices.Clone(l)
		slices.Reverse(out)
		return out
	})
}

func concat(r *run, v Value, a []Value) (Value, error) {
	return each(r, v, func(l List) List { return append(slices.Clone(l), listOf(argument(a, 0))...) })
}

func asJSON(r *run, v Value, _ []Value) (Value, error) {
	b := appendJSON(nil, v)
	return string(b), r.charge(len(b))
}

func numeric(change func(float64) float64) filter {
	return func(_ *run, v Value, _ []Value) (Value, error) {
		f, ok := number(v)
		if !ok {
			return int64(0), nil
		}
		return asNumber(change(f), isWhole(v)), nil
	}
}

func whole(change func(float64) float64) filter {
	return func(_ *run, v Value, _ []Value) (Value, error) {
		f, ok := number(v)
		if !ok {
			return nil, nil
		}
		return asNumber(change(f), true), nil
	}
}

func isWhole(v Value) bool {
	switch v := v.(type) {
	case int64:
		return true
	case string:
		return !strings.ContainsAny(v, ".eE")
	}
	return false
}

func asNumber(f float64, asWhole bool) Value {
	if asWhole && math.Abs(f) < 1<<62 {
		return int64(f)
	}
	return f
}

func round(_ *run, v Value, a []Value) (Value, error) {
	f, ok := number(v)
	if !ok {
		return nil, nil
	}
	places, _ := integer(argument(a, 0))
	places = min(max(places, 0), 15)
	if places == 0 {
		return asNumber(math.RoundToEven(f), true), nil
	}
	scale := math.Pow10(places)
	return math.RoundToEven(f*scale) / scale, nil
}

// both gives the operands of an operation, and whether the result is whole.
func both(v Value, a []Value) (x, y float64, asWhole, ok bool) {
	x, ok1 := number(v)
	y, ok2 := number(argument(a, 0))
	return x, y, isWhole(v) && isWhole(argument(a, 0)), ok1 && ok2
}

func arithmetic(r *run, v Value, a []Value) (Value, error) {
	if _, isText := v.(string); isText { // as + does in C#
		if _, isNumber := number(v); !isNumber {
			return appended(r, v, a)
		}
	}
	x, y, asWhole, ok := both(v, a)
	if !ok {
		return nil, nil
	}
	return asNumber(x+y, asWhole), nil
}

func minus(_ *run, v Value, a []Value) (Value, error) {
	x, y, asWhole, ok := both(v, a)
	if !ok {
		return nil, nil
	}
	return asNumber(x-y, asWhole), nil
}

func times(_ *run, v Value, a []Value) (Value, error) {
	x, y, asWhole, ok := both(v, a)
	if !ok {
		return nil, nil
	}
	return asNumber(x*y, asWhole), nil
}

func dividedBy(r *run, v Value, a []Value) (Value, error) {
	x, y, asWhole, ok := both(v, a)
	switch {
	case !ok:
		return nil, nil
	case y == 0:
		return nil, problem(r.line, "a number is divided by zero")
	case asWhole:
		return asNumber(math.Trunc(x/y), true), nil
	}
	return x / y, nil
}

func modulo(r *run, v Value, a []Value) (Value, error) {
	x, y, asWhole, ok := both(v, a)
	switch {
	case !ok:
		return nil, nil
	case y == 0:
		return nil, problem(r.line, "a number is divided by zero")
	}
	return asNumber(math.Mod(x, y), asWhole), nil
}

func atLeast(_ *run, v Value, a []Value) (Value, error) {
	x, y, asWhole, ok := both(v, a)
	if !ok {
		return v, nil
	}
	return asNumber(math.Max(x, y), asWhole), nil
}

func atMost(_ *run, v Value, a []Value) (Value, error) {
	x, y, asWhole, ok := both(v, a)
	if !ok {
		return v, nil
	}
	return asNumber(math.Min(x, y), asWhole), nil
}

// dated writes a date by a pattern of .NET's, or by strftime's where it has a percent sign.
func dated(_ *run, v Value, a []Value) (Value, error) {
	t, ok := v.(time.Time)
	if s, isText := v.(string); !ok && isText {
		if strings.EqualFold(s, "now") || strings.EqualFold(s, "today") {
			t, ok = time.Now().UTC(), true
		} else if m, err := format.ParseDate(s, time.Now().UTC()); err == nil {
			t, ok = format.Time(m.Ticks), true
		}
	}
	pattern := Text(argument(a, 0))
	if !ok || pattern == "" {
		return v, nil
	}
	if strings.Contains(pattern, "%") {
		return strftime(t, pattern), nil
	}
	return date(t, pattern), nil
}

// strftime writes the directives that templates use.
func strftime(t time.Time, pattern string) string {
	layouts := map[byte]string{'Y': "2006", 'y': "06", 'm': "01", 'd': "02", 'e': "_2", 'H': "15", 'I': "03", 'M': "04", 'S': "05", 'p': "PM",
		'a': "Mon", 'A': "Monday", 'b': "Jan", 'B': "January", 'j': "002", 'F': "2006-01-02", 'T': "15:04:05", 'D': "01/02/06", 'z': "-0700", 'Z': "MST", 'L': "000"}
	var b strings.Builder
	for i := 0; i < len(pattern); i++ {
		if pattern[i] != '%' || i+1 == len(pattern) {
			b.WriteByte(pattern[i])
			continue
		}
		i++
		switch layout, known := layouts[pattern[i]]; {
		case pattern[i] == '%':
			b.WriteByte('%')
		case known && layout == "000":
			b.WriteString(t.Format(".000")[1:])
		case known:
			b.WriteString(t.Format(layout))
		default:
			b.WriteString(pattern[i-1 : i+1])
		}
	}
	return b.String()
}

// currency writes an amount as the invariant culture does.
func currency(_ *run, v Value, _ []Value) (Value, error) {
	f, ok := number(v)
	if !ok {
		return v, nil
	}
	s, err := format.Float(f, 64, "C")
	if err != nil {
		return v, nil
	}
	return s, nil
}
