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
	"strings"
	"syscall"
	"time"

	"portico/internal/fault"
)

// Spec says where one listener listens and what certificate it shows.
type Spec struct {
	Name     string
	Addr     string
	CertFile string // with KeyFile: PEM files, reloaded when they change
	KeyFile  string
	Hosts    []string
	// ClientCertificates has clients asked for a certificate, where there is TLS.
	// None is needed, and nothing of it is checked here.
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
	case s.CertFile != "":
		pair, err := newFilePair(s.CertFile, s.KeyFile)
		if err != nil {
			return nil, err
		}
		l.tls = tlsConfig(pair.get)
	case authority != nil:
		l.tls = tlsConfig(authority.certificates(append([]string{hostOf(s.Addr)}, s.Hosts...)))
	}
	if l.tls != nil && s.ClientCertificates {
		l.tls.ClientAuth = tls.RequestClientCert
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

func tlsConfig(get func(*tls.ClientHelloInfo) (*tls.Certificate, error)) *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: get}
}

// Wrap puts fn around the connections that a plain listener accepts; with TLS
// it does nothing. Call it before Serve.
func (l *Listener) Wrap(fn func(net.Listener) net.Listener) {
	if !l.TLS() {
		l.net = fn(l.net)
	}
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
