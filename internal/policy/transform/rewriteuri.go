package transform

import (
	"net/url"
	"slices"
	"strings"

	"portico/internal/policy"
	"portico/internal/policy/document"
)

// RewriteURI makes the path and query that the backend gets from a template.
func RewriteURI() policy.Declaration {
	return policy.Declaration{
		Form: policy.Form{
			Name: "rewrite-uri",
			Attributes: []policy.Attribute{
				{Name: "template", Required: true},
				{Name: "copy-unmatched-params", Kind: policy.Boolean},
			},
		},
		Sections: policy.Inbound,
		Scopes:   policy.EveryScope,
		Check:    checkRewriteURI,
		Compile:  compileRewriteURI,
	}
}

func checkRewriteURI(v *policy.Validator, e *document.Element) {
	value, _ := e.Attr("template")
	if document.IsExpression(value) || policy.HasNamedValue(value) {
		return
	}
	if _, _, why := parseTemplate(value); why != "" {
		v.Problem(e, "The attribute 'template' is not valid: %s.", why)
	}
}

func compileRewriteURI(c *policy.Builder, e *document.Element) policy.Action {
	r := &rewriting{template: c.Value(e, "template", ""), copyUnmatched: c.Value(e, "copy-unmatched-params", "true")}
	if template, ok := r.template.IsLiteral(); ok {
		r.fixed, _ = newRewrite(template) // the validator has accepted it
	}
	return r
}

// piece is a literal, or the value of a template parameter.
type piece struct{ literal, parameter string }

// parseTemplate cuts a template into the pieces of its path and of its query.
func parseTemplate(s string) (path, query []piece, why string) {
	if strings.Contains(s, "://") {
		return nil, nil, "it must be a path, without scheme and host"
	}
	if !strings.HasPrefix(s, "/") {
		s = "/" + s
	}
	p, q, _ := strings.Cut(s, "?")
	if path, why = parsePieces(p); why == "" {
		query, why = parsePieces(q)
	}
	return path, query, why
}

func parsePieces(s string) (pieces []piece, why string) {
	for s != "" {
		open := strings.IndexAny(s, "{}")
		if open < 0 {
			return append(pieces, piece{literal: escapeLiteral(s)}), ""
		}
		if open > 0 {
			pieces = append(pieces, piece{literal: escapeLiteral(s[:open])})
		}
		end := strings.IndexByte(s[open:], '}')
		if s[open] == '}' || end < 0 {
			return nil, "its braces do not match"
		}
		name := strings.TrimPrefix(s[open+1:open+end], "*")
		if name == "" || strings.ContainsAny(name, "{") {
			return nil, "a parameter has no name"
		}
		pieces = append(pieces, piece{parameter: name})
		s = s[open+end+1:]
	}
	return pieces, ""
}

// escapeLiteral escapes what cannot stand in a URL and leaves escapes alone.
func escapeLiteral(s string) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		bare := c == '%' && (len(s) < i+3 || !isHex(s[i+1]) || !isHex(s[i+2]))
		if bare || c <= ' ' || c >= 0x7f || strings.IndexByte(`"<>\^`+"`{|}#", c) >= 0 {
			const hex = "0123456789ABCDEF"
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f'
}

type rewriting struct {
	template      policy.Value
	fixed         *rewrite // of a literal template
	copyUnmatched policy.Value
}

// rewrite is a parsed template.
type rewrite struct {
	path, query []piece
	names       []string // of the query parameters in the template
}

func newRewrite(template string) (r *rewrite, why string) {
	r = &rewrite{}
	if r.path, r.query, why = parseTemplate(template); why != "" {
		return nil, why
	}
	_, query, _ := strings.Cut(template, "?")
	for pair := range strings.SplitSeq(query, "&") {
		name, _, _ := strings.Cut(pair, "=")
		r.names = append(r.names, name)
	}
	return r, ""
}

func (r *rewriting) Do(x *policy.Exchange) error {
	to := r.fixed
	if to == nil {
		template, err := r.template.Text(x)
		if err != nil {
			return err
		}
		why := ""
		if to, why = newRewrite(template); why != "" {
			return policy.ValueError("the template %q is not valid: %s", policy.Short(template), why)
		}
	}
	copyUnmatched, err := r.copyUnmatched.Bool(x)
	if err != nil {
		return err
	}
	path, err := to.pathOf(x)
	if err != nil {
		return err
	}
	if copyUnmatched && len(to.query) == 0 && !slices.ContainsFunc(x.Matched, func(m policy.Parameter) bool { return m.InQuery }) {
		x.Backend.Path = path // the query stays as it is
		return nil
	}
	var query strings.Builder
	if err := write(&query, to.query, x, true); err != nil {
		return err
	}
	if copyUnmatched {
		for pair := range strings.SplitSeq(x.Backend.RawQuery, "&") {
			if pair != "" && !to.has(x, pair) {
				if query.Len() > 0 {
					query.WriteByte('&')
				}
				query.WriteString(pair)
			}
		}
	}
	x.Backend.Path, x.Backend.RawQuery = path, query.String()
	return nil
}

func (r *rewrite) pathOf(x *policy.Exchange) (string, error) {
	if len(r.path) == 1 && r.path[0].parameter == "" {
		return r.path[0].literal, nil
	}
	var b strings.Builder
	err := write(&b, r.path, x, false)
	return b.String(), err
}

func write(b *strings.Builder, pieces []piece, x *policy.Exchange, query bool) error {
	for _, p := range pieces {
		if p.parameter == "" {
			b.WriteString(p.literal)
			continue
		}
		m, ok := x.Parameter(p.parameter)
		switch {
		case !ok:
			return policy.ValueError("the operation's URL template has no parameter '%s'", p.parameter)
		case query:
			b.WriteString(url.QueryEscape(m.Value))
		case m.InQuery:
			b.WriteString(url.PathEscape(m.Value))
		default:
			b.WriteString(m.Escaped)
		}
	}
	return nil
}

// has tells whether a pair of the query belongs to the operation's URL template or to the rewrite's.
func (r *rewrite) has(x *policy.Exchange, pair string) bool {
	name, _, _ := strings.Cut(pair, "=")
	if plain, err := url.QueryUnescape(name); err == nil {
		name = plain
	}
	for _, m := range x.Matched {
		if m.InQuery && strings.EqualFold(m.QueryName, name) {
			return true
		}
	}
	return policy.ContainsFold(r.names, name)
}
