package transform

import (
	"strings"

	"portico/internal/policy"
	"portico/internal/policy/document"
)

// SetHeader sets, adds to, keeps or deletes a header: of the request in inbound
// and backend, of the response in outbound and on-error.
func SetHeader() policy.Declaration {
	return policy.Declaration{
		Form: policy.Form{
			Name: "set-header",
			Attributes: []policy.Attribute{
				{Name: "name", Required: true, Kind: policy.HeaderName, Lenient: true},
				{Name: "exists-action", Kind: policy.Enumeration, Values: []string{"override", "append", "skip", "delete"}},
			},
			Children: []policy.Form{{Name: "value", Text: true}},
		},
		Sections: policy.EverySection,
		Scopes:   policy.EveryScope,
		Check:    checkSetHeader,
		Compile:  compileSetHeader,
	}
}

// unchangeable are the headers that belong to the connection.
var unchangeable = []string{"Connection", "Content-Length", "Keep-Alive", "Transfer-Encoding"}

// separate are the headers whose values are lines of their own; the values of
// all others are joined by commas.
var separate = []string{"User-Agent", "WWW-Authenticate", "Proxy-Authenticate", "Cookie", "Set-Cookie", "Warning",
	"Date", "Expires", "If-Modified-Since", "If-Unmodified-Since", "Last-Modified", "Retry-After"}

func checkSetHeader(v *policy.Validator, e *document.Element) {
	name, _ := e.Attr("name")
	action, _ := e.Attr("exists-action")
	switch {
	case policy.ContainsFold(unchangeable, name):
		v.Warn(e, "The header %s belongs to the connection and is left as it is.", name)
	case action == "delete" && strings.EqualFold(name, "Server"):
		v.Warn(e, "The header Server cannot be deleted and is left as it is.")
	}
	for _, c := range e.Children {
		if !document.IsExpression(c.Text) && strings.ContainsAny(c.Text, "\r\n") {
			v.Problem(c, "A header's value may not have line breaks.")
		}
	}
}

func compileSetHeader(c *policy.Builder, e *document.Element) policy.Action {
	s := &settingHeader{
		name:    c.Value(e, "name", ""),
		exists:  c.Value(e, "exists-action", "override"),
		message: c.Message,
	}
	for _, child := range e.Children {
		s.values = append(s.values, c.TextValue(child))
	}
	return s
}

type settingHeader struct {
	name    policy.Value
	exists  policy.Value
	values  []policy.Value
	message policy.Message
}

func (s *settingHeader) Do(x *policy.Exchange) error {
	name, err := s.name.Text(x)
	if err != nil {
		return err
	}
	if !policy.IsToken(name) {
		return policy.ValueError("%q is not a header name", policy.Short(name))
	}
	exists, err := s.exists.Text(x)
	if err != nil {
		return err
	}
	if policy.ContainsFold(unchangeable, name) || exists == "delete" && strings.EqualFold(name, "Server") {
		return nil
	}
	h := s.message.Headers(x)
	switch {
	case exists == "delete":
		h.Del(name)
		return nil
	case exists == "skip" && h.Has(name):
		return nil
	}
	if len(s.values) == 1 && exists != "append" { // as most are
		text, err := s.values[0].Line(x, name)
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
	if len(values) == 1 || len(values) > 1 && !policy.ContainsFold(separate, name) {
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
func (s *settingHeader) texts(x *policy.Exchange, name string) ([]string, error) {
	values := make([]string, len(s.values), len(s.values)+1)
	for i := range s.values {
		var err error
		if values[i], err = s.values[i].Line(x, name); err != nil {
			return nil, err
		}
	}
	return values, nil
}
