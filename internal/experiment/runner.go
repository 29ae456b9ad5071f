package experiment

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"portico/internal/fault"
	"portico/internal/record"
)

const (
	trimEvery  = time.Hour       // how often old results are let go
	storeAgain = 5 * time.Second // how long after a refusal the end of a run is stored again
)

// Run runs the accepted runs, first those that an earlier process left, until
// ctx ends. Nodes that run then have Options.Grace to finish; Run returns when
// none runs. What did not finish goes on after the next start.
func (s *Service) Run(ctx context.Context) error {
	if err := s.resume(ctx); ctx.Err() != nil {
		return nil
	} else if err != nil {
		return err
	}
	work, stop := context.WithCancelCause(context.WithoutCancel(ctx))
	defer stop(nil)
	var running sync.WaitGroup
	trim := time.NewTicker(trimEvery)
	defer trim.Stop()
	for {
		runCtx, next := s.queue.begin(work, s.Options.ParallelRuns)
		if next != nil {
			running.Go(func() {
				s.execute(runCtx, ctx.Done(), next)
				s.trim(work)
				s.queue.end(next)
			})
			continue
		}
		select {
		case <-s.queue.wake:
		case <-trim.C:
			running.Go(func() { s.trim(work) })
		case <-ctx.Done():
			grace := time.AfterFunc(s.Options.Grace, func() { stop(errStopping) })
			running.Wait()
			grace.Stop()
			return nil
		}
	}
}

// resume puts the runs that an earlier process accepted and did not end back into the queue.
func (s *Service) resume(ctx context.Context) error {
	if err := s.results.sweep(ctx); err != nil {
		return fmt.Errorf("sweep the node results: %w", err)
	}
	recs, err := s.Records.List(ctx, queueCollection)
	if err != nil {
		return fmt.Errorf("list the runs that have not ended: %w", err)
	}
	var left []*queued
	for _, r := range recs {
		q := &queued{RunID: record.Name(r.Path)}
		if err := json.Unmarshal(r.Body, q); err != nil {
			return fmt.Errorf("run %s: %w", r.Path, err)
		}
		left = append(left, q)
	}
	s.queue.restore(left)
	return nil
}

func (s *Service) trim(ctx context.Context) {
	if ctx.Err() != nil {
		return
	}
	if err := s.results.trim(ctx, s.Options.ResultBytes, s.Options.ResultAge); err != nil {
		s.Log.Error("old node results could not be let go", "error", err)
	}
}

// execute runs one run to its end, or as far as it comes before a stop.
func (s *Service) execute(ctx context.Context, stopping <-chan struct{}, a *active) {
	e := &execution{
		s: s, active: a, at: map[*BoundNode]*nodeRun{}, values: map[*BoundNode][]*value{},
		data: map[string]*value{}, done: make(chan *nodeEnd),
	}
	defer func() {
		for _, key := range e.held {
			s.results.release(a.Workspace, key)
		}
	}()
	if err := e.begin(ctx); err != nil {
		e.state.Status.StatusDetail = s.refusal(a, err)
	} else {
		e.walk(ctx, stopping)
	}
	if e.conclude(ctx) {
		e.storeEnd(ctx)
	}
}

// begin reads the run and binds its nodes.
func (e *execution) begin(ctx context.Context) error {
	ws := e.Workspace
	ctx = context.WithoutCancel(ctx) // a cancelled run is read too, to be ended
	// The record, not what is in memory, tells whether the run was cancelled: the wish may have come before the run was queued.
	if q, _, err := record.Get[queued](ctx, e.s.Records, queuePath(e.RunID)); err != nil {
		return err
	} else if q.Cancel {
		e.cancel(errCancelled)
	}
	state, _, err := record.Get[run](ctx, e.s.Records, runPath(ws, e.Experiment, e.RunID))
	if err != nil {
		return err
	}
	e.state = state
	x, err := e.s.load(ctx, ws, e.Experiment)
	if err != nil {
		return err
	}
	if e.wiring, err = Wire(e.s.experiment(ws, x, &state), e.s.Modules); err != nil {
		return err
	}
	if err := e.bind(ctx); err != nil {
		return err
	}
	e.state.Status.StatusCode, e.state.Status.StatusDetail = Running, ""
	if e.state.Status.StartTime == nil {
		e.state.Status.StartTime = Now()
	}
	return nil
}

