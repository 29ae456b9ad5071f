package policy

import "encoding/base64"

// authenticationBasic sends the backend a user name and password.
func authenticationBasic() declaration {
	return declaration{
		element: element{
			name:       "authentication-basic",
			attributes: []attribute{{name: "username", required: true}, {name: "password", required: true}},
		},
		sections: Inbound,
		scopes:   everyScope,
		compile: func(c *compiler, e *Element) Action {
			return &basicAuthentication{user: c.value(e, "username", ""), password: c.value(e, "password", ""), message: c.message}
		},
	}
}

type basicAuthentication struct {
	user, password Value
	message        message
}

func (b *basicAuthentication) Do(x *Exchange) error {
	user, err := b.user.Text(x)
	if err != nil {
		return err
	}
	password, err := b.password.Text(x)
	if err != nil {
		return err
	}
	b.message.headers(x).Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(user+":"+password)))
	return nil
}
