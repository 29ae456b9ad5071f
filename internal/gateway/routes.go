package gateway

import (
	"slices"
	"strings"

	"portico/internal/catalog/urltemplate"
	"portico/internal/policy"
)

// maxCaptures is the number of parameters that a template's path may have.
const maxCaptures = 32

// node is a place in the tree of an API's URL templates: one level a path segment.
type node struct {
	literals  map[string]*node // by the segment's text in lower case
	compounds []*compound      // the one with the most literal text first
	parameter *node
	ends      []*operation // templates that end here
	rest      []*operation // templates whose "*" or "{*name}" stands here
}

// compound is a segment of literals and parameters side by side, such as "Products({id})".
type compound struct {
	parts []urltemplate.Part
	shape string // tells compounds apart
	text  int    // characters of literal text
	next  *node
}

// add puts an operation in its place.
func (n *node) add(o *operation) {
	for _, s := range o.template.Segments {
		if s.Rest {
			n.rest = append(n.rest, o)
			return
		}
		n = n.child(s)
	}
	n.ends = append(n.ends, o)
}

func (n *node) child(s urltemplate.Segment) *node {
	if len(s.Parts) == 1 && s.Parts[0].Parameter != "" {
		if n.parameter == nil {
			n.parameter = &node{}
		}
		return n.parameter
	}
	if !slices.ContainsFunc(s.Parts, func(p urltemplate.Part) bool { return p.Parameter != "" }) {
		text := ""
		if len(s.Parts) == 1 {
			text = strings.ToLower(s.Parts[0].Literal)
		}
		if n.literals == nil {
			n.literals = map[string]*node{}
		}
		if n.literals[text] == nil {
			n.literals[text] = &node{}
		}
		return n.literals[text]
	}
	return n.compound(s.Parts)
}

func (n *node) compound(parts []urltemplate.Part) *node {
	c := &compound{parts: parts, next: &node{}}
	for _, p := range parts {
		c.shape += strings.ToLower(p.Literal) + "\x00"
		c.text += len(p.Literal)
	}
	for _, have := range n.compounds {
		if have.shape == c.shape {
			return have.next
		}
	}
	n.compounds = append(n.compounds, c)
	slices.SortStableFunc(n.compounds, func(a, b *compound) int { return b.text - a.text })
	return c.next
}

// search is one walk through the tree.
type search struct {
	method   string
	query    string
	captures [maxCaptures]string // escaped, in the template's order
	buffer   [64]byte
	found    *operation
}

// find looks for the operation that answers path, which follows the API's
// suffix: "" or from its slash. At each segment a literal goes before a
// compound, before a parameter, before a catch-all; where the narrower one
// leads nowhere, the next is tried.
func (s *search) find(n *node, path string, captured int) bool {
	if path == "" || path == "/" {
		return s.end(n, path, captured)
	}
	segment, rest := path[1:], ""
	if i := strings.IndexByte(segment, '/'); i >= 0 {
		segment, rest = segment[:i], segment[i:]
	}
	if next := n.literals[string(s.lower(decoded(segment, false)))]; next != nil && s.find(next, rest, captured) {
		return true
	}
	for _, c := range n.compounds {
		if count, ok := s.matchParts(c.parts, segment, captured); ok && s.find(c.next, rest, captured+count) {
			return true
		}
	}
	if n.parameter != nil {
		s.captures[captured] = segment
		if s.find(n.parameter, rest, captured+1) {
			return true
		}
	}
	return s.catchAll(n, path, captured)
}

// end looks among the templates that end at n. A slash at the end of the path
// or of a template makes no difference unless there is a template for each.
func (s *search) end(n *node, path string, captured int) bool {
	slashed := n.literals[""]
	first, second := n, slashed
	if path == "/" {
		first, second = slashed, n
	}
	for _, at := range []*node{first, second} {
		if at != nil {
			if s.found = s.best(at.ends); s.found != nil {
				return true
			}
		}
	}
	return s.catchAll(n, path, captured)
}

