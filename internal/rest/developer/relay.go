package developer

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
	"portico/internal/rest"
)

// Gateway answers managed calls in this process.
type Gateway interface {
	http.Handler
	// Target tells which API and operation a request would reach, or nothing.
	Target(r *http.Request) (api, operation string)
}

// A call that is tried out travels in headers of its own, so that neither the
// browser's headers get into the call nor the call's answer acts on the portal.
const (
	relayMethod   = "Portico-Try-Method"
	relayURL      = "Portico-Try-Url"      // on the gateway: path and query, or absolute
	relayRequest  = "Portico-Try-Headers"  // JSON: [["name", "value"], …]
	relayStatus   = "Portico-Try-Status"   // of the answer
	relayResponse = "Portico-Try-Response" // the answer's headers, as relayRequest, percent-encoded
)

// relayHeaders are those of a request.
var relayHeaders = []string{relayMethod, relayURL, relayRequest}

const (
	maxRelayed       = 128 // calls at once
	maxRelayedClient = 8   // of one machine
	maxRelayHeaders  = 200
)

// relay bounds the calls that are tried out at once.
type relay struct {
	mu     sync.Mutex
	all    int
	client map[string]int
}

func newRelay() *relay { return &relay{client: map[string]int{}} }

// enter takes a place, which leave gives back.
func (y *relay) enter(client string) (leave func(), err error) {
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

func (a *api) relayRoute() rest.Route {
	route := anyone(http.MethodPost, "/try", a.fromHere(a.try))
	route.MaxBody = a.MaxBody
	if route.MaxBody == 0 {
		route.MaxBody = -1
	}
	return route
}

// try makes the call that a request describes, where it reaches an operation of
// an API that the caller may see, and sends its answer on as it comes. To the
// gateway it is a call as any other: keys, limits and policies hold.
func (a *api) try(w http.ResponseWriter, r *http.Request, who access.Principal) error {
	sight, err := a.sight(r, who)
	if err != nil {
		return err
	}
	call, err := a.described(r)
	if err != nil {
		return err
	}
	api, operation := a.Gateway.Target(call)
	if base, revision := catalog.SplitRevision(api); operation == "" || revision != "" || !sight.API(base) {
		return fault.New(fault.NotFound, "%s %s reaches no operation that you may see.", call.Method, call.URL.Path)
	}
	leave, err := a.relay.enter(access.Client(r))
	if err != nil {
		return err
	}
	defer leave()
	a.Gateway.ServeHTTP(&relayed{to: w, header: http.Header{}}, call)
	return nil
}

// described is the call that a request describes.
func (a *api) described(r *http.Request) (*http.Request, error) {
	bad := catalog.Incorrect()
	method := r.Header.Get(relayMethod)
	if !httpguts.ValidHeaderFieldName(method) || method == http.MethodConnect || len(method) > 40 {
		bad.With(catalog.CodeValidation, relayMethod, "%q is not a method that is tried out.", method)
	}
	target, err := a.target(r.Header.Get(relayURL))
	if err != nil {
		bad.With(catalog.CodeValidation, relayURL, "%s", fault.As(err).Message)
	}
	header, err := relayedHeaders(r.Header.Get(relayRequest))
	if err != nil {
		bad.With(catalog.CodeValidation, relayRequest, "%s", fault.As(err).Message)
	}
	if err := bad.OrNil(); err != nil {
		return nil, err
	}
	call, err := http.NewRequestWithContext(r.Context(), method, target, r.Body)
	if err != nil {
		return nil, catalog.Incorrect().With(catalog.CodeValidation, relayURL, "%q is not the URL of a call.", target)
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

// target is the absolute URL of a call: on the gateway, whatever the text says.
func (a *api) target(text string) (string, error) {
	gateway, err := url.Parse(a.GatewayURL)
	if err != nil {
		return "", err
	}
	if strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r == 0x7f }) || text == "" {
		return "", fault.New(fault.Invalid, "The URL of the call is missing, or holds spaces or control characters.")
	}
	if !strings.HasPrefix(text, "/") {
		u, err := url.Parse(text)
		if err != nil || u.Scheme != gateway.Scheme || u.Host != gateway.Host || u.User != nil {
			return "", fault.New(fault.Invalid, "Calls go to the gateway: give a path, or a URL that begins with %s/.", a.GatewayURL)
		}
		text = strings.TrimPrefix(text, u.Scheme+"://"+u.Host)
	}
	return a.GatewayURL + text, nil
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
	h.Set(relayStatus, strconv.Itoa(status))
	h.Set(relayResponse, url.PathEscape(string(text)))
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
