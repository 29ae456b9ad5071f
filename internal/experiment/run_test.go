package experiment_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"portico/internal/blob"
	"portico/internal/experiment"
	"portico/internal/fault"
	"portico/internal/record"
)

func TestRunTheGuide(t *testing.T) {
	l := newLab(t, t.TempDir(), experiment.Options{})
	x := l.create(l.guide(l.reviews(), true))
	want(t, x, experiment.NotStarted, "-77:NotStarted -101:NotStarted")
	l.run()
	x = l.settled(x.ExperimentID)
	want(t, x, experiment.Finished, "-77:Finished -101:Finished")
	out, err := l.Output(t.Context(), workspace, x.ExperimentID, "-101", "Transformed dataset")
	var cells []string
	must(t, out, err).EachCell(0, func(_ int, text []byte, _ bool) { cells = append(cells, string(text)) })
	if got := strings.Join(cells, "|"); got != "This is a good day|1|1|2|2|0|2|0|1" {
		t.Errorf("the guide's row is %s", got)
	}
	status := x.NodeStatuses[1]
	if len(status.OutputEndpoints) != 1 || status.OutputEndpoints[0].Name != "Transformed dataset" || status.OutputEndpoints[0].Size == 0 {
		t.Errorf("output endpoints are %+v", status.OutputEndpoints)
	}
	if status.Status.StartTime == nil || status.Status.EndTime == nil || x.Status.StartTime == nil || x.Status.EndTime == nil {
		t.Errorf("a time is missing: %+v, %+v", x.Status, status.Status)
	}
	log := l.logs(x.ExperimentID, "-101", experiment.StandardOut)
	for _, says := range []string{"Feature Hashing, version", "Hashing bitsize = 3", `input "Dataset": 2 rows, 1 columns`, `output "Transformed dataset": 2 rows, 9 columns`} {
		if !strings.Contains(log, says) {
			t.Errorf("the log does not say %q:\n%s", says, log)
		}
	}
	if status.StandardOutEndpoint == nil || status.StandardOutEndpoint.Size != int64(len(log)) || status.StandardErrorEndpoint != nil {
		t.Errorf("the logs' endpoints are %+v and %+v", status.StandardOutEndpoint, status.StandardErrorEndpoint)
	}
}

func TestOutputFaults(t *testing.T) {
	l := newLab(t, t.TempDir(), experiment.Options{})
	draft := l.create(gated(false, "a Gate:"))
	x := l.create(gated(true, "a Fail:"))
	l.run()
	l.settled(x.ExperimentID)
	done := l.create(gated(true, "a Gate:"))
	l.gates.open("a")
	l.settled(done.ExperimentID)
	for _, c := range []struct {
		id, node, port string
		kind           fault.Kind
		says           string
	}{
		{"nothing", "a", "Out", fault.NotFound, "no experiment"},
		{draft.ExperimentID, "a", "Out", fault.Conflict, "has not run"},
		{x.ExperimentID, "a", "Out", fault.Conflict, "it is Failed"},
		{done.ExperimentID, "b", "Out", fault.NotFound, `no node "b"`},
		{done.ExperimentID, "a", "In", fault.NotFound, `no output port "In"`},
	} {
		_, err := l.Output(t.Context(), workspace, c.id, c.node, c.port)
		wantKind(t, err, c.kind, c.says)
	}
}

func TestIndependentNodesRunInParallel(t *testing.T) {
	l := newLab(t, t.TempDir(), experiment.Options{ParallelNodes: 2})
	x := l.create(gated(true, "a Gate:\nb Gate:\nc Gate:\nd Gate: a b"))
	l.run()
	l.gates.await(t, "a", "b") // at the same time, and c waits for a place
	x = must(t, x, nil)
	now, err := l.Get(t.Context(), workspace, x.ExperimentID)
	want(t, must(t, now, err), experiment.Running, "a:Running b:Running c:NotStarted d:NotStarted")
	l.gates.open("a")
	l.gates.await(t, "c") // on a's place; d waits for b
	now, err = l.Get(t.Context(), workspace, x.ExperimentID)
	want(t, must(t, now, err), experiment.Running, "a:Finished b:Running c:Running d:NotStarted")
	l.gates.open("b", "c", "d")
	want(t, l.settled(x.ExperimentID), experiment.Finished, "a:Finished b:Finished c:Finished d:Finished")
}

