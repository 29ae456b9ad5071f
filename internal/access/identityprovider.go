package access

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/record"
)

// Collections of who vouches for people and programs.
const (
	IdentityProviders    = "/identityProviders"
	AuthorizationServers = "/authorizationServers"
	OpenIDProviders      = "/openidConnectProviders"
)

// IdentityProviderNames are the providers with which developers can sign in (apim.md 1.6).
var IdentityProviderNames = []string{"aad", "aadB2C", "facebook", "google", "microsoft", "twitter"}

// IdentityProvider is IdentityProviderContractProperties.
type IdentityProvider struct {
	Type                     string   `json:"type"`
	ClientID                 string   `json:"clientId"`
	ClientSecret             string   `json:"clientSecret,omitempty"`
	ClientLibrary            string   `json:"clientLibrary,omitempty"`
	Authority                string   `json:"authority,omitempty"`
	SigninTenant             string   `json:"signinTenant,omitempty"`
	AllowedTenants           []string `json:"allowedTenants,omitempty"`
	SignupPolicyName         string   `json:"signupPolicyName,omitempty"`
	SigninPolicyName         string   `json:"signinPolicyName,omitempty"`
	ProfileEditingPolicyName string   `json:"profileEditingPolicyName,omitempty"`
	PasswordResetPolicyName  string   `json:"passwordResetPolicyName,omitempty"`
}

// Secrets has the client's secret.
func (p *IdentityProvider) Secrets() map[string]*string {
	return map[string]*string{"clientSecret": &p.ClientSecret}
}

const maxTenants = 32

// CheckIdentityProvider completes and checks the provider of that name.
func CheckIdentityProvider(name string, p *IdentityProvider) error {
	bad := catalog.Incorrect()
	i := slices.IndexFunc(IdentityProviderNames, func(n string) bool { return strings.EqualFold(n, name) })
	if i >= 0 {
		if p.Type != "" && !strings.EqualFold(p.Type, IdentityProviderNames[i]) {
			bad.With(catalog.CodeValidation, "type", "The provider %s is of its own type.", IdentityProviderNames[i])
		}
		p.Type = IdentityProviderNames[i]
	}
	length(bad, "clientId", p.ClientID, 1, 256)
	length(bad, "clientSecret", p.ClientSecret, 1, 1024)
	if len(p.AllowedTenants) > maxTenants {
		bad.With(catalog.CodeValidation, "allowedTenants", "A provider has at most %d tenants.", maxTenants)
	}
	if p.Type == "aadB2C" {
		for target, text := range map[string]string{"signupPolicyName": p.SignupPolicyName, "signinPolicyName": p.SigninPolicyName} {
			length(bad, target, text, 1, 256)
		}
	}
	return bad.OrNil()
}

// length checks a text of min to limit characters.
func length(bad *fault.Error, target, text string, min, limit int) {
	if n := utf8.RuneCountInString(text); n < min || n > limit {
		bad.With(catalog.CodeValidation, target, "%s must be %d to %d characters long and has %d.", target, min, limit, n)
	}
}

