package policy

import "net/url"

// Message says which message a policy changes. It is known when the policy is
// compiled: the request in inbound and backend, the response in outbound and
// on-error, and in a policy that puts a message together, that one.
type Message uint8

// The messages.
const (
	TheRequest Message = iota
	TheResponse
	TheDraft
)

// Draft is a message that is put together: a response, or a request of a
// policy's own.
type Draft struct {
	Method  string
	URL     string
	Status  int
	Reason  string
	Headers Headers
	Body    Body
	// Of a request:
	Certificate ClientCertificate
	Proxy       *url.URL
}

func targetIn(s Section) Message {
	if s&(Inbound|Backend) != 0 {
		return TheRequest
	}
	return TheResponse
}

// Headers are the message's, to be changed.
func (m Message) Headers(x *Exchange) *Headers {
	switch m {
	case TheRequest:
		return &x.Request.Headers
	case TheDraft:
		return &x.Draft.Headers
	}
	return &x.Response.Headers
}

// Body is the message's, to be changed.
func (m Message) Body(x *Exchange) *Body {
	switch m {
	case TheRequest:
		return &x.Request.Body
	case TheDraft:
		return &x.Draft.Body
	}
	return &x.Response.Body
}

// SetBody gives the message another body. What it had is let go of.
func (m Message) SetBody(x *Exchange, b []byte) {
	body := m.Body(x)
	_ = body.Close() // what is left of it is not read
	*body = BytesBody(b)
}

// MaxBuffered is the longest body in bytes that a policy reads into memory.
const MaxBuffered = 100 << 20

// Bytes reads the message's body into memory, where it stays.
func (m Message) Bytes(x *Exchange) ([]byte, error) { return m.Body(x).Bytes(MaxBuffered) }
