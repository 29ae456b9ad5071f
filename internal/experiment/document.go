package experiment

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"portico/internal/fault"
	"portico/internal/record"
)

// Submission is what a client sends to save or run an experiment (azureml.md 5.1). Field names are verbatim.
type Submission struct {
	Description        string         `json:"Description"`
	Summary            string         `json:"Summary"`
	IsDraft            *bool          `json:"IsDraft"` // null is true: nothing runs unless it was asked for
	ParentExperimentID string         `json:"ParentExperimentId"`
	Category           string         `json:"Category"`
	Tags               []string       `json:"Tags"`
	Graph              Graph          `json:"ExperimentGraph"`
	WebService         WebServiceInfo `json:"WebService"`
	// RunFrom is the node from which on a run does everything anew, as "Run from
	// here" asks; what it does not depend on is taken from earlier runs. An addition of ours.
	RunFrom string `json:"RunFrom"`
}

// Runs tells whether the submission asks for a run.
func (s *Submission) Runs() bool { return s.IsDraft != nil && !*s.IsDraft }

// Limits of what an experiment's texts may hold, in bytes.
const (
	maxDescription = 4 << 10
	maxSummary     = 64 << 10
	maxTags        = 100
)

// check finds what is wrong with the texts; Check does so for the graph.
func (s *Submission) check() error {
	f := fault.Coded(fault.Invalid, "BadArgument", "The experiment cannot be saved.")
	for _, text := range []struct {
		target string
		length int
		most   int
	}{
		{"Description", len(s.Description), maxDescription},
		{"Summary", len(s.Summary), maxSummary},
		{"Category", len(s.Category), maxDescription},
		{"Tags", len(strings.Join(s.Tags, "")), maxDescription},
	} {
		if text.length > text.most {
			f = f.With("TooLong", text.target, "%s has %d bytes; at most %d are allowed.", text.target, text.length, text.most)
		}
	}
	if len(s.Tags) > maxTags {
		f = f.With("TooLong", "Tags", "There are %d tags; at most %d are allowed.", len(s.Tags), maxTags)
	}
	return f.OrNil()
}

// document is an experiment as it is stored, at /workspaces/{ws}/experiments/{id}.
// Its run is another record, so that a run's progress does not change the ETag
// that guards edits.
type document struct {
	Description string         `json:"description"`
	Summary     string         `json:"summary,omitempty"`
	Category    string         `json:"category"`
	Tags        []string       `json:"tags"`
	Creator     string         `json:"creator"`
	Created     time.Time      `json:"created"`
	Parent      string         `json:"parent,omitempty"`
	Leaf        bool           `json:"leaf"`            // no experiment was made from it
	RunID       string         `json:"runId,omitempty"` // "" for a draft
	Graph       Graph          `json:"graph"`
	WebService  WebServiceInfo `json:"webService"`
}

// run is the run of an experiment, at /workspaces/{ws}/experiments/{id}/runs/{run id}.
type run struct {
	Status Status    `json:"status"`
	Nodes  []nodeRun `json:"nodes"`
	From   string    `json:"from,omitempty"` // the node from which on earlier results do not count
}

// nodeRun is one node of a run.
type nodeRun struct {
	ID     string      `json:"id"`
	Status Status      `json:"status"`
	Result string      `json:"result,omitempty"` // key of what it gave, once it is Finished
	Tables []keptTable `json:"tables,omitempty"` // one for each of its module's outputs
	Ports  []string    `json:"ports,omitempty"`  // their names
	Out    int64       `json:"out,omitempty"`    // bytes of its logs
	Err    int64       `json:"err,omitempty"`
}

// clone copies what the owner of a run goes on changing.
func (r run) clone() run {
	r.Nodes = append([]nodeRun(nil), r.Nodes...)
	return r
}

// queued is a run that has not ended, at /queue/{run id}. The order of the records is the order of the runs.
type queued struct {
	Workspace  string `json:"workspace"`
	Experiment string `json:"experiment"`
	RunID      string `json:"-"`
	Cancel     bool   `json:"cancel,omitempty"` // somebody asked to
}

const queueCollection = "/queue"

func experimentsPath(ws string) string    { return record.Path("workspaces", ws, "experiments") }
func experimentPath(ws, id string) string { return record.Path("workspaces", ws, "experiments", id) }
func runPath(ws, id, runID string) string { return experimentPath(ws, id) + record.Path("runs", runID) }
func queuePath(runID string) string       { return queueCollection + "/" + runID }

// stored is an experiment that was read.
type stored struct {
	document
	id   string
	etag string
}

func load(r record.Record) (*stored, error) {
	s := &stored{id: record.Name(r.Path), etag: r.ETag}
	if err := json.Unmarshal(r.Body, &s.document); err != nil {
		return nil, fmt.Errorf("experiment %s: %w", r.Path, err)
	}
	return s, nil
}

