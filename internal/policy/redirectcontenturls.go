package policy

import (
	"bytes"
	"strings"
)

// redirectContentURLs makes the links in a body point at the gateway (in a
// response) or at the backend (in a request).
func redirectContentURLs() declaration {
	return declaration{
		element:  element{name: "redirect-content-urls"},
		sections: Inbound | Outbound,
		scopes:   everyScope,
		compile:  func(c *compiler, e *Element) Action { return &redirecting{message: c.message} },
	}
}

type redirecting struct{ message message }

func (r *redirecting) Do(x *Exchange) error {
	if x.API == nil || x.Backend.BaseURL == "" {
		return nil
	}
	backend := strings.TrimSuffix(x.Backend.BaseURL, "/")
	gateway := x.Request.Scheme + "://" + x.Request.Host
	if suffix := strings.Trim(x.API.Path, "/"); suffix != "" {
		gateway += "/" + suffix
	}
	from, to := backend, gateway
	if r.message == theRequest {
		from, to = gateway, backend
	}
	if location := x.Response.Headers.Get("Location"); r.message == theResponse && strings.HasPrefix(location, from) && endsURL(location[len(from):]) {
		x.Response.Headers.Set("Location", to+location[len(from):])
	}
	if t := mediaType(*r.message.headers(x)); !strings.HasPrefix(t, "text/") && !isJSON(*r.message.headers(x)) && !isXML(*r.message.headers(x)) && t != "" {
		return nil // such as an image
	}
	body, err := r.message.bytes(x)
	if err != nil {
		return err
	}
	out := replaceURLs(body, from, to)
	// JSON may have its slashes escaped.
	out = replaceURLs(out, strings.ReplaceAll(from, "/", `\/`), strings.ReplaceAll(to, "/", `\/`))
	if len(out) > MaxBuffered {
		return ErrBodyTooLarge
	}
	if !bytes.Equal(out, body) {
		r.message.setBody(x, out)
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
