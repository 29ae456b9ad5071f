// Package developer is the developer data API below /developer on the portal's
// listener (contracts apim.md, section 5.2): the catalogue as far as a person's
// groups may see it, and what is the person's own. docs/developer-api.md
// describes its paths and JSON.
package developer

import (
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"portico/internal/access"
	"portico/internal/account"
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/openid"
	"portico/internal/record"
	"portico/internal/rest"
	"portico/internal/rest/odata"
	"portico/internal/rest/page"
	"portico/internal/rest/relay"
	"portico/internal/rest/report"
	"portico/internal/secret"
)

// Options are what the API works on.
type Options struct {
	Accounts   *account.Accounts
	Editor     *record.Editor // its store is read, and all changes go through it
	Keys       *secret.Keeper
	Reports    report.Source
	Flow       *openid.Flow // signs people in at OpenID Connect providers
	Gateway    Gateway      // answers calls that are tried out
	PortalURL  string       // without a slash at the end
	GatewayURL string       // likewise
	MaxBody    int64        // of a call that is tried out, in bytes; 0 is no limit
	Origins    []string     // other sites whose pages may use the API with a token
	Log        *slog.Logger
}

// maxBody is the longest request besides those that are tried out, in bytes.
const maxBody = 2 << 20

// New makes the API; its Handler belongs at the first path segments "developer" and "signin-sso".
func New(o Options) rest.API {
	a := &api{Options: o, records: o.Editor.Store, relay: relay.New(o.Gateway, o.GatewayURL)}
	return rest.API{Routes: a.routes(), Authenticate: o.Accounts.Authenticate, Wire: rest.JSONErrors{}, MaxBody: maxBody, Log: o.Log}
}

type api struct {
	Options
	records record.Store
	relay   *relay.Relay
}

// anyone and own make rows: for everybody, and for developers who signed in.
func anyone(method, pattern string, h rest.Handler) rest.Route {
	return rest.Route{Method: method, Pattern: "/developer" + pattern, Permission: access.Anyone, Handle: h}
}

func own(method, pattern string, h rest.Handler) rest.Route {
	return rest.Route{Method: method, Pattern: "/developer" + pattern, Permission: access.UsePortal, Handle: h}
}

func (a *api) routes() []rest.Route {
	return slices.Concat(a.catalogRoutes(), a.documentRoutes(), a.issueRoutes(), a.signInRoutes(), a.accountRoutes(), a.subscriptionRoutes(), a.applicationRoutes(),
		[]rest.Route{a.relayRoute(), anyone(http.MethodGet, "/appearance", a.appearance)})
}

// self is the id of the developer who calls, where the path names that one: by
// the id, or as "me".
func self(r *http.Request, who access.Principal) (string, error) {
	if id := r.PathValue("userId"); who.User == "" || !strings.EqualFold(id, "me") && !strings.EqualFold(id, who.User) {
		return "", fault.New(fault.Forbidden, "This is somebody else's: only your own account is open to you.")
	}
	return who.User, nil
}

// sight is what the caller may see of the catalogue.
func (a *api) sight(r *http.Request, who access.Principal) (*access.Sight, error) {
	if who.User == "" {
		settings, err := a.Accounts.SignInSettings(r.Context())
		if err != nil {
			return nil, err
		}
		if settings.Enabled {
			return nil, fault.New(fault.Unauthorized, "This portal shows its APIs to people who signed in.")
		}
	}
	return access.See(r.Context(), a.records, who.User)
}

// textFields declares fields that hold texts. Clients of the contract put the
// name of what has them before it: properties/name, api/name.
func textFields(prefixes []string, names ...string) odata.Fields {
	fields := odata.Fields{}
	for _, n := range names {
		fields[n] = odata.Text
		for _, p := range prefixes {
			fields[p+"/"+n] = odata.Text
		}
	}
	return fields
}

// list answers with those of some items that the request wants.
func list[T any](w http.ResponseWriter, r *http.Request, fields odata.Fields, items []T) error {
	query, err := queryOf(r)
	if err != nil {
		return err
	}
	o, err := page.Parse(query, fields)
	if err != nil {
		return err
	}
	chosen, err := page.Choose(o, items, func(item T) (odata.Item, error) {
		members, err := page.Fields(item)
		return func(name string) any { return member(members, name) }, err
	})
	if err != nil {
		return err
	}
	return page.Write(w, r, query, o, chosen)
}

// member gives a member by the name that a filter has for it, also one of a member.
func member(members map[string]any, name string) any {
	holder, last, nested := strings.Cut(name, "/")
	if !nested {
		return members[name]
	}
	if inner, ok := members[holder].(map[string]any); ok {
		return inner[last]
	}
	return members[last]
}

func queryOf(r *http.Request) (url.Values, error) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, fault.New(fault.Invalid, "The query cannot be read: %v.", err)
	}
	return query, nil
}

// body reads a JSON body; its members may stand below "properties", as in ARM.
func body(r *http.Request, v any) error {
	text, err := rest.ReadBody(r)
	if err != nil {
		return err
	}
	var wrapped struct {
		Properties map[string]any `json:"properties"`
	}
	if rest.UnmarshalJSON(text, &wrapped) != nil || wrapped.Properties == nil {
		return rest.UnmarshalJSON(text, v)
	}
	var inner struct {
		Properties any `json:"properties"`
	}
	inner.Properties = v
	return rest.UnmarshalJSON(text, &inner)
}

func noContent(w http.ResponseWriter, err error) error {
	if err == nil {
		w.WriteHeader(http.StatusNoContent)
	}
	return err
}

func required(target, text string) error {
	if strings.TrimSpace(text) == "" {
		return catalog.Incorrect().With(catalog.CodeValidation, target, "%s is required.", target)
	}
	return nil
}

// CORS lets pages of other sites use the API with a token, if they are allowed
// to. Cookies stay out of it: those sites cannot act for who signed in here.
func CORS(origins []string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h, origin := w.Header(), r.Header.Get("Origin")
		h.Add("Vary", "Origin")
		if origin == "" || !slices.Contains(origins, origin) {
			next.ServeHTTP(w, r)
			return
		}
		h.Set("Access-Control-Allow-Origin", origin)
		h.Set("Access-Control-Expose-Headers", "ETag, Ocp-Apim-Sas-Token, Location, Retry-After, "+rest.RequestIDHeader)
		if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" {
			next.ServeHTTP(w, r)
			return
		}
		h.Set("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, PATCH, DELETE")
		h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, If-Match, If-None-Match, X-Ms-Apim-Client, "+strings.Join(relay.RequestHeaders, ", "))
		h.Set("Access-Control-Max-Age", "600")
		w.WriteHeader(http.StatusNoContent)
	})
}