func TestRunsQueue(t *testing.T) {
	l := newLab(t, t.TempDir(), experiment.Options{ParallelRuns: 1, QueuedRuns: 2})
	first, second := l.create(gated(true, "a Gate:")), l.create(gated(true, "b Gate:"))
	_, err := l.Create(t.Context(), workspace, "tester", gated(true, "c Gate:"))
	wantKind(t, err, fault.Unavailable, "2 runs wait")
	l.create(gated(false, "c Gate:")) // a draft needs no place
	l.run()
	l.gates.await(t, "a")
	now, err := l.Get(t.Context(), workspace, second.ExperimentID)
	want(t, must(t, now, err), experiment.NotStarted, "b:NotStarted")
	l.gates.open("a", "b", "c")
	l.settled(first.ExperimentID)
	l.settled(second.ExperimentID)
	want(t, l.settled(l.create(gated(true, "c Gate:")).ExperimentID), experiment.Finished, "c:Finished")
}

func TestFailures(t *testing.T) {
	for _, c := range []struct{ module, detail, logged string }{
		{"Fail", `Error 0001: Column with name or index "Col9" not found`, ""},
		{"Boom", "Error 1000: Library exception.", "secret detail"},
		{"Short", "Error 1000: Library exception.", "0 tables"},
	} {
		t.Run(c.module, func(t *testing.T) {
			l := newLab(t, t.TempDir(), experiment.Options{})
			l.gates.open("a", "d", "e")
			x := l.create(gated(true, "a Gate:\nb "+c.module+": a\nc Gate: b\nd Gate: a\ne Gate: d"))
			l.run()
			x = l.settled(x.ExperimentID)
			want(t, x, experiment.Failed, "a:Finished b:Failed c:NotStarted d:Finished e:Finished")
			if got := x.NodeStatuses[1].Status.StatusDetail; got != c.detail {
				t.Errorf("the node's detail is %q", got)
			}
			if got := x.Status.StatusDetail; got != c.module+" (node b): "+c.detail {
				t.Errorf("the run's detail is %q", got)
			}
			if got := l.logs(x.ExperimentID, "b", experiment.StandardError); got != c.detail+"\n" {
				t.Errorf("the node's error log is %q", got)
			}
			if log := l.log.String(); !strings.Contains(log, c.logged) || c.logged == "" && log != "" {
				t.Errorf("the server's log is %q", log)
			}
		})
	}
}

func TestResultsAreUsedAgain(t *testing.T) {
	l := newLab(t, t.TempDir(), experiment.Options{})
	l.gates.open("a", "b", "c")
	l.run()
	run := func(in *experiment.Submission) *experiment.Experiment {
		x := l.settled(l.create(in).ExperimentID)
		if x.Status.StatusCode != experiment.Finished {
			t.Fatalf("the run is %+v", x.Status)
		}
		return x
	}
	calls := func() string {
		return fmt.Sprintf("a%d b%d c%d", l.gates.at("a").calls.Load(), l.gates.at("b").calls.Load(), l.gates.at("c").calls.Load())
	}
	run(gated(true, "a Gate:\nb Gate: a"))
	x := run(gated(true, "a Gate:\nb Gate: a\nc Gate: b"))
	if got := calls(); got != "a1 b1 c1" {
		t.Errorf("after the second run the calls are %s", got)
	}
	if got := x.NodeStatuses[0].Status.StatusDetail; !strings.Contains(got, "earlier run") || x.NodeStatuses[2].Status.StatusDetail != "" {
		t.Errorf("the details are %q and %q", got, x.NodeStatuses[2].Status.StatusDetail)
	}
	run(gated(true, "a Gate:\nc Gate:\nb Gate: c")) // c has other inputs now, and b another content
	if got := calls(); got != "a1 b2 c2" {
		t.Errorf("after other inputs the calls are %s", got)
	}
	fresh := gated(true, "a Gate:\nb Gate: a")
	fresh.Graph.ModuleNodes[0].UsePreviousResults = false
	run(fresh) // a gives what it gave before, so b need not run
	if got := calls(); got != "a2 b2 c2" {
		t.Errorf("without previous results of a the calls are %s", got)
	}
}

