package access

import (
	"crypto/hmac"
	"crypto/sha512"
	"encoding/base64"
	"strings"
	"time"

	"portico/internal/catalog"
	"portico/internal/fault"
)

// GatewayToken makes the token of a registered gateway,
// "{id}&{yyyyMMddHHmm}&{signature}", signed with one of its keys, so that it is
// void when that key is regenerated. It lasts 30 days at most.
func GatewayToken(g *catalog.GatewayRegistration, id, keyType string, expiry time.Time) (string, error) {
	keys := map[string]string{PrimaryKey: g.Primary, SecondaryKey: g.Secondary}
	key, ok := keys[strings.ToLower(keyType)]
	bad := catalog.Incorrect()
	if !ok {
		bad.With(catalog.CodeValidation, "keyType", "%q is not a key: use %s or %s.", keyType, PrimaryKey, SecondaryKey)
	}
	if now := time.Now(); expiry.Before(now) || expiry.After(now.Add(maxTokenLifetime)) {
		bad.With(catalog.CodeValidation, "expiry", "expiry must be in the future, and within 30 days.")
	}
	claim := id + "&" + expiry.UTC().Format(tokenTime)
	return claim + "&" + signWith(key, claim), bad.OrNil()
}

func signWith(key, claim string) string {
	m := hmac.New(sha512.New, []byte(key))
	m.Write([]byte(claim))
	return base64.StdEncoding.EncodeToString(m.Sum(nil))
}

// CheckGatewayToken returns fault.Unauthorized for a token that is not of this gateway, or has expired.
func CheckGatewayToken(g *catalog.GatewayRegistration, id, token string) error {
	last := strings.LastIndexByte(token, '&')
	if last > 0 {
		claim, given := token[:last], token[last+1:]
		name, until, _ := strings.Cut(claim, "&")
		expiry, err := time.Parse(tokenTime, until)
		signed := hmac.Equal([]byte(given), []byte(signWith(g.Primary, claim))) || hmac.Equal([]byte(given), []byte(signWith(g.Secondary, claim)))
		if err == nil && signed && strings.EqualFold(name, id) && time.Now().Before(expiry) {
			return nil
		}
	}
	return fault.New(fault.Unauthorized, "The gateway's token is not valid, or has expired.")
}
