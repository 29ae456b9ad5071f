package gateway

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"portico/internal/catalog"
	"portico/internal/egress"
	"portico/internal/policy"
)

// remote starts a backend and an API "r" in front of it that takes every path.
func (w *world) remote(h http.HandlerFunc) *httptest.Server {
	w.t.Helper()
	s := httptest.NewServer(h)
	w.t.Cleanup(s.Close)
	a := free("r")
	a.ServiceURL = s.URL + "/base/"
	w.api("r", a, "GET /*", "POST /*", "PUT /*", "HEAD /*", "PATCH /*")
	return s
}

func TestForwardingHeaders(t *testing.T) {
	w := newWorld(t, nil)
	var got *http.Request
	var body string
	s := w.remote(func(rw http.ResponseWriter, r *http.Request) {
		got = r
		b, _ := io.ReadAll(r.Body)
		body = string(b)
		h := rw.Header()
		for name, value := range map[string]string{"Connection": "X-Mine", "X-Mine": "1", "Keep-Alive": "timeout=5", "X-Powered-By": "ASP.NET", "Via": "1.1 inner", "Server": "theirs"} {
			h.Set(name, value)
		}
		h.Add("Set-Cookie", "a=1")
		h.Add("Set-Cookie", "b=2")
		rw.WriteHeader(201)
		_, _ = io.WriteString(rw, "made")
	})
	a := w.callWith("POST /r/x%2Fy/?a=b%20c&d", strings.NewReader("hello"), "Connection: X-Drop", "X-Drop: 1", "TE: trailers", "Proxy-Authorization: Basic x",
		"X-Forwarded-For: 10.0.0.1", "X-Forwarded-For: 10.0.0.2", "X-Forwarded-Proto: gopher", "Via: 1.0 outer", "X-Keep: 1", "X-Keep: 2", "Content-Type: text/plain", "User-Agent: ")
	a.is(t, "answer", 201, "made")
	if got.RequestURI != "/base/x%2Fy/?a=b%20c&d" || got.Method != "POST" || got.Host != strings.TrimPrefix(s.URL, "http://") || body != "hello" || got.ContentLength != 5 {
		t.Errorf("the backend got %s %s, Host %s, %d bytes %q", got.Method, got.RequestURI, got.Host, got.ContentLength, body)
	}
	host := strings.TrimPrefix(w.server.URL, "http://")
	for name, want := range map[string]string{
		"X-Drop": "", "Te": "trailers", "Proxy-Authorization": "", "X-Forwarded-For": "10.0.0.1, 10.0.0.2, 127.0.0.1", "X-Forwarded-Proto": "http", "X-Forwarded-Host": host,
		"Via": "1.0 outer|1.1 portico", "X-Keep": "1|2", "Content-Type": "text/plain", "User-Agent": "",
	} {
		if v := strings.Join(got.Header.Values(name), "|"); v != want {
			t.Errorf("the backend got %s: %q, want %q", name, v, want)
		}
	}
	for name, want := range map[string]string{
		"X-Mine": "", "Keep-Alive": "", "X-Powered-By": "ASP.NET", "Via": "1.1 inner", "Server": "theirs", "Set-Cookie": "a=1|b=2", "Content-Length": "4",
	} {
		if v := strings.Join(a.header.Values(name), "|"); v != want {
			t.Errorf("the client got %s: %q, want %q", name, v, want)
		}
	}
	if a.header.Get("X-Ms-Request-Id") == "" || a.header.Get("Date") == "" {
		t.Errorf("headers %v", a.header)
	}
}

func TestSetHeaderHostNamesTheBackend(t *testing.T) {
	w := newWorld(t, nil)
	var host string
	w.remote(func(_ http.ResponseWriter, r *http.Request) { host = r.Host })
	w.policy(catalog.APIPath("r"), `<inbound><set-header name="Host"><value>inner.example</value></set-header></inbound>`)
	w.call("GET /r/").is(t, "call", 200, "")
	if host != "inner.example" {
		t.Errorf("Host %q", host)
	}
}

