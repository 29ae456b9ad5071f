package policy

import "errors"

// ErrBodyTooLarge says that a body is longer than may be held in memory.
var ErrBodyTooLarge = errors.New("the body is larger than the limit")

// Error stops a pipeline: what the client gets, and what on-error sections may
// read (apim.md 2.3: Source, Reason, Message, Scope, Section, Path, PolicyId).
type Error struct {
	Status   int
	Message  string // of the JSON body that the client gets
	Headers  Headers
	Source   string // the policy's element name
	Reason   string // such as "RateLimitExceeded"
	Scope    string // global, product, api or operation
	Section  string // inbound, backend or outbound
	Path     string // such as "choose[3]/when[2]"
	PolicyID string
	Err      error // for the log
}

func (e *Error) Error() string {
	s := e.Message
	if e.Source != "" {
		s = e.Source + ": " + s
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }
