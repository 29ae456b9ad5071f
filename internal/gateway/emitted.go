package gateway

import (
	"strings"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"portico/internal/policy"
)

// maxSeries bounds what documents can make of metrics: one series each
// combination of name and dimensions.
const maxSeries = 10_000

// emitted are the metrics of policy documents (emit-metric and its like), as
// Prometheus collects them.
type emitted struct {
	sum     *prometheus.GaugeVec // values may be negative
	count   *prometheus.CounterVec
	dropped prometheus.Counter

	mu   sync.Mutex
	seen map[[3]string]bool
}

func newEmitted() *emitted {
	labels := []string{"namespace", "name", "dimensions"}
	return &emitted{
		seen: map[[3]string]bool{},
		sum: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "portico_policy_metric_sum",
			Help: "Sum of the values that policies emitted, by metric; dimensions is name=value, separated by semicolons."}, labels),
		count:   prometheus.NewCounterVec(prometheus.CounterOpts{Name: "portico_policy_metric_count", Help: "How many values policies emitted, by metric."}, labels),
		dropped: prometheus.NewCounter(prometheus.CounterOpts{Name: "portico_policy_metric_dropped_total", Help: "Values that were dropped because there are too many series."}),
	}
}

// Emit adds a value; see policy.Metrics.
func (e *emitted) Emit(m policy.Metric) {
	var dimensions strings.Builder
	for i, d := range m.Dimensions {
		if i > 0 {
			dimensions.WriteByte(';')
		}
		dimensions.WriteString(d.Name + "=" + d.Value)
	}
	key := [3]string{valid(m.Namespace), valid(m.Name), valid(dimensions.String())}
	e.mu.Lock()
	known := e.seen[key]
	full := !known && len(e.seen) >= maxSeries
	if !known && !full {
		e.seen[key] = true
	}
	e.mu.Unlock()
	if full {
		e.dropped.Inc()
		return
	}
	e.sum.WithLabelValues(key[:]...).Add(m.Value)
	e.count.WithLabelValues(key[:]...).Inc()
}

// valid makes a text one that a label can have.
func valid(s string) string { return strings.ToValidUTF8(s, "\ufffd") }

func (e *emitted) collectors() []prometheus.Collector {
	return []prometheus.Collector{e.sum, e.count, e.dropped}
}