func (s *Service) load(ctx context.Context, ws, id string) (*stored, error) {
	r, err := s.Records.Get(ctx, experimentPath(ws, id))
	if fault.Is(err, fault.NotFound) {
		return nil, fault.New(fault.NotFound, "There is no experiment %q in the workspace.", id)
	}
	if err != nil {
		return nil, err
	}
	return load(r)
}

func (s *Service) loadAll(ctx context.Context, ws string) ([]*stored, error) {
	recs, err := s.Records.List(ctx, experimentsPath(ws))
	if err != nil {
		return nil, err
	}
	all := make([]*stored, len(recs))
	for i, r := range recs {
		if all[i], err = load(r); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// runOf gives an experiment's run as it is now; nil for a draft.
func (s *Service) runOf(ctx context.Context, ws string, x *stored) (*run, error) {
	return s.runFrom(x, func() (record.Record, error) { return s.Records.Get(ctx, runPath(ws, x.id, x.RunID)) })
}

// runFrom is runOf with the record of a run that is not in progress from read.
func (s *Service) runFrom(x *stored, read func() (record.Record, error)) (*run, error) {
	if x.RunID == "" {
		return nil, nil
	}
	if r, ok := s.queue.progress(x.RunID); ok {
		return &r, nil
	}
	rec, err := read()
	if err != nil {
		return nil, err
	}
	r := &run{}
	if err := json.Unmarshal(rec.Body, r); err != nil {
		return nil, fmt.Errorf("run %s: %w", rec.Path, err)
	}
	return r, nil
}

// experiment is the document of azureml.md 5.2. A draft carries no problems yet.
func (s *Service) experiment(ws string, x *stored, r *run) *Experiment {
	e := &Experiment{
		ExperimentID: x.id, RunID: x.RunID, Description: x.Description, Summary: x.Summary, Etag: x.etag,
		Graph: x.Graph, WebService: x.WebService, Creator: x.Creator, Category: x.Category, Tags: x.Tags, IsLeaf: x.Leaf,
	}
	if x.Parent != "" {
		e.ParentExperimentID = &x.Parent
	}
	e.complete(ws, s.Modules)
	if r == nil {
		created := Date(x.Created)
		e.Status = Status{StatusCode: InDraft, CreationTime: &created}
		return e
	}
	e.Status = r.Status
	for _, n := range r.Nodes {
		e.NodeStatuses = append(e.NodeStatuses, n.wire())
	}
	return e
}

// marked is experiment with the problems of a draft: the nodes that keep it from
// running have the reasons in their status, and the draft has those of the whole graph.
func (s *Service) marked(ws string, x *stored, r *run) *Experiment {
	e := s.experiment(ws, x, r)
	if r != nil {
		return e
	}
	reasons := map[string][]string{}
	for _, p := range Check(e, s.Modules) {
		reasons[p.Node] = append(reasons[p.Node], p.Message)
	}
	e.Status.StatusDetail = strings.Join(reasons[""], "\n")
	for _, n := range e.Graph.ModuleNodes {
		if why := reasons[n.ID]; why != nil {
			mark := nodeRun{ID: n.ID, Status: Status{StatusCode: InDraft, StatusDetail: strings.Join(why, "\n")}}
			e.NodeStatuses = append(e.NodeStatuses, mark.wire())
		}
	}
	return e
}

// wire is the node's status with the names and sizes of what can be fetched.
// Where it can be fetched from is for the API that offers it to say.
func (n *nodeRun) wire() NodeStatus {
	w := NodeStatus{NodeID: n.ID, Status: n.Status, OutputEndpoints: []OutputEndpoint{}, MetadataOutputEndpoints: map[string]any{}}
	for i, t := range n.Tables {
		w.OutputEndpoints = append(w.OutputEndpoints, OutputEndpoint{Name: n.Ports[i], Size: t.Size, FileType: "Dataset"})
	}
	if n.Out > 0 {
		w.StandardOutEndpoint = &OutputEndpoint{Name: string(StandardOut), Size: n.Out, FileType: "PlainText", IsAuxiliary: true}
	}
	if n.Err > 0 {
		w.StandardErrorEndpoint = &OutputEndpoint{Name: string(StandardError), Size: n.Err, FileType: "PlainText", IsAuxiliary: true}
	}
	return w
}

// runKey tells graphs apart that would not run alike: nodes, parameters,
// datasets and edges count; comments, positions and the web service's ports do not.
func runKey(g *Graph) string {
	type node struct {
		ID, Module string
		Fresh      bool
		Values     map[string]string
		Datasets   map[string]string
	}
	nodes := make([]node, len(g.ModuleNodes))
	for i := range g.ModuleNodes {
		n := &g.ModuleNodes[i]
		nodes[i] = node{n.ID, n.ModuleID, !n.UsePreviousResults, n.Given(nil), map[string]string{}}
		for _, p := range n.InputPortsInternal {
			if filled(p.DataSourceID) {
				nodes[i].Datasets[p.Name] = *p.DataSourceID
			}
		}
	}
	b, err := json.Marshal([]any{nodes, g.EdgesInternal})
	if err != nil {
		panic(err) // strings and booleans can be marshalled
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
