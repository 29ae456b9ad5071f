package llm

import (
	"testing"
	"time"
)

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
