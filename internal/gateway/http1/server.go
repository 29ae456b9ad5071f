package http1

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// Handler answers requests.
type Handler interface {
	// Serve answers the request that c holds: Begin, Field, End, then the body and
	// Finish. A request that it leaves without an answer ends the connection.
	Serve(c *Conn)
	// Refuse answers a head that was not taken; c has a Request only in part. The
	// connection ends behind it.
	Refuse(c *Conn, r *Refusal)
}

// Server serves the connections of listeners. Handler and Log are needed;
// zero limits and times are the defaults.
type Server struct {
	Handler Handler
	Log     *slog.Logger
	Limits  Limits
	Times   Times
	// MaxConns and MaxConnsPerAddress bound the connections, in all and of one
	// peer's address; 0 is no bound. One too many is closed at once.
	MaxConns           int
	MaxConnsPerAddress int
	// HTTP2 serves a connection that speaks HTTP/2, chosen by ALPN or by the
	// client's preface; nil where it is not offered. It returns when the
	// connection has ended.
	HTTP2 func(ctx context.Context, c net.Conn)
	// Stopping is called when a stop begins; nil for nothing.
	Stopping func()

	clock    clock
	draining atomic.Bool

	mu        sync.Mutex
	conns     map[*Conn]struct{}
	addresses map[netip.Addr]int
	accepted  int64
	rejected  int64
	serving   sync.WaitGroup
}

// Times are how long a server waits.
type Times struct {
	Handshake time.Duration // for TLS
	Head      time.Duration // for a head, from its first byte
	Idle      time.Duration // for the next request
	Write     time.Duration // for a client to take what is written at once
	Body      Pace
	Linger    time.Duration // for a client to read the answer before its connection ends
}

// What zero values of a Server stand for.
var (
	DefaultLimits = Limits{Line: 16 << 10, Head: 64 << 10, Fields: 200}
	DefaultTimes  = Times{Handshake: 10 * time.Second, Head: 10 * time.Second, Idle: 120 * time.Second, Write: 30 * time.Second,
		Body: Pace{Idle: 30 * time.Second, Grace: 20 * time.Second, Rate: 240}, Linger: 2 * time.Second}
)

const (
	// watchEvery is how often clients of pending calls are looked after.
	watchEvery = 250 * time.Millisecond
	// lastCall is how long a stop waits for a request that is on its way on an idle connection.
	lastCall = time.Second
	// acceptPause is how long accepting pauses when there is no room for a connection.
	acceptPause = 20 * time.Millisecond
)

// Serve accepts connections until ctx ends, then lets calls in flight finish
// for at most drain and closes what is left. config is nil without TLS. It
// returns nil after an orderly stop. A server serves once.
func (s *Server) Serve(ctx context.Context, l net.Listener, config *tls.Config, drain time.Duration) error {
	s.mu.Lock()
	s.conns, s.addresses = map[*Conn]struct{}{}, map[netip.Addr]int{}
	s.mu.Unlock()
	if s.Limits == (Limits{}) {
		s.Limits = DefaultLimits
	}
	if s.Times == (Times{}) {
		s.Times = DefaultTimes
	}
	calls, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	done := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() { s.watch(done) })
	stop := context.AfterFunc(ctx, func() { stopAccepting(l) })
	err := s.accept(ctx, calls, l, config)
	stop()
	_ = l.Close()
	if ctx.Err() != nil {
		err = nil
	}
	s.drain(drain)
	cut()
	s.closeAll()
	s.serving.Wait()
	close(done)
	watching.Wait()
	return err
}

// stopAccepting lets connections that the system has accepted already be taken
// over, then ends accepting.
func stopAccepting(l net.Listener) {
	if d, ok := l.(interface{ SetDeadline(time.Time) error }); ok && d.SetDeadline(time.Now().Add(acceptPause)) == nil {
		return
	}
	_ = l.Close()
}

func (s *Server) accept(ctx, calls context.Context, l net.Listener, config *tls.Config) error {
	for {
		c, err := l.Accept()
		if err != nil {
			if ctx.Err() != nil || errors.Is(err, net.ErrClosed) {
				return err
			}
			s.Log.Warn("a connection could not be accepted", "error", err)
			time.Sleep(acceptPause) // most often there are no file descriptors left
			continue
		}
		address := addressOf(c)
		if !s.enter(address) {
			_ = c.Close()
			continue
		}
		conn := newConn(s, calls, c, config, address)
		s.mu.Lock()
		s.conns[conn] = struct{}{}
		s.mu.Unlock()
		s.serving.Go(func() { conn.serve() })
	}
}

func addressOf(c net.Conn) netip.Addr {
	if tcp, ok := c.RemoteAddr().(*net.TCPAddr); ok {
		return tcp.AddrPort().Addr().Unmap()
	}
	return netip.Addr{}
}

// enter counts a connection, unless there are too many.
func (s *Server) enter(a netip.Addr) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.MaxConns > 0 && len(s.conns) >= s.MaxConns || s.MaxConnsPerAddress > 0 && s.addresses[a] >= s.MaxConnsPerAddress {
		s.rejected++
		return false
	}
	s.accepted++
	s.addresses[a]++
	return true
}

func (s *Server) leave(c *Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
	if s.addresses[c.address]--; s.addresses[c.address] <= 0 {
		delete(s.addresses, c.address)
	}
}

// Counts are the connections that are open, and those that were accepted and
// turned away since the start.
func (s *Server) Counts() (open, accepted, rejected int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return int64(len(s.conns)), s.accepted, s.rejected
}

// each calls fn for every connection that is open.
func (s *Server) each(fn func(*Conn)) {
	s.mu.Lock()
	all := make([]*Conn, 0, len(s.conns))
	for c := range s.conns {
		all = append(all, c)
	}
	s.mu.Unlock()
	for _, c := range all {
		fn(c)
	}
}

// watch ends the calls whose client has gone, until done.
func (s *Server) watch(done <-chan struct{}) {
	ticker := time.NewTicker(watchEvery)
	defer ticker.Stop()
	for {
		select {
		case <-done:
			return
		case now := <-ticker.C:
			s.each(func(c *Conn) { c.lookAfter(now) })
		}
	}
}

// drain waits until every call has been answered, at most that long. A request
// that comes on an idle connection within lastCall is still answered, as its
// client could not know; then the connection is closed.
func (s *Server) drain(longest time.Duration) {
	s.draining.Store(true)
	if s.Stopping != nil {
		s.Stopping()
	}
	idle := time.Now().Add(min(lastCall, longest))
	end := time.Now().Add(longest)
	ticker := time.NewTicker(acceptPause)
	defer ticker.Stop()
	for now := range ticker.C {
		left := 0
		s.each(func(c *Conn) {
			if !now.Before(idle) && c.phase.Load() == phaseIdle {
				c.interrupt()
			}
			left++
		})
		if left == 0 {
			return
		}
		if !now.Before(end) {
			s.Log.Warn("calls still in flight after the drain time were cut", "connections", left, "drain", longest)
			return
		}
	}
}

func (s *Server) closeAll() {
	s.each(func(c *Conn) {
		c.gone()
		c.interrupt()
		_ = c.Close()
	})
}
