// Package rest is the mechanism of our own HTTP APIs: one route table per
// wire, with the permission beside the path, and one place in which an error
// becomes that wire's answer.
package rest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/policy"
	"portico/internal/record"
)

// RequestIDHeader names the header that carries a request's id back to the
// client; the log has the same id.
const RequestIDHeader = "X-Ms-Request-Id"

// Handler answers one route. What it returns is rendered by the Wire; it must
// not have written before, else the connection is cut.
type Handler func(w http.ResponseWriter, r *http.Request, who access.Principal) error

// Route is one row of a route table.
type Route struct {
	// Method is the HTTP method. A GET row answers HEAD too, unless there is a HEAD row.
	Method string
	// Pattern is a path of fixed segments, which compare without regard to case,
	// {name} for any one segment, and {name...} at the end for all that is left,
	// nothing too. Handlers read names with Request.PathValue.
	Pattern    string
	Permission access.Permission
	Handle     Handler
	// MaxBody limits the request's body in bytes: 0 is the API's own limit, -1 is none.
	MaxBody int64
}

// Authenticator finds out who sent a request. It returns the zero Principal for
// nobody, and an error (fault.Unauthorized, fault.Forbidden) only for
// credentials that are wrong.
type Authenticator func(r *http.Request) (access.Principal, error)

// Wire is what differs between the APIs: the shape of an error.
type Wire interface {
	// WriteError sends err in the wire's own form, and nothing of an internal
	// failure but that it happened. It does not log: this package does.
	WriteError(w http.ResponseWriter, r *http.Request, err *fault.Error)
}

// API is one of our HTTP APIs.
type API struct {
	Routes       []Route
	Authenticate Authenticator
	Wire         Wire
	MaxBody      int64 // bytes, for the routes that set no limit of their own
	Log          *slog.Logger
}

// Handler serves the API. It panics where two routes are the same, as
// http.ServeMux does.
func (a API) Handler() http.Handler {
	h := &handler{API: a}
	for i := range a.Routes {
		h.root.add(&a.Routes[i])
	}
	return h
}

type handler struct {
	API
	root node
}

type requestIDKey struct{}

// RequestID is the id of the request that ctx belongs to, or "".
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

// ServeHTTP answers one request: whatever goes wrong on the way is rendered here, once.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := policy.NewRequestID()
	w.Header().Set(RequestIDHeader, id)
	setSafeHeaders(w.Header())
	r = r.WithContext(context.WithValue(r.Context(), requestIDKey{}, id))
	out := &response{ResponseWriter: w}
	if err := h.answer(out, r); err != nil {
		h.fail(out, r, err)
	}
}

// setSafeHeaders keeps browsers from showing or keeping what is for programs.
// Handlers that answer with pages, or with what may be kept, set others.
func setSafeHeaders(h http.Header) {
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
}

// answer is the way of a request: match, authenticate, authorise, limit, call.
func (h *handler) answer(w *response, r *http.Request) (err error) {
	defer func() {
		if p := recover(); p != nil && p != http.ErrAbortHandler {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		} else if p != nil {
			panic(p)
		}
	}()
	route, err := h.match(w, r)
	if err != nil {
		return err
	}
	who, err := h.identify(r, route.Permission)
	if err != nil {
		return err
	}
	r = r.WithContext(record.WithActor(r.Context(), actor(r, who)))
	limit := route.MaxBody
	if limit == 0 {
		limit = h.MaxBody
	}
	if limit > 0 && r.Body != nil {
		r.Body = http.MaxBytesReader(w.ResponseWriter, r.Body, limit) // it closes the connection of one who sends more
	}
	return route.Handle(w, r, who)
}

// actor is who makes what the request changes.
func actor(r *http.Request, who access.Principal) record.Actor {
	address, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		address = r.RemoteAddr
	}
	if !who.Known() {
		who.Name = "nobody"
	}
	return record.Actor{Name: who.Name, Address: address, RequestID: RequestID(r.Context())}
}

// identify gives the caller, and refuses one who may not. Where anyone may
// call, wrong credentials make the caller nobody.
func (h *handler) identify(r *http.Request, need access.Permission) (access.Principal, error) {
	who, err := h.Authenticate(r)
	switch {
	case need == access.Anyone && err != nil:
		return access.Principal{}, nil
	case err != nil:
		return who, err
	case access.May(who, need):
		return who, nil
	case !who.Known():
		return who, fault.New(fault.Unauthorized, "This needs credentials and the request has none: send an access token as Authorization: Bearer, or sign in.")
	default:
		return who, fault.New(fault.Forbidden, "%s may not do this: it needs the permission %s.", who.Name, need)
	}
}

// fail logs what only we should see and has the wire render the rest.
func (h *handler) fail(w *response, r *http.Request, err error) {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		err = TooLarge(tooLarge.Limit)
	}
	f := fault.As(err)
	switch f.Kind {
	case fault.Internal, fault.StorageFailed, fault.Unavailable:
		h.Log.ErrorContext(r.Context(), "request failed", "requestId", RequestID(r.Context()),
			"method", r.Method, "path", r.URL.Path, "error", err)
	}
	if w.written {
		panic(http.ErrAbortHandler) // a half-written answer must not look whole
	}
	h.Wire.WriteError(w, r, f)
}

// TooLarge is the refusal of a body of more than limit bytes.
func TooLarge(limit int64) error {
	return fault.New(fault.TooLarge, "The request's body is larger than the limit of %d bytes.", limit)
}

// Status is the HTTP status of a kind of failure.
func Status(k fault.Kind) int {
	switch k {
	case fault.Invalid, fault.Unsupported:
		return http.StatusBadRequest
	case fault.Unauthorized:
		return http.StatusUnauthorized
	case fault.Forbidden:
		return http.StatusForbidden
	case fault.NotFound:
		return http.StatusNotFound
	case fault.NotAllowed:
		return http.StatusMethodNotAllowed
	case fault.Conflict:
		return http.StatusConflict
	case fault.StaleETag:
		return http.StatusPreconditionFailed
	case fault.TooLarge:
		return http.StatusRequestEntityTooLarge
	case fault.Throttled:
		return http.StatusTooManyRequests
	case fault.Unavailable:
		return http.StatusServiceUnavailable
	case fault.Cancelled:
		return http.StatusRequestTimeout
	case fault.NotModified:
		return http.StatusNotModified
	case fault.StorageFailed:
		return http.StatusInsufficientStorage
	}
	return http.StatusInternalServerError
}

// response remembers whether the answer has begun.
type response struct {
	http.ResponseWriter
	written bool
}

func (w *response) WriteHeader(status int) {
	w.written = w.written || status >= 200
	w.ResponseWriter.WriteHeader(status)
}

func (w *response) Write(b []byte) (int, error) {
	w.written = true
	return w.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *response) Unwrap() http.ResponseWriter { return w.ResponseWriter }
