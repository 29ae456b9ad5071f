// Package job is durable background work on River: work that was enqueued in a
// transaction is handled once that is committed, in the order of its entries, and
// again after a crash, until its handler completes it in a transaction of its
// own. What the work is, the areas know; an entry holds a kind and an id.
package job

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"
)

const (
	// again is when work is tried again that could not be completed, as where the database refused.
	again = 2 * time.Second
	// stopWithin bounds how long handlers may take to return once they are cancelled.
	stopWithin = 20 * time.Second
	// maxAttempts is beyond what an entry can reach: whoever handles it decides when to give up.
	maxAttempts = 30_000
	// pollEvery is how long an entry waits at most whose notice was lost.
	pollEvery = time.Second
	lookEvery = 20 * time.Second
	// fetchCooldown is the least time between two fetches.
	fetchCooldown = 20 * time.Millisecond
)

// Config is what a Queue needs.
type Config struct {
	DB      *sql.DB // of the engine; SQLite's has one connection
	Kinds   []string
	Workers int           // how many entries are handled at once
	Timeout time.Duration // the longest that a handler runs at a time
	Look    time.Duration // between two looks for entries that got lost on their way from the database; 0 is 20 s
	Log     *slog.Logger
}

// Handler does the work of an entry. Where it returns nil it has completed the
// entry, by Entry.Complete in its own transaction. After an error the entry is
// handled again later. It returns soon after ctx ends.
type Handler func(ctx context.Context, e *Entry) error

// Later is a Handler's error after which the entry is handled again when a time
// of its own choice has passed. It is not logged: the handler tells why.
type Later struct{ After time.Duration }

// Error implements error.
func (l Later) Error() string { return fmt.Sprintf("job: again in %s", l.After) }

// Entry is an entry of the queue in its handler's hands.
type Entry struct {
	Kind string
	ID   string
	// Complete ends the entry once tx is committed.
	Complete func(ctx context.Context, tx *sql.Tx) error
}

// Queue is the process's queue. One process works on a database's queue.
type Queue struct {
	db       *sql.DB
	look     time.Duration
	log      *slog.Logger
	handlers map[string]Handler
	engine   engine

	mu      sync.Mutex
	working map[int64]struct{} // River's numbers of the entries that are in a handler's hands
}

// engine is River over one kind of transaction.
type engine interface {
	insert(ctx context.Context, tx *sql.Tx, a args) error
	pending(ctx context.Context, kind string) (map[string]bool, error)
	start(ctx context.Context) error
	stop(ctx context.Context) error
}

// Open opens the queue of a database and brings its schema up to date. bridge
// gives the engine's form of a transaction. Call Handle for each kind, then Run.
func Open[TTx any](ctx context.Context, driver riverdriver.Driver[TTx], bridge func(*sql.Tx) (TTx, error), c Config) (*Queue, error) {
	if len(c.Kinds) == 0 || c.DB == nil || c.Log == nil || c.Workers <= 0 || c.Timeout <= 0 {
		return nil, errors.New("job: DB, Kinds, Workers, Timeout and Log are required")
	}
	// River's own log speaks of its parts; what matters of it are warnings.
	quiet := slog.New(atLeast{c.Log.Handler(), slog.LevelWarn})
	migrator, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: quiet})
	if err != nil {
		return nil, fmt.Errorf("job: %w", err)
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return nil, fmt.Errorf("job: bring the queue's schema up to date: %w", err)
	}
	q := &Queue{db: c.DB, look: cmp.Or(c.Look, lookEvery), log: c.Log, handlers: map[string]Handler{}, working: map[int64]struct{}{}}
	workers := river.NewWorkers()
	for _, kind := range c.Kinds {
		river.AddWorkerArgs(workers, args{kind: kind}, &worker[TTx]{queue: q, kind: kind, timeout: c.Timeout, bridge: bridge})
	}
	client, err := river.NewClient(driver, &river.Config{
		Queues:            map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: c.Workers}},
		Workers:           workers,
		Logger:            quiet,
		MaxAttempts:       maxAttempts,
		FetchCooldown:     fetchCooldown,
		FetchPollInterval: pollEvery,
		JobTimeout:        c.Timeout,
		// Run releases what a crash left; this is for a handler that never returns.
		RescueStuckJobsAfter: c.Timeout + time.Hour,
	})
	if err != nil {
		return nil, fmt.Errorf("job: %w", err)
	}
	q.engine = &riverEngine[TTx]{client, bridge}
	return q, nil
}

