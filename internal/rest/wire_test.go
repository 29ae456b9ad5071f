package rest_test

import (
	"errors"
	"net/http/httptest"
	"testing"

	"portico/internal/fault"
	"portico/internal/rest"
)

func TestJSONErrors(t *testing.T) {
	for _, c := range []struct {
		err    *fault.Error
		status int
		body   string
	}{
		{fault.New(fault.Invalid, "m"), 400, `{"error":{"code":"ValidationError","message":"m","details":null}}`},
		{fault.Coded(fault.Invalid, "C", "m").With("D", "t", "<d>"), 400, `{"error":{"code":"C","message":"m","details":[{"code":"D","target":"t","message":"<d>"}]}}`},
		{fault.New(fault.Unauthorized, "m"), 401, `{"error":{"code":"AuthenticationFailed","message":"m","details":null}}`},
		{fault.New(fault.Forbidden, "m"), 403, `{"error":{"code":"AuthorizationFailed","message":"m","details":null}}`},
		{fault.New(fault.NotFound, "m"), 404, `{"error":{"code":"ResourceNotFound","message":"m","details":null}}`},
		{fault.New(fault.NotAllowed, "m"), 405, `{"error":{"code":"MethodNotAllowed","message":"m","details":null}}`},
		{fault.New(fault.Conflict, "m"), 409, `{"error":{"code":"Conflict","message":"m","details":null}}`},
		{fault.New(fault.StaleETag, "m"), 412, `{"error":{"code":"PreconditionFailed","message":"m","details":null}}`},
		{fault.New(fault.TooLarge, "m"), 413, `{"error":{"code":"RequestEntityTooLarge","message":"m","details":null}}`},
		{fault.New(fault.Unsupported, "m"), 400, `{"error":{"code":"NotSupported","message":"m","details":null}}`},
		{fault.New(fault.Throttled, "m"), 429, `{"error":{"code":"TooManyRequests","message":"m","details":null}}`},
		{fault.New(fault.Unavailable, "m"), 503, `{"error":{"code":"ServiceUnavailable","message":"m","details":null}}`},
		{fault.New(fault.Cancelled, "m"), 408, `{"error":{"code":"RequestTimeout","message":"m","details":null}}`},
		{fault.New(fault.StorageFailed, "m"), 507, `{"error":{"code":"InsufficientStorage","message":"m","details":null}}`},
		{fault.New(fault.NotModified, "m"), 304, ""},
		{fault.As(errors.New("internals")), 500, `{"error":{"code":"InternalServerError","message":"The server failed to answer. Its log says why, under the id of the header X-Ms-Request-Id.","details":null}}`},
	} {
		w := httptest.NewRecorder()
		rest.JSONErrors{}.WriteError(w, httptest.NewRequest("GET", "/", nil), c.err)
		if w.Code != c.status || w.Body.String() != c.body {
			t.Errorf("%v: got %d %s", c.err, w.Code, w.Body)
		}
		if challenge := w.Header().Get("WWW-Authenticate"); (challenge != "") != (c.status == 401) {
			t.Errorf("%v: challenge %q", c.err, challenge)
		}
	}
}
