package scoring

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"portico/internal/fault"
	"portico/internal/scoring/jsonwire"
	"portico/internal/webservice"
)

// class is the outer code and message of an error (azureml.md 1.6).
type class struct {
	status  int
	code    string
	message string
}

// The classes that can arise here. The last four are ours: the documented list has none for them.
var (
	badArgument        = class{http.StatusBadRequest, "BadArgument", "Invalid argument provided."}
	badUserArgument    = class{http.StatusBadRequest, "BadUserArgument", "Invalid user argument provided."}
	invalidOperation   = class{http.StatusBadRequest, "InvalidOperation", "The request is invalid in the current context."}
	libraryError       = class{http.StatusBadRequest, "LibraryExecutionError", "Module execution encountered an internal library error."}
	moduleError        = class{http.StatusBadRequest, "ModuleExecutionError", "Module execution encountered an error."}
	unauthorized       = class{http.StatusUnauthorized, "Unauthorized", "Request is unauthorized to access resource."}
	notFound           = class{http.StatusNotFound, "NotFound", "Resource not found."}
	requestTimeout     = class{http.StatusRequestTimeout, "RequestTimeout", "The operation could not be completed within the permitted time."}
	conflict           = class{http.StatusConflict, "Conflict", "Resource already exists."}
	memoryViolation    = class{http.StatusRequestEntityTooLarge, "MemoryQuotaViolation", "The model had exceeded the memory quota assigned to it."}
	internalError      = class{http.StatusInternalServerError, "InternalError", "Execution encountered an internal error."}
	serviceUnavailable = class{http.StatusServiceUnavailable, "ServiceUnavailable", "Service is temporarily unavailable."}
	bodyTooLarge       = class{http.StatusRequestEntityTooLarge, "BadArgument", "Invalid argument provided."}
	forbidden          = class{http.StatusForbidden, "Forbidden", "The credentials do not allow this."}
	methodNotAllowed   = class{http.StatusMethodNotAllowed, "MethodNotAllowed", "The method is not offered here."}
	notImplemented     = class{http.StatusNotImplemented, "NotImplemented", "This is not offered yet."}
)

// details are the documented codes of causes that arise here, and ours of the
// endpoint rules, with the class of each.
var details = map[string]class{
	"BadParameterValue":                             badArgument,
	"BadSubscriptionId":                             badArgument,
	"BadVersionCall":                                badArgument,
	"BatchJobInputsNotSpecified":                    badArgument,
	"BatchJobInputsTooManySpecified":                badArgument,
	"BlobNameTooLong":                               badArgument,
	"BlobNotFound":                                  badArgument,
	"ContainerSegmentInvalid":                       badArgument,
	"DuplicateInputInBatchCall":                     badArgument,
	"InputBlobRelativeLocationInvalid":              badArgument,
	"InvalidBlob":                                   badArgument,
	"InvalidBlobConnectionString":                   badArgument,
	"InvalidBlobExtension":                          badArgument,
	"InvalidOutputOverrideName":                     badArgument,
	"MissingInputBlobInformation":                   badArgument,
	"MissingJobId":                                  badArgument,
	"InvalidInputNames":                             badArgument,
	"InvalidQueryParameter":                         badArgument,
	"MissingRequestInput":                           badArgument,
	"MissingWebServiceId":                           badArgument,
	"MissingWorkspaceId":                            badArgument,
	"RequestBodyInvalid":                            badArgument,
	"WebServiceIdInvalid":                           badArgument,
	"WebServiceTooManyConcurrentRequestRequirement": badArgument,

	"InputMismatchError":              badUserArgument,
	"InputParseError":                 badUserArgument,
	"MissingRequiredGlobalParameters": badUserArgument,
	"UnexpectedParameter":             badUserArgument,
	"UserParameterInvalid":            badUserArgument,

	"CannotStartJob":           invalidOperation,
	"IncompatibleModel":        invalidOperation,
	"MultipleInputsNotAllowed": invalidOperation,
	"DefaultEndpointInUse":     invalidOperation,
	"DefaultEndpointUpdate":    invalidOperation,
	"EndpointUpdatePrevented":  invalidOperation,
	"NoUpdatableResources":     invalidOperation,

	"ManagementRequestUnauthorized": unauthorized,
	"ScoreRequestUnauthorized":      unauthorized,

	"EndpointNotFound":                notFound,
	"JobNotFound":                     notFound,
	"WebServiceIdNotFoundInWorkspace": notFound,
	"WebServiceNotFound":              notFound,
	"WorkspaceNotFound":               notFound,

	"RequestCanceled":          requestTimeout,
	"ScoreRequestTimeout":      requestTimeout,
	"OutOfMemoryLimit":         memoryViolation,
	"ModuleExecutionFailed":    internalError,
	"UnknownError":             internalError,
	"WebServicePackageInvalid": internalError,
	"RequestThrottled":         serviceUnavailable,
}

