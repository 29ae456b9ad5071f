package xml

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// What an XPath gives.
const (
	isItems byte = iota
	isText
	isNumber
	isBool
)

// result is what an XPath gives: items in the order of the document, a text, a number or a bool.
type result struct {
	kind  byte
	items []item
	s     string
	f     float64
	b     bool
}

func boolResult(b bool) result { return result{kind: isBool, b: b} }

func numberResult(f float64) result { return result{kind: isNumber, f: f} }

func textResult(s string) result { return result{kind: isText, s: s} }

// bool is the result as a condition.
func (x result) bool() bool {
	switch x.kind {
	case isItems:
		return len(x.items) > 0
	case isText:
		return x.s != ""
	case isNumber:
		return x.f != 0 && !math.IsNaN(x.f)
	}
	return x.b
}

// texts are the values that a comparison looks at.
func (x result) texts(r *run) []string {
	if x.kind != isItems {
		return []string{x.text(r)}
	}
	out := make([]string, len(x.items))
	for i, it := range x.items {
		out[i] = it.text(r)
	}
	return out
}

// text is the result as a string: the first item's.
func (x result) text(r *run) string {
	switch x.kind {
	case isItems:
		if len(x.items) == 0 {
			return ""
		}
		return x.items[0].text(r)
	case isText:
		return x.s
	case isNumber:
		return strconv.FormatFloat(x.f, 'g', -1, 64)
	}
	return strconv.FormatBool(x.b)
}

// holds compares as XPath 1.0 has it: a list of items by each of its values.
func holds(r *run, op string, x, y result) bool {
	if x.kind == isBool || y.kind == isBool {
		return (x.bool() == y.bool()) == (op == "=")
	}
	numbers := x.kind == isNumber || y.kind == isNumber || op != "=" && op != "!="
	for _, a := range x.texts(r) {
		for _, b := range y.texts(r) {
			r.Step(1)
			if !numbers {
				if (a == b) == (op == "=") {
					return true
				}
				continue
			}
			f, g := toNumber(a), toNumber(b)
			if op == "=" && f == g || op == "!=" && f != g || op == "<" && f < g || op == ">" && f > g || op == "<=" && f <= g || op == ">=" && f >= g {
				return true
			}
		}
	}
	return false
}

func toNumber(s string) float64 {
	f, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err != nil {
		return math.NaN()
	}
	return f
}

func (it item) text(r *run) string {
	if it.a != nil {
		return it.a.text
	}
	if it.n == nil {
		return ""
	}
	return it.n.content(r)
}

func (it item) name() name {
	switch {
	case it.a != nil:
		return it.a.name
	case it.n != nil:
		return it.n.name
	}
	return name{}
}

// parent is the node above; nil at the top.
func (it item) parent() *node {
	if it.a != nil {
		return it.a.up
	}
	return it.n.up
}

// top is the document, or what stands in its place.
func (it item) top() item {
	n := it.n
	if it.a != nil {
		n = it.a.up
	}
	for n != nil && n.up != nil {
		n = n.up
	}
	return item{n: n}
}

// qualified is the name as it is written: with the prefix that stands for its namespace.
func (it item) qualified() string {
	nm := it.name()
	if p := prefixAt(it, nm.ns); p != "" {
		return p + ":" + nm.local
	}
	return nm.local
}

// prefixAt finds the prefix of a namespace where an item stands; "" is none.
func prefixAt(it item, uri string) string {
	if uri == "" {
		return ""
	}
	if uri == xmlURI {
		return "xml"
	}
	n := it.n
	if it.a != nil {
		n = it.a.up
	}
	for ; n != nil; n = n.up {
		for _, a := range n.attrs {
			switch {
			case a.text != uri || a.name.ns != xmlnsURI:
			case a.name.local != "xmlns":
				return a.name.local
			case it.a == nil:
				return "" // the namespace of elements without a prefix
			}
		}
	}
	return ""
}

// pathFunctions are XPath's functions. What they are given has been evaluated.
var pathFunctions = map[string]func(r *run, at position, in []result) result{
	"last":     func(_ *run, at position, _ []result) result { return numberResult(float64(at.last)) },
	"position": func(_ *run, at position, _ []result) result { return numberResult(float64(at.at)) },
	"count": func(_ *run, _ position, in []result) result {
		n := 0
		for _, x := range in {
			n += len(x.items)
		}
		return numberResult(float64(n))
	},
	"sum": func(r *run, _ position, in []result) result {
		total := 0.0
		for _, x := range in {
			for _, s := range x.texts(r) {
				total += toNumber(s)
			}
		}
		return numberResult(total)
	},
	"name":          func(_ *run, at position, in []result) result { return textResult(named(at, in).qualified()) },
	"local-name":    func(_ *run, at position, in []result) result { return textResult(named(at, in).name().local) },
	"namespace-uri": func(_ *run, at position, in []result) result { return textResult(named(at, in).name().ns) },
	"string":        func(r *run, at position, in []result) result { return textResult(argument(r, at, in, 0)) },
	"number":        func(r *run, at position, in []result) result { return numberResult(toNumber(argument(r, at, in, 0))) },
	"string-length": func(r *run, at position, in []result) result {
		return numberResult(float64(len([]rune(argument(r, at, in, 0)))))
	},
	"normalize-space": func(r *run, at position, in []result) result {
		return textResult(strings.Join(strings.Fields(argument(r, at, in, 0)), " "))
	},
	"contains": func(r *run, at position, in []result) result {
		return boolResult(strings.Contains(argument(r, at, in, 0), argument(r, at, in, 1)))
	},
	"starts-with": func(r *run, at position, in []result) result {
		return boolResult(strings.HasPrefix(argument(r, at, in, 0), argument(r, at, in, 1)))
	},
	"concat": func(r *run, at position, in []result) result {
		var b strings.Builder
		for i := range in {
			s := argument(r, at, in, i)
			r.Spend(len(s))
			b.WriteString(s)
		}
		return textResult(b.String())
	},
	"not":     func(_ *run, _ position, in []result) result { return boolResult(!slices.ContainsFunc(in, result.bool)) },
	"boolean": func(_ *run, _ position, in []result) result { return boolResult(slices.ContainsFunc(in, result.bool)) },
	"true":    func(*run, position, []result) result { return boolResult(true) },
	"false":   func(*run, position, []result) result { return boolResult(false) },
}

// argument is argument i as text, or the item's text where there is none.
func argument(r *run, at position, in []result, i int) string {
	if i < len(in) {
		return in[i].text(r)
	}
	return at.item.text(r)
}

// named is the item whose name is asked for: the first of the argument's, or that of the context.
func named(at position, in []result) item {
	switch {
	case len(in) == 0:
		return at.item
	case len(in[0].items) == 0:
		return item{}
	}
	return in[0].items[0]
}
