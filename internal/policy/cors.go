package policy

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// cors lets browsers call the API from pages of other origins. It answers
// preflight requests by itself (Program.Preflight); on the other calls it adds
// headers to whatever response there will be.
func cors() declaration {
	list := func(name, child string, attributes ...attribute) element {
		return element{name: name, attributes: attributes, children: []element{{name: child, text: true}}}
	}
	return declaration{
		element: element{
			name:       "cors",
			attributes: []attribute{{name: "allow-credentials", kind: boolean}, {name: "terminate-unmatched-request", kind: boolean}},
			children: []element{
				list("allowed-origins", "origin"),
				list("allowed-methods", "method", attribute{name: "preflight-result-max-age", kind: integer, max: math.MaxInt32}),
				list("allowed-headers", "header"),
				list("expose-headers", "header"),
			},
		},
		sections: Inbound,
		scopes:   everyScope,
		check:    checkCORS,
		compile:  compileCORS,
	}
}

func checkCORS(v *validator, e *Element) {
	lists := map[string]bool{}
	for _, c := range e.Children {
		if lists[c.Name] {
			v.problem(c, "The element may stand once in <cors>.")
		}
		lists[c.Name] = true
	}
	if !lists["allowed-origins"] {
		v.problem(e, "The element <allowed-origins> is missing.")
	}
}

func compileCORS(c *compiler, e *Element) Action {
	p := &crossOrigin{credentials: c.value(e, "allow-credentials", "false"), terminate: c.value(e, "terminate-unmatched-request", "true"),
		methods: []Value{{literal: "GET"}, {literal: "POST"}}}
	for _, list := range e.Children {
		var values []Value
		for _, child := range list.Children {
			values = append(values, c.textValue(child))
		}
		switch list.Name {
		case "allowed-origins":
			p.origins = values
		case "allowed-methods":
			if len(values) > 0 {
				p.methods = values
			}
			_, p.hasMaxAge = list.Attr("preflight-result-max-age")
			p.maxAge = c.value(list, "preflight-result-max-age", "")
		case "allowed-headers":
			p.headers = values
		case "expose-headers":
			p.expose = values
		}
	}
	return p
}

type crossOrigin struct {
	credentials, terminate, maxAge    Value
	origins, methods, headers, expose []Value
	hasMaxAge                         bool
}

// Do adds the headers of an allowed origin. A GET or HEAD from another origin
// ends here, with an empty answer that no page can read.
func (p *crossOrigin) Do(x *Exchange) error {
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
	x.answer(Response{Status: 200})
	return ErrAnswered
}

// allowOrigin adds the headers that let the origin read the answer, where it may.
func (p *crossOrigin) allowOrigin(x *Exchange, origin string, to *Headers) (bool, error) {
	origins, err := texts(x, p.origins)
	if err != nil {
		return false, err
	}
	any := slices.Contains(origins, "*")
	if !any && !containsFold(origins, origin) && !containsFold(origins, strings.TrimSuffix(origin, "/")+"/") {
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

func (p *crossOrigin) joined(x *Exchange, to *Headers, name string, values []Value) error {
	list, err := texts(x, values)
	if err == nil && len(list) > 0 {
		to.Set(name, strings.Join(list, ","))
	}
	return err
}

func texts(x *Exchange, values []Value) ([]string, error) {
	out := make([]string, len(values))
	for i, v := range values {
		s, err := v.Text(x)
		if err != nil {
			return nil, err
		}
		out[i] = strings.TrimSpace(s)
	}
	return out, nil
}

// Preflight answers a preflight request (OPTIONS with Access-Control-Request-Method)
// by the cors policies of the inbound section alone. It tells false where there is
// none, and then nothing changed.
func (p *Program) Preflight(x *Exchange) (answered bool, err error) {
	for i := range p.Inbound {
		c, ok := p.Inbound[i].action.(*crossOrigin)
		if !ok {
			continue
		}
		allowed, err := c.preflight(x)
		if err != nil {
			return true, p.Inbound[i].at.locate(err)
		}
		answered = true
		if allowed {
			return true, nil
		}
		if terminate, err := c.terminate.Bool(x); err != nil || terminate {
			break
		}
	}
	if answered {
		x.answer(Response{Status: 200})
	}
	return answered, nil
}

// preflight makes the answer to a preflight request that the policy allows.
func (p *crossOrigin) preflight(x *Exchange) (bool, error) {
	q := x.Request.Headers
	methods, err := texts(x, p.methods)
	if err != nil {
		return false, err
	}
	allowed, err := texts(x, p.headers)
	if err != nil {
		return false, err
	}
	method := q.Get("Access-Control-Request-Method")
	if !slices.Contains(methods, "*") && !containsFold(methods, method) {
		return false, nil
	}
	asked := strings.Join(q.Values("Access-Control-Request-Headers"), ",")
	for name := range strings.SplitSeq(asked, ",") {
		if name = strings.TrimSpace(name); name != "" && !slices.Contains(allowed, "*") && !containsFold(allowed, name) {
			return false, nil
		}
	}
	var h Headers
	if ok, err := p.allowOrigin(x, q.Get("Origin"), &h); err != nil || !ok {
		return false, err
	}
	h.Set("Access-Control-Allow-Methods", method)
	if asked != "" {
		h.Set("Access-Control-Allow-Headers", asked)
	}
	if p.hasMaxAge {
		age, err := p.maxAge.bounded(x, 0, math.MaxInt32)
		if err != nil {
			return false, err
		}
		h.Set("Access-Control-Max-Age", strconv.FormatInt(age, 10))
	}
	x.answer(Response{Status: 200, Headers: h})
	return true, nil
}
