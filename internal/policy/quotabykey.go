package policy

import (
	"fmt"
	"math"
	"time"

	"portico/internal/limit"
)

// quotaByKey lets a key of the document's choice make so many calls, or move so
// many kilobytes, within each period. All documents count a key together.
func quotaByKey() declaration {
	return declaration{
		element: element{
			name: "quota-by-key",
			attributes: append([]attribute{
				{name: "calls", kind: integer, min: 1, max: math.MaxInt64, literal: true},
				{name: "bandwidth", kind: integer, min: 1, max: math.MaxInt64 / kilobyte, literal: true},
				{name: "renewal-period", required: true, kind: integer, max: math.MaxInt64 / int64(time.Second), literal: true},
				{name: "first-period-start", literal: true},
			}, counting...),
			oneOf: []string{"calls", "bandwidth"},
		},
		sections: Inbound,
		scopes:   everyScope,
		check:    checkQuotaByKey,
		compile:  compileQuotaByKey,
	}
}

func checkQuotaByKey(v *validator, e *Element) {
	if value, there := e.Attr("first-period-start"); there && !hasNamedValue(value) {
		if _, err := parseStart(value); err != nil {
			v.problem(e, "The attribute 'first-period-start' must be a time such as 2026-01-31T00:00:00Z.")
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

func compileQuotaByKey(c *compiler, e *Element) Action {
	q := &quotasByKey{quotas: c.services.Quotas, counter: c.counter(e), period: c.seconds(e, "renewal-period", 0), start: longAgo,
		calls: c.integer(e, "calls", 0), bytes: c.integer(e, "bandwidth", 0) * kilobyte}
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
func (q *quotasByKey) Do(x *Exchange) error {
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

func (s *settlingQuota) giveBack(x *Exchange) {
	s.free = true
	if s.calls > 0 {
		s.quotas.Return(x.Context, s.of(CallsByKey, s.key, s.calls), s.weight)
	}
}

// End counts the bytes of the call.
func (s *settlingQuota) End(x *Exchange) error {
	if s.free {
		return nil
	}
	if err := s.quotas.Add(x.Context, s.of(BytesByKey, s.key, s.bytes), x.RequestBytes+x.ResponseBytes); err != nil {
		return fmt.Errorf("count the bandwidth of the key %q: %w", s.key, err)
	}
	return nil
}
