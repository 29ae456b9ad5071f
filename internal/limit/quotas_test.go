package limit

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// disk is a Store that keeps exactly what was saved, and can refuse to save.
type disk struct {
	mu     sync.Mutex
	kept   map[string]Reservation
	writes int
	err    error
}

func newDisk() *disk { return &disk{kept: map[string]Reservation{}} }

func (d *disk) Reserve(_ context.Context, r Reservation) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.err != nil {
		return d.err
	}
	d.kept[r.Key] = r
	d.writes++
	return nil
}

func (d *disk) Load(_ context.Context, key string) (Reservation, bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	r, ok := d.kept[key]
	return r, ok, d.err
}

func (d *disk) Prune(_ context.Context, before time.Time) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for k, r := range d.kept {
		if r.Period > 0 && r.PeriodStart.Add(r.Period).Before(before) {
			delete(d.kept, k)
		}
	}
	return nil
}

func newQuotas(d *disk, now func() time.Time) *StoredQuotas {
	return NewStoredQuotas(d, now, slog.New(slog.DiscardHandler))
}

func use(t *testing.T, s Quotas, q Quota, n int64) Used {
	t.Helper()
	got, err := s.Take(context.Background(), q, n)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestQuotaPeriods(t *testing.T) {
	c := newClock()
	q := Quota{Key: Key{"p", "a"}, Limit: 2, Start: c.now().Add(-90 * time.Minute), Period: time.Hour}
	s := newQuotas(newDisk(), c.now)
	steps := []struct {
		wait   time.Duration
		ok     bool
		left   int64
		resets time.Duration
	}{
		{0, true, 1, 30 * time.Minute}, // the second period began half an hour ago
		{0, true, 0, 30 * time.Minute},
		{10 * time.Minute, false, 0, 20 * time.Minute},
		{20 * time.Minute, true, 1, time.Hour},
		{-40 * time.Minute, true, 0, time.Hour + 40*time.Minute}, // a clock set back brings nothing back
		{0, false, 0, time.Hour + 40*time.Minute},
		{5 * time.Hour, true, 1, 40 * time.Minute},
	}
	for i, st := range steps {
		c.advance(st.wait)
		got := use(t, s, q, 1)
		if got.OK != st.ok || got.Remaining != st.left || got.Resets != st.resets {
			t.Errorf("step %d: got %+v, want %+v", i, got, st)
		}
	}
}

func TestQuotaForLife(t *testing.T) {
	c := newClock()
	q := Quota{Key: Key{"p", "a"}, Limit: 1, Start: c.now()}
	s := newQuotas(newDisk(), c.now)
	if got := use(t, s, q, 1); !got.OK || got.Resets != 0 {
		t.Errorf("first: %+v", got)
	}
	c.advance(100 * 365 * 24 * time.Hour)
	if got := use(t, s, q, 1); got.OK || got.Resets != 0 {
		t.Errorf("a lifetime later: %+v", got)
	}
}

func TestQuotaOfBytes(t *testing.T) {
	c := newClock()
	q := Quota{Key: Key{"p", "a"}, Limit: 1000, Start: c.now(), Period: time.Hour}
	s := newQuotas(newDisk(), c.now)
	ctx := context.Background()
	for i, n := range []int64{400, 500, 300} {
		if got := use(t, s, q, 0); !got.OK {
			t.Fatalf("call %d is refused with %d left", i, got.Remaining)
		}
		if err := s.Add(ctx, q, n); err != nil {
			t.Fatal(err)
		}
	}
	if got := use(t, s, q, 0); got.OK {
		t.Errorf("1200 of 1000 bytes are used and a call passes: %+v", got)
	}
	c.advance(time.Hour)
	if got := use(t, s, q, 0); !got.OK || got.Remaining != 1000 {
		t.Errorf("in the next period: %+v", got)
	}
}

func TestQuotaReturn(t *testing.T) {
	c := newClock()
	q := Quota{Key: Key{"p", "a"}, Limit: 1, Start: c.now(), Period: time.Hour}
	s := newQuotas(newDisk(), c.now)
	use(t, s, q, 1)
	s.Return(context.Background(), q, 1)
	if !use(t, s, q, 1).OK {
		t.Error("what was given back is not there")
	}
}

// TestQuotaSurvivesCrashes drops the counters' memory again and again, as
// kill -9 does, and counts what was granted over all lives of the process.
func TestQuotaSurvivesCrashes(t *testing.T) {
	for _, limit := range []int64{1, 7, 100, 5000} {
		t.Run(fmt.Sprint(limit), func(t *testing.T) {
			c := newClock()
			d := newDisk()
			q := Quota{Key: Key{"p", "a"}, Limit: limit, Start: c.now(), Period: 24 * time.Hour}
			var granted, crashes int64
			for life := int64(0); ; life++ {
				s := newQuotas(d, c.now)
				before := granted
				for range life*3 + 1 {
					if use(t, s, q, 1).OK {
						granted++
					}
				}
				if granted == before {
					break
				}
				crashes++
			}
			if granted > limit {
				t.Errorf("%d granted of %d", granted, limit)
			}
			if lost := limit - granted; lost > crashes*(q.block()-1) {
				t.Errorf("%d lost in %d crashes with blocks of %d", lost, crashes, q.block())
			}
		})
	}
}

func TestQuotaStopsInOrderWithoutLoss(t *testing.T) {
	c := newClock()
	d := newDisk()
	q := Quota{Key: Key{"p", "a"}, Limit: 10_000, Start: c.now(), Period: 24 * time.Hour}
	for range 5 {
		s := newQuotas(d, c.now)
		use(t, s, q, 1)
		stopped, stop := context.WithCancel(context.Background())
		stop()
		if err := s.Run(stopped); err != nil {
			t.Fatal(err)
		}
	}
	if got := use(t, newQuotas(d, c.now), q, 1); got.Remaining != 10_000-6 {
		t.Errorf("after five orderly stops %d are left, want %d", got.Remaining, 10_000-6)
	}
}

func TestQuotaUnderLoadGrantsExactlyTheLimit(t *testing.T) {
	c := newClock()
	d := newDisk()
	s := newQuotas(d, c.now)
	q := Quota{Key: Key{"p", "a"}, Limit: 2500, Start: c.now(), Period: time.Hour}
	var mu sync.Mutex
	granted := int64(0)
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for range 400 {
				got, err := s.Take(context.Background(), q, 1)
				if err != nil {
					t.Error(err)
					return
				}
				if got.OK {
					mu.Lock()
					granted++
					mu.Unlock()
				}
			}
		})
	}
	wg.Wait()
	if granted != q.Limit {
		t.Errorf("%d granted of %d", granted, q.Limit)
	}
	if int64(d.writes) > 2*q.Limit/q.block() {
		t.Errorf("%d writes for %d blocks", d.writes, q.Limit/q.block())
	}
}

