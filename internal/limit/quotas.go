package limit

import (
	"context"
	"errors"
	"hash/maphash"
	"log/slog"
	"sync"
	"time"
)

const (
	quotaShards  = 16
	settleEvery  = time.Minute
	idleFor      = 10 * time.Minute // after which a counter leaves memory
	pruneEvery   = time.Hour
	storeTimeout = 5 * time.Second
)

// StoredQuotas counts in memory within blocks that it has reserved in a Store,
// so that most calls need no write. After a crash a counter goes on from the
// end of its reserved block: it may grant a block less, never more.
type StoredQuotas struct {
	store  Store
	now    func() time.Time
	log    *slog.Logger
	seed   maphash.Seed
	shards [quotaShards]quotaShard
}

type quotaShard struct {
	mu       sync.Mutex
	counters map[Key]*counter
}

// counter is one period's use of one quota.
type counter struct {
	mu       sync.Mutex
	loaded   bool
	gone     bool          // left memory: look it up again
	busy     chan struct{} // closed when the store's answer is in; nil where none is awaited
	start    time.Time
	period   time.Duration
	used     int64
	reserved int64
	touched  time.Time
}

// NewStoredQuotas counts by that clock, time.Now in the product. Run must run
// for as long as it is used.
func NewStoredQuotas(store Store, now func() time.Time, log *slog.Logger) *StoredQuotas {
	s := &StoredQuotas{store: store, now: now, log: log, seed: maphash.MakeSeed()}
	for i := range s.shards {
		s.shards[i].counters = map[Key]*counter{}
	}
	return s
}

// Take uses n; see Quotas.
func (s *StoredQuotas) Take(ctx context.Context, q Quota, n int64) (Used, error) {
	var out Used
	err := s.with(ctx, q, func(c *counter, now time.Time) (want int64) {
		if c.used+max(n, 1) > q.Limit {
			out = Used{Remaining: max(0, q.Limit-c.used), Resets: c.resets(now)}
			return enough
		}
		if c.used+max(n, 1) > c.reserved {
			return min(q.Limit, c.used+max(n, q.block()))
		}
		c.used += n
		out = Used{OK: true, Remaining: q.Limit - c.used, Resets: c.resets(now)}
		return enough
	})
	return out, err
}

// Add counts n that are used already; see Quotas.
func (s *StoredQuotas) Add(ctx context.Context, q Quota, n int64) error {
	counted := false
	return s.with(ctx, q, func(c *counter, _ time.Time) (want int64) {
		if !counted {
			c.used += n
			counted = true
		}
		if c.used > c.reserved {
			return max(c.used, min(q.Limit, c.used+q.block()))
		}
		return enough
	})
}

// Usage gives a counter; see Counters.
func (s *StoredQuotas) Usage(ctx context.Context, k Key) (u Usage, ok bool, err error) {
	err = s.onCounter(ctx, Quota{Key: k}, func(c *counter, now time.Time) (want int64) {
		u, ok = c.usage(now)
		return enough
	})
	return u, ok, err
}

// Set makes a counter say n; see Counters.
func (s *StoredQuotas) Set(ctx context.Context, k Key, n int64) (ok bool, err error) {
	written := false
	err = s.onCounter(ctx, Quota{Key: k}, func(c *counter, now time.Time) (want int64) {
		u, there := c.usage(now)
		switch {
		case !there:
			return enough
		case !written:
			written = c.busy == nil // else it is asked again
			c.start = u.Start       // what the periods before have used is over
			return n
		}
		c.used, ok = n, true
		return enough
	})
	return ok, err
}

// usage is what the counter says of the period that now is in; ok is false where nothing was counted.
func (c *counter) usage(now time.Time) (u Usage, ok bool) {
	if c.start.IsZero() {
		return u, false
	}
	u = Usage{Start: Quota{Start: c.start, Period: c.period}.start(now), Period: c.period}
	if !u.Start.After(c.start) {
		u.Start, u.Used = c.start, c.used
	}
	return u, true
}

// Return gives n back; see Quotas.
func (s *StoredQuotas) Return(_ context.Context, q Quota, n int64) {
	c := s.counter(q.Key)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.loaded && c.start.Equal(q.start(s.now())) {
		c.used = max(0, c.used-n)
	}
}

// enough is what a step gives that wants nothing more to be reserved.
const enough = -1

// with runs step on the counter of q in the period that now is in; see onCounter.
func (s *StoredQuotas) with(ctx context.Context, q Quota, step func(*counter, time.Time) (want int64)) error {
	return s.onCounter(ctx, q, func(c *counter, now time.Time) int64 {
		c.roll(q, now)
		return step(c, now)
	})
}

