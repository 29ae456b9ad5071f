package usage

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

const (
	shardCount = 8
	shardSize  = 2048 // calls that wait in a shard at most
	wakeAt     = shardSize / 2

	collectEvery = time.Second
	flushEvery   = 10 * time.Second
	pruneEvery   = time.Minute
	rollupsEvery = time.Hour // how often old roll-ups are pruned
	maxPending   = 100_000   // roll-ups in memory while the store does not take them
)

// Config says where calls are kept and for how long.
type Config struct {
	Dir      string        // of the segments, made where it is missing
	MaxBytes int64         // of the segments
	MaxAge   time.Duration // of segments and roll-ups
	Store    Store
	Places   Places           // nil: nobody's place is known
	Now      func() time.Time // time.Now in the product
	Log      *slog.Logger
}

// Ledger takes records of calls, keeps them and answers reports. Calls wait in
// memory for at most a second until they are in a segment. Roll-ups are made
// from the segments: after a crash, what the store did not get yet is rolled
// up again from the mark that it remembers, so that nothing counts twice.
type Ledger struct {
	config  Config
	shards  [shardCount]shard
	dropped atomic.Int64
	failing atomic.Bool // the last write failed, and that was logged
	wake    chan struct{}
	metric  prometheus.Collector

	mu       sync.Mutex // guards what follows
	segments *segments
	pending  map[rollupKey]*Rollup
	buffer   []byte
	scratch  []byte
}

type shard struct {
	mu    sync.Mutex
	calls []Call
	spare []Call // the memory of the calls taken before
}

type rollupKey struct {
	start int64
	Dimensions
}

// Open finds what was kept before and rolls up what the store did not get. Run must run afterwards.
func Open(ctx context.Context, c Config) (*Ledger, error) {
	s, err := openSegments(c.Dir, c.MaxBytes, c.MaxAge, c.Now)
	if err != nil {
		return nil, err
	}
	l := &Ledger{config: c, wake: make(chan struct{}, 1), segments: s, pending: map[rollupKey]*Rollup{}}
	l.metric = prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "portico_usage_dropped_calls_total",
		Help: "Calls that were answered and not recorded because there was no room."}, func() float64 { return float64(l.Dropped()) })
	mark, err := c.Store.UsageMark(ctx)
	if err != nil {
		return nil, err
	}
	for _, g := range s.all() {
		offset := int64(0)
		switch {
		case g.number < mark.Segment:
			continue
		case g.number == mark.Segment:
			offset = mark.Offset
		}
		if err := s.read(g, offset, l.fold); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// Record takes one call; see Recorder.
func (l *Ledger) Record(c Call) {
	s := &l.shards[rand.Uint32()%shardCount]
	s.mu.Lock()
	n := len(s.calls)
	if n < shardSize {
		s.calls = append(s.calls, c)
	}
	s.mu.Unlock()
	switch {
	case n >= shardSize:
		l.dropped.Add(1)
	case n == wakeAt:
		select {
		case l.wake <- struct{}{}:
		default:
		}
	}
}

// Dropped is the number of calls that were not recorded because there was no room.
func (l *Ledger) Dropped() int64 { return l.dropped.Load() }

// Describe and Collect make the Ledger a prometheus.Collector.
func (l *Ledger) Describe(ch chan<- *prometheus.Desc) { l.metric.Describe(ch) }

// Collect gives the number of dropped calls.
func (l *Ledger) Collect(ch chan<- prometheus.Metric) { l.metric.Collect(ch) }

// Run writes what is recorded until ctx ends, and then what is left.
func (l *Ledger) Run(ctx context.Context) error {
	collect, flush, prune := time.NewTicker(collectEvery), time.NewTicker(flushEvery), time.NewTicker(pruneEvery)
	defer collect.Stop()
	defer flush.Stop()
	defer prune.Stop()
	rollups := l.config.Now()
	for {
		var err error
		select {
		case <-ctx.Done():
			return l.finish(context.WithoutCancel(ctx))
		case <-l.wake:
			err = l.collect()
		case <-collect.C:
			err = l.collect()
		case <-flush.C:
			err = l.flush(ctx)
		case <-prune.C:
			if err = l.prune(); err == nil && l.config.Now().Sub(rollups) >= rollupsEvery {
				rollups = l.config.Now()
				err = l.config.Store.PruneUsage(ctx, rollups.Add(-l.config.MaxAge).Truncate(day), rollups.Add(-max(statementsKept, l.config.MaxAge)).Truncate(day))
			}
		}
		l.tell(err)
	}
}

// tell logs an error when it begins, not each time.
func (l *Ledger) tell(err error) {
	if before := l.failing.Swap(err != nil); err != nil && !before {
		l.config.Log.Warn("records of calls could not be kept", "error", err)
	}
}

func (l *Ledger) finish(ctx context.Context) error {
	err := l.flush(ctx)
	l.mu.Lock()
	defer l.mu.Unlock()
	return errors.Join(err, l.segments.close())
}

// collect writes the calls that wait, and rolls them up.
func (l *Ledger) collect() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.collectLocked()
}

func (l *Ledger) collectLocked() error {
	l.buffer = l.buffer[:0]
	for i := range l.shards {
		calls := l.shards[i].take()
		for j := range calls {
			l.buffer, l.scratch = appendCall(l.buffer, l.scratch, &calls[j])
			l.fold(&calls[j])
		}
		clear(calls)
		l.shards[i].giveBack(calls)
	}
	if len(l.buffer) == 0 {
		return nil
	}
	return l.segments.append(l.buffer)
}

// take empties a shard.
func (s *shard) take() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	calls := s.calls
	s.calls, s.spare = s.spare[:0], nil
	return calls
}

func (s *shard) giveBack(calls []Call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.spare = calls[:0]
}

// fold adds a call to the pending roll-ups. When the store has not taken any
// for so long that there are too many, calls of new combinations are dropped.
func (l *Ledger) fold(c *Call) {
	r := rollup(c, l.config.Places)
	key := rollupKey{start: r.Start.Unix(), Dimensions: r.Dimensions}
	if have := l.pending[key]; have != nil {
		have.add(&r)
	} else if len(l.pending) < maxPending {
		l.pending[key] = &r
	} else {
		l.dropped.Add(1)
	}
}

// flush hands the pending roll-ups to the store.
func (l *Ledger) flush(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	err := l.collectLocked() // what could not be written is rolled up all the same
	if len(l.pending) == 0 {
		return err
	}
	err = errors.Join(err, l.segments.sync())
	rollups := make([]Rollup, 0, len(l.pending))
	for _, r := range l.pending {
		rollups = append(rollups, *r)
	}
	if added := l.config.Store.AddUsage(ctx, rollups, l.segments.mark()); added != nil {
		return errors.Join(err, added)
	}
	clear(l.pending)
	return err
}

func (l *Ledger) prune() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.segments.prune()
}
