package policy

import (
	"net/url"
	"regexp"
	"strings"
)

// jsonp wraps a JSON response in a call of the function that the request names.
func jsonp() declaration {
	return declaration{
		element:  element{name: "jsonp", attributes: []attribute{{name: "callback-parameter-name", required: true, kind: filled}}},
		sections: Outbound,
		scopes:   everyScope,
		compile: func(c *compiler, e *Element) Action {
			return &padding{parameter: c.value(e, "callback-parameter-name", "")}
		},
	}
}

type padding struct{ parameter Value }

// callbackName is a function's name, with dots and indexes and nothing that could be code.
var callbackName = regexp.MustCompile(`^[A-Za-z_$][A-Za-z0-9_$]*(\.[A-Za-z_$][A-Za-z0-9_$]*|\[[0-9]{1,9}\])*$`)

func (p *padding) Do(x *Exchange) error {
	parameter, err := p.parameter.Text(x)
	if err != nil {
		return err
	}
	callback, there := queryParameter(x.Request.RawQuery, parameter)
	if !there || callback == "" || !isJSON(x.Response.Headers) {
		return nil
	}
	if len(callback) > maxCallback || !callbackName.MatchString(callback) {
		return &Error{Status: 400, Message: "Value of the callback parameter " + parameter + " is not a valid JavaScript identifier.", Reason: "CallbackParameterInvalid",
			Detail: "Value of callback parameter " + parameter + " is not a valid JavaScript identifier."}
	}
	body, err := theResponse.bytes(x)
	if err != nil {
		return err
	}
	out := make([]byte, 0, len(body)+len(callback)+2)
	out = append(append(append(append(out, callback...), '('), body...), ')')
	theResponse.setBody(x, out)
	x.Response.Headers.Set("Content-Type", "application/javascript")
	return nil
}

const maxCallback = 256

// queryParameter gives the first value of a query parameter, decoded.
func queryParameter(query, name string) (string, bool) {
	for pair := range strings.SplitSeq(query, "&") {
		key, value, _ := strings.Cut(pair, "=")
		if plain, err := url.QueryUnescape(key); err == nil && strings.EqualFold(plain, name) {
			value, err = url.QueryUnescape(value)
			return value, err == nil
		}
	}
	return "", false
}

// mediaType is a message's content type without its parameters, in lower case.
func mediaType(h Headers) string {
	t, _, _ := strings.Cut(h.Get("Content-Type"), ";")
	return strings.ToLower(strings.TrimSpace(t))
}

func isJSON(h Headers) bool {
	t := mediaType(h)
	return t == "application/json" || t == "text/json" || strings.HasSuffix(t, "+json")
}

func isXML(h Headers) bool {
	t := mediaType(h)
	return t == "application/xml" || t == "text/xml" || strings.HasSuffix(t, "+xml")
}
