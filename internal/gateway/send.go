package gateway

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"

	"portico/internal/catalog"
	"portico/internal/policy"
)

// sender makes the requests that are policies' own, and owns those that nobody waits for.
type sender struct {
	gateway *Gateway
	later   sync.WaitGroup
	places  chan struct{} // one for each request that nobody waits for
	stop    context.CancelFunc
	running context.Context // of those requests
}

const (
	maxLater   = 512             // requests under way that nobody waits for
	laterGrace = 5 * time.Second // for them when the gateway closes
)

func newSender(g *Gateway) *sender {
	s := &sender{gateway: g, places: make(chan struct{}, maxLater)}
	s.running, s.stop = context.WithCancel(context.Background())
	return s
}

// Send makes a request and reads the answer; see policy.Sender.
func (s *sender) Send(ctx context.Context, o *policy.Outgoing) (*policy.Response, error) {
	ctx, cancel := context.WithTimeout(ctx, o.Timeout)
	defer cancel()
	b, err := s.gateway.backends.parse(o.URL)
	if err != nil {
		return nil, err
	}
	if b.local != nil {
		return s.local(ctx, o, b.local)
	}
	known := s.gateway.snapshot.Load().entities
	pair, err := known.certificate(o.Certificate)
	if err != nil {
		return nil, err
	}
	to := way{}
	if pair != nil {
		to.thumbprint = catalog.Thumbprint(pair.Leaf)
	}
	if o.Proxy != nil {
		ctx = context.WithValue(ctx, proxyKey{}, o.Proxy)
	}
	req, err := http.NewRequestWithContext(ctx, o.Method, o.URL, bytes.NewReader(o.Body))
	if err != nil {
		return nil, err
	}
	for _, h := range o.Headers {
		if h.Name == "Host" {
			req.Host = h.Value
		} else {
			req.Header.Add(h.Name, h.Value)
		}
	}
	removeHopByHop(req.Header)
	if _, ok := req.Header["User-Agent"]; !ok {
		req.Header["User-Agent"] = nil // or the transport would name itself
	}
	req.Header.Del("Content-Length") // the body knows its own
	res, err := s.gateway.backends.ways.get(to, pair).transport.RoundTrip(req)
	if err != nil {
		return nil, causeOf(ctx, err)
	}
	defer func() { _ = res.Body.Close() }()
	removeHopByHop(res.Header)
	out := &policy.Response{Status: res.StatusCode, Reason: reasonPhrase(res)}
	for name, values := range res.Header {
		for _, v := range values {
			out.Headers.Add(name, v)
		}
	}
	if res.ContentLength > policy.MaxAnswer {
		return nil, policy.ErrBodyTooLarge
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, policy.MaxAnswer+1))
	switch {
	case err != nil:
		return nil, causeOf(ctx, err)
	case len(body) > policy.MaxAnswer:
		return nil, policy.ErrBodyTooLarge
	}
	out.Body = policy.BytesBody(body)
	return out, nil
}

// local asks a backend in this process.
func (s *sender) local(ctx context.Context, o *policy.Outgoing, l Local) (*policy.Response, error) {
	u, err := url.Parse(o.URL)
	if err != nil {
		return nil, err
	}
	x := &policy.Exchange{Context: ctx, RequestID: policy.NewRequestID(), Start: time.Now(),
		Request: policy.Request{Method: o.Method, Scheme: u.Scheme, Host: u.Host, Path: u.EscapedPath(), RawQuery: u.RawQuery, Headers: o.Headers, Body: policy.BytesBody(o.Body)},
		Backend: policy.Target{BaseURL: o.URL, Path: u.EscapedPath(), RawQuery: u.RawQuery}}
	if err := l.Serve(x); err != nil {
		return nil, causeOf(ctx, err)
	}
	if _, err := x.Response.Body.Bytes(policy.MaxAnswer); err != nil {
		_ = x.Response.Body.Close()
		return nil, causeOf(ctx, err)
	}
	return &x.Response, x.End()
}

// SendLater makes a request that nobody waits for; see policy.Sender.
func (s *sender) SendLater(o *policy.Outgoing) error {
	select {
	case s.places <- struct{}{}:
	default:
		return fmt.Errorf("%d requests that nobody waits for are under way", maxLater)
	}
	s.later.Go(func() {
		defer func() { <-s.places }()
		if _, err := s.Send(s.running, o); err != nil {
			s.gateway.config.Log.Warn("a one-way request failed", "host", hostOf(o.URL), "error", err)
		}
	})
	return nil
}

// close waits a little for the requests that nobody waits for, and ends what is left.
func (s *sender) close() {
	timer := time.AfterFunc(laterGrace, s.stop)
	s.later.Wait()
	timer.Stop()
	s.stop()
}

// Certificate finds a client certificate; see policy.Certificates.
func (g *Gateway) Certificate(ref policy.ClientCertificate) (*tls.Certificate, error) {
	pair, err := g.snapshot.Load().certificate(ref)
	if pair == nil && err == nil {
		err = errors.New("no client certificate is named")
	}
	return pair, err
}

// causeOf is ctx's error where it ended, else err.
func causeOf(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// hostOf is what may be logged of a URL.
func hostOf(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return ""
	}
	return u.Host
}

// reasonPhrase is the text behind the status code.
func reasonPhrase(res *http.Response) string {
	const code = len("200 ")
	if len(res.Status) > code {
		return res.Status[code:]
	}
	return http.StatusText(res.StatusCode)
}

var _ policy.Sender = (*sender)(nil)
