// Package secret holds the master key: it seals what is kept at rest, makes
// keyed hashes for look-ups, and draws new keys and tokens. Nothing in it is
// ever logged.
package secret

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

const (
	keySize      = 32
	sealTag      = "v1."
	sealOverhead = 12 + 16 // nonce and tag of AES-GCM
)

// Keeper seals, opens and hashes with keys derived from one master key. It is safe for concurrent use.
type Keeper struct {
	master []byte
	mu     sync.RWMutex
	aeads  map[string]cipher.AEAD
	macs   map[string]*sync.Pool // of *mac
}

// mac is a keyed hash that is used again and again: setting one up costs more than a hash.
type mac struct {
	hash  hash.Hash
	value []byte
	sum   [sha256.Size]byte
}

// New makes a Keeper of a master key of 32 bytes.
func New(master []byte) (*Keeper, error) {
	if len(master) != keySize {
		return nil, fmt.Errorf("the master key must be %d bytes, not %d", keySize, len(master))
	}
	return &Keeper{master: master, aeads: map[string]cipher.AEAD{}, macs: map[string]*sync.Pool{}}, nil
}

// Load reads the master key file (64 hex digits). Where it is absent and create
// is set, a new key is drawn and written with mode 0600 before Load returns.
func Load(file string, create bool) (*Keeper, error) {
	b, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) && create {
		return draw(file)
	}
	if err != nil {
		return nil, fmt.Errorf("read the master key: %w", err)
	}
	master, err := hex.DecodeString(strings.TrimSpace(string(b)))
	if err != nil {
		return nil, fmt.Errorf("the master key file %s does not hold 64 hex digits", file)
	}
	return New(master)
}

func draw(file string) (*Keeper, error) {
	master := make([]byte, keySize)
	_, _ = rand.Read(master) // never fails: crypto/rand aborts the process instead
	tmp, err := os.CreateTemp(filepath.Dir(file), ".master-key-*")
	if err != nil {
		return nil, fmt.Errorf("write the master key: %w", err)
	}
	defer func() { _ = os.Remove(tmp.Name()) }() // gone already after the rename
	_, err = tmp.WriteString(hex.EncodeToString(master) + "\n")
	if err = errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return nil, fmt.Errorf("write the master key: %w", err)
	}
	if err := os.Rename(tmp.Name(), file); err != nil {
		return nil, fmt.Errorf("write the master key: %w", err)
	}
	return New(master)
}

// Seal encrypts a value for one purpose (AES-256-GCM); only Open with the same purpose gives it back.
func (k *Keeper) Seal(purpose, value string) string {
	a := k.aead(purpose)
	nonce := make([]byte, a.NonceSize())
	_, _ = rand.Read(nonce)
	return sealTag + base64.RawStdEncoding.EncodeToString(a.Seal(nonce, nonce, []byte(value), []byte(purpose)))
}

// Open decrypts what Seal made.
func (k *Keeper) Open(purpose, sealed string) (string, error) {
	raw, err := base64.RawStdEncoding.DecodeString(strings.TrimPrefix(sealed, sealTag))
	a := k.aead(purpose)
	if err != nil || !strings.HasPrefix(sealed, sealTag) || len(raw) < a.NonceSize() {
		return "", errors.New("not a sealed value")
	}
	b, err := a.Open(nil, raw[:a.NonceSize()], raw[a.NonceSize():], []byte(purpose))
	if err != nil {
		return "", errors.New("the value was sealed with another master key, or is damaged")
	}
	return string(b), nil
}

// IsSealed tells whether a text is what Seal makes.
func IsSealed(text string) bool {
	raw, sealed := strings.CutPrefix(text, sealTag)
	if !sealed {
		return false
	}
	b, err := base64.RawStdEncoding.DecodeString(raw)
	return err == nil && len(b) >= sealOverhead
}

// Hash is a keyed hash (HMAC-SHA-256) for looking a secret up without keeping it.
func (k *Keeper) Hash(purpose, value string) [sha256.Size]byte {
	pool := k.mac(purpose)
	m := pool.Get().(*mac)
	m.value = append(m.value[:0], value...)
	m.hash.Reset()
	m.hash.Write(m.value)
	m.hash.Sum(m.sum[:0])
	out := m.sum
	clear(m.value)
	pool.Put(m)
	return out
}

func (k *Keeper) aead(purpose string) cipher.AEAD {
	k.mu.RLock()
	a := k.aeads[purpose]
	k.mu.RUnlock()
	if a != nil {
		return a
	}
	block, err := aes.NewCipher(k.derive("seal " + purpose))
	if err != nil {
		panic(err) // only for a wrong key length
	}
	a, err = cipher.NewGCM(block)
	if err != nil {
		panic(err)
	}
	k.mu.Lock()
	k.aeads[purpose] = a
	k.mu.Unlock()
	return a
}

func (k *Keeper) mac(purpose string) *sync.Pool {
	k.mu.RLock()
	p := k.macs[purpose]
	k.mu.RUnlock()
	if p != nil {
		return p
	}
	key := k.derive("hash " + purpose)
	p = &sync.Pool{New: func() any { return &mac{hash: hmac.New(sha256.New, key)} }}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.macs[purpose] = p
	return p
}

func (k *Keeper) derive(info string) []byte {
	b, err := hkdf.Key(sha256.New, k.master, nil, "portico "+info, keySize)
	if err != nil {
		panic(err) // only for a length over HKDF's limit
	}
	return b
}

// ID draws 32 lower-case hex digits: the form of workspace, service, endpoint, experiment and subscription keys.
func ID() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b)
	return hex.EncodeToString(b)
}

// APIKey draws the base64 of 64 bytes, 88 characters: the form of a web service's keys (azureml.md 1.1).
func APIKey() string {
	b := make([]byte, 64)
	_, _ = rand.Read(b)
	return base64.StdEncoding.EncodeToString(b)
}
