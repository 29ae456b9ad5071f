package main

import (
	"context"
	"io"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"time"

	"portico/internal/gateway/http1"
)

// upstream answers GET with as many bytes as the path says ("/500"), and POST with
// what it got. It is as light as can be, so that what is measured is in front of it.
type upstream struct{ bytes []byte }

func serveUpstream(ctx context.Context, address string) error {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	u := &upstream{bytes: []byte(strings.Repeat(`{"name":"value"},`, 1<<20/16+1))}
	return (&http1.Server{Handler: u, Log: slog.New(slog.DiscardHandler)}).Serve(ctx, l, nil, time.Second)
}

// Serve answers one request.
func (u *upstream) Serve(c *http1.Conn) {
	c.Begin(200, "")
	c.Field("Content-Type", "application/json")
	if c.Request.Method == "POST" {
		c.Field("X-Seen-Consumer", header(c, "X-Consumer"))
		if c.End(c.Request.Length, false) == nil && c.Stream(&c.Body, false, 8<<10) == nil {
			_ = c.Finish(nil)
		}
		return
	}
	size := 500
	path := c.Request.Target
	if n, err := strconv.Atoi(path[strings.LastIndexByte(path, '/')+1:]); err == nil {
		size = min(n, len(u.bytes))
	}
	c.Field("X-Seen", path+" "+header(c, "X-Consumer"))
	if c.End(int64(size), false) != nil {
		return
	}
	if _, err := c.Write(u.bytes[:size]); err == nil {
		_ = c.Finish(nil)
	}
}

// Refuse answers what is no request.
func (u *upstream) Refuse(c *http1.Conn, r *http1.Refusal) {
	c.Begin(r.Status, "")
	if c.End(int64(len(r.Message)), false) == nil {
		_, _ = io.WriteString(c, r.Message)
		_ = c.Finish(nil)
	}
}

func header(c *http1.Conn, name string) string {
	for _, f := range c.Request.Fields {
		if strings.EqualFold(f.Name, name) {
			return f.Value
		}
	}
	return ""
}
