package cli

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"
)

const exposition = `# HELP portico_gateway_api_calls_total Calls.
# TYPE portico_gateway_api_calls_total counter
portico_gateway_api_calls_total{api="echo",class="2xx"} 100
portico_gateway_api_calls_total{api="echo",class="5xx"} 2
portico_gateway_api_calls_total{api="a \"b\"",class="4xx"} 7
portico_gateway_api_calls_in_flight{api="echo"} 3
portico_gateway_operation_duration_seconds_bucket{api="echo",operation="get",le="0.001"} 60
portico_gateway_operation_duration_seconds_bucket{api="echo",operation="get",le="0.01"} 102
portico_gateway_operation_duration_seconds_bucket{api="echo",operation="get",le="+Inf"} 102
portico_gateway_operation_duration_seconds_sum{api="echo",operation="get"} 0.204
portico_gateway_operation_duration_seconds_count{api="echo",operation="get"} 102
go_goroutines 10
broken{api="x
`

func TestTop(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	looks := 0
	read := func() (traffic, error) {
		looks++
		text := exposition
		if looks == 1 {
			text = ""
		}
		return readTraffic(strings.NewReader(text), at.Add(time.Duration(looks)*2*time.Second)), nil
	}
	var out bytes.Buffer
	if err := watch(context.Background(), &out, read, time.Millisecond, 1, 10); err != nil {
		t.Fatal(err)
	}
	var words []string
	for line := range strings.Lines(out.String()) {
		words = append(words, strings.Join(strings.Fields(line), " "))
	}
	want := `03:04:09 54 calls/s, 3 in flight, 1 server errors/s

API CALLS/S IN FLIGHT 4XX/S 5XX/S MEAN P50 P99
echo 51 3 0 1 2.00 ms ≤ 1 ms ≤ 10 ms
a "b" 4 0 4 0 - - -`
	if got := strings.Join(words, "\n"); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}
