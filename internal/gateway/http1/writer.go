package http1

import (
	"bytes"
	"errors"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"
)

// errBadHead says that a header to be written holds a line break: it would
// begin another header, or another message.
var errBadHead = errors.New("http1: a header to be sent holds a line break or a NUL")

// head puts together the head of a message.
type head struct {
	b     []byte
	lines int
}

// reset begins a head in memory that may be used.
func (h *head) reset(memory []byte) { h.b, h.lines = memory[:0], 0 }

func (h *head) line(s string) {
	h.b = append(append(h.b, s...), "\r\n"...)
	h.lines++
}

func (h *head) field(name, value string) {
	h.b = append(h.b, name...)
	h.b = append(h.b, ": "...)
	h.b = append(h.b, value...)
	h.b = append(h.b, "\r\n"...)
	h.lines++
}

func (h *head) contentLength(n int64) {
	h.b = append(h.b, "Content-Length: "...)
	h.b = strconv.AppendInt(h.b, n, 10)
	h.b = append(h.b, "\r\n"...)
	h.lines++
}

// end writes the empty line. Whatever the texts held, there are as many line
// ends as lines.
func (h *head) end() error {
	h.b = append(h.b, "\r\n"...)
	h.lines++
	if bytes.Count(h.b, []byte{'\n'}) != h.lines || bytes.Count(h.b, []byte{'\r'}) != h.lines || bytes.IndexByte(h.b, 0) >= 0 {
		return errBadHead
	}
	return nil
}

// statusLines are the lines of the statuses that have a standard reason.
var statusLines = func() (lines [600]string) {
	for status := range lines {
		if text := http.StatusText(status); text != "" {
			lines[status] = "HTTP/1.1 " + strconv.Itoa(status) + " " + text
		}
	}
	return lines
}()

// status writes the status line; reason "" is the standard one.
func (h *head) status(status int, reason string) {
	if reason == "" && status < len(statusLines) && statusLines[status] != "" {
		h.line(statusLines[status])
		return
	}
	h.b = append(h.b, "HTTP/1.1 "...)
	h.b = strconv.AppendInt(h.b, int64(status), 10)
	h.b = append(append(h.b, ' '), reason...)
	h.b = append(h.b, "\r\n"...)
	h.lines++
}

// clock gives the text of the Date header, made once a second.
type clock struct{ now atomic.Pointer[dated] }

type dated struct {
	second int64
	text   string
}

func (c *clock) date(now time.Time) string {
	d := c.now.Load()
	if s := now.Unix(); d == nil || d.second != s {
		d = &dated{second: s, text: now.UTC().Format(http.TimeFormat)}
		c.now.Store(d)
	}
	return d.text
}

// A chunk's size takes as many digits as the most that is written at once needs.
const chunkHead = len("00004000\r\n")

// putChunkHead writes a size before the n bytes that stand behind it.
func putChunkHead(b []byte, n int) {
	const hex = "0123456789abcdef"
	for i := range 8 {
		b[i] = hex[n>>(28-4*i)&15]
	}
	b[8], b[9] = '\r', '\n'
}

// appendTrailers writes the last chunk and the fields behind it.
func appendTrailers(b []byte, trailers []Field) ([]byte, error) {
	b = append(b, "0\r\n"...)
	h := head{b: b[len(b):]}
	for _, t := range trailers {
		h.field(t.Name, t.Value)
	}
	err := h.end()
	return append(b, h.b...), err
}
