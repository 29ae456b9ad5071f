package access

import (
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"

	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/secret"
)

const (
	minPassword = 12  // characters
	maxPassword = 512 // bytes: what is hashed has a bound
)

// Cost of a password's hash (OWASP's first choice for argon2id): 46 MiB for some 50 ms.
var passwordCost = argon2id.Params{Memory: 46 << 10, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// Hasher hashes and compares passwords, one at a time: a hash takes 46 MiB. The
// zero value is ready; a process has one.
type Hasher struct {
	mu sync.Mutex
	// decoy is compared for names that do not exist, so that they take as long as those that do.
	decoy string
}

// Hash checks that a password is fit for the account of that name and hashes it.
// It returns fault.Invalid with the problem of the field "password".
func (h *Hasher) Hash(password, name string) (string, error) {
	if err := CheckPassword(password, name); err != nil {
		return "", catalog.Incorrect().With(catalog.CodeValidation, "password", "%s", fault.As(err).Message)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return argon2id.CreateHash(password, &passwordCost)
}

// Verify compares a password with a hash; "" is the hash of nobody and takes as long.
func (h *Hasher) Verify(password, hash string) (bool, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(password) > maxPassword {
		return false, nil
	}
	nobody := hash == ""
	if nobody {
		if h.decoy == "" {
			var err error
			if h.decoy, err = argon2id.CreateHash(secret.ID(), &passwordCost); err != nil {
				return false, err
			}
		}
		hash = h.decoy
	}
	ok, err := argon2id.ComparePasswordAndHash(password, hash)
	return ok && !nobody, err
}

// CheckPassword returns fault.Invalid for a password that is too easy to guess.
func CheckPassword(password, name string) error {
	switch {
	case utf8.RuneCountInString(password) < minPassword:
		return fault.New(fault.Invalid, "The password must have at least %d characters.", minPassword)
	case len(password) > maxPassword:
		return fault.New(fault.Invalid, "The password must have at most %d bytes.", maxPassword)
	case strings.EqualFold(password, name), strings.Count(password, password[:1])*len(password[:1]) == len(password):
		return fault.New(fault.Invalid, "The password must not be the account's name or one character repeated.")
	}
	return nil
}
