package gateway

import (
	"net/http"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/sdk/trace/tracetest"
)

func TestSpans(t *testing.T) {
	kept := tracetest.NewInMemoryExporter()
	spans := newSpans(kept, 0, "portico")
	w := newWorld(t, func(c *Config) { c.Spans = spans })
	var seen string
	w.remote(func(rw http.ResponseWriter, r *http.Request) {
		seen = r.Header.Get("Traceparent")
		rw.WriteHeader(503)
	})
	const id = "0af7651916cd43dd8448eb211c80319c"
	w.call("GET /r/x").is(t, "not sampled", 503, "")
	if seen != "" {
		t.Errorf("a call that is not sampled got the parent %s", seen)
	}
	const unsampled = "00-" + id + "-b7ad6b7169203331-00"
	w.call("GET /r/x", "Traceparent: "+unsampled).is(t, "the caller does not sample", 503, "")
	if seen != unsampled {
		t.Errorf("the backend got %s", seen)
	}
	w.call("GET /r/x", "Traceparent: 00-"+id+"-b7ad6b7169203331-01").is(t, "sampled", 503, "")
	w.server.Close()
	if err := spans.provider.ForceFlush(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := kept.GetSpans()
	if len(got) != 1 {
		t.Fatalf("%d spans", len(got))
	}
	s := got[0]
	if s.SpanContext.TraceID().String() != id || s.Parent.SpanID().String() != "b7ad6b7169203331" || s.Name != "GET /*" || s.Status.Code.String() != "Error" {
		t.Errorf("%+v", s)
	}
	if !strings.HasPrefix(seen, "00-"+id+"-"+s.SpanContext.SpanID().String()+"-01") {
		t.Errorf("the backend's parent is %s, the span %s", seen, s.SpanContext.SpanID())
	}
	attributes := map[string]string{}
	for _, a := range s.Attributes {
		attributes[string(a.Key)] = a.Value.Emit()
	}
	if attributes["http.response.status_code"] != "503" || attributes["portico.api"] != "r" || attributes["url.path"] != "/r/x" {
		t.Errorf("%v", attributes)
	}
	if err := spans.Close(); err != nil {
		t.Error(err)
	}
}
