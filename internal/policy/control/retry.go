package control

import (
	"math/rand/v2"
	"time"

	"portico/internal/policy"
	"portico/internal/policy/document"
)

// Retry runs its policies once, and again for as long as the condition holds
// and attempts are left.
func Retry() policy.Declaration {
	return policy.Declaration{
		Form: policy.Form{
			Name: "retry",
			Attributes: []policy.Attribute{
				{Name: "condition", Required: true, Kind: policy.Boolean},
				{Name: "count", Required: true, Kind: policy.Integer, Min: 1, Max: maxRetries},
				{Name: "interval", Required: true, Kind: policy.Integer, Max: maxInterval},
				{Name: "max-interval", Kind: policy.Integer, Max: maxInterval},
				{Name: "delta", Kind: policy.Integer, Max: maxInterval},
				{Name: "first-fast-retry", Kind: policy.Boolean},
			},
			Holds: policy.AnyPolicy,
		},
		Sections: policy.EverySection,
		Scopes:   policy.EveryScope,
		Compile: func(c *policy.Builder, e *document.Element) policy.Action {
			r := &retrying{condition: c.Value(e, "condition", ""), count: c.Value(e, "count", ""), interval: c.Value(e, "interval", ""),
				delta: c.Value(e, "delta", "0"), most: c.Value(e, "max-interval", "0"), fast: c.Value(e, "first-fast-retry", "false"), steps: c.Steps(e)}
			_, r.exponential = e.Attr("max-interval")
			return r
		},
	}
}

const (
	maxRetries  = 50
	maxInterval = 24 * 60 * 60 // seconds
)

type retrying struct {
	condition, count, interval, delta, most, fast policy.Value
	exponential                                   bool
	steps                                         policy.Steps
}

func (r *retrying) Do(x *policy.Exchange) error {
	count, err := r.count.Bounded(x, 1, maxRetries)
	if err != nil {
		return err
	}
	for n := int64(0); ; n++ {
		if err := r.steps.Run(x); err != nil {
			return err
		}
		if n == count {
			return nil
		}
		again, err := r.condition.Bool(x)
		if err != nil || !again {
			return err
		}
		wait, err := r.wait(x, n+1)
		if err != nil {
			return err
		}
		if err := pause(x, wait); err != nil {
			return err
		}
	}
}

// wait is the time before attempt n again: the interval, with a delta n-1 deltas
// more, and with a longest interval exponentially more, up to that.
func (r *retrying) wait(x *policy.Exchange, n int64) (time.Duration, error) {
	fast, err := r.fast.Bool(x)
	if err != nil || fast && n == 1 {
		return 0, err
	}
	var seconds [3]int64
	for i, v := range []*policy.Value{&r.interval, &r.delta, &r.most} {
		if seconds[i], err = v.Bounded(x, 0, maxInterval); err != nil {
			return 0, err
		}
	}
	interval, delta := time.Duration(seconds[0])*time.Second, time.Duration(seconds[1])*time.Second
	if !r.exponential {
		return interval + time.Duration(n-1)*delta, nil
	}
	most := time.Duration(seconds[2]) * time.Second
	const doublings = 20 // more are beyond any longest interval
	spread := 0.8 + 0.4*rand.Float64()
	more := time.Duration(float64((int64(1)<<min(n-1, doublings))-1) * spread * float64(delta))
	return min(interval+more, most), nil
}

// pause waits, unless the call ends before.
func pause(x *policy.Exchange, d time.Duration) error {
	if d <= 0 {
		return x.Context.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-x.Context.Done():
		return x.Context.Err()
	}
}
