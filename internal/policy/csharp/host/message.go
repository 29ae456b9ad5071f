package host

import (
	"net/url"
	"strings"
	"time"

	"portico/internal/policy/csharp/bcl"
	"portico/internal/policy/csharp/collections"
	"portico/internal/policy/csharp/format"
	"portico/internal/policy/csharp/text"
	"portico/internal/policy/csharp/value"
)

// request is a Request as an expression sees it.
type request struct {
	Request
	headers *lists
}

// Type is IRequest.
func (*request) Type() *value.Type { return requestType }

// response is a Response as an expression sees it.
type response struct {
	Response
	headers *lists
}

// Type is IResponse.
func (*response) Type() *value.Type { return responseType }

// seenRequest gives the request, the same as last time where it is the same.
func (c *Call) seenRequest() val {
	if c.Request == nil {
		return value.Null
	}
	switch {
	case c.request == nil:
		c.firstRequest = request{Request: c.Request}
		c.request = &c.firstRequest
	case c.request.Request != c.Request:
		c.request = &request{Request: c.Request}
	}
	return value.Ref(c.request)
}

func (c *Call) seenResponse() val {
	if c.Response == nil {
		return value.Null
	}
	switch {
	case c.response == nil:
		c.firstResponse = response{Response: c.Response}
		c.response = &c.firstResponse
	case c.response.Response != c.Response:
		c.response = &response{Response: c.Response}
	}
	return value.Ref(c.response)
}

func (c *Call) seenVariables() val {
	if c.variables == nil {
		c.variables = &variables{noVariables{}}
		if c.Variables != nil {
			c.variables.Variables = c.Variables
		}
	}
	return value.Ref(c.variables)
}

// headersOf gives the headers of a message, kept in seen.
func headersOf(m Message, seen **lists) val {
	if *seen == nil {
		*seen = &lists{linesOf(m.Headers())}
	}
	return value.Ref(*seen)
}

// ResponseValue makes the IResponse that a variable holds after send-request.
func ResponseValue(r Response) value.Value {
	if r == nil {
		return value.Null
	}
	return value.Ref(&response{Response: r})
}

// ResponseOf gives the Response behind such a value, or nil.
func ResponseOf(v value.Value) Response {
	if r, ok := v.R.(*response); ok {
		return r.Response
	}
	return nil
}

// fromGo makes a Value of what Variables gave.
func fromGo(v any) val {
	switch v := v.(type) {
	case nil:
		return value.Null
	case value.Value:
		return v
	case string:
		return value.Str(v)
	case bool:
		return value.Bool(v)
	case int:
		return value.Int(v)
	case int64:
		return value.Long(v)
	case float64:
		return value.Float(v)
	case []byte:
		return value.ByteSlice(v)
	case time.Time:
		return bcl.DateTimeOf(v)
	case Response:
		return ResponseValue(v)
	case value.Object:
		return value.Ref(v)
	}
	return value.Null
}

// The dictionaries of the tree: headers and query by name without regard to
// case with a list of values, template parameters with one, variables as objects.
var (
	readOnly, _, keyValue = collections.Dictionaries()
	listsType             = value.Make(readOnly, value.String, value.ArrayOf(value.String))
	textsType             = value.Make(readOnly, value.String, value.String)
	variablesType         = value.Make(readOnly, value.String, value.Obj)
)

// lists is a dictionary of name to values over Lines.
type lists struct{ Lines }

func (*lists) Type() *value.Type { return listsType }

// sameName compares names of headers and parameters.
func sameName(a, b string) bool { return len(a) == len(b) && strings.EqualFold(a, b) }

// first gives the first value of a name; more tells that there are others.
func (l *lists) first(name string) (v string, ok, more bool) {
	for i, n := 0, l.Lines.Len(); i < n; i++ {
		k, x := l.At(i)
		if !sameName(k, name) {
			continue
		}
		if ok {
			return v, true, true
		}
		v, ok = x, true
	}
	return v, ok, false
}

// joined gives all values of a name with commas between.
func (l *lists) joined(name string) (string, bool) {
	v, ok, more := l.first(name)
	if !more {
		return v, ok
	}
	return strings.Join(l.values(name), ","), true
}

func (l *lists) values(name string) (out []string) {
	for i, n := 0, l.Lines.Len(); i < n; i++ {
		if k, x := l.At(i); sameName(k, name) {
			out = append(out, x)
		}
	}
	return out
}

