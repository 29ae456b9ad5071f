package studio_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"portico/internal/access"
	"portico/internal/blob"
	"portico/internal/dataset"
	"portico/internal/experiment"
	"portico/internal/fault"
	"portico/internal/module"
	"portico/internal/module/catalogue"
	"portico/internal/module/inputoutput"
	"portico/internal/rest/resttest"
	"portico/internal/rest/studio"
	"portico/internal/secret"
	"portico/internal/store"
	"portico/internal/table"
	"portico/internal/webservice"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	workspace = "0123456789abcdef0123456789abcdef"
	ws        = "/api/workspaces/" + workspace
	maxBody   = 64 << 10
)

// lab is the API on real services and stores, with one module more: Gate, which waits.
type lab struct {
	t      *testing.T
	server *httptest.Server
	config studio.Config
	gate   chan struct{} // closed to let Gate nodes pass
	ids    map[string]string
}

func newLab(t *testing.T) *lab {
	t.Helper()
	l := &lab{t: t, gate: make(chan struct{}), ids: map[string]string{}}
	db, err := store.Open(t.Context(), store.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	blobs, err := blob.OpenLocal(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	keys, err := secret.New(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	modules := module.NewCatalogue(append(catalogue.New(inputoutput.Outside{}, nil).All(), l.gateModule())...)
	datasets := dataset.New(db.Records(), blobs, dataset.Options{})
	experiments := experiment.New(experiment.Config{
		Records: db.Records(), Blobs: blobs, Modules: modules, Datasets: datasets, Log: log,
		Options: experiment.Options{Grace: time.Nanosecond},
	})
	l.config = studio.Config{
		Workspace: studio.Workspace{
			ID: workspace, Name: "Reviews", OwnerEmail: "owner@example.com", Region: "South Central US",
			Created: time.UnixMilli(1435000000000), PrimaryToken: "first token", SecondaryToken: "second token",
		},
		Datasets: datasets, Experiments: experiments, Modules: modules, Keys: keys, MaxBody: maxBody, Log: log,
		Services: webservice.New(webservice.Config{
			Records: db.Records(), Blobs: blobs, Keeper: keys, Modules: modules, Runs: experiments, Datasets: datasets,
			ScoringURL: "http://scoring", StudioURL: "http://console/studio", Log: log,
		}),
		Authenticate: func(r *http.Request) (access.Principal, error) {
			role := r.Header.Get(access.StudioTokenHeader)
			if role == "" {
				return access.Principal{}, nil
			}
			if role == "wrong" {
				return access.Principal{}, fault.New(fault.Unauthorized, "The access token is not known.")
			}
			return access.Principal{Name: "token " + role, Roles: []access.Role{access.Role(role)}}, nil
		},
	}
	l.run(datasets.Run)
	l.run(experiments.Run)
	l.server = httptest.NewServer(studio.New(l.config).Handler())
	t.Cleanup(l.server.Close)
	return l
}

// run runs a service until the test's end.
func (l *lab) run(run func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- run(ctx) }()
	l.t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			l.t.Error(err)
		}
	})
}

func (l *lab) gateModule() *module.Module {
	return &module.Module{
		Name: "Gate", FamilyID: strings.Repeat("a", 32), Category: "Tests", Version: 1,
		Outputs: []module.Port{{Name: "Out", Type: module.Data}},
		Prepare: func(module.Values) (module.Runner, error) {
			return func(ctx context.Context, _ []*table.Table) ([]*table.Table, error) {
				select {
				case <-l.gate:
					return []*table.Table{table.FromColumns(1, table.FromStrings("Name", []string{"x"}))}, nil
				case <-ctx.Done():
					return nil, ctx.Err()
				}
			}, nil
		},
	}
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
}

