package http1

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

// Conn is a client's connection, with the request that is being answered.
type Conn struct {
	wire
	server  *Server
	raw     net.Conn // without TLS
	address netip.Addr
	remote  string
	tls     *tls.ConnectionState
	context *connContext

	// Request is the head of the request that is being answered. Body is its body.
	Request Request
	Body    Body
	Start   time.Time // when the request's first byte was seen

	first   [firstBytes]byte // of a request; most fit
	phase   atomic.Int32
	since   atomic.Int64 // when the call began, in nanoseconds; 0 for none
	checked atomic.Int64 // when its client was looked for last

	out      head
	memory   *memory
	answered bool
	chunked  bool
	closing  bool // this is the connection's last answer
	length   int64
	sent     int64 // bytes of the body
	flushed  bool

	mu        sync.Mutex // guards what follows
	watched   Interrupter
	isGone    bool
	begun     bool // an answer has begun: 100 Continue is too late
	continue_ func() error
}

// firstBytes is how much of a request is read before it gets a buffer.
const firstBytes = 1 << 10

const (
	phaseIdle int32 = iota // waits for a whole head
	phaseBusy
)

// Interrupter is something that a goroutine waits for and that can be ended.
type Interrupter interface{ Interrupt() }

// connContext is the context of a connection's calls. It ends when the client goes away.
type connContext struct {
	context.Context
	conn *Conn
	end  context.CancelFunc
}

// Watch has w interrupted when the client of the call whose context ctx is goes
// away; nil ends that. It tells whether it can: only the context itself of a
// Conn can, not one that was made of it.
func Watch(ctx context.Context, w Interrupter) bool {
	c, ok := ctx.(*connContext)
	if !ok {
		return false
	}
	c.conn.mu.Lock()
	defer c.conn.mu.Unlock() // an interruption must not come when its call is over
	c.conn.watched = w
	if c.conn.isGone && w != nil {
		w.Interrupt()
	}
	return true
}

func newConn(s *Server, calls context.Context, c net.Conn, config *tls.Config, address netip.Addr) *Conn {
	conn := &Conn{wire: newWire(c), server: s, raw: c, address: address, remote: address.String()}
	if config != nil {
		conn.wire = wire{Conn: tls.Server(c, config)}
	}
	if !address.IsValid() {
		conn.remote = c.RemoteAddr().String()
	}
	ctx, cancel := context.WithCancel(calls)
	conn.context = &connContext{Context: ctx, conn: conn, end: cancel}
	conn.continue_ = conn.sendContinue
	return conn
}

// Context ends when the client goes away or the server cuts the call.
func (c *Conn) Context() context.Context { return c.context }

// RemoteIP is the client's address without its port.
func (c *Conn) RemoteIP() string { return c.remote }

// Keep makes a string of b that may be kept for as long as anybody wants it.
func (c *Conn) Keep(b []byte) string { return c.buffer.texts.keep(b) }

// Gone tells that the client has gone: it ends the context of the call.
func (c *Conn) Gone() { c.gone() }

// TLS is the state of a connection with TLS, else nil.
func (c *Conn) TLS() *tls.ConnectionState { return c.tls }

// serve takes the connection through its requests.
func (c *Conn) serve() {
	defer c.server.leave(c)
	defer c.end()
	if !c.handshake() {
		return
	}
	if c.tls != nil && c.tls.NegotiatedProtocol == "h2" {
		c.serveHTTP2(c.Conn)
		return
	}
	for c.await() && c.one() {
		c.phase.Store(phaseIdle)
	}
}

// end closes the connection and lets go of what it held.
func (c *Conn) end() {
	c.gone()
	_ = c.Close()
	if c.buffer != nil {
		c.r, c.w = 0, 0
		c.release()
	}
	c.releaseOut()
}

// gone ends the context of the connection's calls, and what waits for them.
func (c *Conn) gone() {
	c.context.end()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.isGone = true
	if c.watched != nil {
		c.watched.Interrupt()
	}
}

// handshake sets up TLS, where the connection has it.
func (c *Conn) handshake() bool {
	t, ok := c.Conn.(*tls.Conn)
	if !ok {
		return true
	}
	ctx, cancel := context.WithTimeout(c.context, c.server.Times.Handshake)
	defer cancel()
	if err := t.HandshakeContext(ctx); err != nil {
		return false
	}
	state := t.ConnectionState()
	c.tls = &state
	return true
}

// await waits for the first bytes of a request. Until they come the connection
// holds no buffer.
func (c *Conn) await() bool {
	if c.w > c.r {
		return true // a request that was sent before the answer to the one before
	}
	c.release()
	c.releaseOut()
	by := c.wrote.Add(c.server.Times.Idle)
	if c.Start.IsZero() {
		by = time.Now().Add(c.server.Times.Head) // a connection is made to ask something
	}
	n, err := c.read(c.first[:], by)
	if err != nil || n == 0 {
		return false
	}
	c.take()
	c.w = copy(c.buffer.data, c.first[:n])
	return true
}

