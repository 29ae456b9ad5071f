package gateway

import (
	"strings"

	"portico/internal/access"
	"portico/internal/policy"
)

// identify is the second station: it finds the subscription that the call's key
// belongs to, decides whether it may call this API, and in which product's
// context (apim.md 1.5 and 2.2). A key that is sent must be right, whether or
// not the API needs one.
func (g *Gateway) identify(x *policy.Exchange, r *route) error {
	key := x.Request.Headers.Get(r.api.header)
	if key == "" && !x.Request.Headers.Has(r.api.header) {
		if v, ok := queryValue(x.Request.RawQuery, r.api.query); ok {
			key = decoded(v, true)
		}
	}
	var p *product
	switch {
	case key != "":
		s := r.snapshot.keys.get(access.HashKey(g.config.Keeper, key))
		if s == nil || !s.mayCall(r.api) || r.snapshot.barred[s.owner] {
			return r.denied(x, "SubscriptionKeyInvalid", "Access denied due to invalid subscription key. Make sure to provide a valid key for an active subscription.", "")
		}
		x.Subscription, x.SubscriptionKey, p = &s.Subscription, key, r.api.in[s.product]
		if s.owner != "" {
			x.User = r.snapshot.users[s.owner]
		}
	case r.api.open != nil:
		p = r.api.open
	case r.api.props.NeedsSubscription():
		const missing = "Access denied due to missing subscription key. Make sure to include subscription key when making requests to "
		return r.denied(x, "SubscriptionKeyNotFound", missing+"an API.", missing+"this API.")
	}
	if p != nil {
		x.ProductID, x.Product, x.Contents = p.id, p.props, r.snapshot
	}
	r.program = r.operation.chain.program(p)
	return nil
}

// mayCall tells whether a subscription is active and its scope holds the API.
func (s *subscriber) mayCall(a *api) bool {
	if s.State != access.Active {
		return false
	}
	return strings.EqualFold(s.ID, access.MasterSubscription) || s.AllAPIs() || s.api != "" && strings.EqualFold(s.api, a.id) ||
		s.product != "" && a.in[s.product] != nil
}

// denied is the 401 of a missing or wrong key.
func (r *route) denied(x *policy.Exchange, reason, message, detail string) error {
	challenge := `AzureApiManagementKey realm="` + x.Request.Scheme + "://" + x.Request.Host + r.api.suffix + `",name="` + r.api.header + `",type="header"`
	return &policy.Error{Status: 401, Message: message, Detail: detail, Source: "authorization", Reason: reason, Section: "inbound",
		Headers: policy.Headers{{Name: "WWW-Authenticate", Value: challenge}}}
}
