package scoring

import (
	"bytes"
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
	"sync/atomic"
	"testing"
	"time"

	"portico/internal/blob"
	"portico/internal/blob/account"
	"portico/internal/blob/server"
	"portico/internal/fault"
	"portico/internal/job"
	"portico/internal/secret"
	"portico/internal/table"
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

func TestBatchJob(t *testing.T) {
	e := newEndpoint(t)
	e.work(t)
	e.put(t, "files/data.csv", "Col2\nThis is a good day\n")
	const good = "This is a good day,1,1,2,2,0,2,0,1\r\n"
	own := e.storage.ConnectionString()
	withoutEndpoint := own[:strings.Index(own, "BlobEndpoint")]
	base, _ := e.storage.Location("files", "data.csv")
	signed := func(place, permissions string) string {
		container, name, _ := strings.Cut(place, "/")
		return fmt.Sprintf(`{"BaseLocation":%q,"RelativeLocation":%q,"SasBlobToken":%q}`, base, place, e.storage.SignBlob(container, name, permissions, time.Now().Add(time.Hour)))
	}
	e.put(t, "files/header.tsv", "\"Col2\"\r\nThis is a good day\r\n")
	e.put(t, "files/none.nh.csv", "This is a good day\n")
	e.put(t, "files/empty.csv", "Col2\n")
	for _, c := range []struct{ name, body, blob, want string }{
		{"guide", e.request("/files/data.csv", "/files/out.csv"), "files/out.csv", guideHeader + good},
		{"named input", `{"Inputs":{"input1":` + e.reference("files/data.csv") + `},"Outputs":{"output1":` + e.reference("files/named.csv") + `},"GlobalParameters":null,"AzureBatchPoolId":"p"}`, "files/named.csv", guideHeader + good},
		{"without BlobEndpoint", strings.ReplaceAll(e.request("files/data.csv", "files/plain.csv"), own, withoutEndpoint), "files/plain.csv", guideHeader + good},
		{"signatures", `{"Input":` + signed("files/data.csv", "r") + `,"Outputs":{"output1":` + signed("files/signed.csv", "w") + `}}`, "files/signed.csv", guideHeader + good},
		{"tabs", e.request("files/header.tsv", "files/tabs.tsv"), "files/tabs.tsv", strings.ReplaceAll(guideHeader+good, ",", "\t")},
		{"no headers", e.request("files/none.nh.csv", "files/out.nh.csv"), "files/out.nh.csv", good},
		{"no rows", e.request("files/empty.csv", "files/norows.csv"), "files/norows.csv", guideHeader},
		{"onto its input", e.request("files/data.csv", "files/again/a b+ü.csv"), "files/again/a b+ü.csv", guideHeader + good},
		{"the default place", e.request("files/data.csv", ""), "", guideHeader + good},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := e.finish(t, c.body)
			if s.StatusCode != "Finished" || s.Details != nil {
				t.Fatalf("the job is %+v, details %v", s, s.details())
			}
			r := s.Results["output1"]
			url := r.BaseLocation + r.RelativeLocation + r.SasBlobToken
			if strings.Contains(strings.TrimPrefix(url, "http://"), "//") || !strings.Contains(r.SasBlobToken, "sp=r") {
				t.Errorf("the result is at %s", url)
			}
			if c.blob == "" && !strings.HasPrefix(r.RelativeLocation, batch.DefaultContainer+"/") {
				t.Errorf("the result is at %s", url)
			}
			resp, text := send(t, "GET", url, "")
			if resp.StatusCode != http.StatusOK || text != c.want {
				t.Errorf("%s gave %d %q, want %q", url, resp.StatusCode, text, c.want)
			}
			if c.blob != "" && e.get(t, c.blob) != c.want {
				t.Errorf("the blob holds %q", e.get(t, c.blob))
			}
			if resp, _ := send(t, "DELETE", url, ""); resp.StatusCode != http.StatusForbidden {
				t.Errorf("the result's token allows to delete it: %d", resp.StatusCode)
			}
		})
	}
}

