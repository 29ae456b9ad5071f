// Package machinelearning shows the published web services as Azure Resource
// Manager has them, Microsoft.MachineLearning/webServices 2017-01-01 (contracts
// azureml.md, section 4), so that Microsoft's clients find them and their keys.
// They are made and changed in Studio.
package machinelearning

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/rest"
	"portico/internal/table"
	"portico/internal/webservice"
)

const provider = "Microsoft.MachineLearning"

// versions are the api-versions that are answered, in the shapes of the first.
var versions = []string{"2017-01-01", "2016-05-01-preview"}

// Services are the published web services; webservice.Services is them.
type Services interface {
	List(ctx context.Context, workspace string) ([]webservice.WebService, error)
	Endpoint(ctx context.Context, workspace, service, name string) (webservice.Endpoint, error)
	Find(endpointID string) *webservice.Live
}

// Options are what the routes work on.
type Options struct {
	Services      Services
	Workspace     string // id
	WorkspaceName string
	Region        string
	Subscription  string // of ARM ids
	ResourceGroup string
}

// Routes are the rows of the table, to be served beside the management API.
func Routes(o Options) []rest.Route {
	a := &api{o}
	const (
		subscription = "/subscriptions/{subscriptionId}"
		group        = subscription + "/resourceGroups/{resourceGroupName}"
		services     = "/providers/" + provider + "/webServices"
	)
	row := func(pattern string, p access.Permission, h rest.Handler) rest.Route {
		return rest.Route{Method: http.MethodGet, Pattern: pattern, Permission: p, Handle: a.addressed(h)}
	}
	return []rest.Route{
		row(subscription+services, access.ReadStudio, a.list),
		row(group+services, access.ReadStudio, a.list),
		row(group+services+"/{webServiceName}", access.ReadStudio, a.get),
		row(group+services+"/{webServiceName}/listKeys", access.ReadStudioKeys, a.listKeys),
	}
}

type api struct{ Options }

// addressed calls h only for this subscription and group, and an api-version that is known.
func (a *api) addressed(h rest.Handler) rest.Handler {
	return func(w http.ResponseWriter, r *http.Request, who access.Principal) error {
		if version := r.URL.Query().Get("api-version"); !slices.Contains(versions, strings.ToLower(version)) {
			return fault.Coded(fault.Invalid, "InvalidApiVersionParameter", "The api-version '%s' is invalid. The supported versions are '%s'.", version, strings.Join(versions, ","))
		}
		if id := r.PathValue("subscriptionId"); !strings.EqualFold(id, a.Subscription) {
			return fault.Coded(fault.NotFound, "SubscriptionNotFound", "The subscription '%s' could not be found; here it is %s.", id, a.Subscription)
		}
		if group := r.PathValue("resourceGroupName"); group != "" && !strings.EqualFold(group, a.ResourceGroup) {
			return fault.Coded(fault.NotFound, "ResourceGroupNotFound", "Resource group '%s' could not be found; here it is %s.", group, a.ResourceGroup)
		}
		return h(w, r, who)
	}
}

// resource is a web service as it travels.
type resource struct {
	ID         string            `json:"id"`
	Name       string            `json:"name"`
	Type       string            `json:"type"`
	Location   string            `json:"location"`
	Tags       map[string]string `json:"tags"`
	Properties properties        `json:"properties"`
}

// properties are WebServicePropertiesForGraph, without the graph: what a
// service runs was compiled from its experiment.
type properties struct {
	PackageType       string               `json:"packageType"`
	Title             string               `json:"title"`
	Description       string               `json:"description,omitempty"`
	CreatedOn         time.Time            `json:"createdOn"`
	ModifiedOn        time.Time            `json:"modifiedOn"`
	ProvisioningState string               `json:"provisioningState"`
	ReadOnly          bool                 `json:"readOnly"`
	SwaggerLocation   string               `json:"swaggerLocation"`
	ExposeSampleData  bool                 `json:"exposeSampleData"`
	Realtime          map[string]int       `json:"realtimeConfiguration"`
	Diagnostics       map[string]string    `json:"diagnostics"`
	Workspace         map[string]string    `json:"machineLearningWorkspace"`
	Input             *specification       `json:"input,omitempty"`
	Output            *specification       `json:"output,omitempty"`
	Parameters        map[string]parameter `json:"parameters,omitempty"`
}

// parameter is WebServiceParameter.
type parameter struct {
	Value *string `json:"value"`
}

// specification is ServiceInputOutputSpecification.
type specification struct {
	Title      string          `json:"title"`
	Type       string          `json:"type"`
	Properties map[string]port `json:"properties"`
}

// port is TableSpecification.
type port struct {
	Type       string            `json:"type"`
	Properties map[string]column `json:"properties"`
}