func TestCancelRunning(t *testing.T) {
	l := newLab(t, t.TempDir(), experiment.Options{})
	x := l.create(gated(true, "a Gate:\nb Gate: a\nc Gate:"))
	l.gates.open("c")
	l.run()
	l.gates.await(t, "a", "c")
	if err := l.Cancel(t.Context(), workspace, x.ExperimentID); err != nil {
		t.Fatal(err)
	}
	x = l.settled(x.ExperimentID)
	if got := statuses(x); x.Status.StatusCode != experiment.Cancelled || !strings.HasPrefix(got, "a:Cancelled b:NotStarted") {
		t.Errorf("the run is %s, %s", x.Status.StatusCode, got)
	}
	if err := l.Cancel(t.Context(), workspace, x.ExperimentID); err != nil {
		t.Errorf("a second time: %v", err)
	}
	wantKind(t, l.Cancel(t.Context(), workspace, "nothing"), fault.NotFound, "no experiment")
	wantKind(t, l.Cancel(t.Context(), workspace, l.create(gated(false, "a Gate:")).ExperimentID), fault.Conflict, "is a draft")
}

func TestCancelWaiting(t *testing.T) {
	l := newLab(t, t.TempDir(), experiment.Options{ParallelRuns: 1})
	first, second := l.create(gated(true, "a Gate:")), l.create(gated(true, "b Gate:"))
	l.run()
	l.gates.await(t, "a")
	if err := l.Cancel(t.Context(), workspace, second.ExperimentID); err != nil {
		t.Fatal(err)
	}
	want(t, l.settled(second.ExperimentID), experiment.Cancelled, "b:NotStarted")
	l.gates.open("a")
	want(t, l.settled(first.ExperimentID), experiment.Finished, "a:Finished")
	if n := l.gates.at("b").calls.Load(); n != 0 {
		t.Errorf("the cancelled run ran %d times", n)
	}
}

// crash gives a lab on a copy of the data folder as it is at this moment.
func (l *lab) crash(o experiment.Options) *lab {
	l.t.Helper()
	dir := l.t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(l.dir)); err != nil {
		l.t.Fatal(err)
	}
	return newLab(l.t, dir, o)
}

func TestResumeAfterCrash(t *testing.T) {
	l := newLab(t, t.TempDir(), experiment.Options{ParallelRuns: 1, Grace: time.Nanosecond})
	x := l.create(gated(true, "a Gate:\nb Gate: a\nc Gate: b"))
	waiting := l.create(gated(true, "w Gate:"))
	cancelled := l.create(gated(true, "z Gate:"))
	l.gates.open("a")
	l.run()
	l.gates.await(t, "b") // a has finished, b runs, c, w and z wait
	if err := l.Cancel(t.Context(), workspace, cancelled.ExperimentID); err != nil {
		t.Fatal(err)
	}

	after := l.crash(experiment.Options{})
	now, err := after.Get(t.Context(), workspace, x.ExperimentID)
	want(t, must(t, now, err), experiment.Running, "a:Finished b:Running c:NotStarted")
	after.gates.open("b", "c", "w")
	after.run()
	want(t, after.settled(x.ExperimentID), experiment.Finished, "a:Finished b:Finished c:Finished")
	want(t, after.settled(waiting.ExperimentID), experiment.Finished, "w:Finished")
	want(t, after.settled(cancelled.ExperimentID), experiment.Cancelled, "z:NotStarted")
	if n := after.gates.at("a").calls.Load(); n != 0 {
		t.Errorf("a ran %d times again", n)
	}
	left, err := after.records.List(t.Context(), "/queue")
	if must(t, left, err); len(left) != 0 {
		t.Errorf("%d runs are still queued", len(left))
	}
}

