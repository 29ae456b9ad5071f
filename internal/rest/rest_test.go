package rest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/rest"
	"portico/internal/rest/resttest"
)

type plainWire struct{}

func (plainWire) WriteError(w http.ResponseWriter, _ *http.Request, err *fault.Error) {
	message := err.Message
	if err.Kind == fault.Internal {
		message = "internal error"
	}
	http.Error(w, message, rest.Status(err.Kind))
}

// echo answers with the route's pattern and the path values.
func echo(names ...string) rest.Handler {
	return func(w http.ResponseWriter, r *http.Request, who access.Principal) error {
		for _, n := range names {
			if _, err := fmt.Fprintf(w, "%s=%s;", n, r.PathValue(n)); err != nil {
				return err
			}
		}
		_, err := fmt.Fprint(w, who.Name)
		return err
	}
}

func newAPI(log io.Writer) rest.API {
	return rest.API{
		Routes: []rest.Route{
			{Method: "GET", Pattern: "/", Permission: access.Anyone, Handle: echo()},
			{Method: "GET", Pattern: "/apis", Permission: access.ReadCatalog, Handle: echo()},
			{Method: "GET", Pattern: "/apis/{id}", Permission: access.ReadCatalog, Handle: echo("id")},
			{Method: "DELETE", Pattern: "/apis/{id}", Permission: access.WriteCatalog, Handle: echo("id")},
			{Method: "GET", Pattern: "/apis/{api}/operations/{op}", Permission: access.ReadCatalog, Handle: echo("api", "op")},
			{Method: "GET", Pattern: "/apis/fixed/operations", Permission: access.ReadCatalog, Handle: echo()},
			{Method: "GET", Pattern: "/files/{path...}", Permission: access.Anyone, Handle: echo("path")},
			{Method: "HEAD", Pattern: "/head", Permission: access.Anyone, Handle: func(w http.ResponseWriter, _ *http.Request, _ access.Principal) error {
				w.WriteHeader(http.StatusNoContent)
				return nil
			}},
			{Method: "POST", Pattern: "/read", Permission: access.Anyone, Handle: func(_ http.ResponseWriter, r *http.Request, _ access.Principal) error {
				_, err := io.Copy(io.Discard, r.Body)
				return err
			}},
			{Method: "POST", Pattern: "/large", Permission: access.Anyone, MaxBody: -1, Handle: func(_ http.ResponseWriter, r *http.Request, _ access.Principal) error {
				_, err := io.Copy(io.Discard, r.Body)
				return err
			}},
			{Method: "GET", Pattern: "/panic", Permission: access.Anyone, Handle: func(http.ResponseWriter, *http.Request, access.Principal) error { panic("secret detail") }},
			{Method: "GET", Pattern: "/broken", Permission: access.Anyone, Handle: func(http.ResponseWriter, *http.Request, access.Principal) error {
				return errors.New("secret detail")
			}},
			{Method: "GET", Pattern: "/half", Permission: access.Anyone, Handle: func(w http.ResponseWriter, _ *http.Request, _ access.Principal) error {
				_, _ = io.WriteString(w, strings.Repeat("x", 1<<16))
				return errors.New("secret detail")
			}},
		},
		Authenticate: func(r *http.Request) (access.Principal, error) {
			switch role := r.Header.Get("Role"); role {
			case "":
				return access.Principal{}, nil
			case "wrong":
				return access.Principal{}, fault.New(fault.Unauthorized, "The token is not known.")
			default:
				return access.Principal{Name: role, Roles: []access.Role{access.Role(role)}}, nil
			}
		},
		Wire:    plainWire{},
		MaxBody: 10,
		Log:     slog.New(slog.NewTextHandler(log, nil)),
	}
}

