package policy

import "net/url"

// message says which message a policy changes. It is known when the policy is
// compiled: the request in inbound and backend, the response in outbound and
// on-error, and in a policy that puts a message together, that one.
type message uint8

const (
	theRequest message = iota
	theResponse
	theDraft
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

func targetIn(s Section) message {
	if s&(Inbound|Backend) != 0 {
		return theRequest
	}
	return theResponse
}

func (m message) headers(x *Exchange) *Headers {
	switch m {
	case theRequest:
		return &x.Request.Headers
	case theDraft:
		return &x.Draft.Headers
	}
	return &x.Response.Headers
}

func (m message) body(x *Exchange) *Body {
	switch m {
	case theRequest:
		return &x.Request.Body
	case theDraft:
		return &x.Draft.Body
	}
	return &x.Response.Body
}

// setBody gives the message another body. What it had is let go of.
func (m message) setBody(x *Exchange, b []byte) {
	body := m.body(x)
	_ = body.Close() // what is left of it is not read
	*body = BytesBody(b)
}

// MaxBuffered is the longest body in bytes that a policy reads into memory.
const MaxBuffered = 100 << 20

// bytes reads the message's body into memory, where it stays.
func (m message) bytes(x *Exchange) ([]byte, error) { return m.body(x).Bytes(MaxBuffered) }
