package webservice

import (
	"context"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"portico/internal/blob"
	"portico/internal/dataset"
	"portico/internal/experiment"
	"portico/internal/fault"
	"portico/internal/module"
	"portico/internal/module/catalogue"
	"portico/internal/module/inputoutput"
	"portico/internal/secret"
	"portico/internal/store"
	"portico/internal/table"
	"portico/internal/webservice/webservicetest"
)

const ws = webservicetest.Workspace

// fixture is Services on a real store in a temporary folder.
type fixture struct {
	*Services
	run *webservicetest.Run
	dir string
	db  *store.Store
}

func newFixture(t *testing.T, extra ...*module.Module) *fixture {
	t.Helper()
	modules := module.NewCatalogue(append(catalogue.New(inputoutput.Outside{}, nil).All(), extra...)...)
	f := &fixture{run: webservicetest.NewRun(modules), dir: t.TempDir()}
	f.open(t)
	t.Cleanup(func() { _ = f.db.Close() })
	return f
}

// open reads what the folder holds, as a start of the server does.
func (f *fixture) open(t *testing.T) {
	t.Helper()
	var err error
	if f.db, err = store.Open(t.Context(), store.Options{Dir: f.dir}); err != nil {
		t.Fatal(err)
	}
	blobs, err := blob.OpenLocal(filepath.Join(f.dir, "blobs"))
	if err != nil {
		t.Fatal(err)
	}
	keeper, err := secret.Load(filepath.Join(f.dir, "master.key"), true)
	if err != nil {
		t.Fatal(err)
	}
	f.Services = New(Config{
		Records: f.db.Records(), Blobs: blobs, Keeper: keeper, Modules: f.run.Modules, Runs: f.run, Datasets: f.run,
		ScoringURL: "http://scoring.test", StudioURL: "http://console.test/studio", Log: slog.New(slog.DiscardHandler),
	})
	broken, err := f.Load(t.Context())
	if err != nil || len(broken) > 0 {
		t.Fatal(err, broken)
	}
}

