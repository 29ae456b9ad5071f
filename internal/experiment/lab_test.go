package experiment_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"portico/internal/blob"
	"portico/internal/dataset"
	"portico/internal/experiment"
	"portico/internal/fault"
	"portico/internal/module"
	"portico/internal/module/catalogue"
	"portico/internal/module/inputoutput"
	"portico/internal/module/inputoutput/inputoutputtest"
	"portico/internal/record"
	"portico/internal/secret"
	"portico/internal/store"
	"portico/internal/table"
)

const workspace = "0123456789abcdef0123456789abcdef"

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// lab is a Service on real stores, with the real modules and some for tests.
type lab struct {
	*experiment.Service
	t       *testing.T
	dir     string
	records record.Store
	blobs   blob.Store
	data    *dataset.Service
	gates   *gates
	log     *logBuffer
	keeper  *secret.Keeper
	outside inputoutputtest.Blobs // what Import Data and Export Data reach
	close   func()
}

// newLab opens a lab on a data folder.
func newLab(t *testing.T, dir string, o experiment.Options) *lab {
	t.Helper()
	db, err := store.Open(t.Context(), store.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	files, err := blob.OpenLocal(dir)
	if err != nil {
		t.Fatal(err)
	}
	l := &lab{t: t, dir: dir, records: db.Records(), blobs: files, gates: newGates(), log: &logBuffer{}, outside: inputoutputtest.Blobs{}}
	if l.keeper, err = secret.New(make([]byte, 32)); err != nil {
		t.Fatal(err)
	}
	l.close = sync.OnceFunc(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(l.close)
	l.data = dataset.New(l.records, files, dataset.Options{})
	l.make(l.records, l.blobs, o)
	return l
}

func noWeb(context.Context, string) (io.ReadCloser, error) {
	return nil, fault.New(fault.Invalid, "there is no web")
}

// make makes the Service, perhaps on stores that fail.
func (l *lab) make(records record.Store, blobs blob.Store, o experiment.Options) {
	l.Service = experiment.New(experiment.Config{
		Records: records, Blobs: blobs, Modules: module.NewCatalogue(append(catalogue.New(inputoutput.Outside{Get: noWeb, Blobs: l.outside}, nil).All(), l.gates.modules()...)...),
		Datasets: l.data, Keeper: l.keeper, Options: o, Log: slog.New(slog.NewTextHandler(l.log, nil)),
	})
}

// run runs the Service until the test's end, or until the function that it gives is called.
func (l *lab) run() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- l.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			l.t.Error(err)
		}
	})
	l.t.Cleanup(stop)
	return stop
}

// reviews saves a small dataset and gives its id.
func (l *lab) reviews() string {
	l.t.Helper()
	d, err := l.data.Create(l.t.Context(), workspace, dataset.Meta{Name: "Book Reviews", DataTypeID: "GenericCSVNoHeader"},
		strings.NewReader("5,This is a good day\n1,I hated this book\n"))
	if err != nil {
		l.t.Fatal(err)
	}
	return d.ID
}

// guide is the submission of the guide's experiment, on a dataset.
func (l *lab) guide(datasetID string, run bool) *experiment.Submission {
	l.t.Helper()
	b, err := os.ReadFile("../../examples/simple-feature-hashing.json")
	if err != nil {
		l.t.Fatal(err)
	}
	var x experiment.Experiment
	if err := json.Unmarshal(b, &x); err != nil {
		l.t.Fatal(err)
	}
	x.Graph.ModuleNodes[0].InputPortsInternal[0].DataSourceID = &datasetID
	draft := !run
	return &experiment.Submission{Description: x.Description, Summary: x.Summary, Graph: x.Graph, WebService: x.WebService, IsDraft: &draft}
}

// gated is a submission of nodes that wait at gates. Each line is "node module: what feeds it".
func gated(run bool, text string) *experiment.Submission {
	draft := !run
	in := &experiment.Submission{Description: "Gates", IsDraft: &draft}
	for line := range strings.Lines(text) {
		head, feeds, _ := strings.Cut(strings.TrimSpace(line), ":")
		id, name, found := strings.Cut(head, " ")
		if !found {
			continue
		}
		n := experiment.Node{ID: id, ModuleID: name, UsePreviousResults: true}
		if name == "Gate" {
			n.ModuleParameters = []experiment.ParameterValue{{Name: "Name", Value: id}}
		}
		in.Graph.ModuleNodes = append(in.Graph.ModuleNodes, n)
		for i, feed := range strings.Fields(feeds) {
			in.Graph.EdgesInternal = append(in.Graph.EdgesInternal,
				experiment.Edge{SourceOutputPortID: feed + ":Out", DestinationInputPortID: id + ":" + []string{"A", "B"}[i]})
		}
	}
	return in
}

