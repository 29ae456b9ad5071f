package control

import (
	"portico/internal/policy"
	"portico/internal/policy/document"
)

// Choose runs the policies of the first <when> whose condition holds, or those of <otherwise>.
func Choose() policy.Declaration {
	return policy.Declaration{
		Form: policy.Form{
			Name: "choose",
			Children: []policy.Form{
				{Name: "when", Attributes: []policy.Attribute{{Name: "condition", Required: true, Kind: policy.Boolean}}, Holds: policy.AnyPolicy},
				{Name: "otherwise", Holds: policy.AnyPolicy},
			},
		},
		Sections: policy.EverySection,
		Scopes:   policy.EveryScope,
		Check:    checkChoose,
		Compile:  compileChoose,
	}
}

func checkChoose(v *policy.Validator, e *document.Element) {
	whens, otherwise := 0, 0
	for _, c := range e.Children {
		switch c.Name {
		case "when":
			if otherwise > 0 {
				v.Problem(c, "<when> may not stand behind <otherwise>.")
			}
			whens++
		case "otherwise":
			if otherwise++; otherwise > 1 {
				v.Problem(c, "<otherwise> may stand once in <choose>.")
			}
		}
	}
	if whens == 0 {
		v.Problem(e, "There must be at least one <when> in <choose>.")
	}
}

func compileChoose(c *policy.Builder, e *document.Element) policy.Action {
	ch := &choosing{}
	for _, child := range e.Children {
		if child.Name == "when" {
			n := len(ch.whens) + 1
			ch.whens = append(ch.whens, branch{condition: c.Value(child, "condition", ""), at: c.Location(child, n), steps: c.Within("when", n).Steps(child)})
		} else {
			ch.otherwise = c.Within("otherwise", 1).Steps(child)
		}
	}
	return ch
}

type choosing struct {
	whens     []branch
	otherwise policy.Steps
}

type branch struct {
	condition policy.Value
	at        *policy.Location
	steps     policy.Steps
}

func (c *choosing) Do(x *policy.Exchange) error {
	for i := range c.whens {
		holds, err := c.whens[i].condition.Bool(x)
		if err != nil {
			return c.whens[i].at.Locate(err)
		}
		if holds {
			return c.whens[i].steps.Run(x)
		}
	}
	return c.otherwise.Run(x)
}