func (s jobStatus) details() string {
	if s.Details == nil {
		return "null"
	}
	return *s.Details
}

func TestBatchStates(t *testing.T) {
	e := newEndpoint(t)
	e.put(t, "files/data.csv", "Col2\nThis is a good day\n")
	id := e.submit(t, e.request("files/data.csv", "files/out.csv"))
	if _, text := e.jobs(t, "GET", "/"+id, ""); text != `{"StatusCode":"NotStarted","Results":null,"Details":null}` {
		t.Errorf("before the start: %s", text)
	}
	e.start(t, id)
	if _, text := e.jobs(t, "GET", "/"+id, ""); text != `{"StatusCode":"Running","Results":null,"Details":null}` {
		t.Errorf("after the start: %s", text)
	}
	if status, text := e.jobs(t, "POST", "/"+id+"/start", ""); status != 400 || !strings.Contains(text, `"InvalidOperation"`) ||
		!strings.Contains(text, `"CannotStartJob","message":"The job cannot be started because it is in Running state."`) {
		t.Errorf("the second start answered %d %s", status, text)
	}
	cancelled := e.submit(t, e.request("files/data.csv", "files/cancelled.csv"))
	e.start(t, cancelled)
	if status, text := e.jobs(t, "DELETE", "/"+cancelled, ""); status != 200 || text != "" {
		t.Errorf("delete answered %d %q", status, text)
	}
	e.work(t)
	if s := e.wait(t, id); s.StatusCode != "Finished" {
		t.Errorf("the job is %+v", s)
	}
	if status, _ := e.jobs(t, "DELETE", "/"+id, ""); status != 200 || e.status(t, id).StatusCode != "Finished" {
		t.Errorf("delete of what is over answered %d and left it %s", status, e.status(t, id).StatusCode)
	}
	if s := e.status(t, cancelled); s.StatusCode != "Cancelled" || e.get(t, "files/cancelled.csv") != "" {
		t.Errorf("the cancelled job is %+v, its output %q", s, e.get(t, "files/cancelled.csv"))
	}
	other := *e
	other.base, other.key = e.publish(t, webservicetest.Guide())
	if status, _ := other.jobs(t, "GET", "/"+id, ""); status != 404 {
		t.Errorf("another endpoint sees the job: %d", status)
	}
}

