package usage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// rows is a Store that keeps what it got, and can refuse.
type rows struct {
	mu   sync.Mutex
	kept map[rollupKey]*Rollup
	mark Mark
	err  error
}

func newRows() *rows { return &rows{kept: map[rollupKey]*Rollup{}} }

func (s *rows) AddUsage(_ context.Context, rollups []Rollup, mark Mark) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return s.err
	}
	for _, r := range rollups {
		key := rollupKey{start: r.Start.Unix(), Dimensions: r.Dimensions}
		if have := s.kept[key]; have != nil {
			have.add(&r)
		} else {
			s.kept[key] = &r
		}
	}
	s.mark = mark
	return nil
}

func (s *rows) UsageMark(context.Context) (Mark, error) { return s.mark, nil }

func (s *rows) Usage(_ context.Context, q Query) ([]Rollup, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Rollup
	for _, r := range s.kept {
		if q.selects(r) {
			out = append(out, *r)
		}
	}
	return out, nil
}

func (s *rows) PruneUsage(_ context.Context, before, _ time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for k, r := range s.kept {
		if r.Start.Before(before) {
			delete(s.kept, k)
		}
	}
	return nil
}

// desk is a folder and a store, over which ledgers are opened.
type desk struct {
	t     *testing.T
	dir   string
	store *rows
	log   bytes.Buffer
	// places is what tells where callers are; nil: nothing does.
	places Places
}

func newDesk(t *testing.T) *desk { return &desk{t: t, dir: t.TempDir(), store: newRows()} }

func (d *desk) open() *Ledger {
	d.t.Helper()
	l, err := Open(context.Background(), Config{Dir: d.dir, MaxBytes: 1 << 20, MaxAge: 24 * time.Hour, Store: d.store, Places: d.places, Now: time.Now, Log: slog.New(slog.NewTextHandler(&d.log, nil))})
	if err != nil {
		d.t.Fatal(err)
	}
	return l
}

// stop ends a ledger in order.
func (d *desk) stop(l *Ledger) {
	d.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := l.Run(ctx); err != nil {
		d.t.Error(err)
	}
}

func (d *desk) total(l *Ledger) int64 {
	d.t.Helper()
	lines, err := l.Report(context.Background(), Query{By: ByGeo})
	if err != nil {
		d.t.Fatal(err)
	}
	if len(lines) == 0 {
		return 0
	}
	return lines[0].CallCountTotal
}

func (d *desk) requests(l *Ledger, q Query, skip, top int) Page {
	d.t.Helper()
	p, err := l.Requests(context.Background(), q, skip, top)
	if err != nil {
		d.t.Fatal(err)
	}
	return p
}

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

func sample(i int) Call {
	return Call{Time: noon.Add(time.Duration(i) * time.Second), RequestID: fmt.Sprint("id-", i), Listener: "gateway", API: "echo", Operation: "get", Product: "starter",
		Subscription: "s", User: "/users/1", Method: "GET", URL: "/echo/x?y=z", IP: "127.0.0.1", Status: 200, BackendStatus: 200, Cache: "none",
		RequestBytes: 10, ResponseBytes: 100, Elapsed: 3 * time.Millisecond, BackendElapsed: 2 * time.Millisecond}
}

func TestClasses(t *testing.T) {
	for status, want := range map[int]Class{
		200: Success, 201: Success, 204: Success, 301: Success, 304: Success, 307: Success,
		302: Other, 303: Other, 308: Other, 404: Other, 405: Other, 409: Other, 413: Other, 499: Other, 601: Other,
		401: Blocked, 403: Blocked, 429: Blocked,
		400: Failed, 500: Failed, 503: Failed, 599: Failed, 600: Failed,
	} {
		if got := ClassOf(status); got != want {
			t.Errorf("%d is %d, want %d", status, got, want)
		}
	}
}

