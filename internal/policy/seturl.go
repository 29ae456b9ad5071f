package policy

// setURL says where a request of send-request goes.
func setURL() declaration {
	return declaration{
		element:  element{name: "set-url", text: true},
		sections: everySection,
		scopes:   everyScope,
		check: func(v *validator, e *Element) {
			if v.depth == 0 {
				v.problem(e, "The policy may stand inside of <send-request> and <send-one-way-request> only. rewrite-uri and set-backend-service change where the call goes.")
			}
			if e.Text == "" {
				v.problem(e, "A URL is expected between the tags.")
			}
		},
		compile: func(c *compiler, e *Element) Action { return &settingURL{url: c.textValue(e)} },
	}
}

type settingURL struct{ url Value }

func (s *settingURL) Do(x *Exchange) error {
	text, err := s.url.Text(x)
	if err != nil {
		return err
	}
	if x.Draft == nil {
		return &Error{Status: 500, Detail: "There is no request whose URL could be set."}
	}
	x.Draft.URL = text
	return nil
}
