package http1

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync/atomic"
	"syscall"
	"time"
)

// ServerConn is a connection to a server, in use by one call: Begin, Field, End,
// Send, and then Response and Reply.
type ServerConn struct {
	wire
	pool *pool
	raw  syscall.RawConn // nil where it is no socket
	made time.Time
	used time.Time // when the last call began

	// Response is the answer's head. Body is read through Reply.
	Response Response
	Body     Body

	method  string
	out     head
	memory  *memory
	chunked bool
	reused  bool // it was used before this call
	started bool // bytes of the request went out
	whole   bool // all of the request is in out
	heard   bool // a byte of the answer came
	broken  bool // the connection cannot be used again
	context context.Context
	unwatch func() bool // nil where the context watches by itself
	upload  *upload     // nil where the request was sent in one go
	replies []Reply     // never used twice

	peek  func(fd uintptr)
	quiet bool // what peek found: the server has sent nothing and has not gone
}

// ErrTimeout says that the head of an answer did not come in time.
var ErrTimeout = errors.New("http1: the head of the answer did not come in time")

func newServerConn(p *pool, c net.Conn) *ServerConn {
	s := &ServerConn{wire: newWire(c), pool: p, made: time.Now()}
	under := c
	if t, ok := c.(interface{ NetConn() net.Conn }); ok {
		under = t.NetConn()
	}
	if sc, ok := under.(syscall.Conn); ok {
		s.raw, _ = sc.SyscallConn()
	}
	s.peek = func(fd uintptr) { s.quiet = isQuiet(fd) }
	return s
}

// usable tells whether a connection that was kept can carry one more call. A
// server that has said something without being asked is not listened to.
func (c *ServerConn) usable(now time.Time) bool {
	if now.Sub(c.used) > c.pool.client.Times.Keep || now.Sub(c.made) > c.pool.client.Times.Age {
		return false
	}
	if c.raw == nil {
		return true
	}
	c.quiet = false
	return c.raw.Control(c.peek) == nil && c.quiet
}

func (c *ServerConn) begin(reused bool, now time.Time) {
	c.take()
	c.used = now
	if c.memory == nil {
		c.memory = memories.Get().(*memory)
	}
	c.reused, c.started, c.whole, c.heard, c.broken, c.chunked, c.upload = reused, false, false, false, false, false, nil
}

// discard closes the connection for good.
func (c *ServerConn) discard() {
	_ = c.Close()
	if c.buffer != nil {
		c.r, c.w = 0, 0
	}
	c.let()
	c.pool.left()
}

// let gives the connection's memory back.
func (c *ServerConn) let() {
	c.release()
	if c.memory != nil {
		memories.Put(c.memory)
		c.memory, c.out.b = nil, nil
	}
}

// Begin begins the request. query is "" or what follows the '?'.
func (c *ServerConn) Begin(method, path, query string) {
	c.method = method
	c.out.reset(c.memory[:])
	c.out.b = append(append(append(c.out.b, method...), ' '), path...)
	if query != "" {
		c.out.b = append(append(c.out.b, '?'), query...)
	}
	c.out.line(" HTTP/1.1")
}

// Field adds a header. Those that frame the body and belong to the connection are End's.
func (c *ServerConn) Field(name, value string) { c.out.field(name, value) }

// End ends the head. length is the body's in bytes, or Unknown; NoBody stands for
// none where a length of 0 need not be said. proto is what an upgrade is asked to; "" is none.
func (c *ServerConn) End(length int64, proto string) error {
	switch {
	case length >= 0:
		c.out.contentLength(length)
	case length == Unknown:
		c.chunked = true
		c.out.field("Transfer-Encoding", "chunked")
	}
	if proto != "" {
		c.out.field("Connection", "Upgrade")
		c.out.field("Upgrade", proto)
	}
	return c.out.end()
}

// Prefetcher is a body that can say how much of it is there already; see Body.
type Prefetcher interface {
	Prefetch(most int) error
	Ready() bool
	Share(yes bool)
	Interrupt()
	Trailers() []Field
}

// SendBytes sends the request with a body that is in memory.
func (c *ServerConn) SendBytes(ctx context.Context, body []byte, by time.Time) error {
	c.watch(ctx)
	if len(c.out.b)+len(body) <= len(c.memory) {
		c.out.b = append(c.out.b, body...)
		body = nil
	}
	if len(body) == 0 {
		return c.answer(by, c.pushWhole())
	}
	err := c.push(c.out.b)
	if err == nil {
		err = c.push(body)
	}
	return c.answer(by, err)
}

