package storetest

import (
	"context"
	"testing"
	"time"

	"portico/internal/limit"
)

// Quotas checks a limit.Store that is empty; reopen closes it and opens the same data again.
func Quotas(t *testing.T, s limit.Store, reopen func() limit.Store) {
	ctx := context.Background()
	start := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	week := limit.Reservation{Key: "week", PeriodStart: start, Period: 7 * 24 * time.Hour, UpTo: 3}
	ever := limit.Reservation{Key: "ever", PeriodStart: start, UpTo: 9}
	if _, ok, err := s.Load(ctx, "week"); ok || err != nil {
		t.Errorf("a reservation nobody made: %v, %v", ok, err)
	}
	for _, r := range []limit.Reservation{week, ever} {
		if err := s.Reserve(ctx, r); err != nil {
			t.Fatal(err)
		}
	}
	week.UpTo, week.PeriodStart = 4, start.Add(week.Period)
	if err := s.Reserve(ctx, week); err != nil {
		t.Fatal(err)
	}
	s = reopen()
	want := func(r limit.Reservation) {
		t.Helper()
		if got, ok, err := s.Load(ctx, r.Key); got != r || !ok || err != nil {
			t.Errorf("got %+v, %v, %v; want %+v", got, ok, err, r)
		}
	}
	want(week)
	want(ever)
	end := week.PeriodStart.Add(week.Period)
	if err := s.Prune(ctx, end); err != nil {
		t.Fatal(err)
	}
	want(week)
	if err := s.Prune(ctx, end.Add(1)); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := s.Load(ctx, "week"); ok || err != nil {
		t.Errorf("a period that is over was kept: %v, %v", ok, err)
	}
	want(ever)
}
