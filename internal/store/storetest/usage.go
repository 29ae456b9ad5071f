package storetest

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
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
		{"from", usage.Query{By: usage.ByTime, Interval: usage.Interval, From: second}, 2, usage.Timing{Count: 2, Sum: 4, Min: 1, Max: 3}},
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
	summaries(t, s)
	later := time.Date(2026, 2, 5, 0, 0, 0, 0, time.UTC)
	if err := s.AddUsage(ctx, []usage.Rollup{rollup(later, "echo", "starter", 3)}, usage.Mark{Segment: 9}); err != nil {
		t.Fatal(err)
	}
	if err := s.PruneUsage(ctx, later, later); err != nil {
		t.Fatal(err)
	}
	for by, interval := range map[usage.By]time.Duration{usage.ByTime: 24 * time.Hour, usage.ByAPI: 0, usage.ByGeo: 0} {
		if got, err := s.Usage(ctx, usage.Query{By: by, Interval: interval}); err != nil || len(got) != 1 || got[0].Total() != 3 || by == usage.ByTime && !got[0].Start.Equal(later) {
			t.Errorf("after pruning: %+v, %v", got, err)
		}
	}
}

// summaries holds that a query answers the same from summaries as from the
// roll-ups themselves, whatever its time and filter.
func summaries(t *testing.T, s usage.Store) {
	t.Helper()
	ctx := context.Background()
	random := rand.New(rand.NewPCG(3, 4))
	begin := time.Date(2026, 1, 2, 22, 0, 0, 0, time.UTC)
	pick := func(name string, n int) string { return fmt.Sprint(name, random.IntN(n)) }
	const listener = "summed"
	var kept []usage.Rollup
	for range 400 {
		r := usage.Rollup{Start: begin.Add(time.Duration(random.IntN(60*12)) * usage.Interval), Success: int64(1 + random.IntN(5)), Dimensions: usage.Dimensions{
			Listener: listener, API: pick("a", 3), Operation: pick("o", 3), Product: pick("p", 2), Subscription: pick("s", 5), User: pick("u", 2), Country: pick("c", 2), Region: pick("r", 2),
		}}
		kept = append(kept, r)
		if err := s.AddUsage(ctx, []usage.Rollup{r}, usage.Mark{Segment: 2}); err != nil {
			t.Fatal(err)
		}
	}
	lines := func(q usage.Query, rollups []usage.Rollup) map[string]int64 {
		sums := map[string]int64{}
		for _, r := range rollups {
			key := ""
			switch q.By {
			case usage.ByTime:
				key = r.Start.Truncate(q.Interval).String()
			case usage.ByAPI:
				key = r.API
			case usage.ByOperation:
				key = r.API + "/" + r.Operation
			case usage.ByProduct:
				key = r.Product
			case usage.BySubscription:
				key = r.Product + "/" + r.Subscription + "/" + r.User
			case usage.ByUser:
				key = r.User
			case usage.ByGeo:
				key = r.Country + "/" + r.Region
			}
			sums[key] += r.Total()
		}
		return sums
	}
	for range 300 {
		q := usage.Query{By: usage.By(random.IntN(7)), Filter: usage.Dimensions{Listener: listener}}
		if q.By == usage.ByTime {
			q.Interval = []time.Duration{usage.Interval, 15 * time.Minute, time.Hour, 3 * time.Hour, 24 * time.Hour, 36 * time.Hour}[random.IntN(6)]
		}
		if random.IntN(4) > 0 {
			q.From = begin.Add(time.Duration(random.IntN(60*12)-60) * usage.Interval)
		}
		if random.IntN(4) > 0 {
			q.To = begin.Add(time.Duration(random.IntN(60*12*300)) * time.Second)
		}
		for i, field := range []*string{&q.Filter.API, &q.Filter.Product, &q.Filter.Subscription, &q.Filter.Country} {
			if random.IntN(5) == 0 {
				*field = pick([]string{"a", "p", "s", "c"}[i], 2)
			}
		}
		var wanted []usage.Rollup
		for _, r := range kept {
			f := q.Filter
			if (q.From.IsZero() || !r.Start.Before(q.From)) && (q.To.IsZero() || r.Start.Before(q.To)) && (f.API == "" || f.API == r.API) && (f.Product == "" || f.Product == r.Product) &&
				(f.Subscription == "" || f.Subscription == r.Subscription) && (f.Country == "" || f.Country == r.Country) {
				wanted = append(wanted, r)
			}
		}
		got, err := s.Usage(ctx, q)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := lines(q, got), lines(q, wanted); !maps.Equal(got, want) {
			t.Fatalf("%+v: got %v, want %v", q, got, want)
		}
	}
	month := usage.Query{By: usage.ByStatement, From: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC), Filter: usage.Dimensions{Listener: listener, Subscription: "s1"}}
	var wanted int64
	for _, r := range kept {
		if r.Subscription == "s1" {
			wanted += r.Total()
		}
	}
	for range 2 { // what statements are made of is kept longer
		got, err := s.Usage(ctx, month)
		if err != nil || len(got) != 1 || got[0].Total() != wanted || got[0].Subscription != "s1" {
			t.Errorf("the statement: %+v, %v, want %d calls", got, err, wanted)
		}
		if err := s.PruneUsage(ctx, begin.AddDate(0, 0, 10), begin.AddDate(0, 0, -10)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.PruneUsage(ctx, begin.AddDate(0, 0, 10), begin.AddDate(0, 0, 10)); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Usage(ctx, month); err != nil || len(got) != 0 {
		t.Errorf("after all was pruned: %+v, %v", got, err)
	}
}
