// Package arm is the management API: the resources of Azure API Management in
// the shapes of api-version 2024-05-01 (contracts apim.md, section 4), so that
// Microsoft's SDKs drive it unmodified.
//
// A kind of resource is a declaration (type resource); one mechanism serves them
// all: resource.go reads, stores and deletes, list.go lists, link.go connects.
package arm

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"strings"

	"portico/internal/access"
	"portico/internal/account"
	"portico/internal/catalog"
	"portico/internal/fault"
	"portico/internal/policy"
	"portico/internal/record"
	"portico/internal/rest"
	"portico/internal/rest/report"
	"portico/internal/secret"
	"portico/internal/statement"
)

// Where the one instance stands in ARM ids, besides its name.
const (
	SubscriptionID = "00000000-0000-0000-0000-000000000000"
	ResourceGroup  = "portico"
	provider       = "Microsoft.ApiManagement"
)

// InstancesPath is where the instance is listed.
const InstancesPath = "/subscriptions/" + SubscriptionID + "/providers/" + provider + "/service"

// ServiceID is the ARM id of the instance.
func ServiceID(name string) string {
	return "/subscriptions/" + SubscriptionID + "/resourceGroups/" + ResourceGroup + "/providers/" + provider + "/service/" + name
}

// PolicyChecker knows what policy documents mean.
type PolicyChecker interface {
	// Check looks at a document of a format ("xml" or "rawxml") for a scope
	// ("global", "product", "api", "operation", or "fragment" for a part that
	// documents include). The error is fault.Invalid with
	// a problem for each place; warnings do not stop the document from being kept.
	Check(format, value, scope string) (warnings []fault.Problem, err error)
	// Convert writes a document that was checked in another format.
	Convert(value, from, to string) (string, error)
	// Describe gives every documented policy, in the order of names.
	Describe() []policy.Description
}

// Fetcher reads what an address that staff typed gives, under the rule of what
// may be called: limit is in bytes. Its errors are for the user.
type Fetcher func(ctx context.Context, address string, limit int64) ([]byte, error)

// URLs are where the instance's listeners answer, without a slash at the end.
type URLs struct {
	Gateway, Portal, Console string
}

// Mailer sends a message at once; mail.Sender is one. template is a template's
// name, or "" for a message of its own. An error tells what the server says.
type Mailer interface {
	Test(ctx context.Context, to, template string) error
}

// Options are what the API works on.
type Options struct {
	ServiceName  string
	URLs         URLs
	Editor       *record.Editor // its store is read, and all changes go through it
	Keys         *secret.Keeper
	Hasher       *access.Hasher // of passwords
	Accounts     *account.Accounts
	Policies     PolicyChecker
	Fetch        Fetcher // reads definitions from links
	Reports      report.Source
	Statements   statement.Counter
	Tracer       Tracer
	Mail         Mailer
	Reconnect    func()                                                               // makes new connections to backends
	Dial         func(ctx context.Context, network, address string) (net.Conn, error) // under the rule for what staff types
	Authenticate rest.Authenticator
	MaxBody      int64 // bytes
	Log          *slog.Logger
}

// New makes the API; its Handler belongs at the first path segments "subscriptions" and "providers".
func New(o Options) rest.API {
	a := newAPI(o)
	return rest.API{Routes: a.routes(), Authenticate: o.Authenticate, Wire: rest.JSONErrors{}, MaxBody: o.MaxBody, Log: o.Log}
}

func newAPI(o Options) *api {
	return &api{Options: o, serviceID: ServiceID(o.ServiceName), records: o.Editor.Store, kinds: map[string]*resource{}}
}

type api struct {
	Options
	serviceID string
	records   record.Store
	kinds     map[string]*resource // by record.Kind of what they keep
	planned   *planned             // where a whole configuration is being planned
}

// servicePattern is the path of the instance; everything else stands below it.
const (
	subscriptionPattern = "/subscriptions/{subscriptionId}"
	groupPattern        = subscriptionPattern + "/resourceGroups/{resourceGroupName}"
	servicePattern      = groupPattern + "/providers/" + provider + "/service/{serviceName}"
)

