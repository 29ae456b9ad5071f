package policy

import (
	"html"

	"portico/internal/policy/liquid"
)

// setBody gives the message another body: text, what an expression makes, or a
// Liquid template's output.
func setBody() declaration {
	return declaration{
		element: element{
			name: "set-body",
			attributes: []attribute{
				{name: "template", kind: enumeration, values: []string{"none", "liquid"}, literal: true},
				{name: "xsi-nil", kind: enumeration, values: []string{"blank", "null"}, literal: true},
				{name: "parse-date", kind: boolean, literal: true},
				{name: "html-decode-expression", kind: boolean, literal: true},
			},
			text: true,
		},
		sections: everySection,
		scopes:   everyScope,
		check:    checkSetBody,
		compile:  compileSetBody,
	}
}

func checkSetBody(v *validator, e *Element) {
	if template, _ := e.Attr("template"); template != "liquid" {
		return
	}
	if v.names == nil && hasNamedValue(e.Text) {
		return
	}
	if _, err := liquid.Parse(e.Text); err != nil {
		v.problem(e, "The Liquid template is wrong on its %s.", err)
	}
}

func compileSetBody(c *compiler, e *Element) Action {
	if c.text(e, "template", "none") == "liquid" {
		t, _ := liquid.Parse(e.Text) // the validator has accepted it
		return &fillingBody{template: t, message: c.message, options: bodyOptions{
			nilAsNull: c.text(e, "xsi-nil", "blank") == "null",
			asText:    !c.boolean(e, "parse-date", true),
		}}
	}
	return &settingBody{body: c.textValue(e), decode: c.boolean(e, "html-decode-expression", false), message: c.message}
}

type settingBody struct {
	body    Value
	decode  bool // HTML entities in what the expression gives
	message message
}

func (s *settingBody) Do(x *Exchange) error {
	b, err := s.body.Bytes(x)
	if err != nil {
		return err
	}
	if s.decode {
		b = []byte(html.UnescapeString(string(b)))
	}
	s.message.setBody(x, b)
	return nil
}

type fillingBody struct {
	template *liquid.Template
	options  bodyOptions
	message  message
}

// Do renders the template. Its "body" is that of the message; in a message that
// is put together, that of the call's request or response, whichever is newer.
func (f *fillingBody) Do(x *Exchange) error {
	of := f.message
	if of == theDraft {
		of = theRequest
		if x.Response.Status != 0 {
			of = theResponse
		}
	}
	out, err := f.template.Render(x.Context, &liquidRoot{x: x, of: of, options: f.options})
	if err != nil {
		return &Error{Status: 500, Reason: valueFailed, Detail: "The Liquid template could not be filled: " + sentence("%s", err.Error()), Err: err}
	}
	f.message.setBody(x, out)
	return nil
}
