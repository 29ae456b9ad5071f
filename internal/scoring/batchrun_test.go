package scoring

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"portico/internal/blob/account"
	"portico/internal/secret"
	"portico/internal/table"
	"portico/internal/webservice/jobs"
)

// TestJobEqualsOneCall holds that a file scored in chunks gives what the plan gives for all of it.
func TestJobEqualsOneCall(t *testing.T) {
	e := newEndpoint(t)
	e.work(t)
	text := manyRows(150_000)
	e.put(t, "files/many.csv", text)
	if s := e.finish(t, e.request("files/many.csv", "files/many-out.csv")); s.StatusCode != "Finished" {
		t.Fatalf("the job is %+v: %s", s, s.details())
	}
	in, err := table.Parse(text, table.CSV)
	if err != nil {
		t.Fatal(err)
	}
	live := e.Services.Find(e.base[len(e.base)-32:])
	out, err := live.Plan.Score(context.Background(), []*table.Table{in}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var want bytes.Buffer
	if err := table.Write(&want, out[0], table.CSV); err != nil {
		t.Fatal(err)
	}
	if got := e.get(t, "files/many-out.csv"); got != want.String() {
		t.Errorf("the job wrote %d bytes, one call gives %d, and they differ", len(got), want.Len())
	}
}

// gate is a module that lets chunks pass one token at a time.
type gate struct {
	entered chan int      // the rows of each chunk that arrived
	pass    chan struct{} // closed: all pass
}

// gated publishes a service whose module waits at a gate, row by row or for all rows.
func gated(t *testing.T, rowByRow bool) (*endpoint, gate) {
	t.Helper()
	g := gate{entered: make(chan int, 1000), pass: make(chan struct{})}
	var shut atomic.Bool // the experiment's own run passes
	m := pass(func(ctx context.Context, in *table.Table) error {
		if !shut.Load() {
			return nil
		}
		g.entered <- in.Rows
		select {
		case <-g.pass:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	m.RowByRow = rowByRow
	e := &endpoint{fixture: newFixture(t, nil, m), output: "rows"}
	e.run.Datasets["typed"] = typedTable()
	e.base, e.key = e.publish(t, passing())
	shut.Store(true)
	return e, g
}

// typedFile has one row for typedTable's columns.
const typedFile = "s,d,i,l,b,t,p\na,1,2,3,True,5/30/2010 6:07:00 PM,01:02:03\n"

func TestCancelWhileRunning(t *testing.T) {
	for _, rowByRow := range []bool{true, false} {
		t.Run(fmt.Sprintf("row by row %v", rowByRow), func(t *testing.T) {
			e, g := gated(t, rowByRow)
			e.work(t)
			e.put(t, "files/data.csv", typedFile)
			id := e.submit(t, e.request("files/data.csv", "files/out.csv"))
			e.start(t, id)
			<-g.entered
			if status, text := e.jobs(t, "DELETE", "/"+id, ""); status != 200 || text != "" {
				t.Errorf("delete answered %d %q", status, text)
			}
			if s := e.status(t, id); s.StatusCode != "Cancelled" || s.Results != nil {
				t.Errorf("the job is %+v", s)
			}
			close(g.pass)
			if s := e.finish(t, e.request("files/data.csv", "files/second.csv")); s.StatusCode != "Finished" { // its place was given back
				t.Errorf("the next job is %+v: %s", s, s.details())
			}
			if e.status(t, id).StatusCode != "Cancelled" || e.get(t, "files/out.csv") != "" {
				t.Errorf("the cancelled job is %+v, its output %q", e.status(t, id), e.get(t, "files/out.csv"))
			}
		})
	}
}

// TestPlaces holds that MaxRunning jobs of an endpoint run at once and the others follow in order.
func TestPlaces(t *testing.T) {
	e, g := gated(t, true)
	e.work(t)
	e.put(t, "files/data.csv", typedFile)
	const waiting = 3
	var ids []string
	for i := range jobs.MaxRunning + waiting {
		ids = append(ids, e.submit(t, e.request("files/data.csv", fmt.Sprintf("files/out%d.csv", i))))
		e.start(t, ids[i])
	}
	for range jobs.MaxRunning {
		<-g.entered
	}
	for i, id := range ids {
		st, err := e.Jobs.Status(context.Background(), "", id)
		want := jobs.Running
		if i >= jobs.MaxRunning {
			want = jobs.Queued
		}
		if err != nil || st.State != want {
			t.Errorf("job %d is %s, want %s: %v", i+1, st.State, want, err)
		}
	}
	// A place that becomes free goes to the one that waited longest.
	if status, _ := e.jobs(t, "DELETE", "/"+ids[0], ""); status != 200 {
		t.Errorf("delete answered %d", status)
	}
	<-g.entered
	for i, want := range []jobs.State{jobs.Running, jobs.Queued, jobs.Queued} {
		if st, err := e.Jobs.Status(context.Background(), "", ids[jobs.MaxRunning+i]); err != nil || st.State != want {
			t.Errorf("waiting job %d is %s, want %s: %v", i+1, st.State, want, err)
		}
	}
	close(g.pass)
	for _, id := range ids[1:] {
		if s := e.wait(t, id); s.StatusCode != "Finished" {
			t.Errorf("a job is %+v: %s", s, s.details())
		}
	}
}

// TestRestartGoesOn stops the process between two chunks; the next one finishes the job.
func TestRestartGoesOn(t *testing.T) {
	e := newEndpoint(t)
	text := manyRows(150_000)
	e.put(t, "files/many.csv", text)
	clean := func() string {
		stop := e.work(t)
		defer stop()
		if s := e.finish(t, e.request("files/many.csv", "files/clean.csv")); s.StatusCode != "Finished" {
			t.Fatalf("the job is %+v: %s", s, s.details())
		}
		return e.get(t, "files/clean.csv")
	}()
	id := e.submit(t, e.request("files/many.csv", "files/out.csv"))
	e.start(t, id)
	for stops := 0; e.status(t, id).StatusCode == "Running"; stops++ {
		if stops > 0 {
			e.reopen(t)
		}
		before, err := e.Jobs.Status(context.Background(), "", id)
		if err != nil {
			t.Fatal(err)
		}
		stop := e.work(t)
		for deadline := time.Now().Add(endsWithin); time.Now().Before(deadline); {
			now, err := e.Jobs.Status(context.Background(), "", id)
			if err != nil {
				t.Fatal(err)
			}
			if now.State.Ended() || now.Rows > before.Rows+20_000 {
				break
			}
			<-time.After(time.Millisecond)
		}
		stop()
	}
	if s := e.status(t, id); s.StatusCode != "Finished" {
		t.Fatalf("the job is %+v: %s", s, s.details())
	}
	if got := e.get(t, "files/out.csv"); got != clean {
		t.Errorf("the resumed job wrote %d bytes, a clean one %d, and they differ", len(got), len(clean))
	}
}

// reopen opens queue and jobs anew, as the next process does, over the same folder.
func (e *endpoint) reopen(t *testing.T) {
	t.Helper()
	keeper, err := secret.Load(filepath.Join(e.dir, "master.key"), false)
	if err != nil {
		t.Fatal(err)
	}
	e.Server.Jobs = e.openJobs(t, keeper, e.Services, slog.New(slog.DiscardHandler))
}

// TestInputChangesMeanwhile holds that a job reads one version of its input: to the
// end while the process lives, and after a restart only if it is still there.
func TestInputChangesMeanwhile(t *testing.T) {
	rows := strings.SplitAfter(typedFile, "\n")
	text := rows[0] + strings.Repeat(rows[1], 20_000)
	for _, c := range []struct {
		name, state, details string
		change               func(t *testing.T, e *endpoint)
		restart              bool
	}{
		{"replaced", "Finished", "", func(t *testing.T, e *endpoint) { e.put(t, "files/data.csv", "other\n1\n") }, false},
		{"replaced before a restart", "Failed", "BlobChanged", func(t *testing.T, e *endpoint) { e.put(t, "files/data.csv", text) }, true},
		{"removed before a restart", "Failed", "BlobNotFound", func(t *testing.T, e *endpoint) {
			if err := e.storage.RemoveBlob(context.Background(), "files", "data.csv", account.Anyway); err != nil {
				t.Fatal(err)
			}
		}, true},
		{"left alone before a restart", "Finished", "", func(*testing.T, *endpoint) {}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, g := gated(t, true)
			stop := e.work(t)
			e.put(t, "files/data.csv", text)
			id := e.submit(t, e.request("files/data.csv", "files/out.csv"))
			e.start(t, id)
			<-g.entered
			g.pass <- struct{}{} // one chunk
			<-g.entered
			c.change(t, e)
			if c.restart {
				stop()
				e.reopen(t)
				e.work(t)
			}
			close(g.pass)
			s := e.wait(t, id)
			if s.StatusCode != c.state || !strings.Contains(s.details(), c.details) {
				t.Errorf("the job is %s: %s; want %s with %q", s.StatusCode, s.details(), c.state, c.details)
			}
			want := 0
			if c.state == "Finished" {
				want = 20_001
			}
			if got := strings.Count(e.get(t, "files/out.csv"), "\r\n"); got != want {
				t.Errorf("the output has %d lines, want %d", got, want)
			}
		})
	}
}

// TestJobsThatProcessesDieOf holds that a job goes on after a few deaths of the process, and is given up after many at one place.
func TestJobsThatProcessesDieOf(t *testing.T) {
	for _, c := range []struct {
		deaths         int
		state, details string
	}{{1, "Finished", ""}, {2, "Finished", ""}, {10, "Failed", "The server ended 10 times while it worked on this part of the job"}} {
		t.Run(fmt.Sprint(c.deaths), func(t *testing.T) {
			e := newEndpoint(t)
			e.put(t, "files/data.csv", "Col2\nThis is a good day\n")
			id := e.submit(t, e.request("files/data.csv", "files/out.csv"))
			e.start(t, id)
			for range c.deaths {
				if _, err := e.db.BatchJobs(e.queue).Begin(context.Background(), id, time.Now()); err != nil {
					t.Fatal(err)
				}
			}
			e.work(t)
			if s := e.wait(t, id); s.StatusCode != c.state || !strings.Contains(s.details(), c.details) {
				t.Errorf("the job is %s: %s; want %s", s.StatusCode, s.details(), c.state)
			}
		})
	}
}
