package gateway

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"software.sslmate.com/src/go-pkcs12"

	"portico/internal/catalog"
	"portico/internal/record"
)

// backend stores a backend entity.
func (w *world) backend(id string, b catalog.Backend) {
	w.t.Helper()
	w.apply(catalog.Seal(w.keeper, catalog.BackendPath(id), &b, ""))
}

// entityWorld is a world whose API "a" goes to the backend entity "b".
func entityWorld(t *testing.T, change func(*Config)) *world {
	w := newWorld(t, change)
	open := false
	w.api("a", catalog.API{Path: "a", SubscriptionRequired: &open}, "GET /x", "POST /x")
	w.policy(catalog.APIPath("a"), `<inbound><base /><set-backend-service backend-id="b" /></inbound>`)
	return w
}

// told starts an HTTP server that answers with its name, and with the status and
// Retry-After that status holds ("503 120").
func told(t *testing.T, name string, status *atomic.Value) string {
	s := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		code := "200"
		if status != nil {
			var after string
			if code, after, _ = strings.Cut(status.Load().(string), " "); after != "" {
				rw.Header().Set("Retry-After", after)
			}
		}
		n, _ := strconv.Atoi(code)
		rw.WriteHeader(n)
		fmt.Fprint(rw, name)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func TestBackendEntityAddsItsAddressAndCredentials(t *testing.T) {
	var got *http.Request
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r }))
	defer s.Close()
	w := entityWorld(t, nil)
	w.call("GET /a/x").is(t, "without the entity", 500, "")
	w.backend("b", catalog.Backend{URL: s.URL + "/base", Credentials: &catalog.BackendCredentials{
		Authorization: &catalog.BackendAuthorization{Scheme: "Bearer", Parameter: "s3cret"},
		Header:        map[string][]string{"X-Key": {"first-key", "second-key"}},
		Query:         map[string][]string{"code": {"a&b"}},
	}})
	w.call("GET /a/x?code=mine&d=1", "X-Key: mine", "Authorization: Basic bWU=").is(t, "with it", 200, "")
	if got.URL.String() != "/base/x?d=1&code=a%26b" || got.Header.Get("Authorization") != "Bearer s3cret" || strings.Join(got.Header["X-Key"], ",") != "first-key,second-key" {
		t.Errorf("%s %v", got.URL, got.Header)
	}
	r, err := w.store.Records().Get(t.Context(), catalog.BackendPath("b"))
	if err != nil || strings.Contains(string(r.Body), "s3cret") || strings.Contains(string(r.Body), "first-key") {
		t.Errorf("a secret is stored as it is: %s (%v)", r.Body, err)
	}
	w.apply(record.Change{Op: record.Delete, Path: catalog.BackendPath("b")})
	w.call("GET /a/x").is(t, "deleted", 500, "")
}

func TestBackendEntityMayBeLocal(t *testing.T) {
	w := entityWorld(t, nil)
	w.backend("b", catalog.Backend{URL: "http://local.test/v1", Credentials: &catalog.BackendCredentials{Query: map[string][]string{"code": {"1"}}}})
	w.call("GET /a/x?d=2").is(t, "a local backend", 200, "GET /v1/x?d=2&code=1")
}

func TestBrokenBackendIsReported(t *testing.T) {
	w := entityWorld(t, nil)
	w.backend("b", catalog.Backend{URL: "ftp://x"})
	if p := w.gateway.Problems()[catalog.BackendPath("b")]; len(p) != 1 || p[0].Target != "url" {
		t.Errorf("%v", p)
	}
	w.call("GET /a/x").is(t, "broken", 500, "")
}

