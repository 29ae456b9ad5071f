// Package crypto declares the hashes, RSA and certificates that expressions may
// use, over Go's crypto packages.
package crypto

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/hmac"
	"crypto/md5"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"hash"
	"strings"

	"portico/internal/policy/csharp/value"
)

type (
	run = value.Run
	val = value.Value
)

const space = "System.Security.Cryptography"

var (
	algorithm = value.NewClass(space, "HashAlgorithm", nil, value.IDisposable)
	keyed     = value.NewClass(space, "KeyedHashAlgorithm", algorithm)
	hmacBase  = value.NewClass(space, "HMAC", keyed)
	hashName  = value.NewStruct(space, "HashAlgorithmName")
	padding   = value.NewClass(space, "RSASignaturePadding", nil)
	encPad    = value.NewClass(space, "RSAEncryptionPadding", nil)
	rsaType   = value.NewClass(space, "RSA", nil, value.IDisposable)
	rsaParams = value.NewStruct(space, "RSAParameters")
)

// digest is a hash algorithm, with a key where it is an HMAC.
type digest struct {
	t     *value.Type
	make  func() hash.Hash
	key   []byte
	keyed bool
	last  []byte
}

// Type is the algorithm's class.
func (d *digest) Type() *value.Type { return d.t }

// Dispose has nothing to free.
func (*digest) Dispose(*value.Run) {}

func (d *digest) sum(r *run, b []byte) val {
	r.Step(len(b)>>5 + 10)
	h := d.make()
	if d.keyed {
		h = hmac.New(d.make, d.key)
	}
	h.Write(b)
	d.last = h.Sum(nil)
	r.Alloc(256)
	return value.ByteSlice(d.last)
}

func bytesOf(r *run, v val, param string) []byte {
	b, ok := v.R.(*value.Bytes)
	if !ok {
		r.ThrowNull(param)
	}
	return b.B
}

// hashes are the algorithms by name.
var hashes = []struct {
	name string
	id   crypto.Hash
	make func() hash.Hash
	bits int
}{
	{"MD5", crypto.MD5, md5.New, 128}, {"SHA1", crypto.SHA1, sha1.New, 160}, {"SHA256", crypto.SHA256, sha256.New, 256},
	{"SHA384", crypto.SHA384, sha512.New384, 384}, {"SHA512", crypto.SHA512, sha512.New, 512},
}

// Declare adds the package's types to a library.
func Declare(l *value.Library) {
	for _, t := range []*value.Type{algorithm, keyed, hmacBase, hashName, padding, encPad, rsaType, rsaParams} {
		l.Add(t)
	}
	d := func(v val) *digest { x, _ := v.R.(*digest); return x }
	l.Add(algorithm).
		Def("byte[] ComputeHash(byte[] buffer)", func(r *run, a []val) val { return d(a[0]).sum(r, bytesOf(r, a[1], "buffer")) }).
		Def("byte[] ComputeHash(byte[] buffer, int offset, int count)", func(r *run, a []val) val {
			b := bytesOf(r, a[1], "buffer")
			if a[2].N < 0 || a[3].N < 0 || a[2].N+a[3].N > int64(len(b)) {
				r.Throw(value.ExArgument, "Offset and length were out of bounds for the array or count is greater than the number of elements from index to the end of the source collection.")
			}
			return d(a[0]).sum(r, b[a[2].N:a[2].N+a[3].N])
		}).
		Def("int HashSize", func(_ *run, a []val) val { return value.Int(d(a[0]).make().Size() * 8) }).
		Def("byte[] Hash", func(_ *run, a []val) val {
			if d(a[0]).last == nil {
				return value.Null
			}
			return value.ByteSlice(d(a[0]).last)
		}).
		Def("void Initialize()", func(*run, []val) val { return value.Null }).
		Def("void Clear()", func(*run, []val) val { return value.Null })
	l.Add(keyed).Prop("byte[] Key", func(_ *run, a []val) val { return value.ByteSlice(d(a[0]).key) }, func(r *run, a []val) val {
		d(a[0]).key = bytesOf(r, a[1], "value")
		return value.Null
	})
	for _, h := range hashes {
		base := value.NewClass(space, h.name, algorithm)
		plain := func(*run, []val) val { return value.Ref(&digest{t: base, make: h.make}) }
		l.Add(base).Def("static "+h.name+" Create()", plain).Def("static "+h.name+" Create(string hashName)", plain)
		for _, suffix := range []string{"CryptoServiceProvider", "Managed", "Cng"} {
			l.Add(value.NewClass(space, h.name+suffix, base)).Def("new()", plain)
		}
		ht := value.NewClass(space, "HMAC"+h.name, hmacBase)
		l.Add(ht).
			Def("new()", func(r *run, _ []val) val {
				k := make([]byte, 64)
				_, _ = rand.Read(k) // never fails (crypto/rand)
				return value.Ref(&digest{t: ht, make: h.make, key: k, keyed: true})
			}).
			Def("new(byte[] key)", func(r *run, a []val) val {
				return value.Ref(&digest{t: ht, make: h.make, key: bytesOf(r, a[0], "key"), keyed: true})
			})
		l.Add(hashName).Const(h.name, value.Value{S: h.name, R: hashName})
	}
	declareSymmetric(l)
	declareRSA(l)
	declareCertificates(l)
}

