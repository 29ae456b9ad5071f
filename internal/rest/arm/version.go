package arm

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"portico/internal/fault"
)

// versions are the api-versions that are answered, all in the shapes of the
// last: between them, nothing differs in the resources that are offered.
var versions = []string{"2021-08-01", "2022-08-01", "2023-05-01-preview", "2024-05-01"}

func checkAPIVersion(r *http.Request) error {
	query, err := queryOf(r)
	if err != nil {
		return err
	}
	version := query.Get("api-version")
	if version == "" {
		return fault.Coded(fault.Invalid, "MissingApiVersionParameter", "The api-version query parameter (?api-version=) is required for all requests. The supported versions are '%s'.", strings.Join(versions, ","))
	}
	if !slices.Contains(versions, strings.ToLower(version)) {
		return fault.Coded(fault.Invalid, "InvalidApiVersionParameter", "The api-version '%s' is invalid. The supported versions are '%s'.", version, strings.Join(versions, ","))
	}
	return nil
}

// queryOf reads the query; its names are in lower case, as they compare without regard to it.
func queryOf(r *http.Request) (url.Values, error) {
	parsed, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, fault.Coded(fault.Invalid, "InvalidQuery", "The query of the URL cannot be read: write special characters as percent escapes.")
	}
	query := make(url.Values, len(parsed))
	for name, values := range parsed {
		key := strings.ToLower(name)
		query[key] = append(query[key], values...)
	}
	return query, nil
}
