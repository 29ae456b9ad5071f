package bcl

import (
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/dlclark/regexp2/v2"

	"portico/internal/policy/csharp/text"
	"portico/internal/policy/csharp/value"
)

// regexTimeout stops a pattern that backtracks without end.
const regexTimeout = time.Second

// The types of System.Text.RegularExpressions.
var (
	regexType    = rx("Regex")
	matchType    = value.NewClass("System.Text.RegularExpressions", "Match", groupType)
	groupType    = value.NewClass("System.Text.RegularExpressions", "Group", captureType)
	captureType  = rx("Capture")
	matches      = value.NewClass("System.Text.RegularExpressions", "MatchCollection", nil, value.Make(value.IEnumerable, matchType))
	groups       = value.NewClass("System.Text.RegularExpressions", "GroupCollection", nil, value.Make(value.IEnumerable, groupType))
	captures     = value.NewClass("System.Text.RegularExpressions", "CaptureCollection", nil, value.Make(value.IEnumerable, captureType))
	regexOptions = value.NewFlags("System.Text.RegularExpressions", "RegexOptions", "None", "IgnoreCase", "Multiline", "ExplicitCapture",
		"Compiled", "Singleline", "IgnorePatternWhitespace", "RightToLeft", "", "ECMAScript", "CultureInvariant")
)

func rx(name string) *value.Type { return value.NewClass("System.Text.RegularExpressions", name, nil) }

// regex is a Regex.
type regex struct {
	re      *regexp2.Regexp
	pattern string
	options int64
}

func (*regex) Type() *value.Type          { return regexType }
func (x *regex) String(*value.Run) string { return x.pattern }

// capture is a Capture, Group or Match: part of a text.
type capture struct {
	t      *value.Type
	input  string
	text   string
	index  int // of a UTF-16 unit
	ok     bool
	name   string
	caps   []val
	groups []val // of a match, the whole first
	match  *regexp2.Match
	re     *regex
}

func (c *capture) Type() *value.Type        { return c.t }
func (c *capture) String(*value.Run) string { return c.text }

// collection is a MatchCollection, GroupCollection or CaptureCollection.
type collection struct {
	t     *value.Type
	items []val
}

func (c *collection) Type() *value.Type              { return c.t }
func (c *collection) Len() int                       { return len(c.items) }
func (c *collection) Iter(*value.Run) value.Iterator { return value.Items(c.items) }

// patterns keeps compiled patterns, because expressions name the same ones in every call.
type patterns struct {
	mu   sync.Mutex
	kept map[patternKey]*regex
}

type patternKey struct {
	pattern string
	options int64
}

// maxPatterns is how many are kept; then all are forgotten.
const maxPatterns = 500

func (p *patterns) compile(r *run, pattern val, options int64) *regex {
	key := patternKey{r.NeedStr(pattern, "pattern"), options}
	p.mu.Lock()
	x := p.kept[key]
	p.mu.Unlock()
	if x != nil {
		return x
	}
	if len(key.pattern) > 10000 {
		r.Throw(value.ExArgument, "parsing \"%.40s…\" - The pattern is longer than 10000 characters.", key.pattern)
	}
	r.Spend(len(key.pattern) * 200)
	re, err := regexp2.Compile(key.pattern, regexp2.RegexOptions(options&^(8|512)))
	if err != nil {
		r.Throw(value.ExArgument, "parsing \"%s\" - %s", key.pattern, strings.TrimPrefix(err.Error(), "error parsing regexp: "))
	}
	re.MatchTimeout = regexTimeout
	x = &regex{re, key.pattern, options}
	p.mu.Lock()
	if len(p.kept) >= maxPatterns {
		clear(p.kept)
	}
	p.kept[key] = x
	p.mu.Unlock()
	return x
}

// failed turns the engine's error into an exception.
func failed(r *run, err error) {
	switch {
	case err == nil:
	case errors.Is(err, regexp2.ErrBacktrackingStackLimit), strings.Contains(err.Error(), "timeout"):
		r.Throw(value.ExRegexTimeout, "The RegEx engine has timed out while trying to match a pattern to an input string. This can occur for many reasons, including very large inputs or excessive backtracking caused by nested quantifiers, back-references and other factors.")
	default:
		r.Throw(value.ExArgument, "%s", err.Error())
	}
}

// input charges for a search through s.
func input(r *run, s val) string {
	t := r.NeedStr(s, "input")
	r.Spend(4 * len(t))
	return t
}