func TestBodiesPassAsTheyAre(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.MaxBody = 0 })
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, _ = z.Write([]byte("text"))
	_ = z.Close()
	w.remote(func(rw http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "zipped") {
			rw.Header().Set("Content-Encoding", "gzip")
			_, _ = rw.Write(zipped.Bytes())
			return
		}
		_ = http.NewResponseController(rw).EnableFullDuplex()
		rw.Header().Set("X-Length", fmt.Sprint(r.ContentLength))
		_, _ = io.Copy(rw, r.Body)
	})
	w.call("GET /r/zipped", "Accept-Encoding: gzip").is(t, "compressed", 200, zipped.String())
	long := strings.Repeat("0123456789", 300_000)
	for name, body := range map[string]io.Reader{"with a length": strings.NewReader(long), "chunked": io.MultiReader(strings.NewReader(long))} {
		a := w.callWith("PUT /r/", body)
		if a.body != long {
			t.Errorf("%s: %d bytes came back", name, len(a.body))
		}
		if want := map[string]string{"with a length": "3000000", "chunked": "-1"}[name]; a.header.Get("X-Length") != want {
			t.Errorf("%s: the backend was told %s", name, a.header.Get("X-Length"))
		}
	}
	if c := w.lastCall(); c.RequestBytes != 3_000_000 || c.ResponseBytes != 3_000_000 {
		t.Errorf("recorded %d and %d bytes", c.RequestBytes, c.ResponseBytes)
	}
}

// TestBothWaysAtOnce: the client sends its body when it has the answer's headers.
func TestBothWaysAtOnce(t *testing.T) {
	w := newWorld(t, nil)
	w.remote(func(rw http.ResponseWriter, r *http.Request) {
		c := http.NewResponseController(rw)
		_ = c.EnableFullDuplex()
		_ = c.Flush()
		_, _ = io.Copy(rw, r.Body)
	})
	w.policy("", `<backend><forward-request buffer-response="false" /></backend>`)
	body, write := io.Pipe()
	req, err := http.NewRequest("POST", w.server.URL+"/r/x", body)
	if err != nil {
		t.Fatal(err)
	}
	res, err := w.server.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	sent := strings.Repeat("0123456789", 50_000)
	go func() {
		_, err := io.WriteString(write, sent)
		_ = write.CloseWithError(err)
	}()
	if got, err := io.ReadAll(res.Body); err != nil || string(got) != sent {
		t.Errorf("%d bytes came back: %v", len(got), err)
	}
}

func TestHeadAndEmptyAnswers(t *testing.T) {
	w := newWorld(t, nil)
	w.remote(func(rw http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "204"):
			rw.WriteHeader(204)
		case strings.HasSuffix(r.URL.Path, "304"):
			rw.Header().Set("ETag", `"1"`)
			rw.WriteHeader(304)
		default:
			_, _ = io.WriteString(rw, "12345")
		}
	})
	if a := w.call("HEAD /r/x"); a.status != 200 || a.body != "" || a.header.Get("Content-Length") != "5" {
		t.Errorf("HEAD: %+v", a)
	}
	if a := w.call("GET /r/204"); a.status != 204 || a.body != "" || a.header.Get("Content-Length") != "" {
		t.Errorf("204: %+v", a)
	}
	if a := w.call("GET /r/304"); a.status != 304 || a.header.Get("ETag") != `"1"` {
		t.Errorf("304: %+v", a)
	}
}

func TestRedirects(t *testing.T) {
	w := newWorld(t, nil)
	w.remote(func(rw http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/from") {
			http.Redirect(rw, r, "/base/to", http.StatusTemporaryRedirect)
			return
		}
		b, _ := io.ReadAll(r.Body)
		_, _ = io.WriteString(rw, r.Method+" "+r.URL.Path+" "+string(b))
	})
	if a := w.call("GET /r/from"); a.status != 307 || a.header.Get("Location") != "/base/to" {
		t.Errorf("by default: %+v", a)
	}
	w.policy("", `<backend><forward-request follow-redirects="true" /></backend>`)
	w.callWith("POST /r/from", strings.NewReader("body")).is(t, "followed", 200, "POST /base/to body")
}

func TestBufferedRequestBody(t *testing.T) {
	w := newWorld(t, nil)
	w.remote(func(rw http.ResponseWriter, r *http.Request) { _, _ = fmt.Fprint(rw, r.ContentLength) })
	w.policy("", `<backend><forward-request buffer-request-body="true" /></backend>`)
	w.callWith("POST /r/", io.MultiReader(strings.NewReader("hello"))).is(t, "buffered", 200, "5")
}

const backendFailed = `"message": "Internal server error", "activityId": `

