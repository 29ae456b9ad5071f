package limit

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// clock is a time that tests move.
type clock struct{ ns atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.ns.Store(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC).UnixNano())
	return c
}

func (c *clock) now() time.Time          { return time.Unix(0, c.ns.Load()).UTC() }
func (c *clock) advance(d time.Duration) { c.ns.Add(int64(d)) }

func take(t *testing.T, m Rates, k Key, r Rate) Taken {
	t.Helper()
	got, err := m.Take(context.Background(), k, r)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestRateSlides(t *testing.T) {
	c := newClock()
	m := NewMemoryRates(c.now)
	rate := Rate{Calls: 2, Period: time.Minute}
	steps := []struct {
		wait      time.Duration
		ok        bool
		remaining int64
		retry     time.Duration
	}{
		{0, true, 1, 0},
		{20 * time.Second, true, 0, 0},
		{10 * time.Second, false, 0, 30 * time.Second},
		{29 * time.Second, false, 0, time.Second},
		{time.Second, true, 0, 0}, // the first call left the window, the second is still in it
		{time.Second, false, 0, 19 * time.Second},
		{2 * time.Minute, true, 1, 0},
	}
	for i, s := range steps {
		c.advance(s.wait)
		got := take(t, m, Key{"p", "a"}, rate)
		if got.OK != s.ok || got.Remaining != s.remaining || got.RetryAfter != s.retry {
			t.Errorf("step %d: got %+v, want %+v", i, got, s)
		}
	}
}

func TestRateKeysAreApart(t *testing.T) {
	m := NewMemoryRates(newClock().now)
	rate := Rate{Calls: 1, Period: time.Minute}
	for _, k := range []Key{{"p", "a"}, {"p", "b"}, {"q", "a"}, {"pa", ""}} {
		if !take(t, m, k, rate).OK {
			t.Errorf("%v shares a counter with another key", k)
		}
	}
}

func TestRateOfNoCalls(t *testing.T) {
	m := NewMemoryRates(newClock().now)
	if got := take(t, m, Key{"p", "a"}, Rate{Calls: 0, Period: time.Minute}); got.OK || got.RetryAfter != time.Minute {
		t.Errorf("got %+v", got)
	}
}

func TestRateReturn(t *testing.T) {
	c := newClock()
	m := NewMemoryRates(c.now)
	rate, k := Rate{Calls: 2, Period: time.Minute}, Key{"p", "a"}
	first := take(t, m, k, rate)
	c.advance(30 * time.Second)
	take(t, m, k, rate)
	m.Return(context.Background(), k, first)
	if !take(t, m, k, rate).OK {
		t.Fatal("the call that was given back still counts")
	}
	// What is left are two calls at 30 s: the next may pass at 90 s, not at 60 s.
	if got := take(t, m, k, rate); got.OK || got.RetryAfter != time.Minute {
		t.Errorf("got %+v, want a wait of a minute", got)
	}
}

// TestRateHoldsInEveryWindow lets many goroutines call while the clock moves,
// then looks at every window that starts at a granted call.
func TestRateHoldsInEveryWindow(t *testing.T) {
	for _, calls := range []int64{1, 5, 64, 65, 1000} {
		t.Run(fmt.Sprint(calls), func(t *testing.T) {
			c := newClock()
			m := NewMemoryRates(c.now)
			rate, k := Rate{Calls: calls, Period: time.Second}, Key{"p", "a"}
			var mu sync.Mutex
			var granted []int64
			var wg sync.WaitGroup
			for g := range 32 {
				wg.Go(func() {
					rnd := rand.New(rand.NewPCG(uint64(g), uint64(calls)))
					for range 400 {
						got, err := m.Take(context.Background(), k, rate)
						if err != nil {
							t.Error(err)
							return
						}
						if got.OK {
							mu.Lock()
							granted = append(granted, got.Mark)
							mu.Unlock()
						}
						c.advance(time.Duration(rnd.Int64N(int64(time.Second) / 2000)))
					}
				})
			}
			wg.Wait()
			slices.Sort(granted)
			if int64(len(granted)) < calls {
				t.Fatalf("only %d calls passed", len(granted))
			}
			for i := 0; i+int(calls) < len(granted); i++ {
				if d := granted[i+int(calls)] - granted[i]; d < int64(rate.Period) {
					t.Fatalf("%d calls within %s", calls+1, time.Duration(d))
				}
			}
		})
	}
}

// TestRateOfManyCallsIsNotWasteful: sharing marks costs at most a 64th of the period.
func TestRateOfManyCallsIsNotWasteful(t *testing.T) {
	c := newClock()
	m := NewMemoryRates(c.now)
	rate, k := Rate{Calls: 1000, Period: time.Minute}, Key{"p", "a"}
	for range 1000 {
		take(t, m, k, rate)
	}
	got := take(t, m, k, rate)
	if got.OK || got.RetryAfter > rate.Period+rate.Period/sharedMarks {
		t.Fatalf("got %+v", got)
	}
	c.advance(got.RetryAfter)
	if !take(t, m, k, rate).OK {
		t.Error("refused after the wait it asked for")
	}
	if n := len(m.shard(k).windows[k].marks); n > 2*sharedMarks {
		t.Errorf("%d marks are kept", n)
	}
}

func TestRateCountersAreForgottenAndBounded(t *testing.T) {
	c := newClock()
	m := NewMemoryRates(c.now)
	rate := Rate{Calls: 1, Period: time.Second}
	for i := range 4 * sweepFrom * rateShards {
		take(t, m, Key{"p", fmt.Sprint(i)}, rate)
		if i%1000 == 0 {
			c.advance(2 * time.Second)
		}
	}
	if n := m.Len(); n > 2*sweepFrom*rateShards {
		t.Errorf("%d counters are kept, nearly all idle", n)
	}

	// Live counters are never forgotten: when there is no room, a new one is refused.
	m = NewMemoryRates(c.now)
	s := m.shard(Key{"p", "new"})
	live := &window{marks: []mark{{last: time.Hour, calls: 1}}, total: 1, period: time.Hour}
	for i := range shardMax {
		s.windows[Key{"live", fmt.Sprint(i)}] = live
	}
	if _, err := m.Take(context.Background(), Key{"p", "new"}, rate); err == nil {
		t.Error("a counter was added beyond the limit")
	}
	if len(s.windows) != shardMax {
		t.Errorf("a live counter was dropped")
	}
}

func TestAddCountsPastTheLimit(t *testing.T) {
	now, ctx := time.Unix(1000, 0), context.Background()
	m := NewMemoryRates(func() time.Time { return now })
	k, r := Key{"p", "c"}, Rate{Calls: 10, Period: time.Minute, Weight: 25}
	if err := m.Add(ctx, k, r); err != nil {
		t.Fatal(err)
	}
	r.Weight = 1
	now = now.Add(59 * time.Second)
	if taken, err := m.Take(ctx, k, r); err != nil || taken.OK || taken.RetryAfter != time.Second {
		t.Errorf("%+v, %v", taken, err)
	}
	now = now.Add(time.Second)
	if taken, err := m.Take(ctx, k, r); err != nil || !taken.OK || taken.Remaining != 9 {
		t.Errorf("%+v, %v", taken, err)
	}
}
