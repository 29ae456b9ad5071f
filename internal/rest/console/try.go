package console

import (
	"net/http"

	"portico/internal/access"
	"portico/internal/rest"
	"portico/internal/rest/relay"
)

// Try is the row of POST /try: it makes the call that a request describes, to any
// API, published or not, and sends its answer on. The call needs a key as any
// other does. maxBody limits its body in bytes; 0 is no limit.
func Try(y *relay.Relay, maxBody int64) rest.Route {
	if maxBody == 0 {
		maxBody = -1
	}
	return rest.Route{Method: http.MethodPost, Pattern: "/try", Permission: access.ReadCatalogKeys, MaxBody: maxBody,
		Handle: func(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
			call, err := y.Described(r)
			if err != nil {
				return err
			}
			return y.Send(w, r, call)
		}}
}
