package egress_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"portico/internal/egress"
	"portico/internal/fault"
)

func TestFetch(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/document":
			_, _ = io.WriteString(w, "text")
		case "/moved":
			http.Redirect(w, r, "/document", http.StatusFound)
		case "/round":
			http.Redirect(w, r, "/round", http.StatusFound)
		case "/metadata":
			http.Redirect(w, r, "http://169.254.169.254/", http.StatusFound)
		case "/file":
			http.Redirect(w, r, "file:///etc/passwd", http.StatusFound)
		case "/long":
			_, _ = io.WriteString(w, strings.Repeat("x", 101))
		default:
			http.NotFound(w, r)
		}
	}))
	defer srv.Close()
	for _, c := range []struct {
		rule    egress.Rule
		address string
		kind    fault.Kind
		want    string // the text, or what the error says
	}{
		{egress.ForStaff(nil), srv.URL + "/document", 0, "text"},
		{egress.ForStaff(nil), srv.URL + "/moved", 0, "text"},
		{egress.ForStaff(nil), srv.URL + "/long", fault.TooLarge, "larger than the limit of 100 bytes"},
		{egress.ForStaff(nil), srv.URL + "/missing", fault.Invalid, "answers with status 404"},
		{egress.ForStaff(nil), srv.URL + "/round", fault.Invalid, "gives no answer"},
		{egress.ForStaff(nil), srv.URL + "/metadata", fault.Forbidden, "calls to the address 169.254.169.254 are not allowed"},
		{egress.ForStaff(nil), srv.URL + "/file", fault.Invalid, "is not an absolute URL of http or https"},
		{egress.ForDevelopers(nil), srv.URL + "/document", fault.Forbidden, "calls to the address 127.0.0.1 are not allowed"},
		{egress.ForStaff(nil), "file:///etc/passwd", fault.Invalid, "is not an absolute URL"},
		{egress.ForStaff(nil), "ftp://example.com/x", fault.Invalid, "is not an absolute URL"},
		{egress.ForStaff(nil), "http://a b/", fault.Invalid, "is not a URL"},
		{egress.ForStaff(nil), "http://user:secret@127.0.0.1:1/", fault.Invalid, "http://user:xxxxx@127.0.0.1:1/"},
	} {
		b, err := egress.NewFetcher(c.rule).Fetch(context.Background(), c.address, 100)
		switch {
		case err == nil && (c.kind != 0 || string(b) != c.want):
			t.Errorf("%s: got %q, want %s", c.address, b, c.want)
		case err != nil && (!fault.Is(err, c.kind) || !strings.Contains(fault.As(err).Message, c.want)):
			t.Errorf("%s: got %v, want %s", c.address, err, c.want)
		}
		// Opened, the same is given and refused, but that nothing is too large.
		body, err := egress.NewFetcher(c.rule).Open(context.Background(), c.address)
		if err != nil {
			if !fault.Is(err, c.kind) || !strings.Contains(fault.As(err).Message, c.want) {
				t.Errorf("%s: opening gave %v, want %s", c.address, err, c.want)
			}
			continue
		}
		b, err = io.ReadAll(body)
		if err = errors.Join(err, body.Close()); err != nil || c.kind == 0 && string(b) != c.want || c.kind != 0 && len(b) != 101 {
			t.Errorf("%s: opened, it gives %q, %v", c.address, b, err)
		}
	}
}

// What ends before it is whole is told from what is.
func TestOpenBrokenOff(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, "half")
	}))
	defer srv.Close()
	body, err := egress.NewFetcher(egress.ForStaff(nil)).Open(t.Context(), srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(body)
	if string(b) != "half" || !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "before it was whole") {
		t.Errorf("read %q, %v", b, err)
	}
	if err := body.Close(); err != nil {
		t.Error(err)
	}
	if _, err := egress.NewFetcher(egress.ForStaff(nil)).Open(t.Context(), "x"); fault.As(err).Code != egress.InvalidURL {
		t.Errorf("no address: %v", err)
	}
}
