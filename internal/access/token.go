package access

import (
	"context"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"portico/internal/fault"
	"portico/internal/record"
	"portico/internal/secret"
)

// TokenCollection is where the tokens are kept.
const TokenCollection = "/tokens"

const (
	tokenPurpose = "access token"
	tokenPrefix  = "portico_"
	maxTokens    = 1000
)

// Token is what is known of a durable token: everything but its value.
type Token struct {
	Name    string     `json:"name"`
	Role    Role       `json:"role"`
	Created time.Time  `json:"created"`
	Expires *time.Time `json:"expires,omitempty"`
}

type storedToken struct {
	Token
	Hash string `json:"hash"` // keyed, of the whole value, in hex
}

// Tokens keeps the tokens with which programs prove who they are. A token's
// value is "portico_{name}_{64 hex digits}" and is shown once, when it is made.
type Tokens struct {
	Records record.Store
	Keys    *secret.Keeper
}

var tokenName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// Create makes a token and gives its value. It returns fault.Conflict where the name is taken.
func (t Tokens) Create(ctx context.Context, name string, role Role, expires *time.Time) (value string, token Token, err error) {
	if !tokenName.MatchString(name) {
		return "", Token{}, fault.New(fault.Invalid, "A token's name has 1 to 64 letters, digits and . _ - and begins with a letter or digit; %q does not.", name)
	}
	if !slices.Contains(Roles(), role) {
		return "", Token{}, fault.New(fault.Invalid, "%q is not a role; the roles are %v.", role, Roles())
	}
	if expires != nil && !expires.After(time.Now()) {
		return "", Token{}, fault.New(fault.Invalid, "The token would have expired at %s already.", expires.Format(time.RFC3339))
	}
	recs, err := t.Records.List(ctx, TokenCollection)
	if err != nil {
		return "", Token{}, err
	}
	if len(recs) >= maxTokens {
		return "", Token{}, fault.New(fault.Conflict, "There are %d tokens, which is the limit: revoke one first.", maxTokens)
	}
	value = tokenPrefix + name + "_" + secret.ID() + secret.ID()
	stored := storedToken{Token: Token{Name: name, Role: role, Created: time.Now().UTC(), Expires: expires}, Hash: t.hash(value)}
	_, err = t.Records.Apply(ctx, record.PutOf(tokenPath(name), stored, "-"))
	if fault.Is(err, fault.Conflict) {
		return "", Token{}, fault.New(fault.Conflict, "There is a token %q already: revoke it first, or choose another name.", name)
	}
	return value, stored.Token, err
}

// List gives all tokens, expired ones too, in the order in which they were made.
func (t Tokens) List(ctx context.Context) ([]Token, error) {
	recs, err := t.Records.List(ctx, TokenCollection)
	if err != nil {
		return nil, err
	}
	tokens := make([]Token, len(recs))
	for i, r := range recs {
		if err := json.Unmarshal(r.Body, &tokens[i]); err != nil {
			return nil, fmt.Errorf("%s: %w", r.Path, err)
		}
	}
	return tokens, nil
}

// Revoke ends a token at once. It returns fault.NotFound where there is none of that name.
func (t Tokens) Revoke(ctx context.Context, name string) error {
	if !tokenName.MatchString(name) {
		return fault.New(fault.NotFound, "There is no token %q.", name)
	}
	_, err := t.Records.Apply(ctx, record.Change{Op: record.Delete, Path: tokenPath(name)})
	if fault.Is(err, fault.NotFound) {
		return fault.New(fault.NotFound, "There is no token %q.", name)
	}
	return err
}

// Find gives the principal that a token's value proves, and fault.Unauthorized
// for a value that proves nobody.
func (t Tokens) Find(ctx context.Context, value string) (Principal, error) {
	unknown := fault.New(fault.Unauthorized, "The access token is not known: it was revoked, or is of another instance.")
	name, ok := strings.CutPrefix(value, tokenPrefix)
	end := strings.LastIndexByte(name, '_')
	if !ok || end < 0 || !tokenName.MatchString(name[:end]) {
		return Principal{}, unknown
	}
	stored, _, err := record.Get[storedToken](ctx, t.Records, tokenPath(name[:end]))
	if fault.Is(err, fault.NotFound) {
		return Principal{}, unknown
	}
	if err != nil {
		return Principal{}, err
	}
	if subtle.ConstantTimeCompare([]byte(stored.Hash), []byte(t.hash(value))) != 1 {
		return Principal{}, unknown
	}
	if stored.Expires != nil && !time.Now().Before(*stored.Expires) {
		return Principal{}, fault.New(fault.Unauthorized, "The access token %q expired at %s.", stored.Name, stored.Expires.Format(time.RFC3339))
	}
	return Principal{Name: "token " + stored.Name, Roles: []Role{stored.Role}}, nil
}

func (t Tokens) hash(value string) string {
	h := t.Keys.Hash(tokenPurpose, value)
	return hex.EncodeToString(h[:])
}

func tokenPath(name string) string { return record.Path("tokens", name) }
