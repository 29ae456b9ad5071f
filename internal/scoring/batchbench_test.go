package scoring

import (
	"context"
	"strings"
	"testing"

	"portico/internal/webservice/webservicetest"
)

// BenchmarkStatus is a poll of a job, without the HTTP server around it.
func BenchmarkStatus(b *testing.B) {
	e := newEndpoint(b)
	e.put(b, "files/data.csv", "Col2\nThis is a good day\n")
	running := e.submit(b, e.request("files/data.csv", "files/out.csv"))
	finished := e.submit(b, e.request("files/data.csv", "files/out2.csv"))
	stop := e.work(b)
	e.start(b, finished)
	e.wait(b, finished)
	stop()
	e.start(b, running)
	for name, id := range map[string]string{"Running": running, "Finished": finished} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				c := call{ctx: context.Background(), method: "GET", query: "api-version=2.0", authorization: "Bearer " + e.key}
				c.target, _ = parseTarget("/workspaces/" + webservicetest.Workspace + "/services/" + e.base[len(e.base)-32:] + "/jobs/" + id)
				if a := e.answer(&c, nil); a.status != 200 {
					b.Fatalf("%d %s", a.status, a.body)
				}
			}
		})
	}
}

// BenchmarkBatchRows is the guide's service over rows of 100 bytes, blob to blob.
func BenchmarkBatchRows(b *testing.B) {
	const rows = 200_000
	e := newEndpoint(b)
	text := "Col2\n" + strings.Repeat("this is a good day and the book was wonderful but its ending felt rushed to me although alive viv\n", rows)
	e.put(b, "files/data.csv", text)
	e.work(b)
	for b.Loop() {
		if s := e.finish(b, e.request("files/data.csv", "files/out.csv")); s.StatusCode != "Finished" {
			b.Fatalf("the job is %s: %s", s.StatusCode, s.details())
		}
	}
	b.ReportMetric(rows*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
