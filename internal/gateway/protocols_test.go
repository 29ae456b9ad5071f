package gateway

import (
	"bufio"
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// overHTTP2 is a client of HTTP/2 without TLS.
func overHTTP2() *http.Client {
	t := &http.Transport{Protocols: &http.Protocols{}}
	t.Protocols.SetUnencryptedHTTP2(true)
	return &http.Client{Transport: t}
}

// TestHTTP2 goes through the same stations: bodies and trailers both ways, to a backend of HTTP/1.1.
func TestHTTP2(t *testing.T) {
	w := newWorld(t, nil)
	w.remote(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Trailer", "X-Sum")
		b, _ := io.ReadAll(r.Body)
		_, _ = fmt.Fprintf(rw, "%s %s %s %s", r.Proto, r.Header.Get("Via"), r.Trailer.Get("X-Mine"), b)
		rw.Header().Set("X-Sum", "5")
	})
	c := overHTTP2()
	defer c.CloseIdleConnections()
	req, err := http.NewRequest("POST", w.server.URL+"/r/x", io.MultiReader(strings.NewReader("hello")))
	if err != nil {
		t.Fatal(err)
	}
	req.Trailer = http.Header{"X-Mine": {"7"}}
	req.Header.Set("TE", "trailers")
	res, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if err != nil || res.ProtoMajor != 2 || string(b) != "HTTP/1.1 2.0 portico 7 hello" || res.Trailer.Get("X-Sum") != "5" {
		t.Errorf("%s %q trailer %v, %v", res.Proto, b, res.Trailer, err)
	}
	if res, err := c.Get(w.server.URL + "/nowhere"); err != nil || res.StatusCode != 404 {
		t.Errorf("%v, %v", res, err)
	}
}

// http2Backend is a backend of HTTP/2 without TLS.
func http2Backend(t *testing.T, h http.HandlerFunc) *httptest.Server {
	s := httptest.NewUnstartedServer(h)
	s.Config.Protocols = &http.Protocols{}
	s.Config.Protocols.SetUnencryptedHTTP2(true)
	s.Start()
	t.Cleanup(s.Close)
	return s
}

// TestGRPCPasses: messages go both ways while the call lasts, and its status comes behind the body.
func TestGRPCPasses(t *testing.T) {
	s := http2Backend(t, func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Content-Type", "application/grpc")
		c := http.NewResponseController(rw)
		_ = c.Flush()
		piece := make([]byte, 64)
		for {
			n, err := r.Body.Read(piece)
			_, _ = rw.Write(piece[:n])
			_ = c.Flush()
			if err != nil {
				break
			}
		}
		rw.Header().Set(http.TrailerPrefix+"Grpc-Status", "0")
		rw.Header().Set(http.TrailerPrefix+"Grpc-Message", r.Proto+" "+r.Header.Get("Te"))
	})
	w := newWorld(t, func(c *Config) { c.MaxBody = 100 })
	a := free("g")
	a.Path, a.ServiceURL = "", s.URL
	w.api("g", a, "POST /*")
	c := overHTTP2()
	defer c.CloseIdleConnections()
	body, write := io.Pipe()
	req, err := http.NewRequest("POST", w.server.URL+"/pkg.Service/Method", body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/grpc")
	req.Header.Set("TE", "trailers")
	res, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 50 {
		message := fmt.Sprintf("message %d", i)
		if _, err := io.WriteString(write, message); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, len(message))
		if _, err := io.ReadFull(res.Body, got); err != nil || string(got) != message {
			t.Fatalf("%q came back, %v", got, err)
		}
	}
	_ = write.Close()
	if b, err := io.ReadAll(res.Body); err != nil || len(b) > 0 {
		t.Errorf("%q, %v", b, err)
	}
	if res.Trailer.Get("Grpc-Status") != "0" || res.Trailer.Get("Grpc-Message") != "HTTP/2.0 trailers" {
		t.Errorf("trailers %v", res.Trailer)
	}
}

