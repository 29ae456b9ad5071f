package policy

import (
	"math/rand/v2"
	"time"
)

// retry runs its policies once, and again for as long as the condition holds
// and attempts are left.
func retry() declaration {
	return declaration{
		element: element{
			name: "retry",
			attributes: []attribute{
				{name: "condition", required: true, kind: boolean},
				{name: "count", required: true, kind: integer, min: 1, max: maxRetries},
				{name: "interval", required: true, kind: integer, max: maxInterval},
				{name: "max-interval", kind: integer, max: maxInterval},
				{name: "delta", kind: integer, max: maxInterval},
				{name: "first-fast-retry", kind: boolean},
			},
			holds: anyPolicy,
		},
		sections: everySection,
		scopes:   everyScope,
		compile: func(c *compiler, e *Element) Action {
			r := &retrying{condition: c.value(e, "condition", ""), count: c.value(e, "count", ""), interval: c.value(e, "interval", ""),
				delta: c.value(e, "delta", "0"), most: c.value(e, "max-interval", "0"), fast: c.value(e, "first-fast-retry", "false"), steps: c.steps(e)}
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
	condition, count, interval, delta, most, fast Value
	exponential                                   bool
	steps                                         Steps
}

func (r *retrying) Do(x *Exchange) error {
	count, err := r.count.bounded(x, 1, maxRetries)
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
func (r *retrying) wait(x *Exchange, n int64) (time.Duration, error) {
	fast, err := r.fast.Bool(x)
	if err != nil || fast && n == 1 {
		return 0, err
	}
	var seconds [3]int64
	for i, v := range []*Value{&r.interval, &r.delta, &r.most} {
		if seconds[i], err = v.bounded(x, 0, maxInterval); err != nil {
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
func pause(x *Exchange, d time.Duration) error {
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
