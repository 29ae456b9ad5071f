package experiment_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"portico/internal/experiment"
	"portico/internal/module"
	"portico/internal/module/catalogue"
	"portico/internal/module/inputoutput"
	"portico/internal/table"
)

// A long graph: nodes of nodes in rows, each fed by two of the row before.
const (
	largeRows  = 20
	largeWidth = 10
)

// large is a submission of 200 nodes that count how often each runs.
func large() *experiment.Submission {
	var lines strings.Builder
	for row := range largeRows {
		for i := range largeWidth {
			fmt.Fprintf(&lines, "n%d-%d Count:", row, i)
			if row > 0 {
				fmt.Fprintf(&lines, " n%d-%d n%d-%d", row-1, i, row-1, (i+1)%largeWidth)
			}
			lines.WriteString("\n")
		}
	}
	in := gated(true, lines.String())
	for i := range in.Graph.ModuleNodes {
		n := &in.Graph.ModuleNodes[i]
		n.ModuleParameters = []experiment.ParameterValue{{Name: "Name", Value: n.ID}}
	}
	return in
}

// counter counts the nodes that finished, and calls a function at each.
type counter struct {
	finished map[string]*atomic.Int32
	at       func(ctx context.Context, node string) error
}

func newCounter() *counter {
	c := &counter{finished: map[string]*atomic.Int32{}}
	for _, n := range large().Graph.ModuleNodes {
		c.finished[n.ID] = &atomic.Int32{}
	}
	return c
}

// total is the number of runs of nodes that came to their end; twice tells the nodes that did so twice.
func (c *counter) total() (total int, twice []string) {
	for id, n := range c.finished {
		total += int(n.Load())
		if n.Load() > 1 {
			twice = append(twice, id)
		}
	}
	return total, twice
}

func (c *counter) module() *module.Module {
	ports := []module.Port{{Name: "A", Type: module.Data, Optional: true}, {Name: "B", Type: module.Data, Optional: true}}
	return &module.Module{
		Name: "Count", FamilyID: strings.Repeat("e", 32), Category: "Tests", Version: 1,
		Inputs: ports, Outputs: []module.Port{{Name: "Out", Type: module.Data}},
		Parameters: []module.Parameter{{Name: "Name", Type: module.Text}},
		Prepare: func(v module.Values) (module.Runner, error) {
			return func(ctx context.Context, _ []*table.Table) ([]*table.Table, error) {
				name := v.String("Name")
				if c.at != nil {
					if err := c.at(ctx, name); err != nil {
						return nil, err
					}
				}
				c.finished[name].Add(1)
				return []*table.Table{table.FromColumns(1, table.FromStrings("Name", []string{name}))}, nil
			}, nil
		},
	}
}

// withCounter gives the lab's service the module that counts.
func (l *lab) withCounter(c *counter) *lab {
	l.Modules = module.NewCatalogue(append(catalogue.New(inputoutput.Outside{}, nil).All(), c.module())...)
	return l
}

func TestLargeGraphRuns(t *testing.T) {
	c := newCounter()
	l := newLab(t, t.TempDir(), experiment.Options{}).withCounter(c)
	l.run()
	x := l.settled(l.create(large()).ExperimentID)
	if total, twice := c.total(); x.Status.StatusCode != experiment.Finished || total != largeRows*largeWidth || twice != nil {
		t.Errorf("the run is %s, %d nodes ran, twice: %v", x.Status.StatusCode, total, twice)
	}
}

func TestLargeGraphIsCancelled(t *testing.T) {
	c := newCounter()
	reached := make(chan struct{})
	c.at = func(ctx context.Context, node string) error {
		if node != "n7-3" {
			return nil
		}
		close(reached)
		<-ctx.Done()
		return ctx.Err()
	}
	l := newLab(t, t.TempDir(), experiment.Options{}).withCounter(c)
	l.run()
	x := l.create(large())
	<-reached
	if err := l.Cancel(t.Context(), workspace, x.ExperimentID); err != nil {
		t.Fatal(err)
	}
	x = l.settled(x.ExperimentID)
	if total, _ := c.total(); x.Status.StatusCode != experiment.Cancelled || total >= largeRows*largeWidth || strings.Contains(statuses(x), "Running") {
		t.Errorf("the run is %s, %d nodes ran: %s", x.Status.StatusCode, total, statuses(x))
	}
}

// A run that is interrupted again and again goes on where it was: no node that finished runs twice.
func TestLargeGraphIsResumed(t *testing.T) {
	c := newCounter()
	dir := t.TempDir()
	id := ""
	kept := map[string]int32{} // how often the nodes had run that were stored as finished
	for _, stopAt := range []string{"n3-5", "n9-0", "n15-7", ""} {
		reached := make(chan struct{})
		c.at = func(ctx context.Context, node string) error {
			if node != stopAt {
				return nil
			}
			close(reached)
			<-ctx.Done()
			return ctx.Err()
		}
		l := newLab(t, dir, experiment.Options{Grace: 1}).withCounter(c)
		if id == "" {
			id = l.create(large()).ExperimentID
		}
		stop := l.run()
		if stopAt == "" {
			x := l.settled(id)
			if x.Status.StatusCode != experiment.Finished {
				t.Errorf("the run is %s: %s", x.Status.StatusCode, x.Status.StatusDetail)
			}
		} else {
			<-reached
		}
		stop()
		x, err := l.Get(t.Context(), workspace, id)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range x.NodeStatuses {
			if n.Status.StatusCode != experiment.Finished {
				continue
			}
			if _, was := kept[n.NodeID]; !was {
				kept[n.NodeID] = c.finished[n.NodeID].Load()
			}
		}
		l.close()
	}
	if len(kept) != largeRows*largeWidth {
		t.Errorf("%d nodes finished", len(kept))
	}
	for node, runs := range kept {
		if got := c.finished[node].Load(); got != runs {
			t.Errorf("%s had finished and ran again: %d times, then %d", node, runs, got)
		}
	}
}
