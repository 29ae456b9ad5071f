package policy

import (
	"context"
	"crypto/tls"
	"net/url"
	"time"
)

// Sender makes the requests that are policies' own. The one rule for addresses
// that people type holds for it.
type Sender interface {
	// Send makes a request and reads the answer whole. It returns ErrBodyTooLarge
	// for an answer that is longer than MaxAnswer, and context.DeadlineExceeded
	// when o.Timeout has passed.
	Send(ctx context.Context, o *Outgoing) (*Response, error)
	// SendLater makes a request whose answer nobody waits for. It fails when too
	// many of them are under way.
	SendLater(o *Outgoing) error
}

// MaxAnswer is the longest answer in bytes to a request of a policy's own.
const MaxAnswer = 32 << 20

// Outgoing is a request of a policy's own.
type Outgoing struct {
	Method      string
	URL         string
	Headers     Headers
	Body        []byte
	Timeout     time.Duration // until the answer's last byte
	Certificate ClientCertificate
	Proxy       *url.URL
}

// Certificates finds the client certificates of the instance.
type Certificates interface {
	// Certificate gives a certificate with its Leaf, or an error where there is none.
	Certificate(c ClientCertificate) (*tls.Certificate, error)
}

// WithoutQuery is what of a URL may be shown: keys stand in queries.
func WithoutQuery(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return "an address that is no URL"
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}
