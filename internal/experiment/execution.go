package experiment

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"

	"portico/internal/fault"
	"portico/internal/module"
	"portico/internal/secret"
	"portico/internal/table"
)

// resultForm is part of every result's key. It changes when the way in which results are keyed or stored does.
const resultForm = 1

// execution is one run in progress. Its fields belong to the goroutine in
// walk, which starts nodes and takes in what they gave; a node's goroutine
// reads only what was set before it began.
type execution struct {
	s *Service
	*active
	wiring *Wiring
	state  run
	at     map[*BoundNode]*nodeRun
	values map[*BoundNode][]*value // what the finished nodes gave
	data   map[string]*value       // saved datasets by id
	fresh  map[*BoundNode]bool     // that earlier runs' results do not stand for
	held   []string                // keys of the results that it uses
	done   chan *nodeEnd
	warned bool // that the progress could not be stored
}

// nodeEnd is what a node's goroutine leaves behind.
type nodeEnd struct {
	node   *BoundNode
	key    string // of the result; "" where it did not come so far
	result *kept
	tables []*table.Table // where the module ran
	reused bool           // the result was kept before
	log    nodeLog
	err    error
}

// newRun is a run of which nothing has happened yet.
func newRun(g *Graph) *run {
	r := &run{Status: Status{StatusCode: NotStarted, CreationTime: Now()}, Nodes: make([]nodeRun, len(g.ModuleNodes))}
	for i, n := range g.ModuleNodes {
		r.Nodes[i] = nodeRun{ID: n.ID, Status: Status{StatusCode: NotStarted, CreationTime: r.Status.CreationTime}}
	}
	return r
}

// bind finds the nodes of a run, and takes over those that were finished
// before a restart and whose results are still there. The others begin anew.
func (e *execution) bind(ctx context.Context) error {
	e.fresh = e.wiring.from(e.state.From)
	for _, n := range e.wiring.Nodes {
		i := slices.IndexFunc(e.state.Nodes, func(r nodeRun) bool { return r.ID == n.Node.ID })
		if i < 0 {
			return fmt.Errorf("run %s has no node %s", e.RunID, n.Node.ID)
		}
		e.at[n] = &e.state.Nodes[i]
		for _, in := range n.Inputs {
			if in.Dataset != "" && e.data[in.Dataset] == nil {
				e.data[in.Dataset] = e.dataset(ctx, in.Dataset)
			}
		}
		if r := e.at[n]; r.Status.StatusCode == Finished {
			e.hold(r.Result)
			k, err := e.s.results.find(ctx, e.Workspace, r.Result, len(n.Module.Outputs))
			if err != nil {
				return err
			}
			if k != nil {
				e.take(n, r.Result, k, nil)
				continue
			}
		}
		*e.at[n] = nodeRun{ID: n.Node.ID, Status: Status{StatusCode: NotStarted, CreationTime: e.state.Status.CreationTime}}
	}
	return nil
}

// walk runs the nodes: each when all that feed it have finished, as many at
// once as may be. A node that fails does not stop those that do not depend on
// it. Once ctx or stopping ends no node begins; walk returns when none runs.
func (e *execution) walk(ctx context.Context, stopping <-chan struct{}) {
	running := 0
	for {
		began := e.ready(ctx, stopping, e.s.Options.ParallelNodes-running)
		if len(began) > 0 {
			e.store(ctx)
		}
		for _, n := range began {
			running++
			inputs := make([]*value, len(n.Inputs))
			for i, in := range n.Inputs {
				inputs[i] = e.input(in)
			}
			go func() { e.done <- e.node(ctx, n, inputs) }()
		}
		if running == 0 {
			return
		}
		e.end(ctx, <-e.done)
		running--
	}
}

// ready marks up to most nodes as running that can begin, and gives them.
func (e *execution) ready(ctx context.Context, stopping <-chan struct{}, most int) []*BoundNode {
	select {
	case <-stopping:
		return nil
	case <-ctx.Done():
		return nil
	default:
	}
	var ready []*BoundNode
	for _, n := range e.wiring.Nodes {
		if len(ready) < most && e.at[n].Status.StatusCode == NotStarted && e.fed(n) {
			e.at[n].Status.StatusCode, e.at[n].Status.StartTime = Running, Now()
			ready = append(ready, n)
		}
	}
	return ready
}

