package crypto

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"hash"
	"math/big"

	"portico/internal/policy/csharp/value"
)

// key is an RSA: with a private part or not.
type key struct {
	t    *value.Type
	pub  *rsa.PublicKey
	priv *rsa.PrivateKey
}

// Type is RSA or a class of it.
func (k *key) Type() *value.Type { return k.t }

// Dispose has nothing to free.
func (*key) Dispose(*value.Run) {}

// mode is a padding.
type mode struct {
	t    *value.Type
	name string
}

// Type is the padding's class.
func (m *mode) Type() *value.Type { return m.t }

// String is the padding's name.
func (m *mode) String(*value.Run) string { return m.name }

// parameters is an RSAParameters.
type parameters struct{ fields map[string]val }

// Type is RSAParameters.
func (*parameters) Type() *value.Type { return rsaParams }

func hashOf(r *run, v val) (crypto.Hash, func() hash.Hash) {
	for _, h := range hashes {
		if h.name == v.S {
			return h.id, h.make
		}
	}
	r.Throw(value.ExCrypto, "'%s' is not a known hash algorithm.", v.S)
	return 0, nil
}

// digestOf hashes the data with the algorithm of that name.
func digestOf(r *run, data []byte, name val) (crypto.Hash, []byte) {
	id, make := hashOf(r, name)
	r.Step(len(data)>>5 + 2000)
	h := make()
	h.Write(data)
	return id, h.Sum(nil)
}

func (k *key) verify(r *run, id crypto.Hash, sum, sig []byte, pad val) val {
	r.Step(5000)
	if k.pub == nil {
		r.Throw(value.ExCrypto, "The key has no public part.")
	}
	if m, ok := pad.R.(*mode); ok && m.name == "Pss" {
		return value.Bool(rsa.VerifyPSS(k.pub, id, sum, sig, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}) == nil)
	}
	return value.Bool(rsa.VerifyPKCS1v15(k.pub, id, sum, sig) == nil)
}

