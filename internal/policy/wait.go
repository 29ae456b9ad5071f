package policy

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
)

// wait runs its policies at the same time and goes on when all of them, or the
// first of them, are done.
func wait() declaration {
	return declaration{
		element: element{
			name:       "wait",
			attributes: []attribute{{name: "for", kind: enumeration, values: []string{"all", "any"}}},
			holds: []string{"choose", "forward-request", "send-request", "cache-lookup-value", "cache-store-value", "cache-remove-value",
				"authentication-managed-identity", "authentication-token"},
		},
		sections: Inbound | Backend | Outbound,
		scopes:   everyScope,
		compile: func(c *compiler, e *Element) Action {
			return &waiting{which: c.value(e, "for", "all"), steps: c.steps(e)}
		},
	}
}

type waiting struct {
	which Value
	steps Steps
}

// Do gives each policy an Exchange of its own, and takes over what they changed
// in the order in which they stand. Those that lose the race are cancelled and
// waited for, and leave nothing behind.
func (w *waiting) Do(x *Exchange) error {
	which, err := w.which.Text(x)
	if err != nil {
		return err
	}
	for _, m := range []message{theRequest, theResponse} {
		if _, err := m.bytes(x); err != nil { // all of them read it
			return err
		}
	}
	ctx, cancel := context.WithCancel(x.Context)
	defer cancel()
	branches := make([]Exchange, len(w.steps))
	errs := make([]error, len(w.steps))
	first := -1
	var mu sync.Mutex // of first
	var wg sync.WaitGroup
	for i := range w.steps {
		branches[i] = x.branch(ctx)
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
		return x.merge(&branches[first])
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
		if err := x.merge(&branches[i]); err != nil {
			return err
		}
	}
	return nil
}

// run does one policy; a panic in it is an error of the call, as it is elsewhere.
func (w *waiting) run(i int, x *Exchange) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &Error{Status: 500, Reason: "InternalError", Err: errors.New("a policy inside of <wait> panicked")}
		}
	}()
	return w.steps[i : i+1].Run(x)
}

// branch is a copy of x whose changes x does not see.
func (x *Exchange) branch(ctx context.Context) Exchange {
	b := *x
	b.evaluator = evaluator{} // it points to x
	b.Context, b.ends, b.settlers, b.Variables = ctx, nil, nil, maps.Clone(x.Variables)
	b.Request.Headers, b.Response.Headers = slices.Clone(x.Request.Headers), slices.Clone(x.Response.Headers)
	b.ResponseHeaders = slices.Clone(x.ResponseHeaders)
	return b
}

// merge takes over what a branch changed. A response is read to its end: the
// branch's context is about to be over.
func (x *Exchange) merge(b *Exchange) error {
	for name, value := range b.Variables {
		x.SetVariable(name, value)
	}
	x.ends = append(x.ends, b.ends...)
	x.settlers = append(x.settlers, b.settlers...)
	if !slices.Equal(b.Request.Headers, x.Request.Headers) {
		x.Request.Headers = b.Request.Headers
	}
	if b.BackendElapsed > x.BackendElapsed { // it called the backend
		if _, err := theResponse.bytes(b); err != nil {
			return err
		}
		x.Response, x.BackendStatus, x.BackendElapsed = b.Response, b.BackendStatus, b.BackendElapsed
	}
	for _, h := range b.ResponseHeaders {
		x.ResponseHeaders.Set(h.Name, h.Value)
	}
	return nil
}
