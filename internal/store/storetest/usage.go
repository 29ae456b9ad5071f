package storetest

import (
	"context"
	"testing"
	"time"

	"portico/internal/usage"
)

// Usage checks a usage.Store that is empty; reopen closes it and opens the same data again.
func Usage(t *testing.T, s usage.Store, reopen func() usage.Store) {
	ctx := context.Background()
	first := time.Date(2026, 1, 2, 3, 0, 0, 0, time.UTC)
	second := first.Add(usage.Interval)
	rollup := func(start time.Time, api, product string, calls int64, took ...time.Duration) usage.Rollup {
		r := usage.Rollup{Start: start, Dimensions: usage.Dimensions{Listener: "gateway", API: api, Product: product}, Success: calls, Bandwidth: calls * 100}
		for _, d := range took {
			r.Time.Sum += d
			if r.Time.Count == 0 || d < r.Time.Min {
				r.Time.Min = d
			}
			r.Time.Max = max(r.Time.Max, d)
			r.Time.Count++
		}
		return r
	}
	if m, err := s.UsageMark(ctx); err != nil || m != (usage.Mark{}) {
		t.Errorf("the mark of an empty store: %+v, %v", m, err)
	}
	if got, err := s.Usage(ctx, usage.Query{By: usage.ByGeo}); err != nil || len(got) != 0 {
		t.Errorf("usage of an empty store: %+v, %v", got, err)
	}
	for i, batch := range [][]usage.Rollup{
		{rollup(first, "echo", "starter", 2, 5, 7), rollup(first, "echo", "unlimited", 1), rollup(second, "echo", "starter", 1, 3)},
		{rollup(first, "echo", "starter", 1, 9), rollup(first, "echo", "unlimited", 1, 4), rollup(second, "other", "starter", 1, 1)},
	} {
		if err := s.AddUsage(ctx, batch, usage.Mark{Segment: uint64(i), Offset: int64(10 * i)}); err != nil {
			t.Fatal(err)
		}
	}
	s = reopen()
	if m, err := s.UsageMark(ctx); err != nil || m != (usage.Mark{Segment: 1, Offset: 10}) {
		t.Errorf("the mark: %+v, %v", m, err)
	}
	for _, c := range []struct {
		name  string
		query usage.Query
		calls int64
		time  usage.Timing
	}{
		{"all", usage.Query{By: usage.ByGeo}, 7, usage.Timing{Count: 6, Sum: 29, Min: 1, Max: 9}},
		{"one API", usage.Query{By: usage.ByProduct, Filter: usage.Dimensions{API: "echo"}}, 6, usage.Timing{Count: 5, Sum: 28, Min: 3, Max: 9}},
		{"a roll-up without times, then one", usage.Query{By: usage.ByAPI, Filter: usage.Dimensions{Product: "unlimited"}}, 2, usage.Timing{Count: 1, Sum: 4, Min: 4, Max: 4}},
		{"from", usage.Query{By: usage.ByTime, From: second}, 2, usage.Timing{Count: 2, Sum: 4, Min: 1, Max: 3}},
		{"to", usage.Query{By: usage.ByOperation, To: second}, 5, usage.Timing{Count: 4, Sum: 25, Min: 4, Max: 9}},
		{"nobody's", usage.Query{By: usage.ByUser, Filter: usage.Dimensions{User: "1"}}, 0, usage.Timing{}},
	} {
		got, err := s.Usage(ctx, c.query)
		if err != nil {
			t.Fatal(err)
		}
		var calls int64
		var took usage.Timing
		for _, r := range got {
			calls += r.Total()
			if r.Bandwidth != 100*r.Total() {
				t.Errorf("%s: %d calls with %d bytes", c.name, r.Total(), r.Bandwidth)
			}
			if r.Time.Count > 0 && (took.Count == 0 || r.Time.Min < took.Min) {
				took.Min = r.Time.Min
			}
			took.Max = max(took.Max, r.Time.Max)
			took.Count += r.Time.Count
			took.Sum += r.Time.Sum
		}
		if calls != c.calls || took != c.time {
			t.Errorf("%s: %d calls, %+v; want %d, %+v", c.name, calls, took, c.calls, c.time)
		}
	}
	if err := s.PruneUsage(ctx, second); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Usage(ctx, usage.Query{By: usage.ByTime}); err != nil || len(got) != 1 || !got[0].Start.Equal(second) {
		t.Errorf("after pruning: %+v, %v", got, err)
	}
}
