package offline

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"portico/internal/cache"
	"portico/internal/catalog"
	"portico/internal/egress"
	"portico/internal/fault"
	"portico/internal/gateway"
	"portico/internal/limit"
	"portico/internal/policy"
	"portico/internal/policy/document"
	"portico/internal/record"
	"portico/internal/secret"
	"portico/internal/usage"
)

// run is one test file on its way through the gateway.
type run struct {
	out   io.Writer
	file  string
	dir   string // that names of documents are relative to
	trace bool

	gateway *gateway.Gateway
	keeper  *secret.Keeper
	answers map[string]string // of backends, by "host" or "host/path"
	matched bool              // the file says which operation there is
	mu      sync.Mutex        // of asked: <wait> asks several at a time
	asked   []*http.Request   // of backends since the last call; their bodies are in memory
	answer  *httptest.ResponseRecorder
	calls   int
	failed  int
}

// The one API of a test, in the one product.
const (
	apiID       = "api"
	productID   = "product"
	operationID = "operation"
	backendHost = "backend.test"
	cacheBytes  = 16 << 20
)

func (r *run) play(source string) error {
	if err := r.start(cut(source)); err != nil {
		return err
	}
	defer r.gateway.Close()
	for _, p := range cut(source) {
		if err := r.step(p); err != nil {
			return fmt.Errorf("%s:%d: == %s: %w", r.file, p.line, p.what, err)
		}
	}
	return nil
}

// start makes the gateway. Every host that the file has an answer of is a
// backend in this process; no other address can be called.
func (r *run) start(parts []part) error {
	r.answers = map[string]string{backendHost: "200"}
	locals := map[string]gateway.Local{backendHost: r}
	for _, p := range parts {
		if p.what == "backend" && p.argument != "" {
			u, err := url.Parse(p.argument)
			if err != nil || u.Host == "" {
				return fmt.Errorf("%s:%d: %q is not the address of a backend, such as https://login.example/token", r.file, p.line, p.argument)
			}
			locals[strings.ToLower(u.Hostname())] = r
		}
	}
	master := make([]byte, 32)
	var err error
	if r.keeper, err = secret.New(master); err != nil {
		return err
	}
	log := slog.New(slog.DiscardHandler)
	r.gateway = gateway.New(gateway.Config{
		Log: log, Keeper: r.keeper, Usage: unrecorded{}, Locals: locals,
		Egress: egress.Rule{Deny: []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}},
		Services: policy.Services{
			Rates: limit.NewMemoryRates(time.Now), Quotas: limit.NewStoredQuotas(unstored{}, time.Now, log), Cache: cache.NewMemory(cacheBytes, time.Now),
			Deployment: policy.Deployment{ServiceName: "portico", Region: "local", GatewayID: "offline"},
		},
	})
	needless := false
	r.put(catalog.APIPath(apiID), catalog.API{DisplayName: "API", Path: "", ServiceURL: "http://" + backendHost, SubscriptionRequired: &needless})
	r.put(catalog.ProductPath(productID), catalog.Product{DisplayName: "Product", State: "published", SubscriptionRequired: &needless})
	r.put(catalog.ProductAPIPath(productID, apiID), catalog.Link{})
	return nil
}

// unrecorded drops the records of calls, and unstored what is reserved of quotas.
type (
	unrecorded struct{}
	unstored   struct{}
)

func (unrecorded) Record(usage.Call) {}

func (unstored) Reserve(context.Context, limit.Reservation) error { return nil }

func (unstored) Load(context.Context, string) (limit.Reservation, bool, error) {
	return limit.Reservation{}, false, nil
}

func (unstored) Prune(context.Context, time.Time) error { return nil }

func (r *run) put(path string, v any) {
	c := record.PutOf(path, v, "")
	r.gateway.Apply([]record.Applied{{New: record.Record{Path: path, Body: c.Body, ETag: secret.ID()}}})
}

// step does what a part says.
func (r *run) step(p part) error {
	switch p.what {
	case "policy":
		return r.policy(p)
	case "fragment":
		value, err := r.document(p.text)
		if err != nil {
			return err
		}
		r.put(catalog.FragmentPath(p.argument), catalog.Policy{Format: format(value), Value: value})
	case "named-values":
		for line := range strings.SplitSeq(p.text, "\n") {
			if name, value, ok := strings.Cut(line, "="); ok {
				name = strings.TrimSpace(name)
				r.put(catalog.NamedValues+"/"+name, catalog.NamedValue{DisplayName: name, Value: strings.TrimSpace(value)})
			}
		}
	case "operation":
		method, template, ok := strings.Cut(p.argument, " ")
		if !ok {
			return fmt.Errorf("an operation is a method and a URL template, such as GET /orders/{id}")
		}
		r.matched = true
		r.put(catalog.OperationPath(apiID, operationID), catalog.Operation{DisplayName: p.argument, Method: method, URLTemplate: strings.TrimSpace(template)})
	case "backend":
		u, _ := url.Parse(p.argument) // start has checked it
		key := backendHost
		if p.argument != "" {
			key = strings.ToLower(u.Hostname()) + strings.TrimSuffix(u.Path, "/")
		}
		r.answers[key] = p.text
	case "request":
		return r.request(p.text)
	case "expect":
		return r.expect(p)
	default:
		return fmt.Errorf("there is no such part; the parts are policy, fragment, named-values, operation, backend, request and expect")
	}
	return nil
}

// policy stores a document: at the scope global, product, api or operation.
func (r *run) policy(p part) error {
	at := map[string]string{"global": "", "product": catalog.ProductPath(productID), "": catalog.APIPath(apiID), "api": catalog.APIPath(apiID),
		"operation": catalog.OperationPath(apiID, operationID)}
	path, ok := at[p.argument]
	if !ok {
		return fmt.Errorf("%q is not a scope: it is global, product, api or operation", p.argument)
	}
	value, err := r.document(p.text)
	if err != nil {
		return err
	}
	path = catalog.PolicyPath(path)
	r.put(path, catalog.Policy{Format: format(value), Value: value})
	for _, problem := range r.gateway.Problems()[path] {
		r.failed++
		say(r.out, fmt.Sprintf("%s:%d", r.file, p.line), "", problem)
	}
	return nil
}

// document gives a document, or the one in the file that "@name" names.
func (r *run) document(text string) (string, error) {
	name, inFile := strings.CutPrefix(strings.TrimSpace(text), "@")
	if !inFile || strings.Contains(name, "\n") {
		return text, nil
	}
	b, err := os.ReadFile(filepath.Join(r.dir, name))
	return string(b), err
}

// format is the one that the document is good in.
func format(source string) string {
	if _, err := document.Convert(document.RawXML, document.XML, source); err == nil {
		return string(document.RawXML)
	}
	return string(document.XML)
}

// message cuts a message of a file into its first line, its headers and its body.
func message(text string) (first string, headers []string, body string) {
	head, body, _ := strings.Cut(text, "\n\n")
	lines := strings.Split(head, "\n")
	return lines[0], lines[1:], body
}

// request makes a call. Where the file has no operation, there is one for its method and any path.
func (r *run) request(text string) error {
	first, headers, body := message(text)
	method, target, _ := strings.Cut(first, " ")
	target, _, _ = strings.Cut(target, " ")
	q, err := http.NewRequest(method, "http://gateway.test"+target, strings.NewReader(body))
	if err != nil {
		return err
	}
	q.RequestURI, q.RemoteAddr = target, "192.0.2.1:1234"
	for _, h := range headers {
		name, value, ok := strings.Cut(h, ":")
		if !ok {
			return fmt.Errorf("%q is not a header", h)
		}
		q.Header.Add(strings.TrimSpace(name), strings.TrimSpace(value))
	}
	if !r.matched {
		r.put(catalog.OperationPath(apiID, operationID), catalog.Operation{DisplayName: "Any", Method: method, URLTemplate: "/*"})
	}
	token, err := r.gateway.DebugCredentials(apiID, time.Minute)
	if err != nil {
		return err
	}
	q.Header.Set("Apim-Debug-Authorization", token)
	r.calls++
	r.asked = nil
	r.answer = httptest.NewRecorder()
	r.gateway.ServeHTTP(r.answer, q)
	if r.trace {
		return r.writeTrace(first)
	}
	return nil
}

