package policy

import "portico/internal/catalog"

// validateHeaders checks the response's headers against the operation's definition.
func validateHeaders() declaration {
	return declaration{
		element: element{
			name:       "validate-headers",
			attributes: []attribute{actionAttribute("specified-header-action", true), actionAttribute("unspecified-header-action", true), errorsVariable},
			children: []element{{name: "header", attributes: []attribute{
				{name: "name", required: true, kind: headerName, literal: true},
				{name: "action", required: true, kind: enumeration, values: validationActions, literal: true}}}},
		},
		sections: Outbound | OnError,
		scopes:   everyScope,
		compile: func(c *compiler, e *Element) Action {
			return &validatingHeaders{specified: c.value(e, "specified-header-action", ""), unspecified: c.value(e, "unspecified-header-action", ""),
				variable: c.value(e, "errors-variable-name", ""), own: c.actions(e, "name")}
		},
	}
}

// transportHeaders are not part of an API's definition: the transport needs
// them, or says with them what the body is.
var transportHeaders = []string{"Content-Type", "Content-Length", "Content-Encoding", "Transfer-Encoding", "Connection", "Date", "Server"}

type validatingHeaders struct {
	specified, unspecified, variable Value
	own                              map[string]string
}

func (h *validatingHeaders) Do(x *Exchange) error {
	check := parameterCheck{kind: "ResponseHeader", word: "header", own: h.own, exempt: transportHeaders}
	var err error
	if check.specified, err = h.specified.Text(x); err != nil {
		return err
	}
	if check.unspecified, err = h.unspecified.Text(x); err != nil {
		return err
	}
	var defined []catalog.Parameter
	if r := x.responseOf(); r != nil {
		defined = r.Headers
	}
	v := &validating{}
	check.run(v, defined, headersGiven(x.Response.Headers))
	return v.finish(x, &h.variable)
}

func headersGiven(h Headers) []given {
	out := make([]given, len(h))
	for i, line := range h {
		out[i] = given{line.Name, line.Value}
	}
	return out
}
