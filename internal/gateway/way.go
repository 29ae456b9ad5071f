package gateway

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"sync"
)

// way is how connections to backends are made; backends that share one share
// its connections.
type way struct {
	thumbprint        string // of the client certificate; "" is none
	anyChain, anyName bool   // what of the backend's certificate is not checked
}

// maxWays bounds the connection pools that are kept; beyond it the one that was
// made first goes.
const maxWays = 256

// ways keeps a connection pool for each way that is in use.
type ways struct {
	config Config
	plain  *httpBackend // of the zero way

	mu    sync.Mutex
	other map[way]*httpBackend
	order []way
}

func newWays(c Config) *ways {
	return &ways{config: c, plain: newHTTPBackend(c, way{}, nil), other: map[way]*httpBackend{}}
}

// get gives the connection pool of a way whose client certificate is pair.
func (w *ways) get(to way, pair *tls.Certificate) *httpBackend {
	if to == (way{}) {
		return w.plain
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	h := w.other[to]
	if h == nil {
		if len(w.order) >= maxWays {
			w.other[w.order[0]].close()
			delete(w.other, w.order[0])
			w.order = w.order[1:]
		}
		h = newHTTPBackend(w.config, to, pair)
		w.other[to] = h
		w.order = append(w.order, to)
	}
	return h
}

// Reconnect has new connections made to every backend: those that no call uses
// are closed, the others when their call ends its stay in the pool.
func (g *Gateway) Reconnect() { g.backends.close() }

func (w *ways) close() {
	w.plain.close()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, h := range w.other {
		h.close()
	}
}

// tlsConfig is the client side's TLS of a way. The name to check is host, or
// where that is "" the one that the connection asked for.
func (w way) tlsConfig(c Config, pair *tls.Certificate, host string) *tls.Config {
	t := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: c.Roots, ServerName: host}
	if pair != nil {
		t.Certificates = []tls.Certificate{*pair}
	}
	if !w.anyChain && !w.anyName {
		return t
	}
	// The standard check is all or nothing: switch it off and do the part that is asked for.
	t.InsecureSkipVerify = true
	t.VerifyConnection = func(s tls.ConnectionState) error {
		if len(s.PeerCertificates) == 0 {
			return errors.New("the backend has no certificate")
		}
		leaf := s.PeerCertificates[0]
		if !w.anyName {
			return leaf.VerifyHostname(cmp.Or(host, s.ServerName))
		}
		if !w.anyChain {
			o := x509.VerifyOptions{Roots: c.Roots, Intermediates: x509.NewCertPool()}
			for _, ca := range s.PeerCertificates[1:] {
				o.Intermediates.AddCert(ca)
			}
			_, err := leaf.Verify(o)
			return err
		}
		return nil
	}
	return t
}

// dialTLS makes connections whose checks need the host's name: crypto/tls does
// not tell it where the host is an address.
func (w way) dialTLS(c Config, pair *tls.Certificate, dialer *net.Dialer, protocols ...string) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		plain, err := dialer.DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		ctx, cancel := context.WithTimeout(ctx, connectTimeout)
		defer cancel()
		config := w.tlsConfig(c, pair, host)
		config.NextProtos = protocols
		conn := tls.Client(plain, config)
		if err := conn.HandshakeContext(ctx); err != nil {
			_ = plain.Close()
			return nil, err
		}
		return conn, nil
	}
}