func (f *fixture) publish(t *testing.T, e *experiment.Experiment, o PublishOptions) Published {
	t.Helper()
	p, err := f.tryPublish(t, e, o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (f *fixture) tryPublish(t *testing.T, e *experiment.Experiment, o PublishOptions) (Published, error) {
	f.run.Experiments[e.ExperimentID] = e
	return f.Publish(t.Context(), ws, e, o)
}

// score calls the plan of an endpoint with texts for its one column and gives output1's first row.
func (f *fixture) score(t *testing.T, endpointID string, args ...Argument) (string, error) {
	t.Helper()
	l := f.Find(endpointID)
	if l == nil {
		t.Fatalf("endpoint %s is not live", endpointID)
	}
	var in []*table.Table
	for range l.Plan.Inputs {
		in = append(in, table.FromColumns(1, table.FromStrings("Col2", []string{"This is a good day"})))
	}
	out, err := l.Plan.Score(t.Context(), in, args)
	if err != nil {
		return "", err
	}
	var cells []string
	out[0].EachCell(0, func(_ int, text []byte, _ bool) { cells = append(cells, string(text)) })
	return strings.Join(cells, " "), nil
}

const guideRow = "This is a good day 1 1 2 2 0 2 0 1"

// What an application passes for the interfaces.
var (
	_ Runs     = (*experiment.Service)(nil)
	_ Datasets = (*dataset.Service)(nil)
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestPublishTheGuide(t *testing.T) {
	f := newFixture(t)
	p := f.publish(t, webservicetest.Guide(), PublishOptions{})
	if p.Service.Name != "SimpleFeatureHashingExperiment" || p.Service.EndpointCount != 1 || p.Service.DefaultEndpointName != "default" || !isID(p.Service.ID) {
		t.Errorf("service: %+v", p.Service)
	}
	e := p.Endpoint
	if e.Name != "default" || e.MaxConcurrentCalls != 20 || e.ThrottleLevel != High || len(*e.PrimaryKey) != 88 || *e.PrimaryKey == *e.SecondaryKey {
		t.Errorf("endpoint: %+v", e)
	}
	id := strings.TrimPrefix(e.APILocation, "http://scoring.test/workspaces/"+ws+"/services/")
	if !isID(id) || e.HelpLocation != "http://scoring.test/apihelp/workspaces/"+ws+"/webservices/"+p.Service.ID+"/endpoints/"+id {
		t.Errorf("locations: %s, %s", e.APILocation, e.HelpLocation)
	}
	got, err := f.score(t, id)
	if err != nil || got != guideRow {
		t.Errorf("score: %s, %v", got, err)
	}
	l := f.Find(id)
	if !l.Accepts(*e.PrimaryKey) || !l.Accepts(*e.SecondaryKey) || l.Accepts("") || l.Accepts(secret.APIKey()) {
		t.Error("the endpoint must accept its two keys and no other")
	}
}

// TestServiceStandsAlone deletes what a service was made of and starts again.
func TestServiceStandsAlone(t *testing.T) {
	f := newFixture(t)
	p := f.publish(t, webservicetest.Guide(), PublishOptions{})
	static := webservicetest.Guide() // no input: the service gives what the run gave
	static.ExperimentID, static.WebService.Inputs = "static", nil
	q := f.publish(t, static, PublishOptions{})
	if err := f.db.Close(); err != nil {
		t.Fatal(err)
	}
	clear(f.run.Datasets)
	clear(f.run.Experiments)
	f.open(t)
	for published, want := range map[*Published]string{&p: guideRow, &q: "I loved this book 0 1 1 2 1 0 2 0"} {
		got, err := f.score(t, published.Endpoint.ID)
		if err != nil || got != want {
			t.Errorf("after a start: %s, %v, want %s", got, err, want)
		}
		if l := f.Find(published.Endpoint.ID); !l.Accepts(*published.Endpoint.SecondaryKey) {
			t.Error("after a start the key is not accepted")
		}
	}
}

// TestServiceWithoutEndpoints keeps what the next endpoint will run.
func TestServiceWithoutEndpoints(t *testing.T) {
	f := newFixture(t)
	static := webservicetest.Guide()
	static.WebService.Inputs = nil
	p := f.publish(t, static, PublishOptions{})
	if err := f.DeleteEndpoint(t.Context(), ws, p.Service.ID, "default"); err != nil {
		t.Fatal(err)
	}
	if err := f.db.Close(); err != nil {
		t.Fatal(err)
	}
	f.open(t)
	e, _, err := f.PutEndpoint(t.Context(), ws, p.Service.ID, "again", EndpointSettings{})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := f.score(t, e.ID); err != nil || got != "I loved this book 0 1 1 2 1 0 2 0" {
		t.Errorf("%s, %v", got, err)
	}
}

func TestWhatCannotBePublished(t *testing.T) {
	f := newFixture(t)
	for name, c := range map[string]struct {
		change func(*experiment.Experiment)
		kind   fault.Kind
		says   string
	}{
		"not finished": {func(e *experiment.Experiment) { e.Status.StatusCode = experiment.InDraft }, fault.Conflict, "is InDraft. Only one that is Finished"},
		"no output":    {func(e *experiment.Experiment) { e.WebService.Outputs = nil }, fault.Invalid, "no Web Service Output"},
		"unknown port": {func(e *experiment.Experiment) { e.WebService.Outputs[0].PortID = "-101:Nope" }, fault.Invalid, `no output port "Nope"`},
		"unknown node": {func(e *experiment.Experiment) { e.WebService.Inputs[0].PortID = "-9:Dataset" }, fault.Invalid, "no node"},
		"unused input": {func(e *experiment.Experiment) { e.WebService.Outputs[0].PortID = "-77:Results dataset" }, fault.Invalid, `depends on web service input "input1"`},
		"lost dataset": {func(e *experiment.Experiment) {
			gone := "gone"
			e.Graph.ModuleNodes[0].InputPortsInternal[0].DataSourceID = &gone
		}, fault.NotFound, `no dataset "gone"`},
		"unknown module": {func(e *experiment.Experiment) { e.Graph.ModuleNodes[1].ModuleID = "Two-Class Magic" }, fault.Invalid, "Two-Class Magic"},
	} {
		t.Run(name, func(t *testing.T) {
			e := webservicetest.Guide()
			c.change(e)
			_, err := f.tryPublish(t, e, PublishOptions{})
			if !fault.Is(err, c.kind) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want %q", err, c.says)
			}
		})
	}
	if list, err := f.List(t.Context(), ws); err != nil || len(list) != 0 {
		t.Errorf("refused publications left %v, %v", list, err)
	}
}

func TestPortNames(t *testing.T) {
	f := newFixture(t)
	e := webservicetest.Guide()
	e.WebService.Inputs[0].Name, e.WebService.Outputs[0].Name = "text", "hashed"
	p := f.publish(t, e, PublishOptions{})
	q := f.publish(t, e, PublishOptions{GenerateNewPortNames: true})
	names := func(p Published) string {
		plan := f.Find(p.Endpoint.ID).Plan
		return plan.Inputs[0].Name + " " + plan.Outputs[0].Name
	}
	if names(p) != "text hashed" || names(q) != "input1 output1" {
		t.Errorf("got %s and %s", names(p), names(q))
	}
}

// TestRepublish holds that an update reaches the default endpoint only.
func TestRepublish(t *testing.T) {
	f := newFixture(t)
	p := f.publish(t, webservicetest.Guide(), PublishOptions{UpdateExisting: true}) // nothing to update: a new one
	other, created, err := f.PutEndpoint(t.Context(), ws, p.Service.ID, "other", EndpointSettings{})
	if err != nil || !created {
		t.Fatal(err, created)
	}
	e := webservicetest.Guide()
	e.Description = "Renamed"
	e.Graph.ModuleNodes[1].ModuleParameters[2].Value = "1" // N-grams
	q := f.publish(t, e, PublishOptions{UpdateExisting: true})
	if q.Service.ID != p.Service.ID || q.Service.Name != "Renamed" || q.Service.EndpointCount != 2 || *q.Endpoint.PrimaryKey != *p.Endpoint.PrimaryKey {
		t.Errorf("the update gave %+v", q)
	}
	const unigrams = "This is a good day 0 1 1 0 0 2 0 1"
	scores := func(wantDefault, wantOther string) {
		t.Helper()
		for id, want := range map[string]string{p.Endpoint.ID: wantDefault, other.ID: wantOther} {
			if got, err := f.score(t, id); err != nil || got != want {
				t.Errorf("got %s, %v, want %s", got, err, want)
			}
		}
	}
	scores(unigrams, guideRow)
	if _, err := f.Refresh(t.Context(), ws, p.Service.ID, "default"); !fault.Is(err, fault.Conflict) {
		t.Errorf("refresh of the default endpoint: %v", err)
	}
	refreshed, err := f.Refresh(t.Context(), ws, p.Service.ID, "other")
	if err != nil || !refreshed.Version.Equal(q.Endpoint.Version) {
		t.Errorf("refresh: %+v, %v", refreshed, err)
	}
	scores(unigrams, unigrams)
	if _, err := f.Refresh(t.Context(), ws, p.Service.ID, "other"); !fault.Is(err, fault.NotModified) {
		t.Errorf("second refresh: %v", err)
	}
	f.publish(t, e, PublishOptions{UpdateExisting: true}) // now nothing runs the first definition
	definitions, err := f.Records.List(t.Context(), definitionsPath(ws, p.Service.ID))
	if err != nil || len(definitions) != 2 {
		t.Errorf("%d definitions are kept, want the two that endpoints run: %v", len(definitions), err)
	}
	again := f.publish(t, e, PublishOptions{})
	if again.Service.ID == p.Service.ID {
		t.Error("without UpdateExisting a new service is made")
	}
}

// withParameters lets two web-service parameters drive the guide's Feature Hashing.
func withParameters(e *experiment.Experiment) *experiment.Experiment {
	bits, grams := "Bits", "Grams"
	set := e.Graph.ModuleNodes[1].ModuleParameters
	set[1].LinkedGlobalParameter, set[2].LinkedGlobalParameter = &bits, &grams
	least, most := 1.0, 5.0
	e.WebService.Parameters = []experiment.ServiceParam{
		{Name: bits, Value: "3", ParameterDefinition: experiment.ParameterSpec{Name: bits, ParameterType: "Int"}},
		{Name: grams, Value: "2", ParameterDefinition: experiment.ParameterSpec{
			Name: grams, HasDefaultValue: true, DefaultValue: "2", ParameterRules: []experiment.ParameterRule{{Min: &least, Max: &most}},
		}},
	}
	return e
}

func TestParameters(t *testing.T) {
	f := newFixture(t)
	p := f.publish(t, withParameters(webservicetest.Guide()), PublishOptions{})
	id := p.Endpoint.ID
	for _, c := range []struct {
		args []Argument
		want string // the row, or the code of the error
	}{
		{[]Argument{{"Bits", "3"}}, guideRow},
		{[]Argument{{"Bits", "3"}, {"Grams", "1"}}, "This is a good day 0 1 1 0 0 2 0 1"},
		{[]Argument{{"Bits", "3"}, {"Grams", "3"}}, "This is a good day 2 1 3 2 1 2 0 1"},
		{[]Argument{{"Bits", "1"}}, "This is a good day 3 6"},
		{nil, "MissingRequiredGlobalParameters"},
		{[]Argument{{"Grams", "2"}}, "MissingRequiredGlobalParameters"},
		{[]Argument{{"Bits", "3"}, {"bits", "3"}}, "UnexpectedParameter"},
		{[]Argument{{"Bits", "3"}, {"Grams", "6"}}, "BadParameterValue"},
		{[]Argument{{"Bits", "3"}, {"Grams", "many"}}, "BadParameterValue"},
		{[]Argument{{"Bits", "32"}}, "UserParameterInvalid"},
		{[]Argument{{"Bits", "three"}}, "UserParameterInvalid"},
	} {
		for range 2 { // the second time from the prepared variants
			got, err := f.score(t, id, c.args...)
			if err != nil {
				got = fault.As(err).Code
			}
			if got != c.want {
				t.Errorf("%v: got %s (%v), want %s", c.args, got, err, c.want)
			}
		}
	}
	plan := f.Find(id).Plan
	for n := range 3 * maxVariants {
		if _, err := f.score(t, id, Argument{"Bits", string(rune('1' + n%9))}, Argument{"Grams", string(rune('1' + n%5))}); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(plan.variants.made); n != maxVariants || len(plan.variants.keys) != n {
		t.Errorf("%d variants are kept, want %d", n, maxVariants)
	}
}

// TestOneParameterDrivesTwoModules has one name for a setting of two modules, one of which no request reaches.
func TestOneParameterDrivesTwoModules(t *testing.T) {
	f := newFixture(t)
	e := webservicetest.Guide()
	second := e.Graph.ModuleNodes[1]
	second.ID = "-102"
	second.ModuleParameters = append([]experiment.ParameterValue(nil), second.ModuleParameters...)
	grams, two := "Grams", "2"
	second.ModuleParameters[2].LinkedGlobalParameter = &grams
	e.Graph.ModuleNodes[1].ModuleParameters[2].LinkedGlobalParameter = &grams
	e.Graph.ModuleNodes = append(e.Graph.ModuleNodes, second)
	e.Graph.EdgesInternal = append(e.Graph.EdgesInternal, experiment.Edge{SourceOutputPortID: "-77:Results dataset", DestinationInputPortID: "-102:Dataset"})
	e.WebService.Outputs = append(e.WebService.Outputs, experiment.ServicePort{ID: "-202", PortID: "-102:Transformed dataset", Name: "fixed"})
	e.WebService.Parameters = []experiment.ServiceParam{{Name: grams, ParameterDefinition: experiment.ParameterSpec{Name: grams, HasDefaultValue: true, DefaultValue: two}}}
	p := f.publish(t, e, PublishOptions{})
	plan := f.Find(p.Endpoint.ID).Plan
	in := table.FromColumns(1, table.FromStrings("Col2", []string{"This is a good day"}))
	row := func(t *table.Table) string {
		var cells []string
		t.EachCell(0, func(_ int, text []byte, _ bool) { cells = append(cells, string(text)) })
		return strings.Join(cells, " ")
	}
	for value, want := range map[string][2]string{
		"2": {guideRow, "I loved this book 0 1 1 2 1 0 2 0"},
		"1": {"This is a good day 0 1 1 0 0 2 0 1", "I loved this book 0 1 1 0 0 0 2 0"},
	} {
		out, err := plan.Score(t.Context(), []*table.Table{in}, []Argument{{grams, value}})
		if err != nil || row(out[0]) != want[0] || row(out[1]) != want[1] {
			t.Errorf("%s: %v, %q, %q, want %q", value, err, row(out[0]), row(out[1]), want)
		}
	}
	if g := plan.base; len(g.steps) != 1 {
		t.Errorf("%d modules run for each call, want 1: the other depends on the parameter only", len(g.steps))
	}
}

func TestEndpointRules(t *testing.T) {
	f := newFixture(t)
	svc := f.publish(t, webservicetest.Guide(), PublishOptions{}).Service.ID
	ctx := t.Context()
	of := func(v int) *int { return &v }
	low, high, odd := Low, High, Throttle("Medium")
	yes := true
	for _, c := range []struct {
		name string
		set  EndpointSettings
		want int    // MaxConcurrentCalls
		code string // of the error
	}{
		{"a1", EndpointSettings{}, 20, ""},
		{"a1", EndpointSettings{ThrottleLevel: &low, MaxConcurrentCalls: of(20)}, 4, ""},
		{"a1", EndpointSettings{ThrottleLevel: &high}, 20, ""},
		{"a1", EndpointSettings{MaxConcurrentCalls: of(200)}, 200, ""},
		{"a1", EndpointSettings{MaxConcurrentCalls: of(201)}, 0, "WebServiceTooManyConcurrentRequestRequirement"},
		{"a1", EndpointSettings{MaxConcurrentCalls: of(0)}, 0, "BadParameterValue"},
		{"a1", EndpointSettings{ThrottleLevel: &odd}, 0, "BadParameterValue"},
		{"default", EndpointSettings{MaxConcurrentCalls: of(7)}, 7, ""},
		{"Upper", EndpointSettings{}, 0, "BadParameterValue"},
		{"with-dash", EndpointSettings{}, 0, "BadParameterValue"},
		{strings.Repeat("a", 25), EndpointSettings{}, 0, "BadParameterValue"},
		{strings.Repeat("a", 24), EndpointSettings{}, 20, ""},
	} {
		e, _, err := f.PutEndpoint(ctx, ws, svc, c.name, c.set)
		code := ""
		if err != nil {
			code = fault.As(err).Code
		}
		if code != c.code || err == nil && (e.MaxConcurrentCalls != c.want || f.Find(e.ID).MaxCalls != int64(c.want)) {
			t.Errorf("%s %+v: %d, %v; want %d, %s", c.name, c.set, e.MaxConcurrentCalls, err, c.want, c.code)
		}
	}
	if _, err := f.PatchEndpoint(ctx, ws, svc, "default", EndpointPatch{}); !fault.Is(err, fault.Conflict) {
		t.Errorf("patch of the default endpoint: %v", err)
	}
	if _, err := f.PatchEndpoint(ctx, ws, svc, "a1", EndpointPatch{EndpointSettings: EndpointSettings{PreventUpdate: &yes}}); err != nil {
		t.Error(err)
	}
	if _, err := f.PatchEndpoint(ctx, ws, svc, "a1", EndpointPatch{}); !fault.Is(err, fault.Conflict) {
		t.Errorf("patch with PreventUpdate: %v", err)
	}
	if err := f.DeleteEndpoint(ctx, ws, svc, "default"); !fault.Is(err, fault.Conflict) {
		t.Errorf("delete of the default endpoint beside others: %v", err)
	}
	for _, name := range []string{"a1", strings.Repeat("a", 24), "default"} {
		if err := f.DeleteEndpoint(ctx, ws, svc, name); err != nil {
			t.Error(err)
		}
	}
	if err := f.DeleteEndpoint(ctx, ws, svc, "a1"); !fault.Is(err, fault.NotFound) {
		t.Errorf("second delete: %v", err)
	}
	if err := f.Delete(ctx, ws, svc); err != nil {
		t.Error(err)
	}
	if left, err := f.Records.Tree(ctx, "/"); err != nil || len(left) > 0 {
		t.Errorf("records are left: %v, %v", left, err)
	}
	for info, err := range f.Blobs.List(ctx, "") {
		t.Errorf("a blob is left: %v, %v", info, err)
	}
}

func TestRegenerateKey(t *testing.T) {
	f := newFixture(t)
	p := f.publish(t, webservicetest.Guide(), PublishOptions{})
	old, id := p.Endpoint, p.Endpoint.ID
	fresh, err := f.RegenerateKey(t.Context(), ws, p.Service.ID, "default", true)
	if err != nil {
		t.Fatal(err)
	}
	l := f.Find(id)
	if l.Accepts(*old.PrimaryKey) || !l.Accepts(*fresh.PrimaryKey) || *fresh.SecondaryKey != *old.SecondaryKey || !l.Accepts(*old.SecondaryKey) {
		t.Error("the primary key is to change and the secondary to stay")
	}
}

func TestKeysAreSealedAtRest(t *testing.T) {
	f := newFixture(t)
	p := f.publish(t, webservicetest.Guide(), PublishOptions{})
	records, err := f.Records.Tree(t.Context(), "/")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		if strings.Contains(string(r.Body), *p.Endpoint.PrimaryKey) {
			t.Errorf("%s holds the key in the clear", r.Path)
		}
	}
}

func TestPlacesOutliveAChange(t *testing.T) {
	f := newFixture(t)
	p := f.publish(t, webservicetest.Guide(), PublishOptions{})
	one := 1
	if _, _, err := f.PutEndpoint(t.Context(), ws, p.Service.ID, "default", EndpointSettings{MaxConcurrentCalls: &one}); err != nil {
		t.Fatal(err)
	}
	before := f.Find(p.Endpoint.ID)
	if !before.Enter() || before.Enter() {
		t.Fatal("one place is to be had, and no second")
	}
	f.publish(t, webservicetest.Guide(), PublishOptions{UpdateExisting: true})
	after := f.Find(p.Endpoint.ID)
	if after == before || after.Enter() {
		t.Error("the call on the old version still takes the place")
	}
	before.Leave()
	if !after.Enter() {
		t.Error("the place is free again")
	}
}

func TestBrokenServiceIsReported(t *testing.T) {
	magic := &module.Module{
		Name: "Magic", FamilyID: strings.Repeat("ab", 16), Category: "Test", Version: 1,
		Inputs: []module.Port{{Name: "Dataset", Type: module.Data}}, Outputs: []module.Port{{Name: "Out", Type: module.Data}},
		Prepare: func(module.Values) (module.Runner, error) {
			return func(_ context.Context, in []*table.Table) ([]*table.Table, error) { return in, nil }, nil
		},
	}
	f := newFixture(t, magic)
	e := webservicetest.Guide()
	e.Graph.ModuleNodes[1] = experiment.Node{ID: "-101", ModuleID: "Magic"}
	e.WebService.Outputs[0].PortID = "-101:Out"
	p := f.publish(t, e, PublishOptions{})
	q := f.publish(t, webservicetest.Guide(), PublishOptions{})
	f.Modules = catalogue.New(inputoutput.Outside{}, nil) // a program without the module
	broken, err := f.Load(t.Context())
	if err != nil || len(broken) != 1 || !strings.Contains(broken[0].Error(), `"Magic" is not offered`) {
		t.Fatal(broken, err)
	}
	if l := f.Find(p.Endpoint.ID); l == nil || l.Plan != nil || l.Broken == nil {
		t.Errorf("the broken endpoint: %+v", l)
	}
	if got, err := f.score(t, q.Endpoint.ID); err != nil || got != guideRow {
		t.Errorf("the sound endpoint: %s, %v", got, err)
	}
}
