package gateway

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/record"
)

// tracedStage is a stage whose API has policies of many kinds and secrets.
func tracedStage(t *testing.T) *stage {
	s := newStage(t)
	s.subscribe(access.Subscription{ID: "tracer", Scope: "/apis/a", State: access.Active, AllowTracing: true})
	value := s.keeper.Seal("namedvalues", "named-s3cret")
	s.apply(record.Change{Op: record.Put, Path: "/namedValues/n", Body: json.RawMessage(`{"displayName":"n","secret":true,"value":"` + value + `"}`)})
	s.world.backend("b", catalog.Backend{URL: s.backend.URL + "/base", Credentials: &catalog.BackendCredentials{Header: map[string][]string{"X-Own": {"entity-s3cret"}}}})
	s.policy(catalog.APIPath("a"), `<inbound><base />
		<set-header name="X-Named"><value>{{n}}</value></set-header>
		<set-variable name="v" value="seen" />
		<set-variable name="jwt" value="eyJhbGciOiJub25lIn0.eyJzdWIiOiJtZSJ9.x" />
		<choose><when condition="true"><set-backend-service backend-id="b" /></when></choose>
		<authentication-basic username="u" password="basic-s3cret" />
		<trace source="mine" severity="information"><message>said by the author</message></trace>
	</inbound>
	<outbound><base /><set-header name="X-Out"><value>1</value></set-header></outbound>
	<on-error><base /><set-header name="X-Err"><value>1</value></set-header></on-error>`)
	return s
}

// shownTrace is a trace as the management API gives it.
type shownTrace struct {
	ServiceName  string
	TraceID      string
	TraceEntries map[string][]struct {
		Source, Elapsed string
		Timestamp       time.Time
		Data            json.RawMessage
	}
}

// sources lists who made the entries of a section.
func (s *shownTrace) sources(section string) string {
	var out []string
	for _, e := range s.TraceEntries[section] {
		out = append(out, e.Source)
	}
	return strings.Join(out, " ")
}

