package server_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"portico/internal/blob/account"
	"portico/internal/blob/server"
)

// oneConn is a listener that accepts one connection.
type oneConn struct {
	conns chan net.Conn
	done  chan struct{}
}

func (l *oneConn) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}
func (l *oneConn) Close() error   { close(l.done); return nil }
func (l *oneConn) Addr() net.Addr { return &net.TCPAddr{} }

// connect serves an account over a connection in memory, on whose ends time is the test's. It gives the client's end.
func connect(t *testing.T) (*server.Server, net.Conn) {
	t.Helper()
	s, err := server.New(t.Context(), config(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.EnsureContainer(t.Context(), "data"); err != nil {
		t.Fatal(err)
	}
	client, conn := net.Pipe()
	l := &oneConn{conns: make(chan net.Conn, 1), done: make(chan struct{})}
	l.conns <- conn
	srv := &http.Server{Handler: s}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }()
	t.Cleanup(func() {
		if err := errors.Join(client.Close(), srv.Close()); err != nil {
			t.Error(err)
		}
		<-served
	})
	return s, client
}

func target(s *server.Server, permissions string) string {
	return "/" + s.AccountName() + "/data/b" + s.SignBlob("data", "b", permissions, time.Now().Add(time.Hour))
}

func TestStalledUpload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, client := connect(t)
		begun := time.Now()
		fmt.Fprintf(client, "PUT %s HTTP/1.1\r\nHost: h\r\nx-ms-blob-type: BlockBlob\r\nContent-Length: 100\r\n\r\nhalf", target(s, "w"))
		resp, err := http.ReadResponse(bufio.NewReader(client), nil)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != http.StatusRequestTimeout || !strings.Contains(string(body), "stalled") {
			t.Errorf("got %s %s, %v", resp.Status, body, err)
		}
		if waited := time.Since(begun); waited < time.Minute {
			t.Errorf("the client was given %s", waited)
		}
		if _, err := s.Stat(t.Context(), "data", "b"); err == nil {
			t.Error("the blob is there")
		}
	})
}

// A refused caller does not hold the connection by a body that never comes.
func TestStalledRefusal(t *testing.T) {
	for name, path := range map[string]func(*server.Server) string{
		"a stranger":             func(s *server.Server) string { return "/" + s.AccountName() + "/data/b" },
		"who may something else": func(s *server.Server) string { return target(s, "r") },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, client := connect(t)
				fmt.Fprintf(client, "PUT %s HTTP/1.1\r\nHost: h\r\nx-ms-blob-type: BlockBlob\r\nContent-Length: 100\r\n\r\nhalf", path(s))
				resp, err := http.ReadResponse(bufio.NewReader(client), nil)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode/100 != 4 {
					t.Errorf("got %s, %v", resp.Status, err)
				}
				if n, err := client.Read(make([]byte, 1)); err == nil {
					t.Errorf("the connection goes on: %d", n)
				}
			})
		})
	}
}

func TestStalledDownload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, client := connect(t)
		if _, err := s.PutBlob(t.Context(), "data", "b", io.LimitReader(zeros{}, 1<<20), &account.Properties{}, account.Anyway); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(client, "GET %s HTTP/1.1\r\nHost: h\r\n\r\n", target(s, "r"))
		resp, err := http.ReadResponse(bufio.NewReader(client), nil)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Minute) // the client takes nothing
		n, err := io.Copy(io.Discard, resp.Body)
		if err == nil || n == 1<<20 {
			t.Errorf("the connection of a client that stalled went on: %d bytes, %v", n, err)
		}
	})
}
