// Package runfile runs, imports and exports the experiments of files on a running
// server, and lists and fetches its datasets, for the command line.
package runfile

import (
	"context"
	"errors"
	"net/http"

	"portico/internal/experiment"
	"portico/internal/rest/client"
)

// api calls the Studio API.
type api struct{ *client.Client }

func (a api) call(ctx context.Context, method, path string, in, out any) error {
	return a.Call(ctx, method, "/api/"+path, in, out)
}

// workspace gives the id of the server's workspace.
func (a api) workspace(ctx context.Context) (string, error) {
	var all []struct{ WorkspaceID string }
	if err := a.call(ctx, http.MethodGet, "workspaces", nil, &all); err != nil {
		return "", err
	}
	if len(all) == 0 {
		return "", errors.New("the server has no workspace")
	}
	return all[0].WorkspaceID, nil
}

// named is a dataset or a module, as far as a program needs it to resolve a name.
type named struct{ ID, Name, FamilyID string }

func (a api) named(ctx context.Context, ws, collection string) (all []named, err error) {
	err = a.call(ctx, http.MethodGet, "workspaces/"+ws+"/"+collection, nil, &all)
	return all, err
}

func (a api) create(ctx context.Context, ws string, in *experiment.Submission) (*experiment.Experiment, error) {
	x := &experiment.Experiment{}
	return x, a.call(ctx, http.MethodPost, "workspaces/"+ws+"/experiments", in, x)
}

func (a api) get(ctx context.Context, ws, id string) (*experiment.Experiment, error) {
	x := &experiment.Experiment{}
	return x, a.call(ctx, http.MethodGet, "workspaces/"+ws+"/experiments/"+id, nil, x)
}

func (a api) cancel(ctx context.Context, ws, id string) error {
	return a.call(ctx, http.MethodPost, "workspaces/"+ws+"/experiments/"+id+"/cancel", nil, nil)
}
