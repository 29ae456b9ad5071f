package policy

// setMethod changes the request's method.
func setMethod() declaration {
	return declaration{
		element:  element{name: "set-method", text: true},
		sections: everySection,
		scopes:   everyScope,
		check:    checkSetMethod,
		compile: func(c *compiler, e *Element) Action {
			return &settingMethod{method: c.textValue(e), draft: c.message == theDraft}
		},
	}
}

func checkSetMethod(v *validator, e *Element) {
	if !isExpression(e.Text) && !hasNamedValue(e.Text) && !isToken(e.Text) {
		v.problem(e, "A method such as GET is expected between the tags.")
	}
}

type settingMethod struct {
	method Value
	draft  bool
}

func (s *settingMethod) Do(x *Exchange) error {
	method, err := s.method.Text(x)
	if err != nil {
		return err
	}
	if !isToken(method) {
		return evaluation("%q is not a method", short(method))
	}
	if s.draft {
		x.Draft.Method = method
	} else {
		x.Request.Method = method
	}
	return nil
}
