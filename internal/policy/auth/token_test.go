package auth

import (
	"encoding/base64"
	"encoding/json"
	"testing"
)

const sharedKey = "a shared secret of thirty-two bytes or more"

func unsigned(claims string) string {
	enc := base64.RawURLEncoding.EncodeToString
	return enc([]byte(`{"alg":"none"}`)) + "." + enc([]byte(claims)) + "."
}

func FuzzToken(f *testing.F) {
	f.Add(unsigned(`{"exp":1}`))
	f.Add("a.b.c")
	f.Add("a.b.c.d.e")
	f.Fuzz(func(t *testing.T, raw string) {
		if token, err := readToken(raw); err == nil {
			if _, err := json.Marshal(token.Claims); err != nil {
				t.Error(err)
			}
			_ = token.verify([]signingKey{{key: []byte(sharedKey)}})
		}
		_, _ = decrypt(raw, []any{[]byte("0123456789abcdef")})
	})
}
