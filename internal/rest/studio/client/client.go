// Package client talks to the Studio API of a running server for the command line.
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"portico/internal/experiment"
)

// maxAnswer bounds what is read of an answer, in bytes. The largest is a list of experiments or datasets.
const maxAnswer = 256 << 20

// api calls the Studio API.
type api struct {
	base  string // "http://127.0.0.1:8081/api/"
	token string
	http  *http.Client
}

// refusal is an answer that is not a success.
type refusal struct {
	status  int
	message string
}

func (r *refusal) Error() string { return r.message }

func newAPI(server, token string, h *http.Client) (*api, error) {
	u, err := url.Parse(server)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, fmt.Errorf("the server's address %q is not of the form http://host:port", server)
	}
	return &api{base: strings.TrimSuffix(server, "/") + "/api/", token: token, http: h}, nil
}

// call sends in as JSON, where it is not nil, and reads the answer into out, where that is not nil.
func (a *api) call(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, a.base+path, body)
	if err != nil {
		return err
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Authorization", "Bearer "+a.token)
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := a.http.Do(req)
	if err != nil {
		return fmt.Errorf("the server does not answer: %w", err)
	}
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err = errors.Join(err, resp.Body.Close()); err != nil {
		return fmt.Errorf("the server's answer broke off: %w", err)
	}
	if resp.StatusCode >= 300 {
		return &refusal{resp.StatusCode, refusalText(resp.Status, b)}
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(b, out); err != nil {
		return fmt.Errorf("%s%s is not a Studio API: %w", a.base, path, err)
	}
	return nil
}

// refusalText is what an error's body says, with its details.
func refusalText(status string, body []byte) string {
	var e struct {
		Error struct {
			Message string
			Details []struct{ Message string }
		}
	}
	if json.Unmarshal(body, &e) != nil || e.Error.Message == "" {
		return "the server answered " + status
	}
	text := e.Error.Message
	for _, d := range e.Error.Details {
		if d.Message != text {
			text += "\n  " + d.Message
		}
	}
	return text
}

// workspace gives the id of the server's workspace.
func (a *api) workspace(ctx context.Context) (string, error) {
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

func (a *api) named(ctx context.Context, ws, collection string) (all []named, err error) {
	err = a.call(ctx, http.MethodGet, "workspaces/"+ws+"/"+collection, nil, &all)
	return all, err
}

func (a *api) create(ctx context.Context, ws string, in *experiment.Submission) (*experiment.Experiment, error) {
	x := &experiment.Experiment{}
	return x, a.call(ctx, http.MethodPost, "workspaces/"+ws+"/experiments", in, x)
}

func (a *api) get(ctx context.Context, ws, id string) (*experiment.Experiment, error) {
	x := &experiment.Experiment{}
	return x, a.call(ctx, http.MethodGet, "workspaces/"+ws+"/experiments/"+id, nil, x)
}

func (a *api) cancel(ctx context.Context, ws, id string) error {
	return a.call(ctx, http.MethodPost, "workspaces/"+ws+"/experiments/"+id+"/cancel", nil, nil)
}
