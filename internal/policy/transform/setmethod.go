package transform

import (
	"portico/internal/policy"
	"portico/internal/policy/document"
)

// SetMethod changes the request's method.
func SetMethod() policy.Declaration {
	return policy.Declaration{
		Form:     policy.Form{Name: "set-method", Text: true},
		Sections: policy.EverySection,
		Scopes:   policy.EveryScope,
		Check:    checkSetMethod,
		Compile: func(c *policy.Builder, e *document.Element) policy.Action {
			return &settingMethod{method: c.TextValue(e), draft: c.Message == policy.TheDraft}
		},
	}
}

func checkSetMethod(v *policy.Validator, e *document.Element) {
	if !document.IsExpression(e.Text) && !policy.HasNamedValue(e.Text) && !policy.IsToken(e.Text) {
		v.Problem(e, "A method such as GET is expected between the tags.")
	}
}

type settingMethod struct {
	method policy.Value
	draft  bool
}

func (s *settingMethod) Do(x *policy.Exchange) error {
	method, err := s.method.Text(x)
	if err != nil {
		return err
	}
	if !policy.IsToken(method) {
		return policy.ValueError("%q is not a method", policy.Short(method))
	}
	if s.draft {
		x.Draft.Method = method
	} else {
		x.Request.Method = method
	}
	return nil
}