func (x *regex) newMatch(r *run, s string, m *regexp2.Match) val {
	if m == nil {
		return value.Ref(&capture{t: matchType, re: x})
	}
	ascii := text.ASCII(s)
	place := func(c *regexp2.Capture) (string, int) {
		from, n := c.ByteRange()
		if ascii {
			return s[from : from+n], from
		}
		return s[from : from+n], text.Len(s[:from])
	}
	r.Alloc(200)
	out := &capture{t: matchType, input: s, ok: true, match: m, re: x}
	out.text, out.index = place(&m.Capture)
	for _, g := range m.Groups() {
		r.Alloc(200)
		gc := &capture{t: groupType, name: g.Name, ok: len(g.Captures) > 0, input: s}
		for i := range g.Captures {
			c := &capture{t: captureType}
			c.text, c.index = place(&g.Captures[i])
			gc.text, gc.index = c.text, c.index
			gc.caps = append(gc.caps, value.Ref(c))
		}
		out.groups = append(out.groups, value.Ref(gc))
	}
	out.caps = out.groups[0].R.(*capture).caps
	return value.Ref(out)
}

func (x *regex) find(r *run, s string) val {
	m, err := x.re.FindStringMatch(s)
	failed(r, err)
	return x.newMatch(r, s, m)
}

func (x *regex) all(r *run, s string) val {
	out := &collection{t: matches}
	m, err := x.re.FindStringMatch(s)
	for ; m != nil && err == nil; m, err = x.re.FindNextMatch(m) {
		r.Step(4)
		out.items = append(out.items, x.newMatch(r, s, m))
	}
	failed(r, err)
	return value.Ref(out)
}

func (x *regex) isMatch(r *run, s string) val {
	ok, err := x.re.MatchString(s)
	failed(r, err)
	return value.Bool(ok)
}

// replaceText replaces by a pattern with $1 and ${name}; the size of the result is charged as it grows.
func (x *regex) replaceText(r *run, s, by string, count int) val {
	if !strings.Contains(by, "$") {
		return x.replaceFunc(r, s, count, func(*regexp2.Match) string { return by })
	}
	out, err := x.re.Replace(s, by, -1, count)
	failed(r, err)
	return made(r, out)
}

func (x *regex) replaceFunc(r *run, s string, count int, f func(m *regexp2.Match) string) val {
	out, err := x.re.ReplaceFunc(s, func(m regexp2.Match) string {
		t := f(&m)
		r.Spend(len(t))
		return t
	}, -1, count)
	failed(r, err)
	return made(r, out)
}

func (x *regex) split(r *run, s string, count int) val {
	var parts []string
	at := 0
	m, err := x.re.FindStringMatch(s)
	for ; m != nil && err == nil && (count <= 0 || len(parts) < count-1); m, err = x.re.FindNextMatch(m) {
		r.Spend(48)
		from, n := m.ByteRange()
		parts = append(parts, s[at:from])
		for i, g := range m.Groups() {
			if i > 0 && len(g.Captures) > 0 {
				parts = append(parts, g.String())
			}
		}
		at = from + n
	}
	failed(r, err)
	return value.Strings(append(parts, s[at:]))
}

func declareRegex(l *value.Library) {
	cache := &patterns{kept: map[patternKey]*regex{}}
	own := func(v val) *regex { x, _ := v.R.(*regex); return x }
	opt := func(a []val, i int) int64 {
		if len(a) > i {
			return a[i].N
		}
		return 0
	}
	// each operation exists as a static method with the pattern, and as an instance method
	d := l.Add(regexType)
	add := func(ret, name, more string, body func(r *run, x *regex, s string, rest []val) val, extra int) {
		static := func(options bool) value.Native {
			return func(r *run, a []val) val {
				o := int64(0)
				if options {
					o = opt(a, 2+extra)
				}
				return body(r, cache.compile(r, a[1], o), input(r, a[0]), a[2:2+extra])
			}
		}
		d.Def("static "+ret+" "+name+"(string input, string pattern"+more+")", static(false)).
			Def("static "+ret+" "+name+"(string input, string pattern"+more+", RegexOptions options)", static(true)).
			Def("static "+ret+" "+name+"(string input, string pattern"+more+", RegexOptions options, TimeSpan matchTimeout)", static(true)).
			Def(ret+" "+name+"(string input"+more+")", func(r *run, a []val) val { return body(r, own(a[0]), input(r, a[1]), a[2:]) })
	}
	add("bool", "IsMatch", "", func(r *run, x *regex, s string, _ []val) val { return x.isMatch(r, s) }, 0)
	add("Match", "Match", "", func(r *run, x *regex, s string, _ []val) val { return x.find(r, s) }, 0)
	add("MatchCollection", "Matches", "", func(r *run, x *regex, s string, _ []val) val { return x.all(r, s) }, 0)
	add("string[]", "Split", "", func(r *run, x *regex, s string, _ []val) val { return x.split(r, s, -1) }, 0)
	add("string", "Replace", ", string replacement", func(r *run, x *regex, s string, rest []val) val {
		return x.replaceText(r, s, r.NeedStr(rest[0], "replacement"), -1)
	}, 1)
	add("string", "Replace", ", Func<Match, string> evaluator", func(r *run, x *regex, s string, rest []val) val {
		f := rest[0]
		return x.replaceFunc(r, s, -1, func(m *regexp2.Match) string { return r.Apply(f, x.newMatch(r, s, m)).S })
	}, 1)
	d.Def("string Replace(string input, string replacement, int count)", func(r *run, a []val) val {
		return own(a[0]).replaceText(r, input(r, a[1]), a[2].S, a[3].Int())
	}).
		Def("string[] Split(string input, int count)", func(r *run, a []val) val { return own(a[0]).split(r, input(r, a[1]), a[2].Int()) })
	build := func(r *run, a []val) val { return value.Ref(cache.compile(r, a[0], opt(a, 1))) }
	d.Def("new(string pattern)", build).Def("new(string pattern, RegexOptions options)", build).
		Def("new(string pattern, RegexOptions options, TimeSpan matchTimeout)", build).
		Def("static string Escape(string str)", func(r *run, a []val) val { return made(r, escapePattern(r.NeedStr(a[0], "str"))) }).
		Def("static string Unescape(string str)", func(r *run, a []val) val {
			s, err := regexp2.Unescape(r.NeedStr(a[0], "str"))
			failed(r, err)
			return made(r, s)
		}).
		Def("RegexOptions Options", func(_ *run, a []val) val { return value.Of(regexOptions, own(a[0]).options) }).
		Def("string[] GetGroupNames()", func(_ *run, a []val) val { return value.Strings(own(a[0]).re.GetGroupNames()) })
	declareMatches(l)
}

