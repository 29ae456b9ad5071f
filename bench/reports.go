package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"time"

	"portico/internal/store"
	"portico/internal/usage"
)

// What the reports are made of: a month of calls, spread evenly, of people who
// each use two APIs.
const (
	reportedCalls = 1_000_000
	reportedTime  = 29 * 24 * time.Hour
	reportedAPIs  = 50
	people        = 500
	// recordedAtOnce is fewer than the roll-ups that a ledger holds in memory.
	recordedAtOnce = 50_000
)

// reports measures the answers of the reports over a million calls.
func (b bench) reports(ctx context.Context) error {
	rounds := b.sizes.rounds
	data, err := os.MkdirTemp(b.dir, "data-")
	if err != nil {
		return err
	}
	now := time.Now().UTC()
	if err := recordCalls(ctx, data, now); err != nil {
		return fmt.Errorf("record a million calls: %w", err)
	}
	s, err := startOn(ctx, b.binary, data)
	if err != nil {
		return err
	}
	since := func(d time.Duration) string { return now.Add(-d).Format("2006-01-02T15:04:05") }
	month := "timestamp ge datetime'" + since(27*24*time.Hour-7*time.Minute) + "' and timestamp le datetime'" + since(42*time.Minute) + "'"
	fmt.Printf("\nReports over %d calls of %d days, %d times each (aim ≤ 300 ms):\n\n| report | filter | median | slowest | CPU |\n|---|---|---|---|---|\n", reportedCalls, reportedTime/(24*time.Hour), rounds)
	for _, c := range []struct{ report, filter, more string }{
		{"byApi", "", ""}, {"byApi", month, ""}, {"byOperation", month, ""}, {"byProduct", month, ""}, {"bySubscription", month, ""}, {"byUser", month, ""}, {"byGeo", month, ""},
		{"byOperation", month + " and subscriptionId eq '/subscriptions/s7'", ""},
		{"byTime", month, "&interval=PT15M"}, {"byTime", month, "&interval=P1D"}, {"byTime", month + " and apiId eq '/apis/api7'", "&interval=PT1H"},
		{"byRequest", month, "&$top=100"}, {"byRequest", month, "&$top=100&$skip=500000"}, {"byRequest", month + " and userId eq '/users/u7'", "&$top=100&$skip=1000"},
	} {
		address := s.ready.Console + s.ready.ServiceID + "/reports/" + c.report + "?api-version=2024-05-01" + c.more
		if c.filter != "" {
			address += "&$filter=" + url.QueryEscape(c.filter)
		}
		var took []time.Duration
		before, err := s.cpu()
		if err != nil {
			return err
		}
		for range rounds {
			begin := time.Now()
			if _, err := send(ctx, http.MethodGet, address, "", s.ready.AdminToken); err != nil {
				return err
			}
			took = append(took, time.Since(begin))
		}
		after, err := s.cpu()
		if err != nil {
			return err
		}
		fmt.Printf("| %s%s | %s | %d ms | %d ms | %d ms |\n", c.report, c.more, c.filter, median(took).Milliseconds(), slices.Max(took).Milliseconds(), (after-before).Milliseconds()/int64(rounds))
	}
	return s.stop()
}

// recordCalls fills a data folder with calls, as the gateway records them.
func recordCalls(ctx context.Context, data string, now time.Time) (err error) {
	db, err := store.Open(ctx, store.Options{Dir: data})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	stopped, stop := context.WithCancel(ctx)
	stop()
	random := rand.New(rand.NewPCG(1, 2))
	for first := 0; first < reportedCalls; first += recordedAtOnce {
		ledger, err := usage.Open(ctx, usage.Config{
			Dir: filepath.Join(data, "usage"), MaxBytes: 1 << 30, MaxAge: 2 * reportedTime, Store: db.Usage(), Now: time.Now, Log: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			return err
		}
		for i := first; i < first+recordedAtOnce; i++ {
			ledger.Record(someCall(random, i, now))
			if i%2000 == 0 { // who asks has what waits taken over, so that no call is dropped
				if _, err := ledger.Requests(ctx, usage.Query{From: now.Add(time.Hour)}, 0, 1); err != nil {
					return err
				}
			}
		}
		if err := ledger.Run(stopped); err != nil { // it writes what is left
			return err
		}
		if n := ledger.Dropped(); n > 0 {
			return fmt.Errorf("%d calls were dropped", n)
		}
	}
	return nil
}

// someCall is one of the calls.
func someCall(random *rand.Rand, i int, now time.Time) usage.Call {
	who := random.IntN(people)
	api := (who + random.IntN(2)*17) % reportedAPIs
	return usage.Call{
		Time: now.Add(-reportedTime + time.Duration(i)*(reportedTime/reportedCalls)), RequestID: fmt.Sprintf("%032x", i), Listener: "gateway",
		API: fmt.Sprintf("api%d", api), Operation: fmt.Sprintf("op%d", random.IntN(5)), Product: fmt.Sprintf("p%d", who%8),
		Subscription: fmt.Sprintf("s%d", who), User: fmt.Sprintf("u%d", who), Method: http.MethodGet, URL: "/api/resource?page=1", IP: "192.0.2.7",
		Status: http.StatusOK, BackendStatus: http.StatusOK, Cache: "none", RequestBytes: 400, ResponseBytes: 2000, Elapsed: time.Duration(random.IntN(1e8)), BackendElapsed: 1e6,
	}
}