// Handle sets what handles entries of a kind. It is not to be called after Run.
func (q *Queue) Handle(kind string, h Handler) { q.handlers[kind] = h }

// Enqueue adds an entry, which is handled after tx is committed.
func (q *Queue) Enqueue(ctx context.Context, tx *sql.Tx, kind, id string) error {
	return q.engine.insert(ctx, tx, args{kind: kind, ID: id})
}

// Pending gives the ids of the entries of a kind that are not completed.
func (q *Queue) Pending(ctx context.Context, kind string) (map[string]bool, error) {
	return q.engine.pending(ctx, kind)
}

// Run handles entries until ctx ends. First it releases those that the last
// process was handling when it died: no other process works on this queue.
func (q *Queue) Run(ctx context.Context) error {
	for kind := range q.handlers {
		q.log.Debug("jobs are handled", "kind", kind)
	}
	if err := q.release(ctx); ctx.Err() != nil {
		return nil
	} else if err != nil {
		return err
	}
	// River must not see a deadline: it would spin after it. Stop ends it.
	if err := q.engine.start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("job: start the queue: %w", err)
	}
	q.lookAfter(ctx)
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
	defer cancel()
	if err := q.engine.stop(stopping); err != nil {
		return fmt.Errorf("job: stop the queue: %w", err)
	}
	return nil
}

// release makes entries available again, in the order in which they were made.
func (q *Queue) release(ctx context.Context) error {
	done, err := q.db.ExecContext(ctx, "UPDATE river_job SET state = 'available', scheduled_at = created_at WHERE state IN ('running', 'retryable')")
	if err != nil {
		return fmt.Errorf("job: release what was running: %w", err)
	}
	if n, err := done.RowsAffected(); err == nil && n > 0 {
		q.log.Info("jobs that the last process was working on go on", "jobs", n)
	}
	return nil
}

// lookAfter releases, until ctx ends, entries that River says are running and
// no handler has: it fetched them while the connection to the database broke.
func (q *Queue) lookAfter(ctx context.Context) {
	tick := time.NewTicker(q.look)
	defer tick.Stop()
	var before map[int64]bool
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		stray, err := q.stray(ctx)
		if err != nil {
			continue // the database is not there; whoever needs it says so
		}
		for id := range stray {
			if !before[id] {
				continue // it may be on its way to the handler
			}
			if _, err := q.db.ExecContext(ctx, "UPDATE river_job SET state = 'available', scheduled_at = created_at WHERE state = 'running' AND id = $1", id); err == nil {
				q.log.Warn("an entry of the queue was lost between the database and the process, and is handled now", "entry", id)
			}
		}
		before = stray
	}
}

// stray gives the entries that are running and in nobody's hands.
func (q *Queue) stray(ctx context.Context) (_ map[int64]bool, err error) {
	rows, err := q.db.QueryContext(ctx, "SELECT id FROM river_job WHERE state = 'running'")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	found := map[int64]bool{}
	q.mu.Lock()
	defer q.mu.Unlock()
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		if _, ok := q.working[id]; !ok {
			found[id] = true
		}
	}
	return found, rows.Err()
}

// inHand notes an entry until done is called.
func (q *Queue) inHand(id int64) (done func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.working[id] = struct{}{}
	return func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		delete(q.working, id)
	}
}

