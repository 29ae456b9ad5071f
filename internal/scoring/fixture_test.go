package scoring

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"portico/internal/access"
	"portico/internal/blob"
	"portico/internal/blob/server"
	"portico/internal/experiment"
	"portico/internal/fault"
	"portico/internal/job"
	"portico/internal/module"
	"portico/internal/module/catalogue"
	"portico/internal/module/inputoutput"
	"portico/internal/secret"
	"portico/internal/store"
	"portico/internal/usage"
	"portico/internal/webservice"
	"portico/internal/webservice/webservicetest"
)

const (
	workspace    = webservicetest.Workspace
	subscription = "00000000-0000-0000-0000-000000000000"
	token        = "5f0c0b9d8a7e6f5a4b3c2d1e0f9a8b7c" // the workspace's
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fixture is a scoring listener on loopback, with a real store and the real modules.
type fixture struct {
	*Server
	run      *webservicetest.Run
	listener *httptest.Server
	url      string
	dir      string
	db       *store.Store
	calls    *recorder
	log      *strings.Builder
	storage  *server.Server
	queue    *job.Queue
}

type recorder struct {
	mu    sync.Mutex
	calls []usage.Call
}

func (r *recorder) Record(c usage.Call) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls = append(r.calls, c)
}

// newFixture starts a listener; change sets what the test needs otherwise.
func newFixture(t testing.TB, change func(*Config), extra ...*module.Module) *fixture {
	t.Helper()
	modules := module.NewCatalogue(append(catalogue.New(inputoutput.Outside{}, nil).All(), extra...)...)
	f := &fixture{
		run: webservicetest.NewRun(modules), dir: t.TempDir(), calls: &recorder{}, log: &strings.Builder{},
	}
	f.start(t, change)
	return f
}

func (f *fixture) start(t testing.TB, change func(*Config)) {
	t.Helper()
	ctx := context.Background()
	var err error
	if f.db, err = store.Open(ctx, store.Options{Dir: f.dir}); err != nil {
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
	var handler http.Handler
	f.listener = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	f.url = f.listener.URL
	log := slog.New(slog.NewTextHandler(f.log, nil))
	services := webservice.New(webservice.Config{
		Records: f.db.Records(), Blobs: blobs, Keeper: keeper, Modules: f.run.Modules, Runs: f.run, Datasets: f.run,
		ScoringURL: f.url, StudioURL: "http://console.test/studio", Log: log,
	})
	if broken, err := services.Load(ctx); err != nil || len(broken) > 0 {
		t.Fatal(err, broken)
	}
	jobs := f.openJobs(t, keeper, services, log)
	c := Config{
		Services: services, Jobs: jobs, Usage: f.calls, Log: log, WorkspaceID: workspace, SubscriptionID: subscription,
		MaxBody: 1 << 20,
		Authenticate: func(r *http.Request) (access.Principal, error) {
			if r.Header.Get("Authorization") == "Bearer "+token || r.Header.Get(access.StudioTokenHeader) == token {
				return access.Principal{Name: "workspace token", Roles: []access.Role{access.DataScientist}}, nil
			}
			return access.Principal{}, fault.New(fault.Unauthorized, "The token is not known.")
		},
	}
	if change != nil {
		change(&c)
	}
	f.Server = New(c)
	handler = f.Server
	srv, db := f.listener, f.db
	t.Cleanup(func() { http.DefaultClient.CloseIdleConnections(); srv.Close(); _ = db.Close() }) // again where the test did so
}

// publish publishes an experiment and gives the base URL of its default endpoint and its primary key.
func (f *fixture) publish(t testing.TB, e *experiment.Experiment) (base, key string) {
	t.Helper()
	f.run.Experiments[e.ExperimentID] = e
	p, err := f.Services.Publish(context.Background(), workspace, e, webservice.PublishOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return p.Endpoint.APILocation, *p.Endpoint.PrimaryKey
}

// send makes a request over TCP. Headers are name, value, name, value.
func send(t testing.TB, method, url, body string, headers ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header[headers[i]] = append(r.Header[headers[i]], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp, string(b)
}

const (
	guideBody    = `{"Inputs": {"input1": {"ColumnNames": ["Col2"], "Values": [["This is a good day"]]}}, "GlobalParameters": {}}`
	guideNames   = `["Col2","Col2_HashingFeature.0","Col2_HashingFeature.1","Col2_HashingFeature.2","Col2_HashingFeature.3","Col2_HashingFeature.4","Col2_HashingFeature.5","Col2_HashingFeature.6","Col2_HashingFeature.7"]`
	guideTypes   = `["String","Double","Double","Double","Double","Double","Double","Double","Double"]`
	guideRow     = `["This is a good day","1","1","2","2","0","2","0","1"]`
	guideAnswer  = `{"Results":{"output1":{"type":"table","value":{"ColumnNames":` + guideNames + `,"Values":[` + guideRow + `]}}}}`
	guideDetails = `{"Results":{"output1":{"type":"table","value":{"ColumnNames":` + guideNames + `,"ColumnTypes":` + guideTypes + `,"Values":[` + guideRow + `]}}}}`
	guideObjects = `{"Results":{"output1":[{"Col2":"This is a good day","Col2_HashingFeature.0":"1","Col2_HashingFeature.1":"1","Col2_HashingFeature.2":"2","Col2_HashingFeature.3":"2","Col2_HashingFeature.4":"0","Col2_HashingFeature.5":"2","Col2_HashingFeature.6":"0","Col2_HashingFeature.7":"1"}]}}`
)
