package policy

import (
	"net/url"
	"slices"
	"strings"
)

// ContainsFold tells whether a name is in a list, without regard to case.
func ContainsFold(names []string, name string) bool {
	return slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) })
}

// QueryParameter gives the first value of a query parameter, decoded.
func QueryParameter(query, name string) (string, bool) {
	for pair := range strings.SplitSeq(query, "&") {
		key, value, _ := strings.Cut(pair, "=")
		if plain, err := url.QueryUnescape(key); err == nil && strings.EqualFold(plain, name) {
			value, err = url.QueryUnescape(value)
			return value, err == nil
		}
	}
	return "", false
}

// MediaType is a message's content type without its parameters, in lower case.
func MediaType(h Headers) string {
	t, _, _ := strings.Cut(h.Get("Content-Type"), ";")
	return strings.ToLower(strings.TrimSpace(t))
}

// IsJSON tells whether a message says that its body is JSON.
func IsJSON(h Headers) bool {
	t := MediaType(h)
	return t == "application/json" || t == "text/json" || strings.HasSuffix(t, "+json")
}

// IsXML tells whether a message says that its body is XML.
func IsXML(h Headers) bool {
	t := MediaType(h)
	return t == "application/xml" || t == "text/xml" || strings.HasSuffix(t, "+xml")
}
