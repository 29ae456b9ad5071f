package account

import (
	"context"
	"strings"
	"time"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/record"
)

// Rename changes what a user is called; an empty name stays as it is.
func (a *Accounts) Rename(ctx context.Context, name, first, last string) error {
	return a.change(ctx, name, func(u *access.User) ([]record.Change, error) {
		if first = strings.TrimSpace(first); first != "" {
			u.FirstName = first
		}
		if last = strings.TrimSpace(last); last != "" {
			u.LastName = last
		}
		return nil, nil
	})
}

// RequestEmail sends a link to a new address, which becomes the user's once the
// link is used. Where the address belongs to somebody, nothing is sent and the answer is the same.
func (a *Accounts) RequestEmail(ctx context.Context, name, current, email, client string) error {
	email = strings.TrimSpace(email)
	if err := access.CheckEmail(email); err != nil {
		return catalog.Incorrect().With(catalog.CodeValidation, "email", "%s", err.Error())
	}
	u, err := a.proveAgain(ctx, name, current, client)
	if err != nil {
		return err
	}
	if _, err := a.attempts.Take("letter "+strings.ToLower(email), letters); err != nil {
		return err
	}
	if _, _, err := a.userByEmail(ctx, email); !fault.Is(err, fault.NotFound) {
		return err
	}
	t := a.draw(ticket{For: toReadress, User: name, Email: email, Expires: time.Now().Add(confirmLifetime).Unix()}, u)
	to := *u
	to.Email = email
	_, err = a.records.Apply(ctx, a.letter("emailChangeIdentityDefault", &to, readressPage, t)...)
	return err
}

// ConfirmEmail gives the user who got the ticket the address that it came to.
func (a *Accounts) ConfirmEmail(ctx context.Context, text string) error {
	_, _, rec, err := a.open(ctx, text, toReadress)
	if err != nil {
		return err
	}
	return a.change(ctx, record.Name(rec.Path), func(u *access.User) ([]record.Change, error) {
		t, _, _, err := a.open(ctx, text, toReadress) // it may have been used in between
		u.Email = t.Email
		for i, id := range u.Identities {
			if id.Provider == access.BasicProvider {
				u.Identities[i].ID = t.Email
			}
		}
		return nil, err
	})
}

// Close deletes a user's account with all that is his; subscriptions and their keys end.
func (a *Accounts) Close(ctx context.Context, name, current, client string) error {
	if _, err := a.proveAgain(ctx, name, current, client); err != nil {
		return err
	}
	_, err := a.Editor.Edit(ctx, func() ([]record.Change, error) {
		u, rec, err := a.user(ctx, name)
		if err != nil {
			return nil, err
		}
		changes, err := access.RemoveUser(ctx, a.records, name, true)
		if err != nil {
			return nil, err
		}
		changes = append(changes, record.Change{Op: record.DeleteTree, Path: rec.Path, Match: rec.ETag})
		return append(changes, a.events().AccountClosed(*u, true)...), nil
	})
	return err
}

// SignOutEverywhere ends all sessions and tokens of a user.
func (a *Accounts) SignOutEverywhere(ctx context.Context, name string) error {
	return a.change(ctx, name, func(u *access.User) ([]record.Change, error) {
		u.Restamp()
		return a.Sessions.Ending(ctx, name)
	})
}
