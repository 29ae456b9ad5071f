package usage

import (
	"bufio"
	"context"
	"errors"
	"io"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/prometheus/client_golang/prometheus"
)

// AccessLog writes one line of JSON for each call. Calls wait in memory for a
// moment and are written by Run; a call never waits for the disk.
type AccessLog struct {
	out     io.WriteCloser
	dropped atomic.Int64
	wake    chan struct{}
	metric  prometheus.Collector

	mu    sync.Mutex // guards what follows
	calls []Call
	spare []Call
}

const (
	maxWaiting    = 16 << 10 // calls in memory
	writeLogEvery = time.Second
)

// NewAccessLog makes one that writes to out and closes it in the end.
func NewAccessLog(out io.WriteCloser) *AccessLog {
	l := &AccessLog{out: out, wake: make(chan struct{}, 1)}
	l.metric = prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "portico_access_log_dropped_total",
		Help: "Calls that are in no line of the access log because there was no room."}, func() float64 { return float64(l.dropped.Load()) })
	return l
}

// Record takes one call; see Recorder.
func (l *AccessLog) Record(c Call) {
	l.mu.Lock()
	n := len(l.calls)
	if n < maxWaiting {
		l.calls = append(l.calls, c)
	}
	l.mu.Unlock()
	switch {
	case n >= maxWaiting:
		l.dropped.Add(1)
	case n == maxWaiting/2:
		select {
		case l.wake <- struct{}{}:
		default:
		}
	}
}

// Describe and Collect make the AccessLog a prometheus.Collector.
func (l *AccessLog) Describe(ch chan<- *prometheus.Desc) { l.metric.Describe(ch) }

// Collect gives the number of calls that were not written.
func (l *AccessLog) Collect(ch chan<- prometheus.Metric) { l.metric.Collect(ch) }

// Run writes what is recorded until ctx ends, and then what is left. A line that
// cannot be written is lost: the log is no reason to stop.
func (l *AccessLog) Run(ctx context.Context) error {
	ticker := time.NewTicker(writeLogEvery)
	defer ticker.Stop()
	w := bufio.NewWriterSize(l.out, 64<<10)
	var line []byte
	for {
		select {
		case <-ctx.Done():
			l.write(w, line)
			return errors.Join(w.Flush(), l.out.Close())
		case <-l.wake:
		case <-ticker.C:
		}
		line = l.write(w, line)
	}
}

// write writes what waits, and counts what could not be written.
func (l *AccessLog) write(w *bufio.Writer, line []byte) []byte {
	l.mu.Lock()
	calls := l.calls
	l.calls, l.spare = l.spare[:0], nil
	l.mu.Unlock()
	for i := range calls {
		line = appendLine(line[:0], &calls[i])
		if _, err := w.Write(line); err != nil {
			l.dropped.Add(1)
			w.Reset(l.out) // or no later line could be written either
		}
	}
	if len(calls) > 0 && w.Flush() != nil {
		l.dropped.Add(1)
		w.Reset(l.out)
	}
	clear(calls)
	l.mu.Lock()
	l.spare = calls[:0]
	l.mu.Unlock()
	return line
}

// appendLine writes a call as a line of JSON. Times are milliseconds.
func appendLine(b []byte, c *Call) []byte {
	b = append(b, `{"time":"`...)
	b = c.Time.UTC().AppendFormat(b, "2006-01-02T15:04:05.000Z07:00")
	b = append(b, '"')
	for _, f := range [...]struct{ name, value string }{
		{"requestId", c.RequestID}, {"ip", c.IP}, {"method", c.Method}, {"url", c.URL}, {"api", c.API}, {"operation", c.Operation},
		{"product", c.Product}, {"subscription", c.Subscription}, {"user", c.User}, {"cache", c.Cache},
	} {
		b = append(append(append(b, `,"`...), f.name...), `":`...)
		b = appendText(b, f.value)
	}
	for _, f := range [...]struct {
		name  string
		value int64
	}{{"status", int64(c.Status)}, {"backendStatus", int64(c.BackendStatus)}, {"requestBytes", c.RequestBytes}, {"responseBytes", c.ResponseBytes}} {
		b = append(append(append(b, `,"`...), f.name...), `":`...)
		b = strconv.AppendInt(b, f.value, 10)
	}
	b = append(b, `,"elapsed":`...)
	b = strconv.AppendFloat(b, float64(c.Elapsed.Microseconds())/1e3, 'f', -1, 64)
	b = append(b, `,"backendElapsed":`...)
	b = strconv.AppendFloat(b, float64(c.BackendElapsed.Microseconds())/1e3, 'f', -1, 64)
	return append(b, '}', '\n')
}

// appendText writes a JSON string.
func appendText(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < ' ':
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		case c < utf8.RuneSelf:
			b = append(b, c)
		default:
			r, size := utf8.DecodeRuneInString(s[i:])
			b = utf8.AppendRune(b, r)
			i += size
			continue
		}
		i++
	}
	return append(b, '"')
}

// Recorders passes each call on to several.
type Recorders []Recorder

// Record takes one call; see Recorder.
func (rs Recorders) Record(c Call) {
	for _, r := range rs {
		r.Record(c)
	}
}
