package scoring

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"portico/internal/webservice/batch"
	"portico/internal/webservice/webservicetest"
)

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
		{"ARFF", e.request("files/data.csv", "files/out.arff"), "files/out.arff", guideARFF + "'This is a good day',1,1,2,2,0,2,0,1\n"},
		{"ARFF without rows", e.request("files/empty.csv", "files/norows.arff"), "files/norows.arff", guideARFF},
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
