package crypto

import (
	"bytes"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"strings"
	"time"

	"golang.org/x/crypto/pkcs12"

	"portico/internal/policy/csharp/bcl"
	"portico/internal/policy/csharp/format"
	"portico/internal/policy/csharp/value"
)

const certSpace = "System.Security.Cryptography.X509Certificates"

var (
	certBase  = value.NewClass(certSpace, "X509Certificate", nil, value.IDisposable)
	certType  = value.NewClass(certSpace, "X509Certificate2", certBase)
	dnType    = value.NewClass(certSpace, "X500DistinguishedName", nil)
	nameType  = value.NewEnum(certSpace, "X509NameType", "SimpleName", "EmailName", "UpnName", "DnsName", "DnsFromAlternativeName", "UrlName")
	storeKeys = value.NewFlags(certSpace, "X509KeyStorageFlags", "DefaultKeySet", "UserKeySet", "MachineKeySet", "Exportable", "UserProtected", "PersistKeySet", "EphemeralKeySet")
)

// certificate is an X509Certificate2.
type certificate struct {
	c    *x509.Certificate
	priv *rsa.PrivateKey
}

// Type is X509Certificate2.
func (*certificate) Type() *value.Type { return certType }

// Dispose has nothing to free.
func (*certificate) Dispose(*value.Run) {}

// Equal compares issuer and serial number, that is the bytes.
func (x *certificate) Equal(_ *value.Run, o value.Value) bool {
	y, ok := o.R.(*certificate)
	return ok && bytes.Equal(x.c.Raw, y.c.Raw)
}

// Key is the thumbprint.
func (x *certificate) Key(*value.Run) string { return thumbprint(x.c) }

// CertificateType is X509Certificate2.
func CertificateType() *value.Type { return certType }

// Certificate makes an X509Certificate2; nil is null.
func Certificate(c *x509.Certificate) value.Value {
	if c == nil {
		return value.Null
	}
	return value.Ref(&certificate{c: c})
}

// CertificateWithKey makes an X509Certificate2 with its private key; only those of
// RSA can be used.
func CertificateWithKey(c *x509.Certificate, key any) value.Value {
	priv, _ := key.(*rsa.PrivateKey)
	return value.Ref(&certificate{c, priv})
}

func thumbprint(c *x509.Certificate) string {
	sum := sha1.Sum(c.Raw)
	return strings.ToUpper(hex.EncodeToString(sum[:]))
}

// distinguishedName is an X500DistinguishedName.
type distinguishedName struct{ text string }

// Type is X500DistinguishedName.
func (distinguishedName) Type() *value.Type { return dnType }

