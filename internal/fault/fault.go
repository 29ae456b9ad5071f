// Package fault is the one error type that crosses a room's wall: a kind that
// every wire maps to its own status, a code and a message for the user, and
// the problems of single fields. Internals travel in the wrapped error, which
// is logged and never sent to a client.
package fault

import (
	"errors"
	"fmt"
)

// Kind says what sort of failure an Error is. Each wire maps kinds to statuses in one place.
type Kind uint8

// The kinds, from the caller's fault to ours.
const (
	Internal     Kind = iota // ours: logged, shown as a bare "internal error"
	Invalid                  // the request is malformed or breaks a rule
	Unauthorized             // who is calling is not known
	Forbidden                // who is calling is known and may not
	NotFound
	Conflict      // something of that name exists, or the state forbids it
	StaleETag     // If-Match named another version
	TooLarge      // over a limit that the message names
	Unsupported   // understood, and not offered here
	Throttled     // over a rate; try again later
	Unavailable   // ours or a dependency's, for the moment
	Cancelled     // the caller went away or asked to stop
	NotModified   // nothing had to change
	StorageFailed // disk full or not writable: nothing was changed
	NotAllowed    // there is no such method here, or the thing is built in and stays as it is
)

// Problem is one field's part of an Error.
type Problem struct {
	Code    string // the wire's detail code, such as "ValidationError"
	Target  string // the field, in the wire's own name
	Message string
}

// Error is a failure as a user may see it. Err is for the log only.
type Error struct {
	Kind     Kind
	Code     string // the wire's code; a wire chooses one by kind where it is empty
	Message  string // what happened, where, and what to do
	Problems []Problem
	Err      error
}

func (e *Error) Error() string {
	s := e.Message
	if s == "" {
		s = "internal error"
	}
	for _, p := range e.Problems {
		s += "; " + p.Target + ": " + p.Message
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// New makes an Error of that kind; the text is for the user.
func New(k Kind, format string, args ...any) *Error {
	return &Error{Kind: k, Message: fmt.Sprintf(format, args...)}
}

// Coded is New with the wire's own code.
func Coded(k Kind, code, format string, args ...any) *Error {
	return &Error{Kind: k, Code: code, Message: fmt.Sprintf(format, args...)}
}

// Wrap keeps err as the cause of a failure that the user sees as the text.
func Wrap(err error, k Kind, format string, args ...any) *Error {
	return &Error{Kind: k, Message: fmt.Sprintf(format, args...), Err: err}
}

// With adds a field's problem and returns e.
func (e *Error) With(code, target, format string, args ...any) *Error {
	e.Problems = append(e.Problems, Problem{Code: code, Target: target, Message: fmt.Sprintf(format, args...)})
	return e
}

// OrNil gives nil where no problem was added, so that a validator can collect into one Error.
func (e *Error) OrNil() error {
	if len(e.Problems) == 0 {
		return nil
	}
	return e
}

// As gives the Error in err's chain, or an Internal one around err.
func As(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return &Error{Kind: Internal, Err: err}
}

// Is tells whether err's chain holds an Error of that kind.
func Is(err error, k Kind) bool {
	var e *Error
	return errors.As(err, &e) && e.Kind == k
}
