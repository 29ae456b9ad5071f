package limits

import (
	"math"
	"time"

	"portico/internal/limit"
	"portico/internal/policy"
	"portico/internal/policy/document"
)

// maxRatePeriod is the longest sliding window in seconds (apim.md 3.2).
const maxRatePeriod = 300

// RateLimit lets so many calls of a subscription through within each sliding
// window. A product's limit, its APIs' and their operations' count apart.
func RateLimit() policy.Declaration {
	rate := []policy.Attribute{
		{Name: "calls", Required: true, Kind: policy.Integer, Min: 1, Max: math.MaxInt32, Literal: true},
		{Name: "renewal-period", Required: true, Kind: policy.Integer, Min: 1, Max: maxRatePeriod, Literal: true},
	}
	child := append(append([]policy.Attribute{}, targetAttributes...), rate...)
	operation := policy.Form{Name: "operation", Attributes: child, OneOf: targetOneOf}
	return policy.Declaration{
		Form: policy.Form{
			Name: "rate-limit",
			Attributes: append(append([]policy.Attribute{}, rate...),
				policy.Attribute{Name: "retry-after-header-name", Kind: policy.HeaderName, Literal: true},
				policy.Attribute{Name: "retry-after-variable-name", Kind: policy.Filled, Literal: true},
				policy.Attribute{Name: "remaining-calls-header-name", Kind: policy.HeaderName, Literal: true},
				policy.Attribute{Name: "remaining-calls-variable-name", Kind: policy.Filled, Literal: true},
				policy.Attribute{Name: "total-calls-header-name", Kind: policy.HeaderName, Literal: true}),
			Children: []policy.Form{
				{Name: "api", Attributes: child, OneOf: targetOneOf, Children: []policy.Form{operation}},
				operation,
			},
		},
		Sections: policy.Inbound,
		Scopes:   policy.Product | policy.API | policy.Operation,
		Once:     true,
		Compile:  compileRateLimit,
	}
}

func compileRateLimit(c *policy.Builder, e *document.Element) policy.Action {
	r := &rateLimiting{rates: c.Services.Rates, names: newRateNames(c, e)}
	limits(c, e, func(e *document.Element, a applies, key string) {
		rate := limit.Rate{Calls: c.Integer(e, "calls", 0), Period: c.Seconds(e, "renewal-period", 0)}
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
func (r *rateLimiting) Do(x *policy.Exchange) error {
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

func (l *scopedRate) counter(x *policy.Exchange) limit.Key {
	return limit.Key{Policy: l.key, Counted: x.Subscription.ID}
}

func (r *rateLimiting) giveBack(x *policy.Exchange, taken []limit.Taken) {
	for i, t := range taken {
		if t.OK {
			r.rates.Return(x.Context, r.limits[i].counter(x), t)
		}
	}
}

// WholeSeconds rounds up, so that who waits that long is not refused again.
func WholeSeconds(d time.Duration) int64 { return max(1, int64((d+time.Second-1)/time.Second)) }
