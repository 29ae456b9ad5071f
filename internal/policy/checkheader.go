package policy

import "strings"

// checkHeader refuses a request without a header, or with another value of it than those listed.
func checkHeader() declaration {
	return declaration{
		element: element{
			name: "check-header",
			attributes: []attribute{
				{name: "name", required: true, kind: headerName},
				{name: "failed-check-httpcode", required: true, kind: integer, min: minStatus, max: maxStatus},
				{name: "failed-check-error-message", required: true},
				{name: "ignore-case", required: true, kind: boolean},
			},
			children: []element{{name: "value", text: true}},
		},
		sections: Inbound,
		scopes:   everyScope,
		compile: func(c *compiler, e *Element) Action {
			h := &checkingHeader{name: c.value(e, "name", ""), status: c.value(e, "failed-check-httpcode", "401"),
				message: c.value(e, "failed-check-error-message", ""), ignoreCase: c.value(e, "ignore-case", "false")}
			for _, child := range e.Children {
				h.values = append(h.values, c.textValue(child))
			}
			return h
		},
	}
}

type checkingHeader struct {
	name, status, message, ignoreCase Value
	values                            []Value // none: any value will do
}

func (h *checkingHeader) Do(x *Exchange) error {
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

func (h *checkingHeader) allowed(x *Exchange, got string) (bool, error) {
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

func (h *checkingHeader) refuse(x *Exchange, reason, detail string) error {
	status, err := h.status.status(x)
	if err != nil {
		return err
	}
	message, err := h.message.Text(x)
	if err != nil {
		return err
	}
	return &Error{Status: status, Message: message, Reason: reason, Detail: detail}
}
