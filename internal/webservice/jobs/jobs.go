// Package jobs has the batch jobs of web services as they are kept: where they
// stand, how far they are, and the Store that takes them from state to state.
// Package batch runs them.
package jobs

import (
	"context"
	"database/sql"
	"time"
)

// Kind is that of the queue's entries.
const Kind = "batch"

// MaxRunning is how many jobs of an endpoint run at once; the rest waits in the
// order in which it was started (azureml.md 1.8).
const MaxRunning = 40

// State is where a job stands.
type State string

// The states. Queued waits for one of MaxRunning places, Committing has all its
// output and is putting it under its final name; to clients both are Running.
const (
	NotStarted State = "NotStarted"
	Queued     State = "Queued"
	Running    State = "Running"
	Committing State = "Committing"
	Finished   State = "Finished"
	Failed     State = "Failed"
	Cancelled  State = "Cancelled"
)

// Documented gives the state's name in azureml.md 2.3.
func (s State) Documented() State {
	if s == Queued || s == Committing {
		return Running
	}
	return s
}

// Ended tells whether the state is final.
func (s State) Ended() bool { return s == Finished || s == Failed || s == Cancelled }

// Job is one job.
type Job struct {
	ID       string // 32 hex digits
	Endpoint string // its id
	Name     string // of the endpoint, as service id and endpoint name: "…/default"
	State    State
	Request  string // sealed: it holds keys of storage accounts
	Details  string // of a Failed job
	Progress
	Interruptions int // how often a process ended while it ran since the last checkpoint

	// Times are UTC and zero until they come.
	Created, Started, Begun, Ended time.Time
}

// Progress is how far a job is.
type Progress struct {
	Rows       int64  // scored
	Bytes      int64  // of the input that was read
	Size       int64  // of the input, bytes
	Checkpoint string // JSON, of package batch
}

// Outcome is how a job ended.
type Outcome struct {
	State   State
	Details string
	Progress
}

// Filter says which jobs to list.
type Filter struct {
	Endpoint string // "" is every one
	State    State  // "" is every one
	Limit    int
}

// Store keeps jobs. It enqueues a job whose turn it is in the same transaction
// that says so, under Kind.
type Store interface {
	Create(ctx context.Context, j Job) error
	// Get returns fault.NotFound where there is none.
	Get(ctx context.Context, id string) (Job, error)
	// List gives jobs, the newest first.
	List(ctx context.Context, f Filter) ([]Job, error)
	// Count tells how many jobs are in each state.
	Count(ctx context.Context) (map[State]int64, error)
	// Start makes a NotStarted job Running, or Queued where MaxRunning jobs of its
	// endpoint run. It gives the job as it was before, unchanged in any other state.
	Start(ctx context.Context, id string, at time.Time) (before Job, err error)
	// Readmit enqueues every job that has a place and is not in the queue, as after a backup was
	// restored, counts the places anew, and gives free ones to jobs that wait. No job may be at work.
	Readmit(ctx context.Context) (enqueued int, err error)
	// Begin notes that the process works on a job, and gives it.
	Begin(ctx context.Context, id string, at time.Time) (Job, error)
	// Save keeps a running job's progress and forgets its interruptions. ok is
	// false, and nothing is kept, where it is Running no longer.
	Save(ctx context.Context, id string, p Progress) (ok bool, err error)
	// Move takes a job from one state to another. ok is false where it is in neither.
	Move(ctx context.Context, id string, from, to State) (ok bool, err error)
	// End ends a job unless it has ended, gives its place to the one that waited
	// longest, and calls complete, all in one transaction. It returns the state that holds.
	End(ctx context.Context, id string, o Outcome, at time.Time, complete func(context.Context, *sql.Tx) error) (State, error)
	// Cancel makes a job Cancelled that is neither Committing nor ended. A job that
	// has a place keeps it until End. It gives the job as it was before.
	Cancel(ctx context.Context, id string, at time.Time) (before Job, err error)
	// Forget removes jobs that ended before a time, and those made before it that were never started.
	Forget(ctx context.Context, before time.Time) (int64, error)
}