// address checks an absolute http or https URL; "" is allowed where it is not required.
func address(bad *fault.Error, target, text string, required bool) {
	if text == "" && !required {
		return
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || len(text) > 2000 {
		bad.With(catalog.CodeValidation, target, "%q is not an absolute URL such as https://example.com/.", text)
	}
}

// words checks that each word is one of those allowed, and spells it so.
func words(bad *fault.Error, target string, list []string, allowed ...string) {
	for i, w := range list {
		at := slices.IndexFunc(allowed, func(a string) bool { return strings.EqualFold(a, w) })
		if at < 0 {
			bad.With(catalog.CodeValidation, target, "%q is not a value of %s: use %s.", w, target, strings.Join(allowed, ", "))
			continue
		}
		list[i] = allowed[at]
	}
}

// AuthorizationServer is AuthorizationServerContractProperties: an OAuth 2.0
// server from which the developer portal gets tokens for its test console.
type AuthorizationServer struct {
	DisplayName                string               `json:"displayName"`
	Description                string               `json:"description,omitempty"`
	ClientRegistrationEndpoint string               `json:"clientRegistrationEndpoint"`
	AuthorizationEndpoint      string               `json:"authorizationEndpoint"`
	AuthorizationMethods       []string             `json:"authorizationMethods,omitempty"`
	TokenEndpoint              string               `json:"tokenEndpoint,omitempty"`
	GrantTypes                 []string             `json:"grantTypes"`
	ClientAuthenticationMethod []string             `json:"clientAuthenticationMethod,omitempty"`
	TokenBodyParameters        []TokenBodyParameter `json:"tokenBodyParameters,omitempty"`
	BearerTokenSendingMethods  []string             `json:"bearerTokenSendingMethods,omitempty"`
	SupportState               bool                 `json:"supportState"`
	DefaultScope               string               `json:"defaultScope,omitempty"`
	ClientID                   string               `json:"clientId"`
	ClientSecret               string               `json:"clientSecret,omitempty"`
	ResourceOwnerUsername      string               `json:"resourceOwnerUsername,omitempty"`
	ResourceOwnerPassword      string               `json:"resourceOwnerPassword,omitempty"`
	UseInTestConsole           *bool                `json:"useInTestConsole,omitempty"`      // nil is true
	UseInAPIDocumentation      *bool                `json:"useInApiDocumentation,omitempty"` // nil is false
}

// TokenBodyParameter is one more parameter of a token request.
type TokenBodyParameter struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Secrets are those of the client and of the resource's owner.
func (s *AuthorizationServer) Secrets() map[string]*string {
	return map[string]*string{"clientSecret": &s.ClientSecret, "resourceOwnerPassword": &s.ResourceOwnerPassword}
}

// CheckAuthorizationServer completes a server's defaults and checks it (apim.md 1.6).
func CheckAuthorizationServer(s *AuthorizationServer) error {
	bad := catalog.Incorrect()
	length(bad, "displayName", s.DisplayName, 1, 50)
	length(bad, "clientId", s.ClientID, 1, 256)
	address(bad, "clientRegistrationEndpoint", s.ClientRegistrationEndpoint, true)
	address(bad, "authorizationEndpoint", s.AuthorizationEndpoint, true)
	words(bad, "grantTypes", s.GrantTypes, "authorizationCode", "authorizationCodeWithPkce", "implicit", "resourceOwnerPassword", "clientCredentials")
	if len(s.GrantTypes) == 0 {
		bad.With(catalog.CodeValidation, "grantTypes", "grantTypes needs at least one grant.")
	}
	needsToken := slices.ContainsFunc(s.GrantTypes, func(g string) bool { return g != "implicit" })
	address(bad, "tokenEndpoint", s.TokenEndpoint, needsToken)
	words(bad, "authorizationMethods", s.AuthorizationMethods, "GET", "POST", "HEAD", "OPTIONS", "TRACE", "PUT", "PATCH", "DELETE")
	if len(s.AuthorizationMethods) == 0 {
		s.AuthorizationMethods = []string{"GET"}
	}
	if !slices.Contains(s.AuthorizationMethods, "GET") {
		bad.With(catalog.CodeValidation, "authorizationMethods", "GET must be among the methods.")
	}
	words(bad, "clientAuthenticationMethod", s.ClientAuthenticationMethod, "Basic", "Body")
	words(bad, "bearerTokenSendingMethods", s.BearerTokenSendingMethods, "authorizationHeader", "query")
	for i, p := range s.TokenBodyParameters {
		length(bad, fmt.Sprintf("tokenBodyParameters[%d].name", i), p.Name, 1, 256)
	}
	return bad.OrNil()
}

// OpenIDProvider is OpenidConnectProviderContractProperties.
type OpenIDProvider struct {
	DisplayName           string `json:"displayName"`
	Description           string `json:"description,omitempty"`
	MetadataEndpoint      string `json:"metadataEndpoint"`
	ClientID              string `json:"clientId"`
	ClientSecret          string `json:"clientSecret,omitempty"`
	UseInTestConsole      *bool  `json:"useInTestConsole,omitempty"`      // nil is true
	UseInAPIDocumentation *bool  `json:"useInApiDocumentation,omitempty"` // nil is false
	// SignIn says who may sign in with this provider: an addition of ours.
	SignIn []string `json:"signIn,omitempty"`
}

// Those whom a provider can sign in.
const (
	SignInDevelopers = "developers"
	SignInStaff      = "staff"
)

// Secrets has the client's secret.
func (p *OpenIDProvider) Secrets() map[string]*string {
	return map[string]*string{"clientSecret": &p.ClientSecret}
}

// CheckOpenIDProvider checks a provider.
func CheckOpenIDProvider(p *OpenIDProvider) error {
	bad := catalog.Incorrect()
	length(bad, "displayName", p.DisplayName, 1, 50)
	length(bad, "clientId", p.ClientID, 1, 256)
	address(bad, "metadataEndpoint", p.MetadataEndpoint, true)
	words(bad, "signIn", p.SignIn, SignInDevelopers, SignInStaff)
	return bad.OrNil()
}

// CheckAuthorizationIsFree returns fault.Invalid where an API names the server
// or provider in its authenticationSettings.
func CheckAuthorizationIsFree(ctx context.Context, records record.Store, member, name string) error {
	apis, err := records.List(ctx, catalog.APIs)
	if err != nil {
		return err
	}
	for _, r := range apis {
		a, _, err := record.Get[catalog.API](ctx, records, r.Path)
		if err != nil {
			return err
		}
		if catalog.Authorizes(&a, member, name) {
			return fault.Coded(fault.Invalid, catalog.CodeValidation, "%s is in use and cannot be deleted: take it out of the authenticationSettings of %s first.", name, r.Path)
		}
	}
	return nil
}