// column is ColumnSpecification.
type column struct {
	Type     string `json:"type"`
	Format   string `json:"format,omitempty"`
	Nullable bool   `json:"x-ms-isnullable"`
}

// maxColumns is how many columns of a port are listed.
const maxColumns = 1000

// columns describes a port's table.
func columns(t *table.Table) port {
	p := port{"object", map[string]column{}}
	for _, f := range t.SchemaUpTo(maxColumns) {
		c := column{Nullable: true}
		switch f.Type {
		case table.Boolean:
			c.Type = "Boolean"
		case table.Int32:
			c.Type, c.Format = "Integer", "Int32"
		case table.Int64:
			c.Type, c.Format = "Integer", "Int64"
		case table.Double:
			c.Type, c.Format = "Number", "Double"
		case table.DateTime:
			c.Type, c.Format = "String", "Date-time"
		case table.TimeSpan:
			c.Type, c.Format = "String", "Duration"
		default:
			c.Type = "String"
		}
		p.Properties[f.Name] = c
	}
	return p
}

// show gives a service in ARM's shape, as its default endpoint serves it.
func (a *api) show(ctx context.Context, s webservice.WebService) (resource, error) {
	group := "/subscriptions/" + a.Subscription + "/resourceGroups/" + a.ResourceGroup + "/providers/" + provider
	r := resource{ID: group + "/webServices/" + s.Name, Name: s.Name, Type: provider + "/webServices", Location: a.Region, Tags: map[string]string{}, Properties: properties{
		PackageType: "Graph", Title: s.Name, Description: s.Description, CreatedOn: s.CreationTime, ModifiedOn: s.CreationTime, ProvisioningState: "Succeeded", ReadOnly: true,
		Workspace: map[string]string{"id": group + "/workspaces/" + a.WorkspaceName}, Diagnostics: map[string]string{"level": "None"},
	}}
	p := &r.Properties
	e, err := a.Services.Endpoint(ctx, a.Workspace, s.ID, s.DefaultEndpointName)
	if fault.Is(err, fault.NotFound) { // it was deleted; the service stands alone
		return r, nil
	}
	if err != nil {
		return r, err
	}
	p.SwaggerLocation, p.ExposeSampleData = e.APILocation+"/swagger.json", e.SampleDataEnabled
	p.Realtime = map[string]int{"maxConcurrentCalls": e.MaxConcurrentCalls}
	p.Diagnostics["level"] = string(e.DiagnosticsTraceLevel)
	if !e.Version.IsZero() {
		p.ModifiedOn = e.Version
	}
	live := a.Services.Find(e.ID)
	if live == nil || live.Plan == nil {
		return r, nil
	}
	p.Input, p.Output = &specification{s.Name, "object", map[string]port{}}, &specification{s.Name, "object", map[string]port{}}
	for _, in := range live.Plan.Inputs {
		p.Input.Properties[in.Name] = columns(in.Sample)
	}
	for _, out := range live.Plan.Outputs {
		p.Output.Properties[out.Name] = columns(out.Sample)
	}
	for _, parameterOf := range live.Plan.Parameters {
		if p.Parameters == nil {
			p.Parameters = map[string]parameter{}
		}
		p.Parameters[parameterOf.Name] = parameter{parameterOf.Default}
	}
	return r, nil
}

func (a *api) list(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	services, err := a.Services.List(r.Context(), a.Workspace)
	if err != nil {
		return err
	}
	all := make([]resource, len(services))
	for i, s := range services {
		if all[i], err = a.show(r.Context(), s); err != nil {
			return err
		}
	}
	return rest.WriteJSON(w, http.StatusOK, map[string]any{"value": all})
}

// find gets the service that a request names, by its name or its id.
func (a *api) find(r *http.Request) (webservice.WebService, error) {
	services, err := a.Services.List(r.Context(), a.Workspace)
	if err != nil {
		return webservice.WebService{}, err
	}
	name := r.PathValue("webServiceName")
	for _, s := range services {
		if strings.EqualFold(s.Name, name) || s.ID == name {
			return s, nil
		}
	}
	return webservice.WebService{}, fault.Coded(fault.NotFound, "ResourceNotFound", "The Resource '%s/webServices/%s' under resource group '%s' was not found.", provider, name, a.ResourceGroup)
}

func (a *api) get(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	s, err := a.find(r)
	if err != nil {
		return err
	}
	shown, err := a.show(r.Context(), s)
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, shown)
}

// listKeys gives the keys of the default endpoint.
func (a *api) listKeys(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	s, err := a.find(r)
	if err != nil {
		return err
	}
	e, err := a.Services.Endpoint(r.Context(), a.Workspace, s.ID, s.DefaultEndpointName)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	return rest.WriteJSON(w, http.StatusOK, map[string]*string{"primary": e.PrimaryKey, "secondary": e.SecondaryKey})
}
