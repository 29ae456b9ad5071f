package studio

import (
	"net/http"
	"time"

	"portico/internal/access"
	"portico/internal/experiment"
	"portico/internal/module"
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

// moduleView is a module as the palette and the property panel need it. The
// members up to IsDeprecated are the classic API's; the others are additions.
type moduleView struct {
	ID           string `json:"Id"`
	Name         string `json:"Name"`
	Description  string `json:"Description"`
	Category     string `json:"Category"`
	FamilyID     string `json:"FamilyId"`
	ModuleType   string `json:"ModuleType"`
	Owner        string `json:"Owner"`
	SourceOrigin string `json:"SourceOrigin"`
	Batch        int    `json:"Batch"`
	IsLatest     bool   `json:"IsLatest"`
	IsDeprecated bool   `json:"IsDeprecated"`

	Help        string          `json:"Help"`
	Aliases     []string        `json:"Aliases"`
	InputPorts  []portView      `json:"InputPorts"`
	OutputPorts []portView      `json:"OutputPorts"`
	Parameters  []parameterView `json:"Parameters"`
	Errors      []string        `json:"Errors"` // documented codes
}

type portView struct {
	Name        string          `json:"Name"`
	Type        module.PortType `json:"Type"`
	IsOptional  bool            `json:"IsOptional"`
	Description string          `json:"Description"`
}

type parameterView struct {
	Name            string               `json:"Name"`
	ParameterType   module.ParameterType `json:"ParameterType"`
	DefaultValue    string               `json:"DefaultValue"`
	HasDefaultValue bool                 `json:"HasDefaultValue"`
	IsOptional      bool                 `json:"IsOptional"`
	Min             *int64               `json:"Min"` // of an Integer, else null
	Max             *int64               `json:"Max"`
	Values          []string             `json:"Values"` // of a Choice, else empty
	Description     string               `json:"Description"`
}

func (s *server) listModules(w http.ResponseWriter, _ *http.Request, ws string, _ access.Principal) error {
	views := []moduleView{}
	for _, m := range s.Modules.All() {
		views = append(views, viewOf(m, ws))
	}
	return rest.WriteJSON(w, http.StatusOK, views)
}

func viewOf(m *module.Module, ws string) moduleView {
	v := moduleView{
		ID: m.ModuleID(ws), Name: m.Name, Description: m.Summary, Category: m.Category, FamilyID: m.FamilyID,
		ModuleType: "Library", Owner: "Portico", SourceOrigin: "BuiltIn", Batch: m.Version, IsLatest: true,
		Help: m.Help, Aliases: append([]string{}, m.Aliases...), Errors: append([]string{}, m.Errors...),
		InputPorts: portViews(m.Inputs), OutputPorts: portViews(m.Outputs), Parameters: []parameterView{},
	}
	for _, p := range m.Parameters {
		view := parameterView{
			Name: p.Name, ParameterType: p.Type, DefaultValue: p.Default, HasDefaultValue: p.Default != "",
			IsOptional: p.Optional, Values: append([]string{}, p.Choices...), Description: p.Description,
		}
		if p.Type == module.Integer {
			view.Min, view.Max = &p.Min, &p.Max
		}
		v.Parameters = append(v.Parameters, view)
	}
	switch m.WebService {
	case module.ServiceInput:
		v.ModuleType = "WebServiceInput"
	case module.ServiceOutput:
		v.ModuleType = "WebServiceOutput"
	}
	return v
}

func portViews(ports []module.Port) []portView {
	views := []portView{}
	for _, p := range ports {
		views = append(views, portView{p.Name, p.Type, p.Optional, p.Description})
	}
	return views
}