func (r *run) writeTrace(first string) error {
	id := r.answer.Header().Get("Apim-Trace-Id")
	if id == "" {
		_, err := fmt.Fprintf(r.out, "%s: no trace: the call did not reach the operation's policies\n", first)
		return err
	}
	trace, err := r.gateway.Trace(id)
	if err != nil {
		return err
	}
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, trace, "", "  "); err != nil {
		return err
	}
	_, err = fmt.Fprintf(r.out, "%s\n%s\n", first, pretty.Bytes())
	return err
}

// Serve answers as the file says and keeps what it was asked; see gateway.Local.
func (r *run) Serve(x *policy.Exchange) error {
	body, err := x.Request.Body.Bytes(policy.MaxBuffered)
	if err != nil {
		return err
	}
	base, err := url.Parse(x.Backend.BaseURL)
	if err != nil {
		return err
	}
	q := &http.Request{Method: x.Request.Method, URL: &url.URL{Scheme: base.Scheme, Host: base.Host, Path: x.Backend.Path, RawPath: x.Backend.Path, RawQuery: x.Backend.RawQuery},
		Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(body))}
	for _, h := range x.Request.Headers {
		q.Header.Add(h.Name, h.Value)
	}
	r.mu.Lock()
	r.asked = append(r.asked, q)
	r.mu.Unlock()
	host := strings.ToLower(base.Hostname())
	text, ok := r.answers[host+strings.TrimSuffix(x.Backend.Path, "/")]
	if !ok {
		if text, ok = r.answers[host]; !ok {
			text = "404"
		}
	}
	first, headers, answer := message(text)
	code, reason, _ := strings.Cut(first, " ")
	if x.Response.Status, err = strconv.Atoi(code); err != nil {
		return fmt.Errorf("the backend's answer must begin with a status code: %q", first)
	}
	x.Response.Reason = reason
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ":")
		x.Response.Headers.Add(strings.TrimSpace(name), strings.TrimSpace(value))
	}
	x.Response.Body = policy.BytesBody([]byte(answer))
	return nil
}

// expect compares the answer, or what the backends were asked, with what the file says.
func (r *run) expect(p part) error {
	if r.answer == nil {
		return fault.New(fault.Invalid, "nothing can be expected before a request")
	}
	which, address, _ := strings.Cut(p.argument, " ")
	switch which {
	case "", "response":
		r.compare(p, strconv.Itoa(r.answer.Code), r.answer.Header(), r.answer.Body.String())
	case "backend":
		host := backendHost
		if u, err := url.Parse(address); err == nil && u.Host != "" {
			host = u.Host
		}
		i := slices.IndexFunc(r.asked, func(q *http.Request) bool { return strings.EqualFold(q.URL.Host, host) })
		if i < 0 {
			r.fail(p, "the backend %s was not called", host)
			return nil
		}
		q := r.asked[i]
		r.asked = slices.Delete(r.asked, i, i+1)
		body, err := io.ReadAll(q.Body)
		if err != nil {
			return err
		}
		r.compare(p, q.Method+" "+q.URL.RequestURI(), q.Header, string(body))
	case "no-backend":
		if len(r.asked) > 0 {
			r.fail(p, "a backend was called: %s %s", r.asked[0].Method, r.asked[0].URL)
		}
	default:
		return fmt.Errorf("%q is nothing to expect: it is response, backend or no-backend", p.argument)
	}
	return nil
}

// compare wants the first line, every header that is named (one with an empty
// value must not be there), and the body where there is one.
func (r *run) compare(p part, first string, h http.Header, body string) {
	wantFirst, headers, wantBody := message(p.text)
	if wantFirst != "" && wantFirst != first {
		r.fail(p, "expected %q, got %q", wantFirst, first)
	}
	for _, line := range headers {
		name, want, _ := strings.Cut(line, ":")
		got, want := strings.Join(h.Values(strings.TrimSpace(name)), ","), strings.TrimSpace(want)
		if got != want {
			r.fail(p, "expected the header %s: %q, got %q", strings.TrimSpace(name), want, got)
		}
	}
	if wantBody != "" && strings.TrimRight(wantBody, "\n") != strings.TrimRight(body, "\n") {
		r.fail(p, "expected the body\n%s\ngot\n%s", wantBody, body)
	}
}

func (r *run) fail(p part, format string, args ...any) {
	r.failed++
	_, _ = fmt.Fprintf(r.out, "%s:%d: %s\n", r.file, p.line, fmt.Sprintf(format, args...))
}
