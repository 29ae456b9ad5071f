// Package listen opens the product's listeners, gives them their certificates,
// serves them, and drains them when the process stops.
package listen

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"time"

	"portico/internal/fault"
)

// Spec says where one listener listens and what certificate it shows.
type Spec struct {
	Name string
	Addr string
	// CertFiles and KeyFiles are PEM files of equal number, reloaded when they
	// change. The certificate is chosen by the host that the client asks for.
	CertFiles []string
	KeyFiles  []string
	Hosts     []string
	// Socket is the number of an open socket to listen on instead of Addr; 0 is none.
	Socket int
	// ClientCertificates has clients asked for a certificate. None is needed, and
	// any is taken: who looks at it decides.
	ClientCertificates bool
}

// Listener accepts connections.
type Listener struct {
	Spec
	net  net.Listener
	tls  *tls.Config // nil without TLS
	http *http.Server
}

// Limits of every listener's HTTP server.
const (
	maxHeaderBytes    = 64 << 10
	readHeaderTimeout = 10 * time.Second
	idleTimeout       = 120 * time.Second
)

// Open opens all listeners or none; its error names every one that could not be opened.
func Open(specs []Spec, authority *Authority) ([]*Listener, error) {
	problems := fault.New(fault.Unavailable, "Portico cannot listen")
	var opened []*Listener
	for _, s := range specs {
		l, err := open(s, authority)
		if err != nil {
			problems.With("", s.Name+"-addr", "%s", err)
			continue
		}
		opened = append(opened, l)
	}
	if err := problems.OrNil(); err != nil {
		for _, l := range opened {
			err = errors.Join(err, l.net.Close())
		}
		return nil, err
	}
	return opened, nil
}

func open(s Spec, authority *Authority) (*Listener, error) {
	l := &Listener{Spec: s}
	switch {
	case len(s.CertFiles) > 0:
		pairs, err := newFilePairs(s.CertFiles, s.KeyFiles)
		if err != nil {
			return nil, err
		}
		l.tls = tlsConfig(pairs.get)
	case authority != nil:
		l.tls = tlsConfig(authority.certificates(append([]string{hostOf(s.Addr)}, s.Hosts...)))
	}
	if l.tls != nil && s.ClientCertificates {
		l.tls.ClientAuth = tls.RequestClientCert
	}
	if s.Socket > 0 {
		ln, err := inherited(s)
		if err != nil {
			return nil, err
		}
		l.net = ln
		return l, nil
	}
	ln, err := net.Listen("tcp", s.Addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("%s is taken by another program: stop it, or choose another address with --%s-addr", s.Addr, s.Name)
	}
	if err != nil {
		return nil, err
	}
	l.net = ln
	return l, nil
}

// inherited takes over a socket that whoever started the process has opened.
func inherited(s Spec) (net.Listener, error) {
	f := os.NewFile(uintptr(s.Socket), s.Name)
	ln, err := net.FileListener(f)
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("the socket %d that was handed over for the %s listener cannot be used: %w", s.Socket, s.Name, err)
	}
	return ln, nil
}

func tlsConfig(get func(*tls.ClientHelloInfo) (*tls.Certificate, error)) *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: get}
}

// TLS tells whether the listener speaks TLS.
func (l *Listener) TLS() bool { return l.tls != nil }

// Address is the address that it listens on, with the port that was picked.
func (l *Listener) Address() string { return l.net.Addr().String() }

// URL is the address as a client types it: the first configured host, else the
// listening one ("localhost" for a wildcard), without a trailing slash.
func (l *Listener) URL() string {
	host, port, _ := net.SplitHostPort(l.Address())
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	scheme, standard := "http", "80"
	if l.TLS() {
		scheme, standard = "https", "443"
	}
	if len(l.Hosts) > 0 {
		host = l.Hosts[0]
	}
	if port == standard {
		if strings.Contains(host, ":") {
			host = "[" + host + "]"
		}
		return scheme + "://" + host
	}
	return scheme + "://" + net.JoinHostPort(host, port)
}

// Serve answers with h until ctx ends, then lets calls in flight finish for at
// most drain and closes what is left. It returns nil after an orderly stop.
func (l *Listener) Serve(ctx context.Context, h http.Handler, drain time.Duration, log *slog.Logger) error {
	l.http = &http.Server{
		Handler: h, MaxHeaderBytes: maxHeaderBytes, ReadHeaderTimeout: readHeaderTimeout, IdleTimeout: idleTimeout,
		ErrorLog: slog.NewLogLogger(log.With("listener", l.Name).Handler(), slog.LevelDebug), TLSConfig: l.tls,
	}
	served := make(chan error, 1)
	go func() {
		if l.tls != nil {
			served <- l.http.ServeTLS(l.net, "", "")
			return
		}
		served <- l.http.Serve(l.net)
	}()
	select {
	case err := <-served:
		return fmt.Errorf("the %s listener stopped: %w", l.Name, err)
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
	defer cancel()
	err := l.http.Shutdown(stop)
	if errors.Is(err, context.DeadlineExceeded) {
		log.Warn("calls still in flight after the drain time were cut", "listener", l.Name, "drain", drain)
		err = l.http.Close()
	}
	<-served
	return err
}

// Server takes the connections of a listener until ctx ends, then lets calls in
// flight finish for at most drain; config is nil without TLS.
type Server interface {
	Serve(ctx context.Context, l net.Listener, config *tls.Config, drain time.Duration) error
}

// ServeWith has a server of another kind than net/http's serve the listener.
func (l *Listener) ServeWith(ctx context.Context, s Server, drain time.Duration) error {
	err := s.Serve(ctx, l.net, l.tls, drain)
	if err != nil {
		return fmt.Errorf("the %s listener stopped: %w", l.Name, err)
	}
	return nil
}

// Close closes a listener that was not served; after Serve it does nothing.
func (l *Listener) Close() error {
	if err := l.net.Close(); !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

func hostOf(addr string) string {
	host, _, _ := net.SplitHostPort(addr)
	return host
}
