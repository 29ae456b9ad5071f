// Package studio is the classic Studio API (azureml.md 5.1) under /api on the
// console listener: datasets, experiments and their runs, publishing, and the
// palette of modules. What the contract leaves open is decided here and listed
// in docs/compatibility.md.
package studio

import (
	"context"
	"log/slog"
	"net/http"
	"strings"

	"portico/internal/access"
	"portico/internal/dataset"
	"portico/internal/experiment"
	"portico/internal/fault"
	"portico/internal/module"
	"portico/internal/rest"
	"portico/internal/secret"
	"portico/internal/webservice"
)

// Publisher makes web services of experiments.
type Publisher interface {
	// Publish makes or updates the web service of a finished experiment.
	Publish(ctx context.Context, workspace string, e *experiment.Experiment, o webservice.PublishOptions) (webservice.Published, error)
	// Get gives a web service. It returns fault.NotFound.
	Get(ctx context.Context, workspace, service string) (webservice.WebService, error)
	// Endpoint gives an endpoint of a web service. It returns fault.NotFound.
	Endpoint(ctx context.Context, workspace, service, name string) (webservice.Endpoint, error)
}

// Config is what the API stands on.
type Config struct {
	Workspace    Workspace
	Datasets     *dataset.Service
	Experiments  *experiment.Service
	Services     Publisher
	Jobs         Jobs
	Storage      Storage
	Modules      *module.Catalogue
	Authenticate rest.Authenticator
	Keys         *secret.Keeper
	MaxBody      int64 // bytes of a request's body; blocks of uploads have their own limit
	Log          *slog.Logger
}

// server answers the routes.
type server struct {
	Config
	// reading bounds how many tables are held in memory to be shown at the same time.
	reading chan struct{}
}

const parallelReads = 4

