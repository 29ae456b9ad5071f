package studio

import (
	"net/http"
	"path"

	"portico/internal/access"
	"portico/internal/rest"
	"portico/internal/webservice"
)

// publicationView says how far a deployment is (azureml.md 5.1).
type publicationView struct {
	ActivityID        string `json:"ActivityId"`
	WebServiceGroupID string `json:"WebServiceGroupId"`
	EndpointID        string `json:"EndpointId"`
	Status            string `json:"Status"`
}

// publish makes a web service of an experiment. It is done when it answers, and
// says so: clients that poll find it Completed.
func (s *server) publish(w http.ResponseWriter, r *http.Request, ws string, _ access.Principal) error {
	query := r.URL.Query()
	renumber, err := flag(query, "generateNewPortNames")
	if err != nil {
		return err
	}
	update, err := flag(query, "updateExistingWebService")
	if err != nil {
		return err
	}
	x, err := s.Experiments.Get(r.Context(), ws, r.PathValue("experiment"))
	if err != nil {
		return err
	}
	p, err := s.Services.Publish(r.Context(), ws, x, webservice.PublishOptions{GenerateNewPortNames: renumber, UpdateExisting: update})
	if err != nil {
		return err
	}
	return sendPublication(w, p.Service.ID, p.Endpoint)
}

// publication answers polls for a deployment, whose activity id is the service's.
func (s *server) publication(w http.ResponseWriter, r *http.Request, ws string, _ access.Principal) error {
	service, err := s.Services.Get(r.Context(), ws, r.PathValue("activity"))
	if err != nil {
		return err
	}
	endpoint, err := s.Services.Endpoint(r.Context(), ws, service.ID, service.DefaultEndpointName)
	if err != nil {
		return err
	}
	return sendPublication(w, service.ID, endpoint)
}

func sendPublication(w http.ResponseWriter, service string, e webservice.Endpoint) error {
	return rest.WriteJSON(w, http.StatusOK, publicationView{
		ActivityID: service, WebServiceGroupID: service, Status: "Completed",
		EndpointID: path.Base(e.APILocation), // the id of the endpoint ends the address of its calls
	})
}
