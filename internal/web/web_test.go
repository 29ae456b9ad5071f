package web

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

func zipped(t *testing.T, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func get(h http.Handler, method, path string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, http.NoBody)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestPageHasTheNonceOfItsPolicy(t *testing.T) {
	f := Files{fstest.MapFS{"publisher.html": {Data: []byte(`<script nonce="__CSP_NONCE__" src="/assets/a.js"></script>`)}}}
	seen := map[string]bool{}
	for _, path := range []string{"/publisher", "/publisher/apis/echo"} {
		w := get(f.Page(Publisher), "GET", path)
		nonce := regexp.MustCompile(`'nonce-([\w-]{22})'`).FindStringSubmatch(w.Header().Get("Content-Security-Policy"))
		if w.Code != 200 || nonce == nil || !strings.Contains(w.Body.String(), `nonce="`+nonce[1]+`"`) {
			t.Fatalf("%s: %d %v %s", path, w.Code, w.Header(), w.Body)
		}
		if seen[nonce[1]] {
			t.Error("two answers have one nonce")
		}
		seen[nonce[1]] = true
		for name, want := range map[string]string{
			"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin",
		} {
			if got := w.Header().Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", path, name, got, want)
			}
		}
		if csp := w.Header().Get("Content-Security-Policy"); strings.Contains(csp, "unsafe") || !strings.HasPrefix(csp, "default-src 'none'") {
			t.Errorf("the policy is %s", csp)
		}
	}
	if w := get(f.Page(Publisher), "POST", "/publisher"); w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, HEAD" {
		t.Errorf("POST gave %d %v", w.Code, w.Header())
	}
}

func TestPageThatWasNotBuiltSaysHow(t *testing.T) {
	f := Files{fstest.MapFS{"publisher.html": {}}}
	if f.Has(Studio) || !f.Has(Publisher) {
		t.Error("what was built is not told from what was not")
	}
	w := get(f.Page(Studio), "GET", "/studio")
	if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), "make build") || !strings.Contains(w.Body.String(), "studio") {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
}

func TestAssets(t *testing.T) {
	const script = "console.log(1)"
	assets := Files{fstest.MapFS{"assets/a-1.js.gz": {Data: zipped(t, script)}, "assets/a-1.js.br": {Data: []byte("brotli")}, "publisher.html": {}}}.Assets()
	for _, test := range []struct{ accept, encoding, body string }{
		{"gzip, deflate, br", "br", "brotli"},
		{"gzip, br;q=0", "gzip", string(zipped(t, script))},
		{"gzip;q=0.5", "gzip", string(zipped(t, script))},
		{"br;q=0.000, gzip;q=0", "", script},
		{"", "", script},
	} {
		w := get(assets, "GET", "/assets/a-1.js", "Accept-Encoding", test.accept)
		if w.Code != 200 || w.Body.String() != test.body || w.Header().Get("Content-Encoding") != test.encoding {
			t.Errorf("Accept-Encoding %q gave %d %v %q", test.accept, w.Code, w.Header(), w.Body)
		}
		if w.Header().Get("Content-Type") != "text/javascript; charset=utf-8" || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") || w.Header().Get("Vary") != "Accept-Encoding" {
			t.Errorf("headers %v", w.Header())
		}
	}
	for _, path := range []string{"/assets/none.js", "/assets/", "/assets/../publisher.html", "/assets/%00", "/assets"} {
		w := get(assets, "GET", path)
		if w.Code != 404 || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s gave %d %v", path, w.Code, w.Header())
		}
	}
}

func TestBuiltFilesAreWholeOrNone(t *testing.T) {
	f := Built()
	built := 0
	for _, face := range []Face{Studio, Publisher, Portal} {
		w := get(f.Page(face), "GET", "/")
		if w.Code != 200 {
			continue
		}
		built++
		for _, asset := range regexp.MustCompile(`"(/assets/[^"]+)"`).FindAllStringSubmatch(w.Body.String(), -1) {
			for _, accept := range []string{"br", "gzip", ""} {
				if a := get(f.Assets(), "GET", asset[1], "Accept-Encoding", accept); a.Code != 200 || a.Body.Len() == 0 {
					t.Errorf("%s loads %s, which gives %d for %q", face, asset[1], a.Code, accept)
				}
			}
		}
	}
	if built != 0 && built != 3 {
		t.Errorf("%d of 3 pages are built", built)
	}
}