// New gives the API.
func New(c Config) rest.API {
	s := &server{Config: c, reading: make(chan struct{}, parallelReads)}
	const (
		ws          = "/api/workspaces/{workspace}"
		datasets    = ws + "/datasources"
		experiments = ws + "/experiments"
	)
	return rest.API{
		Routes: []rest.Route{
			{Method: "GET", Pattern: "/api/workspaces", Permission: access.ReadStudio, Handle: s.listWorkspaces},
			{Method: "GET", Pattern: ws, Permission: access.ReadStudio, Handle: s.inWorkspace(s.getWorkspace)},
			{Method: "GET", Pattern: ws + "/modules", Permission: access.ReadStudio, Handle: s.inWorkspace(s.listModules)},

			{Method: "POST", Pattern: "/api/resourceuploads/workspaces/{workspace}", Permission: access.WriteStudio, Handle: s.inWorkspace(s.beginUpload)},
			{Method: "POST", Pattern: "/api/blobuploads/workspaces/{workspace}", Permission: access.WriteStudio, Handle: s.inWorkspace(s.putBlock), MaxBody: dataset.MaxBlockBytes},
			{Method: "GET", Pattern: "/api/blobuploads/workspaces/{workspace}", Permission: access.ReadStudio, Handle: s.inWorkspace(s.getUpload)},
			{Method: "GET", Pattern: datasets, Permission: access.ReadStudio, Handle: s.inWorkspace(s.listDatasets)},
			{Method: "POST", Pattern: datasets, Permission: access.WriteStudio, Handle: s.inWorkspace(s.createDataset)},
			{Method: "GET", Pattern: datasets + "/{dataset}", Permission: access.ReadStudio, Handle: s.inWorkspace(s.getDataset)},
			{Method: "GET", Pattern: datasets + "/{dataset}/" + contentLink, Permission: access.ReadStudio, Handle: s.inWorkspace(s.downloadDataset)},
			{Method: "GET", Pattern: datasets + "/{dataset}/" + previewLink, Permission: access.ReadStudio, Handle: s.inWorkspace(s.previewDataset)},
			{Method: "GET", Pattern: datasets + "/{dataset}/" + schemaLink, Permission: access.ReadStudio, Handle: s.inWorkspace(s.datasetSchema)},
			{Method: "POST", Pattern: datasets + "/{dataset}", Permission: access.WriteStudio, Handle: s.inWorkspace(s.changeDataset)},
			{Method: "GET", Pattern: datasets + "/family/{dataset}", Permission: access.ReadStudio, Handle: s.inWorkspace(s.listVersions)},
			{Method: "DELETE", Pattern: datasets + "/family/{dataset}", Permission: access.WriteStudio, Handle: s.inWorkspace(s.deleteDataset)},

			{Method: "GET", Pattern: experiments, Permission: access.ReadStudio, Handle: s.inWorkspace(s.listExperiments)},
			{Method: "POST", Pattern: experiments, Permission: access.WriteStudio, Handle: s.inWorkspace(s.createExperiment)},
			{Method: "GET", Pattern: experiments + "/{experiment}", Permission: access.ReadStudio, Handle: s.inWorkspace(s.getExperiment)},
			{Method: "POST", Pattern: experiments + "/{experiment}", Permission: access.WriteStudio, Handle: s.inWorkspace(s.saveExperiment)},
			{Method: "DELETE", Pattern: experiments + "/{experiment}", Permission: access.WriteStudio, Handle: s.inWorkspace(s.deleteExperiment)},
			{Method: "POST", Pattern: experiments + "/{experiment}/cancel", Permission: access.WriteStudio, Handle: s.inWorkspace(s.cancelExperiment)},
			{Method: "GET", Pattern: experiments + "/{experiment}/history", Permission: access.ReadStudio, Handle: s.inWorkspace(s.experimentHistory)},
			{Method: "GET", Pattern: experiments + "/{experiment}/compare/{other}", Permission: access.ReadStudio, Handle: s.inWorkspace(s.compareExperiments)},
			{Method: "GET", Pattern: experiments + "/{experiment}/outputdata/{node}/{port}", Permission: access.ReadStudio, Handle: s.inWorkspace(s.outputData)},
			{Method: "POST", Pattern: experiments + "/{experiment}/outputdata/{node}/{port}/dataset", Permission: access.WriteStudio, Handle: s.inWorkspace(s.saveOutput)},
			{Method: "GET", Pattern: experiments + "/{experiment}/logs/{node}/{log}", Permission: access.ReadStudio, Handle: s.inWorkspace(s.nodeLog)},
			{Method: "POST", Pattern: experiments + "/{experiment}/webservice", Permission: access.WriteStudio, Handle: s.inWorkspace(s.publish)},
			{Method: "GET", Pattern: experiments + "/{activity}/webservice", Permission: access.ReadStudio, Handle: s.inWorkspace(s.publication)},

			{Method: "GET", Pattern: ws + "/storage", Permission: access.ReadStudio, Handle: s.inWorkspace(s.getStorage)},
			{Method: "POST", Pattern: ws + "/storage/uploads", Permission: access.WriteStudio, Handle: s.inWorkspace(s.makeUpload)},
			{Method: "GET", Pattern: ws + "/jobs", Permission: access.ReadStudio, Handle: s.inWorkspace(s.listJobs)},
			{Method: "GET", Pattern: ws + "/jobs/{job}", Permission: access.ReadStudio, Handle: s.inWorkspace(s.getJob)},
			{Method: "DELETE", Pattern: ws + "/jobs/{job}", Permission: access.WriteStudio, Handle: s.inWorkspace(s.cancelJob)},
		},
		Authenticate: s.authenticate,
		Wire:         wire{},
		MaxBody:      c.MaxBody,
		Log:          c.Log,
	}
}

// workspaceHandler answers a route of the workspace called ws.
type workspaceHandler func(w http.ResponseWriter, r *http.Request, ws string, who access.Principal) error

// inWorkspace finds the workspace of the path. Its id compares without regard to case and dashes.
func (s *server) inWorkspace(h workspaceHandler) rest.Handler {
	return func(w http.ResponseWriter, r *http.Request, who access.Principal) error {
		given := r.PathValue("workspace")
		if !strings.EqualFold(strings.ReplaceAll(given, "-", ""), s.Workspace.ID) {
			return fault.Coded(fault.NotFound, "WorkspaceNotFound", "There is no workspace %q.", given)
		}
		return h(w, r, s.Workspace.ID, who)
	}
}
