package policy

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"portico/internal/limit"
)

// answering is a Forwarder with one answer.
type answering struct {
	kind, body string
	stream     bool
}

func (a answering) Forward(x *Exchange, _ ForwardOptions) error {
	x.Response = Response{Status: 200, Headers: Headers{{"Content-Type", a.kind}}, Body: BytesBody([]byte(a.body))}
	if a.stream {
		x.Response.Body = StreamBody(io.NopCloser(oneByte{strings.NewReader(a.body)}), -1)
	}
	return nil
}

// oneByte reads a byte at a time.
type oneByte struct{ r io.Reader }

func (o oneByte) Read(p []byte) (int, error) { return o.r.Read(p[:min(1, len(p))]) }

// emitted keeps metrics.
type emitted []string

func (e *emitted) Emit(m Metric) {
	*e = append(*e, fmt.Sprint(m.Namespace, "/", m.Name, "=", m.Value, m.Dimensions))
}

func TestTokensAreCounted(t *testing.T) {
	const prompt = `{"messages":[{"role":"user","content":"12345678"}]}` // 3 + 4 + 2
	for name, test := range map[string]struct {
		attributes string
		answer     answering
		want       string
	}{
		"usage":              {"", answering{kind: "application/json", body: `{"usage":{"prompt_tokens":5,"completion_tokens":6,"total_tokens":11}}`}, "Total Tokens=11 Prompt Tokens=5 Completion Tokens=6"},
		"usage of responses": {"", answering{kind: "application/json", body: `{"usage":{"input_tokens":5,"output_tokens":6}}`}, "Total Tokens=11 Prompt Tokens=5 Completion Tokens=6"},
		"no usage":           {"", answering{kind: "application/json", body: `{"choices":[{"message":{"content":"1234"}},{"text":"12345"}]}`}, "Total Tokens=12 Prompt Tokens=9 Completion Tokens=3"},
		"no JSON":            {"", answering{kind: "text/plain", body: `hello`}, "Total Tokens=9 Prompt Tokens=9 Completion Tokens=0"},
		"a stream":           {"", answering{kind: "text/event-stream", stream: true, body: "data: {\"choices\":[{\"delta\":{\"content\":\"1234\"}}]}\r\n\r\ndata: [DONE]\n\n"}, "Total Tokens=10 Prompt Tokens=9 Completion Tokens=1"},
		"a stream with usage": {"", answering{kind: "text/event-stream", stream: true, body: "data: {\"choices\":[{\"delta\":{\"content\":\"1234\"}}]}\n\n: ping\n\ndata: {\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2}}"},
			"Total Tokens=3 Prompt Tokens=1 Completion Tokens=2"},
		"events in memory":   {"", answering{kind: "text/event-stream", body: "data: {\"choices\":[{\"delta\":{\"content\":\"1234\"}}]}\n"}, "Total Tokens=10 Prompt Tokens=9 Completion Tokens=1"},
		"one value":          {`value-type="completion-tokens" name="Mine"`, answering{kind: "application/json", body: `{"usage":{"prompt_tokens":5,"completion_tokens":6}}`}, "Mine=6"},
		"without the prompt": {`ignore-prompt="true" value-type="total-tokens"`, answering{kind: "application/json", body: `{"usage":{"prompt_tokens":5,"completion_tokens":6}}`}, "Total Tokens=6"},
	} {
		b, got := newBench(t), &emitted{}
		b.compiler = NewCompiler(Services{Metrics: got})
		p := Assemble(b.unit(API, `<inbound><llm-emit-token-metric namespace="n" `+test.attributes+`><dimension name="API ID" /></llm-emit-token-metric></inbound><backend><forward-request /></backend>`))
		x := b.exchange()
		x.Request.Body, x.Forwarder = BytesBody([]byte(prompt)), test.answer
		if err := p.Inbound.Run(x); err != nil {
			t.Fatal(err)
		}
		if err := p.Backend.Run(x); err != nil {
			t.Fatal(err)
		}
		if sent, err := io.ReadAll(x.Response.Body.Reader()); err != nil || string(sent) != test.answer.body {
			t.Errorf("%s: the client got %q, %v", name, sent, err)
		}
		if err := x.End(); err != nil {
			t.Error(err)
		}
		all := strings.ReplaceAll(strings.ReplaceAll(strings.Join(*got, " "), "n/", ""), " [{API ID echo}]", "")
		if all != test.want {
			t.Errorf("%s: %s, want %s", name, all, test.want)
		}
	}
}

