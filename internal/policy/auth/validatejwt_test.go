package auth_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jwe"
	"github.com/lestrrat-go/jwx/v3/jws"

	"portico/internal/policy"
	"portico/internal/policy/policytest"
)

const sharedKey = "a shared secret of thirty-two bytes or more"

func unsigned(claims string) string {
	enc := base64.RawURLEncoding.EncodeToString
	return enc([]byte(`{"alg":"none"}`)) + "." + enc([]byte(claims)) + "."
}

// signed makes a token of claims in JSON; "$NOW+60" in them is a time.
func signed(t testing.TB, b *policytest.Bench, alg jwa.SignatureAlgorithm, key any, kid, claims string) string {
	t.Helper()
	for _, offset := range []int64{-60, 60, 5} {
		claims = strings.ReplaceAll(claims, fmt.Sprintf("$NOW%+d", offset), fmt.Sprint(b.Now.Unix()+offset))
	}
	h := jws.NewHeaders()
	if kid != "" {
		if err := h.Set("kid", kid); err != nil {
			t.Fatal(err)
		}
	}
	out, err := jws.Sign([]byte(claims), jws.WithKey(alg, key, jws.WithProtectedHeaders(h)))
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestValidateJWT(t *testing.T) {
	b := policytest.New(t)
	now := b.Now
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	ecKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	b.Use(policy.Services{Now: func() time.Time { return now }, Certificates: oneCertificate{rsaKey}})
	zumo := sha256.Sum256([]byte("master" + "JWTSig"))
	encode := base64.StdEncoding.EncodeToString
	keys := `<issuer-signing-keys><key>` + encode([]byte(sharedKey)) + `</key></issuer-signing-keys>`
	rsaN := base64.RawURLEncoding.EncodeToString(rsaKey.N.Bytes())
	rsaKeys := `<issuer-signing-keys><key id="r" n="` + rsaN + `" e="AQAB" /></issuer-signing-keys>`
	good := signed(t, b, jwa.HS256(), []byte(sharedKey), "", `{"exp":$NOW+60}`)
	hs := func(claims string) string { return signed(t, b, jwa.HS256(), []byte(sharedKey), "", claims) }
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
		"missing":                  {"", keys, "", "TokenNotPresent"},
		"not a token":              {"", keys, "abc", "JwtInvalid"},
		"no JSON":                  {"", keys, "YQ.YQ.YQ", "JwtInvalid"},
		"another key":              {"", `<issuer-signing-keys><key>` + encode([]byte(sharedKey+"x")) + `</key></issuer-signing-keys>`, good, "TokenSignatureInvalid"},
		"changed":                  {"", keys, good[:strings.LastIndexByte(good, '.')-2] + "xx" + good[strings.LastIndexByte(good, '.'):], "JwtInvalid"},
		"unsigned":                 {"", keys, unsigned(`{}`), "TokenSignatureInvalid"},
		"unsigned is allowed":      {`require-signed-tokens="false" require-expiration-time="false"`, "", unsigned(`{}`), ""},
		"no keys at all":           {"", "", good, "TokenSignatureKeyNotFound"},
		"expired":                  {"", keys, hs(`{"exp":$NOW-60}`), "TokenExpired"},
		"expired within the skew":  {`clock-skew="61"`, keys, hs(`{"exp":$NOW-60}`), ""},
		"expires now":              {`clock-skew="60"`, keys, hs(`{"exp":$NOW-60}`), "TokenExpired"},
		"not yet valid":            {"", keys, hs(`{"exp":$NOW+60,"nbf":$NOW+5}`), "JwtInvalid"},
		"no expiration":            {"", keys, hs(`{}`), "JwtInvalid"},
		"expiration is optional":   {`require-expiration-time="false"`, keys, hs(`{}`), ""},
		"expiration is no time":    {"", keys, hs(`{"exp":"soon"}`), "JwtInvalid"},
		"audience":                 {"", keys + `<audiences><audience>a</audience><audience>b</audience></audiences>`, hs(`{"exp":$NOW+60,"aud":["x","b"]}`), ""},
		"another audience":         {"", keys + `<audiences><audience>a</audience></audiences>`, hs(`{"exp":$NOW+60,"aud":"b"}`), "TokenAudienceNotAllowed"},
		"no audience":              {"", keys + `<audiences><audience>a</audience></audiences>`, hs(`{"exp":$NOW+60}`), "TokenAudienceNotAllowed"},
		"issuer":                   {"", keys + `<issuers><issuer>i</issuer></issuers>`, hs(`{"exp":$NOW+60,"iss":"i"}`), ""},
		"another issuer":           {"", keys + `<issuers><issuer>i</issuer></issuers>`, hs(`{"exp":$NOW+60,"iss":"j"}`), "TokenIssuerNotAllowed"},
		"claim is there":           {"", keys + `<required-claims><claim name="c" /></required-claims>`, hs(`{"exp":$NOW+60,"c":null}`), ""},
		"claim is missing":         {"", claim(`name="c"`, "1"), hs(`{"exp":$NOW+60}`), "TokenClaimNotFound"},
		"claim":                    {"", claim(`name="c"`, "1"), hs(`{"exp":$NOW+60,"c":1}`), ""},
		"claim has all":            {"", claim(`name="c" match="all"`, "1", "true"), hs(`{"exp":$NOW+60,"c":["1",true,"3"]}`), ""},
		"claim lacks one":          {"", claim(`name="c"`, "1", "2"), hs(`{"exp":$NOW+60,"c":["1","3"]}`), "TokenClaimValueNotAllowed"},
		"claim has any":            {"", claim(`name="c" match="any"`, "1", "2"), hs(`{"exp":$NOW+60,"c":["3","2"]}`), ""},
		"claim has none":           {"", claim(`name="c" match="any"`, "1", "2"), hs(`{"exp":$NOW+60,"c":"3"}`), "TokenClaimValueNotAllowed"},
		"claim with separator":     {"", claim(`name="scp" separator=" "`, "read"), hs(`{"exp":$NOW+60,"scp":"write read"}`), ""},
		"RSA by n and e":           {"", rsaKeys, signed(t, b, jwa.RS256(), rsaKey, "r", `{"exp":$NOW+60}`), ""},
		"RSA by another kid":       {"", rsaKeys, signed(t, b, jwa.RS256(), rsaKey, "other", `{"exp":$NOW+60}`), "TokenSignatureKeyNotFound"},
		"RSA without kid":          {"", rsaKeys, signed(t, b, jwa.PS384(), rsaKey, "", `{"exp":$NOW+60}`), ""},
		"RSA by certificate":       {"", `<issuer-signing-keys><key certificate-id="c" /></issuer-signing-keys>`, signed(t, b, jwa.RS512(), rsaKey, "", `{"exp":$NOW+60}`), ""},
		"no such certificate":      {"", `<issuer-signing-keys><key certificate-id="d" /></issuer-signing-keys>`, good, "-"},
		"a public key as a secret": {"", rsaKeys, signed(t, b, jwa.HS256(), rsaKey.N.Bytes(), "r", `{"exp":$NOW+60}`), "TokenSignatureInvalid"},
		"another kind of key":      {"", rsaKeys, signed(t, b, jwa.ES256(), ecKey, "r", `{"exp":$NOW+60}`), "TokenSignatureInvalid"},
		"zumo":                     {"", `<issuer-signing-keys><zumo-master-key id="0">master</zumo-master-key></issuer-signing-keys>`, signed(t, b, jwa.HS256(), zumo[:], "0", `{"exp":$NOW+60}`), ""},
		"encrypted":                {"", keys + `<decryption-keys><key certificate-id="c" /></decryption-keys>`, encrypted(good), ""},
		"encrypted for others":     {"", keys + `<decryption-keys><key>` + encode([]byte(sharedKey)) + `</key></decryption-keys>`, encrypted(good), "JwtInvalid"},
	} {
		t.Run(name, func(t *testing.T) {
			x := b.Exchange()
			if test.token != "" {
				x.Request.Headers.Add("Authorization", "Bearer "+test.token)
			}
			err := policy.Assemble(b.Unit(policy.API, `<inbound><validate-jwt header-name="Authorization" output-token-variable-name="token" `+test.attributes+`>`+test.children+`</validate-jwt></inbound>`)).Inbound.Run(x)
			if test.reason == "" {
				if token := x.Variables["token"]; err != nil || token == nil {
					t.Errorf("%v, token %v", err, x.Variables)
				}
				return
			}
			e := policytest.Error(t, err)
			want := "Invalid JWT."
			if test.reason == "TokenNotPresent" {
				want = "JWT not present."
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

func (o oneCertificate) Certificate(c policy.ClientCertificate) (*tls.Certificate, error) {
	if c.ID != "c" {
		return nil, errors.New("no such certificate")
	}
	return &tls.Certificate{PrivateKey: o.key, Leaf: &x509.Certificate{PublicKey: &o.key.PublicKey}}, nil
}

func TestValidateJWTFindsTheToken(t *testing.T) {
	b := policytest.New(t)
	b.Use(policy.Services{})
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
		x := b.Exchange()
		x.Request.RawQuery = test.query
		if test.header != "" {
			x.Request.Headers.Add("X-Token", test.header)
		}
		err := policy.Assemble(b.Unit(policy.API, `<inbound><validate-jwt require-signed-tokens="false" require-expiration-time="false" `+test.attributes+` /></inbound>`)).Inbound.Run(x)
		if test.found != (err == nil) {
			t.Errorf("%s: %v", name, err)
		}
		if name == "status and message" {
			if e := policytest.Error(t, err); e.Status != 403 || e.Message != "No." || e.LastMessage() != "JWT not present." || e.Reason != "TokenNotPresent" {
				t.Errorf("%s: %+v", name, e)
			}
		}
	}
}