func TestBackendFailures(t *testing.T) {
	dead, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := dead.Addr().String()
	if err := dead.Close(); err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, nil)
	for id, url := range map[string]string{"dead": "http://" + address, "none": "http://name.invalid", "metadata": "http://169.254.169.254/latest", "odd": "mailto:x"} {
		a := free(id)
		a.ServiceURL = url
		w.api(id, a, "GET /x")
		got := w.call("GET /" + id + "/x")
		if got.status != 500 || !strings.Contains(got.body, backendFailed) {
			t.Errorf("%s: %d %s", id, got.status, got.body)
		}
	}
	none := free("noservice")
	w.apply(catalogAPI("noservice", none)...)
	if got := w.call("GET /noservice/x"); got.status != 500 {
		t.Errorf("no service URL: %+v", got)
	}
	log := w.log.String()
	for _, says := range []string{"BackendConnectionFailure", "calls to the address 169.254.169.254 are not allowed", "no web service URL"} {
		if !strings.Contains(log, says) {
			t.Errorf("the log does not say %q:\n%s", says, log)
		}
	}
}

func TestEgressRuleAppliesToTheResolvedAddress(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Egress = egress.ForStaff([]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}) })
	called := false
	s := w.remote(func(http.ResponseWriter, *http.Request) { called = true })
	a := free("r")
	a.ServiceURL = strings.Replace(s.URL, "127.0.0.1", "localhost", 1)
	w.api("r", a)
	if got := w.call("GET /r/x"); got.status != 500 || called {
		t.Errorf("a refused address was called: %+v", got)
	}
}

// TestTimeout: the backend answers only when its client has gone.
func TestTimeout(t *testing.T) {
	w := newWorld(t, func(c *Config) {
		c.Locals["slow.test"] = localFunc(func(x *policy.Exchange) error {
			<-x.Context.Done()
			return x.Context.Err()
		})
	})
	w.remote(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	slow := free("slow")
	slow.ServiceURL = "http://slow.test"
	w.api("slow", slow, "GET /x")
	w.policy("", `<backend><forward-request timeout-ms="50" /></backend><on-error><set-header name="X-On-Error"><value>1</value></set-header></on-error>`)
	for _, line := range []string{"GET /r/x", "GET /slow/x"} {
		got := w.call(line)
		if got.status != 500 || !strings.Contains(got.body, backendFailed) || got.header.Get("X-On-Error") != "1" {
			t.Errorf("%s: %d %s", line, got.status, got.body)
		}
	}
	if n := strings.Count(w.log.String(), "reason=Timeout"); n != 2 {
		t.Errorf("%d time-outs in the log:\n%s", n, w.log.String())
	}
}

// TestClientGoneEndsTheBackendsCall: the backend's request is cancelled when the client goes.
func TestClientGoneEndsTheBackendsCall(t *testing.T) {
	w := newWorld(t, nil)
	arrived, cancelled := make(chan struct{}), make(chan struct{})
	w.remote(func(_ http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-r.Context().Done()
		close(cancelled)
	})
	ctx, cancel := context.WithCancel(context.Background())
	req, err := http.NewRequestWithContext(ctx, "GET", w.server.URL+"/r/x", nil)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		res, err := w.server.Client().Do(req)
		if err == nil {
			_ = res.Body.Close()
		}
		done <- err
	}()
	<-arrived
	cancel()
	<-cancelled
	if err := <-done; err == nil {
		t.Error("the client got an answer")
	}
	if c := w.lastCall(); c.Status != statusClientGone {
		t.Errorf("recorded status %d", c.Status)
	}
}

// TestEventsAreSentAtOnce: each event is read before the backend sends the next.
func TestEventsAreSentAtOnce(t *testing.T) {
	for name, test := range map[string]struct{ contentType, policy string }{
		"event stream":          {"text/event-stream", `<forward-request />`},
		"buffer-response false": {"text/plain", `<forward-request buffer-response="false" />`},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, nil)
			read := make(chan struct{})
			w.remote(func(rw http.ResponseWriter, _ *http.Request) {
				rw.Header().Set("Content-Type", test.contentType)
				for i := range 3 {
					_, _ = fmt.Fprintf(rw, "data: %d\n\n", i)
					_ = http.NewResponseController(rw).Flush()
					<-read
				}
			})
			w.policy("", `<backend>`+test.policy+`</backend>`)
			res, err := w.server.Client().Get(w.server.URL + "/r/events")
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = res.Body.Close() }()
			for i := range 3 {
				want := fmt.Sprintf("data: %d\n\n", i)
				got := make([]byte, len(want))
				if _, err := io.ReadFull(res.Body, got); err != nil || string(got) != want {
					t.Fatalf("got %q, %v", got, err)
				}
				read <- struct{}{}
			}
		})
	}
}

