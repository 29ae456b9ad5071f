package arm

import (
	"net/http"
	"strings"

	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/record"
)

// quote is the form of an ETag in a header.
func quote(etag string) string { return `"` + etag + `"` }

// names tells whether a list of entity tags, or *, names a record's version. A
// tag may be weak, or without its quotes.
func names(list, etag string) bool {
	for tag := range strings.SplitSeq(list, ",") {
		tag = strings.TrimPrefix(strings.TrimSpace(tag), "W/")
		if tag == "*" || strings.Trim(tag, `"`) == etag {
			return true
		}
	}
	return false
}

// requireIfMatch refuses a change of something that exists without the version that is meant.
func requireIfMatch(r *http.Request) error {
	if r.Header.Get("If-Match") != "" {
		return nil
	}
	return catalog.Incorrect().With(catalog.CodeValidation, "If-Match", "The header If-Match is required: give the ETag of the version that you mean, or * for any.")
}

// checkConditions holds a change's If-Match and If-None-Match against what is
// stored, or nil. If-Match: * creates what is not there, as the SDKs expect of PUT.
func checkConditions(r *http.Request, current *record.Record) error {
	match, none := r.Header.Get("If-Match"), r.Header.Get("If-None-Match")
	switch {
	case current == nil && match != "" && strings.TrimSpace(match) != "*":
		return fault.New(fault.StaleETag, "The resource does not exist, so it has no version %s: leave If-Match out to create it.", match)
	case current != nil && match != "" && !names(match, current.ETag):
		return fault.New(fault.StaleETag, "The resource was changed since you read it: read it again for its ETag, then repeat the change.")
	case current != nil && none != "" && names(none, current.ETag):
		return fault.New(fault.StaleETag, "The resource exists already.")
	}
	return nil
}
