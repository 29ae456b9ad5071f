package transform

import (
	"net/url"
	"strings"

	"portico/internal/policy"
	"portico/internal/policy/document"
)

// SetQueryParameter sets, adds to, keeps or deletes a parameter of the query that the backend gets.
func SetQueryParameter() policy.Declaration {
	return policy.Declaration{
		Form: policy.Form{
			Name: "set-query-parameter",
			Attributes: []policy.Attribute{
				{Name: "name", Required: true, Kind: policy.Filled},
				{Name: "exists-action", Kind: policy.Enumeration, Values: []string{"override", "append", "skip", "delete"}},
			},
			Children: []policy.Form{{Name: "value", Text: true}},
		},
		Sections: policy.Inbound | policy.Backend,
		Scopes:   policy.EveryScope,
		Compile: func(c *policy.Builder, e *document.Element) policy.Action {
			s := &settingQuery{name: c.Value(e, "name", ""), exists: c.Value(e, "exists-action", "override")}
			for _, child := range e.Children {
				s.values = append(s.values, c.TextValue(child))
			}
			return s
		},
	}
}

type settingQuery struct {
	name, exists policy.Value
	values       []policy.Value
}

func (s *settingQuery) Do(x *policy.Exchange) error {
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
