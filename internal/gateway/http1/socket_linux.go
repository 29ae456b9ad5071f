package http1

import (
	"io"
	"net"
	"os"
	"syscall"
	"unsafe"
)

// socket reads and writes a TCP connection with as few system calls as can be:
// an answer is waited for before it is read, where reading at once would only
// tell to try again. It is for one reader and one writer at a time.
type socket struct {
	*net.TCPConn
	raw syscall.RawConn
	in  transfer
	out transfer
}

// transfer is one read or write under way.
type transfer struct {
	run     func(fd uintptr) bool
	p       []byte
	n       int
	err     error
	request []byte // to be written before the read waits
	sent    int    // bytes of it that went out
}

// plain gives the best way to use a connection.
func plain(c net.Conn) net.Conn {
	tcp, ok := c.(*net.TCPConn)
	if !ok {
		return c
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return c
	}
	s := &socket{TCPConn: tcp, raw: raw}
	s.in.run, s.out.run = s.receive, s.send
	return s
}

// Read reads what is there, or waits for more.
func (s *socket) Read(p []byte) (int, error) {
	_, n, err := s.ask(nil, p)
	return n, err
}

// ask writes a request, and reads what comes after that. Where not all of the request
// went out, nothing is read.
//
// The write is done when the poller has been told that somebody reads: an answer
// cannot slip in between.
func (s *socket) ask(request, p []byte) (sent, n int, err error) {
	t := &s.in
	t.p, t.n, t.err, t.request, t.sent = p, 0, nil, request, 0
	if err = s.raw.Read(t.run); err == nil {
		err = t.err
	}
	if err == nil && t.n == 0 && len(p) > 0 && t.sent == len(request) {
		err = io.EOF
	}
	t.p, t.request = nil, nil
	return t.sent, t.n, err
}

// receive is one attempt to read; false has it made again when there is something.
func (s *socket) receive(fd uintptr) bool {
	t := &s.in
	if len(t.request) > 0 {
		var e syscall.Errno
		t.sent, e = write(fd, t.request)
		whole := t.sent == len(t.request)
		t.request = nil
		if e != 0 && e != syscall.EAGAIN {
			t.err = s.failed("write", e)
			return true
		}
		return !whole
	}
	for {
		n, _, e := syscall.RawSyscall(syscall.SYS_READ, fd, uintptr(unsafe.Pointer(unsafe.SliceData(t.p))), uintptr(len(t.p)))
		switch e {
		case 0:
			t.n = int(n)
		case syscall.EAGAIN:
			return false
		case syscall.EINTR:
			continue
		default:
			t.err = s.failed("read", e)
		}
		return true
	}
}

func (s *socket) failed(op string, e syscall.Errno) error {
	return &net.OpError{Op: op, Net: "tcp", Source: s.LocalAddr(), Addr: s.RemoteAddr(), Err: os.NewSyscallError(op, e)}
}

// write writes once.
func write(fd uintptr, p []byte) (int, syscall.Errno) {
	for {
		n, _, e := syscall.RawSyscall(syscall.SYS_WRITE, fd, uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)))
		switch e {
		case 0:
			return int(n), 0
		case syscall.EINTR:
		default:
			return 0, e
		}
	}
}

// Write writes all of p.
func (s *socket) Write(p []byte) (int, error) {
	t := &s.out
	t.p, t.n, t.err = p, 0, nil
	err := s.raw.Write(t.run)
	if err == nil {
		err = t.err
	}
	t.p = nil
	return t.n, err
}

// send is one attempt to write; false has it made again when there is room.
func (s *socket) send(fd uintptr) bool {
	t := &s.out
	for t.n < len(t.p) {
		n, e := write(fd, t.p[t.n:])
		t.n += n
		if e == syscall.EAGAIN {
			return false
		}
		if e != 0 {
			t.err = s.failed("write", e)
			return true
		}
	}
	return true
}
