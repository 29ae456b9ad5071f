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
	return &forwarding{
		seconds: c.value(e, "timeout", "0"), milliseconds: c.value(e, "timeout-ms", "0"), followRedirects: c.value(e, "follow-redirects", "false"),
		failOnError: c.value(e, "fail-on-error-status-code", "false"), bufferRequest: c.value(e, "buffer-request-body", "false"), bufferResponse: c.value(e, "buffer-response", "true"),
	}
}

type forwarding struct {
	seconds, milliseconds, followRedirects, failOnError, bufferRequest, bufferResponse Value
}

func (f *forwarding) Do(x *Exchange) error {
	var o ForwardOptions
	seconds, err := f.seconds.bounded(x, 0, math.MaxInt32)
	if err != nil {
		return err
	}
	milliseconds, err := f.milliseconds.bounded(x, 0, math.MaxInt32)
	if err != nil {
		return err
	}
	o.Timeout = time.Duration(seconds)*time.Second + time.Duration(milliseconds)*time.Millisecond
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	for _, flag := range []struct {
		to   *bool
		from *Value
	}{{&o.FollowRedirects, &f.followRedirects}, {&o.FailOnErrorStatusCode, &f.failOnError}, {&o.BufferRequestBody, &f.bufferRequest}, {&o.BufferResponse, &f.bufferResponse}} {
		if *flag.to, err = flag.from.Bool(x); err != nil {
			return err
		}
	}
	if err := x.Forwarder.Forward(x, o); err != nil || x.tokens == nil {
		return err
	}
	return x.tokens.observe(x)
}
