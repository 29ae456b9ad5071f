package gateway

import "net/http"

// Target tells which API and operation a request would reach, and nothing for
// one that no operation answers. The request is not sent.
func (g *Gateway) Target(r *http.Request) (api, operation string) {
	c := &httpCall{}
	if g.receiveHTTP(c, r) != nil {
		return "", ""
	}
	found := route{snapshot: g.snapshot.Load()}
	if g.match(&c.Exchange, &found) != nil || found.operation == nil {
		return "", ""
	}
	return c.APIID, c.OperationID
}
