package policy

import (
	"fmt"
	"strconv"
)

// validateStatusCode checks that the operation's definition has the response's status.
func validateStatusCode() declaration {
	return declaration{
		element: element{
			name:       "validate-status-code",
			attributes: []attribute{actionAttribute("unspecified-status-code-action", true), errorsVariable},
			children: []element{{name: "status-code", attributes: []attribute{
				{name: "code", required: true, kind: integer, min: 100, max: maxStatus, literal: true},
				{name: "action", required: true, kind: enumeration, values: validationActions, literal: true}}}},
		},
		sections: Outbound | OnError,
		scopes:   everyScope,
		compile: func(c *compiler, e *Element) Action {
			return &validatingStatus{unspecified: c.value(e, "unspecified-status-code-action", ""), variable: c.value(e, "errors-variable-name", ""), own: c.actions(e, "code")}
		},
	}
}

type validatingStatus struct {
	unspecified, variable Value
	own                   map[string]string
}

func (s *validatingStatus) Do(x *Exchange) error {
	action, err := s.unspecified.Text(x)
	if err != nil {
		return err
	}
	if x.responseOf() != nil {
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