// call sends a request as a role; "" is nobody.
func (l *lab) call(role, method, path, body string, header ...string) answer {
	l.t.Helper()
	if !strings.HasPrefix(path, "http") {
		path = l.server.URL + path
	}
	req, err := http.NewRequestWithContext(l.t.Context(), method, path, strings.NewReader(body))
	if err != nil {
		l.t.Fatal(err)
	}
	if role != "" {
		req.Header.Set(access.StudioTokenHeader, role)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := l.server.Client().Do(req)
	if err != nil {
		l.t.Fatal(err)
	}
	b, err := io.ReadAll(resp.Body)
	if err == nil {
		err = resp.Body.Close()
	}
	if err != nil {
		l.t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, string(b)}
}

// as is call as a data scientist that must succeed; the answer's JSON goes into a T.
func as[T any](l *lab, method, path, body string, header ...string) (v T) {
	l.t.Helper()
	a := l.call("data-scientist", method, path, body, header...)
	if a.status >= 300 {
		l.t.Fatalf("%s %s: %d %s", method, path, a.status, a.body)
	}
	if a.body != "" {
		if err := json.Unmarshal([]byte(a.body), &v); err != nil {
			l.t.Fatalf("%s %s: %s: %v", method, path, a.body, err)
		}
	}
	return v
}

// upload sends a file in blocks of size bytes, as AzureMLPS and the Python SDK do, and gives the dataset when it is settled.
func (l *lab) upload(name, dataType, content string, size int) dataset.Dataset {
	l.t.Helper()
	begun := as[struct{ ID, DataTypeID string }](l, "POST", "/api/resourceuploads/workspaces/"+workspace+"/?userStorage=true&dataTypeId="+dataType, "")
	if begun.DataTypeID != dataType {
		l.t.Errorf("the upload is of type %q", begun.DataTypeID)
	}
	blocks := (len(content) + size - 1) / size
	for i := range blocks {
		path := fmt.Sprintf("/api/blobuploads/workspaces/%s/?numberOfBlocks=%d&blockId=%d&uploadId=%s&dataTypeId=%s", workspace, blocks, i, begun.ID, dataType)
		as[map[string]any](l, "POST", path, content[i*size:min(len(content), (i+1)*size)])
	}
	body := fmt.Sprintf(`{"DataSource":{"Name":%q,"DataTypeId":%q,"Description":"","FamilyId":"","Owner":"PowerShell","SourceOrigin":"FromResourceUpload"},"UploadId":%q,"UploadedFromFileName":"a.csv","ClientPoll":true}`, name, dataType, begun.ID)
	a := l.call("data-scientist", "POST", ws+"/datasources", body)
	id := strings.ReplaceAll(a.body, `"`, "") // as AzureMLPS reads it
	if a.status != 200 || a.body != `"`+id+`"` {
		l.t.Fatalf("step 3: %d %s", a.status, a.body)
	}
	if _, err := l.config.Datasets.Settled(l.t.Context(), workspace, id); err != nil {
		l.t.Fatal(err)
	}
	return as[dataset.Dataset](l, "GET", ws+"/datasources/"+id, "")
}

// reviews uploads a small file and keeps its id.
func (l *lab) reviews() {
	l.t.Helper()
	l.ids["dataset"] = l.upload("Book Reviews", "GenericCSVNoHeader", "5,This is a good day\n1,I hated this book\n", 10).ID
}

// guide is the submission of the guide's experiment.
func (l *lab) guide(run bool) string {
	l.t.Helper()
	b, err := os.ReadFile("../../../examples/simple-feature-hashing.json")
	if err != nil {
		l.t.Fatal(err)
	}
	var file struct{ Graph, WebService json.RawMessage }
	if err := json.Unmarshal(b, &file); err != nil {
		l.t.Fatal(err)
	}
	graph := strings.Replace(string(file.Graph), `"Book Reviews"`, fmt.Sprintf("%q", l.ids["dataset"]), 1)
	return submission(run, graph, string(file.WebService))
}

// submission has the members that AzureMLPS sends.
func submission(run bool, graph, service string) string {
	return fmt.Sprintf(`{"Description":"SimpleFeatureHashingExperiment", "Summary":"", "IsDraft":%t, "ParentExperimentId":"", "DisableNodeUpdate":false, "Category":"user", "ExperimentGraph":%s, "WebService":%s}`, !run, graph, service)
}

const gateGraph = `{"ModuleNodes":[{"Id":"g","ModuleId":"Gate"}],"EdgesInternal":[]}`

// settled waits for the end of a run and reads the experiment over the wire.
func (l *lab) settled(id string) experiment.Experiment {
	l.t.Helper()
	if _, err := l.config.Experiments.Settled(l.t.Context(), workspace, id); err != nil {
		l.t.Fatal(err)
	}
	return as[experiment.Experiment](l, "GET", ws+"/experiments/"+id, "")
}

func TestPermissions(t *testing.T) { resttest.Walk(t, studio.New(newLab(t).config)) }

// TestScenarios calls the API on one finished experiment, one draft and one dataset.
func TestScenarios(t *testing.T) {
	l := newLab(t)
	l.reviews()
	l.ids["done"] = as[experiment.Experiment](l, "POST", ws+"/experiments", l.guide(true)).ExperimentID
	l.settled(l.ids["done"])
	draft := as[experiment.Experiment](l, "POST", ws+"/experiments", submission(false, gateGraph, "{}"))
	l.ids["draft"], l.ids["etag"] = draft.ExperimentID, draft.Etag
	l.ids["upload"] = as[struct{ ID string }](l, "POST", "/api/resourceuploads/workspaces/"+workspace+"?dataTypeId=GenericCSV", "").ID
	wide := strings.Replace(l.guide(true), `"Hashing bitsize", "Value": "3"`, `"Hashing bitsize", "Value": "31"`, 1)
	l.ids["wide"] = as[experiment.Experiment](l, "POST", ws+"/experiments", wide).ExperimentID
	l.settled(l.ids["wide"])

	const dataScientist, viewer, publisher = "data-scientist", "viewer", "publisher"
	uploads, blocks := "/api/resourceuploads/workspaces/"+workspace+"/", "/api/blobuploads/workspaces/"+workspace+"/"
	for _, c := range []struct {
		name               string
		role, method, path string
		body               string
		header             []string
		status             int
		want               []string
		not                string
	}{
		{name: "workspaces", role: viewer, method: "GET", path: "/api/workspaces", status: 200, want: []string{`"WorkspaceId":"` + workspace, `"Region":"South Central US"`}, not: "first token"},
		{name: "workspace for who may see keys", role: dataScientist, method: "GET", path: ws, status: 200,
			want: []string{`"FriendlyName":"Reviews"`, `"PrimaryToken":"first token"`, `"CreatedTime":"/Date(1435000000000)/"`}},
		{name: "workspace for a viewer", role: viewer, method: "GET", path: ws, status: 200, want: []string{`"AuthorizationToken":null`}, not: "first token"},
		{name: "workspace id with dashes, in capitals", role: viewer, method: "GET", path: "/api/workspaces/01234567-89AB-CDEF-0123-456789ABCDEF", status: 200},
		{name: "another workspace", role: viewer, method: "GET", path: "/api/workspaces/ffffffffffffffffffffffffffffffff/experiments", status: 404, want: []string{`"code":"NotFound"`, `"code":"WorkspaceNotFound"`}},
		{name: "nobody", method: "GET", path: ws, status: 401, want: []string{`"code":"Unauthorized"`, `"details":[{`}},
		{name: "wrong token", role: "wrong", method: "GET", path: ws, status: 401, want: []string{"not known"}},
		{name: "viewer writes", role: viewer, method: "POST", path: ws + "/experiments", body: "{}", status: 403, want: []string{`"code":"Forbidden"`, "studio.write"}},
		{name: "publisher runs", role: publisher, method: "POST", path: ws + "/experiments/{draft}/cancel", status: 403},
		{name: "no such path", role: viewer, method: "GET", path: ws + "/notebooks", status: 404, want: []string{`"details":[{"code":"NotFound"`}},
		{name: "no such method", role: viewer, method: "PUT", path: ws + "/experiments", status: 405, want: []string{`"code":"MethodNotAllowed"`}},

		{name: "modules", role: viewer, method: "GET", path: ws + "/modules", status: 200, want: []string{
			`"Id":"` + workspace + `.c9a826602d9c411d81224d9e0b3ce92a.v1-default-1","Name":"Feature Hashing"`,
			`"Category":"Text Analytics"`, `"Name":"Hashing bitsize","Aliases":[],"ParameterType":"Integer","DefaultValue":"10","HasDefaultValue":true,"IsOptional":false,"Min":1,"Max":31,"Values":[],"When":[]`,
			`"OutputPorts":[{"Name":"Transformed dataset","Type":"Data Table"`, `"ModuleType":"WebServiceInput"`}},

		{name: "datasets", role: viewer, method: "GET", path: ws + "/datasources", status: 200, want: []string{`"Name":"Book Reviews"`, `"SchemaStatus":"Complete"`, `"DownloadLocation":{"BaseUri":"http://`}},
		{name: "dataset", role: viewer, method: "GET", path: ws + "/datasources/{dataset}", status: 200, want: []string{`"CreatedDate":"/Date(`, `"UploadedFromFilename":"a.csv"`}},
		{name: "unknown dataset", role: viewer, method: "GET", path: ws + "/datasources/nothing", status: 404, want: []string{`no dataset \"nothing\"`}},
		{name: "dataset as it was", role: viewer, method: "GET", path: ws + "/datasources/{dataset}/content", status: 200, want: []string{"5,This is a good day\n1,I hated this book\n"}},
		{name: "dataset's first row", role: viewer, method: "GET", path: ws + "/datasources/{dataset}/visualization?rows=1", status: 200,
			want: []string{`{"ColumnNames":["Col1","Col2"],"ColumnTypes":["Int32","String"],"Values":[["5","This is a good day"]],"RowCount":2,"ColumnCount":2}`}},
		{name: "dataset's statistics", role: viewer, method: "GET", path: ws + "/datasources/{dataset}/visualization?rows=1&statistics=true", status: 200,
			want: []string{`"Values":[["5","This is a good day"]]`, `"Statistics":[{"name":"Col1"`, `"rows":2,"missing":0,"unique":2,"min":"1","max":"5","mean":3,"median":3`, `"top":[{`}},
		{name: "dataset's scatter", role: viewer, method: "GET", path: ws + "/datasources/{dataset}/visualization?x=Col1&y=Col1", status: 400, want: []string{"experiment's output"}},
		{name: "statistics, neither yes nor no", role: viewer, method: "GET", path: ws + "/datasources/{dataset}/visualization?statistics=maybe", status: 400, want: []string{"'statistics'"}},
		{name: "dataset's schema", role: viewer, method: "GET", path: ws + "/datasources/{dataset}/schema", status: 200,
			want: []string{`"columnAttributes":[{"name":"Col1","type":"Numeric","isFeature":true,"elementType":{"typeName":"Int32","isNullable":false},"domain":null}`}},
		{name: "dataset's versions", role: viewer, method: "GET", path: ws + "/datasources/family/{dataset}", status: 200, want: []string{`[{"Id":"`, `"Batch":1`}},
		{name: "described anew", role: dataScientist, method: "POST", path: ws + "/datasources/{dataset}", body: `{"Description":"Reviews of books"}`, status: 200, want: []string{`"Name":"Book Reviews"`, `"Description":"Reviews of books"`}},
		{name: "a type that does not fit", role: dataScientist, method: "POST", path: ws + "/datasources/{dataset}", body: `{"Schema":[{"name":"Col2","type":"Int32"}]}`, status: 400, want: []string{`row 1 (line 1): column \"Col2\"`, "is not of type Int32"}},
		{name: "a type that is none", role: dataScientist, method: "POST", path: ws + "/datasources/{dataset}", body: `{"Schema":[{"name":"Col2","type":"Money"}]}`, status: 400, want: []string{"possible are String, Double"}},
		{name: "viewer changes a dataset", role: viewer, method: "POST", path: ws + "/datasources/{dataset}", body: `{"Name":"x"}`, status: 403},
		{name: "blocks that are there", role: viewer, method: "GET", path: blocks + "?uploadId={upload}", status: 200, want: []string{`"DataTypeId":"GenericCSV","NumberOfBlocks":0,"Blocks":[],"Size":0`}},
		{name: "output as a dataset", role: dataScientist, method: "POST", path: ws + "/experiments/{done}/outputdata/-101/Transformed%20dataset/dataset", body: `{"Name":"Hashed reviews"}`, status: 200,
			want: []string{`"SourceOrigin":"FromOutputPromotion"`, `"PromotedFrom":"{done}/-101/Transformed dataset"`, `"SchemaStatus":"Complete"`}},
		{name: "output as a dataset of a taken name", role: dataScientist, method: "POST", path: ws + "/experiments/{done}/outputdata/-101/Transformed%20dataset/dataset", body: `{"Name":"Book Reviews"}`, status: 409},
		{name: "output as Parquet", role: viewer, method: "GET", path: ws + "/experiments/{done}/outputdata/-101/Transformed%20dataset?format=parquet", status: 200, want: []string{"PAR1"}},
		{name: "output as ARFF", role: viewer, method: "GET", path: ws + "/experiments/{done}/outputdata/-101/Transformed%20dataset?format=arff", status: 200, want: []string{"@relation dataset"}},
		{name: "viewer deletes a dataset", role: viewer, method: "DELETE", path: ws + "/datasources/family/{dataset}", status: 403},
		{name: "unknown family", role: dataScientist, method: "DELETE", path: ws + "/datasources/family/ffffffffffffffffffffffffffffffff", status: 404},

		{name: "upload of an unknown type", role: dataScientist, method: "POST", path: uploads + "?dataTypeId=Excel", status: 400, want: []string{"GenericCSVNoHeader"}},
		{name: "upload with a body", role: dataScientist, method: "POST", path: uploads + "?dataTypeId=GenericCSV", body: "a,b", status: 400, want: []string{"blobuploads"}},
		{name: "block without numbers", role: dataScientist, method: "POST", path: blocks + "?uploadId={upload}", body: "x", status: 400, want: []string{"numberOfBlocks"}},
		{name: "block that is no number", role: dataScientist, method: "POST", path: blocks + "?uploadId={upload}&numberOfBlocks=1&blockId=x", body: "x", status: 400, want: []string{`"InvalidQueryParameter"`, "blockId"}},
		{name: "block beyond the last", role: dataScientist, method: "POST", path: blocks + "?uploadId={upload}&numberOfBlocks=1&blockId=1", body: "x", status: 400, want: []string{"blockId"}},
		{name: "block of no upload", role: dataScientist, method: "POST", path: blocks + "?uploadId=nothing&numberOfBlocks=1&blockId=0", body: "x", status: 404},
		{name: "block that is too large", role: dataScientist, method: "POST", path: blocks + "?uploadId={upload}&numberOfBlocks=1&blockId=0",
			body: strings.Repeat("x", dataset.MaxBlockBytes+1), status: 413, want: []string{`"RequestEntityTooLarge"`, fmt.Sprint(dataset.MaxBlockBytes)}},
		{name: "dataset of no upload", role: dataScientist, method: "POST", path: ws + "/datasources", body: `{"DataSource":{"Name":"a","DataTypeId":"GenericCSV"}}`, status: 400, want: []string{"UploadId"}},
		{name: "dataset of an unknown upload", role: dataScientist, method: "POST", path: ws + "/datasources", body: `{"DataSource":{"Name":"a","DataTypeId":"GenericCSV"},"UploadId":"x"}`, status: 404},
		{name: "dataset whose blocks have not come", role: dataScientist, method: "POST", path: ws + "/datasources", body: `{"DataSource":{"Name":"a","DataTypeId":"GenericCSV"},"UploadId":"{upload}"}`, status: 400, want: []string{"no block"}},
		{name: "dataset of a taken name", role: dataScientist, method: "POST", path: ws + "/datasources", body: `{"DataSource":{"Name":"book reviews","DataTypeId":"GenericCSV"},"UploadId":"{upload}"}`, status: 409, want: []string{`"code":"Conflict"`}},

		{name: "experiments", role: viewer, method: "GET", path: ws + "/experiments", status: 200, want: []string{`"ExperimentId":"{done}"`, `"StatusCode":"InDraft"`}, not: "Graph"},
		{name: "experiments with a bad flag", role: viewer, method: "GET", path: ws + "/experiments?includeAncestors=maybe", status: 400, want: []string{`"InvalidQueryParameter"`}},
		{name: "experiment", role: viewer, method: "GET", path: ws + "/experiments/{done}", status: 200, want: []string{`"StatusCode":"Finished"`, `"Location":"api/workspaces/` + workspace + `/experiments/{done}/outputdata/-101/Transformed%20dataset"`}},
		{name: "unknown experiment", role: viewer, method: "GET", path: ws + "/experiments/nothing", status: 404},
		{name: "malformed JSON", role: dataScientist, method: "POST", path: ws + "/experiments", body: `{"Description":`, status: 400, want: []string{`"code":"BadArgument"`, "not JSON"}},
		{name: "NaN", role: dataScientist, method: "POST", path: ws + "/experiments", body: `{"ExperimentGraph":NaN}`, status: 400, want: []string{"line 1, column"}},
		{name: "wrong type", role: dataScientist, method: "POST", path: ws + "/experiments", body: `{"ExperimentGraph":{"ModuleNodes":[{"Id":7}]}}`, status: 400, want: []string{"must be a string"}},
		{name: "no body", role: dataScientist, method: "POST", path: ws + "/experiments", status: 400, want: []string{"empty"}},
		{name: "body too large", role: dataScientist, method: "POST", path: ws + "/experiments", body: `{"Summary":"` + strings.Repeat("x", maxBody) + `"}`, status: 413, want: []string{fmt.Sprint(maxBody)}},
		{name: "a run with problems", role: dataScientist, method: "POST", path: ws + "/experiments", status: 400,
			body: submission(true, `{"ModuleNodes":[{"Id":"1","ModuleId":"Score Model"},{"Id":"2","ModuleId":"Feature Hashing"}]}`, "{}"),
			want: []string{`{"code":"UnknownModule","target":"1"`, `{"code":"InputNotConnected","target":"2"`}},
		{name: "stale ETag", role: dataScientist, method: "POST", path: ws + "/experiments/{draft}", body: "{}", header: []string{"If-Match", `"old"`}, status: 412, want: []string{`"code":"PreconditionFailed"`}},
		{name: "right ETag", role: dataScientist, method: "POST", path: ws + "/experiments/{draft}", body: submission(false, gateGraph, "{}"), header: []string{"If-Match", `"{etag}"`}, status: 200},
		{name: "a draft is not cancelled", role: dataScientist, method: "POST", path: ws + "/experiments/{draft}/cancel", status: 409},
		{name: "a finished run is not cancelled", role: dataScientist, method: "POST", path: ws + "/experiments/{done}/cancel", status: 200, want: []string{`"StatusCode":"Finished"`}},

		{name: "output, as CSV", role: viewer, method: "GET", path: ws + "/experiments/{done}/outputdata/-77/Results%20dataset", status: 200, want: []string{"Col2\r\nThis is a good day\r\nI hated this book\r\n"}},
		{name: "output, as TSV", role: viewer, method: "GET", path: ws + "/experiments/{done}/outputdata/-101/Transformed%20dataset?format=tsv", status: 200, want: []string{"This is a good day\t1\t1\t2\t2\t0\t2\t0\t1\r\n"}},
		{name: "output, as JSON", role: viewer, method: "GET", path: ws + "/experiments/{done}/outputdata/-101/Transformed%20dataset?columns=3", header: []string{"Accept", "application/json"}, status: 200,
			want: []string{`"ColumnNames":["Col2","Col2_HashingFeature.0","Col2_HashingFeature.1"]`, `["This is a good day","1","1"],`, `"RowCount":2,"ColumnCount":9}`}},
		{name: "output's statistics and scatter", role: viewer, method: "GET", path: ws + "/experiments/{done}/outputdata/-77/Results%20dataset?format=json&statistics=true", status: 200,
			want: []string{`"Statistics":[{"name":"Col2","rows":2,"missing":0,"unique":2`, `"type":"String"`}},
		{name: "output's scatter of a text", role: viewer, method: "GET", path: ws + "/experiments/{done}/outputdata/-77/Results%20dataset?format=json&x=Col2&y=Col2", status: 400, want: []string{"no column \\\"Col2\\\" of numbers"}},
		{name: "output's scatter of one column", role: viewer, method: "GET", path: ws + "/experiments/{done}/outputdata/-77/Results%20dataset?format=json&x=Col2", status: 400, want: []string{"give x and y"}},
		{name: "output of 2^31 columns, its statistics", role: viewer, method: "GET", path: ws + "/experiments/{wide}/outputdata/-101/Transformed%20dataset?format=json&columns=2&statistics=true", status: 200, want: []string{`"Statistics":[{"name":"Col2"`, `"name":"Col2_HashingFeature.0"`}},
		{name: "output in another form", role: viewer, method: "GET", path: ws + "/experiments/{done}/outputdata/-77/Results%20dataset?format=xml", status: 400},
		{name: "output, too many rows", role: viewer, method: "GET", path: ws + "/experiments/{done}/outputdata/-77/Results%20dataset?format=json&rows=1001", status: 400},
		{name: "output of an unknown node", role: viewer, method: "GET", path: ws + "/experiments/{done}/outputdata/-9/Results%20dataset", status: 404},
		{name: "output of an unknown port", role: viewer, method: "GET", path: ws + "/experiments/{done}/outputdata/-77/Dataset", status: 404},
		{name: "output of a draft", role: viewer, method: "GET", path: ws + "/experiments/{draft}/outputdata/g/Out", status: 409},
		{name: "output of 2^31 columns as a file", role: viewer, method: "GET", path: ws + "/experiments/{wide}/outputdata/-101/Transformed%20dataset", status: 400, want: []string{`"code":"0129"`, "exceeds allowed limit of '100000'"}},
		{name: "output of 2^31 columns, the first", role: viewer, method: "GET", path: ws + "/experiments/{wide}/outputdata/-101/Transformed%20dataset?format=json&columns=2", status: 200, want: []string{`"ColumnCount":2147483649`, `["This is a good day","0"]`}},
		{name: "log", role: viewer, method: "GET", path: ws + "/experiments/{done}/logs/-101/stdout", status: 200, want: []string{"Hashing bitsize = 3"}},
		{name: "log that is empty", role: viewer, method: "GET", path: ws + "/experiments/{done}/logs/-101/stderr", status: 404},
		{name: "log that is none", role: viewer, method: "GET", path: ws + "/experiments/{done}/logs/-101/passwd", status: 404},

		{name: "publish a draft", role: dataScientist, method: "POST", path: ws + "/experiments/{draft}/webservice?generateNewPortNames=false", status: 409, want: []string{"Only one that is Finished"}},
		{name: "publish, bad flag", role: dataScientist, method: "POST", path: ws + "/experiments/{done}/webservice?generateNewPortNames=2", status: 400},
		{name: "viewer publishes", role: viewer, method: "POST", path: ws + "/experiments/{done}/webservice", status: 403},
		{name: "unknown deployment", role: viewer, method: "GET", path: ws + "/experiments/{done}/webservice", status: 404},
	} {
		t.Run(c.name, func(t *testing.T) {
			fill := func(s string) string {
				for name, id := range l.ids {
					s = strings.ReplaceAll(s, "{"+name+"}", id)
				}
				return s
			}
			for i := range c.header {
				c.header[i] = fill(c.header[i])
			}
			a := l.call(c.role, c.method, fill(c.path), fill(c.body), c.header...)
			if a.status != c.status {
				t.Fatalf("got %d %s, want %d", a.status, a.body, c.status)
			}
			for _, want := range c.want {
				if !strings.Contains(a.body, fill(want)) {
					t.Errorf("the answer lacks %s:\n%s", fill(want), a.body)
				}
			}
			if c.not != "" && strings.Contains(a.body, c.not) {
				t.Errorf("the answer has %s:\n%s", c.not, a.body)
			}
			var e struct {
				Error struct {
					Code, Message string
					Details       []struct{ Code, Message string }
				}
			}
			if a.status >= 400 && (json.Unmarshal([]byte(a.body), &e) != nil || e.Error.Code == "" || len(e.Error.Details) == 0 || e.Error.Details[0].Message == "") {
				t.Errorf("not an error as clients parse it: %s", a.body)
			}
		})
	}
}

// Bad files become datasets that say what is wrong with them.
func TestBadUploads(t *testing.T) {
	l := newLab(t)
	for name, c := range map[string]struct{ content, says string }{
		"ragged":       {"a,b\n1,2\n3\n", "row 2"},
		"unterminated": {"a,b\n1,\"2\n", "quot"},
		"NUL":          {"a,b\n1,\x00\n", "NUL"},
		"not UTF-8":    {"a,b\n1,\xff\n", "UTF-8"},
		"empty rows":   {"a,b\n", "no rows"},
	} {
		d := l.upload(name, "GenericCSV", c.content, 4)
		if d.SchemaStatus != dataset.Failed || !strings.Contains(d.SchemaMessage, c.says) {
			t.Errorf("%s: %s %q", name, d.SchemaStatus, d.SchemaMessage)
		}
		if d.VisualizeEndPoint != nil || d.DownloadLocation == nil {
			t.Errorf("%s: links are %+v", name, d)
		}
		in := submission(true, fmt.Sprintf(`{"ModuleNodes":[{"Id":"1","ModuleId":"Feature Hashing","InputPortsInternal":[{"Name":"Dataset","DataSourceId":%q}]}]}`, d.ID), "{}")
		if a := l.call("data-scientist", "POST", ws+"/experiments", in); a.status != 400 || !strings.Contains(a.body, "UnusableDataset") {
			t.Errorf("%s: a run on it: %d %s", name, a.status, a.body)
		}
	}
}

// Links work without a token, for reading that one thing.
func TestLinks(t *testing.T) {
	l := newLab(t)
	l.reviews()
	id := as[experiment.Experiment](l, "POST", ws+"/experiments", l.guide(true)).ExperimentID
	x := l.settled(id)
	d := as[dataset.Dataset](l, "GET", ws+"/datasources/"+l.ids["dataset"], "")
	file, out, log := d.DownloadLocation, x.NodeStatuses[1].OutputEndpoints[0], x.NodeStatuses[1].StandardOutEndpoint
	for _, c := range []struct{ url, want string }{
		{file.BaseURI + file.Location + file.AccessCredential, "5,This is a good day"},
		{d.VisualizeEndPoint.BaseURI + d.VisualizeEndPoint.Location + d.VisualizeEndPoint.AccessCredential, `"ColumnNames"`},
		{out.BaseURI + out.Location + out.AccessCredential, "Col2,Col2_HashingFeature.0"},
		{log.BaseURI + log.Location + log.AccessCredential, "Feature Hashing, version"},
	} {
		if a := l.call("", "GET", c.url, ""); a.status != 200 || !strings.Contains(a.body, c.want) {
			t.Errorf("%s: %d %s", c.url, a.status, a.body)
		}
	}
	base, good := file.BaseURI+file.Location, file.AccessCredential
	for name, c := range map[string]struct {
		method, url string
	}{
		"no credential":   {"GET", base},
		"another path":    {"GET", out.BaseURI + out.Location + good},
		"another end":     {"GET", base + strings.Replace(good, "se=", "se=9", 1)},
		"another sig":     {"GET", base + good[:len(good)-1] + "x"},
		"writing with it": {"DELETE", file.BaseURI + strings.TrimPrefix(ws, "/") + "/datasources/family/" + d.FamilyID + good},
	} {
		if a := l.call("", c.method, c.url, ""); a.status != 401 {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	for _, header := range []string{"Content-Disposition", "X-Content-Type-Options"} {
		if a := l.call("viewer", "GET", base, ""); a.header.Get(header) == "" {
			t.Errorf("a download lacks %s", header)
		}
	}
}

// The way of AzureMLPS's Start-AmlExperiment: read, save, run, poll the same id; and then publish.
func TestStartAsAzureMLPS(t *testing.T) {
	l := newLab(t)
	l.reviews()
	x := as[experiment.Experiment](l, "POST", ws+"/experiments/", l.guide(false))
	for range 2 {
		raw := as[struct {
			ExperimentID      string
			Graph, WebService json.RawMessage
		}](l, "GET", ws+"/experiments/"+x.ExperimentID, "")
		as[experiment.Experiment](l, "POST", ws+"/experiments/"+raw.ExperimentID, submission(false, string(raw.Graph), string(raw.WebService)))
		as[experiment.Experiment](l, "POST", ws+"/experiments/"+raw.ExperimentID, submission(true, string(raw.Graph), string(raw.WebService)))
		if x = l.settled(x.ExperimentID); x.Status.StatusCode != experiment.Finished {
			t.Fatalf("the run is %+v", x.Status)
		}
	}
	type creation struct{ ActivityID, WebServiceGroupID, EndpointID, Status string }
	deploy := ws + "/experiments/" + x.ExperimentID + "/webservice?generateNewPortNames=false"
	first := as[creation](l, "POST", deploy, "")
	polled := as[creation](l, "GET", ws+"/experiments/"+first.ActivityID+"/webservice", "")
	if polled.Status != "Completed" || polled != first || len(first.EndpointID) != 32 || len(first.WebServiceGroupID) != 32 {
		t.Errorf("deployed %+v, polled %+v", first, polled)
	}
	if again := as[creation](l, "POST", deploy+"&updateExistingWebService=true", ""); again.WebServiceGroupID != first.WebServiceGroupID || again.EndpointID != first.EndpointID {
		t.Errorf("the update made %+v of %+v", again, first)
	}
	if other := as[creation](l, "POST", deploy, ""); other.WebServiceGroupID == first.WebServiceGroupID {
		t.Error("a second service is the first")
	}
}

// A run in progress is shown, is in the way of deleting and of saving, and is cancelled.
func TestRunInProgress(t *testing.T) {
	l := newLab(t)
	x := as[experiment.Experiment](l, "POST", ws+"/experiments", submission(true, gateGraph, "{}"))
	path := ws + "/experiments/" + x.ExperimentID
	if code := x.Status.StatusCode; code != experiment.NotStarted && code != experiment.Running {
		t.Errorf("the run is %s", code)
	}
	if a := l.call("data-scientist", "DELETE", path, ""); a.status != 409 {
		t.Errorf("delete: %d %s", a.status, a.body)
	}
	if a := l.call("data-scientist", "POST", path, submission(true, gateGraph, "{}")); a.status != 409 {
		t.Errorf("run: %d %s", a.status, a.body)
	}
	if a := l.call("data-scientist", "POST", path+"/cancel", ""); a.status != 200 {
		t.Errorf("cancel: %d %s", a.status, a.body)
	}
	if x := l.settled(x.ExperimentID); x.Status.StatusCode != experiment.Cancelled {
		t.Errorf("the run is %s", x.Status.StatusCode)
	}
	if a := l.call("data-scientist", "DELETE", path+"?deleteAncestors=true", ""); a.status != 204 || a.body != "" {
		t.Errorf("delete: %d %s", a.status, a.body)
	}
	if a := l.call("data-scientist", "GET", path, ""); a.status != 404 {
		t.Errorf("get: %d %s", a.status, a.body)
	}
}
