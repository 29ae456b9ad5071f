package openid_test

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jwk"
	"github.com/lestrrat-go/jwx/v3/jwt"

	"portico/internal/egress"
	"portico/internal/fault"
	"portico/internal/openid"
	"portico/internal/secret"
)

// faker is a provider that answers what a test wants; oidc-provider, which
// other tests sign in at, answers only what is right.
type faker struct {
	*httptest.Server
	key jwk.Key

	mu       sync.Mutex
	asked    url.Values // of the authorization request
	verifier string
	alter    func(claims map[string]any)
	sign     jwk.Key
	userInfo string
}

func newFaker(t *testing.T) *faker {
	t.Helper()
	f := &faker{alter: func(map[string]any) {}}
	raw, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	if f.key, err = jwk.Import(raw); err != nil {
		t.Fatal(err)
	}
	f.sign = f.key
	mux := http.NewServeMux()
	answer := func(w http.ResponseWriter, v any) {
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(v); err != nil {
			t.Error(err)
		}
	}
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, map[string]any{"issuer": f.URL, "authorization_endpoint": f.URL + "/authorize", "token_endpoint": f.URL + "/token", "jwks_uri": f.URL + "/keys",
			"userinfo_endpoint": f.URL + "/me", "id_token_signing_alg_values_supported": []string{"RS256"}})
	})
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) {
		public, err := f.key.PublicKey()
		if err != nil {
			t.Error(err)
		}
		answer(w, map[string]any{"keys": []any{public}})
	})
	mux.HandleFunc("/me", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprint(w, f.userInfo)
	})
	mux.HandleFunc("/token", func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.verifier = r.FormValue("code_verifier")
		claims := map[string]any{"iss": f.URL, "sub": "s1", "aud": "client", "exp": time.Now().Add(time.Hour).Unix(), "iat": time.Now().Unix(), "nonce": f.asked.Get("nonce"),
			"email": "ann@example.com", "email_verified": "true"}
		f.alter(claims)
		token := jwt.New()
		for name, v := range claims {
			if err := token.Set(name, v); err != nil {
				t.Error(err)
			}
		}
		signed, err := jwt.Sign(token, jwt.WithKey(jwa.RS256(), f.sign))
		if err != nil {
			t.Error(err)
		}
		answer(w, map[string]any{"access_token": "a", "token_type": "Bearer", "id_token": string(signed)})
	})
	f.Server = httptest.NewServer(mux)
	t.Cleanup(f.Close)
	return f
}

// site is a site that signs people in at the faker.
func site(t *testing.T, f *faker) (begin string, finish func(client *http.Client, query url.Values) (openid.Claims, string, error), client func() *http.Client) {
	t.Helper()
	keys, err := secret.New(bytes.Repeat([]byte{3}, 32))
	if err != nil {
		t.Fatal(err)
	}
	flow := openid.New(egress.NewClient(egress.ForStaff(nil)), keys, "flow")
	provider := openid.Provider{Name: "corp", Title: "Corp", Issuer: f.URL, ClientID: "client", ClientSecret: "s"}
	var claims openid.Claims
	var returnTo string
	var failed error
	mux := http.NewServeMux()
	mux.HandleFunc("/begin", func(w http.ResponseWriter, r *http.Request) {
		if err := flow.Begin(w, r, provider, "http://site/callback", "/back"); err != nil {
			t.Error(err)
		}
	})
	mux.HandleFunc("/callback", func(w http.ResponseWriter, r *http.Request) {
		claims, returnTo, failed = flow.Finish(w, r, provider, "http://site/callback")
	})
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	finish = func(client *http.Client, query url.Values) (openid.Claims, string, error) {
		res, err := client.Get(srv.URL + "/callback?" + query.Encode())
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close() // it is empty
		return claims, returnTo, failed
	}
	client = func() *http.Client {
		jar, err := cookiejar.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		return &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	}
	return srv.URL + "/begin", finish, client
}

