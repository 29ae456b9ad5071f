package remote

import (
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"

	"portico/internal/fault"
)

// inProcess sends the calls of the workspace's own account to its handler, and all others on.
type inProcess struct {
	own    Own
	others http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (t *inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	if t.own == nil || !at(r.URL, t.own.URL()) {
		res, err := t.others.RoundTrip(r)
		if fault.Is(err, fault.Forbidden) {
			err = &final{err}
		}
		return res, err
	}
	return serve(t.own, r)
}

// final is an error that Microsoft's client does not try again after.
type final struct{ error }

// NonRetriable marks the error for the client.
func (*final) NonRetriable() {}

// Unwrap gives the cause.
func (f *final) Unwrap() error { return f.error }

// at tells whether u is the address account or lies below it.
func at(u *url.URL, account string) bool {
	a, err := url.Parse(account)
	return err == nil && strings.EqualFold(u.Host, a.Host) && strings.HasPrefix(u.Path+"/", a.Path+"/")
}

// serve lets a handler answer a request. The handler runs until the answer's body is read or closed.
func serve(h http.Handler, r *http.Request) (*http.Response, error) {
	in := r.Clone(r.Context())
	in.RequestURI, in.Host = r.URL.RequestURI(), r.URL.Host
	in.URL = &url.URL{Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: r.URL.RawQuery}
	in.RemoteAddr = "127.0.0.1:0"
	if in.Body == nil {
		in.Body = http.NoBody
	}
	in.Header = http.Header{}
	for name, values := range r.Header { // the client writes names in small letters, which a connection would not keep
		in.Header[http.CanonicalHeaderKey(name)] = values
	}
	if in.ContentLength > 0 {
		in.Header.Set("Content-Length", strconv.FormatInt(in.ContentLength, 10))
	}
	pr, pw := io.Pipe()
	w := &answer{header: http.Header{}, body: pw, begun: make(chan struct{})}
	go func() {
		h.ServeHTTP(w, in)
		w.begin(http.StatusOK)
		_ = pw.Close()      // never fails
		_ = in.Body.Close() // as the transport that it stands for
	}()
	<-w.begun
	res := &http.Response{
		StatusCode: w.status, Status: strconv.Itoa(w.status) + " " + http.StatusText(w.status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.sent, Body: pr, Request: r, ContentLength: -1,
	}
	if n, err := strconv.ParseInt(w.sent.Get("Content-Length"), 10, 64); err == nil {
		res.ContentLength = n
	}
	if r.Method == http.MethodHead {
		_ = pr.Close()
		res.Body = http.NoBody
	}
	return res, nil
}

// answer is a http.ResponseWriter whose body goes through a pipe.
type answer struct {
	header, sent http.Header
	status       int
	body         *io.PipeWriter
	once         sync.Once
	begun        chan struct{}
}

// Header implements http.ResponseWriter.
func (w *answer) Header() http.Header { return w.header }

// WriteHeader implements http.ResponseWriter.
func (w *answer) WriteHeader(status int) { w.begin(status) }

func (w *answer) begin(status int) {
	w.once.Do(func() {
		w.status, w.sent = status, w.header.Clone()
		close(w.begun)
	})
}

// Write implements http.ResponseWriter.
func (w *answer) Write(p []byte) (int, error) {
	w.begin(http.StatusOK)
	return w.body.Write(p)
}
