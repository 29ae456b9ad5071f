package arm

import (
	"net/http"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/record"
)

// portalConfig is PortalConfigProperties. What it says of sign-in, sign-up and
// delegation are the portal settings, which it is another view of.
type portalConfig struct {
	*catalog.PortalConfig
	SignIn struct {
		Require bool `json:"require"`
	} `json:"signin"`
	SignUp struct {
		Terms struct {
			Text           string `json:"text"`
			RequireConsent bool   `json:"requireConsent"`
		} `json:"termsOfService"`
	} `json:"signup"`
	Delegation struct {
		Registration  bool   `json:"delegateRegistration"`
		Subscription  bool   `json:"delegateSubscription"`
		URL           string `json:"delegationUrl"`
		ValidationKey string `json:"validationKey,omitempty"`
	} `json:"delegation"`
}

func portalConfigResource() *resource {
	return &resource{
		pattern: "/portalconfigs/{portalConfigId}", noun: "Portal configuration", names: []string{"default"}, fields: texts(), noDelete: true,
		initial: func(string) any { return catalog.PortalConfig{EnableBasicAuth: true} },
		view: func(a *api, r *http.Request, rec record.Record) (any, error) {
			kept, err := catalog.Show[catalog.PortalConfig](a.Keys, rec)
			if err != nil {
				return nil, err
			}
			p := portalConfig{PortalConfig: kept}
			signIn, signUp, delegation, err := a.portalSettings(r)
			if err != nil {
				return nil, err
			}
			p.SignIn.Require = signIn.Enabled
			p.SignUp.Terms.Text, p.SignUp.Terms.RequireConsent = signUp.TermsOfService.Text, signUp.TermsOfService.ConsentRequired
			p.Delegation.Registration, p.Delegation.Subscription, p.Delegation.URL = delegation.UserRegistration.Enabled, delegation.Subscriptions.Enabled, delegation.URL
			return p, nil
		},
		write: writePortalConfig,
	}
}

// portalSettings reads the three settings, secrets hidden.
func (a *api) portalSettings(r *http.Request) (in *access.SignIn, up *access.SignUp, d *access.Delegation, err error) {
	if in, err = settingsOf[access.SignIn](a, r, access.SignInSettings); err != nil {
		return nil, nil, nil, err
	}
	if up, err = settingsOf[access.SignUp](a, r, access.SignUpSettings); err != nil {
		return nil, nil, nil, err
	}
	d, err = settingsOf[access.Delegation](a, r, access.DelegationSettings)
	return in, up, d, err
}

func settingsOf[P any](a *api, r *http.Request, name string) (*P, error) {
	rec, err := a.lookUp(r.Context(), access.PortalSettings+"/"+name, "Portal settings")
	if err != nil {
		return nil, err
	}
	return catalog.Show[P](a.Keys, rec)
}

func writePortalConfig(e *edit) (record.Change, error) {
	p := portalConfig{PortalConfig: &catalog.PortalConfig{}}
	if err := e.decode(&p); err != nil {
		return record.Change{}, err
	}
	if err := catalog.CheckPortalConfig(p.PortalConfig); err != nil {
		return record.Change{}, err
	}
	for name, change := range map[string]func(path string, kept record.Record) (record.Change, error){
		access.SignInSettings: func(path string, _ record.Record) (record.Change, error) {
			return catalog.Seal(e.Keys, path, &access.SignIn{Enabled: p.SignIn.Require}, ""), nil
		},
		access.SignUpSettings: func(path string, kept record.Record) (record.Change, error) {
			s, err := catalog.Open[access.SignUp](e.Keys, kept)
			if err != nil {
				return record.Change{}, err
			}
			s.TermsOfService.Text, s.TermsOfService.ConsentRequired = p.SignUp.Terms.Text, p.SignUp.Terms.RequireConsent
			s.TermsOfService.Enabled = s.TermsOfService.Enabled || p.SignUp.Terms.RequireConsent
			return catalog.Seal(e.Keys, path, s, ""), access.CheckSignUp(s)
		},
		access.DelegationSettings: func(path string, kept record.Record) (record.Change, error) {
			d, err := catalog.Open[access.Delegation](e.Keys, kept)
			if err != nil {
				return record.Change{}, err
			}
			d.URL, d.UserRegistration.Enabled, d.Subscriptions.Enabled = p.Delegation.URL, p.Delegation.Registration, p.Delegation.Subscription
			if p.Delegation.ValidationKey != "" {
				d.ValidationKey = p.Delegation.ValidationKey
			}
			err = access.CheckDelegation(d)
			return catalog.Seal(e.Keys, path, d, ""), err
		},
	} {
		rec, _, err := e.find(e.ctx, access.PortalSettings+"/"+name)
		if err != nil {
			return record.Change{}, err
		}
		c, err := change(rec.Path, rec)
		if err != nil {
			return record.Change{}, err
		}
		e.also = append(e.also, c)
	}
	return record.PutOf(e.path, p.PortalConfig, ""), nil
}
