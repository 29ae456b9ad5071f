package http1

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Client sends requests over connections that it keeps for each address. Dial
// is needed; zero limits and times are the defaults.
type Client struct {
	// Dial connects to an address, with TLS where the address asks for it.
	Dial   func(ctx context.Context, to Address) (net.Conn, error)
	Limits Limits
	Times  ClientTimes
	// MaxIdle and MaxConns bound the connections to one address: those that are
	// kept for later, and all. Who needs one too many waits.
	MaxIdle, MaxConns int

	closed atomic.Bool

	mu    sync.Mutex
	pools map[Address]*pool
	timer *time.Timer // of the next sweep; nil while nothing is kept
}

// Address is where connections go to.
type Address struct {
	TLS  bool
	Host string // with its port
}

// ClientTimes are how long a client waits.
type ClientTimes struct {
	Write time.Duration // for a server to take what is written at once
	Idle  time.Duration // between two pieces of an answer's body
	Keep  time.Duration // for which a connection is kept without use
	Age   time.Duration // after which a connection is not used again, so that changes of DNS are followed
}

// What zero values of a Client stand for.
var (
	DefaultClientLimits = Limits{Line: 16 << 10, Head: 256 << 10, Fields: 1000}
	DefaultClientTimes  = ClientTimes{Write: 60 * time.Second, Idle: 300 * time.Second, Keep: 90 * time.Second, Age: 300 * time.Second}
)

const (
	defaultMaxIdle  = 256
	defaultMaxConns = 2048
	// sweepEvery is how often connections that were kept too long are looked for.
	sweepEvery = 5 * time.Second
)

// ErrClosed says that the client was closed.
var ErrClosed = errors.New("http1: the client is closed")

// pool is what is connected to one address.
type pool struct {
	client  *Client
	address Address

	mu      sync.Mutex
	idle    []*ServerConn // the one used last at the end
	open    int           // connections, and those being made
	dropped bool          // the client knows it no more
	waiting []chan *ServerConn
}

// Get gives a connection to an address: one that is kept, unless fresh, or a new one,
// made until by. now is the time.
func (cl *Client) Get(ctx context.Context, to Address, fresh bool, now, by time.Time) (*ServerConn, error) {
	p, err := cl.pool(to)
	if err != nil {
		return nil, err
	}
	if !fresh {
		if c := p.kept(now); c != nil {
			c.begin(true, now)
			return c, nil
		}
	}
	ctx, cancel := context.WithDeadlineCause(ctx, by, ErrTimeout)
	defer cancel()
	c, err := p.room(ctx, fresh, now)
	switch {
	case err != nil:
		return nil, err
	case c != nil:
		c.begin(true, now)
		return c, nil
	}
	conn, err := cl.Dial(ctx, to)
	if err != nil {
		p.left()
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		return nil, err
	}
	c = newServerConn(p, conn)
	c.begin(false, now)
	return c, nil
}

func (cl *Client) pool(to Address) (*pool, error) {
	cl.mu.Lock()
	defer cl.mu.Unlock()
	if cl.closed.Load() {
		return nil, ErrClosed
	}
	p := cl.pools[to]
	if p == nil {
		if cl.pools == nil {
			cl.defaults()
		}
		p = &pool{client: cl, address: to}
		cl.pools[to] = p
		cl.sweepLater()
	}
	return p, nil
}

func (cl *Client) defaults() {
	cl.pools = map[Address]*pool{}
	if cl.Limits == (Limits{}) {
		cl.Limits = DefaultClientLimits
	}
	if cl.Times == (ClientTimes{}) {
		cl.Times = DefaultClientTimes
	}
	if cl.MaxIdle == 0 {
		cl.MaxIdle = defaultMaxIdle
	}
	if cl.MaxConns == 0 {
		cl.MaxConns = defaultMaxConns
	}
}

// take gives the connection that was used last, or nil.
func (p *pool) take() *ServerConn {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.idle)
	if n == 0 {
		return nil
	}
	c := p.idle[n-1]
	p.idle[n-1] = nil
	p.idle = p.idle[:n-1]
	return c
}

// kept gives a connection that can be used again, or nil.
func (p *pool) kept(now time.Time) *ServerConn {
	for {
		c := p.take()
		if c == nil || c.usable(now) {
			return c
		}
		c.discard()
	}
}

