package transform

import (
	"strings"
	"time"

	"portico/internal/policy"
	"portico/internal/policy/csharp"
	"portico/internal/policy/csharp/value"
	"portico/internal/policy/liquid"
)

// bodyOptions say how a template's body is read.
type bodyOptions struct {
	nilAsNull bool // xsi:nil elements are null
	asText    bool // dates stay as they are written
}

// liquidRoot is what templates see of a call: body and context.
type liquidRoot struct {
	x       *policy.Exchange
	of      policy.Message
	options bodyOptions
	body    liquid.Value
	read    bool
}

// Get gives body, or context.
func (r *liquidRoot) Get(name string) (liquid.Value, bool) {
	switch name {
	case "body":
		if !r.read {
			r.read, r.body = true, r.readBody()
		}
		return r.body, true
	case "context":
		return liquidContext{r.x}, true
	}
	return nil, false
}

// readBody reads the body by its content type: JSON, XML, or else text. What
// cannot be read is text too.
func (r *liquidRoot) readBody() liquid.Value {
	b, err := r.of.Bytes(r.x)
	if err != nil || len(b) == 0 {
		return nil
	}
	text := strings.TrimSpace(string(b[:min(len(b), 64)]))
	h := *r.of.Headers(r.x)
	var v liquid.Value
	switch {
	case policy.IsXML(h) || !policy.IsJSON(h) && strings.HasPrefix(text, "<"):
		v, err = liquid.ReadXML(b, r.options.nilAsNull)
	case policy.IsJSON(h) || strings.HasPrefix(text, "{") || strings.HasPrefix(text, "["):
		v, err = liquid.ReadJSON(b, !r.options.asText)
	default:
		return string(b)
	}
	if err != nil {
		return string(b)
	}
	return v
}

// liquidSource is a liquid.Source that is a function.
type liquidSource func(name string) (liquid.Value, bool)

func (s liquidSource) Get(name string) (liquid.Value, bool) { return s(name) }

// liquidContext is `context` in a template.
type liquidContext struct{ x *policy.Exchange }

// Get gives a property of the call.
func (c liquidContext) Get(name string) (liquid.Value, bool) {
	x := c.x
	switch name {
	case "Request":
		return liquidSource(func(name string) (liquid.Value, bool) { return liquidRequest(x, name) }), true
	case "Response":
		if x.Response.Status == 0 {
			return nil, true
		}
		return liquidSource(func(name string) (liquid.Value, bool) { return liquidResponse(x, name) }), true
	case "Variables":
		return liquidSource(func(name string) (liquid.Value, bool) { return liquidVariable(x, name) }), true
	case "Api":
		return fields{"Id": x.APIID, "Name": apiName(x), "Path": apiPath(x)}, true
	case "Operation":
		if x.Operation == nil {
			return nil, true
		}
		return fields{"Id": x.OperationID, "Name": x.Operation.DisplayName, "Method": x.Operation.Method, "UrlTemplate": x.Operation.URLTemplate}, true
	case "Product":
		if x.Product == nil {
			return nil, true
		}
		return fields{"Id": x.ProductID, "Name": x.Product.DisplayName}, true
	case "Subscription":
		if x.Subscription == nil {
			return nil, true
		}
		return fields{"Id": x.Subscription.ID, "Name": x.Subscription.DisplayName, "Key": x.SubscriptionKey}, true
	case "User":
		if x.User == nil {
			return nil, true
		}
		return fields{"Id": x.User.ID, "Email": x.User.Email, "FirstName": x.User.FirstName, "LastName": x.User.LastName, "Note": x.User.Note}, true
	case "RequestId":
		return x.RequestID, true
	case "Timestamp":
		return x.Start, true
	case "Deployment":
		d := x.Deployed()
		return fields{"Region": d.Region, "ServiceName": d.ServiceName, "GatewayId": d.GatewayID}, true
	case "LastError":
		e := x.ErrorView()
		if e == nil {
			return nil, true
		}
		return fields{"Source": e.Source, "Reason": e.Reason, "Message": e.Message, "Scope": e.Scope, "Section": e.Section, "Path": e.Path, "PolicyId": e.PolicyID}, true
	}
	return nil, false
}

// fields is a liquid.Source with texts.
type fields map[string]string

// Get gives a field.
func (f fields) Get(name string) (liquid.Value, bool) {
	v, ok := f[name]
	return v, ok
}

func apiName(x *policy.Exchange) string {
	if x.API == nil {
		return ""
	}
	return x.API.DisplayName
}

func apiPath(x *policy.Exchange) string {
	if x.API == nil {
		return ""
	}
	return x.API.Path
}

func liquidRequest(x *policy.Exchange, name string) (liquid.Value, bool) {
	switch name {
	case "Method":
		return x.Request.Method, true
	case "IpAddress":
		return x.Request.RemoteIP, true
	case "Headers":
		return headerSource(&x.Request.Headers), true
	case "Url", "OriginalUrl":
		u := x.RequestURL()
		if name == "OriginalUrl" {
			u = x.OriginalURL()
		}
		return liquidSource(func(name string) (liquid.Value, bool) {
			switch name {
			case "Scheme":
				return u.Scheme, true
			case "Host":
				return u.Host, true
			case "Port":
				return int64(u.Port), true
			case "Path":
				return u.Path, true
			case "QueryString":
				return "?" + u.RawQuery, u.RawQuery != ""
			case "Query":
				return liquidSource(func(name string) (liquid.Value, bool) { return queryParameterValue(u.RawQuery, name) }), true
			}
			return nil, false
		}), true
	case "MatchedParameters":
		return liquidSource(func(name string) (liquid.Value, bool) {
			p, ok := x.Parameter(name)
			return p.Value, ok
		}), true
	}
	return nil, false
}

func queryParameterValue(query, name string) (liquid.Value, bool) {
	v, ok := policy.QueryParameter(query, name)
	return v, ok
}

func liquidResponse(x *policy.Exchange, name string) (liquid.Value, bool) {
	switch name {
	case "StatusCode":
		return int64(x.Response.Status), true
	case "StatusReason":
		return x.Response.ReasonText(), true
	case "Headers":
		return headerSource(&x.Response.Headers), true
	}
	return nil, false
}

func headerSource(h *policy.Headers) liquidSource {
	return func(name string) (liquid.Value, bool) {
		values := h.Values(name)
		return strings.Join(values, ","), len(values) > 0
	}
}

// liquidVariable gives a variable: JSON that an expression made as its
// properties, anything else as its text.
func liquidVariable(x *policy.Exchange, name string) (liquid.Value, bool) {
	kept, ok := x.Variables[name]
	switch kept := kept.(type) {
	case string:
		return kept, ok
	case bool:
		return kept, ok
	case int64:
		return kept, ok
	case int:
		return int64(kept), ok
	case float64:
		return kept, ok
	case time.Time:
		return kept, ok
	case csharp.Value:
		return liquidResult(kept), ok
	}
	return nil, ok
}

func liquidResult(v csharp.Value) liquid.Value {
	if v.R == nil {
		return nil
	}
	if v.R == value.Object(value.Boolean) {
		return v.N != 0
	}
	if n, ok := csharp.AsInt(v); ok {
		return n
	}
	s, _ := csharp.AsString(v)
	if t := v.R.Type().Name; t == "JObject" || t == "JArray" || t == "JValue" || t == "JToken" {
		if made, err := liquid.ReadJSON([]byte(s), false); err == nil {
			return made
		}
	}
	return s
}