func TestPoolsShareCalls(t *testing.T) {
	n := func(i int) *int { return &i }
	for name, test := range map[string]struct {
		services []catalog.BackendPoolItem
		want     string // of eight calls
	}{
		"round-robin": {[]catalog.BackendPoolItem{{ID: "/backends/one"}, {ID: "/subscriptions/s/resourceGroups/g/providers/Microsoft.ApiManagement/service/p/backends/Two"}}, "one two one two one two one two"},
		"weighted":    {[]catalog.BackendPoolItem{{ID: "/backends/one", Weight: n(3)}, {ID: "/backends/two", Weight: n(1)}}, "one one two one one one two one"},
		"priority":    {[]catalog.BackendPoolItem{{ID: "/backends/one", Priority: n(2)}, {ID: "/backends/two", Priority: n(1)}}, "two two two two two two two two"},
		"missing":     {[]catalog.BackendPoolItem{{ID: "/backends/none", Priority: n(1)}, {ID: "/backends/two", Priority: n(2)}}, "two two two two two two two two"},
	} {
		t.Run(name, func(t *testing.T) {
			w := entityWorld(t, nil)
			w.backend("one", catalog.Backend{URL: told(t, "one", nil)})
			w.backend("two", catalog.Backend{URL: told(t, "two", nil)})
			w.backend("b", catalog.Backend{Type: "Pool", Pool: &catalog.BackendPool{Services: test.services}})
			var got []string
			for range 8 {
				got = append(got, w.call("GET /a/x").body)
			}
			if s := strings.Join(got, " "); s != test.want {
				t.Errorf("got %s, want %s", s, test.want)
			}
		})
	}
}

func TestCircuitBreaker(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	var clock atomic.Pointer[time.Time]
	clock.Store(&now)
	pass := func(d time.Duration) { next := clock.Load().Add(d); clock.Store(&next) }
	w := entityWorld(t, func(c *Config) { c.Now = func() time.Time { return *clock.Load() } })
	var status atomic.Value
	status.Store("500")
	b := catalog.Backend{URL: told(t, "one", &status), CircuitBreaker: &catalog.CircuitBreaker{Rules: []catalog.CircuitBreakerRule{{
		FailureCondition: catalog.FailureCondition{Count: 3, Interval: "PT1M", StatusCodeRanges: []catalog.StatusRange{{Min: 429, Max: 429}, {Min: 500, Max: 599}}},
		TripDuration:     "PT30S", AcceptRetryAfter: true}}}}
	w.backend("b", b)
	call := func(what string, want int) answer {
		t.Helper()
		a := w.call("GET /a/x")
		a.is(t, what, want, "")
		return a
	}
	call("first", 500)
	call("second", 500)
	pass(62 * time.Second)
	call("third, when the others are too old", 500)
	call("fourth", 500)
	call("fifth", 500)
	if a := call("open", 503); a.header.Get("Retry-After") != "30" || a.message(t) != "The backend is not available at the moment. Try again in 30 seconds." {
		t.Errorf("%v %s", a.header, a.body)
	}
	b.Description = "the same rules"
	w.backend("b", b)
	if err := w.gateway.Load(t.Context(), w.store.Records()); err != nil {
		t.Fatal(err)
	}
	call("open still", 503)
	pass(30 * time.Second)
	status.Store("404")
	call("closed again", 404)
	status.Store("429 120")
	for range 3 {
		call("throttled", 429)
	}
	if a := call("open for what the backend asked", 503); a.header.Get("Retry-After") != "120" {
		t.Errorf("%v", a.header)
	}
}

func TestCircuitBreakerOfAPoolSpillsOver(t *testing.T) {
	w := entityWorld(t, nil)
	n := 5
	rules := &catalog.CircuitBreaker{Rules: []catalog.CircuitBreakerRule{{FailureCondition: catalog.FailureCondition{Percentage: 50, Interval: "PT1M"}, TripDuration: "PT1H"}}}
	w.backend("dead", catalog.Backend{URL: "http://127.0.0.1:1", CircuitBreaker: rules})
	var status atomic.Value
	status.Store("200")
	w.backend("spare", catalog.Backend{URL: told(t, "spare", &status), CircuitBreaker: rules})
	w.backend("b", catalog.Backend{Type: "Pool", Pool: &catalog.BackendPool{Services: []catalog.BackendPoolItem{{ID: "/backends/dead"}, {ID: "/backends/spare", Priority: &n}}}})
	w.call("GET /a/x").is(t, "the first one does not answer", 500, "")
	w.call("GET /a/x").is(t, "then the spare", 200, "spare")
	status.Store("503")
	w.call("GET /a/x").is(t, "half of the spare's calls fail", 503, "spare")
	if a := w.call("GET /a/x"); a.status != 503 || a.header.Get("Retry-After") != "3600" {
		t.Errorf("all are open: %d %v", a.status, a.header)
	}
}

