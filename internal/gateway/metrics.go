package gateway

import (
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// How many APIs and operations have series of their own: together at most
// 10,000 series. What comes later is counted as "other".
const (
	maxMeasuredAPIs       = 450 // of 7 series each
	maxMeasuredOperations = 450 // of a histogram of 13 series each
	otherName             = "other"
)

// callBuckets are the upper ends of the histograms of single operations, in seconds.
var callBuckets = []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .5, 2.5}

// statusClasses name statuses by their first digit.
var statusClasses = [6]string{"other", "1xx", "2xx", "3xx", "4xx", "5xx"}

// metrics counts calls by the class of their status, and how long they took: of
// all, and of each API and operation.
type metrics struct {
	classes  [6]prometheus.Counter // by the status's first digit; 0 for what is no status
	duration prometheus.Histogram
	calls    *prometheus.CounterVec

	apiCalls  *prometheus.CounterVec
	inFlight  *prometheus.GaugeVec
	operation *prometheus.HistogramVec

	mu         sync.Mutex
	apis       map[string]*apiMetrics // by id
	operations map[[2]string]prometheus.Observer
}

// apiMetrics are the series of an API.
type apiMetrics struct {
	classes  [6]prometheus.Counter
	inFlight prometheus.Gauge
}

func newMetrics() *metrics {
	m := &metrics{
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "portico_gateway_calls_total",
			Help: "Calls answered by the gateway, by the class of their status."}, []string{"class"}),
		duration: prometheus.NewHistogram(prometheus.HistogramOpts{Name: "portico_gateway_call_duration_seconds",
			Help: "Time from a call's arrival to the end of its response.", Buckets: []float64{.0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300}}),
		apiCalls: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "portico_gateway_api_calls_total",
			Help: "Calls answered by the gateway, by API and the class of their status."}, []string{"api", "class"}),
		inFlight: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "portico_gateway_api_calls_in_flight",
			Help: "Calls that are being answered, by API."}, []string{"api"}),
		operation: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "portico_gateway_operation_duration_seconds",
			Help: "Time from a call's arrival to the end of its response, by API and operation.", Buckets: callBuckets}, []string{"api", "operation"}),
		apis: map[string]*apiMetrics{}, operations: map[[2]string]prometheus.Observer{},
	}
	for i, class := range statusClasses {
		m.classes[i] = m.calls.WithLabelValues(class)
	}
	return m
}

// api gives the series of an API; those of "other" where there are too many.
func (m *metrics) api(id string) *apiMetrics {
	m.mu.Lock()
	defer m.mu.Unlock()
	if a := m.apis[id]; a != nil {
		return a
	}
	name := id
	if len(m.apis) >= maxMeasuredAPIs {
		name = otherName
		if a := m.apis[name]; a != nil {
			return a
		}
	}
	a := &apiMetrics{inFlight: m.inFlight.WithLabelValues(name)}
	for i, class := range statusClasses {
		a.classes[i] = m.apiCalls.WithLabelValues(name, class)
	}
	m.apis[name] = a
	return a
}

// observer gives the histogram of an operation; that of "other" where there are too many.
func (m *metrics) observer(api, operation string) prometheus.Observer {
	m.mu.Lock()
	defer m.mu.Unlock()
	key := [2]string{api, operation}
	if o := m.operations[key]; o != nil {
		return o
	}
	if len(m.operations) >= maxMeasuredOperations {
		key = [2]string{otherName, otherName}
		if o := m.operations[key]; o != nil {
			return o
		}
	}
	o := m.operation.WithLabelValues(key[0], key[1])
	m.operations[key] = o
	return o
}

// begin counts a call as in flight, if its API is known.
func (m *metrics) begin(r *route) {
	if r.api == nil {
		return
	}
	a := r.api.metrics.Load()
	if a == nil {
		a = m.api(r.api.id)
		r.api.metrics.Store(a)
	}
	r.measured = a
	a.inFlight.Inc()
}

// end counts a call that has been answered.
func (m *metrics) end(r *route, status int, elapsed time.Duration) {
	m.observe(status, elapsed)
	if r.measured == nil {
		return
	}
	r.measured.inFlight.Dec()
	r.measured.classes[classOf(status)].Inc()
	if r.operation == nil {
		return
	}
	o := r.operation.seconds.Load()
	if o == nil {
		made := m.observer(r.api.id, r.operation.id)
		o = &made
		r.operation.seconds.Store(o)
	}
	(*o).Observe(elapsed.Seconds())
}

func (m *metrics) observe(status int, elapsed time.Duration) {
	m.classes[classOf(status)].Inc()
	m.duration.Observe(elapsed.Seconds())
}

func classOf(status int) int {
	if class := status / 100; class > 0 && class < len(statusClasses) {
		return class
	}
	return 0
}

func (m *metrics) collectors() []prometheus.Collector {
	return []prometheus.Collector{m.calls, m.duration, m.apiCalls, m.inFlight, m.operation}
}

// Describe and Collect make the Gateway a prometheus.Collector.
func (g *Gateway) Describe(ch chan<- *prometheus.Desc) {
	for _, c := range append(g.metrics.collectors(), g.emitted.collectors()...) {
		c.Describe(ch)
	}
}

// Collect gives the gateway's metrics.
func (g *Gateway) Collect(ch chan<- prometheus.Metric) {
	for _, c := range append(g.metrics.collectors(), g.emitted.collectors()...) {
		c.Collect(ch)
	}
}

var _ prometheus.Collector = (*Gateway)(nil)