func TestQuotaFailsClosed(t *testing.T) {
	c := newClock()
	d := newDisk()
	d.err = errors.New("no space left on device")
	s := newQuotas(d, c.now)
	q := Quota{Key: Key{"p", "a"}, Limit: 10, Start: c.now(), Period: time.Hour}
	if got, err := s.Take(context.Background(), q, 1); !errors.Is(err, d.err) || got.OK {
		t.Errorf("got %+v, %v", got, err)
	}
	d.err = nil
	if got := use(t, s, q, 1); !got.OK || got.Remaining != 9 {
		t.Errorf("after the disk came back: %+v", got)
	}
}

func TestQuotaCountersLeaveMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDisk()
		s := newQuotas(d, time.Now)
		ctx, stop := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() { done <- s.Run(ctx) }()
		q := Quota{Key: Key{"p", "a"}, Limit: 10_000, Start: time.Now(), Period: 2 * time.Hour}
		use(t, s, q, 1)
		time.Sleep(idleFor + 2*settleEvery)
		synctest.Wait()
		if n := s.Len(); n != 0 {
			t.Errorf("%d idle counters are in memory", n)
		}
		if got := use(t, s, q, 1); got.Remaining != 9998 {
			t.Errorf("%d are left, want 9998: leaving memory must lose nothing", got.Remaining)
		}
		time.Sleep(4 * time.Hour)
		synctest.Wait()
		if len(d.kept) != 0 {
			t.Errorf("the reservation of a period that is over is still kept: %v", d.kept)
		}
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestQuotaIsReadAndSet(t *testing.T) {
	c, d, ctx := newClock(), newDisk(), context.Background()
	q := Quota{Key: Key{"p", "a"}, Limit: 10, Start: c.now(), Period: time.Hour}
	s := newQuotas(d, c.now)
	if _, ok, err := s.Usage(ctx, q.Key); ok || err != nil {
		t.Fatal("nothing was counted yet", ok, err)
	}
	if ok, err := s.Set(ctx, q.Key, 5); ok || err != nil {
		t.Fatal("what is not counted cannot be set", ok, err)
	}
	use(t, s, q, 4)
	if u, ok, err := s.Usage(ctx, q.Key); err != nil || !ok || u.Used != 4 || !u.Start.Equal(q.Start) || u.Period != time.Hour {
		t.Errorf("%+v, %v, %v", u, ok, err)
	}
	if ok, err := s.Set(ctx, q.Key, 9); !ok || err != nil {
		t.Fatal(ok, err)
	}
	if got := newQuotas(d, c.now); !use(t, got, q, 1).OK || use(t, got, q, 1).OK {
		t.Error("after a crash, what was set must hold")
	}
	if ok, err := s.Set(ctx, q.Key, 0); !ok || err != nil {
		t.Fatal(ok, err)
	}
	if got := use(t, newQuotas(d, c.now), q, 10); !got.OK {
		t.Error("set to nothing, the whole quota is there again")
	}
	c.advance(3 * time.Hour)
	if u, ok, err := s.Usage(ctx, q.Key); err != nil || !ok || u.Used != 0 || !u.Start.Equal(q.Start.Add(3*time.Hour)) {
		t.Errorf("in a later period: %+v, %v, %v", u, ok, err)
	}
}
