package http1

import (
	"net"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// TestMain fails when a test leaves a goroutine behind.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// noConn is a connection on which nothing more comes.
type noConn struct{ net.Conn }

func (noConn) Read([]byte) (int, error)         { return 0, net.ErrClosed }
func (noConn) SetReadDeadline(time.Time) error  { return nil }
func (noConn) SetWriteDeadline(time.Time) error { return nil }
func (noConn) SetDeadline(time.Time) error      { return nil }
func (noConn) Close() error                     { return nil }
