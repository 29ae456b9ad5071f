package record

import (
	"context"
	"sync"
)

// Editor makes changes that must be planned first, one at a time: a rule that
// spans records, such as unique paths, still holds when the change is made.
// Every change that such a rule can be broken by goes through one Editor.
type Editor struct {
	Store Store

	mu sync.Mutex
}

// Edit calls plan, which reads and decides, and applies what it returns.
// Nothing is changed when plan fails or returns no changes.
func (e *Editor) Edit(ctx context.Context, plan func() ([]Change, error)) ([]Applied, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	changes, err := plan()
	if err != nil || len(changes) == 0 {
		return nil, err
	}
	return e.Store.Apply(ctx, changes...)
}
