package transform

import (
	"html"

	"portico/internal/policy"
	"portico/internal/policy/document"
	"portico/internal/policy/liquid"
)

// SetBody gives the message another body: text, what an expression makes, or a
// Liquid template's output.
func SetBody() policy.Declaration {
	return policy.Declaration{
		Form: policy.Form{
			Name: "set-body",
			Attributes: []policy.Attribute{
				{Name: "template", Kind: policy.Enumeration, Values: []string{"none", "liquid"}, Literal: true},
				{Name: "xsi-nil", Kind: policy.Enumeration, Values: []string{"blank", "null"}, Literal: true},
				{Name: "parse-date", Kind: policy.Boolean, Literal: true},
				{Name: "html-decode-expression", Kind: policy.Boolean, Literal: true},
			},
			Text: true,
		},
		Sections: policy.EverySection,
		Scopes:   policy.EveryScope,
		Check:    checkSetBody,
		Compile:  compileSetBody,
	}
}

func checkSetBody(v *policy.Validator, e *document.Element) {
	if template, _ := e.Attr("template"); template != "liquid" {
		return
	}
	if !v.Resolved() && policy.HasNamedValue(e.Text) {
		return
	}
	if _, err := liquid.Parse(e.Text); err != nil {
		v.Problem(e, "The Liquid template is wrong on its %s.", err)
	}
}

func compileSetBody(c *policy.Builder, e *document.Element) policy.Action {
	if c.Text(e, "template", "none") == "liquid" {
		t, _ := liquid.Parse(e.Text) // the validator has accepted it
		return &fillingBody{template: t, message: c.Message, options: bodyOptions{
			nilAsNull: c.Text(e, "xsi-nil", "blank") == "null",
			asText:    !c.Boolean(e, "parse-date", true),
		}}
	}
	return &settingBody{body: c.TextValue(e), decode: c.Boolean(e, "html-decode-expression", false), message: c.Message}
}

type settingBody struct {
	body    policy.Value
	decode  bool // HTML entities in what the expression gives
	message policy.Message
}

func (s *settingBody) Do(x *policy.Exchange) error {
	b, err := s.body.Bytes(x)
	if err != nil {
		return err
	}
	if s.decode {
		b = []byte(html.UnescapeString(string(b)))
	}
	s.message.SetBody(x, b)
	return nil
}

type fillingBody struct {
	template *liquid.Template
	options  bodyOptions
	message  policy.Message
}

// Do renders the template. Its "body" is that of the message; in a message that
// is put together, that of the call's request or response, whichever is newer.
func (f *fillingBody) Do(x *policy.Exchange) error {
	of := f.message
	if of == policy.TheDraft {
		of = policy.TheRequest
		if x.Response.Status != 0 {
			of = policy.TheResponse
		}
	}
	out, err := f.template.Render(x.Context, &liquidRoot{x: x, of: of, options: f.options})
	if err != nil {
		return &policy.Error{Status: 500, Reason: policy.ValueFailed, Detail: "The Liquid template could not be filled: " + policy.Sentence("%s", err.Error()), Err: err}
	}
	f.message.SetBody(x, out)
	return nil
}
