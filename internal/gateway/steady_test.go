package gateway

import (
	"context"
	"io"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"portico/internal/catalog"
	"portico/internal/gateway/http1"
)

// script is a connection in memory: it gives the same bytes for each write, or
// read, and takes all that is written. There is no network, and nothing waits.
type script struct {
	say    []byte
	left   int64 // how often it is still said
	at     int
	due    bool // what is written is answered
	client bool
	wrote  atomic.Int64
}

func (s *script) Read(p []byte) (int, error) {
	if s.client && s.at == 0 {
		if s.left == 0 {
			return 0, io.EOF
		}
		s.left--
	}
	n := copy(p, s.say[s.at:])
	if s.at += n; s.at == len(s.say) {
		s.at = 0
	}
	return n, nil
}

func (s *script) Write(p []byte) (int, error) {
	s.wrote.Add(int64(len(p)))
	return len(p), nil
}
func (s *script) Close() error                     { return nil }
func (s *script) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (s *script) RemoteAddr() net.Addr             { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 5000} }
func (s *script) SetDeadline(time.Time) error      { return nil }
func (s *script) SetReadDeadline(time.Time) error  { return nil }
func (s *script) SetWriteDeadline(time.Time) error { return nil }

// level2 is a gateway whose API "l2" has a key, a rate limit that is never
// reached and a header to set, in front of a backend in memory.
func level2(t testing.TB) *world {
	w := newWorld(t, func(c *Config) { c.Usage = noRecords{} })
	w.api("l2", catalog.API{Path: "l2", ServiceURL: "http://127.0.0.1:9"}, "GET /*", "POST /*")
	w.policy(catalog.APIPath("l2"), `<inbound><base /><rate-limit calls="2147483647" renewal-period="60" /><set-header name="X-Consumer"><value>consumer</value></set-header></inbound>`)
	w.subscription("bench", "/apis/l2")
	w.gateway.backends.ways.plain.client.Dial = func(context.Context, http1.Address) (net.Conn, error) {
		return &script{say: []byte("HTTP/1.1 200 OK\r\nDate: Tue, 24 Nov 2026 10:00:00 GMT\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n{\"a\": \"b\"}\r\n")}, nil
	}
	return w
}

const (
	steadyGet  = "GET /l2/500?x=y HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nOcp-Apim-Subscription-Key: bench-1\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n"
	steadyPost = "POST /l2/score HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nOcp-Apim-Subscription-Key: bench-1\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{\"a\": \"bc\"}"
)

// steady makes n calls on one connection.
func (w *world) steady(request string, n int) {
	w.t.Helper()
	c := &script{say: []byte(request), left: int64(n), client: true}
	l := &one{conn: c, done: make(chan struct{})}
	ctx, stop := context.WithCancel(context.Background())
	s := w.gateway.NewServer(ServerOptions{}, w.gateway.config.Log)
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, l, nil, time.Second) }()
	for {
		if _, accepted, _ := s.Counts(); accepted == 1 {
			if open, _, _ := s.Counts(); open == 0 {
				break
			}
		}
		time.Sleep(time.Millisecond)
	}
	stop()
	if err := <-served; err != nil {
		w.t.Fatal(err)
	}
	if wrote := c.wrote.Load(); wrote < int64(n)*100 {
		w.t.Fatalf("only %d bytes of %d answers were written", wrote, n)
	}
}

// one is a listener of one connection.
type one struct {
	conn net.Conn
	done chan struct{}
}

func (l *one) Accept() (net.Conn, error) {
	if c := l.conn; c != nil {
		l.conn = nil
		return c, nil
	}
	<-l.done
	return nil, net.ErrClosed
}

func (l *one) Close() error {
	select {
	case <-l.done:
	default:
		close(l.done)
	}
	return nil
}
func (l *one) Addr() net.Addr { return &net.TCPAddr{} }

func benchmarkSteady(b *testing.B, request string) {
	w := level2(b)
	w.steady(request, 100)
	b.ReportAllocs()
	b.ResetTimer()
	w.steady(request, b.N)
}

// BenchmarkSteadyGet and BenchmarkSteadyPost are calls without a network: what the gateway itself costs.
func BenchmarkSteadyGet(b *testing.B)  { benchmarkSteady(b, steadyGet) }
func BenchmarkSteadyPost(b *testing.B) { benchmarkSteady(b, steadyPost) }

// TestSteadyCallsAllocateNothing: memory for texts comes in chunks, one for about a hundred calls.
func TestSteadyCallsAllocateNothing(t *testing.T) {
	for name, request := range map[string]string{"GET": steadyGet, "POST": steadyPost} {
		r := testing.Benchmark(func(b *testing.B) { benchmarkSteady(b, request) })
		if n := float64(r.MemAllocs) / float64(r.N); r.N > 10_000 && n > 0.2 {
			t.Errorf("%s: %.2f allocations a call, %s", name, n, r)
		}
	}
}
