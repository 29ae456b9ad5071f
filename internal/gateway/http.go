package gateway

import (
	"io"
	"math"
	"net"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"portico/internal/policy"
)

// call is one call on net/http: the exchange, and the memory of its lists,
// which goes from call to call.
type call struct {
	policy.Exchange
	w        http.ResponseWriter
	body     *requestBody // nil for a request without one
	piece    []byte       // of a body on its way to the client; nil until one streams
	request  [24]policy.Header
	response [16]policy.Header
	extra    [2]policy.Header
	matched  [8]policy.Parameter
}

// ServeHTTP makes an exchange of the request and takes it through the stations.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := g.calls.Get().(*call)
	defer func() {
		*c = call{piece: c.piece}
		g.calls.Put(c)
	}()
	c.w = w
	if err := g.receive(c, r); err != nil {
		g.refuse(c, err)
		return
	}
	if err := g.serve(&c.Exchange, c); err != nil {
		panic(http.ErrAbortHandler) // the client must see that the answer is not whole
	}
}

// receive fills the exchange with the request in its canonical form.
func (g *Gateway) receive(c *call, r *http.Request) error {
	x := &c.Exchange
	x.Context, x.Start, x.RequestID, x.Forwarder = r.Context(), time.Now(), policy.NewRequestID(), g
	x.Deployment = &g.config.Services.Deployment
	x.Response.Headers, x.ResponseHeaders, x.Matched = c.response[:0], c.extra[:0], c.matched[:0]
	q := &x.Request
	q.Method, q.Host, q.RemoteIP, q.Scheme = r.Method, r.Host, remoteIP(r.RemoteAddr), "http"
	if r.TLS != nil && len(r.TLS.PeerCertificates) > 0 {
		q.Certificate, q.Intermediates = r.TLS.PeerCertificates[0], r.TLS.PeerCertificates[1:]
	}
	if r.TLS != nil {
		q.Scheme = "https"
	}
	removeHopByHop(r.Header)
	q.Headers = c.request[:0]
	for name, values := range r.Header {
		for _, v := range values {
			q.Headers.Add(name, v)
		}
	}
	q.Headers.Del("Expect") // net/http has answered it
	forwarded(q)
	if r.ContentLength != 0 && r.Body != nil && r.Body != http.NoBody {
		// Not part of the call's memory: a connection to a backend may still read it when the call is over.
		c.body = &requestBody{ReadCloser: r.Body, left: math.MaxInt64 - 1}
		if g.config.MaxBody > 0 {
			c.body.left = g.config.MaxBody
		}
		q.Body = policy.StreamBody(c.body, r.ContentLength)
	}
	target := r.RequestURI
	if strings.HasPrefix(target, "http://") || strings.HasPrefix(target, "https://") {
		target = r.URL.RequestURI() // the absolute form, as proxies get it
	}
	t, err := canonicalize(target)
	if err != nil {
		q.Path, q.Target = r.URL.EscapedPath(), r.URL.EscapedPath()
		return &policy.Error{Status: 400, Message: err.Error(), Source: "gateway", Reason: "RequestNotValid"}
	}
	q.Path, q.RawQuery, q.Target = t.path, t.query, t.whole
	return nil
}

// refuse answers a request that is not valid.
func (g *Gateway) refuse(c *call, err error) {
	g.fail(&c.Exchange, err)
	sent := c.send(&c.Exchange)
	g.record(&c.Exchange, &route{}, sent)
}

// forwarded tells the backend who called, in the headers that proxies use.
func forwarded(q *policy.Request) {
	from := q.RemoteIP
	if q.Headers.Has("X-Forwarded-For") {
		from = strings.Join(append(q.Headers.Values("X-Forwarded-For"), from), ", ")
	}
	q.Headers.Set("X-Forwarded-For", from)
	q.Headers.Set("X-Forwarded-Proto", q.Scheme)
	q.Headers.Set("X-Forwarded-Host", q.Host)
}

// requestBody reads a request's body, counts it and stops at the limit.
type requestBody struct {
	io.ReadCloser
	left int64
	read atomic.Int64
}

