package runfile

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"portico/internal/experiment"
	"portico/internal/rest/client"
)

// Options say what Run runs.
type Options struct {
	File     string        // an experiment in the JSON of azureml.md 5.2
	Interval time.Duration // between looks at the progress; 0 is 250 ms
}

const (
	defaultInterval = 250 * time.Millisecond
	patience        = time.Minute      // how long the server may not answer, as while it is restarted
	cancelTime      = 10 * time.Second // how long cancelling may take
)

// Run sends an experiment to the server, runs it, and writes a line for
// each change of the run or of a node. It returns nil when the run has
// finished, and else an error that says why it has not. When ctx ends it
// cancels the run. In the file a dataset may go by its name in place of its
// id, and a module too.
func Run(ctx context.Context, server *client.Client, o Options, out io.Writer) error {
	in, err := readFile(o.File)
	if err != nil {
		return err
	}
	if o.Interval == 0 {
		o.Interval = defaultInterval
	}
	a := api{server}
	ws, err := a.workspace(ctx)
	if err != nil {
		return err
	}
	if err := a.resolve(ctx, ws, &in.Graph); err != nil {
		return err
	}
	modules, err := a.named(ctx, ws, "modules")
	if err != nil {
		return err
	}
	// An interruption must not lose sight of a run that the server has begun: it is cancelled in watch.
	creating, done := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer done()
	x, err := a.create(creating, ws, in)
	if err != nil {
		return err
	}
	r := &reporter{out: out, modules: modules, seen: map[string]experiment.StatusCode{}}
	r.line("Experiment %s, %q", x.ExperimentID, x.Description)
	x, err = a.watch(ctx, ws, x, o.Interval, r)
	switch {
	case err != nil:
		return err
	case x.Status.StatusCode == experiment.Failed:
		return fmt.Errorf("the run failed: %s", x.Status.StatusDetail)
	case x.Status.StatusCode == experiment.Cancelled:
		return errors.New("the run was cancelled")
	}
	return nil
}

// readFile reads an experiment as what is submitted to run it.
func readFile(file string) (*experiment.Submission, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var x experiment.Experiment
	err = json.Unmarshal(bytes.TrimPrefix(b, []byte("\ufeff")), &x)
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &syntax):
		return nil, fmt.Errorf("%s, line %d: not JSON: %w", file, bytes.Count(b[:min(syntax.Offset, int64(len(b)))], []byte("\n"))+1, err)
	case err != nil:
		return nil, fmt.Errorf("%s: not an experiment: %w", file, err)
	case len(x.Graph.ModuleNodes) == 0:
		return nil, fmt.Errorf("%s: not an experiment: it has no Graph with ModuleNodes", file)
	}
	draft := false
	return &experiment.Submission{
		Description: x.Description, Summary: x.Summary, Category: x.Category, Tags: x.Tags,
		Graph: x.Graph, WebService: x.WebService, IsDraft: &draft,
	}, nil
}

// resolve puts ids in place of the names of datasets, all of which there must be.
func (a api) resolve(ctx context.Context, ws string, g *experiment.Graph) error {
	lacking, err := a.match(ctx, ws, g)
	if err == nil && len(lacking) > 0 {
		err = errors.New(lacking[0])
	}
	return err
}

// match puts ids in place of the names of datasets, and says which the workspace lacks.
func (a api) match(ctx context.Context, ws string, g *experiment.Graph) (lacking []string, err error) {
	datasets, err := a.named(ctx, ws, "datasources")
	if err != nil {
		return nil, err
	}
	ids := map[string]string{}
	names := make([]string, len(datasets))
	for i, d := range datasets {
		ids[strings.ToLower(d.Name)] = d.ID
		names[i] = d.Name
	}
	for _, d := range datasets { // an id comes before a name that looks like one
		ids[strings.ToLower(d.ID)], ids[strings.ToLower(d.FamilyID)] = d.ID, d.ID
	}
	eachDataset(g, func(n *experiment.Node, id *string) {
		if found, ok := ids[strings.ToLower(*id)]; ok {
			*id = found
			return
		}
		lacking = append(lacking, fmt.Sprintf("node %s takes the dataset %q, and the workspace has none of that name or id; it has: %s", n.ID, *id, strings.Join(names, ", ")))
	})
	return lacking, nil
}

// watch reports the progress of a run until it is over. Where ctx ends it
// cancels the run and reports how that ended.
func (a api) watch(ctx context.Context, ws string, x *experiment.Experiment, interval time.Duration, r *reporter) (*experiment.Experiment, error) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	id := x.ExperimentID
	asking, silent := ctx, time.Duration(0)
	interrupted := ctx.Done()
	for {
		r.report(x)
		if x.Status.StatusCode.Over() {
			return x, nil
		}
		select {
		case <-ticker.C:
		case <-interrupted:
			interrupted = nil
			var done context.CancelFunc
			asking, done = context.WithTimeout(context.WithoutCancel(ctx), cancelTime)
			defer done()
			r.line("Cancelling")
			if err := a.cancel(asking, ws, id); err != nil {
				return nil, fmt.Errorf("the run %s could not be cancelled: %w", id, err)
			}
		}
		now, err := a.get(asking, ws, id)
		var refused *client.Refusal
		switch {
		case err == nil:
			x, silent = now, 0
		case errors.As(err, &refused) && refused.Status < http.StatusInternalServerError:
			return nil, err
		case asking.Err() != nil && interrupted == nil, silent >= patience:
			return nil, err
		default: // a server that is restarted goes on with the run
			silent += interval
		}
	}
}

// reporter writes a line for each change of status.
type reporter struct {
	out     io.Writer
	modules []named
	seen    map[string]experiment.StatusCode // by node id; "" is the run's
}

func (r *reporter) line(format string, args ...any) {
	_, _ = fmt.Fprintf(r.out, time.Now().Format("15:04:05 ")+format+"\n", args...) // a closed terminal does not stop the run
}

func (r *reporter) report(x *experiment.Experiment) {
	for _, n := range x.NodeStatuses {
		code := n.Status.StatusCode
		if r.seen[n.NodeID] == code || code == experiment.NotStarted && r.seen[n.NodeID] == "" {
			continue
		}
		r.seen[n.NodeID] = code
		detail := ""
		if n.Status.StatusDetail != "" {
			detail = ": " + n.Status.StatusDetail
		}
		r.line("%s (node %s) %s%s", r.moduleOf(x, n.NodeID), n.NodeID, code, detail)
	}
	if code := x.Status.StatusCode; r.seen[""] != code {
		r.seen[""] = code
		r.line("Run %s", code)
	}
}

// moduleOf is the name of a node's module.
func (r *reporter) moduleOf(x *experiment.Experiment, node string) string {
	for _, n := range x.Graph.ModuleNodes {
		for _, m := range r.modules {
			if n.ID == node && n.ModuleID == m.ID {
				return m.Name
			}
		}
	}
	return "Module"
}
