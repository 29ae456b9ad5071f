package validation

import (
	"net/url"
	"slices"
	"strings"

	"portico/internal/catalog"
	"portico/internal/policy"
	"portico/internal/policy/document"
)

// ValidateParameters checks the request's headers, query and path against the
// operation's definition.
func ValidateParameters() policy.Declaration {
	both := []policy.Attribute{actionAttribute("specified-parameter-action", false), actionAttribute("unspecified-parameter-action", false)}
	one := []policy.Form{{Name: "parameter", Attributes: []policy.Attribute{
		{Name: "name", Required: true, Kind: policy.Filled, Literal: true},
		{Name: "action", Required: true, Kind: policy.Enumeration, Values: validationActions, Literal: true}}}}
	return policy.Declaration{
		Form: policy.Form{
			Name:       "validate-parameters",
			Attributes: []policy.Attribute{actionAttribute("specified-parameter-action", true), actionAttribute("unspecified-parameter-action", true), errorsVariable},
			Children: []policy.Form{
				{Name: "headers", Attributes: both, Children: one},
				{Name: "query", Attributes: both, Children: one},
				{Name: "path", Attributes: both[:1], Children: one},
			},
		},
		Sections: policy.Inbound,
		Scopes:   policy.EveryScope,
		Compile:  compileValidateParameters,
	}
}

func compileValidateParameters(c *policy.Builder, e *document.Element) policy.Action {
	p := &validatingParameters{variable: c.Value(e, "errors-variable-name", ""), parts: map[string]*validatedPart{}}
	for _, name := range []string{"headers", "query", "path"} {
		part := &validatedPart{specified: c.Value(e, "specified-parameter-action", ""), unspecified: c.Value(e, "unspecified-parameter-action", "")}
		for _, child := range e.Children {
			if child.Name != name {
				continue
			}
			part.own = ownActions(c, child, "name")
			if _, there := child.Attr("specified-parameter-action"); there {
				part.specified = c.Value(child, "specified-parameter-action", "")
			}
			if _, there := child.Attr("unspecified-parameter-action"); there {
				part.unspecified = c.Value(child, "unspecified-parameter-action", "")
			}
		}
		p.parts[name] = part
	}
	return p
}

type validatingParameters struct {
	variable policy.Value
	parts    map[string]*validatedPart
}

// validatedPart is what is done about one part of the request.
type validatedPart struct {
	specified, unspecified policy.Value
	own                    map[string]string
}

func (p *validatedPart) check(x *policy.Exchange, c parameterCheck) (parameterCheck, error) {
	var err error
	if c.specified, err = p.specified.Text(x); err != nil {
		return c, err
	}
	c.unspecified, err = p.unspecified.Text(x)
	c.own = p.own
	return c, err
}

func (p *validatingParameters) Do(x *policy.Exchange) error {
	v := &validating{request: true}
	request := x.Operation.Request
	if request == nil {
		request = &catalog.Request{}
	}
	headers, err := p.parts["headers"].check(x, parameterCheck{kind: "RequestHeader", word: "header", exempt: gatewayHeaders(x)})
	if err != nil {
		return err
	}
	headers.run(v, request.Headers, headersGiven(x.Request.Headers))

	query, err := p.parts["query"].check(x, parameterCheck{kind: "QueryParameter", word: "query parameter", exempt: []string{x.API.KeyQuery()}})
	if err != nil {
		return err
	}
	defined := slices.Clone(request.QueryParameters)
	path, err := p.parts["path"].check(x, parameterCheck{kind: "PathParameter", word: "path parameter"})
	if err != nil {
		return err
	}
	var pathDefined []catalog.Parameter
	var pathGiven []given
	for _, m := range x.Matched {
		var definition *catalog.Parameter
		for i := range x.Operation.TemplateParameters {
			if t := &x.Operation.TemplateParameters[i]; strings.EqualFold(t.Name, m.Name) {
				definition = t
			}
		}
		if definition == nil {
			definition = &catalog.Parameter{Name: m.Name}
		}
		if m.InQuery {
			d := *definition
			d.Name = m.QueryName
			defined = append(defined, d)
			continue
		}
		pathDefined, pathGiven = append(pathDefined, *definition), append(pathGiven, given{m.Name, m.Value})
	}
	query.run(v, defined, queryGiven(x.Request.RawQuery))
	path.run(v, pathDefined, pathGiven)
	return v.finish(x, &p.variable)
}

// gatewayHeaders are the request's headers that are no business of the API's definition.
func gatewayHeaders(x *policy.Exchange) []string {
	key := catalog.DefaultKeyHeader
	if n := x.API.KeyNames; n != nil && n.Header != "" {
		key = n.Header
	}
	return append([]string{"Host", "User-Agent", "Accept", "Accept-Encoding", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "Traceparent", key}, transportHeaders...)
}

func queryGiven(query string) []given {
	var out []given
	for pair := range strings.SplitSeq(query, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		if plain, err := url.QueryUnescape(name); err == nil {
			name = plain
		}
		if plain, err := url.QueryUnescape(value); err == nil {
			value = plain
		}
		out = append(out, given{name, value})
	}
	return out
}
