package cache

import (
	"context"
	"hash/maphash"
	"sync"
	"time"
)

// entryCost is what an entry takes besides its key and value, in bytes: its
// struct, its place in the map, and the headers of both.
const entryCost = 200

// maxShards bounds how finely a budget is divided.
const maxShards = 16

// Memory is a Cache in this process. When its budget is spent, the values that
// nobody asked for the longest go. Unlike a cache that decides what to admit, it
// always keeps what was stored last: policies read what they just wrote.
type Memory struct {
	now    func() time.Time
	seed   maphash.Seed
	shards []shard
}

// shard is a part of the keys with its part of the budget and its own lock.
type shard struct {
	mu      sync.Mutex
	left    int64 // of the budget
	entries map[string]*entry
	ring    entry // its next is the newest entry, its previous the oldest
}

type entry struct {
	key            string
	value          []byte
	until          time.Time
	next, previous *entry
}

// NewMemory makes a cache of that many bytes, at least a value of MaxValue.
func NewMemory(budget int64, now func() time.Time) *Memory {
	const least = MaxValue + MaxKey + entryCost
	n := min(maxShards, max(1, budget/(2*least)))
	m := &Memory{now: now, seed: maphash.MakeSeed(), shards: make([]shard, n)}
	for i := range m.shards {
		s := &m.shards[i]
		s.left, s.entries = max(budget/n, least), map[string]*entry{}
		s.ring.next, s.ring.previous = &s.ring, &s.ring
	}
	return m
}

func (m *Memory) shard(key string) *shard {
	return &m.shards[maphash.String(m.seed, key)%uint64(len(m.shards))]
}

// Get gives a value; see Cache.
func (m *Memory) Get(_ context.Context, key string) ([]byte, time.Duration, bool, error) {
	s := m.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.entries[key]
	if e == nil {
		return nil, 0, false, nil
	}
	left := e.until.Sub(m.now())
	if left <= 0 {
		s.remove(e)
		return nil, 0, false, nil
	}
	e.unlink()
	s.link(e)
	return e.value, left, true, nil
}

// Set keeps a value; see Cache.
func (m *Memory) Set(_ context.Context, key string, value []byte, keep time.Duration) error {
	if err := check(key, value); err != nil {
		return err
	}
	s := m.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	if old := s.entries[key]; old != nil {
		s.remove(old)
	}
	if keep <= 0 {
		return nil
	}
	e := &entry{key: key, value: value, until: m.now().Add(keep)}
	for s.left < e.cost() {
		s.remove(s.ring.previous)
	}
	s.left -= e.cost()
	s.entries[key] = e
	s.link(e)
	return nil
}

// Remove forgets a key; see Cache.
func (m *Memory) Remove(_ context.Context, key string) error {
	s := m.shard(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.entries[key]; e != nil {
		s.remove(e)
	}
	return nil
}

func (e *entry) cost() int64 { return int64(len(e.key)+len(e.value)) + entryCost }

func (s *shard) link(e *entry) {
	e.next, e.previous = s.ring.next, &s.ring
	e.next.previous, e.previous.next = e, e
}

func (e *entry) unlink() { e.next.previous, e.previous.next = e.previous, e.next }

func (s *shard) remove(e *entry) {
	e.unlink()
	delete(s.entries, e.key)
	s.left += e.cost()
}

var _ Cache = (*Memory)(nil)