// pushWhole sends a request that is in memory as a whole, or leaves that to the
// read of its answer.
func (c *ServerConn) pushWhole() error {
	c.whole = true
	if c.asker == nil {
		return c.push(c.out.b)
	}
	c.request, c.asked = c.out.b, 0
	return nil
}

// push sends a part of the request.
func (c *ServerConn) push(p []byte) error {
	n, err := c.write(p, c.pool.client.Times.Write)
	c.started = c.started || n > 0
	if err != nil {
		return writeError{err}
	}
	return nil
}

// Send sends the request with a body that is read. Where the body is not there
// yet it goes on in the background while the answer comes.
func (c *ServerConn) Send(ctx context.Context, body io.Reader, by time.Time) error {
	p, _ := body.(Prefetcher)
	if p != nil {
		if err := p.Prefetch(len(c.memory) / 2); err != nil {
			return err
		}
	}
	c.watch(ctx)
	if p != nil && p.Ready() {
		return c.answer(by, c.copyBody(body, p))
	}
	if p != nil {
		p.Share(true)
	}
	c.upload = &upload{done: make(chan struct{}), source: p}
	go func() {
		defer close(c.upload.done)
		c.upload.err = c.copyBody(body, p)
		if c.upload.err != nil && !isWriteError(c.upload.err) {
			c.Interrupt() // what was sent is not a whole request
		}
	}()
	return c.answer(by, nil)
}

// upload is a body that is sent while the answer comes.
type upload struct {
	done   chan struct{}
	source Prefetcher
	ended  atomic.Bool // the source was read to its end
	err    error       // once it is done
}

// lastWrite is how long the end of an upload is waited for when the answer is there.
const lastWrite = 100 * time.Millisecond

// writeError is an error of the server's side of an upload.
type writeError struct{ error }

func (e writeError) Unwrap() error { return e.error }

func isWriteError(err error) bool {
	var w writeError
	return errors.As(err, &w)
}

// copyBody sends the head and the body.
func (c *ServerConn) copyBody(body io.Reader, p Prefetcher) error {
	if p == nil || !p.Ready() {
		if err := c.flush(); err != nil {
			return err
		}
	}
	for {
		at, end := len(c.out.b), len(c.memory)
		if c.chunked {
			at, end = at+chunkHead, end-len("\r\n0\r\n\r\n")
		}
		if end-at < leastRoom {
			if err := c.flush(); err != nil {
				return err
			}
			continue
		}
		n, err := body.Read(c.out.b[at:end:end])
		switch {
		case n > 0 && c.chunked:
			begin := len(c.out.b)
			c.out.b = c.out.b[:at+n]
			putChunkHead(c.out.b[begin:], n)
			c.out.b = append(c.out.b, "\r\n"...)
		case n > 0:
			c.out.b = c.out.b[:at+n]
		}
		if err == io.EOF {
			if c.upload != nil {
				c.upload.ended.Store(true)
			}
			return c.lastPiece(p)
		}
		if err != nil {
			return err
		}
		if p == nil || !p.Ready() {
			if err := c.flush(); err != nil {
				return err
			}
		}
	}
}

func (c *ServerConn) lastPiece(p Prefetcher) error {
	if c.chunked {
		var trailers []Field
		if p != nil {
			trailers = p.Trailers()
		}
		var err error
		if c.out.b, err = appendTrailers(c.out.b, trailers); err != nil {
			return err
		}
	}
	if len(c.out.b) == 0 {
		return nil
	}
	if !c.started && c.upload == nil {
		return c.pushWhole()
	}
	return c.push(c.out.b)
}

// flush sends what waits of the request.
func (c *ServerConn) flush() error {
	err := c.push(c.out.b)
	c.out.b = c.memory[:0]
	return err
}

// watch has the connection interrupted when the context ends.
func (c *ServerConn) watch(ctx context.Context) {
	if c.context != nil {
		return
	}
	c.context, c.unwatch = ctx, nil
	if !Watch(ctx, c) {
		c.unwatch = context.AfterFunc(ctx, c.Interrupt)
	}
}

// Interrupt ends what the call waits for. Any goroutine may call it while the call lasts.
func (c *ServerConn) Interrupt() { c.interrupt() }

