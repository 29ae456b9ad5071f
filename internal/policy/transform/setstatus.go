package transform

import (
	"strings"

	"portico/internal/policy"
	"portico/internal/policy/document"
)

// SetStatus changes the response's status code and reason.
func SetStatus() policy.Declaration {
	return policy.Declaration{
		Form: policy.Form{
			Name: "set-status",
			Attributes: []policy.Attribute{
				{Name: "code", Required: true, Kind: policy.Integer, Min: policy.MinStatus, Max: policy.MaxStatus},
				{Name: "reason"},
			},
		},
		Sections: policy.EverySection,
		Scopes:   policy.EveryScope,
		Compile: func(c *policy.Builder, e *document.Element) policy.Action {
			return &settingStatus{code: c.Value(e, "code", ""), reason: c.Value(e, "reason", ""), draft: c.Message == policy.TheDraft}
		},
	}
}

type settingStatus struct {
	code, reason policy.Value
	draft        bool
}

func (s *settingStatus) Do(x *policy.Exchange) error {
	code, err := s.code.Status(x)
	if err != nil {
		return err
	}
	reason, err := s.reason.Text(x)
	if err != nil {
		return err
	}
	if strings.ContainsAny(reason, "\r\n\x00") {
		return policy.ValueError("the status's reason has a line break")
	}
	if s.draft {
		x.Draft.Status, x.Draft.Reason = code, reason
	} else {
		x.Response.Status, x.Response.Reason = code, reason
	}
	return nil
}
