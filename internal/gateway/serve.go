package gateway

import (
	"errors"
	"net/http"
	"runtime/debug"

	"portico/internal/policy"
)

// client is where a response goes. The transport below the gateway has one for each call.
type client interface {
	// send writes the exchange's response and counts its bytes. Its error says
	// that the client did not get all of it.
	send(x *policy.Exchange) error
}

// serve takes one call through its stations.
func (g *Gateway) serve(x *policy.Exchange, c client) error {
	r := route{snapshot: g.snapshot.Load(), span: g.config.Spans.begin(x)}
	if err := g.answer(x, &r); err != nil {
		g.onError(x, &r, err)
	}
	if err := x.Settle(); err != nil {
		g.config.Log.Error("a call's use could not be counted", "requestId", x.RequestID, "subscription", subscriptionOf(x), "error", err)
	}
	sent := c.send(x)
	if x.Tracer != nil {
		message := "Response has been sent to the caller in full"
		if sent != nil {
			message = "Response has not been sent to the caller in full"
		}
		x.Tracer.Entry("outbound", "transfer-response", map[string]any{"message": message})
	}
	g.record(x, &r, sent)
	return sent
}

// answer runs the stations up to the answer, unless a policy answers before.
// What panics in one of them is an error of this call only.
func (g *Gateway) answer(x *policy.Exchange, r *route) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = g.panicked(x, p)
		}
		if err == policy.ErrAnswered {
			x.Respond()
			err = nil
		}
	}()
	err = g.match(x, r)
	g.metrics.begin(r)
	if err != nil {
		return err
	}
	if err = g.identify(x, r); err != nil {
		return err
	}
	g.trace(x, r)
	if err = g.limitBody(x); err != nil {
		return err
	}
	if err = r.program.Inbound.Run(x); err == policy.ErrCached {
		x.Respond()
		return r.program.Outbound.AfterCacheStore().Run(x)
	}
	if err != nil {
		return err
	}
	if err = r.program.Backend.Run(x); err != nil {
		return err
	}
	x.Respond()
	return r.program.Outbound.Run(x)
}

// limitBody refuses a body whose length says that it is too large. One that
// does not say is cut off while it is read.
func (g *Gateway) limitBody(x *policy.Exchange) error {
	if limit := g.config.MaxBody; limit > 0 && x.Request.Body.Len() > limit {
		return tooLarge(limit)
	}
	return nil
}

// panicked makes an error of a panic, which is logged with its stack.
func (g *Gateway) panicked(x *policy.Exchange, p any) error {
	if p == http.ErrAbortHandler {
		panic(p)
	}
	g.config.Log.Error("a call panicked", "requestId", x.RequestID, "api", x.APIID, "operation", x.OperationID, "panic", p, "stack", string(debug.Stack()))
	return &policy.Error{Status: 500, Source: "gateway", Reason: "InternalError", Detail: "Internal server error", Err: errors.New("panic")}
}
