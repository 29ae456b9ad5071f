package policy

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"portico/internal/access"
	"portico/internal/limit"
)

// kilobyte is the unit of a quota's bandwidth in bytes.
const kilobyte = 1024

// quota lets a subscription make so many calls, or move so many kilobytes,
// within each period since it began. A product's quota, its APIs' and their
// operations' count apart.
func quota() declaration {
	volume := []attribute{
		{name: "calls", kind: integer, min: 1, max: math.MaxInt64, literal: true},
		{name: "bandwidth", kind: integer, min: 1, max: math.MaxInt64 / kilobyte, literal: true},
		{name: "renewal-period", kind: integer, max: math.MaxInt64 / int64(time.Second), literal: true},
	}
	own := append([]attribute{}, volume...)
	own[2].required = true
	child := append(append([]attribute{}, targetAttributes...), volume...)
	operation := element{name: "operation", attributes: child, oneOf: targetOneOf}
	return declaration{
		element: element{
			name: "quota", attributes: own, oneOf: []string{"calls", "bandwidth"},
			children: []element{{name: "api", attributes: child, oneOf: targetOneOf, children: []element{operation}}},
		},
		sections: Inbound,
		scopes:   Product,
		once:     true,
		check:    checkQuota,
		compile:  compileQuota,
	}
}

func checkQuota(v *validator, e *Element) {
	e.walk(func(below *Element) {
		if below != e && !hasOneOf(below, []string{"calls", "bandwidth"}) {
			v.problem(below, "One of the attributes 'calls', 'bandwidth' must be there.")
		}
	})
}

func compileQuota(c *compiler, e *Element) Action {
	q := &quotas{quotas: c.services.Quotas}
	period := c.seconds(e, "renewal-period", 0) // children without one have their policy's
	c.limits(e, func(e *Element, a applies, key string) {
		every := c.seconds(e, "renewal-period", int64(period/time.Second))
		if n := c.integer(e, "calls", 0); n > 0 {
			q.limits = append(q.limits, scopedQuota{applies: a, key: key + ":calls", limit: n, period: every})
		}
		if n := c.integer(e, "bandwidth", 0); n > 0 {
			q.limits = append(q.limits, scopedQuota{applies: a, key: key + ":bandwidth", limit: n * kilobyte, period: every, bytes: true})
		}
	})
	return q
}

type quotas struct {
	quotas limit.Quotas
	limits []scopedQuota
}

type scopedQuota struct {
	applies
	key    string
	limit  int64
	period time.Duration
	bytes  bool
}

// Do counts the call against every quota that applies; one that is refused is
// counted by none. Bytes are counted when the response has been sent.
func (q *quotas) Do(x *Exchange) error {
	if x.Subscription == nil {
		return nil
	}
	bytes := false
	for i := range q.limits {
		l := &q.limits[i]
		if !l.to(x) {
			continue
		}
		used, err := q.quotas.Take(x.Context, l.of(x.Subscription), l.cost())
		if err != nil || !used.OK {
			q.giveBack(x, q.limits[:i])
			return l.refuse(used, err)
		}
		bytes = bytes || l.bytes
	}
	if bytes {
		x.AtEnd(q)
	}
	return nil
}

// End counts the bytes that the call moved.
func (q *quotas) End(x *Exchange) error {
	for i := range q.limits {
		if l := &q.limits[i]; l.bytes && l.to(x) {
			if err := q.quotas.Add(x.Context, l.of(x.Subscription), x.RequestBytes+x.ResponseBytes); err != nil {
				return fmt.Errorf("count the bandwidth of %s: %w", l.key, err)
			}
		}
	}
	return nil
}

func (q *quotas) giveBack(x *Exchange, taken []scopedQuota) {
	for i := range taken {
		if l := &taken[i]; !l.bytes && l.to(x) {
			q.quotas.Return(x.Context, l.of(x.Subscription), l.cost())
		}
	}
}

// cost is what a call takes before its bytes are known.
func (l *scopedQuota) cost() int64 {
	if l.bytes {
		return 0
	}
	return 1
}

// of is the quota of one subscription, whose first period began with it.
func (l *scopedQuota) of(s *access.Subscription) limit.Quota {
	start := s.CreatedDate
	if s.StartDate != nil {
		start = *s.StartDate
	}
	return limit.Quota{Key: limit.Key{Policy: l.key, Counted: s.ID}, Limit: l.limit, Start: start, Period: l.period}
}

func (l *scopedQuota) refuse(used limit.Used, err error) error {
	if err != nil {
		return &Error{Status: 500, Detail: "The call could not be counted.", Err: err}
	}
	e := &Error{Status: 403, Reason: "QuotaExceeded", Message: "Out of call volume quota."}
	if l.bytes {
		e.Message = "Out of bandwidth quota."
	}
	if l.period > 0 {
		seconds := wholeSeconds(used.Resets)
		e.Message += " Quota will be replenished in " + clock(seconds) + "."
		e.Headers = Headers{{"Retry-After", strconv.FormatInt(seconds, 10)}}
	}
	return e
}

// clock writes seconds as [d.]hh:mm:ss.
func clock(seconds int64) string {
	const day = 24 * 60 * 60
	s := fmt.Sprintf("%02d:%02d:%02d", seconds%day/3600, seconds%3600/60, seconds%60)
	if seconds >= day {
		s = strconv.FormatInt(seconds/day, 10) + "." + s
	}
	return s
}
