// Package relay makes calls that somebody tries out on a page: the page describes
// a call, the gateway answers it in this process as any other, and the answer is
// sent on as it comes. No page needs leave of another origin for it.
package relay

import (
	"crypto/tls"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/net/http/httpguts"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/fault"
)

// Relay sends calls to the gateway, a bounded number at once.
type Relay struct {
	gateway http.Handler
	url     string // of the gateway, without a slash at the end

	mu     sync.Mutex
	all    int
	client map[string]int
}

// New makes a relay to a gateway that answers at url.
func New(gateway http.Handler, url string) *Relay {
	return &Relay{gateway: gateway, url: url, client: map[string]int{}}
}

// A call that is tried out travels in headers of its own, so that neither the
// browser's headers get into the call nor the call's answer acts on the portal.
const (
	Method   = "Portico-Try-Method"
	URL      = "Portico-Try-Url"      // on the gateway: path and query, or absolute
	Headers  = "Portico-Try-Headers"  // JSON: [["name", "value"], …]
	Status   = "Portico-Try-Status"   // of the answer
	Response = "Portico-Try-Response" // the answer's headers, as Headers, percent-encoded
)

// RequestHeaders are those that describe a call.
var RequestHeaders = []string{Method, URL, Headers}

const (
	maxRelayed       = 128 // calls at once
	maxRelayedClient = 8   // of one machine
	maxRelayHeaders  = 200
)

// enter takes a place, which leave gives back.
func (y *Relay) enter(client string) (leave func(), err error) {
	y.mu.Lock()
	defer y.mu.Unlock()
	if y.all >= maxRelayed || y.client[client] >= maxRelayedClient {
		return nil, fault.New(fault.Throttled, "Too many calls are being tried out at once: try again when one of them has ended.")
	}
	y.all++
	y.client[client]++
	return func() {
		y.mu.Lock()
		defer y.mu.Unlock()
		y.all--
		if y.client[client]--; y.client[client] == 0 {
			delete(y.client, client)
		}
	}, nil
}

// Described is the call that a request describes, or what is wrong with it.
func (y *Relay) Described(r *http.Request) (*http.Request, error) {
	bad := catalog.Incorrect()
	method := r.Header.Get(Method)
	if !httpguts.ValidHeaderFieldName(method) || method == http.MethodConnect || len(method) > 40 {
		bad.With(catalog.CodeValidation, Method, "%q is not a method that is tried out.", method)
	}
	target, err := y.target(r.Header.Get(URL))
	if err != nil {
		bad.With(catalog.CodeValidation, URL, "%s", fault.As(err).Message)
	}
	header, err := relayedHeaders(r.Header.Get(Headers))
	if err != nil {
		bad.With(catalog.CodeValidation, Headers, "%s", fault.As(err).Message)
	}
	if err := bad.OrNil(); err != nil {
		return nil, err
	}
	call, err := http.NewRequestWithContext(r.Context(), method, target, r.Body)
	if err != nil {
		return nil, catalog.Incorrect().With(catalog.CodeValidation, URL, "%q is not the URL of a call.", target)
	}
	call.Header, call.ContentLength, call.RequestURI, call.RemoteAddr = header, r.ContentLength, call.URL.RequestURI(), r.RemoteAddr
	if r.ContentLength == 0 {
		call.Body = http.NoBody
	}
	if call.URL.Scheme == "https" {
		call.TLS = &tls.ConnectionState{} // as the caller sees the gateway
	}
	return call, nil
}

// Send makes the call and sends its answer on as it comes. To the gateway it is a
// call as any other: keys, limits and policies hold.
func (y *Relay) Send(w http.ResponseWriter, r, call *http.Request) error {
	leave, err := y.enter(access.Client(r))
	if err != nil {
		return err
	}
	defer leave()
	y.gateway.ServeHTTP(&relayed{to: w, header: http.Header{}}, call)
	return nil
}

// target is the absolute URL of a call: on the gateway, whatever the text says.
func (y *Relay) target(text string) (string, error) {
	gateway, err := url.Parse(y.url)
	if err != nil {
		return "", err
	}
	if strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r == 0x7f }) || text == "" {
		return "", fault.New(fault.Invalid, "The URL of the call is missing, or holds spaces or control characters.")
	}
	if !strings.HasPrefix(text, "/") {
		u, err := url.Parse(text)
		if err != nil || u.Scheme != gateway.Scheme || u.Host != gateway.Host || u.User != nil {
			return "", fault.New(fault.Invalid, "Calls go to the gateway: give a path, or a URL that begins with %s/.", y.url)
		}
		text = strings.TrimPrefix(text, u.Scheme+"://"+u.Host)
	}
	return y.url + text, nil
}

func relayedHeaders(text string) (http.Header, error) {
	header := http.Header{}
	if text == "" {
		return header, nil
	}
	var pairs [][2]string
	if err := json.Unmarshal([]byte(text), &pairs); err != nil || len(pairs) > maxRelayHeaders {
		return nil, fault.New(fault.Invalid, `The headers must be JSON: [["name", "value"], …], %d at most.`, maxRelayHeaders)
	}
	for _, p := range pairs {
		name, value := p[0], strings.TrimSpace(p[1])
		if !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(value) {
			return nil, fault.New(fault.Invalid, "%q with that value is not a header.", name)
		}
		if strings.EqualFold(name, "Host") || strings.EqualFold(name, "Content-Length") || strings.EqualFold(name, "X-Forwarded-For") {
			continue // they are the connection's
		}
		header.Add(name, value)
	}
	return header, nil
}

// relayed is the answer of a call on its way to the browser: its status and
// headers travel in ours, so that it sets no cookie and is shown as no page.
type relayed struct {
	to     http.ResponseWriter
	header http.Header
	begun  bool
}

// Header implements http.ResponseWriter.
func (w *relayed) Header() http.Header { return w.header }

// WriteHeader implements http.ResponseWriter.
func (w *relayed) WriteHeader(status int) {
	if w.begun || status < 200 {
		return
	}
	w.begun = true
	pairs := [][2]string{}
	for name, values := range w.header {
		for _, v := range values {
			pairs = append(pairs, [2]string{name, v})
		}
	}
	text, err := json.Marshal(pairs)
	if err != nil {
		text = []byte("[]") // texts always marshal
	}
	h := w.to.Header()
	h.Set(Status, strconv.Itoa(status))
	h.Set(Response, url.PathEscape(string(text)))
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	w.to.WriteHeader(http.StatusOK)
}

// Write implements http.ResponseWriter.
func (w *relayed) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.to.Write(b)
}

// Unwrap lets http.ResponseController reach the connection, to flush it.
func (w *relayed) Unwrap() http.ResponseWriter { return w.to }
