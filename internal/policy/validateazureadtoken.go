package policy

import (
	"net/url"
	"slices"
	"strings"
)

// validateAzureADToken is validate-jwt for the tokens of an Entra ID tenant, or
// of another provider whose address the policy or the configuration names.
func validateAzureADToken() declaration {
	ids := func(list, one string) element {
		return element{name: list, children: []element{{name: one, text: true}}}
	}
	return declaration{
		element: element{
			name: "validate-azure-ad-token",
			attributes: append(tokenAttributes(),
				attribute{name: "tenant-id", required: true, kind: filled},
				attribute{name: "authentication-endpoint", kind: filled},
				attribute{name: "require-scheme"},
				attribute{name: "allow-protected-forwarded-tokens", later: true},
				attribute{name: "allow-proof-of-possession-tokens", later: true}),
			children: []element{
				ids("backend-application-ids", "application-id"), ids("client-application-ids", "application-id"), ids("audiences", "audience"),
				requiredClaims(),
				{name: "decryption-keys", children: []element{{name: "key", text: true, attributes: []attribute{{name: "certificate-id", required: true, kind: filled}}}}},
			},
		},
		sections: Inbound,
		scopes:   everyScope,
		check: func(v *validator, e *Element) {
			checkTokenPlace(v, e, false)
			if address, there := e.Attr("authentication-endpoint"); there && !isExpression(address) && !hasNamedValue(address) {
				if u, err := url.Parse(address); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
					v.problem(e, "The attribute 'authentication-endpoint' must be an absolute URL that begins with http:// or https://.")
				}
			}
		},
		compile: compileValidateAzureADToken,
	}
}

// DefaultAuthority is where Entra ID's tenants are.
const DefaultAuthority = "https://login.microsoftonline.com"

func compileValidateAzureADToken(c *compiler, e *Element) Action {
	authority := DefaultAuthority
	if c.services.Authority != "" {
		authority = c.services.Authority
	}
	a := &azureADToken{tenant: c.value(e, "tenant-id", ""), authority: c.value(e, "authentication-endpoint", authority)}
	a.validatingJWT = &validatingJWT{jwtRules: c.jwtRules(e), openIDs: &c.Compiler.openIDs, own: a.checkApplications}
	for _, list := range e.Children {
		for _, child := range list.Children {
			switch list.Name {
			case "client-application-ids":
				a.clients = append(a.clients, c.textValue(child))
			case "backend-application-ids":
				a.backends = append(a.backends, c.textValue(child))
			}
		}
	}
	return a
}

type azureADToken struct {
	*validatingJWT
	tenant, authority Value
	clients, backends []Value
}

// Do validates the token against the tenant's keys. The documented places of a
// tenant's metadata and its two forms of issuers are those of Entra ID.
func (a *azureADToken) Do(x *Exchange) error {
	tenant, err := a.tenant.Text(x)
	if err != nil {
		return err
	}
	authority, err := a.authority.Text(x)
	if err != nil {
		return err
	}
	if tenant == "" || strings.ContainsAny(tenant, "/?#\\ ") {
		return evaluation("%q is not a tenant", short(tenant))
	}
	rules := *a.jwtRules
	rules.providers = []metadataOf{{address: Value{literal: strings.TrimSuffix(authority, "/") + "/" + tenant + "/v2.0/.well-known/openid-configuration"}}}
	v := *a.validatingJWT
	v.jwtRules = &rules
	v.tenantIssuers = true
	return v.Do(x)
}

// checkApplications checks which application the token was given to, and for which.
func (a *azureADToken) checkApplications(x *Exchange, t *Token) error {
	client := member(t.Claims, "azp")
	if client == "" {
		client = member(t.Claims, "appid")
	}
	allowed, err := texts(x, a.clients)
	if err != nil {
		return err
	}
	if len(allowed) > 0 && !slices.Contains(allowed, client) {
		return refuse(tokenClaimValue, "Claim appid value of %s is not allowed.", client)
	}
	backends, err := texts(x, a.backends)
	if err != nil || len(backends) == 0 {
		return err
	}
	values, _ := t.values("aud")
	if !slices.ContainsFunc(values, func(aud string) bool { return slices.Contains(backends, strings.TrimPrefix(aud, "api://")) }) {
		return refuse(tokenAudience, "The token is for another audience.")
	}
	return nil
}

// withVersion1 adds to Entra ID's issuers ("https://…/{tenant}/v2.0") those that
// the same tenants' tokens of version 1.0 have. "{tenantid}", where the metadata
// is for every tenant, stands for the token's own.
func withVersion1(issuers []string) []string {
	out := issuers
	for _, i := range issuers {
		parts := strings.Split(strings.TrimSuffix(i, "/v2.0"), "/")
		if tenant := parts[len(parts)-1]; tenant != "" && strings.HasSuffix(i, "/v2.0") {
			out = append(out, "https://sts.windows.net/"+tenant+"/")
		}
	}
	return out
}
