package control

import (
	"context"
	"errors"
	"sync"

	"portico/internal/policy"
	"portico/internal/policy/document"
)

// Wait runs its policies at the same time and goes on when all of them, or the
// first of them, are done.
func Wait() policy.Declaration {
	return policy.Declaration{
		Form: policy.Form{
			Name:       "wait",
			Attributes: []policy.Attribute{{Name: "for", Kind: policy.Enumeration, Values: []string{"all", "any"}}},
			Holds: []string{"choose", "forward-request", "send-request", "cache-lookup-value", "cache-store-value", "cache-remove-value",
				"authentication-managed-identity", "authentication-token"},
		},
		Sections: policy.Inbound | policy.Backend | policy.Outbound,
		Scopes:   policy.EveryScope,
		Compile: func(c *policy.Builder, e *document.Element) policy.Action {
			return &waiting{which: c.Value(e, "for", "all"), steps: c.Steps(e)}
		},
	}
}

type waiting struct {
	which policy.Value
	steps policy.Steps
}

// Do gives each policy an Exchange of its own, and takes over what they changed
// in the order in which they stand. Those that lose the race are cancelled and
// waited for, and leave nothing behind.
func (w *waiting) Do(x *policy.Exchange) error {
	which, err := w.which.Text(x)
	if err != nil {
		return err
	}
	for _, m := range []policy.Message{policy.TheRequest, policy.TheResponse} {
		if _, err := m.Bytes(x); err != nil { // all of them read it
			return err
		}
	}
	ctx, cancel := context.WithCancel(x.Context)
	defer cancel()
	branches := make([]policy.Exchange, len(w.steps))
	errs := make([]error, len(w.steps))
	first := -1
	var mu sync.Mutex // of first
	var wg sync.WaitGroup
	for i := range w.steps {
		branches[i] = x.Branch(ctx)
		wg.Go(func() {
			errs[i] = w.run(i, &branches[i])
			mu.Lock()
			defer mu.Unlock()
			if first < 0 && errs[i] == nil {
				first = i
			}
			if errs[i] != nil && which == "all" || errs[i] == nil && which == "any" {
				cancel()
			}
		})
	}
	wg.Wait()
	if which == "any" && first >= 0 {
		return x.Merge(&branches[first])
	}
	for i := range branches {
		if errs[i] != nil && !errors.Is(errs[i], context.Canceled) {
			return errs[i]
		}
	}
	for i := range branches {
		if errs[i] != nil {
			return errs[i]
		}
		if err := x.Merge(&branches[i]); err != nil {
			return err
		}
	}
	return nil
}

// run does one policy; a panic in it is an error of the call, as it is elsewhere.
func (w *waiting) run(i int, x *policy.Exchange) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &policy.Error{Status: 500, Reason: "InternalError", Err: errors.New("a policy inside of <wait> panicked")}
		}
	}()
	return w.steps[i : i+1].Run(x)
}