// maxInterim is how many interim answers (1xx) are passed over.
const maxInterim = 16

// answer reads the head of the answer, until by. sent is what became of sending: a server may
// answer before it has the whole request, and end the connection.
func (c *ServerConn) answer(by time.Time, sent error) error {
	if sent != nil {
		c.broken = true
		if !isWriteError(sent) {
			return sent // the body could not be read
		}
	}
	for range maxInterim {
		text, err := c.readHead(&c.pool.client.Limits, by)
		c.heard = c.heard || c.w > 0
		c.started = c.started || c.asked > 0
		c.request, c.asked = nil, 0
		if err != nil {
			c.broken = true
			if sent != nil {
				err = sent
			}
			if errors.Is(err, os.ErrDeadlineExceeded) {
				err = ErrTimeout
			}
			return c.because(err)
		}
		c.heard = true
		if err := parseResponse(text, c.method, &c.Response); err != nil {
			c.broken = true
			return err
		}
		if c.Response.Status >= 200 || c.Response.Status == 101 {
			pace := Pace{Idle: c.pool.client.Times.Idle}
			c.Body.reset(&c.wire, c.Response.Length, pace, &c.pool.client.Limits)
			return nil
		}
	}
	c.broken = true
	return refuse(502, "There are more than %d interim answers.", maxInterim)
}

// because is what ended the call, where err only says that it was interrupted:
// the context, or the body that could not be read.
func (c *ServerConn) because(err error) error {
	if !errors.Is(err, ErrInterrupted) {
		return err
	}
	if u := c.upload; u != nil && c.context.Err() == nil {
		<-u.done // it has interrupted the connection, so it ends
		if u.err != nil {
			return u.err
		}
	}
	if c.context.Err() != nil {
		return context.Cause(c.context)
	}
	return err
}

// Retry tells whether the request that failed may be sent again on another
// connection: this one was used before, no byte of an answer came, and the request
// did not go out, or sending it twice does no harm (RFC 9110, 9.2.2).
func (c *ServerConn) Retry(err error, idempotent bool) bool {
	return c.reused && !c.heard && c.whole && (idempotent || !c.started) &&
		c.context.Err() == nil && !errors.Is(err, ErrTimeout) && !errors.Is(err, ErrInterrupted)
}

// Again sends the request of a call that may be sent again on a new connection.
// The call goes on there, whatever the error.
func (c *ServerConn) Again(ctx context.Context, by time.Time) (*ServerConn, error) {
	next, err := c.pool.client.Get(ctx, c.pool.address, true, time.Now(), by)
	if err != nil {
		return c, err
	}
	next.method = c.method
	next.out.b = append(next.memory[:0], c.out.b...)
	c.Fail()
	return next, next.SendBytes(ctx, nil, by)
}

// Reply is the answer's body, and what ends the call.
func (c *ServerConn) Reply() *Reply {
	if len(c.replies) == 0 {
		c.replies = make([]Reply, 64)
	}
	r := &c.replies[0]
	c.replies = c.replies[1:]
	r.conn = c
	return r
}

// Fail ends a call without an answer.
func (c *ServerConn) Fail() {
	c.broken = true
	c.finish()
}

// endUpload ends what is still sent. A client whose body was read to its end is
// not disturbed: its connection goes on.
func (c *ServerConn) endUpload(u *upload) {
	select {
	case <-u.done:
		return
	default:
	}
	if u.ended.Load() {
		timer := time.NewTimer(lastWrite)
		defer timer.Stop()
		select {
		case <-u.done:
			return
		case <-timer.C:
		}
	}
	c.broken = true
	c.interrupt()
	if u.source != nil && !u.ended.Load() {
		u.source.Interrupt()
	}
	<-u.done
}

// finish ends the call: the connection is kept if it is as good as new.
func (c *ServerConn) finish() {
	if u := c.upload; u != nil {
		c.endUpload(u)
		if u.source != nil {
			u.source.Share(false)
		}
		c.broken = c.broken || u.err != nil
		c.upload = nil
	}
	if c.context != nil {
		if c.unwatch == nil {
			Watch(c.context, nil)
		} else if !c.unwatch() {
			c.broken = true
		}
		c.context = nil
	}
	if c.broken || c.interrupted.Load() || c.Response.Close || !c.Body.Ended() || c.r < c.w || c.Response.Status == 101 {
		c.discard()
		return
	}
	c.let()
	c.pool.put(c)
}
