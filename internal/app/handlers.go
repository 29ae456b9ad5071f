package app

import (
	"context"
	"net/http"

	"portico/internal/egress"
	"portico/internal/fault"
	"portico/internal/policy"
	"portico/internal/policy/catalogue"
	"portico/internal/policy/document"
	"portico/internal/policy/limits"
	"portico/internal/rest"
	"portico/internal/rest/arm"
	"portico/internal/rest/console"
	"portico/internal/rest/machinelearning"
	"portico/internal/rest/relay"
	"portico/internal/rest/studio"
	"portico/internal/web"
)

// subscriptionID is the ARM subscription that the one instance stands in.
const subscriptionID = arm.SubscriptionID

// servers serve each listener until their context ends, by its name.
func (r *rooms) servers(a *app) map[string]func(context.Context) error {
	all := map[string]func(context.Context) error{
		"gateway": func(ctx context.Context) error { return a.listeners["gateway"].ServeWith(ctx, r.front, a.cfg.Drain) },
	}
	for name, handler := range r.handlers(a) {
		all[name] = func(ctx context.Context) error { return a.listeners[name].Serve(ctx, handler, a.cfg.Drain, a.log) }
	}
	return all
}

// handlers are what the listeners on net/http serve, by their name.
func (r *rooms) handlers(a *app) map[string]http.Handler {
	return map[string]http.Handler{
		"scoring": r.scoring,
		"storage": r.storage,
		"portal":  r.portal(a),
		"console": r.console(a),
	}
}

// management is the management API.
func (r *rooms) management(a *app) rest.API {
	management := arm.New(arm.Options{
		ServiceName: r.instance.Name, URLs: arm.URLs{Gateway: a.url("gateway"), Portal: a.url("portal"), Console: a.url("console")},
		Editor: r.editor, Keys: r.keeper, Hasher: r.hasher, Accounts: r.accounts, Policies: policies{}, Reports: r.usage, Statements: r.usage, Tracer: r.gateway, Quotas: limits.Counters{Quotas: r.quotas}, Mail: r.mail, Reconnect: r.gateway.Reconnect, Dial: a.staffDialer().DialContext, Fetch: egress.NewFetcher(egress.ForStaff(prefixes(a.cfg.EgressDeny))).Fetch,
		Authenticate: r.auth.Authenticate, MaxBody: a.cfg.MaxBody, Log: a.log,
	})
	management.Routes = append(management.Routes, machinelearning.Routes(machinelearning.Options{
		Services: r.services, Workspace: r.workspace, WorkspaceName: r.instance.Name, Region: r.instance.Location, Subscription: arm.SubscriptionID, ResourceGroup: arm.ResourceGroup,
	})...)
	return management
}

// pages are the console's pages and its API of people, probes, metrics and backups.
func (r *rooms) pages(a *app, ui web.Files) rest.API {
	welcome := ""
	if ui.Has(web.Publisher) {
		welcome = "/publisher/welcome"
	}
	pages := console.New(console.Options{
		Records: r.records, Audit: r.store.Audit(), Authenticator: r.auth, Keys: r.keeper, Flow: a.newFlow(r, "portico-console-signin"), URL: a.url("console"), ServiceID: arm.ServiceID(r.instance.Name), WorkspaceID: r.workspace, Welcome: welcome, Log: a.log,
		Listeners: []console.Listener{
			{Name: "Gateway", Serves: "managed APIs", URL: a.url("gateway")},
			{Name: "Scoring", Serves: "web services", URL: a.url("scoring")},
			{Name: "Portal", Serves: "developers", URL: a.url("portal")},
			{Name: "Storage", Serves: "the workspace's storage account", URL: a.url("storage")},
		},
	})
	pages.Routes = append(pages.Routes, a.health.routes(r.store.Ping, r.metrics)...)
	pages.Routes = append(pages.Routes, a.kept.backupRoute())
	pages.Routes = append(pages.Routes, console.Try(relay.New(r.gateway, a.url("gateway")), a.cfg.MaxBody))
	return pages
}

// studio is the Studio API.
func (r *rooms) studio(a *app) rest.API {
	return studio.New(studio.Config{
		Workspace: studio.Workspace{
			ID: r.workspace, Name: r.instance.Name, OwnerEmail: r.instance.PublisherEmail, Region: r.instance.Location, Created: r.workspaceMade,
		}, Datasets: r.datasets, Experiments: r.experiments, Services: r.services, Jobs: r.jobs, Storage: r.storage, Modules: r.modules,
		Authenticate: r.auth.Authenticate, Keys: r.keeper, MaxBody: a.cfg.MaxBody, Log: a.log,
	})
}

// console serves staff.
func (r *rooms) console(a *app) http.Handler {
	management, ui := r.management(a).Handler(), web.Built()
	return rest.Mount{
		"subscriptions": management, "providers": management,
		"api": r.studio(a).Handler(),
		// A page reaches no other origin: what Studio's pages call of scoring and storage is here too.
		"workspaces":            r.scoring.ForStaff(),
		"apihelp":               r.scoring,
		r.storage.AccountName(): uploadsOnly(r.storage),
		"publisher":             ui.Page(web.Publisher),
		"studio":                ui.Page(web.Studio),
		"assets":                ui.Assets(),
		"":                      r.pages(a, ui).Handler(),
	}
}

// uploadsOnly lets files be put through the console, and nothing be read: a blob
// could be a page that runs with the session of who opens it.
func uploadsOnly(storage http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPut {
			http.Error(w, "The console takes uploads alone: read blobs at the storage listener.", http.StatusMethodNotAllowed)
			return
		}
		storage.ServeHTTP(w, r)
	})
}

// policies lets the management API check and convert policy documents.
type policies struct{}

var scopes = map[string]policy.Scope{"global": policy.Global, "product": policy.Product, "api": policy.API, "operation": policy.Operation}

// Describe implements arm.PolicyChecker.
func (policies) Describe() []policy.Description { return catalogue.New().Describe() }

func (policies) Check(format, value, scope string) ([]fault.Problem, error) {
	if scope == "fragment" {
		return catalogue.New().CheckFragment(format, value)
	}
	return catalogue.New().Check(format, value, scopes[scope])
}

func (policies) Convert(value, from, to string) (string, error) {
	return document.Convert(document.Format(from), document.Format(to), value)
}
