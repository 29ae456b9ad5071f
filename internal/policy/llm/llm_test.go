package llm_test

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"portico/internal/policy"
	"portico/internal/policy/policytest"
)

// answering is a Forwarder with one answer.
type answering struct {
	kind, body string
	stream     bool
}

func (a answering) Forward(x *policy.Exchange, _ policy.ForwardOptions) error {
	x.Response = policy.Response{Status: 200, Headers: policy.Headers{{Name: "Content-Type", Value: a.kind}}, Body: policy.BytesBody([]byte(a.body))}
	if a.stream {
		x.Response.Body = policy.StreamBody(io.NopCloser(oneByte{strings.NewReader(a.body)}), -1)
	}
	return nil
}

// oneByte reads a byte at a time.
type oneByte struct{ r io.Reader }

func (o oneByte) Read(p []byte) (int, error) { return o.r.Read(p[:min(1, len(p))]) }

// emitted keeps metrics.
type emitted []string

func (e *emitted) Emit(m policy.Metric) {
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
		b, got := policytest.New(t), &emitted{}
		b.Use(policy.Services{Metrics: got})
		p := policy.Assemble(b.Unit(policy.API, `<inbound><llm-emit-token-metric namespace="n" `+test.attributes+`><dimension name="API ID" /></llm-emit-token-metric></inbound><backend><forward-request /></backend>`))
		x := b.Exchange()
		x.Request.Body, x.Forwarder = policy.BytesBody([]byte(prompt)), test.answer
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
	b := policytest.New(t)
	steps := policy.Assemble(b.Unit(policy.API, `<inbound><llm-token-limit counter-key="k" tokens-per-minute="100" token-quota="100" estimate-prompt-tokens="true" /></inbound>`)).Inbound
	for i := range 5 {
		x := b.Exchange()
		x.Request.Body = policy.BytesBody([]byte(`{"prompt":"` + strings.Repeat("x", 240) + `"}`)) // 60 tokens
		if err := steps.Run(x); err != nil {
			t.Fatalf("call %d: %v", i, err)
		}
		second := b.Exchange()
		second.Request.Body = policy.BytesBody([]byte(`{"prompt":"` + strings.Repeat("x", 240) + `"}`))
		if e := policytest.Error(t, steps.Run(second)); e.Status != 403 {
			t.Errorf("two at once: %+v", e)
		}
		// Neither of them reached the backend.
		for _, call := range []*policy.Exchange{x, second} {
			if err := call.End(); err != nil {
				t.Error(err)
			}
		}
	}
}
