package routing

import (
	"net/url"
	"slices"

	"portico/internal/policy"
	"portico/internal/policy/document"
)

// SetBackendService sends the call to a backend entity, or to another base URL
// than the API's.
func SetBackendService() policy.Declaration {
	d := policy.Declaration{
		Form: policy.Form{
			Name:       "set-backend-service",
			Attributes: []policy.Attribute{{Name: "base-url"}, {Name: "backend-id", Kind: policy.Filled}},
			OneOf:      []string{"base-url", "backend-id"},
		},
		Sections: policy.Inbound | policy.Backend,
		Scopes:   policy.EveryScope,
		Check:    checkSetBackendService,
		Compile: func(c *policy.Builder, e *document.Element) policy.Action {
			return &setBackend{baseURL: c.Value(e, "base-url", ""), entity: c.Value(e, "backend-id", "")}
		},
	}
	for _, n := range []string{"sf-partition-key", "sf-replica-type", "sf-resolve-condition", "sf-service-instance-name", "sf-listener-name",
		"dapr-app-id", "dapr-method", "dapr-namespace"} {
		d.Attributes = append(d.Attributes, policy.Attribute{Name: n, Later: true})
	}
	return d
}

func checkSetBackendService(v *policy.Validator, e *document.Element) {
	value, both := e.Attr("base-url")
	if _, entity := e.Attr("backend-id"); entity && both {
		v.Problem(e, "Only one of the attributes 'base-url' and 'backend-id' may be there.")
		return
	}
	if value == "" || document.IsExpression(value) || policy.HasNamedValue(value) {
		return
	}
	if u, err := url.Parse(value); err != nil || u.Host == "" || !slices.Contains([]string{"http", "https", "ws", "wss"}, u.Scheme) {
		v.Problem(e, "The attribute 'base-url' must be an absolute URL that begins with http:// or https://, or ws:// or wss:// for a WebSocket API.")
	}
}

type setBackend struct{ baseURL, entity policy.Value }

func (s *setBackend) Do(x *policy.Exchange) error {
	base, err := s.baseURL.Text(x)
	if err != nil {
		return err
	}
	id, err := s.entity.Text(x)
	if err != nil {
		return err
	}
	if id == "" && base == "" {
		return &policy.Error{Status: 500, Reason: "ExpressionValueEvaluationFailure", Detail: "The value names no backend."}
	}
	x.Backend.EntityID = id
	if base != "" {
		x.Backend.BaseURL = base
	}
	return nil
}
