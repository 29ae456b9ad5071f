package experiment

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"portico/internal/blob"
	"portico/internal/fault"
	"portico/internal/module"
	"portico/internal/record"
	"portico/internal/secret"
	"portico/internal/table"
)

// Datasets gives the saved datasets that graphs read. What an id names never changes, but for the types of its
// columns; its Summary's Revision then does.
type Datasets interface {
	// Summary describes a dataset that can be read. It returns fault.NotFound for
	// an unknown id, and another of the caller's faults for one that cannot be read (yet).
	Summary(ctx context.Context, workspace, id string) (*table.Summary, error)
	// Packed checks a dataset for a Zip port in the same way.
	Packed(ctx context.Context, workspace, id string) error
	// Table reads a dataset, a table.File for a Zip port. Its errors are those of the checks.
	Table(ctx context.Context, workspace, id string) (*table.Table, error)
}

// Options are the budgets of experiments and runs. A zero field takes its default.
type Options struct {
	ParallelRuns  int           // runs at the same time; 2
	ParallelNodes int           // nodes of one run at the same time; 4 (azureml.md 1.8)
	QueuedRuns    int           // runs that have not ended; 100
	KeptRuns      int           // earlier runs that an experiment keeps; 50
	ResultBytes   int64         // node results that are kept; 10 GiB
	ResultAge     time.Duration // how long an unused result is kept; 30 days
	Grace         time.Duration // how long nodes may go on running after a stop; 5 s
}

func (o Options) withDefaults() Options {
	setDefault(&o.ParallelRuns, 2)
	setDefault(&o.ParallelNodes, 4)
	setDefault(&o.QueuedRuns, 100)
	setDefault(&o.KeptRuns, 50)
	setDefault(&o.ResultBytes, 10<<30)
	setDefault(&o.ResultAge, 30*24*time.Hour)
	setDefault(&o.Grace, 5*time.Second)
	return o
}

func setDefault[T int | int64 | time.Duration](v *T, to T) {
	if *v == 0 {
		*v = to
	}
}

// Config is what a Service is made of.
type Config struct {
	Records  record.Store
	Blobs    blob.Store
	Modules  *module.Catalogue
	Datasets Datasets
	Keeper   *secret.Keeper // seals secret parameters; they are kept as they are where it is nil
	Options  Options
	Log      *slog.Logger
}

// Service keeps experiments and runs them. It is safe for concurrent use. Runs
// wait until Run is called.
type Service struct {
	Config
	edits   *record.Editor
	queue   *queue
	results *results
}

// New makes a Service.
func New(c Config) *Service {
	c.Options = c.Options.withDefaults()
	return &Service{
		Config:  c,
		edits:   &record.Editor{Store: c.Records},
		queue:   newQueue(c.Options.QueuedRuns),
		results: newResults(c.Records, c.Blobs),
	}
}

// Get gives an experiment with the progress of its run. It returns fault.NotFound.
func (s *Service) Get(ctx context.Context, ws, id string) (*Experiment, error) {
	x, err := s.load(ctx, ws, id)
	if err != nil {
		return nil, err
	}
	r, err := s.runOf(ctx, ws, x)
	if err != nil {
		return nil, err
	}
	return s.marked(ws, x, r), nil
}

