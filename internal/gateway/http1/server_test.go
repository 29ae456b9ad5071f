package http1

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// echo answers with the request's line, and its body behind.
type echo struct {
	calls atomic.Int64
	serve func(c *Conn) // instead
}

func (e *echo) Serve(c *Conn) {
	e.calls.Add(1)
	if e.serve != nil {
		e.serve(c)
		return
	}
	body, err := io.ReadAll(&c.Body)
	if err != nil {
		return
	}
	reply(c, 200, c.Request.Method+" "+c.Request.Target+" "+string(body))
}

func (e *echo) Refuse(c *Conn, r *Refusal) { reply(c, r.Status, r.Message) }

func reply(c *Conn, status int, text string) {
	c.Begin(status, "")
	length := int64(len(text))
	if c.Request.Method == "HEAD" || !HasBody(status) {
		length, text = NoBody, ""
	}
	if c.End(length, true) != nil {
		return
	}
	_, _ = io.WriteString(c, text)
	_ = c.Finish(nil)
}

// serving is a server on a listener, with connections to it.
type serving struct {
	t      testing.TB
	server *Server
	l      net.Listener
	stop   context.CancelFunc
	done   chan error
}

func serve(t testing.TB, h Handler, change func(*Server)) *serving {
	t.Helper()
	s := &Server{Handler: h, Log: slog.New(slog.DiscardHandler)}
	if change != nil {
		change(s)
	}
	return serveOn(t, s, listenPipe())
}

func serveOn(t testing.TB, s *Server, l net.Listener) *serving {
	ctx, stop := context.WithCancel(context.Background())
	v := &serving{t: t, server: s, l: l, stop: stop, done: make(chan error, 1)}
	go func() { v.done <- s.Serve(ctx, l, nil, 5*time.Second) }()
	return v
}

func (v *serving) close() {
	v.stop()
	if err := <-v.done; err != nil {
		v.t.Error(err)
	}
}

// pipeListener accepts in-memory connections, so that time can be faked.
type pipeListener struct {
	conns  chan net.Conn
	closed chan struct{}
}

func listenPipe() *pipeListener {
	return &pipeListener{conns: make(chan net.Conn), closed: make(chan struct{})}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}
func (l *pipeListener) Close() error {
	select {
	case <-l.closed:
	default:
		close(l.closed)
	}
	return nil
}
func (l *pipeListener) Addr() net.Addr { return &net.TCPAddr{} }

func (v *serving) dial() net.Conn {
	v.t.Helper()
	client, server := net.Pipe()
	v.l.(*pipeListener).conns <- server
	return client
}

// ask sends bytes on a new connection and reads all that comes back.
func (v *serving) ask(bytes string) string {
	c := v.dial()
	defer func() { _ = c.Close() }()
	go func() { _, _ = io.WriteString(c, bytes) }()
	b, _ := io.ReadAll(c)
	return string(b)
}

const closing = "Connection: close\r\n\r\n"

func TestPipelinedRequestsAreAnsweredInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := serve(t, &echo{}, nil)
		defer v.close()
		var ask strings.Builder
		for i := range 50 {
			fmt.Fprintf(&ask, "POST /%d HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", i)
		}
		ask.WriteString("GET /last HTTP/1.1\r\nHost: a\r\n" + closing)
		r := bufio.NewReader(strings.NewReader(v.ask(ask.String())))
		for i := range 51 {
			res, err := http.ReadResponse(r, nil)
			if err != nil {
				t.Fatal(i, err)
			}
			b, _ := io.ReadAll(res.Body)
			want := fmt.Sprintf("POST /%d abc", i)
			if i == 50 {
				want = "GET /last "
			}
			if string(b) != want || res.Close != (i == 50) {
				t.Fatalf("answer %d is %q, close %v", i, b, res.Close)
			}
		}
	})
}

// TestEverySplit sends a request in two pieces, cut at each of its bytes.
func TestEverySplit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := serve(t, &echo{}, nil)
		defer v.close()
		const request = "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nT: 1\r\n\r\n"
		for at := 1; at < len(request); at++ {
			c := v.dial()
			go func() {
				_, _ = io.WriteString(c, request[:at])
				_, _ = io.WriteString(c, request[at:])
			}()
			b, _ := io.ReadAll(c)
			_ = c.Close()
			if !strings.HasSuffix(string(b), "\r\n\r\nPOST /x abcde") {
				t.Fatalf("cut at %d: %q", at, b)
			}
		}
	})
}

