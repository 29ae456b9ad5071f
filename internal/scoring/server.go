// Package scoring is the wire of published web services (azureml.md 1 and 3):
// request-response calls, the management of endpoints, swagger documents and
// help pages. One Server answers the scoring listener and, in process, the gateway.
package scoring

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"portico/internal/fault"
	"portico/internal/policy"
	"portico/internal/rest"
	"portico/internal/usage"
	"portico/internal/webservice"
	"portico/internal/webservice/batch"
)

// DefaultTimeout is how long a call may run; no documented value is known.
const DefaultTimeout = 100 * time.Second

// Config is what a Server stands on.
type Config struct {
	Services       *webservice.Services
	Jobs           *batch.Service
	Usage          usage.Recorder
	Log            *slog.Logger
	WorkspaceID    string // 32 hex digits
	SubscriptionID string // the ARM subscription, a GUID
	MaxBody        int64  // bytes of a request's body
	Timeout        time.Duration
	// Authenticate finds who holds the token of a request to the management API,
	// such as the workspace's. It is not asked where a request carries none.
	Authenticate rest.Authenticator
}

// Server serves the scoring listener. It is safe for concurrent use.
type Server struct {
	Config
	pages   http.Handler // everything that applications do not call
	buffers sync.Pool    // of *buffers
}

// buffers are what a call through the listener needs for its bodies.
type buffers struct{ in, out []byte }

// keepBuffer is how large a buffer may be to be used again.
const keepBuffer = 1 << 20

// New makes a Server.
func New(c Config) *Server {
	if c.Timeout == 0 {
		c.Timeout = DefaultTimeout
	}
	s := &Server{Config: c}
	s.buffers.New = func() any { return &buffers{} }
	s.pages = s.API().Handler()
	return s
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.serve(w, r, s.pages) }

// serve answers calls, and leaves the rest to pages.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, pages http.Handler) {
	t, ok := parseTarget(r.URL.EscapedPath())
	if !ok || !t.isCall() {
		pages.ServeHTTP(w, r)
		return
	}
	start := time.Now()
	b := s.buffers.Get().(*buffers)
	in := httpBody{w: w, r: r, buf: b.in}
	c := call{
		ctx: r.Context(), id: policy.NewRequestID(), method: r.Method, target: t,
		query: r.URL.RawQuery, authorization: r.Header.Get("Authorization"), body: &in,
	}
	a := s.answer(&c, b.out[:0])
	writeAnswer(w, &a, c.id)
	s.record(r, &c, &a, start, in.n)
	if cap(in.buf) <= keepBuffer && cap(a.body) <= keepBuffer {
		b.in, b.out = in.buf, a.body
		s.buffers.Put(b)
	}
}

const jsonType = "application/json; charset=utf-8"

// headers are those of an answer, their names in canonical form.
func (a *answer) headers(id string) policy.Headers {
	h := make(policy.Headers, 0, 3)
	if len(a.body) > 0 {
		h.Add("Content-Type", jsonType)
	}
	h.Add(rest.RequestIDHeader, id)
	switch a.status {
	case http.StatusUnauthorized:
		h.Add("Www-Authenticate", "Bearer")
	case http.StatusMethodNotAllowed:
		h.Add("Allow", a.allow)
	}
	return h
}

func writeAnswer(w http.ResponseWriter, a *answer, id string) {
	h := w.Header()
	for _, line := range a.headers(id) {
		h[line.Name] = []string{line.Value}
	}
	h["Content-Length"] = []string{strconv.Itoa(len(a.body))}
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // a client that is gone needs no answer
}

// record notes a call for the reports.
func (s *Server) record(r *http.Request, c *call, a *answer, start time.Time, requestBytes int64) {
	u := usage.Call{
		Time: start, RequestID: c.id, Listener: "scoring", Operation: c.target.operation(), Method: r.Method, URL: withoutKeys(r.RequestURI),
		IP: host(r.RemoteAddr), Status: a.status, RequestBytes: requestBytes, ResponseBytes: int64(len(a.body)), Elapsed: time.Since(start),
	}
	if a.live != nil {
		u.API = a.live.ServiceID + "/" + a.live.Name
	}
	s.Usage.Record(u)
}

// withoutKeys drops the query where it may hold a key, as of a gateway before this server.
func withoutKeys(uri string) string {
	path, query, _ := strings.Cut(uri, "?")
	if strings.Contains(strings.ToLower(query), "key") {
		return path
	}
	return uri
}

func host(addr string) string {
	h, _, err := net.SplitHostPort(addr)
	if err != nil {
		return addr
	}
	return h
}

// httpBody reads a request's body into a buffer that is used again.
type httpBody struct {
	w   http.ResponseWriter
	r   *http.Request
	buf []byte
	n   int64 // bytes read
}

func (b *httpBody) read(limit int64) (string, error) {
	if b.r.ContentLength > limit {
		return "", tooLarge(limit)
	}
	buf := bytes.NewBuffer(b.buf[:0])
	var err error
	if b.r.ContentLength >= 0 {
		buf.Grow(int(b.r.ContentLength) + bytes.MinRead)
		_, err = buf.ReadFrom(b.r.Body)
	} else {
		_, err = buf.ReadFrom(http.MaxBytesReader(b.w, b.r.Body, limit))
	}
	b.buf, b.n = buf.Bytes(), int64(buf.Len())
	if err != nil {
		return "", unread(err, limit)
	}
	return buf.String(), nil
}

// unread says why a body did not come whole.
func unread(err error, limit int64) error {
	var big *http.MaxBytesError
	switch {
	case errors.As(err, &big):
		return tooLarge(limit)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return fault.Wrap(err, fault.Cancelled, "The request's body did not arrive in time.")
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fault.Wrap(err, fault.Cancelled, "The request's body ended before it was whole.")
	}
	return fault.Wrap(err, fault.Cancelled, "The request's body could not be read to its end.")
}

func tooLarge(limit int64) error {
	return fault.New(fault.TooLarge, "The request's body is larger than the limit of %d bytes. Send fewer rows at a time.", limit)
}
