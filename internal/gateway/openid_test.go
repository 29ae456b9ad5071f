package gateway

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jwk"
	"github.com/lestrrat-go/jwx/v3/jws"

	"portico/internal/catalog"
)

// issuer is an OpenID provider on a stage's side server.
type issuer struct {
	*stage
	keys map[string]*rsa.PrivateKey
}

// publish has the provider's metadata, at that path, name the keys.
func (i *issuer) publish(path, name string, kids ...string) {
	i.t.Helper()
	set := jwk.NewSet()
	for _, kid := range kids {
		if i.keys[kid] == nil {
			key, err := rsa.GenerateKey(rand.Reader, 2048)
			if err != nil {
				i.t.Fatal(err)
			}
			i.keys[kid] = key
		}
		key, err := jwk.Import(&i.keys[kid].PublicKey)
		if err == nil {
			err = key.Set("kid", kid)
		}
		if err == nil {
			err = set.AddKey(key)
		}
		if err != nil {
			i.t.Fatal(err)
		}
	}
	raw, err := json.Marshal(set)
	if err != nil {
		i.t.Fatal(err)
	}
	i.side.tell("/keys", "200\n\n"+string(raw))
	i.side.tell(path, fmt.Sprintf("200\n\n"+`{"issuer":%q,"jwks_uri":"%s/keys"}`, name, i.side.URL))
}

// token signs claims for an hour.
func (i *issuer) token(kid, claims string) string {
	i.t.Helper()
	h := jws.NewHeaders()
	if err := h.Set("kid", kid); err != nil {
		i.t.Fatal(err)
	}
	i.mu.Lock()
	expires := i.now.Add(time.Hour).Unix()
	i.mu.Unlock()
	out, err := jws.Sign(fmt.Appendf(nil, `{"exp":%d,%s}`, expires, claims), jws.WithKey(jwa.RS256(), i.keys[kid], jws.WithProtectedHeaders(h)))
	if err != nil {
		i.t.Fatal(err)
	}
	return string(out)
}

// pass lets time pass.
func (s *stage) pass(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
}

// asks calls the API with a token, and tells the status and how often the provider was asked.
func (i *issuer) asks(token string) string {
	i.t.Helper()
	a := i.call("GET /a/x", "Ocp-Apim-Subscription-Key: sub-1", "Authorization: Bearer "+token)
	return fmt.Sprint(a.status, " ", len(i.side.saw()))
}

func TestValidateJWTAsksTheOpenIDProvider(t *testing.T) {
	i := &issuer{stage: newStage(t), keys: map[string]*rsa.PrivateKey{}}
	const path = "/.well-known/openid-configuration"
	i.publish(path, "me", "k1")
	i.policy(catalog.APIPath("a"), `<inbound><base /><validate-jwt header-name="Authorization"><openid-config url="`+i.side.URL+path+`" /></validate-jwt></inbound>`)
	step := func(what, token, want string) {
		t.Helper()
		if got := i.asks(token); got != want {
			t.Errorf("%s: %s, want %s", what, got, want)
		}
	}
	step("first", i.token("k1", `"iss":"me"`), "200 2")
	step("known", i.token("k1", `"iss":"me"`), "200 0")
	step("another issuer", i.token("k1", `"iss":"you"`), "401 0")
	i.publish(path, "me", "k2")
	step("an unknown key, too soon", i.token("k2", `"iss":"me"`), "401 0")
	i.pass(5 * time.Minute)
	step("an unknown key, later", i.token("k2", `"iss":"me"`), "200 2")
	i.keys["k3"] = i.keys["k1"]
	step("one that nobody knows", i.token("k3", `"iss":"me"`), "401 0")
	i.pass(59 * time.Minute)
	step("within the hour", i.token("k2", `"iss":"me"`), "200 0")
	i.pass(time.Minute)
	step("after an hour", i.token("k2", `"iss":"me"`), "200 2")
	i.side.tell(path, "500")
	i.pass(time.Hour)
	step("not to be had: the old ones hold", i.token("k2", `"iss":"me"`), "200 1")
	i.pass(24 * time.Hour)
	step("for a day", i.token("k2", `"iss":"me"`), "500 1")
}

func TestValidateAzureADToken(t *testing.T) {
	const tenant = "8a1b7c3e-0000-4000-8000-000000000001"
	i := &issuer{stage: newStage(t), keys: map[string]*rsa.PrivateKey{}}
	i.publish("/"+tenant+"/v2.0/.well-known/openid-configuration", "https://login.test/"+tenant+"/v2.0", "k1")
	v1, v2 := `"tid":"`+tenant+`","iss":"https://sts.windows.net/`+tenant+`/"`, `"tid":"`+tenant+`","iss":"https://login.test/`+tenant+`/v2.0"`
	i.publish("/common/v2.0/.well-known/openid-configuration", "https://login.test/{tenantid}/v2.0", "k1")
	for name, test := range map[string]struct {
		children, claims string
		status           string
	}{
		"version 1":         {"", v1, "200"},
		"version 2":         {"", v2, "200"},
		"another tenant":    {"", `"tid":"u","iss":"https://sts.windows.net/u/"`, "401"},
		"another tenant v2": {"", `"tid":"u","iss":"https://login.test/u/v2.0"`, "401"},
		"client":            {`<client-application-ids><application-id>app</application-id></client-application-ids>`, v1 + `,"appid":"app"`, "200"},
		"client of v2":      {`<client-application-ids><application-id>app</application-id></client-application-ids>`, v2 + `,"azp":"app"`, "200"},
		"another client":    {`<client-application-ids><application-id>app</application-id></client-application-ids>`, v2 + `,"azp":"other"`, "401"},
		"backend":           {`<backend-application-ids><application-id>api</application-id></backend-application-ids>`, v2 + `,"aud":"api://api"`, "200"},
		"another backend":   {`<backend-application-ids><application-id>api</application-id></backend-application-ids>`, v2 + `,"aud":"x"`, "401"},
		"audience":          {`<audiences><audience>a</audience></audiences>`, v2 + `,"aud":"a"`, "200"},
		"required claim":    {`<required-claims><claim name="roles"><value>Reader</value></claim></required-claims>`, v2 + `,"roles":["Reader","Writer"]`, "200"},
		"no required claim": {`<required-claims><claim name="roles"><value>Reader</value></claim></required-claims>`, v2, "401"},
	} {
		i.policy(catalog.APIPath("a"), `<inbound><base /><validate-azure-ad-token tenant-id="`+tenant+`" authentication-endpoint="`+i.side.URL+`">`+test.children+`</validate-azure-ad-token></inbound>`)
		if got, _, _ := strings.Cut(i.asks(i.token("k1", test.claims)), " "); got != test.status {
			t.Errorf("%s: %s, want %s", name, got, test.status)
		}
	}
	i.policy(catalog.APIPath("a"), `<inbound><base /><validate-azure-ad-token tenant-id="common" authentication-endpoint="`+i.side.URL+`" /></inbound>`)
	for claims, want := range map[string]string{v1: "200", v2: "200", `"tid":"u","iss":"https://login.test/u/v2.0"`: "200", `"tid":"u","iss":"https://login.test/w/v2.0"`: "401", `"iss":"x"`: "401"} {
		if got, _, _ := strings.Cut(i.asks(i.token("k1", claims)), " "); got != want {
			t.Errorf("every tenant, %s: %s, want %s", claims, got, want)
		}
	}
}
