package routing

import (
	"net/url"

	"portico/internal/policy"
	"portico/internal/policy/document"
)

// Proxy sends the call to its backend through an HTTP proxy.
func Proxy() policy.Declaration {
	return policy.Declaration{
		Form: policy.Form{
			Name:       "proxy",
			Attributes: []policy.Attribute{{Name: "url", Required: true, Kind: policy.Filled}, {Name: "username"}, {Name: "password"}},
		},
		Sections: policy.Inbound,
		Scopes:   policy.EveryScope,
		Check: func(v *policy.Validator, e *document.Element) {
			if value, _ := e.Attr("url"); value != "" && !document.IsExpression(value) && !policy.HasNamedValue(value) && proxyURL(value) == nil {
				v.Problem(e, "The attribute 'url' must be a URL such as http://proxy.example:8080.")
			}
		},
		Compile: func(c *policy.Builder, e *document.Element) policy.Action {
			return &settingProxy{url: c.Value(e, "url", ""), user: c.Value(e, "username", ""), password: c.Value(e, "password", ""), draft: c.Message == policy.TheDraft}
		},
	}
}

// proxyURL reads a proxy's address, or gives nil.
func proxyURL(s string) *url.URL {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host}
}

type settingProxy struct {
	url, user, password policy.Value
	draft               bool
}

func (p *settingProxy) Do(x *policy.Exchange) error {
	text, err := p.url.Text(x)
	if err != nil {
		return err
	}
	user, err := p.user.Text(x)
	if err != nil {
		return err
	}
	password, err := p.password.Text(x)
	if err != nil {
		return err
	}
	u := proxyURL(text)
	if u == nil {
		return policy.ValueError("%q is not the URL of a proxy", policy.Short(text))
	}
	if user != "" {
		u.User = url.UserPassword(user, password)
	}
	if p.draft {
		x.Draft.Proxy = u
	} else {
		x.Backend.Proxy = u
	}
	return nil
}
