package batch

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"portico/internal/blob/server"
	"portico/internal/fault"
	"portico/internal/job"
	"portico/internal/secret"
	"portico/internal/webservice"
	"portico/internal/webservice/jobs"
)

// Defaults of a Config.
const (
	DefaultRetention = 30 * 24 * time.Hour
	DefaultStall     = time.Minute
	forgetEvery      = time.Hour
)

// DefaultTurns leaves a quarter of the processors, and one at least, to calls.
func DefaultTurns() int {
	n := runtime.GOMAXPROCS(0)
	return max(1, n-max(1, n/4))
}

// MaxListed is how many jobs one list shows.
const MaxListed = 1000

// Config is what a Service stands on.
type Config struct {
	Store     jobs.Store
	Services  *webservice.Services
	Storage   *server.Server // the workspace's account
	Keeper    *secret.Keeper
	HTTP      *http.Client  // to other accounts
	Retention time.Duration // how long a job is known after it ended; 0 is DefaultRetention
	Stall     time.Duration // how long another account may be silent; 0 is DefaultStall
	Turns     int           // how many jobs compute at once; 0 is DefaultTurns
	Log       *slog.Logger
}

// Service owns the batch jobs. It is safe for concurrent use.
type Service struct {
	store     jobs.Store
	services  *webservice.Services
	storage   *server.Server
	keeper    *secret.Keeper
	http      *http.Client
	retention time.Duration
	stall     time.Duration
	turns     turns
	log       *slog.Logger
	now       func() time.Time
	metrics   *metrics

	mu     sync.Mutex
	active map[string]*active // jobs that this process works on, by id
}

// New makes a Service whose jobs q hands to it.
func New(c Config, q *job.Queue) *Service {
	s := &Service{
		store: c.Store, services: c.Services, storage: c.Storage, keeper: c.Keeper, http: c.HTTP, retention: c.Retention, stall: c.Stall, log: c.Log,
		now: time.Now, active: map[string]*active{},
	}
	if s.retention == 0 {
		s.retention = DefaultRetention
	}
	if s.stall == 0 {
		s.stall = DefaultStall
	}
	if c.Turns == 0 {
		c.Turns = DefaultTurns()
	}
	s.turns = newTurns(c.Turns)
	s.metrics = newMetrics(s)
	q.Handle(jobs.Kind, s.work)
	return s
}

// Readmit puts jobs into the queue that should be there and are not: a backup
// does not have the queue. Call it before the queue runs.
func (s *Service) Readmit(ctx context.Context) error {
	n, err := s.store.Readmit(ctx)
	if n > 0 {
		s.log.Info("jobs that were not in the queue, as after restoring a backup, go on", "jobs", n)
	}
	return err
}

// Run forgets old jobs until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	tick := time.NewTicker(forgetEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		n, err := s.store.Forget(ctx, s.now().Add(-s.retention))
		if err != nil && ctx.Err() == nil {
			s.log.Error("old jobs could not be forgotten", "error", err)
		} else if n > 0 {
			s.log.Info("old jobs were forgotten", "jobs", n)
		}
	}
}

// Submission is what a client asks for (azureml.md 2.2). Input is the one that
// has no name; nil where the request has none.
type Submission struct {
	Input     *Reference
	Inputs    []Named
	Outputs   []Named
	Arguments []webservice.Argument
}

// Submit makes a job, which waits to be started, and gives its id. It returns
// faults with the codes of azureml.md 1.6.
func (s *Service) Submit(ctx context.Context, l *webservice.Live, in Submission) (string, error) {
	if _, err := l.Plan.Bind(ctx, in.Arguments); err != nil {
		return "", err
	}
	id := secret.ID()
	inputs, err := s.inputs(l.Plan, in)
	if err != nil {
		return "", err
	}
	outputs, err := s.outputs(l.Plan, in, id)
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(Request{Inputs: inputs, Outputs: outputs, Arguments: in.Arguments})
	if err != nil {
		return "", err
	}
	err = s.store.Create(ctx, jobs.Job{
		ID: id, Endpoint: l.EndpointID, Name: l.ServiceID + "/" + l.Name, State: jobs.NotStarted, Created: s.now(), Request: s.keeper.Seal(sealPurpose, string(text)),
	})
	return id, err
}

const sealPurpose = "batch job"

// inputs maps what is given to the plan's inputs, in their order.
func (s *Service) inputs(p *webservice.Plan, in Submission) ([]Named, error) {
	var names, given []string
	for _, want := range p.Inputs {
		names = append(names, want.Name)
	}
	accepted := "List of accepted input(s): " + list(names) + "."
	references := map[string]Reference{}
	if in.Input != nil {
		if len(in.Inputs) > 0 {
			return nil, fault.Coded(fault.Invalid, "DuplicateInputInBatchCall",
				"The batch request is invalid. Cannot specify both single and multiple input at the same time. Remove one of these items from the request and try again.")
		}
		switch {
		case len(names) == 0:
			return nil, tooMany(accepted)
		case len(names) > 1:
			return nil, fault.Coded(fault.Invalid, "BatchJobInputsNotSpecified",
				"The following required input(s) were not specified with the request: %s. Please ensure all input data is specified and try again. Input is for services with one input: use Inputs.", list(names))
		}
		references[names[0]] = *in.Input
	}
	var unknown, missing []string
	for _, n := range in.Inputs {
		given = append(given, n.Name)
		references[n.Name] = n.Reference
		if !slices.Contains(names, n.Name) {
			unknown = append(unknown, n.Name)
		}
	}
	switch {
	case len(unknown) > 0 && len(given) > len(names):
		return nil, tooMany(accepted)
	case len(unknown) > 0:
		return nil, fault.Coded(fault.Invalid, "InvalidInputNames",
			"Invalid service input name(s) specified in the request: %s. Please map the input data to the correct service inputs and try again. %s", list(unknown), accepted)
	}
	out := make([]Named, 0, len(names))
	for _, name := range names {
		r, ok := references[name]
		if !ok {
			missing = append(missing, name)
			continue
		}
		if _, err := s.locate(quoted("input", name), r, server.MayRead); err != nil {
			return nil, err
		}
		out = append(out, Named{name, r})
	}
	if missing != nil {
		return nil, fault.Coded(fault.Invalid, "BatchJobInputsNotSpecified",
			"The following required input(s) were not specified with the request: %s. Please ensure all input data is specified and try again.", list(missing))
	}
	return out, nil
}