// fed tells whether all that feed a node have finished.
func (e *execution) fed(n *BoundNode) bool {
	for _, in := range n.Inputs {
		if in.Node != nil && e.at[in.Node].Status.StatusCode != Finished {
			return false
		}
	}
	return true
}

// end takes in what a node left behind.
func (e *execution) end(ctx context.Context, end *nodeEnd) {
	r := e.at[end.node]
	if end.key != "" {
		e.held = append(e.held, end.key)
	}
	if context.Cause(ctx) == errStopping && end.err != nil {
		return // the node begins anew after the restart
	}
	r.Status.EndTime = Now()
	switch {
	case end.err == nil:
		e.take(end.node, end.key, end.result, end.tables)
		r.Status.StatusCode = Finished
		if end.reused {
			r.Status.StatusDetail = "The results of an earlier run were used."
		}
	case ctx.Err() != nil:
		r.Status.StatusCode = Cancelled
	default:
		r.Status.StatusCode, r.Status.StatusDetail = Failed, e.failure(end)
		end.log.fail(r.Status.StatusDetail)
		if e.state.Status.StatusDetail == "" {
			e.state.Status.StatusDetail = fmt.Sprintf("%s (node %s): %s", end.node.Module.Name, r.ID, r.Status.StatusDetail)
		}
	}
	r.Out, r.Err = e.s.storeLog(ctx, e.active, r.ID, &end.log)
	e.free(end.node)
	e.store(ctx)
}

// hold keeps a result until the run ends.
func (e *execution) hold(key string) {
	e.s.results.hold(e.Workspace, key)
	e.held = append(e.held, key)
}

// take makes a finished node's tables the inputs of others.
func (e *execution) take(n *BoundNode, key string, k *kept, tables []*table.Table) {
	r := e.at[n]
	r.Result, r.Tables, r.Ports = key, k.Tables, make([]string, len(k.Tables))
	values := make([]*value, len(k.Tables))
	for i, t := range k.Tables {
		r.Ports[i] = n.Module.Outputs[i].Name
		values[i] = &value{hash: t.Hash, rows: t.Rows, pieces: func(ctx context.Context) (*pieces, error) {
			return e.s.results.pieces(ctx, e.Workspace, key, i)
		}, read: func(ctx context.Context) (*table.Table, error) {
			return e.s.results.read(ctx, e.Workspace, key, i)
		}}
		if tables != nil {
			values[i].table = tables[i]
		}
	}
	e.values[n] = values
}

// free lets go of the tables that no node waits for any more, once n has ended.
func (e *execution) free(n *BoundNode) {
	used := slices.Clone(n.Inputs)
	for port := range e.values[n] {
		used = append(used, Source{Node: n, Port: port})
	}
	for _, from := range used {
		awaited := slices.ContainsFunc(e.wiring.Nodes, func(to *BoundNode) bool {
			return e.at[to].Status.EndTime == nil && slices.Contains(to.Inputs, from)
		})
		if v := e.input(from); v != nil && !awaited {
			v.forget()
		}
	}
}

// failure is what the user reads of a node's error. What is not for users is logged.
func (e *execution) failure(end *nodeEnd) string {
	var documented *module.Error
	var f *fault.Error
	switch {
	case errors.As(end.err, &documented):
		return message(documented)
	case errors.As(end.err, &f) && f.Kind != fault.Internal:
		return f.Message
	}
	e.s.Log.Error("a node failed", "workspace", e.Workspace, "experiment", e.Experiment,
		"node", end.node.Node.ID, "module", end.node.Module.Name, "error", end.err)
	return message(module.Fail("1000"))
}

