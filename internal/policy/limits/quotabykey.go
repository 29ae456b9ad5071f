package limits

import (
	"fmt"
	"math"
	"time"

	"portico/internal/limit"
	"portico/internal/policy"
	"portico/internal/policy/document"
)

// QuotaByKey lets a key of the document's choice make so many calls, or move so
// many kilobytes, within each period. All documents count a key together.
func QuotaByKey() policy.Declaration {
	return policy.Declaration{
		Form: policy.Form{
			Name: "quota-by-key",
			Attributes: append([]policy.Attribute{
				{Name: "calls", Kind: policy.Integer, Min: 1, Max: math.MaxInt64, Literal: true},
				{Name: "bandwidth", Kind: policy.Integer, Min: 1, Max: math.MaxInt64 / kilobyte, Literal: true},
				{Name: "renewal-period", Kind: policy.Integer, Max: math.MaxInt64 / int64(time.Second), Literal: true},
				{Name: "first-period-start", Literal: true},
			}, counting...),
			OneOf: []string{"calls", "bandwidth"},
		},
		Sections: policy.Inbound,
		Scopes:   policy.EveryScope,
		Check:    checkQuotaByKey,
		Compile:  compileQuotaByKey,
	}
}

func checkQuotaByKey(v *policy.Validator, e *document.Element) {
	if value, there := e.Attr("first-period-start"); there && !policy.HasNamedValue(value) {
		if _, err := parseStart(value); err != nil {
			v.Problem(e, "The attribute 'first-period-start' must be a time such as 2026-01-31T00:00:00Z.")
		}
	}
}

// parseStart reads a time, with or without its zone.
func parseStart(s string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t, err = time.Parse("2006-01-02T15:04:05", s)
	}
	return t, err
}

// longAgo is when the first period begins where the document does not say. (The
// reference has the year 1, which is farther than a time.Duration reaches; this is
// a Monday too, so that hours, days and weeks begin alike.)
var longAgo = time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)

func compileQuotaByKey(c *policy.Builder, e *document.Element) policy.Action {
	q := &quotasByKey{quotas: c.Services.Quotas, counter: newCounter(c, e), period: c.Seconds(e, "renewal-period", 0), start: longAgo,
		calls: c.Integer(e, "calls", 0), bytes: c.Integer(e, "bandwidth", 0) * kilobyte}
	if value, there := e.Attr("first-period-start"); there {
		q.start, _ = parseStart(value)
	}
	return q
}

type quotasByKey struct {
	quotas       limit.Quotas
	counter      counter
	start        time.Time
	period       time.Duration
	calls, bytes int64 // 0 is no limit
}

// CallsByKey and BytesByKey name the counters of quota-by-key.
const (
	CallsByKey = "quota-by-key:calls"
	BytesByKey = "quota-by-key:bandwidth"
)

func (q *quotasByKey) of(kind, key string, most int64) limit.Quota {
	return limit.Quota{Key: limit.Key{Policy: kind, Counted: key}, Limit: most, Start: q.start, Period: q.period}
}

// Do counts the call; one that is refused is not counted. Bytes are counted
// when the response has been sent.
func (q *quotasByKey) Do(x *policy.Exchange) error {
	key, weight, err := q.counter.weigh(x)
	if err != nil || weight == 0 {
		return err
	}
	calls, bytes := q.of(CallsByKey, key, q.calls), q.of(BytesByKey, key, q.bytes)
	if q.bytes > 0 {
		if used, err := q.quotas.Take(x.Context, bytes, 0); err != nil || !used.OK {
			return (&scopedQuota{period: q.period, bytes: true}).refuse(used, err)
		}
	}
	if q.calls > 0 {
		if used, err := q.quotas.Take(x.Context, calls, weight); err != nil || !used.OK {
			return (&scopedQuota{period: q.period}).refuse(used, err)
		}
	}
	settling := &settlingQuota{quotasByKey: q, key: key, weight: weight}
	if q.counter.late {
		x.AtResponse(&uncounting{condition: q.counter.condition, giveBack: func() { settling.giveBack(x) }})
	}
	if q.bytes > 0 {
		x.AtEnd(settling)
	}
	return nil
}

// settlingQuota is a call that was counted.
type settlingQuota struct {
	*quotasByKey
	key    string
	weight int64
	free   bool // it does not count after all
}

func (s *settlingQuota) giveBack(x *policy.Exchange) {
	s.free = true
	if s.calls > 0 {
		s.quotas.Return(x.Context, s.of(CallsByKey, s.key, s.calls), s.weight)
	}
}

// End counts the bytes of the call.
func (s *settlingQuota) End(x *policy.Exchange) error {
	if s.free {
		return nil
	}
	if err := s.quotas.Add(x.Context, s.of(BytesByKey, s.key, s.bytes), x.RequestBytes+x.ResponseBytes); err != nil {
		return fmt.Errorf("count the bandwidth of the key %q: %w", s.key, err)
	}
	return nil
}
