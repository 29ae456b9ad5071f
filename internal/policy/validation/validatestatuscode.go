package validation

import (
	"fmt"
	"strconv"

	"portico/internal/policy"
	"portico/internal/policy/document"
)

// ValidateStatusCode checks that the operation's definition has the response's status.
func ValidateStatusCode() policy.Declaration {
	return policy.Declaration{
		Form: policy.Form{
			Name:       "validate-status-code",
			Attributes: []policy.Attribute{actionAttribute("unspecified-status-code-action", true), errorsVariable},
			Children: []policy.Form{{Name: "status-code", Attributes: []policy.Attribute{
				{Name: "code", Required: true, Kind: policy.Integer, Min: 100, Max: policy.MaxStatus, Literal: true},
				{Name: "action", Required: true, Kind: policy.Enumeration, Values: validationActions, Literal: true}}}},
		},
		Sections: policy.Outbound | policy.OnError,
		Scopes:   policy.EveryScope,
		Compile: func(c *policy.Builder, e *document.Element) policy.Action {
			return &validatingStatus{unspecified: c.Value(e, "unspecified-status-code-action", ""), variable: c.Value(e, "errors-variable-name", ""), own: ownActions(c, e, "code")}
		},
	}
}

type validatingStatus struct {
	unspecified, variable policy.Value
	own                   map[string]string
}

func (s *validatingStatus) Do(x *policy.Exchange) error {
	action, err := s.unspecified.Text(x)
	if err != nil {
		return err
	}
	if x.ResponseOf() != nil {
		return nil
	}
	code := strconv.Itoa(x.Response.Status)
	if own := s.own[code]; own != "" {
		action = own
	}
	v := &validating{}
	v.find(action, violation{Name: code, Type: "StatusCode", Rule: "Unspecified", Details: fmt.Sprintf("Response status code %s is not allowed.", code)})
	return v.finish(x, &s.variable)
}