func TestAnswersAreFramed(t *testing.T) {
	long := strings.Repeat("0123456789", 10_000)
	stream := func(c *Conn) {
		c.Begin(200, "Fine")
		c.Field("x-CaSe", "1")
		if err := c.End(Unknown, true); err != nil {
			t.Error(err)
		}
		if err := c.Stream(strings.NewReader(long), false, 8<<10); err != nil {
			t.Error(err)
		}
		_ = c.Finish([]Field{{"T", "1"}})
	}
	synctest.Test(t, func(t *testing.T) {
		v := serve(t, &echo{serve: stream}, nil)
		defer v.close()
		got := v.ask("GET / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\n" + closing)
		res, err := http.ReadResponse(bufio.NewReader(strings.NewReader(got)), nil)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(res.Body)
		if err != nil || string(b) != long || res.Status != "200 Fine" || res.Trailer.Get("T") != "1" || !strings.Contains(got, "x-CaSe: 1\r\n") {
			t.Errorf("%d bytes, %v, %v, trailer %v", len(b), err, res.Status, res.Trailer)
		}
		if got := v.ask("GET / HTTP/1.0\r\n\r\n"); !strings.HasSuffix(got, "\r\n\r\n"+long) || strings.Contains(got, "chunked") || !strings.Contains(got, "Connection: close\r\n") {
			t.Errorf("HTTP/1.0: %.200q", got)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		for status, body := range map[int]bool{200: true, 204: false, 304: false, 404: true} {
			v := serve(t, &echo{serve: func(c *Conn) { reply(c, status, "text") }}, nil)
			got := v.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n" + closing)
			if strings.Count(got, "HTTP/1.1 "+strconv.Itoa(status)) != 2 || strings.Contains(got, "text") != body {
				t.Errorf("%d: %q", status, got)
			}
			got = v.ask("HEAD / HTTP/1.1\r\nHost: a\r\n\r\nHEAD / HTTP/1.1\r\nHost: a\r\n" + closing)
			if strings.Count(got, "HTTP/1.1 ") != 2 || strings.Contains(got, "text") {
				t.Errorf("HEAD %d: %q", status, got)
			}
			v.close()
		}
	})
}

// TestALineBreakInAHeaderIsNotSent: it would begin another header or answer.
func TestALineBreakInAHeaderIsNotSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, value := range []string{"a\r\nX: 1", "a\nX: 1", "a\rX: 1", "a\x00", "a\r\n\r\nb"} {
			v := serve(t, &echo{serve: func(c *Conn) {
				c.Begin(200, "")
				c.Field("A", value)
				if c.End(0, true) == nil {
					t.Errorf("%q was taken", value)
				}
			}}, nil)
			if got := v.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n"); got != "" {
				t.Errorf("%q was sent", got)
			}
			v.close()
		}
	})
}

func TestExpectContinue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		refuse := func(c *Conn) {
			if c.Request.Target == "/refused" {
				reply(c, 403, "no")
				return
			}
			b, _ := io.ReadAll(&c.Body)
			reply(c, 200, string(b))
		}
		v := serve(t, &echo{serve: refuse}, nil)
		defer v.close()
		c := v.dial()
		_, _ = io.WriteString(c, "POST /x HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n")
		r := bufio.NewReader(c)
		if line, err := r.ReadString('\n'); line != "HTTP/1.1 100 Continue\r\n" {
			t.Fatalf("%q, %v", line, err)
		}
		_, _ = r.ReadString('\n')
		_, _ = io.WriteString(c, "abc")
		res, err := http.ReadResponse(r, nil)
		if err != nil || res.StatusCode != 200 || res.Close {
			t.Fatal(res, err)
		}
		_ = c.Close()
		got := v.ask("POST /refused HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n")
		if !strings.HasPrefix(got, "HTTP/1.1 403 ") || !strings.Contains(got, "Connection: close\r\n") {
			t.Errorf("%q", got)
		}
	})
}

// TestSlowPeers: whoever is slower than the times allow is told so or cut off.
func TestSlowPeers(t *testing.T) {
	trickle := func(c net.Conn, first, rest string, every time.Duration) {
		_, err := io.WriteString(c, first)
		for i := 0; i < len(rest) && err == nil; i++ {
			time.Sleep(every)
			_, err = io.WriteString(c, rest[i:i+1])
		}
	}
	for name, test := range map[string]struct {
		first, rest string
		every       time.Duration
		status      string
		longest     time.Duration
	}{
		"nothing":              {"", "", 0, "", 20 * time.Second},
		"head":                 {"GET / HT", strings.Repeat("x", 1000), time.Second, "408", 20 * time.Second},
		"body that stops":      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nabc", "", 0, "499", 40 * time.Second},
		"body that trickles":   {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n", strings.Repeat("x", 999), time.Second, "499", 60 * time.Second},
		"chunks that trickle":  {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", strings.Repeat("1\r\na\r\n", 500), time.Second, "499", 60 * time.Second},
		"idle after an answer": {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", "", 0, "200", 130 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				v := serve(t, &echo{serve: func(c *Conn) {
					_, err := io.ReadAll(&c.Body)
					if err != nil {
						reply(c, 499, err.Error())
						return
					}
					reply(c, 200, "")
				}}, nil)
				defer v.close()
				begin := time.Now()
				c := v.dial()
				go trickle(c, test.first, test.rest, test.every)
				b, _ := io.ReadAll(c)
				took := time.Since(begin)
				_ = c.Close()
				time.Sleep(2 * time.Second) // trickle notices
				if took > test.longest {
					t.Errorf("it took %s", took)
				}
				if test.status != "" && !strings.HasPrefix(string(b), "HTTP/1.1 "+test.status) || test.status == "" && len(b) > 0 {
					t.Errorf("got %q", b)
				}
			})
		})
	}
}

