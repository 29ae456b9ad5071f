package policy

import "net/url"

// setBackendService sends the call to a backend entity, or to another base URL
// than the API's.
func setBackendService() declaration {
	d := declaration{
		element: element{
			name:       "set-backend-service",
			attributes: []attribute{{name: "base-url"}, {name: "backend-id", kind: filled}},
			oneOf:      []string{"base-url", "backend-id"},
		},
		sections: Inbound | Backend,
		scopes:   everyScope,
		check:    checkSetBackendService,
		compile: func(c *compiler, e *Element) Action {
			return &setBackend{baseURL: c.value(e, "base-url", ""), entity: c.value(e, "backend-id", "")}
		},
	}
	for _, n := range []string{"sf-partition-key", "sf-replica-type", "sf-resolve-condition", "sf-service-instance-name", "sf-listener-name",
		"dapr-app-id", "dapr-method", "dapr-namespace"} {
		d.attributes = append(d.attributes, attribute{name: n, later: true})
	}
	return d
}

func checkSetBackendService(v *validator, e *Element) {
	value, both := e.Attr("base-url")
	if _, entity := e.Attr("backend-id"); entity && both {
		v.problem(e, "Only one of the attributes 'base-url' and 'backend-id' may be there.")
		return
	}
	if value == "" || isExpression(value) || hasNamedValue(value) {
		return
	}
	if u, err := url.Parse(value); err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		v.problem(e, "The attribute 'base-url' must be an absolute URL that begins with http:// or https://.")
	}
}

type setBackend struct{ baseURL, entity Value }

func (s *setBackend) Do(x *Exchange) error {
	base, err := s.baseURL.Text(x)
	if err != nil {
		return err
	}
	id, err := s.entity.Text(x)
	if err != nil {
		return err
	}
	if id == "" && base == "" {
		return &Error{Status: 500, Reason: "ExpressionValueEvaluationFailure", Detail: "The value names no backend."}
	}
	x.Backend.EntityID = id
	if base != "" {
		x.Backend.BaseURL = base
	}
	return nil
}