// escapePattern puts a backslash before what has a meaning in a pattern.
func escapePattern(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; c {
		case '\\', '*', '+', '?', '|', '{', '[', '(', ')', '^', '$', '.', '#', ' ':
			b.WriteByte('\\')
			b.WriteByte(c)
		case '\t':
			b.WriteString(`\t`)
		case '\n':
			b.WriteString(`\n`)
		case '\r':
			b.WriteString(`\r`)
		case '\f':
			b.WriteString(`\f`)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

func declareMatches(l *value.Library) {
	c := func(v val) *capture { x, _ := v.R.(*capture); return x }
	l.Add(captureType).
		Def("string Value", func(_ *run, a []val) val { return value.Str(c(a[0]).text) }).
		Def("int Index", func(_ *run, a []val) val { return value.Int(c(a[0]).index) }).
		Def("int Length", func(_ *run, a []val) val { return value.Int(text.Len(c(a[0]).text)) })
	l.Add(groupType).
		Def("bool Success", func(_ *run, a []val) val { return value.Bool(c(a[0]).ok) }).
		Def("string Name", func(_ *run, a []val) val { return value.Str(c(a[0]).name) }).
		Def("CaptureCollection Captures", func(_ *run, a []val) val { return value.Ref(&collection{captures, c(a[0]).caps}) })
	l.Add(matchType).
		Def("GroupCollection Groups", func(_ *run, a []val) val { return value.Ref(&collection{groups, c(a[0]).groups}) }).
		Def("Match NextMatch()", func(r *run, a []val) val {
			m := c(a[0])
			if m.match == nil {
				return a[0]
			}
			n, err := m.re.re.FindNextMatch(m.match)
			failed(r, err)
			return m.re.newMatch(r, m.input, n)
		}).
		Def("string Result(string replacement)", func(r *run, a []val) val {
			m := c(a[0])
			if m.match == nil {
				r.Throw(value.ExNotSupported, "Result cannot be called on a failed Match.")
			}
			var b strings.Builder
			s := a[1].S
			for i := 0; i < len(s); i++ {
				if s[i] == '$' && i+1 < len(s) && s[i+1] >= '0' && s[i+1] <= '9' {
					if n := int(s[i+1] - '0'); n < len(m.groups) {
						b.WriteString(c(m.groups[n]).text)
					}
					i++
					continue
				}
				b.WriteByte(s[i])
			}
			return made(r, b.String())
		})
	for _, t := range []*value.Type{matches, groups, captures} {
		elem := map[*value.Type]string{matches: "Match", groups: "Group", captures: "Capture"}[t]
		items := func(v val) []val { return v.R.(*collection).items }
		d := l.Add(t).
			Def("int Count", func(_ *run, a []val) val { return value.Int(len(items(a[0]))) }).
			Def(elem+" this[int index]", func(r *run, a []val) val {
				if n := a[1].N; n >= 0 && n < int64(len(items(a[0]))) {
					return items(a[0])[n]
				}
				if t == groups {
					return value.Ref(&capture{t: groupType})
				}
				r.ThrowRange("i")
				return value.Null
			})
		if t == groups {
			d.Def("Group this[string groupname]", func(_ *run, a []val) val {
				for _, g := range items(a[0]) {
					if c(g).name == a[1].S {
						return g
					}
				}
				return value.Ref(&capture{t: groupType})
			})
		}
	}
}
