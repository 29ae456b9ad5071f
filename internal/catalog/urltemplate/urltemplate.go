// Package urltemplate reads the URL templates of operations (contracts apim.md,
// section 2.1): path segments, parameters, and the query parameters that a call must have.
package urltemplate

import (
	"fmt"
	"net/url"
	"strings"
)

// Template is an operation's URL template, parsed: path segments and the query
// parameters that a call must have (apim.md 2.1).
type Template struct {
	Segments []Segment
	Query    []QueryPart
}

// Segment is one path segment: parts that stand side by side, or everything that is left.
type Segment struct {
	Parts []Part
	// Rest catches this segment and all after it, none too: "*" or "{*name}". Only the last segment may.
	Rest bool
	// Name is the parameter of "{*name}", "" for "*".
	Name string
}

// Part is literal text, unescaped, or a parameter; one of the two is "".
type Part struct {
	Literal   string
	Parameter string
}

// QueryPart is one query parameter that a call must have: with any value, which
// becomes Parameter, or with exactly the value Literal where Parameter is "".
// Names compare without regard to case.
type QueryPart struct {
	Name      string
	Literal   string
	Parameter string
}

// Parse reads a URL template such as "/jobs/{id}/start?api-version={v}".
// The error is one sentence for the user.
func Parse(text string) (Template, error) {
	path, query, hasQuery := strings.Cut(text, "?")
	var t Template
	seen := map[string]bool{}
	parts := strings.Split(strings.TrimPrefix(path, "/"), "/")
	if path == "" || path == "/" {
		parts = nil
	}
	for i, raw := range parts {
		s, err := parseSegment(raw)
		if err != nil {
			return Template{}, err
		}
		if s.Rest && i < len(parts)-1 {
			return Template{}, fmt.Errorf("%q catches all that is left, so it must stand in the last segment of the path", raw)
		}
		t.Segments = append(t.Segments, s)
	}
	if hasQuery {
		var err error
		if t.Query, err = parseQuery(query); err != nil {
			return Template{}, err
		}
	}
	for _, name := range t.Parameters() {
		key := strings.ToLower(name)
		if seen[key] {
			return Template{}, fmt.Errorf("the parameter {%s} stands twice in the template: give each its own name", name)
		}
		seen[key] = true
	}
	return t, nil
}

func parseSegment(raw string) (Segment, error) {
	if raw == "*" {
		return Segment{Rest: true}, nil
	}
	if inner, ok := strings.CutPrefix(raw, "{*"); ok {
		name, ok := strings.CutSuffix(inner, "}")
		if !ok || checkParameterName(name) != nil {
			return Segment{}, fmt.Errorf("%q is not a catch-all parameter: write {*name} as a whole segment", raw)
		}
		return Segment{Rest: true, Name: name}, nil
	}
	var s Segment
	for rest := raw; rest != ""; {
		literal, after, found := strings.Cut(rest, "{")
		if literal != "" {
			text, err := parseLiteral(literal)
			if err != nil {
				return Segment{}, err
			}
			s.Parts = append(s.Parts, Part{Literal: text})
		}
		if !found {
			break
		}
		name, next, closed := strings.Cut(after, "}")
		if !closed {
			return Segment{}, fmt.Errorf("the brace before %q is not closed", after)
		}
		if err := checkParameterName(name); err != nil {
			return Segment{}, err
		}
		if n := len(s.Parts); n > 0 && s.Parts[n-1].Parameter != "" {
			return Segment{}, fmt.Errorf("{%s} follows {%s} with nothing between them, so the two cannot be told apart", name, s.Parts[n-1].Parameter)
		}
		s.Parts = append(s.Parts, Part{Parameter: name})
		rest = next
	}
	if len(s.Parts) == 1 && (s.Parts[0].Literal == "." || s.Parts[0].Literal == "..") {
		return Segment{}, fmt.Errorf("the segment %q never reaches an operation", s.Parts[0].Literal)
	}
	return s, nil
}

func parseLiteral(text string) (string, error) {
	if i := strings.IndexAny(text, "}*#\\"); i >= 0 {
		return "", fmt.Errorf("the character %q cannot stand in a template's path outside a parameter", text[i:i+1])
	}
	literal, err := url.PathUnescape(text)
	if err != nil {
		return "", fmt.Errorf("%q holds a percent sign that is no escape", text)
	}
	return literal, nil
}

func parseQuery(query string) ([]QueryPart, error) {
	var parts []QueryPart
	seen := map[string]bool{}
	for pair := range strings.SplitSeq(query, "&") {
		rawName, rawValue, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(rawName)
		if err != nil || name == "" || strings.ContainsAny(name, "{}*") {
			return nil, fmt.Errorf("%q is not a query parameter: write name={parameter}", pair)
		}
		if key := strings.ToLower(name); seen[key] {
			return nil, fmt.Errorf("the query parameter %q stands twice in the template", name)
		} else {
			seen[key] = true
		}
		part := QueryPart{Name: name}
		if inner, ok := strings.CutPrefix(rawValue, "{"); ok {
			parameter, ok := strings.CutSuffix(inner, "}")
			if !ok || checkParameterName(parameter) != nil {
				return nil, fmt.Errorf("%q is not a query parameter: write name={parameter}", pair)
			}
			part.Parameter = parameter
		} else if part.Literal, err = url.QueryUnescape(rawValue); err != nil || strings.ContainsAny(rawValue, "{}*") {
			return nil, fmt.Errorf("%q is not a query parameter: its value must be one parameter or plain text", pair)
		}
		parts = append(parts, part)
	}
	return parts, nil
}

func checkParameterName(name string) error {
	if name == "" || len(name) > 100 || strings.ContainsAny(name, "{}*/?&=#\\ \t\r\n") {
		return fmt.Errorf("{%s} is not a parameter: its name must be 1 to 100 characters without spaces and without { } * / ? & = # \\", name)
	}
	return nil
}

// Parameters lists the names of all parameters, in the template's order.
func (t Template) Parameters() []string {
	var names []string
	for _, s := range t.Segments {
		if s.Name != "" {
			names = append(names, s.Name)
		}
		for _, p := range s.Parts {
			if p.Parameter != "" {
				names = append(names, p.Parameter)
			}
		}
	}
	for _, q := range t.Query {
		if q.Parameter != "" {
			names = append(names, q.Parameter)
		}
	}
	return names
}

// Shape is the template without the names of its parameters: two operations of
// one method and one shape would answer the same calls.
func (t Template) Shape() string {
	var b strings.Builder
	for _, s := range t.Segments {
		b.WriteByte('/')
		if s.Rest {
			b.WriteByte('*')
		}
		for _, p := range s.Parts {
			if p.Parameter != "" {
				b.WriteString("{}")
			} else {
				b.WriteString(url.PathEscape(strings.ToLower(p.Literal)))
			}
		}
	}
	query := make(url.Values, len(t.Query))
	for _, q := range t.Query {
		value := q.Literal
		if q.Parameter != "" {
			value = "{}"
		}
		query.Set(strings.ToLower(q.Name), value)
	}
	if len(query) > 0 {
		b.WriteString("?" + query.Encode())
	}
	return b.String()
}
