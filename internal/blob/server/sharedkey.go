package server

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"

	"portico/internal/fault"
)

// maxSkew is how far a SharedKey request's date may be from ours.
const maxSkew = 15 * time.Minute

// emptyLengthSince is the version from which a length of zero is signed as an empty line.
const emptyLengthSince = "2015-02-21"

// authenticateSharedKey checks "Authorization: SharedKey ACCOUNT:SIGNATURE", or SharedKeyLite.
func (s *Server) authenticateSharedKey(c *call, authorization string) error {
	scheme, rest, _ := strings.Cut(authorization, " ")
	accountName, signature, ok := strings.Cut(strings.TrimSpace(rest), ":")
	var strs []string
	switch {
	case strings.EqualFold(scheme, "Bearer"):
		return fault.Coded(fault.Unauthorized, "InvalidAuthenticationInfo", "Server failed to authenticate the request: bearer tokens are not offered. Use the account's key or a shared access signature.")
	case !ok:
		return fault.Coded(fault.Invalid, "InvalidAuthenticationInfo", "Authentication information is not given in the correct format. Check the value of Authorization header.")
	case scheme == "SharedKey":
		strs = stringsToSign(c, accountName, sharedKeyLines(c.r, c.version))
	case scheme == "SharedKeyLite":
		strs = stringsToSign(c, accountName, sharedKeyLiteLines(c.r))
	default:
		return fault.Coded(fault.Invalid, "InvalidAuthenticationInfo", "Authentication information is not given in the correct format: the scheme %q is not known.", scheme)
	}
	if accountName != s.credential.account {
		return authenticationFailed("The account %q of the Authorization header is not the one of the request's URL.", accountName)
	}
	if err := checkSkew(c.r.Header, time.Now()); err != nil {
		return err
	}
	for _, str := range strs {
		if s.credential.signed(str, signature) {
			return nil
		}
	}
	return authenticationFailed("The MAC signature found in the HTTP request '%s' is not the same as any computed signature. Server used following string to sign: '%s'.", signature, strs[0])
}

func authenticationFailed(detail string, args ...any) error {
	return fault.Coded(fault.Forbidden, "AuthenticationFailed",
		"Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature.").
		With("", "AuthenticationErrorDetail", detail, args...)
}

// checkSkew holds a request's date against the clock.
func checkSkew(h http.Header, now time.Time) error {
	date := cmp.Or(h.Get("x-ms-date"), h.Get("Date"))
	at, err := http.ParseTime(date)
	if err != nil {
		return authenticationFailed("The Date header in the request is incorrect.")
	}
	if skew := now.Sub(at).Abs(); skew > maxSkew {
		return authenticationFailed("Request date header too old: '%s'. It is more than 15 minutes away from the server's clock, %s.", date, now.UTC().Format(timeFormat))
	}
	return nil
}

// sharedKeyLines are the fixed lines of SharedKey's string-to-sign.
func sharedKeyLines(r *http.Request, version string) []string {
	h := r.Header
	length := h.Get("Content-Length")
	if length == "0" && version >= emptyLengthSince {
		length = ""
	}
	return []string{r.Method, h.Get("Content-Encoding"), h.Get("Content-Language"), length, h.Get("Content-MD5"), h.Get("Content-Type"), signedDate(h),
		h.Get("If-Modified-Since"), h.Get("If-Match"), h.Get("If-None-Match"), h.Get("If-Unmodified-Since"), h.Get("Range")}
}

// sharedKeyLiteLines are those of SharedKeyLite's.
func sharedKeyLiteLines(r *http.Request) []string {
	h := r.Header
	return []string{r.Method, h.Get("Content-MD5"), h.Get("Content-Type"), signedDate(h)}
}

// signedDate is empty where x-ms-date, which is signed among the headers, takes the date's place.
func signedDate(h http.Header) string {
	if h.Get("x-ms-date") != "" {
		return ""
	}
	return h.Get("Date")
}

// stringsToSign gives the strings that a client may have signed. They differ in
// the order of the headers, where the specification ("lexicographically") and the
// clients differ: by bytes; with '_' below the digits (Python); and so, but
// with '-' not counting (Go and .NET, which sort as Windows does).
func stringsToSign(c *call, accountName string, lines []string) []string {
	resource := canonicalResource(c, accountName, len(lines) < 6)
	var all []string
	for _, key := range []func(string) string{
		func(name string) string { return name },
		func(name string) string { return strings.ReplaceAll(name, "_", "!") },
		func(name string) string { return strings.ReplaceAll(strings.ReplaceAll(name, "-", ""), "_", "!") },
	} {
		str := strings.Join(lines, "\n") + "\n" + canonicalHeaders(c.r.Header, key) + resource
		if !slices.Contains(all, str) {
			all = append(all, str)
		}
	}
	return all
}

// canonicalHeaders gives the x-ms- headers, one a line, in the order of their keys.
func canonicalHeaders(h http.Header, key func(string) string) string {
	type header struct{ key, line string }
	var headers []header
	for name, values := range h {
		name = strings.ToLower(name)
		if !strings.HasPrefix(name, "x-ms-") {
			continue
		}
		trimmed := make([]string, len(values))
		for i, v := range values {
			trimmed[i] = strings.TrimSpace(v)
		}
		headers = append(headers, header{key(name), name + ":" + strings.Join(trimmed, ",") + "\n"})
	}
	slices.SortFunc(headers, func(a, b header) int { return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.line, b.line)) })
	var s strings.Builder
	for _, h := range headers {
		s.WriteString(h.line)
	}
	return s.String()
}

// canonicalResource gives the account, the path as it was sent, and the query's
// parameters; of those SharedKeyLite signs comp only.
func canonicalResource(c *call, accountName string, lite bool) string {
	s := "/" + accountName + c.path
	if lite {
		if comp, ok := c.query["comp"]; ok {
			s += "?comp=" + comp
		}
		return s
	}
	names := make([]string, 0, len(c.query))
	for name := range c.query {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		s += "\n" + name + ":" + c.query[name]
	}
	return s
}
