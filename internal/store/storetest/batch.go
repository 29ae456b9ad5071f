package storetest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"portico/internal/fault"
	"portico/internal/webservice/jobs"
)

// BatchQueue is the queue behind a jobs.Store, which nobody works on.
type BatchQueue struct {
	Pending func(t *testing.T) map[string]bool // the jobs in it
	Lose    func(t *testing.T)                 // empties it, as restoring a backup does
}

// Batch checks a jobs.Store that is empty; reopen closes it and opens the same data again.
func Batch(t *testing.T, s jobs.Store, q BatchQueue, reopen func() jobs.Store) {
	b := &batchSuite{Store: s, queue: q, ctx: context.Background()}
	t.Run("states", b.states)
	t.Run("progress", b.progress)
	t.Run("cancelling", b.cancelling)
	t.Run("places", b.places)
	t.Run("one start", b.oneStart)
	t.Run("a failed end changes nothing", b.failedEnd)
	t.Run("lists", b.lists)
	t.Run("forgetting", b.forgetting)
	t.Run("a lost queue", func(t *testing.T) { b.lostQueue(t, reopen) })
}

type batchSuite struct {
	jobs.Store
	queue BatchQueue
	ctx   context.Context
	made  int
}

// make creates a job of an endpoint, a second after the one before, and gives its id.
func (b *batchSuite) make(t *testing.T, endpoint string) string {
	t.Helper()
	b.made++
	id := fmt.Sprintf("%032x", b.made)
	j := jobs.Job{ID: id, Endpoint: endpoint, Name: "service/" + endpoint, State: jobs.NotStarted, Request: "sealed", Created: b.at(b.made)}
	if err := b.Create(b.ctx, j); err != nil {
		t.Fatal(err)
	}
	return id
}

func (b *batchSuite) at(n int) time.Time { return second.Add(time.Duration(n) * time.Second) }

func (b *batchSuite) start(t *testing.T, id string) jobs.Job {
	t.Helper()
	before, err := b.Start(b.ctx, id, b.at(1000))
	if err != nil {
		t.Fatal(err)
	}
	return before
}

// end ends a job and leaves its entry in the queue to whoever handles it.
func (b *batchSuite) end(t *testing.T, id string, o jobs.Outcome) jobs.State {
	t.Helper()
	completed := false
	state, err := b.End(b.ctx, id, o, b.at(3000), func(context.Context, *sql.Tx) error { completed = true; return nil })
	if err != nil || !completed {
		t.Fatalf("end: %v, completed %v", err, completed)
	}
	return state
}

func (b *batchSuite) want(t *testing.T, id string, state jobs.State) jobs.Job {
	t.Helper()
	j, err := b.Get(b.ctx, id)
	if err != nil || j.State != state {
		t.Errorf("job %s is %s, %v; want %s", id, j.State, err, state)
	}
	return j
}

