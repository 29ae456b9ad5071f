package policy

import "bytes"

// findAndReplace replaces a text wherever it stands in the body.
func findAndReplace() declaration {
	return declaration{
		element:  element{name: "find-and-replace", attributes: []attribute{{name: "from", required: true, kind: filled}, {name: "to", required: true}}},
		sections: everySection,
		scopes:   everyScope,
		compile: func(c *compiler, e *Element) Action {
			return &replacing{from: c.value(e, "from", ""), to: c.value(e, "to", ""), message: c.message}
		},
	}
}

type replacing struct {
	from, to Value
	message  message
}

func (r *replacing) Do(x *Exchange) error {
	from, err := r.from.Text(x)
	if err != nil {
		return err
	}
	to, err := r.to.Text(x)
	if err != nil {
		return err
	}
	if from == "" {
		return evaluation("the text to find is empty")
	}
	body, err := r.message.bytes(x)
	if err != nil {
		return err
	}
	n := bytes.Count(body, []byte(from))
	switch {
	case n == 0:
		return nil
	case int64(len(body))+int64(n)*int64(len(to)-len(from)) > MaxBuffered:
		return ErrBodyTooLarge
	}
	r.message.setBody(x, bytes.ReplaceAll(body, []byte(from), []byte(to)))
	return nil
}
