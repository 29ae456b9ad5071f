package account

import (
	"context"
	"crypto/hmac"
	"crypto/sha512"
	"encoding/base64"
	"net/url"
	"strings"

	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/secret"
)

// The operations that can be another site's (apim.md 5.2).
const (
	opSignIn = "SignIn"
	opSignUp = "SignUp"
)

// signedOver says which parameters an operation's signature covers, after the salt.
var signedOver = map[string][]string{
	opSignIn: {"returnUrl"}, opSignUp: {"returnUrl"},
	"Subscribe": {"productId", "userId"}, "Unsubscribe": {"subscriptionId"}, "Renew": {"subscriptionId"},
	"ChangePassword": {"userId"}, "ChangeProfile": {"userId"}, "CloseAccount": {"userId"}, "SignOut": {"userId"},
}

// ofSubscriptions are the operations that the settings' subscriptions switch; the
// others go with userRegistration.
var ofSubscriptions = map[string]bool{"Subscribe": true, "Unsubscribe": true, "Renew": true}

// DelegatedURL is the address of the other site for an operation, signed. It
// returns fault.NotAllowed where the operation is ours.
func (a *Accounts) DelegatedURL(ctx context.Context, operation string, parameters url.Values) (string, error) {
	named := ""
	for name := range signedOver {
		if strings.EqualFold(name, operation) {
			named = name
		}
	}
	if named == "" {
		return "", fault.New(fault.NotFound, "%q is not an operation that is delegated.", operation)
	}
	d, err := a.DelegationSettings(ctx)
	if err != nil {
		return "", err
	}
	enabled := d.UserRegistration.Enabled
	if ofSubscriptions[named] {
		enabled = d.Subscriptions.Enabled
	}
	if !enabled {
		return "", fault.New(fault.NotAllowed, "%s is not delegated: it is done here.", named)
	}
	key, err := base64.StdEncoding.DecodeString(d.ValidationKey)
	if err != nil {
		return "", err
	}
	salt := base64.StdEncoding.EncodeToString([]byte(secret.ID()))
	signed := []string{salt}
	for _, p := range signedOver[named] {
		if parameters.Get(p) == "" {
			return "", catalog.Incorrect().With(catalog.CodeValidation, p, "%s needs %s.", named, p)
		}
		signed = append(signed, parameters.Get(p))
	}
	u, err := url.Parse(d.URL)
	if err != nil {
		return "", err
	}
	query := u.Query()
	query.Set("operation", named)
	for name := range parameters {
		query.Set(name, parameters.Get(name))
	}
	query.Set("salt", salt)
	query.Set("sig", signature(key, signed))
	u.RawQuery = query.Encode()
	return u.String(), nil
}

// signature is base64 of the HMAC-SHA512 of the parts, a line each.
func signature(key []byte, parts []string) string {
	mac := hmac.New(sha512.New, key)
	mac.Write([]byte(strings.Join(parts, "\n")))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
