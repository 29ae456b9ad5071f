package policy

import (
	"math"
	"strconv"
	"strings"

	"portico/internal/limit"
)

// counting are the attributes with which the limits by key say what a call counts for.
var counting = []attribute{
	{name: "counter-key", required: true, kind: filled},
	{name: "increment-condition", kind: boolean},
	{name: "increment-count", kind: integer, min: 1, max: math.MaxInt32},
}

// rateLimitByKey lets so many calls with a key of the document's choice through
// within each sliding window. All documents count a key together.
func rateLimitByKey() declaration {
	return declaration{
		element: element{
			name: "rate-limit-by-key",
			attributes: append([]attribute{
				{name: "calls", required: true, kind: integer, min: 1, max: math.MaxInt32},
				{name: "renewal-period", required: true, kind: integer, min: 1, max: maxRatePeriod},
				{name: "increment-after-response", kind: boolean, literal: true},
				{name: "flexible-retry-window", kind: boolean, literal: true},
				{name: "retry-after-header-name", kind: headerName, literal: true},
				{name: "retry-after-variable-name", kind: filled, literal: true},
				{name: "remaining-calls-header-name", kind: headerName, literal: true},
				{name: "remaining-calls-variable-name", kind: filled, literal: true},
				{name: "total-calls-header-name", kind: headerName, literal: true},
			}, counting...),
		},
		sections: Inbound,
		scopes:   everyScope,
		compile:  compileRateLimitByKey,
	}
}

func compileRateLimitByKey(c *compiler, e *Element) Action {
	return &rateByKey{
		rates: c.services.Rates, calls: c.value(e, "calls", ""), period: c.value(e, "renewal-period", ""),
		counter: c.counter(e), tell: c.rateNames(e),
	}
}

// counter is who a limit by key counts, and what for.
type counter struct {
	key, condition, count Value
	conditional           bool
	late                  bool // the condition is known when the response is
}

func (c *compiler) counter(e *Element) counter {
	k := counter{key: c.value(e, "counter-key", ""), condition: c.value(e, "increment-condition", "true"), count: c.value(e, "increment-count", "1")}
	condition, there := e.Attr("increment-condition")
	k.conditional = there
	k.late = there && (c.boolean(e, "increment-after-response", false) || strings.Contains(condition, "context.Response") || strings.Contains(condition, "context.LastError"))
	return k
}

// weigh says what the call counts for when it comes in: 0 where it does not
// count. A call whose condition is not known yet counts until it is.
func (c *counter) weigh(x *Exchange) (key string, weight int64, err error) {
	if key, err = c.key.Text(x); err != nil {
		return "", 0, err
	}
	if c.conditional && !c.late {
		if counts, err := c.condition.Bool(x); err != nil || !counts {
			return key, 0, err
		}
	}
	weight, err = c.count.bounded(x, 1, math.MaxInt32)
	return key, weight, err
}

type rateByKey struct {
	rates         limit.Rates
	calls, period Value
	counter       counter
	tell          rateNames
}

func (r *rateByKey) Do(x *Exchange) error {
	key, weight, err := r.counter.weigh(x)
	if err != nil || weight == 0 {
		return err
	}
	calls, err := r.calls.bounded(x, 1, math.MaxInt32)
	if err != nil {
		return err
	}
	period, err := r.period.bounded(x, 1, maxRatePeriod)
	if err != nil {
		return err
	}
	k := limit.Key{Policy: "rate-limit-by-key", Counted: key}
	taken, err := r.rates.Take(x.Context, k, limit.Rate{Calls: calls, Period: seconds(period), Weight: weight})
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
	condition Value
	giveBack  func()
}

// End gives back what was taken where the condition does not hold.
func (u *uncounting) End(x *Exchange) error {
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

func (c *compiler) rateNames(e *Element) rateNames {
	return rateNames{
		retryHeader:       c.text(e, "retry-after-header-name", "Retry-After"),
		retryVariable:     c.text(e, "retry-after-variable-name", ""),
		remainingHeader:   c.text(e, "remaining-calls-header-name", ""),
		remainingVariable: c.text(e, "remaining-calls-variable-name", ""),
		totalHeader:       c.text(e, "total-calls-header-name", ""),
	}
}

// remaining puts what is left of all calls where the policy says.
func (n *rateNames) remaining(x *Exchange, left, calls int64) {
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
func (n *rateNames) refuse(x *Exchange, t limit.Taken, calls int64, err error) error {
	if err != nil {
		return &Error{Status: 500, Detail: "The call could not be counted.", Err: err}
	}
	n.remaining(x, 0, calls)
	seconds := wholeSeconds(t.RetryAfter)
	if n.retryVariable != "" {
		x.SetVariable(n.retryVariable, seconds)
	}
	wait := strconv.FormatInt(seconds, 10)
	return &Error{
		Status: 429, Reason: "RateLimitExceeded", Detail: "Rate limit is exceeded",
		Message: "Rate limit is exceeded. Try again in " + wait + " seconds.",
		Headers: Headers{{n.retryHeader, wait}},
	}
}