func (s *search) catchAll(n *node, path string, captured int) bool {
	if len(n.rest) == 0 {
		return false
	}
	s.captures[captured] = strings.TrimPrefix(path, "/")
	s.found = s.best(n.rest)
	return s.found != nil
}

// best is the operation of the method whose query parameters are all there, the
// most of them; the first created where that is equal.
func (s *search) best(candidates []*operation) *operation {
	var best *operation
	for _, o := range candidates {
		if o.method == s.method && (best == nil || o.strictness > best.strictness) && s.hasQuery(o.template.Query) {
			best = o
		}
	}
	return best
}

func (s *search) hasQuery(parts []urltemplate.QueryPart) bool {
	for i := range parts {
		value, ok := queryValue(s.query, parts[i].Name)
		if !ok || parts[i].Parameter == "" && decoded(value, true) != parts[i].Literal {
			return false
		}
	}
	return true
}

// matchParts matches a compound segment; each parameter takes as little as it can.
func (s *search) matchParts(parts []urltemplate.Part, segment string, captured int) (count int, ok bool) {
	for i, p := range parts {
		if p.Parameter == "" {
			n, ok := prefixFold(segment, p.Literal)
			if !ok {
				return 0, false
			}
			segment = segment[n:]
			continue
		}
		end := len(segment)
		if i+1 < len(parts) {
			end = indexFold(segment, parts[i+1].Literal)
		}
		if end < 1 {
			return 0, false
		}
		s.captures[captured+count] = segment[:end]
		count++
		segment = segment[end:]
	}
	return count, segment == ""
}

// prefixFold tells how many bytes of an escaped text make up a literal at its beginning.
func prefixFold(escaped, literal string) (n int, ok bool) {
	for n <= len(escaped) {
		if d := decoded(escaped[:n], false); len(d) >= len(literal) {
			return n, strings.EqualFold(d, literal)
		}
		if n < len(escaped) && escaped[n] == '%' {
			n += 2
		}
		n++
	}
	return 0, false
}

// indexFold finds a literal in an escaped text, behind its first character.
func indexFold(escaped, literal string) int {
	for i := 1; i < len(escaped); i++ {
		if _, ok := prefixFold(escaped[i:], literal); ok && !splitsEscape(escaped, i) {
			return i
		}
	}
	return -1
}

func splitsEscape(s string, i int) bool {
	return s[i-1] == '%' || i > 1 && s[i-2] == '%'
}

// lower writes s in lower case into the search's buffer where it fits.
func (s *search) lower(text string) []byte { return appendLower(s.buffer[:0], text) }

// appendLower appends the lower-case form of s, ASCII without allocating.
func appendLower(b []byte, s string) []byte {
	for i := range len(s) {
		c := s[i]
		if c >= 0x80 {
			return append(b[:0], strings.ToLower(s)...)
		}
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		b = append(b, c)
	}
	return b
}

// queryValue finds a parameter's first value, escaped. Names compare without regard to case.
func queryValue(query, name string) (string, bool) {
	for query != "" {
		var pair string
		pair, query, _ = strings.Cut(query, "&")
		key, value, _ := strings.Cut(pair, "=")
		if len(key) >= len(name) && strings.EqualFold(decoded(key, true), name) {
			return value, true
		}
	}
	return "", false
}

// parameters lists what an operation's template matched.
func (s *search) parameters(o *operation, out []policy.Parameter) []policy.Parameter {
	for i, name := range o.captures {
		if name != "" {
			out = append(out, policy.Parameter{Name: name, Escaped: s.captures[i], Value: decoded(s.captures[i], false)})
		}
	}
	for _, q := range o.template.Query {
		if q.Parameter != "" {
			value, _ := queryValue(s.query, q.Name)
			out = append(out, policy.Parameter{Name: q.Parameter, Escaped: value, Value: decoded(value, true), InQuery: true, QueryName: q.Name})
		}
	}
	return out
}
