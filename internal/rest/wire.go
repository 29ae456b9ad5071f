package rest

import (
	"net/http"

	"portico/internal/fault"
)

// JSONErrors is the Wire of our JSON APIs that have no contract of their own for
// errors: ARM's form (apim.md 4.1).
type JSONErrors struct{}

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
func (JSONErrors) WriteError(w http.ResponseWriter, _ *http.Request, err *fault.Error) {
	status := Status(err.Kind)
	if status == http.StatusNotModified {
		w.WriteHeader(status)
		return
	}
	content := errorContent{Code: err.Code, Message: err.Message}
	if content.Code == "" {
		content.Code = codeOf(err.Kind)
	}
	if err.Kind == fault.Internal {
		content.Message = "The server failed to answer. Its log says why, under the id of the header " + RequestIDHeader + "."
	}
	for _, p := range err.Problems {
		content.Details = append(content.Details, errorDetail(p))
	}
	if status == http.StatusUnauthorized && w.Header().Get("WWW-Authenticate") == "" {
		w.Header().Set("WWW-Authenticate", `Bearer realm="portico"`)
	}
	_ = WriteJSON(w, status, errorBody{content}) // strings always marshal
}

func codeOf(k fault.Kind) string {
	switch k {
	case fault.Invalid:
		return CodeValidation
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
