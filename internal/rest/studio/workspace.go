package studio

import (
	"net/http"
	"time"

	"portico/internal/access"
	"portico/internal/experiment"
	"portico/internal/rest"
)

// Workspace is where datasets, experiments and web services stand. There is one.
type Workspace struct {
	ID          string // 32 lower-case hex digits
	Name        string
	Description string
	OwnerEmail  string
	Region      string // "South Central US"
	Created     time.Time
	// The workspace's tokens, which only those see who may see keys; empty where there are none.
	PrimaryToken, SecondaryToken string
}

// workspaceView is the Workspace of the classic API. Field names are verbatim; Id is an addition.
type workspaceView struct {
	ID                 string              `json:"Id"`
	WorkspaceID        string              `json:"WorkspaceId"`
	FriendlyName       string              `json:"FriendlyName"`
	Description        string              `json:"Description"`
	Type               string              `json:"Type"`
	OwnerEmail         string              `json:"OwnerEmail"`
	Region             string              `json:"Region"`
	WorkspaceStatus    string              `json:"WorkspaceStatus"`
	CreatedTime        experiment.Date     `json:"CreatedTime"`
	AuthorizationToken *authorizationToken `json:"AuthorizationToken"`
}

type authorizationToken struct {
	PrimaryToken   string `json:"PrimaryToken"`
	SecondaryToken string `json:"SecondaryToken"`
}

func (s *server) workspaceView() workspaceView {
	ws := s.Workspace
	return workspaceView{
		ID: ws.ID, WorkspaceID: ws.ID, FriendlyName: ws.Name, Description: ws.Description, Type: "Production",
		OwnerEmail: ws.OwnerEmail, Region: ws.Region, WorkspaceStatus: "Enabled", CreatedTime: experiment.Date(ws.Created),
	}
}

// listWorkspaces is an addition: a program that has only a token finds its workspace so. It shows no tokens.
func (s *server) listWorkspaces(w http.ResponseWriter, _ *http.Request, _ access.Principal) error {
	return rest.WriteJSON(w, http.StatusOK, []workspaceView{s.workspaceView()})
}

func (s *server) getWorkspace(w http.ResponseWriter, _ *http.Request, _ string, who access.Principal) error {
	view := s.workspaceView()
	if s.Workspace.PrimaryToken != "" && access.May(who, access.ReadStudioKeys) {
		view.AuthorizationToken = &authorizationToken{s.Workspace.PrimaryToken, s.Workspace.SecondaryToken}
	}
	return rest.WriteJSON(w, http.StatusOK, view)
}
