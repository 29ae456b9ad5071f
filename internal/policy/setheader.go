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
				{name: "name", required: true, kind: headerName, lenient: true},
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
		exists:  c.value(e, "exists-action", "override"),
		message: c.message,
	}
	for _, child := range e.Children {
		s.values = append(s.values, c.textValue(child))
	}
	return s
}

type settingHeader struct {
	name    Value
	exists  Value
	values  []Value
	message message
}

func (s *settingHeader) Do(x *Exchange) error {
	name, err := s.name.Text(x)
	if err != nil {
		return err
	}
	if !isToken(name) {
		return evaluation("%q is not a header name", short(name))
	}
	exists, err := s.exists.Text(x)
	if err != nil {
		return err
	}
	if containsFold(unchangeable, name) || exists == "delete" && strings.EqualFold(name, "Server") {
		return nil
	}
	h := s.message.headers(x)
	switch {
	case exists == "delete":
		h.Del(name)
		return nil
	case exists == "skip" && h.Has(name):
		return nil
	}
	if len(s.values) == 1 && exists != "append" { // as most are
		text, err := s.values[0].line(x, name)
		if err == nil {
			h.Set(name, text)
		}
		return err
	}
	values, err := s.texts(x, name)
	if err != nil {
		return err
	}
	if exists == "append" {
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

// texts evaluates the values.
func (s *settingHeader) texts(x *Exchange, name string) ([]string, error) {
	values := make([]string, len(s.values), len(s.values)+1)
	for i := range s.values {
		var err error
		if values[i], err = s.values[i].line(x, name); err != nil {
			return nil, err
		}
	}
	return values, nil
}

// line gives a value of a header. A line break would begin another header, so it is an error.
func (v *Value) line(x *Exchange, header string) (string, error) {
	s, err := v.Text(x)
	if err == nil && strings.ContainsAny(s, "\r\n\x00") {
		return "", evaluation("the value of the header %s has a line break", header)
	}
	return s, err
}