func TestReports(t *testing.T) {
	d := newDesk(t)
	l := d.open()
	defer d.stop(l)
	calls := []func(*Call){
		func(*Call) {},
		func(c *Call) { c.Status, c.Elapsed, c.BackendElapsed = 301, 9*time.Millisecond, 4*time.Millisecond },
		func(c *Call) { c.Status, c.BackendStatus, c.BackendElapsed = 429, 0, 0 },
		func(c *Call) { c.Status, c.Operation, c.Cache = 500, "put", "miss" },
		func(c *Call) { c.Status, c.API, c.Operation, c.Product, c.Cache = 404, "other", "", "", "hit" },
		func(c *Call) { c.Time = noon.Add(16 * time.Minute) },
		func(c *Call) {
			c.Listener, c.API, c.Operation, c.Product, c.Subscription, c.User = "scoring", "", "", "", "", ""
		},
	}
	for i, change := range calls {
		c := sample(i)
		change(&c)
		l.Record(c)
	}
	get := func(q Query) []ReportRecord {
		t.Helper()
		out, err := l.Report(context.Background(), q)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	operations := get(Query{By: ByOperation, Filter: Dimensions{Listener: "gateway"}})
	want := []ReportRecord{
		{APIID: "/apis/echo", OperationID: "/apis/echo/operations/get", CallCountSuccess: 3, CallCountBlocked: 1, CallCountTotal: 4, Bandwidth: 440,
			APITimeAvg: 4.5, APITimeMin: 3, APITimeMax: 9, ServiceTimeAvg: 8.0 / 3, ServiceTimeMin: 2, ServiceTimeMax: 4},
		{APIID: "/apis/echo", OperationID: "/apis/echo/operations/put", CallCountFailed: 1, CallCountTotal: 1, Bandwidth: 110, CacheMissCount: 1,
			APITimeAvg: 3, APITimeMin: 3, APITimeMax: 3, ServiceTimeAvg: 2, ServiceTimeMin: 2, ServiceTimeMax: 2},
		{APIID: "/apis/other", CallCountOther: 1, CallCountTotal: 1, Bandwidth: 110, CacheHitCount: 1,
			APITimeAvg: 3, APITimeMin: 3, APITimeMax: 3, ServiceTimeAvg: 2, ServiceTimeMin: 2, ServiceTimeMax: 2},
	}
	if !reflect.DeepEqual(operations, want) {
		t.Errorf("by operation:\n%+v\nwant\n%+v", operations, want)
	}
	for name, test := range map[string]struct {
		q     Query
		lines string
	}{
		"by API":          {Query{By: ByAPI}, "/apis/echo=5 /apis/other=1"},
		"by product":      {Query{By: ByProduct}, "=2 /products/starter=5"},
		"by user":         {Query{By: ByUser}, "=1 /users/1=6"},
		"by subscription": {Query{By: BySubscription, Filter: Dimensions{Product: "starter"}}, "/subscriptions/s=5"},
		"by place":        {Query{By: ByGeo}, "=7"},
		"by time":         {Query{By: ByTime, Interval: 15 * time.Minute}, "12:00 PT15M=6 12:15 PT15M=1"},
		"by hour":         {Query{By: ByTime, Interval: time.Hour}, "12:00 PT1H=7"},
		"from":            {Query{By: ByGeo, From: noon.Add(16 * time.Minute)}, "=1"},
		"to":              {Query{By: ByGeo, To: noon.Add(15 * time.Minute)}, "=6"},
		"nothing":         {Query{By: ByAPI, To: noon}, ""},
		"one API":         {Query{By: ByProduct, Filter: Dimensions{API: "other"}}, "=1"},
	} {
		var lines []string
		for _, r := range get(test.q) {
			id := r.APIID + r.ProductID + r.UserID + r.SubscriptionID
			if test.q.By == BySubscription {
				id = r.SubscriptionID
			}
			if r.Timestamp != nil {
				id = r.Timestamp.Format("15:04 ") + r.Interval
			}
			lines = append(lines, fmt.Sprint(id, "=", r.CallCountTotal))
		}
		got := strings.Join(lines, " ")
		if name == "by API" {
			got = strings.TrimPrefix(got, "=1 ") // the scoring listener's call has no API
		}
		if got != test.lines {
			t.Errorf("%s: %s, want %s", name, got, test.lines)
		}
	}
	if _, err := l.Report(context.Background(), Query{By: ByTime, Interval: 7 * time.Minute}); err == nil {
		t.Error("an interval of 7 minutes was taken")
	}
}

func TestRequests(t *testing.T) {
	d := newDesk(t)
	l := d.open()
	defer d.stop(l)
	for i := range 10 {
		c := sample(i)
		if i%2 == 1 {
			c.API = "other"
		}
		l.Record(c)
	}
	ids := func(p Page) string {
		var out []string
		for _, c := range p.Calls {
			out = append(out, strings.TrimPrefix(c.RequestID, "id-"))
		}
		return fmt.Sprint(strings.Join(out, ","), " ", p.More)
	}
	for want, p := range map[string]Page{
		"9,8,7 true":          d.requests(l, Query{}, 0, 3),
		"6,5,4 true":          d.requests(l, Query{}, 3, 3),
		"0 false":             d.requests(l, Query{}, 9, 3),
		" false":              d.requests(l, Query{}, 10, 3),
		"9,7,5,3,1 false":     d.requests(l, Query{Filter: Dimensions{API: "other"}}, 0, 10),
		"5,4,3 false":         d.requests(l, Query{From: noon.Add(3 * time.Second), To: noon.Add(6 * time.Second)}, 0, 10),
		"9,8,7,6,5,4,3 false": d.requests(l, Query{From: noon.Add(3 * time.Second)}, 0, 10),
	} {
		if got := ids(p); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if got := d.requests(l, Query{}, 9, 1).Calls[0]; got != sample(0) {
		t.Errorf("got %+v, want %+v", got, sample(0))
	}
	r := sample(0)
	if got := r.Report(); got.OperationID != "/apis/echo/operations/get" || got.BackendResponseCode != "200" || got.APITime != 3 || got.ServiceTime != 2 || got.UserID != "/users/1" {
		t.Errorf("%+v", got)
	}
}

// TestNothingCountsTwice kills a ledger at different moments: what was in a
// segment is there afterwards, once, whether or not the store had it.
func TestNothingCountsTwice(t *testing.T) {
	d := newDesk(t)
	want := int64(0)
	for life := range 8 {
		l := d.open()
		if got := d.total(l); got != want {
			t.Fatalf("life %d finds %d calls, want %d", life, got, want)
		}
		for i := range 5 {
			l.Record(sample(100*life + i))
			want++
		}
		if err := l.collect(); err != nil {
			t.Fatal(err)
		}
		if life%3 == 1 {
			if err := l.flush(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
		if life%3 == 2 {
			l.Record(sample(1)) // not yet in a segment: the crash loses it
		}
		if life == 5 {
			d.stop(l)
			want++
		}
	}
	if n := len(d.requests(d.open(), Query{}, 0, 1000).Calls); int64(n) != want {
		t.Errorf("%d single calls are kept, want %d", n, want)
	}
}

func TestTornRecordsAreLeftOut(t *testing.T) {
	d := newDesk(t)
	l := d.open()
	for i := range 3 {
		l.Record(sample(i))
	}
	d.stop(l)
	file := filepath.Join(d.dir, fmt.Sprintf(segmentName, 1))
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	record := len(whole) / 3
	for cut := 1; cut <= record; cut++ {
		d.store = newRows() // everything is rolled up again
		if err := os.WriteFile(file, whole[:len(whole)-cut], 0o600); err != nil {
			t.Fatal(err)
		}
		l := d.open()
		if n := d.total(l); n != 2 {
			t.Fatalf("cut by %d bytes: %d calls", cut, n)
		}
		if n := len(d.requests(l, Query{}, 0, 10).Calls); n != 2 {
			t.Fatalf("cut by %d bytes: %d single calls", cut, n)
		}
	}
}

func TestBudgets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		l := d.open()
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() { done <- l.Run(ctx) }()
		for range 40 {
			for i := range 1000 {
				c := sample(i)
				c.Time = time.Now()
				l.Record(c)
			}
			time.Sleep(2 * time.Second)
		}
		time.Sleep(2 * pruneEvery)
		synctest.Wait()
		size := func() (total int64) {
			files, _ := filepath.Glob(filepath.Join(d.dir, "*"))
			for _, f := range files {
				if info, err := os.Stat(f); err == nil {
					total += info.Size()
				}
			}
			return total
		}
		if n := size(); n > 1<<20+leastSegment || n < 1<<19 {
			t.Errorf("%d bytes are kept, the budget is %d", n, 1<<20)
		}
		if n := d.total(l); n != 40_000 {
			t.Errorf("%d calls are in the roll-ups", n)
		}
		time.Sleep(49 * time.Hour) // roll-ups go by whole days
		synctest.Wait()
		if n := d.total(l); n != 0 || size() != 0 {
			t.Errorf("two days later %d calls and %d bytes are kept", n, size())
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestRecordNeverWaits(t *testing.T) {
	d := newDesk(t)
	l := d.open() // nobody runs it
	const calls = 3 * shardCount * shardSize
	for i := range calls {
		l.Record(sample(i))
	}
	dropped := l.Dropped()
	if dropped < calls-shardCount*shardSize {
		t.Errorf("%d of %d calls were dropped", dropped, calls)
	}
	if n := d.total(l); n != calls-dropped {
		t.Errorf("%d calls are counted, %d were not dropped", n, calls-dropped)
	}
	d.stop(l)
}

// TestStoreThatRefuses: roll-ups wait for the store, the log tells it once.
func TestStoreThatRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk(t)
		l := d.open()
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() { done <- l.Run(ctx) }()
		refuse := func(err error) {
			d.store.mu.Lock()
			defer d.store.mu.Unlock()
			d.store.err = err
		}
		refuse(errors.New("disk full"))
		l.Record(sample(1))
		time.Sleep(10 * flushEvery)
		synctest.Wait()
		if n := d.total(l); n != 1 {
			t.Errorf("%d calls while the store refuses", n)
		}
		refuse(nil)
		l.Record(sample(2))
		time.Sleep(2 * flushEvery)
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if n := d.total(d.open()); n != 2 {
			t.Errorf("%d calls when it is back", n)
		}
	})
}

func TestConcurrentUse(t *testing.T) {
	d := newDesk(t)
	l := d.open()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- l.Run(ctx) }()
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 500 {
				l.Record(sample(g*500 + i))
				if i%100 == 0 {
					d.total(l)
					d.requests(l, Query{}, 0, 10)
				}
			}
		})
	}
	wg.Wait()
	if n := d.total(l) + l.Dropped(); n != 4000 {
		t.Errorf("%d calls are counted or dropped, want 4000", n)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func FuzzReadCall(f *testing.F) {
	c := sample(1)
	b, _ := appendCall(nil, nil, &c)
	f.Add(b)
	f.Add([]byte{0x01, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		var c, again Call
		n, err := readCall(b, &c)
		if err != nil {
			return
		}
		if n <= 0 || n > len(b) {
			t.Fatalf("read %d of %d bytes", n, len(b))
		}
		out, _ := appendCall(nil, nil, &c)
		if _, err := readCall(out, &again); err != nil || again != c {
			t.Fatalf("%+v became %+v (%v)", c, again, err)
		}
	})
}

func TestLongTextsAreCut(t *testing.T) {
	c := sample(1)
	for _, s := range c.texts() {
		*s = strings.Repeat("x", 10*maxText)
	}
	b, _ := appendCall(nil, nil, &c)
	var got Call
	if _, err := readCall(b, &got); err != nil || len(got.URL) != maxText {
		t.Errorf("%d bytes of the URL, %v", len(got.URL), err)
	}
}

func BenchmarkRecord(b *testing.B) {
	l := &Ledger{wake: make(chan struct{}, 1)}
	c := sample(1)
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		l.Record(c)
		if n++; n%1000 == 0 {
			for i := range l.shards {
				l.shards[i].giveBack(l.shards[i].take())
			}
		}
	}
}

func BenchmarkAppendCall(b *testing.B) {
	c := sample(1)
	var out, scratch []byte
	b.ReportAllocs()
	for b.Loop() {
		out, scratch = appendCall(out[:0], scratch, &c)
	}
}
