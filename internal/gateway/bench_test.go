package gateway

import (
	"bytes"
	"io"
	"net/http"
	"strconv"
	"testing"

	"portico/internal/catalog"
	"portico/internal/policy"
	"portico/internal/record"
	"portico/internal/usage"
)

const (
	benchRequest  = `{"Inputs": {"input1": {"ColumnNames": ["Col2"], "Values": [["This is a good day"]]}}, "GlobalParameters": {}}`
	benchResponse = `{"Results":{"output1":{"type":"table","value":{"ColumnNames":["Col2"],"ColumnTypes":["String"],"Values":[["This is a good day"]]}}}}`
	benchLine     = "/azureml-demo/workspaces/0123456789abcdef0123456789abcdef/services/0123456789abcdef0123456789abcdef/execute?api-version=2.0&details=true"
)

// discard is a ResponseWriter that keeps nothing.
type discard struct {
	header http.Header
	status int
}

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(p []byte) (int, error) { return len(p), nil }
func (d *discard) WriteHeader(status int)      { d.status = status }

// noRecords is a usage.Recorder that keeps nothing.
type noRecords struct{}

func (noRecords) Record(usage.Call) {}

// benchCalls sends the guide's call again and again, without a network.
func benchCalls(b *testing.B, h http.Handler) {
	body := bytes.NewReader(nil)
	b.ReportAllocs()
	for b.Loop() {
		body.Reset([]byte(benchRequest))
		// What net/http makes of a request is part of both sides.
		r := &http.Request{Method: "POST", RequestURI: benchLine, Host: "127.0.0.1:8080", RemoteAddr: "127.0.0.1:50000", Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
			Body: io.NopCloser(body), ContentLength: int64(len(benchRequest)),
			Header: http.Header{"Content-Type": {"application/json"}, "Authorization": {"Bearer 0123456789"}, "Ocp-Apim-Subscription-Key": {"bench-1"}, "User-Agent": {"bench"}, "Accept": {"*/*"}}}
		w := &discard{header: http.Header{}}
		h.ServeHTTP(w, r)
		if w.status != 200 {
			b.Fatal(w.status)
		}
	}
}

// BenchmarkGatewayInProcess is a call with a key, a rate limit that is never
// reached, and a backend in this process.
func BenchmarkGatewayInProcess(b *testing.B) {
	answer := []byte(benchResponse)
	w := newWorld(b, func(c *Config) {
		c.Usage = noRecords{}
		c.Locals["ussouthcentral.services.azureml.net"] = localFunc(func(x *policy.Exchange) error {
			if _, err := x.Request.Body.Bytes(1 << 20); err != nil {
				return err
			}
			x.Response.Status = 200
			x.Response.Headers.Add("Content-Type", "application/json; charset=utf-8")
			x.Response.Body = policy.BytesBody(answer)
			return nil
		})
	})
	w.api("demo", catalog.API{Path: "azureml-demo", ServiceURL: "https://ussouthcentral.services.azureml.net"},
		"POST /workspaces/{workspace}/services/{service}/execute?api-version={apiversion}&details={details}",
		"POST /workspaces/{workspace}/services/{service}/jobs?api-version={apiversion}")
	w.product("p", false, "demo")
	w.policy(catalog.ProductPath("p"), `<inbound><rate-limit calls="2147483647" renewal-period="60" /><base /></inbound>`)
	w.subscription("bench", "/products/p")
	benchCalls(b, w.gateway)
}

// BenchmarkBare is the same without a gateway: a handler that reads the body and answers.
func BenchmarkBare(b *testing.B) {
	answer := []byte(benchResponse)
	benchCalls(b, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.ReadAll(r.Body); err != nil {
			b.Fatal(err)
		}
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.WriteHeader(200)
		_, _ = w.Write(answer)
	}))
}

// BenchmarkChangeOneOfMany changes one policy document of 3,000.
func BenchmarkChangeOneOfMany(b *testing.B) {
	const many = 3000
	w := newWorld(b, nil)
	var records []record.Applied
	add := func(path string, v any) {
		records = append(records, record.Applied{New: record.Record{Path: path, Body: record.PutOf(path, v, "").Body, ETag: strconv.Itoa(len(records))}})
	}
	document := func(n int) catalog.Policy {
		return catalog.Policy{Format: "rawxml", Value: `<policies><inbound><base /><set-header name="A"><value>@("` + strconv.Itoa(n) + `" + context.Api.Id)</value></set-header></inbound></policies>`}
	}
	for i := range many {
		path := catalog.APIPath("a" + strconv.Itoa(i))
		add(path, catalog.API{DisplayName: "A", Path: "a" + strconv.Itoa(i)})
		add(path+"/operations/get", catalog.Operation{Method: "GET", URLTemplate: "/x"})
		add(catalog.PolicyPath(path), document(i))
	}
	w.gateway.Apply(records)
	path := catalog.PolicyPath(catalog.APIPath("a7"))
	n := many
	for b.Loop() {
		n++
		w.gateway.Apply([]record.Applied{{New: record.Record{Path: path, Body: record.PutOf(path, document(n), "").Body, ETag: strconv.Itoa(n)}}})
	}
}