// distinguished writes a name as .NET does: CN=a, O=b.
func distinguished(n pkix.Name) string {
	short := map[string]string{"2.5.4.3": "CN", "2.5.4.6": "C", "2.5.4.7": "L", "2.5.4.8": "S", "2.5.4.10": "O", "2.5.4.11": "OU",
		"2.5.4.5": "SERIALNUMBER", "0.9.2342.19200300.100.1.25": "DC", "1.2.840.113549.1.9.1": "E"}
	var parts []string
	for i := len(n.Names) - 1; i >= 0; i-- {
		a := n.Names[i]
		key := short[a.Type.String()]
		if key == "" {
			key = "OID." + a.Type.String()
		}
		s, _ := a.Value.(string)
		if strings.ContainsAny(s, ",+\"=<>;") {
			s = `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
		}
		parts = append(parts, key+"="+s)
	}
	return strings.Join(parts, ", ")
}

// read takes DER, PEM, or PKCS#12 with a password.
func read(r *run, raw []byte, password string) val {
	r.Step(20_000)
	r.Spend(4 * len(raw))
	if b, _ := pem.Decode(raw); b != nil {
		raw = b.Bytes
	}
	if c, err := x509.ParseCertificate(raw); err == nil {
		return Certificate(c)
	}
	if len(raw) > 64<<10 {
		r.Throw(value.ExCrypto, "The certificate is larger than 64 KiB.")
	}
	k, c, err := pkcs12.Decode(raw, password)
	if err != nil {
		r.Throw(value.ExCrypto, "The data is no certificate, or the password is wrong.")
	}
	priv, _ := k.(*rsa.PrivateKey)
	return value.Ref(&certificate{c, priv})
}

func declareCertificates(l *value.Library) {
	for _, t := range []*value.Type{certBase, certType, dnType, nameType, storeKeys} {
		l.Add(t)
	}
	c := func(v val) *certificate { x, _ := v.R.(*certificate); return x }
	text := func(f func(x *x509.Certificate) string) value.Native {
		return func(r *run, a []val) val { return value.Str(f(c(a[0]).c)) }
	}
	verify := func(revocation bool) value.Native {
		return func(r *run, a []val) val {
			r.Step(50_000)
			_, err := c(a[0]).c.Verify(x509.VerifyOptions{CurrentTime: r.Now(), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
			return value.Bool(err == nil)
		}
	}
	local := func(f func(x *x509.Certificate) time.Time) value.Native {
		return func(_ *run, a []val) val {
			return bcl.DateTime(format.TicksOf(f(c(a[0]).c).UTC()), format.Local)
		}
	}
	common := func(n pkix.Name) string { return n.CommonName }
	l.Add(certBase).
		Def("string Subject", text(func(x *x509.Certificate) string { return distinguished(x.Subject) })).
		Def("string Issuer", text(func(x *x509.Certificate) string { return distinguished(x.Issuer) })).
		Def("string GetSerialNumberString()", text(serial)).
		Def("string GetCertHashString()", text(thumbprint)).
		Def("byte[] GetCertHash()", func(_ *run, a []val) val {
			sum := sha1.Sum(c(a[0]).c.Raw)
			return value.ByteSlice(sum[:])
		}).
		Def("byte[] GetRawCertData()", raw).Def("byte[] GetPublicKey()", func(_ *run, a []val) val {
		if p, ok := c(a[0]).c.PublicKey.(*rsa.PublicKey); ok {
			return value.ByteSlice(x509.MarshalPKCS1PublicKey(p))
		}
		return value.ByteSlice(c(a[0]).c.RawSubjectPublicKeyInfo)
	}).
		Def("string GetExpirationDateString()", func(r *run, a []val) val {
			s, _ := format.Date(format.Moment{Ticks: format.TicksOf(c(a[0]).c.NotAfter.UTC())}, "")
			return value.Str(s)
		})
	dn := func(v val) distinguishedName { d, _ := v.R.(distinguishedName); return d }
	l.Add(dnType).Def("string Name", func(_ *run, a []val) val { return value.Str(dn(a[0]).text) })
	l.Add(certType).
		Def("new(byte[] rawData)", func(r *run, a []val) val { return read(r, bytesOf(r, a[0], "rawData"), "") }).
		Def("new(byte[] rawData, string password)", func(r *run, a []val) val { return read(r, bytesOf(r, a[0], "rawData"), a[1].S) }).
		Def("new(byte[] rawData, string password, X509KeyStorageFlags keyStorageFlags)", func(r *run, a []val) val {
			return read(r, bytesOf(r, a[0], "rawData"), a[1].S)
		}).
		Def("X500DistinguishedName SubjectName", func(_ *run, a []val) val {
			return value.Ref(distinguishedName{distinguished(c(a[0]).c.Subject)})
		}).
		Def("X500DistinguishedName IssuerName", func(_ *run, a []val) val {
			return value.Ref(distinguishedName{distinguished(c(a[0]).c.Issuer)})
		}).
		Def("string Thumbprint", text(thumbprint)).
		Def("string SerialNumber", text(serial)).
		Def("string FriendlyName", text(func(*x509.Certificate) string { return "" })).
		Def("int Version", func(_ *run, a []val) val { return value.Int(c(a[0]).c.Version) }).
		Def("byte[] RawData", raw).
		Def("DateTime NotBefore", local(func(x *x509.Certificate) time.Time { return x.NotBefore })).
		Def("DateTime NotAfter", local(func(x *x509.Certificate) time.Time { return x.NotAfter })).
		Def("bool HasPrivateKey", func(_ *run, a []val) val { return value.Bool(c(a[0]).priv != nil) }).
		Def("string GetNameInfo(X509NameType nameType, bool forIssuer)", func(_ *run, a []val) val {
			x := c(a[0]).c
			n := x.Subject
			if a[2].Bool() {
				n = x.Issuer
			}
			if (a[1].N == 3 || a[1].N == 4) && !a[2].Bool() && len(x.DNSNames) > 0 {
				return value.Str(x.DNSNames[0])
			}
			return value.Str(common(n))
		}).
		Def("bool Verify()", verify(true)).
		Def("bool VerifyNoRevocation()", verify(false)).
		Def("RSA GetRSAPublicKey()", func(_ *run, a []val) val {
			p, ok := c(a[0]).c.PublicKey.(*rsa.PublicKey)
			if !ok {
				return value.Null
			}
			return value.Ref(&key{t: l.Lookup("RSACng", 0), pub: p})
		}).
		Def("RSA GetRSAPrivateKey()", func(_ *run, a []val) val {
			x := c(a[0])
			if x.priv == nil {
				return value.Null
			}
			return value.Ref(&key{t: l.Lookup("RSACng", 0), pub: &x.priv.PublicKey, priv: x.priv})
		})
}

func raw(r *run, a []val) val {
	x, _ := a[0].R.(*certificate)
	r.Alloc(len(x.c.Raw))
	return value.ByteSlice(append([]byte(nil), x.c.Raw...))
}

func serial(x *x509.Certificate) string {
	return strings.ToUpper(hex.EncodeToString(x.SerialNumber.Bytes()))
}
