package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/egress"
	"portico/internal/limit"
	"portico/internal/policy"
	"portico/internal/record"
	"portico/internal/secret"
	"portico/internal/store"
	"portico/internal/usage"
)

// world is a gateway over a store, with a listener, as the product has them.
type world struct {
	t       testing.TB
	store   *store.Store
	keeper  *secret.Keeper
	gateway *Gateway
	server  *testServer
	log     *lockedBuffer

	mu    sync.Mutex
	calls []usage.Call
}

// Record keeps calls for the tests to look at.
func (w *world) Record(c usage.Call) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls = append(w.calls, c)
}

// lastCall is the record of the last call. It is made when the client has its
// answer already, so it is waited for.
func (w *world) lastCall() usage.Call {
	w.t.Helper()
	w.server.Close()
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.calls) == 0 {
		w.t.Fatal("no call was recorded")
	}
	return w.calls[len(w.calls)-1]
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// localFunc is a Local that is a function.
type localFunc func(x *policy.Exchange) error

func (f localFunc) Serve(x *policy.Exchange) error { return f(x) }

// newWorld starts a gateway; change may alter its configuration.
func newWorld(t testing.TB, change func(*Config)) *world {
	t.Helper()
	w := &world{t: t, log: &lockedBuffer{}}
	var err error
	if w.store, err = store.Open(context.Background(), store.Options{Dir: t.TempDir()}); err != nil {
		t.Fatal(err)
	}
	if w.keeper, err = secret.New(bytes.Repeat([]byte{7}, 32)); err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(w.log, nil))
	c := Config{
		Log: log, Keeper: w.keeper, Usage: w, Egress: egress.ForStaff(nil), MaxBody: 1 << 20,
		Services: policy.Services{Rates: limit.NewMemoryRates(time.Now), Quotas: limit.NewStoredQuotas(&reservations{kept: map[string]limit.Reservation{}}, time.Now, log)},
		Locals:   map[string]Local{"local.test": localFunc(answerOK)},
	}
	if change != nil {
		change(&c)
	}
	w.gateway = New(c)
	if err := w.gateway.Load(context.Background(), w.store.Records()); err != nil {
		t.Fatal(err)
	}
	w.store.Subscribe(w.gateway.Apply)
	w.server = startServer(t, w.gateway, ServerOptions{})
	t.Cleanup(func() {
		w.server.Close()
		w.gateway.Close()
		if err := w.store.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// testServer is the gateway's listener.
type testServer struct {
	URL    string
	client *http.Client
	stop   context.CancelFunc
	served chan error
	once   sync.Once
	t      testing.TB
}

func startServer(t testing.TB, g *Gateway, o ServerOptions) *testServer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	s := &testServer{URL: "http://" + l.Addr().String(), client: &http.Client{Transport: &http.Transport{}}, stop: stop, served: make(chan error, 1), t: t}
	server := g.NewServer(o, slog.New(slog.DiscardHandler))
	go func() { s.served <- server.Serve(ctx, l, nil, 5*time.Second) }()
	return s
}

func (s *testServer) Client() *http.Client { return s.client }

// Close waits for the calls in flight.
func (s *testServer) Close() {
	s.once.Do(func() {
		s.client.CloseIdleConnections()
		s.stop()
		if err := <-s.served; err != nil {
			s.t.Error(err)
		}
	})
}

// answerOK answers with the address that the backend got.
func answerOK(x *policy.Exchange) error {
	x.Response.Status = 200
	x.Response.Headers.Add("Content-Type", "text/plain")
	x.Response.Body = policy.BytesBody([]byte(x.Request.Method + " " + x.Backend.Path + "?" + x.Backend.RawQuery))
	return nil
}

// reservations is a limit.Store in memory.
type reservations struct {
	mu   sync.Mutex
	kept map[string]limit.Reservation
}

func (s *reservations) Reserve(_ context.Context, r limit.Reservation) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept[r.Key] = r
	return nil
}

func (s *reservations) Load(_ context.Context, key string) (limit.Reservation, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.kept[key]
	return r, ok, nil
}

