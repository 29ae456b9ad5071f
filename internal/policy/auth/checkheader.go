package auth

import (
	"strings"

	"portico/internal/policy"
	"portico/internal/policy/document"
)

// CheckHeader refuses a request without a header, or with another value of it than those listed.
func CheckHeader() policy.Declaration {
	return policy.Declaration{
		Form: policy.Form{
			Name: "check-header",
			Attributes: []policy.Attribute{
				{Name: "name", Required: true, Kind: policy.HeaderName},
				{Name: "failed-check-httpcode", Required: true, Kind: policy.Integer, Min: policy.MinStatus, Max: policy.MaxStatus},
				{Name: "failed-check-error-message"},
				{Name: "ignore-case", Kind: policy.Boolean},
			},
			Children: []policy.Form{{Name: "value", Text: true}},
		},
		Sections: policy.Inbound,
		Scopes:   policy.EveryScope,
		Compile: func(c *policy.Builder, e *document.Element) policy.Action {
			h := &checkingHeader{name: c.Value(e, "name", ""), status: c.Value(e, "failed-check-httpcode", "401"),
				message: c.Value(e, "failed-check-error-message", ""), ignoreCase: c.Value(e, "ignore-case", "false")}
			for _, child := range e.Children {
				h.values = append(h.values, c.TextValue(child))
			}
			return h
		},
	}
}

type checkingHeader struct {
	name, status, message, ignoreCase policy.Value
	values                            []policy.Value // none: any value will do
}

func (h *checkingHeader) Do(x *policy.Exchange) error {
	name, err := h.name.Text(x)
	if err != nil {
		return err
	}
	if !x.Request.Headers.Has(name) {
		return h.refuse(x, "HeaderNotFound", "Header "+name+" was not found in the request. Access denied.")
	}
	if len(h.values) == 0 {
		return nil
	}
	allowed, err := h.allowed(x, strings.Join(x.Request.Headers.Values(name), ","))
	if err != nil || allowed {
		return err
	}
	return h.refuse(x, "HeaderValueNotAllowed", "Header "+name+" value of "+x.Request.Headers.Get(name)+" is not allowed. Access denied.")
}

func (h *checkingHeader) allowed(x *policy.Exchange, got string) (bool, error) {
	ignoreCase, err := h.ignoreCase.Bool(x)
	if err != nil {
		return false, err
	}
	for _, v := range h.values {
		want, err := v.Text(x)
		if err != nil {
			return false, err
		}
		if got == want || ignoreCase && strings.EqualFold(got, want) {
			return true, nil
		}
	}
	return false, nil
}

func (h *checkingHeader) refuse(x *policy.Exchange, reason, detail string) error {
	status, err := h.status.Status(x)
	if err != nil {
		return err
	}
	message, err := h.message.Text(x)
	if err != nil {
		return err
	}
	return &policy.Error{Status: status, Message: message, Reason: reason, Detail: detail}
}
