package gateway

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"portico/internal/gateway/http1"
	"portico/internal/policy"
)

// forwardHTTP1 sends the exchange's request through the engine's client and takes the
// response over. On the way of most calls it allocates nothing.
func (h *httpBackend) forwardHTTP1(x *policy.Exchange, b *base, o policy.ForwardOptions, now time.Time) error {
	by := now.Add(o.Timeout)
	conn, err := h.client.Get(x.Context, b.address, false, now, by)
	if err != nil {
		return engineError(x, err)
	}
	err = send(x, b, conn, by)
	if err != nil && conn.Retry(err, idempotent(x.Request.Method)) {
		conn, err = conn.Again(x.Context, by)
	}
	if err != nil {
		conn.Fail()
		return engineError(x, err)
	}
	return takeHTTP1(x, conn)
}

// send writes the exchange's request and waits for the head of the answer.
func send(x *policy.Exchange, b *base, conn *http1.ServerConn, by time.Time) error {
	q := &x.Request
	path, query := b.join(x.Backend)
	conn.Begin(q.Method, path, query)
	host := b.host
	if v := q.Headers.Get("Host"); v != "" {
		host = v
	}
	conn.Field("Host", host)
	for i := range q.Headers {
		if f := &q.Headers[i]; !ownHeader(f.Name) {
			conn.Field(f.Name, f.Value)
		}
	}
	conn.Field("Via", via(q))
	if q.Trailers {
		conn.Field("TE", "trailers")
	}
	length := q.Body.Len()
	if length == 0 && q.Method != http.MethodPost && q.Method != http.MethodPut && q.Method != http.MethodPatch {
		length = http1.NoBody
	}
	if err := conn.End(length, q.Upgrade); err != nil {
		return err
	}
	if body, ok := q.Body.InMemory(); ok {
		return conn.SendBytes(x.Context, body, by)
	}
	return conn.Send(x.Context, q.Body.Reader(), by)
}

// ownHeader tells whether a header is the engine's to write: it says where the
// request goes, frames it, or belongs to one connection.
func ownHeader(name string) bool {
	switch len(name) {
	case len("TE"):
		return strings.EqualFold(name, "TE")
	case len("Host"):
		return strings.EqualFold(name, "Host")
	case len("Expect"):
		return strings.EqualFold(name, "Expect")
	case len("Upgrade"):
		return strings.EqualFold(name, "Upgrade") || strings.EqualFold(name, "Trailer")
	case len("Connection"):
		return strings.EqualFold(name, "Connection") || strings.EqualFold(name, "Keep-Alive")
	case len("Content-Length"):
		return strings.EqualFold(name, "Content-Length")
	case len("Transfer-Encoding"):
		return strings.EqualFold(name, "Transfer-Encoding")
	}
	return false
}

// takeHTTP1 makes the backend's response the exchange's.
func takeHTTP1(x *policy.Exchange, conn *http1.ServerConn) error {
	r, res := &conn.Response, &x.Response
	reply := conn.Reply()
	if r.Status == http.StatusSwitchingProtocols && (x.Request.Upgrade == "" || !strings.EqualFold(r.Proto, x.Request.Upgrade)) {
		conn.Fail()
		return errors.New("the backend switched to another protocol without being asked")
	}
	head := x.Request.Method == http.MethodHead
	res.Status = r.Status
	if r.Reason != http.StatusText(r.Status) {
		res.Reason = r.Reason
	}
	for _, f := range r.Fields {
		if len(f.Name) == len("Content-Length") && !head && strings.EqualFold(f.Name, "Content-Length") {
			continue // the body knows its own
		}
		res.Headers = append(res.Headers, policy.Header(f))
	}
	switch {
	case r.Status == http.StatusSwitchingProtocols:
		res.Body = policy.StreamBody(reply, 0)
	case conn.Body.Ended():
		return reply.Close()
	default:
		res.Body = policy.StreamBody(reply, max(r.Length, -1))
	}
	return nil
}

// engineError words an error of the engine's client as the gateway does.
func engineError(x *policy.Exchange, err error) error {
	if errors.Is(err, http1.ErrTimeout) {
		return errTimeout
	}
	return err
}

// idempotent tells whether a request of a method may be made twice: RFC 9110, 9.2.2.
func idempotent(method string) bool {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodPut, http.MethodDelete, http.MethodTrace:
		return true
	}
	return false
}
