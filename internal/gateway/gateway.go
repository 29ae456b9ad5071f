// Package gateway serves managed APIs. A call goes through the stations that
// serve lists, each in a file of its own: match, identify, inbound, backend,
// outbound or on-error, send, record. What a call needs to know is compiled
// from the records into one immutable snapshot, swapped by one atomic pointer.
package gateway

import (
	"context"
	"crypto/x509"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"portico/internal/egress"
	"portico/internal/fault"
	"portico/internal/policy"
	"portico/internal/policy/catalogue"
	"portico/internal/record"
	"portico/internal/secret"
	"portico/internal/usage"
)

// Config is what a Gateway works with. Log, Keeper, Services and Usage are needed.
type Config struct {
	Log      *slog.Logger
	Keeper   *secret.Keeper // opens subscription keys and hashes them
	Services policy.Services
	Usage    usage.Recorder
	// Egress is the rule for the addresses of backends.
	Egress egress.Rule
	// Locals are backends in this process, by host in lower case. A name with a
	// port ("127.0.0.1:8082") stands for that port only.
	Locals map[string]Local
	// MaxBody is the limit of a request's body in bytes; 0 is none.
	MaxBody int64
	// TLS says that the listener has TLS, so that an API's protocols are enforced.
	TLS bool
	// Roots are the authorities that backends' certificates are checked against; nil is the system's.
	Roots *x509.CertPool
	// EventsDir is the folder of the files that loggers write to; "" is none.
	EventsDir string
	// Spans makes OpenTelemetry spans of sampled calls; nil makes none.
	Spans *Spans
	// Now tells the time to circuit breakers; nil is time.Now.
	Now func() time.Time
}

// Local is a backend in this process. It reads the request from the exchange
// (Method, Headers, Body; Backend.Path and RawQuery, joined with the path of the
// base URL) and fills its Response. An error becomes a 500, as a backend's failure does.
type Local interface {
	Serve(x *policy.Exchange) error
}

// Gateway answers calls. Its methods are safe for concurrent use.
type Gateway struct {
	config   Config
	compiler *policy.Compiler
	backends *backends
	sender   *sender
	events   eventFiles
	traces   traces
	// debugFrom is the time before which debug credentials are void, in Unix nanoseconds.
	debugFrom atomic.Int64
	metrics   *metrics
	emitted   *emitted
	// the memory of calls, by what they came by
	engineCalls, httpCalls sync.Pool

	snapshot atomic.Pointer[snapshot]

	mu      sync.Mutex // guards builder
	builder *builder
}

// New makes a Gateway without APIs; Load gives it some.
func New(c Config) *Gateway {
	if c.Now == nil {
		c.Now = time.Now
	}
	g := &Gateway{config: c, metrics: newMetrics(), emitted: newEmitted()}
	g.sender = newSender(g)
	g.events.dir, g.events.now = c.EventsDir, c.Now
	g.config.Services.Deployment.Certificates = g.deployedCertificates
	g.compiler = policy.NewCompiler(catalogue.New(), g.services())
	g.backends = newBackends(c)
	g.engineCalls.New = func() any { return new(engineCall) }
	g.httpCalls.New = func() any { return new(httpCall) }
	g.builder = newBuilder(g.compiler, c.Keeper, c.Now)
	g.snapshot.Store(g.builder.snapshot())
	return g
}

// Load compiles all that is stored and makes it live at once. An item that is
// broken is reported by Problems; the rest goes live.
func (g *Gateway) Load(ctx context.Context, s record.Store) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	b := newBuilder(g.compiler, g.config.Keeper, g.config.Now)
	b.previous = g.builder.entities.backends
	for _, collection := range collections {
		records, err := s.List(ctx, collection)
		if err != nil {
			return fmt.Errorf("gateway: list %s: %w", collection, err)
		}
		for _, r := range records {
			b.change(r.Path, r)
		}
	}
	g.builder = b
	g.snapshot.Store(b.snapshot())
	return nil
}

// Apply takes changes over: when it returns, new calls see them. The store
// calls it after each commit, in the order of the commits.
func (g *Gateway) Apply(changes []record.Applied) {
	g.mu.Lock()
	defer g.mu.Unlock()
	relevant := false
	for _, c := range changes {
		path := c.New.Path
		if path == "" {
			path = c.Old.Path
		}
		if compiles(path) {
			relevant = true
			g.builder.change(path, c.New)
		}
	}
	if relevant {
		g.snapshot.Store(g.builder.snapshot())
	}
}

// Problems tells what is wrong with stored items, by record path. Calls that
// need such an item fail or find nothing.
func (g *Gateway) Problems() map[string][]fault.Problem {
	g.mu.Lock()
	defer g.mu.Unlock()
	out := maps.Clone(g.builder.problems)
	for path, p := range g.builder.clashes {
		out[path] = append(out[path][:len(out[path]):len(out[path])], p...)
	}
	return out
}

// Close ends the requests that nobody waits for and lets go of the connections
// to backends. No call may be in flight.
func (g *Gateway) Close() {
	g.sender.close()
	g.backends.close()
	g.events.close()
}

// services are what steps work with: the configured ones, and the gateway's own
// where those leave them out.
func (g *Gateway) services() policy.Services {
	s := g.config.Services
	if s.Sender == nil {
		s.Sender = g.sender
	}
	if s.Metrics == nil {
		s.Metrics = g.emitted
	}
	if s.Loggers == nil {
		s.Loggers = g
	}
	if s.Certificates == nil {
		s.Certificates = g
	}
	if s.Schemas == nil {
		s.Schemas = g
	}
	return s
}

var _ http.Handler = (*Gateway)(nil)
