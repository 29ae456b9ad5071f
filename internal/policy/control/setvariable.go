package control

import (
	"portico/internal/policy"
	"portico/internal/policy/document"
)

// SetVariable keeps a value in the call's variables: text, or what an expression gives.
func SetVariable() policy.Declaration {
	return policy.Declaration{
		Form: policy.Form{
			Name:       "set-variable",
			Attributes: []policy.Attribute{{Name: "name", Required: true, Kind: policy.Filled}, {Name: "value", Required: true}},
		},
		Sections: policy.EverySection,
		Scopes:   policy.EveryScope,
		Compile: func(c *policy.Builder, e *document.Element) policy.Action {
			return &settingVariable{name: c.Value(e, "name", ""), value: c.Value(e, "value", "")}
		},
	}
}

type settingVariable struct{ name, value policy.Value }

func (s *settingVariable) Do(x *policy.Exchange) error {
	name, err := s.name.Text(x)
	if err != nil {
		return err
	}
	value, err := s.value.Result(x)
	if err != nil {
		return err
	}
	x.SetVariable(name, value)
	return nil
}
