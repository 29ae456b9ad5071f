package llm

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"portico/internal/limit"
	"portico/internal/policy"
	"portico/internal/policy/document"
	"portico/internal/policy/limits"
)

// TokenLimit limits the tokens that a key uses: per minute in a sliding
// window, and in a period of the calendar. azure-openai-token-limit is the same.
func TokenLimit(name string) policy.Declaration {
	return policy.Declaration{
		Form: policy.Form{
			Name: name,
			Attributes: []policy.Attribute{
				{Name: "counter-key", Required: true, Kind: policy.Filled},
				{Name: "estimate-prompt-tokens", Required: true, Kind: policy.Boolean},
				{Name: "tokens-per-minute", Kind: policy.Integer, Min: 1, Max: math.MaxInt32},
				{Name: "token-quota", Kind: policy.Integer, Min: 1, Max: math.MaxInt64},
				{Name: "token-quota-period", Kind: policy.Enumeration, Values: []string{"Indefinite", "Hourly", "Daily", "Weekly", "Monthly", "Yearly"}},
				{Name: "prompt-type", Kind: policy.Enumeration, Values: []string{promptAuto, promptChat, promptCompletion, promptEmbeddings}},
				{Name: "ignore-prompt", Kind: policy.Boolean},
				{Name: "retry-after-header-name", Kind: policy.HeaderName},
				{Name: "retry-after-variable-name", Kind: policy.Filled},
				{Name: "remaining-tokens-header-name", Kind: policy.HeaderName},
				{Name: "remaining-tokens-variable-name", Kind: policy.Filled},
				{Name: "remaining-quota-tokens-header-name", Kind: policy.HeaderName},
				{Name: "remaining-quota-tokens-variable-name", Kind: policy.Filled},
				{Name: "tokens-consumed-header-name", Kind: policy.HeaderName},
				{Name: "tokens-consumed-variable-name", Kind: policy.Filled},
			},
			OneOf: []string{"tokens-per-minute", "token-quota"},
		},
		Sections: policy.Inbound,
		Scopes:   policy.EveryScope,
		Compile: func(c *policy.Builder, e *document.Element) policy.Action {
			return &tokenLimiting{
				services: &c.Compiler.Services,
				key:      c.Value(e, "counter-key", ""), estimate: c.Value(e, "estimate-prompt-tokens", "false"),
				perMinute: c.Value(e, "tokens-per-minute", "0"), quota: c.Value(e, "token-quota", "0"), period: c.Value(e, "token-quota-period", "Indefinite"),
				prompt: c.Value(e, "prompt-type", promptAuto), ignorePrompt: c.Value(e, "ignore-prompt", "false"),
				retry:     told{c.Text(e, "retry-after-header-name", "Retry-After"), c.Text(e, "retry-after-variable-name", "")},
				remaining: newTold(c, e, "remaining-tokens"), remainingQuota: newTold(c, e, "remaining-quota-tokens"), consumed: newTold(c, e, "tokens-consumed"),
			}
		},
	}
}

// told is where a policy tells a number: in a header, in a variable.
type told struct{ header, variable string }

func newTold(c *policy.Builder, e *document.Element, name string) told {
	return told{c.Text(e, name+"-header-name", ""), c.Text(e, name+"-variable-name", "")}
}

func (t told) tell(x *policy.Exchange, n int64) {
	if t.header != "" {
		x.ResponseHeaders.Set(t.header, strconv.FormatInt(n, 10))
	}
	if t.variable != "" {
		x.SetVariable(t.variable, n)
	}
}

type tokenLimiting struct {
	services                        *policy.Services
	key, estimate, perMinute, quota policy.Value
	period, prompt, ignorePrompt    policy.Value
	retry, remaining                told
	remainingQuota, consumed        told
}

// tokenLimit is a tokenLimiting for one call.
type tokenLimit struct {
	*tokenLimiting
	ignorePrompt bool
	rate         limit.Rate // Calls 0 is no limit
	quota        limit.Quota
	key          limit.Key
	taken        limit.Taken
	reserved     int64 // of the quota
}

// Do takes the estimate of the prompt, or a single token, so that calls at the
// same time see each other. What the call really used is counted in its place later.
func (t *tokenLimiting) Do(x *policy.Exchange) error {
	l, kind, estimate, err := t.start(x)
	if err != nil {
		return err
	}
	count, err := countTokens(x, kind, l.settle)
	if err != nil {
		return err
	}
	l.rate.Weight = 1
	if estimate && !l.ignorePrompt {
		l.rate.Weight = max(1, count.estimated)
	}
	if l.quota.Limit > 0 {
		used, err := t.services.Quotas.Take(x.Context, l.quota, l.rate.Weight)
		if err != nil || !used.OK {
			return l.refuseQuota(x, used, err)
		}
		l.reserved = l.rate.Weight
		t.remainingQuota.tell(x, used.Remaining)
	}
	if l.rate.Calls > 0 {
		taken, err := t.services.Rates.Take(x.Context, l.key, l.rate)
		if err != nil || !taken.OK {
			return l.refuseRate(x, taken, err)
		}
		l.taken = taken
		t.remaining.tell(x, taken.Remaining)
	}
	return nil
}

