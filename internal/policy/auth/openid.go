package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lestrrat-go/jwx/v3/jwk"

	"portico/internal/policy"
)

// How long OpenID metadata is used (apim.md 2.4), and when it is asked for again.
const (
	metadataFresh   = time.Hour
	metadataRefetch = 5 * time.Minute // at least between two requests because of an unknown key
	metadataRetry   = 10 * time.Second
	metadataStale   = 24 * time.Hour // while the provider cannot be reached
	metadataTimeout = 10 * time.Second
	maxMetadata     = 1 << 20 // bytes of a document
	maxProviders    = 1000
)

// openID is what an OpenID provider says of itself.
type openID struct {
	issuer string
	keys   []signingKey
	loaded time.Time
}

// Providers knows the OpenID providers that documents name. Its providers are shared by
// all documents and outlive their changes.
type Providers struct {
	mu        sync.Mutex
	providers map[string]*provider
}

// provider keeps the metadata of one address.
type provider struct {
	services      *policy.Services
	address, host string
	current       atomic.Pointer[openID]
	turn          chan struct{} // who holds its one token asks the provider
	asked         time.Time     // guarded by turn
	failed        error         // likewise
}

func (o *Providers) provider(s *policy.Services, address, host string) *provider {
	o.mu.Lock()
	defer o.mu.Unlock()
	key := address + "\x00" + host
	p := o.providers[key]
	if p == nil {
		p = &provider{services: s, address: address, host: host, turn: make(chan struct{}, 1)}
		if o.providers == nil || len(o.providers) >= maxProviders {
			o.providers = map[string]*provider{}
		}
		o.providers[key] = p
	}
	return p
}

// metadata gives what the provider says. unknown is nil, or metadata in which a
// key was not found: then the provider is asked again, unless it was lately.
func (p *provider) metadata(ctx context.Context, unknown *openID) (*openID, error) {
	now := p.services.Now()
	if m := p.current.Load(); m != nil && m != unknown && now.Sub(m.loaded) < metadataFresh {
		return m, nil
	}
	select {
	case p.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-p.turn }()
	m := p.current.Load()
	wait := metadataRetry
	if m != nil && now.Sub(m.loaded) < metadataFresh {
		if m != unknown {
			return m, nil // another call has asked meanwhile
		}
		wait = metadataRefetch
	}
	if p.asked.IsZero() || now.Sub(p.asked) >= wait {
		p.asked = now
		next, err := p.load(ctx)
		if p.failed = err; err == nil {
			next.loaded = now
			p.current.Store(next)
			return next, nil
		}
		if ctx.Err() != nil {
			p.asked = time.Time{} // it was this call that ended
		}
	}
	if m != nil && now.Sub(m.loaded) < metadataStale {
		return m, nil
	}
	return nil, p.failed
}

func (p *provider) load(ctx context.Context) (*openID, error) {
	var about struct {
		Issuer  string `json:"issuer"`
		JWKSURI string `json:"jwks_uri"`
	}
	raw, err := p.get(ctx, p.address, p.host)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(raw, &about); err != nil || about.JWKSURI == "" {
		return nil, fmt.Errorf("%s is no OpenID configuration: it has no jwks_uri", p.address)
	}
	if raw, err = p.get(ctx, about.JWKSURI, ""); err != nil {
		return nil, err
	}
	keys, err := readKeySet(raw)
	if err != nil {
		return nil, fmt.Errorf("%s is no key set: %w", about.JWKSURI, err)
	}
	return &openID{issuer: about.Issuer, keys: keys}, nil
}

func (p *provider) get(ctx context.Context, address, host string) ([]byte, error) {
	if p.services.Sender == nil {
		return nil, errors.New("no requests are made here")
	}
	o := &policy.Outgoing{Method: "GET", URL: address, Timeout: metadataTimeout, Headers: policy.Headers{{Name: "Accept", Value: "application/json"}}}
	if host != "" {
		o.Headers.Add("Host", host)
	}
	res, err := p.services.Sender.Send(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", address, err)
	}
	body, _ := res.Body.InMemory()
	switch {
	case res.Status != 200:
		return nil, fmt.Errorf("read %s: the answer has the status %d", address, res.Status)
	case len(body) > maxMetadata:
		return nil, fmt.Errorf("read %s: %w", address, policy.ErrBodyTooLarge)
	}
	return body, nil
}

// readKeySet reads a JWK set. Keys that are of no known kind are left out.
func readKeySet(raw []byte) ([]signingKey, error) {
	set, err := jwk.Parse(raw, jwk.WithIgnoreParseError(true))
	if err != nil {
		return nil, err
	}
	var keys []signingKey
	for i := range set.Len() {
		k, ok := set.Key(i)
		if !ok {
			continue
		}
		public, err := k.PublicKey()
		if err != nil {
			continue
		}
		var own any
		if jwk.Export(public, &own) != nil {
			continue
		}
		key := signingKey{key: own}
		key.id, _ = k.KeyID()
		key.thumbprint, _ = k.X509CertThumbprint()
		keys = append(keys, key)
	}
	return keys, nil
}