func tooMany(accepted string) error {
	return fault.Coded(fault.Invalid, "BatchJobInputsTooManySpecified", "The request specified more inputs than defined in the service. %s", accepted)
}

// outputs gives each of the plan's outputs its place; one that the request does not name goes to DefaultContainer.
func (s *Service) outputs(p *webservice.Plan, in Submission, id string) ([]Named, error) {
	var names []string
	for _, o := range p.Outputs {
		names = append(names, o.Name)
	}
	given := map[string]Reference{}
	for _, o := range in.Outputs {
		if !slices.Contains(names, o.Name) {
			return nil, fault.Coded(fault.Invalid, "InvalidOutputOverrideName",
				"The output override name %q is not one of the service's outputs: %s. Names are case-sensitive.", cut(o.Name), list(names))
		}
		given[o.Name] = o.Reference
	}
	out := make([]Named, len(names))
	taken := map[string]string{}
	for i, name := range names {
		r, ok := given[name]
		if !ok {
			r = Reference{ConnectionString: s.storage.ConnectionString(), RelativeLocation: DefaultContainer + "/" + id + "/" + name + ".csv"}
		}
		l, err := s.locate(quoted("output", name), r, server.MayWrite)
		if err != nil {
			return nil, err
		}
		place := l.endpoint + "/" + l.String()
		if other, ok := taken[place]; ok {
			return nil, fault.Coded(fault.Invalid, "UserParameterInvalid", "The outputs %q and %q have the same location, %s. Give each its own.", other, name, cut(l.String()))
		}
		taken[place] = name
		out[i] = Named{name, r}
	}
	return out, nil
}

// Start lets a job run. It returns InvalidOperation's CannotStartJob for one that was started before.
func (s *Service) Start(ctx context.Context, endpoint, id string) error {
	if _, err := s.find(ctx, endpoint, id); err != nil {
		return err
	}
	before, err := s.store.Start(ctx, id, s.now())
	if err == nil && before.State != jobs.NotStarted {
		err = fault.Coded(fault.Conflict, "CannotStartJob", "The job cannot be started because it is in %s state.", before.State.Documented())
	}
	return err
}

// Cancel stops a job that has not ended; one that has stays as it is.
func (s *Service) Cancel(ctx context.Context, endpoint, id string) error {
	if _, err := s.find(ctx, endpoint, id); err != nil {
		return err
	}
	before, err := s.store.Cancel(ctx, id, s.now())
	if err != nil {
		return err
	}
	if !before.State.Ended() && before.State != jobs.Committing {
		s.metrics.ended(jobs.Cancelled)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.active[id]; a != nil && before.State == jobs.Running {
		a.cancel(errCancelled)
	}
	return nil
}

// find gives a job of an endpoint; "" is any endpoint.
func (s *Service) find(ctx context.Context, endpoint, id string) (jobs.Job, error) {
	j, err := s.store.Get(ctx, id)
	if fault.Is(err, fault.NotFound) || err == nil && endpoint != "" && j.Endpoint != endpoint {
		return jobs.Job{}, fault.Coded(fault.NotFound, "JobNotFound", "There is no job %s at this endpoint. It was never submitted, or it ended longer than %v ago.", cut(id), s.retention)
	}
	return j, err
}

// Status is a job, and where its outputs are once it is Finished.
type Status struct {
	jobs.Job
	Results []Named
}

// Status gives a job with the newest progress. Each time results get fresh tokens.
func (s *Service) Status(ctx context.Context, endpoint, id string) (Status, error) {
	j, err := s.find(ctx, endpoint, id)
	if err != nil {
		return Status{}, err
	}
	st := Status{Job: s.fresh(j)}
	if j.State != jobs.Finished {
		return st, nil
	}
	r, err := s.request(j)
	if err != nil {
		return st, err
	}
	for _, o := range r.Outputs {
		l, err := s.locate(quoted("output", o.Name), o.Reference, "")
		if err != nil {
			return st, err
		}
		found, err := s.result(l)
		if err != nil {
			return st, err
		}
		st.Results = append(st.Results, Named{o.Name, found})
	}
	return st, nil
}

// List gives jobs, the newest first.
func (s *Service) List(ctx context.Context, f jobs.Filter) ([]jobs.Job, error) {
	if f.Limit <= 0 || f.Limit > MaxListed {
		f.Limit = MaxListed
	}
	found, err := s.store.List(ctx, f)
	for i := range found {
		found[i] = s.fresh(found[i])
	}
	return found, err
}

// request opens what a job was submitted with.
func (s *Service) request(j jobs.Job) (r Request, err error) {
	text, err := s.keeper.Open(sealPurpose, j.Request)
	if err != nil {
		return r, errors.Join(errors.New("job "+j.ID), err)
	}
	return r, json.Unmarshal([]byte(text), &r)
}

// list quotes names for a message.
func list(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	var quotedNames []string
	for _, n := range names {
		quotedNames = append(quotedNames, `"`+cut(n)+`"`)
	}
	return strings.Join(quotedNames, ", ")
}
