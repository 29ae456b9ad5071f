package gateway

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"portico/internal/gateway/http1"
	"portico/internal/policy"
	"portico/internal/policy/routing"
)

// backends finds and calls what stands behind base URLs.
type backends struct {
	locals map[string]Local
	ways   *ways

	mu    sync.Mutex                      // of writers
	bases atomic.Pointer[map[string]base] // what base URLs mean; copied to add one
}

// base is a parsed base URL.
type base struct {
	scheme, host string // the host with its port, as it was written
	path         string // escaped, without the slash at its end
	query        string
	address      http1.Address
	local        Local // nil for a backend that is called over the network
}

// maxBases bounds the base URLs that are kept parsed; more are parsed for each call.
const maxBases = 4096

func newBackends(c Config) *backends {
	b := &backends{locals: map[string]Local{EchoHost: Echo{}}, ways: newWays(c)}
	for host, l := range c.Locals {
		b.locals[strings.ToLower(host)] = l
	}
	b.bases.Store(&map[string]base{})
	return b
}

func (b *backends) close() { b.ways.close() }

// base parses a base URL, once.
func (b *backends) base(text string) (base, error) {
	if known, ok := (*b.bases.Load())[text]; ok {
		return known, nil
	}
	parsed, err := b.parse(text)
	if err != nil {
		return base{}, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	old := *b.bases.Load()
	if len(old) < maxBases {
		next := make(map[string]base, len(old)+1)
		for k, v := range old {
			next[k] = v
		}
		next[text] = parsed
		b.bases.Store(&next)
	}
	return parsed, nil
}

func (b *backends) parse(text string) (base, error) {
	if text == "" {
		return base{}, errors.New("the API has no web service URL, and no policy sets one")
	}
	u, err := url.Parse(text)
	if err != nil {
		return base{}, err
	}
	if u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return base{}, errors.New("the base URL " + text + " must be absolute and begin with http:// or https://")
	}
	parsed := base{scheme: u.Scheme, host: u.Host, path: strings.TrimSuffix(u.EscapedPath(), "/"), query: u.RawQuery}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	parsed.address = http1.Address{TLS: u.Scheme == "https", Host: net.JoinHostPort(u.Hostname(), port)}
	name := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	if parsed.local = b.locals[name]; parsed.local == nil {
		parsed.local = b.locals[name+":"+port]
	}
	return parsed, nil
}

// join gives the path and query of the backend's request.
func (b *base) join(t policy.Target) (path, query string) {
	path = t.Path
	if path != "" && path[0] != '/' {
		path = "/" + path
	}
	if b.path != "" {
		path = b.path + path
	}
	if path == "" {
		path = "/"
	}
	switch {
	case b.query == "":
		return path, t.RawQuery
	case t.RawQuery == "":
		return path, b.query
	}
	return path, b.query + "&" + t.RawQuery
}

// Forward is the backend station: forward-request's way to the exchange's
// backend, an entity or an address.
func (g *Gateway) Forward(x *policy.Exchange, o policy.ForwardOptions) error {
	if x.Tracer != nil {
		x.Note(map[string]any{"message": fmt.Sprintf("Request is being forwarded to the backend service. Timeout set to %v seconds", o.Timeout.Seconds()),
			"request": map[string]any{"method": x.Request.Method, "url": x.Backend.URL(), "backendId": x.Backend.EntityID, "headers": x.TraceHeaders(x.Request.Headers)}})
	}
	known := g.snapshot.Load().entities
	var e *entity
	if x.Backend.EntityID != "" {
		var err error
		if e, err = known.choose(x.Backend.EntityID); err != nil {
			return err
		}
		headers, target := x.Request.Headers, x.Backend
		defer func() { x.Request.Headers, x.Backend = headers, target }()
		e.address(x)
	}
	to, certificate, err := known.wayTo(x, e)
	if err != nil {
		return err
	}
	err = g.forward(x, o, g.backends.ways.get(to, certificate))
	if e != nil && e.breaker != nil {
		e.breaker.note(outcomeOf(x, err))
	}
	if x.Tracer != nil && err == nil {
		x.Note(map[string]any{"response": map[string]any{"status": x.TraceStatus(), "headers": x.TraceHeaders(x.Response.Headers)}})
	}
	if err == nil && o.FailOnErrorStatusCode && x.Response.Status >= 400 && x.Response.Status <= 599 {
		return &policy.Error{Reason: "BackendErrorStatusCode", Detail: "The backend answered with an error status."}
	}
	return err
}

