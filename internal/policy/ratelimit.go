package policy

import (
	"math"
	"time"

	"portico/internal/limit"
)

// maxRatePeriod is the longest sliding window in seconds (apim.md 3.2).
const maxRatePeriod = 300

// rateLimit lets so many calls of a subscription through within each sliding
// window. A product's limit, its APIs' and their operations' count apart.
func rateLimit() declaration {
	rate := []attribute{
		{name: "calls", required: true, kind: integer, min: 1, max: math.MaxInt32, literal: true},
		{name: "renewal-period", required: true, kind: integer, min: 1, max: maxRatePeriod, literal: true},
	}
	child := append(append([]attribute{}, targetAttributes...), rate...)
	operation := element{name: "operation", attributes: child, oneOf: targetOneOf}
	return declaration{
		element: element{
			name: "rate-limit",
			attributes: append(append([]attribute{}, rate...),
				attribute{name: "retry-after-header-name", kind: headerName, literal: true},
				attribute{name: "retry-after-variable-name", kind: filled, literal: true},
				attribute{name: "remaining-calls-header-name", kind: headerName, literal: true},
				attribute{name: "remaining-calls-variable-name", kind: filled, literal: true},
				attribute{name: "total-calls-header-name", kind: headerName, literal: true}),
			children: []element{
				{name: "api", attributes: child, oneOf: targetOneOf, children: []element{operation}},
				operation,
			},
		},
		sections: Inbound,
		scopes:   Product | API | Operation,
		once:     true,
		compile:  compileRateLimit,
	}
}

func compileRateLimit(c *compiler, e *Element) Action {
	r := &rateLimiting{rates: c.services.Rates, names: c.rateNames(e)}
	c.limits(e, func(e *Element, a applies, key string) {
		rate := limit.Rate{Calls: c.integer(e, "calls", 0), Period: c.seconds(e, "renewal-period", 0)}
		r.limits = append(r.limits, scopedRate{applies: a, key: key, rate: rate})
	})
	return r
}

type rateLimiting struct {
	rates  limit.Rates
	limits []scopedRate // the policy's own first
	names  rateNames
}

type scopedRate struct {
	applies
	key  string
	rate limit.Rate
}

// Do counts the call against every limit that applies. A call that one of them
// refuses is counted by none.
func (r *rateLimiting) Do(x *Exchange) error {
	if x.Subscription == nil {
		return nil
	}
	taken := make([]limit.Taken, 0, 4)
	for i := range r.limits {
		l := &r.limits[i]
		var t limit.Taken
		if l.to(x) {
			var err error
			if t, err = r.rates.Take(x.Context, l.counter(x), l.rate); err != nil || !t.OK {
				r.giveBack(x, taken)
				return r.names.refuse(x, t, r.limits[0].rate.Calls, err)
			}
		}
		taken = append(taken, t)
	}
	r.names.remaining(x, taken[0].Remaining, r.limits[0].rate.Calls)
	return nil
}

func (l *scopedRate) counter(x *Exchange) limit.Key {
	return limit.Key{Policy: l.key, Counted: x.Subscription.ID}
}

func (r *rateLimiting) giveBack(x *Exchange, taken []limit.Taken) {
	for i, t := range taken {
		if t.OK {
			r.rates.Return(x.Context, r.limits[i].counter(x), t)
		}
	}
}

// wholeSeconds rounds up, so that who waits that long is not refused again.
func wholeSeconds(d time.Duration) int64 { return max(1, int64((d+time.Second-1)/time.Second)) }