func (b *batchSuite) states(t *testing.T) {
	if _, err := b.Get(b.ctx, "none"); !fault.Is(err, fault.NotFound) {
		t.Errorf("an unknown job gave %v", err)
	}
	id := b.make(t, "states")
	if j := b.want(t, id, jobs.NotStarted); j.Endpoint != "states" || j.Name != "service/states" || j.Request != "sealed" || !j.Created.Equal(b.at(b.made)) || !j.Started.IsZero() {
		t.Errorf("got %+v", j)
	}
	if b.queue.Pending(t)[id] {
		t.Error("a job that was not started is in the queue")
	}
	if before := b.start(t, id); before.State != jobs.NotStarted {
		t.Errorf("before its start the job was %s", before.State)
	}
	if j := b.want(t, id, jobs.Running); !j.Started.Equal(b.at(1000)) || !b.queue.Pending(t)[id] {
		t.Errorf("got %+v, in the queue %v", j, b.queue.Pending(t)[id])
	}
	if before := b.start(t, id); before.State != jobs.Running {
		t.Errorf("before its second start the job was %s", before.State)
	}
	if j, err := b.Begin(b.ctx, id, b.at(2000)); err != nil || j.Interruptions != 1 || !j.Begun.Equal(b.at(2000)) {
		t.Errorf("begin gave %+v, %v", j, err)
	}
	if j, err := b.Begin(b.ctx, id, b.at(2001)); err != nil || j.Interruptions != 2 || !j.Begun.Equal(b.at(2000)) {
		t.Errorf("the second begin gave %+v, %v", j, err)
	}
	if ok, err := b.Move(b.ctx, id, jobs.Running, jobs.Committing); err != nil || !ok {
		t.Errorf("move gave %v, %v", ok, err)
	}
	if ok, err := b.Move(b.ctx, id, jobs.Running, jobs.Committing); err != nil || !ok {
		t.Errorf("the move again gave %v, %v", ok, err)
	}
	if ok, err := b.Move(b.ctx, id, jobs.Queued, jobs.Running); err != nil || ok {
		t.Errorf("a move from a state that it is not in gave %v, %v", ok, err)
	}
	if state := b.end(t, id, jobs.Outcome{State: jobs.Failed, Details: "row 7 ü", Progress: jobs.Progress{Rows: 6, Bytes: 60, Size: 100}}); state != jobs.Failed {
		t.Errorf("it ended as %s", state)
	}
	if j := b.want(t, id, jobs.Failed); j.Details != "row 7 ü" || j.Rows != 6 || j.Bytes != 60 || j.Size != 100 || !j.Ended.Equal(b.at(3000)) {
		t.Errorf("got %+v", j)
	}
	if state := b.end(t, "none", jobs.Outcome{State: jobs.Finished}); state != "" {
		t.Errorf("the end of an unknown job gave %s", state)
	}
}

func (b *batchSuite) progress(t *testing.T) {
	id := b.make(t, "progress")
	p := jobs.Progress{Rows: 1 << 40, Bytes: 1 << 41, Size: 1 << 42, Checkpoint: `{"blocks":[1]}`}
	if ok, err := b.Save(b.ctx, id, p); err != nil || ok {
		t.Errorf("saving the progress of a job that does not run gave %v, %v", ok, err)
	}
	b.start(t, id)
	if _, err := b.Begin(b.ctx, id, b.at(2000)); err != nil {
		t.Fatal(err)
	}
	if ok, err := b.Save(b.ctx, id, p); err != nil || !ok {
		t.Errorf("save gave %v, %v", ok, err)
	}
	if j := b.want(t, id, jobs.Running); j.Progress != p || j.Interruptions != 0 {
		t.Errorf("got %+v, want %+v and no interruptions", j, p)
	}
	b.end(t, id, jobs.Outcome{State: jobs.Finished, Progress: p})
	if j := b.want(t, id, jobs.Finished); j.Checkpoint != "" {
		t.Errorf("a finished job has the checkpoint %s", j.Checkpoint)
	}
}

func (b *batchSuite) cancelling(t *testing.T) {
	for _, c := range []struct {
		name   string
		bring  func(id string)
		before jobs.State
		after  jobs.State
	}{
		{"not started", func(string) {}, jobs.NotStarted, jobs.Cancelled},
		{"running", func(id string) { b.start(t, id) }, jobs.Running, jobs.Cancelled},
		{"committing", func(id string) {
			b.start(t, id)
			if ok, err := b.Move(b.ctx, id, jobs.Running, jobs.Committing); err != nil || !ok {
				t.Errorf("move gave %v, %v", ok, err)
			}
		}, jobs.Committing, jobs.Committing},
		{"finished", func(id string) { b.start(t, id); b.end(t, id, jobs.Outcome{State: jobs.Finished}) }, jobs.Finished, jobs.Finished},
	} {
		t.Run(c.name, func(t *testing.T) {
			id := b.make(t, "cancelling")
			c.bring(id)
			if before, err := b.Cancel(b.ctx, id, b.at(2500)); err != nil || before.State != c.before {
				t.Errorf("cancelling gave %s, %v", before.State, err)
			}
			b.want(t, id, c.after)
			if c.after != jobs.Cancelled {
				return
			}
			if ok, err := b.Save(b.ctx, id, jobs.Progress{Rows: 1}); err != nil || ok {
				t.Errorf("saving the progress of a cancelled job gave %v, %v", ok, err)
			}
			if before := b.start(t, id); before.State != jobs.Cancelled {
				t.Errorf("before its start it was %s", before.State)
			}
			if c.before == jobs.Running {
				if state := b.end(t, id, jobs.Outcome{State: jobs.Finished}); state != jobs.Cancelled {
					t.Errorf("it ended as %s", state)
				}
			}
		})
	}
	if _, err := b.Cancel(b.ctx, "none", b.at(0)); !fault.Is(err, fault.NotFound) {
		t.Errorf("cancelling an unknown job gave %v", err)
	}
}

