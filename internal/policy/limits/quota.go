package limits

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"portico/internal/access"
	"portico/internal/limit"
	"portico/internal/policy"
	"portico/internal/policy/document"
)

// kilobyte is the unit of a quota's bandwidth in bytes.
const kilobyte = 1024

// Quota lets a subscription make so many calls, or move so many kilobytes,
// within each period since it began. A product's quota, its APIs' and their
// operations' count apart.
func Quota() policy.Declaration {
	volume := []policy.Attribute{
		{Name: "calls", Kind: policy.Integer, Min: 1, Max: math.MaxInt64, Literal: true},
		{Name: "bandwidth", Kind: policy.Integer, Min: 1, Max: math.MaxInt64 / kilobyte, Literal: true},
		{Name: "renewal-period", Kind: policy.Integer, Max: math.MaxInt64 / int64(time.Second), Literal: true},
	}
	own := append([]policy.Attribute{}, volume...)
	own[2].Required = true
	child := append(append([]policy.Attribute{}, targetAttributes...), volume...)
	operation := policy.Form{Name: "operation", Attributes: child, OneOf: targetOneOf}
	return policy.Declaration{
		Form: policy.Form{
			Name: "quota", Attributes: own, OneOf: []string{"calls", "bandwidth"},
			Children: []policy.Form{{Name: "api", Attributes: child, OneOf: targetOneOf, Children: []policy.Form{operation}}},
		},
		Sections: policy.Inbound,
		Scopes:   policy.Product,
		Once:     true,
		Check:    checkQuota,
		Compile:  compileQuota,
	}
}

func checkQuota(v *policy.Validator, e *document.Element) {
	e.Walk(func(below *document.Element) {
		if below != e && !policy.HasOneOf(below, []string{"calls", "bandwidth"}) {
			v.Problem(below, "One of the attributes 'calls', 'bandwidth' must be there.")
		}
	})
}

func compileQuota(c *policy.Builder, e *document.Element) policy.Action {
	q := &quotas{quotas: c.Services.Quotas, watch: c.Services.QuotaWatch}
	period := c.Seconds(e, "renewal-period", 0) // children without one have their policy's
	limits(c, e, func(e *document.Element, a applies, key string) {
		every := c.Seconds(e, "renewal-period", int64(period/time.Second))
		if n := c.Integer(e, "calls", 0); n > 0 {
			q.limits = append(q.limits, scopedQuota{applies: a, key: key + ":calls", limit: n, period: every})
		}
		if n := c.Integer(e, "bandwidth", 0); n > 0 {
			q.limits = append(q.limits, scopedQuota{applies: a, key: key + ":bandwidth", limit: n * kilobyte, period: every, bytes: true})
		}
	})
	return q
}

// nearly is how much of a quota's calls is nearly all, in percent; a quota of
// fewer calls than leastWatched has no such moment.
const (
	nearly       = 90
	leastWatched = 10
)

type quotas struct {
	quotas limit.Quotas
	watch  policy.QuotaWatch
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
func (q *quotas) Do(x *policy.Exchange) error {
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
		if q.watch != nil && l.isNearlyUsed(used) {
			q.watch.Near(x.Subscription.ID, nearly, used.Resets)
		}
	}
	if bytes {
		x.AtEnd(q)
	}
	return nil
}

// End counts the bytes that the call moved.
func (q *quotas) End(x *policy.Exchange) error {
	for i := range q.limits {
		if l := &q.limits[i]; l.bytes && l.to(x) {
			if err := q.quotas.Add(x.Context, l.of(x.Subscription), x.RequestBytes+x.ResponseBytes); err != nil {
				return fmt.Errorf("count the bandwidth of %s: %w", l.key, err)
			}
		}
	}
	return nil
}

func (q *quotas) giveBack(x *policy.Exchange, taken []scopedQuota) {
	for i := range taken {
		if l := &taken[i]; !l.bytes && l.to(x) {
			q.quotas.Return(x.Context, l.of(x.Subscription), l.cost())
		}
	}
}

// isNearlyUsed tells whether the call just taken is the one with which a quota of calls is nearly used up.
func (l *scopedQuota) isNearlyUsed(used limit.Used) bool {
	return !l.bytes && l.limit >= leastWatched && used.Remaining == l.limit/100*(100-nearly)+l.limit%100*(100-nearly)/100
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
		return &policy.Error{Status: 500, Detail: "The call could not be counted.", Err: err}
	}
	e := &policy.Error{Status: 403, Reason: "QuotaExceeded", Message: "Out of call volume quota."}
	if l.bytes {
		e.Message = "Out of bandwidth quota."
	}
	if l.period > 0 {
		seconds := WholeSeconds(used.Resets)
		e.Message += " Quota will be replenished in " + Clock(seconds) + "."
		e.Headers = policy.Headers{{Name: "Retry-After", Value: strconv.FormatInt(seconds, 10)}}
	}
	return e
}

// Clock writes seconds as [d.]hh:mm:ss.
func Clock(seconds int64) string {
	const day = 24 * 60 * 60
	s := fmt.Sprintf("%02d:%02d:%02d", seconds%day/3600, seconds%3600/60, seconds%60)
	if seconds >= day {
		s = strconv.FormatInt(seconds/day, 10) + "." + s
	}
	return s
}
