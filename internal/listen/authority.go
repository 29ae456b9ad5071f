package listen

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// Sealer encrypts what is kept on disk; package secret's Keeper is one.
type Sealer interface {
	Seal(purpose, value string) string
	Open(purpose, sealed string) (string, error)
}

const (
	authorityLife    = 10 * 365 * 24 * time.Hour
	certificateLife  = 90 * 24 * time.Hour
	renewBefore      = certificateLife / 3
	backdate         = time.Hour // for clients whose clock is behind
	authorityPurpose = "certificate authority key"
)

// Authority is the certificate authority of `--tls auto`. Its certificate is in
// the data folder, for clients to trust; its key stands beside it, sealed.
type Authority struct {
	File string // the authority's certificate, PEM
	cert *x509.Certificate
	der  []byte
	key  *ecdsa.PrivateKey
}

// LoadAuthority reads the authority kept in dir, or makes one.
func LoadAuthority(dir string, sealer Sealer) (*Authority, error) {
	a := &Authority{File: filepath.Join(dir, "ca.pem")}
	keyFile := filepath.Join(dir, "ca-key.sealed")
	certPEM, err := os.ReadFile(a.File)
	if errors.Is(err, fs.ErrNotExist) {
		return a, a.create(dir, keyFile, sealer)
	}
	if err != nil {
		return nil, fmt.Errorf("read the certificate authority: %w", err)
	}
	sealed, err := os.ReadFile(keyFile)
	if err != nil {
		return nil, fmt.Errorf("read the certificate authority's key: %w", err)
	}
	keyPEM, err := sealer.Open(authorityPurpose, string(sealed))
	if err != nil {
		return nil, fmt.Errorf("open the certificate authority's key: %w", err)
	}
	return a, a.parse(certPEM, []byte(keyPEM))
}

func (a *Authority) parse(certPEM, keyPEM []byte) error {
	c, k := pemBlock(certPEM), pemBlock(keyPEM)
	cert, err := x509.ParseCertificate(c)
	if err != nil {
		return fmt.Errorf("%s: %w", a.File, err)
	}
	key, err := x509.ParseECPrivateKey(k)
	if err != nil {
		return fmt.Errorf("the certificate authority's key: %w", err)
	}
	a.cert, a.der, a.key = cert, c, key
	return nil
}

func pemBlock(b []byte) []byte {
	if block, _ := pem.Decode(b); block != nil {
		return block.Bytes
	}
	return nil
}

func (a *Authority) create(dir, keyFile string, sealer Sealer) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the certificate authority: %w", err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	der, err := x509.CreateCertificate(rand.Reader, authorityTemplate(), authorityTemplate(), key.Public(), key)
	if err != nil {
		return err
	}
	keyDER, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return err
	}
	keyPEM := pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: keyDER})
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	// The certificate is written last: its presence says that the key is there too.
	if err := writeWhole(keyFile, []byte(sealer.Seal(authorityPurpose, string(keyPEM))), 0o600); err != nil {
		return err
	}
	if err := writeWhole(a.File, certPEM, 0o644); err != nil {
		return err
	}
	return a.parse(certPEM, keyPEM)
}

func writeWhole(file string, b []byte, mode fs.FileMode) error {
	tmp := file + ".tmp"
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, mode)
	if err != nil {
		return fmt.Errorf("write %s: %w", file, err)
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", file, err), os.Remove(tmp))
	}
	return os.Rename(tmp, file)
}

func authorityTemplate() *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Portico local certificate authority"},
		NotBefore: time.Now().Add(-backdate), NotAfter: time.Now().Add(authorityLife),
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
}

// certificates issues one certificate for the hosts, and a new one before it expires.
func (a *Authority) certificates(hosts []string) func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	var mu sync.Mutex
	var current *tls.Certificate
	return func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		mu.Lock()
		defer mu.Unlock()
		if current != nil && time.Until(current.Leaf.NotAfter) > renewBefore {
			return current, nil
		}
		c, err := a.issue(hosts)
		if err != nil {
			return nil, fmt.Errorf("issue a certificate: %w", err)
		}
		current = c
		return c, nil
	}
}

func (a *Authority) issue(hosts []string) (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "Portico"}, NotBefore: time.Now().Add(-backdate), NotAfter: time.Now().Add(certificateLife),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	names := append([]string{"localhost", "127.0.0.1", "::1"}, hosts...)
	if own, err := os.Hostname(); err == nil {
		names = append(names, own)
	}
	slices.Sort(names)
	for _, n := range slices.Compact(names) {
		switch ip := net.ParseIP(n); {
		case ip != nil && !ip.IsUnspecified():
			template.IPAddresses = append(template.IPAddresses, ip)
		case ip == nil && n != "":
			template.DNSNames = append(template.DNSNames, n)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
	if err != nil {
		return nil, err
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	return &tls.Certificate{Certificate: [][]byte{der, a.der}, PrivateKey: key, Leaf: leaf}, nil
}
