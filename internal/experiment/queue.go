package experiment

import (
	"context"
	"errors"
	"slices"
	"sync"

	"portico/internal/fault"
)

// Why a run's context ends.
var (
	errCancelled = errors.New("the run was cancelled")
	errStopping  = errors.New("the server is stopping")
)

// queue holds the runs that have not ended, in memory; the records in
// queueCollection are its durable form.
type queue struct {
	most int
	wake chan struct{} // has one element when there may be something to begin

	mu      sync.Mutex
	held    int // places taken: reserved, waiting and active
	waiting []*queued
	active  map[string]*active // by run id
	freed   chan struct{}      // closed, and replaced, when a place is given back
}

// active is a run in progress.
type active struct {
	*queued
	cancel context.CancelCauseFunc
	state  *run // as last told; nil before the first time
}

func newQueue(most int) *queue {
	return &queue{most: most, wake: make(chan struct{}, 1), active: map[string]*active{}, freed: make(chan struct{})}
}

// reserve takes a place for a run that is about to be stored. It returns
// fault.Unavailable where there is none.
func (q *queue) reserve() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.held >= q.most {
		return fault.New(fault.Unavailable, "%d runs wait or are in progress, which is the limit: try again when one has ended.", q.most)
	}
	q.held++
	return nil
}

// settle puts a stored run on the place that was reserved, or gives the place back for nil.
func (q *queue) settle(r *queued) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if r == nil {
		q.free()
		return
	}
	q.waiting = append(q.waiting, r)
	q.signal()
}

// free gives a place back.
func (q *queue) free() {
	q.held--
	close(q.freed)
	q.freed = make(chan struct{})
	q.signal()
}

// nextFreed is closed when a place is given back: a run may have ended.
func (q *queue) nextFreed() <-chan struct{} {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.freed
}

// restore puts back runs that were accepted before, whatever the limit.
func (q *queue) restore(runs []*queued) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, r := range runs {
		known := q.active[r.RunID] != nil || slices.ContainsFunc(q.waiting, func(w *queued) bool { return w.RunID == r.RunID })
		if !known {
			q.held++
			q.waiting = append(q.waiting, r)
		}
	}
	q.signal()
}

// begin takes the next run, with a context of its own, where fewer than parallel are active; else nil.
func (q *queue) begin(ctx context.Context, parallel int) (context.Context, *active) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) == 0 || len(q.active) >= parallel {
		return nil, nil
	}
	a := &active{queued: q.waiting[0]}
	ctx, a.cancel = context.WithCancelCause(ctx)
	q.waiting = q.waiting[1:]
	q.active[a.RunID] = a
	return ctx, a
}

// tell shows how far a run is.
func (q *queue) tell(a *active, r run) {
	r = r.clone()
	q.mu.Lock()
	defer q.mu.Unlock()
	a.state = &r
}

// end gives an active run's place back.
func (q *queue) end(a *active) {
	a.cancel(nil)
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.active, a.RunID)
	q.free()
}

// cancel ends an active run's context. A run that waits is taken out and given; its place is the caller's.
func (q *queue) cancel(runID string) *queued {
	q.mu.Lock()
	defer q.mu.Unlock()
	if a := q.active[runID]; a != nil {
		a.cancel(errCancelled)
		return nil
	}
	i := slices.IndexFunc(q.waiting, func(w *queued) bool { return w.RunID == runID })
	if i < 0 {
		return nil
	}
	r := q.waiting[i]
	q.waiting = slices.Delete(q.waiting, i, i+1)
	return r
}

// progress is what was last told of a run in progress.
func (q *queue) progress(runID string) (run, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	a := q.active[runID]
	if a == nil || a.state == nil {
		return run{}, false
	}
	return a.state.clone(), true
}

func (q *queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}
