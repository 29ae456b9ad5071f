package transform

import (
	"portico/internal/policy"
	"portico/internal/policy/document"
)

// SetURL says where a request of send-request goes.
func SetURL() policy.Declaration {
	return policy.Declaration{
		Form:     policy.Form{Name: "set-url", Text: true},
		Sections: policy.EverySection,
		Scopes:   policy.EveryScope,
		Check: func(v *policy.Validator, e *document.Element) {
			if !v.Nested() {
				v.Problem(e, "The policy may stand inside of <send-request> and <send-one-way-request> only. rewrite-uri and set-backend-service change where the call goes.")
			}
			if e.Text == "" {
				v.Problem(e, "A URL is expected between the tags.")
			}
		},
		Compile: func(c *policy.Builder, e *document.Element) policy.Action { return &settingURL{url: c.TextValue(e)} },
	}
}

type settingURL struct{ url policy.Value }

func (s *settingURL) Do(x *policy.Exchange) error {
	text, err := s.url.Text(x)
	if err != nil {
		return err
	}
	if x.Draft == nil {
		return &policy.Error{Status: 500, Detail: "There is no request whose URL could be set."}
	}
	x.Draft.URL = text
	return nil
}
