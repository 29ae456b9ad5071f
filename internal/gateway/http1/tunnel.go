package http1

import (
	"io"
	"sync"
	"time"
)

// tunnelIdle is how long a tunnel may be silent in both directions.
const tunnelIdle = time.Hour

// Tunnel ends the head of a 101, and passes bytes on in both directions until
// either side has ended and the other has had what was sent before. reply is the
// server's side, whose answer was a 101 too.
func (c *Conn) Tunnel(proto string, reply *Reply) error {
	server := reply.conn
	if server == nil {
		return io.ErrClosedPipe
	}
	c.closing, c.length = true, NoBody
	c.out.field("Connection", "Upgrade")
	c.out.field("Upgrade", proto)
	if err := c.out.end(); err != nil {
		return err
	}
	if err := c.Flush(); err != nil {
		return err
	}
	c.answered = true
	c.since.Store(0) // an end of the client's sending is passed on, and does not end the call
	var other sync.WaitGroup
	other.Go(func() { pass(&server.wire, &c.wire) })
	c.sent += pass(&c.wire, &server.wire)
	other.Wait()
	return nil
}

// pass copies what comes from one side to the other, and ends the other's receiving when the first ends.
func pass(to, from *wire) (n int64) {
	for {
		if p := from.unread(); len(p) > 0 {
			if _, err := to.write(p, DefaultTimes.Write); err != nil {
				from.interrupt()
				return n
			}
			n += int64(len(p))
			from.r = from.w
		}
		if err := from.fill(time.Now().Add(tunnelIdle), bufferSize); err != nil {
			if half, ok := to.Conn.(interface{ CloseWrite() error }); err != io.EOF || !ok || half.CloseWrite() != nil {
				to.interrupt()
			}
			return n
		}
	}
}