func (t *tokenLimiting) start(x *policy.Exchange) (l *tokenLimit, kind string, estimate bool, err error) {
	l = &tokenLimit{tokenLimiting: t}
	key, err := t.key.Text(x)
	if err != nil {
		return nil, "", false, err
	}
	if kind, err = t.prompt.Text(x); err != nil {
		return nil, "", false, err
	}
	if estimate, err = t.estimate.Bool(x); err != nil {
		return nil, "", false, err
	}
	if l.ignorePrompt, err = t.ignorePrompt.Bool(x); err != nil {
		return nil, "", false, err
	}
	perMinute, err := t.perMinute.Bounded(x, 0, math.MaxInt32)
	if err != nil {
		return nil, "", false, err
	}
	quota, err := t.quota.Bounded(x, 0, math.MaxInt64)
	if err != nil {
		return nil, "", false, err
	}
	period, err := t.period.Text(x)
	if err != nil {
		return nil, "", false, err
	}
	l.key = limit.Key{Policy: "llm-token-limit", Counted: key}
	l.rate = limit.Rate{Calls: perMinute, Period: time.Minute}
	l.quota = limit.Quota{Key: limit.Key{Policy: "llm-token-quota " + period, Counted: key}, Limit: quota}
	l.quota.Start, l.quota.Period, err = calendar(period, t.services.Now().UTC())
	return l, kind, estimate, err
}

// calendar gives the start and length of the period of the calendar that now is in.
func calendar(period string, now time.Time) (start time.Time, length time.Duration, err error) {
	year, month, day := now.Date()
	var end time.Time
	switch period {
	case "Indefinite":
		return time.Unix(0, 0).UTC(), 0, nil
	case "Hourly":
		start = now.Truncate(time.Hour)
		end = start.Add(time.Hour)
	case "Daily":
		start = time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
		end = start.AddDate(0, 0, 1)
	case "Weekly": // from Monday
		start = time.Date(year, month, day-(int(now.Weekday())+6)%7, 0, 0, 0, 0, time.UTC)
		end = start.AddDate(0, 0, 7)
	case "Monthly":
		start = time.Date(year, month, 1, 0, 0, 0, 0, time.UTC)
		end = start.AddDate(0, 1, 0)
	case "Yearly":
		start = time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)
		end = start.AddDate(1, 0, 0)
	default:
		return start, 0, policy.ValueError("%q is not a period of a token quota", policy.Short(period))
	}
	return start, end.Sub(start), nil
}

// settle counts what the call used in place of what it took.
func (l *tokenLimit) settle(x *policy.Exchange, used tokenUsage) error {
	n := used.total
	if l.ignorePrompt {
		n = used.completion
	}
	l.consumed.tell(x, n)
	if l.taken.OK {
		l.services.Rates.Return(x.Context, l.key, l.taken)
		if rate := l.rate; n > 0 {
			rate.Weight = n
			if err := l.services.Rates.Add(x.Context, l.key, rate); err != nil {
				return fmt.Errorf("count the tokens of the key %q: %w", l.key.Counted, err)
			}
		}
	}
	if l.reserved > 0 {
		l.services.Quotas.Return(x.Context, l.quota, l.reserved)
		if err := l.services.Quotas.Add(x.Context, l.quota, n); err != nil {
			return fmt.Errorf("count the tokens of the key %q: %w", l.key.Counted, err)
		}
	}
	return nil
}

func (l *tokenLimit) refuseRate(x *policy.Exchange, t limit.Taken, err error) error {
	if err != nil {
		return &policy.Error{Status: 500, Detail: "The call's tokens could not be counted.", Err: err}
	}
	l.remaining.tell(x, 0)
	wait := l.wait(x, t.RetryAfter)
	return &policy.Error{Status: 429, Reason: "TokenLimitExceeded", Detail: "Token limit is exceeded",
		Message: "Token limit is exceeded. Try again in " + wait + " seconds.", Headers: policy.Headers{{Name: l.retry.header, Value: wait}}}
}

func (l *tokenLimit) refuseQuota(x *policy.Exchange, used limit.Used, err error) error {
	if err != nil {
		return &policy.Error{Status: 500, Detail: "The call's tokens could not be counted.", Err: err}
	}
	l.remainingQuota.tell(x, max(0, used.Remaining))
	e := &policy.Error{Status: 403, Reason: "TokenQuotaExceeded", Detail: "Token quota is exceeded", Message: "Token quota is exceeded."}
	if l.quota.Period > 0 {
		wait := l.wait(x, used.Resets)
		e.Message += " Quota will be replenished in " + limits.Clock(limits.WholeSeconds(used.Resets)) + "."
		e.Headers = policy.Headers{{Name: l.retry.header, Value: wait}}
	}
	return e
}

// wait tells how long to wait, and gives it in seconds.
func (l *tokenLimit) wait(x *policy.Exchange, d time.Duration) string {
	seconds := limits.WholeSeconds(d)
	if l.retry.variable != "" {
		x.SetVariable(l.retry.variable, seconds)
	}
	return strconv.FormatInt(seconds, 10)
}
