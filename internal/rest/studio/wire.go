package studio

import (
	"net/http"
	"net/url"
	"strconv"

	"portico/internal/fault"
	"portico/internal/rest"
)

// wire writes errors in the form that clients of the classic services parse:
// {"error": {"code", "message", "details"}}, with at least one detail (azureml.md 1.6).
type wire struct{}

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
	Target  string `json:"target,omitempty"` // the node or member at fault
	Message string `json:"message"`
}

// WriteError implements rest.Wire.
func (wire) WriteError(w http.ResponseWriter, _ *http.Request, err *fault.Error) {
	class := classOf(err.Kind)
	content := errorContent{Code: class, Message: err.Message}
	if err.Kind == fault.Internal {
		content.Message = "The server failed to answer. Its log says why, under the id of the header " + rest.RequestIDHeader + "."
	}
	for _, p := range err.Problems {
		d := errorDetail(p)
		if d.Code == "" {
			d.Code = class
		}
		content.Details = append(content.Details, d)
	}
	if len(content.Details) == 0 {
		d := errorDetail{Code: err.Code, Message: content.Message}
		if d.Code == "" {
			d.Code = class
		}
		content.Details = []errorDetail{d}
	}
	if err.Kind == fault.Unauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="portico"`)
	}
	_ = rest.WriteJSON(w, rest.Status(err.Kind), errorBody{content}) // strings always marshal
}

// classOf is the outer code. The classic's documented ones come first; it has none for the others.
func classOf(k fault.Kind) string {
	switch k {
	case fault.Invalid:
		return "BadArgument"
	case fault.Unauthorized:
		return "Unauthorized"
	case fault.NotFound:
		return "NotFound"
	case fault.Conflict:
		return "Conflict"
	case fault.Cancelled:
		return "RequestTimeout"
	case fault.Unavailable:
		return "ServiceUnavailable"
	case fault.Forbidden:
		return "Forbidden"
	case fault.NotAllowed:
		return "MethodNotAllowed"
	case fault.StaleETag:
		return "PreconditionFailed"
	case fault.TooLarge:
		return "RequestEntityTooLarge"
	case fault.Unsupported:
		return "NotSupported"
	case fault.Throttled:
		return "TooManyRequests"
	case fault.StorageFailed:
		return "InsufficientStorage"
	}
	return "InternalError"
}

// flag reads a query parameter that is true or false, in any case; absent is false.
func flag(query url.Values, name string) (bool, error) {
	text := query.Get(name)
	if text == "" {
		return false, nil
	}
	value, err := strconv.ParseBool(text)
	if err != nil {
		return false, fault.Coded(fault.Invalid, "InvalidQueryParameter", "Invalid query parameter '%s'. It must be true or false and is %q.", name, text)
	}
	return value, nil
}

// number reads a query parameter that is a whole number from least to most; absent is otherwise.
func number(query url.Values, name string, least, most, otherwise int) (int, error) {
	text := query.Get(name)
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		return 0, fault.Coded(fault.Invalid, "InvalidQueryParameter", "Invalid query parameter '%s'. It must be a whole number from %d to %d and is %q.", name, least, most, text)
	}
	return n, nil
}
