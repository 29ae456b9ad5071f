package gateway

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"portico/internal/catalog"
)

// breaker keeps calls away from a backend that fails: it opens when one of its
// rules says so, and closes when the rule's time is over.
type breaker struct {
	now func() time.Time

	mu    sync.Mutex
	rules []*breakerRule
	until time.Time // when the circuit closes
}

// breakerSlots is the number of pieces a rule's interval is counted in: a call
// leaves the count when it is between one and 61/60 intervals old.
const breakerSlots = 60

type breakerRule struct {
	catalog.FailureCondition
	interval, trip   time.Duration
	acceptRetryAfter bool
	slots            [breakerSlots + 1]breakerSlot
}

type breakerSlot struct {
	number          int64 // of the slot since the epoch; other slots are old
	calls, failures int64
}

// outcome is what became of one call to a backend.
type outcome struct {
	status     int    // 0 without an answer
	reason     string // of LastError, where there was no answer
	retryAfter string // the answer's header
}

// newBreaker makes a closed breaker of rules that were checked.
func newBreaker(rules []catalog.CircuitBreakerRule, now func() time.Time) *breaker {
	b := &breaker{now: now}
	for _, r := range rules {
		interval, _ := catalog.ParseDuration(r.FailureCondition.Interval)
		trip, _ := catalog.ParseDuration(r.TripDuration)
		b.rules = append(b.rules, &breakerRule{FailureCondition: r.FailureCondition, interval: interval, trip: trip, acceptRetryAfter: r.AcceptRetryAfter})
	}
	return b
}

// openFor is how long no calls may pass; 0 where they may.
func (b *breaker) openFor() time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	return max(0, b.until.Sub(b.now()))
}

// note counts one call. Calls that end while the circuit is open do not count:
// they began before.
func (b *breaker) note(o outcome) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	if now.Before(b.until) {
		return
	}
	for _, r := range b.rules {
		if !r.trips(now, o) {
			continue
		}
		until := now.Add(r.trip)
		if wait, ok := retryAfter(o.retryAfter, now); ok && r.acceptRetryAfter {
			until = now.Add(wait)
		}
		if until.After(b.until) {
			b.until = until
		}
	}
	if now.Before(b.until) {
		for _, r := range b.rules {
			clear(r.slots[:]) // what led to it is paid for
		}
	}
}

// trips counts the call and tells whether the rule's condition holds because of it.
func (r *breakerRule) trips(now time.Time, o outcome) bool {
	width := int64(r.interval / breakerSlots)
	number := now.UnixNano() / width
	slot := &r.slots[number%int64(len(r.slots))]
	if slot.number != number {
		*slot = breakerSlot{number: number}
	}
	slot.calls++
	if !r.failed(o) {
		return false
	}
	slot.failures++
	var calls, failures int64
	for _, s := range r.slots {
		if number-s.number <= breakerSlots {
			calls += s.calls
			failures += s.failures
		}
	}
	if r.Count > 0 {
		return failures >= r.Count
	}
	return failures*100 >= calls*r.Percentage
}

// failed tells whether the rule counts the outcome as a failure. No answer
// always is one; without ranges, so is every status from 500.
func (r *breakerRule) failed(o outcome) bool {
	if o.status == 0 {
		return o.reason != reasonClientGone || slices.ContainsFunc(r.ErrorReasons, func(n string) bool { return strings.EqualFold(n, o.reason) })
	}
	if len(r.StatusCodeRanges) == 0 {
		return o.status >= 500
	}
	return slices.ContainsFunc(r.StatusCodeRanges, func(s catalog.StatusRange) bool { return s.Min <= o.status && o.status <= s.Max })
}

// maxRetryAfter bounds what a backend may ask for.
const maxRetryAfter = 24 * time.Hour

// retryAfter reads a Retry-After header: seconds or a date (RFC 9110, 10.2.3).
func retryAfter(value string, now time.Time) (time.Duration, bool) {
	if n, err := strconv.ParseInt(value, 10, 64); err == nil && n > 0 {
		return time.Duration(min(n, int64(maxRetryAfter/time.Second))) * time.Second, true
	}
	if t, err := http.ParseTime(value); err == nil && t.After(now) {
		return min(t.Sub(now), maxRetryAfter), true
	}
	return 0, false
}
