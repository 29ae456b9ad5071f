package policy

import (
	"encoding/base64"

	"portico/internal/catalog"
)

// authenticationCertificate shows the backend a client certificate: one of the
// instance's, or the PKCS#12 file that the policy holds.
func authenticationCertificate() declaration {
	which := []string{"thumbprint", "certificate-id", "body"}
	return declaration{
		element: element{
			name: "authentication-certificate",
			attributes: []attribute{{name: "thumbprint", kind: filled}, {name: "certificate-id", kind: filled},
				{name: "body", kind: filled}, {name: "password"}},
			oneOf: which,
		},
		sections: Inbound,
		scopes:   everyScope,
		check: func(v *validator, e *Element) {
			n := 0
			for _, name := range which {
				if _, there := e.Attr(name); there {
					n++
				}
			}
			if n > 1 {
				v.problem(e, "Only one of the attributes 'thumbprint', 'certificate-id' and 'body' may be there.")
			}
		},
		compile: func(c *compiler, e *Element) Action {
			return &certificateAuthentication{thumbprint: c.value(e, "thumbprint", ""), id: c.value(e, "certificate-id", ""),
				body: c.value(e, "body", ""), password: c.value(e, "password", ""), draft: c.message == theDraft}
		},
	}
}

type certificateAuthentication struct {
	thumbprint, id, body, password Value
	draft                          bool
}

func (a *certificateAuthentication) Do(x *Exchange) error {
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

func (a *certificateAuthentication) certificate(x *Exchange) (ref ClientCertificate, err error) {
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
			return ref, &Error{Status: 500, Detail: "The certificate's body is not a PKCS#12 file that the password opens.", Err: err}
		}
		return ClientCertificate{Pair: &pair}, nil
	}
	if ref == (ClientCertificate{}) {
		return ref, evaluation("no certificate is named")
	}
	return ref, nil
}
