package policy

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jwe"
	"github.com/lestrrat-go/jwx/v3/jws"
)

const sharedKey = "a shared secret of thirty-two bytes or more"

// signed makes a token of claims in JSON; "$NOW+60" in them is a time.
func (b *bench) signed(alg jwa.SignatureAlgorithm, key any, kid, claims string) string {
	b.t.Helper()
	for _, offset := range []int64{-60, 60, 5} {
		claims = strings.ReplaceAll(claims, fmt.Sprintf("$NOW%+d", offset), fmt.Sprint(b.now.Unix()+offset))
	}
	h := jws.NewHeaders()
	if kid != "" {
		if err := h.Set("kid", kid); err != nil {
			b.t.Fatal(err)
		}
	}
	out, err := jws.Sign([]byte(claims), jws.WithKey(alg, key, jws.WithProtectedHeaders(h)))
	if err != nil {
		b.t.Fatal(err)
	}
	return string(out)
}

func unsigned(claims string) string {
	enc := base64.RawURLEncoding.EncodeToString
	return enc([]byte(`{"alg":"none"}`)) + "." + enc([]byte(claims)) + "."
}

func TestValidateJWT(t *testing.T) {
	b := newBench(t)
	now := b.now
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	ecKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	b.compiler = NewCompiler(Services{Now: func() time.Time { return now }, Certificates: oneCertificate{rsaKey}})
	zumo := sha256.Sum256([]byte("master" + "JWTSig"))
	encode := base64.StdEncoding.EncodeToString
	keys := `<issuer-signing-keys><key>` + encode([]byte(sharedKey)) + `</key></issuer-signing-keys>`
	rsaN := base64.RawURLEncoding.EncodeToString(rsaKey.N.Bytes())
	rsaKeys := `<issuer-signing-keys><key id="r" n="` + rsaN + `" e="AQAB" /></issuer-signing-keys>`
	good := b.signed(jwa.HS256(), []byte(sharedKey), "", `{"exp":$NOW+60}`)
	hs := func(claims string) string { return b.signed(jwa.HS256(), []byte(sharedKey), "", claims) }
	encrypted := func(inner string) string {
		out, err := jwe.Encrypt([]byte(inner), jwe.WithKey(jwa.RSA_OAEP_256(), &rsaKey.PublicKey))
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	claim := func(attributes string, values ...string) string {
		return keys + `<required-claims><claim ` + attributes + `><value>` + strings.Join(values, "</value><value>") + `</value></claim></required-claims>`
	}
	for name, test := range map[string]struct {
		attributes, children, token string
		reason                      string // "" is success
	}{
		"good":                     {"", keys, good, ""},
		"missing":                  {"", keys, "", tokenNotPresent},
		"not a token":              {"", keys, "abc", tokenInvalid},
		"no JSON":                  {"", keys, "YQ.YQ.YQ", tokenInvalid},
		"another key":              {"", `<issuer-signing-keys><key>` + encode([]byte(sharedKey+"x")) + `</key></issuer-signing-keys>`, good, tokenSignature},
		"changed":                  {"", keys, good[:strings.LastIndexByte(good, '.')-2] + "xx" + good[strings.LastIndexByte(good, '.'):], tokenInvalid},
		"unsigned":                 {"", keys, unsigned(`{}`), tokenSignature},
		"unsigned is allowed":      {`require-signed-tokens="false" require-expiration-time="false"`, "", unsigned(`{}`), ""},
		"no keys at all":           {"", "", good, tokenKeyNotFound},
		"expired":                  {"", keys, hs(`{"exp":$NOW-60}`), tokenExpired},
		"expired within the skew":  {`clock-skew="61"`, keys, hs(`{"exp":$NOW-60}`), ""},
		"expires now":              {`clock-skew="60"`, keys, hs(`{"exp":$NOW-60}`), tokenExpired},
		"not yet valid":            {"", keys, hs(`{"exp":$NOW+60,"nbf":$NOW+5}`), tokenInvalid},
		"no expiration":            {"", keys, hs(`{}`), tokenInvalid},
		"expiration is optional":   {`require-expiration-time="false"`, keys, hs(`{}`), ""},
		"expiration is no time":    {"", keys, hs(`{"exp":"soon"}`), tokenInvalid},
		"audience":                 {"", keys + `<audiences><audience>a</audience><audience>b</audience></audiences>`, hs(`{"exp":$NOW+60,"aud":["x","b"]}`), ""},
		"another audience":         {"", keys + `<audiences><audience>a</audience></audiences>`, hs(`{"exp":$NOW+60,"aud":"b"}`), tokenAudience},
		"no audience":              {"", keys + `<audiences><audience>a</audience></audiences>`, hs(`{"exp":$NOW+60}`), tokenAudience},
		"issuer":                   {"", keys + `<issuers><issuer>i</issuer></issuers>`, hs(`{"exp":$NOW+60,"iss":"i"}`), ""},
		"another issuer":           {"", keys + `<issuers><issuer>i</issuer></issuers>`, hs(`{"exp":$NOW+60,"iss":"j"}`), tokenIssuer},
		"claim is there":           {"", keys + `<required-claims><claim name="c" /></required-claims>`, hs(`{"exp":$NOW+60,"c":null}`), ""},
		"claim is missing":         {"", claim(`name="c"`, "1"), hs(`{"exp":$NOW+60}`), tokenClaimMissing},
		"claim":                    {"", claim(`name="c"`, "1"), hs(`{"exp":$NOW+60,"c":1}`), ""},
		"claim has all":            {"", claim(`name="c" match="all"`, "1", "true"), hs(`{"exp":$NOW+60,"c":["1",true,"3"]}`), ""},
		"claim lacks one":          {"", claim(`name="c"`, "1", "2"), hs(`{"exp":$NOW+60,"c":["1","3"]}`), tokenClaimValue},
		"claim has any":            {"", claim(`name="c" match="any"`, "1", "2"), hs(`{"exp":$NOW+60,"c":["3","2"]}`), ""},
		"claim has none":           {"", claim(`name="c" match="any"`, "1", "2"), hs(`{"exp":$NOW+60,"c":"3"}`), tokenClaimValue},
		"claim with separator":     {"", claim(`name="scp" separator=" "`, "read"), hs(`{"exp":$NOW+60,"scp":"write read"}`), ""},
		"RSA by n and e":           {"", rsaKeys, b.signed(jwa.RS256(), rsaKey, "r", `{"exp":$NOW+60}`), ""},
		"RSA by another kid":       {"", rsaKeys, b.signed(jwa.RS256(), rsaKey, "other", `{"exp":$NOW+60}`), tokenKeyNotFound},
		"RSA without kid":          {"", rsaKeys, b.signed(jwa.PS384(), rsaKey, "", `{"exp":$NOW+60}`), ""},
		"RSA by certificate":       {"", `<issuer-signing-keys><key certificate-id="c" /></issuer-signing-keys>`, b.signed(jwa.RS512(), rsaKey, "", `{"exp":$NOW+60}`), ""},
		"no such certificate":      {"", `<issuer-signing-keys><key certificate-id="d" /></issuer-signing-keys>`, good, "-"},
		"a public key as a secret": {"", rsaKeys, b.signed(jwa.HS256(), rsaKey.N.Bytes(), "r", `{"exp":$NOW+60}`), tokenSignature},
		"another kind of key":      {"", rsaKeys, b.signed(jwa.ES256(), ecKey, "r", `{"exp":$NOW+60}`), tokenSignature},
		"zumo":                     {"", `<issuer-signing-keys><zumo-master-key id="0">master</zumo-master-key></issuer-signing-keys>`, b.signed(jwa.HS256(), zumo[:], "0", `{"exp":$NOW+60}`), ""},
		"encrypted":                {"", keys + `<decryption-keys><key certificate-id="c" /></decryption-keys>`, encrypted(good), ""},
		"encrypted for others":     {"", keys + `<decryption-keys><key>` + encode([]byte(sharedKey)) + `</key></decryption-keys>`, encrypted(good), tokenInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			x := b.exchange()
			if test.token != "" {
				x.Request.Headers.Add("Authorization", "Bearer "+test.token)
			}
			err := Assemble(b.unit(API, `<inbound><validate-jwt header-name="Authorization" output-token-variable-name="token" `+test.attributes+`>`+test.children+`</validate-jwt></inbound>`)).Inbound.Run(x)
			if test.reason == "" {
				if token, ok := x.Variables["token"].(*Token); err != nil || !ok || token.Claims == nil {
					t.Errorf("%v, token %v", err, x.Variables)
				}
				return
			}
			e := lastError(t, err)
			want := messageInvalid
			if test.reason == tokenNotPresent {
				want = messageNotPresent
			}
			if test.reason == "-" {
				if e.Status != 500 {
					t.Errorf("%+v", e)
				}
			} else if e.Status != 401 || e.Reason != test.reason || e.Message != want || e.Source != "validate-jwt" {
				t.Errorf("%+v", e)
			}
		})
	}
}

