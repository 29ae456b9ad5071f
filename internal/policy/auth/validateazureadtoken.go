package auth

import (
	"net/url"
	"slices"
	"strings"

	"portico/internal/policy"
	"portico/internal/policy/document"
)

// ValidateAzureADToken is validate-jwt for the tokens of an Entra ID tenant, or
// of another provider whose address the policy or the configuration names.
func ValidateAzureADToken(known *Providers) policy.Declaration {
	ids := func(list, one string) policy.Form {
		return policy.Form{Name: list, Children: []policy.Form{{Name: one, Text: true}}}
	}
	return policy.Declaration{
		Form: policy.Form{
			Name: "validate-azure-ad-token",
			Attributes: append(tokenAttributes(),
				policy.Attribute{Name: "tenant-id", Required: true, Kind: policy.Filled},
				policy.Attribute{Name: "authentication-endpoint", Kind: policy.Filled},
				policy.Attribute{Name: "require-scheme"},
				policy.Attribute{Name: "allow-protected-forwarded-tokens", Later: true},
				policy.Attribute{Name: "allow-proof-of-possession-tokens", Later: true}),
			Children: []policy.Form{
				ids("backend-application-ids", "application-id"), ids("client-application-ids", "application-id"), ids("audiences", "audience"),
				requiredClaims(),
				{Name: "decryption-keys", Children: []policy.Form{{Name: "key", Text: true, Attributes: []policy.Attribute{{Name: "certificate-id", Required: true, Kind: policy.Filled}}}}},
			},
		},
		Sections: policy.Inbound,
		Scopes:   policy.EveryScope,
		Check: func(v *policy.Validator, e *document.Element) {
			checkTokenPlace(v, e, false)
			if address, there := e.Attr("authentication-endpoint"); there && !document.IsExpression(address) && !policy.HasNamedValue(address) {
				if u, err := url.Parse(address); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
					v.Problem(e, "The attribute 'authentication-endpoint' must be an absolute URL that begins with http:// or https://.")
				}
			}
		},
		Compile: func(c *policy.Builder, e *document.Element) policy.Action {
			return compileValidateAzureADToken(c, e, known)
		},
	}
}

// DefaultAuthority is where Entra ID's tenants are.
const DefaultAuthority = "https://login.microsoftonline.com"

func compileValidateAzureADToken(c *policy.Builder, e *document.Element, known *Providers) policy.Action {
	authority := DefaultAuthority
	if c.Services.Authority != "" {
		authority = c.Services.Authority
	}
	a := &azureADToken{tenant: c.Value(e, "tenant-id", ""), authority: c.Value(e, "authentication-endpoint", authority)}
	a.validatingJWT = &validatingJWT{jwtRules: newJWTRules(c, e), openIDs: known, own: a.checkApplications}
	for _, list := range e.Children {
		for _, child := range list.Children {
			switch list.Name {
			case "client-application-ids":
				a.clients = append(a.clients, c.TextValue(child))
			case "backend-application-ids":
				a.backends = append(a.backends, c.TextValue(child))
			}
		}
	}
	return a
}

type azureADToken struct {
	*validatingJWT
	tenant, authority policy.Value
	clients, backends []policy.Value
}

// Do validates the token against the tenant's keys. The documented places of a
// tenant's metadata and its two forms of issuers are those of Entra ID.
func (a *azureADToken) Do(x *policy.Exchange) error {
	tenant, err := a.tenant.Text(x)
	if err != nil {
		return err
	}
	authority, err := a.authority.Text(x)
	if err != nil {
		return err
	}
	if tenant == "" || strings.ContainsAny(tenant, "/?#\\ ") {
		return policy.ValueError("%q is not a tenant", policy.Short(tenant))
	}
	rules := *a.jwtRules
	rules.providers = []metadataOf{{address: policy.Literal(strings.TrimSuffix(authority, "/") + "/" + tenant + "/v2.0/.well-known/openid-configuration")}}
	v := *a.validatingJWT
	v.jwtRules = &rules
	v.tenantIssuers = true
	return v.Do(x)
}

// checkApplications checks which application the token was given to, and for which.
func (a *azureADToken) checkApplications(x *policy.Exchange, t *Token) error {
	client := member(t.Claims, "azp")
	if client == "" {
		client = member(t.Claims, "appid")
	}
	allowed, err := policy.Texts(x, a.clients)
	if err != nil {
		return err
	}
	if len(allowed) > 0 && !slices.Contains(allowed, client) {
		return refuse(tokenClaimValue, "Claim appid value of %s is not allowed.", client)
	}
	backends, err := policy.Texts(x, a.backends)
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
