package gateway

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"portico/internal/gateway/http1"
)

// counted is a backend that counts the bytes and requests that reach it.
type counted struct {
	l        net.Listener
	wg       sync.WaitGroup
	mu       sync.Mutex
	conns    int
	requests []string
	bad      []string // bytes that are no request
}

func newCounted(t *testing.T) *counted {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := &counted{l: l}
	b.wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			b.wg.Go(func() { b.serve(c) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		b.wg.Wait()
	})
	return b
}

func (b *counted) serve(c net.Conn) {
	defer func() { _ = c.Close() }()
	b.mu.Lock()
	b.conns++
	b.mu.Unlock()
	r := bufio.NewReader(c)
	for {
		q, err := http.ReadRequest(r)
		if err != nil {
			if err != io.EOF && !strings.Contains(err.Error(), "reset") {
				b.mu.Lock()
				b.bad = append(b.bad, err.Error())
				b.mu.Unlock()
			}
			return
		}
		_, err = io.Copy(io.Discard, q.Body)
		b.mu.Lock()
		if err == nil {
			b.requests = append(b.requests, q.Method+" "+q.RequestURI)
		}
		b.mu.Unlock()
		if err != nil {
			return
		}
		answer := "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
		if q.Method == "HEAD" {
			answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"
		}
		if _, err := io.WriteString(c, answer); err != nil {
			return
		}
	}
}

// take gives the whole requests since the last time.
func (b *counted) take() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	r := b.requests
	b.requests = nil
	return r
}

// anyMethod answers every method and path: the API at the root.
func anyMethod(w *world, serviceURL string) {
	a := free("any")
	a.Path, a.ServiceURL = "", serviceURL
	w.api("any", a, "GET /*", "HEAD /*", "POST /*", "PUT /*", "PATCH /*", "DELETE /*", "OPTIONS /*", "TRACE /*")
}

var repeats = regexp.MustCompile(`<(\d+)\*([^>]*)>`)

// TestNothingRefusedReachesTheBackend sends the cases of the engine's table: of
// what is refused the backend gets no byte, of what is taken one whole request.
func TestNothingRefusedReachesTheBackend(t *testing.T) {
	table, err := os.ReadFile("http1/testdata/requests.txt")
	if err != nil {
		t.Fatal(err)
	}
	b := newCounted(t)
	w := newWorld(t, nil)
	anyMethod(w, "http://"+b.l.Addr().String())
	address := strings.TrimPrefix(w.server.URL, "http://")
	taken, refused := 0, 0
	for line := range strings.Lines(string(table)) {
		line = repeats.ReplaceAllStringFunc(strings.TrimSuffix(line, "\n"), func(m string) string {
			part := repeats.FindStringSubmatch(m)
			n, _ := strconv.Atoi(part[1])
			return strings.Repeat(part[2], n)
		})
		at := strings.LastIndex(line, ` | "`)
		if at < 0 || line[0] == '#' {
			continue
		}
		bytes, err := strconv.Unquote(line[at+3:])
		if err != nil {
			t.Fatal(err)
		}
		_, verdict, _ := strings.Cut(line[:at], " | ")
		status := sendRaw(t, address, bytes)
		got := b.take()
		switch {
		case status >= 400:
			refused++
			if len(got) > 0 {
				t.Errorf("%.100q was answered with %d, and the backend got %v", bytes, status, got)
			}
		case status == 200:
			taken++
			if len(got) != 1 {
				t.Errorf("%.100q was taken, and the backend got %d requests: %v", bytes, len(got), got)
			}
		default:
			t.Errorf("%.100q: the status is %d", bytes, status)
		}
		if !strings.HasPrefix(verdict, "ok") && strconv.Itoa(status) != verdict {
			t.Errorf("%.100q was answered with %d, not %s", bytes, status, verdict)
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if taken < 80 || refused < 220 || len(b.bad) > 0 {
		t.Errorf("%d were taken, %d refused; the backend got besides: %v", taken, refused, b.bad)
	}
}

// sendRaw sends bytes on a connection of its own and gives the status of the answer.
func sendRaw(t *testing.T, address, bytes string) int {
	t.Helper()
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	_, _ = io.WriteString(c, bytes) // a long head may be refused before its end
	r := bufio.NewReader(c)
	method, _, _ := strings.Cut(bytes, " ")
	for {
		res, err := http.ReadResponse(r, &http.Request{Method: method})
		if err != nil {
			t.Errorf("%.100q: no answer: %v", bytes, err)
			return 0
		}
		if res.StatusCode != http.StatusContinue {
			_ = res.Body.Close()
			return res.StatusCode
		}
	}
}

// TestEarlyEndsOfClients has a client go away at each byte of its request: the backend
// sees a whole request or none, and nothing is left open.
func TestEarlyEndsOfClients(t *testing.T) {
	b := newCounted(t)
	w := newWorld(t, nil)
	anyMethod(w, "http://"+b.l.Addr().String())
	for _, request := range []string{
		"POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n0123456789",
		"POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n01234\r\n5\r\n56789\r\n0\r\n\r\n",
	} {
		for at := range len(request) {
			c, err := net.Dial("tcp", strings.TrimPrefix(w.server.URL, "http://"))
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.WriteString(c, request[:at])
			if at%2 == 0 {
				_ = c.(*net.TCPConn).SetLinger(0) // a reset
			}
			_ = c.Close()
		}
	}
	w.server.Close()
	if got := b.take(); len(got) > 0 {
		t.Errorf("requests that were cut reached the backend as whole ones: %v", got)
	}
}

// TestServerStops even while clients do nothing.
func TestServerStops(t *testing.T) {
	w := newWorld(t, nil)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	s := w.gateway.NewServer(ServerOptions{Times: http1.DefaultTimes}, slog.New(slog.DiscardHandler))
	go func() { done <- s.Serve(ctx, l, nil, time.Minute) }()
	for _, first := range []string{"", "GET / HT", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"} {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = c.Close() }()
		_, _ = io.WriteString(c, first)
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
