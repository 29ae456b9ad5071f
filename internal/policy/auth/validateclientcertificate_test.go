package auth_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"testing"
	"time"

	"portico/internal/catalog"
	"portico/internal/policy"
	"portico/internal/policy/policytest"
)

// pair signs a certificate; issuer nil signs itself.
func pair(t testing.TB, b *policytest.Bench, name string, serial int64, issuer *tls.Certificate) *tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	form := &x509.Certificate{SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: name, Organization: []string{"Org"}}, DNSNames: []string{name + ".test"},
		NotBefore: b.Now.Add(-time.Hour), NotAfter: b.Now.Add(time.Hour), IsCA: issuer == nil, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}
	parent, signer := form, any(key)
	if issuer != nil {
		parent, signer = issuer.Leaf, issuer.PrivateKey
	}
	der, err := x509.CreateCertificate(rand.Reader, form, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Certificate{Leaf: leaf, PrivateKey: key}
}

// certificates is a Certificates over a map.
type certificates map[string]*tls.Certificate

func (c certificates) Certificate(ref policy.ClientCertificate) (*tls.Certificate, error) {
	if pair := c[ref.ID]; pair != nil {
		return pair, nil
	}
	return nil, &policy.Error{Status: 500, Reason: "CertificateNotFound"}
}

func TestValidateClientCertificate(t *testing.T) {
	b := policytest.New(t)
	root := pair(t, b, "root", 1, nil)
	client, stranger := pair(t, b, "client", 0xabc, root), pair(t, b, "client", 0xabc, nil)
	roots := x509.NewCertPool()
	roots.AddCert(root.Leaf)
	b.Use(policy.Services{Now: func() time.Time { return b.Now }, ClientRoots: roots, Certificates: certificates{"root": root, "other": stranger}})
	for name, test := range map[string]struct {
		attributes, identity string
		shown                *tls.Certificate
		at                   time.Duration
		status               int // 0 is success
	}{
		"trusted":                {"", "", client, 0, 0},
		"none":                   {"", "", nil, 0, 403},
		"none, ignored":          {`ignore-error="true"`, "", nil, 0, 0},
		"not trusted":            {"", "", stranger, 0, 403},
		"trust is not asked":     {`validate-trust="false"`, "", stranger, 0, 0},
		"expired":                {"", "", client, 2 * time.Hour, 403},
		"expired is allowed":     {`validate-not-after="false" validate-trust="false"`, "", client, 2 * time.Hour, 0},
		"not yet":                {"", "", client, -2 * time.Hour, 403},
		"thumbprint":             {"", `thumbprint="` + catalog.Thumbprint(client.Leaf) + `"`, client, 0, 0},
		"another thumbprint":     {"", `thumbprint="` + catalog.Thumbprint(root.Leaf) + `"`, client, 0, 403},
		"names":                  {"", `common-name="client" subject="CN=client, O=Org" dns-name="client.test" serial-number="0ABC"`, client, 0, 0},
		"one of two is wrong":    {"", `common-name="client" dns-name="other.test"`, client, 0, 403},
		"issuer":                 {"", `issuer-subject="CN=root,O=Org" issuer-thumbprint="` + catalog.Thumbprint(root.Leaf) + `" issuer-certificate-id="root"`, client, 0, 0},
		"another issuer":         {"", `issuer-certificate-id="other"`, client, 0, 403},
		"an issuer not there":    {"", `issuer-certificate-id="none"`, client, 0, 500},
		"revocation":             {`validate-revocation="true"`, "", client, 0, 500},
		"revocation by default ": {"default", "", client, 0, 500},
	} {
		attributes := `validate-revocation="false" ` + test.attributes
		if name == "revocation" {
			attributes = test.attributes
		} else if test.attributes == "default" {
			attributes = ""
		}
		identities := ""
		if test.identity != "" {
			identities = `<identities><identity thumbprint="00" /><identity ` + test.identity + ` /></identities>`
		}
		now := b.Now
		b.Now = now.Add(test.at)
		x := b.Exchange()
		if test.shown != nil {
			x.Request.Certificate = test.shown.Leaf
		}
		err := policy.Assemble(b.Unit(policy.API, `<inbound><validate-client-certificate `+attributes+`>`+identities+`</validate-client-certificate></inbound>`)).Inbound.Run(x)
		b.Now = now
		status := 0
		if err != nil {
			status = policytest.Error(t, err).Status
		}
		if status != test.status {
			t.Errorf("%s: %v, want status %d", name, err, test.status)
		}
	}
}
