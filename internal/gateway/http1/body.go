package http1

import (
	"bytes"
	"errors"
	"io"
	"os"
	"sync/atomic"
	"time"
)

// Body reads the body of a message. It is framed by a length, by chunks, or by
// the end of the connection.
type Body struct {
	wire   *wire
	pace   Pace
	kind   bodyKind
	left   int64 // bytes of the body, or of the chunk
	begun  time.Time
	before func() error // called once before the first read from the connection; nil for nothing

	err      error
	ended    atomic.Bool // err is io.EOF
	shared   atomic.Bool // a goroutine other than the call's reads
	count    atomic.Int64
	overhead int // bytes of chunk lines beyond what small chunks need
	trailers []Field
	limits   *Limits
}

type bodyKind uint8

const (
	noBody bodyKind = iota
	byLength
	byChunks     // the line of a chunk is next
	inChunk      // left bytes of a chunk are next
	afterChunk   // the end of a chunk's line is next
	byConnection // up to the end of the connection
)

// Pace says how slow a body may come.
type Pace struct {
	Idle  time.Duration // longest without a byte
	Grace time.Duration // from when on Rate counts
	Rate  int64         // least bytes a second on average, after Grace; 0 for none
}

// reset begins a body of a length, -1 for a chunked one.
func (b *Body) reset(w *wire, length int64, pace Pace, l *Limits) {
	b.wire, b.pace, b.limits, b.before = w, pace, l, nil
	b.err, b.overhead, b.trailers, b.left = nil, 0, b.trailers[:0], 0
	b.count.Store(0)
	b.ended.Store(length == 0)
	b.shared.Store(false)
	b.begun = time.Time{}
	switch {
	case length > 0:
		b.kind, b.left = byLength, length
	case length == 0:
		b.kind, b.err = noBody, io.EOF
	case length == untilClose:
		b.kind = byConnection
	default:
		b.kind = byChunks
	}
}

// Count is the number of bytes of the body that were read. Any goroutine may ask.
func (b *Body) Count() int64 { return b.count.Load() }

// Ended tells whether the body was read to its end. Any goroutine may ask.
func (b *Body) Ended() bool { return b.ended.Load() }

// Share tells whether a goroutine other than the call's reads the body from here on.
func (b *Body) Share(yes bool) { b.shared.Store(yes) }

// Interrupt ends a read that waits, and those to come. Any goroutine may call it.
func (b *Body) Interrupt() { b.wire.interruptReads() }

// Trailers are the fields behind a chunked body. They are there once Read has returned io.EOF.
func (b *Body) Trailers() []Field { return b.trailers }

// Ready tells whether the rest of the body can be read without waiting for the peer.
func (b *Body) Ready() bool {
	return b.err != nil || b.kind == byLength && b.left <= int64(b.wire.w-b.wire.r)
}

// Prefetch waits until the rest of a body of at most most bytes can be read
// without waiting. It does nothing for a longer one, or one without a length.
func (b *Body) Prefetch(most int) error {
	if b.err != nil || b.kind != byLength || b.left > int64(min(most, bufferSize)) {
		return nil
	}
	for !b.Ready() {
		if err := b.fill(); err != nil {
			return err
		}
	}
	return nil
}

// Read reads what is there, or waits for more.
func (b *Body) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	n, err := b.read(p)
	if err != nil {
		b.err = err
		b.ended.Store(err == io.EOF)
	}
	return n, err
}

func (b *Body) read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for b.kind == byChunks || b.kind == afterChunk {
		if err := b.nextChunk(); err != nil {
			return 0, err
		}
	}
	if b.kind != byConnection && int64(len(p)) > b.left {
		p = p[:b.left]
	}
	n, err := b.data(p)
	b.count.Add(int64(n))
	if err != nil || b.kind == byConnection {
		return n, err
	}
	if b.left -= int64(n); b.left == 0 {
		if b.kind == byLength {
			return n, io.EOF
		}
		b.kind = afterChunk
		if b.lastChunkIsThere() {
			return n, b.nextChunk()
		}
	}
	return n, nil
}

// data reads bytes of the body: what was read before, then from the connection.
func (b *Body) data(p []byte) (int, error) {
	w := b.wire
	if w.r < w.w {
		n := copy(p, w.unread())
		w.r += n
		return n, nil
	}
	if len(p) < bufferSize {
		if err := b.fill(); err != nil {
			return 0, b.cut(err)
		}
		n := copy(p, w.unread())
		w.r += n
		return n, nil
	}
	by, err := b.by()
	if err != nil {
		return 0, err
	}
	n, err := w.read(p, by) // a large piece: no copy
	if n > 0 {
		return n, nil
	}
	return 0, b.cut(slow(err))
}

func slow(err error) error {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return ErrSlow
	}
	return err
}

// cut is the error of a body whose bytes stopped.
func (b *Body) cut(err error) error {
	if err == io.EOF && b.kind != byConnection {
		return io.ErrUnexpectedEOF
	}
	return err
}

// ErrSlow says that a body came too slowly.
var ErrSlow = errors.New("http1: the body came too slowly")

