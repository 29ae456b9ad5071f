package policy

import (
	"errors"
	"fmt"

	"portico/internal/policy/document"
)

// ErrBodyTooLarge says that a body is longer than may be held in memory.
var ErrBodyTooLarge = errors.New("the body is larger than the limit")

// Error stops a pipeline: what the client gets, and what on-error sections may
// read (apim.md 2.3: Source, Reason, Message, Scope, Section, Path, PolicyId).
type Error struct {
	Status   int     // 0 keeps the response that the exchange has
	Message  string  // of the JSON body that the client gets; "" is the bare text of a 500
	Headers  Headers // added to the answer
	Detail   string  // LastError.Message where it is not Message
	Source   string  // the policy's element name, or the station's
	Reason   string  // such as "RateLimitExceeded"
	Scope    string  // global, product, api or operation
	Section  string  // inbound, backend, outbound or on-error
	Path     string  // such as "choose[3]/when[2]"
	PolicyID string
	Document string         // the path of the policy document, for the log
	Place    document.Place // in Document
	Err      error          // for the log
}

// LastMessage is LastError.Message: what happened, for on-error sections and the log.
func (e *Error) LastMessage() string {
	switch {
	case e.Detail != "":
		return e.Detail
	case e.Message != "":
		return e.Message
	case e.Err != nil:
		return e.Err.Error()
	}
	return "Internal server error"
}

// Error is the text for the log.
func (e *Error) Error() string {
	s := e.LastMessage()
	if e.Source != "" {
		s = e.Source + ": " + s
	}
	if e.Document != "" {
		s += fmt.Sprintf(" (%s, line %d, column %d)", e.Document, e.Place.Line, e.Place.Column)
	}
	if e.Err != nil && (e.Detail != "" || e.Message != "") {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }
