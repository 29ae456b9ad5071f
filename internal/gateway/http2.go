package gateway

import (
	"io"
	"math"
	"net"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"
	"time"

	"portico/internal/gateway/http1"
	"portico/internal/policy"
)

// httpCall is one call on net/http: of HTTP/2, and of programs that have a request in hand.
type httpCall struct {
	call
	w     http.ResponseWriter
	piece []byte // of a body on its way to the client; nil until one streams
}

// ServeHTTP makes an exchange of the request and takes it through the stations.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c := g.httpCalls.Get().(*httpCall)
	defer func() {
		*c = httpCall{piece: c.piece}
		g.httpCalls.Put(c)
	}()
	c.w = w
	if err := g.receiveHTTP(c, r); err != nil {
		g.refuse(&c.call, c, err)
		return
	}
	if err := g.serve(&c.Exchange, c); err != nil {
		panic(http.ErrAbortHandler) // the client must see that the answer is not whole
	}
}

// receiveHTTP fills the exchange with the request in its canonical form.
func (g *Gateway) receiveHTTP(c *httpCall, r *http.Request) error {
	x := &c.Exchange
	x.Context, x.Start, x.RequestID = r.Context(), time.Now(), policy.NewRequestID()
	q := g.receive(&c.call)
	q.Method, q.Host, q.RemoteIP = r.Method, r.Host, remoteIP(r.RemoteAddr)
	q.HTTP2 = r.ProtoMajor == 2
	secured(q, r.TLS)
	for _, te := range r.Header["Te"] {
		q.Trailers = q.Trailers || strings.EqualFold(te, "trailers")
	}
	removeHopByHop(r.Header)
	for name, values := range r.Header {
		for _, v := range values {
			q.Headers.Add(name, v)
		}
	}
	q.Headers.Del("Expect") // net/http has answered it
	forwarded(q)
	if r.ContentLength != 0 && r.Body != nil && r.Body != http.NoBody {
		c.body = &requestBody{source: httpBody{r}, left: g.mostBody()}
		if isGRPC(q.Headers) {
			c.body.left = math.MaxInt64 - 1 // its messages have limits of their own, and a stream of them none
		}
		q.Body = policy.StreamBody(c.body, r.ContentLength)
	}
	target := r.RequestURI
	if strings.HasPrefix(target, "http://") || strings.HasPrefix(target, "https://") {
		target = r.URL.RequestURI() // the absolute form, as proxies get it
	}
	return setTarget(q, target, r.URL.EscapedPath())
}

// httpBody is a request's body on net/http. How much of it is there already it cannot say.
type httpBody struct{ r *http.Request }

func (b httpBody) Read(p []byte) (int, error) { return b.r.Body.Read(p) }
func (b httpBody) Prefetch(int) error         { return nil }
func (b httpBody) Ready() bool                { return false }
func (b httpBody) Share(bool)                 {}
func (b httpBody) Interrupt()                 { _ = b.r.Body.Close() }

func (b httpBody) Trailers() []http1.Field { return fieldsOf(b.r.Trailer) }

// send writes the response; see client.
func (c *httpCall) send(x *policy.Exchange) error {
	res := &x.Response
	defer func() {
		_ = res.Body.Close()
		x.RequestBytes = c.received()
	}()
	head := x.Request.Method == http.MethodHead
	n := res.Body.Len()
	c.writeHeaders(res.Headers, head, n)
	if _, whole := res.Body.InMemory(); !whole && c.body != nil {
		// The backend may answer while the request is still on its way: net/http must not throw the rest away.
		_ = http.NewResponseController(c.w).EnableFullDuplex() // HTTP/2 always has it
	}
	c.w.WriteHeader(res.Status)
	if head || !http1.HasBody(res.Status) {
		return nil
	}
	if b, ok := res.Body.InMemory(); ok {
		sent, err := c.w.Write(b)
		x.ResponseBytes += int64(sent)
		return err
	}
	return c.stream(x, res)
}

// writeHeaders copies the response's lines into net/http's map, and adds the
// body's length. One array holds all values.
func (c *httpCall) writeHeaders(lines policy.Headers, head bool, length int64) {
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
	case !http1.HasBody(c.Response.Status):
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
func (c *httpCall) stream(x *policy.Exchange, res *policy.Response) error {
	if c.piece == nil {
		c.piece = make([]byte, pieceSize)
	}
	atOnce := sentAtOnce(res)
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
			for _, t := range trailersOf(body) {
				c.w.Header().Add(http.TrailerPrefix+t.Name, t.Value)
			}
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// hopByHop are the headers that belong to one connection (RFC 9110, 7.6.1).
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