func TestSubmitErrors(t *testing.T) {
	e := newEndpoint(t)
	in := e.reference("files/data.csv")
	own := e.storage.ConnectionString()
	base, _ := e.storage.Location("files", "data.csv")
	sas := func(permissions string, expires time.Duration) string {
		return fmt.Sprintf(`{"Input":{"BaseLocation":%q,"RelativeLocation":"files/data.csv","SasBlobToken":%q}}`, base, e.storage.SignBlob("files", "data.csv", permissions, time.Now().Add(expires)))
	}
	for _, c := range []struct{ name, body, code, message string }{
		{"no body", "", "RequestBodyInvalid", "not JSON"},
		{"not an object", "[]", "RequestBodyInvalid", "must be an object"},
		{"an unknown member", `{"Input":` + in + `,"GolbalParameters":{}}`, "RequestBodyInvalid", "GolbalParameters"},
		{"an unknown member of a reference", `{"Input":{"ConnetionString":"x"}}`, "RequestBodyInvalid", "ConnetionString"},
		{"a number for a string", `{"Input":{"ConnectionString":1}}`, "RequestBodyInvalid", "ConnectionString of Input is a number"},
		{"both Input and Inputs", `{"Input":` + in + `,"Inputs":{"input1":` + in + `}}`, "DuplicateInputInBatchCall", "both single and multiple"},
		{"neither", `{"Inputs":{},"Outputs":{}}`, "BatchJobInputsNotSpecified", "input1"},
		{"an unknown input", `{"Inputs":{"Input1":` + in + `}}`, "InvalidInputNames", "Input1"},
		{"too many inputs", `{"Inputs":{"input1":` + in + `,"input2":` + in + `}}`, "BatchJobInputsTooManySpecified", "input1"},
		{"an input twice", `{"Inputs":{"input1":` + in + `,"input1":` + in + `}}`, "RequestBodyInvalid", "twice"},
		{"an unknown output", `{"Input":` + in + `,"Outputs":{"Output1":` + in + `}}`, "InvalidOutputOverrideName", "case-sensitive"},
		{"an unknown parameter", `{"Input":` + in + `,"GlobalParameters":{"x":1}}`, "UnexpectedParameter", "x"},
		{"an empty reference", `{"Input":{}}`, "MissingInputBlobInformation", "ConnectionString"},
		{"no location", `{"Input":{"ConnectionString":` + quote(own) + `}}`, "InputBlobRelativeLocationInvalid", "RelativeLocation"},
		{"a container alone", e.request("/files", ""), "InputBlobRelativeLocationInvalid", "RelativeLocation"},
		{"a bad container", e.request("/In/x.csv", ""), "ContainerSegmentInvalid", "In"},
		{"a long name", e.request("/files/"+strings.Repeat("x", 1025)+".csv", ""), "BlobNameTooLong", "1,024"},
		{"another extension", e.request("files/data.txt", ""), "InvalidBlobExtension", `The blob reference: files/data.txt has an invalid`},
		{"another extension for the output", e.request("files/data.csv", "files/out"), "InvalidBlobExtension", "files/out"},
		{"no connection string", `{"Input":{"ConnectionString":"nothing","RelativeLocation":"files/x.csv"}}`, "InvalidBlobConnectionString", "="},
		{"no key", `{"Input":{"ConnectionString":"AccountName=a","RelativeLocation":"files/x.csv"}}`, "InvalidBlobConnectionString", "AccountKey"},
		{"a wrong key", strings.ReplaceAll(e.request("files/data.csv", ""), own, "AccountName="+e.storage.AccountName()+";AccountKey=AAAA"), "InvalidBlobConnectionString", "AccountKey"},
		{"a wrong key without an account", `{"Input":{"ConnectionString":"AccountKey=AAAA;BlobEndpoint=` + e.storage.URL() + `","RelativeLocation":"files/x.csv"}}`, "InvalidBlobConnectionString", "AccountKey"},
		{"an expired signature", sas("r", -time.Hour), "BlobNotFound", "AuthenticationFailed"},
		{"a signature for something else", sas("w", time.Hour), "BlobNotFound", "AuthorizationPermissionMismatch"},
		{"a signature of another blob", strings.Replace(sas("r", time.Hour), "files/data.csv", "files/other.csv", 1), "BlobNotFound", "AuthenticationFailed"},
		{"a base that is no URL", `{"Input":{"BaseLocation":"x","RelativeLocation":"files/x.csv","SasBlobToken":"?sig=x"}}`, "InvalidBlob", "BaseLocation"},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, text := e.jobs(t, "POST", "", c.body)
			var got struct {
				Error struct {
					Details []struct{ Code, Message string }
				}
			}
			if err := json.Unmarshal([]byte(text), &got); err != nil || status != 400 || len(got.Error.Details) == 0 {
				t.Fatalf("%d %s", status, text)
			}
			if d := got.Error.Details[0]; d.Code != c.code || !strings.Contains(d.Message, c.message) {
				t.Errorf("got %s, want %s with %q", text, c.code, c.message)
			}
			if strings.Contains(text, "string to sign") || strings.Contains(text, "sig=") {
				t.Errorf("the answer tells too much: %s", text)
			}
		})
	}
}

func quote(s string) string { return fmt.Sprintf("%q", s) }