func readTrace(t *testing.T, raw []byte) shownTrace {
	t.Helper()
	var s shownTrace
	if err := json.Unmarshal(raw, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestTraceByDebugCredentials(t *testing.T) {
	s := tracedStage(t)
	token, err := s.gateway.DebugCredentials("A", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	a := s.call("GET /a/x?code=query-s3cret&q=1", "Ocp-Apim-Subscription-Key: tracer-1", "Apim-Debug-Authorization: "+token, "Authorization: Bearer client-s3cret")
	id := a.header.Get("Apim-Trace-Id")
	a.is(t, "traced", 200, "")
	s.server.Close() // waits for the call's end
	raw, err := s.gateway.Trace(id)
	if err != nil {
		t.Fatal(err)
	}
	trace := readTrace(t, raw)
	for section, want := range map[string]string{
		"inbound":  "api-inspector api-inspector set-header set-variable set-variable set-backend-service authentication-basic trace",
		"backend":  "forward-request forward-request",
		"outbound": "set-header transfer-response",
		"on-error": "",
	} {
		if got := trace.sources(section); got != want {
			t.Errorf("%s: %s, want %s", section, got, want)
		}
	}
	if trace.TraceID != id || trace.TraceEntries["inbound"][0].Elapsed[:6] != "00:00:" {
		t.Errorf("%+v", trace)
	}
	for _, secret := range []string{"s3cret", token, "tracer-1", "eyJhbGciOiJub25lIn0", "dTpiYXNpYy1zM2NyZXQ"} {
		if strings.Contains(string(raw), secret) {
			t.Errorf("%q is in the trace: %s", secret, raw)
		}
	}
	for _, shown := range []string{`"v":"seen"`, "said by the author", `"uriTemplate":"/x"`, `"code":200`, "q=1"} {
		if !strings.Contains(string(raw), shown) {
			t.Errorf("%q is not in the trace: %s", shown, raw)
		}
	}
	for _, asked := range s.backend.saw() {
		if strings.Contains(asked, "Apim-Debug") {
			t.Errorf("the backend got the credentials: %s", asked)
		}
	}
	s.pass(time.Hour)
	if _, err := s.gateway.Trace(id); !fault.Is(err, fault.NotFound) {
		t.Errorf("after an hour: %v", err)
	}
}

func TestDebugCredentialsHoldForTheirAPIAndTime(t *testing.T) {
	s := tracedStage(t)
	s.world.api("other", catalog.API{Path: "other"}, "GET /x")
	s.subscription("all", "/apis")
	token, err := s.gateway.DebugCredentials("a", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	call := func(path, token string) answer {
		return s.call("GET "+path, "Ocp-Apim-Subscription-Key: all-1", "Apim-Debug-Authorization: "+token)
	}
	if h := call("/other/x", token).header; h.Get("Apim-Debug-Authorization-WrongAPI") == "" || h.Get("Apim-Trace-Id") != "" {
		t.Errorf("another API: %v", h)
	}
	if h := call("/a/x", token+"x").header; h.Get("Apim-Trace-Id") != "" {
		t.Errorf("a forged token: %v", h)
	}
	s.pass(time.Minute)
	if h := call("/a/x", token).header; h.Get("Apim-Debug-Authorization-Expired") != "2026-01-02T03:05:05Z" || h.Get("Apim-Trace-Id") != "" {
		t.Errorf("expired: %v", h)
	}
	for name, err := range map[string]error{"too long": second(s.gateway.DebugCredentials("a", 2*time.Hour)), "no API": second(s.gateway.DebugCredentials("b", time.Minute))} {
		if err == nil {
			t.Error(name)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestTraceByTheOlderHeader(t *testing.T) {
	s := tracedStage(t)
	if h := s.call("GET /a/x", "Ocp-Apim-Subscription-Key: sub-1", "Ocp-Apim-Trace: true").header; h.Get("Ocp-Apim-Trace-Location") != "" {
		t.Errorf("a subscription that does not allow it: %v", h)
	}
	s.backend.tell("", "500")
	s.policy("", `<backend><forward-request fail-on-error-status-code="true" /></backend>`)
	a := s.call("GET /a/x", "Ocp-Apim-Subscription-Key: tracer-1", "Ocp-Apim-Trace: true")
	location := a.header.Get("Ocp-Apim-Trace-Location")
	path, ok := strings.CutPrefix(location, s.server.URL)
	if a.status != 500 || !ok {
		t.Fatalf("%d, at %q", a.status, location)
	}
	got := s.call("GET " + path)
	got.is(t, "the trace", 200, "")
	trace := readTrace(t, []byte(got.body))
	if on := trace.sources("on-error"); on != "set-header" {
		t.Errorf("on-error: %s", on)
	}
	last := trace.TraceEntries["backend"][len(trace.TraceEntries["backend"])-1]
	if last.Source != "forward-request" || !strings.Contains(string(last.Data), "BackendErrorStatusCode") {
		t.Errorf("%s %s", last.Source, last.Data)
	}
	s.call("GET "+traceAPIPath+"0123").is(t, "no such trace", 404, "")
}

func TestTracesAreBounded(t *testing.T) {
	var kept traces
	now := time.Unix(0, 0)
	for i := range 2 * maxTraces {
		kept.add(&callTrace{id: fmt.Sprint(i), kept: now, entries: map[string][]traceEntry{}, mask: func(s string) string { return s }})
	}
	if len(kept.order) != maxTraces || len(kept.byID) != maxTraces || kept.get("0", now) != nil {
		t.Errorf("%d traces are kept", len(kept.order))
	}
	last := kept.get(fmt.Sprint(2*maxTraces-1), now)
	for range 10 {
		last.Entry("inbound", "x", slices.Repeat([]string{"words "}, maxTrace/32))
	}
	if last.size > maxTrace || len(last.entries["inbound"]) == 0 || len(last.entries["inbound"]) == 10 {
		t.Errorf("%d bytes in %d entries", last.size, len(last.entries["inbound"]))
	}
}
