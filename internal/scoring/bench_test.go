package scoring

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"

	"portico/internal/policy"
	"portico/internal/webservice/webservicetest"
)

// BenchmarkRRS is the guide's call at the scoring listener; BenchmarkBareNetHTTP
// is the least that any Go service of this wire does: a net/http handler that
// decodes the same request and encodes the same answer with encoding/json.
// Both are called over loopback with keep-alive by one client that costs little.
func BenchmarkRRS(b *testing.B) {
	f := newFixture(b, nil)
	base, key := f.publish(b, webservicetest.Guide())
	benchmarkCalls(b, base+"/execute?api-version=2.0&details=true", key)
}

func BenchmarkBareNetHTTP(b *testing.B) {
	var names, types []string
	if err := json.Unmarshal([]byte(guideNames), &names); err != nil {
		b.Fatal(err)
	}
	if err := json.Unmarshal([]byte(guideTypes), &types); err != nil {
		b.Fatal(err)
	}
	type input struct {
		ColumnNames []string
		Values      [][]string
	}
	type value struct {
		ColumnNames, ColumnTypes []string
		Values                   [][]string
	}
	type output struct {
		Type  string `json:"type"`
		Value value  `json:"value"`
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in struct {
			Inputs           map[string]input
			GlobalParameters map[string]string
		}
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		var rows [][]string
		for _, row := range in.Inputs["input1"].Values {
			rows = append(rows, []string{row[0], "1", "1", "2", "2", "0", "2", "0", "1"})
		}
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		_ = json.NewEncoder(w).Encode(map[string]map[string]output{"Results": {"output1": {"table", value{names, types, rows}}}})
	}))
	defer srv.Close()
	benchmarkCalls(b, srv.URL, "")
}

// BenchmarkLocal is the guide's call as the gateway makes it, in process.
func BenchmarkLocal(b *testing.B) {
	f := newFixture(b, nil)
	base, key := f.publish(b, webservicetest.Guide())
	local, body := f.Local(), []byte(guideBody)
	path := strings.TrimPrefix(base, f.url) + "/execute"
	headers := policy.Headers{{Name: "Content-Type", Value: "application/json"}, {Name: "Authorization", Value: "Bearer " + key}}
	b.ReportAllocs()
	for b.Loop() {
		x := policy.Exchange{Context: b.Context(), RequestID: "00000000-0000-4000-8000-000000000000"}
		x.Request.Method, x.Request.Headers, x.Request.Body = http.MethodPost, headers, policy.BytesBody(body)
		x.Backend.Path, x.Backend.RawQuery = path, "api-version=2.0&details=true"
		if err := local.Serve(&x); err != nil || x.Response.Status != http.StatusOK {
			b.Fatal(err, x.Response.Status)
		}
	}
}

// benchmarkCalls reports, besides the time, the CPU of the process for a call.
func benchmarkCalls(b *testing.B, url, key string) {
	host, path, _ := strings.Cut(strings.TrimPrefix(url, "http://"), "/")
	conn, err := net.Dial("tcp", host)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	request := fmt.Appendf(nil, "POST /%s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s", path, host, key, len(guideBody), guideBody)
	r := bufio.NewReader(conn)
	call := func() {
		if _, err := conn.Write(request); err != nil {
			b.Fatal(err)
		}
		readAnswer(b, r)
	}
	call()
	b.ReportAllocs()
	before := cpu(b)
	for b.Loop() {
		call()
	}
	b.ReportMetric(float64(cpu(b)-before)/float64(b.N), "cpu-ns/op")
}

// readAnswer reads a response with a Content-Length and checks its status and its end.
func readAnswer(b *testing.B, r *bufio.Reader) {
	length := 0
	for first := true; ; first = false {
		line, err := r.ReadSlice('\n')
		if err != nil {
			b.Fatal(err)
		}
		if first && string(line) != "HTTP/1.1 200 OK\r\n" {
			b.Fatalf("got %q", line)
		}
		if len(line) == 2 {
			break
		}
		const name = "Content-Length: "
		if len(line) > len(name) && string(line[:len(name)]) == name {
			for _, c := range line[len(name) : len(line)-2] {
				length = length*10 + int(c-'0')
			}
		}
	}
	if length == 0 {
		b.Fatal("no Content-Length")
	}
	if _, err := r.Discard(length); err != nil {
		b.Fatal(err)
	}
}

func cpu(b *testing.B) int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return u.Utime.Nano() + u.Stime.Nano()
}
