package scoring

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/url"

	"portico/internal/fault"
	"portico/internal/policy"
)

// Local is the scoring service as a backend in the gateway's process: the same
// answers as at the listener, without a connection. The gateway records its calls.
type Local struct{ server *Server }

// Local gives the service as a backend.
func (s *Server) Local() *Local { return &Local{s} }

// Serve answers the exchange's request: Method, Headers and Body of Request, and
// Backend.Path and RawQuery, already joined with the base URL. It fills Response,
// and returns an error where the request could not be read.
func (l *Local) Serve(x *policy.Exchange) error {
	t, ok := parseTarget(x.Backend.Path)
	if !ok || !t.isCall() {
		return l.page(x)
	}
	in := exchangeBody{body: &x.Request.Body}
	c := call{
		ctx: x.Context, id: x.RequestID, method: x.Request.Method, target: t,
		query: x.Backend.RawQuery, authorization: x.Request.Headers.Get("Authorization"), body: &in,
	}
	a := l.server.answer(&c, make([]byte, 0, 1024))
	if in.err != nil {
		return in.err
	}
	x.Response.Status = a.status
	x.Response.Headers = append(x.Response.Headers, a.headers(x.RequestID)...)
	x.Response.Body = policy.BytesBody(a.body)
	return nil
}

// exchangeBody is the body of an exchange's request. err is what kept it from being read.
type exchangeBody struct {
	body *policy.Body
	err  error
}

func (b *exchangeBody) read(limit int64) (string, error) {
	if b.body.Len() > limit {
		return "", tooLarge(limit)
	}
	text, err := b.body.Bytes(limit)
	switch {
	case errors.Is(err, policy.ErrBodyTooLarge):
		return "", tooLarge(limit)
	case err != nil:
		b.err = err
		return "", fault.Wrap(err, fault.Cancelled, "The request's body could not be read to its end.")
	}
	return string(text), nil
}

// page serves what applications do not call, as the listener would.
func (l *Local) page(x *policy.Exchange) error {
	u, err := url.ParseRequestURI(x.Backend.Path)
	if err != nil {
		return err
	}
	u.RawQuery = x.Backend.RawQuery
	r := (&http.Request{
		Method: x.Request.Method, URL: u, Host: x.Request.Host, RequestURI: u.RequestURI(),
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{}, RemoteAddr: x.Request.RemoteIP,
		Body: io.NopCloser(x.Request.Body.Reader()), ContentLength: x.Request.Body.Len(),
	}).WithContext(x.Context)
	for _, h := range x.Request.Headers {
		r.Header.Add(h.Name, h.Value)
	}
	w := pageWriter{header: http.Header{}}
	l.server.pages.ServeHTTP(&w, r)
	if w.status == 0 {
		w.status = http.StatusOK
	}
	x.Response.Status = w.status
	for name, values := range w.header {
		for _, v := range values {
			x.Response.Headers.Add(name, v)
		}
	}
	x.Response.Body = policy.BytesBody(w.body.Bytes())
	return nil
}

// pageWriter is an http.ResponseWriter that keeps the response.
type pageWriter struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (w *pageWriter) Header() http.Header { return w.header }

func (w *pageWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

func (w *pageWriter) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(b)
}