// node runs one node, or finds what it gave before.
func (e *execution) node(ctx context.Context, n *BoundNode, inputs []*value) (end *nodeEnd) {
	end = &nodeEnd{node: n}
	defer func() {
		if p := recover(); p != nil {
			end.err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	end.log.begin(n)
	reusable := n.Module.Reusable(n.Values)
	end.key = resultKey(n, inputs)
	if !reusable {
		end.key = secret.ID() // for this run alone
	}
	e.s.results.hold(e.Workspace, end.key)
	if n.Node.UsePreviousResults && reusable && !e.fresh[n] {
		end.result, end.err = e.s.results.find(ctx, e.Workspace, end.key, len(n.Module.Outputs))
		if end.reused = end.result != nil; end.reused {
			end.log.reuse()
		}
		if end.reused || end.err != nil {
			return end
		}
	}
	if open := e.inPieces(n, inputs); open != nil {
		// Where the columns depend on the rows after all, the module runs on all of them at once.
		if end.result, end.err = e.stream(ctx, n, end.key, open, &end.log); !errors.Is(end.err, table.ErrSchema) {
			return end
		}
	}
	end.tables, end.err = e.call(ctx, n, inputs, &end.log)
	if end.err == nil {
		end.result, end.err = e.s.results.keep(ctx, e.Workspace, end.key, end.tables)
	}
	return end
}

// call runs the node's module.
func (e *execution) call(ctx context.Context, n *BoundNode, inputs []*value, log *nodeLog) ([]*table.Table, error) {
	tables := make([]*table.Table, len(inputs))
	for i, v := range inputs {
		if v == nil {
			continue
		}
		var err error
		if tables[i], err = v.load(ctx); err != nil {
			return nil, err
		}
		log.table("input", n.Module.Inputs[i].Name, tables[i])
	}
	values, err := e.s.open(e.Workspace, n)
	if err != nil {
		return nil, err
	}
	runner, err := n.Module.Prepare(values)
	if err != nil {
		return nil, err
	}
	out, err := runner(module.WithOutput(ctx, &log.out), tables)
	if err != nil {
		return nil, err
	}
	if len(out) != len(n.Module.Outputs) || slices.Contains(out, nil) {
		return nil, fmt.Errorf("the module gave %d tables, some perhaps nil, for %d outputs", len(out), len(n.Module.Outputs))
	}
	for i, t := range out {
		log.table("output", n.Module.Outputs[i].Name, t)
	}
	return out, nil
}

func (e *execution) input(in Source) *value {
	switch {
	case in.Node != nil:
		return e.values[in.Node][in.Port]
	case in.Dataset != "":
		return e.data[in.Dataset]
	}
	return nil
}

// dataset is a saved dataset, whose contents its id stands for, as long as nobody corrects its columns' types.
func (e *execution) dataset(ctx context.Context, id string) *value {
	v := &value{hash: "dataset " + id, read: func(ctx context.Context) (*table.Table, error) {
		return e.s.Datasets.Table(ctx, e.Workspace, id)
	}}
	if s, err := e.s.Datasets.Summary(ctx, e.Workspace, id); err == nil {
		v.rows = s.Rows
		if s.Revision > 0 {
			v.hash += fmt.Sprintf(" revision %d", s.Revision)
		}
	}
	if from, ok := e.s.Datasets.(Streams); ok {
		v.pieces = e.datasetPieces(from, id)
	}
	return v
}

// resultKey is made of all that a node's result depends on: the module and its
// version, the parameters, and the contents of the inputs.
func resultKey(n *BoundNode, inputs []*value) string {
	parts := []any{resultForm, n.Module.FamilyID, n.Module.Version, n.Values}
	for _, v := range inputs {
		hash := ""
		if v != nil {
			hash = v.hash
		}
		parts = append(parts, hash)
	}
	b, err := json.Marshal(parts) // maps are written in the order of their keys
	if err != nil {
		panic(err) // numbers and strings can be marshalled
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// value is a table that nodes take: in memory while somebody waits for it, else read when it is needed.
type value struct {
	hash string // tells its contents
	rows int
	read func(ctx context.Context) (*table.Table, error)
	// pieces reads it piece by piece; nil where it cannot be read so.
	pieces func(ctx context.Context) (*pieces, error)

	mu    sync.Mutex
	table *table.Table
}

// load gives the table. Nodes that ask at the same time wait for one reading.
func (v *value) load(ctx context.Context) (*table.Table, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.table == nil {
		t, err := v.read(ctx)
		if err != nil {
			return nil, err
		}
		v.table = t
	}
	return v.table, nil
}

func (v *value) forget() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.table = nil
}
