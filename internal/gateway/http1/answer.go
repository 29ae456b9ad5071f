package http1

import (
	"io"
	"net"
	"sync"
	"time"
)

// memory is what a message to be sent is put together in.
type memory [bufferSize]byte

var memories = sync.Pool{New: func() any { return new(memory) }}

// newAnswer forgets the answer before.
func (c *Conn) newAnswer() {
	if c.memory == nil {
		c.memory = memories.Get().(*memory)
	}
	c.out.reset(c.memory[:])
	c.answered, c.chunked, c.closing, c.flushed = false, false, false, false
	c.length, c.sent = 0, 0
	c.Request = Request{Fields: c.Request.Fields[:0]}
	c.mu.Lock()
	c.begun = false
	c.mu.Unlock()
}

// releaseOut gives the answer's memory back.
func (c *Conn) releaseOut() {
	if c.memory != nil {
		memories.Put(c.memory)
		c.memory, c.out.b = nil, nil
	}
}

// Begin begins the answer with its status; reason "" is the standard one. What
// was begun before, and not sent, is forgotten.
func (c *Conn) Begin(status int, reason string) {
	c.mu.Lock()
	c.begun = true
	c.mu.Unlock()
	c.out.reset(c.memory[:])
	c.out.status(status, reason)
}

// Field adds a header. Those that frame the body and belong to the connection are End's.
func (c *Conn) Field(name, value string) { c.out.field(name, value) }

// Length writes the length of the body that the answer to another method would have.
func (c *Conn) Length(n int64) { c.out.contentLength(n) }

// Length of an answer's body that is not known, and of none at all.
const (
	Unknown = -1
	NoBody  = -2
)

// End ends the head. length is the body's in bytes, Unknown, or NoBody for an
// answer that may have none, or that answers HEAD. dated says that there is a Date.
func (c *Conn) End(length int64, dated bool) error {
	if !dated {
		c.out.field("Date", c.server.clock.date(time.Now()))
	}
	c.length = length
	if c.server.draining.Load() || c.Request.Close || !c.canDrain() {
		c.closing = true
	}
	switch {
	case length >= 0:
		c.out.contentLength(length)
	case length == Unknown && c.Request.Minor > 0:
		c.chunked = true
		c.out.field("Transfer-Encoding", "chunked")
	case length == Unknown:
		c.closing = true
	}
	switch {
	case c.closing:
		c.out.field("Connection", "close")
	case c.Request.Minor == 0:
		c.out.field("Connection", "keep-alive")
	}
	return c.out.end()
}

// canDrain tells whether what is left of the request's body is little enough to be passed over.
func (c *Conn) canDrain() bool {
	b := &c.Body
	if b.Ended() || b.shared.Load() {
		return b.Ended()
	}
	return b.err == nil && b.before == nil && b.kind == byLength && b.left <= maxDrain
}

// Buffered is the number of bytes that wait for Flush.
func (c *Conn) Buffered() int { return len(c.out.b) }

// Flush sends what waits.
func (c *Conn) Flush() error {
	if len(c.out.b) == 0 {
		return nil
	}
	c.flushed = true
	_, err := c.write(c.out.b, c.server.Times.Write)
	c.out.b = c.memory[:0]
	return err
}

// Sent is the number of bytes of the body that were given to be sent.
func (c *Conn) Sent() int64 { return c.sent }

// Write sends a part of the body that is in memory, with what waits.
func (c *Conn) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		room := c.room()
		if len(room) == 0 {
			if err := c.Flush(); err != nil {
				return len(p) - len(rest), err
			}
			continue
		}
		n := copy(room, rest)
		c.advance(n)
		rest = rest[n:]
	}
	return len(p), nil
}

// room is where the next bytes of the body go; empty when Flush is due.
func (c *Conn) room() []byte {
	at, end := len(c.out.b), len(c.memory)
	if cap(c.out.b) < end {
		return nil
	}
	if c.chunked {
		at, end = at+chunkHead, end-len("\r\n")
	}
	if at >= end {
		return nil
	}
	return c.out.b[at:end:end]
}

// advance makes the first n bytes of room part of the answer.
func (c *Conn) advance(n int) {
	if n == 0 {
		return
	}
	c.sent += int64(n)
	at := len(c.out.b)
	if !c.chunked {
		c.out.b = c.out.b[:at+n]
		return
	}
	c.out.b = c.out.b[:at+chunkHead+n]
	putChunkHead(c.out.b[at:], n)
	c.out.b = append(c.out.b, "\r\n"...)
}

// leastRoom is with how little room the body is not read on: what waits is sent before.
const leastRoom = 2 << 10

// Stream sends a body as it comes: at once, or as soon as there are piece bytes of
// it. It ends with what is left unsent; Finish follows.
func (c *Conn) Stream(body io.Reader, atOnce bool, piece int) error {
	if atOnce {
		if err := c.Flush(); err != nil {
			return err
		}
	}
	waiting := 0
	for {
		room := c.room()
		if len(room) < leastRoom {
			if err := c.Flush(); err != nil {
				return err
			}
			waiting = 0
			continue
		}
		n, err := body.Read(room)
		c.advance(n)
		waiting += n
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if atOnce || waiting >= piece {
			if err := c.Flush(); err != nil {
				return err
			}
			waiting = 0
		}
	}
}

// Finish ends the body and sends what waits. trailers go to a client that takes them.
func (c *Conn) Finish(trailers []Field) error {
	if c.length >= 0 && c.sent != c.length {
		return io.ErrUnexpectedEOF
	}
	if c.chunked {
		if !c.Request.Trail {
			trailers = nil
		}
		var err error
		if c.out.b, err = appendTrailers(c.out.b, trailers); err != nil {
			return err
		}
	}
	if err := c.Flush(); err != nil {
		return err
	}
	c.answered = true
	return nil
}

// Abort ends the connection with the answer broken off, so that the client sees
// that it is not whole.
func (c *Conn) Abort() {
	c.answered = false
	if tcp, ok := c.raw.(*net.TCPConn); ok && c.length == Unknown && !c.chunked {
		_ = tcp.SetLinger(0) // the end of the connection would look like the end of the body
	}
	c.interrupt()
}
