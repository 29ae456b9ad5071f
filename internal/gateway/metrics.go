package gateway

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics counts calls by the class of their status, and how long they took.
type metrics struct {
	classes  [6]prometheus.Counter // by the status's first digit; 0 for what is no status
	duration prometheus.Histogram
	calls    *prometheus.CounterVec
}

func newMetrics() *metrics {
	m := &metrics{
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "portico_gateway_calls_total",
			Help: "Calls answered by the gateway, by the class of their status."}, []string{"class"}),
		duration: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "portico_gateway_call_duration_seconds",
			Help: "Time from a call's arrival to the end of its response.", Buckets: []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300}}),
	}
	for i, class := range []string{"other", "1xx", "2xx", "3xx", "4xx", "5xx"} {
		m.classes[i] = m.calls.WithLabelValues(class)
	}
	return m
}

func (m *metrics) observe(status int, elapsed time.Duration) {
	class := status / 100
	if class < 0 || class >= len(m.classes) {
		class = 0
	}
	m.classes[class].Inc()
	m.duration.Observe(elapsed.Seconds())
}

// Describe and Collect make the Gateway a prometheus.Collector.
func (g *Gateway) Describe(ch chan<- *prometheus.Desc) {
	g.metrics.calls.Describe(ch)
	g.metrics.duration.Describe(ch)
	for _, c := range g.emitted.collectors() {
		c.Describe(ch)
	}
}

// Collect gives the gateway's metrics.
func (g *Gateway) Collect(ch chan<- prometheus.Metric) {
	g.metrics.calls.Collect(ch)
	g.metrics.duration.Collect(ch)
	for _, c := range g.emitted.collectors() {
		c.Collect(ch)
	}
}

var _ prometheus.Collector = (*Gateway)(nil)
