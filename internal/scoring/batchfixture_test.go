package scoring

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"portico/internal/blob"
	"portico/internal/blob/account"
	"portico/internal/blob/server"
	"portico/internal/fault"
	"portico/internal/job"
	"portico/internal/secret"
	"portico/internal/webservice"
	"portico/internal/webservice/batch"
	"portico/internal/webservice/jobs"
	"portico/internal/webservice/webservicetest"
)

// openJobs opens what batch execution stands on: the storage account, on a
// listener of its own, and the queue, which works once work is called.
func (f *fixture) openJobs(t testing.TB, keeper *secret.Keeper, services *webservice.Services, log *slog.Logger) *batch.Service {
	t.Helper()
	ctx := context.Background()
	contents, err := blob.OpenLocal(filepath.Join(f.dir, "storage"))
	if err != nil {
		t.Fatal(err)
	}
	listener := httptest.NewUnstartedServer(nil)
	listener.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { f.storage.ServeHTTP(w, r) })
	listener.Start()
	t.Cleanup(listener.Close)
	f.storage, err = server.New(ctx, server.Config{
		Workspace: workspace, URL: listener.URL, Records: f.db.Records(), Keeper: keeper, Index: f.db.Storage(), Contents: contents, Log: log,
	})
	if err != nil {
		t.Fatal(err)
	}
	var closeQueue func() error
	f.queue, closeQueue, err = f.db.OpenQueue(ctx, job.Config{Kinds: []string{jobs.Kind}, Workers: 100, Timeout: time.Hour, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = closeQueue() })
	return batch.New(batch.Config{
		Store: f.db.BatchJobs(f.queue), Services: services, Storage: f.storage, Keeper: keeper, HTTP: http.DefaultClient, Turns: 2 * jobs.MaxRunning, Log: log,
	}, f.queue)
}

// work lets the jobs run until the test ends or stop is called.
func (f *fixture) work(t testing.TB) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- f.queue.Run(ctx) }()
	stop = func() {
		if cancel(); done != nil {
			if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
			done = nil
		}
	}
	t.Cleanup(stop)
	return stop
}

// endpoint is one to send jobs to.
type endpoint struct {
	*fixture
	base, key string
	output    string // its name
}

const guideHeader = "Col2,Col2_HashingFeature.0,Col2_HashingFeature.1,Col2_HashingFeature.2,Col2_HashingFeature.3,Col2_HashingFeature.4,Col2_HashingFeature.5,Col2_HashingFeature.6,Col2_HashingFeature.7\r\n"

const guideARFF = "@relation dataset\n\n@attribute Col2 string\n@attribute Col2_HashingFeature.0 numeric\n@attribute Col2_HashingFeature.1 numeric\n@attribute Col2_HashingFeature.2 numeric\n" +
	"@attribute Col2_HashingFeature.3 numeric\n@attribute Col2_HashingFeature.4 numeric\n@attribute Col2_HashingFeature.5 numeric\n@attribute Col2_HashingFeature.6 numeric\n" +
	"@attribute Col2_HashingFeature.7 numeric\n\n@data\n"

func newEndpoint(t testing.TB) *endpoint {
	t.Helper()
	e := &endpoint{fixture: newFixture(t, nil), output: "output1"}
	e.base, e.key = e.publish(t, webservicetest.Guide())
	return e
}

func (e *endpoint) jobs(t testing.TB, method, path, body string) (int, string) {
	t.Helper()
	resp, text := send(t, method, e.base+"/jobs"+path+"?api-version=2.0", body, "Authorization", "Bearer "+e.key)
	if resp.StatusCode == http.StatusOK && text == "" && resp.Header.Get("Content-Type") != "" {
		t.Errorf("an empty answer has the type %q", resp.Header.Get("Content-Type"))
	}
	return resp.StatusCode, text
}

// put makes a blob, and its container where there is none.
func (e *endpoint) put(t testing.TB, name, content string) {
	t.Helper()
	container, blobName, _ := strings.Cut(name, "/")
	if err := e.storage.EnsureContainer(context.Background(), container); err != nil {
		t.Fatal(err)
	}
	if _, err := e.storage.PutBlob(context.Background(), container, blobName, strings.NewReader(content), &account.Properties{}, account.Anyway); err != nil {
		t.Fatal(err)
	}
}

// get reads a blob, "" where there is none.
func (e *endpoint) get(t testing.TB, name string) string {
	t.Helper()
	container, blobName, _ := strings.Cut(name, "/")
	r, _, err := e.storage.Open(context.Background(), container, blobName)
	if fault.Is(err, fault.NotFound) {
		return ""
	}
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(r)
	if err = errors.Join(err, r.Close()); err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// reference is a blob of the workspace's account as a job names it.
func (e *endpoint) reference(place string) string {
	return fmt.Sprintf(`{"ConnectionString":%q,"RelativeLocation":%q}`, e.storage.ConnectionString(), place)
}

// request asks for a job from one blob to another; output "" is the default place.
func (e *endpoint) request(input, output string) string {
	if output == "" {
		return `{"Input":` + e.reference(input) + `}`
	}
	return `{"Input":` + e.reference(input) + `,"Outputs":{"` + e.output + `":` + e.reference(output) + `},"GlobalParameters":{}}`
}

// submit makes a job and gives its id.
func (e *endpoint) submit(t testing.TB, body string) string {
	t.Helper()
	status, text := e.jobs(t, "POST", "", body)
	if status != http.StatusOK || len(text) != 34 {
		t.Fatalf("submit answered %d %s", status, text)
	}
	return text[1:33]
}

func (e *endpoint) start(t testing.TB, id string) {
	t.Helper()
	if status, text := e.jobs(t, "POST", "/"+id+"/start", ""); status != http.StatusOK || text != "" {
		t.Fatalf("start answered %d %q", status, text)
	}
}

// jobStatus is the status as clients decode it.
type jobStatus struct {
	StatusCode string
	Details    *string
	Results    map[string]batch.Reference
}

func (e *endpoint) status(t testing.TB, id string) (s jobStatus) {
	t.Helper()
	status, text := e.jobs(t, "GET", "/"+id, "")
	if err := json.Unmarshal([]byte(text), &s); err != nil || status != http.StatusOK || !strings.Contains(text, `"Results":`) {
		t.Fatalf("the status is %d %s", status, text)
	}
	return s
}

// endsWithin bounds a job of a test, so that a test fails instead of hanging.
const endsWithin = time.Minute

// wait waits for a job to get out of NotStarted and Running.
func (e *endpoint) wait(t testing.TB, id string) jobStatus {
	t.Helper()
	for deadline := time.Now().Add(endsWithin); time.Now().Before(deadline); {
		if s := e.status(t, id); s.StatusCode != "NotStarted" && s.StatusCode != "Running" {
			return s
		}
		<-time.After(5 * time.Millisecond)
	}
	t.Fatalf("the job has not ended in %v: %s", endsWithin, e.log)
	return jobStatus{}
}

// finish submits and starts a job and waits for its end.
func (e *endpoint) finish(t testing.TB, body string) jobStatus {
	t.Helper()
	id := e.submit(t, body)
	e.start(t, id)
	return e.wait(t, id)
}

func (s jobStatus) details() string {
	if s.Details == nil {
		return "null"
	}
	return *s.Details
}

// manyRows is a file of many chunks and several blocks of output.
func manyRows(rows int) string {
	var b strings.Builder
	b.WriteString("Col2\r\n")
	for i := range rows {
		fmt.Fprintf(&b, "\"row %d, \"\"quoted\"\"\r\nwith a second line\"\r\n", i)
	}
	return b.String()
}