func (s *reservations) Prune(context.Context, time.Time) error { return nil }

// apply makes changes that must succeed.
func (w *world) apply(changes ...record.Change) {
	w.t.Helper()
	if _, err := w.store.Records().Apply(context.Background(), changes...); err != nil {
		w.t.Fatal(err)
	}
}

// api creates an API with operations "METHOD template", named op0, op1 and so on.
func (w *world) api(id string, a catalog.API, operations ...string) {
	w.t.Helper()
	if a.DisplayName == "" {
		a.DisplayName = strings.ToUpper(id)
	}
	if a.ServiceURL == "" {
		a.ServiceURL = "http://local.test/base"
	}
	w.apply(record.PutOf(catalog.APIPath(id), a, ""))
	for i, o := range operations {
		method, template, _ := strings.Cut(o, " ")
		w.apply(record.PutOf(catalog.OperationPath(id, "op"+string(rune('0'+i))), catalog.Operation{DisplayName: o, Method: method, URLTemplate: template}, ""))
	}
}

// catalogAPI is an API as it is, with the operation GET /x.
func catalogAPI(id string, a catalog.API) []record.Change {
	return []record.Change{record.PutOf(catalog.APIPath(id), a, ""), record.PutOf(catalog.OperationPath(id, "op0"), catalog.Operation{Method: "GET", URLTemplate: "/x"}, "")}
}

// product creates a published product with APIs.
func (w *world) product(id string, open bool, apis ...string) {
	w.t.Helper()
	required := !open
	w.apply(record.PutOf(catalog.ProductPath(id), catalog.Product{DisplayName: id, State: "published", SubscriptionRequired: &required}, ""))
	for _, a := range apis {
		w.apply(record.PutOf(catalog.ProductAPIPath(id, a), catalog.Link{}, ""))
	}
}

// subscription creates an active one; its keys are "{id}-1" and "{id}-2".
func (w *world) subscription(id, scope string) {
	w.t.Helper()
	w.subscribe(access.Subscription{ID: id, Scope: scope, State: access.Active, OwnerID: "/users/" + id})
}

func (w *world) subscribe(s access.Subscription) {
	w.t.Helper()
	s.CreatedDate = time.Now().Add(-time.Hour)
	s.PrimaryKey, s.SecondaryKey = s.ID+"-1", s.ID+"-2"
	w.apply(access.StoreSubscription(w.keeper, s, ""))
}

// policy stores a raw document without its outermost element at a scope ("" is global).
func (w *world) policy(scope, sections string) {
	w.t.Helper()
	w.apply(record.PutOf(catalog.PolicyPath(scope), catalog.Policy{Format: "rawxml", Value: "<policies>" + sections + "</policies>"}, ""))
}

// answer is what a client got.
type answer struct {
	status int
	header http.Header
	body   string
}

// call sends "METHOD /path" with header lines "Name: value".
func (w *world) call(line string, headers ...string) answer {
	w.t.Helper()
	return w.callWith(line, nil, headers...)
}

func (w *world) callWith(line string, body io.Reader, headers ...string) answer {
	w.t.Helper()
	method, target, _ := strings.Cut(line, " ")
	req, err := http.NewRequest(method, w.server.URL+target, body)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Add(name, value)
	}
	res, err := w.server.Client().Transport.RoundTrip(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return answer{status: res.StatusCode, header: res.Header, body: string(b)}
}

// is checks an answer's status and body; body "" is not looked at.
func (a answer) is(t testing.TB, what string, status int, body string) {
	t.Helper()
	if a.status != status || body != "" && a.body != body {
		t.Errorf("%s: got %d %q, want %d %q", what, a.status, a.body, status, body)
	}
}

// message is the message of an error body.
func (a answer) message(t testing.TB) string {
	t.Helper()
	var e struct {
		StatusCode int
		Message    string
	}
	if err := json.Unmarshal([]byte(a.body), &e); err != nil || e.StatusCode != a.status {
		t.Errorf("not an error body: %d %q (%v)", a.status, a.body, err)
	}
	return e.Message
}