func (b *batchSuite) places(t *testing.T) {
	var ids []string
	for i := range jobs.MaxRunning + 3 {
		ids = append(ids, b.make(t, "places"))
		b.start(t, ids[i])
	}
	other := b.make(t, "elsewhere")
	b.start(t, other)
	b.want(t, other, jobs.Running) // each endpoint has places of its own
	waiting := ids[jobs.MaxRunning:]
	for _, id := range waiting {
		b.want(t, id, jobs.Queued)
		if b.queue.Pending(t)[id] {
			t.Error("a job that waits for a place is in the queue")
		}
	}
	if _, err := b.Cancel(b.ctx, waiting[0], b.at(2000)); err != nil {
		t.Error(err)
	}
	if _, err := b.Cancel(b.ctx, ids[1], b.at(2000)); err != nil { // it keeps its place until its end
		t.Error(err)
	}
	b.want(t, waiting[1], jobs.Queued)
	b.end(t, ids[0], jobs.Outcome{State: jobs.Finished})
	b.want(t, waiting[1], jobs.Running)
	b.want(t, waiting[2], jobs.Queued)
	b.end(t, ids[1], jobs.Outcome{State: jobs.Cancelled})
	b.want(t, waiting[2], jobs.Running)
	if p := b.queue.Pending(t); !p[waiting[1]] || !p[waiting[2]] {
		t.Error("a job that got a place is not in the queue")
	}
	for _, id := range append(ids[2:jobs.MaxRunning], waiting[1:]...) {
		b.end(t, id, jobs.Outcome{State: jobs.Finished})
	}
	next := b.make(t, "places")
	b.start(t, next)
	b.want(t, next, jobs.Running)
}

func (b *batchSuite) oneStart(t *testing.T) {
	id := b.make(t, "race")
	var mu sync.Mutex
	var wg sync.WaitGroup
	won := 0
	for range 8 {
		wg.Go(func() {
			before, err := b.Start(b.ctx, id, b.at(1000))
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			if before.State == jobs.NotStarted {
				won++
			}
		})
	}
	wg.Wait()
	if won != 1 {
		t.Errorf("%d starts of one job took effect", won)
	}
}

func (b *batchSuite) failedEnd(t *testing.T) {
	id := b.make(t, "rolled back")
	b.start(t, id)
	failed := errors.New("not completed")
	if _, err := b.End(b.ctx, id, jobs.Outcome{State: jobs.Finished}, b.at(3000), func(context.Context, *sql.Tx) error { return failed }); !errors.Is(err, failed) {
		t.Errorf("end gave %v", err)
	}
	b.want(t, id, jobs.Running)
}