// args are an entry as River keeps it.
type args struct {
	kind string
	ID   string `json:"id"`
}

// Kind implements river.JobArgs.
func (a args) Kind() string { return a.kind }

type riverEngine[TTx any] struct {
	client *river.Client[TTx]
	bridge func(*sql.Tx) (TTx, error)
}

func (e *riverEngine[TTx]) insert(ctx context.Context, tx *sql.Tx, a args) error {
	own, err := e.bridge(tx)
	if err != nil {
		return fmt.Errorf("job: %w", err)
	}
	if _, err := e.client.InsertTx(ctx, own, a, nil); err != nil {
		return fmt.Errorf("job: enqueue: %w", err)
	}
	return nil
}

// pendingPage is how many entries are read at a time.
const pendingPage = 1000

func (e *riverEngine[TTx]) pending(ctx context.Context, kind string) (map[string]bool, error) {
	found := map[string]bool{}
	list := river.NewJobListParams().Kinds(kind).First(pendingPage).OrderBy(river.JobListOrderByID, river.SortOrderAsc).
		States(rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable, rivertype.JobStateRunning, rivertype.JobStateScheduled)
	for {
		page, err := e.client.JobList(ctx, list)
		if err != nil {
			return nil, fmt.Errorf("job: list the entries: %w", err)
		}
		for _, j := range page.Jobs {
			var a args
			if err := json.Unmarshal(j.EncodedArgs, &a); err != nil {
				return nil, fmt.Errorf("job: entry %d: %w", j.ID, err)
			}
			found[a.ID] = true
		}
		if page.LastCursor == nil || len(page.Jobs) < pendingPage {
			return found, nil
		}
		list = list.After(page.LastCursor)
	}
}

func (e *riverEngine[TTx]) start(ctx context.Context) error { return e.client.Start(ctx) }

func (e *riverEngine[TTx]) stop(ctx context.Context) error { return e.client.StopAndCancel(ctx) }

// worker hands River's jobs of one kind to the handler.
type worker[TTx any] struct {
	river.WorkerDefaults[args]
	queue   *Queue
	kind    string
	timeout time.Duration
	bridge  func(*sql.Tx) (TTx, error)
}

// Timeout implements river.Worker.
func (w *worker[TTx]) Timeout(*river.Job[args]) time.Duration { return w.timeout }

// Work implements river.Worker.
func (w *worker[TTx]) Work(ctx context.Context, j *river.Job[args]) error {
	handle := w.queue.handlers[w.kind]
	if handle == nil {
		return river.JobSnooze(again)
	}
	defer w.queue.inHand(j.ID)()
	e := &Entry{Kind: w.kind, ID: j.Args.ID, Complete: func(_ context.Context, tx *sql.Tx) error {
		own, err := w.bridge(tx)
		if err != nil {
			return fmt.Errorf("job: %w", err)
		}
		// River finds its client in the context that it gave.
		_, err = river.JobCompleteTx[riverdriver.Driver[TTx]](context.WithoutCancel(ctx), own, j)
		if errors.Is(err, rivertype.ErrNotFound) {
			return nil // its row is gone, or it was completed
		}
		return err
	}}
	// It is tried again here: to give the entry back, River needs the database, which may be what is in trouble.
	for {
		err := handle(ctx, e)
		var later Later
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil: // the process stops; the next one goes on
			return river.JobSnooze(0)
		case errors.As(err, &later):
			return river.JobSnooze(later.After)
		}
		w.queue.log.Error("a job could not be completed and is tried again", "kind", w.kind, "id", e.ID, "error", err)
		select {
		case <-ctx.Done():
			return river.JobSnooze(0)
		case <-time.After(again):
		}
	}
}

// atLeast drops records below a level.
type atLeast struct {
	slog.Handler
	level slog.Level
}

// Enabled implements slog.Handler.
func (h atLeast) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= h.level && h.Handler.Enabled(ctx, l)
}
