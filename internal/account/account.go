// Package account owns the accounts of the developer portal: sign-up and its
// confirmation, sign-in, passwords, addresses, closing, delegation to another
// site, and what a developer has of his own: subscriptions and applications
// (contracts apim.md, sections 1.5, 1.6 and 5.2).
package account

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/mail"
	"portico/internal/record"
	"portico/internal/secret"
)

// Config is what accounts work on.
type Config struct {
	Editor    *record.Editor // its store is read, and all changes go through it
	Keys      *secret.Keeper
	Hasher    *access.Hasher
	Outbox    mail.Outbox
	PortalURL string // where the pages that messages link to are, without a slash at the end
}

// Accounts are all accounts of the portal. Its methods are safe for concurrent use.
type Accounts struct {
	Config
	Sessions access.Sessions

	records  record.Store
	origin   *http.CrossOriginProtection
	attempts access.Throttle
}

// New makes the room.
func New(c Config) *Accounts {
	return &Accounts{
		Config: c, Sessions: access.DeveloperSessions(c.Editor.Store, c.Keys), records: c.Editor.Store, origin: http.NewCrossOriginProtection(),
	}
}

// Paces of what costs somebody a message or us a hash.
var (
	signUps = access.Pace{Burst: 10, Every: time.Minute}     // from one machine
	letters = access.Pace{Burst: 5, Every: 10 * time.Minute} // to one address
)

// tokenScheme begins the Authorization header of those who have a user's token (apim.md 5.2).
var tokenScheme = regexp.MustCompile(`(?i)^SharedAccessSignature\s+(?:token="([^"]+)"(?:\s*,\s*refresh="[a-z]+")?|([^\s"]+))\s*$`)

// Authenticate gives the developer behind a request: by a token, else by the
// session of a browser. It gives the zero Principal for one without credentials,
// and fault.Unauthorized or fault.Forbidden for credentials that are wrong.
func (a *Accounts) Authenticate(r *http.Request) (access.Principal, error) {
	header := r.Header.Get("Authorization")
	if scheme, _, _ := strings.Cut(header, " "); header != "" && !strings.EqualFold(scheme, "Basic") {
		token := header
		if m := tokenScheme.FindStringSubmatch(header); m != nil {
			token = m[1] + m[2]
		} else if bearer, ok := cutFold(header, "Bearer "); ok {
			token = strings.TrimSpace(bearer)
		}
		_, name, err := access.UserOfToken(r.Context(), a.records, a.Keys, token)
		if err != nil {
			return access.Principal{}, err
		}
		return developer(name), nil
	}
	name, err := a.Sessions.Find(r)
	if errors.Is(err, access.ErrNoSession) {
		return access.Principal{}, nil
	}
	if err != nil {
		return access.Principal{}, err
	}
	u, _, err := a.user(r.Context(), name)
	if fault.Is(err, fault.NotFound) || err == nil && u.State != access.UserActive {
		return access.Principal{}, nil
	}
	if err != nil {
		return access.Principal{}, err
	}
	return developer(name), a.SameOrigin(r)
}

func cutFold(text, prefix string) (string, bool) {
	if len(text) < len(prefix) || !strings.EqualFold(text[:len(prefix)], prefix) {
		return "", false
	}
	return text[len(prefix):], true
}

// SameOrigin returns fault.Forbidden for a request that changes something and
// that a browser sent from a page of another origin.
func (a *Accounts) SameOrigin(r *http.Request) error {
	if err := a.origin.Check(r); err != nil {
		return fault.Wrap(err, fault.Forbidden, "The request comes from a page of another origin, which may not act for you here.")
	}
	return nil
}

func developer(name string) access.Principal {
	return access.Principal{Name: "developer " + name, Roles: []access.Role{access.Developer}, User: name}
}

// User is a user with his secrets open, or fault.NotFound.
func (a *Accounts) User(ctx context.Context, name string) (*access.User, error) {
	u, _, err := a.user(ctx, name)
	return u, err
}

