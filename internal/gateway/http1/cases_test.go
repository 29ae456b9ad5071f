package http1

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// requestCase is a line of testdata/requests.txt.
type requestCase struct {
	section, verdict, bytes string
}

var repeated = regexp.MustCompile(`<(\d+)\*([^>]*)>`)

// requestCases reads the table.
func requestCases(t testing.TB) []requestCase {
	t.Helper()
	f, err := os.Open("testdata/requests.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	var cases []requestCase
	for s := bufio.NewScanner(f); s.Scan(); {
		line := s.Text()
		if line == "" || line[0] == '#' {
			continue
		}
		line = repeated.ReplaceAllStringFunc(line, func(m string) string {
			part := repeated.FindStringSubmatch(m)
			n, _ := strconv.Atoi(part[1])
			return strings.Repeat(part[2], n)
		})
		section, rest, _ := strings.Cut(line, " | ")
		at := strings.LastIndex(rest, ` | "`)
		bytes, err := strconv.Unquote(rest[at+3:])
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		cases = append(cases, requestCase{section, rest[:at], bytes})
	}
	return cases
}

// understood says what a server makes of bytes: the status of its refusal, or
// ok and the request.
func understood(bytes string) string {
	client, server := net.Pipe()
	defer func() { _ = client.Close() }()
	go func() {
		_, _ = io.WriteString(client, bytes)
		_ = client.Close()
	}()
	c := &Conn{wire: wire{Conn: server}, server: &Server{Limits: DefaultLimits, Times: DefaultTimes}}
	defer func() { _ = server.Close() }()
	c.take()
	c.Start = time.Now()
	if err := c.fill(c.Start.Add(time.Minute), bufferSize); err != nil {
		return err.Error()
	}
	text, err := c.requestHead()
	if err == nil {
		err = ParseRequest(text, &c.Request)
	}
	body := ""
	if err == nil {
		c.Body.reset(&c.wire, c.Request.Length, c.server.Times.Body, &c.server.Limits)
		var b []byte
		b, err = io.ReadAll(&c.Body)
		body = string(b)
	}
	var refused *Refusal
	if errors.As(err, &refused) {
		return strconv.Itoa(refused.Status)
	}
	if err != nil {
		return err.Error()
	}
	return shownRequest(&c.Request, body)
}

func shownRequest(r *Request, body string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "ok %s %s", r.Method, shownBytes(r.Target))
	if r.Host != "" && r.Host != "a.example" {
		b.WriteString(" host=" + r.Host)
	}
	for _, f := range r.Fields {
		if !fold(f.Name, "content-length") {
			b.WriteString(" " + f.Name + "=" + shownBytes(f.Value))
		}
	}
	if r.Length != 0 {
		b.WriteString(" body=" + shownBytes(body))
	}
	if r.Proto != "" {
		b.WriteString(" upgrade=" + r.Proto)
	}
	if r.Expect {
		b.WriteString(" expect")
	}
	if r.Close {
		b.WriteString(" close")
	}
	return b.String()
}

// shownBytes escapes what is not printable.
func shownBytes(s string) string {
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case c == '\t':
			b.WriteString(`\t`)
		case c == '\r':
			b.WriteString(`\r`)
		case c == '\n':
			b.WriteString(`\n`)
		case c < ' ' || c > '~':
			fmt.Fprintf(&b, `\x%02x`, c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

func TestRequestTable(t *testing.T) {
	cases := requestCases(t)
	if len(cases) < 300 {
		t.Errorf("the table has %d cases", len(cases))
	}
	for _, c := range cases {
		if got := understood(c.bytes); got != c.verdict {
			t.Errorf("RFC %s: %.200q\n got %.200s\nwant %.200s", c.section, c.bytes, got, c.verdict)
		}
	}
}