func TestRoutes(t *testing.T) {
	var log bytes.Buffer
	h := newAPI(&log).Handler()
	for _, c := range []struct {
		method, target, role, body string
		status                     int
		want                       string
	}{
		{"GET", "/", "", "", 200, ""},
		{"GET", "/apis", "viewer", "", 200, "viewer"},
		{"GET", "/APIs/", "viewer", "", 200, "viewer"},
		{"GET", "/apis/Echo%20it", "viewer", "", 200, "id=Echo it;viewer"},
		{"HEAD", "/apis/echo", "viewer", "", 200, "id=echo;viewer"}, // the server drops the body
		{"DELETE", "/apis/echo", "publisher", "", 200, "id=echo;publisher"},
		{"GET", "/apis/fixed/operations", "viewer", "", 200, "viewer"},
		{"GET", "/apis/fixed/operations/o", "viewer", "", 200, "api=fixed;op=o;viewer"}, // back to {api}
		{"GET", "/files/a/b.txt", "", "", 200, "path=a/b.txt;"},
		{"GET", "/files", "", "", 200, "path=;"},
		{"HEAD", "/head", "", "", 204, ""},

		{"GET", "/apis", "", "", 401, "needs credentials"},
		{"GET", "/apis", "wrong", "", 401, "not known"},
		{"GET", "/", "wrong", "", 200, ""},
		{"DELETE", "/apis/echo", "viewer", "", 403, "catalog.write"},
		{"GET", "/nothing", "", "", 404, "nothing at /nothing"},
		{"GET", "/apis//operations/o", "viewer", "", 404, "nothing at"},
		{"GET", "/apis/a%2Fb", "viewer", "", 400, "no name has"},
		{"PUT", "/apis/echo", "viewer", "", 405, "DELETE, GET, HEAD"},
		{"GET", "/head", "", "", 405, "HEAD"},
		{"POST", "/read", "", "12345678901", 413, "limit of 10 bytes"},
		{"POST", "/read", "", "1234567890", 200, ""},
		{"POST", "/large", "", "12345678901", 200, ""},
		{"GET", "/panic", "", "", 500, "internal error"},
		{"GET", "/broken", "", "", 500, "internal error"},
	} {
		log.Reset()
		r := httptest.NewRequest(c.method, c.target, strings.NewReader(c.body))
		r.Header.Set("Role", c.role)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		body := w.Body.String()
		if w.Code != c.status || !strings.Contains(body, c.want) || strings.Contains(body, "secret") {
			t.Errorf("%s %s as %q: got %d %q, want %d %q", c.method, c.target, c.role, w.Code, body, c.status, c.want)
		}
		id := w.Header().Get(rest.RequestIDHeader)
		if len(id) != 36 {
			t.Errorf("%s %s: request id %q", c.method, c.target, id)
		}
		if logged := strings.Contains(log.String(), id) && strings.Contains(log.String(), "secret detail"); logged != (c.status == 500) {
			t.Errorf("%s %s: log is %q", c.method, c.target, log.String())
		}
		if c.status == 405 && w.Header().Get("Allow") == "" {
			t.Errorf("%s %s: no Allow header", c.method, c.target)
		}
	}
}

func TestHalfAnAnswerIsCut(t *testing.T) {
	srv := httptest.NewServer(newAPI(io.Discard).Handler())
	defer srv.Close()
	resp, err := http.Get(srv.URL + "/half")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if _, err := io.ReadAll(resp.Body); err == nil {
		t.Error("the client took half an answer for a whole one")
	}
}

func TestRequestIDReachesHandlers(t *testing.T) {
	var seen string
	api := newAPI(io.Discard)
	api.Routes = []rest.Route{{Method: "GET", Pattern: "/", Permission: access.Anyone, Handle: func(_ http.ResponseWriter, r *http.Request, _ access.Principal) error {
		seen = rest.RequestID(r.Context())
		return nil
	}}}
	w := httptest.NewRecorder()
	api.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if seen == "" || seen != w.Header().Get(rest.RequestIDHeader) || rest.RequestID(context.Background()) != "" {
		t.Errorf("the handler saw %q, the client %q", seen, w.Header().Get(rest.RequestIDHeader))
	}
}

func TestPermissions(t *testing.T) { resttest.Walk(t, newAPI(io.Discard)) }

func TestTwoRoutesOfOneMeaning(t *testing.T) {
	for _, patterns := range [][2]string{{"/a/{x}", "/A/{y}"}, {"/{x...}", "/{y...}"}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%v: no panic", patterns)
				}
			}()
			api := newAPI(io.Discard)
			api.Routes = []rest.Route{{Method: "GET", Pattern: patterns[0], Handle: echo()}, {Method: "GET", Pattern: patterns[1], Handle: echo()}}
			api.Handler()
		}()
	}
}

func TestMount(t *testing.T) {
	named := func(name string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, name) })
	}
	m := rest.Mount{"subscriptions": named("arm"), "": named("console")}
	for target, want := range map[string]string{"/Subscriptions/x": "arm", "/subscriptionsx": "console", "/": "console"} {
		w := httptest.NewRecorder()
		m.ServeHTTP(w, httptest.NewRequest("GET", target, nil))
		if w.Body.String() != want {
			t.Errorf("%s: %s, want %s", target, w.Body, want)
		}
	}
}