// Settled waits until an experiment's run is over, and gives the experiment; a
// draft at once. It returns fault.NotFound, or ctx's error.
func (s *Service) Settled(ctx context.Context, ws, id string) (*Experiment, error) {
	for {
		freed := s.queue.nextFreed()
		x, err := s.Get(ctx, ws, id)
		if err != nil || x.RunID == "" || x.Status.StatusCode.Over() {
			return x, err
		}
		select {
		case <-freed:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// List gives a workspace's experiments in the order they were made, without
// their graphs' problems; those that others were made from only with ancestors.
func (s *Service) List(ctx context.Context, ws string, ancestors bool) ([]*Experiment, error) {
	all, err := s.loadAll(ctx, ws)
	if err != nil {
		return nil, err
	}
	runs, err := s.Records.List(ctx, experimentPath(ws, "*")+"/runs")
	if err != nil {
		return nil, err
	}
	byID := make(map[string]record.Record, len(runs))
	for _, r := range runs {
		byID[record.Name(r.Path)] = r
	}
	list := []*Experiment{}
	for _, x := range all {
		if !x.Leaf && !ancestors {
			continue
		}
		r, err := s.runFrom(x, func() (record.Record, error) {
			if rec, ok := byID[x.RunID]; ok {
				return rec, nil
			}
			return s.Records.Get(ctx, runPath(ws, x.id, x.RunID)) // it was made after the list
		})
		if err != nil {
			return nil, err
		}
		list = append(list, s.experiment(ws, x, r))
	}
	return list, nil
}

// Create saves a new experiment, and runs it where the submission says so. It
// returns fault.Invalid with every problem: of a draft, those that make its
// graph ambiguous; of a run, all; and fault.Unavailable where too many runs wait.
func (s *Service) Create(ctx context.Context, ws, creator string, in *Submission) (*Experiment, error) {
	x := &stored{document: document{Creator: creator, Created: time.Now().UTC(), Leaf: true, Parent: in.ParentExperimentID}, id: secret.ID()}
	return s.commit(ctx, ws, x, in, "-", func() ([]record.Change, error) { return s.adopt(ctx, ws, x) })
}

// Save changes an experiment in place, and runs it where the submission says
// so. A run that the change overtakes is kept as an ancestor of the experiment.
// Beside what Create returns there is fault.NotFound, fault.StaleETag where etag
// is neither "" nor the experiment's, and fault.Conflict while it is running and
// the change is one that the run depends on.
func (s *Service) Save(ctx context.Context, ws, id, etag string, in *Submission) (*Experiment, error) {
	x := &stored{id: id}
	return s.commit(ctx, ws, x, in, "*", func() ([]record.Change, error) {
		old, err := s.load(ctx, ws, id)
		if err != nil {
			return nil, err
		}
		if etag != "" && etag != "*" && etag != old.etag {
			return nil, fault.New(fault.StaleETag, "The experiment %q was changed by somebody else since you opened it: open it again, then repeat your changes.", old.Description)
		}
		r, err := s.runOf(ctx, ws, old)
		if err != nil {
			return nil, err
		}
		s.sealAs(ws, &x.Graph, &old.Graph)
		x.Creator, x.Created, x.Parent, x.Leaf, x.RunID = old.Creator, old.Created, old.Parent, old.Leaf, old.RunID
		same := old.RunID != "" && runKey(&old.Graph) == runKey(&x.Graph)
		if r == nil || same && !in.Runs() {
			return nil, nil
		}
		if !r.Status.StatusCode.Over() {
			return nil, fault.New(fault.Conflict, "The experiment %q is running: wait for its end or cancel it, then change it.", old.Description)
		}
		return s.archive(ctx, ws, x, old, r)
	})
}

// commit applies a submission to x: the change of x itself, what plan adds to
// it, and a new run. plan runs alone, so that what it reads still holds.
func (s *Service) commit(ctx context.Context, ws string, x *stored, in *Submission, match string, plan func() ([]record.Change, error)) (*Experiment, error) {
	if err := s.take(ctx, ws, x, in); err != nil {
		return nil, err
	}
	var q *queued
	if in.Runs() {
		if err := s.queue.reserve(); err != nil {
			return nil, err
		}
		defer func() { s.queue.settle(q) }()
	}
	var r *run
	applied, err := s.edits.Edit(ctx, func() ([]record.Change, error) {
		changes, err := plan()
		if err != nil {
			return nil, err
		}
		if in.Runs() {
			x.RunID, r = secret.ID(), newRun(&x.Graph)
			r.From = in.RunFrom
			changes = append(changes,
				record.PutOf(runPath(ws, x.id, x.RunID), r, "-"),
				record.PutOf(queuePath(x.RunID), queued{Workspace: ws, Experiment: x.id}, "-"))
		}
		// The experiment is the first change: its new ETag is in the first answer.
		return append([]record.Change{record.PutOf(experimentPath(ws, x.id), x.document, match)}, changes...), nil
	})
	if err != nil {
		return nil, err
	}
	if in.Runs() {
		q = &queued{Workspace: ws, Experiment: x.id, RunID: x.RunID}
	}
	x.etag = applied[0].New.ETag
	s.forgetRuns(ctx, ws, applied)
	if r == nil {
		if r, err = s.runOf(ctx, ws, x); err != nil {
			return nil, err
		}
	}
	return s.marked(ws, x, r), nil
}

// take checks a submission and puts it into x.
func (s *Service) take(ctx context.Context, ws string, x *stored, in *Submission) error {
	if err := in.check(); err != nil {
		return err
	}
	e := &Experiment{Graph: in.Graph, WebService: in.WebService, Tags: in.Tags, Category: in.Category}
	e.complete(ws, s.Modules)
	problems := Check(e, s.Modules)
	if in.Runs() {
		bad, err := s.badDatasets(ctx, ws, &e.Graph)
		if err != nil {
			return err
		}
		problems = append(problems, bad...)
		if in.RunFrom != "" && !slices.ContainsFunc(e.Graph.ModuleNodes, func(n Node) bool { return n.ID == in.RunFrom }) {
			problems = append(problems, Problem{UnknownNode, "", fmt.Sprintf("The run is to begin at the node %q, which the graph does not have.", in.RunFrom)})
		}
	} else {
		problems = slices.DeleteFunc(problems, func(p Problem) bool { return !p.Code.Ambiguous() })
	}
	if err := Invalid(problems); err != nil {
		return err
	}
	s.seal(ws, &e.Graph)
	x.Graph, x.WebService, x.Tags, x.Category = e.Graph, e.WebService, e.Tags, e.Category
	x.Description, x.Summary = strings.TrimSpace(in.Description), in.Summary
	if x.Description == "" {
		x.Description = "Experiment created on " + time.Now().UTC().Format("1/2/2006")
	}
	return nil
}

// badDatasets finds the datasets that the graph names and that cannot be read.
func (s *Service) badDatasets(ctx context.Context, ws string, g *Graph) ([]Problem, error) {
	var bad []Problem
	for _, n := range g.ModuleNodes {
		for _, p := range n.InputPortsInternal {
			if !filled(p.DataSourceID) {
				continue
			}
			err := s.checkDataset(ctx, ws, &n, p.Name, *p.DataSourceID)
			if err == nil {
				continue
			}
			f := fault.As(err)
			switch f.Kind {
			case fault.NotFound, fault.Conflict, fault.Invalid, fault.Unsupported:
				bad = append(bad, Problem{UnusableDataset, n.ID, fmt.Sprintf("Input %q of node %s: %s.", p.Name, n.ID, strings.TrimSuffix(f.Message, "."))})
			default:
				return nil, err
			}
		}
	}
	return bad, nil
}

// checkDataset tells whether a dataset can be read for an input.
func (s *Service) checkDataset(ctx context.Context, ws string, n *Node, port, id string) error {
	if m, ok := s.Modules.Find(n.ModuleID); ok {
		if i := portIndex(m.Inputs, port); i >= 0 && m.Inputs[i].Type == module.Zip {
			return s.Datasets.Packed(ctx, ws, id)
		}
	}
	_, err := s.Datasets.Summary(ctx, ws, id)
	return err
}

// Delete removes an experiment, and with ancestors also those that it alone was
// made from. It returns fault.NotFound, and fault.Conflict while one is running.
func (s *Service) Delete(ctx context.Context, ws, id string, ancestors bool) error {
	applied, err := s.edits.Edit(ctx, func() ([]record.Change, error) {
		x, err := s.load(ctx, ws, id)
		if err != nil {
			return nil, err
		}
		all, err := s.loadAll(ctx, ws)
		if err != nil {
			return nil, err
		}
		gone := map[string]*stored{x.id: x}
		if ancestors {
			for _, a := range lineage(all, x.Parent) {
				gone[a.id] = a
			}
		}
		var changes []record.Change
		for _, g := range gone {
			r, err := s.runOf(ctx, ws, g)
			if err != nil {
				return nil, err
			}
			if r != nil && !r.Status.StatusCode.Over() {
				return nil, fault.New(fault.Conflict, "The experiment %q is running: cancel it, then delete it.", g.Description)
			}
			changes = append(changes, record.Change{Op: record.DeleteTree, Path: experimentPath(ws, g.id)})
		}
		return append(changes, bereave(ws, all, gone)...), nil
	})
	if err != nil {
		return err
	}
	s.forgetRuns(ctx, ws, applied)
	return nil
}
