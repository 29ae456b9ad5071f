package account

import (
	"context"
	"strings"
	"time"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/record"
)

// CodeNotConfirmed is the code of the refusal of one who must confirm the address first.
const CodeNotConfirmed = "IdentityNotConfirmed"

// SignIn checks an e-mail address and a password and gives the user's name. It
// returns fault.Unauthorized for a pair that is wrong, without saying which of
// the two, and fault.Throttled after too many from one client or for one address.
func (a *Accounts) SignIn(ctx context.Context, email, password, client string) (string, error) {
	clientBack, err := a.attempts.Take("client "+client, access.PerClient)
	if err != nil {
		return "", err
	}
	emailBack, err := a.attempts.Take("email "+strings.ToLower(strings.TrimSpace(email)), access.PerName)
	if err != nil {
		return "", err
	}
	delegation, err := a.DelegationSettings(ctx)
	if err != nil {
		return "", err
	}
	if delegation.UserRegistration.Enabled {
		return "", fault.New(fault.NotAllowed, "People sign in at another site, to which the portal sends them: POST /developer/delegation/urls/signin says where.")
	}
	u, rec, err := a.userByEmail(ctx, email)
	if fault.Is(err, fault.NotFound) {
		u, err = &access.User{}, nil
	}
	if err != nil {
		return "", err
	}
	ok, err := a.Hasher.Verify(password, u.PasswordHash)
	if err != nil {
		return "", err
	}
	if !ok {
		return "", fault.New(fault.Unauthorized, "The e-mail address or the password is wrong.")
	}
	clientBack()
	emailBack()
	return record.Name(rec.Path), mayComeIn(u)
}

// mayComeIn refuses a user who is not active; the user has proved who he is.
func mayComeIn(u *access.User) error {
	switch u.State {
	case access.UserActive:
		return nil
	case access.UserPending:
		return fault.Coded(fault.Unauthorized, CodeNotConfirmed, "Please confirm your e-mail address first, with the link in the message that we sent you.")
	}
	return fault.New(fault.Unauthorized, "The account is %s.", u.State)
}

// RequestReset sends a link with which the owner of an address chooses a new
// password. For an address without an account, nothing is sent and the answer is the same.
func (a *Accounts) RequestReset(ctx context.Context, email, client string) error {
	if _, err := a.attempts.Take("reset "+client, signUps); err != nil {
		return err
	}
	if _, err := a.attempts.Take("letter "+strings.ToLower(strings.TrimSpace(email)), letters); err != nil {
		return err
	}
	_, err := a.Editor.Edit(ctx, func() ([]record.Change, error) {
		u, rec, err := a.userByEmail(ctx, email)
		if fault.Is(err, fault.NotFound) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		return a.remind(u, record.Name(rec.Path)), nil
	})
	return err
}

func (a *Accounts) resetTicket(u *access.User, name string, lifetime time.Duration) string {
	return a.draw(ticket{For: toReset, User: name, Expires: time.Now().Add(lifetime).Unix()}, u)
}

// ResetByStaff sends a user the link with which a password is chosen that staff had reset.
func (a *Accounts) ResetByStaff(ctx context.Context, name string) error {
	u, rec, err := a.user(ctx, name)
	if err != nil {
		return err
	}
	_, err = a.records.Apply(ctx, a.letter("passwordResetByAdminNotificationMessage", u, resetPage, a.resetTicket(u, record.Name(rec.Path), resetLifetime))...)
	return err
}

// Reset sets the password of the user who got the ticket. All of his sessions
// and tokens end.
func (a *Accounts) Reset(ctx context.Context, text, password string) error {
	_, u, rec, err := a.open(ctx, text, toReset)
	if err != nil {
		return err
	}
	name := record.Name(rec.Path)
	hash, err := a.Hasher.Hash(password, u.Email)
	if err != nil {
		return err
	}
	return a.change(ctx, name, func(u *access.User) ([]record.Change, error) {
		if _, _, _, err := a.open(ctx, text, toReset); err != nil { // it was used in between
			return nil, err
		}
		return a.setPassword(ctx, u, name, hash)
	})
}

func (a *Accounts) setPassword(ctx context.Context, u *access.User, name, hash string) ([]record.Change, error) {
	u.PasswordHash = hash
	if u.State == access.UserPending { // the link came to the address, which proves it
		u.State = access.UserActive
	}
	u.Restamp()
	return a.Sessions.Ending(ctx, name)
}

// ChangePassword sets another password for one who knows the current one, or who
// has none yet. All sessions and tokens end.
func (a *Accounts) ChangePassword(ctx context.Context, name, current, password, client string) error {
	u, err := a.proveAgain(ctx, name, current, client)
	if err != nil {
		return err
	}
	hash, err := a.Hasher.Hash(password, u.Email)
	if err != nil {
		return err
	}
	return a.change(ctx, name, func(u *access.User) ([]record.Change, error) { return a.setPassword(ctx, u, name, hash) })
}

// proveAgain returns fault.Forbidden where the current password of one who has a password is wrong.
func (a *Accounts) proveAgain(ctx context.Context, name, current, client string) (*access.User, error) {
	u, _, err := a.user(ctx, name)
	if err != nil || u.PasswordHash == "" {
		return u, err
	}
	clientBack, err := a.attempts.Take("client "+client, access.PerClient)
	if err != nil {
		return nil, err
	}
	nameBack, err := a.attempts.Take("email "+strings.ToLower(u.Email), access.PerName)
	if err != nil {
		return nil, err
	}
	ok, err := a.Hasher.Verify(current, u.PasswordHash)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fault.New(fault.Forbidden, "The current password is wrong; send it as currentPassword.")
	}
	clientBack()
	nameBack()
	return u, nil
}