// block makes the cipher that Encrypt and Decrypt name.
func block(r *run, alg string, key []byte) cipher.Block {
	var b cipher.Block
	var err error
	switch strings.ToLower(strings.TrimPrefix(alg, "System.Security.Cryptography.")) {
	case "aes", "rijndael", "aesmanaged", "aescryptoserviceprovider", "rijndaelmanaged":
		b, err = aes.NewCipher(key)
	case "tripledes", "3des", "tripledescryptoserviceprovider":
		if len(key) == 16 {
			key = append(append([]byte(nil), key...), key[:8]...)
		}
		b, err = des.NewTripleDESCipher(key)
	case "des", "descryptoserviceprovider":
		b, err = des.NewCipher(key)
	default:
		r.Throw(value.ExCrypto, "The algorithm '%s' is not known; Aes, TripleDES and DES are.", alg)
	}
	if err != nil {
		r.Throw(value.ExCrypto, "Specified key is not a valid size for this algorithm.")
	}
	return b
}

// declareSymmetric has the policy runtime's Encrypt and Decrypt of byte[]: CBC with PKCS#7.
func declareSymmetric(l *value.Library) {
	iv := func(r *run, b cipher.Block, v val) []byte {
		x := bytesOf(r, v, "iv")
		if len(x) != b.BlockSize() {
			r.Throw(value.ExCrypto, "Specified initialization vector (IV) does not match the block size for this algorithm.")
		}
		return x
	}
	l.Add(value.NewStatic("", "ByteArrayExtensions")).
		Def("static byte[] Encrypt(this byte[] input, string alg, byte[] key, byte[] iv)", func(r *run, a []val) val {
			in := bytesOf(r, a[0], "input")
			b := block(r, a[1].S, bytesOf(r, a[2], "key"))
			v := iv(r, b, a[3])
			r.Spend(len(in) + 64)
			n := b.BlockSize() - len(in)%b.BlockSize()
			out := append(append(make([]byte, 0, len(in)+n), in...), strings.Repeat(string([]byte{byte(n)}), n)...)
			cipher.NewCBCEncrypter(b, v).CryptBlocks(out, out)
			return value.ByteSlice(out)
		}).
		Def("static byte[] Decrypt(this byte[] input, string alg, byte[] key, byte[] iv)", func(r *run, a []val) val {
			in := bytesOf(r, a[0], "input")
			b := block(r, a[1].S, bytesOf(r, a[2], "key"))
			v := iv(r, b, a[3])
			if len(in) == 0 || len(in)%b.BlockSize() != 0 {
				r.Throw(value.ExCrypto, "Length of the data to decrypt is invalid.")
			}
			r.Spend(len(in) + 64)
			out := make([]byte, len(in))
			cipher.NewCBCDecrypter(b, v).CryptBlocks(out, in)
			n := int(out[len(out)-1])
			if n == 0 || n > b.BlockSize() || strings.Trim(string(out[len(out)-n:]), string([]byte{byte(n)})) != "" {
				r.Throw(value.ExCrypto, "Padding is invalid and cannot be removed.")
			}
			return value.ByteSlice(out[:len(out)-n])
		})
}
