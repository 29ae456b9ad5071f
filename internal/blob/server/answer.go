package server

import (
	"bytes"
	"encoding/xml"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"portico/internal/fault"
)

// timeFormat is RFC 9110's, which net/http writes for UTC only.
const timeFormat = http.TimeFormat

// maxDrain is how much of a refused body is read, so that a client that sends
// before it listens gets its answer instead of a broken connection.
const maxDrain = 64 << 20

// statusOf gives the status of a fault: by its code where its kind has another, else by its kind.
func statusOf(f *fault.Error) int {
	switch f.Code {
	case "InvalidRange":
		return http.StatusRequestedRangeNotSatisfiable
	case "MissingContentLengthHeader":
		return http.StatusLengthRequired
	case "UnsupportedHttpVerb":
		return http.StatusMethodNotAllowed
	case "OperationTimedOut":
		return http.StatusRequestTimeout
	}
	switch f.Kind {
	case fault.Invalid, fault.Unsupported, fault.Cancelled:
		return http.StatusBadRequest
	case fault.Unauthorized:
		return http.StatusUnauthorized
	case fault.Forbidden:
		return http.StatusForbidden
	case fault.NotFound:
		return http.StatusNotFound
	case fault.Conflict:
		return http.StatusConflict
	case fault.StaleETag:
		return http.StatusPreconditionFailed
	case fault.TooLarge:
		return http.StatusRequestEntityTooLarge
	case fault.NotModified:
		return http.StatusNotModified
	case fault.Throttled, fault.Unavailable:
		return http.StatusServiceUnavailable
	case fault.StorageFailed:
		return http.StatusInsufficientStorage
	}
	return http.StatusInternalServerError
}

// codeOf gives the code of a fault that came without one of this wire's.
func codeOf(f *fault.Error) string {
	if f.Code != "" {
		return f.Code
	}
	switch f.Kind {
	case fault.Invalid, fault.Unsupported, fault.TooLarge:
		return "InvalidInput"
	case fault.NotFound:
		return "ResourceNotFound"
	case fault.Cancelled:
		return "IncompleteBody"
	case fault.Throttled, fault.Unavailable:
		return "ServerBusy"
	case fault.StorageFailed:
		return "InsufficientStorage"
	}
	return "InternalError"
}

// fail answers with an error, or ends the connection of an answer that was begun.
func (c *call) fail(err error) {
	f := fault.As(err)
	if f.Kind == fault.Internal && c.r.Context().Err() != nil {
		f = fault.Wrap(err, fault.Cancelled, "The client went away.")
	}
	status := statusOf(f)
	if status >= http.StatusInternalServerError {
		c.server.log.Error("a storage call failed", "request", c.id, "method", c.r.Method, "container", c.target.container, "blob", c.target.blob, "error", err)
	}
	if c.answered { // net/http closes the connection of an answer that is too short
		return
	}
	c.drain()
	h := c.w.Header()
	code := codeOf(f)
	set(h, "x-ms-error-code", code)
	if status == http.StatusUnauthorized {
		set(h, "WWW-Authenticate", "SharedKey")
	}
	if status == http.StatusNotModified || c.r.Method == http.MethodHead {
		c.status(status)
		return
	}
	message := f.Message
	if message == "" {
		message = "The server encountered an internal error. Please retry the request."
	}
	var b bytes.Buffer
	b.WriteString(xml.Header + "<Error>")
	element(&b, "Code", code)
	element(&b, "Message", message+"\nRequestId:"+c.id+"\nTime:"+time.Now().UTC().Format("2006-01-02T15:04:05.0000000Z"))
	for _, p := range f.Problems {
		element(&b, p.Target, p.Message)
	}
	b.WriteString("</Error>")
	c.answer(status, b.Bytes())
}

// element writes <name>text</name>.
func element(b *bytes.Buffer, name, text string) {
	b.WriteString("<" + name + ">")
	_ = xml.EscapeText(b, []byte(text)) // a bytes.Buffer takes everything
	b.WriteString("</" + name + ">")
}

// drain reads what is left of a known caller's body. A client that asked first
// whether to send was told by the answer.
func (c *call) drain() {
	if c.authenticated && (c.body.begun || !strings.EqualFold(c.r.Header.Get("Expect"), "100-continue")) {
		_, _ = io.CopyN(io.Discard, c.body, maxDrain)
	}
	if c.body.err == nil { // net/http reads a little more
		_ = c.body.control.SetReadDeadline(time.Now().Add(c.body.stall))
	}
}

// status sends an answer without a body.
func (c *call) status(status int) {
	c.answered = true
	c.w.WriteHeader(status)
}

// answer sends XML.
func (c *call) answer(status int, document []byte) {
	set(c.w.Header(), "Content-Type", "application/xml")
	set(c.w.Header(), "Content-Length", strconv.Itoa(len(document)))
	c.status(status)
	_, _ = c.w.Write(document) // the client may be gone
}

// answerXML sends a value as XML.
func (c *call) answerXML(status int, v any) error {
	document, err := xml.Marshal(v)
	if err != nil {
		return err
	}
	c.answer(status, append([]byte(xml.Header), document...))
	return nil
}
