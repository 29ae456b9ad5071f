package gateway

import (
	"crypto/tls"
	"io"
	"math"
	"strings"
	"sync/atomic"

	"portico/internal/gateway/http1"
	"portico/internal/policy"
)

// call is a call in flight, whatever protocol it came by: the exchange, and the
// memory of its lists, which goes from call to call.
type call struct {
	policy.Exchange
	body     *requestBody // nil for a request without one
	request  [24]policy.Header
	response [16]policy.Header
	extra    [2]policy.Header
	matched  [8]policy.Parameter
}

// receive prepares the exchange of a call and gives its request to be filled in.
func (g *Gateway) receive(c *call) *policy.Request {
	x := &c.Exchange
	x.Forwarder, x.Deployment = g, &g.config.Services.Deployment
	x.Response.Headers, x.ResponseHeaders, x.Matched = c.response[:0], c.extra[:0], c.matched[:0]
	x.Request.Headers = c.request[:0]
	return &x.Request
}

// received is the number of bytes of the request's body that were read.
func (c *call) received() int64 {
	if c.body == nil {
		return 0
	}
	return c.body.read.Load()
}

// secured fills in what the connection's TLS says; nil is none.
func secured(q *policy.Request, t *tls.ConnectionState) {
	q.Scheme = "http"
	if t == nil {
		return
	}
	q.Scheme = "https"
	if len(t.PeerCertificates) > 0 {
		q.Certificate, q.Intermediates = t.PeerCertificates[0], t.PeerCertificates[1:]
	}
}

// setTarget makes the request's target canonical. shown stands for one that is not valid.
func setTarget(q *policy.Request, target, shown string) error {
	t, err := canonicalize(target)
	if err != nil {
		q.Path, q.Target = shown, shown
		return &policy.Error{Status: 400, Message: err.Error(), Source: "gateway", Reason: reasonNotValid}
	}
	q.Path, q.RawQuery, q.Target = t.path, t.query, t.whole
	return nil
}

// reasonNotValid is the reason of requests that cannot be read.
const reasonNotValid = "RequestNotValid"

// refuse answers a request that is not valid.
func (g *Gateway) refuse(c *call, to client, err error) {
	g.fail(&c.Exchange, err)
	sent := to.send(&c.Exchange)
	g.record(&c.Exchange, &route{}, sent)
}

// via is the gateway's line of Via in requests to backends (RFC 9110, 7.6.3).
func via(q *policy.Request) string {
	if q.HTTP2 {
		return "2.0 portico"
	}
	return "1.1 portico"
}

// forwarded tells the backend who called, in the headers that proxies use. What
// the client says of the hops before is kept where it is a list, and replaced
// where it is not. Via is written when the request goes out.
func forwarded(q *policy.Request) {
	h := &q.Headers
	appended(h, "X-Forwarded-For", q.RemoteIP)
	h.Set("X-Forwarded-Proto", q.Scheme)
	h.Set("X-Forwarded-Host", q.Host)
	if h.Has("Forwarded") { // RFC 7239; without one, the X-Forwarded headers say it
		appended(h, "Forwarded", "for="+forwardedNode(q.RemoteIP)+";host=\""+q.Host+"\";proto="+q.Scheme)
	}
}

// appended makes one line of a header's lines and a value.
func appended(h *policy.Headers, name, value string) {
	if h.Has(name) {
		value = strings.Join(append(h.Values(name), value), ", ")
	}
	h.Set(name, value)
}

// forwardedNode writes an address as RFC 7239, 6 does.
func forwardedNode(ip string) string {
	if strings.IndexByte(ip, ':') >= 0 {
		return `"[` + ip + `]"`
	}
	return ip
}

// requestBody reads a request's body, counts it and stops at the limit.
type requestBody struct {
	source bodySource
	left   int64
	read   atomic.Int64
}

// mostBody is the limit of a request's body in bytes.
func (g *Gateway) mostBody() int64 {
	if g.config.MaxBody > 0 {
		return g.config.MaxBody
	}
	return math.MaxInt64 - 1
}

func (b *requestBody) Read(p []byte) (int, error) {
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.source.Read(p)
	b.read.Add(int64(n))
	if b.left -= int64(n); b.left < 0 {
		return 0, policy.ErrBodyTooLarge
	}
	return n, err
}

// Close does nothing: what is left of a body is its connection's to pass over.
func (b *requestBody) Close() error { return nil }

func (b *requestBody) Prefetch(most int) error { return b.source.Prefetch(most) }
func (b *requestBody) Ready() bool             { return b.source.Ready() }
func (b *requestBody) Share(yes bool)          { b.source.Share(yes) }
func (b *requestBody) Interrupt()              { b.source.Interrupt() }
func (b *requestBody) Trailers() []http1.Field { return b.source.Trailers() }

// bodySource is what a request's body comes from.
type bodySource interface {
	io.Reader
	http1.Prefetcher
}

// requestIDHeader tells the client under which id its call is recorded and logged.
const requestIDHeader = "X-Ms-Request-Id"

// pieceSize is how much of a body is sent at once. Without streaming, a piece
// is sent once it is full (apim.md 2.4).
const pieceSize = 8 << 10

// sentAtOnce tells whether the pieces of a response go out as they come: where the
// backend streams events, or forward-request says so.
func sentAtOnce(res *policy.Response) bool {
	return res.Stream || isGRPC(res.Headers) || strings.HasPrefix(res.Headers.Get("Content-Type"), "text/event-stream")
}
