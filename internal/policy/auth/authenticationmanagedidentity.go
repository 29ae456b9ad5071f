package auth

import (
	"strings"

	"portico/internal/policy"
	"portico/internal/policy/document"
)

// AuthenticationManagedIdentity sends the backend a token for a resource, or puts
// the token into a variable. The token comes from a configured ManagedIdentity.
func AuthenticationManagedIdentity() policy.Declaration {
	tokens := &identities{}
	return policy.Declaration{
		Form: policy.Form{
			Name: "authentication-managed-identity",
			Attributes: []policy.Attribute{
				{Name: "resource", Required: true, Kind: policy.Filled},
				{Name: "client-id"},
				{Name: "output-token-variable-name", Kind: policy.Filled},
				{Name: "ignore-error", Kind: policy.Boolean},
			},
		},
		Sections: policy.Inbound | policy.Backend | policy.Outbound,
		Scopes:   policy.EveryScope,
		Compile: func(c *policy.Builder, e *document.Element) policy.Action {
			return &identityAuthentication{services: &c.Compiler.Services, identities: tokens, resource: c.Value(e, "resource", ""), client: c.Value(e, "client-id", ""),
				variable: c.Value(e, "output-token-variable-name", ""), ignore: c.Value(e, "ignore-error", "false"), message: c.Message}
		},
	}
}

type identityAuthentication struct {
	services                           *policy.Services
	identities                         *identities
	resource, client, variable, ignore policy.Value
	message                            policy.Message
}

func (a *identityAuthentication) Do(x *policy.Exchange) error {
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
	token, err := a.identities.get(x.Context, a.services, client, resource)
	if err == nil && strings.ContainsAny(token, "\r\n\x00") {
		err = policy.ValueError("the token has a line break")
	}
	switch {
	case err != nil && (!ignore || x.Context.Err() != nil):
		return &policy.Error{Status: 500, Reason: "ManagedIdentityTokenFailure", Detail: "No token for the resource " + policy.Short(resource) + " could be had.", Err: err}
	case err != nil:
		x.Note(map[string]any{"message": "No token could be had, and the error is ignored."})
		return nil
	case variable != "":
		x.SetVariable(variable, token)
	default:
		a.message.Headers(x).Set("Authorization", "Bearer "+token)
	}
	x.Note(map[string]any{"message": "A token for the resource " + resource + " was obtained."})
	return nil
}
