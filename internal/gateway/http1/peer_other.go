//go:build !linux

package http1

import "net"

// peerGone cannot look without reading: a client that went away is noticed when it is written to.
func peerGone(net.Conn) bool { return false }

// isQuiet cannot look without reading.
func isQuiet(uintptr) bool { return true }
