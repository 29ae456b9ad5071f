package gateway

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"portico/internal/gateway/http1"
	"portico/internal/policy"
)

const (
	connectTimeout  = 30 * time.Second
	idleTimeout     = 90 * time.Second
	keepAlive       = 30 * time.Second
	connsPerHost    = 2048 // as API Management allows per host and unit (apim.md 1.1)
	idlePerHost     = 256
	maxRedirects    = 10
	headerLimit     = 1 << 20 // bytes of a response's headers
	continueTimeout = time.Second
)

// errTimeout says that a backend's headers did not come in time.
var errTimeout = errors.New("no response headers within forward-request's timeout")

// httpBackend calls backends over the network, one way to make connections. The
// engine's client does it; what that does not speak (HTTP/2, proxies) and what
// makes requests of its own (redirects, policies) goes through net/http.
type httpBackend struct {
	client    *http1.Client
	transport *http.Transport // HTTP/1.1
	http2     *http.Transport // HTTP/2, without TLS by prior knowledge
	either    *http.Transport // what the backend chooses by ALPN
}

func (h *httpBackend) close() {
	h.client.Close()
	for _, t := range []*http.Transport{h.transport, h.http2, h.either} {
		t.CloseIdleConnections()
	}
}

func newHTTPBackend(c Config, to way, certificate *tls.Certificate) *httpBackend {
	dialer := &net.Dialer{Timeout: connectTimeout, KeepAlive: keepAlive, Control: c.Egress.Control}
	secure := to.dialTLS(c, certificate, dialer)
	h := &httpBackend{client: &http1.Client{
		Dial: func(ctx context.Context, to http1.Address) (net.Conn, error) {
			if to.TLS {
				return secure(ctx, "tcp", to.Host)
			}
			return dialer.DialContext(ctx, "tcp", to.Host)
		}, MaxIdle: idlePerHost, MaxConns: connsPerHost,
	}}
	h.transport, h.http2, h.either = to.transport(c, certificate, dialer), to.transport(c, certificate, dialer), to.transport(c, certificate, dialer)
	h.transport.Protocols.SetHTTP1(true)
	h.http2.Protocols.SetHTTP2(true)
	h.http2.Protocols.SetUnencryptedHTTP2(true)
	h.either.Protocols.SetHTTP1(true)
	h.either.Protocols.SetHTTP2(true)
	return h
}

// transport is net/http's client of the way. Its Protocols are for the caller to set.
func (w way) transport(c Config, certificate *tls.Certificate, dialer *net.Dialer) *http.Transport {
	t := &http.Transport{
		DialContext:            dialer.DialContext,
		Protocols:              &http.Protocols{},
		Proxy:                  proxyOf,
		TLSClientConfig:        w.tlsConfig(c, certificate, ""),
		TLSHandshakeTimeout:    connectTimeout,
		DisableCompression:     true, // bodies pass as they are
		MaxIdleConns:           0,
		MaxIdleConnsPerHost:    idlePerHost,
		MaxConnsPerHost:        connsPerHost,
		IdleConnTimeout:        idleTimeout,
		ExpectContinueTimeout:  continueTimeout,
		MaxResponseHeaderBytes: headerLimit,
	}
	if w.anyChain || w.anyName {
		t.DialTLSContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			return w.dialTLS(c, certificate, dialer, protocolsOf(t)...)(ctx, network, address)
		}
	}
	return t
}

// protocolsOf are the names by which ALPN knows what a transport speaks.
func protocolsOf(t *http.Transport) (names []string) {
	if t.Protocols.HTTP2() {
		names = append(names, "h2")
	}
	if t.Protocols.HTTP1() {
		names = append(names, "http/1.1")
	}
	return names
}

// forward sends the exchange's request and takes the response over as it comes.
func (h *httpBackend) forward(x *policy.Exchange, b *base, o policy.ForwardOptions, limit int64, now time.Time) error {
	switch {
	case o.Version == policy.HTTP2, o.Version == "" && isGRPC(x.Request.Headers):
		return roundTripHTTP(h.http2, x, b, o, limit)
	case o.Version == policy.HTTP2or1 && b.scheme == "https":
		return roundTripHTTP(h.either, x, b, o, limit)
	case x.Backend.Proxy == nil && !o.FollowRedirects:
		return h.forwardHTTP1(x, b, o, now)
	}
	return roundTripHTTP(h.transport, x, b, o, limit)
}

// isGRPC tells whether a message is of gRPC, which is HTTP/2 from end to end.
func isGRPC(h policy.Headers) bool {
	const grpc = "application/grpc"
	t := h.Get("Content-Type")
	return len(t) >= len(grpc) && strings.EqualFold(t[:len(grpc)], grpc)
}

