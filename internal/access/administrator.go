package access

import (
	"context"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"

	"portico/internal/fault"
	"portico/internal/record"
	"portico/internal/secret"
)

// AdministratorCollection is where the administrators are kept, by name.
const AdministratorCollection = "/administrators"

const (
	setupPurpose  = "setup code"
	setupLifetime = 24 * time.Hour
	minPassword   = 12  // characters
	maxPassword   = 512 // bytes: what is hashed has a bound
)

// Cost of a password's hash (OWASP's first choice for argon2id): 46 MiB for some 50 ms.
var passwordCost = argon2id.Params{Memory: 46 << 10, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32}

type administrator struct {
	PasswordHash string `json:"passwordHash,omitempty"`
	// The one-time code with which the password is set: its keyed hash, in hex.
	SetupHash    string     `json:"setupHash,omitempty"`
	SetupExpires *time.Time `json:"setupExpires,omitempty"`
}

// Administrators are the people who sign in with a name and a password.
type Administrators struct {
	Records record.Store
	Keys    *secret.Keeper

	attempts throttle
	hashing  sync.Mutex // one at a time: a hash takes 46 MiB
	// decoy is compared for names that do not exist, so that they take as long as those that do.
	decoy string
}

// SetupCode draws a one-time code with which the administrator sets a password,
// making the administrator where there is none of that name. An earlier code of
// the same administrator is void; the code expires after 24 hours.
func (a *Administrators) SetupCode(ctx context.Context, name string) (string, error) {
	if err := checkAdministratorName(name); err != nil {
		return "", err
	}
	found, rec, err := record.Get[administrator](ctx, a.Records, administratorPath(name))
	match := rec.ETag
	if fault.Is(err, fault.NotFound) {
		match, err = "-", nil
	}
	if err != nil {
		return "", err
	}
	code := secret.ID()
	expires := time.Now().Add(setupLifetime).UTC()
	found.SetupHash, found.SetupExpires = a.hashCode(code), &expires
	_, err = a.Records.Apply(ctx, record.PutOf(administratorPath(name), found, match))
	return code, err
}

// HasPassword tells whether any administrator can sign in.
func (a *Administrators) HasPassword(ctx context.Context) (bool, error) {
	recs, err := a.Records.List(ctx, AdministratorCollection)
	if err != nil {
		return false, err
	}
	for _, r := range recs {
		var found administrator
		if err := json.Unmarshal(r.Body, &found); err != nil {
			return false, fmt.Errorf("%s: %w", r.Path, err)
		}
		if found.PasswordHash != "" {
			return true, nil
		}
	}
	return false, nil
}

// FindSetupCode gives the name of the administrator whom a code is for, and
// fault.NotFound for one that was used, is void or has expired. client is the
// address that asks, for slowing down guesses.
func (a *Administrators) FindSetupCode(ctx context.Context, code, client string) (string, error) {
	name, _, _, err := a.findCode(ctx, code, client)
	return name, err
}

func (a *Administrators) findCode(ctx context.Context, code, client string) (string, administrator, record.Record, error) {
	giveBack, err := a.attempts.take("setup "+client, perClient)
	if err != nil {
		return "", administrator{}, record.Record{}, err
	}
	recs, err := a.Records.List(ctx, AdministratorCollection)
	if err != nil {
		return "", administrator{}, record.Record{}, err
	}
	hash := a.hashCode(code)
	for _, r := range recs {
		var found administrator
		if err := json.Unmarshal(r.Body, &found); err != nil {
			return "", administrator{}, r, fmt.Errorf("%s: %w", r.Path, err)
		}
		if subtle.ConstantTimeCompare([]byte(found.SetupHash), []byte(hash)) == 1 && time.Now().Before(*found.SetupExpires) {
			giveBack()
			return record.Name(r.Path), found, r, nil
		}
	}
	return "", administrator{}, record.Record{}, fault.New(fault.NotFound, "This link was used already, has expired, or was replaced by a newer one.")
}

