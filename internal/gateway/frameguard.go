package gateway

import (
	"errors"
	"net"
	"sync"
	"time"
)

// Frames of HTTP/2 that cost a server more than they cost a client (RFC 9113, 6
// and 10.5), and how many of a kind a connection may send.
const (
	frameData         = 0x0
	framePriority     = 0x2
	frameReset        = 0x3
	frameSettings     = 0x4
	framePing         = 0x6
	frameContinuation = 0x9

	flagEndStream = 0x1

	maxContinuations = 32 // of one header block
	resetBurst       = 200
	resetRate        = 20 // a second
	controlBurst     = 2000
	controlRate      = 200
)

// errFrames says that a connection was ended for the frames that it sent.
var errFrames = errors.New("gateway: too many frames of HTTP/2 that do nothing")

// guardedConn looks at the frames that a client of HTTP/2 sends before the
// standard stack does, and ends a connection that floods it.
type guardedConn struct {
	net.Conn
	guard frameGuard
	once  sync.Once
	ended chan struct{}
	call  *http2Peer
}

func (c *guardedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if bad := c.guard.see(p[:n], time.Now()); bad != nil {
		_ = c.Conn.Close()
		return 0, bad
	}
	return n, err
}

func (c *guardedConn) Close() error {
	err := c.Conn.Close()
	c.once.Do(func() { close(c.ended) })
	return err
}

// frameGuard follows the frames of a connection.
type frameGuard struct {
	skip          int // bytes of the preface, or of a payload, to pass over
	header        [9]byte
	have          int // bytes of the header
	continuations int
	resets        bucket
	control       bucket
}

// prefaceSize is the length of a client's connection preface.
const prefaceSize = len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")

func newFrameGuard(now time.Time) frameGuard {
	return frameGuard{skip: prefaceSize, resets: bucket{burst: resetBurst, rate: resetRate, left: resetBurst, at: now},
		control: bucket{burst: controlBurst, rate: controlRate, left: controlBurst, at: now}}
}

// see takes the bytes that came.
func (g *frameGuard) see(b []byte, now time.Time) error {
	for len(b) > 0 {
		if g.skip > 0 {
			n := min(g.skip, len(b))
			g.skip -= n
			b = b[n:]
			continue
		}
		n := copy(g.header[g.have:], b)
		g.have += n
		b = b[n:]
		if g.have < len(g.header) {
			return nil
		}
		g.have = 0
		g.skip = int(g.header[0])<<16 | int(g.header[1])<<8 | int(g.header[2])
		if !g.allows(g.header[3], g.header[4], g.skip, now) {
			return errFrames
		}
	}
	return nil
}

func (g *frameGuard) allows(kind, flags byte, length int, now time.Time) bool {
	if kind == frameContinuation {
		g.continuations++
		return g.continuations <= maxContinuations
	}
	g.continuations = 0
	switch kind {
	case frameReset:
		return g.resets.take(now)
	case framePing, frameSettings, framePriority:
		return g.control.take(now)
	case frameData:
		return length > 0 || flags&flagEndStream != 0 || g.control.take(now)
	}
	return true
}

// bucket allows a burst, and a rate after it.
type bucket struct {
	burst, rate, left float64
	at                time.Time
}

func (b *bucket) take(now time.Time) bool {
	b.left = min(b.burst, b.left+now.Sub(b.at).Seconds()*b.rate)
	b.at = now
	b.left--
	return b.left >= 0
}
