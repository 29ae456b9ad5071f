package integration

import (
	"portico/internal/policy"
	"portico/internal/policy/document"
)

// SendOneWayRequest makes a request of its own and does not wait for the answer.
func SendOneWayRequest() policy.Declaration {
	d := sending("send-one-way-request")
	d.Compile = func(c *policy.Builder, e *document.Element) policy.Action { return &sendingOneWay{newDrafting(c, e)} }
	return d
}

type sendingOneWay struct{ drafting }

func (s *sendingOneWay) Do(x *policy.Exchange) error {
	o, err := s.request(x)
	if err != nil {
		return err
	}
	if err := s.sender.SendLater(o); err != nil {
		return &policy.Error{Status: 500, Detail: "The one-way request could not be sent.", Err: err}
	}
	x.Note(map[string]any{"request": map[string]any{"method": o.Method, "url": policy.WithoutQuery(o.URL)}})
	return nil
}
