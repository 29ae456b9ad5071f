// Package gateway serves managed APIs. A call goes through the stations that
// serve lists, each in a file of its own: match, identify, inbound, backend,
// outbound or on-error, send, record. What a call needs to know is compiled
// from the records into one immutable snapshot, swapped by one atomic pointer.
package gateway

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"sync"
	"sync/atomic"

	"portico/internal/egress"
	"portico/internal/fault"
	"portico/internal/policy"
	"portico/internal/record"
	"portico/internal/secret"
	"portico/internal/usage"
)

// Config is what a Gateway works with. All but Locals, TLS and MaxBody is needed.
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
	metrics  *metrics
	calls    sync.Pool // of *call

	snapshot atomic.Pointer[snapshot]

	mu      sync.Mutex // guards builder
	builder *builder
}

// New makes a Gateway without APIs; Load gives it some.
func New(c Config) *Gateway {
	g := &Gateway{config: c, compiler: policy.NewCompiler(c.Services), metrics: newMetrics()}
	g.backends = newBackends(c)
	g.calls.New = func() any { return new(call) }
	g.builder = newBuilder(g.compiler, c.Keeper)
	g.snapshot.Store(g.builder.snapshot())
	return g
}

// Load compiles all that is stored and makes it live at once. An item that is
// broken is reported by Problems; the rest goes live.
func (g *Gateway) Load(ctx context.Context, s record.Store) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	b := newBuilder(g.compiler, g.config.Keeper)
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

// Close lets go of the connections to backends. No call may be in flight.
func (g *Gateway) Close() { g.backends.close() }

var _ http.Handler = (*Gateway)(nil)