// area is the part of the API that one file declares.
type area struct {
	resources []*resource
	links     []link
	listings  []listing
	routes    func(a *api) []rest.Route // what is no resource; nil: nothing
}

// areas are all parts of the API.
func areas() []area {
	return []area{
		apiArea(), productArea(), peopleArea(), policyArea(), entityArea(), tagArea(), gatewayArea(), documentationArea(), associationArea(), portalArea(), applicationArea(), mailArea(), billingArea(),
		{routes: (*api).reportRoutes}, {routes: (*api).tracingRoutes}, {routes: (*api).instanceRoutes}, {routes: (*api).environmentRoutes}, {routes: (*api).configurationRoutes},
	}
}

// routes is the route table: a few rows for each declaration.
func (a *api) routes() []rest.Route {
	all := areas()
	for _, part := range all { // links and listings name kinds of any part
		for _, r := range part.resources {
			a.kinds[record.Kind(r.pattern)] = r
		}
	}
	routes := a.serviceRoutes()
	for _, part := range all {
		for _, r := range part.resources {
			routes = append(routes, a.resourceRoutes(r)...)
		}
		for _, l := range part.links {
			routes = append(routes, a.linkRoutes(l)...)
		}
		for _, l := range part.listings {
			routes = append(routes, a.route(http.MethodGet, l.pattern, access.ReadCatalog, a.list(l)))
		}
		if part.routes != nil {
			routes = append(routes, part.routes(a)...)
		}
	}
	return append(routes, a.providerOperations(routes))
}

// revisionValue is the path value that keeps the number of the revision that a request names.
const revisionValue = "apiRevision"

// route makes a row below the instance.
func (a *api) route(method, pattern string, p access.Permission, h rest.Handler) rest.Route {
	return a.row(method, servicePattern+pattern, p, h)
}

// row makes one beside the instance.
func (a *api) row(method, pattern string, p access.Permission, h rest.Handler) rest.Route {
	return rest.Route{Method: method, Pattern: pattern, Permission: p, Handle: a.addressed(h)}
}

// addressed calls h only for this instance and an api-version that is known.
func (a *api) addressed(h rest.Handler) rest.Handler {
	return func(w http.ResponseWriter, r *http.Request, who access.Principal) error {
		if err := checkAPIVersion(r); err != nil {
			return err
		}
		if id := r.PathValue("subscriptionId"); id != "" && !strings.EqualFold(id, SubscriptionID) {
			return fault.Coded(fault.NotFound, "SubscriptionNotFound", "The subscription '%s' could not be found; here it is %s.", id, SubscriptionID)
		}
		if group := r.PathValue("resourceGroupName"); group != "" && !strings.EqualFold(group, ResourceGroup) {
			return fault.Coded(fault.NotFound, "ResourceGroupNotFound", "Resource group '%s' could not be found; here it is %s.", group, ResourceGroup)
		}
		if name := r.PathValue("serviceName"); name != "" && !strings.EqualFold(name, a.ServiceName) {
			return fault.Coded(fault.NotFound, "ResourceNotFound", "The Resource '%s/service/%s' under resource group '%s' was not found; the only instance here is %s.", provider, name, ResourceGroup, a.ServiceName)
		}
		if id := r.PathValue("apiId"); id != "" {
			name, err := catalog.RevisionName(r.Context(), a.records, id)
			if err != nil {
				return err
			}
			base, revision := catalog.SplitRevision(id)
			if r.PathValue("productId") != "" || r.PathValue("gatewayId") != "" {
				name = base // what holds an API holds all of its revisions
			}
			r.SetPathValue("apiId", name)
			r.SetPathValue(revisionValue, revision)
		}
		return h(w, r, who)
	}
}

// relative turns an ARM id below this instance into a record's path; others stay as they are.
func (a *api) relative(id string) string {
	if len(id) >= len(a.serviceID) && strings.EqualFold(id[:len(a.serviceID)], a.serviceID) {
		return id[len(a.serviceID):]
	}
	return id
}
