package e2e_test

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob"

	"portico/internal/blob/azuritetest"
)

// TestForeignAccount runs a job from and to an account that is not ours, kills the process meanwhile, and asks for what that account refuses.
func TestForeignAccount(t *testing.T) {
	connection := azuritetest.ForTest(t).Connection
	client, err := azblob.NewClientFromConnectionString(connection, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.CreateContainer(t.Context(), "crash", nil); err != nil {
		t.Fatal(err)
	}
	text := reviews(120_000, 7)
	if _, err := client.UploadBuffer(t.Context(), "crash", "in0.csv", []byte(text), nil); err != nil {
		t.Fatal(err)
	}
	data := t.TempDir()
	p := start(t, data, "--demo")
	demo := p.Demo
	reference := func(name string) string {
		return fmt.Sprintf(`{"ConnectionString":%q,"RelativeLocation":"/crash/%s"}`, connection, name)
	}
	submit := func(in, out string) string {
		a := p.bes(http.MethodPost, "", `{"Input":`+reference(in)+`,"Outputs":{"output1":`+reference(out)+`}}`)
		wantStatus(t, "submit", a, 200)
		id := strings.Trim(a.body, `"`)
		wantStatus(t, "start", p.bes(http.MethodPost, "/"+id+"/start", ""), 200)
		return id
	}
	result := func(id string) string {
		if s := p.ended(t, id); s.StatusCode != "Finished" {
			t.Fatalf("the job is %s: %s", s.StatusCode, s.details())
		}
		var s struct {
			Results map[string]struct{ BaseLocation, RelativeLocation, SasBlobToken string }
		}
		if err := json.Unmarshal([]byte(p.bes(http.MethodGet, "/"+id, "").body), &s); err != nil {
			t.Fatal(err)
		}
		r := s.Results["output1"]
		a := p.call(http.MethodGet, r.BaseLocation+r.RelativeLocation+r.SasBlobToken, "")
		wantStatus(t, "the result's URL", a, 200)
		return a.body
	}
	clean := result(submit("in0.csv", "clean.csv"))
	if strings.Count(clean, "\r\n") != 120_001 {
		t.Errorf("the result has %d lines", strings.Count(clean, "\r\n"))
	}
	id := submit("in0.csv", "killed.csv")
	p.kill()
	p = start(t, data)
	p.Demo = demo
	if got := result(id); got != clean {
		t.Errorf("after a crash the result has %d bytes, a clean one %d, and they differ", len(got), len(clean))
	}
	failed := p.ended(t, submit("none.csv", "out.csv"))
	if failed.StatusCode != "Failed" || failed.Details == nil || !strings.Contains(*failed.Details, "BlobNotFound") || !strings.Contains(*failed.Details, "crash/none.csv") {
		t.Errorf("a job from a blob that is missing is %s: %s", failed.StatusCode, failed.details())
	}
}

// TestForeignAccountThatRefuses asks for an address where nobody listens.
func TestForeignAccountThatRefuses(t *testing.T) {
	data := t.TempDir()
	p := start(t, data, "--demo")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	a := p.bes(http.MethodPost, "", `{"Input":{"ConnectionString":"AccountName=other;AccountKey=AAAA;BlobEndpoint=http://`+address+`/other","RelativeLocation":"files/in.csv"}}`)
	wantStatus(t, "submit", a, 200)
	id := strings.Trim(a.body, `"`)
	wantStatus(t, "start", p.bes(http.MethodPost, "/"+id+"/start", ""), 200)
	s := p.ended(t, id)
	if s.StatusCode != "Failed" || s.Details == nil || !strings.Contains(*s.Details, address+" could not be reached") || !strings.Contains(*s.Details, "files/in.csv") {
		t.Errorf("the job is %s: %s", s.StatusCode, s.details())
	}
	code, out := run(t, "job", "show", id, "--data", data)
	if code != 0 || !strings.Contains(out, "Failed") || !strings.Contains(out, "could not be reached") {
		t.Errorf("job show gave %d:\n%s", code, out)
	}
	code, out = run(t, "job", "list", "--data", data, "--state", "Failed")
	if code != 0 || strings.Count(out, id) != 1 {
		t.Errorf("job list gave %d:\n%s", code, out)
	}
	code, out = run(t, "job", "cancel", id, "--data", data)
	if code != 0 || !strings.Contains(out, "The job was Failed already.") {
		t.Errorf("job cancel gave %d:\n%s", code, out)
	}
	if code, out = run(t, "job", "show", "nothing", "--data", data); code != 1 || !strings.Contains(out, "There is no job nothing") {
		t.Errorf("job show of an unknown job gave %d:\n%s", code, out)
	}
	metrics := p.call(http.MethodGet, p.Console+"/metrics", "", "Authorization: Bearer "+p.AdminToken)
	wantStatus(t, "metrics", metrics, 200, `portico_batch_jobs_ended_total{state="Failed"} 1`, `portico_batch_jobs{state="Failed"} 1`)
}
