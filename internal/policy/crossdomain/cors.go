package crossdomain

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"portico/internal/policy"
	"portico/internal/policy/document"
)

// CORS lets browsers call the API from pages of other origins. It answers
// preflight requests by itself (Program.Preflight); on the other calls it adds
// headers to whatever response there will be.
func CORS() policy.Declaration {
	list := func(name, child string, attributes ...policy.Attribute) policy.Form {
		return policy.Form{Name: name, Attributes: attributes, Children: []policy.Form{{Name: child, Text: true}}}
	}
	return policy.Declaration{
		Form: policy.Form{
			Name:       "cors",
			Attributes: []policy.Attribute{{Name: "allow-credentials", Kind: policy.Boolean}, {Name: "terminate-unmatched-request", Kind: policy.Boolean}},
			Children: []policy.Form{
				list("allowed-origins", "origin"),
				list("allowed-methods", "method", policy.Attribute{Name: "preflight-result-max-age", Kind: policy.Integer, Max: math.MaxInt32}),
				list("allowed-headers", "header"),
				list("expose-headers", "header"),
			},
		},
		Sections: policy.Inbound,
		Scopes:   policy.EveryScope,
		Check:    checkCORS,
		Compile:  compileCORS,
	}
}

func checkCORS(v *policy.Validator, e *document.Element) {
	lists := map[string]bool{}
	for _, c := range e.Children {
		if lists[c.Name] {
			v.Problem(c, "The element may stand once in <cors>.")
		}
		lists[c.Name] = true
	}
	if !lists["allowed-origins"] {
		v.Problem(e, "The element <allowed-origins> is missing.")
	}
}

func compileCORS(c *policy.Builder, e *document.Element) policy.Action {
	p := &crossOrigin{credentials: c.Value(e, "allow-credentials", "false"), terminate: c.Value(e, "terminate-unmatched-request", "true"),
		methods: []policy.Value{policy.Literal("GET"), policy.Literal("POST")}}
	for _, list := range e.Children {
		var values []policy.Value
		for _, child := range list.Children {
			values = append(values, c.TextValue(child))
		}
		switch list.Name {
		case "allowed-origins":
			p.origins = values
		case "allowed-methods":
			if len(values) > 0 {
				p.methods = values
			}
			_, p.hasMaxAge = list.Attr("preflight-result-max-age")
			p.maxAge = c.Value(list, "preflight-result-max-age", "")
		case "allowed-headers":
			p.headers = values
		case "expose-headers":
			p.expose = values
		}
	}
	return p
}

type crossOrigin struct {
	credentials, terminate, maxAge    policy.Value
	origins, methods, headers, expose []policy.Value
	hasMaxAge                         bool
}

// Do adds the headers of an allowed origin. A GET or HEAD from another origin
// ends here, with an empty answer that no page can read.
func (p *crossOrigin) Do(x *policy.Exchange) error {
	origin := x.Request.Headers.Get("Origin")
	if origin == "" {
		return nil
	}
	allowed, err := p.allowOrigin(x, origin, &x.ResponseHeaders)
	if err != nil {
		return err
	}
	if allowed {
		return p.joined(x, &x.ResponseHeaders, "Access-Control-Expose-Headers", p.expose)
	}
	if m := x.Request.Method; m != "GET" && m != "HEAD" {
		return nil
	}
	terminate, err := p.terminate.Bool(x)
	if err != nil || !terminate {
		return err
	}
	x.Answer(policy.Response{Status: 200})
	return policy.ErrAnswered
}

// allowOrigin adds the headers that let the origin read the answer, where it may.
func (p *crossOrigin) allowOrigin(x *policy.Exchange, origin string, to *policy.Headers) (bool, error) {
	origins, err := policy.Texts(x, p.origins)
	if err != nil {
		return false, err
	}
	any := slices.Contains(origins, "*")
	if !any && !policy.ContainsFold(origins, origin) && !policy.ContainsFold(origins, strings.TrimSuffix(origin, "/")+"/") {
		return false, nil
	}
	credentials, err := p.credentials.Bool(x)
	if err != nil {
		return false, err
	}
	if any && !credentials {
		to.Set("Access-Control-Allow-Origin", "*")
		return true, nil
	}
	if any { // a browser would refuse "*" with credentials, and every origin with credentials is never meant
		return false, nil
	}
	to.Set("Access-Control-Allow-Origin", origin)
	to.Set("Vary", "Origin")
	if credentials {
		to.Set("Access-Control-Allow-Credentials", "true")
	}
	return true, nil
}

func (p *crossOrigin) joined(x *policy.Exchange, to *policy.Headers, name string, values []policy.Value) error {
	list, err := policy.Texts(x, values)
	if err == nil && len(list) > 0 {
		to.Set(name, strings.Join(list, ","))
	}
	return err
}

// Preflight answers a preflight request that the policy allows.
func (p *crossOrigin) Preflight(x *policy.Exchange) (allowed, last bool, err error) {
	if allowed, err = p.preflight(x); err != nil || allowed {
		return allowed, true, err
	}
	terminate, err := p.terminate.Bool(x)
	return false, terminate || err != nil, nil
}

// preflight makes the answer to a preflight request that the policy allows.
func (p *crossOrigin) preflight(x *policy.Exchange) (bool, error) {
	q := x.Request.Headers
	methods, err := policy.Texts(x, p.methods)
	if err != nil {
		return false, err
	}
	allowed, err := policy.Texts(x, p.headers)
	if err != nil {
		return false, err
	}
	method := q.Get("Access-Control-Request-Method")
	if !slices.Contains(methods, "*") && !policy.ContainsFold(methods, method) {
		return false, nil
	}
	asked := strings.Join(q.Values("Access-Control-Request-Headers"), ",")
	for name := range strings.SplitSeq(asked, ",") {
		if name = strings.TrimSpace(name); name != "" && !slices.Contains(allowed, "*") && !policy.ContainsFold(allowed, name) {
			return false, nil
		}
	}
	var h policy.Headers
	if ok, err := p.allowOrigin(x, q.Get("Origin"), &h); err != nil || !ok {
		return false, err
	}
	h.Set("Access-Control-Allow-Methods", method)
	if asked != "" {
		h.Set("Access-Control-Allow-Headers", asked)
	}
	if p.hasMaxAge {
		age, err := p.maxAge.Bounded(x, 0, math.MaxInt32)
		if err != nil {
			return false, err
		}
		h.Set("Access-Control-Max-Age", strconv.FormatInt(age, 10))
	}
	x.Answer(policy.Response{Status: 200, Headers: h})
	return true, nil
}
