package usage

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"
)

// page is what an access log is written to.
type page struct {
	mu     sync.Mutex
	text   bytes.Buffer
	err    error
	closed bool
}

func (p *page) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err != nil {
		return 0, p.err
	}
	return p.text.Write(b)
}

func (p *page) Close() error {
	p.closed = true
	return nil
}

func run(l *AccessLog) error {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return l.Run(ctx)
}

func TestAccessLog(t *testing.T) {
	p := &page{}
	l := NewAccessLog(p)
	c := sample(1)
	c.URL, c.Elapsed = "/x?\"\\\n\xff\u00e9", 1234*time.Microsecond
	Recorders{l, l}.Record(c)
	if err := run(l); err != nil || !p.closed {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(p.text.String(), "\n"), "\n")
	if len(lines) != 2 || lines[0] != lines[1] {
		t.Fatalf("%q", lines)
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(lines[0]), &got); err != nil {
		t.Fatalf("%s: %v", lines[0], err)
	}
	for name, want := range map[string]any{"time": "2026-01-02T12:00:01.000Z", "url": "/x?\"\\\n\ufffd\u00e9", "status": 200.0, "elapsed": 1.234, "backendElapsed": 2.0, "api": "echo", "requestId": "id-1"} {
		if got[name] != want {
			t.Errorf("%s is %v, want %v", name, got[name], want)
		}
	}
}

// TestAccessLogNeverWaits: what there is no room for, and what cannot be written, is counted.
func TestAccessLogNeverWaits(t *testing.T) {
	p := &page{err: errors.New("disk full")}
	l := NewAccessLog(p)
	for i := range maxWaiting + 5 {
		l.Record(sample(i))
	}
	_ = run(l) // its error is the page's
	if n := l.dropped.Load(); n < 6 {
		t.Errorf("%d were dropped", n)
	}
}
