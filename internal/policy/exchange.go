package policy

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net/url"
	"strings"
	"time"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/policy/csharp/host"
)

// Exchange is one call in flight: the single value that travels from the
// listener to the record of the call. Policy steps and backends see nothing
// else, so the transport below it can change (design, section 6).
type Exchange struct {
	Context   context.Context // ends when the client goes away or the server stops
	RequestID string          // 32 hex digits with dashes, as in the error bodies' activityId
	Start     time.Time

	Request  Request
	Response Response // Status 0 until something answered

	// What the match found; nil or empty until then.
	APIID       string // without the number of a revision
	API         *catalog.API
	OperationID string
	Operation   *catalog.Operation
	ProductID   string
	Product     *catalog.Product
	// Contents finds what the product holds; nil knows nothing.
	Contents host.ProductContents
	Matched  []Parameter // template parameters, path and query, in the template's order

	// Subscription is nil for a call without a key.
	Subscription    *access.Subscription
	SubscriptionKey string // that the call was made with

	// User owns the subscription; nil for a call without a key, and for a key without an owner.
	User *User

	// Draft is the message that return-response, or a policy that makes a request of its own, puts together.
	Draft *Draft

	// Backend is where forward-request sends the call.
	Backend Target

	// Forwarder calls the backend; the gateway sets it.
	Forwarder Forwarder

	// ResponseHeaders are set on whatever response goes to the client, before the
	// outbound or on-error section runs.
	ResponseHeaders Headers

	Variables map[string]any // nil until a step sets one
	LastError *Error

	Cache string // CacheHit or CacheMiss; "" is CacheNone

	// What the record of the call needs. The bytes are those of the bodies.
	RequestBytes   int64
	ResponseBytes  int64
	BackendStatus  int
	BackendElapsed time.Duration

	// Tracer is nil unless the call is traced.
	Tracer Tracer

	// Deployment is what expressions know of the gateway.
	Deployment *Deployment

	attached  []attachment
	answerers []Ender
	settlers  []Ender
	ends      []Ender
	running   *Location // the step that runs
	wider     Steps     // that a <base /> inside of the running policy stands for
	evaluator evaluator
	noted     int // entries of the trace
}

// Ender is called when the backend has answered (AtAnswer), when the response is
// known (AtResponse), or when it has been sent (AtEnd).
type Ender interface {
	End(x *Exchange) error
}

// AtResponse has e called when the response is known, before it is sent.
func (x *Exchange) AtResponse(e Ender) { x.settlers = append(x.settlers, e) }

// Settle calls what AtResponse asked for.
func (x *Exchange) Settle() error {
	var errs []error
	for _, e := range x.settlers {
		errs = append(errs, e.End(x))
	}
	return errors.Join(errs...)
}

// attachment is what policies keep of a call for each other.
type attachment struct{ key, value any }

// Attach keeps a value of the call under a key that is the policies' own, in
// place of what it had; see Attached.
func (x *Exchange) Attach(key, value any) {
	for i := range x.attached {
		if x.attached[i].key == key {
			x.attached[i].value = value
			return
		}
	}
	x.attached = append(x.attached, attachment{key, value})
}

// Attached gives what Attach kept, or nil.
func (x *Exchange) Attached(key any) any {
	for i := range x.attached {
		if x.attached[i].key == key {
			return x.attached[i].value
		}
	}
	return nil
}

// AtAnswer has e called each time that the backend has answered, before any
// other policy sees the answer.
func (x *Exchange) AtAnswer(e Ender) { x.answerers = append(x.answerers, e) }

// Answered calls what AtAnswer asked for, until one of them fails.
func (x *Exchange) Answered() error {
	for _, e := range x.answerers {
		if err := e.End(x); err != nil {
			return err
		}
	}
	return nil
}

// AtEnd has e called when the response has been sent.
func (x *Exchange) AtEnd(e Ender) { x.ends = append(x.ends, e) }

// End calls what AtEnd asked for.
func (x *Exchange) End() error {
	var errs []error
	for _, e := range x.ends {
		errs = append(errs, e.End(x))
	}
	return errors.Join(errs...)
}

// Respond makes sure that there is a response (an empty 200 where no policy
// made one), and sets on it the headers that steps asked for.
func (x *Exchange) Respond() {
	if x.Response.Status == 0 {
		x.Response.Status = 200
	}
	for _, h := range x.ResponseHeaders {
		if h.Name == "Vary" { // says more about the answer; it does not replace what the backend said
			x.Response.Headers.Add(h.Name, h.Value)
		} else {
			x.Response.Headers.Set(h.Name, h.Value)
		}
	}
}

