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
	peer  *http2Peer
}

func (c *guardedConn) Read(p []byte) (int, error) {
	for {
		if len(c.guard.pending) > 0 {
			n := copy(p, c.guard.pending)
			c.guard.pending = c.guard.pending[n:]
			return n, nil
		}
		n, err := c.Conn.Read(p)
		n, bad := c.guard.pass(p[:n], time.Now())
		if bad != nil {
			_ = c.Conn.Close()
			return 0, bad
		}
		if n > 0 || err != nil && len(c.guard.pending) == 0 {
			return n, err
		}
	}
}

func (c *guardedConn) Close() error {
	err := c.Conn.Close()
	c.once.Do(func() { close(c.ended) })
	return err
}

// frameGuard follows the frames of a connection.
type frameGuard struct {
	skip          int // bytes of the preface, or of a payload, to pass over
	header        [frameHead]byte
	have          int // bytes of the header
	continuations int
	resets        bucket
	control       bucket

	settings []byte // a SETTINGS frame that is not complete yet; nil for none
	pending  []byte // what is to be read before anything else
}

const (
	// prefaceSize is the length of a client's connection preface.
	prefaceSize = len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
	// frameHead is the length of a frame's header, and oneSetting that of a setting.
	frameHead  = 9
	oneSetting = 6
	// maxSettings is how many settings the standard stack takes in one frame.
	maxSettings = 100
)

func newFrameGuard(now time.Time) frameGuard {
	return frameGuard{skip: prefaceSize, resets: bucket{burst: resetBurst, rate: resetRate, left: resetBurst, at: now},
		control: bucket{burst: controlBurst, rate: controlRate, left: controlBurst, at: now}}
}

// pass takes the bytes that came, and tells how many of them go on as they are.
// The rest is pending: a SETTINGS frame that names a setting twice, which the
// standard stack refuses although RFC 9113, 6.5.3 has the last one count.
func (g *frameGuard) pass(b []byte, now time.Time) (int, error) {
	direct := 0 // how many bytes go on as they are; -1 once something has to wait
	emit := func(p []byte) {
		if direct >= 0 {
			direct += len(p)
		} else {
			g.pending = append(g.pending, p...)
		}
	}
	if g.settings != nil || g.have > 0 {
		direct = -1
	}
	total := 0
	for len(b) > 0 {
		switch {
		case g.settings != nil:
			n := min(g.skip, len(b))
			g.settings = append(g.settings, b[:n]...)
			g.skip -= n
			b = b[n:]
		case g.skip > 0:
			n := min(g.skip, len(b))
			g.skip -= n
			emit(b[:n])
			b = b[n:]
		default:
			if direct >= 0 && (len(b) < frameHead || b[3] == frameSettings) {
				total, direct = direct, -1 // it waits until it is whole
			}
			n := copy(g.header[g.have:], b)
			g.have += n
			b = b[n:]
			if g.have < frameHead {
				return total, nil
			}
			g.have = 0
			g.skip = int(g.header[0])<<16 | int(g.header[1])<<8 | int(g.header[2])
			if !g.allows(g.header[3], g.header[4], g.skip, now) {
				return 0, errFrames
			}
			if g.header[3] == frameSettings && g.skip > oneSetting && g.skip <= maxSettings*oneSetting && g.skip%oneSetting == 0 {
				g.settings = append([]byte{}, g.header[:]...)
			} else {
				emit(g.header[:])
			}
		}
		if g.settings != nil && g.skip == 0 {
			g.pending = append(g.pending, lastOfEach(g.settings)...)
			g.settings = nil
		}
	}
	if direct >= 0 {
		total = direct
	}
	return total, nil
}

// lastOfEach gives a SETTINGS frame with each setting once, with its last value.
func lastOfEach(frame []byte) []byte {
	out := append([]byte{}, frame[:frameHead]...)
	for at := frameHead; at < len(frame); at += oneSetting {
		again := false
		for later := at + oneSetting; later < len(frame); later += oneSetting {
			again = again || frame[later] == frame[at] && frame[later+1] == frame[at+1]
		}
		if !again {
			out = append(out, frame[at:at+oneSetting]...)
		}
	}
	length := len(out) - frameHead
	out[0], out[1], out[2] = byte(length>>16), byte(length>>8), byte(length)
	return out
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
