package studio

import (
	"net/http"
	"strings"

	"portico/internal/access"
	"portico/internal/experiment"
	"portico/internal/rest"
)

// listExperiments gives the experiments without their graphs; with
// includeAncestors also those that others were made from, and earlier runs.
func (s *server) listExperiments(w http.ResponseWriter, r *http.Request, ws string, _ access.Principal) error {
	ancestors, err := flag(r.URL.Query(), "includeAncestors")
	if err != nil {
		return err
	}
	all, err := s.Experiments.List(r.Context(), ws, ancestors)
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, summaries(all))
}

// experimentHistory lists the runs of an experiment, the newest first. It and the comparison are additions.
func (s *server) experimentHistory(w http.ResponseWriter, r *http.Request, ws string, _ access.Principal) error {
	history, err := s.Experiments.History(r.Context(), ws, r.PathValue("experiment"))
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, summaries(history))
}

// compareExperiments tells what differs between an experiment and another, or between two runs of one.
func (s *server) compareExperiments(w http.ResponseWriter, r *http.Request, ws string, _ access.Principal) error {
	c, err := s.Experiments.Compare(r.Context(), ws, r.PathValue("experiment"), r.PathValue("other"))
	if err != nil {
		return err
	}
	return rest.WriteJSON(w, http.StatusOK, c)
}

func summaries(all []*experiment.Experiment) []experimentSummary {
	list := make([]experimentSummary, len(all))
	for i, x := range all {
		list[i] = experimentSummary{
			ExperimentID: x.ExperimentID, RunID: x.RunID, ParentExperimentID: x.ParentExperimentID,
			Description: x.Description, Summary: x.Summary, Status: x.Status, Etag: x.Etag,
			Creator: x.Creator, Category: x.Category, Tags: x.Tags, IsLeaf: x.IsLeaf,
		}
	}
	return list
}

// experimentSummary is an experiment in a list. Field names are verbatim.
type experimentSummary struct {
	ExperimentID       string            `json:"ExperimentId"`
	RunID              string            `json:"RunId"`
	ParentExperimentID *string           `json:"ParentExperimentId"`
	Description        string            `json:"Description"`
	Summary            string            `json:"Summary"`
	Status             experiment.Status `json:"Status"`
	Etag               string            `json:"Etag"`
	Creator            string            `json:"Creator"`
	Category           string            `json:"Category"`
	Tags               []string          `json:"Tags"`
	IsLeaf             bool              `json:"IsLeaf"`
	IsPartialRun       bool              `json:"IsPartialRun"`
}

func (s *server) createExperiment(w http.ResponseWriter, r *http.Request, ws string, who access.Principal) error {
	var in experiment.Submission
	if err := rest.DecodeJSON(r, &in); err != nil {
		return err
	}
	x, err := s.Experiments.Create(r.Context(), ws, who.Name, &in)
	return s.sendExperiment(w, r, x, err)
}

func (s *server) saveExperiment(w http.ResponseWriter, r *http.Request, ws string, _ access.Principal) error {
	var in experiment.Submission
	if err := rest.DecodeJSON(r, &in); err != nil {
		return err
	}
	etag := strings.Trim(strings.TrimPrefix(r.Header.Get("If-Match"), "W/"), `"`)
	x, err := s.Experiments.Save(r.Context(), ws, r.PathValue("experiment"), etag, &in)
	return s.sendExperiment(w, r, x, err)
}

func (s *server) getExperiment(w http.ResponseWriter, r *http.Request, ws string, _ access.Principal) error {
	x, err := s.Experiments.Get(r.Context(), ws, r.PathValue("experiment"))
	return s.sendExperiment(w, r, x, err)
}

// cancelExperiment is an addition: how the classic's pages cancelled a run is not known.
func (s *server) cancelExperiment(w http.ResponseWriter, r *http.Request, ws string, _ access.Principal) error {
	id := r.PathValue("experiment")
	if err := s.Experiments.Cancel(r.Context(), ws, id); err != nil {
		return err
	}
	x, err := s.Experiments.Get(r.Context(), ws, id)
	return s.sendExperiment(w, r, x, err)
}

func (s *server) deleteExperiment(w http.ResponseWriter, r *http.Request, ws string, _ access.Principal) error {
	ancestors, err := flag(r.URL.Query(), "deleteAncestors")
	if err != nil {
		return err
	}
	if err := s.Experiments.Delete(r.Context(), ws, r.PathValue("experiment"), ancestors); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// sendExperiment sends the document of azureml.md 5.2, with the places from
// which outputs and logs can be fetched.
func (s *server) sendExperiment(w http.ResponseWriter, r *http.Request, x *experiment.Experiment, err error) error {
	if err != nil {
		return err
	}
	for i := range x.NodeStatuses {
		n := &x.NodeStatuses[i]
		for j := range n.OutputEndpoints {
			out := &n.OutputEndpoints[j]
			s.locate(r, out, "experiments", x.ExperimentID, "outputdata", n.NodeID, out.Name)
		}
		for _, log := range []*experiment.OutputEndpoint{n.StandardOutEndpoint, n.StandardErrorEndpoint} {
			if log != nil {
				s.locate(r, log, "experiments", x.ExperimentID, "logs", n.NodeID, log.Name)
			}
		}
	}
	w.Header().Set("ETag", `"`+x.Etag+`"`)
	return rest.WriteJSON(w, http.StatusOK, x)
}

func (s *server) locate(r *http.Request, e *experiment.OutputEndpoint, segments ...string) {
	at := s.link(r, segments...)
	e.BaseURI, e.Location, e.AccessCredential = at.base, at.location, at.credential
}
