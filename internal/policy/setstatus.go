package policy

import "strings"

// setStatus changes the response's status code and reason.
func setStatus() declaration {
	return declaration{
		element: element{
			name: "set-status",
			attributes: []attribute{
				{name: "code", required: true, kind: integer, min: minStatus, max: maxStatus},
				{name: "reason"},
			},
		},
		sections: everySection,
		scopes:   everyScope,
		compile: func(c *compiler, e *Element) Action {
			return &settingStatus{code: c.value(e, "code", ""), reason: c.value(e, "reason", ""), draft: c.message == theDraft}
		},
	}
}

// The status codes that a policy may give. Those below say that an answer will come.
const (
	minStatus = 200
	maxStatus = 999
)

type settingStatus struct {
	code, reason Value
	draft        bool
}

func (s *settingStatus) Do(x *Exchange) error {
	code, err := s.code.status(x)
	if err != nil {
		return err
	}
	reason, err := s.reason.Text(x)
	if err != nil {
		return err
	}
	if strings.ContainsAny(reason, "\r\n\x00") {
		return evaluation("the status's reason has a line break")
	}
	if s.draft {
		x.Draft.Status, x.Draft.Reason = code, reason
	} else {
		x.Response.Status, x.Response.Reason = code, reason
	}
	return nil
}

// status gives a value as a status code.
func (v *Value) status(x *Exchange) (int, error) {
	n, err := v.Int(x)
	if err == nil && (n < minStatus || n > maxStatus) {
		err = evaluation("%d is not the status code of an answer", n)
	}
	return int(n), err
}