func TestFlow(t *testing.T) {
	f := newFaker(t)
	begin, finish, newClient := site(t, f)
	start := func(client *http.Client) url.Values {
		t.Helper()
		res, err := client.Get(begin)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close() // it is empty
		to, err := res.Location()
		if err != nil {
			t.Fatal(err)
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		f.asked = to.Query()
		for name, want := range map[string]string{"response_type": "code", "client_id": "client", "code_challenge_method": "S256", "redirect_uri": "http://site/callback"} {
			if f.asked.Get(name) != want {
				t.Errorf("%s is %q, want %q", name, f.asked.Get(name), want)
			}
		}
		if f.asked.Get("code_challenge") == "" || f.asked.Get("nonce") == "" || len(f.asked.Get("state")) < 16 {
			t.Errorf("asked %v", f.asked)
		}
		return url.Values{"code": {"c"}, "state": {f.asked.Get("state")}}
	}
	client := newClient()
	query := start(client)
	claims, returnTo, err := finish(client, query)
	if err != nil || claims.Subject != "s1" || !claims.EmailVerified || returnTo != "/back" || f.verifier == "" {
		t.Fatalf("got %+v, %q, %v, verifier %q", claims, returnTo, err, f.verifier)
	}
	if _, _, err := finish(client, query); !fault.Is(err, fault.Invalid) {
		t.Errorf("the answer again: %v", err)
	}

	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	stranger, err := jwk.Import(other)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		alter func(map[string]any)
		sign  jwk.Key
		query func(url.Values)
		want  fault.Kind
	}{
		"another issuer":           {alter: func(c map[string]any) { c["iss"] = "http://evil.example" }, want: fault.Forbidden},
		"for another client":       {alter: func(c map[string]any) { c["aud"] = "other" }, want: fault.Forbidden},
		"expired":                  {alter: func(c map[string]any) { c["exp"] = time.Now().Add(-time.Hour).Unix() }, want: fault.Forbidden},
		"of another sign-in":       {alter: func(c map[string]any) { c["nonce"] = "n" }, want: fault.Forbidden},
		"without a nonce":          {alter: func(c map[string]any) { delete(c, "nonce") }, want: fault.Forbidden},
		"signed by somebody else":  {sign: stranger, want: fault.Forbidden},
		"about somebody else":      {alter: func(c map[string]any) { delete(c, "email") }, want: fault.Forbidden}, // userinfo names s2
		"another state":            {query: func(q url.Values) { q.Set("state", "x") }, want: fault.Invalid},
		"no state":                 {query: func(q url.Values) { q.Del("state") }, want: fault.Invalid},
		"the person did not agree": {query: func(q url.Values) { q.Set("error", "access_denied") }, want: fault.Forbidden},
	} {
		client := newClient()
		query := start(client)
		f.mu.Lock()
		f.alter, f.sign, f.userInfo = func(map[string]any) {}, f.key, `{"sub":"s2","email":"eve@example.com"}`
		if c.alter != nil {
			f.alter = c.alter
		}
		if c.sign != nil {
			f.sign = c.sign
		}
		f.mu.Unlock()
		if c.query != nil {
			c.query(query)
		}
		if _, _, err := finish(client, query); !fault.Is(err, c.want) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if _, _, err := finish(newClient(), start(newClient())); !fault.Is(err, fault.Invalid) {
		t.Errorf("in another browser: %v", err)
	}
}

// TestProvidersAreUnderTheEgressRule: metadata cannot be fetched from where nothing may be.
func TestProvidersAreUnderTheEgressRule(t *testing.T) {
	f := newFaker(t)
	keys, err := secret.New(bytes.Repeat([]byte{3}, 32))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		issuer string
		deny   []netip.Prefix
	}{{"http://169.254.169.254", nil}, {f.URL, []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}} {
		flow := openid.New(egress.NewClient(egress.ForStaff(c.deny)), keys, "flow")
		err := flow.Begin(httptest.NewRecorder(), httptest.NewRequest("GET", "/", http.NoBody), openid.Provider{Name: "p", Issuer: c.issuer}, "http://site/", "/")
		if err == nil || !strings.Contains(err.Error(), "not allowed") {
			t.Errorf("%s: got %v", c.issuer, err)
		}
	}
}
