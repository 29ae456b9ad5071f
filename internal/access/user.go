package access

import (
	"context"
	"encoding/json"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/record"
	"portico/internal/secret"
)

// Users is the collection of app developers: the people of the developer portal.
const Users = "/users"

// The states of a user (apim.md 1.6). A blocked one cannot sign in, and the keys
// of his subscriptions let no call through.
const (
	UserActive  = "active"
	UserBlocked = "blocked"
	UserPending = "pending"
	UserDeleted = "deleted"
)

// BasicProvider is the identity provider of those who sign in with e-mail address and password.
const BasicProvider = "Basic"

// User is UserContractProperties.
type User struct {
	Email            string     `json:"email"`
	FirstName        string     `json:"firstName"`
	LastName         string     `json:"lastName"`
	State            string     `json:"state,omitempty"`
	Note             string     `json:"note,omitempty"`
	Identities       []Identity `json:"identities"`
	RegistrationDate time.Time  `json:"registrationDate"`
	// PasswordHash is argon2id's encoded hash, or "" for one who cannot sign in with a password.
	PasswordHash string `json:"passwordHash,omitempty"`
	// Confirmation says which message a new user gets, "signup" or "invite"; it is not kept.
	Confirmation string `json:"confirmation,omitempty"`
	// Account is what the developer portal keeps; the management API shows nothing of it.
	Account *PortalAccount `json:"portalAccount,omitempty"`
}

// PortalAccount is what only the developer portal changes of a user.
type PortalAccount struct {
	// Stamp is part of what tokens are signed with: another one makes those of before void.
	Stamp string `json:"stamp,omitempty"`
	// TermsAccepted is when the terms of use were agreed to, and TermsHash says which.
	TermsAccepted *time.Time `json:"termsAccepted,omitempty"`
	TermsHash     string     `json:"termsHash,omitempty"`
}

// stamp is the user's stamp, "" for one who never had one.
func (u *User) stamp() string {
	if u.Account == nil {
		return ""
	}
	return u.Account.Stamp
}

// Restamp makes the tokens of the user void.
func (u *User) Restamp() {
	account := PortalAccount{}
	if u.Account != nil {
		account = *u.Account
	}
	account.Stamp = secret.ID()
	u.Account = &account
}

// Identity is UserIdentityContract: who a user is at an identity provider.
type Identity struct {
	Provider string `json:"provider"`
	ID       string `json:"id"`
}

// Secrets are sealed where the user is kept.
func (u *User) Secrets() map[string]*string {
	return map[string]*string{"passwordHash": &u.PasswordHash}
}

// UserPath is /users/{id}.
func UserPath(id string) string { return record.Path("users", id) }

// MembershipPath is /groups/{group}/users/{user}: the user is in the group.
func MembershipPath(group, user string) string { return record.Path("groups", group, "users", user) }

// Longest texts of a user, in characters.
const (
	maxUserName = 100
	maxEmail    = 254
	maxUserNote = 2000
)

// CheckUser completes a user's defaults and checks it against the rules and the
// other users. old is the one that it replaces, or nil.
func CheckUser(ctx context.Context, records record.Store, name string, u, old *User) error {
	bad := catalog.Incorrect()
	u.Email = strings.TrimSpace(u.Email)
	if err := CheckEmail(u.Email); err != nil {
		bad.With(catalog.CodeValidation, "email", "%s", err.Error())
	}
	for _, text := range []struct {
		target, value string
		min, limit    int
	}{{"firstName", u.FirstName, 1, maxUserName}, {"lastName", u.LastName, 1, maxUserName}, {"note", u.Note, 0, maxUserNote}} {
		if n := utf8.RuneCountInString(text.value); n < text.min || n > text.limit {
			bad.With(catalog.CodeValidation, text.target, "%s must be %d to %d characters long and has %d.", text.target, text.min, text.limit, n)
		}
		if text.target != "note" && strings.ContainsFunc(text.value, unicode.IsControl) { // names get into the headers of messages
			bad.With(catalog.CodeValidation, text.target, "%s must be one line, without control characters.", text.target)
		}
	}
	u.State = strings.ToLower(u.State)
	switch u.State {
	case "":
		u.State = UserActive
		if strings.EqualFold(u.Confirmation, "invite") {
			u.State = UserPending
		}
	case UserActive, UserBlocked, UserPending, UserDeleted:
	default:
		bad.With(catalog.CodeValidation, "state", "%q is not a state: use %s, %s, %s or %s.", u.State, UserActive, UserBlocked, UserPending, UserDeleted)
	}
	u.RegistrationDate = time.Now().UTC().Truncate(time.Second)
	if old != nil {
		u.RegistrationDate = old.RegistrationDate
	}
	u.checkIdentities(bad, old)
	if err := u.checkIsUnique(ctx, records, bad, name); err != nil {
		return err
	}
	return bad.OrNil()
}

// CheckEmail checks a bare e-mail address. The error is one sentence for the user.
func CheckEmail(address string) error {
	a, err := mail.ParseAddress(address)
	if err != nil || a.Address != address || len(address) > maxEmail || strings.ContainsAny(address, "\r\n") {
		return fault.New(fault.Invalid, "%q is not an e-mail address.", address)
	}
	return nil
}

