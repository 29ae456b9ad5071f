package control

import (
	"portico/internal/policy"
	"portico/internal/policy/document"
)

// ReturnResponse answers the call and ends the pipeline: with the response in a
// variable or an empty 200, as the policies inside change it.
func ReturnResponse() policy.Declaration {
	return policy.Declaration{
		Form: policy.Form{
			Name:       "return-response",
			Attributes: []policy.Attribute{{Name: "response-variable-name", Kind: policy.Filled, Literal: true}},
			Holds:      []string{"set-status", "set-header", "set-body"},
		},
		Sections: policy.EverySection,
		Scopes:   policy.EveryScope,
		Compile: func(c *policy.Builder, e *document.Element) policy.Action {
			inner := *c
			inner.Message = policy.TheDraft
			return &returning{variable: c.Text(e, "response-variable-name", ""), steps: inner.Steps(e)}
		},
	}
}

type returning struct {
	variable string
	steps    policy.Steps
}

// Do puts the response together aside, so that expressions still see the one before.
func (r *returning) Do(x *policy.Exchange) error {
	draft, err := r.start(x)
	if err != nil {
		return err
	}
	outer := x.Draft
	x.Draft = draft
	err = r.steps.Run(x)
	x.Draft = outer
	if err != nil {
		return err
	}
	x.Answer(policy.Response{Status: draft.Status, Reason: draft.Reason, Headers: draft.Headers, Body: draft.Body})
	return policy.ErrAnswered
}

func (r *returning) start(x *policy.Exchange) (*policy.Draft, error) {
	if r.variable == "" {
		return &policy.Draft{Status: 200}, nil
	}
	res, ok := x.Variables[r.variable].(*policy.Response)
	if !ok {
		return nil, &policy.Error{Status: 500, Detail: "The variable '" + r.variable + "' holds no response."}
	}
	return &policy.Draft{Status: res.Status, Reason: res.Reason, Headers: append(policy.Headers(nil), res.Headers...), Body: res.Body}, nil
}