// forward calls the backend at the exchange's address over connections of network.
func (g *Gateway) forward(x *policy.Exchange, o policy.ForwardOptions, network *httpBackend) error {
	b, err := g.backends.base(x.Backend.BaseURL)
	if err != nil {
		return &policy.Error{Status: 500, Reason: reasonConnection, Err: err}
	}
	if o.BufferRequestBody {
		if _, err := x.Request.Body.Bytes(g.bodyLimit()); err != nil {
			return failure(x, err)
		}
	}
	_ = x.Response.Body.Close()
	headers := x.Response.Headers
	if len(headers) > 0 {
		headers = nil // of a backend called before; they may be its own
	}
	x.Response = policy.Response{Headers: headers}
	start := time.Now()
	if b.local != nil {
		err = serveLocal(x, &b, o.Timeout)
	} else {
		err = network.forward(x, &b, o, g.bodyLimit(), start)
	}
	x.BackendElapsed += time.Since(start)
	if err == nil && (x.Response.Status < 200 && x.Response.Status != 101 || x.Response.Status > 999) {
		err = fmt.Errorf("the backend answered with the status %d", x.Response.Status)
	}
	if err != nil {
		return failure(x, err)
	}
	x.BackendStatus = x.Response.Status
	x.Response.Stream = !o.BufferResponse
	return nil
}

// maxInMemory bounds a body that must be in memory where the operator sets no limit.
const maxInMemory = 1 << 30

// bodyLimit is the most that is read of a body that must be in memory.
func (g *Gateway) bodyLimit() int64 {
	if g.config.MaxBody > 0 {
		return g.config.MaxBody
	}
	return maxInMemory
}

// serveLocal calls a backend in this process: no connection, no copy. A timeout
// of its own ends the exchange's Context unless the backend answers before.
func serveLocal(x *policy.Exchange, b *base, timeout time.Duration) error {
	backend, client := x.Backend, x.Context
	defer func() { x.Backend, x.Context = backend, client }()
	x.Backend.Path, x.Backend.RawQuery = b.join(backend)
	if timeout == routing.DefaultTimeout {
		return b.local.Serve(x)
	}
	ctx, cancel := context.WithCancelCause(client)
	x.AtEnd(cancelling(cancel)) // a body that streams needs it until then
	timer := time.AfterFunc(timeout, func() { cancel(errTimeout) })
	x.Context = ctx
	err := b.local.Serve(x)
	if !timer.Stop() && client.Err() == nil {
		return errTimeout
	}
	return err
}

type cancelling context.CancelCauseFunc

func (c cancelling) End(*policy.Exchange) error {
	c(nil)
	return nil
}

// The reasons of a backend that did not answer (apim.md 2.3).
const (
	reasonConnection = "BackendConnectionFailure"
	reasonClientGone = "ClientConnectionFailure"
	reasonTimeout    = "Timeout"
)

// outcomeOf is what a breaker needs to know of a call.
func outcomeOf(x *policy.Exchange, err error) outcome {
	if err == nil {
		return outcome{status: x.Response.Status, retryAfter: x.Response.Headers.Get("Retry-After")}
	}
	var e *policy.Error
	if errors.As(err, &e) && e.Reason != "" {
		return outcome{reason: e.Reason}
	}
	return outcome{reason: reasonClientGone} // the request's body was too large
}

// failure makes the error of a backend that did not answer.
func failure(x *policy.Exchange, err error) error {
	var e *policy.Error
	switch {
	case errors.As(err, &e), errors.Is(err, policy.ErrBodyTooLarge):
		return err
	case x.Context.Err() != nil:
		return &policy.Error{Status: 500, Reason: reasonClientGone, Detail: "The client went away while the call was pending.", Err: context.Canceled}
	case errors.Is(err, errTimeout):
		return &policy.Error{Status: 500, Reason: reasonTimeout, Detail: "The backend did not answer in time.", Err: err}
	}
	return &policy.Error{Status: 500, Reason: reasonConnection, Detail: "The backend could not be reached, or broke off.", Err: err}
}
