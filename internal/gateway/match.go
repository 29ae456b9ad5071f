package gateway

import (
	"bytes"
	"net/http"
	"strings"

	"go.opentelemetry.io/otel/trace"

	"portico/internal/policy"
	"portico/internal/policy/crossdomain"
)

// route is what the stations before the policies found out.
type route struct {
	snapshot  *snapshot
	api       *api
	operation *operation
	measured  *apiMetrics     // nil until the API is known
	span      trace.Span      // nil unless the call is sampled
	program   *policy.Program // to be run; until all is known, the one whose on-error section answers
}

// match is the first station: it finds the API by its URL suffix, the longest
// first, and the operation by its URL template.
func (g *Gateway) match(x *policy.Exchange, r *route) error {
	r.program = r.snapshot.global
	if g.traceAnswer(x) {
		return policy.ErrAnswered
	}
	a, rest := r.snapshot.api(&x.Request)
	if a == nil || !g.speaks(a, x.Request.Scheme) {
		if x.Request.Path == crossdomain.Path && r.program.CrossDomain(x) {
			return policy.ErrAnswered
		}
		return notFound()
	}
	r.api, r.program = a, a.chain.bare
	x.APIID, x.API = a.id, a.props
	s := search{method: x.Request.Method, query: x.Request.RawQuery}
	if !s.find(&a.routes, rest, 0) {
		if x.Request.Method == http.MethodOptions {
			return g.preflight(x, r, rest)
		}
		return notFound()
	}
	o := s.found
	r.operation, r.program = o, o.chain.bare
	x.OperationID, x.Operation = o.id, o.props
	x.Matched = s.parameters(o, x.Matched)
	x.Backend = policy.Target{BaseURL: a.props.ServiceURL, Path: rest, RawQuery: x.Request.RawQuery}
	return nil
}

// api finds the API with the longest suffix that a call's path begins with, in
// the version that the call names, and what follows the suffix.
func (s *snapshot) api(r *policy.Request) (*api, string) {
	var buffer [256]byte
	path := r.Path
	lower := appendLower(buffer[:0], path[:min(len(path), s.longest)])
	if len(path) > s.longest && path[s.longest] != '/' {
		lower = lower[:lastSlash(lower)]
	}
	for {
		if m := s.mounts[string(lower)]; m != nil {
			return m.version(r), path[len(lower):]
		}
		if len(lower) == 0 {
			return nil, ""
		}
		lower = lower[:lastSlash(lower)]
	}
}

// lastSlash is where the last segment begins, or 0.
func lastSlash(b []byte) int { return max(0, bytes.LastIndexByte(b, '/')) }

// speaks tells whether an API answers under a scheme. Where the gateway has no
// TLS, all of them answer over HTTP.
func (g *Gateway) speaks(a *api, scheme string) bool {
	if !g.config.TLS {
		return true
	}
	if scheme == "https" {
		return a.https
	}
	return a.http
}

// preflight answers a browser that asks whether a page may make a call, by the
// cors policies that hold for that call. Where there are none, nothing is found.
func (g *Gateway) preflight(x *policy.Exchange, r *route, rest string) error {
	method := x.Request.Headers.Get("Access-Control-Request-Method")
	if method == "" || !x.Request.Headers.Has("Origin") {
		return notFound()
	}
	s := search{method: strings.ToUpper(method), query: x.Request.RawQuery}
	if !s.find(&r.api.routes, rest, 0) {
		return notFound()
	}
	o := s.found
	r.operation, r.program = o, o.chain.program(r.api.open)
	x.OperationID, x.Operation = o.id, o.props
	x.Matched = s.parameters(o, x.Matched)
	answered, err := r.program.Preflight(x)
	switch {
	case err != nil:
		return err
	case answered:
		return policy.ErrAnswered
	}
	return notFound()
}

func notFound() error {
	return &policy.Error{Status: 404, Message: "Resource not found", Detail: "Unable to match incoming request to an operation.",
		Source: "configuration", Reason: "OperationNotFound", Section: "inbound"}
}
