package gateway

import (
	"cmp"
	"strings"
	"time"

	"portico/internal/catalog"
	"portico/internal/policy"
	"portico/internal/usage"
)

// Listener is the name under which the gateway records its calls.
const Listener = "gateway"

// record is the last station: it counts what the call used and keeps its record.
func (g *Gateway) record(x *policy.Exchange, r *route, sent error) {
	if err := x.End(); err != nil {
		g.config.Log.Error("a call's use could not be counted", "requestId", x.RequestID, "subscription", subscriptionOf(x), "error", err)
	}
	status := x.Response.Status
	if sent != nil && x.Context.Err() != nil {
		status = statusClientGone
	}
	elapsed := time.Since(x.Start)
	g.metrics.end(r, status, elapsed)
	endSpan(r.span, x, status)
	c := usage.Call{
		Time: x.Start, RequestID: x.RequestID, Listener: Listener,
		API: x.APIID, Operation: x.OperationID, Product: x.ProductID,
		Method: x.Request.Method, URL: recordedURL(x, r), IP: x.Request.RemoteIP,
		Status: status, BackendStatus: x.BackendStatus, Cache: cmp.Or(x.Cache, policy.CacheNone),
		RequestBytes: x.RequestBytes, ResponseBytes: x.ResponseBytes,
		Elapsed: elapsed, BackendElapsed: x.BackendElapsed,
	}
	if s := x.Subscription; s != nil {
		c.Subscription, c.User = s.ID, s.OwnerID
	}
	g.config.Usage.Record(c)
}

// recordedURL is the call's path and query without its key.
func recordedURL(x *policy.Exchange, r *route) string {
	query := x.Request.RawQuery
	name := catalog.DefaultKeyQuery
	if r.api != nil {
		name = r.api.query
	}
	if _, ok := queryValue(query, name); !ok {
		return x.Request.Target
	}
	var kept []string
	for pair := range strings.SplitSeq(query, "&") {
		if key, _, _ := strings.Cut(pair, "="); !strings.EqualFold(decoded(key, true), name) {
			kept = append(kept, pair)
		}
	}
	if len(kept) == 0 {
		return x.Request.Path
	}
	return x.Request.Path + "?" + strings.Join(kept, "&")
}
