package policy

import (
	"net/url"
	"strings"
)

// setQueryParameter sets, adds to, keeps or deletes a parameter of the query that the backend gets.
func setQueryParameter() declaration {
	return declaration{
		element: element{
			name: "set-query-parameter",
			attributes: []attribute{
				{name: "name", required: true, kind: filled},
				{name: "exists-action", kind: enumeration, values: []string{"override", "append", "skip", "delete"}},
			},
			children: []element{{name: "value", text: true}},
		},
		sections: Inbound | Backend,
		scopes:   everyScope,
		compile: func(c *compiler, e *Element) Action {
			s := &settingQuery{name: c.value(e, "name", ""), exists: c.value(e, "exists-action", "override")}
			for _, child := range e.Children {
				s.values = append(s.values, c.textValue(child))
			}
			return s
		},
	}
}

type settingQuery struct {
	name, exists Value
	values       []Value
}

func (s *settingQuery) Do(x *Exchange) error {
	name, err := s.name.Text(x)
	if err != nil {
		return err
	}
	exists, err := s.exists.Text(x)
	if err != nil {
		return err
	}
	rest, there := withoutParameter(x.Backend.RawQuery, name)
	switch {
	case exists == "delete":
		x.Backend.RawQuery = rest
		return nil
	case exists == "skip" && there:
		return nil
	case exists == "append":
		rest = x.Backend.RawQuery
	}
	for _, v := range s.values {
		text, err := v.Text(x)
		if err != nil {
			return err
		}
		if rest != "" {
			rest += "&"
		}
		rest += url.QueryEscape(name) + "=" + url.QueryEscape(text)
	}
	x.Backend.RawQuery = rest
	return nil
}

// withoutParameter cuts every pair of that name out of a query. Names compare
// without regard to case, as the gateway matches them.
func withoutParameter(query, name string) (rest string, there bool) {
	var kept []string
	for pair := range strings.SplitSeq(query, "&") {
		key, _, _ := strings.Cut(pair, "=")
		if plain, err := url.QueryUnescape(key); err == nil {
			key = plain
		}
		if pair != "" && strings.EqualFold(key, name) {
			there = true
		} else if pair != "" {
			kept = append(kept, pair)
		}
	}
	return strings.Join(kept, "&"), there
}