func (a *Accounts) user(ctx context.Context, name string) (*access.User, record.Record, error) {
	rec, err := a.records.Get(ctx, access.UserPath(name))
	if err != nil {
		return nil, rec, err
	}
	u, err := catalog.Open[access.User](a.Keys, rec)
	return u, rec, err
}

// userWhere gives the first user of whom is holds, or fault.NotFound.
func (a *Accounts) userWhere(ctx context.Context, is func(*access.User) bool) (*access.User, record.Record, error) {
	recs, err := a.records.List(ctx, access.Users)
	if err != nil {
		return nil, record.Record{}, err
	}
	for _, rec := range recs {
		var u access.User // its secrets stay sealed until it is the one
		if err := json.Unmarshal(rec.Body, &u); err != nil {
			return nil, rec, fmt.Errorf("%s: %w", rec.Path, err)
		}
		if is(&u) {
			found, err := catalog.Open[access.User](a.Keys, rec)
			return found, rec, err
		}
	}
	return nil, record.Record{}, fault.New(fault.NotFound, "There is no such account.")
}

func (a *Accounts) userByEmail(ctx context.Context, email string) (*access.User, record.Record, error) {
	return a.userWhere(ctx, func(u *access.User) bool { return strings.EqualFold(u.Email, strings.TrimSpace(email)) })
}

// change plans and applies a change of one user. edit may add what changes with it.
func (a *Accounts) change(ctx context.Context, name string, edit func(u *access.User) ([]record.Change, error)) error {
	_, err := a.Editor.Edit(ctx, func() ([]record.Change, error) {
		u, rec, err := a.user(ctx, name)
		if err != nil {
			return nil, err
		}
		old := *u
		also, err := edit(u)
		if err != nil {
			return nil, err
		}
		if err := access.CheckUser(ctx, a.records, record.Name(rec.Path), u, &old); err != nil {
			return nil, err
		}
		return append([]record.Change{catalog.Seal(a.Keys, rec.Path, u, rec.ETag)}, also...), nil
	})
	return err
}

// events plans messages beside the changes that they tell of.
func (a *Accounts) events() mail.Events { return mail.Events{Outbox: a.Outbox} }

// letter plans the message that brings a user a link.
func (a *Accounts) letter(template string, u *access.User, page, ticket string) []record.Change {
	return []record.Change{a.Outbox.Plan(mail.Message{Template: template, Recipients: []string{u.Email}, Variables: map[string]string{
		"DevFirstName": u.FirstName, "DevLastName": u.LastName, "ConfirmUrl": a.PortalURL + page + "?" + url.Values{"ticket": {ticket}}.Encode(),
	}})}
}

// settings reads one of the portal's settings, or what holds before anybody wrote it.
func settings[T any](ctx context.Context, a *Accounts, name string) (T, error) {
	rec, err := a.records.Get(ctx, access.PortalSettings+"/"+name)
	if fault.Is(err, fault.NotFound) {
		initial, _ := access.InitialPortalSettings(name).(T)
		return initial, nil
	}
	if err != nil {
		var none T
		return none, err
	}
	v, err := catalog.Open[T](a.Keys, rec)
	if err != nil {
		var none T
		return none, err
	}
	return *v, nil
}

// SignInSettings say whether guests are sent to sign in.
func (a *Accounts) SignInSettings(ctx context.Context) (access.SignIn, error) {
	return settings[access.SignIn](ctx, a, access.SignInSettings)
}

// SignUpSettings say whether people may sign up, and under which terms.
func (a *Accounts) SignUpSettings(ctx context.Context) (access.SignUp, error) {
	return settings[access.SignUp](ctx, a, access.SignUpSettings)
}

// DelegationSettings say what another site does; its key is open.
func (a *Accounts) DelegationSettings(ctx context.Context) (access.Delegation, error) {
	return settings[access.Delegation](ctx, a, access.DelegationSettings)
}