// A finished node whose result is gone runs again after a crash.
func TestResumeWithoutResult(t *testing.T) {
	l := newLab(t, t.TempDir(), experiment.Options{Grace: time.Nanosecond})
	x := l.create(gated(true, "a Gate:\nb Gate: a"))
	l.gates.open("a")
	l.run()
	l.gates.await(t, "b")
	after := l.crash(experiment.Options{})
	if err := blob.DeleteAll(t.Context(), after.blobs, "results/"); err != nil {
		t.Fatal(err)
	}
	after.gates.open("a", "b")
	after.run()
	want(t, after.settled(x.ExperimentID), experiment.Finished, "a:Finished b:Finished")
	if n := after.gates.at("a").calls.Load(); n != 1 {
		t.Errorf("a ran %d times", n)
	}
}

func TestStopBeforeTheStart(t *testing.T) {
	l := newLab(t, t.TempDir(), experiment.Options{})
	x := l.create(gated(true, "a Gate:"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := l.Run(ctx); err != nil {
		t.Fatal(err)
	}
	l.gates.open("a")
	l.run()
	want(t, l.settled(x.ExperimentID), experiment.Finished, "a:Finished")
}

func TestStopInterruptsAndResumes(t *testing.T) {
	l := newLab(t, t.TempDir(), experiment.Options{Grace: time.Nanosecond})
	x := l.create(gated(true, "a Gate:\nb Gate: a"))
	stop := l.run()
	l.gates.await(t, "a")
	stop()
	now, err := l.Get(t.Context(), workspace, x.ExperimentID)
	want(t, must(t, now, err), experiment.Running, "a:Running b:NotStarted")
	l.gates.open("a", "b")
	l.run()
	want(t, l.settled(x.ExperimentID), experiment.Finished, "a:Finished b:Finished")
	if n := l.gates.at("a").calls.Load(); n != 2 {
		t.Errorf("a ran %d times, want once before the stop and once after", n)
	}
}

func TestStopLetsNodesFinish(t *testing.T) {
	l := newLab(t, t.TempDir(), experiment.Options{Grace: time.Hour})
	x := l.create(gated(true, "a Gate:\nb Gate: a"))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- l.Run(ctx) }()
	l.gates.await(t, "a")
	cancel()
	l.gates.open("a")
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	now, err := l.Get(t.Context(), workspace, x.ExperimentID)
	want(t, must(t, now, err), experiment.Running, "a:Finished b:NotStarted")
}

// fullDisk refuses to store results.
type fullDisk struct{ blob.Store }

func (f fullDisk) Put(ctx context.Context, key string, r io.Reader) (blob.Info, error) {
	if strings.HasPrefix(key, "results/") {
		return blob.Info{}, fault.Wrap(errors.New("no space left on device"), fault.StorageFailed, "The disk is full: nothing was stored.")
	}
	return f.Store.Put(ctx, key, r)
}

func TestFullDisk(t *testing.T) {
	l := newLab(t, t.TempDir(), experiment.Options{})
	l.make(l.records, fullDisk{l.blobs}, experiment.Options{})
	x := l.create(gated(true, "a Gate:\nb Gate: a"))
	l.gates.open("a")
	l.run()
	x = l.settled(x.ExperimentID)
	want(t, x, experiment.Failed, "a:Failed b:NotStarted")
	if got := x.NodeStatuses[0].Status.StatusDetail; got != "The disk is full: nothing was stored." {
		t.Errorf("the detail is %q", got)
	}
}

// A node that failed before a restart begins anew with the rest, and its failure is forgotten.
func TestResumeForgetsFailures(t *testing.T) {
	l := newLab(t, t.TempDir(), experiment.Options{})
	l.make(l.records, fullDisk{l.blobs}, experiment.Options{Grace: time.Nanosecond, ParallelNodes: 1})
	x := l.create(gated(true, "a Gate:\nb Gate:"))
	l.gates.open("a")
	stop := l.run()
	l.gates.await(t, "b")
	stop()
	now, err := l.Get(t.Context(), workspace, x.ExperimentID)
	want(t, must(t, now, err), experiment.Running, "a:Failed b:Running")
	l.make(l.records, l.blobs, experiment.Options{})
	l.gates.open("b")
	l.run()
	want(t, l.settled(x.ExperimentID), experiment.Finished, "a:Finished b:Finished")
}

// refusing refuses changes while it is told to.
type refusing struct {
	record.Store
	refuse atomic.Bool
	tried  chan struct{}
}

func (r *refusing) Apply(ctx context.Context, changes ...record.Change) ([]record.Applied, error) {
	if r.refuse.Load() {
		r.tried <- struct{}{}
		return nil, fault.New(fault.StorageFailed, "The disk is full.")
	}
	return r.Store.Apply(ctx, changes...)
}

// A run whose end cannot be stored shows it, and goes on after the next start.
func TestEndThatCannotBeStored(t *testing.T) {
	l := newLab(t, t.TempDir(), experiment.Options{Grace: time.Nanosecond})
	records := &refusing{Store: l.records, tried: make(chan struct{}, 100)}
	l.make(records, l.blobs, experiment.Options{Grace: time.Nanosecond})
	x := l.create(gated(true, "a Fail:\nb Gate:"))
	stop := l.run()
	l.gates.await(t, "b")
	records.refuse.Store(true)
	l.gates.open("b")
	<-records.tried // the result of b
	<-records.tried // b's status
	<-records.tried // the end
	now, err := l.Get(t.Context(), workspace, x.ExperimentID)
	if must(t, now, err).Status.StatusCode == experiment.NotStarted {
		t.Errorf("the run is %+v", now.Status)
	}
	stop()
	records.refuse.Store(false)
	l.run()
	want(t, l.settled(x.ExperimentID), experiment.Failed, "a:Failed b:Finished")
}

func TestBudgetOfResults(t *testing.T) {
	l := newLab(t, t.TempDir(), experiment.Options{ResultBytes: 1})
	l.gates.open("a", "b")
	l.run()
	x := l.settled(l.create(gated(true, "a Gate:\nb Gate: a")).ExperimentID)
	want(t, x, experiment.Finished, "a:Finished b:Finished")
	_, err := l.Output(t.Context(), workspace, x.ExperimentID, "a", "Out")
	wantKind(t, err, fault.NotFound, "let go to stay within the budget")
	l.settled(l.create(gated(true, "a Gate:")).ExperimentID)
	if n := l.gates.at("a").calls.Load(); n != 2 {
		t.Errorf("a ran %d times", n)
	}
}

// A result that a run in progress found is there when a later node of it reads it.
func TestBudgetSparesWhatRunsUse(t *testing.T) {
	l := newLab(t, t.TempDir(), experiment.Options{ResultBytes: 1})
	l.gates.open("a", "c")
	l.run()
	first := l.create(gated(true, "a Gate:\nx Gate: a"))
	l.gates.await(t, "x")
	second := l.create(gated(true, "a Gate:\nb Gate:\nc Gate: a b"))
	l.gates.await(t, "b")
	l.gates.open("x")
	l.settled(first.ExperimentID) // and its results are let go, but for a's
	l.gates.open("b")
	want(t, l.settled(second.ExperimentID), experiment.Finished, "a:Finished b:Finished c:Finished")
	if n := l.gates.at("a").calls.Load(); n != 1 {
		t.Errorf("a ran %d times", n)
	}
}

// Blobs that a crash left without a record are deleted at the start.
func TestOrphanedResultsAreSwept(t *testing.T) {
	l := newLab(t, t.TempDir(), experiment.Options{})
	l.gates.open("a")
	stop := l.run()
	x := l.settled(l.create(gated(true, "a Gate:")).ExperimentID)
	stop()
	if _, err := l.blobs.Put(t.Context(), "results/"+workspace+"/orphan/0", strings.NewReader("x")); err != nil {
		t.Fatal(err)
	}
	l.run()
	l.settled(l.create(gated(true, "a Gate:")).ExperimentID)
	if _, err := l.blobs.Stat(t.Context(), "results/"+workspace+"/orphan/0"); !fault.Is(err, fault.NotFound) {
		t.Errorf("the orphan: %v", err)
	}
	if _, err := l.Output(t.Context(), workspace, x.ExperimentID, "a", "Out"); err != nil {
		t.Errorf("a result that is known: %v", err)
	}
}