// roundTripHTTP does it through net/http.
func roundTripHTTP(t *http.Transport, x *policy.Exchange, b *base, o policy.ForwardOptions, limit int64) error {
	ctx, cancel := context.WithCancelCause(x.Context)
	timer := time.AfterFunc(o.Timeout, func() { cancel(errTimeout) })
	req, err := newRequest(ctx, x, b, o, limit)
	if err != nil {
		timer.Stop()
		cancel(nil)
		return err
	}
	res, err := roundTrip(t, req, o.FollowRedirects)
	if !timer.Stop() && err == nil {
		err = errTimeout
		_ = res.Body.Close()
	}
	if err != nil {
		if cause := context.Cause(ctx); cause != nil && x.Context.Err() == nil {
			err = cause
		}
		cancel(nil)
		release(req)
		return err
	}
	take(x, res, func() {
		cancel(nil)
		release(req)
	})
	return nil
}

// guardedBody is a request's body that a connection of net/http may read when
// the call is over: from then on there is nothing to read.
type guardedBody struct {
	mu     sync.Mutex
	reader io.Reader // nil when the call is over
}

func (b *guardedBody) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.reader == nil {
		return 0, io.ErrClosedPipe
	}
	return b.reader.Read(p)
}

func (b *guardedBody) Close() error { return nil }

// release ends a request's use of the client's body.
func release(req *http.Request) {
	b, ok := req.Body.(*guardedBody)
	if !ok {
		return
	}
	if !b.mu.TryLock() { // it waits for the client
		if r, ok := b.reader.(http1.Prefetcher); ok {
			r.Interrupt()
		}
		b.mu.Lock()
	}
	b.reader = nil
	b.mu.Unlock()
}

// proxyKey is under which a request's context has its proxy, a *url.URL.
type proxyKey struct{}

// proxyOf is the proxy that a call's policies or its backend entity chose. The process's environment has no say.
func proxyOf(r *http.Request) (*url.URL, error) {
	u, _ := r.Context().Value(proxyKey{}).(*url.URL)
	return u, nil
}

func roundTrip(t *http.Transport, req *http.Request, followRedirects bool) (*http.Response, error) {
	if !followRedirects {
		return t.RoundTrip(req)
	}
	c := http.Client{Transport: t, CheckRedirect: func(_ *http.Request, via []*http.Request) error {
		if len(via) >= maxRedirects {
			return http.ErrUseLastResponse
		}
		return nil
	}}
	return c.Do(req)
}

// newRequest makes the request of what the policies left in the exchange. A
// body that may have to be sent again, after a redirect, is read into memory.
func newRequest(ctx context.Context, x *policy.Exchange, b *base, o policy.ForwardOptions, limit int64) (*http.Request, error) {
	path, query := b.join(x.Backend)
	u := &url.URL{Scheme: b.scheme, Host: b.host, Path: decoded(path, false), RawPath: path, RawQuery: query}
	if x.Backend.Proxy != nil {
		ctx = context.WithValue(ctx, proxyKey{}, x.Backend.Proxy)
	}
	req := (&http.Request{Method: x.Request.Method, URL: u, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: make(http.Header, len(x.Request.Headers)), Host: b.host}).WithContext(ctx)
	for _, line := range x.Request.Headers {
		name := http.CanonicalHeaderKey(line.Name)
		switch name {
		case "Host":
			req.Host = line.Value
		case "Content-Length":
		default:
			req.Header[name] = append(req.Header[name], line.Value)
		}
	}
	if x.Request.Trailers {
		req.Header["Te"] = []string{"trailers"}
	}
	req.Header["Via"] = append(req.Header["Via"], via(&x.Request))
	if _, ok := req.Header["User-Agent"]; !ok {
		req.Header["User-Agent"] = nil // or the transport would name itself
	}
	body := &x.Request.Body
	if o.FollowRedirects {
		if _, err := body.Bytes(limit); err != nil {
			return nil, err
		}
	}
	switch n := body.Len(); {
	case n == 0:
		req.Body = http.NoBody
	default:
		req.ContentLength = n
		req.Body = &guardedBody{reader: body.Reader()}
		if _, ok := body.InMemory(); ok {
			req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(body.Reader()), nil }
		}
	}
	return req, nil
}

// take makes the backend's response the exchange's.
func take(x *policy.Exchange, res *http.Response, done func()) {
	x.Response.Status = res.StatusCode
	removeHopByHop(res.Header)
	head := x.Request.Method == http.MethodHead
	for name, values := range res.Header {
		if name == "Content-Length" && !head {
			continue // the body knows its own
		}
		for _, v := range values {
			x.Response.Headers.Add(name, v)
		}
	}
	body := &responseBody{ReadCloser: res.Body, done: done, trailer: &res.Trailer}
	if head || res.ContentLength == 0 { // gRPC has its status in a head without a body
		_ = body.Close()
		return
	}
	x.Response.Body = policy.StreamBody(body, res.ContentLength)
}

// responseBody ends the backend's call when it is closed.
type responseBody struct {
	io.ReadCloser
	done    func()
	trailer *http.Header // filled in when the body was read
}

// Trailers are the fields behind the body.
func (b *responseBody) Trailers() []http1.Field { return fieldsOf(*b.trailer) }

func fieldsOf(h http.Header) []http1.Field {
	var fields []http1.Field
	for name, values := range h {
		for _, v := range values {
			fields = append(fields, http1.Field{Name: name, Value: v})
		}
	}
	return fields
}

func (b *responseBody) Close() error {
	err := b.ReadCloser.Close()
	b.done()
	return err
}
