package http1

import (
	"bufio"
	"io"
	"net/http"
	"strings"
	"testing"
)

// FuzzRequest holds the parser against net/http's: what both take they read
// alike, and what net/http refuses the parser takes only where the difference
// is known.
func FuzzRequest(f *testing.F) {
	for _, c := range requestCases(f) {
		f.Add(c.bytes)
	}
	f.Fuzz(func(t *testing.T, bytes string) {
		if len(bytes) > bufferSize {
			return
		}
		var s scan
		end, err := s.find([]byte(bytes), &DefaultLimits)
		if err != nil || end == 0 {
			return
		}
		var ours Request
		if ParseRequest(bytes[s.skip:end], &ours) != nil {
			return
		}
		theirs, err := http.ReadRequest(bufio.NewReader(strings.NewReader(bytes[s.skip:])))
		if err != nil {
			if !knownDifference(&ours, err) {
				t.Fatalf("net/http refuses what was taken: %v\n%q", err, bytes)
			}
			return
		}
		if theirs.Method != ours.Method || theirs.Host != ours.Host && !strings.HasPrefix(theirs.RequestURI, "http") || theirs.ContentLength != ours.Length {
			t.Fatalf("net/http reads %s %s with %d bytes, the parser %s %s with %d\n%q", theirs.Method, theirs.Host, theirs.ContentLength, ours.Method, ours.Host, ours.Length, bytes)
		}
		if theirs.RequestURI != ours.Target && !strings.Contains(theirs.RequestURI, "://") {
			t.Fatalf("net/http reads the target %q, the parser %q", theirs.RequestURI, ours.Target)
		}
		for _, field := range ours.Fields {
			found := false
			for _, v := range theirs.Header.Values(field.Name) {
				found = found || v == field.Value
			}
			if !found && !fold(field.Name, "trailer") {
				t.Fatalf("net/http has no header %q with the value %q: %v", field.Name, field.Value, theirs.Header)
			}
		}
		if ours.Length < 0 {
			sameBody(t, bytes[end:], theirs)
		}
	})
}

// knownDifference tells whether net/http refuses what the gateway reads, or refuses itself later.
func knownDifference(r *Request, err error) bool {
	text := err.Error()
	return strings.Contains(text, "invalid URL escape") || // canonical.go refuses
		strings.Contains(text, "invalid URI") || strings.Contains(text, "parse ") || strings.Contains(text, "invalid port") ||
		r.Method == "PRI"
}

// sameBody holds that a chunked body that is taken is what net/http reads.
func sameBody(t *testing.T, bytes string, theirs *http.Request) {
	w := &wire{buffer: &buffer{data: make([]byte, max(bufferSize, len(bytes)))}}
	w.w = copy(w.buffer.data, bytes)
	w.Conn = noConn{}
	var b Body
	b.reset(w, -1, Pace{}, &DefaultLimits)
	ours, err := io.ReadAll(&b)
	if err != nil {
		return
	}
	want, err := io.ReadAll(theirs.Body)
	if err != nil && strings.Contains(err.Error(), "invalid byte in chunk length") && (strings.Contains(bytes, " ;") || strings.Contains(bytes, "\t;")) {
		return // white space before an extension, which RFC 9112, 7.1.1 has recipients take
	}
	if err != nil || string(want) != string(ours) {
		t.Fatalf("net/http reads the body %q (%v), the parser %q", want, err, ours)
	}
}

// FuzzResponse holds that no bytes of a backend make the parser panic, and that
// what is taken net/http reads alike.
func FuzzResponse(f *testing.F) {
	for _, s := range []string{
		"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", "HTTP/1.1 200\r\n\r\n", "HTTP/1.0 404 Not Found\r\nX: 1\r\n\r\n", "HTTP/1.1 204 \r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", "HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\nContent-Length: 10\r\n\r\n",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, bytes string) {
		if len(bytes) > bufferSize {
			return
		}
		var s scan
		end, err := s.find([]byte(bytes), &DefaultClientLimits)
		if err != nil || end == 0 || s.skip > 0 {
			return
		}
		var ours Response
		if parseResponse(bytes[:end], "GET", &ours) != nil {
			return
		}
		theirs, err := http.ReadResponse(bufio.NewReader(strings.NewReader(bytes)), &http.Request{Method: "GET"})
		if err != nil {
			if ours.Status < 200 {
				return
			}
			t.Fatalf("net/http refuses what was taken: %v\n%q", err, bytes)
		}
		length := ours.Length
		if length == untilClose {
			length = -1
		}
		if theirs.StatusCode != ours.Status || HasBody(ours.Status) && theirs.ContentLength != length {
			t.Fatalf("net/http reads %d with %d bytes, the parser %d with %d\n%q", theirs.StatusCode, theirs.ContentLength, ours.Status, ours.Length, bytes)
		}
	})
}
