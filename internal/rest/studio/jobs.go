package studio

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"portico/internal/access"
	"portico/internal/fault"
	"portico/internal/rest"
	"portico/internal/webservice/batch"
	"portico/internal/webservice/jobs"
)

// Jobs are the batch jobs of the workspace's web services.
type Jobs interface {
	List(ctx context.Context, f jobs.Filter) ([]jobs.Job, error)
	// Status gives a job of an endpoint, "" being any. It returns fault.NotFound.
	Status(ctx context.Context, endpoint, id string) (batch.Status, error)
	Cancel(ctx context.Context, endpoint, id string) error
}

// Job is a batch job as staff sees it. Unlike a client's, its state may be Queued or Committing.
type Job struct {
	ID         string            `json:"Id"`
	Service    string            `json:"Service"` // id of the service and name of the endpoint
	State      jobs.State        `json:"State"`
	Details    string            `json:"Details,omitempty"`
	Rows       int64             `json:"Rows"` // scored
	BytesRead  int64             `json:"BytesRead"`
	InputBytes int64             `json:"InputBytes"`
	Created    time.Time         `json:"Created"`
	Started    *time.Time        `json:"Started,omitempty"` // by the client
	Begun      *time.Time        `json:"Begun,omitempty"`
	Ended      *time.Time        `json:"Ended,omitempty"`
	Results    map[string]string `json:"Results,omitempty"` // URL of each output, without a signature
}

func jobOf(j jobs.Job) Job {
	return Job{
		ID: j.ID, Service: j.Name, State: j.State, Details: j.Details, Rows: j.Rows, BytesRead: j.Bytes, InputBytes: j.Size,
		Created: j.Created, Started: timeOrNil(j.Started), Begun: timeOrNil(j.Begun), Ended: timeOrNil(j.Ended),
	}
}

func timeOrNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// listJobs gives the newest jobs; state and limit in the query narrow the list.
func (s *server) listJobs(w http.ResponseWriter, r *http.Request, _ string, _ access.Principal) error {
	f := jobs.Filter{State: jobs.State(r.URL.Query().Get("state"))}
	if limit := r.URL.Query().Get("limit"); limit != "" {
		n, err := strconv.Atoi(limit)
		if err != nil || n < 1 || n > batch.MaxListed {
			return fault.New(fault.Invalid, "limit is %q; it must be a number from 1 to %d.", limit, batch.MaxListed)
		}
		f.Limit = n
	}
	found, err := s.Jobs.List(r.Context(), f)
	if err != nil {
		return err
	}
	list := make([]Job, len(found))
	for i, j := range found {
		list[i] = jobOf(j)
	}
	return rest.WriteJSON(w, http.StatusOK, list)
}

// getJob gives a job; with signed=true, to who may see keys, its results' addresses carry signatures.
func (s *server) getJob(w http.ResponseWriter, r *http.Request, _ string, who access.Principal) error {
	signed, err := flag(r.URL.Query(), "signed")
	if err != nil {
		return err
	}
	st, err := s.Jobs.Status(r.Context(), "", r.PathValue("job"))
	if err != nil {
		return err
	}
	j := jobOf(st.Job)
	for _, o := range st.Results {
		if j.Results == nil {
			j.Results = map[string]string{}
		}
		j.Results[o.Name] = o.BaseLocation + o.RelativeLocation
		if signed && access.May(who, access.ReadStudioKeys) {
			j.Results[o.Name] += o.SasBlobToken
		}
	}
	return rest.WriteJSON(w, http.StatusOK, j)
}

func (s *server) cancelJob(w http.ResponseWriter, r *http.Request, _ string, _ access.Principal) error {
	if err := s.Jobs.Cancel(r.Context(), "", r.PathValue("job")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
