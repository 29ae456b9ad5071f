package policy

// sendOneWayRequest makes a request of its own and does not wait for the answer.
func sendOneWayRequest() declaration {
	d := sending("send-one-way-request")
	d.compile = func(c *compiler, e *Element) Action { return &sendingOneWay{c.drafting(e)} }
	return d
}

type sendingOneWay struct{ drafting }

func (s *sendingOneWay) Do(x *Exchange) error {
	o, err := s.request(x)
	if err != nil {
		return err
	}
	if err := s.sender.SendLater(o); err != nil {
		return &Error{Status: 500, Detail: "The one-way request could not be sent.", Err: err}
	}
	x.Note(map[string]any{"request": map[string]any{"method": o.Method, "url": withoutQuery(o.URL)}})
	return nil
}
