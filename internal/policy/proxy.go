package policy

import "net/url"

// proxy sends the call to its backend through an HTTP proxy.
func proxy() declaration {
	return declaration{
		element: element{
			name:       "proxy",
			attributes: []attribute{{name: "url", required: true, kind: filled}, {name: "username"}, {name: "password"}},
		},
		sections: Inbound,
		scopes:   everyScope,
		check: func(v *validator, e *Element) {
			if value, _ := e.Attr("url"); value != "" && !isExpression(value) && !hasNamedValue(value) && proxyURL(value) == nil {
				v.problem(e, "The attribute 'url' must be a URL such as http://proxy.example:8080.")
			}
		},
		compile: func(c *compiler, e *Element) Action {
			return &settingProxy{url: c.value(e, "url", ""), user: c.value(e, "username", ""), password: c.value(e, "password", ""), draft: c.message == theDraft}
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
	url, user, password Value
	draft               bool
}

func (p *settingProxy) Do(x *Exchange) error {
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
		return evaluation("%q is not the URL of a proxy", short(text))
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