// refusal is what the user reads where a run cannot begin at all.
func (s *Service) refusal(a *active, err error) string {
	f := fault.As(err)
	if f.Kind == fault.Internal {
		s.Log.Error("a run could not begin", "workspace", a.Workspace, "experiment", a.Experiment, "error", err)
		return "The run could not begin because of an internal error."
	}
	text := f.Message
	for _, p := range f.Problems {
		text += "\n" + p.Message
	}
	return text
}

// conclude decides how the run ended. It gives false for one that a stop interrupted.
func (e *execution) conclude(ctx context.Context) bool {
	interrupted := false
	for n, r := range e.at {
		interrupted = interrupted || r.Status.StatusCode == Running || r.Status.StatusCode == Cancelled ||
			r.Status.StatusCode == NotStarted && e.fed(n)
	}
	status := &e.state.Status
	switch {
	case interrupted && context.Cause(ctx) != errCancelled:
		return false
	case interrupted:
		status.StatusCode, status.StatusDetail = Cancelled, ""
	case status.StatusDetail != "":
		status.StatusCode = Failed
	default:
		status.StatusCode = Finished
	}
	status.EndTime = Now()
	return true
}

// store writes the progress down and shows it. The run goes on where the disk
// refuses: the next store writes all of it.
func (e *execution) store(ctx context.Context) {
	ctx = context.WithoutCancel(ctx)
	_, err := e.s.Records.Apply(ctx, record.PutOf(e.path(), e.state, "*"))
	if err != nil && !e.warned {
		e.warned = true
		e.s.Log.Warn("the progress of a run could not be stored", "workspace", e.Workspace, "experiment", e.Experiment, "error", err)
	}
	e.s.queue.tell(e.active, e.state)
}

// storeEnd writes the end down and takes the run off the queue. Where the disk
// refuses it tries again until it can, or until the server stops: then the run
// goes on after the next start.
func (e *execution) storeEnd(ctx context.Context) {
	end := []record.Change{
		record.PutOf(e.path(), e.state, "*"),
		{Op: record.Delete, Path: queuePath(e.RunID)},
	}
	for {
		_, err := e.s.Records.Apply(context.WithoutCancel(ctx), end...)
		e.s.queue.tell(e.active, e.state)
		if err == nil || fault.Is(err, fault.NotFound) { // there is nothing left to write it to
			return
		}
		e.s.Log.Error("the end of a run could not be stored", "workspace", e.Workspace, "experiment", e.Experiment, "error", err)
		select {
		case <-time.After(storeAgain):
		case <-ctx.Done():
			return
		}
	}
}

func (e *execution) path() string { return runPath(e.Workspace, e.Experiment, e.RunID) }

// Cancel ends a run: what runs of it is interrupted, what waits does not begin.
// An experiment whose run is over stays as it is. It returns fault.NotFound, and
// fault.Conflict for a draft.
func (s *Service) Cancel(ctx context.Context, ws, id string) error {
	x, err := s.load(ctx, ws, id)
	if err != nil {
		return err
	}
	if x.RunID == "" {
		return fault.New(fault.Conflict, "The experiment %q is a draft, of which nothing runs.", x.Description)
	}
	// The wish is on disk before anything else: a run that was cancelled does not
	// come back after a crash.
	_, err = s.Records.Apply(ctx, record.PutOf(queuePath(x.RunID), queued{Workspace: ws, Experiment: id, Cancel: true}, "*"))
	if fault.Is(err, fault.NotFound) {
		return nil // it is over
	}
	if err != nil {
		return err
	}
	waiting := s.queue.cancel(x.RunID)
	if waiting == nil {
		return nil // it is active, and ends soon
	}
	defer s.queue.settle(nil)
	r, err := s.runOf(ctx, ws, x)
	if err != nil {
		return err
	}
	r.Status.StatusCode, r.Status.EndTime = Cancelled, Now()
	_, err = s.Records.Apply(ctx, record.PutOf(runPath(ws, id, x.RunID), r, "*"), record.Change{Op: record.Delete, Path: queuePath(x.RunID)})
	return err
}