// TestGRPCStatusWithoutBody: a call that fails at once has its status in the head, which ends the stream.
func TestGRPCStatusWithoutBody(t *testing.T) {
	s := http2Backend(t, func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "application/grpc")
		rw.Header().Set("Grpc-Status", "12")
	})
	w := newWorld(t, nil)
	a := free("g")
	a.ServiceURL = s.URL
	w.api("g", a, "POST /*")
	c := overHTTP2()
	defer c.CloseIdleConnections()
	req, err := http.NewRequest("POST", w.server.URL+"/g/x", strings.NewReader("\x00\x00\x00\x00\x00"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/grpc")
	res, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.Header.Get("Grpc-Status") != "12" || res.ContentLength != 0 {
		t.Errorf("status %q, length %d", res.Header.Get("Grpc-Status"), res.ContentLength)
	}
}

// TestForwardRequestChoosesTheVersion of HTTP that the backend is spoken to in.
func TestForwardRequestChoosesTheVersion(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(rw, r.Proto) }))
	s.Config.Protocols = &http.Protocols{}
	s.Config.Protocols.SetUnencryptedHTTP2(true)
	s.Config.Protocols.SetHTTP1(true)
	s.Start()
	t.Cleanup(s.Close)
	w := newWorld(t, nil)
	a := free("v")
	a.ServiceURL = s.URL
	w.api("v", a, "GET /x")
	for version, want := range map[string]string{"1": "HTTP/1.1", "2": "HTTP/2.0", "2or1": "HTTP/1.1"} {
		w.policy("", `<backend><forward-request http-version="`+version+`" /></backend>`)
		w.call("GET /v/x").is(t, version, 200, want)
	}
}

// webSocketFrame makes a frame of RFC 6455, 5.2, masked as clients do.
func webSocketFrame(payload []byte) []byte {
	b := []byte{0x82}
	switch n := len(payload); {
	case n < 126:
		b = append(b, 0x80|byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 0x80|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 0x80|127), uint64(n))
	}
	return append(append(b, 0, 0, 0, 0), payload...) // the mask is zero
}

// webSocketEcho is a backend that answers a handshake and sends back what it gets.
func webSocketEcho(t *testing.T) string {
	s := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") != "websocket" || r.Header.Get("Connection") != "Upgrade" {
			rw.WriteHeader(400)
			return
		}
		sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
		c, rest, err := http.NewResponseController(rw).Hijack()
		if err != nil {
			return
		}
		defer func() { _ = c.Close() }()
		_, _ = fmt.Fprintf(c, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\nhello", base64.StdEncoding.EncodeToString(sum[:]))
		_, _ = io.Copy(c, rest)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

const handshake = "GET /ws/chat HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"

func TestWebSocketPasses(t *testing.T) {
	w := newWorld(t, nil)
	a := free("ws")
	a.ServiceURL = webSocketEcho(t)
	w.api("ws", a, "GET /*")
	c, err := net.Dial("tcp", strings.TrimPrefix(w.server.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	early := webSocketFrame([]byte("early"))
	if _, err := c.Write(append([]byte(handshake), early...)); err != nil { // the first frame does not wait for the answer
		t.Fatal(err)
	}
	r := bufio.NewReader(c)
	res, err := http.ReadResponse(r, nil)
	if err != nil || res.StatusCode != 101 || res.Header.Get("Sec-WebSocket-Accept") != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" || res.Header.Get("Upgrade") != "websocket" {
		t.Fatalf("%v, %v", res, err)
	}
	expect := func(want []byte) {
		t.Helper()
		got := make([]byte, len(want))
		if _, err := io.ReadFull(r, got); err != nil || !bytes.Equal(got, want) {
			t.Fatalf("%d bytes did not come back: %v", len(want), err)
		}
	}
	expect([]byte("hello"))
	expect(early)
	for _, size := range []int{0, 1, 2, 124, 125, 126, 127, 1000, 4096, 16383, 16384, 16385, 65535, 65536, 65537, 1 << 20} {
		f := webSocketFrame(bytes.Repeat([]byte{byte(size)}, size))
		go func() { _, _ = c.Write(f) }()
		expect(f)
	}
	_ = c.(*net.TCPConn).CloseWrite()
	if rest, err := io.ReadAll(r); err != nil || len(rest) > 0 {
		t.Errorf("%d bytes at the end, %v", len(rest), err)
	}
	if last := w.lastCall(); last.Status != 101 || last.BackendStatus != 101 || last.ResponseBytes < 1<<20 {
		t.Errorf("%+v", last)
	}
}

// TestRefusedUpgrade: a backend that does not switch answers as to any other request.
func TestRefusedUpgrade(t *testing.T) {
	w := newWorld(t, nil)
	w.remote(func(rw http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(rw, "plain "+r.Header.Get("Upgrade"))
	})
	got := exchangeRaw(t, strings.TrimPrefix(w.server.URL, "http://"), strings.Replace(handshake, "/ws/", "/r/", 1))
	got.is(t, "a backend without WebSocket", 200, "plain websocket")
}