func TestTokenLimitGivesBackWhatACallDidNotUse(t *testing.T) {
	b := newBench(t)
	clock := func() time.Time { return b.now }
	b.compiler = NewCompiler(Services{Now: clock, Rates: limit.NewMemoryRates(clock), Quotas: limit.NewStoredQuotas(&quotaStore{kept: map[string]limit.Reservation{}}, clock, slog.New(slog.DiscardHandler))})
	steps := Assemble(b.unit(API, `<inbound><llm-token-limit counter-key="k" tokens-per-minute="100" token-quota="100" estimate-prompt-tokens="true" /></inbound>`)).Inbound
	for i := range 5 {
		x := b.exchange()
		x.Request.Body = BytesBody([]byte(`{"prompt":"` + strings.Repeat("x", 240) + `"}`)) // 60 tokens
		if err := steps.Run(x); err != nil {
			t.Fatalf("call %d: %v", i, err)
		}
		second := b.exchange()
		second.Request.Body = BytesBody([]byte(`{"prompt":"` + strings.Repeat("x", 240) + `"}`))
		if e := lastError(t, steps.Run(second)); e.Status != 403 {
			t.Errorf("two at once: %+v", e)
		}
		// Neither of them reached the backend.
		for _, call := range []*Exchange{x, second} {
			if err := call.End(); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestCalendar(t *testing.T) {
	now := time.Date(2024, 2, 29, 13, 14, 15, 0, time.UTC) // a Thursday
	for period, want := range map[string]string{
		"Indefinite": "1970-01-01T00:00:00Z 0s", "Hourly": "2024-02-29T13:00:00Z 1h0m0s", "Daily": "2024-02-29T00:00:00Z 24h0m0s",
		"Weekly": "2024-02-26T00:00:00Z 168h0m0s", "Monthly": "2024-02-01T00:00:00Z 696h0m0s", "Yearly": "2024-01-01T00:00:00Z 8784h0m0s",
	} {
		start, length, err := calendar(period, now)
		if got := start.Format(time.RFC3339) + " " + length.String(); err != nil || got != want {
			t.Errorf("%s: %s, %v", period, got, err)
		}
	}
	if _, _, err := calendar("Daily ", now); err == nil {
		t.Error("an unknown period is an error")
	}
}

func TestEstimatePrompt(t *testing.T) {
	for _, test := range []struct {
		body, kind string
		want       int64
	}{
		{`{"messages":[{"content":"1234"},{"content":[{"type":"text","text":"1234"}]}]}`, promptAuto, 3 + 4 + 1 + 4 + 2},
		{`{"messages":[{"content":"1234"}]}`, promptEmbeddings, 0},
		{`{"prompt":"12345"}`, promptAuto, 2},
		{`{"prompt":["12","34"]}`, promptCompletion, 2},
		{`{"input":"日本語"}`, promptAuto, 3},
		{`{"input":[1,2,3]}`, promptEmbeddings, 4},
		{`{"input":[{"role":"user","content":"1234"}]}`, promptAuto, 2},
		{`no JSON`, promptAuto, 0}, {``, promptAuto, 0}, {`{"messages":5}`, promptAuto, 0},
	} {
		if got := estimatePrompt([]byte(test.body), test.kind); got != test.want {
			t.Errorf("%s as %s: %d, want %d", test.body, test.kind, got, test.want)
		}
	}
}

func FuzzTokenCount(f *testing.F) {
	f.Add([]byte(`{"messages":[{"content":[["a"],{"text":"b"}]}]}`))
	f.Add([]byte("data: {\"usage\":{}}\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if n := estimatePrompt(b, promptAuto); n < 0 {
			t.Error(n)
		}
		count := &tokenCount{}
		(&eventsBody{count: count}).take(append(b, '\n'))
		if count.used.total < 0 && readUsage(b, 0).total < 0 {
			t.Error(count.used)
		}
	})
}
