package auth

import (
	"crypto/x509"
	"fmt"
	"slices"
	"strings"
	"time"

	"portico/internal/catalog"
	"portico/internal/policy"
	"portico/internal/policy/document"
)

// ValidateClientCertificate checks the certificate that the client showed: its
// dates, its chain, and whether it is one of those that the policy lists.
func ValidateClientCertificate() policy.Declaration {
	return policy.Declaration{
		Form: policy.Form{
			Name: "validate-client-certificate",
			Attributes: []policy.Attribute{
				{Name: "validate-revocation", Kind: policy.Boolean, Literal: true},
				{Name: "validate-trust", Kind: policy.Boolean},
				{Name: "validate-not-before", Kind: policy.Boolean},
				{Name: "validate-not-after", Kind: policy.Boolean},
				{Name: "ignore-error", Kind: policy.Boolean},
			},
			Children: []policy.Form{{Name: "identities", Children: []policy.Form{{Name: "identity", OneOf: identityAttributes, Attributes: []policy.Attribute{
				{Name: "thumbprint"}, {Name: "serial-number"}, {Name: "common-name"}, {Name: "subject"}, {Name: "dns-name"},
				{Name: "issuer-subject"}, {Name: "issuer-thumbprint"}, {Name: "issuer-certificate-id"}}}}}},
		},
		Sections: policy.Inbound,
		Scopes:   policy.EveryScope,
		Check: func(v *policy.Validator, e *document.Element) {
			if checksRevocation(e) {
				v.Warn(e, "Revocation lists are not read: say validate-revocation=\"false\". Without it, calls that reach this policy fail with status 500.")
			}
		},
		Compile: compileValidateClientCertificate,
	}
}

var identityAttributes = []string{"thumbprint", "serial-number", "common-name", "subject", "dns-name", "issuer-subject", "issuer-thumbprint", "issuer-certificate-id"}

// checksRevocation tells whether the document wants what is not offered; that is the default.
func checksRevocation(e *document.Element) bool {
	text, there := e.Attr("validate-revocation")
	on, _ := policy.ParseBool(text)
	return !there || on
}

func compileValidateClientCertificate(c *policy.Builder, e *document.Element) policy.Action {
	if checksRevocation(e) {
		return policy.NotOffered("Reading revocation lists, which validate-client-certificate does unless it says validate-revocation=\"false\", is not offered.")
	}
	v := &validatingCertificate{services: &c.Compiler.Services, trust: c.Value(e, "validate-trust", "true"), notBefore: c.Value(e, "validate-not-before", "true"),
		notAfter: c.Value(e, "validate-not-after", "true"), ignore: c.Value(e, "ignore-error", "false")}
	for _, list := range e.Children {
		for _, child := range list.Children {
			identity := map[string]policy.Value{}
			for _, name := range identityAttributes {
				if _, there := child.Attr(name); there {
					identity[name] = c.Value(child, name, "")
				}
			}
			v.identities = append(v.identities, identity)
		}
	}
	return v
}

type validatingCertificate struct {
	services                           *policy.Services
	trust, notBefore, notAfter, ignore policy.Value
	identities                         []map[string]policy.Value // by attribute; one of them must match
}

func (v *validatingCertificate) Do(x *policy.Exchange) error {
	why, err := v.refused(x)
	if err != nil || why == "" {
		return err
	}
	ignore, err := v.ignore.Bool(x)
	if err != nil {
		return err
	}
	if ignore {
		x.Note(map[string]any{"message": "The client certificate is not accepted, and the error is ignored: " + why})
		return nil
	}
	return &policy.Error{Status: 403, Reason: "ClientCertificateNotAllowed", Message: "Invalid client certificate.", Detail: why}
}

// refused says why the certificate is not accepted; "" where it is.
func (v *validatingCertificate) refused(x *policy.Exchange) (string, error) {
	c := x.Request.Certificate
	if c == nil {
		return "The client showed no certificate.", nil
	}
	now := v.services.Now()
	notBefore, err := v.notBefore.Bool(x)
	if err != nil {
		return "", err
	}
	notAfter, err := v.notAfter.Bool(x)
	if err != nil {
		return "", err
	}
	trust, err := v.trust.Bool(x)
	if err != nil {
		return "", err
	}
	switch {
	case notBefore && now.Before(c.NotBefore):
		return "The certificate is not valid yet.", nil
	case notAfter && now.After(c.NotAfter):
		return "The certificate has expired.", nil
	}
	var issuers []*x509.Certificate
	if trust {
		between := x509.NewCertPool()
		for _, i := range x.Request.Intermediates {
			between.AddCert(i)
		}
		chains, err := c.Verify(x509.VerifyOptions{Intermediates: between, Roots: v.services.ClientRoots, CurrentTime: within(now, c), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
		if err != nil {
			return fmt.Sprintf("The certificate is not trusted: %s.", err), nil
		}
		for _, chain := range chains {
			issuers = append(issuers, chain[1:]...)
		}
	}
	for _, identity := range v.identities {
		matches, err := v.matches(x, c, issuers, identity)
		if err != nil || matches {
			return "", err
		}
	}
	if len(v.identities) > 0 {
		return "The certificate is none of those that are allowed.", nil
	}
	return "", nil
}

// within is a time at which the certificate is valid: its own dates were checked, or are not to be.
func within(now time.Time, c *x509.Certificate) time.Time {
	switch {
	case now.Before(c.NotBefore):
		return c.NotBefore
	case now.After(c.NotAfter):
		return c.NotAfter
	}
	return now
}

// matches tells whether all that the identity says is true of the certificate.
func (v *validatingCertificate) matches(x *policy.Exchange, c *x509.Certificate, issuers []*x509.Certificate, identity map[string]policy.Value) (bool, error) {
	for name, value := range identity {
		want, err := value.Text(x)
		if err != nil {
			return false, err
		}
		ok := false
		switch name {
		case "thumbprint":
			ok = sameHex(want, catalog.Thumbprint(c))
		case "serial-number":
			ok = sameHex(want, fmt.Sprintf("%X", c.SerialNumber)) || sameHex(want, fmt.Sprintf("0%X", c.SerialNumber))
		case "common-name":
			ok = want == c.Subject.CommonName
		case "subject":
			ok = sameName(want, c.Subject.String())
		case "dns-name":
			ok = policy.ContainsFold(c.DNSNames, want)
		case "issuer-subject":
			ok = sameName(want, c.Issuer.String())
		case "issuer-thumbprint":
			ok = slices.ContainsFunc(issuers, func(i *x509.Certificate) bool { return sameHex(want, catalog.Thumbprint(i)) })
		case "issuer-certificate-id":
			pair, err := v.services.Certificates.Certificate(policy.ClientCertificate{ID: want})
			if err != nil {
				return false, err
			}
			ok = c.CheckSignatureFrom(pair.Leaf) == nil
		}
		if !ok {
			return false, nil
		}
	}
	return true, nil
}

func sameHex(a, b string) bool {
	return strings.EqualFold(strings.NewReplacer(" ", "", ":", "").Replace(a), b)
}

// sameName compares distinguished names, whatever stands around their commas.
func sameName(a, b string) bool {
	plain := func(s string) string {
		parts := strings.Split(s, ",")
		for i := range parts {
			parts[i] = strings.TrimSpace(parts[i])
		}
		return strings.Join(parts, ",")
	}
	return strings.EqualFold(plain(a), plain(b))
}
