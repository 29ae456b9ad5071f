package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"

	"portico/internal/policy"
)

// statusClientGone is recorded for calls whose client went away before the
// answer; nobody is sent it.
const statusClientGone = 499

// onError is the station of calls that an error stopped: it makes the error
// the response, then runs the on-error section, which may change it.
func (g *Gateway) onError(x *policy.Exchange, r *route, err error) {
	g.fail(x, err)
	defer func() {
		if p := recover(); p != nil {
			g.fail(x, g.panicked(x, p))
		}
	}()
	switch err := r.program.OnError.Run(x); err {
	case nil:
	case policy.ErrAnswered:
		x.Respond()
	default:
		g.fail(x, err)
	}
}

// fail makes err the last error and the response.
func (g *Gateway) fail(x *policy.Exchange, err error) {
	e := g.classify(x, err)
	x.LastError = e
	if e.Status >= 500 {
		g.config.Log.Warn("a call failed", "requestId", x.RequestID, "api", x.APIID, "operation", x.OperationID, "subscription", subscriptionOf(x),
			"reason", e.Reason, "error", e)
	}
	if e.Status == 0 {
		x.Respond()
		return
	}
	_ = x.Response.Body.Close() // whatever the backend still had to say is not sent
	x.Response = policy.Response{Status: e.Status, Headers: append(x.Response.Headers[:0:0], e.Headers...), Body: policy.BytesBody(errorBody(x, e))}
	x.Response.Headers.Add("Content-Type", "application/json")
	x.Respond()
}

// classify gives the *policy.Error of any error.
func (g *Gateway) classify(x *policy.Exchange, err error) *policy.Error {
	if errors.Is(err, policy.ErrBodyTooLarge) {
		return tooLarge(g.bodyLimit())
	}
	var e *policy.Error
	if !errors.As(err, &e) {
		e = &policy.Error{Status: 500, Source: "gateway", Err: err}
	}
	if x.Context.Err() != nil && errors.Is(err, context.Canceled) {
		e.Status, e.Reason = statusClientGone, "ClientConnectionFailure"
	}
	return e
}

func tooLarge(limit int64) *policy.Error {
	return &policy.Error{Status: 413, Message: "The request body is larger than the limit of " + strconv.FormatInt(limit, 10) + " bytes.",
		Source: "gateway", Reason: "RequestBodyTooLarge"}
}

// errorBody is the JSON of an error in the form of apim.md 2.3. Internals stay
// in the log, where the activity id finds them.
func errorBody(x *policy.Exchange, e *policy.Error) []byte {
	b := make([]byte, 0, 192)
	b = append(b, `{ "statusCode": `...)
	b = strconv.AppendInt(b, int64(e.Status), 10)
	b = append(b, `, "message": `...)
	if e.Message != "" {
		b = appendJSON(b, e.Message)
	} else {
		b = append(b, `"Internal server error", "activityId": "`...)
		b = append(append(b, x.RequestID...), '"')
	}
	return append(b, " }"...)
}

func appendJSON(b []byte, s string) []byte {
	quoted, err := json.Marshal(s)
	if err != nil {
		return append(b, `""`...) // a string always marshals
	}
	return append(b, quoted...)
}

func subscriptionOf(x *policy.Exchange) string {
	if x.Subscription == nil {
		return ""
	}
	return x.Subscription.ID
}
