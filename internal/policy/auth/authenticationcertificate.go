package auth

import (
	"encoding/base64"

	"portico/internal/catalog"
	"portico/internal/policy"
	"portico/internal/policy/document"
)

// AuthenticationCertificate shows the backend a client certificate: one of the
// instance's, or the PKCS#12 file that the policy holds.
func AuthenticationCertificate() policy.Declaration {
	which := []string{"thumbprint", "certificate-id", "body"}
	return policy.Declaration{
		Form: policy.Form{
			Name: "authentication-certificate",
			Attributes: []policy.Attribute{{Name: "thumbprint", Kind: policy.Filled}, {Name: "certificate-id", Kind: policy.Filled},
				{Name: "body", Kind: policy.Filled}, {Name: "password"}},
			OneOf: which,
		},
		Sections: policy.Inbound,
		Scopes:   policy.EveryScope,
		Check: func(v *policy.Validator, e *document.Element) {
			n := 0
			for _, name := range which {
				if _, there := e.Attr(name); there {
					n++
				}
			}
			if n > 1 {
				v.Problem(e, "Only one of the attributes 'thumbprint', 'certificate-id' and 'body' may be there.")
			}
		},
		Compile: func(c *policy.Builder, e *document.Element) policy.Action {
			return &certificateAuthentication{thumbprint: c.Value(e, "thumbprint", ""), id: c.Value(e, "certificate-id", ""),
				body: c.Value(e, "body", ""), password: c.Value(e, "password", ""), draft: c.Message == policy.TheDraft}
		},
	}
}

type certificateAuthentication struct {
	thumbprint, id, body, password policy.Value
	draft                          bool
}

func (a *certificateAuthentication) Do(x *policy.Exchange) error {
	ref, err := a.certificate(x)
	if err != nil {
		return err
	}
	if a.draft {
		x.Draft.Certificate = ref
	} else {
		x.Backend.Certificate = ref
	}
	return nil
}

func (a *certificateAuthentication) certificate(x *policy.Exchange) (ref policy.ClientCertificate, err error) {
	if ref.Thumbprint, err = a.thumbprint.Text(x); err != nil {
		return ref, err
	}
	if ref.ID, err = a.id.Text(x); err != nil {
		return ref, err
	}
	file, err := a.body.Bytes(x)
	if err != nil {
		return ref, err
	}
	if len(file) > 0 {
		if plain, err := base64.StdEncoding.DecodeString(string(file)); err == nil {
			file = plain // a byte[] is no base64: a PKCS#12 file begins with bytes that are not
		}
		password, err := a.password.Text(x)
		if err != nil {
			return ref, err
		}
		pair, err := catalog.ParseKeyPair(file, password)
		if err != nil {
			return ref, &policy.Error{Status: 500, Detail: "The certificate's body is not a PKCS#12 file that the password opens.", Err: err}
		}
		return policy.ClientCertificate{Pair: &pair}, nil
	}
	if ref == (policy.ClientCertificate{}) {
		return ref, policy.ValueError("no certificate is named")
	}
	return ref, nil
}
