package policy

import (
	"math"
	"time"
)

// forwardRequest calls the backend. It stands in the default global document;
// without it nothing is called.
func forwardRequest() declaration {
	return declaration{
		element: element{
			name: "forward-request",
			attributes: []attribute{
				{name: "timeout", kind: integer, max: math.MaxInt32},
				{name: "timeout-ms", kind: integer, max: math.MaxInt32},
				{name: "continue-timeout", kind: integer, max: math.MaxInt32, later: true},
				{name: "follow-redirects", kind: boolean},
				{name: "buffer-request-body", kind: boolean},
				{name: "buffer-response", kind: boolean},
				{name: "fail-on-error-status-code", kind: boolean},
				{name: "http-version", kind: enumeration, values: []string{"1", "2or1", "2"}, later: true},
			},
		},
		sections: Backend,
		scopes:   everyScope,
		once:     true,
		check:    checkForwardRequest,
		compile:  compileForwardRequest,
	}
}

// DefaultTimeout is how long forward-request waits for a backend's response
// headers where it does not say (apim.md 2.4).
const DefaultTimeout = 300 * time.Second

func checkForwardRequest(v *validator, e *Element) {
	if hasOneOf(e, []string{"timeout"}) && hasOneOf(e, []string{"timeout-ms"}) {
		v.problem(e, "Only one of the attributes 'timeout' and 'timeout-ms' may be there.")
	}
}

func compileForwardRequest(c *compiler, e *Element) Action {
	timeout := c.seconds(e, "timeout", 0) + time.Duration(c.integer(e, "timeout-ms", 0))*time.Millisecond
	if timeout == 0 {
		timeout = DefaultTimeout
	}
	return &forwarding{ForwardOptions{
		Timeout:               timeout,
		FollowRedirects:       c.boolean(e, "follow-redirects", false),
		FailOnErrorStatusCode: c.boolean(e, "fail-on-error-status-code", false),
		BufferRequestBody:     c.boolean(e, "buffer-request-body", false),
		BufferResponse:        c.boolean(e, "buffer-response", true),
	}}
}

type forwarding struct{ options ForwardOptions }

func (f *forwarding) Do(x *Exchange) error {
	if err := x.Forwarder.Forward(x, f.options); err != nil || x.tokens == nil {
		return err
	}
	return x.tokens.observe(x)
}
