package scoring

import (
	"bytes"
	"net/http"
	"strings"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/rest"
	"portico/internal/webservice"
)

const (
	servicePattern  = "/workspaces/{workspace}/webservices/{service}"
	endpointPattern = servicePattern + "/endpoints/{endpoint}"
	helpPattern     = "/apihelp" + endpointPattern
)

// API is everything on the listener but the calls of applications: the
// management of services and endpoints (azureml.md 3.2) and their documentation.
func (s *Server) API() rest.API {
	return rest.API{
		Routes: []rest.Route{
			{Method: "GET", Pattern: "/workspaces/{workspace}/webservices", Permission: access.ReadStudio, Handle: s.listServices},
			{Method: "GET", Pattern: servicePattern, Permission: access.ReadStudio, Handle: s.getService},
			{Method: "PUT", Pattern: servicePattern, Permission: access.WriteStudio, Handle: s.publishCode},
			{Method: "DELETE", Pattern: servicePattern, Permission: access.WriteStudio, Handle: s.deleteService},
			{Method: "GET", Pattern: servicePattern + "/endpoints", Permission: access.ReadStudio, Handle: s.listEndpoints},
			{Method: "GET", Pattern: endpointPattern, Permission: access.ReadEndpoint, Handle: s.getEndpoint},
			{Method: "PUT", Pattern: endpointPattern, Permission: access.WriteStudio, Handle: s.putEndpoint},
			{Method: "PATCH", Pattern: endpointPattern, Permission: access.UpdateEndpoint, Handle: s.patchEndpoint},
			{Method: "DELETE", Pattern: endpointPattern, Permission: access.WriteStudio, Handle: s.deleteEndpoint},
			{Method: "POST", Pattern: endpointPattern + "/refresh", Permission: access.UpdateEndpoint, Handle: s.refreshEndpoint},
			{Method: "POST", Pattern: endpointPattern + "/regeneratePrimaryKey", Permission: access.WriteStudio, Handle: s.regenerateKey(true)},
			{Method: "POST", Pattern: endpointPattern + "/regenerateSecondaryKey", Permission: access.WriteStudio, Handle: s.regenerateKey(false)},

			{Method: "GET", Pattern: endpointPattern + "/apidocument", Permission: access.Anyone, Handle: s.swagger},
			{Method: "GET", Pattern: "/workspaces/{workspace}/services/{endpoint}/swagger.json", Permission: access.Anyone, Handle: s.swagger},
			{Method: "GET", Pattern: "/subscriptions/{subscription}/services/{endpoint}/swagger.json", Permission: access.Anyone, Handle: s.swagger},
			{Method: "GET", Pattern: helpPattern, Permission: access.Anyone, Handle: s.help},
			{Method: "GET", Pattern: helpPattern + "/{page}", Permission: access.Anyone, Handle: s.help},
			{Method: "GET", Pattern: helpPattern + "/apidocument", Permission: access.Anyone, Handle: s.swagger},
		},
		Authenticate: s.authenticate,
		Wire:         wire{},
		MaxBody:      s.MaxBody,
		Log:          s.Log,
	}
}

// authenticate takes the workspace's tokens and, on the paths of an endpoint, that
// endpoint's keys. Without a token the caller is nobody: no cookie counts here.
func (s *Server) authenticate(r *http.Request) (access.Principal, error) {
	token := bearer(r.Header.Get("Authorization"))
	if token == "" {
		token = strings.TrimSpace(r.Header.Get(access.StudioTokenHeader))
	}
	if token == "" {
		return access.Principal{}, nil
	}
	service, _ := webservice.NormalID(r.PathValue("service"))
	if l := s.Services.FindNamed(service, r.PathValue("endpoint")); l != nil && l.Accepts(token) {
		name := l.ServiceID + "/" + l.Name
		return access.Principal{Name: "key of endpoint " + name, Roles: []access.Role{access.EndpointKey}, Endpoint: name}, nil
	}
	return s.Authenticate(r)
}

// ForStaff is the service as the console serves it to Studio's pages: there the
// session of who is signed in counts beside tokens and keys.
func (s *Server) ForStaff() http.Handler {
	api := s.API()
	api.Authenticate = func(r *http.Request) (access.Principal, error) {
		if who, err := s.authenticate(r); err != nil || len(who.Roles) > 0 {
			return who, err
		}
		return s.Authenticate(r)
	}
	pages := api.Handler()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, pages) })
}

// wire renders errors as calls do.
type wire struct{}

// WriteError implements rest.Wire.
func (wire) WriteError(w http.ResponseWriter, _ *http.Request, err *fault.Error) {
	if err.Kind == fault.NotModified {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	f, _ := failureOf(err)
	w.Header().Set("Content-Type", jsonType)
	if f.status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	w.WriteHeader(f.status)
	_, _ = w.Write(f.append(nil)) // a client that is gone needs no answer
}

// in checks the path's workspace and gives the id of its service.
func (s *Server) in(r *http.Request) (service string, err error) {
	if ws := r.PathValue("workspace"); !sameID(ws, s.WorkspaceID) {
		return "", fault.Coded(fault.NotFound, "WorkspaceNotFound", "There is no workspace %q.", shorten(ws))
	}
	service, ok := webservice.NormalID(r.PathValue("service"))
	if r.PathValue("service") != "" && !ok {
		return "", webservice.NotFound()
	}
	return service, nil
}

func (s *Server) listServices(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	if _, err := s.in(r); err != nil {
		return err
	}
	list, err := s.Services.List(r.Context(), s.WorkspaceID)
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, list)
}

