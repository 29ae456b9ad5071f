package routing

import (
	"math"
	"time"

	"portico/internal/policy"
	"portico/internal/policy/document"
)

// ForwardRequest calls the backend. It stands in the default global document;
// without it nothing is called.
func ForwardRequest() policy.Declaration {
	return policy.Declaration{
		Form: policy.Form{
			Name: "forward-request",
			Attributes: []policy.Attribute{
				{Name: "timeout", Kind: policy.Integer, Max: math.MaxInt32},
				{Name: "timeout-ms", Kind: policy.Integer, Max: math.MaxInt32},
				{Name: "continue-timeout", Kind: policy.Integer, Max: math.MaxInt32, Later: true},
				{Name: "follow-redirects", Kind: policy.Boolean},
				{Name: "buffer-request-body", Kind: policy.Boolean},
				{Name: "buffer-response", Kind: policy.Boolean},
				{Name: "fail-on-error-status-code", Kind: policy.Boolean},
				{Name: "http-version", Kind: policy.Enumeration, Values: []string{policy.HTTP1, policy.HTTP2or1, policy.HTTP2}},
			},
		},
		Sections: policy.Backend,
		Scopes:   policy.EveryScope,
		Once:     true,
		Check:    checkForwardRequest,
		Compile:  compileForwardRequest,
	}
}

// DefaultTimeout is how long forward-request waits for a backend's response
// headers where it does not say (apim.md 2.4).
const DefaultTimeout = 300 * time.Second

func checkForwardRequest(v *policy.Validator, e *document.Element) {
	if policy.HasOneOf(e, []string{"timeout"}) && policy.HasOneOf(e, []string{"timeout-ms"}) {
		v.Problem(e, "Only one of the attributes 'timeout' and 'timeout-ms' may be there.")
	}
}

func compileForwardRequest(c *policy.Builder, e *document.Element) policy.Action {
	f := &forwarding{
		seconds: c.Value(e, "timeout", "0"), milliseconds: c.Value(e, "timeout-ms", "0"), followRedirects: c.Value(e, "follow-redirects", "false"),
		failOnError: c.Value(e, "fail-on-error-status-code", "false"), bufferRequest: c.Value(e, "buffer-request-body", "false"), bufferResponse: c.Value(e, "buffer-response", "true"),
		version: c.Value(e, "http-version", ""),
	}
	for _, v := range []*policy.Value{&f.seconds, &f.milliseconds, &f.followRedirects, &f.failOnError, &f.bufferRequest, &f.bufferResponse, &f.version} {
		if _, literal := v.IsLiteral(); !literal {
			return f
		}
	}
	if o, err := f.options(&policy.Exchange{}); err == nil { // an error is the call's
		f.fixed = &o
	}
	return f
}

type forwarding struct {
	seconds, milliseconds, followRedirects, failOnError, bufferRequest, bufferResponse, version policy.Value
	fixed                                                                                       *policy.ForwardOptions // where no attribute is an expression
}

func (f *forwarding) Do(x *policy.Exchange) error {
	o := f.fixed
	if o == nil {
		evaluated, err := f.options(x)
		if err != nil {
			return err
		}
		o = &evaluated
	}
	if err := x.Forwarder.Forward(x, *o); err != nil {
		return err
	}
	return x.Answered()
}

// options evaluates the attributes for one call.
func (f *forwarding) options(x *policy.Exchange) (o policy.ForwardOptions, err error) {
	seconds, err := f.seconds.Bounded(x, 0, math.MaxInt32)
	if err != nil {
		return o, err
	}
	milliseconds, err := f.milliseconds.Bounded(x, 0, math.MaxInt32)
	if err != nil {
		return o, err
	}
	o.Timeout = time.Duration(seconds)*time.Second + time.Duration(milliseconds)*time.Millisecond
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	for _, flag := range []struct {
		to   *bool
		from *policy.Value
	}{{&o.FollowRedirects, &f.followRedirects}, {&o.FailOnErrorStatusCode, &f.failOnError}, {&o.BufferRequestBody, &f.bufferRequest}, {&o.BufferResponse, &f.bufferResponse}} {
		if *flag.to, err = flag.from.Bool(x); err != nil {
			return o, err
		}
	}
	o.Version, err = f.version.Text(x)
	return o, err
}
