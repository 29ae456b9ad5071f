package policy

import "strings"

// authenticationManagedIdentity sends the backend a token for a resource, or puts
// the token into a variable. The token comes from a configured ManagedIdentity.
func authenticationManagedIdentity() declaration {
	return declaration{
		element: element{
			name: "authentication-managed-identity",
			attributes: []attribute{
				{name: "resource", required: true, kind: filled},
				{name: "client-id"},
				{name: "output-token-variable-name", kind: filled},
				{name: "ignore-error", kind: boolean},
			},
		},
		sections: Inbound | Backend | Outbound,
		scopes:   everyScope,
		compile: func(c *compiler, e *Element) Action {
			return &identityAuthentication{identities: c.identities, resource: c.value(e, "resource", ""), client: c.value(e, "client-id", ""),
				variable: c.value(e, "output-token-variable-name", ""), ignore: c.value(e, "ignore-error", "false"), message: c.message}
		},
	}
}

type identityAuthentication struct {
	identities                         *identities
	resource, client, variable, ignore Value
	message                            message
}

func (a *identityAuthentication) Do(x *Exchange) error {
	resource, err := a.resource.Text(x)
	if err != nil {
		return err
	}
	client, err := a.client.Text(x)
	if err != nil {
		return err
	}
	variable, err := a.variable.Text(x)
	if err != nil {
		return err
	}
	ignore, err := a.ignore.Bool(x)
	if err != nil {
		return err
	}
	token, err := a.identities.get(x.Context, client, resource)
	if err == nil && strings.ContainsAny(token, "\r\n\x00") {
		err = evaluation("the token has a line break")
	}
	switch {
	case err != nil && (!ignore || x.Context.Err() != nil):
		return &Error{Status: 500, Reason: "ManagedIdentityTokenFailure", Detail: "No token for the resource " + short(resource) + " could be had.", Err: err}
	case err != nil:
		x.Note(map[string]any{"message": "No token could be had, and the error is ignored."})
		return nil
	case variable != "":
		x.SetVariable(variable, token)
	default:
		a.message.headers(x).Set("Authorization", "Bearer "+token)
	}
	x.Note(map[string]any{"message": "A token for the resource " + resource + " was obtained."})
	return nil
}
