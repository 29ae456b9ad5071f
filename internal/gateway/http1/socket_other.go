//go:build !linux

package http1

import "net"

// plain gives the best way to use a connection.
func plain(c net.Conn) net.Conn { return c }
