package scoring

import (
	"net/url"
	"strings"

	"portico/internal/fault"
)

// target is what a path of a service names (azureml.md 1.1, 1.7, 2.1):
// /workspaces/{workspace}/services/{service}/{rest}, or
// /subscriptions/{subscription}/services/{service}/{rest} of services deployed by ARM.
type target struct {
	workspace    string
	subscription string
	newStyle     bool // of ARM: subscription counts
	service      string
	rest         string // without its query, lower case: "execute", "jobs/{id}/start"
}

// parseTarget reads an escaped path. Segments that do not vary compare without regard to case.
func parseTarget(path string) (target, bool) {
	var t target
	kind, rest := segment(path)
	scope, rest := segment(rest)
	services, rest := segment(rest)
	t.service, rest = segment(rest)
	switch {
	case !strings.EqualFold(services, "services"):
		return t, false
	case strings.EqualFold(kind, "workspaces"):
		t.workspace = scope
	case strings.EqualFold(kind, "subscriptions"):
		t.subscription, t.newStyle = scope, true
	default:
		return t, false
	}
	t.rest = strings.TrimSuffix(strings.TrimPrefix(rest, "/"), "/")
	for i := range len(t.rest) {
		if c := t.rest[i]; 'A' <= c && c <= 'Z' {
			t.rest = strings.ToLower(t.rest)
			break
		}
	}
	return t, true
}

// segment cuts the first segment off a path.
func segment(path string) (first, rest string) {
	path = strings.TrimPrefix(path, "/")
	if i := strings.IndexByte(path, '/'); i >= 0 {
		return path[:i], path[i:]
	}
	return path, ""
}

// isCall tells whether the path is one that applications call with a key.
func (t *target) isCall() bool { return t.rest == "execute" || t.rest == "score" || t.isBatch() }

// isBatch tells whether the path is one of batch execution.
func (t *target) isBatch() bool { return t.rest == "jobs" || strings.HasPrefix(t.rest, "jobs/") }

// job gives the job's id in a path of batch execution, "" for none, and what comes behind it.
func (t *target) job() (id, rest string) {
	id, rest, _ = strings.Cut(strings.TrimPrefix(strings.TrimPrefix(t.rest, "jobs"), "/"), "/")
	return id, rest
}

// operation names what a path calls, without the id in it.
func (t *target) operation() string {
	if id, rest := t.job(); t.isBatch() && id != "" {
		return strings.TrimSuffix("jobs/{jobid}/"+rest, "/")
	}
	return t.rest
}

// options are the query parameters of a call. Those that are not known are ignored.
type options struct {
	version string
	details bool
	swagger bool
}

// parseOptions reads a query; names compare without regard to case, and the first of a name counts.
func parseOptions(query string) (options, error) {
	var o options
	var seen struct{ version, details, format bool }
	for query != "" {
		var pair string
		pair, query, _ = strings.Cut(query, "&")
		name, value, _ := strings.Cut(pair, "=")
		var err error
		switch {
		case strings.EqualFold(name, "api-version") && !seen.version:
			seen.version = true
			o.version, err = unescape("api-version", value)
		case strings.EqualFold(name, "details") && !seen.details:
			seen.details = true
			o.details, err = parseDetails(value)
		case strings.EqualFold(name, "format") && !seen.format:
			seen.format = true
			o.swagger, err = parseFormat(value)
		}
		if err != nil {
			return o, err
		}
	}
	if o.version != apiVersion {
		return o, fault.Coded(fault.Invalid, "BadVersionCall",
			"Invalid version parameter was passed during the API call: %s. Check the API help page for passing the correct version and try again.", shorten(o.version))
	}
	return o, nil
}

// apiVersion is the one that execute and jobs take.
const apiVersion = "2.0"

func unescape(name, value string) (string, error) {
	s, err := url.QueryUnescape(value)
	if err != nil {
		return "", badQuery(name, "It holds a percent sign that does not begin an escape.")
	}
	return s, nil
}

func parseDetails(value string) (bool, error) {
	value, err := unescape("details", value)
	switch {
	case err != nil:
		return false, err
	case strings.EqualFold(value, "true"):
		return true, nil
	case value == "" || strings.EqualFold(value, "false"):
		return false, nil
	}
	return false, badQuery("details", "It must be true or false, and is %q.", shorten(value))
}

func parseFormat(value string) (bool, error) {
	value, err := unescape("format", value)
	switch {
	case err != nil:
		return false, err
	case strings.EqualFold(value, "swagger"):
		return true, nil
	case value == "":
		return false, nil
	}
	return false, badQuery("format", "It must be swagger or absent, and is %q.", shorten(value))
}

// bearer gives the key of an Authorization header: "Bearer", in any case, and the key after any number of blanks.
func bearer(header string) string {
	header = strings.TrimSpace(header)
	const scheme = "bearer"
	if len(header) <= len(scheme) || !strings.EqualFold(header[:len(scheme)], scheme) {
		return ""
	}
	rest := header[len(scheme):]
	key := strings.TrimLeft(rest, " \t")
	if len(key) == len(rest) {
		return ""
	}
	return key
}
