package limit

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
)

func TestSlotsNeverGiveMoreThanThereAre(t *testing.T) {
	m, k := NewMemorySlots(), Key{"p", "a"}
	const most, callers, rounds = 3, 16, 500
	var inside, seen atomic.Int64
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for range rounds {
				ok, err := m.Take(context.Background(), k, most)
				if err != nil {
					t.Error(err)
				}
				if !ok {
					continue
				}
				if n := inside.Add(1); n > most {
					t.Errorf("%d calls are inside", n)
				}
				seen.Add(1)
				inside.Add(-1)
				m.Release(context.Background(), k)
			}
		})
	}
	wg.Wait()
	if seen.Load() == 0 {
		t.Error("nobody got in")
	}
	for range most {
		if ok, _ := m.Take(context.Background(), k, most); !ok {
			t.Error("a slot was lost")
		}
	}
	if ok, _ := m.Take(context.Background(), Key{"p", "b"}, most); !ok {
		t.Error("another key has no slot")
	}
}

func TestRateWeights(t *testing.T) {
	c := newClock()
	m := NewMemoryRates(c.now)
	heavy := Rate{Calls: 5, Period: 10e9, Weight: 3}
	first := take(t, m, Key{"p", "a"}, heavy)
	if !first.OK || first.Remaining != 2 {
		t.Errorf("%+v", first)
	}
	if got := take(t, m, Key{"p", "a"}, heavy); got.OK || got.RetryAfter != heavy.Period {
		t.Errorf("%+v", got)
	}
	m.Return(context.Background(), Key{"p", "a"}, first)
	if got := take(t, m, Key{"p", "a"}, Rate{Calls: 5, Period: 10e9}); !got.OK || got.Remaining != 4 {
		t.Errorf("after Return: %+v", got)
	}
}
