package policy

import (
	"slices"
	"strings"
)

// setHeader sets, adds to, keeps or deletes a header: of the request in inbound
// and backend, of the response in outbound and on-error.
func setHeader() declaration {
	return declaration{
		element: element{
			name: "set-header",
			attributes: []attribute{
				{name: "name", required: true, kind: headerName},
				{name: "exists-action", kind: enumeration, values: []string{"override", "append", "skip", "delete"}},
			},
			children: []element{{name: "value", text: true}},
		},
		sections: everySection,
		scopes:   everyScope,
		check:    checkSetHeader,
		compile:  compileSetHeader,
	}
}

// unchangeable are the headers that belong to the connection.
var unchangeable = []string{"Connection", "Content-Length", "Keep-Alive", "Transfer-Encoding"}

// separate are the headers whose values are lines of their own; the values of
// all others are joined by commas.
var separate = []string{"User-Agent", "WWW-Authenticate", "Proxy-Authenticate", "Cookie", "Set-Cookie", "Warning",
	"Date", "Expires", "If-Modified-Since", "If-Unmodified-Since", "Last-Modified", "Retry-After"}

func containsFold(names []string, name string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) })
}

func checkSetHeader(v *validator, e *Element) {
	name, _ := e.Attr("name")
	action, _ := e.Attr("exists-action")
	switch {
	case containsFold(unchangeable, name):
		v.warn(e, "The header %s belongs to the connection and is left as it is.", name)
	case action == "delete" && strings.EqualFold(name, "Server"):
		v.warn(e, "The header Server cannot be deleted and is left as it is.")
	}
	for _, c := range e.Children {
		if !isExpression(c.Text) && strings.ContainsAny(c.Text, "\r\n") {
			v.problem(c, "A header's value may not have line breaks.")
		}
	}
}

func compileSetHeader(c *compiler, e *Element) Action {
	s := &settingHeader{
		name:    c.value(e, "name", ""),
		exists:  c.text(e, "exists-action", "override"),
		request: c.section&(Inbound|Backend) != 0,
	}
	for _, child := range e.Children {
		s.values = append(s.values, Value{literal: child.Text})
	}
	return s
}

type settingHeader struct {
	name    Value
	exists  string
	values  []Value
	request bool
}

func (s *settingHeader) Do(x *Exchange) error {
	name, err := s.name.Text(x)
	if err != nil {
		return err
	}
	if containsFold(unchangeable, name) || s.exists == "delete" && strings.EqualFold(name, "Server") {
		return nil
	}
	h := &x.Response.Headers
	if s.request {
		h = &x.Request.Headers
	}
	switch {
	case s.exists == "delete":
		h.Del(name)
		return nil
	case s.exists == "skip" && h.Has(name):
		return nil
	}
	values, err := s.texts(x, name)
	if err != nil {
		return err
	}
	if s.exists == "append" {
		values = append(h.Values(name), values...)
	}
	if len(values) == 1 || len(values) > 1 && !containsFold(separate, name) {
		h.Set(name, strings.Join(values, ","))
		return nil
	}
	h.Del(name) // and without a value it stays away
	for _, v := range values {
		h.Add(name, v)
	}
	return nil
}

// texts evaluates the values. A line break would begin another header, so it is an error.
func (s *settingHeader) texts(x *Exchange, name string) ([]string, error) {
	values := make([]string, len(s.values), len(s.values)+1)
	for i, v := range s.values {
		text, err := v.Text(x)
		if err != nil {
			return nil, err
		}
		if strings.ContainsAny(text, "\r\n\x00") {
			return nil, &Error{Status: 500, Reason: "ExpressionValueEvaluationFailure", Detail: "The value of the header " + name + " has a line break."}
		}
		values[i] = text
	}
	return values, nil
}
