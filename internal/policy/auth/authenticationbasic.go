package auth

import (
	"encoding/base64"

	"portico/internal/policy"
	"portico/internal/policy/document"
)

// AuthenticationBasic sends the backend a user name and password.
func AuthenticationBasic() policy.Declaration {
	return policy.Declaration{
		Form: policy.Form{
			Name:       "authentication-basic",
			Attributes: []policy.Attribute{{Name: "username", Required: true}, {Name: "password", Required: true}},
		},
		Sections: policy.Inbound,
		Scopes:   policy.EveryScope,
		Compile: func(c *policy.Builder, e *document.Element) policy.Action {
			return &basicAuthentication{user: c.Value(e, "username", ""), password: c.Value(e, "password", ""), message: c.Message}
		},
	}
}

type basicAuthentication struct {
	user, password policy.Value
	message        policy.Message
}

func (b *basicAuthentication) Do(x *policy.Exchange) error {
	user, err := b.user.Text(x)
	if err != nil {
		return err
	}
	password, err := b.password.Text(x)
	if err != nil {
		return err
	}
	b.message.Headers(x).Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(user+":"+password)))
	return nil
}
