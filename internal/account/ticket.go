package account

import (
	"context"
	"crypto/hmac"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/record"
)

// What a ticket is for.
const (
	toConfirm  = "signup"
	toReset    = "password"
	toReadress = "email"
	toJoin     = "join" // an account at an OpenID Connect provider
)

const (
	confirmLifetime = 48 * time.Hour
	resetLifetime   = 2 * time.Hour
	inviteLifetime  = 7 * 24 * time.Hour
)

// ticket is what a link in a message carries. It is signed over the account as it
// is, so that it works once: what it does changes the account.
type ticket struct {
	For     string `json:"for"`
	User    string `json:"user"`
	Email   string `json:"email,omitempty"` // the new address
	Expires int64  `json:"expires"`         // seconds since 1970
}

// draw makes a ticket's text, which can stand in a URL.
func (a *Accounts) draw(t ticket, u *access.User) string {
	claim, err := json.Marshal(t)
	if err != nil {
		panic("account: " + err.Error()) // texts and numbers always marshal
	}
	text := base64.RawURLEncoding.EncodeToString(claim)
	return text + "." + a.sign(text, u)
}

func (a *Accounts) sign(claim string, u *access.User) string {
	stamp := ""
	if u.Account != nil {
		stamp = u.Account.Stamp
	}
	sum := a.Keys.Hash("account ticket", strings.Join([]string{claim, u.State, u.Email, u.PasswordHash, stamp}, "\n"))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// open gives the user whom a ticket is for, and fault.NotFound for one that is
// forged, was used, is for something else or has expired.
func (a *Accounts) open(ctx context.Context, text, purpose string) (t ticket, u *access.User, rec record.Record, err error) {
	refused := fault.New(fault.NotFound, "The link was used already, has expired, or is not whole: ask for another one.")
	claim, signature, _ := strings.Cut(text, ".")
	raw, err := base64.RawURLEncoding.DecodeString(claim)
	if err != nil || json.Unmarshal(raw, &t) != nil || t.For != purpose || time.Now().Unix() >= t.Expires {
		return ticket{}, nil, rec, refused
	}
	u, rec, err = a.user(ctx, t.User)
	if fault.Is(err, fault.NotFound) {
		return ticket{}, nil, rec, refused
	}
	if err != nil {
		return ticket{}, nil, rec, err
	}
	if !hmac.Equal([]byte(signature), []byte(a.sign(claim, u))) {
		return ticket{}, nil, rec, refused
	}
	return t, u, rec, nil
}

// Pages of the portal that messages link to.
const (
	confirmPage  = "/confirm-signup"
	resetPage    = "/reset-password"
	readressPage = "/confirm-email"
)