func TestFailedJobsSayWhatAndWhere(t *testing.T) {
	e := newEndpoint(t)
	e.work(t)
	lines := func(bad string) string { return "Col2\n" + strings.Repeat("fine\n", 20_000) + bad }
	for _, c := range []struct{ name, content, details string }{
		{"no such blob", "", "BlobNotFound: Unable to access the provided Azure blob - files/no such blob.csv"},
		{"nothing in it", "\n", "the file is empty"},
		{"another header", "Text\na\n", `the header has "Text" that is not expected; expected are "Col2"`},
		{"two columns of one name", "Col2,Col2\na,b\n", `both called "Col2"`},
		{"unterminated quote", lines("\"open\n"), "row 20001 (line 20002): the quote that opens column 1 is never closed"},
		{"NUL", lines("a\x00b\n"), "row 20001 (line 20002): it holds a NUL byte"},
		{"ragged", lines("a,b\n"), "row 20001 (line 20002): it has 2 cells where the first line has 1"},
		{"a large cell", lines("\"" + strings.Repeat("x", 50<<20) + "\"\n"), "row 20001 (line 20002): column 1 holds more than 16777216 bytes"},
		{"not UTF-8", lines("\xff\xfe\n"), "row 20001 (line 20002): it holds bytes that are not UTF-8"},
		{"UTF-16", "\xff\xfeC\x00", "UTF-16"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.content != "" {
				e.put(t, "files/"+c.name+".csv", c.content)
			}
			e.put(t, "out/"+c.name+".csv", "from before")
			s := e.finish(t, e.request("files/"+c.name+".csv", "out/"+c.name+".csv"))
			if s.StatusCode != "Failed" || s.Results != nil || !strings.Contains(s.details(), c.details) {
				t.Errorf("the job is %s: %s; want Failed with %q", s.StatusCode, s.details(), c.details)
			}
			if got := e.get(t, "out/"+c.name+".csv"); got != "from before" {
				t.Errorf("the output's name holds %.100q", got)
			}
		})
	}
	t.Run("no container for the output", func(t *testing.T) {
		e.put(t, "files/fine.csv", "Col2\na\n")
		s := e.finish(t, e.request("files/fine.csv", "nowhere/out.csv"))
		if s.StatusCode != "Failed" || !strings.Contains(s.details(), "ContainerNotFound") {
			t.Errorf("the job is %s: %s", s.StatusCode, s.details())
		}
	})
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

