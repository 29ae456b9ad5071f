package validation

import (
	"portico/internal/catalog"
	"portico/internal/policy"
	"portico/internal/policy/document"
)

// ValidateHeaders checks the response's headers against the operation's definition.
func ValidateHeaders() policy.Declaration {
	return policy.Declaration{
		Form: policy.Form{
			Name:       "validate-headers",
			Attributes: []policy.Attribute{actionAttribute("specified-header-action", true), actionAttribute("unspecified-header-action", true), errorsVariable},
			Children: []policy.Form{{Name: "header", Attributes: []policy.Attribute{
				{Name: "name", Required: true, Kind: policy.HeaderName, Literal: true},
				{Name: "action", Required: true, Kind: policy.Enumeration, Values: validationActions, Literal: true}}}},
		},
		Sections: policy.Outbound | policy.OnError,
		Scopes:   policy.EveryScope,
		Compile: func(c *policy.Builder, e *document.Element) policy.Action {
			return &validatingHeaders{specified: c.Value(e, "specified-header-action", ""), unspecified: c.Value(e, "unspecified-header-action", ""),
				variable: c.Value(e, "errors-variable-name", ""), own: ownActions(c, e, "name")}
		},
	}
}

// transportHeaders are not part of an API's definition: the transport needs
// them, or says with them what the body is.
var transportHeaders = []string{"Content-Type", "Content-Length", "Content-Encoding", "Transfer-Encoding", "Connection", "Date", "Server"}

type validatingHeaders struct {
	specified, unspecified, variable policy.Value
	own                              map[string]string
}

func (h *validatingHeaders) Do(x *policy.Exchange) error {
	check := parameterCheck{kind: "ResponseHeader", word: "header", own: h.own, exempt: transportHeaders}
	var err error
	if check.specified, err = h.specified.Text(x); err != nil {
		return err
	}
	if check.unspecified, err = h.unspecified.Text(x); err != nil {
		return err
	}
	var defined []catalog.Parameter
	if r := x.ResponseOf(); r != nil {
		defined = r.Headers
	}
	v := &validating{}
	check.run(v, defined, headersGiven(x.Response.Headers))
	return v.finish(x, &h.variable)
}

func headersGiven(h policy.Headers) []given {
	out := make([]given, len(h))
	for i, line := range h {
		out[i] = given{line.Name, line.Value}
	}
	return out
}