// keyPair makes a client certificate and its PKCS#12 file in base64.
func keyPair(t *testing.T, password string) (*x509.Certificate, string) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	form := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "gateway"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, form, form, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	file, err := pkcs12.Modern.Encode(key, leaf, nil, password)
	if err != nil {
		t.Fatal(err)
	}
	return leaf, base64.StdEncoding.EncodeToString(file)
}

func TestBackendClientCertificates(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if len(r.TLS.PeerCertificates) > 0 {
			_, _ = io.WriteString(rw, r.TLS.PeerCertificates[0].Subject.CommonName)
		}
	}))
	s.TLS = &tls.Config{ClientAuth: tls.RequestClientCert}
	s.StartTLS()
	defer s.Close()
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	w := entityWorld(t, func(c *Config) { c.Roots = roots })
	leaf, file := keyPair(t, "pw")
	w.apply(catalog.Seal(w.keeper, catalog.CertificatePath("mine"), &catalog.Certificate{Data: file, Password: "pw"}, ""))
	for name, test := range map[string]struct {
		credentials *catalog.BackendCredentials
		status      int
		body        string
	}{
		"none":          {nil, 200, ""},
		"by id":         {&catalog.BackendCredentials{CertificateIDs: []string{"/certificates/MINE"}}, 200, "gateway"},
		"by thumbprint": {&catalog.BackendCredentials{Certificate: []string{strings.ToLower(catalog.Thumbprint(leaf))}}, 200, "gateway"},
		"not there":     {&catalog.BackendCredentials{CertificateIDs: []string{"/certificates/other"}}, 500, ""},
	} {
		w.backend("b", catalog.Backend{URL: s.URL, Credentials: test.credentials})
		w.call("GET /a/x").is(t, name, test.status, test.body)
	}
}

func TestBackendTLS(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	s.StartTLS()
	defer s.Close()
	known := x509.NewCertPool()
	known.AddCert(s.Certificate())
	port := s.URL[strings.LastIndexByte(s.URL, ':'):]
	no := false
	right, wrong := "https://127.0.0.1"+port, "https://localhost"+port // the certificate is for example.com and 127.0.0.1
	for name, test := range map[string]struct {
		roots  *x509.CertPool
		url    string
		tls    *catalog.BackendTLS
		status int
	}{
		"right":                         {known, right, nil, 200},
		"unknown authority":             {x509.NewCertPool(), right, nil, 500},
		"unknown authority, name only":  {x509.NewCertPool(), right, &catalog.BackendTLS{ValidateCertificateChain: &no}, 200},
		"wrong name":                    {known, wrong, nil, 500},
		"wrong name, chain only":        {known, wrong, &catalog.BackendTLS{ValidateCertificateName: &no}, 200},
		"wrong name, name only":         {known, wrong, &catalog.BackendTLS{ValidateCertificateChain: &no}, 500},
		"unknown authority, chain only": {x509.NewCertPool(), right, &catalog.BackendTLS{ValidateCertificateName: &no}, 500},
		"both wrong, nothing checked":   {x509.NewCertPool(), wrong, &catalog.BackendTLS{ValidateCertificateChain: &no, ValidateCertificateName: &no}, 200},
	} {
		w := entityWorld(t, func(c *Config) { c.Roots = test.roots })
		w.backend("b", catalog.Backend{URL: test.url, TLS: test.tls})
		w.call("GET /a/x").is(t, name, test.status, "")
	}
}

func TestBackendProxy(t *testing.T) {
	var asked, credentials string
	proxy := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		asked, credentials = r.URL.String(), r.Header.Get("Proxy-Authorization")
	}))
	defer proxy.Close()
	w := entityWorld(t, nil)
	w.backend("b", catalog.Backend{URL: "http://service.invalid", Proxy: &catalog.BackendProxy{URL: proxy.URL, Username: "u", Password: "p"}})
	w.call("GET /a/x").is(t, "through the proxy", 200, "")
	if asked != "http://service.invalid/x" || credentials != "Basic dTpw" {
		t.Errorf("the proxy was asked for %q with %q", asked, credentials)
	}
}