// must fails the test for an error.
func must[T any](t *testing.T, v T, err error) T {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// create saves a new experiment.
func (l *lab) create(in *experiment.Submission) *experiment.Experiment {
	l.t.Helper()
	x, err := l.Create(l.t.Context(), workspace, "tester", in)
	return must(l.t, x, err)
}

// settled waits for the end of an experiment's run.
func (l *lab) settled(id string) *experiment.Experiment {
	l.t.Helper()
	x, err := l.Settled(l.t.Context(), workspace, id)
	return must(l.t, x, err)
}

// statuses is "node:status" of each node, in the document's order.
func statuses(x *experiment.Experiment) string {
	var all []string
	for _, n := range x.NodeStatuses {
		all = append(all, n.NodeID+":"+string(n.Status.StatusCode))
	}
	return strings.Join(all, " ")
}

// want fails the test where an experiment or its nodes stand elsewhere.
func want(t *testing.T, x *experiment.Experiment, code experiment.StatusCode, nodes string) {
	t.Helper()
	if got := statuses(x); x.Status.StatusCode != code || got != nodes {
		t.Fatalf("the experiment is %s (%s), want %s (%s); detail %q", x.Status.StatusCode, got, code, nodes, x.Status.StatusDetail)
	}
}

// wantKind fails the test where an error is not of that kind with that text.
func wantKind(t *testing.T, err error, k fault.Kind, text string) {
	t.Helper()
	if !fault.Is(err, k) || !strings.Contains(err.Error(), text) {
		t.Fatalf("got %v, want kind %d with %q", err, k, text)
	}
}

// gates are where Gate nodes wait: each tells that it began, and goes on when it is let.
type gates struct {
	mu    sync.Mutex
	gates map[string]*gate
}

type gate struct {
	began chan struct{} // one element for each call that began
	pass  chan struct{} // closed to let all calls pass
	calls atomic.Int32
}

func newGates() *gates { return &gates{gates: map[string]*gate{}} }

func (g *gates) at(name string) *gate {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.gates[name] == nil {
		g.gates[name] = &gate{began: make(chan struct{}, 100), pass: make(chan struct{})}
	}
	return g.gates[name]
}

// open lets the nodes pass, now and later.
func (g *gates) open(names ...string) {
	for _, name := range names {
		close(g.at(name).pass)
	}
}

// await waits until the nodes have begun.
func (g *gates) await(t *testing.T, names ...string) {
	t.Helper()
	for _, name := range names {
		select {
		case <-g.at(name).began:
		case <-t.Context().Done():
			t.Fatalf("%s did not begin", name)
		}
	}
}

// modules are Gate, which waits and gives its name, and three that fail in their own way.
func (g *gates) modules() []*module.Module {
	ports := []module.Port{{Name: "A", Type: module.Data, Optional: true}, {Name: "B", Type: module.Data, Optional: true}}
	make := func(name, digit string, run func(v module.Values) module.Runner) *module.Module {
		return &module.Module{
			Name: name, FamilyID: strings.Repeat(digit, 32), Category: "Tests", Version: 1,
			Inputs: ports, Outputs: []module.Port{{Name: "Out", Type: module.Data}},
			Parameters: []module.Parameter{{Name: "Name", Type: module.Text, Default: name}},
			Prepare:    func(v module.Values) (module.Runner, error) { return run(v), nil },
		}
	}
	wait := make("Gate", "a", func(v module.Values) module.Runner {
		gate := g.at(v.String("Name"))
		return func(ctx context.Context, _ []*table.Table) ([]*table.Table, error) {
			gate.calls.Add(1)
			gate.began <- struct{}{}
			select {
			case <-gate.pass:
				return []*table.Table{table.FromColumns(1, table.FromStrings("Name", []string{v.String("Name")}))}, nil
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
	})
	fail := make("Fail", "b", func(module.Values) module.Runner {
		return func(context.Context, []*table.Table) ([]*table.Table, error) {
			return nil, module.Fail("0001", "Col9").In("Name")
		}
	})
	boom := make("Boom", "c", func(module.Values) module.Runner {
		return func(context.Context, []*table.Table) ([]*table.Table, error) { panic("secret detail") }
	})
	short := make("Short", "d", func(module.Values) module.Runner {
		return func(context.Context, []*table.Table) ([]*table.Table, error) { return nil, nil }
	})
	return []*module.Module{wait, fail, boom, short}
}

// logBuffer collects the log of all goroutines.
type logBuffer struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// logs reads a node's log; "" where there is none.
func (l *lab) logs(id, node string, name experiment.LogName) string {
	l.t.Helper()
	r, err := l.Logs(l.t.Context(), workspace, id, node, name)
	if fault.Is(err, fault.NotFound) {
		return ""
	}
	if err != nil {
		l.t.Fatal(err)
	}
	b, err := io.ReadAll(r)
	if err == nil {
		err = r.Close()
	}
	return string(must(l.t, b, err))
}
