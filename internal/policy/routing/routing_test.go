package routing_test

import (
	"testing"
	"time"

	"portico/internal/policy"
	"portico/internal/policy/policytest"
)

func TestSetBackendService(t *testing.T) {
	b := policytest.New(t)
	x := b.Exchange()
	if err := policy.Assemble(b.Unit(policy.API, `<inbound><set-backend-service base-url="https://other/v1/" /></inbound>`)).Inbound.Run(x); err != nil {
		t.Fatal(err)
	}
	if x.Backend.BaseURL != "https://other/v1/" || x.Backend.Path != "/get" || x.Backend.EntityID != "" {
		t.Errorf("%+v", x.Backend)
	}
	if err := policy.Assemble(b.Unit(policy.API, `<inbound><set-backend-service backend-id="pool" /></inbound>`)).Inbound.Run(x); err != nil || x.Backend.EntityID != "pool" {
		t.Errorf("%+v, %v", x.Backend, err)
	}
}

// forwarder remembers how it was called.
type forwarder struct{ options []policy.ForwardOptions }

func (f *forwarder) Forward(_ *policy.Exchange, o policy.ForwardOptions) error {
	f.options = append(f.options, o)
	return nil
}

func TestForwardRequest(t *testing.T) {
	b := policytest.New(t)
	for attributes, want := range map[string]policy.ForwardOptions{
		``:                                 {Timeout: 300 * time.Second, BufferResponse: true},
		`timeout="5"`:                      {Timeout: 5 * time.Second, BufferResponse: true},
		`timeout-ms="250"`:                 {Timeout: 250 * time.Millisecond, BufferResponse: true},
		`timeout="0"`:                      {Timeout: 300 * time.Second, BufferResponse: true},
		`follow-redirects="true"`:          {Timeout: 300 * time.Second, BufferResponse: true, FollowRedirects: true},
		`buffer-response="false"`:          {Timeout: 300 * time.Second},
		`buffer-request-body="true"`:       {Timeout: 300 * time.Second, BufferResponse: true, BufferRequestBody: true},
		`fail-on-error-status-code="True"`: {Timeout: 300 * time.Second, BufferResponse: true, FailOnErrorStatusCode: true},
	} {
		f, x := &forwarder{}, b.Exchange()
		x.Forwarder = f
		if err := policy.Assemble(b.Unit(policy.API, "<backend><forward-request "+attributes+" /></backend>")).Backend.Run(x); err != nil {
			t.Fatal(err)
		}
		if len(f.options) != 1 || f.options[0] != want {
			t.Errorf("%s: %+v", attributes, f.options)
		}
	}
}
