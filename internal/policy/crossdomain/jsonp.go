package crossdomain

import (
	"regexp"

	"portico/internal/policy"
	"portico/internal/policy/document"
)

// JSONP wraps a JSON response in a call of the function that the request names.
func JSONP() policy.Declaration {
	return policy.Declaration{
		Form:     policy.Form{Name: "jsonp", Attributes: []policy.Attribute{{Name: "callback-parameter-name", Required: true, Kind: policy.Filled}}},
		Sections: policy.Outbound,
		Scopes:   policy.EveryScope,
		Compile: func(c *policy.Builder, e *document.Element) policy.Action {
			return &padding{parameter: c.Value(e, "callback-parameter-name", "")}
		},
	}
}

type padding struct{ parameter policy.Value }

// callbackName is a function's name, with dots and indexes and nothing that could be code.
var callbackName = regexp.MustCompile(`^[A-Za-z_$][A-Za-z0-9_$]*(\.[A-Za-z_$][A-Za-z0-9_$]*|\[[0-9]{1,9}\])*$`)

func (p *padding) Do(x *policy.Exchange) error {
	parameter, err := p.parameter.Text(x)
	if err != nil {
		return err
	}
	callback, there := policy.QueryParameter(x.Request.RawQuery, parameter)
	if !there || callback == "" || !policy.IsJSON(x.Response.Headers) {
		return nil
	}
	if len(callback) > maxCallback || !callbackName.MatchString(callback) {
		return &policy.Error{Status: 400, Message: "Value of the callback parameter " + parameter + " is not a valid JavaScript identifier.", Reason: "CallbackParameterInvalid",
			Detail: "Value of callback parameter " + parameter + " is not a valid JavaScript identifier."}
	}
	body, err := policy.TheResponse.Bytes(x)
	if err != nil {
		return err
	}
	out := make([]byte, 0, len(body)+len(callback)+2)
	out = append(append(append(append(out, callback...), '('), body...), ')')
	policy.TheResponse.SetBody(x, out)
	x.Response.Headers.Set("Content-Type", "application/javascript")
	return nil
}

const maxCallback = 256
