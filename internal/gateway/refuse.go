package gateway

import (
	"bytes"
	"fmt"
	"net"
	"strconv"
)

// Refusing makes the refusals that net/http writes by itself, before it calls
// any handler (a request line or header that it cannot read, a head that is too
// long), errors in the gateway's own form. It works for plain connections: with
// TLS, and HTTP/2, net/http's own text is sent.
func Refusing(l net.Listener) net.Listener { return refusingListener{l} }

type refusingListener struct{ net.Listener }

func (l refusingListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if tcp, ok := c.(*net.TCPConn); ok && err == nil {
		return &refusingConn{tcp}, nil
	}
	return c, err
}

type refusingConn struct{ *net.TCPConn }

// refusalHead is what stands between the status and the text of net/http's
// refusals, and in no response of a handler: those have a date.
var refusalHead = []byte("\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n")

// Write sends p, unless it is a refusal: then it sends the same status with a body in the gateway's form.
func (c *refusingConn) Write(p []byte) (int, error) {
	const version, longest = "HTTP/1.1 ", 256
	line, text, found := bytes.Cut(p[:min(len(p), 2*longest)], refusalHead)
	if !found || len(line) > longest || len(line) < len(version)+3 || string(line[:len(version)]) != version {
		return c.TCPConn.Write(p)
	}
	status, err := strconv.Atoi(string(line[len(version) : len(version)+3]))
	if err != nil {
		return c.TCPConn.Write(p)
	}
	message := string(bytes.TrimLeft(text, "0123456789 "))
	if message == "Bad Request" {
		message = "The request is not valid HTTP: its request line, a header, or an escape in its path cannot be read."
	}
	body := appendJSON([]byte(`{ "statusCode": `+strconv.Itoa(status)+`, "message": `), message)
	body = append(body, " }"...)
	out := fmt.Appendf(nil, "%s\r\nContent-Type: application/json\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", line, len(body), body)
	if _, err := c.TCPConn.Write(out); err != nil {
		return 0, err
	}
	return len(p), nil
}
