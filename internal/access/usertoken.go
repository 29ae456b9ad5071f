package access

import (
	"context"
	"crypto/hmac"
	"encoding/base64"
	"strings"
	"time"

	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/record"
	"portico/internal/secret"
)

// A user's token lets him into the developer portal until it expires. It is
// "{uid}&{yyyyMMddHHmm}&{signature}" (apim.md 5.2), signed with one of two keys.
const (
	tokenTime        = "200601021504"
	maxTokenLifetime = 30 * 24 * time.Hour
)

// The keys that a user's token can be signed with: one can be given up while the other is in use.
const (
	PrimaryKey   = "primary"
	SecondaryKey = "secondary"
)

// UserToken makes a token for a user; it is cut to the minute and lasts 30 days at most.
func UserToken(k *secret.Keeper, user string, u *User, keyType string, expiry time.Time) (string, error) {
	bad := catalog.Incorrect()
	if keyType != PrimaryKey && keyType != SecondaryKey {
		bad.With(catalog.CodeValidation, "properties.keyType", "%q is not a key: use %s or %s.", keyType, PrimaryKey, SecondaryKey)
	}
	if now := time.Now(); expiry.Before(now) || expiry.After(now.Add(maxTokenLifetime)) {
		bad.With(catalog.CodeValidation, "properties.expiry", "expiry must be in the future, and within 30 days.")
	}
	if err := bad.OrNil(); err != nil {
		return "", err
	}
	claim := user + "&" + expiry.UTC().Format(tokenTime)
	return claim + "&" + signature(k, keyType, claim, u.stamp()), nil
}

func signature(k *secret.Keeper, keyType, claim, stamp string) string {
	sum := k.Hash("user token "+keyType, claim+"\n"+stamp)
	return base64.StdEncoding.EncodeToString(sum[:])
}

// UserOfToken gives the user whom a token is for. It returns fault.Unauthorized
// for a token that is forged or has expired, and for a user who may not come in.
func UserOfToken(ctx context.Context, records record.Store, k *secret.Keeper, token string) (*User, string, error) {
	refused := fault.New(fault.Unauthorized, "The token is not valid, or has expired: sign in again.")
	last := strings.LastIndexByte(token, '&')
	if last < 0 {
		return nil, "", refused
	}
	claim, given := token[:last], token[last+1:]
	name, until, ok := strings.Cut(claim, "&")
	expiry, err := time.Parse(tokenTime, until)
	if !ok || err != nil || time.Now().After(expiry) || catalog.CheckName("name", name, catalog.MaxName) != nil {
		return nil, "", refused
	}
	rec, err := records.Get(ctx, UserPath(name))
	if fault.Is(err, fault.NotFound) {
		return nil, "", refused
	}
	if err != nil {
		return nil, "", err
	}
	u, err := catalog.Open[User](k, rec)
	if err != nil {
		return nil, "", err
	}
	signed := false
	for _, keyType := range []string{PrimaryKey, SecondaryKey} {
		signed = signed || hmac.Equal([]byte(given), []byte(signature(k, keyType, claim, u.stamp())))
	}
	if !signed {
		return nil, "", refused
	}
	if u.State != UserActive {
		return nil, "", fault.New(fault.Unauthorized, "The account is %s.", u.State)
	}
	return u, record.Name(rec.Path), nil
}
