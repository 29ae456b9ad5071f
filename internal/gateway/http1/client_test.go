package http1

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// backend is a server that answers connections as a test says.
type backend struct {
	t      testing.TB
	l      net.Listener
	client *Client
	wg     sync.WaitGroup
	mu     sync.Mutex
	conns  int
}

// newBackend serves each connection with handle, which is told its number from 0.
func newBackend(t testing.TB, handle func(n int, c net.Conn, r *bufio.Reader)) *backend {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := &backend{t: t, l: l}
	b.client = &Client{Dial: func(ctx context.Context, to Address) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "tcp", to.Host)
	}}
	b.wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			b.mu.Lock()
			n := b.conns
			b.conns++
			b.mu.Unlock()
			b.wg.Go(func() {
				defer func() { _ = c.Close() }()
				handle(n, c, bufio.NewReader(c))
			})
		}
	})
	t.Cleanup(func() {
		b.client.Close()
		if n := b.client.Open(); n != 0 {
			t.Errorf("%d connections are left", n)
		}
		_ = l.Close()
		b.wg.Wait()
	})
	return b
}

// call makes one call and reads the answer to its end.
func (b *backend) call(method, path string, body io.Reader, length int64) (status int, text string, err error) {
	ctx, by := context.Background(), time.Now().Add(10*time.Second)
	c, err := b.client.Get(ctx, Address{Host: b.l.Addr().String()}, false, time.Now(), by)
	if err != nil {
		return 0, "", err
	}
	c.Begin(method, path, "")
	c.Field("Host", "b.example")
	if err = c.End(length, ""); err == nil {
		if body == nil {
			err = c.SendBytes(ctx, nil, by)
		} else {
			err = c.Send(ctx, body, by)
		}
	}
	if err != nil && c.Retry(err, method == "GET") {
		c, err = c.Again(ctx, by)
	}
	if err != nil {
		c.Fail()
		return 0, "", err
	}
	status = c.Response.Status
	r := c.Reply()
	all, err := io.ReadAll(r)
	return status, string(all), errors.Join(err, r.Close(), r.Close())
}

func (b *backend) made() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.conns
}

// answering answers each request of a connection with what text says.
func answering(text func(r *http.Request) string) func(int, net.Conn, *bufio.Reader) {
	return func(_ int, c net.Conn, r *bufio.Reader) {
		for {
			q, err := http.ReadRequest(r)
			if err != nil {
				return
			}
			_, _ = io.Copy(io.Discard, q.Body)
			if _, err := io.WriteString(c, text(q)); err != nil {
				return
			}
		}
	}
}

