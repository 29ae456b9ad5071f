package batch

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"portico/internal/webservice/jobs"
)

// metrics are what the operator's monitoring reads of the jobs.
type metrics struct {
	service *Service
	ends    *prometheus.CounterVec
	rows    prometheus.Counter
	jobs    *prometheus.Desc
}

func newMetrics(s *Service) *metrics {
	m := &metrics{
		service: s,
		ends:    prometheus.NewCounterVec(prometheus.CounterOpts{Name: "portico_batch_jobs_ended_total", Help: "Batch jobs that ended since the process began, by their final state."}, []string{"state"}),
		rows:    prometheus.NewCounter(prometheus.CounterOpts{Name: "portico_batch_rows_total", Help: "Rows that batch jobs scored since the process began."}),
		jobs:    prometheus.NewDesc("portico_batch_jobs", "Batch jobs that are known, by state.", []string{"state"}, nil),
	}
	for _, state := range []jobs.State{jobs.Finished, jobs.Failed, jobs.Cancelled} {
		m.ends.WithLabelValues(string(state))
	}
	return m
}

func (m *metrics) ended(s jobs.State) { m.ends.WithLabelValues(string(s)).Inc() }

// Describe implements prometheus.Collector.
func (s *Service) Describe(ch chan<- *prometheus.Desc) {
	s.metrics.ends.Describe(ch)
	s.metrics.rows.Describe(ch)
	ch <- s.metrics.jobs
}

// countWithin bounds the count of jobs at each scrape.
const countWithin = 5 * time.Second

// Collect implements prometheus.Collector.
func (s *Service) Collect(ch chan<- prometheus.Metric) {
	s.metrics.ends.Collect(ch)
	s.metrics.rows.Collect(ch)
	ctx, cancel := context.WithTimeout(context.Background(), countWithin)
	defer cancel()
	counts, err := s.store.Count(ctx)
	if err != nil {
		ch <- prometheus.NewInvalidMetric(s.metrics.jobs, err)
		return
	}
	for _, state := range []jobs.State{jobs.NotStarted, jobs.Queued, jobs.Running, jobs.Committing, jobs.Finished, jobs.Failed, jobs.Cancelled} {
		ch <- prometheus.MustNewConstMetric(s.metrics.jobs, prometheus.GaugeValue, float64(counts[state]), string(state))
	}
}