func (b *batchSuite) lists(t *testing.T) {
	first, second, third := b.make(t, "lists"), b.make(t, "lists"), b.make(t, "lists")
	b.start(t, second)
	for _, c := range []struct {
		filter jobs.Filter
		want   []string
	}{
		{jobs.Filter{Endpoint: "lists", Limit: 10}, []string{third, second, first}},
		{jobs.Filter{Endpoint: "lists", Limit: 2}, []string{third, second}},
		{jobs.Filter{Endpoint: "lists", State: jobs.Running, Limit: 10}, []string{second}},
		{jobs.Filter{Endpoint: "lists", State: jobs.Failed, Limit: 10}, nil},
		{jobs.Filter{Limit: 1}, []string{third}},
	} {
		found, err := b.List(b.ctx, c.filter)
		var ids []string
		for _, j := range found {
			ids = append(ids, j.ID)
		}
		if err != nil || fmt.Sprint(ids) != fmt.Sprint(c.want) {
			t.Errorf("%+v gave %v, %v; want %v", c.filter, ids, err, c.want)
		}
	}
	before, err := b.Count(b.ctx)
	if err != nil {
		t.Fatal(err)
	}
	b.start(t, first)
	after, err := b.Count(b.ctx)
	if err != nil || after[jobs.NotStarted] != before[jobs.NotStarted]-1 || after[jobs.Running] != before[jobs.Running]+1 {
		t.Errorf("the counts were %v and are %v, %v", before, after, err)
	}
}

func (b *batchSuite) forgetting(t *testing.T) {
	old, running, ended := b.make(t, "forgetting"), b.make(t, "forgetting"), b.make(t, "forgetting")
	b.start(t, running)
	b.start(t, ended)
	b.end(t, ended, jobs.Outcome{State: jobs.Finished})
	young := b.make(t, "forgetting")
	limit := b.at(b.made)
	if _, err := b.Forget(b.ctx, limit); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Get(b.ctx, old); !fault.Is(err, fault.NotFound) {
		t.Errorf("a job that was never started is still known: %v", err)
	}
	b.want(t, running, jobs.Running)
	b.want(t, ended, jobs.Finished)
	b.want(t, young, jobs.NotStarted)
	if n, err := b.Forget(b.ctx, b.at(3001)); err != nil || n == 0 {
		t.Errorf("forget gave %d, %v", n, err)
	}
	if _, err := b.Get(b.ctx, ended); !fault.Is(err, fault.NotFound) {
		t.Errorf("a job that ended long ago is still known: %v", err)
	}
	b.want(t, running, jobs.Running)
}

// lostQueue holds that jobs with a place come back into a queue that lost them, and that places are counted anew.
func (b *batchSuite) lostQueue(t *testing.T, reopen func() jobs.Store) {
	var ids []string
	for i := range jobs.MaxRunning + 3 {
		ids = append(ids, b.make(t, "lost"))
		b.start(t, ids[i])
	}
	if ok, err := b.Move(b.ctx, ids[0], jobs.Running, jobs.Committing); err != nil || !ok {
		t.Fatal(ok, err)
	}
	if n, err := b.Readmit(b.ctx); err != nil || n != 0 {
		t.Errorf("with its queue, %d jobs were readmitted: %v", n, err)
	}
	if _, err := b.Cancel(b.ctx, ids[1], b.at(2000)); err != nil { // its place comes back only with its entry
		t.Fatal(err)
	}
	b.queue.Lose(t)
	b.Store = reopen()
	n, err := b.Readmit(b.ctx)
	if err != nil {
		t.Fatal(err)
	}
	pending := b.queue.Pending(t)
	if len(pending) != n {
		t.Errorf("%d jobs were readmitted and %d are in the queue", n, len(pending))
	}
	b.want(t, ids[0], jobs.Committing)
	b.want(t, ids[1], jobs.Cancelled)
	b.want(t, ids[jobs.MaxRunning], jobs.Running) // the cancelled job's place
	b.want(t, ids[jobs.MaxRunning+1], jobs.Queued)
	for i, id := range ids {
		if want := i != 1 && i <= jobs.MaxRunning; pending[id] != want {
			t.Errorf("job %d is in the queue: %v, want %v", i+1, pending[id], want)
		}
	}
	if n, err := b.Readmit(b.ctx); err != nil || n != 0 {
		t.Errorf("a second time, %d jobs were readmitted: %v", n, err)
	}
	b.end(t, ids[2], jobs.Outcome{State: jobs.Finished})
	b.want(t, ids[jobs.MaxRunning+1], jobs.Running)
	b.want(t, ids[jobs.MaxRunning+2], jobs.Queued)
}
