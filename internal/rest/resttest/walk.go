// Package resttest proves what a route table promises.
package resttest

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"testing"

	"portico/internal/access"
	"portico/internal/rest"
)

var wildcard = regexp.MustCompile(`\{[^}]*\}`)

// Walk calls every row of an API's route table as nobody and as each role, and
// fails the test where a caller reaches a handler that access.May refuses him,
// or does not reach one that it grants. The handlers themselves are not called.
func Walk(t *testing.T, api rest.API) {
	t.Helper()
	for _, route := range api.Routes {
		t.Run(route.Method+" "+route.Pattern, func(t *testing.T) {
			callers := map[string]access.Principal{"nobody": {}, "developer": {Name: "developer ann", Roles: []access.Role{access.Developer}, User: "ann"}}
			for _, role := range access.Roles() {
				callers[string(role)] = access.Principal{Name: string(role), Roles: []access.Role{role}}
			}
			for name, who := range callers {
				reached, status := call(api, route, who)
				if want := access.May(who, route.Permission); reached != want {
					t.Errorf("%s: reached the handler: %v, want %v", name, reached, want)
				}
				if !reached && status < 300 {
					t.Errorf("%s: was refused with status %d", name, status)
				}
			}
		})
	}
}

func call(api rest.API, route rest.Route, who access.Principal) (reached bool, status int) {
	route.Handle = func(http.ResponseWriter, *http.Request, access.Principal) error {
		reached = true
		return nil
	}
	api.Routes = []rest.Route{route}
	api.Authenticate = func(*http.Request) (access.Principal, error) { return who, nil }
	api.Log = slog.New(slog.DiscardHandler)
	w := httptest.NewRecorder()
	api.Handler().ServeHTTP(w, httptest.NewRequest(route.Method, wildcard.ReplaceAllString(route.Pattern, "x"), http.NoBody))
	return reached, w.Code
}