// checkIdentities completes the identities: one who has no other signs in with e-mail address and password.
func (u *User) checkIdentities(bad *fault.Error, old *User) {
	if u.Identities == nil && old != nil {
		u.Identities = old.Identities
	}
	basic := false
	for i, id := range u.Identities {
		if id.Provider == "" || id.ID == "" {
			bad.With(catalog.CodeValidation, fmt.Sprintf("identities[%d]", i), "An identity needs its provider and its id there.")
		}
		if strings.EqualFold(id.Provider, BasicProvider) {
			u.Identities[i] = Identity{BasicProvider, u.Email}
			basic = true
		}
	}
	if !basic && (len(u.Identities) == 0 || u.PasswordHash != "") {
		u.Identities = append(u.Identities, Identity{BasicProvider, u.Email})
	}
}

// checkIsUnique checks that no other user has the e-mail address or an identity.
func (u *User) checkIsUnique(ctx context.Context, records record.Store, bad *fault.Error, name string) error {
	recs, err := records.List(ctx, Users)
	if err != nil {
		return err
	}
	for _, r := range recs {
		var other User
		if err := json.Unmarshal(r.Body, &other); err != nil {
			return fmt.Errorf("%s: %w", r.Path, err)
		}
		if strings.EqualFold(record.Name(r.Path), name) {
			continue
		}
		if strings.EqualFold(other.Email, u.Email) {
			bad.With(catalog.CodeValidation, "email", "User with the same email already exists: %s.", record.Name(r.Path))
		}
		for _, mine := range u.Identities {
			for _, id := range other.Identities {
				if id.Provider != BasicProvider && strings.EqualFold(id.Provider, mine.Provider) && id.ID == mine.ID {
					bad.With(catalog.CodeValidation, "identities", "The identity %s at %s belongs to the user %s.", mine.ID, mine.Provider, record.Name(r.Path))
				}
			}
		}
	}
	return nil
}

// CheckMembership checks that a user may be put into a group, or taken out of it.
func CheckMembership(group string) error {
	switch {
	case strings.EqualFold(group, catalog.Guests):
		return fault.New(fault.NotAllowed, "The group %s stands for those who have not signed in: nobody is put into it.", catalog.Guests)
	case strings.EqualFold(group, catalog.Developers):
		return fault.New(fault.NotAllowed, "Every user is in the group %s; it cannot be changed.", catalog.Developers)
	}
	return nil
}

// GroupsOf gives the groups that a user is in, in the order in which he came into them.
func GroupsOf(ctx context.Context, records record.Store, user string) ([]record.Record, error) {
	all, err := records.List(ctx, catalog.Groups) // few, where members are many
	if err != nil {
		return nil, err
	}
	var groups []record.Record
	came := map[string]time.Time{}
	for _, g := range all {
		link, err := records.Get(ctx, MembershipPath(record.Name(g.Path), user))
		if fault.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		groups, came[g.Path] = append(groups, g), link.Created
	}
	slices.SortStableFunc(groups, func(a, b record.Record) int { return came[a.Path].Compare(came[b.Path]) })
	return groups, nil
}

// OwnedBy gives the records of the subscriptions of a user.
func OwnedBy(ctx context.Context, records record.Store, user string) ([]record.Record, error) {
	recs, err := records.List(ctx, Subscriptions)
	if err != nil {
		return nil, err
	}
	var owned []record.Record
	for _, r := range recs {
		var s Subscription
		if err := json.Unmarshal(r.Body, &s); err != nil {
			return nil, fmt.Errorf("%s: %w", r.Path, err)
		}
		if strings.EqualFold(s.OwnerID, UserPath(user)) {
			owned = append(owned, r)
		}
	}
	return owned, nil
}

// RemoveUser plans what goes with a user who is deleted: his memberships and
// his place among the recipients of notifications, and his subscriptions where
// that is wanted; they are in the way otherwise.
func RemoveUser(ctx context.Context, records record.Store, user string, subscriptions bool) ([]record.Change, error) {
	owned, err := OwnedBy(ctx, records, user)
	if err != nil {
		return nil, err
	}
	if len(owned) > 0 && !subscriptions {
		return nil, fault.Coded(fault.Invalid, catalog.CodeValidation, "The user has %d subscriptions and cannot be deleted with them in place: delete them first, or pass deleteSubscriptions=true.", len(owned))
	}
	var changes []record.Change
	for _, r := range owned {
		changes = append(changes, record.Change{Op: record.DeleteTree, Path: r.Path})
	}
	recs, err := records.List(ctx, "/applications")
	if err != nil {
		return nil, err
	}
	for _, r := range recs {
		var application struct{ UserID string }
		if err := json.Unmarshal(r.Body, &application); err != nil {
			return nil, fmt.Errorf("%s: %w", r.Path, err)
		}
		if strings.EqualFold(application.UserID, UserPath(user)) {
			changes = append(changes, record.Change{Op: record.DeleteTree, Path: r.Path})
		}
	}
	ending, err := DeveloperSessions(records, nil).Ending(ctx, user)
	if err != nil {
		return nil, err
	}
	changes = append(changes, ending...)
	for _, collection := range []string{catalog.Groups + "/*" + Users, "/notifications/*/recipientUsers"} {
		links, err := records.List(ctx, collection)
		if err != nil {
			return nil, err
		}
		for _, l := range links {
			if strings.EqualFold(record.Name(l.Path), user) {
				changes = append(changes, record.Change{Op: record.Delete, Path: l.Path})
			}
		}
	}
	return changes, nil
}
