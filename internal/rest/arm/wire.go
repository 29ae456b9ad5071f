package arm

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/rest"
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

// Wire writes errors as ARM does (apim.md 4.1).
type Wire struct{}

// errorBody is ErrorResponse: {"error": {"code", "message", "details"}}.
type errorBody struct {
	Error errorContent `json:"error"`
}

type errorContent struct {
	Code    string        `json:"code"`
	Message string        `json:"message"`
	Details []errorDetail `json:"details"`
}

type errorDetail struct {
	Code    string `json:"code"`
	Target  string `json:"target"`
	Message string `json:"message"`
}

// WriteError implements rest.Wire.
func (Wire) WriteError(w http.ResponseWriter, _ *http.Request, err *fault.Error) {
	status := rest.Status(err.Kind)
	if status == http.StatusNotModified {
		w.WriteHeader(status)
		return
	}
	content := errorContent{Code: err.Code, Message: err.Message}
	if content.Code == "" {
		content.Code = codeOf(err.Kind)
	}
	if err.Kind == fault.Internal {
		content.Message = "The server failed to answer. Its log says why, under the id of the header " + rest.RequestIDHeader + "."
	}
	for _, p := range err.Problems {
		content.Details = append(content.Details, errorDetail(p))
	}
	if status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="portico"`)
	}
	_ = rest.WriteJSON(w, status, errorBody{content}) // strings always marshal
}

func codeOf(k fault.Kind) string {
	switch k {
	case fault.Invalid:
		return catalog.CodeValidation
	case fault.Unauthorized:
		return "AuthenticationFailed"
	case fault.Forbidden:
		return "AuthorizationFailed"
	case fault.NotFound:
		return "ResourceNotFound"
	case fault.NotAllowed:
		return "MethodNotAllowed"
	case fault.Conflict:
		return "Conflict"
	case fault.StaleETag:
		return "PreconditionFailed"
	case fault.TooLarge:
		return "RequestEntityTooLarge"
	case fault.Unsupported:
		return "NotSupported"
	case fault.Throttled:
		return "TooManyRequests"
	case fault.Unavailable:
		return "ServiceUnavailable"
	case fault.Cancelled:
		return "RequestTimeout"
	case fault.StorageFailed:
		return "InsufficientStorage"
	}
	return "InternalServerError"
}
