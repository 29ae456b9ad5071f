package policy

// setVariable keeps a value in the call's variables: text, or what an expression gives.
func setVariable() declaration {
	return declaration{
		element: element{
			name:       "set-variable",
			attributes: []attribute{{name: "name", required: true, kind: filled}, {name: "value", required: true}},
		},
		sections: everySection,
		scopes:   everyScope,
		compile: func(c *compiler, e *Element) Action {
			return &settingVariable{name: c.value(e, "name", ""), value: c.value(e, "value", "")}
		},
	}
}

type settingVariable struct{ name, value Value }

func (s *settingVariable) Do(x *Exchange) error {
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
