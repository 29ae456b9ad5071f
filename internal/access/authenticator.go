package access

import (
	"crypto/subtle"
	"errors"
	"net/http"
	"strings"

	"portico/internal/fault"
	"portico/internal/record"
	"portico/internal/secret"
)

// StudioTokenHeader carries a token on the studio's wire (azureml.md 5.1).
const StudioTokenHeader = "X-Ms-Metaanalytics-Authorizationtoken"

// Authenticator finds out which member of staff, or which program, sent a
// request: by a token, else by the session of a browser.
type Authenticator struct {
	Tokens   Tokens
	Sessions Sessions
	Staff    *Staff

	adminToken string
	origin     *http.CrossOriginProtection
}

// NewAuthenticator makes an Authenticator with a new administrator's token, valid for this process only.
func NewAuthenticator(records record.Store, keys *secret.Keeper, hasher *Hasher) *Authenticator {
	sessions := StaffSessions(records, keys)
	return &Authenticator{
		Tokens:     Tokens{Records: records, Keys: keys},
		Sessions:   sessions,
		Staff:      &Staff{Records: records, Keys: keys, Sessions: sessions, Hasher: hasher},
		adminToken: secret.ID() + secret.ID(),
		origin:     http.NewCrossOriginProtection(),
	}
}

// AdminToken is the administrator's token of this process. It is never stored.
func (a *Authenticator) AdminToken() string { return a.adminToken }

// Authenticate gives the principal behind a request, the zero Principal for one
// without credentials, and fault.Unauthorized or fault.Forbidden for
// credentials that are wrong.
func (a *Authenticator) Authenticate(r *http.Request) (Principal, error) {
	token, err := requestToken(r)
	if err != nil {
		return Principal{}, err
	}
	if token != "" {
		if subtle.ConstantTimeCompare([]byte(token), []byte(a.adminToken)) == 1 {
			return Principal{Name: "the process's administrator token", Roles: []Role{Administrator}}, nil
		}
		return a.Tokens.Find(r.Context(), token)
	}
	name, err := a.Sessions.Find(r)
	if errors.Is(err, ErrNoSession) {
		return Principal{}, nil
	}
	if err != nil {
		return Principal{}, err
	}
	who, err := a.Staff.Principal(r.Context(), name)
	if fault.Is(err, fault.NotFound) {
		return Principal{}, nil // no longer of the staff
	}
	if err != nil {
		return Principal{}, err
	}
	return who, a.SameOrigin(r)
}

// SameOrigin returns fault.Forbidden for a request that changes something and
// that a browser sent from a page of another origin: the cookie came along
// without the person's will.
func (a *Authenticator) SameOrigin(r *http.Request) error {
	if err := a.origin.Check(r); err != nil {
		return fault.Wrap(err, fault.Forbidden, "The request comes from a page of another origin, which may not act for you here.")
	}
	return nil
}

// requestToken is the token of a request: Authorization: Bearer, with the scheme
// in any case and any spaces (azureml.md 0, row 9), or the studio's header.
func requestToken(r *http.Request) (string, error) {
	if value := r.Header.Get("Authorization"); value != "" {
		scheme, token, _ := strings.Cut(strings.TrimSpace(value), " ")
		if token = strings.TrimSpace(token); !strings.EqualFold(scheme, "Bearer") || token == "" {
			return "", fault.New(fault.Unauthorized, "The Authorization header must be Bearer and an access token.")
		}
		return token, nil
	}
	return strings.TrimSpace(r.Header.Get(StudioTokenHeader)), nil
}