// Find is the indexer.
func (l *lists) Find(r *run, k val) (val, bool) {
	v := l.values(r.NeedStr(k, "key"))
	return value.Strings(v), v != nil
}

// Len is the number of names.
func (l *lists) Len() int {
	n := 0
	l.Each(func(_, _ val) { n++ })
	return n
}

// Each walks the names in the order they came.
func (l *lists) Each(f func(k, v val)) {
	seen := map[string]bool{}
	for i, n := 0, l.Lines.Len(); i < n; i++ {
		k, _ := l.At(i)
		if low := strings.ToLower(k); !seen[low] {
			seen[low] = true
			f(value.Str(k), value.Strings(l.values(k)))
		}
	}
}

// Iter walks the entries.
func (l *lists) Iter(r *run) value.Iterator { return entries(r, l, value.ArrayOf(value.String)) }

// texts is a dictionary of name to value over Lines.
type texts struct{ Lines }

func (*texts) Type() *value.Type { return textsType }

// Find is the indexer.
func (t *texts) Find(r *run, k val) (val, bool) {
	v, ok, _ := (&lists{t.Lines}).first(r.NeedStr(k, "key"))
	if !ok {
		return value.Null, false
	}
	return value.Str(v), true
}

// Each walks the parameters.
func (t *texts) Each(f func(k, v val)) {
	for i, n := 0, t.Lines.Len(); i < n; i++ {
		k, v := t.At(i)
		f(value.Str(k), value.Str(v))
	}
}

// Iter walks the entries.
func (t *texts) Iter(r *run) value.Iterator { return entries(r, t, value.String) }

// variables is the dictionary of the call's variables.
type variables struct{ Variables }

func (*variables) Type() *value.Type { return variablesType }

// Find is the indexer.
func (v *variables) Find(r *run, k val) (val, bool) {
	x, ok := v.Get(r.NeedStr(k, "key"))
	return fromGo(x), ok
}

// Len is the number of variables.
func (v *variables) Len() int { return len(v.Names()) }

// Each walks the variables.
func (v *variables) Each(f func(k, v val)) {
	for _, n := range v.Names() {
		x, _ := v.Get(n)
		f(value.Str(n), fromGo(x))
	}
}

// Iter walks the entries.
func (v *variables) Iter(r *run) value.Iterator { return entries(r, v, value.Obj) }

func entries(r *run, m collections.Map, elem *value.Type) value.Iterator {
	t := value.Make(keyValue, value.String, elem)
	var items []val
	m.Each(func(k, v val) { items = append(items, collections.NewPair(r, t, k, v)) })
	return value.Items(items)
}

// String writes the address with a port that is not the scheme's own.
func (u *URL) String(*run) string {
	s := u.Scheme + "://" + u.Host
	if u.Port != 0 && !(u.Scheme == "http" && u.Port == 80 || u.Scheme == "https" && u.Port == 443) {
		s += ":" + value.NumText(value.Int(u.Port), value.Int32)
	}
	s += u.Path
	if u.RawQuery != "" {
		s += "?" + u.RawQuery
	}
	return s
}

func (u *URL) port() int {
	switch {
	case u.Port != 0:
		return u.Port
	case u.Scheme == "https":
		return 443
	}
	return 80
}

// pairs are decoded parameters of a query or a form.
type pairs []struct{ name, value string }

func (p pairs) Len() int                      { return len(p) }
func (p pairs) At(i int) (name, value string) { return p[i].name, p[i].value }

// parsePairs reads a=b&c=d.
func parsePairs(r *run, s string) pairs {
	var out pairs
	for s != "" {
		var part string
		part, s, _ = strings.Cut(s, "&")
		if part == "" {
			continue
		}
		r.Spend(48)
		k, v, _ := strings.Cut(part, "=")
		out = append(out, struct{ name, value string }{decoded(k), decoded(v)})
	}
	return out
}

func decoded(s string) string {
	if !strings.ContainsAny(s, "%+") {
		return s
	}
	if d, err := url.QueryUnescape(s); err == nil {
		return text.Valid(d)
	}
	return s
}

func date(t time.Time) val {
	return bcl.DateTime(format.TicksOf(t.UTC()), format.UTC)
}