// onCounter runs step on the loaded counter of q, under its lock, until step has
// enough. A wanted reservation is made outside the lock; those who need it
// meanwhile wait for it.
func (s *StoredQuotas) onCounter(ctx context.Context, q Quota, step func(*counter, time.Time) (want int64)) error {
	for {
		c := s.counter(q.Key)
		c.mu.Lock()
		if c.gone {
			c.mu.Unlock()
			continue
		}
		now := s.now()
		c.touched = now
		want := int64(enough)
		if c.loaded {
			if want = step(c, now); want == enough {
				c.mu.Unlock()
				return nil
			}
		}
		if busy := c.busy; busy != nil {
			c.mu.Unlock()
			select {
			case <-busy:
				continue
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		var err error
		if c.loaded {
			err = s.reserve(ctx, q, c, want)
		} else {
			err = s.load(ctx, q, c)
		}
		if err != nil {
			return err
		}
	}
}

// reserve writes that up to want may be used. It is called with c locked and returns with c unlocked.
func (s *StoredQuotas) reserve(ctx context.Context, q Quota, c *counter, want int64) error {
	r := Reservation{Key: q.Key.String(), PeriodStart: c.start, Period: c.period, UpTo: want}
	return c.await(ctx, func(ctx context.Context) error { return s.store.Reserve(ctx, r) }, func() {
		if c.start.Equal(r.PeriodStart) {
			c.reserved = want
		}
	})
}

// load reads what was reserved before. It is called with c locked and returns with c unlocked.
func (s *StoredQuotas) load(ctx context.Context, q Quota, c *counter) error {
	var r Reservation
	var ok bool
	return c.await(ctx, func(ctx context.Context) (err error) {
		r, ok, err = s.store.Load(ctx, q.Key.String())
		return err
	}, func() {
		c.loaded = true
		if ok {
			c.start, c.period = r.PeriodStart, r.Period
			c.used, c.reserved = r.UpTo, r.UpTo
		} else {
			c.start, c.period = q.start(s.now()), q.Period
		}
	})
}

// await does I/O without the lock and then done under it, where the I/O
// succeeded. The I/O goes on when the caller goes away: others wait for it too.
func (c *counter) await(ctx context.Context, io func(context.Context) error, done func()) error {
	c.busy = make(chan struct{})
	c.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
	defer cancel()
	err := io(ctx)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err == nil {
		done()
	}
	close(c.busy)
	c.busy = nil
	return err
}

// roll starts a new period when the one counted is over or another one is
// configured. A clock that was set back does not bring a period back.
func (c *counter) roll(q Quota, now time.Time) {
	start := q.start(now)
	if c.period == q.Period && !start.After(c.start) {
		return
	}
	c.start, c.period, c.used, c.reserved = start, q.Period, 0, 0
}

// resets is the time until the period ends; 0 where it has no end.
func (c *counter) resets(now time.Time) time.Duration {
	if c.period <= 0 {
		return 0
	}
	return c.start.Add(c.period).Sub(now)
}

func (s *StoredQuotas) shard(k Key) *quotaShard {
	return &s.shards[maphash.Comparable(s.seed, k)%quotaShards]
}

func (s *StoredQuotas) counter(k Key) *counter {
	sh := s.shard(k)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	c := sh.counters[k]
	if c == nil {
		c = &counter{}
		sh.counters[k] = c
	}
	return c
}

// Len is the number of counters in memory.
func (s *StoredQuotas) Len() int {
	n := 0
	for i := range s.shards {
		sh := &s.shards[i]
		sh.mu.Lock()
		n += len(sh.counters)
		sh.mu.Unlock()
	}
	return n
}

// Run takes idle counters out of memory and forgets periods that are over,
// until ctx ends. Then it writes what was really used, so that an orderly stop
// loses nothing; no call may be counted afterwards.
func (s *StoredQuotas) Run(ctx context.Context) error {
	tick := time.NewTicker(settleEvery)
	defer tick.Stop()
	pruned := s.now()
	for {
		select {
		case <-ctx.Done():
			return s.settle(context.WithoutCancel(ctx), 0)
		case <-tick.C:
		}
		err := s.settle(ctx, idleFor)
		if now := s.now(); now.Sub(pruned) >= pruneEvery {
			pruned = now
			err = errors.Join(err, s.store.Prune(ctx, now))
		}
		if err != nil {
			s.log.Warn("quota counters could not be written", "error", err)
		}
	}
}

// settle writes the use of every counter that nobody has touched for that long,
// and takes it out of memory.
func (s *StoredQuotas) settle(ctx context.Context, idle time.Duration) error {
	var errs []error
	for i := range s.shards {
		for k, c := range s.shards[i].copy() {
			errs = append(errs, s.settleOne(ctx, k, c, idle))
		}
	}
	return errors.Join(errs...)
}

func (sh *quotaShard) copy() map[Key]*counter {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	out := make(map[Key]*counter, len(sh.counters))
	for k, c := range sh.counters {
		out[k] = c
	}
	return out
}

func (s *StoredQuotas) settleOne(ctx context.Context, k Key, c *counter, idle time.Duration) error {
	c.mu.Lock()
	if c.busy != nil || s.now().Sub(c.touched) < idle {
		c.mu.Unlock()
		return nil
	}
	// From here on callers wait for the write, so the counter cannot change.
	used, write := c.used, c.loaded && c.used != c.reserved
	io := func(ctx context.Context) error {
		if !write {
			return nil
		}
		return s.store.Reserve(ctx, Reservation{Key: k.String(), PeriodStart: c.start, Period: c.period, UpTo: used})
	}
	c.loaded = false
	return c.await(ctx, io, func() {
		c.gone = true
		sh := s.shard(k)
		sh.mu.Lock()
		delete(sh.counters, k)
		sh.mu.Unlock()
	})
}