// TestClientThatStopsReading is cut off, and its handler is told.
func TestClientThatStopsReading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ended := make(chan error, 1)
		v := serve(t, &echo{serve: func(c *Conn) {
			c.Begin(200, "")
			_ = c.End(Unknown, true)
			ended <- c.Stream(neverEnding{}, false, 8<<10)
			c.Abort()
		}}, nil)
		defer v.close()
		c := v.dial()
		_, _ = io.WriteString(c, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
		_, _ = io.ReadFull(c, make([]byte, 100))
		begin := time.Now()
		if err := <-ended; err == nil || time.Since(begin) > time.Minute {
			t.Errorf("%v after %s", err, time.Since(begin))
		}
		_ = c.Close()
	})
}

type neverEnding struct{}

func (neverEnding) Read(p []byte) (int, error) { return len(p), nil }

func TestConnectionCaps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := serve(t, &echo{}, func(s *Server) { s.MaxConns = 3 })
		var open []net.Conn
		for range 3 {
			open = append(open, v.dial())
		}
		if _, err := v.dial().Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("a fourth connection: %v", err)
		}
		for _, c := range open {
			go func() { _, _ = io.WriteString(c, "GET /x HTTP/1.1\r\nHost: a\r\n"+closing) }()
			if b, _ := io.ReadAll(c); !strings.HasSuffix(string(b), "GET /x ") {
				t.Errorf("%q", b)
			}
			_ = c.Close()
		}
		synctest.Wait()
		if n, accepted, rejected := v.server.Counts(); n != 0 || accepted != 3 || rejected != 1 {
			t.Errorf("%d open, %d accepted, %d rejected", n, accepted, rejected)
		}
		v.close()
		v = serve(t, &echo{}, func(s *Server) { s.MaxConnsPerAddress = 1 })
		first := v.dial()
		if _, err := v.dial().Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("a second connection of one address: %v", err)
		}
		_ = first.Close()
		v.close()
	})
}

// TestDrain: calls in flight are finished, and a request that comes within the
// last second of an idle connection is answered.
func TestDrain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := serve(t, &echo{serve: func(c *Conn) {
			if c.Request.Target == "/slow" {
				time.Sleep(3 * time.Second)
			}
			reply(c, 200, c.Request.Target)
		}}, nil)
		busy, idle, late := v.dial(), v.dial(), v.dial()
		_, _ = io.WriteString(busy, "GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
		for _, c := range []net.Conn{idle, late} {
			_, _ = io.WriteString(c, "GET /first HTTP/1.1\r\nHost: a\r\n\r\n")
			if _, err := http.ReadResponse(bufio.NewReader(c), nil); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		begin := time.Now()
		v.stop()
		time.Sleep(500 * time.Millisecond)
		go func() { _, _ = io.WriteString(late, "GET /late HTTP/1.1\r\nHost: a\r\n\r\n") }()
		for name, c := range map[string]net.Conn{"/slow": busy, "/late": late, "": idle} {
			b, _ := io.ReadAll(c)
			if name == "" && len(b) > 0 || !strings.HasSuffix(string(b), name) || name != "" && !strings.Contains(string(b), "Connection: close") {
				t.Errorf("%s: %q", name, b)
			}
			_ = c.Close()
		}
		if err := <-v.done; err != nil || time.Since(begin) > 4*time.Second {
			t.Errorf("%v after %s", err, time.Since(begin))
		}
	})
}

// TestPanicEndsItsConnectionOnly: the client sees no answer, the next one is served.
func TestPanicEndsItsConnectionOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := serve(t, &echo{serve: func(c *Conn) {
			if c.Request.Target == "/panic" {
				panic("x")
			}
			reply(c, 200, "fine")
		}}, nil)
		defer v.close()
		if got := v.ask("GET /panic HTTP/1.1\r\nHost: a\r\n\r\n"); got != "" {
			t.Errorf("%q", got)
		}
		if got := v.ask("GET / HTTP/1.1\r\nHost: a\r\n" + closing); !strings.HasSuffix(got, "fine") {
			t.Errorf("%q", got)
		}
	})
}

// TestIdleConnectionsHoldNoBuffer, whether or not they asked something before.
func TestIdleConnectionsHoldNoBuffer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := serve(t, &echo{}, nil)
		defer v.close()
		asked, fresh := v.dial(), v.dial()
		_, _ = io.WriteString(asked, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
		if _, err := http.ReadResponse(bufio.NewReader(asked), nil); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		v.server.each(func(c *Conn) {
			if c.buffer != nil || c.memory != nil {
				t.Error("an idle connection holds a buffer")
			}
		})
		_ = fresh.Close()
		_, _ = io.WriteString(asked, "GET /again HTTP/1.1\r\nHost: a\r\n\r\n")
		res, err := http.ReadResponse(bufio.NewReader(asked), nil)
		if err != nil || res.StatusCode != 200 {
			t.Fatal(err)
		}
		_ = asked.Close()
	})
}