// fill reads more of the message into the buffer.
func (b *Body) fill() error {
	by, err := b.by()
	if err != nil {
		return err
	}
	return slow(b.wire.fill(by, b.limits.Head+bufferSize))
}

// by is when the next bytes must be there.
func (b *Body) by() (time.Time, error) {
	if fn := b.before; fn != nil {
		b.before = nil
		if err := fn(); err != nil {
			return time.Time{}, err
		}
	}
	now := time.Now()
	by := now.Add(b.pace.Idle)
	if b.pace.Rate > 0 {
		if b.begun.IsZero() {
			b.begun = now
		}
		due := b.begun.Add(b.pace.Grace + time.Duration(float64(b.count.Load())/float64(b.pace.Rate)*float64(time.Second)))
		if due.Before(by) {
			by = due
		}
	}
	return by, nil
}

// maxOverhead bounds the bytes of chunk extensions in one body, in all.
const maxOverhead = 16 << 10

// maxChunkLine bounds the line of a chunk in bytes.
const maxChunkLine = 1 << 10

// lastChunkIsThere tells whether the end of the body was read already, so that
// the end can be told with the last bytes.
func (b *Body) lastChunkIsThere() bool {
	return bytes.HasPrefix(b.wire.unread(), []byte("\r\n0\r\n\r\n"))
}

// nextChunk reads the line of a chunk (RFC 9112, 7.1), and behind the last one the
// trailer section. At the end of the body it returns io.EOF.
func (b *Body) nextChunk() error {
	if b.kind == afterChunk {
		line, err := b.line(0)
		if err != nil {
			return err
		}
		if len(line) != 0 {
			return refuse(400, "A chunk of the body is longer than its size says.")
		}
		b.kind = byChunks
	}
	line, err := b.line(maxChunkLine)
	if err != nil {
		return err
	}
	if err := b.chunkSize(line); err != nil {
		return err
	}
	if b.left > 0 {
		b.kind = inChunk
		return nil
	}
	if err := b.readTrailers(); err != nil {
		return err
	}
	return io.EOF
}

// line reads a line that ends with CR and LF, of at most most bytes. What it gives
// is good until the next read.
func (b *Body) line(most int) ([]byte, error) {
	w := b.wire
	for {
		have := w.unread()
		i := bytes.IndexByte(have[:min(len(have), most+2)], '\n')
		switch {
		case i == 0 || i > 0 && have[i-1] != '\r':
			return nil, refuse(400, "A line of the chunked body ends with a line feed alone.")
		case i > 0:
			w.r += i + 1
			return have[:i-1], nil
		case len(have) >= most+2:
			return nil, refuse(400, "A line of the chunked body is longer than %d bytes.", most)
		}
		if err := b.fill(); err != nil {
			return nil, b.cut(err)
		}
	}
}

// maxSizeDigits keeps a chunk's size far from what a number can hold.
const maxSizeDigits = 15

// chunkSize reads the size, and passes over extensions (RFC 9112, 7.1.1).
func (b *Body) chunkSize(line []byte) error {
	size, i := int64(0), 0
	for ; i < len(line) && classes[line[i]]&hexByte != 0; i++ {
		if i == maxSizeDigits {
			return refuse(400, "The size of a chunk has more than %d digits.", maxSizeDigits)
		}
		d := line[i] | 0x20
		if d >= 'a' {
			d -= 'a' - 10 - '0'
		}
		size = size<<4 | int64(d-'0')
	}
	if i == 0 {
		return refuse(400, "A chunk of the body has no size.")
	}
	extension := bytes.TrimLeft(line[i:], " \t")
	if len(extension) == 0 && i < len(line) || len(extension) > 0 && extension[0] != ';' {
		return refuse(400, "Behind the size of a chunk stands something that is no extension.")
	}
	for _, c := range extension {
		if classes[c]&valueByte == 0 {
			return refuse(400, "The extension of a chunk holds the byte 0x%02X.", c)
		}
	}
	if b.overhead += len(line) - i; b.overhead > maxOverhead {
		return refuse(400, "The extensions of the body's chunks are longer than %d bytes.", maxOverhead)
	}
	b.left = size
	return nil
}

// forbidden are the fields that no trailer may carry: they say where a message
// ends, where it goes and who sent it (RFC 9110, 6.5.1).
var forbidden = []string{"transfer-encoding", "content-length", "host", "connection", "trailer", "te", "upgrade", "expect", "authorization", "content-encoding", "content-type", "content-range", "cookie", "set-cookie"}

func (b *Body) readTrailers() error {
	size := 0
	for {
		line, err := b.line(min(b.limits.Head, bufferSize/2))
		if err != nil {
			return err
		}
		if len(line) == 0 {
			return nil
		}
		if size += len(line); size > b.limits.Head || len(b.trailers) >= b.limits.Fields {
			return refuse(431, "The trailer section is longer than %d bytes or %d lines.", b.limits.Head, b.limits.Fields)
		}
		name, value, err := cutField(b.wire.buffer.texts.keep(line))
		if err != nil {
			return err
		}
		for _, f := range forbidden {
			if fold(name, f) {
				return refuse(400, "The trailer section holds %s, which belongs into the head.", name)
			}
		}
		b.trailers = append(b.trailers, Field{name, value})
	}
}