func (s *Server) getService(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	id, err := s.in(r)
	if err != nil {
		return err
	}
	svc, err := s.Services.Get(r.Context(), s.WorkspaceID, id)
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, svc)
}

func (s *Server) publishCode(http.ResponseWriter, *http.Request, access.Principal) error {
	return fault.New(fault.Unsupported, "Publishing code as a web service is not offered yet by this version of Portico. Publish an experiment instead.")
}

func (s *Server) deleteService(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	id, err := s.in(r)
	if err != nil {
		return err
	}
	if err := s.Services.Delete(r.Context(), s.WorkspaceID, id); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (s *Server) listEndpoints(w http.ResponseWriter, r *http.Request, who access.Principal) error {
	id, err := s.in(r)
	if err != nil {
		return err
	}
	list, err := s.Services.Endpoints(r.Context(), s.WorkspaceID, id)
	if err != nil {
		return err
	}
	for i := range list {
		list[i] = seenBy(who, list[i])
	}
	return rest.WriteJSON(w, http.StatusOK, list)
}

// seenBy leaves the keys out for those who may not see them.
func seenBy(who access.Principal, e webservice.Endpoint) webservice.Endpoint {
	if !access.May(who, access.ReadStudioKeys) {
		e.PrimaryKey, e.SecondaryKey = nil, nil
	}
	return e
}

// answerEndpoint does something with the path's endpoint and sends what became of it.
func (s *Server) answerEndpoint(w http.ResponseWriter, r *http.Request, who access.Principal, do func(service, name string) (webservice.Endpoint, int, error)) error {
	id, err := s.in(r)
	if err != nil {
		return err
	}
	e, status, err := do(id, r.PathValue("endpoint"))
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, status, seenBy(who, e))
}

func (s *Server) getEndpoint(w http.ResponseWriter, r *http.Request, who access.Principal) error {
	return s.answerEndpoint(w, r, who, func(service, name string) (webservice.Endpoint, int, error) {
		e, err := s.Services.Endpoint(r.Context(), s.WorkspaceID, service, name)
		return e, http.StatusOK, err
	})
}

func (s *Server) putEndpoint(w http.ResponseWriter, r *http.Request, who access.Principal) error {
	return s.answerEndpoint(w, r, who, func(service, name string) (webservice.Endpoint, int, error) {
		var body struct {
			webservice.EndpointSettings
			WebServiceID string `json:"WebServiceId"`
			EndpointName string `json:"EndpointName"`
		}
		if err := decodeOptional(r, &body); err != nil {
			return webservice.Endpoint{}, 0, err
		}
		switch {
		case body.WebServiceID != "" && !sameID(body.WebServiceID, service):
			return webservice.Endpoint{}, 0, fault.Coded(fault.Invalid, "BadParameterValue", "WebServiceId is %q and the path names %q.", shorten(body.WebServiceID), service)
		case body.EndpointName != "" && body.EndpointName != name:
			return webservice.Endpoint{}, 0, fault.Coded(fault.Invalid, "BadParameterValue", "EndpointName is %q and the path names %q.", shorten(body.EndpointName), shorten(name))
		}
		e, created, err := s.Services.PutEndpoint(r.Context(), s.WorkspaceID, service, name, body.EndpointSettings)
		if created {
			return e, http.StatusCreated, err
		}
		return e, http.StatusOK, err
	})
}

// decodeOptional reads a body that may be empty.
func decodeOptional(r *http.Request, v any) error {
	b, err := rest.ReadBody(r)
	if err != nil || len(bytes.TrimSpace(b)) == 0 {
		return err
	}
	return rest.UnmarshalJSON(b, v)
}

func (s *Server) patchEndpoint(w http.ResponseWriter, r *http.Request, who access.Principal) error {
	return s.answerEndpoint(w, r, who, func(service, name string) (webservice.Endpoint, int, error) {
		var patch webservice.EndpointPatch
		if err := rest.DecodeJSON(r, &patch); err != nil {
			return webservice.Endpoint{}, 0, err
		}
		e, err := s.Services.PatchEndpoint(r.Context(), s.WorkspaceID, service, name, patch)
		return e, http.StatusOK, err
	})
}

// refreshEndpoint brings an endpoint to the newest definition. OverwriteResources
// of the body says what to do with replaced models, of which there are none.
func (s *Server) refreshEndpoint(w http.ResponseWriter, r *http.Request, who access.Principal) error {
	return s.answerEndpoint(w, r, who, func(service, name string) (webservice.Endpoint, int, error) {
		e, err := s.Services.Refresh(r.Context(), s.WorkspaceID, service, name)
		return e, http.StatusOK, err
	})
}

func (s *Server) regenerateKey(primary bool) rest.Handler {
	return func(w http.ResponseWriter, r *http.Request, who access.Principal) error {
		return s.answerEndpoint(w, r, who, func(service, name string) (webservice.Endpoint, int, error) {
			e, err := s.Services.RegenerateKey(r.Context(), s.WorkspaceID, service, name, primary)
			return e, http.StatusOK, err
		})
	}
}

func (s *Server) deleteEndpoint(w http.ResponseWriter, r *http.Request, _ access.Principal) error {
	id, err := s.in(r)
	if err != nil {
		return err
	}
	if err := s.Services.DeleteEndpoint(r.Context(), s.WorkspaceID, id, r.PathValue("endpoint")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
