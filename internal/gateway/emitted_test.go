package gateway

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"portico/internal/catalog"
	"portico/internal/policy"
	"portico/internal/record"
)

func TestLoggerWithAFile(t *testing.T) {
	dir := t.TempDir()
	w := newWorld(t, func(c *Config) { c.EventsDir = dir })
	w.api("a", catalog.API{Path: "a"}, "GET /x")
	w.subscription("sub", "/apis/a")
	w.apply(catalog.Seal(w.keeper, catalog.Loggers+"/Audit", &catalog.Logger{LoggerType: "azureEventHub", Credentials: map[string]*string{"endpointAddress": new("file:")}}, ""))
	w.policy(catalog.APIPath("a"), `<inbound><log-to-eventhub logger-id="audit" partition-key="k">@("seen\n" + context.Api.Id)</log-to-eventhub><return-response /></inbound>`)
	for range 2 {
		w.call("GET /a/x", "Ocp-Apim-Subscription-Key: sub-1")
	}
	b, err := os.ReadFile(filepath.Join(dir, "Audit.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(b), `"partitionKey":"k","text":"seen\na"}`+"\n"); n != 2 {
		t.Errorf("%d lines in %s", n, b)
	}
}

func TestEmittedMetrics(t *testing.T) {
	w := newWorld(t, nil)
	w.api("a", catalog.API{Path: "a"}, "GET /x")
	w.subscription("sub", "/apis/a")
	w.policy(catalog.APIPath("a"), `<inbound><emit-metric name="hits" namespace="shop" value="@(1.5 * 2)"><dimension name="API ID" /><dimension name="Kind" value="@(context.Request.Method)" /></emit-metric><return-response /></inbound>`)
	for range 2 {
		w.call("GET /a/x", "Ocp-Apim-Subscription-Key: sub-1")
	}
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(w.gateway)
	got := gathered(t, registry)
	for series, want := range map[string]float64{
		`portico_policy_metric_count{API ID=a;Kind=GET,hits,shop}`: 2,
		`portico_policy_metric_sum{API ID=a;Kind=GET,hits,shop}`:   6,
	} {
		if got[series] != want {
			t.Errorf("%s is %v, want %v", series, got[series], want)
		}
	}
}

// gathered gives the counters and gauges of a registry by name and label values.
func gathered(t *testing.T, registry *prometheus.Registry) map[string]float64 {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			var labels []string
			for _, l := range m.GetLabel() {
				labels = append(labels, l.GetValue())
			}
			all[f.GetName()+"{"+strings.Join(labels, ",")+"}"] = m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	return all
}

func TestSeriesAreBounded(t *testing.T) {
	e, registry := newEmitted(), prometheus.NewPedanticRegistry()
	registry.MustRegister(e.collectors()...)
	for i := range maxSeries + 5 {
		e.Emit(policy.Metric{Name: "n", Value: 1, Dimensions: []policy.Dimension{{Name: "i", Value: strconv.Itoa(i)}}})
	}
	got := gathered(t, registry)
	if n := len(got); n != 2*maxSeries+1 || got["portico_policy_metric_dropped_total{}"] != 5 {
		t.Errorf("%d series, %v values were dropped", n, got["portico_policy_metric_dropped_total{}"])
	}
}

func TestLoggers(t *testing.T) {
	s := newStage(t)
	s.side.tell("/events", "202")
	s.policy(catalog.APIPath("a"), `<inbound><log-to-eventhub logger-id="hub" partition-key="k">@("seen " + context.Api.Id)</log-to-eventhub><return-response /></inbound>`)
	call := func() int { return s.call("GET /a/x", "Ocp-Apim-Subscription-Key: sub-1").status }
	if got := call(); got != 500 {
		t.Errorf("without the logger: %d", got)
	}
	put := func(endpoint string) {
		name := "events"
		s.apply(catalog.Seal(s.keeper, catalog.Loggers+"/Hub", &catalog.Logger{LoggerType: "azureEventHub", Credentials: map[string]*string{"name": &name, "endpointAddress": &endpoint}}, ""))
	}
	put("hub.example")
	if got := call(); got != 200 || !strings.Contains(s.log.String(), `logger=Hub`) || !strings.Contains(s.log.String(), `text="seen a"`) {
		t.Errorf("into the log: %d\n%s", got, s.log)
	}
	put(s.side.URL + "/events")
	if got := call(); got != 200 {
		t.Errorf("to an address: %d", got)
	}
	s.gateway.Close() // waits for what is sent later
	if asked := s.side.saw(); len(asked) != 1 || !strings.HasPrefix(asked[0], "POST /events") || !strings.Contains(asked[0], "seen a") || !strings.Contains(asked[0], "X-Partition-Key: k") {
		t.Errorf("the address was asked %q", asked)
	}
	s.apply(record.Change{Op: record.Delete, Path: catalog.Loggers + "/hub"})
	if got := call(); got != 500 {
		t.Errorf("after it is gone: %d", got)
	}
}
