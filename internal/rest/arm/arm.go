// Package arm is the management API: the resources of Azure API Management in
// the shapes of api-version 2024-05-01 (contracts apim.md, section 4), so that
// Microsoft's SDKs drive it unmodified.
//
// A kind of resource is a declaration (type resource); one mechanism serves them
// all: resource.go reads, stores and deletes, list.go lists, link.go connects.
package arm

import (
	"log/slog"
	"net/http"
	"strings"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/record"
	"portico/internal/rest"
	"portico/internal/secret"
)

// Where the one instance stands in ARM ids, besides its name.
const (
	SubscriptionID = "00000000-0000-0000-0000-000000000000"
	ResourceGroup  = "portico"
	provider       = "Microsoft.ApiManagement"
)

// ServiceID is the ARM id of the instance.
func ServiceID(name string) string {
	return "/subscriptions/" + SubscriptionID + "/resourceGroups/" + ResourceGroup + "/providers/" + provider + "/service/" + name
}

// PolicyChecker knows what policy documents mean.
type PolicyChecker interface {
	// Check looks at a document of a format ("xml" or "rawxml") for a scope
	// ("global", "product", "api" or "operation"). The error is fault.Invalid with
	// a problem for each place; warnings do not stop the document from being kept.
	Check(format, value, scope string) (warnings []fault.Problem, err error)
	// Convert writes a document that was checked in another format.
	Convert(value, from, to string) (string, error)
}

// URLs are where the instance's listeners answer, without a slash at the end.
type URLs struct {
	Gateway, Portal, Console string
}

// Options are what the API works on.
type Options struct {
	ServiceName  string
	URLs         URLs
	Editor       *record.Editor // its store is read, and all changes go through it
	Keys         *secret.Keeper
	Policies     PolicyChecker
	Reports      Reporter
	Authenticate rest.Authenticator
	MaxBody      int64 // bytes
	Log          *slog.Logger
}

// New makes the API; its Handler belongs at the first path segment "subscriptions".
func New(o Options) rest.API {
	a := &api{Options: o, serviceID: ServiceID(o.ServiceName), records: o.Editor.Store}
	return rest.API{Routes: a.routes(), Authenticate: o.Authenticate, Wire: rest.JSONErrors{}, MaxBody: o.MaxBody, Log: o.Log}
}

type api struct {
	Options
	serviceID string
	records   record.Store
}

// servicePattern is the path of the instance; everything else stands below it.
const (
	subscriptionPattern = "/subscriptions/{subscriptionId}"
	groupPattern        = subscriptionPattern + "/resourceGroups/{resourceGroupName}"
	servicePattern      = groupPattern + "/providers/" + provider + "/service/{serviceName}"
)

// routes is the route table: a few rows for each declaration.
func (a *api) routes() []rest.Route {
	apis, operations, products, subscriptions, groups := apiResource(), operationResource(), productResource(), subscriptionResource(), groupResource()
	routes := a.serviceRoutes()
	for _, r := range []*resource{
		apis, operations, products, subscriptions, groups,
		policyResource("/policies/{policyId}"),
		policyResource("/products/{productId}/policies/{policyId}"),
		policyResource("/apis/{apiId}/policies/{policyId}"),
		policyResource("/apis/{apiId}/operations/{operationId}/policies/{policyId}"),
	} {
		routes = append(routes, a.resourceRoutes(r)...)
	}
	for _, l := range []link{
		{pattern: "/products/{productId}/apis/{apiId}", of: apis, check: checkProductAPI},
		{pattern: "/products/{productId}/groups/{groupId}", of: groups},
	} {
		routes = append(routes, a.linkRoutes(l)...)
	}
	for _, l := range []listing{
		{pattern: "/apis/{apiId}/products", of: products, find: productsOfAPI},
		{pattern: "/products/{productId}/subscriptions", of: subscriptions, find: subscriptionsOfProduct},
	} {
		routes = append(routes, a.route(http.MethodGet, l.pattern, access.ReadCatalog, a.list(l)))
	}
	routes = append(routes, a.reportRoutes()...)
	return append(routes, a.subscriptionActions(subscriptions)...)
}

// currentRevision ends the name of an API's only revision (apim.md 1.2).
const currentRevision = ";rev=1"

// route makes a row below the instance.
func (a *api) route(method, pattern string, p access.Permission, h rest.Handler) rest.Route {
	return rest.Route{Method: method, Pattern: servicePattern + pattern, Permission: p, Handle: a.addressed(h)}
}

// addressed calls h only for this instance and an api-version that is known.
func (a *api) addressed(h rest.Handler) rest.Handler {
	return func(w http.ResponseWriter, r *http.Request, who access.Principal) error {
		if err := checkAPIVersion(r); err != nil {
			return err
		}
		if id := r.PathValue("subscriptionId"); !strings.EqualFold(id, SubscriptionID) {
			return fault.Coded(fault.NotFound, "SubscriptionNotFound", "The subscription '%s' could not be found; here it is %s.", id, SubscriptionID)
		}
		if group := r.PathValue("resourceGroupName"); group != "" && !strings.EqualFold(group, ResourceGroup) {
			return fault.Coded(fault.NotFound, "ResourceGroupNotFound", "Resource group '%s' could not be found; here it is %s.", group, ResourceGroup)
		}
		if name := r.PathValue("serviceName"); name != "" && !strings.EqualFold(name, a.ServiceName) {
			return fault.Coded(fault.NotFound, "ResourceNotFound", "The Resource '%s/service/%s' under resource group '%s' was not found; the only instance here is %s.", provider, name, ResourceGroup, a.ServiceName)
		}
		// The current revision of an API has a name of its own, which SDKs and Terraform use.
		if id := r.PathValue("apiId"); len(id) > len(currentRevision) && strings.EqualFold(id[len(id)-len(currentRevision):], currentRevision) {
			r.SetPathValue("apiId", id[:len(id)-len(currentRevision)])
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