func (b *requestBody) Read(p []byte) (int, error) {
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.ReadCloser.Read(p)
	b.read.Add(int64(n))
	if b.left -= int64(n); b.left < 0 {
		return 0, policy.ErrBodyTooLarge
	}
	return n, err
}

// pieceSize is how much of a body is sent at once. Without streaming, a piece
// is sent once it is full (apim.md 2.4).
const pieceSize = 8 << 10

// send writes the response; see client.
func (c *call) send(x *policy.Exchange) error {
	res := &x.Response
	defer func() {
		_ = res.Body.Close()
		if c.body != nil {
			x.RequestBytes = c.body.read.Load()
		}
	}()
	head := x.Request.Method == http.MethodHead
	n := res.Body.Len()
	c.writeHeaders(res.Headers, head, n)
	if _, whole := res.Body.InMemory(); !whole && c.body != nil {
		// The backend may answer while the request is still on its way: net/http must not throw the rest away.
		_ = http.NewResponseController(c.w).EnableFullDuplex() // HTTP/2 always has it
	}
	c.w.WriteHeader(res.Status)
	if head || !hasBody(res.Status) {
		return nil
	}
	if b, ok := res.Body.InMemory(); ok {
		sent, err := c.w.Write(b)
		x.ResponseBytes += int64(sent)
		return err
	}
	return c.stream(x, res)
}

// requestIDHeader tells the client under which id its call is recorded and logged.
const requestIDHeader = "X-Ms-Request-Id"

// writeHeaders copies the response's lines into net/http's map, and adds the
// body's length. One array holds all values.
func (c *call) writeHeaders(lines policy.Headers, head bool, length int64) {
	h := c.w.Header()
	values := make([]string, 0, len(lines)+2)
	set := func(name, value string) {
		values = append(values, value)
		h[name] = values[len(values)-1 : len(values) : len(values)]
	}
	for _, line := range lines {
		name := textproto.CanonicalMIMEHeaderKey(line.Name)
		if before, ok := h[name]; ok {
			h[name] = append(before, line.Value)
		} else {
			set(name, line.Value)
		}
	}
	switch {
	case !hasBody(c.Response.Status):
		delete(h, "Content-Length")
	case length >= 0 && (!head || length > 0):
		set("Content-Length", strconv.FormatInt(length, 10))
	}
	if _, ok := h[requestIDHeader]; !ok {
		set(requestIDHeader, c.RequestID)
	}
	if h.Get("Content-Type") == "" {
		h["Content-Type"] = nil // net/http must not guess it
	}
}

// stream copies the body as it comes. Pieces go out at once where the backend
// streams events or forward-request says so.
func (c *call) stream(x *policy.Exchange, res *policy.Response) error {
	if c.piece == nil {
		c.piece = make([]byte, pieceSize)
	}
	atOnce := res.Stream || strings.HasPrefix(res.Headers.Get("Content-Type"), "text/event-stream")
	flusher := http.NewResponseController(c.w)
	if atOnce {
		if err := flusher.Flush(); err != nil {
			return err
		}
	}
	body := res.Body.Reader()
	for {
		n, err := body.Read(c.piece)
		if n > 0 {
			sent, err := c.w.Write(c.piece[:n])
			x.ResponseBytes += int64(sent)
			if err == nil && atOnce {
				err = flusher.Flush()
			}
			if err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func hasBody(status int) bool { return status >= 200 && status != 204 && status != 304 }

// hopByHop are the headers that belong to one connection (RFC 9110, 7.6.1).
// Via is left alone.
var hopByHop = []string{"Connection", "Proxy-Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Te", "Trailer", "Transfer-Encoding", "Upgrade"}

// removeHopByHop removes them, and those that Connection names.
func removeHopByHop(h http.Header) {
	for _, line := range h["Connection"] {
		for name := range strings.SplitSeq(line, ",") {
			h.Del(textproto.TrimString(name))
		}
	}
	for _, name := range hopByHop {
		delete(h, name)
	}
}

// remoteIP is the address of a peer without its port.
func remoteIP(addr string) string {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return addr
	}
	return host
}
