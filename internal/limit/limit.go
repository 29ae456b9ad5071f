// Package limit counts calls and bytes against rates and quotas. A rate holds
// over every sliding window, a quota over fixed periods. What is counted here
// stays exact under concurrent load, and a quota stays spent after a crash.
package limit

import (
	"context"
	"time"
)

// Key names one counter.
type Key struct {
	Policy  string // which limit: the policy document's path and the place in it
	Counted string // who is counted: a subscription's name, or another counter key
}

// String is the key in one piece, as a Store keeps it.
func (k Key) String() string { return k.Policy + "\x1f" + k.Counted }

// Rate allows so many calls within every window of that length.
type Rate struct {
	Calls  int64
	Period time.Duration
	Weight int64 // calls that one call counts for; 0 is 1
}

// Taken is the outcome of Rates.Take.
type Taken struct {
	OK         bool
	Remaining  int64         // calls left in the window that ends now
	RetryAfter time.Duration // until the next call may pass; 0 where OK
	Mark       int64         // the implementation's own, for Return
	Weight     int64         // what was counted
}

// Rates counts calls over sliding windows. It is safe for concurrent use.
type Rates interface {
	// Take counts one call, unless that would make more than r.Calls within the
	// last r.Period; a call that is refused is not counted. It fails with
	// fault.Unavailable when the counters cannot be reached or are full.
	Take(ctx context.Context, k Key, r Rate) (Taken, error)
	// Return uncounts a call that Take counted, because another limit refused it.
	Return(ctx context.Context, k Key, t Taken)
	// Add counts r.Weight that happened already, past the limit if need be.
	Add(ctx context.Context, k Key, r Rate) error
}

// Quota allows so much within each fixed period.
type Quota struct {
	Key    Key
	Limit  int64         // calls, or bytes
	Start  time.Time     // when the first period began
	Period time.Duration // 0 is one period without an end
}

// Used is the outcome of Quotas.Take.
type Used struct {
	OK        bool
	Remaining int64
	Resets    time.Duration // until the next period begins; 0 where there is none
}

// Quotas counts over fixed periods. It is safe for concurrent use.
type Quotas interface {
	// Take uses n, unless that would be more than what is left; n of 0 asks
	// whether anything is left. What Take granted is durable when it returns. It
	// fails with the Store's error, and then nothing was granted.
	Take(ctx context.Context, q Quota, n int64) (Used, error)
	// Add counts n that are used already, past the limit if need be.
	Add(ctx context.Context, q Quota, n int64) error
	// Return gives back n of the same period that Take granted, because another limit refused the call.
	Return(ctx context.Context, q Quota, n int64)
}

// Usage is what one counter of a quota says of its current period.
type Usage struct {
	Start  time.Time
	Period time.Duration // 0 is without an end
	Used   int64
}

// Counters reads and sets what quotas have counted. It is safe for concurrent use.
type Counters interface {
	// Usage gives a counter; ok is false where nothing was counted yet.
	Usage(ctx context.Context, k Key) (u Usage, ok bool, err error)
	// Set makes a counter say n for its current period; ok is false where nothing
	// was counted yet. What Set says is durable when it returns.
	Set(ctx context.Context, k Key, n int64) (ok bool, err error)
}

// Reservation says how much of a quota's period may have been used: never less
// than what was, and at most a block more.
type Reservation struct {
	Key         string // Key.String
	PeriodStart time.Time
	Period      time.Duration // 0 is without an end
	UpTo        int64
}

// Store keeps reservations.
type Store interface {
	// Reserve puts r in place of what its Key had. It is on disk when Reserve returns.
	Reserve(ctx context.Context, r Reservation) error
	// Load gives the reservation of a key; ok is false where there is none.
	Load(ctx context.Context, key string) (r Reservation, ok bool, err error)
	// Prune forgets every reservation whose period has an end before that time.
	Prune(ctx context.Context, before time.Time) error
}

// start is when the period of q that holds now began.
func (q Quota) start(now time.Time) time.Time {
	if q.Period <= 0 {
		return q.Start
	}
	since := now.Sub(q.Start)
	periods := since / q.Period
	if since < 0 && since%q.Period != 0 {
		periods--
	}
	return q.Start.Add(periods * q.Period)
}

// block is how much is reserved at once: a crash can lose this much, 1 % of the quota.
func (q Quota) block() int64 { return max(1, q.Limit/100) }