func TestResponses(t *testing.T) {
	const bad = 0
	for _, test := range []struct {
		section, answer string
		status          int
		body            string
		kept            bool
	}{
		{"9112 6.3", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", 200, "abc", true},
		{"9112 6.3", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, "", true},
		{"9112 7.1", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", 200, "abc", true},
		{"9112 7.1", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nT: 1\r\n\r\n", 200, "abc", true},
		{"9112 4", "HTTP/1.1 200\r\nContent-Length: 3\r\n\r\nabc", 200, "abc", true},
		{"9112 4", "HTTP/1.1 200 \r\nContent-Length: 3\r\n\r\nabc", 200, "abc", true},
		{"9110 15", "HTTP/1.1 299 Mine\r\nContent-Length: 3\r\n\r\nabc", 299, "abc", true},
		{"9112 9.6", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc", 200, "abc", false},
		{"9112 9.3", "HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nabc", 200, "abc", false},
		{"9112 9.3", "HTTP/1.0 200 OK\r\nContent-Length: 3\r\nConnection: keep-alive\r\n\r\nabc", 200, "abc", true},
		{"9110 15.3.5", "HTTP/1.1 204 No Content\r\n\r\n", 204, "", true},
		{"9110 15.3.5", "HTTP/1.1 204 No Content\r\nContent-Length: 3\r\n\r\n", 204, "", false},
		{"9110 15.4.5", "HTTP/1.1 304 Not Modified\r\nContent-Length: 3\r\n\r\n", 304, "", true},
		{"9110 15.2", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", 200, "abc", true},
		{"9110 15.2", "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", 200, "abc", true},
		{"9110 15.2", strings.Repeat("HTTP/1.1 100 Continue\r\n\r\n", 20) + "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", bad, "", false},
		{"9112 6.3", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", 200, "abc", false},
		{"9112 6.3", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc", bad, "", false},
		{"9112 6.3", "HTTP/1.1 200 OK\r\nContent-Length: 3, 3\r\n\r\nabc", bad, "", false},
		{"9112 6.3", "HTTP/1.1 200 OK\r\nContent-Length: -3\r\n\r\nabc", bad, "", false},
		{"9112 6.1", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", bad, "", false},
		{"9112 6.1", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", bad, "", false},
		{"9112 6.1", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", bad, "", false},
		{"9112 2.2", "HTTP/1.1 200 OK\nContent-Length: 3\n\nabc", bad, "", false},
		{"9112 5.2", "HTTP/1.1 200 OK\r\nX: 1\r\n 2\r\nContent-Length: 3\r\n\r\nabc", bad, "", false},
		{"9112 5.1", "HTTP/1.1 200 OK\r\nX : 1\r\nContent-Length: 3\r\n\r\nabc", bad, "", false},
		{"9112 4", "HTTP/1.1 0200 OK\r\nContent-Length: 3\r\n\r\nabc", bad, "", false},
		{"9112 4", "HTTP/1.1 20 OK\r\nContent-Length: 3\r\n\r\nabc", bad, "", false},
		{"9112 4", "HTTP/2.0 200 OK\r\nContent-Length: 3\r\n\r\nabc", bad, "", false},
		{"9112 4", "ICY 200 OK\r\nContent-Length: 3\r\n\r\nabc", bad, "", false},
		{"9112 4", "HTTP/1.1 200 \x00\r\nContent-Length: 3\r\n\r\nabc", bad, "", false},
		{"9110 5.5", "HTTP/1.1 200 OK\r\nX: \x00\r\nContent-Length: 3\r\n\r\nabc", bad, "", false},
		{"9112 4", "garbage\r\n\r\n", bad, "", false},
		{"9110 5.4", "HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", 400_000) + "\r\n\r\n", bad, "", false},
	} {
		b := newBackend(t, answering(func(*http.Request) string { return test.answer }))
		status, body, err := b.call("GET", "/", nil, NoBody)
		if status != test.status || body != test.body || (err == nil) != (test.status != bad) {
			t.Errorf("RFC %s: %.200q: got %d %q, %v", test.section, test.answer, status, body, err)
		}
		if kept := b.client.Open() == 1; kept != test.kept {
			t.Errorf("RFC %s: %.200q: the connection is kept: %v", test.section, test.answer, kept)
		}
	}
}

// TestResponseUntilTheConnectionEnds, and one that is cut.
func TestResponseUntilTheConnectionEnds(t *testing.T) {
	for answer, want := range map[string]string{
		"HTTP/1.1 200 OK\r\n\r\nabc":                                               "abc <nil>",
		"HTTP/1.0 200 OK\r\n\r\nabc":                                               "abc <nil>",
		"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabc":                          "abc unexpected EOF",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabc":            "abc unexpected EOF",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n":        "abc unexpected EOF",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r": "abc unexpected EOF",
	} {
		b := newBackend(t, func(_ int, c net.Conn, r *bufio.Reader) {
			_, _ = http.ReadRequest(r)
			_, _ = io.WriteString(c, answer)
		})
		_, body, err := b.call("GET", "/", nil, NoBody)
		if got := fmt.Sprint(body, " ", err); got != want {
			t.Errorf("%q: got %s, want %s", answer, got, want)
		}
	}
}

// TestAnswersStayWithTheirRequests: a server that says more than it was asked is
// not heard by the next call.
func TestAnswersStayWithTheirRequests(t *testing.T) {
	for name, handle := range map[string]func(n int, c net.Conn, r *bufio.Reader){
		"two answers": answering(func(q *http.Request) string {
			one := fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(q.URL.Path), q.URL.Path)
			return one + one
		}),
		"an answer without a request": func(_ int, c net.Conn, r *bufio.Reader) {
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nearly")
			for {
				q, err := http.ReadRequest(r)
				if err != nil {
					return
				}
				_, _ = fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(q.URL.Path), q.URL.Path)
			}
		},
		"one more later": func(_ int, c net.Conn, r *bufio.Reader) {
			for {
				q, err := http.ReadRequest(r)
				if err != nil {
					return
				}
				_, _ = fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(q.URL.Path), q.URL.Path)
				if q.URL.Path == "/1" {
					_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nstray")
				}
			}
		},
	} {
		b := newBackend(t, handle)
		for i := range 5 {
			path := fmt.Sprintf("/%d", i)
			_, body, err := b.call("GET", path, nil, NoBody)
			if body != path && (name != "an answer without a request" || body != "early") {
				t.Errorf("%s: call %s got %q, %v", name, path, body, err)
			}
			time.Sleep(time.Millisecond) // what the server says unasked arrives
		}
	}
}

// TestRetry: a request goes out again only where the server cannot have acted on it, or
// may act on it twice.
func TestRetry(t *testing.T) {
	for name, test := range map[string]struct {
		method string
		then   string // what the server does to the second request of its first connection
		ok     bool
	}{
		"GET on a connection that ends":           {"GET", "", true},
		"POST on a connection that ends":          {"POST", "", false},
		"GET on a connection that ends half way":  {"GET", "HTTP/1.1 2", false},
		"POST on a connection that ends half way": {"POST", "HTTP/1.1 2", false},
	} {
		served := 0
		b := newBackend(t, func(n int, c net.Conn, r *bufio.Reader) {
			for i := 0; ; i++ {
				if _, err := http.ReadRequest(r); err != nil {
					return
				}
				served++
				if n == 0 && i == 1 {
					_, _ = io.WriteString(c, test.then)
					return
				}
				_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc")
			}
		})
		if _, _, err := b.call(test.method, "/", nil, NoBody); err != nil {
			t.Fatal(name, err)
		}
		_, body, err := b.call(test.method, "/", nil, NoBody)
		if (err == nil) != test.ok || test.ok && body != "abc" {
			t.Errorf("%s: %q, %v", name, body, err)
		}
		if want := map[bool]int{true: 3, false: 2}[test.ok]; served != want {
			t.Errorf("%s: the server saw %d requests", name, served)
		}
	}
}

// TestClosedConnectionsAreNotUsed: what the server closed while it was idle is found out before.
func TestClosedConnectionsAreNotUsed(t *testing.T) {
	closed := make(chan struct{}, 10)
	b := newBackend(t, func(_ int, c net.Conn, r *bufio.Reader) {
		_, _ = http.ReadRequest(r)
		_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc")
		_ = c.Close()
		closed <- struct{}{}
	})
	for range 5 {
		if _, body, err := b.call("POST", "/", nil, 0); err != nil || body != "abc" {
			t.Errorf("%q, %v", body, err)
		}
		<-closed
	}
}

// TestEarlyAnswer: a server answers without reading the body, and ends the connection.
func TestEarlyAnswer(t *testing.T) {
	b := newBackend(t, func(_ int, c net.Conn, r *bufio.Reader) {
		for {
			line, err := r.ReadString('\n')
			if err != nil || line == "\r\n" {
				break
			}
		}
		_, _ = io.WriteString(c, "HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nabc")
		_ = c.(*net.TCPConn).CloseWrite()
		_, _ = io.Copy(io.Discard, io.LimitReader(r, 1<<20))
	})
	body := &slowBody{left: 64 << 20}
	status, text, err := b.call("POST", "/", body, Unknown)
	if status != 413 || text != "abc" || err != nil {
		t.Errorf("%d %q %v", status, text, err)
	}
}

// slowBody is a body that is never ready at once.
type slowBody struct {
	left        int
	interrupted bool
}

func (b *slowBody) Read(p []byte) (int, error) {
	n := min(len(p), b.left)
	if b.left -= n; n == 0 {
		return 0, io.EOF
	}
	return n, nil
}
func (b *slowBody) Prefetch(int) error { return nil }
func (b *slowBody) Ready() bool        { return false }
func (b *slowBody) Share(bool)         {}
func (b *slowBody) Interrupt()         { b.interrupted = true }
func (b *slowBody) Trailers() []Field  { return nil }

func TestTimeouts(t *testing.T) {
	for name, answer := range map[string]string{"silent": "", "half a head": "HTTP/1.1 200 OK\r\nX:"} {
		b := newBackend(t, func(_ int, c net.Conn, r *bufio.Reader) {
			_, _ = http.ReadRequest(r)
			_, _ = io.WriteString(c, answer)
			_, _ = r.ReadByte() // until the client goes
		})
		ctx := context.Background()
		by := time.Now().Add(50 * time.Millisecond)
		c, err := b.client.Get(ctx, Address{Host: b.l.Addr().String()}, false, time.Now(), by)
		if err != nil {
			t.Fatal(err)
		}
		c.Begin("GET", "/", "")
		_ = c.End(NoBody, "")
		if err := c.SendBytes(ctx, nil, by); !errors.Is(err, ErrTimeout) {
			t.Errorf("%s: %v", name, err)
		}
		c.Fail()
	}
}

// TestWaitingForAConnection: with one connection allowed calls go one after the
// other, and one whose context ends waits no longer.
func TestWaitingForAConnection(t *testing.T) {
	b := newBackend(t, answering(func(q *http.Request) string {
		return fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(q.URL.Path), q.URL.Path)
	}))
	b.client.MaxConns = 1
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			path := fmt.Sprintf("/%d", i)
			if _, body, err := b.call("GET", path, nil, NoBody); err != nil || body != path {
				t.Errorf("%s: %q, %v", path, body, err)
			}
		})
	}
	wg.Wait()
	if n := b.made(); n != 1 {
		t.Errorf("%d connections were made", n)
	}
	to, by := Address{Host: b.l.Addr().String()}, time.Now().Add(10*time.Second)
	held, err := b.client.Get(context.Background(), to, false, time.Now(), by)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	waited := make(chan error)
	go func() {
		_, err := b.client.Get(ctx, to, false, time.Now(), by)
		waited <- err
	}()
	cancel()
	if err := <-waited; !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	held.Fail()
}

// TestEveryReset has the server reset at each byte of its answer: the caller
// gets the whole answer or an error, and no connection is left.
func TestEveryReset(t *testing.T) {
	for _, answer := range []string{
		"HTTP/1.1 200 OK\r\nContent-Length: 10\r\nX: 1\r\n\r\n0123456789",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n01234\r\n5\r\n56789\r\n0\r\nT: 1\r\n\r\n",
	} {
		for at := range len(answer) + 1 {
			b := newBackend(t, func(_ int, c net.Conn, r *bufio.Reader) {
				_, _ = http.ReadRequest(r)
				_, _ = io.WriteString(c, answer[:at])
				_ = c.(*net.TCPConn).SetLinger(0)
			})
			status, body, err := b.call("GET", "/", nil, NoBody)
			if whole := at == len(answer); err == nil && (body != "0123456789" || status != 200) || whole && err != nil && !strings.Contains(err.Error(), "reset") {
				t.Errorf("reset at %d: %d %q %v", at, status, body, err)
			}
			b.client.CloseIdle()
		}
	}
}