// one reads a request and has it answered. It tells whether the connection goes on.
func (c *Conn) one() bool {
	c.take()
	c.Start = time.Now()
	text, err := c.requestHead()
	c.phase.Store(phaseBusy)
	if err == nil && text == preface {
		return c.prefaced()
	}
	c.newAnswer()
	if err == nil {
		err = ParseRequest(text, &c.Request)
	}
	if err != nil {
		c.refuse(err)
		return false
	}
	c.Body.reset(&c.wire, c.Request.Length, c.server.Times.Body, &c.server.Limits)
	if c.Request.Expect {
		c.Body.before = c.continue_
	}
	c.since.Store(c.Start.UnixNano())
	c.call()
	c.since.Store(0)
	if !c.answered || c.closing {
		c.linger()
		return false
	}
	return c.drainBody() && c.context.Err() == nil
}

// call has the request answered. A handler that panics ends its connection only.
func (c *Conn) call() {
	defer func() {
		if p := recover(); p != nil {
			if p != http.ErrAbortHandler {
				c.server.Log.Error("a handler panicked", "panic", p, "stack", string(debug.Stack()))
			}
			c.Abort()
		}
	}()
	c.server.Handler.Serve(c)
}

// requestHead reads a head. What cannot become one is refused at its first byte.
func (c *Conn) requestHead() (string, error) {
	if b := c.unread()[0]; classes[b]&tokenByte == 0 && b != '\r' && b != '\n' {
		return "", refuse(400, "This is no HTTP: the first byte is 0x%02X.", b)
	}
	return c.readHead(&c.server.Limits, c.Start.Add(c.server.Times.Head))
}

// refuse answers a head that is not taken, unless there is nobody to answer.
func (c *Conn) refuse(err error) {
	var r *Refusal
	switch {
	case errors.As(err, &r):
	case errors.Is(err, os.ErrDeadlineExceeded):
		r = &Refusal{Status: 408, Message: "The head of the request did not come in time."}
	default:
		return
	}
	c.Body.reset(&c.wire, 0, Pace{}, &c.server.Limits)
	c.closing = true
	c.server.Handler.Refuse(c, r)
	c.linger()
}

// maxDrain is how much of a body that nobody read is passed over to go on with the connection.
const maxDrain = 256 << 10

// drainBody passes over what is left of the request's body.
func (c *Conn) drainBody() bool {
	if c.Body.Ended() {
		return true
	}
	rest := memories.Get().(*memory)
	defer memories.Put(rest)
	for !c.Body.Ended() {
		if _, err := c.Body.Read(rest[:]); err != nil && err != io.EOF {
			return false
		}
	}
	return true
}

// linger ends the sending side and waits a little for the client to end its own, so
// that it gets to read the answer (RFC 9112, 9.6).
func (c *Conn) linger() {
	if c.Body.Ended() && c.Request.Close && c.r == c.w || c.interrupted.Load() {
		return // the client ends the connection itself
	}
	half, ok := c.Conn.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil {
		return
	}
	by := time.Now().Add(c.server.Times.Linger)
	c.take()
	for total := 0; total < maxDrain; {
		n, err := c.read(c.buffer.data, by)
		if err != nil {
			return
		}
		total += n
	}
}

// lookAfter ends a call whose client has gone. It looks less often the longer the call lasts.
func (c *Conn) lookAfter(now time.Time) {
	since := c.since.Load()
	if since == 0 {
		return
	}
	t := now.UnixNano()
	pause := min(max(int64(watchEvery)/2, (t-since)/8), int64(5*time.Second))
	if t-max(since, c.checked.Load()) < pause {
		return
	}
	c.checked.Store(t)
	if peerGone(c.raw) {
		c.gone()
	}
}

// preface begins a connection of HTTP/2 (RFC 9113, 3.4), up to its empty line.
const preface = "PRI * HTTP/2.0\r\n\r\n"

// prefaced hands the connection over to HTTP/2, if that is offered.
func (c *Conn) prefaced() bool {
	if c.server.HTTP2 == nil || c.tls != nil {
		c.newAnswer()
		c.refuse(refuse(505, "HTTP/2 is not offered on this connection."))
		return false
	}
	rest := append([]byte(preface), c.unread()...)
	c.r, c.w = 0, 0
	c.release()
	c.serveHTTP2(&replayed{Conn: c.Conn, rest: rest})
	return false
}

func (c *Conn) serveHTTP2(conn net.Conn) {
	if c.server.HTTP2 == nil {
		return
	}
	_ = c.SetDeadline(time.Time{})
	c.phase.Store(phaseBusy) // the standard stack drains its own
	c.server.HTTP2(c.context, conn)
}

// replayed is a connection of which something was read already.
type replayed struct {
	net.Conn
	rest []byte
}

func (c *replayed) Read(p []byte) (int, error) {
	if len(c.rest) > 0 {
		n := copy(p, c.rest)
		c.rest = c.rest[n:]
		return n, nil
	}
	return c.Conn.Read(p)
}

// sendContinue tells a client that waits to send its body: RFC 9110, 10.1.1.
func (c *Conn) sendContinue() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.begun {
		return io.ErrUnexpectedEOF // the body will not come
	}
	_, err := c.write([]byte("HTTP/1.1 100 Continue\r\n\r\n"), c.server.Times.Write)
	return err
}
