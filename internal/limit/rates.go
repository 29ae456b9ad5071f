package limit

import (
	"context"
	"hash/maphash"
	"sync"
	"time"

	"portico/internal/fault"
)

const (
	rateShards = 64
	// maxCounters bounds the memory of MemoryRates: about 1.5 KiB a counter at most.
	maxCounters = 1 << 20
	shardMax    = maxCounters / rateShards
	sweepFrom   = 256         // a shard smaller than this is not swept
	sweepApart  = time.Second // at least, so that a full shard costs little
)

// MemoryRates counts in this process's memory.
type MemoryRates struct {
	now    func() time.Time
	epoch  time.Time
	seed   maphash.Seed
	shards [rateShards]rateShard
}

type rateShard struct {
	mu      sync.Mutex
	windows map[Key]*window
	sweepAt int           // size at which the idle windows are looked for
	swept   time.Duration // when that was done last
}

// NewMemoryRates counts by that clock, time.Now in the product.
func NewMemoryRates(now func() time.Time) *MemoryRates {
	m := &MemoryRates{now: now, epoch: now(), seed: maphash.MakeSeed()}
	for i := range m.shards {
		m.shards[i] = rateShard{windows: map[Key]*window{}, sweepAt: sweepFrom}
	}
	return m
}

// Take counts one call; see Rates. The context is not needed: nothing here waits.
func (m *MemoryRates) Take(_ context.Context, k Key, r Rate) (Taken, error) {
	s := m.shard(k)
	s.mu.Lock()
	defer s.mu.Unlock()
	now := m.now().Sub(m.epoch) // under the lock, so that a window's marks are in the order of time
	w, err := s.window(k, now)
	if err != nil {
		return Taken{}, err
	}
	return w.take(now, r), nil
}

// Add counts what happened already; see Rates.
func (m *MemoryRates) Add(_ context.Context, k Key, r Rate) error {
	s := m.shard(k)
	s.mu.Lock()
	defer s.mu.Unlock()
	now := m.now().Sub(m.epoch)
	w, err := s.window(k, now)
	if err != nil {
		return err
	}
	w.period = r.Period
	w.expire(now)
	w.count(now, r, max(1, r.Weight))
	return nil
}

// window gives the window of a key.
func (s *rateShard) window(k Key, now time.Duration) (*window, error) {
	w := s.windows[k]
	if w == nil {
		if !s.room(now) {
			return nil, fault.New(fault.Unavailable, "the rate counters are full: %d are in use", maxCounters)
		}
		w = &window{}
		s.windows[k] = w
	}
	return w, nil
}

// Return uncounts a call; see Rates.
func (m *MemoryRates) Return(_ context.Context, k Key, t Taken) {
	s := m.shard(k)
	s.mu.Lock()
	defer s.mu.Unlock()
	if w := s.windows[k]; w != nil && t.OK {
		w.giveBack(time.Duration(t.Mark), t.Weight)
	}
}

// Len is the number of counters in memory.
func (m *MemoryRates) Len() int {
	n := 0
	for i := range m.shards {
		s := &m.shards[i]
		s.mu.Lock()
		n += len(s.windows)
		s.mu.Unlock()
	}
	return n
}

func (m *MemoryRates) shard(k Key) *rateShard {
	return &m.shards[maphash.Comparable(m.seed, k)%rateShards]
}

// room drops idle windows once the shard has doubled since the last time, and
// tells whether one more window may be added.
func (s *rateShard) room(now time.Duration) bool {
	if len(s.windows) < s.sweepAt {
		return true
	}
	if s.swept == 0 || now-s.swept >= sweepApart {
		s.swept = now
		for k, w := range s.windows {
			if w.expire(now); w.total == 0 {
				delete(s.windows, k)
			}
		}
	}
	s.sweepAt = min(max(sweepFrom, 2*len(s.windows)), shardMax)
	return len(s.windows) < shardMax
}
