package policy

import "net/url"

// setBackendService sends the call to another base URL than the API's.
func setBackendService() declaration {
	d := declaration{
		element: element{
			name:       "set-backend-service",
			attributes: []attribute{{name: "base-url", kind: filled}, {name: "backend-id", kind: filled}},
			oneOf:      []string{"base-url", "backend-id"},
		},
		sections: Inbound | Backend,
		scopes:   everyScope,
		check:    checkSetBackendService,
		compile: func(c *compiler, e *Element) Action {
			return &setBackend{baseURL: c.value(e, "base-url", "")}
		},
	}
	for _, n := range []string{"sf-partition-key", "sf-replica-type", "sf-resolve-condition", "sf-service-instance-name", "sf-listener-name",
		"dapr-app-id", "dapr-method", "dapr-namespace"} {
		d.attributes = append(d.attributes, attribute{name: n, later: true})
	}
	return d
}

func checkSetBackendService(v *validator, e *Element) {
	if _, ok := e.Attr("backend-id"); ok {
		v.problem(e, "The attribute 'backend-id' is not offered yet: name the backend's address with 'base-url'.")
		return
	}
	value, _ := e.Attr("base-url")
	if value == "" || isExpression(value) || hasNamedValue(value) {
		return
	}
	if u, err := url.Parse(value); err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		v.problem(e, "The attribute 'base-url' must be an absolute URL that begins with http:// or https://.")
	}
}

type setBackend struct{ baseURL Value }

func (s *setBackend) Do(x *Exchange) error {
	base, err := s.baseURL.Text(x)
	if err != nil {
		return err
	}
	x.Backend.BaseURL = base
	return nil
}
