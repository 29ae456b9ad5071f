package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/policy"
)

func TestSendBoundsTheAnswer(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		piece := make([]byte, 64<<10)
		switch r.URL.Path {
		case "/endless":
			for {
				if _, err := w.Write(piece); err != nil {
					return
				}
			}
		case "/announced":
			w.Header().Set("Content-Length", "10000000000")
			_, _ = w.Write(piece)
		case "/never":
			<-r.Context().Done()
		case "/stalls":
			_, _ = w.Write(piece)
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		}
	}))
	defer s.Close()
	w := newWorld(t, nil)
	for path, want := range map[string]error{
		"/endless": policy.ErrBodyTooLarge, "/announced": policy.ErrBodyTooLarge,
		"/never": context.DeadlineExceeded, "/stalls": context.DeadlineExceeded, "/": nil,
	} {
		o := &policy.Outgoing{Method: "GET", URL: s.URL + path, Timeout: 10 * time.Second}
		if want == context.DeadlineExceeded {
			o.Timeout = 20 * time.Millisecond
		}
		if _, err := w.gateway.sender.Send(t.Context(), o); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", path, err, want)
		}
	}
}

func TestSendKeepsTheRuleForAddresses(t *testing.T) {
	w := newWorld(t, nil)
	for _, url := range []string{"http://169.254.169.254/latest", "http://[fe80::1]/", "http://0.0.0.0/"} {
		if _, err := w.gateway.sender.Send(t.Context(), &policy.Outgoing{Method: "GET", URL: url, Timeout: time.Minute}); !fault.Is(err, fault.Forbidden) {
			t.Errorf("%s: %v", url, err)
		}
	}
}

func TestSendReachesLocalBackends(t *testing.T) {
	w := newWorld(t, nil)
	res, err := w.gateway.sender.Send(t.Context(), &policy.Outgoing{Method: "PUT", URL: "http://local.test/y?z=1", Timeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	if body, _ := res.Body.InMemory(); res.Status != 200 || string(body) != "PUT /y?z=1" {
		t.Errorf("%d %s", res.Status, body)
	}
}

func TestSendLaterIsDoneBeforeTheGatewayCloses(t *testing.T) {
	got := make(chan string, 1)
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		got <- fmt.Sprint(r.Method, " ", string(b))
	}))
	defer s.Close()
	w := newWorld(t, nil)
	w.api("a", catalog.API{Path: "a"}, "GET /x")
	w.subscription("sub", "/apis/a")
	w.policy(catalog.APIPath("a"), `<inbound><base /><send-one-way-request mode="new"><set-url>`+s.URL+`</set-url><set-method>POST</set-method></send-one-way-request></inbound>`)
	w.call("GET /a/x", "Ocp-Apim-Subscription-Key: sub-1").is(t, "the call", 200, "")
	w.gateway.sender.later.Wait()
	if line := <-got; line != "POST " {
		t.Errorf("the server saw %q", line)
	}
}

func TestSendLaterHasALimit(t *testing.T) {
	release := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer s.Close()
	w := newWorld(t, nil)
	w.gateway.sender.places = make(chan struct{}, 2)
	o := &policy.Outgoing{Method: "GET", URL: s.URL, Timeout: time.Minute}
	for i := range 2 {
		if err := w.gateway.sender.SendLater(o); err != nil {
			t.Fatalf("request %d: %v", i, err)
		}
	}
	if err := w.gateway.sender.SendLater(o); err == nil || !strings.Contains(err.Error(), "under way") {
		t.Errorf("one too many: %v", err)
	}
	close(release)
	w.gateway.sender.later.Wait()
}
