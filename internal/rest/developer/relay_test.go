package developer_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"portico/internal/catalog"
	"portico/internal/record"
)

// try sends a call through the relay and gives the call's status and headers with the answer.
func (b *browser) try(method, target string, body any, pairs ...[2]string) (answer, string, http.Header) {
	b.t.Helper()
	headers := []string{"Portico-Try-Method: " + method, "Portico-Try-Url: " + target}
	if len(pairs) > 0 {
		text, err := json.Marshal(pairs)
		if err != nil {
			b.t.Fatal(err)
		}
		headers = append(headers, "Portico-Try-Headers: "+string(text))
	}
	a := b.call("POST", "/try", body, headers...)
	text, err := url.PathUnescape(a.header.Get("Portico-Try-Response"))
	if err != nil {
		b.t.Fatal(err)
	}
	got := http.Header{}
	if text != "" {
		var list [][2]string
		if err := json.Unmarshal([]byte(text), &list); err != nil {
			b.t.Fatalf("%s: %v", text, err)
		}
		for _, p := range list {
			got.Add(p[0], p[1])
		}
	}
	return a, a.header.Get("Portico-Try-Status"), got
}

func TestTry(t *testing.T) {
	w := newWorld(t)
	w.subscription("annsMembers", "ann", "members")
	w.subscription("annsPartners", "ann", "partners")
	guest, bob, ann := w.guest(), w.signedIn("bob"), w.signedIn("ann")
	key := func(id string) [2]string { return [2]string{"Ocp-Apim-Subscription-Key", id + "-primary"} }

	a, status, headers := ann.try("GET", "/members/resource?q=1", strings.NewReader("the body"), key("annsMembers"), [2]string{"X-Mine", "yes"}) // the backend echoes
	a.want(200, "the body")
	if status != "200" || headers.Get("X-Mine") != "yes" || headers.Get("X-Ms-Request-Id") == "" || a.header.Get("Content-Type") != "application/octet-stream" || a.header.Get("X-Mine") != "" {
		t.Errorf("status %s, headers %v, ours %v", status, headers, a.header)
	}
	for name := range headers {
		if name == "Cookie" || strings.HasPrefix(name, "Portico-") || name == "User-Agent" {
			t.Errorf("the browser's own %s reached the backend", name)
		}
	}
	if _, status, headers := ann.try("GET", "/members/resource", nil); status != "401" || headers.Get("Www-Authenticate") == "" { // the gateway asks for the key
		t.Errorf("without a key: %s, %v", status, headers)
	}
	if _, status, _ := ann.try("GET", "http://gateway.example/partners/resource", nil, key("annsPartners")); status != "200" {
		t.Errorf("an absolute URL: %s", status)
	}
	for name, c := range map[string]struct {
		who            *browser
		method, target string
		want           int
	}{
		"another group's API":            {bob, "GET", "/partners/resource", 404},
		"as a guest":                     {guest, "GET", "/members/resource", 404},
		"what is not published":          {ann, "GET", "/draft/resource", 404},
		"an operation that is not there": {ann, "GET", "/members/other", 404},
		"a revision":                     {ann, "GET", "/members;rev=2/resource", 404},
		"no call to the gateway":         {ann, "GET", "http://evil.example/members/resource", 400},
		"another port":                   {ann, "GET", "http://gateway.example:81/members/resource", 400},
		"a user's name":                  {ann, "GET", "http://gateway.example@evil.example/members/resource", 400},
		"a path that climbs":             {ann, "GET", "/members/../draft/resource", 404},
		"no method":                      {ann, "", "/members/resource", 400},
		"two lines":                      {ann, "GET / HTTP/1.1", "/members/resource", 400},
		"no URL":                         {ann, "GET", "", 400},
	} {
		if a, status, _ := c.who.try(c.method, c.target, nil, key("annsPartners")); a.status != c.want || status != "" {
			t.Errorf("%s: got %d %s, call %q", name, a.status, a.body, status)
		}
	}
	if a, _, _ := ann.try("GET", "/members/resource", nil, [2]string{"X-Bad", "a\r\nB: c"}); a.status != 400 {
		t.Errorf("a header of two lines: %d", a.status)
	}
	if a, _, _ := guest.try("GET", "/echo/resource", nil); a.status != 200 { // guests see it, and need a key
		t.Errorf("a guest: %d %s", a.status, a.body)
	}
}

// TestTryStreams: each piece of a call and of its answer travels before the next one is there.
func TestTryStreams(t *testing.T) {
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := http.NewResponseController(w).EnableFullDuplex(); err != nil {
			t.Error(err)
		}
		w.Header().Set("Content-Type", "text/event-stream")
		w.Header().Set("Set-Cookie", "portico-portal=stolen")
		lines := bufio.NewScanner(r.Body)
		for lines.Scan() {
			_, _ = fmt.Fprintf(w, "data: %s\n\n", lines.Text())
			_ = http.NewResponseController(w).Flush()
		}
	}))
	defer backend.Close()
	w := newWorld(t)
	required := false
	w.apply(record.PutOf("/apis/members", catalog.API{DisplayName: "Members", Path: "members", ServiceURL: backend.URL, SubscriptionRequired: &required, Protocols: []string{"https"}}, ""),
		record.PutOf("/apis/members/operations/post", catalog.Operation{DisplayName: "Post", Method: "POST", URLTemplate: "/resource"}, ""),
		record.PutOf("/policies/policy", catalog.Policy{Format: "rawxml", Value: `<policies><inbound/><backend><forward-request buffer-request-body="false" buffer-response="false"/></backend><outbound/><on-error/></policies>`}, ""))
	ann := w.signedIn("ann")
	body, write := io.Pipe()
	r, err := http.NewRequest("POST", w.url+"/developer/try", body)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Portico-Try-Method", "POST")
	r.Header.Set("Portico-Try-Url", "/members/resource")
	r.AddCookie(ann.cookies[0])
	go func() { _, _ = io.WriteString(write, "one\n") }()
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	answers := bufio.NewReader(res.Body)
	for i, line := range []string{"one", "two", "three"} {
		if i > 0 {
			if _, err := io.WriteString(write, line+"\n"); err != nil {
				t.Fatal(err)
			}
		}
		got, err := answers.ReadString('\n')
		if err != nil || got != "data: "+line+"\n" {
			t.Fatalf("got %q, %v, want %s", got, err, line)
		}
		if _, err := answers.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
	}
	if err := write.Close(); err != nil {
		t.Fatal(err)
	}
	if len(res.Cookies()) > 0 {
		t.Errorf("a backend set a cookie of the portal: %v", res.Cookies())
	}
}