// Answer makes r the call's response, and lets go of the one before.
func (x *Exchange) Answer(r Response) {
	_ = x.Response.Body.Close() // what the backend still had to say is not sent
	x.Response = r
}

// ResponseOf is the definition of the response's status, or nil.
func (x *Exchange) ResponseOf() *catalog.Response {
	if x.Operation == nil {
		return nil
	}
	for i := range x.Operation.Responses {
		if r := &x.Operation.Responses[i]; r.StatusCode == x.Response.Status {
			return r
		}
	}
	return nil
}

// Deployed is where the gateway runs, as far as it is known.
func (x *Exchange) Deployed() Deployment {
	if x.Deployment == nil {
		return Deployment{}
	}
	return *x.Deployment
}

// SetVariable sets one of the call's variables.
func (x *Exchange) SetVariable(name string, value any) {
	if x.Variables == nil {
		x.Variables = map[string]any{}
	}
	x.Variables[name] = value
}

// Parameter finds a matched template parameter; names compare without regard to case.
func (x *Exchange) Parameter(name string) (Parameter, bool) {
	for _, p := range x.Matched {
		if strings.EqualFold(p.Name, name) {
			return p, true
		}
	}
	return Parameter{}, false
}

// Forwarder sends the exchange's request to its Backend target and fills its Response.
type Forwarder interface {
	Forward(x *Exchange, o ForwardOptions) error
}

// ForwardOptions are forward-request's attributes.
type ForwardOptions struct {
	Timeout               time.Duration // for the response's headers
	FollowRedirects       bool
	FailOnErrorStatusCode bool
	BufferRequestBody     bool
	BufferResponse        bool
	Version               string // of HTTP: HTTP1, HTTP2 or HTTP2or1; "" is what suits the call
}

// What forward-request's http-version says.
const (
	HTTP1    = "1"
	HTTP2    = "2"
	HTTP2or1 = "2or1" // HTTP/2 where the backend offers it by ALPN
)

// Whether a call's answer came from the cache, as its record has it.
const (
	CacheNone = "none"
	CacheHit  = "hit"
	CacheMiss = "miss"
)

// Parameter is a matched template parameter.
type Parameter struct {
	Name      string // in the template
	Value     string // decoded
	Escaped   string // as it stood in the path or query
	InQuery   bool
	QueryName string // the query parameter's own name in the template
}

// Request is the client's request in its one canonical form.
type Request struct {
	Method   string
	Scheme   string // "http" or "https", as the client used it
	Host     string
	Path     string // escaped, canonical, from the root
	RawQuery string
	Target   string // Path, and RawQuery behind its '?'
	Headers  Headers
	Body     Body
	RemoteIP string
	// Certificate is the client's; nil for none.
	Certificate *x509.Certificate
	// Intermediates are what the client sent with it, to build a chain with.
	Intermediates []*x509.Certificate
	// HTTP2 says that the client speaks HTTP/2, Trailers that it takes trailers,
	// and Upgrade to which protocol it wants the connection to be switched; "" is none.
	HTTP2    bool
	Trailers bool
	Upgrade  string
}

// Target is the address of the backend's request, which policies rewrite.
type Target struct {
	EntityID string // of the backend entity to use instead of BaseURL; "" is none
	BaseURL  string // the API's service URL, or what set-backend-service made of it
	Path     string // escaped, with its leading slash; appended to the path of BaseURL
	RawQuery string
	Proxy    *url.URL // the HTTP proxy on the way, with its credentials; nil is none
	// Certificate and Proxy count before those of the backend entity.
	Certificate ClientCertificate
}

// ClientCertificate names the certificate that a backend is shown: by the id of
// its entity, by its thumbprint, or itself. The zero value is none.
type ClientCertificate struct {
	ID, Thumbprint string
	Pair           *tls.Certificate // with its Leaf
}

// URL is the whole address, without what a backend entity would change.
func (t *Target) URL() string {
	u := strings.TrimSuffix(t.BaseURL, "/") + t.Path
	if t.RawQuery != "" {
		u += "?" + t.RawQuery
	}
	return u
}

// Response is what goes back to the client.
type Response struct {
	Status  int
	Reason  string // "" is the status's standard text
	Headers Headers
	Body    Body
	Stream  bool // send each piece of the body as it comes
}

