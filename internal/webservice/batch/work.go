package batch

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync/atomic"
	"time"

	"portico/internal/fault"
	"portico/internal/job"
	"portico/internal/webservice"
	"portico/internal/webservice/jobs"
)

// What becomes of a job while processes die. From carefulFrom interruptions of
// one stretch on, stretches are as short as they can be, and each has its turn to itself until it
// is kept. From suspectFrom on the job waits before it is tried, longer each time: if it is what
// processes die of, they live in between and others get on. After maxInterruptions it is taken for that.
const (
	carefulFrom      = 1
	suspectFrom      = 3
	maxInterruptions = 10
	firstWait        = time.Second
	longestWait      = time.Minute
)

// waitAfter is how long a job waits that was interrupted so often.
func waitAfter(interruptions int) time.Duration {
	if interruptions < suspectFrom {
		return 0
	}
	return min(firstWait<<(interruptions-suspectFrom), longestWait)
}

// maxRestarts is how often a job begins anew because somebody else wrote its output meanwhile.
const maxRestarts = 5

var errCancelled = errors.New("the job was cancelled")

// active is a job that this process works on.
type active struct {
	cancel context.CancelCauseFunc
	rows   atomic.Int64
	bytes  atomic.Int64
	size   atomic.Int64
}

// fresh gives a job the progress since its last checkpoint.
func (s *Service) fresh(j jobs.Job) jobs.Job {
	s.mu.Lock()
	a := s.active[j.ID]
	s.mu.Unlock()
	if a != nil && (j.State == jobs.Running || j.State == jobs.Committing) {
		j.Rows, j.Bytes, j.Size = a.rows.Load(), a.bytes.Load(), a.size.Load()
	}
	return j
}

// work is the queue's handler: it runs a job to its end, or to where the process is asked to stop.
func (s *Service) work(ctx context.Context, e *job.Entry) error {
	j, err := s.store.Get(ctx, e.ID)
	switch {
	case fault.Is(err, fault.NotFound):
		j = jobs.Job{ID: e.ID, State: jobs.Cancelled}
	case err != nil:
		return err
	}
	o := jobs.Outcome{State: j.State}
	if !j.State.Ended() {
		if o, err = s.perform(ctx, j); err != nil {
			return err
		}
	}
	if o.State != jobs.Finished {
		s.discard(context.WithoutCancel(ctx), j)
	}
	// What was found out is kept though the process is asked to stop.
	state, err := s.store.End(context.WithoutCancel(ctx), j.ID, o, s.now(), e.Complete)
	if err != nil {
		return err
	}
	if !j.State.Ended() && state != jobs.Cancelled { // Cancel has counted that
		s.metrics.ended(state)
		s.log.Info("a batch job ended", "job", j.ID, "endpoint", j.Name, "state", state, "rows", o.Rows)
	}
	return nil
}

// discard removes the blocks of outputs that will never be. An account that is not ours does so itself, after a week.
func (s *Service) discard(ctx context.Context, j jobs.Job) {
	if j.Request == "" {
		return // it is forgotten
	}
	r, err := s.request(j)
	if err != nil {
		s.log.Warn("the blocks of a job that failed stay for a week", "job", j.ID, "error", err)
		return
	}
	for _, o := range r.Outputs {
		l, err := s.locate(quoted("output", o.Name), o.Reference, "")
		if err == nil && l.own {
			err = s.storage.DiscardBlocks(ctx, l.container, l.blob, blockPrefix(j.ID))
		}
		if err != nil && !fault.Is(err, fault.NotFound) { // without its container, there are none
			s.log.Warn("the blocks of a job that failed stay for a week", "job", j.ID, "output", o.Name, "error", err)
		}
	}
}

// perform runs a job that has not ended. An error means that it is to be tried
// again: the process stops, or the database did not take something.
func (s *Service) perform(parent context.Context, j jobs.Job) (o jobs.Outcome, err error) {
	ctx, cancel := context.WithCancelCause(parent)
	a := &active{cancel: cancel}
	a.rows.Store(j.Rows)
	a.bytes.Store(j.Bytes)
	a.size.Store(j.Size)
	s.mu.Lock()
	s.active[j.ID] = a
	s.mu.Unlock()
	defer func() {
		cancel(nil)
		s.mu.Lock()
		delete(s.active, j.ID)
		s.mu.Unlock()
	}()
	err = s.guarded(ctx, j, a)
	o.Progress = jobs.Progress{Rows: a.rows.Load(), Bytes: a.bytes.Load(), Size: a.size.Load()}
	var t *trouble
	switch {
	case err == nil:
		o.State = jobs.Finished
	case errors.Is(context.Cause(ctx), errCancelled), errors.Is(err, errCancelled):
		o.State = jobs.Cancelled
	case errors.Is(context.Cause(parent), context.DeadlineExceeded):
		o.State, o.Details = jobs.Failed, "The job ran longer than this server lets a job run at a time."
	case parent.Err() != nil:
		return o, parent.Err()
	case errors.As(err, &t):
		return o, err
	default:
		o.State, o.Details = jobs.Failed, s.details(j, err)
	}
	return o, nil
}

// trouble is a failure that says nothing about the job: the database did not take something.
type trouble struct{ error }

// Unwrap gives the cause.
func (t *trouble) Unwrap() error { return t.error }

func troubled(err error) error {
	if err == nil {
		return nil
	}
	return &trouble{err}
}

// guarded runs a job, and takes a panic for its failure.
func (s *Service) guarded(ctx context.Context, j jobs.Job, a *active) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	r, err := s.prepare(ctx, j, a)
	if err != nil {
		return err
	}
	return r.toEnd(ctx)
}

// details says in a sentence or two why a job failed. What only the log may have goes there.
func (s *Service) details(j jobs.Job, err error) string {
	var m *webservice.ModuleFailure
	if errors.As(err, &m) && m.Code != "" {
		where := ""
		var c *chunkError
		if errors.As(err, &c) {
			where = c.String() + ": "
		}
		return fmt.Sprintf("%sModule %q: Error %s: %s", where, m.Module, m.Code, m.Message)
	}
	f := fault.As(err)
	if f.Kind == fault.Internal && f.Code == "" {
		s.log.Error("a batch job failed", "job", j.ID, "endpoint", j.Name, "error", err)
		return "The job failed with an internal error. The server's log has it under the job's id, " + j.ID + "."
	}
	if f.Kind == fault.StorageFailed {
		s.log.Error("a batch job failed", "job", j.ID, "endpoint", j.Name, "error", err)
	}
	if f.Code != "" {
		return f.Code + ": " + f.Message
	}
	return f.Message
}