// SetPassword sets the password of the administrator whom a code is for, and
// uses the code up. changes are applied with it or not at all. The
// administrator's sessions end.
func (a *Administrators) SetPassword(ctx context.Context, code, client, password string, changes ...record.Change) (name string, err error) {
	name, found, rec, err := a.findCode(ctx, code, client)
	if err != nil {
		return "", err
	}
	if err := checkPassword(password, name); err != nil {
		return "", err
	}
	if found.PasswordHash, err = a.hash(password); err != nil {
		return "", err
	}
	found.SetupHash, found.SetupExpires = "", nil
	changes = append(changes, record.PutOf(rec.Path, found, rec.ETag))
	sessions, err := sessionsOf(ctx, a.Records, name)
	if err != nil {
		return "", err
	}
	_, err = a.Records.Apply(ctx, append(changes, sessions...)...)
	return name, err
}

// SignIn checks a name and a password. It returns fault.Unauthorized for a pair
// that is wrong, without saying which of the two, and fault.Throttled after too
// many of them from one client or for one name.
func (a *Administrators) SignIn(ctx context.Context, name, password, client string) (Principal, error) {
	name = strings.TrimSpace(name)
	clientBack, err := a.attempts.take("client "+client, perClient)
	if err != nil {
		return Principal{}, err
	}
	nameBack, err := a.attempts.take("name "+strings.ToLower(name), perName)
	if err != nil {
		return Principal{}, err
	}
	var found administrator
	if checkAdministratorName(name) == nil {
		found, _, err = record.Get[administrator](ctx, a.Records, administratorPath(name))
		if err != nil && !fault.Is(err, fault.NotFound) {
			return Principal{}, err
		}
	}
	ok, err := a.verify(password, found.PasswordHash)
	if err != nil {
		return Principal{}, err
	}
	if !ok {
		return Principal{}, fault.New(fault.Unauthorized, "The name or the password is wrong.")
	}
	clientBack()
	nameBack()
	return administratorPrincipal(name), nil
}

func administratorPrincipal(name string) Principal {
	return Principal{Name: "administrator " + name, Roles: []Role{Administrator}}
}

func (a *Administrators) hash(password string) (string, error) {
	a.hashing.Lock()
	defer a.hashing.Unlock()
	return argon2id.CreateHash(password, &passwordCost)
}

// verify compares a password with a hash; "" is the hash of nobody and takes as long.
func (a *Administrators) verify(password, hash string) (bool, error) {
	a.hashing.Lock()
	defer a.hashing.Unlock()
	if len(password) > maxPassword {
		return false, nil
	}
	nobody := hash == ""
	if nobody {
		if a.decoy == "" {
			var err error
			if a.decoy, err = argon2id.CreateHash(secret.ID(), &passwordCost); err != nil {
				return false, err
			}
		}
		hash = a.decoy
	}
	ok, err := argon2id.ComparePasswordAndHash(password, hash)
	return ok && !nobody, err
}

func (a *Administrators) hashCode(code string) string {
	h := a.Keys.Hash(setupPurpose, code)
	return hex.EncodeToString(h[:])
}

func checkAdministratorName(name string) error {
	if name == "" || len(name) > 100 || strings.ContainsAny(name, "/*\\ \t\r\n\x00") || !utf8.ValidString(name) {
		return fault.New(fault.Invalid, "%q is not the name of an administrator: use an e-mail address.", name)
	}
	return nil
}

func checkPassword(password, name string) error {
	switch {
	case utf8.RuneCountInString(password) < minPassword:
		return fault.New(fault.Invalid, "The password must have at least %d characters.", minPassword)
	case len(password) > maxPassword:
		return fault.New(fault.Invalid, "The password must have at most %d bytes.", maxPassword)
	case strings.EqualFold(password, name), strings.Count(password, password[:1])*len(password[:1]) == len(password):
		return fault.New(fault.Invalid, "The password must not be the administrator's name or one character repeated.")
	}
	return nil
}

func administratorPath(name string) string { return record.Path("administrators", name) }
