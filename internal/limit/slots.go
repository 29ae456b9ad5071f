package limit

import (
	"context"
	"hash/maphash"
	"sync"
)

// Slots bounds how many calls are somewhere at the same time. It is safe for concurrent use.
type Slots interface {
	// Take takes one of most slots, and tells whether one was free. It fails with
	// fault.Unavailable when the counters cannot be reached.
	Take(ctx context.Context, k Key, most int64) (ok bool, err error)
	// Release gives a slot back that Take gave.
	Release(ctx context.Context, k Key)
}

const slotShards = 16

// MemorySlots counts in this process's memory. A key without a call takes none.
type MemorySlots struct {
	seed   maphash.Seed
	shards [slotShards]slotShard
}

type slotShard struct {
	mu    sync.Mutex
	taken map[Key]int64
}

// NewMemorySlots makes slots that are all free.
func NewMemorySlots() *MemorySlots {
	m := &MemorySlots{seed: maphash.MakeSeed()}
	for i := range m.shards {
		m.shards[i].taken = map[Key]int64{}
	}
	return m
}

// Take takes a slot; see Slots. The context is not needed: nothing here waits.
func (m *MemorySlots) Take(_ context.Context, k Key, most int64) (bool, error) {
	s := m.shard(k)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.taken[k] >= most {
		return false, nil
	}
	s.taken[k]++
	return true, nil
}

// Release gives a slot back; see Slots.
func (m *MemorySlots) Release(_ context.Context, k Key) {
	s := m.shard(k)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.taken[k]--; s.taken[k] <= 0 {
		delete(s.taken, k)
	}
}

func (m *MemorySlots) shard(k Key) *slotShard {
	return &m.shards[maphash.Comparable(m.seed, k)%slotShards]
}
