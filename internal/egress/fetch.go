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
type Fetcher struct {
	client  *http.Client
	patient *http.Client // without a limit of time in all
}

// NewFetcher makes a Fetcher under a rule.
func NewFetcher(r Rule) *Fetcher {
	f := &Fetcher{client: NewClient(r)}
	patient := *f.client
	patient.Timeout = 0
	f.patient = &patient
	return f
}

// NewClient makes a client under a rule, which holds for redirects too. No
// proxy of the environment is asked: it would look names up past the rule.
func NewClient(r Rule) *http.Client {
	dialer := &net.Dialer{Timeout: connectTime, Control: r.Control}
	return &http.Client{
		Timeout:   fetchTime,
		Transport: &http.Transport{DialContext: dialer.DialContext, TLSHandshakeTimeout: connectTime, ResponseHeaderTimeout: fetchTime, DisableKeepAlives: true, ForceAttemptHTTP2: true},
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
		return fault.Coded(fault.Invalid, InvalidURL, "%q is not an absolute URL of http or https.", u.Redacted())
	}
	return nil
}

// Fetch gets what an address gives, at most limit bytes. The errors are for the
// user: fault.Invalid for an address that gives nothing, fault.Forbidden for one
// that may not be called, fault.TooLarge.
func (f *Fetcher) Fetch(ctx context.Context, address string, limit int64) ([]byte, error) {
	body, u, err := f.open(ctx, f.client, address)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	b, err := io.ReadAll(io.LimitReader(body, limit+1))
	if err != nil {
		return nil, broken(u, err)
	}
	if int64(len(b)) > limit {
		return nil, fault.New(fault.TooLarge, "What %s gives is larger than the limit of %d bytes.", u.Redacted(), limit)
	}
	return b, nil
}

func broken(u *url.URL, err error) error {
	return fault.Wrap(err, fault.Invalid, "The answer of %s ended before it was whole.", u.Redacted())
}

// InvalidURL is the code of the fault that tells of an address that is none.
const InvalidURL = "InvalidUri"

// Open opens what an address gives, however long it is: it ends where nothing comes
// for as long as a whole Fetch may take. Its errors, and those of reading, are Fetch's.
func (f *Fetcher) Open(ctx context.Context, address string) (io.ReadCloser, error) {
	ctx, cancel := context.WithCancel(ctx)
	body, u, err := f.open(ctx, f.patient, address)
	if err != nil {
		cancel()
		return nil, err
	}
	return &answer{body, u, time.AfterFunc(fetchTime, cancel)}, nil
}

// answer is a body that must go on coming, and whose errors are for the user.
type answer struct {
	io.ReadCloser
	from   *url.URL
	stalls *time.Timer
}

// Read implements io.Reader.
func (a *answer) Read(p []byte) (int, error) {
	n, err := a.ReadCloser.Read(p)
	a.stalls.Reset(fetchTime)
	if err != nil && !errors.Is(err, io.EOF) {
		err = broken(a.from, err)
	}
	return n, err
}

// Close implements io.Closer.
func (a *answer) Close() error {
	a.stalls.Reset(0) // frees what waits for the rest
	return a.ReadCloser.Close()
}

func (f *Fetcher) open(ctx context.Context, client *http.Client, address string) (io.ReadCloser, *url.URL, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, nil, fault.Coded(fault.Invalid, InvalidURL, "%q is not a URL.", address)
	}
	if err := checkAddress(u); err != nil {
		return nil, nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), http.NoBody)
	if err != nil {
		return nil, nil, fault.Coded(fault.Invalid, InvalidURL, "%q is not a URL.", address)
	}
	res, err := client.Do(req)
	if err != nil {
		if refused := fault.As(err); refused.Kind != fault.Internal {
			return nil, nil, fault.Wrap(err, refused.Kind, "The address %s cannot be read: %s.", u.Redacted(), refused.Message)
		}
		return nil, nil, fault.Wrap(err, fault.Invalid, "The address %s gives no answer.", u.Redacted())
	}
	if res.StatusCode != http.StatusOK {
		_ = res.Body.Close() // nothing was read of it
		return nil, nil, fault.New(fault.Invalid, "The address %s answers with status %d.", u.Redacted(), res.StatusCode)
	}
	return res.Body, u, nil
}
