package auth

import (
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"math"
	"math/big"
	"strings"

	"portico/internal/policy"
	"portico/internal/policy/document"
)

// keyOf is one key of a document.
type keyOf struct {
	id                            string
	text, certificate, n, e       policy.Value
	hasText, hasCertificate, zumo bool
}

// checkKey checks that a key is given in one way, and can be read where it is a literal.
func checkKey(v *policy.Validator, k *document.Element) {
	_, certificate := k.Attr("certificate-id")
	n, _ := k.Attr("n")
	e, _ := k.Attr("e")
	switch {
	case (n == "") != (e == ""):
		v.Problem(k, "The attributes 'n' and 'e' go together.")
	case !certificate && n == "" && k.Text == "" || certificate && (n != "" || k.Text != "") || n != "" && k.Text != "":
		v.Problem(k, "A key is given between the tags in base64, by 'certificate-id', or by 'n' and 'e'.")
	case k.Name == "key" && k.Text != "" && !document.IsExpression(k.Text) && !policy.HasNamedValue(k.Text):
		if _, err := base64.StdEncoding.DecodeString(k.Text); err != nil {
			v.Problem(k, "The key between the tags is not base64.")
		}
	}
}

func newKeyOf(c *policy.Builder, e *document.Element) keyOf {
	k := keyOf{id: c.Text(e, "id", ""), text: c.TextValue(e), certificate: c.Value(e, "certificate-id", ""), n: c.Value(e, "n", ""), e: c.Value(e, "e", "")}
	k.hasText, k.zumo = e.Text != "", e.Name == "zumo-master-key"
	_, k.hasCertificate = e.Attr("certificate-id")
	return k
}

// signing gives the key for one call.
func (k *keyOf) signing(x *policy.Exchange, s *policy.Services) (signingKey, error) {
	key := signingKey{id: k.id}
	if k.hasCertificate {
		public, _, err := k.pair(x, s)
		key.key = public
		return key, err
	}
	if n, err := k.n.Text(x); err != nil || n != "" {
		if err != nil {
			return key, err
		}
		key.key, err = k.rsa(x, n)
		return key, err
	}
	text, err := k.text.Text(x)
	if err != nil {
		return key, err
	}
	if k.zumo {
		sum := sha256.Sum256([]byte(text + "JWTSig"))
		key.key = sum[:]
		return key, nil
	}
	shared, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil || len(shared) == 0 {
		return key, policy.ValueError("a key is not base64")
	}
	key.key = shared
	return key, nil
}

// rsa makes a public key of a modulus and an exponent in base64url.
func (k *keyOf) rsa(x *policy.Exchange, n string) (any, error) {
	e, err := k.e.Text(x)
	if err != nil {
		return nil, err
	}
	modulus, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(n, "="))
	exponent, err2 := base64.RawURLEncoding.DecodeString(strings.TrimRight(e, "="))
	value := new(big.Int).SetBytes(exponent)
	if err != nil || err2 != nil || len(modulus) > 1024 || !value.IsInt64() || value.Int64() < 3 || value.Int64() > math.MaxInt32 {
		return nil, policy.ValueError("the attributes n and e are not an RSA key in base64url")
	}
	return &rsa.PublicKey{N: new(big.Int).SetBytes(modulus), E: int(value.Int64())}, nil
}

// pair gives the keys of the instance's certificate.
func (k *keyOf) pair(x *policy.Exchange, s *policy.Services) (public, private any, err error) {
	id, err := k.certificate.Text(x)
	if err != nil {
		return nil, nil, err
	}
	if s.Certificates == nil {
		return nil, nil, &policy.Error{Status: 500, Detail: "There are no certificates here."}
	}
	pair, err := s.Certificates.Certificate(policy.ClientCertificate{ID: id})
	if err != nil {
		return nil, nil, err
	}
	return pair.Leaf.PublicKey, pair.PrivateKey, nil
}
