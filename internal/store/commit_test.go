package store_test

import (
	"bytes"
	"context"
	"net"
	"net/url"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"portico/internal/fault"
	"portico/internal/record"
	"portico/internal/store"
	"portico/internal/store/postgrestest"
)

// TestLostCommit cuts the connection on either side of a commit. A change that
// was made succeeds and is told to subscribers, one that was not is refused.
func TestLostCommit(t *testing.T) {
	p := startProxy(t, postgrestest.Database(t))
	s, err := store.Open(context.Background(), store.Options{Database: p.url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	ctx := context.Background()
	noticed := 0
	s.Subscribe(func([]record.Applied) { noticed++ })
	for name, c := range map[string]struct {
		cut  int32
		kept bool
	}{"/apis/answer-lost": {cutAnswer, true}, "/apis/commit-lost": {cutCommit, false}, "/apis/undisturbed": {cutNothing, true}} {
		noticed = 0
		p.cut.Store(c.cut)
		_, err := s.Records().Apply(ctx, record.PutOf(name, 1, "-"))
		if p.cut.Load() != cutNothing {
			t.Errorf("%s: the connection was not cut", name)
		}
		_, found := s.Records().Get(ctx, name)
		if c.kept && (err != nil || found != nil || noticed != 1) {
			t.Errorf("%s: got %v, %v, %d notices; want the change made", name, err, found, noticed)
		}
		if !c.kept && (!fault.Is(err, fault.Unavailable) || !fault.Is(found, fault.NotFound) || noticed != 0) {
			t.Errorf("%s: got %v, %v, %d notices; want no change", name, err, found, noticed)
		}
	}
}

// What a proxy does at the next commit.
const (
	cutNothing int32 = iota
	cutCommit        // the server does not see it
	cutAnswer        // the client does not see that it was made
)

// proxy stands between a store and its server.
type proxy struct {
	url    string
	socket string
	cut    atomic.Int32
}

func startProxy(t *testing.T, database string) *proxy {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	p := &proxy{socket: filepath.Join(q.Get("host"), ".s.PGSQL.5432")}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	q.Del("host")
	q.Set("sslmode", "disable")
	u.Host, u.RawQuery = l.Addr().String(), q.Encode()
	p.url = u.String()
	var connections sync.WaitGroup
	connections.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			connections.Go(func() { p.pass(client) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close() // it ends the loop
		connections.Wait()
	})
	return p
}

// pass copies both ways until one side ends, or a commit is cut.
func (p *proxy) pass(client net.Conn) {
	defer func() { _ = client.Close() }()
	server, err := net.Dial("unix", p.socket)
	if err != nil {
		return
	}
	defer func() { _ = server.Close() }()
	var drop atomic.Bool // of the answers
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		buf := make([]byte, 64<<10)
		for {
			n, err := server.Read(buf)
			if err != nil || drop.Load() {
				_ = client.Close()
				return
			}
			if _, err := client.Write(buf[:n]); err != nil {
				return
			}
		}
	}()
	buf := make([]byte, 64<<10)
	for {
		n, err := client.Read(buf)
		if err != nil {
			break
		}
		if bytes.Contains(buf[:n], []byte("commit")) {
			cut := p.cut.Swap(cutNothing)
			if cut == cutCommit {
				break
			}
			drop.Store(cut == cutAnswer)
		}
		if _, err := server.Write(buf[:n]); err != nil {
			break
		}
	}
	if !drop.Load() {
		_ = server.Close()
	}
	<-answered
}
