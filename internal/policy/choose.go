package policy

// choose runs the policies of the first <when> whose condition holds, or those of <otherwise>.
func choose() declaration {
	return declaration{
		element: element{
			name: "choose",
			children: []element{
				{name: "when", attributes: []attribute{{name: "condition", required: true, kind: boolean}}, holds: anyPolicy},
				{name: "otherwise", holds: anyPolicy},
			},
		},
		sections: everySection,
		scopes:   everyScope,
		check:    checkChoose,
		compile:  compileChoose,
	}
}

func checkChoose(v *validator, e *Element) {
	whens, otherwise := 0, 0
	for _, c := range e.Children {
		switch c.Name {
		case "when":
			if otherwise > 0 {
				v.problem(c, "<when> may not stand behind <otherwise>.")
			}
			whens++
		case "otherwise":
			if otherwise++; otherwise > 1 {
				v.problem(c, "<otherwise> may stand once in <choose>.")
			}
		}
	}
	if whens == 0 {
		v.problem(e, "There must be at least one <when> in <choose>.")
	}
}

func compileChoose(c *compiler, e *Element) Action {
	ch := &choosing{}
	for _, child := range e.Children {
		if child.Name == "when" {
			n := len(ch.whens) + 1
			ch.whens = append(ch.whens, branch{condition: c.value(child, "condition", ""), at: c.location(child, n), steps: c.within("when", n).steps(child)})
		} else {
			ch.otherwise = c.within("otherwise", 1).steps(child)
		}
	}
	return ch
}

type choosing struct {
	whens     []branch
	otherwise Steps
}

type branch struct {
	condition Value
	at        *location
	steps     Steps
}

func (c *choosing) Do(x *Exchange) error {
	for i := range c.whens {
		holds, err := c.whens[i].condition.Bool(x)
		if err != nil {
			return c.whens[i].at.locate(err)
		}
		if holds {
			return c.whens[i].steps.Run(x)
		}
	}
	return c.otherwise.Run(x)
}
