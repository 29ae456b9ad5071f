package catalog

import (
	"crypto"
	"crypto/sha1"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"software.sslmate.com/src/go-pkcs12"

	"portico/internal/record"
)

// Certificates is the collection of client certificates for backends.
const Certificates = "/certificates"

// CertificatePath is /certificates/{id}.
func CertificatePath(id string) string { return record.Path("certificates", id) }

// Certificate is CertificateContractProperties with what CertificateCreateOrUpdate
// sets: Data is a PKCS#12 file in base64. Subject, Thumbprint and ExpirationDate
// are read from it by Check.
type Certificate struct {
	Subject        string     `json:"subject,omitempty"`
	Thumbprint     string     `json:"thumbprint,omitempty"` // SHA-1, upper-case hex
	ExpirationDate *time.Time `json:"expirationDate,omitempty"`
	Data           string     `json:"data,omitempty"`
	Password       string     `json:"password,omitempty"`
}

// Secrets gives the file and its password; see Confidential.
func (c *Certificate) Secrets() map[string]*string {
	return map[string]*string{"data": &c.Data, "password": &c.Password}
}

// maxCertificate is the longest certificate file in base64.
const maxCertificate = 64 << 10

// Check reads the file and fills what is told of it.
func (c *Certificate) Check() error {
	bad := Incorrect()
	pair, err := c.KeyPair()
	if err != nil {
		bad.With(CodeValidation, "data", "data is not a PKCS#12 file in base64 that the password opens: %s.", err)
		return bad.OrNil()
	}
	expires := pair.Leaf.NotAfter.UTC()
	c.Subject, c.Thumbprint, c.ExpirationDate = pair.Leaf.Subject.String(), Thumbprint(pair.Leaf), &expires
	return nil
}

// KeyPair opens the file.
func (c *Certificate) KeyPair() (tls.Certificate, error) {
	if len(c.Data) > maxCertificate {
		return tls.Certificate{}, fmt.Errorf("it is longer than %d characters", maxCertificate)
	}
	raw, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(c.Data), ""))
	if err != nil {
		return tls.Certificate{}, errors.New("it is not base64")
	}
	return ParseKeyPair(raw, c.Password)
}

// ParseKeyPair opens a PKCS#12 file with a private key and its certificates.
func ParseKeyPair(file []byte, password string) (tls.Certificate, error) {
	key, leaf, chain, err := pkcs12.DecodeChain(file, password)
	if err != nil {
		return tls.Certificate{}, err
	}
	if _, ok := key.(crypto.Signer); !ok {
		return tls.Certificate{}, errors.New("it has no private key that can sign")
	}
	pair := tls.Certificate{PrivateKey: key, Leaf: leaf, Certificate: [][]byte{leaf.Raw}}
	for _, ca := range chain {
		pair.Certificate = append(pair.Certificate, ca.Raw)
	}
	return pair, nil
}

// Thumbprint is the SHA-1 of a certificate in upper-case hex, its name in the contract.
func Thumbprint(c *x509.Certificate) string {
	sum := sha1.Sum(c.Raw)
	return strings.ToUpper(hex.EncodeToString(sum[:]))
}
