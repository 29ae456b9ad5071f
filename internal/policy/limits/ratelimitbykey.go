package limits

import (
	"math"
	"strconv"
	"strings"

	"portico/internal/limit"
	"portico/internal/policy"
	"portico/internal/policy/document"
)

// counting are the attributes with which the limits by key say what a call counts for.
var counting = []policy.Attribute{
	{Name: "counter-key", Required: true, Kind: policy.Filled},
	{Name: "increment-condition", Kind: policy.Boolean},
	{Name: "increment-count", Kind: policy.Integer, Min: 1, Max: math.MaxInt32},
}

// RateLimitByKey lets so many calls with a key of the document's choice through
// within each sliding window. All documents count a key together.
func RateLimitByKey() policy.Declaration {
	return policy.Declaration{
		Form: policy.Form{
			Name: "rate-limit-by-key",
			Attributes: append([]policy.Attribute{
				{Name: "calls", Required: true, Kind: policy.Integer, Min: 1, Max: math.MaxInt32},
				{Name: "renewal-period", Required: true, Kind: policy.Integer, Min: 1, Max: maxRatePeriod},
				{Name: "increment-after-response", Kind: policy.Boolean, Literal: true},
				{Name: "flexible-retry-window", Kind: policy.Boolean, Literal: true},
				{Name: "retry-after-header-name", Kind: policy.HeaderName, Literal: true},
				{Name: "retry-after-variable-name", Kind: policy.Filled, Literal: true},
				{Name: "remaining-calls-header-name", Kind: policy.HeaderName, Literal: true},
				{Name: "remaining-calls-variable-name", Kind: policy.Filled, Literal: true},
				{Name: "total-calls-header-name", Kind: policy.HeaderName, Literal: true},
			}, counting...),
		},
		Sections: policy.Inbound,
		Scopes:   policy.EveryScope,
		Compile:  compileRateLimitByKey,
	}
}

func compileRateLimitByKey(c *policy.Builder, e *document.Element) policy.Action {
	return &rateByKey{
		rates: c.Services.Rates, calls: c.Value(e, "calls", ""), period: c.Value(e, "renewal-period", ""),
		counter: newCounter(c, e), tell: newRateNames(c, e),
	}
}

// counter is who a limit by key counts, and what for.
type counter struct {
	key, condition, count policy.Value
	conditional           bool
	late                  bool // the condition is known when the response is
}

func newCounter(c *policy.Builder, e *document.Element) counter {
	k := counter{key: c.Value(e, "counter-key", ""), condition: c.Value(e, "increment-condition", "true"), count: c.Value(e, "increment-count", "1")}
	condition, there := e.Attr("increment-condition")
	k.conditional = there
	k.late = there && (c.Boolean(e, "increment-after-response", false) || strings.Contains(condition, "context.Response") || strings.Contains(condition, "context.LastError"))
	return k
}

// weigh says what the call counts for when it comes in: 0 where it does not
// count. A call whose condition is not known yet counts until it is.
func (c *counter) weigh(x *policy.Exchange) (key string, weight int64, err error) {
	if key, err = c.key.Text(x); err != nil {
		return "", 0, err
	}
	if c.conditional && !c.late {
		if counts, err := c.condition.Bool(x); err != nil || !counts {
			return key, 0, err
		}
	}
	weight, err = c.count.Bounded(x, 1, math.MaxInt32)
	return key, weight, err
}

type rateByKey struct {
	rates         limit.Rates
	calls, period policy.Value
	counter       counter
	tell          rateNames
}

func (r *rateByKey) Do(x *policy.Exchange) error {
	key, weight, err := r.counter.weigh(x)
	if err != nil || weight == 0 {
		return err
	}
	calls, err := r.calls.Bounded(x, 1, math.MaxInt32)
	if err != nil {
		return err
	}
	period, err := r.period.Bounded(x, 1, maxRatePeriod)
	if err != nil {
		return err
	}
	k := limit.Key{Policy: "rate-limit-by-key", Counted: key}
	taken, err := r.rates.Take(x.Context, k, limit.Rate{Calls: calls, Period: policy.Seconds(period), Weight: weight})
	if err != nil || !taken.OK {
		return r.tell.refuse(x, taken, calls, err)
	}
	r.tell.remaining(x, taken.Remaining, calls)
	if r.counter.late {
		x.AtResponse(&uncounting{condition: r.counter.condition, giveBack: func() { r.rates.Return(x.Context, k, taken) }})
	}
	return nil
}

// uncounting takes back, when the response is known, what a call did not count for.
type uncounting struct {
	condition policy.Value
	giveBack  func()
}

// End gives back what was taken where the condition does not hold.
func (u *uncounting) End(x *policy.Exchange) error {
	counts, err := u.condition.Bool(x)
	if err == nil && !counts {
		u.giveBack()
	}
	return err
}

// rateNames are the headers and variables in which a rate limit tells where a caller stands.
type rateNames struct {
	retryHeader, retryVariable         string
	remainingHeader, remainingVariable string
	totalHeader                        string
}

func newRateNames(c *policy.Builder, e *document.Element) rateNames {
	return rateNames{
		retryHeader:       c.Text(e, "retry-after-header-name", "Retry-After"),
		retryVariable:     c.Text(e, "retry-after-variable-name", ""),
		remainingHeader:   c.Text(e, "remaining-calls-header-name", ""),
		remainingVariable: c.Text(e, "remaining-calls-variable-name", ""),
		totalHeader:       c.Text(e, "total-calls-header-name", ""),
	}
}

// remaining puts what is left of all calls where the policy says.
func (n *rateNames) remaining(x *policy.Exchange, left, calls int64) {
	if n.remainingHeader != "" {
		x.ResponseHeaders.Set(n.remainingHeader, strconv.FormatInt(left, 10))
	}
	if n.totalHeader != "" {
		x.ResponseHeaders.Set(n.totalHeader, strconv.FormatInt(calls, 10))
	}
	if n.remainingVariable != "" {
		x.SetVariable(n.remainingVariable, left)
	}
}

// refuse makes the 429 of a call that a limit of so many calls refused, or could not count.
func (n *rateNames) refuse(x *policy.Exchange, t limit.Taken, calls int64, err error) error {
	if err != nil {
		return &policy.Error{Status: 500, Detail: "The call could not be counted.", Err: err}
	}
	n.remaining(x, 0, calls)
	seconds := WholeSeconds(t.RetryAfter)
	if n.retryVariable != "" {
		x.SetVariable(n.retryVariable, seconds)
	}
	wait := strconv.FormatInt(seconds, 10)
	return &policy.Error{
		Status: 429, Reason: "RateLimitExceeded", Detail: "Rate limit is exceeded",
		Message: "Rate limit is exceeded. Try again in " + wait + " seconds.",
		Headers: policy.Headers{{Name: n.retryHeader, Value: wait}},
	}
}