func (k *key) sign(r *run, id crypto.Hash, sum []byte, pad val) val {
	r.Step(100_000)
	if k.priv == nil {
		r.Throw(value.ExCrypto, "The key has no private part.")
	}
	var sig []byte
	var err error
	if m, ok := pad.R.(*mode); ok && m.name == "Pss" {
		sig, err = rsa.SignPSS(rand.Reader, k.priv, id, sum, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
	} else {
		sig, err = rsa.SignPKCS1v15(nil, k.priv, id, sum)
	}
	if err != nil {
		r.Throw(value.ExCrypto, "The data cannot be signed: %s.", err.Error())
	}
	return value.ByteSlice(sig)
}

func (k *key) crypt(r *run, data []byte, pad val, encrypt bool) val {
	r.Step(100_000)
	hash := sha1.New()
	oaep := false
	if m, ok := pad.R.(*mode); ok {
		switch m.name {
		case "OaepSHA1":
			oaep = true
		case "OaepSHA256":
			oaep, hash = true, sha256.New()
		case "OaepSHA512":
			oaep, hash = true, sha512.New()
		}
	}
	var out []byte
	var err error
	switch {
	case encrypt && k.pub == nil, !encrypt && k.priv == nil:
		r.Throw(value.ExCrypto, "The key has not the part that is needed.")
	case encrypt && oaep:
		out, err = rsa.EncryptOAEP(hash, rand.Reader, k.pub, data, nil)
	case encrypt:
		out, err = rsa.EncryptPKCS1v15(rand.Reader, k.pub, data)
	case oaep:
		out, err = rsa.DecryptOAEP(hash, nil, k.priv, data, nil)
	default:
		out, err = rsa.DecryptPKCS1v15(nil, k.priv, data)
	}
	if err != nil {
		r.Throw(value.ExCrypto, "The data cannot be read with this key.")
	}
	return value.ByteSlice(out)
}

// load takes over the numbers of an RSAParameters.
func (k *key) load(r *run, p *parameters) {
	num := func(name string) *big.Int {
		b, ok := p.fields[name].R.(*value.Bytes)
		if !ok {
			return nil
		}
		if len(b.B) > 2048 {
			r.Throw(value.ExCrypto, "The key is too large.")
		}
		return new(big.Int).SetBytes(b.B)
	}
	n, e := num("Modulus"), num("Exponent")
	if n == nil || e == nil || !e.IsInt64() || e.Int64() > 1<<31-1 || n.Sign() == 0 {
		r.Throw(value.ExCrypto, "The key has no valid modulus and exponent.")
	}
	k.pub = &rsa.PublicKey{N: n, E: int(e.Int64())}
	d, pp, q := num("D"), num("P"), num("Q")
	if d == nil || pp == nil || q == nil {
		return
	}
	priv := &rsa.PrivateKey{PublicKey: *k.pub, D: d, Primes: []*big.Int{pp, q}}
	if err := priv.Validate(); err != nil {
		r.Throw(value.ExCrypto, "The key is not valid.")
	}
	priv.Precompute()
	k.priv = priv
}

func declareRSA(l *value.Library) {
	k := func(v val) *key { x, _ := v.R.(*key); return x }
	for _, n := range []string{"Pkcs1", "Pss"} {
		v := value.Ref(&mode{padding, n})
		l.Add(padding).Def("static RSASignaturePadding "+n, func(*run, []val) val { return v })
	}
	for _, n := range []string{"Pkcs1", "OaepSHA1", "OaepSHA256", "OaepSHA512"} {
		v := value.Ref(&mode{encPad, n})
		l.Add(encPad).Def("static RSAEncryptionPadding "+n, func(*run, []val) val { return v })
	}
	l.Add(hashName).Def("string Name", func(_ *run, a []val) val { return value.Str(a[0].S) }).
		Def("new(string name)", func(_ *run, a []val) val { return value.Value{S: a[0].S, R: hashName} })
	d := l.Add(rsaParams).Def("new()", func(*run, []val) val { return value.Ref(&parameters{map[string]val{}}) })
	for _, n := range []string{"Modulus", "Exponent", "D", "P", "Q", "DP", "DQ", "InverseQ"} {
		d.Prop("byte[] "+n, func(_ *run, a []val) val {
			if p, ok := a[0].R.(*parameters); ok {
				return p.fields[n]
			}
			return value.Null
		}, func(r *run, a []val) val {
			if p, ok := a[0].R.(*parameters); ok {
				p.fields[n] = a[1]
			}
			return value.Null
		})
	}
	load := func(r *run, a []val) val {
		p, ok := a[1].R.(*parameters)
		if !ok {
			r.Throw(value.ExCrypto, "The parameters are empty.")
		}
		k(a[0]).load(r, p)
		return value.Null
	}
	l.Add(rsaType).
		Def("static RSA Create()", func(*run, []val) val { return value.Ref(&key{t: rsaType}) }).
		Def("static RSA Create(RSAParameters parameters)", func(r *run, a []val) val {
			x := value.Ref(&key{t: rsaType})
			load(r, []val{x, a[0]})
			return x
		}).
		Def("void ImportParameters(RSAParameters parameters)", load).
		Def("int KeySize", func(_ *run, a []val) val {
			if p := k(a[0]).pub; p != nil {
				return value.Int(p.N.BitLen())
			}
			return value.Int(0)
		}).
		Def("byte[] SignData(byte[] data, HashAlgorithmName hashAlgorithm, RSASignaturePadding padding)", func(r *run, a []val) val {
			id, sum := digestOf(r, bytesOf(r, a[1], "data"), a[2])
			return k(a[0]).sign(r, id, sum, a[3])
		}).
		Def("byte[] SignHash(byte[] hash, HashAlgorithmName hashAlgorithm, RSASignaturePadding padding)", func(r *run, a []val) val {
			id, _ := hashOf(r, a[2])
			return k(a[0]).sign(r, id, bytesOf(r, a[1], "hash"), a[3])
		}).
		Def("bool VerifyData(byte[] data, byte[] signature, HashAlgorithmName hashAlgorithm, RSASignaturePadding padding)", func(r *run, a []val) val {
			id, sum := digestOf(r, bytesOf(r, a[1], "data"), a[3])
			return k(a[0]).verify(r, id, sum, bytesOf(r, a[2], "signature"), a[4])
		}).
		Def("bool VerifyHash(byte[] hash, byte[] signature, HashAlgorithmName hashAlgorithm, RSASignaturePadding padding)", func(r *run, a []val) val {
			id, _ := hashOf(r, a[3])
			return k(a[0]).verify(r, id, bytesOf(r, a[1], "hash"), bytesOf(r, a[2], "signature"), a[4])
		}).
		Def("byte[] Encrypt(byte[] data, RSAEncryptionPadding padding)", func(r *run, a []val) val {
			return k(a[0]).crypt(r, bytesOf(r, a[1], "data"), a[2], true)
		}).
		Def("byte[] Decrypt(byte[] data, RSAEncryptionPadding padding)", func(r *run, a []val) val {
			return k(a[0]).crypt(r, bytesOf(r, a[1], "data"), a[2], false)
		})
	for _, n := range []string{"RSACng", "RSACryptoServiceProvider"} {
		t := value.NewClass(space, n, rsaType)
		l.Add(t).Def("new()", func(*run, []val) val { return value.Ref(&key{t: t}) }).
			Def("bool VerifyData(byte[] buffer, object halg, byte[] signature)", func(r *run, a []val) val {
				name := a[2]
				if d, ok := name.R.(*digest); ok {
					for _, h := range hashes {
						if value.FindSuper(d.t, l.Lookup(h.name, 0)) != nil {
							name = value.Str(h.name)
						}
					}
				}
				id, sum := digestOf(r, bytesOf(r, a[1], "buffer"), name)
				return k(a[0]).verify(r, id, sum, bytesOf(r, a[3], "signature"), value.Null)
			})
	}
}
