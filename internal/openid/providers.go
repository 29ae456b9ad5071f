package openid

import (
	"context"
	"strings"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/record"
	"portico/internal/secret"
)

// Providers gives those with whom people sign in: developers, or the staff.
func Providers(ctx context.Context, records record.Store, keys *secret.Keeper, audience string) ([]Provider, error) {
	recs, err := records.List(ctx, access.OpenIDProviders)
	if err != nil {
		return nil, err
	}
	var all []Provider
	for _, r := range recs {
		p, err := catalog.Open[access.OpenIDProvider](keys, r)
		if err != nil {
			return nil, err
		}
		for _, who := range p.SignIn {
			if who == audience {
				all = append(all, Provider{record.Name(r.Path), p.DisplayName, p.MetadataEndpoint, p.ClientID, p.ClientSecret})
			}
		}
	}
	if audience != access.SignInDevelopers {
		return all, nil
	}
	if recs, err = records.List(ctx, access.IdentityProviders); err != nil {
		return nil, err
	}
	for _, r := range recs {
		p, err := catalog.Open[access.IdentityProvider](keys, r)
		if err != nil {
			return nil, err
		}
		if issuer, title := wellKnownIssuer(p); issuer != "" {
			all = append(all, Provider{record.Name(r.Path), title, issuer, p.ClientID, p.ClientSecret})
		}
	}
	return all, nil
}

// wellKnownIssuer is where an identity provider of the contract's kinds is found;
// facebook and twitter speak no OpenID Connect.
func wellKnownIssuer(p *access.IdentityProvider) (issuer, title string) {
	authority := strings.TrimSuffix(p.Authority, "/")
	if authority == "" {
		authority = "login.microsoftonline.com"
	}
	if !strings.Contains(authority, "://") {
		authority = "https://" + authority
	}
	tenant := p.SigninTenant
	if tenant == "" && len(p.AllowedTenants) == 1 {
		tenant = p.AllowedTenants[0]
	}
	switch p.Type {
	case "google":
		return "https://accounts.google.com", "Google"
	case "microsoft": // the tenant of personal accounts
		return "https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0", "Microsoft"
	case "aad":
		if tenant != "" {
			return authority + "/" + tenant + "/v2.0", "Microsoft Entra ID"
		}
	case "aadB2C":
		if tenant != "" {
			return authority + "/" + tenant + "/" + p.SigninPolicyName + "/v2.0/", "Azure AD B2C"
		}
	}
	return "", ""
}
