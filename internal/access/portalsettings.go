package access

import (
	"encoding/base64"
	"strings"

	"portico/internal/catalog"
	"portico/internal/secret"
)

// PortalSettings is the collection of how the developer portal lets people in.
const PortalSettings = "/portalsettings"

// The names of the settings.
const (
	SignInSettings     = "signin"
	SignUpSettings     = "signup"
	DelegationSettings = "delegation"
)

// SignIn is PortalSigninSettingProperties: whether those who have not signed in are sent to do so.
type SignIn struct {
	Enabled bool `json:"enabled"`
}

// SignUp is PortalSignupSettingsProperties.
type SignUp struct {
	Enabled        bool           `json:"enabled"`
	TermsOfService TermsOfService `json:"termsOfService"`
}

// TermsOfService are what people agree to when they sign up.
type TermsOfService struct {
	Text            string `json:"text"`
	Enabled         bool   `json:"enabled"`         // shown
	ConsentRequired bool   `json:"consentRequired"` // must be agreed to
}

// Delegation is PortalDelegationSettingsProperties: another site that signs
// people in, or subscribes them (apim.md 5.2).
type Delegation struct {
	URL              string    `json:"url,omitempty"`
	ValidationKey    string    `json:"validationKey,omitempty"` // base64
	Subscriptions    Delegated `json:"subscriptions"`
	UserRegistration Delegated `json:"userRegistration"`
}

// Delegated tells whether something is the other site's.
type Delegated struct {
	Enabled bool `json:"enabled"`
}

// Secrets has the key with which requests to the other site are signed.
func (d *Delegation) Secrets() map[string]*string {
	return map[string]*string{"validationKey": &d.ValidationKey}
}

// InitialPortalSettings are those of a new instance.
func InitialPortalSettings(name string) any {
	switch name {
	case SignInSettings:
		return SignIn{}
	case SignUpSettings:
		return SignUp{Enabled: true}
	}
	return Delegation{}
}

// CheckSignUp checks the settings of sign-up.
func CheckSignUp(s *SignUp) error {
	bad := catalog.Incorrect()
	length(bad, "termsOfService.text", s.TermsOfService.Text, 0, 100_000)
	if s.TermsOfService.ConsentRequired && !s.TermsOfService.Enabled {
		bad.With(catalog.CodeValidation, "termsOfService.consentRequired", "Nobody can agree to terms that are not shown: set termsOfService.enabled.")
	}
	return bad.OrNil()
}

// minValidationKey is the least length of a validation key, in bytes.
const minValidationKey = 16

// CheckDelegation completes and checks the settings of delegation; a key is drawn where there is none.
func CheckDelegation(d *Delegation) error {
	bad := catalog.Incorrect()
	address(bad, "url", d.URL, d.Subscriptions.Enabled || d.UserRegistration.Enabled)
	if strings.Contains(d.URL, "#") {
		bad.With(catalog.CodeValidation, "url", "url must not hold a fragment: the parameters of a delegated request are appended to it.")
	}
	if d.ValidationKey == "" {
		d.ValidationKey = base64.StdEncoding.EncodeToString([]byte(secret.APIKey()))
	}
	if key, err := base64.StdEncoding.DecodeString(d.ValidationKey); err != nil || len(key) < minValidationKey {
		bad.With(catalog.CodeValidation, "validationKey", "validationKey must be base64 of at least %d bytes.", minValidationKey)
	}
	return bad.OrNil()
}

// TenantAccess is the collection of the keys for direct and Git access.
const TenantAccess = "/tenant"

// TenantAccessNames are the two of them.
var TenantAccessNames = []string{"access", "gitAccess"}

// DirectAccess is AccessInformationContractProperties with the keys.
type DirectAccess struct {
	Enabled      bool   `json:"enabled"`
	PrincipalID  string `json:"principalId,omitempty"`
	PrimaryKey   string `json:"primaryKey,omitempty"`
	SecondaryKey string `json:"secondaryKey,omitempty"`
}

// Secrets are the keys.
func (d *DirectAccess) Secrets() map[string]*string {
	return map[string]*string{"primaryKey": &d.PrimaryKey, "secondaryKey": &d.SecondaryKey}
}

// CheckDirectAccess completes the keys, and checks those that a client chose.
func CheckDirectAccess(d *DirectAccess) error {
	bad := catalog.Incorrect()
	for target, key := range d.Secrets() {
		if *key == "" {
			*key = secret.APIKey()
		}
		if len(*key) < 16 || len(*key) > maxKey {
			bad.With(catalog.CodeValidation, target, "A key has 16 to %d characters; leave it out to have one drawn.", maxKey)
		}
	}
	length(bad, "principalId", d.PrincipalID, 0, 256)
	return bad.OrNil()
}
