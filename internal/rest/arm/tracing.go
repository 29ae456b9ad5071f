package arm

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/record"
	"portico/internal/rest"
)

// Tracer hands out the right to trace calls, and the traces; the gateway is one.
type Tracer interface {
	// DebugCredentials gives the token with which calls of an API are traced until it expires.
	DebugCredentials(apiID string, expiresAfter time.Duration) (string, error)
	// InvalidateDebugCredentials makes the tokens void that were given out before.
	InvalidateDebugCredentials()
	// Trace gives the trace of a call; fault.NotFound where there is none.
	Trace(id string) (json.RawMessage, error)
}

// managedGateway is the id under which the management API knows this gateway (apim.md 2.5).
const managedGateway = "managed"

// tracingRoutes are the two calls of the tracing flow.
func (a *api) tracingRoutes() []rest.Route {
	const gateway = "/gateways/{gatewayId}"
	return []rest.Route{
		a.route(http.MethodPost, gateway+"/listDebugCredentials", access.ReadCatalogKeys, a.listDebugCredentials),
		a.route(http.MethodPost, gateway+"/invalidateDebugCredentials", access.WriteCatalog, a.invalidateDebugCredentials),
		a.route(http.MethodPost, gateway+"/listTrace", access.ReadCatalogKeys, a.listTrace),
	}
}

// maxDebugTime is how long debug credentials hold at most, and where the request does not say (apim.md 2.5).
const maxDebugTime = time.Hour

func (a *api) listDebugCredentials(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	var body struct {
		APIID                  string   `json:"apiId"`
		Purposes               []string `json:"purposes"`
		CredentialsExpireAfter string   `json:"credentialsExpireAfter"`
	}
	if err := a.onThisGateway(r, &body); err != nil {
		return err
	}
	bad := catalog.Incorrect()
	if len(body.Purposes) == 0 || slices.ContainsFunc(body.Purposes, func(p string) bool { return p != "tracing" }) {
		bad.With(catalog.CodeValidation, "purposes", `purposes must be ["tracing"].`)
	}
	after := maxDebugTime
	if body.CredentialsExpireAfter != "" {
		var err error
		if after, err = catalog.ParseDuration(body.CredentialsExpireAfter); err != nil || after <= 0 || after > maxDebugTime {
			bad.With(catalog.CodeValidation, "credentialsExpireAfter", "It must be an ISO 8601 duration of at most an hour, such as PT1H, and is %q.", body.CredentialsExpireAfter)
		}
	}
	path := a.relative(body.APIID)
	if _, err := a.records.Get(r.Context(), path); fault.Is(err, fault.NotFound) || record.Kind(path) != "apis" {
		bad.With(catalog.CodeValidation, "apiId", "There is no API %q.", body.APIID)
	} else if err != nil {
		return err
	}
	if err := bad.OrNil(); err != nil {
		return err
	}
	token, err := a.Tracer.DebugCredentials(record.Name(path), after)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	return rest.WriteJSON(w, http.StatusOK, map[string]string{"token": token})
}

func (a *api) invalidateDebugCredentials(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	if err := a.isThisGateway(r); err != nil {
		return err
	}
	a.Tracer.InvalidateDebugCredentials()
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (a *api) listTrace(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	var body struct {
		TraceID string `json:"traceId"`
	}
	if err := a.onThisGateway(r, &body); err != nil {
		return err
	}
	trace, err := a.Tracer.Trace(body.TraceID)
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, trace)
}

// onThisGateway reads the body of a call about the gateway of this process; there is no other to trace.
func (a *api) onThisGateway(r *http.Request, body any) error {
	if err := a.isThisGateway(r); err != nil {
		return err
	}
	return rest.DecodeJSON(r, body)
}

func (a *api) isThisGateway(r *http.Request) error {
	if id := r.PathValue("gatewayId"); !strings.EqualFold(id, managedGateway) {
		return fault.New(fault.NotFound, "There is no gateway %q to trace; the one of this process is %q.", id, managedGateway)
	}
	return nil
}
