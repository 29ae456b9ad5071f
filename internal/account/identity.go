package account

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/record"
	"portico/internal/secret"
)

// Vouched is what an OpenID Connect provider says of somebody.
type Vouched struct {
	Identity  access.Identity `json:"identity"`
	Email     string          `json:"email,omitempty"`
	Verified  bool            `json:"verified,omitempty"` // the provider has verified the address
	FirstName string          `json:"firstName,omitempty"`
	LastName  string          `json:"lastName,omitempty"`
}

// joinLifetime is how long somebody may take to complete what the provider did not say.
const joinLifetime = 30 * time.Minute

// SignInAs gives the user whom a provider vouches for. One who has no account yet
// but a verified address of one gets the identity added to it. For somebody new,
// the name is "" and ticket is what Join takes.
func (a *Accounts) SignInAs(ctx context.Context, v Vouched) (name, joinTicket string, err error) {
	u, rec, err := a.userWhere(ctx, func(u *access.User) bool { return slices.Contains(u.Identities, v.Identity) })
	if fault.Is(err, fault.NotFound) && v.Email != "" {
		u, rec, err = a.userByEmail(ctx, v.Email)
		if err == nil && !v.Verified {
			return "", "", fault.New(fault.Forbidden, "An account with the address %s exists, and %s has not verified that the address is yours: sign in with your password.", v.Email, v.Identity.Provider)
		}
	}
	if fault.Is(err, fault.NotFound) {
		joinTicket, err = a.sealJoin(v)
		return "", joinTicket, err
	}
	if err != nil {
		return "", "", err
	}
	name = record.Name(rec.Path)
	if !slices.Contains(u.Identities, v.Identity) {
		err = a.change(ctx, name, func(u *access.User) ([]record.Change, error) {
			u.Identities = append(u.Identities, v.Identity)
			if u.State == access.UserPending { // whoever chose the password did not prove the address
				u.State, u.PasswordHash = access.UserActive, ""
				u.Identities = slices.DeleteFunc(u.Identities, func(id access.Identity) bool { return id.Provider == access.BasicProvider })
				u.Restamp()
			}
			return nil, nil
		})
		if err == nil {
			u, _, err = a.user(ctx, name)
		}
	}
	if err != nil {
		return "", "", err
	}
	return name, "", mayComeIn(u)
}

type joining struct {
	Vouched
	For     string    `json:"for"`
	Expires time.Time `json:"expires"`
}

func (a *Accounts) sealJoin(v Vouched) (string, error) {
	text, err := json.Marshal(joining{v, toJoin, time.Now().Add(joinLifetime)})
	return a.Keys.Seal(toJoin, string(text)), err
}

// Join opens the account of somebody whom a provider vouched for, with what the
// provider did not say. An address that the provider has verified is confirmed; another waits for its confirmation.
func (a *Accounts) Join(ctx context.Context, text string, s SignUp) (name string, active bool, err error) {
	var j joining
	opened, err := a.Keys.Open(toJoin, text)
	if err != nil || json.Unmarshal([]byte(opened), &j) != nil || j.For != toJoin || time.Now().After(j.Expires) {
		return "", false, fault.New(fault.NotFound, "The sign-in took too long: begin it again.")
	}
	terms, err := a.mayJoin(ctx, s.TermsAccepted)
	if err != nil {
		return "", false, err
	}
	u := access.User{Email: j.Email, FirstName: first(s.FirstName, j.FirstName), LastName: first(s.LastName, j.LastName), State: access.UserPending,
		Identities: []access.Identity{j.Identity}, Account: terms}
	if j.Verified {
		u.State = access.UserActive
	} else if u.Email = first(s.Email, j.Email); u.Email == "" {
		return "", false, catalog.Incorrect().With(catalog.CodeValidation, "email", "The account needs an e-mail address.")
	}
	name = secret.ID()
	_, err = a.Editor.Edit(ctx, func() ([]record.Change, error) { return a.newUser(ctx, name, &u) })
	return name, u.State == access.UserActive, err
}

// Vouched gives what a provider said, for the form that Join takes.
func (a *Accounts) Vouched(text string) (Vouched, error) {
	var j joining
	opened, err := a.Keys.Open(toJoin, text)
	if err != nil || json.Unmarshal([]byte(opened), &j) != nil || time.Now().After(j.Expires) {
		return Vouched{}, fault.New(fault.NotFound, "The sign-in took too long: begin it again.")
	}
	return j.Vouched, nil
}

// first is the first text that says something.
func first(texts ...string) string {
	for _, t := range texts {
		if t = strings.TrimSpace(t); t != "" {
			return t
		}
	}
	return ""
}

// Forget takes an identity at a provider from a user, who must be left with another way in.
func (a *Accounts) Forget(ctx context.Context, name, provider string) error {
	return a.change(ctx, name, func(u *access.User) ([]record.Change, error) {
		left := slices.DeleteFunc(slices.Clone(u.Identities), func(id access.Identity) bool { return strings.EqualFold(id.Provider, provider) })
		if len(left) == len(u.Identities) {
			return nil, fault.New(fault.NotFound, "You have no identity at %s.", provider)
		}
		if len(left) == 0 || strings.EqualFold(provider, access.BasicProvider) && u.PasswordHash != "" {
			return nil, fault.New(fault.Conflict, "This is how you sign in: add another way first.")
		}
		u.Identities = left
		return nil, nil
	})
}
