package transform

import (
	"bytes"
	"strings"

	"portico/internal/policy"
	"portico/internal/policy/document"
)

// RedirectContentURLs makes the links in a body point at the gateway (in a
// response) or at the backend (in a request).
func RedirectContentURLs() policy.Declaration {
	return policy.Declaration{
		Form:     policy.Form{Name: "redirect-content-urls"},
		Sections: policy.Inbound | policy.Outbound,
		Scopes:   policy.EveryScope,
		Compile:  func(c *policy.Builder, e *document.Element) policy.Action { return &redirecting{message: c.Message} },
	}
}

type redirecting struct{ message policy.Message }

func (r *redirecting) Do(x *policy.Exchange) error {
	if x.API == nil || x.Backend.BaseURL == "" {
		return nil
	}
	backend := strings.TrimSuffix(x.Backend.BaseURL, "/")
	gateway := x.Request.Scheme + "://" + x.Request.Host
	if suffix := strings.Trim(x.API.Path, "/"); suffix != "" {
		gateway += "/" + suffix
	}
	from, to := backend, gateway
	if r.message == policy.TheRequest {
		from, to = gateway, backend
	}
	if location := x.Response.Headers.Get("Location"); r.message == policy.TheResponse && strings.HasPrefix(location, from) && endsURL(location[len(from):]) {
		x.Response.Headers.Set("Location", to+location[len(from):])
	}
	if t := policy.MediaType(*r.message.Headers(x)); !strings.HasPrefix(t, "text/") && !policy.IsJSON(*r.message.Headers(x)) && !policy.IsXML(*r.message.Headers(x)) && t != "" {
		return nil // such as an image
	}
	body, err := r.message.Bytes(x)
	if err != nil {
		return err
	}
	out := replaceURLs(body, from, to)
	// JSON may have its slashes escaped.
	out = replaceURLs(out, strings.ReplaceAll(from, "/", `\/`), strings.ReplaceAll(to, "/", `\/`))
	if len(out) > policy.MaxBuffered {
		return policy.ErrBodyTooLarge
	}
	if !bytes.Equal(out, body) {
		r.message.SetBody(x, out)
	}
	return nil
}

// replaceURLs replaces from where a URL begins with it, and not where it is part of a longer name.
func replaceURLs(body []byte, from, to string) []byte {
	if !bytes.Contains(body, []byte(from)) {
		return body
	}
	var out []byte
	for {
		i := bytes.Index(body, []byte(from))
		if i < 0 {
			return append(out, body...)
		}
		out = append(out, body[:i]...)
		body = body[i+len(from):]
		if endsURL(string(body[:min(len(body), 1)])) {
			out = append(out, to...)
		} else {
			out = append(out, from...)
		}
	}
}

// endsURL tells whether a base URL may end before rest.
func endsURL(rest string) bool {
	return rest == "" || strings.IndexByte("/?#\"'<>) \t\r\n,;\\", rest[0]) >= 0
}