// TestJobEqualsOneCall holds that a file scored in chunks gives what the plan gives for all of it.
func TestJobEqualsOneCall(t *testing.T) {
	e := newEndpoint(t)
	e.work(t)
	text := manyRows(150_000)
	e.put(t, "files/many.csv", text)
	if s := e.finish(t, e.request("files/many.csv", "files/many-out.csv")); s.StatusCode != "Finished" {
		t.Fatalf("the job is %+v: %s", s, s.details())
	}
	in, err := table.Parse(text, table.CSV)
	if err != nil {
		t.Fatal(err)
	}
	live := e.Services.Find(e.base[len(e.base)-32:])
	out, err := live.Plan.Score(context.Background(), []*table.Table{in}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var want bytes.Buffer
	if err := table.Write(&want, out[0], table.CSV); err != nil {
		t.Fatal(err)
	}
	if got := e.get(t, "files/many-out.csv"); got != want.String() {
		t.Errorf("the job wrote %d bytes, one call gives %d, and they differ", len(got), want.Len())
	}
}

// gate is a module that lets chunks pass one token at a time.
type gate struct {
	entered chan int      // the rows of each chunk that arrived
	pass    chan struct{} // closed: all pass
}

// gated publishes a service whose module waits at a gate, row by row or for all rows.
func gated(t *testing.T, rowByRow bool) (*endpoint, gate) {
	t.Helper()
	g := gate{entered: make(chan int, 1000), pass: make(chan struct{})}
	var shut atomic.Bool // the experiment's own run passes
	m := pass(func(ctx context.Context, in *table.Table) error {
		if !shut.Load() {
			return nil
		}
		g.entered <- in.Rows
		select {
		case <-g.pass:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	m.RowByRow = rowByRow
	e := &endpoint{fixture: newFixture(t, nil, m), output: "rows"}
	e.run.Datasets["typed"] = typedTable()
	e.base, e.key = e.publish(t, passing())
	shut.Store(true)
	return e, g
}

// typedFile has one row for typedTable's columns.
const typedFile = "s,d,i,l,b,t,p\na,1,2,3,True,5/30/2010 6:07:00 PM,01:02:03\n"

func TestCancelWhileRunning(t *testing.T) {
	for _, rowByRow := range []bool{true, false} {
		t.Run(fmt.Sprintf("row by row %v", rowByRow), func(t *testing.T) {
			e, g := gated(t, rowByRow)
			e.work(t)
			e.put(t, "files/data.csv", typedFile)
			id := e.submit(t, e.request("files/data.csv", "files/out.csv"))
			e.start(t, id)
			<-g.entered
			if status, text := e.jobs(t, "DELETE", "/"+id, ""); status != 200 || text != "" {
				t.Errorf("delete answered %d %q", status, text)
			}
			if s := e.status(t, id); s.StatusCode != "Cancelled" || s.Results != nil {
				t.Errorf("the job is %+v", s)
			}
			close(g.pass)
			if s := e.finish(t, e.request("files/data.csv", "files/second.csv")); s.StatusCode != "Finished" { // its place was given back
				t.Errorf("the next job is %+v: %s", s, s.details())
			}
			if e.status(t, id).StatusCode != "Cancelled" || e.get(t, "files/out.csv") != "" {
				t.Errorf("the cancelled job is %+v, its output %q", e.status(t, id), e.get(t, "files/out.csv"))
			}
		})
	}
}

// TestPlaces holds that MaxRunning jobs of an endpoint run at once and the others follow in order.
func TestPlaces(t *testing.T) {
	e, g := gated(t, true)
	e.work(t)
	e.put(t, "files/data.csv", typedFile)
	const waiting = 3
	var ids []string
	for i := range jobs.MaxRunning + waiting {
		ids = append(ids, e.submit(t, e.request("files/data.csv", fmt.Sprintf("files/out%d.csv", i))))
		e.start(t, ids[i])
	}
	for range jobs.MaxRunning {
		<-g.entered
	}
	for i, id := range ids {
		st, err := e.Jobs.Status(context.Background(), "", id)
		want := jobs.Running
		if i >= jobs.MaxRunning {
			want = jobs.Queued
		}
		if err != nil || st.State != want {
			t.Errorf("job %d is %s, want %s: %v", i+1, st.State, want, err)
		}
	}
	// A place that becomes free goes to the one that waited longest.
	if status, _ := e.jobs(t, "DELETE", "/"+ids[0], ""); status != 200 {
		t.Errorf("delete answered %d", status)
	}
	<-g.entered
	for i, want := range []jobs.State{jobs.Running, jobs.Queued, jobs.Queued} {
		if st, err := e.Jobs.Status(context.Background(), "", ids[jobs.MaxRunning+i]); err != nil || st.State != want {
			t.Errorf("waiting job %d is %s, want %s: %v", i+1, st.State, want, err)
		}
	}
	close(g.pass)
	for _, id := range ids[1:] {
		if s := e.wait(t, id); s.StatusCode != "Finished" {
			t.Errorf("a job is %+v: %s", s, s.details())
		}
	}
}

// TestRestartGoesOn stops the process between two chunks; the next one finishes the job.
func TestRestartGoesOn(t *testing.T) {
	e := newEndpoint(t)
	text := manyRows(150_000)
	e.put(t, "files/many.csv", text)
	clean := func() string {
		stop := e.work(t)
		defer stop()
		if s := e.finish(t, e.request("files/many.csv", "files/clean.csv")); s.StatusCode != "Finished" {
			t.Fatalf("the job is %+v: %s", s, s.details())
		}
		return e.get(t, "files/clean.csv")
	}()
	id := e.submit(t, e.request("files/many.csv", "files/out.csv"))
	e.start(t, id)
	for stops := 0; e.status(t, id).StatusCode == "Running"; stops++ {
		if stops > 0 {
			e.reopen(t)
		}
		before, err := e.Jobs.Status(context.Background(), "", id)
		if err != nil {
			t.Fatal(err)
		}
		stop := e.work(t)
		for deadline := time.Now().Add(endsWithin); time.Now().Before(deadline); {
			now, err := e.Jobs.Status(context.Background(), "", id)
			if err != nil {
				t.Fatal(err)
			}
			if now.State.Ended() || now.Rows > before.Rows+20_000 {
				break
			}
			<-time.After(time.Millisecond)
		}
		stop()
	}
	if s := e.status(t, id); s.StatusCode != "Finished" {
		t.Fatalf("the job is %+v: %s", s, s.details())
	}
	if got := e.get(t, "files/out.csv"); got != clean {
		t.Errorf("the resumed job wrote %d bytes, a clean one %d, and they differ", len(got), len(clean))
	}
}

// reopen opens queue and jobs anew, as the next process does, over the same folder.
func (e *endpoint) reopen(t *testing.T) {
	t.Helper()
	keeper, err := secret.Load(filepath.Join(e.dir, "master.key"), false)
	if err != nil {
		t.Fatal(err)
	}
	e.Server.Jobs = e.openJobs(t, keeper, e.Services, slog.New(slog.DiscardHandler))
}

// TestInputChangesMeanwhile holds that a job reads one version of its input: to the
// end while the process lives, and after a restart only if it is still there.
func TestInputChangesMeanwhile(t *testing.T) {
	rows := strings.SplitAfter(typedFile, "\n")
	text := rows[0] + strings.Repeat(rows[1], 20_000)
	for _, c := range []struct {
		name, state, details string
		change               func(t *testing.T, e *endpoint)
		restart              bool
	}{
		{"replaced", "Finished", "", func(t *testing.T, e *endpoint) { e.put(t, "files/data.csv", "other\n1\n") }, false},
		{"replaced before a restart", "Failed", "BlobChanged", func(t *testing.T, e *endpoint) { e.put(t, "files/data.csv", text) }, true},
		{"removed before a restart", "Failed", "BlobNotFound", func(t *testing.T, e *endpoint) {
			if err := e.storage.RemoveBlob(context.Background(), "files", "data.csv", account.Anyway); err != nil {
				t.Fatal(err)
			}
		}, true},
		{"left alone before a restart", "Finished", "", func(*testing.T, *endpoint) {}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, g := gated(t, true)
			stop := e.work(t)
			e.put(t, "files/data.csv", text)
			id := e.submit(t, e.request("files/data.csv", "files/out.csv"))
			e.start(t, id)
			<-g.entered
			g.pass <- struct{}{} // one chunk
			<-g.entered
			c.change(t, e)
			if c.restart {
				stop()
				e.reopen(t)
				e.work(t)
			}
			close(g.pass)
			s := e.wait(t, id)
			if s.StatusCode != c.state || !strings.Contains(s.details(), c.details) {
				t.Errorf("the job is %s: %s; want %s with %q", s.StatusCode, s.details(), c.state, c.details)
			}
			want := 0
			if c.state == "Finished" {
				want = 20_001
			}
			if got := strings.Count(e.get(t, "files/out.csv"), "\r\n"); got != want {
				t.Errorf("the output has %d lines, want %d", got, want)
			}
		})
	}
}
