// Package console is the staff's first pages, rendered here without scripts: the
// home page that says what runs where, signing in and out, and the one-time link
// with which the administrator sets a password; and the API of access tokens.
package console

import (
	"log/slog"
	"net/http"

	"portico/internal/access"
	"portico/internal/audit"
	"portico/internal/catalog"
	"portico/internal/openid"
	"portico/internal/record"
	"portico/internal/rest"
	"portico/internal/secret"
)

// Listener is an address of this process, as the home page shows it.
type Listener struct {
	Name   string // such as "Gateway"
	Serves string // what for, in a few words
	URL    string
}

// Options are what the pages show and work on.
type Options struct {
	Records       record.Store
	Audit         audit.Log
	Authenticator *access.Authenticator
	Keys          *secret.Keeper
	Flow          *openid.Flow // signs the staff in at OpenID Connect providers
	URL           string       // of the console, without a slash at the end
	Listeners     []Listener
	ServiceID     string // ARM id of the instance
	WorkspaceID   string
	Welcome       string // where the one-time link leads in the end; "" is the home page
	Log           *slog.Logger
}

// maxBody is the longest form or token request, in bytes.
const maxBody = 64 << 10

// New makes the console's pages; their Handler takes what no other API of the listener does.
func New(o Options) rest.API {
	c := &console{Options: o, pages: newPages()}
	return rest.API{
		Routes: append([]rest.Route{
			{Method: http.MethodGet, Pattern: "/", Permission: access.ReadCatalog, Handle: c.home},
			{Method: http.MethodGet, Pattern: "/signin", Permission: access.Anyone, Handle: c.signInPage},
			{Method: http.MethodPost, Pattern: "/signin", Permission: access.Anyone, Handle: c.signIn},
			{Method: http.MethodGet, Pattern: "/signin/{provider}", Permission: access.Anyone, Handle: c.beginSignIn},
			{Method: http.MethodGet, Pattern: "/signin/{provider}/callback", Permission: access.Anyone, Handle: c.finishSignIn},
			{Method: http.MethodPost, Pattern: "/signout", Permission: access.Anyone, Handle: c.signOut},
			{Method: http.MethodGet, Pattern: "/setup", Permission: access.Anyone, Handle: c.setupPage},
			{Method: http.MethodPost, Pattern: "/setup", Permission: access.Anyone, Handle: c.setup},
			{Method: http.MethodGet, Pattern: "/session", Permission: access.ReadCatalog, Handle: c.getSession},
			{Method: http.MethodPost, Pattern: "/session", Permission: access.Anyone, Handle: c.openSession},
			{Method: http.MethodDelete, Pattern: "/session", Permission: access.Anyone, Handle: c.leaveSession},
			{Method: http.MethodGet, Pattern: "/tokens", Permission: access.AdministerPeople, Handle: c.listTokens},
			{Method: http.MethodPut, Pattern: "/tokens/{name}", Permission: access.AdministerPeople, Handle: c.createToken},
			{Method: http.MethodDelete, Pattern: "/tokens/{name}", Permission: access.AdministerPeople, Handle: c.revokeToken},
			{Method: http.MethodGet, Pattern: "/audit", Permission: access.ReadAudit, Handle: c.listAudit},
			{Method: http.MethodGet, Pattern: "/audit/{id}", Permission: access.ReadAudit, Handle: c.getAudit},
		}, c.staffRoutes()...),
		Authenticate: o.Authenticator.Authenticate,
		Wire:         c,
		MaxBody:      maxBody,
		Log:          o.Log,
	}
}

type console struct {
	Options
	pages *pages
}

type homeView struct {
	Service     catalog.Service
	Listeners   []Listener
	ServiceID   string
	WorkspaceID string
	Who         string
	Counts      []count
}

type count struct {
	What string
	N    int
}

// home says what runs where, and how much is published.
func (c *console) home(w http.ResponseWriter, r *http.Request, who access.Principal) error {
	service, _, err := record.Get[catalog.Service](r.Context(), c.Records, catalog.ServicePath)
	if err != nil {
		return err
	}
	v := homeView{Service: service, Listeners: c.Listeners, ServiceID: c.ServiceID, WorkspaceID: c.WorkspaceID, Who: who.Name}
	for _, of := range []struct{ what, collection string }{
		{"APIs", catalog.APIs}, {"Operations", catalog.APIs + "/*/operations"}, {"Products", catalog.Products}, {"Subscriptions", access.Subscriptions},
	} {
		recs, err := c.Records.List(r.Context(), of.collection)
		if err != nil {
			return err
		}
		v.Counts = append(v.Counts, count{of.what, len(recs)})
	}
	return c.pages.write(w, http.StatusOK, "home", service.PublisherName, v)
}
