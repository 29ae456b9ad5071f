package catalog

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"portico/internal/fault"
)

// Codes and texts of the management API that validation uses.
const (
	CodeValidation   = "ValidationError"
	incorrectMessage = "One or more fields contain incorrect values:"
)

// Incorrect is an error without problems, to which checks add theirs; its
// OrNil is what a validator returns.
func Incorrect() *fault.Error {
	return fault.Coded(fault.Invalid, CodeValidation, incorrectMessage)
}

// Longest names, in characters.
const (
	MaxName          = 256
	MaxOperationName = 80
	maxDisplayName   = 300
	maxDescription   = 1000 // of operations, products and groups; an API's has no limit of its own
	maxServiceURL    = 2000
	maxPath          = 400
	maxURLTemplate   = 1000
)

// CheckName checks a resource's name, the last segment of its id: 1 to limit
// characters that no path and no ARM id gives a meaning of its own.
func CheckName(target, name string, limit int) error {
	bad := Incorrect()
	switch n := utf8.RuneCountInString(name); {
	case n < 1 || n > limit:
		bad.With(CodeValidation, target, "The name must be 1 to %d characters long and has %d.", limit, n)
	case strings.ContainsAny(name, `*#&+:<>?/\%;`) || strings.ContainsFunc(name, unicode.IsControl):
		bad.With(CodeValidation, target, `The name %q holds a character that a name cannot have: none of * # & + : < > ? / \ %% ; and no control characters.`, name)
	case strings.TrimSpace(name) != name || name == "." || name == "..":
		bad.With(CodeValidation, target, "The name %q begins or ends with a space, or is only dots.", name)
	}
	return bad.OrNil()
}

// checkLength checks a text of min to limit characters.
func checkLength(bad *fault.Error, target, text string, min, limit int) {
	if n := utf8.RuneCountInString(text); n < min || n > limit {
		bad.With(CodeValidation, target, "%s must be %d to %d characters long and has %d.", target, min, limit, n)
	}
}

// checkChoice makes *value the allowed word that it is in any case, or def where it is empty.
func checkChoice(bad *fault.Error, target string, value *string, def string, allowed ...string) {
	if *value == "" {
		*value = def
		return
	}
	for _, a := range allowed {
		if strings.EqualFold(a, *value) {
			*value = a
			return
		}
	}
	bad.With(CodeValidation, target, "%q is not a value of %s: use %s.", *value, target, alternatives(allowed))
}

// alternatives writes words as "a, b or c".
func alternatives(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// checkURL checks an absolute http or https URL to which a path can be appended.
func checkURL(bad *fault.Error, target, text string) {
	if text == "" {
		return
	}
	checkLength(bad, target, text, 1, maxServiceURL)
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "" || u.Opaque != "":
		bad.With(CodeValidation, target, "%q is not an absolute URL such as https://example.com/service.", text)
	case u.Scheme != "http" && u.Scheme != "https":
		bad.With(CodeValidation, target, "The scheme of %q must be http or https.", text)
	case u.User != nil:
		bad.With(CodeValidation, target, "The URL must not hold a user name or password: set credentials in a policy.")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		bad.With(CodeValidation, target, "%q must end with its path: the operations' paths are appended to it.", text)
	}
}

// checkAddress checks an absolute http or https URL of any form, which people follow.
func checkAddress(bad *fault.Error, target, text string) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		bad.With(CodeValidation, target, "%q is not an absolute URL such as https://example.com/.", text)
	}
}

// checkObject checks a member that is kept as it was sent, which must be an object.
func checkObject(bad *fault.Error, target string, raw json.RawMessage) {
	if len(raw) == 0 || string(raw) == "null" {
		return
	}
	if raw[0] != '{' {
		bad.With(CodeValidation, target, "%s must be an object.", target)
	}
}

// isToken tells whether s is an HTTP token (RFC 9110, 5.6.2): a method or a header's name.
func isToken(s string) bool {
	for _, c := range []byte(s) {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9') && !strings.ContainsRune("!#$%&'*+-.^_`|~", rune(c)) {
			return false
		}
	}
	return s != ""
}

// unsupported adds the problem of something that the contract has and Portico does not offer.
func unsupported(bad *fault.Error, target, format string, args ...any) {
	bad.With("NotSupported", target, "%s", fmt.Sprintf(format, args...))
}
