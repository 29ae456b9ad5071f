package catalog

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	"software.sslmate.com/src/go-pkcs12"

	"portico/internal/record"
	"portico/internal/secret"
)

// CheckBackend completes a backend and checks it; the certificates and the
// services of a pool that it names must exist, and those be single backends.
func CheckBackend(ctx context.Context, s record.Store, name string, b *Backend) error {
	if err := b.Check(); err != nil {
		return err
	}
	bad := Incorrect()
	if c := b.Credentials; c != nil {
		for i := range c.CertificateIDs {
			var err error
			if c.CertificateIDs[i], err = checkExists(ctx, s, bad, fmt.Sprintf("credentials.certificateIds[%d]", i), c.CertificateIDs[i], Certificates); err != nil {
				return err
			}
		}
	}
	if !b.IsPool() {
		return bad.OrNil()
	}
	for i := range b.Pool.Services {
		item, target := &b.Pool.Services[i], fmt.Sprintf("pool.services[%d].id", i)
		before := len(bad.Problems)
		var err error
		if item.ID, err = checkExists(ctx, s, bad, target, BackendPath(item.Name()), Backends); err != nil {
			return err
		}
		if len(bad.Problems) > before {
			continue
		}
		member, _, err := record.Get[Backend](ctx, s, item.ID)
		if err != nil {
			return err
		}
		if member.IsPool() || strings.EqualFold(item.Name(), name) {
			bad.With(CodeValidation, target, "%s is a pool itself: a pool holds single backends.", item.ID)
		}
	}
	return bad.OrNil()
}

// CheckBackendIsFree returns fault.Invalid where a policy or a pool uses the backend.
func CheckBackendIsFree(ctx context.Context, s record.Store, name string) error {
	users, err := PoliciesWith(ctx, s, attributeReference("backend-id", name))
	if err != nil {
		return err
	}
	pools, err := holders(ctx, s, Backends, func(b *Backend) bool {
		if b.Pool == nil {
			return false
		}
		for _, item := range b.Pool.Services {
			if strings.EqualFold(item.Name(), name) {
				return true
			}
		}
		return false
	})
	if err != nil {
		return err
	}
	return refuseInUse("The backend", name, append(users, pools...))
}

// holders gives the paths of the records of a collection that hold something.
func holders[P any](ctx context.Context, s record.Store, collection string, holds func(*P) bool) ([]string, error) {
	recs, err := s.List(ctx, collection)
	if err != nil {
		return nil, err
	}
	var paths []string
	for _, r := range recs {
		p := new(P)
		if err := json.Unmarshal(r.Body, p); err != nil {
			return nil, fmt.Errorf("%s: %w", r.Path, err)
		}
		if holds(p) {
			paths = append(paths, r.Path)
		}
	}
	return paths, nil
}

// CheckCertificate completes a certificate from its file, which may be PKCS #12
// or PEM; a PEM file is kept as PKCS #12, under a password that is drawn.
func CheckCertificate(c *Certificate) error {
	text := c.Data
	if raw, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), "")); err == nil {
		text = string(raw)
	}
	if !strings.Contains(text, "-----BEGIN") || len(text) > maxCertificate {
		return c.Check()
	}
	pair, err := tls.X509KeyPair([]byte(text), []byte(text))
	if err != nil {
		return Incorrect().With(CodeValidation, "data", "The PEM file needs a certificate and its private key: %v.", err)
	}
	var chain []*x509.Certificate
	for _, der := range pair.Certificate[1:] {
		ca, err := x509.ParseCertificate(der)
		if err != nil {
			return Incorrect().With(CodeValidation, "data", "A certificate of the chain cannot be read: %v.", err)
		}
		chain = append(chain, ca)
	}
	password := secret.ID()
	file, err := pkcs12.Modern.Encode(pair.PrivateKey, pair.Leaf, chain, password)
	if err != nil {
		return fmt.Errorf("encode the certificate: %w", err)
	}
	c.Data, c.Password = base64.StdEncoding.EncodeToString(file), password
	return c.Check()
}

// CheckCertificateIsFree returns fault.Invalid where a policy, a backend or a gateway uses the certificate.
func CheckCertificateIsFree(ctx context.Context, s record.Store, name string, c *Certificate) error {
	users, err := PoliciesWith(ctx, s, attributeReference("certificate-id", name))
	if err != nil {
		return err
	}
	for _, find := range []func() ([]string, error){
		func() ([]string, error) { return PoliciesWith(ctx, s, attributeReference("thumbprint", c.Thumbprint)) },
		func() ([]string, error) {
			return holders(ctx, s, Backends, func(b *Backend) bool {
				if b.Credentials == nil {
					return false
				}
				for _, id := range b.Credentials.CertificateIDs {
					if strings.EqualFold(record.Name(id), name) {
						return true
					}
				}
				return false
			})
		},
		func() ([]string, error) {
			links, err := linksTo(ctx, s, name, Gateways+"/*/certificateAuthorities")
			paths := make([]string, len(links))
			for i, l := range links {
				paths[i] = l.Path
			}
			return paths, err
		},
		func() ([]string, error) {
			return holders(ctx, s, Gateways+"/*/hostnameConfigurations", func(h *GatewayHostname) bool {
				return h.CertificateID != "" && strings.EqualFold(record.Name(h.CertificateID), name)
			})
		},
	} {
		more, err := find()
		if err != nil {
			return err
		}
		users = append(users, more...)
	}
	return refuseInUse("The certificate", name, users)
}

// CheckLoggerIsFree returns fault.Invalid where a diagnostic or a policy uses the logger.
func CheckLoggerIsFree(ctx context.Context, s record.Store, name string) error {
	users, err := PoliciesWith(ctx, s, attributeReference("logger-id", name))
	if err != nil {
		return err
	}
	for _, collection := range []string{Diagnostics, APIs + "/*" + Diagnostics} {
		more, err := holders(ctx, s, collection, func(d *Diagnostic) bool { return strings.EqualFold(record.Name(d.LoggerID), name) })
		if err != nil {
			return err
		}
		users = append(users, more...)
	}
	return refuseInUse("The logger", name, users)
}

// CheckDocumentationIsFree returns fault.Invalid where a wiki shows the page.
func CheckDocumentationIsFree(ctx context.Context, s record.Store, name string) error {
	var users []string
	for _, collection := range []string{APIs + "/*/wikis", Products + "/*/wikis"} {
		more, err := holders(ctx, s, collection, func(w *Wiki) bool {
			for _, d := range w.Documents {
				if strings.EqualFold(d.DocumentationID, name) {
					return true
				}
			}
			return false
		})
		if err != nil {
			return err
		}
		users = append(users, more...)
	}
	return refuseInUse("The page", name, users)
}
