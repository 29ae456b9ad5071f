package policy

// returnResponse answers the call and ends the pipeline: with the response in a
// variable or an empty 200, as the policies inside change it.
func returnResponse() declaration {
	return declaration{
		element: element{
			name:       "return-response",
			attributes: []attribute{{name: "response-variable-name", kind: filled, literal: true}},
			holds:      []string{"set-status", "set-header", "set-body"},
		},
		sections: everySection,
		scopes:   everyScope,
		compile: func(c *compiler, e *Element) Action {
			inner := *c
			inner.message = theDraft
			return &returning{variable: c.text(e, "response-variable-name", ""), steps: inner.steps(e)}
		},
	}
}

type returning struct {
	variable string
	steps    Steps
}

// Do puts the response together aside, so that expressions still see the one before.
func (r *returning) Do(x *Exchange) error {
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
	x.answer(Response{Status: draft.Status, Reason: draft.Reason, Headers: draft.Headers, Body: draft.Body})
	return ErrAnswered
}

func (r *returning) start(x *Exchange) (*Draft, error) {
	if r.variable == "" {
		return &Draft{Status: 200}, nil
	}
	res, ok := x.Variables[r.variable].(*Response)
	if !ok {
		return nil, &Error{Status: 500, Detail: "The variable '" + r.variable + "' holds no response."}
	}
	return &Draft{Status: res.Status, Reason: res.Reason, Headers: append(Headers(nil), res.Headers...), Body: res.Body}, nil
}

// answer makes r the call's response, and lets go of the one before.
func (x *Exchange) answer(r Response) {
	_ = x.Response.Body.Close() // what the backend still had to say is not sent
	x.Response = r
}
