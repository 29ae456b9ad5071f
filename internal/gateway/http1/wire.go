package http1

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"
)

const (
	// bufferSize is what a connection reads at once, and writes at once.
	bufferSize = 16 << 10
	// textChunk is how much memory for texts is taken at once.
	textChunk = 32 << 10
	// slack is how much earlier than its time a deadline may be set, so that it need not be moved for each call.
	slack = 5 * time.Second
)

// ErrInterrupted is what reads and writes of an interrupted connection fail with.
var ErrInterrupted = errors.New("http1: the connection was interrupted")

// texts gives memory for strings. A chunk is filled from its beginning to its
// end and never written again, whoever still holds a string of it.
type texts struct{ free []byte }

// keep makes a string of b.
func (t *texts) keep(b []byte) string {
	if len(b) > len(t.free) {
		if len(b) > textChunk/4 {
			return string(b)
		}
		t.free = make([]byte, textChunk)
	}
	n := copy(t.free, b)
	s := unsafe.String(unsafe.SliceData(t.free), n)
	t.free = t.free[n:]
	return s
}

// buffer is what a busy connection holds.
type buffer struct {
	data  []byte
	texts texts
}

var buffers = sync.Pool{New: func() any { return &buffer{data: make([]byte, bufferSize)} }}

// wire is a connection with what was read from it and not used yet.
type wire struct {
	net.Conn
	buffer *buffer // nil while the connection is idle
	r, w   int     // what of the buffer's data is unread

	asker           asker     // the connection, where it can write and wait in one
	request         []byte    // is written before the next read
	asked           int       // bytes of it that went out
	readBy, writeBy time.Time // the deadlines that are set; zero for none
	wrote           time.Time // when something was written last
	interrupted     atomic.Bool
	stopped         atomic.Bool // reads were interrupted
}

// newWire is a wire on a connection.
func newWire(c net.Conn) wire {
	c = plain(c)
	a, _ := c.(asker)
	return wire{Conn: c, asker: a}
}

// asker writes a request and waits for what comes; see socket.
type asker interface {
	ask(request, p []byte) (sent, n int, err error)
}

// take gives the wire a buffer.
func (w *wire) take() {
	if w.buffer == nil {
		w.buffer = buffers.Get().(*buffer)
		w.r, w.w = 0, 0
	}
}

// release gives the buffer back. Nothing may be left in it.
func (w *wire) release() {
	b := w.buffer
	if b == nil {
		return
	}
	w.buffer, w.r, w.w = nil, 0, 0
	if len(b.data) == bufferSize { // one that grew for a long head goes
		buffers.Put(b)
	}
}

// unread is what was read and not used.
func (w *wire) unread() []byte { return w.buffer.data[w.r:w.w] }

// fill reads more behind what is unread, until by. It makes room first, up to most bytes in all.
func (w *wire) fill(by time.Time, most int) error {
	if w.r == w.w {
		w.r, w.w = 0, 0
	}
	if w.w == len(w.buffer.data) && w.r > 0 {
		w.w = copy(w.buffer.data, w.unread())
		w.r = 0
	}
	if w.w == len(w.buffer.data) {
		grown := make([]byte, min(2*len(w.buffer.data), most))
		w.w = copy(grown, w.unread())
		w.r, w.buffer.data = 0, grown
	}
	n, err := w.read(w.buffer.data[w.w:], by)
	w.w += n
	if n > 0 {
		return nil
	}
	return err
}

// read reads from the connection itself, until by.
func (w *wire) read(p []byte, by time.Time) (int, error) {
	for {
		if early := by.Add(-slack); w.readBy.After(by) || w.readBy.Before(early) {
			w.readBy = by
			if err := w.SetReadDeadline(by); err != nil {
				return 0, err
			}
			if w.interrupted.Load() || w.stopped.Load() { // it may have come just before
				_ = w.SetReadDeadline(past)
			}
		}
		n, err := w.ask(p)
		switch {
		case n > 0:
			return n, nil
		case err == nil:
			return 0, io.ErrNoProgress
		case !errors.Is(err, os.ErrDeadlineExceeded):
			return 0, err
		case w.interrupted.Load() || w.stopped.Load():
			return 0, ErrInterrupted
		case !time.Now().Before(by):
			return 0, os.ErrDeadlineExceeded
		}
		w.readBy = time.Time{} // the deadline was early: set it again
	}
}

// ask reads, and before that writes what is to be asked.
func (w *wire) ask(p []byte) (int, error) {
	if w.request == nil {
		return w.Conn.Read(p)
	}
	sent, n, err := w.asker.ask(w.request, p)
	w.asked += sent
	if w.request = w.request[sent:]; len(w.request) > 0 {
		if err != nil {
			if sent == 0 && errors.Is(err, os.ErrDeadlineExceeded) {
				return 0, err // the deadline was early: nothing has happened yet
			}
			return 0, writeError{err}
		}
		more, err := w.write(w.request, DefaultClientTimes.Write) // it did not fit into the socket's buffer
		w.asked += more
		if err != nil {
			return 0, writeError{err}
		}
		w.request = nil
		return w.Conn.Read(p)
	}
	w.request = nil
	return n, err
}

// write writes all of p within a time, or a little less. It tells how much went out.
func (w *wire) write(p []byte, within time.Duration) (int, error) {
	now := time.Now()
	w.wrote = now
	if by := now.Add(within); w.writeBy.After(by) || w.writeBy.Before(by.Add(-min(slack, within/4))) {
		w.writeBy = by
		if err := w.SetWriteDeadline(by); err != nil {
			return 0, err
		}
	}
	if w.interrupted.Load() {
		return 0, ErrInterrupted
	}
	n, err := w.Conn.Write(p)
	if err != nil && w.interrupted.Load() {
		err = ErrInterrupted
	}
	return n, err
}

// past is a deadline that ends what waits.
var past = time.Unix(1, 0)

// interrupt ends reads and writes that wait, and those to come. Any goroutine may call it.
func (w *wire) interrupt() {
	w.interrupted.Store(true)
	_ = w.SetDeadline(past)
}

// interruptReads does that to reads only.
func (w *wire) interruptReads() {
	w.stopped.Store(true)
	_ = w.SetReadDeadline(past)
}

// readHead reads up to the end of a head and gives its text.
func (w *wire) readHead(l *Limits, by time.Time) (string, error) {
	var s scan
	for {
		end, err := s.find(w.unread(), l)
		if err != nil {
			return "", err
		}
		if end > 0 {
			text := w.buffer.texts.keep(w.unread()[s.skip:end])
			w.r += end
			return text, nil
		}
		if err := w.fill(by, l.Head+bufferSize); err != nil {
			if err == io.EOF && w.w > w.r {
				err = io.ErrUnexpectedEOF
			}
			return "", err
		}
	}
}