// TestBrokenOffBodyIsNotTakenForWhole: the client sees that the answer ended early.
func TestBrokenOffBodyIsNotTakenForWhole(t *testing.T) {
	w := newWorld(t, nil)
	w.remote(func(rw http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(rw, strings.Repeat("x", 100_000))
		_ = http.NewResponseController(rw).Flush()
		panic(http.ErrAbortHandler)
	})
	res, err := w.server.Client().Get(w.server.URL + "/r/x")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if _, err := io.ReadAll(res.Body); err == nil {
		t.Error("a body that broke off looks whole")
	}
}

func TestBodyLimit(t *testing.T) {
	w := newWorld(t, func(c *Config) {
		c.MaxBody = 1000
		c.Locals["reads.test"] = localFunc(func(x *policy.Exchange) error {
			b, err := x.Request.Body.Bytes(1 << 20)
			x.Response.Status, x.Response.Body = 200, policy.BytesBody([]byte(fmt.Sprint(len(b))))
			return err
		})
	})
	w.remote(func(rw http.ResponseWriter, r *http.Request) {
		n, _ := io.Copy(io.Discard, r.Body)
		_, _ = fmt.Fprint(rw, n)
	})
	local := free("local")
	local.ServiceURL = "http://reads.test"
	w.api("local", local, "POST /x")
	const tooLong = `{ "statusCode": 413, "message": "The request body is larger than the limit of 1000 bytes." }`
	for _, path := range []string{"/r/x", "/local/x"} {
		for _, size := range []int{1000, 1001, 100_000} {
			body := strings.Repeat("x", size)
			status, want := 200, "1000"
			if size > 1000 {
				status, want = 413, tooLong
			}
			w.callWith("POST "+path, strings.NewReader(body)).is(t, fmt.Sprint(path, " ", size), status, want)
			w.callWith("POST "+path, io.MultiReader(strings.NewReader(body))).is(t, fmt.Sprint(path, " chunked ", size), status, want)
		}
	}
}

func TestLocalHosts(t *testing.T) {
	w := newWorld(t, func(c *Config) {
		c.Locals["Alias.test"] = localFunc(answerOK)
		c.Locals["127.0.0.1:1"] = localFunc(answerOK)
	})
	for url, want := range map[string]string{
		"http://alias.test":             "/x",
		"https://ALIAS.test:8443/a/b/":  "/a/b/x",
		"http://alias.test.:80?code=1":  "/x",
		"http://127.0.0.1:1/scoring":    "/scoring/x",
		"http://127.0.0.1:2/not-local":  "",
		"http://sub.alias.test/another": "",
	} {
		b, err := w.gateway.backends.base(url)
		if err != nil {
			t.Fatal(err)
		}
		if (b.local != nil) != (want != "") {
			t.Errorf("%s: local is %v", url, b.local != nil)
		}
		if path, query := b.join(policy.Target{Path: "/x", RawQuery: "q=1"}); want != "" && (path != want || strings.Contains(url, "code") != (query == "code=1&q=1")) {
			t.Errorf("%s: joined to %s?%s, want %s", url, path, query, want)
		}
	}
}

func TestForwardedPathsAreJoined(t *testing.T) {
	for _, test := range []struct{ base, path, want string }{
		{"http://h", "", "/"}, {"http://h/", "/", "/"}, {"http://h/a", "", "/a"}, {"http://h/a/", "/b", "/a/b"}, {"http://h/a", "b", "/a/b"}, {"http://h/a%2Fb", "/c", "/a%2Fb/c"},
	} {
		b, err := new(backends).parse(test.base)
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := b.join(policy.Target{Path: test.path}); got != test.want {
			t.Errorf("%s and %q: %s, want %s", test.base, test.path, got, test.want)
		}
	}
}

func TestRequestIDs(t *testing.T) {
	var seen []string
	for range 100 {
		id := policy.NewRequestID()
		if len(id) != 36 || id[14] != '4' || !strings.ContainsRune("89ab", rune(id[19])) || strings.Trim(id, "0123456789abcdef-") != "" {
			t.Fatalf("not a UUID: %s", id)
		}
		seen = append(seen, id)
	}
	slices.Sort(seen)
	if len(slices.Compact(seen)) != 100 {
		t.Error("an id came twice")
	}
}