// Header is one header line.
type Header struct{ Name, Value string }

// Headers is an ordered list; names compare without regard to case.
type Headers []Header

// Get gives the first value of name, or "".
func (h Headers) Get(name string) string {
	for i := range h {
		if len(h[i].Name) == len(name) && strings.EqualFold(h[i].Name, name) {
			return h[i].Value
		}
	}
	return ""
}

// Has tells whether name is there.
func (h Headers) Has(name string) bool {
	for i := range h {
		if len(h[i].Name) == len(name) && strings.EqualFold(h[i].Name, name) {
			return true
		}
	}
	return false
}

// Values gives every value of name, in order.
func (h Headers) Values(name string) []string {
	var v []string
	for i := range h {
		if strings.EqualFold(h[i].Name, name) {
			v = append(v, h[i].Value)
		}
	}
	return v
}

// Add appends a line.
func (h *Headers) Add(name, value string) { *h = append(*h, Header{name, value}) }

// Set replaces every line of name by one, where the first stood.
func (h *Headers) Set(name, value string) {
	for i := range *h {
		if strings.EqualFold((*h)[i].Name, name) {
			(*h)[i].Value = value
			rest := (*h)[i+1:]
			rest.Del(name)
			*h = (*h)[:i+1+len(rest)]
			return
		}
	}
	h.Add(name, value)
}

// Del removes every line of name.
func (h *Headers) Del(name string) {
	kept := (*h)[:0]
	for _, line := range *h {
		if !strings.EqualFold(line.Name, name) {
			kept = append(kept, line)
		}
	}
	*h = kept
}

// Body is a message body: a stream until a step asks for the bytes. The zero Body is empty.
type Body struct {
	bytes  []byte
	stream io.ReadCloser
	length int64 // of the stream; -1 unknown
	// consumed says that an expression read the body without preserveContent: it is empty now.
	consumed bool
}

// ErrBodyConsumed says that a body is asked for that an expression has consumed.
var ErrBodyConsumed = errors.New("an expression has read the body without preserveContent")

// BytesBody is a body held in memory.
func BytesBody(b []byte) Body { return Body{bytes: b} }

// StreamBody is a body still to be read; length -1 is unknown.
func StreamBody(r io.ReadCloser, length int64) Body { return Body{stream: r, length: length} }

// Len is the body's length in bytes, or -1 while it is unknown.
func (b *Body) Len() int64 {
	if b.stream != nil {
		return b.length
	}
	return int64(len(b.bytes))
}

// Bytes reads the whole body, at most limit bytes, and keeps it so that it can
// be read again. It returns ErrBodyTooLarge beyond the limit.
func (b *Body) Bytes(limit int64) ([]byte, error) {
	if b.consumed {
		return nil, ErrBodyConsumed
	}
	if b.stream == nil {
		return b.bytes, nil
	}
	if b.length > limit {
		return nil, ErrBodyTooLarge
	}
	var err error
	if b.length >= 0 && b.length <= exactBody {
		b.bytes = make([]byte, b.length)
		_, err = io.ReadFull(b.stream, b.bytes)
	} else {
		b.bytes, err = io.ReadAll(io.LimitReader(b.stream, limit+1))
	}
	if err != nil {
		return nil, err
	}
	if int64(len(b.bytes)) > limit {
		return nil, ErrBodyTooLarge
	}
	err = b.stream.Close()
	b.stream = nil
	return b.bytes, err
}

// exactBody is the length in bytes up to which a body's memory is taken on its
// sender's word; more is taken as it comes.
const exactBody = 64 << 10

// Reader gives the body to be read once from where it stands.
func (b *Body) Reader() io.Reader {
	if b.stream != nil {
		return b.stream
	}
	return bytes.NewReader(b.bytes)
}

// InMemory gives the bytes where the body is not a stream.
func (b *Body) InMemory() ([]byte, bool) { return b.bytes, b.stream == nil }

// Wrap puts another reader around a stream, which keeps its length. A body in
// memory stays as it is.
func (b *Body) Wrap(around func(io.ReadCloser) io.ReadCloser) {
	if b.stream != nil {
		b.stream = around(b.stream)
	}
}

// Close releases a stream.
func (b *Body) Close() error {
	if b.stream == nil {
		return nil
	}
	return b.stream.Close()
}

// What expressions know of the caller and of where the gateway runs.
type (
	User       = host.User
	Group      = host.Group
	Identity   = host.Identity
	Deployment = host.Deployment
)