// oneCertificate is a Certificates with the certificate "c".
type oneCertificate struct{ key *rsa.PrivateKey }

func (o oneCertificate) Certificate(c ClientCertificate) (*tls.Certificate, error) {
	if c.ID != "c" {
		return nil, errors.New("no such certificate")
	}
	return &tls.Certificate{PrivateKey: o.key, Leaf: &x509.Certificate{PublicKey: &o.key.PublicKey}}, nil
}

func TestValidateJWTFindsTheToken(t *testing.T) {
	b := newBench(t)
	b.compiler = NewCompiler(Services{})
	token := unsigned(`{"sub":"s"}`)
	for name, test := range map[string]struct {
		attributes, header, query string
		found                     bool
	}{
		"header":               {`header-name="X-Token"`, token, "", true},
		"header with a scheme": {`header-name="X-Token"`, "Bearer " + token, "", true},
		"required scheme":      {`header-name="X-Token" require-scheme="Bearer"`, "bearer " + token, "", true},
		"another scheme":       {`header-name="X-Token" require-scheme="Bearer"`, "Basic " + token, "", false},
		"no scheme":            {`header-name="X-Token" require-scheme="Bearer"`, token, "", false},
		"query":                {`query-parameter-name="jwt"`, "", "a=1&JWT=" + token, true},
		"query without":        {`query-parameter-name="jwt"`, "", "a=1", false},
		"value":                {`token-value="` + token + `"`, "", "", true},
		"status and message":   {`header-name="X-Token" failed-validation-httpcode="403" failed-validation-error-message="No."`, "", "", false},
	} {
		x := b.exchange()
		x.Request.RawQuery = test.query
		if test.header != "" {
			x.Request.Headers.Add("X-Token", test.header)
		}
		err := Assemble(b.unit(API, `<inbound><validate-jwt require-signed-tokens="false" require-expiration-time="false" `+test.attributes+` /></inbound>`)).Inbound.Run(x)
		if test.found != (err == nil) {
			t.Errorf("%s: %v", name, err)
		}
		if name == "status and message" {
			if e := lastError(t, err); e.Status != 403 || e.Message != "No." || e.LastMessage() != messageNotPresent || e.Reason != tokenNotPresent {
				t.Errorf("%s: %+v", name, e)
			}
		}
	}
}

func FuzzToken(f *testing.F) {
	f.Add(unsigned(`{"exp":1}`))
	f.Add("a.b.c")
	f.Add("a.b.c.d.e")
	f.Fuzz(func(t *testing.T, raw string) {
		if token, err := readToken(raw); err == nil {
			if _, err := json.Marshal(token.Claims); err != nil {
				t.Error(err)
			}
			_ = token.verify([]signingKey{{key: []byte(sharedKey)}})
		}
		_, _ = decrypt(raw, []any{[]byte("0123456789abcdef")})
	})
}
