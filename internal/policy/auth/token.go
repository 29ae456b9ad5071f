package auth

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jwe"
	"github.com/lestrrat-go/jwx/v3/jws"
)

// Token is a JWT that a policy has read: what expressions see of it.
type Token struct {
	Raw    string
	Header map[string]any
	Claims map[string]any // numbers are json.Number
}

// maxToken is the longest token in bytes.
const maxToken = 128 << 10

// signingKey is a key that tokens may be signed with.
type signingKey struct {
	id, thumbprint string // "" where it has none
	key            any    // []byte, *rsa.PublicKey, *ecdsa.PublicKey or ed25519.PublicKey
}

// The reasons for which a token is refused (apim.md 2.3).
const (
	tokenNotPresent   = "TokenNotPresent"
	tokenInvalid      = "JwtInvalid"
	tokenSignature    = "TokenSignatureInvalid"
	tokenKeyNotFound  = "TokenSignatureKeyNotFound"
	tokenExpired      = "TokenExpired"
	tokenAudience     = "TokenAudienceNotAllowed"
	tokenIssuer       = "TokenIssuerNotAllowed"
	tokenClaimMissing = "TokenClaimNotFound"
	tokenClaimValue   = "TokenClaimValueNotAllowed"
)

// refusal says why a token is not accepted.
type refusal struct{ reason, message string }

func (r *refusal) Error() string { return r.message }

func refuse(reason, format string, args ...any) error {
	return &refusal{reason, fmt.Sprintf(format, args...) + " Access denied."}
}

// readToken parses a signed or unsigned token without checking anything.
func readToken(raw string) (*Token, error) {
	parts := strings.Split(raw, ".")
	if len(raw) > maxToken || len(parts) != 3 {
		return nil, refuse(tokenInvalid, "The token is not a JWT: it has %d parts of 3.", len(parts))
	}
	t := &Token{Raw: raw}
	for i, to := range []*map[string]any{&t.Header, &t.Claims} {
		part, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err == nil {
			d := json.NewDecoder(bytes.NewReader(part))
			d.UseNumber()
			if err = d.Decode(to); err == nil && (d.Decode(new(any)) != io.EOF || *to == nil) {
				err = errors.New("it is no JSON object")
			}
		}
		if err != nil {
			return nil, refuse(tokenInvalid, "The token's %s cannot be read.", [...]string{"header", "payload"}[i])
		}
	}
	return t, nil
}

// member gives a header or claim that is a text, or "".
func member(m map[string]any, name string) string {
	s, _ := m[name].(string)
	return s
}

// fits are the algorithms that a kind of key signs with. A public key is never
// tried as a shared secret.
func (k *signingKey) fits(alg string) bool {
	switch k.key.(type) {
	case []byte:
		return strings.HasPrefix(alg, "HS")
	case *rsa.PublicKey:
		return strings.HasPrefix(alg, "RS") || strings.HasPrefix(alg, "PS")
	case *ecdsa.PublicKey:
		return strings.HasPrefix(alg, "ES")
	case ed25519.PublicKey:
		return alg == "EdDSA" || alg == "Ed25519"
	}
	return false
}

// named tells whether the token's header names the key.
func (k *signingKey) named(t *Token) bool {
	kid, x5t := member(t.Header, "kid"), member(t.Header, "x5t")
	return kid != "" && (kid == k.id || kid == k.thumbprint) || x5t != "" && (x5t == k.thumbprint || x5t == k.id)
}

// candidates are the keys that may have signed the token: those that it names,
// or where it names none of them, those without a name. A token that names no
// key may be signed by any.
func candidates(t *Token, keys []signingKey) []signingKey {
	var named, nameless []signingKey
	for _, k := range keys {
		switch {
		case k.named(t):
			named = append(named, k)
		case k.id == "":
			nameless = append(nameless, k)
		}
	}
	switch {
	case len(named) > 0:
		return named
	case t.Header["kid"] == nil && t.Header["x5t"] == nil:
		return keys
	}
	return nameless
}

// verify checks the token's signature with one of the keys.
func (t *Token) verify(keys []signingKey) error {
	alg, known := jwa.LookupSignatureAlgorithm(member(t.Header, "alg"))
	if !known {
		return refuse(tokenSignature, "The token is signed with an unknown algorithm.")
	}
	for _, k := range keys {
		if k.fits(alg.String()) {
			if _, err := jws.Verify([]byte(t.Raw), jws.WithKey(alg, k.key)); err == nil {
				return nil
			}
		}
	}
	return refuse(tokenSignature, "The token's signature is not valid.")
}

// keyAlgorithms are the ways to encrypt a token's key that are accepted: those
// that make no work for who sends nonsense.
var keyAlgorithms = []string{"RSA-OAEP", "RSA-OAEP-256", "A128KW", "A192KW", "A256KW", "A128GCMKW", "A192GCMKW", "A256GCMKW", "dir"}

// decrypt gives the token inside an encrypted one.
func decrypt(raw string, keys []any) (string, error) {
	head, _, _ := strings.Cut(raw, ".")
	var header struct{ Alg string }
	b, err := base64.RawURLEncoding.DecodeString(head)
	if err != nil || json.Unmarshal(b, &header) != nil || len(raw) > maxToken {
		return "", refuse(tokenInvalid, "The encrypted token cannot be read.")
	}
	alg, known := jwa.LookupKeyEncryptionAlgorithm(header.Alg)
	for _, name := range keyAlgorithms {
		if !known || name != header.Alg {
			continue
		}
		for _, k := range keys {
			_, shared := k.([]byte)
			if _, private := k.(crypto.Decrypter); private != strings.HasPrefix(name, "RSA") || shared == private {
				continue
			}
			if inner, err := jwe.Decrypt([]byte(raw), jwe.WithKey(alg, k)); err == nil {
				return string(inner), nil
			}
		}
	}
	return "", refuse(tokenInvalid, "The token is encrypted, and no key of the policy opens it.")
}

// checkLifetime checks exp and nbf.
func (t *Token) checkLifetime(now time.Time, skew time.Duration, required bool) error {
	for _, name := range []string{"exp", "nbf"} {
		value, there := t.Claims[name]
		if !there {
			if name == "exp" && required {
				return refuse(tokenInvalid, "The token has no expiration time.")
			}
			continue
		}
		n, _ := value.(json.Number)
		seconds, err := n.Float64()
		if err != nil || math.Abs(seconds) > 1<<40 {
			return refuse(tokenInvalid, "The token's claim %s is not a time.", name)
		}
		at := time.Unix(int64(seconds), 0)
		if name == "exp" && !now.Add(-skew).Before(at) {
			return refuse(tokenExpired, "The token expired at %s.", at.UTC().Format(time.RFC3339))
		}
		if name == "nbf" && now.Add(skew).Before(at) {
			return refuse(tokenInvalid, "The token is not valid before %s.", at.UTC().Format(time.RFC3339))
		}
	}
	return nil
}

// values are a claim's values as text; ok is false where it is not there.
func (t *Token) values(claim string) (values []string, ok bool) {
	v, ok := t.Claims[claim]
	if list, isList := v.([]any); isList {
		for _, one := range list {
			values = append(values, claimText(one))
		}
		return values, ok
	}
	return append(values, claimText(v)), ok
}

func claimText(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	b, err := json.Marshal(v)
	if err != nil {
		return "" // what was decoded always marshals
	}
	return string(b)
}
