package egress

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"portico/internal/fault"
)

// Times that a fetch may take.
const (
	connectTime = 10 * time.Second
	fetchTime   = 30 * time.Second
)

// maxRedirects is how often a server may send a fetch on.
const maxRedirects = 5

// Fetcher reads documents from addresses that people type.
type Fetcher struct{ client *http.Client }

// NewFetcher makes a Fetcher under a rule.
func NewFetcher(r Rule) *Fetcher { return &Fetcher{NewClient(r)} }

// NewClient makes a client under a rule, which holds for redirects too. No
// proxy of the environment is asked: it would look names up past the rule.
func NewClient(r Rule) *http.Client {
	dialer := &net.Dialer{Timeout: connectTime, Control: r.Control}
	return &http.Client{
		Timeout:   fetchTime,
		Transport: &http.Transport{DialContext: dialer.DialContext, TLSHandshakeTimeout: connectTime, DisableKeepAlives: true, ForceAttemptHTTP2: true},
		CheckRedirect: func(next *http.Request, via []*http.Request) error {
			if len(via) > maxRedirects {
				return errors.New("too many redirects")
			}
			return checkAddress(next.URL)
		},
	}
}

func checkAddress(u *url.URL) error {
	if u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return fault.New(fault.Invalid, "%q is not an absolute URL of http or https.", u.Redacted())
	}
	return nil
}

// Fetch gets what an address gives, at most limit bytes. The errors are for the
// user: fault.Invalid for an address that gives nothing, fault.Forbidden for one
// that may not be called, fault.TooLarge.
func (f *Fetcher) Fetch(ctx context.Context, address string, limit int64) ([]byte, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, fault.New(fault.Invalid, "%q is not a URL.", address)
	}
	if err := checkAddress(u); err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), http.NoBody)
	if err != nil {
		return nil, fault.New(fault.Invalid, "%q is not a URL.", address)
	}
	res, err := f.client.Do(req)
	if err != nil {
		if refused := fault.As(err); refused.Kind != fault.Internal {
			return nil, fault.Wrap(err, refused.Kind, "The address %s cannot be read: %s.", u.Redacted(), refused.Message)
		}
		return nil, fault.Wrap(err, fault.Invalid, "The address %s gives no answer.", u.Redacted())
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fault.New(fault.Invalid, "The address %s answers with status %d.", u.Redacted(), res.StatusCode)
	}
	b, err := io.ReadAll(io.LimitReader(res.Body, limit+1))
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "The answer of %s ended before it was whole.", u.Redacted())
	}
	if int64(len(b)) > limit {
		return nil, fault.New(fault.TooLarge, "What %s gives is larger than the limit of %d bytes.", u.Redacted(), limit)
	}
	return b, nil
}
