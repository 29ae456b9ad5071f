package developer

import (
	"net/http"

	"portico/internal/access"
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/rest"
)

// Gateway answers managed calls in this process.
type Gateway interface {
	http.Handler
	// Target tells which API and operation a request would reach, or nothing.
	Target(r *http.Request) (api, operation string)
}

func (a *api) relayRoute() rest.Route {
	route := anyone(http.MethodPost, "/try", a.fromHere(a.try))
	route.MaxBody = a.MaxBody
	if route.MaxBody == 0 {
		route.MaxBody = -1
	}
	return route
}

// try makes the call that a request describes, where it reaches an operation of
// an API that the caller may see, and sends its answer on as it comes. To the
// gateway it is a call as any other: keys, limits and policies hold.
func (a *api) try(w http.ResponseWriter, r *http.Request, who access.Principal) error {
	sight, err := a.sight(r, who)
	if err != nil {
		return err
	}
	call, err := a.relay.Described(r)
	if err != nil {
		return err
	}
	api, operation := a.Gateway.Target(call)
	if base, revision := catalog.SplitRevision(api); operation == "" || revision != "" || !sight.API(base) {
		return fault.New(fault.NotFound, "%s %s reaches no operation that you may see.", call.Method, call.URL.Path)
	}
	return a.relay.Send(w, r, call)
}
