package usage

import (
	"context"
	"time"
)

// Interval is the length of the intervals that calls are rolled up by.
const Interval = 5 * time.Minute

// Dimensions are what reports tell calls apart by. An empty field stands for
// nothing (a call without a subscription), or in a filter for anything.
type Dimensions struct {
	Listener, API, Operation, Product, Subscription, User string
	Country, Region                                       string // where the caller is
}

// matches tells whether d passes the filter.
func (d Dimensions) matches(filter Dimensions) bool {
	same := func(have, want string) bool { return want == "" || have == want }
	return same(d.Listener, filter.Listener) && same(d.API, filter.API) && same(d.Operation, filter.Operation) &&
		same(d.Product, filter.Product) && same(d.Subscription, filter.Subscription) && same(d.User, filter.User) && same(d.Country, filter.Country) && same(d.Region, filter.Region)
}

// Rollup sums the calls of one interval that share their dimensions.
type Rollup struct {
	Start time.Time // of the interval, UTC
	Dimensions
	Success     int64
	Blocked     int64
	Failed      int64
	Other       int64
	Bandwidth   int64 // bytes
	CacheHits   int64
	CacheMisses int64
	Time        Timing // of the whole call
	Backend     Timing // of calls that reached a backend
}

// Timing sums durations.
type Timing struct {
	Count         int64
	Sum, Min, Max time.Duration
}

func (t *Timing) add(o Timing) {
	if o.Count == 0 {
		return
	}
	if t.Count == 0 || o.Min < t.Min {
		t.Min = o.Min
	}
	t.Max = max(t.Max, o.Max)
	t.Count += o.Count
	t.Sum += o.Sum
}

func one(d time.Duration) Timing { return Timing{Count: 1, Sum: d, Min: d, Max: d} }

// Total is the number of calls.
func (r *Rollup) Total() int64 { return r.Success + r.Blocked + r.Failed + r.Other }

// add sums o into r; the dimensions stay r's.
func (r *Rollup) add(o *Rollup) {
	r.Success += o.Success
	r.Blocked += o.Blocked
	r.Failed += o.Failed
	r.Other += o.Other
	r.Bandwidth += o.Bandwidth
	r.CacheHits += o.CacheHits
	r.CacheMisses += o.CacheMisses
	r.Time.add(o.Time)
	r.Backend.add(o.Backend)
}

// Class is what a status counts as in reports (apim.md 5.3).
type Class uint8

// The classes of calls.
const (
	Success Class = iota // up to 301, 304 and 307
	Blocked              // 401, 403 and 429
	Failed               // 400, and 500 to 600
	Other
)

// ClassOf gives a status's class.
func ClassOf(status int) Class {
	switch {
	case status <= 301, status == 304, status == 307:
		return Success
	case status == 401, status == 403, status == 429:
		return Blocked
	case status == 400, status >= 500 && status <= 600:
		return Failed
	}
	return Other
}

// rollup is one call as a Rollup; places may be nil.
func rollup(c *Call, places Places) Rollup {
	r := Rollup{
		Start:      c.Time.UTC().Truncate(Interval),
		Dimensions: Dimensions{Listener: c.Listener, API: c.API, Operation: c.Operation, Product: c.Product, Subscription: c.Subscription, User: c.User},
		Bandwidth:  c.RequestBytes + c.ResponseBytes,
		Time:       one(c.Elapsed),
	}
	r.Country, r.Region = Unknown, ""
	if places != nil {
		r.Country, r.Region = places.Find(c.IP)
	}
	switch ClassOf(c.Status) {
	case Success:
		r.Success = 1
	case Blocked:
		r.Blocked = 1
	case Failed:
		r.Failed = 1
	default:
		r.Other = 1
	}
	switch c.Cache {
	case "hit":
		r.CacheHits = 1
	case "miss":
		r.CacheMisses = 1
	}
	if c.BackendStatus != 0 {
		r.Backend = one(c.BackendElapsed)
	}
	return r
}

// Mark is a place in the segments: the calls before it are in the kept roll-ups.
type Mark struct {
	Segment uint64
	Offset  int64
}

// Query selects roll-ups: those whose interval begins within [From, To), where
// a zero time has no bound, and that match Filter.
type Query struct {
	By       By
	Interval time.Duration // of ByTime, a multiple of Interval
	From, To time.Time
	Filter   Dimensions
}

// By is what a report has a line for.
type By uint8

// The reports (apim.md 5.3).
const (
	ByTime By = iota
	ByAPI
	ByOperation
	ByProduct
	BySubscription
	ByUser
	ByGeo
	// ByStatement has a line for each subscription, of whole days that are kept
	// longer than the rest.
	ByStatement
)

// Store keeps roll-ups.
type Store interface {
	// AddUsage adds roll-ups to those that are kept of the same interval and
	// dimensions, with their summaries (Summarize), and remembers the mark, in one transaction.
	AddUsage(ctx context.Context, rollups []Rollup, mark Mark) error
	// UsageMark gives the mark of the last AddUsage; zero before the first.
	UsageMark(ctx context.Context) (Mark, error)
	// Usage gives the kept roll-ups that the query selects, from its Parts. It may
	// sum those that the query puts on one line, and need not.
	Usage(ctx context.Context, q Query) ([]Rollup, error)
	// PruneUsage forgets the roll-ups whose interval began before that time, and
	// what statements are made of (ForStatements) before the other one; both are
	// beginnings of days in UTC.
	PruneUsage(ctx context.Context, before, statements time.Time) error
}
