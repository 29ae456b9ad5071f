package gateway

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"portico/internal/gateway/http1"
	"portico/internal/policy"
)

// engineCall is one call on the HTTP/1.1 engine.
type engineCall struct {
	call
	conn   *http1.Conn
	stream requestBody
	source engineBody
}

// engine is the gateway as the HTTP/1.1 engine calls it.
type engine struct{ *Gateway }

// Serve makes an exchange of the connection's request and takes it through the stations.
func (g engine) Serve(conn *http1.Conn) {
	c := g.engineCalls.Get().(*engineCall)
	defer func() {
		*c = engineCall{}
		g.engineCalls.Put(c)
	}()
	c.conn = conn
	if err := g.receiveEngine(c); err != nil {
		g.refuse(&c.call, c, err)
		return
	}
	if err := g.serve(&c.Exchange, c); err != nil {
		conn.Abort()
	}
}

// Refuse answers what is no request, in the gateway's form of errors.
func (g engine) Refuse(conn *http1.Conn, r *http1.Refusal) {
	g.metrics.observe(r.Status, time.Since(conn.Start))
	x := policy.Exchange{}
	body := errorBody(&x, &policy.Error{Status: r.Status, Message: r.Message})
	g.config.Log.Debug("a request was refused", "ip", conn.RemoteIP(), "status", r.Status, "message", r.Message)
	conn.Begin(r.Status, "")
	conn.Field("Content-Type", "application/json")
	if r.Status == http.StatusMethodNotAllowed {
		conn.Field("Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS")
	}
	if err := conn.End(int64(len(body)), false); err != nil {
		return
	}
	if _, err := conn.Write(body); err == nil {
		_ = conn.Finish(nil) // who is refused may be gone
	}
}

// receiveEngine fills the exchange with the request in its canonical form.
func (g *Gateway) receiveEngine(c *engineCall) error {
	x, r := &c.Exchange, &c.conn.Request
	var id [36]byte
	x.Context, x.Start, x.RequestID = c.conn.Context(), c.conn.Start, c.conn.Keep(policy.AppendRequestID(id[:0]))
	q := g.receive(&c.call)
	q.Method, q.Host, q.RemoteIP = r.Method, r.Host, c.conn.RemoteIP()
	secured(q, c.conn.TLS())
	for _, f := range r.Fields {
		q.Headers = append(q.Headers, policy.Header(f))
	}
	forwarded(q)
	q.Trailers, q.Upgrade = r.Trail, r.Proto
	if r.Length != 0 {
		c.source.conn = c.conn
		c.stream.source, c.stream.left = &c.source, g.mostBody()
		c.body = &c.stream
		q.Body = policy.StreamBody(c.body, r.Length)
	}
	return setTarget(q, r.Target, r.Target)
}

// engineBody reads a request's body, with errors that say what the client gets.
type engineBody struct{ conn *http1.Conn }

func (b *engineBody) Read(p []byte) (int, error) {
	n, err := b.conn.Body.Read(p)
	return n, b.failed(err)
}

func (b *engineBody) Prefetch(most int) error { return b.failed(b.conn.Body.Prefetch(most)) }
func (b *engineBody) Ready() bool             { return b.conn.Body.Ready() }
func (b *engineBody) Share(yes bool)          { b.conn.Body.Share(yes) }
func (b *engineBody) Interrupt()              { b.conn.Body.Interrupt() }
func (b *engineBody) Trailers() []http1.Field { return b.conn.Body.Trailers() }

// failed words an error of the request's body as the gateway does.
func (b *engineBody) failed(err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	var r *http1.Refusal
	switch {
	case errors.As(err, &r):
		err = &policy.Error{Status: r.Status, Message: r.Message, Source: "gateway", Reason: reasonNotValid, Err: err}
	case errors.Is(err, http1.ErrSlow):
		err = &policy.Error{Status: http.StatusRequestTimeout, Message: "The body of the request did not come in time.", Source: "gateway", Reason: "RequestTimeout", Err: err}
	case !errors.Is(err, http1.ErrInterrupted):
		b.conn.Gone()
	}
	return err
}

// send writes the response; see client.
func (c *engineCall) send(x *policy.Exchange) error {
	defer func() {
		_ = x.Response.Body.Close()
		x.RequestBytes, x.ResponseBytes = c.received(), c.conn.Sent()
	}()
	res := &x.Response
	n, head := res.Body.Len(), x.Request.Method == http.MethodHead
	if head || !http1.HasBody(res.Status) {
		n = http1.NoBody
	}
	if res.Status == http.StatusSwitchingProtocols {
		return c.tunnel(x)
	}
	if err := c.sendHead(x, n); err != nil {
		return err
	}
	if n == http1.NoBody {
		return c.conn.Finish(nil)
	}
	if b, ok := res.Body.InMemory(); ok {
		if _, err := c.conn.Write(b); err != nil {
			return err
		}
		return c.conn.Finish(nil)
	}
	body := res.Body.Reader()
	if err := c.conn.Stream(body, sentAtOnce(res), pieceSize); err != nil {
		return err
	}
	return c.conn.Finish(trailersOf(body))
}

// trailersOf are the fields behind a body that was read.
func trailersOf(body io.Reader) []http1.Field {
	if t, ok := body.(interface{ Trailers() []http1.Field }); ok {
		return t.Trailers()
	}
	return nil
}

// tunnel passes on what client and backend say to each other in the protocol they switched to.
func (c *engineCall) tunnel(x *policy.Exchange) error {
	reply, ok := x.Response.Body.Reader().(*http1.Reply)
	if !ok {
		return errors.New("a policy made an answer of the status 101")
	}
	c.conn.Begin(http.StatusSwitchingProtocols, x.Response.Reason)
	for _, h := range x.Response.Headers {
		if !ownHeader(h.Name) {
			c.conn.Field(h.Name, h.Value)
		}
	}
	return c.conn.Tunnel(x.Request.Upgrade, reply)
}

// sendHead writes the response's head; length is the body's.
func (c *engineCall) sendHead(x *policy.Exchange, length int64) error {
	res := &x.Response
	c.conn.Begin(res.Status, res.Reason)
	dated, named := false, false
	said := x.Request.Method == http.MethodHead && res.Body.Len() <= 0 || res.Status == http.StatusNotModified
	for _, h := range res.Headers {
		switch {
		case ownHeader(h.Name) && !(said && len(h.Name) == len("Content-Length")):
			continue
		case len(h.Name) == len("Date"):
			dated = dated || strings.EqualFold(h.Name, "Date")
		case len(h.Name) == len(requestIDHeader):
			named = named || strings.EqualFold(h.Name, requestIDHeader)
		}
		c.conn.Field(h.Name, h.Value)
	}
	if !named {
		c.conn.Field(requestIDHeader, x.RequestID)
	}
	if n := res.Body.Len(); length == http1.NoBody && !said && n > 0 && x.Request.Method == http.MethodHead {
		c.conn.Length(n)
	}
	return c.conn.End(length, dated)
}
