package gateway

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// exchangeRaw sends bytes on a connection of its own and reads the answer to its end.
func exchangeRaw(t *testing.T, address, request string) answer {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{status: res.StatusCode, header: res.Header, body: string(b)}
}

// TestRefusals sends what clients do not send; every refusal is in the gateway's form.
func TestRefusals(t *testing.T) {
	w := newWorld(t, nil)
	w.api("a", free("a"), "GET /*")
	get := func(target string) string {
		return "GET " + target + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
	}
	for request, status := range map[string]int{
		get("/a/x"):                            200,
		get("http://x/a/x"):                    200,
		get("/a/../b"):                         400,
		get("/a//b"):                           400,
		get("/a/%2e%2e/b"):                     400,
		get("/a/\\b"):                          400,
		get("/a/%00"):                          400,
		get("/a?q=%zz"):                        400,
		get("/a/%zz"):                          400,
		get("/a/%"):                            400,
		get("*"):                               400,
		"GET /a b HTTP/1.1\r\nHost: x\r\n\r\n": 400,
		"GET /a HTTP/1.1\r\n\r\n":              400,
		"GET /a HTTP/1.1\r\nHost: x\r\nBad Name: 1\r\n\r\n":                                             400,
		"GET /a HTTP/1.1\r\nHost: x\r\nX: \x00\r\n\r\n":                                                 400,
		"GET /a HTTP/3.7\r\nHost: x\r\n\r\n":                                                            505,
		"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n":                       501,
		"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n":                                400,
		"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx":                400,
		"GET /a HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("x", 100_000) + "\r\n\r\n":                 431,
		"GET /a HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n":                                                 400,
		"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n":          400,
		"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n":                                     400,
		"GET /a/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Folded: a\r\n Authorization: b\r\n\r\n": 400,
	} {
		line, _, _ := strings.Cut(request, "\r\n")
		got := exchangeRaw(t, strings.TrimPrefix(w.server.URL, "http://"), request)
		if got.status != status {
			t.Errorf("%q: got %d %s, want %d", line, got.status, got.body, status)
		}
		if status != 200 && (got.message(t) == "" || got.header.Get("Content-Type") != "application/json") {
			t.Errorf("%q: %v %q", line, got.header, got.body)
		}
	}
}
