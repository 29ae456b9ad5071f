package transform

import (
	"bytes"

	"portico/internal/policy"
	"portico/internal/policy/document"
)

// FindAndReplace replaces a text wherever it stands in the body.
func FindAndReplace() policy.Declaration {
	return policy.Declaration{
		Form:     policy.Form{Name: "find-and-replace", Attributes: []policy.Attribute{{Name: "from", Required: true, Kind: policy.Filled}, {Name: "to", Required: true}}},
		Sections: policy.EverySection,
		Scopes:   policy.EveryScope,
		Compile: func(c *policy.Builder, e *document.Element) policy.Action {
			return &replacing{from: c.Value(e, "from", ""), to: c.Value(e, "to", ""), message: c.Message}
		},
	}
}

type replacing struct {
	from, to policy.Value
	message  policy.Message
}

func (r *replacing) Do(x *policy.Exchange) error {
	from, err := r.from.Text(x)
	if err != nil {
		return err
	}
	to, err := r.to.Text(x)
	if err != nil {
		return err
	}
	if from == "" {
		return policy.ValueError("the text to find is empty")
	}
	body, err := r.message.Bytes(x)
	if err != nil {
		return err
	}
	n := bytes.Count(body, []byte(from))
	switch {
	case n == 0:
		return nil
	case int64(len(body))+int64(n)*int64(len(to)-len(from)) > policy.MaxBuffered:
		return policy.ErrBodyTooLarge
	}
	r.message.SetBody(x, bytes.ReplaceAll(body, []byte(from), []byte(to)))
	return nil
}