// kinds are the class and the cause's code of a fault that names no cause of its own.
var kinds = map[fault.Kind]struct {
	class class
	code  string
}{
	fault.Invalid:       {badArgument, "RequestBodyInvalid"},
	fault.Unauthorized:  {unauthorized, "ManagementRequestUnauthorized"},
	fault.Forbidden:     {forbidden, "ManagementRequestUnauthorized"},
	fault.NotFound:      {notFound, "ResourceNotFound"},
	fault.NotAllowed:    {methodNotAllowed, "MethodNotAllowed"},
	fault.Conflict:      {conflict, "Conflict"},
	fault.TooLarge:      {bodyTooLarge, "RequestBodyInvalid"},
	fault.Unsupported:   {notImplemented, "NotOffered"},
	fault.Cancelled:     {requestTimeout, "RequestCanceled"},
	fault.Unavailable:   {serviceUnavailable, "NoMoreResources"},
	fault.StorageFailed: {serviceUnavailable, "NoMoreResources"},
}

// failure is an error as the wire shows it.
type failure struct {
	class
	causes []cause
}

// cause is an element of details.
type cause struct{ code, target, message string }

// failureOf gives the wire's form of an error, and whether it is one that only the log may have in full.
func failureOf(err error) (_ failure, internal bool) {
	var m *webservice.ModuleFailure
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return failure{requestTimeout, []cause{{code: "ScoreRequestTimeout", message: "Execution request timed out."}}}, false
	case errors.Is(err, context.Canceled):
		return failure{requestTimeout, []cause{{code: "RequestCanceled", message: "Request was canceled by the client."}}}, false
	case errors.As(err, &m):
		return moduleFailure(m)
	}
	f := fault.As(err)
	if f.Kind == fault.Internal && f.Code == "" {
		return failure{internalError, []cause{{code: "UnknownError", message: "Unknown error. The server's log has it under this request's id."}}}, true
	}
	out := failure{causes: []cause{{code: f.Code, message: f.Message}}}
	if known, ok := details[f.Code]; ok {
		out.class = known
	} else {
		by, ok := kinds[f.Kind]
		if !ok {
			by.class, by.code = internalError, "UnknownError"
		}
		out.class = by.class
		if f.Code == "" {
			out.causes[0].code = by.code
		}
	}
	for _, p := range f.Problems {
		out.causes = append(out.causes, cause{p.Code, p.Target, p.Message})
	}
	return out, f.Kind == fault.StorageFailed
}

// moduleFailure names the module, and the documented error where it is one.
func moduleFailure(m *webservice.ModuleFailure) (_ failure, internal bool) {
	switch m.Code {
	case "":
		return failure{internalError, []cause{{"ModuleExecutionFailed", m.Module, "The module failed. The server's log has the reason under this request's id."}}}, true
	case "1000":
		return failure{libraryError, []cause{{m.Code, m.Module, "Error 1000: " + m.Message}}}, false
	}
	return failure{moduleError, []cause{{m.Code, m.Module, "Error " + m.Code + ": " + m.Message}}}, false
}

// append appends the error's JSON: {"error":{"code","message","details":[{"code","message"}]}}.
func (f failure) append(dst []byte) []byte {
	dst = append(dst, `{"error":{"code":`...)
	dst = jsonwire.AppendString(dst, f.code)
	dst = append(dst, `,"message":`...)
	dst = jsonwire.AppendString(dst, f.message)
	dst = append(dst, `,"details":[`...)
	for i, c := range f.causes {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, `{"code":`...)
		dst = jsonwire.AppendString(dst, c.code)
		if c.target != "" {
			dst = append(dst, `,"target":`...)
			dst = jsonwire.AppendString(dst, c.target)
		}
		dst = append(dst, `,"message":`...)
		dst = jsonwire.AppendString(dst, c.message)
		dst = append(dst, '}')
	}
	return append(dst, "]}}"...)
}

// The errors of a request, in the documented words and with what was found.

func bodyInvalid(format string, args ...any) error {
	return fault.Coded(fault.Invalid, "RequestBodyInvalid", "No request body provided or error in deserializing the request body. %s", fmt.Sprintf(format, args...))
}

func inputMismatch(format string, args ...any) error {
	return fault.Coded(fault.Invalid, "InputMismatchError", "Input data does not match input port schema. %s", fmt.Sprintf(format, args...))
}

func inputUnreadable(format string, args ...any) error {
	return fault.Coded(fault.Invalid, "InputParseError",
		"Parsing of input vector failed. Verify the input vector has the correct number of columns and data types. Additional details: %s.", fmt.Sprintf(format, args...))
}

func badQuery(name, format string, args ...any) error {
	return fault.Coded(fault.Invalid, "InvalidQueryParameter", "Invalid query parameter '%s'. %s", name, fmt.Sprintf(format, args...))
}
