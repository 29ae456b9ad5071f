package account

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/record"
	"portico/internal/secret"
)

// SignUp is what somebody says who opens an account.
type SignUp struct {
	Email     string `json:"email"`
	FirstName string `json:"firstName"`
	LastName  string `json:"lastName"`
	Password  string `json:"password"`
	// TermsAccepted says that the terms of use were agreed to.
	TermsAccepted bool `json:"termsAccepted"`
}

// SignUp opens an account that waits for the confirmation of its e-mail address.
// For an address that has an account already, the answer is the same, and its
// owner gets a message: nobody learns from here who has an account.
func (a *Accounts) SignUp(ctx context.Context, s SignUp, client string) error {
	if _, err := a.attempts.Take("sign-up "+client, signUps); err != nil {
		return err
	}
	terms, err := a.mayJoin(ctx, s.TermsAccepted)
	if err != nil {
		return err
	}
	u := access.User{Email: s.Email, FirstName: strings.TrimSpace(s.FirstName), LastName: strings.TrimSpace(s.LastName), State: access.UserPending, Account: terms}
	if u.PasswordHash, err = a.Hasher.Hash(s.Password, strings.TrimSpace(s.Email)); err != nil {
		return err
	}
	if _, err := a.attempts.Take("letter "+strings.ToLower(strings.TrimSpace(s.Email)), letters); err != nil {
		return err
	}
	_, err = a.Editor.Edit(ctx, func() ([]record.Change, error) {
		old, rec, err := a.userByEmail(ctx, s.Email)
		if err == nil {
			return a.remind(old, record.Name(rec.Path)), nil
		}
		if !fault.Is(err, fault.NotFound) {
			return nil, err
		}
		changes, err := a.abandoned(ctx)
		if err != nil {
			return nil, err
		}
		made, err := a.newUser(ctx, secret.ID(), &u)
		return append(changes, made...), err
	})
	return err
}

// abandonedAfter is when an account goes that somebody opened here and never confirmed.
const abandonedAfter = 14 * 24 * time.Hour

// abandoned plans the end of accounts that nobody confirmed. Those that staff made stay.
func (a *Accounts) abandoned(ctx context.Context) ([]record.Change, error) {
	recs, err := a.records.List(ctx, access.Users)
	if err != nil {
		return nil, err
	}
	var changes []record.Change
	for _, r := range recs {
		var u access.User
		if err := json.Unmarshal(r.Body, &u); err != nil {
			return nil, fmt.Errorf("%s: %w", r.Path, err)
		}
		if u.State != access.UserPending || u.Account == nil || time.Since(u.RegistrationDate) < abandonedAfter {
			continue
		}
		with, err := access.RemoveUser(ctx, a.records, record.Name(r.Path), true)
		if err != nil {
			return nil, err
		}
		changes = append(changes, append(with, record.Change{Op: record.DeleteTree, Path: r.Path})...)
	}
	return changes, nil
}

// mayJoin holds the settings of sign-up, and gives the note of the terms that were accepted.
func (a *Accounts) mayJoin(ctx context.Context, accepted bool) (*access.PortalAccount, error) {
	delegation, err := a.DelegationSettings(ctx)
	if err != nil {
		return nil, err
	}
	if delegation.UserRegistration.Enabled {
		return nil, fault.New(fault.NotAllowed, "Accounts are opened at another site, to which the portal sends people: POST /developer/delegation/urls/signin says where.")
	}
	settings, err := a.SignUpSettings(ctx)
	if err != nil {
		return nil, err
	}
	if !settings.Enabled {
		return nil, fault.New(fault.NotAllowed, "Nobody can sign up here by himself: ask the publisher for an account.")
	}
	terms := settings.TermsOfService
	if terms.Enabled && terms.ConsentRequired && !accepted {
		return nil, catalog.Incorrect().With(catalog.CodeValidation, "termsAccepted", "The terms of use must be agreed to.")
	}
	noted := &access.PortalAccount{Stamp: secret.ID()}
	if terms.Enabled && accepted {
		now, sum := time.Now().UTC().Truncate(time.Second), sha256.Sum256([]byte(terms.Text))
		noted.TermsAccepted, noted.TermsHash = &now, hex.EncodeToString(sum[:])
	}
	return noted, nil
}

// newUser plans a user, and the message that goes with the state.
func (a *Accounts) newUser(ctx context.Context, name string, u *access.User) ([]record.Change, error) {
	if err := access.CheckUser(ctx, a.records, name, u, nil); err != nil {
		return nil, err
	}
	return append(a.welcome(u, name), catalog.Seal(a.Keys, access.UserPath(name), u, "-"),
		record.PutOf(access.MembershipPath(catalog.Developers, name), catalog.Link{}, "")), nil
}

// welcome plans the first message to a user: to confirm the address, or that all is ready.
func (a *Accounts) welcome(u *access.User, name string) []record.Change {
	if u.State != access.UserPending {
		return a.events().AccountReady(*u)
	}
	return a.letter("confirmSignUpIdentityDefault", u, confirmPage, a.draw(ticket{For: toConfirm, User: name, Expires: time.Now().Add(confirmLifetime).Unix()}, u))
}

// Invite plans the message to a user whom staff made: an invitation to choose a
// password where that is wanted, else the one that the state wants.
func (a *Accounts) Invite(u *access.User, name string) ([]record.Change, error) {
	if !strings.EqualFold(u.Confirmation, "invite") {
		return a.welcome(u, name), nil
	}
	return a.letter("inviteUserNotificationMessage", u, resetPage, a.resetTicket(u, name, inviteLifetime)), nil
}

// remind plans the message to somebody who has an account and opens another.
func (a *Accounts) remind(u *access.User, name string) []record.Change {
	switch u.State {
	case access.UserPending:
		return a.welcome(u, name)
	case access.UserActive:
		return a.letter("passwordResetIdentityDefault", u, resetPage, a.resetTicket(u, name, resetLifetime))
	}
	return nil
}

// Confirm makes the account active whose owner got the ticket, and gives the user's name.
func (a *Accounts) Confirm(ctx context.Context, text string) (string, error) {
	_, _, rec, err := a.open(ctx, text, toConfirm)
	if err != nil {
		return "", err
	}
	name := record.Name(rec.Path)
	return name, a.change(ctx, name, func(u *access.User) ([]record.Change, error) {
		if _, _, _, err := a.open(ctx, text, toConfirm); err != nil { // it was used in between
			return nil, err
		}
		u.State = access.UserActive
		return a.welcome(u, name), nil
	})
}
