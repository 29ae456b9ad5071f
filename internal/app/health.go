package app

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/rest"
)

// health answers the probes of an operator's supervisor.
type health struct {
	ready atomic.Bool
}

const pingTimeout = 2 * time.Second

// routes are the probes and the metrics; they stand on the console listener.
func (h *health) routes(ping func(context.Context) error, metrics prometheus.Gatherer) []rest.Route {
	text := func(w http.ResponseWriter, body string) error {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		_, _ = w.Write([]byte(body)) // the probe is gone when this fails
		return nil
	}
	exposition := promhttp.HandlerFor(metrics, promhttp.HandlerOpts{})
	return []rest.Route{
		{Method: http.MethodGet, Pattern: "/healthz", Permission: access.Anyone, Handle: func(w http.ResponseWriter, _ *http.Request, _ access.Principal) error {
			return text(w, "ok\n")
		}},
		{Method: http.MethodGet, Pattern: "/readyz", Permission: access.Anyone, Handle: func(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
			ctx, cancel := context.WithTimeout(r.Context(), pingTimeout)
			defer cancel()
			if !h.ready.Load() {
				return fault.New(fault.Unavailable, "Portico is starting or stopping.")
			}
			if err := ping(ctx); err != nil {
				return fault.Wrap(err, fault.Unavailable, "The database does not answer.")
			}
			return text(w, "ok\n")
		}},
		{Method: http.MethodGet, Pattern: "/metrics", Permission: access.ReadMetrics, Handle: func(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
			exposition.ServeHTTP(w, r)
			return nil
		}},
	}
}

// newMetrics gathers the process's own metrics and those of the rooms.
func newMetrics(rooms ...prometheus.Collector) (*prometheus.Registry, error) {
	r := prometheus.NewRegistry()
	for _, c := range append([]prometheus.Collector{collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{})}, rooms...) {
		if err := r.Register(c); err != nil {
			return nil, err
		}
	}
	return r, nil
}
