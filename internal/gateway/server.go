package gateway

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"portico/internal/gateway/http1"
)

// ServerOptions are the limits of the gateway's listener; zero values are the defaults.
type ServerOptions struct {
	Limits             http1.Limits
	Times              http1.Times
	MaxConns           int
	MaxConnsPerAddress int
}

// Limits of HTTP/2.
const (
	maxStreams       = 250 // at once on a connection
	http2HeaderBytes = 64 << 10
	http2FrameBytes  = 16 << 10
	http2Idle        = 120 * time.Second
)

// Server takes the gateway's connections: those of HTTP/1.1 itself, those of
// HTTP/2 (by ALPN, or by the client's preface) with the standard stack.
type Server struct {
	*http1.Server
	http2 *http.Server
	conns *handed
	log   *slog.Logger
}

// NewServer makes the server of the gateway's listener.
func (g *Gateway) NewServer(o ServerOptions, log *slog.Logger) *Server {
	s := &Server{log: log, conns: &handed{conns: make(chan net.Conn), closed: make(chan struct{})}}
	s.Server = &http1.Server{Handler: engine{g}, Log: log, Limits: o.Limits, Times: o.Times, MaxConns: o.MaxConns, MaxConnsPerAddress: o.MaxConnsPerAddress, HTTP2: s.serveHTTP2}
	protocols := &http.Protocols{}
	protocols.SetUnencryptedHTTP2(true) // what comes here has had its TLS
	s.http2 = &http.Server{
		Handler: http.HandlerFunc(g.serveStream), Protocols: protocols, MaxHeaderBytes: http2HeaderBytes, IdleTimeout: http2Idle,
		HTTP2:    &http.HTTP2Config{MaxConcurrentStreams: maxStreams, MaxReadFrameSize: http2FrameBytes},
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			return context.WithValue(ctx, peerKey{}, c.(*guardedConn).peer)
		},
	}
	return s
}

// Serve accepts connections until ctx ends, then lets calls in flight finish for
// at most drain and closes what is left. config is nil without TLS. It returns
// nil after an orderly stop.
func (s *Server) Serve(ctx context.Context, l net.Listener, config *tls.Config, drain time.Duration) error {
	if config != nil {
		config = config.Clone()
		config.NextProtos = []string{"h2", "http/1.1"}
	}
	var standard sync.WaitGroup
	s.Stopping = func() {
		standard.Go(func() {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
			defer cancel()
			_ = s.http2.Shutdown(ctx) // what is left is closed below
		})
	}
	standard.Go(func() { _ = s.http2.Serve(s.conns) }) // it ends with the listener
	err := s.Server.Serve(ctx, l, config, drain)
	_ = s.http2.Close()
	standard.Wait()
	return err
}

// http2Peer is what a connection of HTTP/2 says of its client.
type http2Peer struct{ tls *tls.ConnectionState }

type peerKey struct{}

// serveStream answers a request of HTTP/2.
func (g *Gateway) serveStream(w http.ResponseWriter, r *http.Request) {
	if p, ok := r.Context().Value(peerKey{}).(*http2Peer); ok {
		r.TLS = p.tls
	}
	g.ServeHTTP(w, r)
}

// serveHTTP2 hands a connection over to the standard stack and waits for its end.
func (s *Server) serveHTTP2(ctx context.Context, c net.Conn) {
	g := &guardedConn{Conn: c, guard: newFrameGuard(time.Now()), ended: make(chan struct{}), peer: &http2Peer{}}
	if t, ok := c.(interface{ ConnectionState() tls.ConnectionState }); ok {
		state := t.ConnectionState()
		g.peer.tls = &state
	}
	select {
	case s.conns.conns <- g:
		<-g.ended
	case <-s.conns.closed:
	case <-ctx.Done():
	}
}

// handed is a listener for connections that others have accepted.
type handed struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (l *handed) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *handed) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *handed) Addr() net.Addr { return &net.TCPAddr{} }
