package experiment

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"portico/internal/blob"
	"portico/internal/fault"
	"portico/internal/module"
	"portico/internal/table"
)

// LogName is one of the two logs of a node.
type LogName string

// The logs of a node, as the classic API names them.
const (
	StandardOut   LogName = "stdout"
	StandardError LogName = "stderr"
)

const (
	logBlobs       = "runlogs/"
	maxLoggedValue = 500 // bytes of a parameter's value: some hold whole tables
)

func logBlob(ws, runID, node string, name LogName) string {
	return logBlobs + ws + "/" + runID + "/" + string(name) + "/" + node
}

// nodeLog is what a node says while it runs.
type nodeLog struct{ out, err strings.Builder }

func (l *nodeLog) line(format string, args ...any) {
	fmt.Fprintf(&l.out, time.Now().UTC().Format("[2006-01-02 15:04:05.000Z] ")+format+"\n", args...)
}

func (l *nodeLog) begin(n *BoundNode) {
	l.line("%s, version %d", n.Module.Name, n.Module.Version)
	for _, name := range slices.Sorted(maps.Keys(n.Values)) {
		value := n.Values[name]
		if n.Module.Parameter(name).Type == module.Secret && value != "" {
			value = "(not shown)"
		}
		if len(value) > maxLoggedValue {
			value = strings.ToValidUTF8(value[:maxLoggedValue], "") + "…"
		}
		l.line("%s = %s", name, value)
	}
}

func (l *nodeLog) table(kind, port string, t *table.Table) {
	l.line("%s %q: %d rows, %d columns", kind, port, t.Rows, t.Width())
}

func (l *nodeLog) reuse() { l.line("The results of an earlier run were used.") }

func (l *nodeLog) fail(text string) {
	l.line("Failed.")
	l.err.WriteString(text + "\n")
}

// storeLog writes a node's logs and gives their sizes. A log that cannot be
// written is not worth a failed run.
func (s *Service) storeLog(ctx context.Context, run *active, node string, l *nodeLog) (out, err int64) {
	ctx = context.WithoutCancel(ctx)
	write := func(name LogName, text string) int64 {
		if text == "" {
			return 0
		}
		if _, err := s.Blobs.Put(ctx, logBlob(run.Workspace, run.RunID, node, name), strings.NewReader(text)); err != nil {
			s.Log.Warn("a node's log could not be stored", "workspace", run.Workspace, "experiment", run.Experiment, "node", node, "error", err)
			return 0
		}
		return int64(len(text))
	}
	return write(StandardOut, l.out.String()), write(StandardError, l.err.String())
}

// deleteLogs removes what a run said.
func (s *Service) deleteLogs(ctx context.Context, ws, runID string) {
	if err := blob.DeleteAll(context.WithoutCancel(ctx), s.Blobs, logBlobs+ws+"/"+runID+"/"); err != nil {
		s.Log.Warn("the logs of a run could not be deleted", "workspace", ws, "run", runID, "error", err)
	}
}

// Logs opens a log of a node of an experiment's run. It returns fault.NotFound
// for an unknown experiment or node, and where the node has said nothing.
func (s *Service) Logs(ctx context.Context, ws, id, node string, name LogName) (io.ReadCloser, error) {
	x, _, err := s.node(ctx, ws, id, node)
	if err != nil {
		return nil, err
	}
	r, _, err := s.Blobs.Get(ctx, logBlob(ws, x.RunID, node, name))
	if fault.Is(err, fault.NotFound) {
		return nil, fault.New(fault.NotFound, "Node %s has no %s log.", node, name)
	}
	return r, err
}

// node finds a node of an experiment's run.
func (s *Service) node(ctx context.Context, ws, id, node string) (*stored, *nodeRun, error) {
	x, err := s.load(ctx, ws, id)
	if err != nil {
		return nil, nil, err
	}
	r, err := s.runOf(ctx, ws, x)
	if err != nil {
		return nil, nil, err
	}
	if r == nil {
		return nil, nil, fault.New(fault.Conflict, "The experiment %q has not run: run it first.", x.Description)
	}
	i := slices.IndexFunc(r.Nodes, func(n nodeRun) bool { return n.ID == node })
	if i < 0 {
		return nil, nil, fault.New(fault.NotFound, "The experiment %q has no node %q.", x.Description, node)
	}
	return x, &r.Nodes[i], nil
}

// Output reads the table that a node of a finished or running experiment gave
// on one of its ports. It returns fault.NotFound for an unknown experiment, node
// or port and for a table that was let go, and fault.Conflict while there is none yet.
func (s *Service) Output(ctx context.Context, ws, id, node, port string) (*table.Table, error) {
	var t *table.Table
	err := s.output(ctx, ws, id, node, port, func(n *nodeRun, i int) (err error) {
		t, err = s.results.read(ctx, ws, n.Result, i)
		return err
	})
	return t, err
}

// OutputPieces is Output piece by piece: next gives io.EOF after the last. close must be called.
func (s *Service) OutputPieces(ctx context.Context, ws, id, node, port string) (next func() (*table.Table, error), close func() error, err error) {
	err = s.output(ctx, ws, id, node, port, func(n *nodeRun, i int) error {
		p, err := s.results.pieces(ctx, ws, n.Result, i)
		if err == nil {
			next, close = p.next, p.close
		}
		return err
	})
	return next, close, err
}

// output finds what a node gave on a port, and reads it.
func (s *Service) output(ctx context.Context, ws, id, node, port string, read func(n *nodeRun, i int) error) error {
	x, n, err := s.node(ctx, ws, id, node)
	if err != nil {
		return err
	}
	if n.Status.StatusCode != Finished {
		return fault.New(fault.Conflict, "Node %s of the experiment %q has no results: it is %s.", node, x.Description, n.Status.StatusCode)
	}
	i := slices.Index(n.Ports, port)
	if i < 0 {
		return fault.New(fault.NotFound, "Node %s of the experiment %q has no output port %q.", node, x.Description, port)
	}
	err = read(n, i)
	if fault.Is(err, fault.NotFound) {
		return fault.New(fault.NotFound, "The results of node %s were let go to stay within the budget: run the experiment %q again.", node, x.Description)
	}
	return err
}