// room makes room for one more connection, or waits for one that another call gives back.
func (p *pool) room(ctx context.Context, fresh bool, now time.Time) (*ServerConn, error) {
	p.mu.Lock()
	for p.open >= p.client.MaxConns && len(p.idle) > 0 {
		p.mu.Unlock()
		switch c := p.take(); {
		case c == nil:
		case !fresh && c.usable(now):
			return c, nil
		default:
			c.discard()
		}
		p.mu.Lock()
	}
	if p.open < p.client.MaxConns {
		p.open++
		p.mu.Unlock()
		return nil, nil
	}
	turn := make(chan *ServerConn, 1)
	p.waiting = append(p.waiting, turn)
	p.mu.Unlock()
	select {
	case c := <-turn:
		return c, nil
	case <-ctx.Done():
	}
	p.mu.Lock()
	for i, w := range p.waiting {
		if w == turn {
			p.waiting = append(p.waiting[:i], p.waiting[i+1:]...)
			p.mu.Unlock()
			return nil, context.Cause(ctx)
		}
	}
	p.mu.Unlock()
	if c := <-turn; c != nil { // it came just now
		c.discard()
	} else {
		p.left()
	}
	return nil, context.Cause(ctx)
}

// left counts a connection that is gone; who waits may make another.
func (p *pool) left() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.waiting) > 0 {
		p.next(nil)
		return
	}
	p.open--
}

// next gives the first who waits a connection, or the room for one.
func (p *pool) next(c *ServerConn) {
	p.waiting[0] <- c
	p.waiting = p.waiting[1:]
}

// put takes a connection back.
func (p *pool) put(c *ServerConn) {
	p.mu.Lock()
	kept := true
	switch {
	case len(p.waiting) > 0:
		p.next(c)
	case !p.dropped && len(p.idle) < p.client.MaxIdle && !p.client.closed.Load():
		p.idle = append(p.idle, c)
	default:
		kept = false
	}
	p.mu.Unlock()
	if !kept {
		c.discard()
	}
}

// sweepLater has a sweep done in a while, unless one is to come. The client is locked.
func (cl *Client) sweepLater() {
	if cl.timer == nil && !cl.closed.Load() {
		cl.timer = time.AfterFunc(sweepEvery, cl.sweep)
	}
}

// sweep closes what was kept too long, and forgets addresses that nothing is connected to.
func (cl *Client) sweep() {
	cl.mu.Lock()
	cl.timer = nil
	now := time.Now()
	var old []*ServerConn
	for a, p := range cl.pools {
		p.mu.Lock()
		n := 0
		for n < len(p.idle) && now.Sub(p.idle[n].used) > cl.Times.Keep {
			n++
		}
		old = append(old, p.idle[:n]...)
		p.idle = append(p.idle[:0], p.idle[n:]...)
		if p.open == 0 && len(p.waiting) == 0 {
			p.dropped = true
			delete(cl.pools, a)
		}
		p.mu.Unlock()
	}
	if len(cl.pools) > 0 {
		cl.sweepLater()
	}
	cl.mu.Unlock()
	for _, c := range old {
		c.discard()
	}
}

// Open is the number of connections, used and kept.
func (cl *Client) Open() int {
	cl.mu.Lock()
	defer cl.mu.Unlock()
	n := 0
	for _, p := range cl.pools {
		p.mu.Lock()
		n += p.open
		p.mu.Unlock()
	}
	return n
}

// CloseIdle closes the connections that no call uses.
func (cl *Client) CloseIdle() {
	cl.mu.Lock()
	var all []*ServerConn
	for _, p := range cl.pools {
		p.mu.Lock()
		all = append(all, p.idle...)
		p.idle = nil
		p.mu.Unlock()
	}
	cl.mu.Unlock()
	for _, c := range all {
		c.discard()
	}
}

// Close closes what is kept; what calls still use is closed when they end.
func (cl *Client) Close() {
	cl.closed.Store(true)
	cl.mu.Lock()
	if cl.timer != nil {
		cl.timer.Stop()
	}
	cl.mu.Unlock()
	cl.CloseIdle()
}

// Reply is the body of an answer. Close ends its call.
type Reply struct{ conn *ServerConn }

// Read reads the body; see Body.
func (r *Reply) Read(p []byte) (int, error) {
	if r.conn == nil {
		return 0, io.ErrClosedPipe
	}
	n, err := r.conn.Body.Read(p)
	if err != nil && err != io.EOF {
		err = r.conn.because(err)
	}
	return n, err
}

// Trailers are the fields behind the body, once it was read.
func (r *Reply) Trailers() []Field {
	if r.conn == nil {
		return nil
	}
	return r.conn.Body.Trailers()
}

// Close ends the call and gives its connection back. It may be called again.
func (r *Reply) Close() error {
	if c := r.conn; c != nil {
		r.conn = nil
		c.finish()
	}
	return nil
}
